/** Native frames on RS485: takes a request for the meter from the line, keeps it until the link is
 *  free, and sends the reply back under the asker's sequence (src/link/SPEC.md). An asker that
 *  missed the reply and repeats the identical frame soon gets the stored one, so that nothing is
 *  done twice. POLL is not relayed; what only a card at the reader may ask is refused, and a MESSAGE
 *  never counts as a card's. Knows nothing else of what a request means. */

import { copyBytes, equalBytes } from "../common/bytes";
import { E_REQUEST } from "../common/errors";
import { FORMAT_8E1, UART_LINE, uart_open, uart_write } from "../hal";
import {
  FRAME_KIND,
  FRAME_OVERHEAD,
  FRAME_PAYLOAD,
  FRAME_SEQUENCE,
  FRAME_SIZE,
  FRAME_SIZE_MAX,
  KIND_BOX_READ,
  KIND_CARD_RECORD,
  KIND_MESSAGE,
  MESSAGE_SOURCE,
  REFUSED_REPLY_SIZE,
  REPLY_BIT,
  RESULT,
  SOURCE_LINE,
  requestSize,
  sealFrame,
} from "./frame";
import { receive } from "./receive.port";
import { RECEIVER_SIZE, receiverFrame, receiverInit, receiverPending } from "./receiver";

export const LINE_BAUD: i32 = 9600; // start value of the RS485 port, 8E1
const LINE_LAMP_MS: u32 = 100;
// Afterwards an identical frame is a new question, not a repeat.
const REPLY_KEPT_MS: u32 = 2000;

const receiver: usize = memory.data(RECEIVER_SIZE);
const request: usize = memory.data(FRAME_SIZE_MAX);
const reply: usize = memory.data(FRAME_SIZE_MAX);

let request_size: i32 = 0; // whole frame; 0: none yet
let reply_size: i32 = 0; // whole frame; 0: not answered yet
let waiting: bool = false; // the request has not been taken to the link
let replied_ms: u32 = 0;
let traffic_ms: u32 = 0;
let busy: bool = false; // traffic within LINE_LAMP_MS

/** Opens the line at the start of the panel. */
export function gatewayInit(now_ms: u32): void {
  uart_open(UART_LINE, LINE_BAUD, FORMAT_8E1);
  receiverInit(receiver);
  request_size = 0;
  reply_size = 0;
  waiting = false;
  replied_ms = now_ms;
  traffic_ms = now_ms;
  busy = false;
}

function send(now_ms: u32): void {
  uart_write(UART_LINE, reply, reply_size);
  replied_ms = now_ms;
  traffic_ms = now_ms;
  busy = true;
}

function answer(size: i32, now_ms: u32): void {
  const kind = (<i32>load<u8>(request + FRAME_KIND)) | REPLY_BIT;
  reply_size = sealFrame(reply, <i32>load<u8>(request + FRAME_SEQUENCE), kind, size);
  send(now_ms);
}

function accept(frame: usize, now_ms: u32): void {
  const kind = <i32>load<u8>(frame + FRAME_KIND);
  if (kind < KIND_MESSAGE || kind > KIND_CARD_RECORD) return;
  if (request_size > 0 && reply_size == 0) return; // one at a time; the asker repeats
  const size = <i32>load<u8>(frame + FRAME_SIZE);
  const frame_size = size + FRAME_OVERHEAD;
  const repeated = frame_size == request_size && equalBytes(frame, request, <u32>frame_size);
  if (repeated && now_ms - replied_ms < REPLY_KEPT_MS) {
    send(now_ms);
    return;
  }
  copyBytes(request, frame, <u32>frame_size);
  request_size = frame_size;
  reply_size = 0;
  if (kind <= KIND_BOX_READ && requestSize(kind) == size) waiting = true;
  else gatewayRefuse(E_REQUEST, now_ms);
}

/** One step: takes at most one frame from the line. */
export function gatewayTick(now_ms: u32): void {
  if (receive(UART_LINE, receiver) > 0) {
    traffic_ms = now_ms;
    busy = true;
  } else if (busy && now_ms - traffic_ms >= LINE_LAMP_MS) {
    busy = false;
  }
  if (!receiverPending(receiver)) return;
  const frame = receiverFrame(receiver);
  if (frame != 0) accept(frame, now_ms);
}

/** Whether a request waits for the link. */
export function gatewayWaiting(): bool {
  return waiting;
}

/** Moves the waiting request's payload to `payload`; returns its kind. */
export function gatewayTake(payload: usize): i32 {
  assert(waiting);
  waiting = false;
  copyBytes(payload, request + FRAME_PAYLOAD, <u32>(request_size - FRAME_OVERHEAD));
  const kind = <i32>load<u8>(request + FRAME_KIND);
  if (kind == KIND_MESSAGE) store<u8>(payload + MESSAGE_SOURCE, SOURCE_LINE);
  return kind;
}

/** The meter's reply to the request that was taken: goes to the asker. */
export function gatewayReply(payload: usize, size: i32, now_ms: u32): void {
  assert(request_size > 0 && !waiting);
  copyBytes(reply + FRAME_PAYLOAD, payload, <u32>size);
  answer(size, now_ms);
}

/** Answers the request, taken or still waiting, with `result` (E_) alone. */
export function gatewayRefuse(result: i32, now_ms: u32): void {
  waiting = false;
  store<i8>(reply + FRAME_PAYLOAD + RESULT, <i8>result);
  answer(REFUSED_REPLY_SIZE, now_ms);
}

/** Whether bytes went over the line within the last 100 ms. */
export function gatewayBusy(): bool {
  return busy;
}
