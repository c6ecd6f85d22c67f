/** 03h: signed messages, the card exchange of the reader that the whole line shares, and the grant of
 *  the line. Binary values, low byte first. Bodies and answers: src/rs485/SPEC.md. */

import { bcdPair, copyBytes, loadLe16 } from "../../common/bytes";
import * as errors from "../../common/errors";
import * as link from "../../link/frame";
import { ASKER_LINE, questionAnswerSize } from "../../link/question";
import { snapshotReaderPlace } from "../../link/snapshot";
import { SERVE_PENDING } from "../answer";
import { GRANT_MAX_MS, wishGrant } from "../context";
import { repeatAnswer, repeatFind, repeatKeep } from "../share-repeat";
import { putAddress, THE_BOX } from "./address";
import { ask, asked, askPayload, reply, replyResult } from "./ask";
import { DLT_ADDRESS_SIZE } from "./frame";
import * as request from "./request";

const OPEN_ACCOUNT: u32 = 0x070101ff; // the same as the other
const SIGNED_MESSAGE: u32 = 0x070102ff;
const GRANT: u32 = 0x07f00100;
const CARD_FIRST: u32 = 0x07f00008;
const CARD_LAST: u32 = 0x07f0000b;

const HEAD_SIZE: i32 = 8; // identifier and operator

// Error bits of the answer to a refused message
const OTHER: u32 = 0x01;
const CODE: u32 = 0x08;
const CARD: u32 = 0x10;
const NUMBER: u32 = 0x20;
const HOARDING: u32 = 0x40;
const ADDRESS: u32 = 0x80;

function bitsOf(error: i32): u32 {
  switch (error) {
    case errors.E_CODE:
      return CODE;
    case errors.E_CARD:
      return CARD;
    case errors.E_NUMBER_OLD:
    case errors.E_NUMBER_SKIPPED:
      return NUMBER;
    case errors.E_LIMIT:
      return HOARDING;
    case errors.E_BOX:
    case errors.E_HOUSEHOLD:
      return ADDRESS;
    default:
      return OTHER;
  }
}

function refused(error: i32): i32 {
  return request.refuseSecurity(bitsOf(error), -error);
}

/** Remaining, purchase number, and the address of whom the message was for. */
function messageDone(): i32 {
  const error = replyResult();
  if (!request.isDone(error)) return refused(error);
  let size = request.answerIdentifier();
  copyBytes(request.answerData() + size, reply() + link.MESSAGE_REPLY_REMAINING, 4);
  copyBytes(request.answerData() + size + 4, reply() + link.MESSAGE_REPLY_NUMBER, 4);
  size += 8;
  putAddress(request.answerData() + size, load<u8>(reply() + link.MESSAGE_REPLY_HOUSEHOLD));
  return request.accept(size + DLT_ADDRESS_SIZE);
}

/** A household takes only what is for it; the box takes what is for any. */
function message(size: i32): i32 {
  if (size != link.SIGNED_SIZE) return request.refuse(request.ERR_OTHER);
  const signed = request.requestData() + HEAD_SIZE;
  const to = bcdPair(load<u8>(signed + link.SIGNED_ADDRESS_SIZE - 1));
  const household = request.requestHousehold();
  if (household != THE_BOX && household != to) return refused(errors.E_HOUSEHOLD);
  store<u8>(askPayload() + link.MESSAGE_SOURCE, link.SOURCE_LINE);
  copyBytes(askPayload() + link.MESSAGE_SIGNED, signed, <u32>size);
  ask(link.KIND_MESSAGE);
  return SERVE_PENDING;
}

function cardAnswer(payload: usize, size: i32): i32 {
  const head = request.answerIdentifier();
  copyBytes(request.answerData() + head, payload, <u32>size);
  return request.accept(head + size);
}

function cardDone(): i32 {
  const size = questionAnswerSize(ASKER_LINE);
  repeatKeep(request.requestData(), request.requestLength(), reply(), size);
  return cardAnswer(reply(), size);
}

function card(kind: i32, size: i32): i32 {
  if (size != link.requestSize(kind)) return request.refuse(request.ERR_OTHER);
  if (snapshotReaderPlace() != link.PLACE_ELSEWHERE) return request.refuse(request.ERR_DENIED);
  const known = repeatFind(request.requestData(), request.requestLength());
  if (known > 0) return cardAnswer(repeatAnswer(), known);
  copyBytes(askPayload(), request.requestData() + HEAD_SIZE, <u32>size);
  ask(kind);
  return SERVE_PENDING;
}

function grant(size: i32): i32 {
  const duration_ms = size == 2 ? <i32>loadLe16(request.requestData() + HEAD_SIZE) : 0;
  if (duration_ms < 1 || duration_ms > GRANT_MAX_MS) return request.refuse(request.ERR_OTHER);
  wishGrant(duration_ms);
  return request.accept(request.answerIdentifier());
}

/** One step: SERVE_PENDING, or the size of the answer. */
export function securityStep(): i32 {
  const size = request.requestLength() - HEAD_SIZE;
  if (size < 0) return request.refuse(request.ERR_OTHER);
  const identifier = request.requestIdentifier();
  if (identifier == SIGNED_MESSAGE || identifier == OPEN_ACCOUNT) {
    return asked(link.KIND_MESSAGE) ? messageDone() : message(size);
  }
  if (request.requestHousehold() == THE_BOX) {
    if (identifier == GRANT) return grant(size);
    if (identifier >= CARD_FIRST && identifier <= CARD_LAST) {
      const kind = <i32>(identifier & 0xff);
      return asked(kind) ? cardDone() : card(kind, size);
    }
  }
  return request.refuse(request.ERR_NO_DATA);
}

if (CARD_FIRST != (0x07f00000 | link.KIND_CARD_KEYS)) ERROR("card requests are numbered otherwise");
if (CARD_LAST != (0x07f00000 | link.KIND_CARD_RECORD))
  ERROR("card requests are numbered otherwise");
