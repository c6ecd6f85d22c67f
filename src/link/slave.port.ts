/** Meter's side of the link: takes the panel's requests, sends the replies, and answers a repeated
 *  frame with the stored reply, so that a lost reply never makes the meter act twice
 *  (src/link/SPEC.md). Knows nothing of what a request means; a request of a wrong size or unknown
 *  kind is refused here. */

import { copyBytes, equalBytes } from "../common/bytes";
import { E_REQUEST } from "../common/errors";
import { FORMAT_8N1, UART_LINK, uart_open, uart_write } from "../hal";
import {
  FRAME_KIND,
  FRAME_OVERHEAD,
  FRAME_PAYLOAD,
  FRAME_SEQUENCE,
  FRAME_SIZE,
  FRAME_SIZE_MAX,
  LINK_BAUD,
  REFUSED_REPLY_SIZE,
  REPLY_BIT,
  RESULT,
  requestSize,
  sealFrame,
} from "./frame";
import { receiveFrame } from "./receive.port";
import { RECEIVER_SIZE, receiverInit } from "./receiver";

const receiver: usize = memory.data(RECEIVER_SIZE);
const request: usize = memory.data(FRAME_SIZE_MAX); // last request, for telling a repeat
const reply: usize = memory.data(FRAME_SIZE_MAX); // its reply, kept for a repeat

let request_size: i32 = 0; // whole frame; 0: none since the start
let reply_size: i32 = 0; // whole frame; 0: not answered yet
let heard_ms: u32 = 0;

/** Opens the link at the start of the meter. */
export function slaveInit(now_ms: u32): void {
  uart_open(UART_LINK, LINK_BAUD, FORMAT_8N1);
  receiverInit(receiver);
  request_size = 0;
  reply_size = 0;
  heard_ms = now_ms;
}

/** Takes at most one frame; returns the kind of a new, well-formed request, else 0. */
export function slavePoll(now_ms: u32): i32 {
  const frame = receiveFrame(UART_LINK, receiver);
  if (frame == 0) return 0;
  const kind = <i32>load<u8>(frame + FRAME_KIND);
  if ((kind & REPLY_BIT) != 0) return 0; // nobody asks with a reply: an echo
  heard_ms = now_ms;
  const size = <i32>load<u8>(frame + FRAME_SIZE);
  const frame_size = size + FRAME_OVERHEAD;
  if (frame_size == request_size && equalBytes(frame, request, <u32>frame_size)) {
    if (reply_size > 0) uart_write(UART_LINK, reply, reply_size);
    return 0;
  }
  copyBytes(request, frame, <u32>frame_size);
  request_size = frame_size;
  reply_size = 0;
  if (requestSize(kind) == size) return kind;
  store<i8>(reply + FRAME_PAYLOAD + RESULT, <i8>E_REQUEST);
  slaveAnswer(REFUSED_REPLY_SIZE);
  return 0;
}

/** Payload of the last request; valid until the next slavePoll() that returns a kind. */
export function slaveRequest(): usize {
  return request + FRAME_PAYLOAD;
}

/** Size of that payload, 0..PAYLOAD_SIZE_MAX bytes. */
export function slaveRequestSize(): i32 {
  return request_size - FRAME_OVERHEAD;
}

/** Where the payload of the reply is put, PAYLOAD_SIZE_MAX bytes, 4-aligned. */
export function slaveReply(): usize {
  return reply + FRAME_PAYLOAD;
}

/** Sends the reply whose payload of `size` (1..PAYLOAD_SIZE_MAX) bytes stands at slaveReply(). */
export function slaveAnswer(size: i32): void {
  assert(request_size > 0);
  const sequence = <i32>load<u8>(request + FRAME_SEQUENCE);
  const kind = <i32>load<u8>(request + FRAME_KIND);
  reply_size = sealFrame(reply, sequence, kind | REPLY_BIT, size);
  uart_write(UART_LINK, reply, reply_size);
}

/** Milliseconds since the last right frame, or since the start. */
export function slaveSilentMs(now_ms: u32): u32 {
  return now_ms - heard_ms;
}
