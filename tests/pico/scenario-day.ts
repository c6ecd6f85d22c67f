/** A day in the life of a box, compressed to a minute, for any kind of box; and what came of it: what a
 *  person, an office or an inspector could see, and the memory at its end. Pulses come one at a time and
 *  far enough apart that no board can miss, double or reorder one, and nothing is asked while one is on
 *  its way; so the boxes have to agree to the last unit. */

import assert from "node:assert/strict";
import crc16modbus from "crc/calculators/crc16modbus";
import { Box } from "../../boards/virtual/box.ts";
import type { ClassicCard } from "../../boards/virtual/reader.ts";
import { CREDIT, makeCard } from "../cards/kit.ts";
import { LineBox } from "../rs485/box-kit.ts";
import { MESSAGE, FIRST, FURTHER, cardOf, frame, signed } from "../meter/kit.ts";

/** Options of the box: what the clock chip shows must not depend on when a core first looks. */
export const DAY = { seed: 7, clock: new Date(Date.UTC(2025, 10, 21, 2, 30, 0)) };
const NUMBER = "2025112101";
const REFRESH_PERIOD = 8;
const REFRESH_S = 480;
const ALARM = 40;
const TRIP = 41;
/** One pulse of 2250 J each 100 ms. */
const LOAD_W = 22_500;
const PULSE_MS = 100;
const SWIPE_MS = 800;
/** What a person can read; in between the digits change one by one. */
const STEADY_MS = 100;
/** What a panel shows until it has heard of its box: how long that takes is the board's own affair. */
const UNHEARD = "----|------";
const STEP_MS = 10;
const TENTH_MS = 100;
const LIMIT_MS = 60_000;
/** How long both microcontrollers stand still at a time, and what they run in between: enough for the
 *  panel to ask twice. Below 2 s neither misses the other, and the clock does not seem to jump. */
const HOLD_MS = 1_900;
const BREATH_MS = 80;
/** The first hold is shorter, as what the panel knows of the clock may be a second old. */
const FIRST_HOLD_MS = 900;
/** 39 relays, pulse and rest. */
const ROUND_MS = 4_500;
/** Of the sale that power cuts short: the account's record of 56 bytes and 4 of what follows. */
const CUT_BYTES = 60;
/** Within a second of the box: far from the records that are written each second. */
const QUIET_PHASE_MS = 300;

export interface Outcome {
  relays: { what: string; ms: number }[];
  /** Widths of all pulses of coils, ms. */
  coils_ms: number[];
  /** Resets and power, in their order. */
  lives: string[];
  /** Answers on the line, and results. */
  answers: string[];
  /** Texts that stood on the tubes for STEADY_MS or longer, in their order. */
  tubes: string[];
  /** Tubes and lamps at moments of rest. */
  rests: string[];
  /** Pin, level of the calibration socket. */
  socket: string[];
  fram: Uint8Array;
}

/** Writes down what the box shows. */
function observe(box: Box): Outcome {
  const seen: Outcome = {
    relays: [],
    coils_ms: [],
    lives: [],
    answers: [],
    tubes: [],
    rests: [],
    socket: [],
    fram: box.fram.bytes,
  };
  box.events.on("relay", ({ channel, closed, time_us }) =>
    seen.relays.push({ what: `${channel} ${closed ? "closed" : "open"}`, ms: time_us / 1000 }),
  );
  let coil_us = 0;
  box.events.on("coil", ({ on, time_us }) => {
    if (on) coil_us = time_us;
    else seen.coils_ms.push((time_us - coil_us) / 1000);
  });
  box.events.on("power", ({ on }) => seen.lives.push(on ? "power on" : "power off"));
  box.events.on("restart", ({ mcu, reason, detail }) =>
    seen.lives.push(`${mcu} ${reason} ${detail}`),
  );
  box.events.on("socket", ({ pin, level }) => seen.socket.push(`${pin} ${level}`));
  let text = "";
  let since_us = 0;
  box.events.on("tubes", ({ time_us }) => {
    const was_steady = time_us - since_us >= STEADY_MS * 1000;
    const broke_off = !box.powered;
    const tells = was_steady && !broke_off && text !== UNHEARD;
    if (tells && text !== seen.tubes.at(-1)) seen.tubes.push(text);
    const { upper, lower } = box.tubes();
    text = `${upper}|${lower}`;
    since_us = time_us;
  });
  return seen;
}

