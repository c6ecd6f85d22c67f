/** One end of an asynchronous full-duplex link of two: bytes arrive one character time after each other.
 *  Nothing is put into the clock's queue: each byte carries its time of arrival and is there once it is
 *  due. Levels and noise are not modelled; a wrong speed or format loses the bytes. A bus of many is
 *  line-port.ts. */

import { DeviceError } from "../errors.ts";

/** FORMAT_ values of the HAL and their bits per character, start and stop bits included. */
export const FORMAT_8N1 = 0;
export const FORMAT_8E1 = 1;
export const FORMAT_8N2 = 2;
export const CHARACTER_BITS = [10, 11, 11];

/** What the board keeps for a core that does not read. */
export const RECEIVE_CAPACITY = 256;
/** What waits to go out, at most. */
export const TRANSMIT_CAPACITY = 256;
export const LOST = -1;
export const IDLE_LIMIT_US = 0x7fffffff;

/** A port as a microcontroller has it. Times are those of that microcontroller, us. */
export interface SerialPort {
  readonly opened: boolean;
  /** Nothing was received, is on its way, or was lost. */
  readonly quiet: boolean;
  /** Speed and format; drops what was received or waits to go out. */
  open(baud: number, format: number, now_us: number): void;
  /** The microcontroller stopped or was reset. */
  close(now_us: number): void;
  /** Sends at most what the queue takes; returns how many bytes that is. `tap` may change what
   *  arrives. */
  write(
    memory: Uint8Array,
    offset: number,
    size: number,
    now_us: number,
    tap?: (bytes: Uint8Array) => Uint8Array,
  ): number;
  /** Takes received bytes; returns their number or LOST once after bytes were lost. */
  read(memory: Uint8Array, offset: number, capacity: number, now_us: number): number;
  /** Microseconds since the last byte had arrived (or since open). */
  idleUs(now_us: number): number;
}

export class Uart implements SerialPort {
  /** The other end; bytes sent without one are gone. */
  peer: Uart | null = null;
  baud = 0;
  format = FORMAT_8N1;
  opened = false;

  // Received: a ring of bytes with times of arrival; `head` is the oldest.
  private bytes = new Uint8Array(1024);
  private times = new Float64Array(1024);
  private head = 0;
  private count = 0; // all of them
  private arrived = 0; // of these, due and kept
  private lost = false;
  private last_us = 0;

  // Sent: a burst is an unbroken row of characters.
  private burst_us = 0;
  private burst_characters = 0;

  constructor(private readonly name: string) {}

  get quiet(): boolean {
    return this.count === 0 && !this.lost;
  }

  open(baud: number, format: number, now_us: number): void {
    if (this.opened) this.stopSending(now_us);
    this.opened = true;
    this.baud = baud;
    this.format = format;
    this.count = 0;
    this.arrived = 0;
    this.lost = false;
    this.last_us = now_us;
    this.burst_characters = 0;
    this.burst_us = now_us;
  }

  close(now_us: number): void {
    if (this.opened) this.stopSending(now_us);
    this.opened = false;
  }

  /** Characters waiting to go out or on their way, at `now_us`. */
  pending(now_us: number): number {
    if (this.burst_characters === 0) return 0;
    const character = CHARACTER_BITS[this.format] * 1e6;
    const gone = Math.floor(((now_us - this.burst_us) * this.baud) / character);
    return Math.max(0, this.burst_characters - gone);
  }

  write(
    memory: Uint8Array,
    offset: number,
    size: number,
    now_us: number,
    tap?: (bytes: Uint8Array) => Uint8Array,
  ): number {
    if (!this.opened) throw new DeviceError(this.name, "written before it was opened");
    const pending = this.pending(now_us);
    const taken = Math.min(size, TRANSMIT_CAPACITY - pending);
    if (pending === 0) {
      this.burst_us = now_us;
      this.burst_characters = 0;
    }
    if (taken <= 0) return 0;
    if (tap) {
      const bytes = tap(memory.slice(offset, offset + taken));
      for (let i = 0; i < bytes.length; i++) this.sendByte(bytes[i], now_us);
    } else {
      for (let i = 0; i < taken; i++) this.sendByte(memory[offset + i], now_us);
    }
    return taken;
  }

