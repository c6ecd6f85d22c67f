/** Questions to a meter, one for each asker: kept until it can be asked, then the reply until the
 *  asker's next question. Pure; exchange.port.ts carries what is for the own meter, what is for
 *  another box goes over the line. */

import { copyBytes } from "../common/bytes";
import { BOX_NUMBER_SIZE, PAYLOAD_SIZE_MAX, requestSize } from "./frame";

export const ASKER_LINE: i32 = 1;
export const ASKER_CARD: i32 = 2;

enum Question {
  None,
  Waiting, // to be taken
  Asked,
  Answered,
  Failed, // nobody answers
}

// One of them: state, kind, size of the reply, whether it is away (4 each), box, request, reply
const STATE: usize = 0;
const KIND: usize = 4;
const REPLY_SIZE: usize = 8;
const AWAY: usize = 12;
const BOX: usize = 16;
const REQUEST: usize = 24;
const REPLY: usize = REQUEST + 128;
const QUESTION_SIZE: usize = REPLY + 128;

const questions: usize = memory.data(560);
if (BOX + BOX_NUMBER_SIZE > REQUEST) ERROR("a box number does not fit");
if (REPLY != REQUEST + PAYLOAD_SIZE_MAX || QUESTION_SIZE != REPLY + PAYLOAD_SIZE_MAX) {
  ERROR("a payload does not fit");
}
if (QUESTION_SIZE * 2 != 560) ERROR("two questions do not fit");

function slot(asker: i32): usize {
  assert(asker == ASKER_LINE || asker == ASKER_CARD);
  return questions + <usize>(asker - ASKER_LINE) * QUESTION_SIZE;
}

function stateOf(asker: i32): Question {
  return <Question>load<i32>(slot(asker) + STATE);
}

function forget(asker: i32): void {
  const question = slot(asker);
  store<i32>(question + STATE, Question.None);
  store<i32>(question + KIND, 0);
  store<i32>(question + REPLY_SIZE, 0);
  store<i32>(question + AWAY, 0);
}

/** No questions. */
export function questionInit(): void {
  forget(ASKER_LINE);
  forget(ASKER_CARD);
}

/** Where the payload of the asker's next question is put, PAYLOAD_SIZE_MAX bytes. */
export function questionPayload(asker: i32): usize {
  return slot(asker) + REQUEST;
}

/** Asks what stands at questionPayload(); `kind` is a KIND_. One question at a time. */
export function questionAsk(asker: i32, kind: i32): void {
  const question = slot(asker);
  assert(questionFree(asker));
  store<i32>(question + KIND, kind);
  store<i32>(question + REPLY_SIZE, 0);
  store<i32>(question + STATE, Question.Waiting);
}

/** Whether the asker may ask: nothing asked yet, or the last question is over. */
export function questionFree(asker: i32): bool {
  const state = stateOf(asker);
  return state != Question.Waiting && state != Question.Asked;
}

/** From now on the asker's questions are for the box whose number (5 bytes BCD) stands at `number`; 0:
 *  for the own meter. */
export function questionAway(asker: i32, number: usize): void {
  const question = slot(asker);
  store<i32>(question + AWAY, number != 0 ? 1 : 0);
  if (number != 0) copyBytes(question + BOX, number, BOX_NUMBER_SIZE);
}

/** Number of the box that the asker's questions are for; 0: the own meter. */
export function questionBox(asker: i32): usize {
  const question = slot(asker);
  return load<i32>(question + AWAY) != 0 ? question + BOX : 0;
}

/** Whether the asker's question waits to be taken, by whomever. */
export function questionWaiting(asker: i32): bool {
  return stateOf(asker) == Question.Waiting;
}

/** Whether it waits for the own meter. */
export function questionWaitingHere(asker: i32): bool {
  return stateOf(asker) == Question.Waiting && load<i32>(slot(asker) + AWAY) == 0;
}

/** Whether the asker's question was taken and nothing has come yet. */
export function questionTaken(asker: i32): bool {
  return stateOf(asker) == Question.Asked;
}

/** Moves the waiting question's payload to `payload`; returns its kind. */
export function questionTake(asker: i32, payload: usize): i32 {
  const question = slot(asker);
  assert(stateOf(asker) == Question.Waiting);
  const kind = load<i32>(question + KIND);
  copyBytes(payload, question + REQUEST, <u32>requestSize(kind));
  store<i32>(question + STATE, Question.Asked);
  return kind;
}

/** The reply to the question that was taken; `size` 1..PAYLOAD_SIZE_MAX bytes. */
export function questionReply(asker: i32, payload: usize, size: i32): void {
  const question = slot(asker);
  assert(stateOf(asker) == Question.Asked && size > 0 && size <= PAYLOAD_SIZE_MAX);
  copyBytes(question + REPLY, payload, <u32>size);
  store<i32>(question + REPLY_SIZE, size);
  store<i32>(question + STATE, Question.Answered);
}

/** Nobody answers. */
export function questionFail(asker: i32): void {
  assert(!questionFree(asker));
  store<i32>(slot(asker) + REPLY_SIZE, 0);
  store<i32>(slot(asker) + STATE, Question.Failed);
}

/** Whether the asker's last question is over. */
export function questionOver(asker: i32): bool {
  const state = stateOf(asker);
  return state == Question.Answered || state == Question.Failed;
}

/** Payload of the reply. */
export function questionAnswer(asker: i32): usize {
  return slot(asker) + REPLY;
}

/** Its size, bytes; 0: nobody answered. */
export function questionAnswerSize(asker: i32): i32 {
  return load<i32>(slot(asker) + REPLY_SIZE);
}
