/** What pre-empts the loop: the card dialogue (a card of another box waits; amount bought, remaining; or
 *  an error number; or that a management card is done), and two notices (relay of a household
 *  switched, a phase went missing) that wait until the card dialogue is over. Pure: decides what is to
 *  be shown, shows nothing. Source: the product sheet. */

import { E_NUMBER_OLD, OK, REPEAT } from "../common/errors";
import { loadLe32 } from "../common/bytes";
import {
  MESSAGE_FLAG_RESUMED,
  MESSAGE_REPLY_AMOUNT,
  MESSAGE_REPLY_FLAGS,
  MESSAGE_REPLY_HOUSEHOLD,
  MESSAGE_REPLY_KIND,
  MESSAGE_REPLY_NUMBER,
  MESSAGE_REPLY_REMAINING,
  MESSAGE_REPLY_SIZE,
  RESULT,
  SIGNED_KIND_CREDIT,
} from "../link/frame";

export enum Dialogue {
  None,
  Amount,
  Remaining,
  Refused,
  Done,
  Relay,
  Phases,
  Waiting, // for the answer of another box
}

export const DIALOGUE_STATE_COUNT: i32 = 8;
export const AMOUNT_MS: u32 = 3000;
export const REMAINING_MS: u32 = 4000;
export const REFUSED_MS: u32 = 4000;
export const DONE_MS: u32 = 3000;
export const RELAY_MS: u32 = 2000;
export const PHASES_MS: u32 = 4000;

let state: Dialogue = 0; // Dialogue.None
let since_ms: u32 = 0;
let household: i32 = 0;
let amount: i32 = 0;
let remaining: i32 = 0;
let number: u32 = 0; // purchase number on display
let error: i32 = 0;
let closed: bool = false;
let waiting: bool = false; // a card waits, whatever is shown

/** Whether the dialogue may go from one state to the other. A card or message breaks in on
 *  everything, a missing phase on a relay notice, a relay notice on nothing. */
export function dialogueMayMove(from: Dialogue, to: Dialogue): bool {
  switch (to) {
    case Dialogue.None:
      return from != Dialogue.None && from != Dialogue.Amount;
    case Dialogue.Amount:
    case Dialogue.Refused:
    case Dialogue.Done:
    case Dialogue.Waiting:
      return true;
    case Dialogue.Remaining:
      return from == Dialogue.Amount;
    case Dialogue.Relay:
      return from == Dialogue.None;
    case Dialogue.Phases:
      return from == Dialogue.None || from == Dialogue.Relay;
    default:
      return false;
  }
}

/** Nothing to be said. */
export function dialogueInit(now_ms: u32): void {
  state = Dialogue.None;
  since_ms = now_ms;
  household = 0;
  amount = 0;
  remaining = 0;
  number = 0;
  error = OK;
  closed = false;
  waiting = false;
}

function move(to: Dialogue, now_ms: u32): void {
  assert(dialogueMayMove(state, to));
  state = to;
  since_ms = now_ms;
}

/** A card or message was refused with `result` (E_); `of_household` 0: nobody's. */
export function dialogueRefuse(now_ms: u32, of_household: i32, result: i32): void {
  household = of_household;
  error = result;
  move(Dialogue.Refused, now_ms);
}

/** A management card has done its work; `of_household` 0: on the box. */
export function dialogueDone(now_ms: u32, of_household: i32): void {
  household = of_household;
  move(Dialogue.Done, now_ms);
}

/** Whether a card of another box waits for the answer, from now on; `of_household` 0: a management card.
 *  A new one breaks in on everything; what breaks in on it is shown first. */
export function dialogueWait(now_ms: u32, is_waiting: bool, of_household: i32): void {
  const fresh = is_waiting && !waiting;
  waiting = is_waiting;
  if (!is_waiting) {
    if (state == Dialogue.Waiting) move(Dialogue.None, now_ms);
    return;
  }
  const notice = state == Dialogue.Relay || state == Dialogue.Phases;
  if (!fresh && !notice && state != Dialogue.None) return;
  household = of_household;
  move(Dialogue.Waiting, now_ms);
}

