/** Native frames and signed messages as the office makes them; written from src/link/SPEC.md. Numbers
 *  in frames are little endian, in signed messages big endian. */

import { cmac } from "@noble/ciphers/aes.js";
import crc16modbus from "crc/calculators/crc16modbus";

const START = 0xfb;
const HEADER_SIZE = 4;
const CRC_SIZE = 2;
const MAXIMUM_PAYLOAD = 100;
const REPLY_BIT = 0x80;

export const KIND_MESSAGE = 2;
export const KIND_SETTING_READ = 3;
export const KIND_PROVISION = 4;
export const KIND_EVENT_READ = 5;
export const KIND_BOOKS_READ = 6;
export const KIND_BOX_READ = 7;

export const MESSAGE_CREDIT = 1;
export const MESSAGE_SETTING = 4;
const MESSAGE_BODY_SIZE = 16;
const CODE_SIZE = 8;

/** A complete request frame. */
export function makeFrame(sequence: number, kind: number, payload: Uint8Array): Uint8Array {
  if (payload.length > MAXIMUM_PAYLOAD) throw new RangeError(`payload of ${payload.length} bytes`);
  const frame = new Uint8Array(HEADER_SIZE + payload.length + CRC_SIZE);
  frame.set([START, payload.length, sequence, kind]);
  frame.set(payload, HEADER_SIZE);
  const crc_at = HEADER_SIZE + payload.length;
  new DataView(frame.buffer).setUint16(crc_at, crc16modbus(frame.subarray(1, crc_at)), true);
  return frame;
}

export interface Reply {
  sequence: number;
  /** Kind of the request that it answers. */
  kind: number;
  payload: Uint8Array;
}

/** Finds replies in a stream of bytes; what is not a valid reply frame is passed over. */
export class ReplyReader {
  private bytes: number[] = [];

  /** Takes what was received; returns the replies completed by it. */
  take(received: Uint8Array): Reply[] {
    for (const byte of received) this.bytes.push(byte);
    const replies: Reply[] = [];
    for (;;) {
      const start = this.bytes.indexOf(START);
      this.bytes.splice(0, start < 0 ? this.bytes.length : start);
      if (this.bytes.length < HEADER_SIZE) return replies;
      const size = this.bytes[1];
      const end = HEADER_SIZE + size;
      const fits = size <= MAXIMUM_PAYLOAD && (this.bytes[3] & REPLY_BIT) !== 0;
      if (fits && this.bytes.length < end + CRC_SIZE) return replies;
      const crc = this.bytes[end] | (this.bytes[end + 1] << 8);
      if (!fits || crc !== crc16modbus(Uint8Array.from(this.bytes.slice(1, end)))) {
        this.bytes.shift(); // reading resumes one byte after the start
        continue;
      }
      const payload = Uint8Array.from(this.bytes.slice(HEADER_SIZE, end));
      replies.push({ sequence: this.bytes[2], kind: this.bytes[3] & ~REPLY_BIT, payload });
      this.bytes.splice(0, end + CRC_SIZE);
    }
  }

  /** Forgets a frame that was begun. */
  clear(): void {
    this.bytes = [];
  }
}

/** Decimal digits, an even number of them, as BCD bytes, high pair first. */
export function bcd(digits: string): Uint8Array {
  if (!/^(\d\d)+$/.test(digits)) throw new RangeError(`"${digits}" is not pairs of digits`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** The key of a box: AES-CMAC of its ten digits (BCD, 5 bytes) under the office's master key. */
export function boxKey(master_key: Uint8Array, box_number: string): Uint8Array {
  return cmac(bcd(box_number), master_key);
}

export interface Message {
  /** Ten digits. */
  box_number: string;
  /** Household or channel 1..39, 0 the box. */
  index: number;
  kind: number;
  number: number;
  /** 0.01 kWh or 0.01 currency; of a setting its value. */
  amount: number;
  flags: number;
}

/** The 24 bytes of a signed message under `key`. */
export function signMessage(key: Uint8Array, message: Message): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_BODY_SIZE + CODE_SIZE);
  bytes.set(bcd(message.box_number + String(message.index).padStart(2, "0")));
  const view = new DataView(bytes.buffer);
  view.setUint8(6, message.kind);
  view.setUint32(7, message.number);
  view.setUint32(11, message.amount);
  view.setUint8(15, message.flags);
  const tag = cmac(bytes.subarray(0, MESSAGE_BODY_SIZE), key);
  bytes.set(tag.subarray(0, CODE_SIZE), MESSAGE_BODY_SIZE);
  return bytes;
}

/** What BOOKS_READ tells of a household. */
export interface Reading {
  household: number;
  /** 0 supplied, 1 low, 2 tripped, 3 empty. */
  state: number;
  relays_closed: boolean;
  forward_j: bigint;
  reverse_j: bigint;
  accepted_units: bigint;
  charged_units: bigint;
  remaining_units: bigint;
  power_w: number;
  number: number;
}

/** Decodes a BOOKS_READ reply; null when the box refused it. */
export function decodeReading(payload: Uint8Array): Reading | null {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  if (payload.length !== 76 || view.getInt8(0) !== 0) return null;
  return {
    household: view.getUint8(1),
    state: view.getUint8(2),
    relays_closed: (view.getUint8(3) & 1) !== 0,
    forward_j: view.getBigUint64(4, true),
    reverse_j: view.getBigUint64(12, true),
    accepted_units: view.getBigInt64(20, true),
    charged_units: view.getBigInt64(28, true),
    remaining_units: view.getBigInt64(36, true),
    power_w: view.getInt32(44, true),
    number: view.getUint32(56, true),
  };
}
