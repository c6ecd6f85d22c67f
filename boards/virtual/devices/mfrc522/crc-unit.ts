/** CRC coprocessor and self test of an MFRC522 (data sheet, "10.3.1.4 CalcCRC", "16.1.1"). Does not
 *  model MSBFirst. */

import { crcA } from "../cards/frame.ts";
import * as R from "./registers.ts";
import { SELF_TEST, SELF_TEST_OTHER } from "./selftest.ts";
import { IDLE, type ChipState } from "./state.ts";

/** ModeReg, CRCPreset: a field of two bits. */
const PRESETS = [0x0000, 0x6363, 0xa671, 0xffff];
/** AutoTestReg, SelfTest: enabled. */
const SELF_TEST_ON = 0x9;
const START_US = 2;
/** Eight bits at the carrier's frequency. */
const BYTE_US = 8 / 13.56;
const SELF_TEST_US = 400;

export class CrcUnit {
  /** When it has processed what is in the FIFO. */
  next_us = Infinity;
  private crc = 0xffff;
  private testing = false;
  /** 25 bytes that Mem fills; the self test expects zeros. */
  private internal = new Uint8Array(25);

  constructor(private readonly state: ChipState) {}

  get ready(): boolean {
    return this.next_us === Infinity;
  }

  reset(): void {
    this.stop();
    this.result(0xffff);
    this.internal = new Uint8Array(25);
  }

  start(now_us: number): void {
    const { registers } = this.state;
    this.testing = (registers[R.AUTO_TEST] & 0x0f) === SELF_TEST_ON;
    this.crc = PRESETS[registers[R.MODE] & 3];
    this.next_us = now_us + (this.testing ? SELF_TEST_US : this.durationUs());
  }

  /** A byte came into the FIFO while CalcCRC runs. */
  more(now_us: number): void {
    if (!this.testing) this.next_us = now_us + this.durationUs();
  }

  stop(): void {
    this.next_us = Infinity;
    this.testing = false;
  }

  done(): void {
    this.next_us = Infinity;
    const bytes = this.state.takeAll();
    this.state.div_irq |= R.CRC_IRQ;
    if (this.testing) {
      this.selfTest();
      return;
    }
    this.crc = crcA(bytes, bytes.length, this.crc);
    this.result(this.crc);
  }

  /** Mem: the FIFO's bytes go into the internal buffer, or its own come out when there are none. */
  exchangeMemory(): void {
    const bytes = this.state.takeAll();
    if (bytes.length === 0) this.internal.forEach((byte) => this.state.push(byte));
    else this.internal.set(bytes.subarray(0, this.internal.length));
    if (this.state.command !== IDLE) this.state.finish();
  }

  /** GenerateRandomID: ten bytes into the internal buffer. */
  randomize(next: () => number): void {
    for (let i = 0; i < 10; i++) this.internal[i] = next();
    this.state.finish();
  }

  private selfTest(): void {
    const expected = SELF_TEST.get(this.state.version) ?? SELF_TEST_OTHER;
    const spoilt = this.internal.some((byte) => byte !== 0) ? 0xa5 : 0;
    for (const byte of expected) this.state.push(byte ^ spoilt);
    this.state.deaf = true;
  }

  private durationUs(): number {
    return START_US + this.state.fifo.length * BYTE_US;
  }

  private result(crc: number): void {
    this.state.registers[R.CRC_RESULT_L] = crc & 0xff;
    this.state.registers[R.CRC_RESULT_H] = crc >> 8;
  }
}
