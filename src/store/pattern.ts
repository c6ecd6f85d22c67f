/** Patterns in the part of the memory that holds nothing, for the factory's self-test: filled block by
 *  block, then compared, so that cells and the lower address lines are seen. Touches no record. */
import { SPARE_BLOCK_ADDRESS, SPARE_BLOCK_COUNT, SPARE_BLOCK_SIZE } from "./map";
import { framData, framRead, framWrite } from "./fram.port";

const WORD: u32 = 4;
if (SPARE_BLOCK_SIZE != 256 || SPARE_BLOCK_ADDRESS % 256 != 0) ERROR("a word's bytes would carry");

const EACH_BYTE: u32 = 0x01010101;
const FIRST_PLACES: u32 = 0x03020100;
const NEXT_PLACES: u32 = EACH_BYTE * WORD;

function blockAddress(block: i32): u32 {
  assert(block >= 1 && block <= <i32>SPARE_BLOCK_COUNT);
  return SPARE_BLOCK_ADDRESS + <u32>(block - 1) * SPARE_BLOCK_SIZE;
}

/** What a block's bytes hold but for their place in it: neighbours differ by that, and blocks by this, so that
 *  a stuck address line shows. */
function patternOf(address: u32, pattern: u32): u32 {
  assert((address & 255) == 0);
  return ((pattern ^ (address >> 8)) & 0xff) * EACH_BYTE;
}

/** Fills `block` (1..SPARE_BLOCK_COUNT) with the pattern of the byte `pattern`. */
export function patternFill(block: i32, pattern: u32): void {
  const address = blockAddress(block);
  const common = patternOf(address, pattern);
  const data = framData();
  let places = FIRST_PLACES;
  for (let i: u32 = 0; i < SPARE_BLOCK_SIZE; i += WORD) {
    store<u32>(data + i, places ^ common);
    places += NEXT_PLACES;
  }
  framWrite(address, SPARE_BLOCK_SIZE);
}

/** Bytes of a word that are not 0. */
function wrongBytes(word: u32): u32 {
  let wrong: u32 = 0;
  for (let rest = word; rest != 0; rest >>= 8) {
    if ((rest & 0xff) != 0) wrong++;
  }
  return wrong;
}

/** Bytes of `block` that do not hold that pattern, 0..SPARE_BLOCK_SIZE. */
export function patternWrong(block: i32, pattern: u32): u32 {
  const address = blockAddress(block);
  framRead(address, SPARE_BLOCK_SIZE);
  const common = patternOf(address, pattern);
  const data = framData();
  let places = FIRST_PLACES;
  let wrong: u32 = 0;
  for (let i: u32 = 0; i < SPARE_BLOCK_SIZE; i += WORD) {
    const difference = load<u32>(data + i) ^ places ^ common;
    if (difference != 0) wrong += wrongBytes(difference);
    places += NEXT_PLACES;
  }
  return wrong;
}
