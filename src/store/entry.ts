/** Entries of rings: bytes that end with a CRC-32 over the entry's address and all before it, so that a
 *  torn entry, or one read from a wrong place, does not pass. What makes an entry valid, and where the next
 *  one stands, is its ring's business. */
import { copyBytes, equalWords } from "../common/bytes";
import { framData, framRead, framWrite } from "./fram.port";
import { placedCrc } from "./record";

const CRC_SIZE: u32 = 4;
const WRITE_TRIES: i32 = 3; // a disturbed transfer is repeated, a dead memory is not waited for

/** The place before `place` in a ring of `count` places. */
export function placeBefore(place: u32, count: u32): u32 {
  return (place == 0 ? count : place) - 1;
}

/** Gives the `size` bytes at `entry` their CRC and writes them to `address`. */
export function entryPut(address: u32, size: u32, entry: usize): void {
  copyBytes(framData(), entry, size - CRC_SIZE);
  const crc = placedCrc(address, size - CRC_SIZE);
  store<u32>(entry + size - CRC_SIZE, crc);
  store<u32>(framData() + size - CRC_SIZE, crc);
  framWrite(address, size);
}

/** True when the memory holds the `size` bytes at `entry`. */
export function entryStands(address: u32, size: u32, entry: usize): bool {
  framRead(address, size);
  return equalWords(framData(), entry, size);
}

/** entryPut, and makes sure that it stands there; traps when the memory takes nothing any more. */
export function entryWrite(address: u32, size: u32, entry: usize): void {
  let tries = 0;
  entryPut(address, size, entry);
  while (!entryStands(address, size, entry)) {
    assert(++tries < WRITE_TRIES);
    entryPut(address, size, entry);
  }
}

/** Reads the entry of `size` bytes at `address` into framData(); false when it is not valid. */
export function entryRead(address: u32, size: u32): bool {
  framRead(address, size);
  const crc = load<u32>(framData() + size - CRC_SIZE);
  return crc == placedCrc(address, size - CRC_SIZE);
}
