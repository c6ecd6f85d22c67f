/** The hands and eyes of the self-test: what switches the test load, shorts the socket, and sees tubes
 *  and relays. Nobody ("none": those tests are left out), the technician ("ask"), or a virtual box. */

/** The test load on all channels. */
export type Load = "forward" | "reverse" | "none";
export const LOAD_SIGNS: { [load in Load]: number } = { forward: 1, reverse: -1, none: 0 };

/** What a pattern on the tubes is compared with, and how a person is asked. */
export interface Pattern {
  /** Upper row 4, lower row 6, lamps 1. */
  segments: Uint8Array;
  question: string;
}

export interface Jig {
  readonly kind: "none" | "ask" | "virtual";
  /** Puts the test load on all channels; false when there is no load. */
  load(load: Load): Promise<boolean>;
  /** Position of a relay as seen from outside; null: not seen. */
  relayClosed(channel: number): Promise<boolean | null>;
  /** Whether the tubes show the pattern. */
  shows(pattern: Pattern): Promise<boolean>;
  /** Shorts socket pins 4 and 6, or lifts that. */
  short(on: boolean): Promise<void>;
  serviceSwitch(closed: boolean): Promise<void>;
  /** Whether a pulse came out of the pin since the last question. */
  pulsed(pin: 1 | 7): Promise<boolean>;
}

function nobody(): never {
  throw new Error("no jig");
}

export const NO_JIG: Jig = {
  kind: "none",
  load: () => Promise.resolve(false),
  relayClosed: () => Promise.resolve(null),
  shows: nobody,
  short: nobody,
  serviceSwitch: nobody,
  pulsed: nobody,
};

const LOAD_ORDERS: Record<Load, string> = {
  forward: "Switch the test load on for all channels, forward. Done?",
  reverse: "Turn the test load's direction round. Done?",
  none: "Switch the test load off. Done?",
};

const STILL_HERE_MS = 10_000; // the box ends a test after 30 s without a question

/** Waits for a person's answer; `stillHere` is done meanwhile every now and then. */
export async function kept<T>(stillHere: () => Promise<unknown>, answer: Promise<T>): Promise<T> {
  let asking: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    asking = stillHere().catch(() => undefined); // the next test will tell
  }, STILL_HERE_MS);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
    await asking;
  }
}

/** A jig that is a person: `ask` gives yes or no. */
export function askingJig(ask: (question: string) => Promise<boolean>): Jig {
  const done = async (order: string): Promise<void> => void (await ask(`${order} Done?`));
  return {
    kind: "ask",
    load: (load) => ask(LOAD_ORDERS[load]),
    relayClosed: () => Promise.resolve(null),
    shows: ({ question }) => ask(question),
    short: (on) => done(on ? "Short socket pins 4 and 6." : "Lift the short of the socket."),
    serviceSwitch: (closed) => done(`${closed ? "Close" : "Open"} the service switch.`),
    pulsed: (pin) => ask(`Did socket pin ${pin} give a pulse?`),
  };
}
