/** Plays the far end of the link for a suite whose partner is absent, and the office on RS485. */

import { fillBytes } from "../../src/common/bytes";
import {
  FRAME_OVERHEAD,
  FRAME_PAYLOAD,
  FRAME_SIZE,
  FRAME_SIZE_MAX,
  sealFrame,
} from "../../src/link/frame";
import {
  RECEIVER_SIZE,
  receiverAdd,
  receiverFrame,
  receiverInit,
  receiverRoom,
  receiverTail,
} from "../../src/link/receiver";
import { bench_line_receive, bench_line_send, bench_link_receive, bench_link_send } from "../bench";

export const FAULT_NONE: i32 = 0;
export const FAULT_DROP: i32 = 1; // one byte
export const FAULT_DOUBLE: i32 = 2;
export const FAULT_CORRUPT: i32 = 3;

const link: usize = memory.data(RECEIVER_SIZE);
const line: usize = memory.data(RECEIVER_SIZE);
const outgoing: usize = memory.data(FRAME_SIZE_MAX); // on the link
const asking: usize = memory.data(FRAME_SIZE_MAX); // on the line; its payload stays zero
const spoilt: usize = memory.data(FRAME_SIZE_MAX + 1);

export function peerInit(): void {
  receiverInit(link);
  receiverInit(line);
}

/** The next frame from the core on the link, 0 none. */
export function peerFrame(): usize {
  const tail = receiverTail(link);
  const size = bench_link_receive(tail, receiverRoom(link));
  if (size > 0) receiverAdd(link, size);
  return receiverFrame(link);
}

/** The next frame from the box on the line, 0 none. */
export function officeFrame(): usize {
  const tail = receiverTail(line);
  const size = bench_line_receive(tail, receiverRoom(line));
  if (size > 0) receiverAdd(line, size);
  return receiverFrame(line);
}

/** Where the payload of what is sent next on the link is put, PAYLOAD_SIZE_MAX bytes. */
export function outPayload(): usize {
  return outgoing + FRAME_PAYLOAD;
}

/** Size of a payload. */
export function payloadSize(frame: usize): i32 {
  return <i32>load<u8>(frame + FRAME_SIZE);
}

/** Sends the payload on the link; the byte at `index` suffers the fault. Returns the frame's
 *  size. */
export function peerSend(sequence: i32, kind: i32, size: i32, fault: i32, index: i32): i32 {
  const frame_size = sealFrame(outgoing, sequence, kind, size);
  let spoilt_size = 0;
  for (let i = 0; i < frame_size; i++) {
    const byte = load<u8>(outgoing + i);
    const here = i === index;
    if (here && fault === FAULT_DROP) continue;
    store<u8>(spoilt + spoilt_size, here && fault === FAULT_CORRUPT ? byte ^ 0x51 : byte);
    spoilt_size++;
    if (here && fault === FAULT_DOUBLE) {
      store<u8>(spoilt + spoilt_size, byte);
      spoilt_size++;
    }
  }
  bench_link_send(spoilt, spoilt_size);
  return frame_size;
}

/** Sends a request with a payload of `size` zeros on the line. */
export function officeSend(sequence: i32, kind: i32, size: i32): void {
  officeSendFilled(sequence, kind, size, 0);
}

/** The same with another byte than zero. */
export function officeSendFilled(sequence: i32, kind: i32, size: i32, byte: u8): void {
  fillBytes(asking, byte, FRAME_SIZE_MAX);
  bench_line_send(asking, sealFrame(asking, sequence, kind, size));
}

/** The same, but only the first `part_size` bytes: an asker that was interrupted. */
export function officeSendPart(sequence: i32, kind: i32, size: i32, part_size: i32): void {
  assert(part_size <= size + FRAME_OVERHEAD);
  fillBytes(asking, 0, FRAME_SIZE_MAX);
  sealFrame(asking, sequence, kind, size);
  bench_line_send(asking, part_size);
}
