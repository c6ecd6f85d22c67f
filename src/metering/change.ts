/** Changing one setting: judged first against its range and the relations of SPEC.md, then committed
 *  as one record. Refused changes leave everything as it was. */
import {
  E_BOOKS_OPEN,
  E_LOCKED,
  E_NUMBER_OLD,
  E_PHASE,
  E_RANGE,
  E_SETTING,
  OK,
  REPEAT,
} from "../common/errors";
import { recordSave } from "../store/image";
import {
  BOX_SETTINGS,
  BOX_SETTINGS_BODY,
  CHANNELS,
  CHANNELS_BODY,
  LIMITS,
  limitsBody,
  bookBody,
} from "../store/places";
import { BOOK_HELD, BOX_SETTINGS_LAST_NUMBER, CHANNEL_COUNT } from "../store/map";
import { CHANNELS_LAST_NUMBER, LIMITS_LAST_NUMBER } from "../store/map";
import { accountIsUntouched, accountsConfigure } from "./account";
import { booksConfigure, forwardJ, reverseJ } from "./books";
import { householdChannels, judgeLayout, layoutChannels, layoutValue } from "./layout";
import { isPassword, LEVEL_2, LEVEL_4, setPassword } from "./protection";
import * as settings from "./settings";

const current: usize = memory.data(4, 4);
let last_clock: u32 = 0; // last accepted value of the setting that is not stored
let settings_changed: bool = false;

export function changeInit(): void {
  last_clock = 0;
  settings_changed = false;
}

/** True once after settings changed. */
export function takeSettingsChanged(): bool {
  const taken = settings_changed;
  settings_changed = false;
  return taken;
}

/** Where the number of the last accepted change of a scope stands. */
function lastNumber(scope: i32, index: i32): usize {
  if (scope == settings.SCOPE_BOX) return BOX_SETTINGS_BODY + BOX_SETTINGS_LAST_NUMBER;
  if (scope == settings.SCOPE_HOUSEHOLD) return limitsBody(index) + LIMITS_LAST_NUMBER;
  return CHANNELS_BODY + CHANNELS_LAST_NUMBER;
}

/** True when `index` (0 the box, 1..39) fits the scope of setting `id`. */
function fitsScope(id: i32, index: i32): bool {
  if (settings.scopeOf(id) == settings.SCOPE_BOX) return index == 0;
  return index >= 1 && index <= CHANNEL_COUNT;
}

/** Reads setting `id` of `index` (0 the box, 1..39) into `value`. E_SETTING, E_RANGE, or E_LOCKED for
 *  one that is never read. */
export function readSetting(id: i32, index: i32, value: usize): i32 {
  const scope = settings.scopeOf(id);
  if (scope == settings.SCOPE_NONE) return E_SETTING;
  if (!fitsScope(id, index)) return E_RANGE;
  if (scope == settings.SCOPE_BOX && !settings.isStored(id)) return E_LOCKED;
  let found: u32 = 0;
  if (scope == settings.SCOPE_BOX) found = settings.boxSetting(id);
  else if (scope == settings.SCOPE_HOUSEHOLD) found = settings.householdSetting(id, index - 1);
  else if (id == settings.SETTING_CONSTANT) found = settings.channelConstant(index - 1);
  else if (id == settings.SETTING_PHASE) found = <u32>settings.channelPhase(index - 1);
  else found = layoutValue(index);
  store<u32>(value, found);
  return OK;
}

function anyAccountTouched(): bool {
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (!accountIsUntouched(index, (<u64>1) << index)) return true;
  }
  return false;
}

/** Two decimal pairs, `high` in least..most and `low` up to `low_most`. */
function pairsFit(value: u32, least: u32, most: u32, low_most: u32): bool {
  return value / 100 >= least && value / 100 <= most && value % 100 <= low_most;
}

function judgeTimes(id: i32, value: u32): i32 {
  let fits = true;
  if (id == settings.SETTING_LOAD_INTERVAL) fits = value == 15 || value == 30 || value == 60;
  if (id == settings.SETTING_SETTLEMENT_DAY) fits = pairsFit(value, 1, 28, 23);
  if (id == settings.SETTING_DAILY_FREEZE) fits = pairsFit(value, 0, 23, 59);
  return fits ? OK : E_RANGE;
}

function judgeBox(id: i32, value: u32): i32 {
  const mode = settings.boxSetting(settings.SETTING_ACCOUNT_MODE);
  const price = settings.boxSetting(settings.SETTING_PRICE);
  if (id == settings.SETTING_ACCOUNT_MODE && value != mode) {
    if (value == settings.MODE_ENERGY && price != 1) return E_RANGE;
    return anyAccountTouched() ? E_BOOKS_OPEN : OK;
  }
  if (id == settings.SETTING_PRICE && mode == settings.MODE_ENERGY && value != 1) return E_RANGE;
  return judgeTimes(id, value);
}

function judgeHouseholdSetting(id: i32, household_index: i32, value: u32): i32 {
  const alarm = settings.householdSetting(settings.SETTING_ALARM_LEVEL, household_index);
  const trip = settings.householdSetting(settings.SETTING_TRIP_LEVEL, household_index);
  if (id == settings.SETTING_ALARM_LEVEL && value < trip) return E_RANGE;
  if (id == settings.SETTING_TRIP_LEVEL && value > alarm) return E_RANGE;
  return OK;
}

