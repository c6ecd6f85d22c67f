/** The prepaid account of each household. Accepted credit stands in the account, charges in the books
 *  of its channels; the remaining credit kept here in RAM must always equal the one less the other,
 *  which is asserted at every change. Units: 1 J in energy mode, 1 J x 0.0001 currency/kWh in money
 *  mode. One credit is one record. */
import { copyBytes, equalBytes, fillBytes } from "../common/bytes";
import { E_LIMIT, E_NUMBER_OLD, E_NUMBER_SKIPPED, E_RANGE, OK, REPEAT } from "../common/errors";
import { recordSave } from "../store/image";
import { ACCOUNT, accountBody } from "../store/places";
import {
  ACCOUNT_ACCEPTED,
  ACCOUNT_LAST_AMOUNT,
  ACCOUNT_LAST_CODE,
  ACCOUNT_LAST_REMAINING,
  ACCOUNT_NUMBER,
  ACCOUNT_RELAY_FAULTS,
  ACCOUNT_RESUMED,
  CHANNEL_COUNT,
} from "../store/map";
import { bindCard, NO_CARD } from "./binding";
import { chargedUnits } from "./books";
import { EVENT_CLEARED, EVENT_RESUMED, EVENT_STATE, noteEvent } from "./events";
import { householdChannels, householdInUse } from "./layout";
import { boxSetting, householdSetting, MODE_MONEY, SETTING_ACCOUNT_MODE } from "./settings";
import { SETTING_ALARM_LEVEL, SETTING_HOARDING_LIMIT } from "./settings";
import { SETTING_OVERDRAFT, SETTING_PROMPT_DURATION, SETTING_TRIP_LEVEL } from "./settings";
import { Cause, isSupplying, judgeSupply, Supply, supplyMayMove } from "./supply";
import { isHeldOpen, isKept } from "./switch";
import { isTried, trialWantsClosed } from "./trial";

/** Most that may remain, 0.01: what the tubes can show, 99999.9 (product sheet). */
export const REMAINING_MAXIMUM: i64 = 9_999_990;
const CODE_SIZE: u32 = 8;
const UNITS_PER_HUNDREDTH_KWH: i64 = 36_000;
const UNITS_PER_HUNDREDTH_CURRENCY: i64 = 360_000_000;

const channels: usize = memory.data(CHANNEL_COUNT * 8, 8); // of each household, as bits
const remaining: usize = memory.data(CHANNEL_COUNT * 8, 8);
const settled: usize = memory.data(CHANNEL_COUNT * 8, 8); // above it consumption does not change the state
const state: usize = memory.data(CHANNEL_COUNT, 4);
const prompt_since_ms: usize = memory.data(CHANNEL_COUNT * 4, 4);
let prompting: u64 = 0; // households in their short interruption
let changed: u64 = 0; // households whose supply must be told to the relays
let tick_ms: u32 = 0;

/** Units of 0.01 kWh or 0.01 currency. */
export function unitsPerHundredth(): i64 {
  return boxSetting(SETTING_ACCOUNT_MODE) == MODE_MONEY
    ? UNITS_PER_HUNDREDTH_CURRENCY
    : UNITS_PER_HUNDREDTH_KWH;
}

export function acceptedUnits(household_index: i32): i64 {
  return load<i64>(accountBody(household_index), ACCOUNT_ACCEPTED);
}

export function purchaseNumber(household_index: i32): u32 {
  return load<u32>(accountBody(household_index), ACCOUNT_NUMBER);
}

export function lastAmount(household_index: i32): u32 {
  return load<u32>(accountBody(household_index), ACCOUNT_LAST_AMOUNT);
}

/** Remaining right after the last accepted purchase, 0.01. */
export function lastRemaining(household_index: i32): i32 {
  return load<i32>(accountBody(household_index), ACCOUNT_LAST_REMAINING);
}

export function remainingUnits(household_index: i32): i64 {
  return load<i64>(remaining + 8 * household_index);
}

/** Remaining in 0.01, towards zero. */
export function remainingHundredths(household_index: i32): i32 {
  return <i32>(remainingUnits(household_index) / unitsPerHundredth());
}

export function supplyState(household_index: i32): Supply {
  return <Supply>load<u8>(state + household_index);
}

/** Channels of a household as bits, 0 when it is not in use. */
export function accountChannels(household_index: i32): u64 {
  return load<u64>(channels + 8 * household_index);
}

/** Charged by all channels of a household in their lives, units. */
export function accountCharged(household_index: i32): i64 {
  let charged: i64 = 0;
  for (let rest = accountChannels(household_index); rest != 0; rest &= rest - 1) {
    charged += chargedUnits(<i32>ctz(rest));
  }
  return charged;
}

/** The state that a household's remaining credit asks for. Consumption changes it at one of three levels; the
 *  next one below is kept, for pulses that stay above it. */
