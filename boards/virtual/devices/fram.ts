/** FRAM of 256 KiB: Fujitsu MB85RS2MTA (data sheet DS501-00036). One transfer is one select. With
 *  power-cut injection at any written byte. Does not model the HOLD and WP pins (both tied high) nor
 *  wear (there is none). */

import { DeviceError } from "../errors.ts";
import type { Random } from "../random.ts";

export const FRAM_SIZE = 0x40000;

// "Op-code".
const WREN = 0x06;
const WRDI = 0x04;
const RDSR = 0x05;
const WRSR = 0x01;
const READ = 0x03;
const WRITE = 0x02;
const FSTRD = 0x0b;
const RDID = 0x9f;
const SLEEP = 0xb9;

/** "RDID": manufacturer 04h (Fujitsu), continuation 7Fh, product 48h 03h. */
const IDENTIFICATION = [0x04, 0x7f, 0x48, 0x03];
/** "Status register": bit 1, the write enable latch. */
const WEL = 0x02;
/** "Status register": bits that WRSR writes: WPEN, three free bits, BP1, BP0; bit 0 reads 0. */
const STATUS_WRITABLE = 0xfc;
/** "Block protect": first protected address for BP1, BP0 = 0..3. */
const PROTECTED_FROM = [FRAM_SIZE, 0x30000, 0x20000, 0];
/** "AC characteristics": t REC, from the select that ends sleep to the next command. */
const WAKE_US = 400;
/** Output high impedance: the pull-up of the bus is read. */
const FLOATING = 0xff;

/** What the byte holds that was being written when power went: its old value, its new one, or
 *  anything. The chip latches a byte with its eighth clock, so "old" is the usual case. */
export type ByteUnderWay = "old" | "new" | "garbage";

export class Fram {
  readonly bytes: Uint8Array;
  /** Bytes written since the model was made. */
  written = 0;
  /** Called after a WRITE that changed memory. */
  onCommit: (address: number, size: number) => void = () => undefined;

  private status = 0;
  private asleep = false;
  private awake_us = 0;
  private left = -1; // bytes until the cut; -1: no cut ordered
  private lost = false;
  private under_way = false;
  private under_way_mode: ByteUnderWay = "old";
  private kept_status = 0;
  private undo: number[] = [];

  /** `contents` are copied; without them the chip is blank (FFh). */
  constructor(
    private readonly nowUs: () => number,
    private readonly random: Random,
    contents?: Uint8Array,
  ) {
    this.bytes = new Uint8Array(FRAM_SIZE).fill(0xff);
    if (contents && contents.length !== FRAM_SIZE) {
      throw new DeviceError("fram", `contents of ${contents.length} bytes`);
    }
    if (contents) this.bytes.set(contents);
  }

  /** Power is lost after `count` more written bytes (0: with the first byte of the next WRITE);
   *  null takes the order back. The chip then still seems to work, so that the core notices
   *  nothing, and forgets at powerOff() whatever came after the cut. */
  cutAfter(count: number | null, under_way: ByteUnderWay = "old"): void {
    if (count !== null && (!Number.isInteger(count) || count < 0)) {
      throw new DeviceError("fram", `cut after ${count} bytes`);
    }
    this.left = count ?? -1;
    this.under_way_mode = under_way;
  }

  /** True from an ordered cut to powerOff(). */
  get cut(): boolean {
    return this.lost;
  }

  powerOff(): void {
    while (this.undo.length > 0) {
      const value = this.undo.pop() as number;
      this.bytes[this.undo.pop() as number] = value;
    }
    if (this.lost) this.status = this.kept_status;
    this.status &= ~WEL; // "WREN": the latch is reset when power comes up
    this.lost = false;
    this.left = -1;
    this.asleep = false;
    this.awake_us = 0;
  }

