/** Seven-segment glyphs in the bit order of the MAX7219's no-decode mode.
 *  Source: MAX7219/MAX7221 data sheet, table 6: D7 DP, D6 A, D5 B, D4 C, D3 D, D2 E, D1 F, D0 G. */

export const GLYPH_BLANK: u8 = 0x00;
export const GLYPH_MINUS: u8 = 0x01; // G
export const GLYPH_POINT: u8 = 0x80; // DP, set in addition to a glyph
export const GLYPH_A: u8 = 0x77; // A B C E F G
export const GLYPH_B: u8 = 0x1f; // C D E F G, shown as b
export const GLYPH_C: u8 = 0x4e; // A D E F
export const GLYPH_D: u8 = 0x3d; // B C D E G, shown as d
export const GLYPH_E: u8 = 0x4f; // A D E F G
export const GLYPH_F: u8 = 0x47; // A E F G
export const GLYPH_H: u8 = 0x37; // B C E F G
export const GLYPH_L: u8 = 0x0e; // D E F
export const GLYPH_N: u8 = 0x15; // C E G, shown as n
export const GLYPH_O: u8 = 0x7e; // A B C D E F
export const GLYPH_P: u8 = 0x67; // A B E F G
export const GLYPH_R: u8 = 0x05; // E G, shown as r

const DIGITS: StaticArray<u8> = [0x7e, 0x30, 0x6d, 0x79, 0x33, 0x5b, 0x5f, 0x70, 0x7f, 0x7b];

/** Segments of a decimal digit, 0..9. */
export function glyphDigit(digit: u32): u8 {
  assert(digit < 10);
  return DIGITS[digit];
}
