/** Panel's side of the link: one request in flight, the identical frame again every 30 ms, and
 *  after 2 s of silence the meter counts as lost (src/link/SPEC.md). A reply counts only while it
 *  is waited for and has the request's sequence and kind, so a late or doubled one changes
 *  nothing. Does not choose what is asked and does not read the replies. */

import { FORMAT_8N1, UART_LINK, uart_open, uart_write } from "../hal";
import {
  FRAME_KIND,
  FRAME_PAYLOAD,
  FRAME_SEQUENCE,
  FRAME_SIZE,
  FRAME_SIZE_MAX,
  LINK_BAUD,
  REPEAT_MS,
  REPLY_BIT,
  requestSize,
  sealFrame,
} from "./frame";
import { Link, linkMayMove } from "./master";
import { receiveFrame } from "./receive.port";
import { RECEIVER_SIZE, receiverInit } from "./receiver";

export const SILENCE_MS: u32 = 2000;
export const GAVE_UP: i32 = -1;

export const ASKER_PANEL: i32 = 0; // the panel itself; others are those of question.ts

const receiver: usize = memory.data(RECEIVER_SIZE);
const request: usize = memory.data(FRAME_SIZE_MAX);

let state: Link = 0; // Link.Idle
let sequence: i32 = 0;
let asker: i32 = 0;
let request_size: i32 = 0; // whole frame
let reply: usize = 0; // in the receiver, until the next masterTick()
let asked_ms: u32 = 0;
let sent_ms: u32 = 0;
let moved: bool = false;

/** Opens the link at the start of the panel. */
export function masterInit(now_ms: u32): void {
  uart_open(UART_LINK, LINK_BAUD, FORMAT_8N1);
  receiverInit(receiver);
  state = Link.Idle;
  sequence = 0;
  asker = ASKER_PANEL;
  request_size = 0;
  reply = 0;
  asked_ms = now_ms;
  sent_ms = now_ms;
  moved = false;
}

function move(to: Link): void {
  assert(linkMayMove(state, to));
  state = to;
}

function send(now_ms: u32): void {
  uart_write(UART_LINK, request, request_size);
  sent_ms = now_ms;
  moved = true;
}

/** Whether a request may be asked now. */
export function masterFree(): bool {
  return state == Link.Idle || state == Link.Lost;
}

/** Whether the meter is silent; then only a POLL is worth asking. */
export function masterLost(): bool {
  return state >= Link.Lost;
}

/** Where the payload of the next request is put, PAYLOAD_SIZE_MAX bytes; only while masterFree(). */
export function masterPayload(): usize {
  return request + FRAME_PAYLOAD;
}

/** Sends the request at masterPayload() on behalf of `asker_id` (an ASKER_). */
export function masterAsk(asker_id: i32, kind: i32, now_ms: u32): void {
  assert(masterFree() && requestSize(kind) >= 0);
  sequence = (sequence + 1) & 0xff;
  asker = asker_id;
  request_size = sealFrame(request, sequence, kind, requestSize(kind));
  asked_ms = now_ms;
  move(state == Link.Idle ? Link.Waiting : Link.Probing);
  send(now_ms);
}

/** One step: the kind whose reply has come, GAVE_UP when the request in flight is given up,
 *  else 0. */
export function masterTick(now_ms: u32): i32 {
  const frame = receiveFrame(UART_LINK, receiver);
  if (state == Link.Idle || state == Link.Lost) return 0;
  const kind = <i32>load<u8>(request + FRAME_KIND);
  if (
    frame != 0 &&
    <i32>load<u8>(frame + FRAME_SEQUENCE) == sequence &&
    <i32>load<u8>(frame + FRAME_KIND) == (kind | REPLY_BIT)
  ) {
    reply = frame;
    moved = true;
    move(Link.Idle);
    return kind;
  }
  if (now_ms - sent_ms < REPEAT_MS) return 0;
  if (state == Link.Waiting && now_ms - asked_ms >= SILENCE_MS) {
    moved = true;
    move(Link.Lost);
    return GAVE_UP;
  }
  send(now_ms);
  return 0;
}

/** Who asked for what masterTick() returned. */
export function masterAsker(): i32 {
  return asker;
}

/** Payload of the reply; valid until the next masterTick(). */
export function masterReply(): usize {
  return reply + FRAME_PAYLOAD;
}

/** Size of that payload, 0..PAYLOAD_SIZE_MAX bytes. */
export function masterReplySize(): i32 {
  return <i32>load<u8>(reply + FRAME_SIZE);
}

/** Whether a frame was sent or a reply came since the last call: the link's proof of progress. */
export function masterProgress(): bool {
  const result = moved;
  moved = false;
  return result;
}
