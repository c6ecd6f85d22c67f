/** A write by password (DL/T 645), judged and done. Layout and table of the actions: src/link/SPEC.md,
 *  "COMMAND request". Nothing that touches money or what was counted is written so. */
import { loadLe32 } from "../common/bytes";
import { E_HOUSEHOLD, E_RANGE, E_REQUEST, E_SERVICE, E_SETTING, OK } from "../common/errors";
import * as frame from "../link/frame";
import { applyChange, judgeValue, lastChange } from "./change";
import { clearDemands, clearHistory } from "./clearance";
import { EVENT_EVENTS_CLEARED, EVENT_PASSWORD_CHANGED, EVENT_PROGRAMMED } from "./events";
import { EVENT_SETTING, noteEvent } from "./events";
import { freezeNow } from "./freezes";
import { householdInUse } from "./layout";
import { judgePassword, LEVEL_2, LEVEL_4, PASSWORD_MAXIMUM, setPassword } from "./protection";
import { serviceSwitchClosed } from "./service.port";
import * as settings from "./settings";
import { switchByPassword } from "./switching";

const LEVEL_NONE: i32 = 0;
const EVENT_KIND_LAST: u32 = 31;

/** Highest level whose password opens `action`, LEVEL_NONE when it needs none, or E_REQUEST, E_RANGE. */
function levelOf(action: i32, id: i32): i32 {
  switch (action) {
    case frame.ACTION_CHECK:
    case frame.ACTION_PASSWORD:
      return id == LEVEL_2 || id == LEVEL_4 ? id : E_RANGE;
    case frame.ACTION_SETTING:
    case frame.ACTION_CLEAR_DEMAND:
    case frame.ACTION_SWITCH:
      return LEVEL_4;
    case frame.ACTION_CLEAR_BOX:
    case frame.ACTION_CLEAR_EVENTS:
      return LEVEL_2;
    case frame.ACTION_FREEZE:
    case frame.ACTION_FREEZE_AT:
      return LEVEL_NONE;
    default:
      return E_REQUEST;
  }
}

/** Who commands, and under which identifier of the line: what some events carry. */
function author(request: usize): i64 {
  const operator = <u64>loadLe32(request + frame.COMMAND_OPERATOR);
  return <i64>(operator | ((<u64>loadLe32(request + frame.COMMAND_IDENTIFIER)) << 32));
}

function isOpenSetting(id: i32): bool {
  if (id == settings.SETTING_LINE_RATE) return true;
  if (id >= settings.SETTING_LOAD_INTERVAL && id <= settings.SETTING_DAILY_FREEZE) return true;
  return id == settings.SETTING_ALARM_LEVEL || id == settings.SETTING_TRIP_LEVEL;
}

function changeSetting(id: i32, household: i32, request: usize): i32 {
  const value = loadLe32(request + frame.COMMAND_VALUE);
  if (!isOpenSetting(id)) return E_SETTING;
  if (household != 0 && !householdInUse(household)) return E_HOUSEHOLD;
  const result = judgeValue(id, household, value);
  if (result != OK) return result;
  applyChange(id, household, value, lastChange(id, household)); // signed changes count on by themselves
  noteEvent(EVENT_SETTING, household, id, value);
  noteEvent(EVENT_PROGRAMMED, household, id, author(request));
  return OK;
}

function changePassword(level: i32, request: usize): i32 {
  const password = loadLe32(request + frame.COMMAND_VALUE);
  if (password > PASSWORD_MAXIMUM) return E_RANGE;
  setPassword(level, password);
  const operator = loadLe32(request + frame.COMMAND_OPERATOR);
  noteEvent(EVENT_PASSWORD_CHANGED, 0, level, <i64>operator);
  return OK;
}

function switchHousehold(household: i32, request: usize): i32 {
  return switchByPassword(
    household,
    load<u8>(request + frame.COMMAND_ID),
    loadLe32(request + frame.COMMAND_VALUE),
    loadLe32(request + frame.COMMAND_SECOND),
    loadLe32(request + frame.COMMAND_OPERATOR),
  );
}

function clearDemand(household: i32, request: usize): i32 {
  if (household != 0 && !householdInUse(household)) return E_HOUSEHOLD;
  return clearDemands(household, loadLe32(request + frame.COMMAND_OPERATOR));
}

function clearEvents(kind: u32, request: usize): i32 {
  if (kind > EVENT_KIND_LAST) return E_RANGE;
  noteEvent(EVENT_EVENTS_CLEARED, 0, kind, author(request));
  return OK;
}

function clearBox(request: usize): i32 {
  if (!serviceSwitchClosed()) return E_SERVICE;
  return clearHistory(loadLe32(request + frame.COMMAND_OPERATOR));
}

function freezeAt(id: i32, request: usize): i32 {
  if (id == frame.RING_DAILY) return changeSetting(settings.SETTING_DAILY_FREEZE, 0, request);
  if (id != frame.RING_SETTLEMENT) return E_RANGE;
  return changeSetting(settings.SETTING_SETTLEMENT_DAY, 0, request);
}

function freeze(id: i32): i32 {
  if (id != frame.RING_INSTANT) return E_RANGE;
  freezeNow();
  return OK;
}

/** A password that only had to be good: what it opened is done elsewhere, and logged here. */
function check(request: usize): i32 {
  const is_write = loadLe32(request + frame.COMMAND_IDENTIFIER) != 0;
  if (is_write) noteEvent(EVENT_PROGRAMMED, 0, 0, author(request));
  return OK;
}

/** Handles a command. OK; E_REQUEST for an unknown action, E_PASSWORD, E_WAIT, and what the action
 *  itself refuses with: E_RANGE, E_SETTING, E_HOUSEHOLD, E_CLOCK, E_EXPIRED, E_OVERDRAWN, E_SERVICE,
 *  E_BUSY. What is refused changes nothing but the count of wrong passwords. */
export function handleCommand(request: usize): i32 {
  const action = <i32>load<u8>(request + frame.COMMAND_ACTION);
  const household = <i32>load<u8>(request + frame.COMMAND_HOUSEHOLD);
  const id = <i32>load<u8>(request + frame.COMMAND_ID);
  const level = levelOf(action, id);
  if (level < 0) return level;
  const result = level == LEVEL_NONE ? OK : judgePassword(request + frame.COMMAND_PASSWORD, level);
  if (result != OK) return result;
  if (action == frame.ACTION_CHECK) return check(request);
  if (action == frame.ACTION_SETTING) return changeSetting(id, household, request);
  if (action == frame.ACTION_PASSWORD) return changePassword(id, request);
  if (action == frame.ACTION_SWITCH) return switchHousehold(household, request);
  if (action == frame.ACTION_CLEAR_DEMAND) return clearDemand(household, request);
  if (action == frame.ACTION_CLEAR_EVENTS) return clearEvents(<u32>id, request);
  if (action == frame.ACTION_CLEAR_BOX) return clearBox(request);
  return action == frame.ACTION_FREEZE ? freeze(id) : freezeAt(id, request);
}
