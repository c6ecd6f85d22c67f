/** The card reader from outside: looks for a card five times a second, with the field on only for
 *  the look, and hands a new one to the flow. A card that stays is looked at no more often and not
 *  read again. */

import { questionAnswer } from "../link/question";
import { flowFaulty, flowInit, flowOver, flowStart, flowTick } from "./flow";
import { chipField } from "./mfrc522.port";
import { Presence, presenceDoubtful, presenceInit, presenceJudge } from "./presence";
import { Search, errorOf, searchMayMove } from "./presentation";
import { readerInit, readerRestart, readerSound, readerTick } from "./reader.port";
import { Talk } from "./session";
import { FIELD_MS, sessionFind, sessionInit, sessionTick, sessionUid } from "./session.port";
import { Shown, verdictInit, verdictRefuse, verdictTake } from "./verdict";

const LOOK_PERIOD_MS: u32 = 200;
const DOUBT_PERIOD_MS: u32 = 80; // the card may have been taken away

let state: Search = 0; // Search.Resting
let since_ms: u32 = 0;

/** No card; the reader is reset. */
export function cardsInit(now_ms: u32): void {
  readerInit(now_ms);
  sessionInit(now_ms);
  presenceInit();
  flowInit();
  state = Search.Resting;
  since_ms = now_ms;
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

/** One step of the reader and of the card on it; returns what has to be shown from now on. */
export function cardsTick(now_ms: u32): Shown {
  if (!readerTick(now_ms)) return Shown.Nothing;
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
  return questionAnswer();
}

/** Whether a card is being dealt with and must not be taken away. */
export function cardsBusy(): bool {
  return state == Search.Dealing;
}
