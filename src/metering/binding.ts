/** The card of a household. A first purchase or a replacement binds it; one that came by line leaves
 *  the household without a card until the card that carries it is shown. Fields of the ACCOUNT record;
 *  saving it is the account's. Source: src/rfid/SPEC.md, "Purchase slot". */
import { copyBytes, equalBytes, fillBytes, loadLe32 } from "../common/bytes";
import { E_CARD, E_RANGE, OK, REPEAT } from "../common/errors";
import { accountBody } from "../store/places";
import { ACCOUNT_CARD_BOUND, ACCOUNT_CARD_UID } from "../store/map";

// Flags of a credit message.
export const CREDIT_FURTHER: u32 = 0;
export const CREDIT_FIRST: u32 = 1;
export const CREDIT_REPLACEMENT: u32 = 2;

/** Where no card brought a message: it came by line. */
export const NO_CARD: usize = 0;
export const UID_SIZE: u32 = 4;

function body(household_index: i32): usize {
  return accountBody(household_index);
}

/** True when the household has a card. */
export function isBound(household_index: i32): bool {
  return load<u8>(body(household_index), ACCOUNT_CARD_BOUND) == 1;
}

/** True when `uid` (4 bytes) is the household's card. */
export function isCardOf(household_index: i32, uid: usize): bool {
  const its_uid = body(household_index) + ACCOUNT_CARD_UID;
  return isBound(household_index) && equalBytes(uid, its_uid, UID_SIZE);
}

/** UID of the household's card as a number, 0 when it has none. */
export function cardUid(household_index: i32): u32 {
  return loadLe32(body(household_index) + ACCOUNT_CARD_UID);
}

/** Binds the household to `uid`, or to no card with NO_CARD. In RAM: the caller saves the record. */
export function bindCard(household_index: i32, uid: usize): void {
  const account = body(household_index);
  if (uid == NO_CARD) fillBytes(account + ACCOUNT_CARD_UID, 0, UID_SIZE);
  else copyBytes(account + ACCOUNT_CARD_UID, uid, UID_SIZE);
  store<u8>(account, uid == NO_CARD ? 0 : 1, ACCOUNT_CARD_BOUND);
}

/** Judges a credit's `flags` before its number: E_RANGE for an unknown one, E_CARD for a further
 *  purchase on a card that is not the household's. */
export function judgeFlags(household_index: i32, flags: u32, uid: usize): i32 {
  if (flags > CREDIT_REPLACEMENT) return E_RANGE;
  if (uid == NO_CARD || flags != CREDIT_FURTHER) return OK;
  return isCardOf(household_index, uid) ? OK : E_CARD;
}

/** Judges a card that shows the last accepted purchase again: E_CARD for a copy on another card. */
export function judgeShownAgain(household_index: i32, uid: usize): i32 {
  if (uid == NO_CARD || !isBound(household_index)) return REPEAT;
  return isCardOf(household_index, uid) ? REPEAT : E_CARD;
}
