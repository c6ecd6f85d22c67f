/** Settings: their ranges, where they stand, and reading them. Table: src/metering/SPEC.md, "Settings".
 *  Relations between settings are judged in change.ts; nothing here writes to the memory. */
import { fillBytes } from "../common/bytes";
import { BOX_SETTINGS_BODY, CHANNELS_BODY, limitsBody } from "../store/places";
import { BOX_SETTINGS_VALUES, CHANNEL_COUNT, CHANNELS_ENTRIES, LIMITS_VALUES } from "../store/map";
import { protectionStart } from "./protection";

export const SETTING_SALES_UNIT: i32 = 1;
export const SETTING_ACCOUNT_MODE: i32 = 2;
export const SETTING_PRICE: i32 = 3;
export const SETTING_REVERSE_COUNTS: i32 = 4;
export const SETTING_BASIC_CURRENT: i32 = 5;
export const SETTING_COIL_PULSE: i32 = 6;
export const SETTING_COIL_REST: i32 = 7;
export const SETTING_REFRESH_PERIOD: i32 = 8;
export const SETTING_CLOSE_SPREAD: i32 = 9;
export const SETTING_PROMPT_DURATION: i32 = 10;
export const SETTING_DECIMALS: i32 = 11;
export const SETTING_LINE_PROTOCOL: i32 = 12;
export const SETTING_LINE_RATE: i32 = 13;
export const SETTING_LINE_FORMAT: i32 = 14;
export const SETTING_MODBUS_ADDRESS: i32 = 15;
export const SETTING_READER_PLACE: i32 = 16;
export const SETTING_LOAD_INTERVAL: i32 = 17;
export const SETTING_SETTLEMENT_DAY: i32 = 18;
export const SETTING_DAILY_FREEZE: i32 = 19;
/** Settings from here on do not stand among the box's values and are never read. */
export const SETTING_PASSWORD_2: i32 = 20;
export const SETTING_PASSWORD_4: i32 = 21;
export const SETTING_CLOCK: i32 = 22;
export const BOX_SETTING_COUNT: i32 = 22;

export const SETTING_ALARM_LEVEL: i32 = 40;
export const SETTING_TRIP_LEVEL: i32 = 41;
export const SETTING_OVERDRAFT: i32 = 42;
export const SETTING_HOARDING_LIMIT: i32 = 43;

export const SETTING_CONSTANT: i32 = 50;
export const SETTING_PHASE: i32 = 51;
export const SETTING_LAYOUT: i32 = 52;

/** What a setting belongs to. */
export const SCOPE_NONE: i32 = 0; // no such setting
export const SCOPE_BOX: i32 = 1;
export const SCOPE_HOUSEHOLD: i32 = 2;
export const SCOPE_CHANNEL: i32 = 3;

export const MODE_ENERGY: u32 = 0;
export const MODE_MONEY: u32 = 1;

// Ranges and start values: the box's ids 1..22, then 40..43, then 50..52.
// prettier-ignore
const minimum: StaticArray<u32> = [
  0, 0, 1, 0, 100, 20, 20, 480, 0, 0, 1,
  0, 0, 0, 1, 0, 15, 100, 0, 0, 0, 1,
  0, 0, 0, 1,
  1, 0, 0,
];
// prettier-ignore
const maximum: StaticArray<u32> = [
  9999, 1, 1000000, 1, 100000, 200, 1000, 900, 600, 60, 2,
  2, 4, 2, 247, 2, 60, 2823, 2359, 1000000, 1000000, 4294967295,
  9999999, 9999999, 9999999, 9999999,
  20000, 2, 16777215,
];
// prettier-ignore
const start: StaticArray<u32> = [
  0, 0, 1, 1, 15000, 50, 20, 600, 10, 0, 1,
  0, 3, 1, 1, 0, 60, 100, 0, 1000000, 1000000, 0,
  1000, 500, 0, 100000,
  1600, 0, 0,
];

const ENTRY_SIZE: i32 = 4; // constant (2), phase (1), household (1)
const ENTRY_PHASE: usize = 2;
const ENTRY_HOUSEHOLD: usize = 3;

