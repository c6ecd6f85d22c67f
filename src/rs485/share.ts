/** Cards of other boxes: carries the card reader's questions that are for another box to that box, in
 *  frames of DL/T 645, and brings back the answers. The standby master of the line: silent while a host
 *  is heard, unless that grants it time; speaks only when a card needs it. Every exchange may be
 *  repeated, so whatever is lost or garbled is asked again. Pure: share.port.ts moves the bytes.
 *  Source: src/rs485/SPEC.md, "Cards of other boxes". */

import { equalBytes, storeLe32 } from "../common/bytes";
import { E_BOX } from "../common/errors";
import {
  BOX_NUMBER_SIZE,
  CARD_KEYS_REPLY_SIZE,
  CARD_MESSAGE_REPLY_SIZE,
  CARD_RECORD_REPLY_SIZE,
  CARD_RETURN_REPLY_SIZE,
  KIND_CARD_KEYS,
  KIND_CARD_MESSAGE,
  KIND_CARD_RETURN,
  PAYLOAD_SIZE_MAX,
  REFUSED_REPLY_SIZE,
  requestSize,
} from "../link/frame";
import {
  ASKER_CARD,
  questionBox,
  questionFail,
  questionOver,
  questionReply,
  questionTake,
  questionWaiting,
} from "../link/question";
import { snapshotNumber } from "../link/snapshot";
import { hostSilentMs, presentTime, takeGrantWish } from "./context";
import {
  DLT_ADDRESS,
  DLT_ADDRESS_SIZE,
  DLT_CONTROL,
  DLT_ANSWER,
  DLT_ERROR,
  DLT_OVERHEAD,
  DLT_WAKE_COUNT,
  dltByte,
  dltSeal,
} from "./dlt/frame";

export enum Share {
  Idle,
  Waiting, // for the line
  Asked,
  Pausing, // there was no answer
}

export const SHARE_STATE_COUNT: i32 = 4;

export const HOST_OWNS_MS: u32 = 5000;
export const IDLE_MS: u32 = 550; // longer than the latest answer of anybody
export const PAUSE_MS: u32 = 600;
export const PAUSE_SPREAD_MS: u32 = 400;
export const TRY_COUNT: i32 = 3;
/** Longest time that a card waits for the line, ms. */
export const WAIT_MS: u32 = 30000;
const TURN_MS: u32 = 5; // and 3.5 characters, so that a listener sees where a frame ends
const ANSWER_MS: u32 = 300;
const ANSWER_SLOW_MS: u32 = 200; // and the answer's characters, when that is longer
const GRANT_ANSWER_MS: u32 = 80; // within a grant the answer counts on a sound box

const CONTROL_ASK: i32 = 0x03;
const CONTROL_ANSWER: i32 = CONTROL_ASK | DLT_ANSWER;
const CONTROL_REFUSAL: i32 = CONTROL_ANSWER | DLT_ERROR;
const ERROR_NOT_AUTHORISED: u32 = 0x04;
const IDENTIFIER: u32 = 0x07f00000; // and the kind of the request
const IDENTIFIER_SIZE: i32 = 4;
const OPERATOR_SIZE: i32 = 4;
const HEAD_SIZE: i32 = IDENTIFIER_SIZE + OPERATOR_SIZE;
const OVERHEAD: i32 = DLT_WAKE_COUNT + DLT_OVERHEAD;
const BITS_PER_CHARACTER: i32 = 11;

const address: usize = memory.data(6);
const request: usize = memory.data(136); // data of the question
const frame: usize = memory.data(152); // the question, sealed
const reply: usize = memory.data(128);
if (HEAD_SIZE + PAYLOAD_SIZE_MAX != 136) ERROR("a question does not fit");
if (OVERHEAD + 136 != 152 || PAYLOAD_SIZE_MAX != 128) ERROR("a frame does not fit");
if (DLT_ADDRESS_SIZE != BOX_NUMBER_SIZE + 1) ERROR("an address does not fit");

let state: Share = 0; // Share.Idle
let kind: i32 = 0;
let frame_size: i32 = 0;
let tries: i32 = 0;
let since_ms: u32 = 0;
let wait_ms: u32 = 0; // what is waited for in Share.Asked and Share.Pausing
let kept: bool = false; // the line is ours since the answer that came at `answered_ms`
let answered_ms: u32 = 0;
let owed_ms: u32 = 0; // after `asked_ms` an answer may still come; 0: it has come
let asked_ms: u32 = 0;
let granted: bool = false;
let granted_ms: u32 = 0;
let grant_ms: u32 = 0;
let random: u32 = 0;

