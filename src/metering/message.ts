/** The signed message: judged and handed to whom it concerns. Layout: src/link/SPEC.md, "Signed
 *  message". The meter believes nothing but a valid code and the next number; where a message came from
 *  matters only for what needs the card itself: its household's binding, resuming supply, management. */
import { bcdPair, equalBytes, loadBe32 } from "../common/bytes";
import { E_BLANK, E_BOX, E_BUSY, E_CODE, E_KIND, OK } from "../common/errors";
import * as frame from "../link/frame";
import { accountsConfigure } from "./account";
import { NO_CARD } from "./binding";
import { booksConfigure } from "./books";
import { applyChange, judgeChange } from "./change";
import { isClearing } from "./clearing";
import { credit } from "./credit";
import { EVENT_REFUSED, EVENT_SETTING, noteEvent } from "./events";
import { boxNumber, isGenuine, isProvisioned, NUMBER_SIZE } from "./identity";
import { countRefusal, manage } from "./management";

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

/** Handles the 24 bytes at `message` and fills `reply` (MESSAGE_REPLY_SIZE bytes, zeroed before).
 *  `uid`: 4 bytes, the card newly presented that brought it; NO_CARD: it came by line. */
export function handleMessage(message: usize, uid: usize, reply: usize, now_ms: u32): void {
  const kind = <i32>load<u8>(message + frame.SIGNED_KIND);
  const index = bcdPair(load<u8>(message + frame.SIGNED_ADDRESS + NUMBER_SIZE));
  let result = judgeMessage(message);
  if (result == OK) {
    if (kind == frame.SIGNED_KIND_CREDIT) result = credit(message, index, uid, reply);
    else if (kind == frame.SIGNED_KIND_SETTING) result = changeSetting(message, index);
    else if (isManagement(kind) && uid != NO_CARD) result = manage(kind, message, index, now_ms);
    else result = E_KIND;
  }
  if (result < 0) {
    noteEvent(EVENT_REFUSED, index < 0 ? 0 : index, <u32>kind, result);
    countRefusal();
  }
  store<u8>(reply + frame.RESULT, <u8>result);
  store<u8>(reply + frame.MESSAGE_REPLY_KIND, <u8>kind);
}
