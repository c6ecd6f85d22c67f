/** What the panel asks the meter and where the replies go: first what a card needs, then what came
 *  over the line, then the box every second, then a POLL every 40 ms that walks through the households
 *  round and round. 39 households are 20 polls; with the box and the displayed household in between
 *  each is fresh within a second. Shows nothing: panel.ts hands a MESSAGE reply to the display. */

import { storeLe32 } from "../common/bytes";
import { OK } from "../common/errors";
import {
  COMMAND_HOUSEHOLD,
  COMMAND_REPLY_SIZE,
  KIND_BOX_READ,
  KIND_CARD_MESSAGE,
  KIND_COMMAND,
  KIND_MESSAGE,
  KIND_POLL,
  KIND_PROVISION,
  MESSAGE_REPLY_HOUSEHOLD,
  MESSAGE_REPLY_SIZE,
  POLL_CLOCK,
  POLL_DISPLAYED,
  POLL_FLAGS,
  POLL_FLAG_CLOCK_TRUSTED,
  POLL_FROM,
  RESULT,
  STATUS_RESTARTED,
} from "./frame";
import {
  ASKER_PANEL,
  GAVE_UP,
  masterAsk,
  masterAsker,
  masterFree,
  masterLost,
  masterPayload,
  masterReply,
  masterReplySize,
  masterTick,
} from "./master.port";
import {
  ASKER_CARD,
  ASKER_LINE,
  questionFail,
  questionInit,
  questionReply,
  questionTake,
  questionTaken,
  questionWaitingHere,
} from "./question";
import { HOUSEHOLD_MAX, snapshotBox, snapshotLost, snapshotPoll, snapshotStatus } from "./snapshot";

const POLL_PERIOD_MS: u32 = 40;
const BOX_PERIOD_MS: u32 = 1000;
const DISPLAYED_PERIOD_MS: u32 = 500; // how old the household on the tubes may be

let displayed: i32 = 0;
let clock_s: u32 = 0;
let poll_ms: u32 = 0;
let box_ms: u32 = 0;
let box_wanted: bool = false;
let displayed_ms: u32 = 0; // when the displayed household was last asked for
let fresh_wanted: i32 = 0; // household to be asked for next, 0 none
let round_from: i32 = 0; // where the walk goes on
let asked_from: i32 = 0;
let replied: i32 = 0; // asker of the last reply

/** Starts with the box, then the first household. */
export function exchangeInit(now_ms: u32): void {
  displayed = 0;
  clock_s = 0;
  poll_ms = now_ms;
  box_ms = now_ms;
  box_wanted = true;
  displayed_ms = now_ms;
  fresh_wanted = 0;
  round_from = 1;
  asked_from = 0;
  replied = ASKER_PANEL;
  questionInit();
}

/** Household on the tubes, 1..39 or 0. A change is told to the meter at once. */
export function exchangeDisplayed(household: i32, now_ms: u32): void {
  if (household == displayed) return;
  displayed = household;
  poll_ms = now_ms - POLL_PERIOD_MS;
  displayed_ms = now_ms - DISPLAYED_PERIOD_MS;
}

/** The time, seconds since 2000-01-01; 0 while the clock is not trusted. */
export function exchangeClock(time_s: u32): void {
  clock_s = time_s;
}

function chooseFrom(now_ms: u32): i32 {
  if (fresh_wanted > 0) {
    const household = fresh_wanted;
    fresh_wanted = 0;
    return household;
  }
  if (displayed > 0 && now_ms - displayed_ms >= DISPLAYED_PERIOD_MS) {
    displayed_ms = now_ms;
    return displayed;
  }
  return round_from;
}