/** No question, no grant. */
export function shareInit(now_ms: u32): void {
  state = Share.Idle;
  kind = 0;
  frame_size = 0;
  tries = 0;
  since_ms = now_ms;
  wait_ms = 0;
  kept = false;
  answered_ms = now_ms;
  owed_ms = 0;
  asked_ms = now_ms;
  granted = false;
  granted_ms = now_ms;
  grant_ms = 0;
  random = 0;
}

/** Whether a question may go from one state to the other. */
export function shareMayMove(from: Share, to: Share): bool {
  switch (to) {
    case Share.Idle:
      return from != Share.Idle;
    case Share.Waiting:
      return from == Share.Idle || from == Share.Pausing;
    case Share.Asked:
      return from == Share.Waiting;
    default:
      return from == Share.Asked;
  }
}

function move(to: Share, now_ms: u32): void {
  assert(shareMayMove(state, to));
  state = to;
  since_ms = now_ms;
}

function charactersMs(count: i32, baud: i32): u32 {
  return <u32>((count * BITS_PER_CHARACTER * 1000) / baud + 1);
}

/** Size of the reply that is waited for. */
function replySize(): i32 {
  switch (kind) {
    case KIND_CARD_KEYS:
      return CARD_KEYS_REPLY_SIZE;
    case KIND_CARD_MESSAGE:
      return CARD_MESSAGE_REPLY_SIZE;
    case KIND_CARD_RETURN:
      return CARD_RETURN_REPLY_SIZE;
    default:
      return CARD_RECORD_REPLY_SIZE;
  }
}

function answerSize(): i32 {
  return OVERHEAD + IDENTIFIER_SIZE + replySize();
}

/** Own small generator (xorshift32, Marsaglia 2003), never 0: two boxes that fall silent together do not
 *  speak again together. */
function nextRandom(now_ms: u32): u32 {
  if (random == 0) {
    random = presentTime() ^ now_ms;
    const number = snapshotNumber();
    for (let i = 0; i < BOX_NUMBER_SIZE; i++) random = random * 31 + <u32>load<u8>(number + i);
    if (random == 0) random = 1;
  }
  random ^= random << 13;
  random ^= random >> 17;
  random ^= random << 5;
  return random;
}

/** Puts the card's question into a frame for its box. */
function seal(now_ms: u32): void {
  const number = questionBox(ASKER_CARD);
  store<u8>(address, 0); // the box, no household
  for (let i = 0; i < BOX_NUMBER_SIZE; i++) {
    store<u8>(address + DLT_ADDRESS_SIZE - 1 - i, load<u8>(number + i));
  }
  kind = questionTake(ASKER_CARD, request + HEAD_SIZE);
  storeLe32(request, IDENTIFIER | (<u32>kind));
  storeLe32(request + IDENTIFIER_SIZE, nextRandom(now_ms)); // tells a repeat from a new question
  frame_size = dltSeal(frame, address, CONTROL_ASK, request, HEAD_SIZE + requestSize(kind));
}

function takeGrant(now_ms: u32): void {
  if (granted && now_ms - granted_ms >= grant_ms) granted = false;
  const duration_ms = takeGrantWish();
  if (duration_ms == 0) return;
  granted = true;
  granted_ms = now_ms;
  grant_ms = <u32>duration_ms;
}

/** Whether the host has given enough time for a whole exchange, and has kept silent since. */
function isGranted(now_ms: u32, baud: i32): bool {
  if (!granted) return false;
  const passed_ms = now_ms - granted_ms;
  if (hostSilentMs(now_ms) < passed_ms) {
    granted = false;
    return false;
  }
  const need_ms =
    charactersMs(frame_size, baud) + GRANT_ANSWER_MS + charactersMs(answerSize(), baud);
  return passed_ms + need_ms <= grant_ms;
}

/** Whether the line is ours: nobody else was heard long enough, or nobody since our last answer. */
function maySpeak(now_ms: u32, idle_ms: u32, baud: i32): bool {
  if (owed_ms > 0 && now_ms - asked_ms < owed_ms) return false;
  if (idle_ms < TURN_MS + charactersMs(4, baud)) return false;
  if (isGranted(now_ms, baud)) return true;
  if (hostSilentMs(now_ms) < HOST_OWNS_MS) return false;
  return idle_ms >= IDLE_MS || (kept && idle_ms >= now_ms - answered_ms);
}

