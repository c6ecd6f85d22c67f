/** The card reader from outside: looks for a card five times a second, with the field on only for
 *  the look, and hands a new one to the flow. A card that stays is looked at no more often and not
 *  read again. A box whose reader is another box's leaves its own alone. */

import { PLACE_ELSEWHERE } from "../link/frame";
import { ASKER_CARD, questionAnswer } from "../link/question";
import { snapshotBoxKnown, snapshotReaderPlace } from "../link/snapshot";
import { farIs } from "./far";
import { flowFaulty, flowInit, flowOver, flowStart, flowTick } from "./flow";
import { chipField } from "./mfrc522.port";
import { Presence, presenceDoubtful, presenceInit, presenceJudge } from "./presence";
import { Search, errorOf, searchMayMove } from "./presentation";
import { readerInit, readerMissing, readerRestart, readerSound, readerTick } from "./reader.port";
import { Talk } from "./session";
import { FIELD_MS, sessionFind, sessionInit, sessionTick, sessionUid } from "./session.port";
import { Shown, verdictInit, verdictRefuse, verdictTake, verdictTold } from "./verdict";

const LOOK_PERIOD_MS: u32 = 200;
const DOUBT_PERIOD_MS: u32 = 80; // the card may have been taken away
const PLACE_WAIT_MS: u32 = 1000; // a meter that says nothing says nothing of the reader's place

let state: Search = 0; // Search.Resting
let since_ms: u32 = 0;
let started_ms: u32 = 0;
let used: bool = false; // the box has a reader, as far as is known

/** No card; the reader is reset. */
export function cardsInit(now_ms: u32): void {
  readerInit(now_ms);
  sessionInit(now_ms);
  presenceInit();
  flowInit();
  state = Search.Resting;
  since_ms = now_ms;
  started_ms = now_ms;
  used = false;
}

function move(to: Search, now_ms: u32): void {
  assert(searchMayMove(state, to));
  state = to;
  since_ms = now_ms;
}

function rest(faulty: bool, now_ms: u32): void {
  if (faulty) readerRestart(now_ms);
  else chipField(false);
  move(Search.Resting, now_ms);
}

function look(now_ms: u32): void {
  if (now_ms - since_ms < FIELD_MS) return;
  if (!readerSound(now_ms)) {
    move(Search.Resting, now_ms);
    return;
  }
  sessionFind();
  sessionTick(now_ms);
  move(Search.Looking, now_ms);
}

function find(now_ms: u32): void {
  const how = sessionTick(now_ms);
  if (how == Talk.Pending) return;
  const presence = how == Talk.Fault ? Presence.Nothing : presenceJudge(how, sessionUid());
  if (presence == Presence.Fresh) {
    move(Search.Dealing, now_ms);
    flowStart();
    flowTick(now_ms);
    return;
  }
  if (presence != Presence.Nothing) {
    verdictInit();
    verdictRefuse(errorOf(how));
  }
  rest(how == Talk.Fault, now_ms);
}

/** What ends an order or an answer, and the begin of the next, are one tick. */
function deal(now_ms: u32): void {
  if (flowTick(now_ms) && !flowOver()) flowTick(now_ms);
  if (flowOver()) rest(flowFaulty(), now_ms);
}

/** Whether the box has a reader, as the meter last said. A card that is there is dealt with first. */
function isUsed(now_ms: u32): bool {
  if (state != Search.Resting) return true;
  if (!used && !snapshotBoxKnown() && now_ms - started_ms < PLACE_WAIT_MS) return false;
  const wanted = snapshotReaderPlace() != PLACE_ELSEWHERE;
  if (used && !wanted) cardsInit(now_ms);
  used = wanted;
  return used;
}

/** One step of the reader and of the card on it; returns what has to be shown from now on. */
export function cardsTick(now_ms: u32): Shown {
  if (!isUsed(now_ms) || !readerTick(now_ms)) return Shown.Nothing;
  switch (state) {
    case Search.Resting:
      if (now_ms - since_ms < (presenceDoubtful() ? DOUBT_PERIOD_MS : LOOK_PERIOD_MS)) break;
      chipField(true);
      move(Search.Settling, now_ms);
      break;
    case Search.Settling:
      look(now_ms);
      break;
    case Search.Looking:
      find(now_ms);
      break;
    default:
      deal(now_ms);
  }
  return verdictTake();
}

/** The reply of Shown.Reply, until the next cardsTick(). */
export function cardsReply(): usize {
  return questionAnswer(ASKER_CARD);
}

/** Whether a card is being dealt with and must not be taken away. */
export function cardsBusy(): bool {
  return state == Search.Dealing;
}

/** Whether a card of another box waits for its answer, and nothing was said of it yet. */
export function cardsWaiting(): bool {
  return state == Search.Dealing && farIs() && !verdictTold();
}

/** State of the reader as register 0014h tells it (src/rs485/SPEC.md): 0 none, 1 waiting for a card, 2
 *  dealing with one, 3 with one of another box, which needs the line. */
export function cardsState(): i32 {
  if (!used || readerMissing()) return 0;
  if (state != Search.Dealing) return 1;
  return farIs() ? 3 : 2;
}
