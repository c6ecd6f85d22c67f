/** One transceiver on an RS485 bus, half duplex: while it drives the bus its receiver is off, so that it
 *  hears neither itself nor whoever talks at the same time. A row of characters is unbroken; after
 *  GUARD_CHARACTERS the board cuts it, and the port sends nothing until it is opened anew (HAL.md). */

import { DeviceError } from "../errors.ts";
import { GONE, modeOf, WHOLE, type Character, type Wire } from "./wire.ts";
import {
  CHARACTER_BITS,
  FORMAT_8N1,
  IDLE_LIMIT_US,
  LOST,
  RECEIVE_CAPACITY,
  TRANSMIT_CAPACITY,
  type SerialPort,
} from "./uart.ts";

/** HAL.md, uart_write: the longest row of characters that a board sends. */
export const GUARD_CHARACTERS = 280;

/** How much a port holds; hosts have more room than a core, and no guard. */
export interface PortLimits {
  receive: number;
  transmit: number;
  guard: number;
}

const CORE_LIMITS: PortLimits = {
  receive: RECEIVE_CAPACITY,
  transmit: TRANSMIT_CAPACITY,
  guard: GUARD_CHARACTERS,
};

/** What the ports of one bus share. */
export interface Bus {
  readonly wire: Wire;
  /** Changes what really goes out of one write. */
  tap?: (from: string, bytes: Uint8Array) => Uint8Array;
  /** Told each character when it is queued. */
  onCharacter?: (from: string, character: Character) => void;
}

export class LinePort implements SerialPort {
  opened = false;
  baud = 0;
  format = FORMAT_8N1;
  /** Place in the log of the wire up to which this port has looked. */
  place = 0;

  private readonly wire: Wire;
  private mode = 0;
  private opened_us = 0;
  // Received and not taken yet: a ring of `count` bytes from `head`.
  private bytes = new Uint8Array(RECEIVE_CAPACITY);
  private head = 0;
  private count = 0;
  private lost = false;
  private last_us = 0;
  // The last row of characters: `row_characters` of them were given, the last ends at row_end_us.
  private row_us = 0;
  private row_end_us = 0;
  private row_characters = 0;
  private is_cut = false;

  /** `id` tells this port from the others of the bus. */
  constructor(
    readonly name: string,
    private readonly id: number,
    private readonly bus: Bus,
    private readonly limits = CORE_LIMITS,
  ) {
    this.wire = bus.wire;
  }

  get quiet(): boolean {
    return this.count === 0 && this.place === this.wire.next && !this.lost;
  }

  /** When the next character on the bus, or one that it has not looked at, ends; Infinity: none. */
  get next_us(): number {
    return this.place < this.wire.next ? this.wire.ends[this.place & this.wire.mask] : Infinity;
  }

  open(baud: number, format: number, now_us: number): void {
    this.close(now_us);
    this.opened = true;
    this.head = 0;
    this.count = 0;
    this.lost = false;
    this.last_us = now_us;
    this.place = this.wire.first;
    this.setMode(baud, format, now_us);
  }

  /** Another speed or format from now on; what was received stays. */
  retune(baud: number, format: number, now_us: number): void {
    this.settle(now_us);
    this.stopSending(now_us);
    this.setMode(baud, format, now_us);
  }

  close(now_us: number): void {
    if (this.opened) this.stopSending(now_us);
    this.opened = false;
  }

  /** Characters waiting to go out or on their way, at `now_us`. */
  pending(now_us: number): number {
    if (now_us >= this.row_end_us) return 0;
    const gone = Math.floor(((now_us - this.row_us) * this.baud) / (this.characterBits() * 1e6));
    return Math.max(0, this.row_characters - gone);
  }