  read(memory: Uint8Array, offset: number, capacity: number, now_us: number): number {
    if (!this.opened) throw new DeviceError(this.name, "read before it was opened");
    if (this.count > 0) this.settle(now_us);
    if (this.lost) {
      this.lost = false;
      return LOST;
    }
    const taken = this.arrived < capacity ? this.arrived : capacity;
    const mask = this.bytes.length - 1;
    for (let i = 0; i < taken; i++) {
      memory[offset + i] = this.bytes[this.head];
      this.head = (this.head + 1) & mask;
    }
    this.arrived -= taken;
    this.count -= taken;
    return taken;
  }

  /** Bytes that can be read at `now_us`. */
  available(now_us: number): number {
    this.settle(now_us);
    return this.arrived;
  }

  idleUs(now_us: number): number {
    if (!this.opened) throw new DeviceError(this.name, "asked before it was opened");
    if (this.count > 0) this.settle(now_us);
    return Math.min(IDLE_LIMIT_US, now_us - this.last_us);
  }

  private sendByte(value: number, now_us: number): void {
    this.burst_characters++;
    const bits = this.burst_characters * CHARACTER_BITS[this.format];
    const arrival_us = this.burst_us + Math.ceil((bits * 1e6) / this.baud);
    const peer = this.peer;
    if (!peer || !peer.opened) return;
    if (peer.baud !== this.baud || peer.format !== this.format) peer.lost = true;
    else peer.push(value, arrival_us, now_us);
  }

  private push(value: number, arrival_us: number, now_us: number): void {
    if (this.count === this.bytes.length) {
      this.settle(now_us);
      if (this.count === this.bytes.length) this.grow();
    }
    const slot = (this.head + this.count++) & (this.bytes.length - 1);
    this.bytes[slot] = value;
    this.times[slot] = arrival_us;
  }

  /** Finds what has arrived; beyond the capacity the newest is lost. */
  private settle(now_us: number): void {
    const mask = this.bytes.length - 1;
    let kept = this.arrived;
    let seen = this.arrived;
    while (seen < this.count) {
      const slot = (this.head + seen) & mask;
      if (this.times[slot] > now_us) break;
      this.last_us = this.times[slot];
      seen++;
      if (kept < RECEIVE_CAPACITY) kept++;
    }
    if (seen > kept) this.dropBetween(kept, seen);
    this.arrived = kept;
  }

  private dropBetween(kept: number, seen: number): void {
    const mask = this.bytes.length - 1;
    this.lost = true;
    for (let i = seen; i < this.count; i++) {
      const from = (this.head + i) & mask;
      const to = (this.head + i - seen + kept) & mask;
      this.bytes[to] = this.bytes[from];
      this.times[to] = this.times[from];
    }
    this.count -= seen - kept;
  }

  /** What has not wholly left by now does not arrive. */
  private stopSending(now_us: number): void {
    const peer = this.peer;
    this.burst_characters = 0;
    if (!peer || peer.count === 0) return;
    peer.settle(now_us);
    peer.count = peer.arrived;
  }

  private grow(): void {
    const size = this.bytes.length;
    const bytes = new Uint8Array(size * 2);
    const times = new Float64Array(size * 2);
    for (let i = 0; i < this.count; i++) {
      const slot = (this.head + i) & (size - 1);
      bytes[i] = this.bytes[slot];
      times[i] = this.times[slot];
    }
    this.bytes = bytes;
    this.times = times;
    this.head = 0;
  }
}

/** The two ends of a wire. */
export function connect(one: Uart, other: Uart): void {
  one.peer = other;
  other.peer = one;
}
