/** What a host wrote and the meter has to do: a signed message or a freeze. The host has its answer by
 *  then; it reads the result of a message in registers 0310h..031Dh. One at a time. */

import { copyBytes, fillBytes, loadBe32, loadLe32 } from "../../common/bytes";
import { E_METER } from "../../common/errors";
import {
  ACTION_FREEZE,
  COMMAND_ACTION,
  COMMAND_ID,
  COMMAND_REQUEST_SIZE,
  KIND_COMMAND,
  KIND_MESSAGE,
  MESSAGE_REPLY_AMOUNT,
  MESSAGE_REPLY_FLAGS,
  MESSAGE_REPLY_HOUSEHOLD,
  MESSAGE_REPLY_KIND,
  MESSAGE_REPLY_NUMBER,
  MESSAGE_REPLY_REMAINING,
  MESSAGE_REPLY_SIZE,
  MESSAGE_REPLY_STATE,
  MESSAGE_SIGNED,
  MESSAGE_SOURCE,
  RESULT,
  RING_INSTANT,
  SIGNED_NUMBER,
  SIGNED_SIZE,
  SOURCE_LINE,
} from "../../link/frame";
import {
  ASKER_LINE,
  questionAnswer,
  questionAnswerSize,
  questionAsk,
  questionFree,
  questionOver,
  questionPayload,
} from "../../link/question";

enum Carry {
  Nothing,
  Message,
  Freeze,
}

const MAILBOX_UNDER_WAY: u32 = 1;
const MAILBOX_DONE: u32 = 2;

const reply: usize = memory.data(20);
if (MESSAGE_REPLY_SIZE != 20) ERROR("a reply does not fit");

let carried: Carry = 0; // Carry.Nothing
let mailbox: u32 = 0;
let number: u32 = 0; // the message's own

/** Nothing carried since the start. */
export function carryInit(): void {
  carried = Carry.Nothing;
  mailbox = 0;
  number = 0;
  fillBytes(reply, 0, MESSAGE_REPLY_SIZE);
}

/** Whether the meter has not answered yet; then nothing more is taken. */
export function carryBusy(): bool {
  return carried != Carry.Nothing || !questionFree(ASKER_LINE);
}

/** Takes the signed message at `message` to the meter; not while carryBusy(). */
export function carryMessage(message: usize): void {
  const payload = questionPayload(ASKER_LINE);
  store<u8>(payload + MESSAGE_SOURCE, SOURCE_LINE);
  copyBytes(payload + MESSAGE_SIGNED, message, SIGNED_SIZE);
  questionAsk(ASKER_LINE, KIND_MESSAGE);
  carried = Carry.Message;
  mailbox = MAILBOX_UNDER_WAY;
  number = loadBe32(message + SIGNED_NUMBER);
  fillBytes(reply, 0, MESSAGE_REPLY_SIZE);
}

/** Has the meter freeze this moment; not while carryBusy(). */
export function carryFreeze(): void {
  const payload = questionPayload(ASKER_LINE);
  fillBytes(payload, 0, COMMAND_REQUEST_SIZE);
  store<u8>(payload + COMMAND_ACTION, ACTION_FREEZE);
  store<u8>(payload + COMMAND_ID, RING_INSTANT);
  questionAsk(ASKER_LINE, KIND_COMMAND);
  carried = Carry.Freeze;
}

/** One step: takes the meter's answer. */
export function carryStep(): void {
  if (carried == Carry.Nothing || !questionOver(ASKER_LINE)) return;
  if (carried == Carry.Message) {
    const size = questionAnswerSize(ASKER_LINE);
    if (size == 0) store<i8>(reply + RESULT, <i8>E_METER);
    else copyBytes(reply, questionAnswer(ASKER_LINE), min<u32>(size, MESSAGE_REPLY_SIZE));
    mailbox = MAILBOX_DONE;
  }
  carried = Carry.Nothing;
}

function half(value: u32, index: i32): u32 {
  return (index & 1) == 0 ? value >> 16 : value & 0xffff;
}

/** Register 0310h + `index` (0..15). */
export function carryRegister(index: i32): u32 {
  switch (index) {
    case 0x0:
      return mailbox;
    case 0x1:
      return (<u32>load<i8>(reply + RESULT)) & 0xffff;
    case 0x2:
      return <u32>load<u8>(reply + MESSAGE_REPLY_HOUSEHOLD);
    case 0x3:
      return <u32>load<u8>(reply + MESSAGE_REPLY_STATE);
    case 0x4:
    case 0x5:
      return half(loadLe32(reply + MESSAGE_REPLY_AMOUNT), index);
    case 0x6:
    case 0x7:
      return half(loadLe32(reply + MESSAGE_REPLY_REMAINING), index);
    case 0x8:
    case 0x9:
      return half(loadLe32(reply + MESSAGE_REPLY_NUMBER), index);
    case 0xa:
      return <u32>load<u8>(reply + MESSAGE_REPLY_KIND);
    case 0xb:
      return <u32>load<u8>(reply + MESSAGE_REPLY_FLAGS);
    case 0xc:
    case 0xd:
      return half(number, index);
    default:
      return 0;
  }
}
