/** What stands on a card, as far as the panel reads it: directory, purchase slots, return slots
 *  (src/rfid/SPEC.md). Pure. The panel has no key: whether a message or a return slot is genuine
 *  only the meter can tell; here is only what it is about. */

import { bcdPair, equalBytes, loadBe32, loadLe32 } from "../common/bytes";
import { E_FOREIGN, E_HOUSEHOLD, E_KIND, OK } from "../common/errors";
import { BOX_NUMBER_SIZE, SIGNED_NUMBER, SIGNED_SIZE } from "../link/frame";
import { HOUSEHOLD_MAX } from "../link/snapshot";
import { BLOCK_SIZE } from "./mifare";

// Directory
export const DIRECTORY_BLOCK: i32 = 1;
export const PUBLIC_KEY: StaticArray<u8> = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5]; // its key A
export const DIRECTORY_MAGIC: i32 = 0;
export const DIRECTORY_VERSION: i32 = 3;
export const DIRECTORY_KIND: i32 = 4;
export const DIRECTORY_BOX: i32 = 5;
export const DIRECTORY_HOUSEHOLD: i32 = 10;
export const DIRECTORY_SERIAL: i32 = 11;
export const DIRECTORY_CHECK: i32 = 15;
const MAGIC_0: u8 = 0x4d; // "M39"
const MAGIC_1: u8 = 0x33;
const MAGIC_2: u8 = 0x39;
const VERSION: u8 = 1;

export const CARD_USER: i32 = 1;
export const CARD_SETTINGS: i32 = 4;
export const CARD_CLEAR: i32 = 5;
export const CARD_CHECK: i32 = 6;
export const CARD_TEST: i32 = 7;

// Sectors
export const SECTOR_SLOT_A: i32 = 1;
export const SECTOR_SLOT_B: i32 = 2;
export const SECTOR_RETURN_A: i32 = 3;
export const SECTOR_RETURN_B: i32 = 4;
export const SECTOR_LIST_FIRST: i32 = 3; // of settings and of records
export const SECTOR_LIST_LAST: i32 = 15;

// Purchase slot and setting: two blocks
export const SLOT_MESSAGE: i32 = 0;
export const SLOT_BLOCK_COUNT: i32 = 2;
export const SLOT_SIZE: i32 = SLOT_BLOCK_COUNT * BLOCK_SIZE;

// Return slot: three blocks
export const RETURN_SEQUENCE: i32 = 0;
export const RETURN_BOX: i32 = 32;
export const RETURN_HOUSEHOLD: i32 = 37;
export const RETURN_RESERVED: i32 = 38;
export const RETURN_BLOCK_COUNT: i32 = 3;
export const RETURN_SIZE: i32 = RETURN_BLOCK_COUNT * BLOCK_SIZE;

export const RECORDS_PER_SECTOR: i32 = 3;

if (SECTOR_LIST_LAST - SECTOR_LIST_FIRST + 1 != HOUSEHOLD_MAX / RECORDS_PER_SECTOR) {
  ERROR("the records of all households do not fit");
}

/** Whether `size` bytes are all zero. */
export function isBlank(address: usize, size: i32): bool {
  let any: u32 = 0;
  for (let i = 0; i < size; i++) any |= load<u8>(address + i);
  return any == 0;
}

/** Judges the directory block: OK, E_FOREIGN (no card of this system), E_KIND, E_HOUSEHOLD. */
export function directoryJudge(block: usize): i32 {
  let check: u32 = 0;
  for (let i = 0; i < BLOCK_SIZE; i++) check ^= load<u8>(block + i);
  const magic =
    load<u8>(block + DIRECTORY_MAGIC) == MAGIC_0 &&
    load<u8>(block + DIRECTORY_MAGIC + 1) == MAGIC_1 &&
    load<u8>(block + DIRECTORY_MAGIC + 2) == MAGIC_2;
  if (!magic || check != 0 || load<u8>(block + DIRECTORY_VERSION) != VERSION) return E_FOREIGN;
  const kind = directoryKind(block);
  if (kind != CARD_USER && (kind < CARD_SETTINGS || kind > CARD_TEST)) return E_KIND;
  if (kind != CARD_USER) return OK;
  const household = directoryHousehold(block);
  return household >= 1 && household <= HOUSEHOLD_MAX ? OK : E_HOUSEHOLD;
}

/** CARD_ kind of a directory. */
export function directoryKind(block: usize): i32 {
  return <i32>load<u8>(block + DIRECTORY_KIND);
}

/** Household of a directory, 0..99, -1 when it is no number. */
export function directoryHousehold(block: usize): i32 {
  return bcdPair(<u32>load<u8>(block + DIRECTORY_HOUSEHOLD));
}

/** Whether the card is for the box of this number (5 bytes BCD). */
export function directoryIsFor(block: usize, number: usize): bool {
  return equalBytes(block + DIRECTORY_BOX, number, BOX_NUMBER_SIZE);
}

/** Whether a slot holds no message. */
export function slotIsBlank(slot: usize): bool {
  return isBlank(slot + SLOT_MESSAGE, SIGNED_SIZE);
}

/** Which of two slots is tried first: 0 or 1, the one with the higher number; -1 when both are
 *  blank. */
export function slotFirst(slot_a: usize, slot_b: usize): i32 {
  if (slotIsBlank(slot_b)) return slotIsBlank(slot_a) ? -1 : 0;
  if (slotIsBlank(slot_a)) return 1;
  const number_a = loadBe32(slot_a + SLOT_MESSAGE + SIGNED_NUMBER);
  return loadBe32(slot_b + SLOT_MESSAGE + SIGNED_NUMBER) > number_a ? 1 : 0;
}

/** Whether a return slot looks complete: its last block, which is emptied before the others are
 *  written, names the box and the household of the directory. */
export function returnIsWhole(slot: usize, directory: usize): bool {
  return (
    equalBytes(slot + RETURN_BOX, directory + DIRECTORY_BOX, BOX_NUMBER_SIZE) &&
    <i32>load<u8>(slot + RETURN_HOUSEHOLD) == directoryHousehold(directory) &&
    isBlank(slot + RETURN_RESERVED, 2)
  );
}

/** Which of two return slots is to be written, 0 or 1: the incomplete or the older one. */
export function returnOlder(slot_a: usize, slot_b: usize, directory: usize): i32 {
  if (!returnIsWhole(slot_a, directory)) return 0;
  if (!returnIsWhole(slot_b, directory)) return 1;
  const ahead = loadLe32(slot_a + RETURN_SEQUENCE) - loadLe32(slot_b + RETURN_SEQUENCE);
  return <i32>ahead < 0 ? 0 : 1;
}

/** Sequence of the slot that is to be written. */
export function returnNext(slot_a: usize, slot_b: usize, directory: usize): u32 {
  const other = returnOlder(slot_a, slot_b, directory) == 0 ? slot_b : slot_a;
  return returnIsWhole(other, directory) ? loadLe32(other + RETURN_SEQUENCE) + 1 : 1;
}