/** A box in service, and what is seen of it. */
class Day extends LineBox {
  readonly seen: Outcome;
  private readonly started_ms: number;

  constructor(made: Box) {
    const seen = observe(made);
    const started_ms = made.now_ms;
    super(NUMBER, made, DAY.clock);
    this.seen = seen;
    this.started_ms = started_ms;
  }

  show(card: ClassicCard): void {
    this.box.reader.present(card);
    this.box.runMs(SWIPE_MS);
    this.box.reader.remove(card);
    this.box.runMs(SWIPE_MS);
  }

  /** Lets time pass until something is so, and to the next tenth of a second: a board that is a
   *  millisecond later goes on at the same time. */
  until(what: string, isSo: () => boolean): void {
    const began_ms = this.box.now_ms;
    while (!isSo()) {
      assert.ok(this.box.now_ms - began_ms < LIMIT_MS, what);
      this.box.runMs(STEP_MS);
    }
    this.box.runMs(TENTH_MS - ((this.box.now_ms - this.started_ms) % TENTH_MS));
  }

  /** Lets time pass to a moment within a second of the box. */
  toPhase(phase_ms: number): void {
    const passed_ms = this.box.now_ms - this.started_ms;
    this.box.runMs((phase_ms + 1000 - (passed_ms % 1000)) % 1000);
  }

  /** So many pulses on each channel, all channels at once. */
  pulses(channels: number[], count: number, load_w = LOAD_W): void {
    const { box } = this;
    let seen = 0;
    const note = ({ channel }: { channel: number }): void =>
      void (seen += +(channel === channels[0]));
    box.events.on("pulse", note);
    for (const channel of channels) box.setLoadW(channel, load_w);
    this.until(`${count} pulses`, () => seen === count);
    for (const channel of channels) box.setLoadW(channel, 0);
    box.events.off("pulse", note);
    box.runMs(2 * PULSE_MS);
  }

  /** Lets time pass to `end_s` after the start, nearly all of it while nobody runs. */
  passTo(end_s: number): void {
    const { box } = this;
    const left = (): number => this.started_ms + end_s * 1000 - box.now_ms;
    for (let hold_ms = FIRST_HOLD_MS; left() > HOLD_MS + BREATH_MS; hold_ms = HOLD_MS) {
      box.holdMs(hold_ms);
      box.runMs(BREATH_MS);
    }
    box.runMs(left());
  }

  rest(): void {
    this.seen.rests.push(JSON.stringify(this.box.tubes()));
  }

  /** Registers of Modbus as hexadecimal digits. */
  private registers(start: number, count: number): string {
    const body = Buffer.from([1, 3, start >> 8, start & 0xff, 0, count]);
    const crc = crc16modbus(new Uint8Array(body));
    return this.say(Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])])).toString("hex");
  }

  /** What the office reads: by DL/T 645 address, energy, remaining, status; the same by Modbus. */
  readLine(): void {
    const { answers } = this.seen;
    answers.push(this.exchange("FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16"));
    for (const identifier of ["00010000", "00900100", "04000401"]) {
      const answer = this.read(1, identifier);
      answers.push(`${identifier} ${Buffer.isBuffer(answer) ? answer.toString("hex") : answer}`);
    }
    for (const start of [0x0100, 0x0180, 0x0200]) answers.push(this.registers(start, 12));
  }
}

