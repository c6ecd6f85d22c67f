/** CRC_A of ISO/IEC 14443-3: polynomial x^16 + x^12 + x^5 + 1 reflected, start 6363h, no final
 *  inversion, low byte first. Done here and not in the chip: a 4-bit acknowledge bears none. */

import { loadLe16, storeLe16 } from "../common/bytes";

export const CRC_A_SIZE: i32 = 2;
const START: u32 = 0x6363;
const POLYNOMIAL: u32 = 0x8408;

/** CRC_A over `size` bytes. */
export function crcA(address: usize, size: i32): u32 {
  let crc = START;
  for (let i = 0; i < size; i++) {
    crc ^= load<u8>(address + i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
  }
  return crc;
}

/** Puts the CRC behind `size` bytes; returns the size with it. */
export function crcAppend(address: usize, size: i32): i32 {
  storeLe16(address + size, crcA(address, size));
  return size + CRC_A_SIZE;
}

/** Whether the last two of `size` bytes are the right CRC of those before. */
export function crcRight(address: usize, size: i32): bool {
  if (size <= CRC_A_SIZE) return false;
  return loadLe16(address + size - CRC_A_SIZE) == crcA(address, size - CRC_A_SIZE);
}
