/** What the meter tells of its households and of the box: slices, books, supply, the box itself.
 *  Layouts: src/link/SPEC.md. Changes nothing. */
import { copyBytes, storeLe64 } from "../common/bytes";
import { E_HOUSEHOLD, OK } from "../common/errors";
import * as frame from "../link/frame";
import { switchBody } from "../store/places";
import { CHANNEL_COUNT, FORMAT_VERSION, SWITCH_CLOSED_AT, SWITCH_NUMBER } from "../store/map";
import { SWITCH_OPENED } from "../store/map";
import * as account from "./account";
import { consumedHundredths, householdHundredths, householdJ } from "./consumption";
import { eventNext } from "./events";
import { boxNumber, NUMBER_SIZE } from "./identity";
import { refusals } from "./management";
import { frequencyChz, PHASE_COUNT, phaseVoltageDv } from "./phases";
import { maximumDemandTime, maximumDemandW, powerDw } from "./power";
import { passwordsLocked } from "./protection";
import { serviceSwitchClosed } from "./service.port";
import * as settings from "./settings";
import { Hold, holdOf, isKept } from "./switch";
import { runningS, startCount } from "./uptime";

// Settings that BOX_READ tells: id, offset in the reply, bytes.
const TOLD_COUNT: i32 = 11;
// prettier-ignore
const told_ids: StaticArray<u8> = [
  <u8>settings.SETTING_SALES_UNIT, <u8>settings.SETTING_LINE_PROTOCOL,
  <u8>settings.SETTING_LINE_RATE, <u8>settings.SETTING_LINE_FORMAT,
  <u8>settings.SETTING_MODBUS_ADDRESS, <u8>settings.SETTING_READER_PLACE,
  <u8>settings.SETTING_LOAD_INTERVAL, <u8>settings.SETTING_SETTLEMENT_DAY,
  <u8>settings.SETTING_DAILY_FREEZE, <u8>settings.SETTING_PRICE,
  <u8>settings.SETTING_BASIC_CURRENT,
];
// prettier-ignore
const told_offsets: StaticArray<u8> = [
  <u8>frame.BOX_UNIT, <u8>frame.BOX_LINE_PROTOCOL, <u8>frame.BOX_LINE_RATE,
  <u8>frame.BOX_LINE_FORMAT, <u8>frame.BOX_MODBUS_ADDRESS, <u8>frame.BOX_READER_PLACE,
  <u8>frame.BOX_LOAD_INTERVAL, <u8>frame.BOX_SETTLEMENT_DAY, <u8>frame.BOX_DAILY_FREEZE,
  <u8>frame.BOX_PRICE, <u8>frame.BOX_BASIC_CURRENT,
];
const told_sizes: StaticArray<u8> = [2, 1, 1, 1, 1, 1, 2, 2, 2, 4, 4];

// What the entry tells about the relays and the board, set before each answer.
let relays_closed: u64 = 0;
let boot: i32 = 0;
let now_ms: u32 = 0;

/** `boot_reason`: why the board started the core. */
export function readingsInit(boot_reason: i32): void {
  relays_closed = 0;
  boot = boot_reason;
  now_ms = 0;
}

/** Tells what the relays do and what time it is, for the readings to come. */
export function readingsAt(closed: u64, at_ms: u32): void {
  relays_closed = closed;
  now_ms = at_ms;
}

/** True when `household` (any number) is one of the 39 and in use. */
function isRead(household: i32): bool {
  if (household < 1 || household > CHANNEL_COUNT) return false;
  return account.accountChannels(household - 1) != 0;
}

function householdPowerDw(household_index: i32): i32 {
  return powerDw(account.accountChannels(household_index), now_ms);
}

function householdFlags(household_index: i32): u32 {
  const channels = account.accountChannels(household_index);
  let flags: u32 = (relays_closed & channels) == channels ? frame.SLICE_FLAG_CLOSED : 0;
  if (account.isPrompting(household_index)) flags |= frame.SLICE_FLAG_PROMPT;
  if (householdPowerDw(household_index) < 0) flags |= frame.SLICE_FLAG_REVERSE;
  if (!account.wantsSupply(household_index)) flags |= frame.SLICE_FLAG_WANTED_OPEN;
  if (isKept(household_index)) flags |= frame.SLICE_FLAG_KEEP;
  const hold = holdOf(household_index);
  if (hold == Hold.Allowed) flags |= frame.SLICE_FLAG_ALLOWED;
  else if (hold != Hold.None) flags |= frame.SLICE_FLAG_COMMANDED;
  return flags;
}

/** Phases of a household's channels, bits 0..2. */
function householdPhases(household_index: i32): u32 {
  let phases: u32 = 0;
  for (let rest = account.accountChannels(household_index); rest != 0; rest &= rest - 1) {
    phases |= (<u32>1) << settings.channelPhase(<i32>ctz(rest));
  }
  return phases;
}

