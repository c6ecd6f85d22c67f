/** Numbers as rows of glyphs. Pure. An amount is never shown greater than it is: digits that do not
 *  fit the decimals are cut off, not rounded. */

import { fillBytes } from "../common/bytes";
import { GLYPH_BLANK, GLYPH_MINUS, GLYPH_POINT, glyphDigit } from "./glyphs";

export const LOWER_COUNT: i32 = 6; // digits of the lower row

const AMOUNT_MAX: u32 = 9999999; // product sheet: at most 99999.9
const NEGATIVE_MAX: u32 = 999999; // -9999.9, the sign takes a digit

/** Writes `value` with leading zeros into `count` (1..10) digits at `row`; what does not fit is cut
 *  off on the left. */
export function putDigits(row: usize, count: i32, value: u32): void {
  for (let i = count - 1; i >= 0; i--) {
    store<u8>(row + i, glyphDigit(value % 10));
    value /= 10;
  }
}

/** Writes an amount in 0.01 into the 6 digits at `row`, with 1 or 2 decimals; one when two do not
 *  fit. Outside -9999.9..99999.9 the nearer limit is shown. */
export function putAmount(row: usize, amount: i32, decimals: i32): void {
  assert(decimals == 1 || decimals == 2);
  const negative = amount < 0;
  let shown: u32 = negative ? 0 - <u32>amount : <u32>amount;
  const limit = negative ? NEGATIVE_MAX : AMOUNT_MAX;
  if (shown > limit) shown = limit;
  const wide = shown > limit / 10; // all digits are needed in front of the second decimal
  const places = wide ? 1 : decimals;
  if (places == 1) shown /= 10;
  const signed = negative && shown > 0; // nothing below zero is visible: no sign
  fillBytes(row, GLYPH_BLANK, LOWER_COUNT);
  let i = LOWER_COUNT - 1;
  for (let place = 0; place <= places || shown > 0; place++) {
    store<u8>(row + i, glyphDigit(shown % 10) | (place == places ? GLYPH_POINT : 0));
    shown /= 10;
    i--;
  }
  if (signed) store<u8>(row + i, GLYPH_MINUS);
}

/** Writes a counter in 0.01 like an amount; it rolls over after 99999.99 as a register does. */
export function putCounter(row: usize, counter: u32, decimals: i32): void {
  putAmount(row, <i32>(counter % (AMOUNT_MAX + 1)), decimals);
}
