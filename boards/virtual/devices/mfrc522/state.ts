/** What the units of an MFRC522 share: its registers, FIFO, interrupt and error bits, the cipher. */

import type { Session } from "../cards/frame.ts";
import * as R from "./registers.ts";

export const FIFO_SIZE = 64;
export const IDLE = 0x0;

export class ChipState {
  readonly registers = new Uint8Array(64);
  readonly fifo: number[] = [];
  command = IDLE;
  receiver_off = true;
  com_irq = 0;
  div_irq = 0;
  error = 0;
  rx_last_bits = 0;
  /** CollPosNotValid and CollPos. */
  collision = R.COLL_POS_NOT_VALID;
  crc_ok = false;
  /** The cipher is on (MFCrypto1On). */
  session: Session | null = null;
  /** After a self test nothing is received until the chip is reset. */
  deaf = false;

  constructor(public version: number) {
    this.reset();
  }

  /** "Reset": every register, the FIFO emptied. */
  reset(): void {
    this.registers.set(R.RESET_VALUES);
    this.fifo.length = 0;
    this.command = IDLE;
    this.receiver_off = true;
    this.com_irq = R.IDLE_IRQ | R.LO_ALERT_IRQ;
    this.div_irq = 0;
    this.error = 0;
    this.rx_last_bits = 0;
    this.collision = R.COLL_POS_NOT_VALID;
    this.crc_ok = false;
    this.session = null;
    this.deaf = false;
  }

  raise(irq: number): void {
    this.com_irq |= irq;
  }

  fail(error: number): void {
    if (error === 0) return;
    this.error |= error;
    this.com_irq |= R.ERR_IRQ;
  }

  /** The running command ends by itself. */
  finish(): void {
    this.command = IDLE;
    this.raise(R.IDLE_IRQ);
  }

  push(byte: number): void {
    if (this.fifo.length < FIFO_SIZE) this.fifo.push(byte & 0xff);
    else this.fail(R.BUFFER_OVFL);
  }

  takeAll(): Uint8Array {
    return Uint8Array.from(this.fifo.splice(0));
  }

  get hiAlert(): boolean {
    return FIFO_SIZE - this.fifo.length <= this.registers[R.WATER_LEVEL];
  }

  get loAlert(): boolean {
    return this.fifo.length <= this.registers[R.WATER_LEVEL];
  }

  /** The alerts set their bits for as long as they hold. */
  get comIrq(): number {
    if (this.hiAlert) this.com_irq |= R.HI_ALERT_IRQ;
    if (this.loAlert) this.com_irq |= R.LO_ALERT_IRQ;
    return this.com_irq;
  }
}
