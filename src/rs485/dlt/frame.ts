/** Frames of DL/T 645-2007: finding one among received bytes, and sealing one. Source: DL/T
 *  645-2007, chapter 5. Knows nothing of what a frame says; keeps no state. */

export const DLT_START: u8 = 0x68;
const DLT_END: u8 = 0x16;
const DLT_WAKE: u8 = 0xfe;
export const DLT_WAKE_COUNT: i32 = 4; // before an answer; some masters give up on fewer

// Offsets in a frame, from its first 68h
export const DLT_ADDRESS: i32 = 1;
const DLT_SECOND_START: i32 = 7;
export const DLT_CONTROL: i32 = 8;
export const DLT_LENGTH: i32 = 9;
export const DLT_DATA: i32 = 10;

export const DLT_ADDRESS_SIZE: i32 = 6;
export const DLT_OVERHEAD: i32 = 12; // all but DATA
export const DLT_DATA_MAX: i32 = 200;
const DLT_OFFSET: u8 = 0x33; // added to each byte of DATA on the line
/** The largest frame with the FEh before it: what dltSeal() writes at most. */
export const DLT_FRAME_SIZE_MAX: i32 = DLT_WAKE_COUNT + DLT_OVERHEAD + DLT_DATA_MAX;

// Control code
export const DLT_ANSWER: i32 = 0x80;
export const DLT_ERROR: i32 = 0x40;
export const DLT_MORE: i32 = 0x20;
export const DLT_FUNCTION: i32 = 0x1f;

function sum(bytes: usize, size: i32): u8 {
  let total: u32 = 0;
  for (let i = 0; i < size; i++) total += load<u8>(bytes + i);
  return <u8>total;
}

/** Whether a right frame begins at `bytes`, of which `have` have come: its size (12..212), 0 when
 *  more bytes are needed to tell, -1 when none begins here. */
export function dltFrameAt(bytes: usize, have: i32): i32 {
  if (have <= 0) return 0;
  if (load<u8>(bytes) != DLT_START) return -1;
  if (have > DLT_SECOND_START && load<u8>(bytes + DLT_SECOND_START) != DLT_START) return -1;
  if (have <= DLT_LENGTH) return 0;
  const length = <i32>load<u8>(bytes + DLT_LENGTH);
  if (length > DLT_DATA_MAX) return -1;
  const size = DLT_OVERHEAD + length;
  if (have < size) return 0;
  const checksum = load<u8>(bytes + size - 2);
  if (load<u8>(bytes + size - 1) != DLT_END || checksum != sum(bytes, size - 2)) return -1;
  return size;
}

/** Byte `index` of the DATA of a right frame, without the 33h of the line. */
export function dltByte(frame: usize, index: i32): u8 {
  return load<u8>(frame + DLT_DATA + index) - DLT_OFFSET;
}

/** Writes four FEh and a frame to `to`: `address` of 6 bytes, lowest pair first, and `size` (0..200)
 *  bytes of `data`, to which 33h is added. `data` may be where it goes to: `to` + DLT_WAKE_COUNT +
 *  DLT_DATA. Returns the number of bytes written, 16 + `size`. */
export function dltSeal(to: usize, address: usize, control: i32, data: usize, size: i32): i32 {
  assert(size >= 0 && size <= DLT_DATA_MAX);
  for (let i = 0; i < DLT_WAKE_COUNT; i++) store<u8>(to + i, DLT_WAKE);
  const frame = to + DLT_WAKE_COUNT;
  store<u8>(frame, DLT_START);
  for (let i = 0; i < DLT_ADDRESS_SIZE; i++) {
    store<u8>(frame + DLT_ADDRESS + i, load<u8>(address + i));
  }
  store<u8>(frame + DLT_SECOND_START, DLT_START);
  store<u8>(frame + DLT_CONTROL, <u8>control);
  store<u8>(frame + DLT_LENGTH, <u8>size);
  for (let i = 0; i < size; i++) {
    store<u8>(frame + DLT_DATA + i, load<u8>(data + i) + DLT_OFFSET);
  }
  const covered = DLT_DATA + size;
  store<u8>(frame + covered, sum(frame, covered));
  store<u8>(frame + covered + 1, DLT_END);
  return DLT_WAKE_COUNT + DLT_OVERHEAD + size;
}
