/** What the panel asks about the card at hand: its keys, the return data to be written on it, the
 *  readings for a check card. Layouts: src/rfid/SPEC.md. Changes nothing. */
import { copyBytes, loadLe32, storeLe16, storeLe32 } from "../common/bytes";
import { E_BLANK, E_HOUSEHOLD, E_NOTHING, E_RANGE, OK } from "../common/errors";
import * as frame from "../link/frame";
import { CHANNEL_COUNT } from "../store/map";
import { accountChannels, purchaseNumber, relayFaults } from "./account";
import { remainingHundredths, supplyState } from "./account";
import { consumedHundredths, householdHundredths } from "./consumption";
import { boxNumber, cardKey, isProvisioned, KEY_A, KEY_B, NUMBER_SIZE, sign } from "./identity";
import { householdInUse } from "./layout";
import { checkIsOpen, refusals } from "./management";
import { clockNow } from "./uptime";

const SECTOR_LAST: i32 = 15;
/** The box writes sectors from this one on; of those before it has no key B. */
export const SECTOR_WRITTEN_FIRST: i32 = 3;

// Return slot.
export const RETURN_SEQUENCE: usize = 0;
export const RETURN_REMAINING: usize = 4;
export const RETURN_CONSUMED: usize = 8;
export const RETURN_NUMBER: usize = 12;
export const RETURN_STATE: usize = 16;
export const RETURN_RESULT: usize = 17;
export const RETURN_REFUSALS: usize = 18;
export const RETURN_TIME: usize = 20;
export const RETURN_RELAY_FAULTS: usize = 24;
export const RETURN_BOX: usize = 32;
export const RETURN_HOUSEHOLD: usize = 37;
export const RETURN_CODE: usize = 40;

// A household's block of a check card.
export const RECORD_HOUSEHOLD: usize = 0;
export const RECORD_STATE: usize = 1;
export const RECORD_NUMBER: usize = 2;
export const RECORD_FORWARD: usize = 4;
export const RECORD_REVERSE: usize = 8;
export const RECORD_REMAINING: usize = 12;

const UID_SIZE: u32 = frame.CARD_UID_SIZE;
if (RETURN_CODE + frame.SIGNED_CODE_SIZE != 3 * frame.CARD_BLOCK_SIZE) ERROR("no three blocks");

/** Keys of one sector of the card at hand. E_BLANK, or E_RANGE for a sector outside 1..15. */
export function cardKeys(request: usize, reply: usize): i32 {
  const uid = request + frame.CARD_KEYS_UID;
  const sector = <i32>load<u8>(request + frame.CARD_KEYS_SECTOR);
  if (!isProvisioned()) return E_BLANK;
  if (sector < 1 || sector > SECTOR_LAST) return E_RANGE;
  store<u8>(reply + frame.CARD_KEYS_REPLY_SECTOR, <u8>sector);
  cardKey(uid, sector, KEY_A, reply + frame.CARD_KEYS_REPLY_KEY_A);
  if (sector >= SECTOR_WRITTEN_FIRST) {
    cardKey(uid, sector, KEY_B, reply + frame.CARD_KEYS_REPLY_KEY_B);
  }
  return OK;
}

/** The three blocks of a return slot, with their code. E_BLANK, E_HOUSEHOLD. */
export function cardReturn(request: usize, reply: usize): i32 {
  const household = <i32>load<u8>(request + frame.CARD_RETURN_HOUSEHOLD);
  const index = household - 1;
  if (!isProvisioned()) return E_BLANK;
  if (!householdInUse(household)) return E_HOUSEHOLD;
  const slot = reply + frame.CARD_RETURN_REPLY_BLOCKS;
  storeLe32(slot + RETURN_SEQUENCE, loadLe32(request + frame.CARD_RETURN_SEQUENCE));
  storeLe32(slot + RETURN_REMAINING, <u32>remainingHundredths(index));
  storeLe32(slot + RETURN_CONSUMED, consumedHundredths(index));
  storeLe32(slot + RETURN_NUMBER, purchaseNumber(index));
  store<u8>(slot + RETURN_STATE, <u8>supplyState(index));
  store<u8>(slot + RETURN_RESULT, load<u8>(request + frame.CARD_RETURN_RESULT));
  storeLe16(slot + RETURN_REFUSALS, refusals());
  storeLe32(slot + RETURN_TIME, clockNow());
  storeLe16(slot + RETURN_RELAY_FAULTS, relayFaults(index));
  copyBytes(slot + RETURN_BOX, boxNumber(), NUMBER_SIZE);
  store<u8>(slot + RETURN_HOUSEHOLD, <u8>household);
  // The code covers the UID as well, which stands where the code will.
  copyBytes(slot + RETURN_CODE, request + frame.CARD_RETURN_UID, UID_SIZE);
  sign(slot, <u32>RETURN_CODE + UID_SIZE, slot + RETURN_CODE);
  return OK;
}

/** A household's block of a check card, zero when it is not in use. E_NOTHING unless a check card was
 *  accepted in the last two minutes; E_HOUSEHOLD. */
export function cardRecord(request: usize, reply: usize): i32 {
  const household = <i32>load<u8>(request + frame.CARD_RECORD_HOUSEHOLD);
  const index = household - 1;
  if (!checkIsOpen()) return E_NOTHING;
  if (household < 1 || household > CHANNEL_COUNT) return E_HOUSEHOLD;
  if (accountChannels(index) == 0) return OK;
  const block = reply + frame.CARD_RECORD_REPLY_BLOCK;
  store<u8>(block + RECORD_HOUSEHOLD, <u8>household);
  store<u8>(block + RECORD_STATE, <u8>supplyState(index));
  storeLe16(block + RECORD_NUMBER, purchaseNumber(index));
  storeLe32(block + RECORD_FORWARD, householdHundredths(index, false));
  storeLe32(block + RECORD_REVERSE, householdHundredths(index, true));
  storeLe32(block + RECORD_REMAINING, <u32>remainingHundredths(index));
  return OK;
}
