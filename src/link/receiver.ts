/** Receiver of frames: finds complete, right frames in a stream of bytes, as src/link/SPEC.md says.
 *  After a wrong start it goes on one byte later, so a false start never hides a frame behind it.
 *  Pure: the bytes are brought by receive.port.ts. All state is in the caller's memory, at a
 *  4-aligned address, RECEIVER_SIZE bytes: taken (4), count (4), bytes. */

import { loadLe16 } from "../common/bytes";
import { crc16 } from "../common/crc16";
import {
  CRC_SIZE,
  FRAME_OVERHEAD,
  FRAME_PAYLOAD,
  FRAME_SIZE,
  FRAME_SIZE_MAX,
  FRAME_START,
  PAYLOAD_SIZE_MAX,
} from "./frame";

const TAKEN: usize = 0; // bytes at the front that are done with
const COUNT: usize = 4; // bytes in the buffer, the taken ones included
const BYTES: usize = 8;
const CAPACITY: u32 = 256;
export const RECEIVER_SIZE: i32 = <i32>BYTES + <i32>CAPACITY;

// A storm of false starts must not lengthen a tick. At 115200 baud at most 11.5 bytes come in a
// millisecond, so at most 6 starts that carry a size; 8 keeps up with them.
const CRC_CHECKS_MAX: i32 = 8;

if (<u32>FRAME_SIZE_MAX > CAPACITY) ERROR("the longest frame does not fit");

/** Forgets every byte. */
export function receiverInit(receiver: usize): void {
  store<u32>(receiver + TAKEN, 0);
  store<u32>(receiver + COUNT, 0);
}

/** Where the next received bytes go; makes room by moving what is not yet taken to the front. */
export function receiverTail(receiver: usize): usize {
  const taken = load<u32>(receiver + TAKEN);
  const count = load<u32>(receiver + COUNT);
  if (taken > 0) {
    const bytes = receiver + BYTES;
    // Upwards, since the two runs overlap
    for (let i = taken; i < count; i++) store<u8>(bytes + i - taken, load<u8>(bytes + i));
    store<u32>(receiver + TAKEN, 0);
    store<u32>(receiver + COUNT, count - taken);
  }
  return receiver + BYTES + load<u32>(receiver + COUNT);
}

/** Bytes that fit at receiverTail(), 0..256. */
export function receiverRoom(receiver: usize): i32 {
  return <i32>(CAPACITY - load<u32>(receiver + COUNT));
}

/** `size` bytes were put at receiverTail(). */
export function receiverAdd(receiver: usize, size: i32): void {
  const count = load<u32>(receiver + COUNT) + <u32>size;
  assert(size >= 0 && count <= CAPACITY);
  store<u32>(receiver + COUNT, count);
}

/** Whether bytes wait that are not yet a whole frame. */
export function receiverPending(receiver: usize): bool {
  return load<u32>(receiver + TAKEN) != load<u32>(receiver + COUNT);
}

/** The line fell silent inside a frame: its start is given up; what follows it is looked at
 *  anew. */
export function receiverGap(receiver: usize): void {
  if (receiverPending(receiver)) store<u32>(receiver + TAKEN, load<u32>(receiver + TAKEN) + 1);
}

/** Size of the frame that starts at `start`, of which `have` (1 or more) bytes are there: 0 when more
 *  bytes are needed to tell, -1 when none starts here. */
export function frameAt(start: usize, have: u32): i32 {
  if (load<u8>(start) != FRAME_START) return -1;
  if (have <= <u32>FRAME_SIZE) return 0;
  const payload_size = <i32>load<u8>(start + FRAME_SIZE);
  if (payload_size > PAYLOAD_SIZE_MAX) return -1;
  const frame_size = payload_size + FRAME_OVERHEAD;
  if (have < <u32>frame_size) return 0;
  const covered = <u32>(frame_size - FRAME_SIZE - CRC_SIZE);
  const expected = crc16(start + FRAME_SIZE, covered);
  return loadLe16(start + FRAME_PAYLOAD + payload_size) == expected ? frame_size : -1;
}

/** Address of the next right frame, or 0 when none is complete. The frame is taken: it stays
 *  readable until receiverTail() is called again. */
export function receiverFrame(receiver: usize): usize {
  const count = load<u32>(receiver + COUNT);
  let taken = load<u32>(receiver + TAKEN);
  let checks = 0;
  let found: usize = 0;
  while (taken < count && checks < CRC_CHECKS_MAX && found == 0) {
    const start = receiver + BYTES + taken;
    const frame_size = frameAt(start, count - taken);
    if (frame_size == 0) break;
    if (load<u8>(start) == FRAME_START) checks++;
    if (frame_size > 0) found = start;
    taken += frame_size > 0 ? <u32>frame_size : 1;
  }
  store<u32>(receiver + TAKEN, taken);
  return found;
}
