/** Frames of Modbus RTU: finding one among received bytes, and ending one with its CRC. A frame has no
 *  start mark; it ends with a silence, and its CRC is the judge. Those of known functions are found
 *  before the silence, by their length, so that two in one burst are two. Source: Modbus over serial
 *  line v1.02, chapter 2.5; application protocol v1.1b3, chapter 6. Keeps no state. */

import { loadLe16, storeLe16 } from "../../common/bytes";
import { crc16 } from "../../common/crc16";

export const MODBUS_ADDRESS: i32 = 0;
export const MODBUS_FUNCTION: i32 = 1;
export const MODBUS_DATA: i32 = 2;
export const MODBUS_CRC_SIZE: i32 = 2;
export const MODBUS_OVERHEAD: i32 = MODBUS_DATA + MODBUS_CRC_SIZE;
export const MODBUS_SIZE_MAX: i32 = 256;
export const ADDRESS_MAX: i32 = 247;
export const BROADCAST: i32 = 0;

export const READ_HOLDING: i32 = 0x03;
export const READ_INPUT: i32 = 0x04;
export const WRITE_SINGLE: i32 = 0x06;
export const DIAGNOSTICS: i32 = 0x08;
export const WRITE_MULTIPLE: i32 = 0x10;
export const READ_WRITE: i32 = 0x17;
export const ENCAPSULATED: i32 = 0x2b;
export const EXCEPTION_BIT: i32 = 0x80;
// Served by others on the line
const READ_COILS: i32 = 0x01;
const READ_INPUTS: i32 = 0x02;
const WRITE_COIL: i32 = 0x05;
const WRITE_COILS: i32 = 0x0f;
const MASK_WRITE: i32 = 0x16;

const UNKNOWN: i32 = 0;
// Two lengths, of a request and of an answer, packed: the longer one in the high half.
const NOT_YET: i32 = -1;

function lengths(one: i32, other: i32): i32 {
  if (one < 0 || other < 0) return NOT_YET;
  return one > other ? (one << 16) | other : (other << 16) | one;
}

function lengthBy(bytes: usize, have: i32, offset: i32, rest: i32): i32 {
  return have > offset ? rest + <i32>load<u8>(bytes + offset) : NOT_YET;
}

/** The lengths that a frame of this function may have, request and answer; UNKNOWN, or NOT_YET when
 *  a byte is missing that tells. */
function knownLengths(bytes: usize, have: i32): i32 {
  if (have < 2) return NOT_YET;
  const called = <i32>load<u8>(bytes + MODBUS_FUNCTION);
  if ((called & EXCEPTION_BIT) != 0) return lengths(5, 0);
  switch (called) {
    case READ_COILS:
    case READ_INPUTS:
    case READ_HOLDING:
    case READ_INPUT:
      return lengths(8, lengthBy(bytes, have, 2, 5));
    case WRITE_COIL:
    case WRITE_SINGLE:
    case DIAGNOSTICS:
      return lengths(8, 0);
    case WRITE_COILS:
    case WRITE_MULTIPLE:
      return lengths(8, lengthBy(bytes, have, 6, 9));
    case MASK_WRITE:
      return lengths(10, 0);
    case READ_WRITE:
      return lengths(lengthBy(bytes, have, 2, 5), lengthBy(bytes, have, 10, 13));
    case ENCAPSULATED:
      return lengths(7, 0);
    default:
      return UNKNOWN;
  }
}

function isRight(bytes: usize, size: i32): bool {
  if (size < MODBUS_OVERHEAD || size > MODBUS_SIZE_MAX) return false;
  const covered = size - MODBUS_CRC_SIZE;
  return loadLe16(bytes + covered) == crc16(bytes, <u32>covered);
}

/** Size of the frame that begins at `bytes`, of which `have` (1 or more) have come: 0 when more are
 *  needed to tell, -1 when none begins here. `ended`: 3.5 characters of silence have followed. */
export function modbusFrameAt(bytes: usize, have: i32, ended: bool): i32 {
  if (<i32>load<u8>(bytes) > ADDRESS_MAX) return -1;
  if (ended && isRight(bytes, have)) return have;
  const known = knownLengths(bytes, have);
  if (known > 0) {
    const longer = known >> 16;
    const shorter = known & 0xffff;
    if (longer <= have && isRight(bytes, longer)) return longer;
    // While the longer one may still come, the shorter one's CRC may be right by chance.
    const may_come = longer > have && longer <= MODBUS_SIZE_MAX && !ended;
    if (!may_come && shorter > 0 && shorter <= have && isRight(bytes, shorter)) return shorter;
  }
  return ended ? -1 : 0;
}

/** Ends the frame of `size` bytes at `bytes` with its CRC; returns its whole size. */
export function modbusSeal(bytes: usize, size: i32): i32 {
  storeLe16(bytes + size, crc16(bytes, <u32>size));
  return size + MODBUS_CRC_SIZE;
}
