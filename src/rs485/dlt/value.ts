/** What the makers of values share. A maker writes one value and returns its size, or one of these. */

import { fillBytes } from "../../common/bytes";

/** The meter was asked; the maker is run again when the reply has come. */
export const ASKED: i32 = 0;
/** There is no such value. */
export const MISSING: i32 = -1;

/** What stands for a value that is not there: FF in a block of several, alone it is refused. */
export function missing(to: usize, size: i32, in_block: bool): i32 {
  if (!in_block) return MISSING;
  fillBytes(to, 0xff, <u32>size);
  return size;
}

/** DI1 of a data identifier. */
export function di1(identifier: u32): i32 {
  return <i32>((identifier >> 8) & 0xff);
}

/** DI0 of a data identifier. */
export function di0(identifier: u32): i32 {
  return <i32>(identifier & 0xff);
}
