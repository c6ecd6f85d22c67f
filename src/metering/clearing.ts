/** The clear: withdraws what remains of every household and forgets its card, one household a tick.
 *  The order to clear is one record, CLEARING in MANAGEMENT, and stays there until the last household
 *  is done; so a cut at any byte leaves the box untouched or clearing on after the next start. */
import { recordSave } from "../store/image";
import { MANAGEMENT, MANAGEMENT_BODY } from "../store/places";
import { CHANNEL_COUNT, MANAGEMENT_CLEAR_NUMBER, MANAGEMENT_CLEARING } from "../store/map";
import { accountChannels, clearHousehold } from "./account";

let next: i32 = 0; // index of the household that is cleared next

/** An interrupted clear begins anew with the first household: clearing twice changes nothing. */
export function clearingInit(): void {
  next = 0;
}

/** True while a clear is under way: no message is taken. */
export function isClearing(): bool {
  return load<u8>(MANAGEMENT_BODY, MANAGEMENT_CLEARING) == 1;
}

/** Orders a clear; `number` is that of its message. */
export function beginClearing(number: u32): void {
  assert(!isClearing());
  const body = MANAGEMENT_BODY;
  store<u32>(body, number, MANAGEMENT_CLEAR_NUMBER);
  store<u8>(body, 1, MANAGEMENT_CLEARING);
  recordSave(MANAGEMENT, 0);
  next = 0;
}

/** One step: at most one record. */
export function clearingTick(): void {
  if (!isClearing()) return;
  if (next < CHANNEL_COUNT) {
    if (accountChannels(next) != 0) clearHousehold(next);
    next++;
    return;
  }
  store<u8>(MANAGEMENT_BODY, 0, MANAGEMENT_CLEARING);
  recordSave(MANAGEMENT, 0);
}
