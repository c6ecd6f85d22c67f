/** What stands on a card, byte by byte. Written from src/rfid/SPEC.md; numbers are little endian. */

import { codeOf, CODE_SIZE, MESSAGE_SIZE } from "../office/message.ts";
import { bcd } from "../office/keys.ts";
import { BLOCK_SIZE, blocks, equalBytes, hex, isZero } from "./dump.ts";

export const KINDS = { user: 1, settings: 4, clear: 5, check: 6, test: 7 } as const;
export type Kind = keyof typeof KINDS;

const MAGIC = Uint8Array.of(0x4d, 0x33, 0x39);
const VERSION = 1;
const CHECK_OFFSET = 15;

/** Sectors of the two purchase slots and of the two return slots. */
export const PURCHASE_SECTORS = [1, 2];
export const RETURN_SECTORS = [3, 4];
/** First and last sector of setting messages and of a check card's records. */
export const FIRST_LIST_SECTOR = 3;
export const LAST_LIST_SECTOR = 15;
export const SLOT_NAMES = ["A", "B"];
const RECORDS_PER_SECTOR = 3;
const HOUSEHOLD_COUNT = 39;

export interface Directory {
  kind: Kind;
  /** Ten digits. */
  box_number: string;
  /** 1..39, 0 the box. */
  household: number;
  /** Number of the card in the office. */
  serial: number;
}

function xorOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Writes block 1. */
export function setDirectory(dump: Uint8Array, directory: Directory): void {
  const bytes = new Uint8Array(BLOCK_SIZE);
  bytes.set(MAGIC);
  bytes.set([VERSION, KINDS[directory.kind]], 3);
  bytes.set(bcd(directory.box_number + String(directory.household).padStart(2, "0")), 5);
  viewOf(bytes).setUint32(11, directory.serial, true);
  bytes[CHECK_OFFSET] = xorOf(bytes);
  blocks(dump, 0, 1).set(bytes);
}

/** True when block 1 begins as that of a card of this system. */
export function hasMagic(dump: Uint8Array): boolean {
  return equalBytes(blocks(dump, 0, 1).subarray(0, MAGIC.length), MAGIC);
}

/** Block 1, or what is wrong with it. */
export function readDirectory(dump: Uint8Array): Directory | string {
  const bytes = blocks(dump, 0, 1);
  if (!hasMagic(dump)) return "directory (block 1): does not begin with M39";
  if (xorOf(bytes) !== 0) return "directory (block 1): the check byte is wrong";
  if (bytes[3] !== VERSION) return `directory (block 1): version ${bytes[3]}, known is ${VERSION}`;
  const kind = (Object.keys(KINDS) as Kind[]).find((name) => KINDS[name] === bytes[4]);
  if (kind === undefined) return `directory (block 1): kind ${bytes[4]} is unknown`;
  const digits = hex(bytes.subarray(5, 11));
  const household = Number(digits.slice(10));
  if (!/^\d{12}$/.test(digits) || household > HOUSEHOLD_COUNT) {
    return "directory (block 1): box number or household is not one";
  }
  const serial = viewOf(bytes).getUint32(11, true);
  return { kind, box_number: digits.slice(0, 10), household, serial };
}

/** Writes a signed message to blocks 0 and 1 of a sector. */
export function setMessage(dump: Uint8Array, sector: number, message: Uint8Array): void {
  const slot = blocks(dump, sector, 0, 2);
  slot.fill(0);
  slot.set(message);
}

/** The 24 bytes of the message in a sector; null when both blocks are zero. */
export function messageIn(dump: Uint8Array, sector: number): Uint8Array | null {
  const slot = blocks(dump, sector, 0, 2);
  return isZero(slot) ? null : slot.subarray(0, MESSAGE_SIZE);
}

/** True when nothing stands behind the message in a sector. */
export function isRestZero(dump: Uint8Array, sector: number): boolean {
  return isZero(blocks(dump, sector, 0, 3).subarray(MESSAGE_SIZE));
}

/** What the box told about itself and a household when it last wrote the card. */
export interface ReturnData {
  sequence: number;
  /** 0.01, signed. */
  remaining: number;
  /** 0.01 kWh. */
  consumed: number;
  number: number;
  state: number;
  result: number;
  refusals: number;
  /** Seconds since 2000-01-01, 0 unknown. */
  time: number;
  relay_faults: number;
  box_number: string;
  household: number;
}

const CODED_SIZE = 40;

/** The return data in a sector; null when nothing stands there, false when the code is not that of
 *  these bytes on this card. */
export function returnIn(
  dump: Uint8Array,
  sector: number,
  key: Uint8Array,
  uid: Uint8Array,
): ReturnData | null | false {
  const bytes = blocks(dump, sector, 0, 3);
  if (isZero(bytes)) return null;
  const code = codeOf(key, Uint8Array.of(...bytes.subarray(0, CODED_SIZE), ...uid.slice(-4)));
  if (!equalBytes(code, bytes.subarray(CODED_SIZE, CODED_SIZE + CODE_SIZE))) return false;
  const view = viewOf(bytes);
  return {
    sequence: view.getUint32(0, true),
    remaining: view.getInt32(4, true),
    consumed: view.getUint32(8, true),
    number: view.getUint32(12, true),
    state: view.getUint8(16),
    result: view.getInt8(17),
    refusals: view.getUint16(18, true),
    time: view.getUint32(20, true),
    relay_faults: view.getUint16(24, true),
    box_number: hex(bytes.subarray(32, 37)),
    household: view.getUint8(37),
  };
}

/** The newest valid return data of a user card that speak of its own box and household. */
export function newestReturn(
  dump: Uint8Array,
  directory: Directory,
  key: Uint8Array,
  uid: Uint8Array,
): ReturnData | null {
  const slots = RETURN_SECTORS.map((sector) => returnIn(dump, sector, key, uid));
  const valid = slots.filter(
    (data): data is ReturnData =>
      data !== null &&
      data !== false &&
      data.box_number === directory.box_number &&
      data.household === directory.household,
  );
  return valid.sort((a, b) => b.sequence - a.sequence)[0] ?? null;
}

/** A household's block on a check card. */
export interface CheckRecord {
  household: number;
  state: number;
  /** Purchase number, low 16 bits. */
  number: number;
  /** 0.01 kWh. */
  forward: number;
  reverse: number;
  /** 0.01, signed. */
  remaining: number;
}

/** Sector and block of a household's record on a check card. */
export function recordPlace(household: number): { sector: number; block: number } {
  const index = household - 1;
  const sector = FIRST_LIST_SECTOR + Math.floor(index / RECORDS_PER_SECTOR);
  return { sector, block: index % RECORDS_PER_SECTOR };
}

/** The record of a household on a check card, null when there is none, false when it is of another
 *  household or has no possible state. */
export function recordIn(dump: Uint8Array, household: number): CheckRecord | null | false {
  const { sector, block } = recordPlace(household);
  const bytes = blocks(dump, sector, block);
  if (isZero(bytes)) return null;
  const view = viewOf(bytes);
  const record = {
    household: view.getUint8(0),
    state: view.getUint8(1),
    number: view.getUint16(2, true),
    forward: view.getUint32(4, true),
    reverse: view.getUint32(8, true),
    remaining: view.getInt32(12, true),
  };
  return record.household === household && record.state <= 3 ? record : false;
}
