/** What is written by password: 14h, 16h, 18h to 1Ch. All is judged here first, so that nothing
 *  malformed reaches the meter; then one COMMAND carries it, and the meter judges the password. The
 *  panel's own clock is set when the meter found the password good. Layouts: DL/T 645-2007, chapter 7. */

import { copyBytes, fillBytes, loadLe32, storeLe32 } from "../../common/bytes";
import { NONSENSE } from "../../common/calendar";
import * as link from "../../link/frame";
import { snapshotStatus } from "../../link/snapshot";
import { SERVE_PENDING } from "../answer";
import { presentTime, wishClock } from "../context";
import { EVERYBODY, THE_BOX } from "./address";
import { ask, asked, askPayload, replyResult } from "./ask";
import { bcdAt, NOT_BCD, putDate, putTimeOfDay, secondsAt } from "./bcd";
import * as request from "./request";
import * as table from "./table";

const WRITE: i32 = 0x14;
const FREEZE: i32 = 0x16;
const CHANGE_PASSWORD: i32 = 0x18;
const CLEAR_DEMAND: i32 = 0x19;
const CLEAR_BOX: i32 = 0x1a;
const CLEAR_EVENTS: i32 = 0x1b;
const SWITCH: i32 = 0x1c;

const PASSWORD_SIZE: i32 = 4; // level and three pairs
const OPERATOR_SIZE: i32 = 4;
const CREDENTIALS_SIZE: i32 = PASSWORD_SIZE + OPERATOR_SIZE;
const SWITCH_SIZE: i32 = 8; // N1..N8

const LEVEL_OF_WRITES: i32 = 4;
const PASSWORD_2: u32 = 0x04000c03;
const PASSWORD_4: u32 = 0x04000c05;
const ALL_EVENTS: u32 = 0xffffffff;

// Settings: src/metering/SPEC.md
const SETTING_LINE_RATE: i32 = 13;
const SETTING_LOAD_INTERVAL: i32 = 17;
const SETTING_SETTLEMENT_DAY: i32 = 18;
const SETTING_ALARM_LEVEL: i32 = 40;
const SETTING_TRIP_LEVEL: i32 = 41;
const LEVEL_MAX: u32 = 9999999;
const SETTLEMENT_DATE_MAX: u32 = 28;

const ANY: u32 = 99; // in a freeze: each of them

const now: usize = memory.data(4); // present date or time of day

let clock_s: u32 = 0; // to be set when the password is good, 0 none

/** A request has come. */
export function writeStart(): void {
  clock_s = 0;
}

function isBox(): bool {
  return request.requestHousehold() == THE_BOX;
}

/** Prepares a command to the meter; credentials stand at `credentials`, 0 none. */
function command(action: i32, credentials: usize, id: i32, value: u32): void {
  const payload = askPayload();
  fillBytes(payload, 0, link.COMMAND_REQUEST_SIZE);
  if (credentials != 0) copyBytes(payload, credentials, <u32>CREDENTIALS_SIZE);
  store<u8>(payload + link.COMMAND_ACTION, <u8>action);
  const household = request.requestHousehold();
  store<u8>(payload + link.COMMAND_HOUSEHOLD, household == EVERYBODY ? 0 : <u8>household);
  store<u8>(payload + link.COMMAND_ID, <u8>id);
  storeLe32(payload + link.COMMAND_VALUE, value);
}

/** Clock and passwords are the box's, whomever the request was addressed to. */
function forBox(identifier: u32): void {
  store<u8>(askPayload() + link.COMMAND_HOUSEHOLD, THE_BOX);
  storeLe32(askPayload() + link.COMMAND_IDENTIFIER, identifier);
}

function setting(id: i32, value: u32): void {
  command(link.ACTION_SETTING, request.requestData() + request.IDENTIFIER_SIZE, id, value);
  storeLe32(askPayload() + link.COMMAND_IDENTIFIER, request.requestIdentifier());
}

/** A level of a household, 0.01. */
function writeLevel(offset: u32, from: usize, size: i32): u32 {
  const is_alarm = offset == link.SLICE_ALARM;
  if (!is_alarm && offset != link.SLICE_TRIP) return request.ERR_DENIED;
  const value = size == 4 ? bcdAt(from, 4) : NOT_BCD;
  if (value > LEVEL_MAX) return request.ERR_OTHER;
  setting(is_alarm ? SETTING_ALARM_LEVEL : SETTING_TRIP_LEVEL, value);
  return 0;
}

