/** What the eleven bytes of the tubes show for each page: the upper row (4), the lower row (6), the
 *  lamps (1). Pure: writes segments into the caller's bytes, decides nothing. Every page fills both
 *  rows. Texts: "Err nn", "HOLd", "donE", "OFF", "On", "PH" with the letters of the missing phases. */

import { fillBytes } from "../common/bytes";
import { LOWER_COUNT, putAmount, putCounter, putDigits } from "./format";
import {
  GLYPH_A,
  GLYPH_B,
  GLYPH_BLANK,
  GLYPH_C,
  GLYPH_D,
  GLYPH_E,
  GLYPH_F,
  GLYPH_H,
  GLYPH_L,
  GLYPH_MINUS,
  GLYPH_N,
  GLYPH_O,
  GLYPH_P,
  GLYPH_R,
  glyphDigit,
} from "./glyphs";

export const UPPER_COUNT: i32 = 4;
export const LAMPS: i32 = UPPER_COUNT + LOWER_COUNT; // offset of the lamps
export const TUBES_SIZE: i32 = LAMPS + 1;

export const LAMP_PHASE_A: u32 = 1 << 0; // B and C are the next bits
export const LAMP_ALARM: u32 = 1 << 3;
export const LAMP_LINE: u32 = 1 << 4;
export const LAMP_CARD: u32 = 1 << 5;

function blank(tubes: usize): void {
  fillBytes(tubes, GLYPH_BLANK, LAMPS);
}

function putHousehold(tubes: usize, household: i32): void {
  putDigits(tubes, UPPER_COUNT, <u32>household);
}

/** Takes the lower row dark: the dark half of flashing. */
export function darkenLower(tubes: usize): void {
  fillBytes(tubes + UPPER_COUNT, GLYPH_BLANK, LOWER_COUNT);
}

/** Box number: `number` is 5 bytes BCD, high pair first; 0 shows ten dashes: unknown or not set. */
export function showBox(tubes: usize, number: usize): void {
  if (number == 0) {
    fillBytes(tubes, GLYPH_MINUS, LAMPS);
    return;
  }
  for (let i = 0; i < LAMPS; i++) {
    const pair = <u32>load<u8>(number + (i >> 1));
    const digit = (i & 1) == 0 ? pair >> 4 : pair & 15;
    store<u8>(tubes + i, digit < 10 ? glyphDigit(digit) : GLYPH_MINUS);
  }
}

/** Sales-software unit number, 0..9999. */
export function showUnit(tubes: usize, unit: u32): void {
  blank(tubes);
  putDigits(tubes + LAMPS - 4, 4, unit);
}

/** Household above, an amount in 0.01 below. */
export function showAmount(tubes: usize, household: i32, amount: i32, decimals: i32): void {
  putHousehold(tubes, household);
  putAmount(tubes + UPPER_COUNT, amount, decimals);
}

/** Household above, its consumed energy in 0.01 kWh below. */
export function showConsumed(tubes: usize, household: i32, consumed: u32, decimals: i32): void {
  putHousehold(tubes, household);
  putCounter(tubes + UPPER_COUNT, consumed, decimals);
}

/** "Err nn": `error` is an E_ number, its sign does not matter; household 0 leaves the upper row
 *  dark. */
export function showError(tubes: usize, household: i32, error: i32): void {
  blank(tubes);
  if (household > 0) putHousehold(tubes, household);
  const lower = tubes + UPPER_COUNT;
  store<u8>(lower, GLYPH_E);
  store<u8>(lower + 1, GLYPH_R);
  store<u8>(lower + 2, GLYPH_R);
  putDigits(lower + 4, 2, <u32>(error < 0 ? -error : error));
}

/** "HOLd": the card has to wait and is to stay where it is; household 0 leaves the upper row dark. */
export function showWait(tubes: usize, household: i32): void {
  blank(tubes);
  if (household > 0) putHousehold(tubes, household);
  const end = tubes + LAMPS;
  store<u8>(end - 4, GLYPH_H);
  store<u8>(end - 3, GLYPH_O);
  store<u8>(end - 2, GLYPH_L);
  store<u8>(end - 1, GLYPH_D);
}

/** "donE": a management card has done its work; household 0 leaves the upper row dark. */
export function showDone(tubes: usize, household: i32): void {
  blank(tubes);
  if (household > 0) putHousehold(tubes, household);
  const end = tubes + LAMPS;
  store<u8>(end - 4, GLYPH_D);
  store<u8>(end - 3, GLYPH_O);
  store<u8>(end - 2, GLYPH_N);
  store<u8>(end - 1, GLYPH_E);
}

/** Household above, "OFF" or "On" below. */
export function showRelay(tubes: usize, household: i32, closed: bool): void {
  blank(tubes);
  putHousehold(tubes, household);
  const end = tubes + LAMPS;
  store<u8>(end - 1, closed ? GLYPH_N : GLYPH_F);
  store<u8>(end - 2, closed ? GLYPH_O : GLYPH_F);
  if (!closed) store<u8>(end - 3, GLYPH_O);
}

/** "PH" above, the letters of the missing phases below; bits 0..2 of `missing` are A, B, C. */
export function showPhases(tubes: usize, missing: u32): void {
  blank(tubes);
  store<u8>(tubes + 2, GLYPH_P);
  store<u8>(tubes + 3, GLYPH_H);
  const end = tubes + LAMPS;
  if ((missing & 1) != 0) store<u8>(end - 3, GLYPH_A);
  if ((missing & 2) != 0) store<u8>(end - 2, GLYPH_B);
  if ((missing & 4) != 0) store<u8>(end - 1, GLYPH_C);
}