function judgeConstant(channel_index: i32): i32 {
  const counted = forwardJ(channel_index) | reverseJ(channel_index);
  const held = load<u8>(bookBody(channel_index), BOOK_HELD);
  return counted != 0 || held != 0 ? E_BOOKS_OPEN : OK;
}

/** A phase may not make two channels of a three-phase household equal. */
function judgePhase(channel_index: i32, phase: i32): i32 {
  const household = settings.channelHousehold(channel_index);
  if (household == 0) return OK;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (index == channel_index || settings.channelHousehold(index) != household) continue;
    if (settings.channelPhase(index) == phase) return E_PHASE;
  }
  return OK;
}

function judgeNewLayout(household: i32, value: u32): i32 {
  const result = judgeLayout(household, value);
  if (result != OK) return result;
  const touched = householdChannels(household) | layoutChannels(value);
  return accountIsUntouched(household - 1, touched) ? OK : E_BOOKS_OPEN;
}

function judgeChannel(id: i32, index: i32, value: u32): i32 {
  if (id == settings.SETTING_CONSTANT) return judgeConstant(index - 1);
  if (id == settings.SETTING_PHASE) return judgePhase(index - 1, <i32>value);
  return judgeNewLayout(index, value);
}

function isSetTo(id: i32, index: i32, value: u32): bool {
  if (id == settings.SETTING_PASSWORD_2) return isPassword(LEVEL_2, value);
  if (id == settings.SETTING_PASSWORD_4) return isPassword(LEVEL_4, value);
  if (id == settings.SETTING_CLOCK) return last_clock == value;
  readSetting(id, index, current);
  return load<u32>(current) == value;
}

/** Number of the last accepted change in the scope of setting `id` of `index`. */
export function lastChange(id: i32, index: i32): u32 {
  return load<u32>(lastNumber(settings.scopeOf(id), index - 1));
}

/** Judges setting `id` of `index` (0 the box, 1..39) to `value`. OK, E_SETTING, E_RANGE, E_BOOKS_OPEN,
 *  E_LAYOUT, E_PHASE. Changes nothing. */
export function judgeValue(id: i32, index: i32, value: u32): i32 {
  const scope = settings.scopeOf(id);
  if (scope == settings.SCOPE_NONE) return E_SETTING;
  if (!fitsScope(id, index) || !settings.settingInRange(id, value)) return E_RANGE;
  if (scope == settings.SCOPE_BOX) return judgeBox(id, value);
  if (scope == settings.SCOPE_HOUSEHOLD) return judgeHouseholdSetting(id, index - 1, value);
  return judgeChannel(id, index, value);
}

/** Judges a signed change: as judgeValue, and `number` must be above the last accepted one of its scope.
 *  REPEAT when it is that one again, else E_NUMBER_OLD. */
export function judgeChange(id: i32, index: i32, value: u32, number: u32): i32 {
  const scope = settings.scopeOf(id);
  if (scope == settings.SCOPE_NONE) return E_SETTING;
  if (!fitsScope(id, index) || !settings.settingInRange(id, value)) return E_RANGE;
  const last = lastChange(id, index);
  if (number > last) return judgeValue(id, index, value);
  return number == last && isSetTo(id, index, value) ? REPEAT : E_NUMBER_OLD;
}

function applyLayout(household: i32, value: u32): void {
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (settings.channelHousehold(index) == household) settings.setChannelHousehold(index, 0);
  }
  for (let rest = layoutChannels(value); rest != 0; rest &= rest - 1) {
    settings.setChannelHousehold(<i32>ctz(rest), household);
  }
}

/** A setting of the box; a password stands in a record of its own, before the number: after a cut
 *  between, the same message is taken again. */
function applyBox(id: i32, value: u32): void {
  if (settings.isStored(id)) store<u32>(settings.boxSettingAddress(id), value);
  else if (id == settings.SETTING_PASSWORD_2) setPassword(LEVEL_2, value);
  else if (id == settings.SETTING_PASSWORD_4) setPassword(LEVEL_4, value);
  else last_clock = value;
  recordSave(BOX_SETTINGS, 0);
}

/** Makes a change that was found OK; value and number are one record. */
export function applyChange(id: i32, index: i32, value: u32, number: u32): void {
  const scope = settings.scopeOf(id);
  store<u32>(lastNumber(scope, index - 1), number);
  if (scope == settings.SCOPE_BOX) {
    applyBox(id, value);
  } else if (scope == settings.SCOPE_HOUSEHOLD) {
    store<u32>(settings.householdSettingAddress(id, index - 1), value);
    recordSave(LIMITS, index - 1);
  } else {
    if (id == settings.SETTING_CONSTANT) settings.setChannelConstant(index - 1, value);
    else if (id == settings.SETTING_PHASE) settings.setChannelPhase(index - 1, <i32>value);
    else applyLayout(index, value);
    recordSave(CHANNELS, 0);
  }
  booksConfigure();
  accountsConfigure();
  settings_changed = true;
}
