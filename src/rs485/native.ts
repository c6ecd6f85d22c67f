/** Native frames on RS485, for factory and service: passes a request to the meter and its reply back
 *  under the asker's sequence (src/link/SPEC.md). An asker that missed the reply and repeats the
 *  identical frame soon gets the stored one, so that nothing is done twice. POLL is not relayed; what
 *  only a card or a password may ask is refused, and a MESSAGE never counts as a card's. Pure. */

import { copyBytes, equalBytes } from "../common/bytes";
import { E_METER, E_REQUEST } from "../common/errors";
import {
  FRAME_KIND,
  FRAME_PAYLOAD,
  FRAME_SEQUENCE,
  FRAME_SIZE,
  FRAME_SIZE_MAX,
  KIND_BOX_READ,
  KIND_EVENT_FIND,
  KIND_MESSAGE,
  KIND_PROBE,
  KIND_SLICE_READ,
  MESSAGE_SOURCE,
  REFUSED_REPLY_SIZE,
  REPLY_BIT,
  RESULT,
  SOURCE_LINE,
  requestSize,
  sealFrame,
} from "../link/frame";
import {
  ASKER_LINE,
  questionAnswer,
  questionAnswerSize,
  questionAsk,
  questionOver,
  questionPayload,
} from "../link/question";
import { SERVE_PENDING, SERVE_SILENT, answerBytes } from "./answer";
import { probeReply, probeReplySize, probeTake } from "./probe";

// Afterwards an identical frame is a new question, not a repeat.
const REPLY_KEPT_MS: u32 = 2000;

const request: usize = memory.data(134);
const reply: usize = memory.data(134);
if (FRAME_SIZE_MAX != 134) ERROR("a frame does not fit");

let request_size: i32 = 0; // whole frame; 0: none yet
let reply_size: i32 = 0; // whole frame; 0: not answered yet
let replied_ms: u32 = 0;
let asked: bool = false;
let probing: bool = false; // the meter has taken a probe that is the panel's
let answer_size: i32 = 0;

/** No request, no stored reply. */
export function nativeInit(now_ms: u32): void {
  request_size = 0;
  reply_size = 0;
  replied_ms = now_ms;
  asked = false;
  probing = false;
  answer_size = SERVE_SILENT;
}

function isRelayed(kind: i32): bool {
  return (
    (kind >= KIND_MESSAGE && kind <= KIND_BOX_READ) ||
    (kind >= KIND_SLICE_READ && kind <= KIND_EVENT_FIND) ||
    kind == KIND_PROBE
  );
}

function send(now_ms: u32): void {
  copyBytes(answerBytes(), reply, <u32>reply_size);
  answer_size = reply_size;
  replied_ms = now_ms;
}

function answer(size: i32, now_ms: u32): void {
  const kind = (<i32>load<u8>(request + FRAME_KIND)) | REPLY_BIT;
  reply_size = sealFrame(reply, <i32>load<u8>(request + FRAME_SEQUENCE), kind, size);
  send(now_ms);
}

function refuse(result: i32, now_ms: u32): void {
  store<i8>(reply + FRAME_PAYLOAD + RESULT, <i8>result);
  answer(REFUSED_REPLY_SIZE, now_ms);
}

/** Begins with a right native frame of `frame_size` bytes. */
export function nativeStart(frame: usize, frame_size: i32, now_ms: u32): void {
  asked = false;
  probing = false;
  answer_size = SERVE_SILENT;
  const kind = <i32>load<u8>(frame + FRAME_KIND);
  if (kind < KIND_MESSAGE || kind > KIND_PROBE) return;
  const repeated = frame_size == request_size && equalBytes(frame, request, <u32>frame_size);
  if (repeated && reply_size > 0 && now_ms - replied_ms < REPLY_KEPT_MS) {
    send(now_ms);
    return;
  }
  copyBytes(request, frame, <u32>frame_size);
  request_size = frame_size;
  reply_size = 0;
  const size = <i32>load<u8>(request + FRAME_SIZE);
  if (!isRelayed(kind) || requestSize(kind) != size) {
    refuse(E_REQUEST, now_ms);
    return;
  }
  copyBytes(questionPayload(ASKER_LINE), request + FRAME_PAYLOAD, <u32>size);
  if (kind == KIND_MESSAGE) store<u8>(questionPayload(ASKER_LINE) + MESSAGE_SOURCE, SOURCE_LINE);
  questionAsk(ASKER_LINE, kind);
  asked = true;
}

/** What the panel has probed. */
function probed(now_ms: u32): i32 {
  const size = probeReplySize();
  if (size == 0) return SERVE_PENDING;
  probing = false;
  copyBytes(reply + FRAME_PAYLOAD, probeReply(), <u32>size);
  answer(size, now_ms);
  return answer_size;
}

/** One step: SERVE_PENDING, SERVE_SILENT, or the size of the answer at answerBytes(). */
export function nativeStep(now_ms: u32): i32 {
  if (probing) return probed(now_ms);
  if (!asked) return answer_size;
  if (!questionOver(ASKER_LINE)) return SERVE_PENDING;
  asked = false;
  const size = questionAnswerSize(ASKER_LINE);
  if (size == 0) {
    refuse(E_METER, now_ms);
    return answer_size;
  }
  const told = questionAnswer(ASKER_LINE);
  const kind = <i32>load<u8>(request + FRAME_KIND);
  if (probeTake(kind, request + FRAME_PAYLOAD, <i32>load<i8>(told + RESULT))) {
    probing = true;
    return SERVE_PENDING;
  }
  copyBytes(reply + FRAME_PAYLOAD, told, <u32>size);
  answer(size, now_ms);
  return answer_size;
}