/** Into service, a card, alarm and trip, resumed by the card. */
function morning(day: Day): void {
  const { box } = day;
  day.setBox(REFRESH_PERIOD, REFRESH_S);
  assert.deepEqual([day.set(TRIP, 1, 100, 1), day.set(ALARM, 1, 101, 2)], [0, 0]);
  const card = makeCard(1, signed(CREDIT, 1, 1, 102, FIRST), { uid: cardOf(1) });
  day.show(card);
  for (const household of [2, 39]) assert.equal(day.credit(household, 1, 2_000).result, 0);
  day.until("relays closed", () => [1, 2, 39].every((channel) => box.relayClosed(channel)));
  box.setLoadW(1, LOAD_W);
  day.until("tripped", () => !box.relayClosed(1));
  box.setLoadW(1, 0);
  // From here on the relays' notices follow each other: the card comes well inside of the third
  day.until("told", () => box.tubes().lower.endsWith("0FF"));
  day.readLine();
  day.show(card);
  assert.ok(box.relayClosed(1));
}

/** The plug of the calibration socket holds a household while its pulses come, one direction after the
 *  other, and until the relays have been refreshed; then a phase is missing for a while. */
function noon(day: Day): void {
  const { box } = day;
  box.socketShort(true);
  day.until("held", () => box.tubes().upper.includes("01") && box.tubes().lower.trim() === "0.0");
  day.pulses([1], 5);
  day.pulses([1, 2, 39], 3, -LOAD_W);
  day.rest();
  const before = day.seen.coils_ms.length;
  day.passTo(REFRESH_S - 2);
  assert.equal(day.seen.coils_ms.length, before);
  day.until("refresh", () => day.seen.coils_ms.length > before);
  box.runMs(ROUND_MS);
  assert.equal(day.seen.coils_ms.length, before + 39);
  day.rest();
  box.socketShort(false);
  box.setPhase(1, false);
  box.runMs(1_500);
  day.toPhase(QUIET_PHASE_MS); // the lamp of the missing phase flashes
  day.rest();
  box.setPhase(1, true);
  box.runMs(1_500);
}

/** Power goes while a sale is written, and comes back; both chips are reset; the sale once more. No load
 *  is on while a chip starts: how long that takes is the board's own affair. */
function evening(day: Day): void {
  const { box, seen } = day;
  const sale = Buffer.concat([Buffer.from([0]), signed(CREDIT, 1, 2, 3_000, FURTHER)]);
  day.toPhase(QUIET_PHASE_MS);
  box.fram.cutAfter(CUT_BYTES);
  box.line.send(frame(1, MESSAGE, sale));
  box.runMs(500);
  assert.ok(!box.powered);
  box.powerOn();
  day.settle();
  day.pulses([1, 2, 39], 5);
  day.rest();
  box.resetMcu("panel");
  box.runMs(1_500);
  box.resetMcu("meter");
  box.runMs(1_500); // a sale must not come just when the panel turns the page
  for (const what of ["sale", "again"]) {
    seen.answers.push(`${what} ${day.credit(1, 2, 3_000).result}`);
  }
  day.readLine();
  for (const household of [1, 2, 3, 39]) seen.answers.push(books(day, household));
  day.until("first page of a household", () => box.tubes().upper === "0001");
  box.runMs(1_000);
  day.rest();
}

function books(day: Day, household: number): string {
  const all = Object.entries(day.books(household));
  return all.map(([name, value]) => `${name} ${value}`).join(", ");
}

/** Plays only the morning, and leaves the box on. */
export function playMorning(made: Box): Outcome {
  const day = new Day(made);
  morning(day);
  return day.seen;
}

/** Plays the day and takes the power away. */
export function playDay(made: Box): Outcome {
  const day = new Day(made);
  morning(day);
  noon(day);
  evening(day);
  return off(day.seen, made);
}

/** A memory that was never written, and relays of which nobody knows how they stand. */
export function playFirstStart(made: Box): Outcome {
  const seen = observe(made);
  made.powerOn();
  made.runMs(1_000 + ROUND_MS);
  return off(seen, made);
}

/** Takes the power away in the middle of a second. */
function off(seen: Outcome, made: Box): Outcome {
  made.powerOff();
  seen.fram = made.fram.bytes.slice();
  return seen;
}
