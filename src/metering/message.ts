/** The signed message: judged, booked, and answered. Layout: src/link/SPEC.md, "Signed message". The
 *  meter believes nothing but a valid code and the next number; where a message came from matters only
 *  for resuming supply, which needs the card newly presented. */
import { bcdPair, equalBytes, loadBe32 } from "../common/bytes";
import { E_BLANK, E_BOX, E_CODE, E_HOUSEHOLD, E_KIND, OK, REPEAT } from "../common/errors";
import * as frame from "../link/frame";
import { bookCredit, judgeCredit, lastAmount, lastRemaining, purchaseNumber } from "./account";
import { accountsConfigure, remainingHundredths, resumeHousehold, supplyState } from "./account";
import { booksConfigure } from "./books";
import { applyChange, judgeChange } from "./change";
import { EVENT_CREDIT, EVENT_REFUSED, EVENT_SETTING, noteEvent } from "./events";
import { boxNumber, isGenuine, isProvisioned, NUMBER_SIZE } from "./identity";
import { householdInUse } from "./layout";

let settings_changed: bool = false;

export function messageInit(): void {
  settings_changed = false;
}

/** True once after settings changed. */
export function takeSettingsChanged(): bool {
  const taken = settings_changed;
  settings_changed = false;
  return taken;
}

function answerHousehold(reply: usize, household: i32): void {
  const index = household - 1;
  store<u8>(reply + frame.MESSAGE_REPLY_HOUSEHOLD, <u8>household);
  store<u8>(reply + frame.MESSAGE_REPLY_STATE, <u8>supplyState(index));
  store<u32>(reply + frame.MESSAGE_REPLY_REMAINING, <u32>remainingHundredths(index));
  store<u32>(reply + frame.MESSAGE_REPLY_NUMBER, purchaseNumber(index));
}

function credit(message: usize, household: i32, presented: bool, reply: usize): i32 {
  if (!householdInUse(household)) return E_HOUSEHOLD;
  const index = household - 1;
  const number = loadBe32(message + frame.SIGNED_NUMBER);
  const amount = loadBe32(message + frame.SIGNED_AMOUNT);
  const code = message + frame.SIGNED_CODE;
  const result = judgeCredit(index, number, amount, code);
  let resumed = false;
  if (result == OK) {
    bookCredit(index, number, amount, code, presented);
    noteEvent(EVENT_CREDIT, household, number, amount);
  } else if (result == REPEAT && presented) {
    resumed = resumeHousehold(index);
  }
  answerHousehold(reply, household);
  if (resumed) store<u8>(reply + frame.MESSAGE_REPLY_FLAGS, <u8>frame.MESSAGE_FLAG_RESUMED);
  store<u32>(reply + frame.MESSAGE_REPLY_AMOUNT, amount);
  // A repeat reports what the purchase did; a card that resumes supply is shown what remains now.
  if (result == REPEAT && !resumed) {
    store<u32>(reply + frame.MESSAGE_REPLY_AMOUNT, lastAmount(index));
    store<u32>(reply + frame.MESSAGE_REPLY_REMAINING, <u32>lastRemaining(index));
  }
  return result;
}

function changeSetting(message: usize, index: i32): i32 {
  const id = <i32>load<u8>(message + frame.SIGNED_FLAGS);
  const value = loadBe32(message + frame.SIGNED_AMOUNT);
  const number = loadBe32(message + frame.SIGNED_NUMBER);
  const result = judgeChange(id, index, value, number);
  if (result != OK) return result;
  applyChange(id, index, value, number);
  booksConfigure();
  accountsConfigure();
  settings_changed = true;
  noteEvent(EVENT_SETTING, index, <u32>id, value);
  return OK;
}

function judgeMessage(message: usize): i32 {
  if (!isProvisioned()) return E_BLANK;
  if (!equalBytes(message + frame.SIGNED_ADDRESS, boxNumber(), NUMBER_SIZE)) return E_BOX;
  const genuine = isGenuine(message, <u32>frame.SIGNED_CODE, message + frame.SIGNED_CODE);
  return genuine ? OK : E_CODE;
}

/** Handles the 24 bytes at `message` and fills `reply` (MESSAGE_REPLY_SIZE bytes, zeroed before).
 *  `presented`: a card newly presented brought it. */
export function handleMessage(message: usize, presented: bool, reply: usize): void {
  const kind = <i32>load<u8>(message + frame.SIGNED_KIND);
  const index = bcdPair(load<u8>(message + frame.SIGNED_ADDRESS + NUMBER_SIZE));
  let result = judgeMessage(message);
  if (result == OK) {
    if (kind == frame.SIGNED_KIND_CREDIT) result = credit(message, index, presented, reply);
    else if (kind == frame.SIGNED_KIND_SETTING) result = changeSetting(message, index);
    else result = E_KIND;
  }
  if (result < 0) noteEvent(EVENT_REFUSED, index < 0 ? 0 : index, <u32>kind, result);
  store<u8>(reply + frame.RESULT, <u8>result);
  store<u8>(reply + frame.MESSAGE_REPLY_KIND, <u8>kind);
}
