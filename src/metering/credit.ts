/** A credit message whose code was found valid: judged by card and number, booked, answered. */
import { loadBe32 } from "../common/bytes";
import { E_HOUSEHOLD, E_NUMBER_OLD, OK, REPEAT } from "../common/errors";
import * as frame from "../link/frame";
import { bindHousehold, bookCredit, judgeCredit, lastAmount, lastRemaining } from "./account";
import { purchaseNumber, remainingHundredths, resumeHousehold, supplyState } from "./account";
import { cardUid, CREDIT_FURTHER, isBound, isCardOf, judgeFlags } from "./binding";
import { judgeShownAgain, NO_CARD } from "./binding";
import { EVENT_CARD_BOUND, EVENT_CREDIT, noteEvent } from "./events";
import { householdInUse } from "./layout";
import { purchaseNote } from "./purchases";
import { isSupplying } from "./supply";
import { isHeldOpen } from "./switch";
import { closeByCard } from "./switching";

function judge(message: usize, household_index: i32, uid: usize): i32 {
  const flags = <u32>load<u8>(message + frame.SIGNED_FLAGS);
  const allowed = judgeFlags(household_index, flags, uid);
  if (allowed != OK) return allowed;
  const number = loadBe32(message + frame.SIGNED_NUMBER);
  const amount = loadBe32(message + frame.SIGNED_AMOUNT);
  const result = judgeCredit(household_index, number, amount, message + frame.SIGNED_CODE);
  return result == REPEAT ? judgeShownAgain(household_index, uid) : result;
}

function book(message: usize, household: i32, uid: usize): void {
  const number = loadBe32(message + frame.SIGNED_NUMBER);
  const amount = loadBe32(message + frame.SIGNED_AMOUNT);
  const binds = load<u8>(message + frame.SIGNED_FLAGS) != CREDIT_FURTHER;
  bookCredit(household - 1, number, amount, message + frame.SIGNED_CODE, uid, binds);
  purchaseNote(household - 1);
  noteEvent(EVENT_CREDIT, household, number, amount);
  if (uid != NO_CARD) closeByCard(household - 1);
  if (binds && uid != NO_CARD) {
    noteEvent(EVENT_CARD_BOUND, household, 0, <i64>cardUid(household - 1));
  }
}

/** A card without a new purchase was shown; true when that began supply. Its purchase is the last one,
 *  or an older one on the household's own card, since later ones may have come by line. */
function show(household: i32, uid: usize): bool {
  const index = household - 1;
  // A household without a card gets here only with a purchase that binds: it came by line before.
  if (!isBound(index)) {
    bindHousehold(index, uid);
    noteEvent(EVENT_CARD_BOUND, household, 0, <i64>cardUid(index));
  }
  const ended_trip = resumeHousehold(index);
  const ended_wait = closeByCard(index);
  return (ended_trip || ended_wait) && !isHeldOpen(index) && isSupplying(supplyState(index));
}

/** Handles a credit for `household` and fills `reply`. `uid`: the card newly presented that brought
 *  it, or NO_CARD. */
export function credit(message: usize, household: i32, uid: usize, reply: usize): i32 {
  if (!householdInUse(household)) return E_HOUSEHOLD;
  const index = household - 1;
  let result = judge(message, index, uid);
  if (result == OK) book(message, household, uid);
  const is_own = result == E_NUMBER_OLD && uid != NO_CARD && isCardOf(index, uid);
  const is_shown = is_own || (result == REPEAT && uid != NO_CARD);
  const resumed = is_shown && show(household, uid);
  if (resumed) result = REPEAT;
  store<u8>(reply + frame.MESSAGE_REPLY_HOUSEHOLD, <u8>household);
  store<u8>(reply + frame.MESSAGE_REPLY_STATE, <u8>supplyState(index));
  if (resumed) store<u8>(reply + frame.MESSAGE_REPLY_FLAGS, <u8>frame.MESSAGE_FLAG_RESUMED);
  store<u32>(reply + frame.MESSAGE_REPLY_AMOUNT, loadBe32(message + frame.SIGNED_AMOUNT));
  store<u32>(reply + frame.MESSAGE_REPLY_REMAINING, <u32>remainingHundredths(index));
  store<u32>(reply + frame.MESSAGE_REPLY_NUMBER, purchaseNumber(index));
  // A repeat reports what the purchase did; a card that resumes supply is shown what remains now.
  if (result == REPEAT && !resumed) {
    store<u32>(reply + frame.MESSAGE_REPLY_AMOUNT, lastAmount(index));
    store<u32>(reply + frame.MESSAGE_REPLY_REMAINING, <u32>lastRemaining(index));
  }
  return result;
}