/** Fills the slice (SLICE_SIZE bytes at `to`) of a household in use. */
export function fillSlice(household_index: i32, to: usize): void {
  store<u8>(to + frame.SLICE_HOUSEHOLD, <u8>(household_index + 1));
  store<u8>(to + frame.SLICE_STATE, <u8>account.supplyState(household_index));
  store<u8>(to + frame.SLICE_FLAGS, <u8>householdFlags(household_index));
  store<u8>(to + frame.SLICE_PHASES, <u8>householdPhases(household_index));
  store<u32>(to + frame.SLICE_REMAINING, <u32>account.remainingHundredths(household_index));
  store<u32>(to + frame.SLICE_CONSUMED, consumedHundredths(household_index));
  store<u32>(to + frame.SLICE_POWER, <u32>householdPowerDw(household_index));
  store<u32>(to + frame.SLICE_NUMBER, account.purchaseNumber(household_index));
  store<u32>(to + frame.SLICE_FORWARD, householdHundredths(household_index, false));
  store<u32>(to + frame.SLICE_REVERSE, householdHundredths(household_index, true));
  store<u32>(to + frame.SLICE_AMOUNT, account.lastAmount(household_index));
  store<u32>(to + frame.SLICE_MAXIMUM, maximumDemandW(household_index));
  for (let id = settings.SETTING_ALARM_LEVEL; id <= settings.SETTING_HOARDING_LIMIT; id++) {
    const limit = to + frame.SLICE_ALARM + 4 * (id - settings.SETTING_ALARM_LEVEL);
    store<u32>(limit, settings.householdSetting(id, household_index));
  }
}

/** E_HOUSEHOLD when it is not in use; so below. */
export function readSlice(request: usize, reply: usize): i32 {
  const household = <i32>load<u8>(request + frame.SLICE_READ_HOUSEHOLD);
  if (!isRead(household)) return E_HOUSEHOLD;
  fillSlice(household - 1, reply + frame.SLICE_READ_REPLY_SLICE);
  return OK;
}

export function readSupply(request: usize, reply: usize): i32 {
  const household = <i32>load<u8>(request + frame.SUPPLY_HOUSEHOLD);
  if (!isRead(household)) return E_HOUSEHOLD;
  const record = switchBody(household - 1);
  store<u8>(reply + frame.SUPPLY_REPLY_COMMAND, <u8>holdOf(household - 1));
  store<u8>(reply + frame.SUPPLY_REPLY_KEEP, isKept(household - 1) ? 1 : 0);
  store<u32>(reply + frame.SUPPLY_REPLY_OPENED, load<u32>(record, SWITCH_OPENED));
  store<u32>(reply + frame.SUPPLY_REPLY_CLOSED, load<u32>(record, SWITCH_CLOSED_AT));
  store<u32>(reply + frame.SUPPLY_REPLY_NUMBER, load<u32>(record, SWITCH_NUMBER));
  return OK;
}

export function readBooks(request: usize, reply: usize): i32 {
  const household = <i32>load<u8>(request + frame.BOOKS_HOUSEHOLD);
  const index = household - 1;
  if (!isRead(household)) return E_HOUSEHOLD;
  store<u8>(reply + frame.BOOKS_REPLY_HOUSEHOLD, <u8>household);
  store<u8>(reply + frame.BOOKS_REPLY_STATE, <u8>account.supplyState(index));
  store<u8>(reply + frame.BOOKS_REPLY_FLAGS, <u8>householdFlags(index));
  storeLe64(reply + frame.BOOKS_REPLY_FORWARD, householdJ(index, false));
  storeLe64(reply + frame.BOOKS_REPLY_REVERSE, householdJ(index, true));
  storeLe64(reply + frame.BOOKS_REPLY_ACCEPTED, account.acceptedUnits(index));
  storeLe64(reply + frame.BOOKS_REPLY_CHARGED, account.accountCharged(index));
  storeLe64(reply + frame.BOOKS_REPLY_REMAINING, account.remainingUnits(index));
  store<u32>(reply + frame.BOOKS_REPLY_POWER, <u32>(householdPowerDw(index) / 10));
  store<u32>(reply + frame.BOOKS_REPLY_MAXIMUM, maximumDemandW(index));
  store<u32>(reply + frame.BOOKS_REPLY_MAXIMUM_TIME, maximumDemandTime(index));
  store<u32>(reply + frame.BOOKS_REPLY_NUMBER, account.purchaseNumber(index));
  store<u32>(reply + frame.BOOKS_REPLY_AMOUNT, account.lastAmount(index));
  return OK;
}

function tellSettings(reply: usize): void {
  for (let index = 0; index < TOLD_COUNT; index++) {
    const to = reply + <usize>told_offsets[index];
    const value = settings.boxSetting(told_ids[index]);
    if (told_sizes[index] == 1) store<u8>(to, <u8>value);
    else if (told_sizes[index] == 2) store<u16>(to, <u16>value);
    else store<u32>(to, value);
  }
}

export function readBox(reply: usize): void {
  tellSettings(reply);
  copyBytes(reply + frame.BOX_NUMBER, boxNumber(), NUMBER_SIZE);
  for (let phase = 0; phase < PHASE_COUNT; phase++) {
    store<u16>(reply + frame.BOX_VOLTAGES + 2 * phase, <u16>phaseVoltageDv(phase));
  }
  store<u16>(reply + frame.BOX_FREQUENCY, <u16>frequencyChz());
  store<u32>(reply + frame.BOX_RUNNING, runningS());
  store<u32>(reply + frame.BOX_STARTS, startCount());
  storeLe64(reply + frame.BOX_CLOSED, relays_closed);
  store<u32>(reply + frame.BOX_EVENT_NEXT, eventNext());
  store<u8>(reply + frame.BOX_FORMAT, <u8>FORMAT_VERSION);
  store<u8>(reply + frame.BOX_BOOT, <u8>boot);
  let flags: u32 = serviceSwitchClosed() ? frame.BOX_FLAG_SERVICE : 0;
  if (passwordsLocked()) flags |= frame.BOX_FLAG_LOCKED;
  store<u8>(reply + frame.BOX_FLAGS, <u8>flags);
  store<u32>(reply + frame.BOX_REFUSALS, refusals());
}