function judge(household_index: i32): Supply {
  const unit = unitsPerHundredth();
  const left = remainingUnits(household_index);
  const alarm = <i64>householdSetting(SETTING_ALARM_LEVEL, household_index) * unit;
  const trip = <i64>householdSetting(SETTING_TRIP_LEVEL, household_index) * unit;
  const overdraft = <i64>householdSetting(SETTING_OVERDRAFT, household_index) * unit;
  let next = -overdraft;
  if (trip < left) next = max(next, trip);
  if (alarm < left) next = max(next, alarm);
  store<i64>(settled + 8 * household_index, next);
  const resumed = load<u8>(accountBody(household_index), ACCOUNT_RESUMED) != 0;
  return judgeSupply(left, alarm, trip, overdraft, resumed);
}

function bit(household_index: i32): u64 {
  return (<u64>1) << household_index;
}

function openAccount(household_index: i32): void {
  const household = household_index + 1;
  const its_channels = householdInUse(household) ? householdChannels(household) : 0;
  store<u64>(channels + 8 * household_index, its_channels);
  const left = acceptedUnits(household_index) - accountCharged(household_index);
  store<i64>(remaining + 8 * household_index, left);
  if (its_channels != 0) changed |= bit(household_index);
}

/** Starts from the records. A household's state is what its books say; nobody is prompted. */
export function accountsInit(now_ms: u32): void {
  tick_ms = now_ms;
  prompting = 0;
  changed = 0;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    openAccount(index);
    store<u8>(state + index, <u8>judge(index));
  }
}

/** Takes over changed settings and layout. */
export function accountsConfigure(): void {
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    openAccount(index);
    if (accountChannels(index) != 0) judgeHousehold(index, Cause.Setting);
  }
}

/** Called once a tick before anything else: the time that interruptions are counted from. */
export function accountsTick(now_ms: u32): void {
  tick_ms = now_ms;
  if (prompting == 0) return;
  const duration_ms = boxSetting(SETTING_PROMPT_DURATION) * 1000;
  for (let rest = prompting; rest != 0; rest &= rest - 1) {
    const index = <i32>ctz(rest);
    if (now_ms - load<u32>(prompt_since_ms + 4 * index) < duration_ms) continue;
    prompting &= ~bit(index);
    changed |= bit(index);
  }
}

/** True while a household is cut off as a prompt that its credit is low. */
export function isPrompting(household_index: i32): bool {
  return (prompting & bit(household_index)) != 0;
}

/** True when the relays of a household should be closed. */
export function wantsSupply(household_index: i32): bool {
  if (isTried(household_index + 1)) return trialWantsClosed();
  if (isKept(household_index)) return true;
  if (isHeldOpen(household_index)) return false;
  return isSupplying(supplyState(household_index)) && !isPrompting(household_index);
}

/** The relays have to be told anew about `households` (bits, bit 0 = household 1). */
export function supplyChanged(households: u64): void {
  changed |= households;
}

/** Takes one household whose supply may have changed; its index, or -1. */
export function takeChangedHousehold(): i32 {
  if (changed == 0) return -1;
  const index = <i32>ctz(changed);
  changed &= changed - 1;
  return index;
}

/** The books must balance. */
function assertBalance(household_index: i32): void {
  const owed = accountCharged(household_index) + remainingUnits(household_index);
  assert(acceptedUnits(household_index) == owed);
}

/** Judges a household after `cause`. */
export function judgeHousehold(household_index: i32, cause: Cause): void {
  assertBalance(household_index);
  const before = supplyState(household_index);
  const after = judge(household_index);
  if (after == before) return;
  assert(supplyMayMove(before, after, cause));
  noteEvent(EVENT_STATE, household_index + 1, before, after);
  store<u8>(state + household_index, <u8>after);
  changed |= bit(household_index);
  prompting &= ~bit(household_index);
  const prompts = boxSetting(SETTING_PROMPT_DURATION) != 0;
  if (prompts && before == Supply.Supplied && after == Supply.Low && cause == Cause.Consumption) {
    prompting |= bit(household_index);
    store<u32>(prompt_since_ms + 4 * household_index, tick_ms);
  }
}

/** Takes off what a pulse charged (the channel's book is already committed). */
export function chargeHousehold(household_index: i32, units: i64): void {
  const left = remainingUnits(household_index) - units;
  store<i64>(remaining + 8 * household_index, left);
  if (left > load<i64>(settled + 8 * household_index)) assertBalance(household_index);
  else judgeHousehold(household_index, Cause.Consumption);
}

/** Judges a credit without changing anything: OK, REPEAT, or why it is refused. `code`: the message's
 *  8 bytes, already found valid. */
