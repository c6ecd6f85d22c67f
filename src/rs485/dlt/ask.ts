/** Questions to the meter on behalf of one request. A handler is run again from its start whenever a
 *  reply has come; what it has asked last is remembered, so that the same question is not asked twice.
 *  What a step must keep beyond its question stays in kept(). */

import { copyBytes, loadLe32, storeLe32 } from "../../common/bytes";
import { OK } from "../../common/errors";
import { KIND_SLICE_READ, requestSize, RESULT } from "../../link/frame";
import { SLICE_READ_REPLY_SLICE, SLICE_SIZE } from "../../link/frame";
import {
  ASKER_LINE,
  questionAnswer,
  questionAnswerSize,
  questionAsk,
  questionFree,
  questionPayload,
} from "../../link/question";

const slice: usize = memory.data(52);
if (SLICE_SIZE != 52) ERROR("a slice does not fit");

let asked_kind: i32 = 0; // 0: nothing asked for this request
let asked_first: u32 = 0;
let asked_second: u32 = 0;
let has_slice: bool = false;
let slice_result: i32 = 0;
let step: i32 = 0;
let kept_value: u32 = 0;

/** A new request: nothing asked yet. */
export function askInit(): void {
  asked_kind = 0;
  asked_first = 0;
  asked_second = 0;
  has_slice = false;
  slice_result = OK;
  stepInit();
}

/** Whether nothing is under way. */
export function askFree(): bool {
  return questionFree(ASKER_LINE);
}

/** Whether the meter did not answer what was asked for this request. */
export function askFailed(): bool {
  return asked_kind != 0 && questionAnswerSize(ASKER_LINE) == 0;
}

/** Where the payload of a question is put for ask(). */
export function askPayload(): usize {
  return questionPayload(ASKER_LINE);
}

/** Asks what stands at askPayload(). */
export function ask(kind: i32): void {
  asked_kind = kind;
  questionAsk(ASKER_LINE, kind);
}

/** Whether ask() was called for this request: its reply has come. */
export function asked(kind: i32): bool {
  return asked_kind == kind;
}

/** Whether the reply to a reading of `kind`, with the payload of up to 8 bytes in `first` and `second`,
 *  low byte first, is at hand; if it is not, it is asked for. */
export function has(kind: i32, first: u32, second: u32): bool {
  if (asked_kind == kind && asked_first == first && asked_second == second) return true;
  asked_first = first;
  asked_second = second;
  const payload = askPayload();
  storeLe32(payload, first);
  storeLe32(payload + 4, second);
  assert(requestSize(kind) <= 8);
  ask(kind);
  return false;
}

/** Payload of the last reply. */
export function reply(): usize {
  return questionAnswer(ASKER_LINE);
}

/** Number of 4 bytes in it. */
export function replyAt(offset: i32): u32 {
  return loadLe32(reply() + offset);
}

/** Its result, OK or an E_. */
export function replyResult(): i32 {
  return load<i8>(reply() + RESULT);
}

/** Whether the household's slice of this moment is at hand or was refused; if not, it is asked for. */
export function hasSlice(household: i32): bool {
  if (has_slice) return true;
  if (!has(KIND_SLICE_READ, <u32>household, 0)) return false;
  copyBytes(slice, reply() + SLICE_READ_REPLY_SLICE, <u32>SLICE_SIZE);
  has_slice = true;
  slice_result = replyResult();
  return true;
}

/** What the meter said to that: OK, or E_HOUSEHOLD when it is not in use any more. */
export function sliceResult(): i32 {
  return slice_result;
}

/** The household's slice, after hasSlice(). */
export function sliceOf(): usize {
  return slice;
}

/** Number of 4 bytes in the slice. */
export function sliceAt(offset: i32): u32 {
  return loadLe32(slice + offset);
}

/** Something new is begun: its first step. */
export function stepInit(): void {
  step = 0;
  kept_value = 0;
}

/** Step of what is being made, 0 the first. */
export function stepNow(): i32 {
  return step;
}

/** Goes to the next step, which needs `value`. */
export function stepKeep(value: u32): void {
  step++;
  kept_value = value;
}

/** What the last step kept. */
export function kept(): u32 {
  return kept_value;
}
