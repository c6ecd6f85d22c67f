/** Native frames as the office makes and reads them; written from src/link/SPEC.md. Numbers are little
 *  endian. Signed messages are made in tools/office. */

import crc16modbus from "crc/calculators/crc16modbus";

export { bcd, boxKey } from "../office/keys.ts";
export { MESSAGE_CREDIT, MESSAGE_SETTING, MESSAGE_SWITCH, signMessage } from "../office/message.ts";

const START = 0xfb;
const HEADER_SIZE = 4;
const CRC_SIZE = 2;
const MAXIMUM_PAYLOAD = 128;
const REPLY_BIT = 0x80;

export const KIND_MESSAGE = 2;
export const KIND_SETTING_READ = 3;
export const KIND_PROVISION = 4;
export const KIND_EVENT_READ = 5;
export const KIND_BOOKS_READ = 6;
export const KIND_BOX_READ = 7;
export const KIND_SLICE_READ = 12;
export const KIND_SUPPLY_READ = 13;
export const KIND_FREEZE_READ = 14;
export const KIND_PURCHASE_READ = 15;
export const KIND_EVENT_FIND = 16;
export const KIND_PROBE = 18;

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