export function judgeCredit(household_index: i32, number: u32, amount: u32, code: usize): i32 {
  const last = purchaseNumber(household_index);
  if (number == last && last != 0) {
    const same = equalBytes(code, accountBody(household_index) + ACCOUNT_LAST_CODE, CODE_SIZE);
    return same ? REPEAT : E_NUMBER_OLD;
  }
  if (number <= last) return E_NUMBER_OLD;
  if (number - last > 1) return E_NUMBER_SKIPPED;
  if (amount == 0) return E_RANGE;
  const unit = unitsPerHundredth();
  const after = remainingUnits(household_index) + <i64>amount * unit;
  const limit = <i64>householdSetting(SETTING_HOARDING_LIMIT, household_index);
  return after > min(limit, REMAINING_MAXIMUM) * unit ? E_LIMIT : OK;
}

/** Books a credit that judgeCredit found OK: credit, number and card are one record. `uid`: the card
 *  that brought it, which also ends a trip, or NO_CARD; `binds`: it becomes the household's card. */
export function bookCredit(
  household_index: i32,
  number: u32,
  amount: u32,
  code: usize,
  uid: usize,
  binds: bool,
): void {
  const account = accountBody(household_index);
  const units = <i64>amount * unitsPerHundredth();
  const after = remainingUnits(household_index) + units;
  const trip = <i64>householdSetting(SETTING_TRIP_LEVEL, household_index) * unitsPerHundredth();
  store<i64>(account, acceptedUnits(household_index) + units, ACCOUNT_ACCEPTED);
  store<u32>(account, number, ACCOUNT_NUMBER);
  store<u32>(account, amount, ACCOUNT_LAST_AMOUNT);
  store<i32>(account, <i32>(after / unitsPerHundredth()), ACCOUNT_LAST_REMAINING);
  if (after > trip) store<u8>(account, 0, ACCOUNT_RESUMED);
  else if (uid != NO_CARD) store<u8>(account, 1, ACCOUNT_RESUMED);
  copyBytes(account + ACCOUNT_LAST_CODE, code, CODE_SIZE);
  if (binds) bindCard(household_index, uid);
  recordSave(ACCOUNT, household_index);
  store<i64>(remaining + 8 * household_index, after);
  judgeHousehold(household_index, Cause.Credit);
}

/** The household's card was newly presented: ends a trip, durably. True when it did. */
export function resumeHousehold(household_index: i32): bool {
  if (supplyState(household_index) != Supply.Tripped) return false;
  store<u8>(accountBody(household_index), 1, ACCOUNT_RESUMED);
  recordSave(ACCOUNT, household_index);
  judgeHousehold(household_index, Cause.Presentation);
  noteEvent(EVENT_RESUMED, household_index + 1, 0, remainingUnits(household_index));
  return true;
}

/** Binds a household to a card outside of a purchase, durably. */
export function bindHousehold(household_index: i32, uid: usize): void {
  bindCard(household_index, uid);
  recordSave(ACCOUNT, household_index);
}

/** Withdraws what remains and forgets the card and the last purchase but for its number, durably: one
 *  record. The number stays, so that no old purchase can be loaded again. */
export function clearHousehold(household_index: i32): void {
  const account = accountBody(household_index);
  const withdrawn = remainingUnits(household_index);
  store<i64>(account, accountCharged(household_index), ACCOUNT_ACCEPTED);
  store<u32>(account, 0, ACCOUNT_LAST_AMOUNT);
  store<i32>(account, 0, ACCOUNT_LAST_REMAINING);
  store<u8>(account, 0, ACCOUNT_RESUMED);
  fillBytes(account + ACCOUNT_LAST_CODE, 0, CODE_SIZE);
  bindCard(household_index, NO_CARD);
  recordSave(ACCOUNT, household_index);
  store<i64>(remaining + 8 * household_index, 0);
  judgeHousehold(household_index, Cause.Clearing);
  if (withdrawn != 0) noteEvent(EVENT_CLEARED, household_index + 1, 0, withdrawn);
}

/** Times energy was seen on an open relay of a household, modulo 2^16. */
export function relayFaults(household_index: i32): u32 {
  return load<u16>(accountBody(household_index), ACCOUNT_RELAY_FAULTS);
}

/** Energy was seen on an open relay of a household. */
export function countRelayFault(household_index: i32): void {
  store<u16>(
    accountBody(household_index),
    <u16>(relayFaults(household_index) + 1),
    ACCOUNT_RELAY_FAULTS,
  );
  recordSave(ACCOUNT, household_index);
}

/** True when neither credit nor charge stands on a household or on one of `its_channels`. */
export function accountIsUntouched(household_index: i32, its_channels: u64): bool {
  if (acceptedUnits(household_index) != 0) return false;
  for (let rest = its_channels; rest != 0; rest &= rest - 1) {
    if (chargedUnits(<i32>ctz(rest)) != 0) return false;
  }
  return true;
}