  /** One select: the bytes at `offset` go in and are replaced by what comes out. */
  transfer(memory: Uint8Array, offset: number, size: number): void {
    if (this.asleep || this.awake_us > 0) {
      if (!this.wake()) {
        memory.fill(FLOATING, offset, offset + size);
        return;
      }
    }
    const opcode = memory[offset];
    memory[offset] = FLOATING;
    switch (opcode) {
      case READ:
        return this.read(memory, offset, size, 4);
      case FSTRD: // one dummy byte behind the address
        return this.read(memory, offset, size, 5);
      case WRITE:
        return this.write(memory, offset, size);
      case WREN:
        this.status |= WEL;
        return this.whole(opcode, size, 1);
      case WRDI:
        this.status &= ~WEL;
        return this.whole(opcode, size, 1);
      case RDSR:
        memory.fill(this.status, offset + 1, offset + size);
        return;
      case WRSR:
        return this.writeStatus(memory, offset, size);
      case RDID:
        for (let i = 1; i < size; i++) memory[offset + i] = IDENTIFICATION[i - 1] ?? FLOATING;
        return;
      case SLEEP:
        this.asleep = true;
        return this.whole(opcode, size, 1);
      default:
        throw new DeviceError("fram", `unknown opcode ${opcode.toString(16)}h`);
    }
  }

  /** "SLEEP": the select that ends it does nothing else; commands need t REC after it. */
  private wake(): boolean {
    if (this.asleep) {
      this.asleep = false;
      this.awake_us = this.nowUs() + WAKE_US;
      return false;
    }
    if (this.nowUs() < this.awake_us) throw new DeviceError("fram", "command before t REC");
    this.awake_us = 0;
    return true;
  }

  private whole(opcode: number, size: number, expected: number): void {
    if (size !== expected) {
      throw new DeviceError("fram", `opcode ${opcode.toString(16)}h with ${size} bytes`);
    }
  }

  /** "READ": three address bytes, the upper six bits are not looked at. */
  private address(memory: Uint8Array, offset: number, size: number, header: number): number {
    if (size < header) throw new DeviceError("fram", "address cut short");
    const address = (memory[offset + 1] << 16) | (memory[offset + 2] << 8) | memory[offset + 3];
    for (let i = 1; i < header; i++) memory[offset + i] = FLOATING;
    return address & (FRAM_SIZE - 1);
  }

  private read(memory: Uint8Array, offset: number, size: number, header: number): void {
    let address = this.address(memory, offset, size, header);
    for (let i = offset + header; i < offset + size; i++) {
      memory[i] = this.bytes[address];
      address = (address + 1) & (FRAM_SIZE - 1); // "READ": rolls over to address 0
    }
  }

  private write(memory: Uint8Array, offset: number, size: number): void {
    const start = this.address(memory, offset, size, 4);
    if ((this.status & WEL) === 0) throw new DeviceError("fram", "WRITE without WREN");
    this.status &= ~WEL; // "WRITE": reset by the rising select
    const limit = PROTECTED_FROM[(this.status >> 2) & 3];
    let address = start;
    let changed = false;
    for (let i = offset + 4; i < offset + size; i++) {
      if (address < limit) {
        changed = changed || this.bytes[address] !== memory[i];
        this.writeByte(address, memory[i]);
      }
      memory[i] = FLOATING;
      address = (address + 1) & (FRAM_SIZE - 1);
    }
    this.under_way = false;
    if (changed && !this.lost) this.onCommit(start, size - 4);
  }

  private writeByte(address: number, value: number): void {
    if (this.left === 0 && !this.lost) this.losePower();
    if (this.lost) {
      const kept = this.under_way ? this.halfWritten(address, value) : this.bytes[address];
      this.under_way = false;
      this.undo.push(address, kept);
      this.bytes[address] = value;
      return;
    }
    this.bytes[address] = value;
    this.written++;
    if (this.left > 0 && --this.left === 0) this.losePower();
  }

  private losePower(): void {
    this.lost = true;
    this.under_way = true;
    this.kept_status = this.status;
  }

  private halfWritten(address: number, value: number): number {
    if (this.under_way_mode === "new") return value;
    return this.under_way_mode === "old" ? this.bytes[address] : this.random.below(256);
  }

  private writeStatus(memory: Uint8Array, offset: number, size: number): void {
    this.whole(WRSR, size, 2);
    if ((this.status & WEL) === 0) throw new DeviceError("fram", "WRSR without WREN");
    this.status = memory[offset + 1] & STATUS_WRITABLE;
    memory[offset + 1] = FLOATING;
  }
}