  write(memory: Uint8Array, offset: number, size: number, now_us: number): number {
    if (!this.opened) throw new DeviceError(this.name, "written before it was opened");
    if (this.is_cut) return 0;
    const taken = Math.min(size, this.limits.transmit - this.pending(now_us));
    if (now_us >= this.row_end_us) {
      this.settle(now_us); // of what came before this row nothing may be taken for deaf
      this.row_us = now_us;
      this.row_end_us = now_us;
      this.row_characters = 0;
    }
    if (taken <= 0) return 0;
    if (this.bus.tap !== undefined) {
      const bytes = this.bus.tap(this.name, memory.slice(offset, offset + taken));
      for (const value of bytes) this.sendByte(value);
    } else {
      for (let i = 0; i < taken; i++) this.sendByte(memory[offset + i]);
    }
    return taken;
  }

  read(memory: Uint8Array, offset: number, capacity: number, now_us: number): number {
    if (!this.opened) throw new DeviceError(this.name, "read before it was opened");
    if (this.place !== this.wire.next) this.settle(now_us);
    if (this.lost) {
      this.lost = false;
      return LOST;
    }
    const taken = this.count < capacity ? this.count : capacity;
    const mask = this.bytes.length - 1;
    for (let i = 0; i < taken; i++) {
      memory[offset + i] = this.bytes[this.head];
      this.head = (this.head + 1) & mask;
    }
    this.count -= taken;
    return taken;
  }

  available(now_us: number): number {
    this.settle(now_us);
    return this.count;
  }

  idleUs(now_us: number): number {
    if (!this.opened) throw new DeviceError(this.name, "asked before it was opened");
    if (this.place !== this.wire.next) this.settle(now_us);
    return Math.min(IDLE_LIMIT_US, now_us - this.last_us);
  }

  /** Takes from the wire what has arrived by now. */
  settle(now_us: number): void {
    const { wire } = this;
    if (!this.opened) return;
    while (this.place < wire.next) {
      const slot = this.place & wire.mask;
      if (wire.ends[slot] > now_us) return;
      this.place++;
      if (wire.senders[slot] !== this.id) this.hear(slot);
    }
  }

  private hear(slot: number): void {
    const { wire } = this;
    const start_us = wire.starts[slot];
    const end_us = wire.ends[slot];
    if (wire.conditions[slot] === GONE || start_us < this.opened_us) return;
    const is_whole = wire.conditions[slot] === WHOLE && wire.modes[slot] === this.mode;
    if (start_us < this.row_end_us && end_us > this.row_us) {
      if (end_us <= this.row_end_us) return; // the receiver was off
      this.lost = true; // it came on in the middle of a character
    } else if (!is_whole || this.count === this.limits.receive) {
      this.lost = true;
    } else {
      if (this.count === this.bytes.length) this.grow();
      this.bytes[(this.head + this.count++) & (this.bytes.length - 1)] = wire.values[slot];
    }
    this.last_us = end_us;
  }

  private setMode(baud: number, format: number, now_us: number): void {
    this.baud = baud;
    this.format = format;
    this.mode = modeOf(baud, format);
    this.opened_us = now_us;
    this.row_us = now_us;
    this.row_end_us = now_us;
    this.row_characters = 0;
    this.is_cut = false;
  }

  private characterBits(): number {
    return CHARACTER_BITS[this.format];
  }

  private sendByte(value: number): void {
    if (this.row_characters === this.limits.guard) this.is_cut = true;
    if (this.is_cut) return;
    const bits = ++this.row_characters * this.characterBits();
    const start_us = this.row_end_us;
    const end_us = this.row_us + Math.ceil((bits * 1e6) / this.baud);
    this.row_end_us = end_us;
    const character = { sender: this.id, value, start_us, end_us };
    this.bus.onCharacter?.(this.name, character);
    this.wire.add(character, this.mode);
  }

  private stopSending(now_us: number): void {
    if (now_us >= this.row_end_us) return;
    this.wire.cut(this.id, now_us);
    this.row_end_us = now_us;
  }

  private grow(): void {
    const size = this.bytes.length;
    const bytes = new Uint8Array(size * 2);
    for (let i = 0; i < this.count; i++) bytes[i] = this.bytes[(this.head + i) & (size - 1)];
    this.bytes = bytes;
    this.head = 0;
  }
}
