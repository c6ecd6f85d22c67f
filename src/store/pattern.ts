/** Patterns in the part of the memory that holds nothing, for the factory's self-test: filled block by
 *  block, then compared, so that cells and the lower address lines are seen. Touches no record. */
import { FRAM_SIZE, SPARE_BLOCK_ADDRESS, SPARE_BLOCK_COUNT, SPARE_BLOCK_SIZE } from "./map";
import { framData, framRead, framWrite } from "./fram.port";

function blockAddress(block: i32): u32 {
  assert(block >= 1 && block <= <i32>SPARE_BLOCK_COUNT);
  return SPARE_BLOCK_ADDRESS + <u32>(block - 1) * SPARE_BLOCK_SIZE;
}

/** What byte `address` holds: neighbours differ, and blocks do, so that a stuck address line shows. */
function patternAt(address: u32, pattern: u32): u32 {
  assert(address < FRAM_SIZE);
  return (pattern ^ address ^ (address >> 8)) & 0xff;
}

/** Fills `block` (1..SPARE_BLOCK_COUNT) with the pattern of the byte `pattern`. */
export function patternFill(block: i32, pattern: u32): void {
  const address = blockAddress(block);
  for (let i: u32 = 0; i < SPARE_BLOCK_SIZE; i++) {
    store<u8>(framData() + i, <u8>patternAt(address + i, pattern));
  }
  framWrite(address, SPARE_BLOCK_SIZE);
}

/** Bytes of `block` that do not hold that pattern, 0..SPARE_BLOCK_SIZE. */
export function patternWrong(block: i32, pattern: u32): u32 {
  const address = blockAddress(block);
  framRead(address, SPARE_BLOCK_SIZE);
  let wrong: u32 = 0;
  for (let i: u32 = 0; i < SPARE_BLOCK_SIZE; i++) {
    if (<u32>load<u8>(framData() + i) != patternAt(address + i, pattern)) wrong++;
  }
  return wrong;
}
