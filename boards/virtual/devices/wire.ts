/** The pair of wires of an RS485 bus as a log of characters: each with its sender, speed and the times of
 *  its start bit and of the end of its last stop bit, in order of those ends. Characters of two senders
 *  that overlap garble each other. Levels, reflections, bias and noise are not modelled. */

import type { Random } from "../random.ts";

/** The character is as it was sent, or reaches nobody as a character (parity, framing), or never was on
 *  the wire. */
export const WHOLE = 0;
export const BROKEN = 1;
export const GONE = 2;

const FIRST_CAPACITY = 1024;

/** Speed and format as one number. */
export function modeOf(baud: number, format: number): number {
  return baud * 4 + format;
}

/** A character that begins to travel. Times are us since the line was made. */
export interface Character {
  sender: number;
  value: number;
  start_us: number;
  end_us: number;
}

export class Wire {
  /** Places of the log, counted from the first character ever: those from `first` up to `next` are kept. */
  first = 0;
  next = 0;
  values = new Uint8Array(FIRST_CAPACITY);
  senders = new Int32Array(FIRST_CAPACITY);
  /** By modeOf(). */
  modes = new Int32Array(FIRST_CAPACITY);
  conditions = new Uint8Array(FIRST_CAPACITY);
  starts = new Float64Array(FIRST_CAPACITY);
  ends = new Float64Array(FIRST_CAPACITY);
  mask = FIRST_CAPACITY - 1;
  private garbled = new Uint8Array(FIRST_CAPACITY); // 1: by a collision, once is enough

  /** `lastPlace` returns the place from which on nobody has taken anything, `makeRoom` moves `first` on to
   *  what somebody still waits for at a time. */
  constructor(
    private readonly random: Random,
    private readonly lastPlace: () => number,
    private readonly makeRoom: (now_us: number) => void,
  ) {}

  /** A sender begins a character at `start_us`, which is not in the past. */
  add({ sender, value, start_us, end_us }: Character, mode: number): void {
    if (this.next - this.first > this.mask) {
      this.makeRoom(start_us);
      if (this.next - this.first > this.mask >> 1) this.grow();
    }
    const slot = this.placeFor(end_us) & this.mask;
    this.values[slot] = value;
    this.senders[slot] = sender;
    this.modes[slot] = mode;
    this.conditions[slot] = WHOLE;
    this.garbled[slot] = 0;
    this.starts[slot] = start_us;
    this.ends[slot] = end_us;
    this.collide(slot);
  }

  /** A sender stops at `now_us`: the character on its way breaks off, those behind it are not sent. */
  cut(sender: number, now_us: number): void {
    for (let place = this.next - 1; place >= this.first; place--) {
      const slot = place & this.mask;
      if (this.ends[slot] <= now_us) return;
      if (this.senders[slot] !== sender) continue;
      this.conditions[slot] = this.starts[slot] < now_us ? BROKEN : GONE;
    }
  }

  /** Makes a gap in the order of ends; what somebody has taken already stays where it is. */
  private placeFor(end_us: number): number {
    let place = this.next++;
    if (place === this.first || this.ends[(place - 1) & this.mask] <= end_us) return place;
    const lowest = this.lastPlace();
    while (place > lowest && this.ends[(place - 1) & this.mask] > end_us) {
      this.move((place - 1) & this.mask, place & this.mask);
      place--;
    }
    return place;
  }

  private collide(slot: number): void {
    const start_us = this.starts[slot];
    const end_us = this.ends[slot];
    const sender = this.senders[slot];
    for (let place = this.next - 1; place >= this.first; place--) {
      const other = place & this.mask;
      if (this.ends[other] <= start_us) return;
      if (this.senders[other] === sender || this.starts[other] >= end_us) continue;
      if (this.conditions[other] === GONE) continue;
      this.garble(other);
      this.garble(slot);
    }
  }

  /** Parity and stop bit find every other one out. */
  private garble(slot: number): void {
    if (this.garbled[slot] === 1) return;
    this.garbled[slot] = 1;
    if (this.random.below(2) === 0) this.conditions[slot] = BROKEN;
    else this.values[slot] ^= 1 + this.random.below(255);
  }

  private move(from: number, to: number): void {
    this.values[to] = this.values[from];
    this.senders[to] = this.senders[from];
    this.modes[to] = this.modes[from];
    this.conditions[to] = this.conditions[from];
    this.garbled[to] = this.garbled[from];
    this.starts[to] = this.starts[from];
    this.ends[to] = this.ends[from];
  }

  private grow(): void {
    const old = { ...this } as Wire;
    const size = (this.mask + 1) * 2;
    this.values = new Uint8Array(size);
    this.senders = new Int32Array(size);
    this.modes = new Int32Array(size);
    this.conditions = new Uint8Array(size);
    this.garbled = new Uint8Array(size);
    this.starts = new Float64Array(size);
    this.ends = new Float64Array(size);
    this.mask = size - 1;
    for (let place = this.first; place < this.next; place++) {
      const from = place & old.mask;
      const to = place & this.mask;
      this.values[to] = old.values[from];
      this.senders[to] = old.senders[from];
      this.modes[to] = old.modes[from];
      this.conditions[to] = old.conditions[from];
      this.garbled[to] = old.garbled[from];
      this.starts[to] = old.starts[from];
      this.ends[to] = old.ends[from];
    }
  }
}
