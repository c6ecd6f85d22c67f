/** Names for the numbers of src/metering/SPEC.md (settings, states) and of the error list, as the
 *  office and the scenarios use them. */

import {
  SWITCH_ALLOW,
  SWITCH_CLOSE,
  SWITCH_KEEP,
  SWITCH_KEEP_END,
  SWITCH_OPEN,
  SWITCH_OPEN_ALLOW,
  SWITCH_OPEN_CLOSE,
} from "../office/message.ts";

/** Settings: id, range, scope. */
export interface Setting {
  id: number;
  lowest: number;
  highest: number;
  scope: "box" | "household" | "channel";
}

const HUNDREDTHS = 9_999_999;

export const SETTINGS: Record<string, Setting> = {
  sales_unit: { id: 1, lowest: 0, highest: 9999, scope: "box" },
  account_mode: { id: 2, lowest: 0, highest: 1, scope: "box" },
  price: { id: 3, lowest: 1, highest: 1_000_000, scope: "box" },
  reverse_counts: { id: 4, lowest: 0, highest: 1, scope: "box" },
  basic_current: { id: 5, lowest: 100, highest: 100_000, scope: "box" },
  coil_pulse: { id: 6, lowest: 20, highest: 200, scope: "box" },
  coil_rest: { id: 7, lowest: 20, highest: 1000, scope: "box" },
  refresh_period: { id: 8, lowest: 480, highest: 900, scope: "box" },
  close_spread: { id: 9, lowest: 0, highest: 600, scope: "box" },
  prompt_duration: { id: 10, lowest: 0, highest: 60, scope: "box" },
  decimals: { id: 11, lowest: 1, highest: 2, scope: "box" },
  line_protocol: { id: 12, lowest: 0, highest: 2, scope: "box" },
  line_rate: { id: 13, lowest: 0, highest: 4, scope: "box" },
  line_format: { id: 14, lowest: 0, highest: 2, scope: "box" },
  modbus_address: { id: 15, lowest: 1, highest: 247, scope: "box" },
  reader_place: { id: 16, lowest: 0, highest: 2, scope: "box" },
  load_interval: { id: 17, lowest: 15, highest: 60, scope: "box" },
  settlement_day: { id: 18, lowest: 100, highest: 2823, scope: "box" },
  daily_freeze: { id: 19, lowest: 0, highest: 2359, scope: "box" },
  password_2: { id: 20, lowest: 0, highest: 1_000_000, scope: "box" },
  password_4: { id: 21, lowest: 0, highest: 1_000_000, scope: "box" },
  clock: { id: 22, lowest: 1, highest: 0xffffffff, scope: "box" },
  alarm_level: { id: 40, lowest: 0, highest: HUNDREDTHS, scope: "household" },
  trip_level: { id: 41, lowest: 0, highest: HUNDREDTHS, scope: "household" },
  overdraft: { id: 42, lowest: 0, highest: HUNDREDTHS, scope: "household" },
  hoarding_limit: { id: 43, lowest: 1, highest: HUNDREDTHS, scope: "household" },
  constant: { id: 50, lowest: 1, highest: 20_000, scope: "channel" },
  phase: { id: 51, lowest: 0, highest: 2, scope: "channel" },
  layout: { id: 52, lowest: 0, highest: 0xffffff, scope: "channel" },
};

export const STATES = ["supplied", "low", "tripped", "empty"] as const;
export type State = (typeof STATES)[number];

const RESULTS: Record<string, number> = {
  ok: 0,
  repeat: 1,
  code: -1,
  box: -2,
  household: -3,
  number_old: -4,
  number_skipped: -5,
  limit: -6,
  kind: -7,
  setting: -8,
  range: -9,
  layout: -10,
  phase: -11,
  books_open: -12,
  blank: -13,
  locked: -14,
  request: -15,
  nothing: -16,
  card: -17,
  service: -18,
  store: -20,
  meter: -21,
  clock: -22,
  busy: -23,
  password: -24,
  wait: -25,
  expired: -26,
  overdrawn: -27,
  line: -28,
  reader: -30,
  unreadable: -31,
  several: -32,
  foreign: -33,
};

export const RESULT_NAMES = Object.keys(RESULTS);

/** The word for a result; "error -99" for one that has none. */
export function resultName(result: number): string {
  return RESULT_NAMES.find((name) => RESULTS[name] === result) ?? `error ${result}`;
}

export const RESULT_OK = RESULTS.ok;
export const RESULT_REPEAT = RESULTS.repeat;
export const RESULT_NUMBER_OLD = RESULTS.number_old;
export const RESULT_LOCKED = RESULTS.locked;
export const RESULT_CLOCK = RESULTS.clock;

export const EVENTS: Record<string, number> = {
  started: 1,
  power_lost: 2,
  state: 3,
  credit: 4,
  refused: 5,
  setting: 6,
  provisioned: 7,
  phase_lost: 8,
  phase_back: 9,
  relay_energy: 10,
  panel_lost: 11,
  panel_back: 12,
  clock_set: 13,
  resumed: 14,
  cleared: 15,
  relay_test: 16,
  card_bound: 17,
  programmed: 18,
  switched: 19,
  events_cleared: 20,
  demand_cleared: 21,
  box_cleared: 22,
  password_changed: 23,
  line_locked: 24,
  opened: 25,
  closed: 26,
};

/** Commands of a switch message by the names of scenarios. */
export const SWITCHES: Record<string, number> = {
  open: SWITCH_OPEN,
  allow: SWITCH_ALLOW,
  close: SWITCH_CLOSE,
  open_close: SWITCH_OPEN_CLOSE,
  open_allow: SWITCH_OPEN_ALLOW,
  keep: SWITCH_KEEP,
  unkeep: SWITCH_KEEP_END,
};
