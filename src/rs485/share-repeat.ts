/** What this box last answered to the box that reads its cards. The same question again (the answer was
 *  lost) gets the same answer and the meter is not asked: to that, a message that comes again is a card
 *  shown again. Questions are told apart by the number in their operator field; 0 has no repeats. Pure. */

import { copyBytes, equalBytes, loadLe32 } from "../common/bytes";
import { PAYLOAD_SIZE_MAX } from "../link/frame";

const OPERATOR: i32 = 4; // offset in the data: behind the identifier
const HEAD_SIZE: i32 = 8;

const question: usize = memory.data(136);
const answer: usize = memory.data(128);
if (HEAD_SIZE + PAYLOAD_SIZE_MAX != 136 || PAYLOAD_SIZE_MAX != 128)
  ERROR("a question does not fit");

let question_size: i32 = 0;
let answer_size: i32 = 0;

/** Nothing answered yet. */
export function repeatInit(): void {
  question_size = 0;
  answer_size = 0;
}

/** Whether the question, `size` bytes from its identifier on, was the last one: size of what was answered,
 *  which stands at repeatAnswer(); 0: it was not. */
export function repeatFind(data: usize, size: i32): i32 {
  if (size != question_size || loadLe32(data + OPERATOR) == 0) return 0;
  return equalBytes(data, question, <u32>size) ? answer_size : 0;
}

/** Payload of what was answered last. */
export function repeatAnswer(): usize {
  return answer;
}

/** Keeps the payload of the answer to a question of `size` bytes (8..136). */
export function repeatKeep(data: usize, size: i32, payload: usize, payload_size: i32): void {
  assert(size >= HEAD_SIZE && size <= HEAD_SIZE + PAYLOAD_SIZE_MAX);
  assert(payload_size > 0 && payload_size <= PAYLOAD_SIZE_MAX);
  question_size = size;
  copyBytes(question, data, <u32>size);
  answer_size = payload_size;
  copyBytes(answer, payload, <u32>payload_size);
}