function askPoll(now_ms: u32): void {
  poll_ms = now_ms;
  asked_from = chooseFrom(now_ms);
  const payload = masterPayload();
  store<u8>(payload + POLL_DISPLAYED, displayed);
  store<u8>(payload + POLL_FLAGS, clock_s != 0 ? POLL_FLAG_CLOCK_TRUSTED : 0);
  storeLe32(payload + POLL_CLOCK, clock_s);
  store<u8>(payload + POLL_FROM, asked_from);
  store<u8>(payload + POLL_FROM + 1, 0);
  masterAsk(ASKER_PANEL, KIND_POLL, now_ms);
}

function askFor(asker: i32, now_ms: u32): void {
  masterAsk(asker, questionTake(asker, masterPayload()), now_ms);
}

function askNext(now_ms: u32): void {
  if (masterLost()) {
    askPoll(now_ms);
  } else if (questionWaitingHere(ASKER_CARD)) {
    askFor(ASKER_CARD, now_ms);
  } else if (questionWaitingHere(ASKER_LINE)) {
    askFor(ASKER_LINE, now_ms);
  } else if (box_wanted || now_ms - box_ms >= BOX_PERIOD_MS) {
    box_wanted = false;
    box_ms = now_ms;
    masterAsk(ASKER_PANEL, KIND_BOX_READ, now_ms);
  } else if (now_ms - poll_ms >= POLL_PERIOD_MS) {
    askPoll(now_ms);
  }
}

function takePoll(reply: usize, size: i32): void {
  const known = snapshotPoll(asked_from, reply, size);
  if (known > 0 && asked_from == round_from) round_from = known < HOUSEHOLD_MAX ? known + 1 : 1;
  if (snapshotStatus(STATUS_RESTARTED)) box_wanted = true;
}

/** What may have changed the box or a household is followed by a look at both. */
function lookAgain(household: i32, now_ms: u32): void {
  box_wanted = true;
  if (household < 1 || household > HOUSEHOLD_MAX) return;
  fresh_wanted = household;
  poll_ms = now_ms - POLL_PERIOD_MS;
}

/** Whether the asker still waits: it may have given its question up. */
function isTaken(asker: i32): bool {
  return asker != ASKER_PANEL && questionTaken(asker);
}

function takeReply(kind: i32, now_ms: u32): void {
  const reply = masterReply();
  const size = masterReplySize();
  if (isTaken(masterAsker())) questionReply(masterAsker(), reply, size);
  switch (kind) {
    case KIND_POLL:
      takePoll(reply, size);
      return;
    case KIND_BOX_READ:
      snapshotBox(reply, size);
      return;
    case KIND_MESSAGE:
    case KIND_CARD_MESSAGE:
      if (size != MESSAGE_REPLY_SIZE) return;
      lookAgain(<i32>load<u8>(reply + MESSAGE_REPLY_HOUSEHOLD), now_ms);
      return;
    case KIND_COMMAND:
      if (size != COMMAND_REPLY_SIZE || <i32>load<i8>(reply + RESULT) != OK) return;
      lookAgain(<i32>load<u8>(masterPayload() + COMMAND_HOUSEHOLD), now_ms);
      return;
    case KIND_PROVISION:
      lookAgain(0, now_ms);
      return;
    default:
  }
}

function failAll(): void {
  if (questionWaitingHere(ASKER_LINE)) questionFail(ASKER_LINE);
  if (questionWaitingHere(ASKER_CARD)) questionFail(ASKER_CARD);
}

/** One step of the link; returns the kind whose reply has come, GAVE_UP, or 0. */
export function exchangeTick(now_ms: u32): i32 {
  const kind = masterTick(now_ms);
  if (kind == GAVE_UP) {
    box_wanted = true;
    snapshotLost(true);
    if (isTaken(masterAsker())) questionFail(masterAsker());
  } else if (kind != 0) {
    snapshotLost(false);
    replied = masterAsker();
    takeReply(kind, now_ms);
  }
  if (masterLost()) failAll();
  if (masterFree()) askNext(now_ms);
  return kind;
}

/** Who asked (an ASKER_) for the reply that exchangeTick() returned last. */
export function exchangeAsker(): i32 {
  return replied;
}
