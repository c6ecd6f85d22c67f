/** Numbers and runs of bytes at any address. Byte by byte, since the smaller microcontrollers fault
 *  on an unaligned access; sizes and addresses are the caller's to get right. */

// So few bytes are sooner copied than handed to the engine.
const SHORT_SIZE: u32 = 8;

/** 16-bit number, low byte first. */
export function loadLe16(p: usize): u32 {
  return (<u32>load<u8>(p)) | ((<u32>load<u8>(p, 1)) << 8);
}

/** 32-bit number, low byte first. */
export function loadLe32(p: usize): u32 {
  return loadLe16(p) | (loadLe16(p + 2) << 16);
}

/** 64-bit number, low byte first. */
export function loadLe64(p: usize): u64 {
  return (<u64>loadLe32(p)) | ((<u64>loadLe32(p + 4)) << 32);
}

/** Low 16 bits of `v`, low byte first. */
export function storeLe16(p: usize, v: u32): void {
  store<u8>(p, <u8>v);
  store<u8>(p, <u8>(v >> 8), 1);
}

/** 32-bit number, low byte first. */
export function storeLe32(p: usize, v: u32): void {
  storeLe16(p, v);
  storeLe16(p + 2, v >> 16);
}

/** 64-bit number, low byte first. */
export function storeLe64(p: usize, v: u64): void {
  storeLe32(p, <u32>v);
  storeLe32(p + 4, <u32>(v >> 32));
}

/** 32-bit number, high byte first. */
export function loadBe32(p: usize): u32 {
  return bswap<u32>(loadLe32(p));
}

/** 32-bit number, high byte first. */
export function storeBe32(p: usize, v: u32): void {
  storeLe32(p, bswap<u32>(v));
}

/** Value 0..99 of two decimal digits, -1 when a half of the byte is none. */
export function bcdPair(byte: u32): i32 {
  const high = byte >> 4;
  const low = byte & 15;
  return high < 10 && low < 10 ? <i32>(high * 10 + low) : -1;
}

/** Copies `size` bytes; the two runs may overlap when `to` is the lower one. */
export function copyBytes(to: usize, from: usize, size: u32): void {
  if (size > SHORT_SIZE) memory.copy(to, from, size);
  else for (let i: u32 = 0; i < size; i++) store<u8>(to + i, load<u8>(from + i));
}

/** Sets `size` bytes to `value`. */
export function fillBytes(to: usize, value: u8, size: u32): void {
  memory.fill(to, value, size);
}

/** True when two runs of `size` bytes are equal. Takes the same time wherever they differ, so that
 *  guessing a code byte by byte gains nothing. */
export function equalBytes(a: usize, b: usize, size: u32): bool {
  let difference: u32 = 0;
  for (let i: u32 = 0; i < size; i++) difference |= load<u8>(a + i) ^ load<u8>(b + i);
  return difference == 0;
}

/** equalBytes for aligned runs: addresses and size are multiples of 4. */
export function equalWords(a: usize, b: usize, size: u32): bool {
  let difference: u32 = 0;
  for (let i: u32 = 0; i < size; i += 4) difference |= load<u32>(a + i) ^ load<u32>(b + i);
  return difference == 0;
}