export function scopeOf(id: i32): i32 {
  if (id >= 1 && id <= BOX_SETTING_COUNT) return SCOPE_BOX;
  if (id >= SETTING_ALARM_LEVEL && id <= SETTING_HOARDING_LIMIT) return SCOPE_HOUSEHOLD;
  if (id >= SETTING_CONSTANT && id <= SETTING_LAYOUT) return SCOPE_CHANNEL;
  return SCOPE_NONE;
}

function rowOf(id: i32): i32 {
  if (id >= SETTING_CONSTANT) return BOX_SETTING_COUNT + 4 + id - SETTING_CONSTANT;
  if (id >= SETTING_ALARM_LEVEL) return BOX_SETTING_COUNT + id - SETTING_ALARM_LEVEL;
  return id - 1;
}

/** True when `value` is in the range of setting `id`, which must exist. */
export function settingInRange(id: i32, value: u32): bool {
  const row = rowOf(id);
  return value >= minimum[row] && value <= maximum[row];
}

/** True for a setting of the box that stands among its values. */
export function isStored(id: i32): bool {
  return id >= 1 && id < SETTING_PASSWORD_2;
}

/** True for a password: it is never told. */
export function isPasswordSetting(id: i32): bool {
  return id == SETTING_PASSWORD_2 || id == SETTING_PASSWORD_4;
}

export function boxSettingAddress(id: i32): usize {
  assert(isStored(id));
  return BOX_SETTINGS_BODY + BOX_SETTINGS_VALUES + 4 * (id - 1);
}

export function boxSetting(id: i32): u32 {
  return load<u32>(boxSettingAddress(id));
}

export function householdSettingAddress(id: i32, household_index: i32): usize {
  assert(scopeOf(id) == SCOPE_HOUSEHOLD);
  return limitsBody(household_index) + LIMITS_VALUES + 4 * (id - SETTING_ALARM_LEVEL);
}

/** A household's setting, 0.01 kWh or 0.01 currency. */
export function householdSetting(id: i32, household_index: i32): u32 {
  return load<u32>(householdSettingAddress(id, household_index));
}

function channelEntry(channel_index: i32): usize {
  assert(<u32>channel_index < <u32>CHANNEL_COUNT);
  return CHANNELS_BODY + CHANNELS_ENTRIES + ENTRY_SIZE * channel_index;
}

/** Pulse constant, 1..20000 imp/kWh. */
export function channelConstant(channel_index: i32): u32 {
  return load<u16>(channelEntry(channel_index));
}

export function setChannelConstant(channel_index: i32, constant: u32): void {
  store<u16>(channelEntry(channel_index), <u16>constant);
}

/** Phase a channel is on: 0 A, 1 B, 2 C. */
export function channelPhase(channel_index: i32): i32 {
  return load<u8>(channelEntry(channel_index), ENTRY_PHASE);
}

export function setChannelPhase(channel_index: i32, phase: i32): void {
  store<u8>(channelEntry(channel_index), <u8>phase, ENTRY_PHASE);
}

/** Household a channel serves, 1..39, 0 none. */
export function channelHousehold(channel_index: i32): i32 {
  return load<u8>(channelEntry(channel_index), ENTRY_HOUSEHOLD);
}

export function setChannelHousehold(channel_index: i32, household: i32): void {
  store<u8>(channelEntry(channel_index), <u8>household, ENTRY_HOUSEHOLD);
}

/** Start values of all settings, for the first start. */
export function settingsStart(): void {
  protectionStart();
  fillBytes(BOX_SETTINGS_BODY + BOX_SETTINGS_VALUES, 0, 4 * 32);
  for (let id = 1; isStored(id); id++) store<u32>(boxSettingAddress(id), start[rowOf(id)]);
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    for (let id = SETTING_ALARM_LEVEL; id <= SETTING_HOARDING_LIMIT; id++) {
      store<u32>(householdSettingAddress(id, index), start[rowOf(id)]);
    }
    setChannelConstant(index, start[rowOf(SETTING_CONSTANT)]);
    setChannelPhase(index, index % 3); // product sheet: channels are on phases A, B, C in turn
    setChannelHousehold(index, index + 1);
  }
}