/** The meter's answer to a message, `size` bytes (src/link/SPEC.md, MESSAGE reply). An accepted
 *  setting says nothing, nor does a repeat of the purchase that is just on display. */
export function dialogueReply(now_ms: u32, reply: usize, size: i32): void {
  const result = <i32>load<i8>(reply + RESULT);
  const whole = size == MESSAGE_REPLY_SIZE;
  const of_household = whole ? <i32>load<u8>(reply + MESSAGE_REPLY_HOUSEHOLD) : 0;
  if (result < OK) {
    dialogueRefuse(now_ms, of_household, result);
    return;
  }
  if (!whole || load<u8>(reply + MESSAGE_REPLY_KIND) != <u8>SIGNED_KIND_CREDIT) return;
  const of_number = loadLe32(reply + MESSAGE_REPLY_NUMBER);
  const resumed = ((<u32>load<u8>(reply + MESSAGE_REPLY_FLAGS)) & MESSAGE_FLAG_RESUMED) != 0;
  if (result == REPEAT && !resumed) {
    const shown = state == Dialogue.Amount || state == Dialogue.Remaining;
    if (shown && household == of_household && number == of_number) return;
    dialogueRefuse(now_ms, of_household, E_NUMBER_OLD);
    return;
  }
  household = of_household;
  number = of_number;
  amount = <i32>loadLe32(reply + MESSAGE_REPLY_AMOUNT);
  remaining = <i32>loadLe32(reply + MESSAGE_REPLY_REMAINING);
  move(Dialogue.Amount, now_ms);
}

/** Whether a relay notice may be shown now. */
export function dialogueFree(): bool {
  return state == Dialogue.None;
}

/** The relays of a household were switched; only while dialogueFree(). */
export function dialogueRelay(now_ms: u32, of_household: i32, is_closed: bool): void {
  household = of_household;
  closed = is_closed;
  move(Dialogue.Relay, now_ms);
}

/** A phase went missing; returns whether it is shown now, else it has to be told again. */
export function dialoguePhases(now_ms: u32): bool {
  if (!dialogueMayMove(state, Dialogue.Phases)) return false;
  household = 0;
  move(Dialogue.Phases, now_ms);
  return true;
}

/** No phase is missing any more: the notice is over. */
export function dialoguePhasesBack(now_ms: u32): void {
  if (state == Dialogue.Phases) move(Dialogue.None, now_ms);
}

function durationMs(): u32 {
  switch (state) {
    case Dialogue.Amount:
      return AMOUNT_MS;
    case Dialogue.Remaining:
      return REMAINING_MS;
    case Dialogue.Refused:
      return REFUSED_MS;
    case Dialogue.Done:
      return DONE_MS;
    case Dialogue.Relay:
      return RELAY_MS;
    default:
      return PHASES_MS;
  }
}

/** One step: what has been shown long enough is over. */
export function dialogueTick(now_ms: u32): void {
  if (state == Dialogue.None || state == Dialogue.Waiting) return;
  if (now_ms - since_ms < durationMs()) return;
  move(state == Dialogue.Amount ? Dialogue.Remaining : Dialogue.None, now_ms);
}

export function dialogueState(): Dialogue {
  return state;
}

/** Household the dialogue is about, 0 none. */
export function dialogueHousehold(): i32 {
  return household;
}

/** Amount bought or remaining after it, 0.01: what the state shows. */
export function dialogueAmount(): i32 {
  return state == Dialogue.Amount ? amount : remaining;
}

/** The E_ of Dialogue.Refused. */
export function dialogueError(): i32 {
  return error;
}

/** Whether the relays of Dialogue.Relay are closed. */
export function dialogueClosed(): bool {
  return closed;
}
