/** The one question to the meter that the card reader may have open: kept until the link is free,
 *  then its reply until the next question. Pure; exchange.port.ts carries it. */

import { copyBytes } from "../common/bytes";
import { PAYLOAD_SIZE_MAX, requestSize } from "./frame";

enum Question {
  None,
  Waiting, // for the link
  Asked,
  Answered,
  Failed, // the meter is silent
}

const request: usize = memory.data(PAYLOAD_SIZE_MAX);
const reply: usize = memory.data(PAYLOAD_SIZE_MAX);

let state: Question = 0; // Question.None
let kind: i32 = 0;
let reply_size: i32 = 0;

/** No question. */
export function questionInit(): void {
  state = Question.None;
  kind = 0;
  reply_size = 0;
}

/** Where the payload of the next question is put. */
export function questionPayload(): usize {
  return request;
}

/** Asks what stands at questionPayload(); `of_kind` is a KIND_. One question at a time. */
export function questionAsk(of_kind: i32): void {
  assert(state != Question.Waiting && state != Question.Asked);
  kind = of_kind;
  reply_size = 0;
  state = Question.Waiting;
}

/** Whether the question waits for the link. */
export function questionWaiting(): bool {
  return state == Question.Waiting;
}

/** Moves the waiting question's payload to `payload`; returns its kind. */
export function questionTake(payload: usize): i32 {
  assert(state == Question.Waiting);
  copyBytes(payload, request, <u32>requestSize(kind));
  state = Question.Asked;
  return kind;
}

/** The meter's reply to the question that was taken. */
export function questionReply(payload: usize, size: i32): void {
  assert(state == Question.Asked);
  copyBytes(reply, payload, <u32>size);
  reply_size = size;
  state = Question.Answered;
}

/** The meter does not answer. */
export function questionFail(): void {
  assert(state == Question.Waiting || state == Question.Asked);
  reply_size = 0;
  state = Question.Failed;
}

/** Whether the last question is over. */
export function questionOver(): bool {
  return state == Question.Answered || state == Question.Failed;
}

/** Payload of the reply. */
export function questionAnswer(): usize {
  return reply;
}

/** Its size, bytes; 0: the meter did not answer. */
export function questionAnswerSize(): i32 {
  return reply_size;
}
