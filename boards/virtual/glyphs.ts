/** Reads the tubes like a person: segments to characters. Bit 6 A .. bit 0 G, bit 7 decimal point.
 *  Where a letter looks like a digit (O, I, S, Z) the digit is taken. */

const GLYPHS = new Map<number, string>([
  [0x00, " "],
  [0x7e, "0"],
  [0x30, "1"],
  [0x6d, "2"],
  [0x79, "3"],
  [0x33, "4"],
  [0x5b, "5"],
  [0x5f, "6"],
  [0x70, "7"],
  [0x7f, "8"],
  [0x7b, "9"],
  [0x01, "-"],
  [0x08, "_"],
  [0x09, "="],
  [0x63, "\u00b0"],
  [0x77, "A"],
  [0x1f, "b"],
  [0x4e, "C"],
  [0x0d, "c"],
  [0x3d, "d"],
  [0x4f, "E"],
  [0x47, "F"],
  [0x5e, "G"],
  [0x37, "H"],
  [0x17, "h"],
  [0x10, "i"],
  [0x3c, "J"],
  [0x0e, "L"],
  [0x15, "n"],
  [0x1d, "o"],
  [0x67, "P"],
  [0x73, "q"],
  [0x05, "r"],
  [0x0f, "t"],
  [0x3e, "U"],
  [0x1c, "u"],
  [0x3b, "y"],
]);

/** Characters of `size` digits from `start` on; "?" for anything unknown, "." behind its digit. */
export function readDigits(segments: Uint8Array, start: number, size: number): string {
  let text = "";
  for (let i = start; i < start + size; i++) {
    text += GLYPHS.get(segments[i] & 0x7f) ?? "?";
    if (segments[i] & 0x80) text += ".";
  }
  return text;
}

export interface Lamps {
  a: boolean;
  b: boolean;
  c: boolean;
  alarm: boolean;
  line: boolean;
  card: boolean;
}

/** The lamps' digit: bit 0 A, 1 B, 2 C, 3 alarm, 4 line, 5 card. */
export function readLamps(bits: number): Lamps {
  return {
    a: (bits & 1) !== 0,
    b: (bits & 2) !== 0,
    c: (bits & 4) !== 0,
    alarm: (bits & 8) !== 0,
    line: (bits & 16) !== 0,
    card: (bits & 32) !== 0,
  };
}
