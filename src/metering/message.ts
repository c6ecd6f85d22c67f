/** The signed message: judged and handed to whom it concerns. Layout: src/link/SPEC.md, "Signed
 *  message". The meter believes nothing but a valid code and the next number; where a message came from
 *  matters only for what needs the card itself: its household's binding, resuming supply, management. */
import { bcdPair, equalBytes, loadBe32 } from "../common/bytes";
import { E_BLANK, E_BOX, E_BUSY, E_CODE, E_KIND, E_WAIT, OK } from "../common/errors";
import * as frame from "../link/frame";
import { NO_CARD } from "./binding";
import { applyChange, judgeChange } from "./change";
import { isClearing } from "./clearing";
import { credit } from "./credit";
import { EVENT_REFUSED, EVENT_SETTING, noteEvent } from "./events";
import { boxNumber, isGenuine, isProvisioned, NUMBER_SIZE } from "./identity";
import { countRefusal, manage } from "./management";
import { codesLocked, countWrongCode } from "./protection";
import { isPasswordSetting } from "./settings";
import { switchByMessage } from "./switching";

function changeSetting(message: usize, index: i32, reply: usize): i32 {
  const id = <i32>load<u8>(message + frame.SIGNED_FLAGS);
  const value = loadBe32(message + frame.SIGNED_AMOUNT);
  const number = loadBe32(message + frame.SIGNED_NUMBER);
  const told = isPasswordSetting(id) ? 0 : value; // a password goes into no reply and no log
  const result = judgeChange(id, index, value, number);
  store<u32>(reply + frame.MESSAGE_REPLY_AMOUNT, told);
  store<u8>(reply + frame.MESSAGE_REPLY_ID, <u8>id);
  if (result != OK) return result;
  applyChange(id, index, value, number);
  noteEvent(EVENT_SETTING, index, <u32>id, told);
  return OK;
}

function judgeMessage(message: usize, uid: usize): i32 {
  if (!isProvisioned()) return E_BLANK;
  if (!equalBytes(message + frame.SIGNED_ADDRESS, boxNumber(), NUMBER_SIZE)) return E_BOX;
  if (uid == NO_CARD && codesLocked()) return E_WAIT;
  const genuine = isGenuine(message, <u32>frame.SIGNED_CODE, message + frame.SIGNED_CODE);
  if (!genuine) return E_CODE;
  return isClearing() ? E_BUSY : OK;
}

function isManagement(kind: i32): bool {
  return (
    kind == frame.SIGNED_KIND_CLEAR ||
    kind == frame.SIGNED_KIND_CHECK ||
    kind == frame.SIGNED_KIND_TEST
  );
}

function refuse(kind: i32, household: i32, result: i32): void {
  // Whoever goes on while the line is locked shall not fill the log.
  if (result != E_WAIT) noteEvent(EVENT_REFUSED, household, <u32>kind, result);
  countRefusal();
}

/** Handles the 24 bytes at `message` and fills `reply` (MESSAGE_REPLY_SIZE bytes, zeroed before).
 *  `uid`: 4 bytes, the card newly presented that brought it; NO_CARD: it came by line. */
export function handleMessage(message: usize, uid: usize, reply: usize, now_ms: u32): void {
  const kind = <i32>load<u8>(message + frame.SIGNED_KIND);
  const index = bcdPair(load<u8>(message + frame.SIGNED_ADDRESS + NUMBER_SIZE));
  let result = judgeMessage(message, uid);
  if (result == OK) {
    if (kind == frame.SIGNED_KIND_CREDIT) result = credit(message, index, uid, reply);
    else if (kind == frame.SIGNED_KIND_SETTING) result = changeSetting(message, index, reply);
    else if (kind == frame.SIGNED_KIND_SWITCH) result = switchByMessage(message, index, reply);
    else if (isManagement(kind) && uid != NO_CARD) result = manage(kind, message, index, now_ms);
    else result = E_KIND;
  }
  if (result < 0) refuse(kind, index < 0 ? 0 : index, result);
  if (result == E_CODE && uid == NO_CARD) countWrongCode();
  store<u8>(reply + frame.RESULT, <u8>result);
  store<u8>(reply + frame.MESSAGE_REPLY_KIND, <u8>kind);
}