function writeRate(from: usize, size: i32): u32 {
  if (size != 1) return request.ERR_OTHER;
  const code = request.rateCode(load<u8>(from));
  if (code < 0) return request.ERR_OTHER;
  setting(SETTING_LINE_RATE, <u32>code);
  return 0;
}

/** The settlement day DDhh, or the interval of the load record. */
function writeField(field: u32, from: usize, size: i32): u32 {
  if (field != table.INTERVAL && field != table.SETTLEMENT_DAY) return request.ERR_DENIED;
  const value = size == 2 ? bcdAt(from, 2) : NOT_BCD;
  if (field == table.INTERVAL) {
    if (value != 15 && value != 30 && value != 60) return request.ERR_OTHER;
    setting(SETTING_LOAD_INTERVAL, value);
  } else {
    if (!isDayAndHour(value / 100, value % 100)) return request.ERR_OTHER;
    setting(SETTING_SETTLEMENT_DAY, value);
  }
  return 0;
}

function isDayAndHour(day: u32, hour: u32): bool {
  return day >= 1 && day <= SETTLEMENT_DATE_MAX && hour <= 23;
}

/** Date and weekday, time of day, or both; the other half stays as it is. */
function writeClock(which: u32, from: usize, size: i32): u32 {
  const present_s = presentTime();
  if (which == table.CLOCK_BOTH) {
    if (size != 7 || bcdAt(from + 3, 1) > 6) return request.ERR_OTHER;
    clock_s = secondsAt(from, from + 4);
  } else if (present_s == 0) {
    return request.ERR_OTHER;
  } else if (which == table.CLOCK_DATE) {
    if (size != 4 || bcdAt(from, 1) > 6) return request.ERR_OTHER;
    putTimeOfDay(now, present_s);
    clock_s = secondsAt(now, from + 1);
  } else {
    if (size != 3) return request.ERR_OTHER;
    putDate(now, present_s);
    clock_s = secondsAt(from, now + 1);
  }
  if (clock_s == NONSENSE) return request.ERR_OTHER;
  const credentials = request.requestData() + request.IDENTIFIER_SIZE;
  command(link.ACTION_CHECK, credentials, LEVEL_OF_WRITES, 0);
  forBox(request.requestIdentifier());
  return 0;
}

function write(): u32 {
  const head = request.IDENTIFIER_SIZE + CREDENTIALS_SIZE;
  const size = request.requestLength() - head;
  if (size < 0) return request.ERR_OTHER;
  const row = table.rowOf(request.requestIdentifier(), isBox(), snapshotStatus(link.STATUS_MONEY));
  if (row == table.NO_ROW) return request.ERR_NO_DATA;
  const from = request.requestData() + head;
  const argument = table.argumentOf(row);
  const item = table.itemOf(row);
  if (item == table.LIMIT) return writeLevel(argument, from, size);
  if (item == table.CLOCK) return writeClock(argument, from, size);
  if (!isBox()) return request.ERR_DENIED;
  if (item == table.FIELD) return writeField(argument, from, size);
  return item == table.RATE ? writeRate(from, size) : request.ERR_DENIED;
}

/** mm hh DD MM, 99 for each of them: now, daily, or the settlement. */
function freeze(): u32 {
  const data = request.requestData();
  if (request.requestLength() != 4 || request.requestHousehold() > 0) return request.ERR_OTHER;
  const minute = bcdAt(data, 1);
  const hour = bcdAt(data + 1, 1);
  const day = bcdAt(data + 2, 1);
  if (bcdAt(data + 3, 1) != ANY) return request.ERR_OTHER;
  if (minute == ANY && hour == ANY && day == ANY) {
    command(link.ACTION_FREEZE, 0, link.RING_INSTANT, 0);
  } else if (day == ANY && minute <= 59 && hour <= 23) {
    command(link.ACTION_FREEZE_AT, 0, link.RING_DAILY, hour * 100 + minute);
  } else if (minute == 0 && isDayAndHour(day, hour)) {
    command(link.ACTION_FREEZE_AT, 0, link.RING_SETTLEMENT, day * 100 + hour);
  } else {
    return request.ERR_OTHER;
  }
  return 0;
}

