/** Frames between reader and card: ISO/IEC 14443-3 type A (waking, anticollision, selection, halt)
 *  and MIFARE Classic (authentication, read, write). Pure: puts frames into the caller's bytes and
 *  judges answers. Collisions are not resolved: more than one card is refused. Sources: ISO/IEC
 *  14443-3, clause 6; MF1S50 data sheet, chapters 9 to 12. */

import { copyBytes } from "../common/bytes";
import { crcAppend, crcRight } from "./crc_a";

export const UID_SIZE: i32 = 4; // what keys and authentication use; of seven bytes the last four
export const KEY_SIZE: i32 = 6;
export const BLOCK_SIZE: i32 = 16;
export const SECTOR_BLOCK_COUNT: i32 = 4;
export const BLOCK_COUNT: i32 = 64;

export const KEY_A: i32 = 0x60;
export const KEY_B: i32 = 0x61;

const WUPA: u8 = 0x52;
export const WUPA_BITS: u32 = 7;
const SELECT_LEVEL_1: i32 = 0x93;
const LEVEL_STEP: i32 = 2; // 93, 95
export const LEVEL_COUNT: i32 = 2; // four or seven bytes; nothing of ours has ten
const NVB_NONE: u8 = 0x20;
const NVB_ALL: u8 = 0x70;
const CASCADE_TAG: u8 = 0x88;
const SAK_CASCADE: u32 = 1 << 2;
const SAK_CLASSIC_1K: u32 = 0x08;
const SAK_MAKER: u32 = 0x80; // Infineon and some clones set it
const HALT: u8 = 0x50;
const COMMAND_READ: u8 = 0x30;
const COMMAND_WRITE: u8 = 0xa0;
const ACKNOWLEDGE: u32 = 0x0a;
const ACKNOWLEDGE_BITS: u32 = 4;

const UID_FRAME_SIZE: i32 = UID_SIZE + 1; // with BCC
export const SELECT_UID: i32 = 2; // offset of UID and BCC in a SELECT

/** WUPA: wakes idle and halted cards; to be sent with WUPA_BITS. Returns the frame's size. */
export function putWake(frame: usize): i32 {
  store<u8>(frame, WUPA);
  return 1;
}

/** Whether an answer to WUPA is an ATQA; its bits are not used. */
export function isWoken(size: i32, last_bits: u32): bool {
  return size == 2 && last_bits == 0;
}

/** ANTICOLLISION of cascade `level` (0..1), no bit known. */
export function putAnticollision(frame: usize, level: i32): i32 {
  store<u8>(frame, SELECT_LEVEL_1 + level * LEVEL_STEP);
  store<u8>(frame, NVB_NONE, 1);
  return 2;
}

/** Whether an answer is four bytes and the BCC over them. */
export function isUid(answer: usize, size: i32, last_bits: u32): bool {
  if (size != UID_FRAME_SIZE || last_bits != 0) return false;
  let check: u32 = 0;
  for (let i = 0; i < UID_FRAME_SIZE; i++) check ^= load<u8>(answer + i);
  return check == 0;
}

/** SELECT of cascade `level`; `uid` is the answer to ANTICOLLISION and may stand at `frame`. */
export function putSelect(frame: usize, level: i32, uid: usize): i32 {
  for (let i = UID_FRAME_SIZE - 1; i >= 0; i--) {
    store<u8>(frame + SELECT_UID + i, load<u8>(uid + i));
  }
  store<u8>(frame, SELECT_LEVEL_1 + level * LEVEL_STEP);
  store<u8>(frame, NVB_ALL, 1);
  return crcAppend(frame, SELECT_UID + UID_FRAME_SIZE);
}

/** Whether an answer to SELECT is a SAK with its CRC. */
export function isSak(answer: usize, size: i32, last_bits: u32): bool {
  return size == 3 && last_bits == 0 && crcRight(answer, size);
}

/** Whether the card wants the next cascade level. `sak` and the first byte of the UID agree on it
 *  in every sound card. */
export function isPartOfUid(sak: u32, uid_first: u8): bool {
  return (sak & SAK_CASCADE) != 0 && uid_first == CASCADE_TAG;
}

/** Whether a selected card is a MIFARE Classic 1K. */
export function isClassic(sak: u32): bool {
  return (sak & ~SAK_MAKER) == SAK_CLASSIC_1K;
}

export function putHalt(frame: usize): i32 {
  store<u8>(frame, HALT);
  store<u8>(frame, 0, 1);
  return crcAppend(frame, 2);
}

/** The 12 bytes of MFAuthent; `key_kind` is KEY_A or KEY_B, `key` 6 bytes, `uid` 4. */
export function putAuthent(frame: usize, key_kind: i32, block: i32, key: usize, uid: usize): void {
  store<u8>(frame, key_kind);
  store<u8>(frame, block, 1);
  copyBytes(frame + 2, key, KEY_SIZE);
  copyBytes(frame + 2 + KEY_SIZE, uid, UID_SIZE);
}

export function putRead(frame: usize, block: i32): i32 {
  assert(block >= 0 && block < BLOCK_COUNT);
  store<u8>(frame, COMMAND_READ);
  store<u8>(frame, block, 1);
  return crcAppend(frame, 2);
}

/** Whether an answer to READ is a block with its CRC. */
export function isBlock(answer: usize, size: i32, last_bits: u32): bool {
  return size == BLOCK_SIZE + 2 && last_bits == 0 && crcRight(answer, size);
}

/** Whether a block may be written by the box: never block 0, never a trailer (a torn one bricks
 *  its sector). */
export function isWritable(block: i32): bool {
  if (block <= 0 || block >= BLOCK_COUNT) return false;
  return block % SECTOR_BLOCK_COUNT != SECTOR_BLOCK_COUNT - 1;
}

/** First step of WRITE. */
export function putWrite(frame: usize, block: i32): i32 {
  assert(isWritable(block));
  store<u8>(frame, COMMAND_WRITE);
  store<u8>(frame, block, 1);
  return crcAppend(frame, 2);
}

/** Second step of WRITE: the 16 bytes at `data`. */
export function putData(frame: usize, data: usize): i32 {
  copyBytes(frame, data, BLOCK_SIZE);
  return crcAppend(frame, BLOCK_SIZE);
}

/** Whether a card acknowledges a step of WRITE; anything else is a refusal. */
export function isAcknowledge(answer: usize, size: i32, last_bits: u32): bool {
  if (size != 1 || last_bits != ACKNOWLEDGE_BITS) return false;
  return (load<u8>(answer) & 0x0f) == ACKNOWLEDGE;
}
