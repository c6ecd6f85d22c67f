/** What the reader's tests share: a chip on a desk with a clock of its own, and the order of register
 *  accesses that drivers in the field use. Nothing here is the firmware's. */

import assert from "node:assert/strict";
import { Random } from "../../boards/virtual/random.ts";
import { ClassicCard, Reader, type ClassicOptions } from "../../boards/virtual/reader.ts";
import { withCrc } from "../../boards/virtual/devices/cards/frame.ts";
import * as R from "../../boards/virtual/devices/mfrc522/registers.ts";

export const UID = [0xde, 0xad, 0xbe, 0xef];
export const OTHER_UID = [0xde, 0xad, 0xbe, 0x6f];
export const KEY = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
export const RECEIVED = R.RX_IRQ | R.TIMER_IRQ;
const AUTHENTICATED = R.IDLE_IRQ | R.TIMER_IRQ;

/** A dump in delivery state; `access` are bytes 6..9 of every trailer. */
export function blankDump(uid = UID, access = [0xff, 0x07, 0x80, 0x69], blocks = 64): Uint8Array {
  const dump = new Uint8Array(blocks * 16);
  const check = uid[0] ^ uid[1] ^ uid[2] ^ uid[3];
  dump.set([...uid.slice(0, 4), check, 0x08, 0x04, 0x00]);
  for (let block = 0; block < blocks; block++) {
    const is_trailer = block < 128 ? (block & 3) === 3 : (block & 15) === 15;
    if (is_trailer) dump.set([...KEY, ...access, ...KEY], block * 16);
  }
  return dump;
}

export function blankCard(uid = UID, options: ClassicOptions = {}): ClassicCard {
  return ClassicCard.fromDump(blankDump(uid), options);
}

export interface Reply {
  irq: number;
  error: number;
  bytes: number[];
  last_bits: number;
}

/** A chip, its field, and a host that does one thing after the other. */
export class Desk {
  now_us = 1_000_000;
  readonly reader: Reader;

  constructor(seed = 1) {
    this.reader = new Reader(() => this.now_us, new Random(seed));
    this.reader.powerOn();
    this.reader.setReset(1);
    this.wait(1_000);
  }

  wait(us: number): void {
    this.now_us += us;
  }

  transfer(...bytes: number[]): number[] {
    this.now_us += 2 * bytes.length;
    const memory = Uint8Array.from(bytes);
    this.reader.transfer(memory, 0, memory.length);
    return [...memory];
  }

  write(register: number, ...values: number[]): void {
    this.transfer(register << 1, ...values);
  }

  read(register: number): number {
    return this.transfer(0x80 | (register << 1), 0)[1];
  }

  /** The sequence that every driver shares; the field then needs 5 ms. */
  init(): this {
    this.write(R.COMMAND, 0x0f);
    this.wait(50_000);
    for (const [register, value] of [
      [R.TX_MODE, 0],
      [R.RX_MODE, 0],
      [0x24, 0x26],
      [R.T_MODE, 0x80],
      [R.T_PRESCALER, 0xa9],
      [R.T_RELOAD_H, 0x03],
      [R.T_RELOAD_L, 0xe8],
      [R.TX_ASK, 0x40],
      [R.MODE, 0x3d],
    ]) {
      this.write(register, value);
    }
    this.write(R.COLL, 0); // ValuesAfterColl = 0
    this.antenna(true);
    this.wait(5_100);
    return this;
  }

  antenna(on: boolean): void {
    this.write(R.TX_CONTROL, on ? 0x83 : 0x80);
  }

  /** Off and on again: every card is idle. */
  resetField(): void {
    this.stopCrypto();
    this.antenna(false);
    this.wait(6_000);
    this.antenna(true);
    this.wait(5_100);
  }

  /** Polls ComIrqReg for one of `mask`, at most 40 ms. */
  poll(mask: number): number {
    for (let i = 0; i < 10_000; i++) {
      const irq = this.read(R.COM_IRQ);
      if (irq & mask) return irq;
    }
    return 0;
  }

  /** Prepares an exchange up to StartSend. */
  prepare(bytes: number[], framing = 0): void {
    this.write(R.COMMAND, 0);
    this.write(R.COM_IRQ, 0x7f);
    this.write(R.FIFO_LEVEL, 0x80);
    this.write(R.FIFO_DATA, ...bytes);
    this.write(R.BIT_FRAMING, framing);
    this.write(R.COMMAND, 0x0c);
  }

  /** Sends a frame and waits for its answer; `framing` is BitFramingReg. */
  exchange(bytes: number[], framing = 0): Reply {
    this.prepare(bytes, framing);
    this.write(R.BIT_FRAMING, framing | 0x80);
    return this.collect(RECEIVED);
  }

  collect(mask: number): Reply {
    const irq = this.poll(mask);
    const error = this.read(R.ERROR);
    const level = this.read(R.FIFO_LEVEL);
    const bytes = Array.from({ length: level }, () => this.read(R.FIFO_DATA));
    return { irq, error, bytes, last_bits: this.read(R.CONTROL) & 7 };
  }

  /** A frame with its CRC. */
  command(...bytes: number[]): Reply {
    return this.exchange([...withCrc(bytes)]);
  }

  request(code = 0x26): Reply {
    return this.exchange([code], 7);
  }

  /** Wakes, resolves and selects the one card in the field; returns its SAK. */
  select(code = 0x26): number {
    assert.equal(this.request(code).bytes.length, 2, "ATQA");
    const { bytes } = this.exchange([0x93, 0x20]);
    assert.equal(bytes.length, 5, "UID");
    const sak = this.command(0x93, 0x70, ...bytes).bytes;
    assert.equal(sak.length, 3, "SAK");
    return sak[0];
  }

  /** MFAuthent; true when the cipher is on afterwards. */
  authenticate(block: number, key = KEY, code = 0x60, uid = UID): boolean {
    this.write(R.COMMAND, 0);
    this.write(R.COM_IRQ, 0x7f);
    this.write(R.FIFO_LEVEL, 0x80);
    this.write(R.FIFO_DATA, code, block, ...key, ...uid.slice(-4));
    this.write(R.COMMAND, 0x0e);
    this.poll(AUTHENTICATED);
    this.write(R.COMMAND, 0);
    return (this.read(R.STATUS_2) & R.CRYPTO_1_ON) !== 0;
  }

  /** Everything up to an open sector, from whatever was before. */
  open(block: number, key = KEY, code = 0x60): void {
    this.resetField();
    this.select();
    assert.ok(this.authenticate(block, key, code), "authentication");
  }

  stopCrypto(): void {
    this.write(R.STATUS_2, 0);
  }

  readBlock(block: number): number[] {
    return this.command(0x30, block).bytes.slice(0, 16);
  }

  /** The two steps of WRITE; returns the last answer's nibble, -1: silence. */
  writeBlock(block: number, bytes: number[]): number {
    const first = this.command(0xa0, block).bytes;
    if (first.length !== 1 || first[0] !== 0xa) return first[0] ?? -1;
    return this.command(...bytes).bytes[0] ?? -1;
  }
}

/** A desk ready to read, with these cards in its field for long. */
export function desk(...cards: Parameters<Reader["present"]>[0][]): Desk {
  const made = new Desk();
  for (const card of cards) made.reader.present(card);
  return made.init();
}