function send(now_ms: u32, baud: i32): i32 {
  move(Share.Asked, now_ms);
  tries++;
  kept = false;
  const out_ms = charactersMs(frame_size, baud);
  const slow_ms = ANSWER_SLOW_MS + charactersMs(answerSize(), baud);
  asked_ms = now_ms;
  owed_ms = out_ms + IDLE_MS;
  wait_ms = out_ms + (slow_ms > ANSWER_MS ? slow_ms : ANSWER_MS);
  return frame_size;
}

function fail(now_ms: u32): void {
  questionFail(ASKER_CARD);
  move(Share.Idle, now_ms);
}

function waitLine(now_ms: u32, idle_ms: u32, free: bool, baud: i32): i32 {
  if (free && maySpeak(now_ms, idle_ms, baud)) return send(now_ms, baud);
  if (now_ms - since_ms >= WAIT_MS) fail(now_ms);
  return 0;
}

/** Whether shareStep() has anything to do; cheap, for every tick. A grant begins when its answer is out. */
export function shareBusy(now_ms: u32, free: bool): bool {
  if (free) takeGrant(now_ms);
  return state != Share.Idle || (questionWaiting(ASKER_CARD) && questionBox(ASKER_CARD) != 0);
}

/** One step. `idle_ms`: how long the line has been silent; `free`: nothing of this box is going out or
 *  about to. Returns how many bytes at shareFrame() are to be sent now, 0 none. */
export function shareStep(now_ms: u32, idle_ms: u32, free: bool, baud: i32): i32 {
  if (state != Share.Idle && questionOver(ASKER_CARD)) move(Share.Idle, now_ms); // cancelled
  switch (state) {
    case Share.Idle:
      if (!questionWaiting(ASKER_CARD) || questionBox(ASKER_CARD) == 0) return 0;
      seal(now_ms);
      tries = 0;
      move(Share.Waiting, now_ms);
      return waitLine(now_ms, idle_ms, free, baud);
    case Share.Waiting:
      return waitLine(now_ms, idle_ms, free, baud);
    case Share.Asked:
      if (now_ms - since_ms < wait_ms) return 0;
      if (tries >= TRY_COUNT) {
        fail(now_ms);
        return 0;
      }
      wait_ms = PAUSE_MS + (nextRandom(now_ms) % (PAUSE_SPREAD_MS + 1));
      move(Share.Pausing, now_ms);
      return 0;
    default:
      if (now_ms - since_ms >= wait_ms) move(Share.Waiting, now_ms);
      return 0;
  }
}

/** The question as it goes out. */
export function shareFrame(): usize {
  return frame;
}

function isAnswer(answer: usize, size: i32): bool {
  for (let i = 0; i < IDENTIFIER_SIZE; i++) {
    if (dltByte(answer, i) != <u32>load<u8>(request + i)) return false;
  }
  return size == replySize() || size == REFUSED_REPLY_SIZE;
}

function take(answer: usize, size: i32, now_ms: u32): void {
  for (let i = 0; i < size; i++) store<u8>(reply + i, dltByte(answer, IDENTIFIER_SIZE + i));
  questionReply(ASKER_CARD, reply, size);
  move(Share.Idle, now_ms);
  owed_ms = 0;
  kept = true;
  answered_ms = now_ms;
}

/** A box that is not set to have its cards read here refuses: they are to be shown there. */
function takeRefusal(error: u32, now_ms: u32): void {
  owed_ms = 0;
  if (error != ERROR_NOT_AUTHORISED) {
    fail(now_ms);
    return;
  }
  store<i8>(reply, <i8>E_BOX);
  questionReply(ASKER_CARD, reply, REFUSED_REPLY_SIZE);
  move(Share.Idle, now_ms);
}

/** Somebody's right answer of DL/T 645, `answer_size` bytes from its first 68h: ours only when it comes
 *  from the box that was asked, says what was asked for, and no host has asked anything meanwhile. */
export function shareTake(answer: usize, answer_size: i32, now_ms: u32): void {
  if (state != Share.Asked || questionOver(ASKER_CARD)) return;
  if (hostSilentMs(now_ms) < now_ms - since_ms) return;
  if (!equalBytes(answer + DLT_ADDRESS, address, DLT_ADDRESS_SIZE)) return;
  const control = <i32>load<u8>(answer + DLT_CONTROL);
  const size = answer_size - DLT_OVERHEAD - IDENTIFIER_SIZE;
  if (control == CONTROL_REFUSAL && size > -IDENTIFIER_SIZE) {
    takeRefusal(dltByte(answer, 0), now_ms);
  } else if (control == CONTROL_ANSWER && size > 0 && isAnswer(answer, size)) {
    take(answer, size, now_ms);
  }
}
