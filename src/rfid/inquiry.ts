/** What the card reader asks the card's meter: puts the questions of src/link/SPEC.md, CARD_ requests,
 *  and judges the answers' sizes. Whether that is the own meter, the questions know. Pure. */

import { copyBytes, storeLe32 } from "../common/bytes";
import { E_LINE, E_METER, E_REQUEST, OK } from "../common/errors";
import {
  CARD_KEYS_SECTOR,
  CARD_KEYS_UID,
  CARD_MESSAGE_SIGNED,
  CARD_MESSAGE_UID,
  CARD_RECORD_HOUSEHOLD,
  CARD_RETURN_HOUSEHOLD,
  CARD_RETURN_REQUEST_SIZE,
  CARD_RETURN_RESULT,
  CARD_RETURN_SEQUENCE,
  CARD_RETURN_UID,
  CARD_UID_SIZE,
  KIND_CARD_KEYS,
  KIND_CARD_MESSAGE,
  KIND_CARD_RECORD,
  KIND_CARD_RETURN,
  REFUSED_REPLY_SIZE,
  RESULT,
  SIGNED_SIZE,
} from "../link/frame";
import {
  ASKER_CARD,
  questionAnswer,
  questionAnswerSize,
  questionAsk,
  questionBox,
  questionPayload,
} from "../link/question";

/** Asks for the keys of a sector of the card with this UID (4 bytes). */
export function askKeys(uid: usize, sector: i32): void {
  const payload = questionPayload(ASKER_CARD);
  copyBytes(payload + CARD_KEYS_UID, uid, CARD_UID_SIZE);
  store<u8>(payload + CARD_KEYS_SECTOR, sector);
  questionAsk(ASKER_CARD, KIND_CARD_KEYS);
}

/** Asks to take a signed message that stands on the card. */
export function askMessage(uid: usize, message: usize): void {
  const payload = questionPayload(ASKER_CARD);
  copyBytes(payload + CARD_MESSAGE_UID, uid, CARD_UID_SIZE);
  copyBytes(payload + CARD_MESSAGE_SIGNED, message, SIGNED_SIZE);
  questionAsk(ASKER_CARD, KIND_CARD_MESSAGE);
}

/** Asks for the blocks of the return slot with this sequence. */
export function askReturn(uid: usize, household: i32, result: i32, sequence: u32): void {
  const payload = questionPayload(ASKER_CARD);
  for (let i = 0; i < CARD_RETURN_REQUEST_SIZE; i++) store<u8>(payload + i, 0);
  copyBytes(payload + CARD_RETURN_UID, uid, CARD_UID_SIZE);
  store<u8>(payload + CARD_RETURN_HOUSEHOLD, household);
  store<i8>(payload + CARD_RETURN_RESULT, result);
  storeLe32(payload + CARD_RETURN_SEQUENCE, sequence);
  questionAsk(ASKER_CARD, KIND_CARD_RETURN);
}

/** Asks for a household's block of a check card. */
export function askRecord(household: i32): void {
  store<u8>(questionPayload(ASKER_CARD) + CARD_RECORD_HOUSEHOLD, household);
  questionAsk(ASKER_CARD, KIND_CARD_RECORD);
}

/** Result of the answer, whose whole size is `size`: at least OK only when it is whole. */
export function answerResult(size: i32): i32 {
  const answered = questionAnswerSize(ASKER_CARD);
  if (answered == 0) return questionBox(ASKER_CARD) == 0 ? E_METER : E_LINE;
  const result = <i32>load<i8>(questionAnswer(ASKER_CARD) + RESULT);
  if (answered == size) return result;
  return answered == REFUSED_REPLY_SIZE && result < OK ? result : E_REQUEST;
}