function changePassword(): u32 {
  const data = request.requestData();
  const head = request.IDENTIFIER_SIZE + PASSWORD_SIZE;
  if (request.requestLength() != head + PASSWORD_SIZE) return request.ERR_OTHER;
  const identifier = request.requestIdentifier();
  if (identifier != PASSWORD_2 && identifier != PASSWORD_4) return request.ERR_NO_DATA;
  const level = identifier == PASSWORD_2 ? 2 : 4;
  const value = bcdAt(data + head + 1, PASSWORD_SIZE - 1);
  if (load<u8>(data + head) != <u8>level || value == NOT_BCD) return request.ERR_OTHER;
  const old = data + request.IDENTIFIER_SIZE;
  command(link.ACTION_PASSWORD, old, level, value);
  fillBytes(askPayload() + link.COMMAND_OPERATOR, 0, <u32>OPERATOR_SIZE); // 18h names none
  forBox(identifier);
  return 0;
}

function clear(action: i32): u32 {
  if (request.requestLength() != CREDENTIALS_SIZE) return request.ERR_OTHER;
  if (action == link.ACTION_CLEAR_BOX && !isBox()) return request.ERR_OTHER;
  command(action, request.requestData(), 0, 0);
  return 0;
}

/** All events, or those of an event's identifier with DI0 FF. */
function clearEvents(): u32 {
  const size = CREDENTIALS_SIZE + request.IDENTIFIER_SIZE;
  if (!isBox() || request.requestLength() != size) return request.ERR_OTHER;
  const identifier = loadLe32(request.requestData() + CREDENTIALS_SIZE);
  let kind: u32 = 0;
  if (identifier != ALL_EVENTS) {
    if ((identifier & 0xff) != 0xff) return request.ERR_NO_DATA;
    const row = table.rowOf(identifier & ~(<u32>0xff), true, false);
    if (row == table.NO_ROW) return request.ERR_NO_DATA;
    if (table.itemOf(row) == table.COUNT) kind = table.argumentOf(row);
    else if (table.itemOf(row) == table.PHASE_COUNT) kind = table.EVENT_PHASE_LOST;
    else return request.ERR_NO_DATA;
  }
  command(link.ACTION_CLEAR_EVENTS, request.requestData(), <i32>kind, 0);
  storeLe32(askPayload() + link.COMMAND_IDENTIFIER, identifier);
  return 0;
}

/** Whether N1 names a command. */
function isSwitch(n1: i32): bool {
  return (n1 >= 0x1a && n1 <= 0x1e) || n1 == 0x3a || n1 == 0x3b;
}

/** N1 the command, N2 its duration where it has one, N3..N8 until when it is good. */
function switchSupply(): u32 {
  const size = CREDENTIALS_SIZE + SWITCH_SIZE;
  if (request.requestHousehold() <= 0 || request.requestLength() != size) return request.ERR_OTHER;
  const body = request.requestData() + CREDENTIALS_SIZE;
  const n1 = <i32>load<u8>(body);
  const expiry_s = secondsAt(body + 2, body + 5);
  if (!isSwitch(n1) || expiry_s == NONSENSE) return request.ERR_OTHER;
  const is_timed = n1 == 0x1d || n1 == 0x1e;
  command(link.ACTION_SWITCH, request.requestData(), n1, is_timed ? load<u8>(body + 1) : 0);
  storeLe32(askPayload() + link.COMMAND_SECOND, expiry_s);
  return 0;
}

/** Judges the request and prepares its command; an error word when it is refused here. */
function begin(): u32 {
  switch (request.requestControl()) {
    case WRITE:
      return write();
    case FREEZE:
      return freeze();
    case CHANGE_PASSWORD:
      return changePassword();
    case CLEAR_DEMAND:
      return clear(link.ACTION_CLEAR_DEMAND);
    case CLEAR_BOX:
      return clear(link.ACTION_CLEAR_BOX);
    case CLEAR_EVENTS:
      return clearEvents();
    case SWITCH:
      return switchSupply();
    default:
      return request.ERR_OTHER;
  }
}

/** What the meter said to the command. */
function finish(): i32 {
  if (!request.isDone(replyResult())) return request.refuse(request.wordOf(replyResult()));
  if (clock_s != 0) wishClock(clock_s);
  if (request.requestControl() != CHANGE_PASSWORD) return request.accept(0);
  const fresh = request.requestData() + request.IDENTIFIER_SIZE + PASSWORD_SIZE;
  copyBytes(request.answerData(), fresh, <u32>PASSWORD_SIZE);
  return request.accept(PASSWORD_SIZE);
}

/** One step: SERVE_PENDING, or the size of the answer. */
export function writeStep(): i32 {
  if (asked(link.KIND_COMMAND)) return finish();
  const word = begin();
  if (word != 0) return request.refuse(word);
  ask(link.KIND_COMMAND);
  return SERVE_PENDING;
}
