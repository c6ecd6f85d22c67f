/** Relays and inputs together: a test load stands on every channel, and a channel's pulses come if and
 *  only if its relay is closed. So each coil, each contact, each pulse and direction input is seen, and
 *  two that are exchanged. */

import { LineError } from "../line/errors.ts";
import type { Jig } from "./jig.ts";
import { CHANNEL_COUNT, type Look, type Prober } from "./probe.ts";
import type { Record } from "./verdict.ts";

const J_PER_KWH = 3_600_000;
const PULSES_WANTED = 2;
const LONGEST_BUSY_MS = 60_000; // 39 relays with the longest pulses and rests
const LOOK_PERIOD_MS = 50;
const SPARE_MS = 250; // contact times and what a front end has still to give
const CHANNELS = Array.from({ length: CHANNEL_COUNT }, (_, i) => i + 1);

export interface LoadOptions {
  load_w: number;
  /** imp/kWh of the front ends. */
  constant: number;
}

/** What one channel did. */
interface Seen {
  closed_pulses: number;
  open_pulses: number;
  /** Other channels that counted meanwhile. */
  strangers: number[];
  /** The relay as the jig sees it, after closing and after opening. */
  contact: [boolean | null, boolean | null];
}

function list(channels: Iterable<number>): string {
  return [...channels].join(", ") || "none";
}

function pulsesBetween(before: Look, after: Look, channel: number): number {
  return (after.counts[channel - 1] - before.counts[channel - 1]) & 0xff;
}

export class RelayTests {
  /** Long enough for PULSES_WANTED pulses. */
  private readonly window_ms: number;
  /** Channels whose relay is known not to open: they count whatever is driven. */
  private stuck = new Set<number>();

  constructor(
    private readonly prober: Prober,
    private readonly jig: Jig,
    private readonly record: Record,
    { load_w, constant }: LoadOptions,
  ) {
    const period_ms = (J_PER_KWH / constant / load_w) * 1000;
    this.window_ms = Math.ceil(period_ms * (PULSES_WANTED + 1)) + SPARE_MS;
  }

  async run(): Promise<void> {
    await this.drive(CHANNELS, false); // whatever they were
    if (!(await this.jig.load("forward"))) return this.withoutLoad();
    await this.openAll();
    const [...beyond] = this.stuck;
    for (const channel of CHANNELS.filter((c) => !beyond.includes(c))) {
      this.tell(channel, await this.look(channel));
    }
    await this.reverse();
    await this.jig.load("none");
  }

  /** Nobody sees what moves: only that the box drives each coil and comes to rest. */
  private async withoutLoad(): Promise<void> {
    await this.drive(CHANNELS, true);
    await this.drive(CHANNELS, false);
    this.record.skip("relays", "every coil was driven; without a jig nobody saw the contacts");
    this.record.skip("inputs", "no jig");
  }

  private async wait(ms: number): Promise<void> {
    await this.prober.native.wait(ms);
  }

  /** Drives the relays one after the other, and waits until the last pulse and its rest are over. */
  private async drive(channels: number[], closes: boolean): Promise<void> {
    for (const channel of channels) {
      let left_ms = LONGEST_BUSY_MS;
      for (; !(await this.prober.coil(channel, closes)); left_ms -= LOOK_PERIOD_MS) {
        if (left_ms <= 0) throw new LineError("the relays do not come to rest");
        await this.wait(LOOK_PERIOD_MS);
      }
    }
    while (!(await this.prober.look()).relays_rest) await this.wait(LOOK_PERIOD_MS);
  }

  /** Counts for one window. */
  private async count(): Promise<[Look, Look]> {
    const before = await this.prober.look();
    await this.wait(this.window_ms);
    return [before, await this.prober.look()];
  }

  /** Finds channels that count although all relays were opened. */
  private async openAll(): Promise<void> {
    await this.wait(SPARE_MS);
    const [before, after] = await this.count();
    this.stuck = new Set(CHANNELS.filter((c) => pulsesBetween(before, after, c) > 0));
    for (const channel of this.stuck) {
      const found = "pulses although it was opened: the relay stays closed";
      this.record.judge(`channel ${channel}`, false, found, "no pulses");
    }
  }

  private async look(channel: number): Promise<Seen> {
    await this.drive([channel], true);
    const closed = await this.jig.relayClosed(channel);
    const [before, after] = await this.count();
    await this.drive([channel], false);
    const opened = await this.jig.relayClosed(channel);
    await this.wait(SPARE_MS);
    const [still, end] = await this.count();
    return {
      closed_pulses: pulsesBetween(before, after, channel),
      open_pulses: pulsesBetween(still, end, channel),
      strangers: CHANNELS.filter((c) => c !== channel && pulsesBetween(before, end, c) > 0).filter(
        (c) => !this.stuck.has(c),
      ),
      contact: [closed, opened],
    };
  }

  private tell(channel: number, seen: Seen): void {
    const { closed_pulses, open_pulses, strangers, contact } = seen;
    const faults: string[] = [];
    if (contact[0] === false) faults.push("the relay stays open");
    else if (closed_pulses < PULSES_WANTED && strangers.length > 0) {
      faults.push(`its pulses come on channel ${list(strangers)}`);
    } else if (closed_pulses < PULSES_WANTED) {
      faults.push(
        contact[0] === true ? "the input is dead" : "the relay stays open, or a dead input",
      );
    } else if (strangers.length > 0) {
      faults.push(`channel ${list(strangers)} counts with it`);
    }
    if (contact[1] === true || open_pulses > 0) {
      faults.push("the relay does not open");
      this.stuck.add(channel);
    }
    const counted = `${closed_pulses} pulses closed, ${open_pulses} open`;
    const found = faults.length > 0 ? `${counted}: ${faults.join("; ")}` : counted;
    const limits = `closed at least ${PULSES_WANTED}, open 0, no other channel`;
    this.record.judge(`channel ${channel}`, faults.length === 0, found, limits);
  }

  /** Direction inputs: forward before, reverse now. */
  private async reverse(): Promise<void> {
    const forward = (await this.prober.look()).reversed;
    await this.jig.load("reverse");
    await this.drive(CHANNELS, true);
    const [before, after] = await this.count();
    await this.drive(CHANNELS, false);
    const counting = CHANNELS.filter(
      (c) => pulsesBetween(before, after, c) > 0 && !this.stuck.has(c),
    );
    const wrong = counting.filter((c) => forward.has(c) || !after.reversed.has(c));
    const found = wrong.length > 0 ? `wrong on channel ${list(wrong)}` : `${counting.length} right`;
    const limits = "0 under forward load, 1 under reverse load";
    this.record.judge("directions", wrong.length === 0 && counting.length > 0, found, limits);
  }
}
