/** Transmitter, receiver and authentication of an MFRC522 (data sheet, "10.3.1"): frames out of the
 *  FIFO into the field, answers back into it with their error and collision bits. */

import { partEndUs, type Field, type Part, type Reception } from "../cards/field.ts";
import { crcFits, ETU_US, frameUs, withCrc, type Frame, type Proof } from "../cards/frame.ts";
import type { Random } from "../../random.ts";
import * as R from "./registers.ts";
import type { ChipState } from "./state.ts";
import type { ChipTimer } from "./timer.ts";

export const TRANSMIT = 0x4;
export const RECEIVE = 0x8;
export const TRANSCEIVE = 0xc;
export const MF_AUTHENT = 0xe;

const MODE_TX_WAIT_RF = 0x20;
const CRC_EN = 0x80;
const SPEED = 0x70;
const FORCE_100_ASK = 0x40;
const PARITY_DISABLE = 0x10;
/** MFAuthent: code, block, key (6), UID (4). */
const AUTHENT_SIZE = 12;
/** From a card's answer to the next frame: 1172 carrier periods. */
const TURN_US = 1172 / 13.56;
const COLL_POS_LIMIT = 32;

/** Status2Reg, ModemState. */
const Phase = { Rest: 0, Start: 1, Field: 2, Send: 3, Wait: 5, Receive: 6 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class Transceiver {
  /** When the present phase ends; Infinity: not by itself. */
  next_us = Infinity;
  private phase: Phase = Phase.Rest;
  private frame: Frame | null = null;
  private start_us = 0;
  private parts: Part[] = [];
  private fifth_bit_us = Infinity;
  /** Of MFAuthent, until it was sent. */
  private proof: Proof | null = null;

  constructor(
    private readonly state: ChipState,
    private readonly field: Field,
    private readonly timer: ChipTimer,
    private readonly random: Random,
  ) {}

  get modemState(): number {
    return this.phase;
  }

  /** The FIFO belongs to the receiver, or to MFAuthent: the host must not write into it. */
  get ownsFifo(): boolean {
    return this.phase === Phase.Wait || this.phase === Phase.Receive || this.authenticating;
  }

  stop(): void {
    this.phase = Phase.Rest;
    this.next_us = Infinity;
    this.frame = null;
    this.parts = [];
    this.proof = null;
  }

  /** One of this unit's commands was written to CommandReg. */
  begin(command: number, now_us: number): void {
    this.stop();
    if (command === MF_AUTHENT) this.authenticate(now_us);
    else if (command === RECEIVE) this.phase = Phase.Wait;
    else this.phase = Phase.Start;
    if (command === TRANSMIT) this.send(now_us);
  }

  /** StartSend was set. */
  send(now_us: number): void {
    const { command, registers, fifo } = this.state;
    const may_start = this.phase === Phase.Start || this.phase === Phase.Wait;
    if ((command !== TRANSCEIVE && command !== TRANSMIT) || !may_start || fifo.length === 0) return;
    let bytes = this.state.takeAll();
    const last_bits = registers[R.BIT_FRAMING] & 7;
    let bits = last_bits === 0 ? bytes.length * 8 : (bytes.length - 1) * 8 + last_bits;
    if (registers[R.TX_MODE] & CRC_EN) {
      bytes = withCrc(bytes);
      bits = bytes.length * 8;
    }
    this.transmit({ bytes, bits, session: this.state.session, intact: this.parity }, now_us);
  }

  /** The field or who is in it changed. */
  fieldChanged(now_us: number): void {
    if (this.phase === Phase.Field && this.field.on && this.frame)
      this.transmit(this.frame, now_us);
    else if (this.phase === Phase.Receive) this.next_us = Math.max(now_us, this.receiveEndUs());
  }

  /** The time next_us has come. */
  step(): void {
    const now_us = this.next_us;
    if (this.phase === Phase.Send) this.sent(now_us);
    else if (this.phase === Phase.Wait) this.answerStarts(now_us);
    else if (this.phase === Phase.Receive) this.receiving(now_us);
    else this.next_us = Infinity;
  }

  private get authenticating(): boolean {
    return this.state.command === MF_AUTHENT && this.phase !== Phase.Rest;
  }

  private get parity(): boolean {
    return (this.state.registers[R.MF_RX] & PARITY_DISABLE) === 0;
  }

  private authenticate(now_us: number): void {
    const bytes = this.state.takeAll();
    if (bytes.length !== AUTHENT_SIZE) {
      this.failAuthentication();
      return;
    }
    this.proof = { key: bytes.slice(2, 8), uid: bytes.slice(8, 12) };
    const command = withCrc(bytes.subarray(0, 2));
    const { session } = this.state;
    this.transmit({ bytes: command, bits: 32, session, intact: this.parity }, now_us);
  }

  private failAuthentication(): void {
    this.stop();
    this.state.session = null;
    this.state.fail(R.PROTOCOL_ERR);
    this.state.finish();
  }

  private transmit(frame: Frame, now_us: number): void {
    this.frame = frame;
    this.parts = [];
    if (this.state.registers[R.MODE] & MODE_TX_WAIT_RF && !this.field.on) {
      this.phase = Phase.Field;
      this.next_us = Infinity;
      return;
    }
    this.state.error = 0;
    this.phase = Phase.Send;
    this.start_us = now_us;
    this.next_us = now_us + frameUs(frame.bits);
    if (this.field.on) this.field.announce(now_us, this.next_us);
  }

  private sent(now_us: number): void {
    const { state, frame } = this;
    const is_command = !this.authenticating;
    if (is_command) state.raise(R.TX_IRQ);
    if (this.timer.automatic) this.timer.start(now_us);
    const is_heard = this.field.on && this.isTypeA() && frame !== null;
    this.parts = is_heard ? this.field.deliver(frame, this.start_us, now_us) : [];
    if (state.command === TRANSMIT) {
      this.stop();
      state.finish();
      return;
    }
    if (state.receiver_off || state.deaf) this.parts = [];
    this.wait();
  }

  /** What a card of type A needs to understand: 106 kbit/s, 100 % modulation. */
  private isTypeA(): boolean {
    const { registers } = this.state;
    const is_slow = ((registers[R.TX_MODE] | registers[R.RX_MODE]) & SPEED) === 0;
    return is_slow && (registers[R.TX_ASK] & FORCE_100_ASK) !== 0;
  }

  private wait(): void {
    this.phase = Phase.Wait;
    this.next_us = Math.min(...this.parts.map((part) => part.start_us)); // none: Infinity
  }

  private answerStarts(now_us: number): void {
    this.parts = this.parts.filter(({ card }) => card.powered_us <= this.start_us);
    if (this.parts.length === 0) {
      this.next_us = Infinity;
      return;
    }
    this.phase = Phase.Receive;
    this.state.error = 0;
    this.fifth_bit_us = now_us + 5 * ETU_US;
    this.next_us = this.receiveEndUs();
  }

  /** The next moment of a reception: its fifth bit, or its end. */
  private receiveEndUs(): number {
    const end_us = Math.max(...this.parts.map((part) => partEndUs(part)));
    return Math.min(end_us, this.fifth_bit_us);
  }

  private receiving(now_us: number): void {
    if (now_us >= this.fifth_bit_us) {
      this.fifth_bit_us = Infinity;
      if (this.timer.automatic) this.timer.stop(now_us);
      this.next_us = this.receiveEndUs();
      if (this.next_us > now_us) return;
    }
    const reception = this.field.receive(this.parts);
    this.parts = [];
    this.phase = Phase.Wait;
    this.next_us = Infinity;
    if (reception === null) return;
    if (this.authenticating) this.authenticated(reception, now_us);
    else this.received(this.deciphered(reception));
  }

  /** What is encrypted in another session, or only on one side, is garbage. */
  private deciphered(heard: Reception): Reception {
    if (heard.session === this.state.session) return heard;
    return { ...heard, bits: heard.bits.map(() => this.random.below(2)), intact: false };
  }

  private authenticated(heard: Reception, now_us: number): void {
    const is_good = heard.bits.length === 32 && heard.intact && heard.protocol;
    if (!is_good || heard.collision >= 0) {
      this.failAuthentication();
      return;
    }
    if (this.proof === null) {
      this.stop();
      this.state.session = heard.session;
      this.state.finish();
      return;
    }
    const { proof } = this;
    this.proof = null;
    this.state.session = null; // the cipher starts anew
    const bytes = new Uint8Array(8);
    const frame = { bytes, bits: 64, session: null, intact: this.parity, proof };
    this.transmit(frame, now_us + TURN_US);
  }

  private received(heard: Reception): void {
    const { state } = this;
    const rx_align = (state.registers[R.BIT_FRAMING] >> 4) & 7;
    const bits = heard.bits.slice();
    let errors = 0;
    if (!heard.protocol) errors |= R.PROTOCOL_ERR;
    const has_parity = rx_align + bits.length >= 8;
    if (has_parity && (!heard.intact || rx_align !== heard.align)) errors |= R.PARITY_ERR;
    if (heard.collision >= 0) errors |= R.COLL_ERR;
    this.markCollision(heard.collision, rx_align, bits);
    let bytes = packed(bits, rx_align);
    const last_bits = (rx_align + bits.length) & 7;
    if (state.registers[R.RX_MODE] & CRC_EN) {
      state.crc_ok = last_bits === 0 && crcFits(bytes);
      if (state.crc_ok) bytes = bytes.subarray(0, bytes.length - 2);
      else errors |= R.CRC_ERR;
    }
    for (const byte of bytes) state.push(byte);
    state.rx_last_bits = last_bits;
    state.fail(errors);
    state.raise(R.RX_IRQ);
    this.phase = Phase.Start;
    if (state.command === RECEIVE) {
      this.stop();
      state.finish();
    }
  }

  /** "CollReg": the position counts in the bits of this answer, those left out by RxAlign included. */
  private markCollision(index: number, rx_align: number, bits: Uint8Array): void {
    const { state } = this;
    const position = rx_align + index + 1;
    const is_usable = index >= 0 && position <= COLL_POS_LIMIT;
    state.collision = is_usable ? position & (COLL_POS_LIMIT - 1) : R.COLL_POS_NOT_VALID;
    const keeps = (state.registers[R.COLL] & R.VALUES_AFTER_COLL) !== 0;
    if (index >= 0 && !keeps) bits.fill(0, index);
  }
}

/** Bits to bytes, the first bit at `align` of the first byte. */
function packed(bits: Uint8Array, align: number): Uint8Array {
  const bytes = new Uint8Array((align + bits.length + 7) >> 3);
  bits.forEach((bit, i) => (bytes[(align + i) >> 3] |= bit << ((align + i) & 7)));
  return bytes;
}
