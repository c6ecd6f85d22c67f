/** The last ten purchases of each household. The account's record is the purchase; its entry here is
 *  written after it and made up for at the start when power went in between. Table: SPEC.md, "Purchase
 *  entry". */
import { copyBytes } from "../common/bytes";
import { E_NOTHING, OK } from "../common/errors";
import { entryRead, entryWrite } from "../store/entry";
import { framData } from "../store/fram.port";
import {
  CHANNEL_COUNT,
  PURCHASES_ADDRESS,
  PURCHASES_COUNT,
  PURCHASES_ENTRY_SIZE,
} from "../store/map";
import {
  acceptedUnits,
  lastAmount,
  lastRemaining,
  purchaseNumber,
  unitsPerHundredth,
} from "./account";
import { clockNow } from "./uptime";

export const PURCHASE_ENTRY_TIME: usize = 0;
export const PURCHASE_ENTRY_NUMBER: usize = 4;
export const PURCHASE_ENTRY_AMOUNT: usize = 8;
export const PURCHASE_ENTRY_BEFORE: usize = 12;
export const PURCHASE_ENTRY_AFTER: usize = 16;
export const PURCHASE_ENTRY_TOTAL: usize = 20;
export const PURCHASE_ENTRY_RESERVED: usize = 24;
export const PURCHASE_ENTRY_CRC: usize = 28;
/** Time to total of an entry. */
export const PURCHASE_SIZE: u32 = 24;
/** Purchases of a household that are kept. */
export const PURCHASE_COUNT: i32 = PURCHASES_COUNT / CHANNEL_COUNT;

const entry: usize = memory.data(PURCHASES_ENTRY_SIZE, 4);

function entryAddress(household_index: i32, number: u32): u32 {
  const place = household_index * PURCHASE_COUNT + (number % PURCHASE_COUNT);
  return PURCHASES_ADDRESS + place * PURCHASES_ENTRY_SIZE;
}

/** Reads purchase `number` into framData(); false when it is not, or no longer, there. */
function readNumber(household_index: i32, number: u32): bool {
  if (!entryRead(entryAddress(household_index, number), PURCHASES_ENTRY_SIZE)) return false;
  return load<u32>(framData(), PURCHASE_ENTRY_NUMBER) == number;
}

/** Writes the last purchase of the account, made at `time`. */
function write(household_index: i32, time: u32): void {
  const number = purchaseNumber(household_index);
  const amount = lastAmount(household_index);
  const after = lastRemaining(household_index);
  const total = acceptedUnits(household_index) / unitsPerHundredth();
  store<u32>(entry, time, PURCHASE_ENTRY_TIME);
  store<u32>(entry, number, PURCHASE_ENTRY_NUMBER);
  store<u32>(entry, amount, PURCHASE_ENTRY_AMOUNT);
  store<i32>(entry, after - <i32>amount, PURCHASE_ENTRY_BEFORE);
  store<i32>(entry, after, PURCHASE_ENTRY_AFTER);
  store<u32>(entry, <u32>total, PURCHASE_ENTRY_TOTAL);
  store<u32>(entry, 0, PURCHASE_ENTRY_RESERVED);
  entryWrite(entryAddress(household_index, number), PURCHASES_ENTRY_SIZE, entry);
}

/** Notes the purchase that was just booked. */
export function purchaseNote(household_index: i32): void {
  write(household_index, clockNow());
}

/** Writes entries whose accounts were booked right before the power went; `seen_clock`: the time then, 0
 *  unknown. An account without a last amount was cleared since. */
export function purchasesInit(seen_clock: u32): void {
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (lastAmount(index) == 0 || readNumber(index, purchaseNumber(index))) continue;
    write(index, seen_clock);
  }
}

/** Reads the `index`th newest purchase (1..10) of a household into `to` (PURCHASE_SIZE bytes). E_NOTHING
 *  when there is none. */
export function readPurchase(household_index: i32, index: i32, to: usize): i32 {
  const last = purchaseNumber(household_index);
  if (index < 1 || index > PURCHASE_COUNT || <u32>index > last) return E_NOTHING;
  if (!readNumber(household_index, last - <u32>index + 1)) return E_NOTHING;
  copyBytes(to, framData(), PURCHASE_SIZE);
  return OK;
}
