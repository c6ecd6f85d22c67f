/** Records of events of the box (src/rs485/SPEC.md). The log keeps what began and what ended apart:
 *  here they are brought together by the running time. */

import { copyBytes, fillBytes } from "../../common/bytes";
import { E_NOTHING, OK } from "../../common/errors";
import * as link from "../../link/frame";
import { presentTime } from "../context";
import { has, kept, reply, replyAt, replyResult, stepKeep, stepNow } from "./ask";
import { putBcd, putTime, TIME_6 } from "./bcd";
import * as table from "./table";
import { ASKED, di0, di1, MISSING } from "./value";

// Event entry: src/metering/SPEC.md
const TIME: i32 = link.FIND_REPLY_ENTRY;
const RUNNING_S: i32 = link.FIND_REPLY_ENTRY + 4;
const VALUE: i32 = link.FIND_REPLY_ENTRY + 12;
const IDENTIFIER: i32 = VALUE + 4;

const COUNT_SIZE: i32 = 3;
const OPERATOR_SIZE: i32 = 4;
const IDENTIFIER_SIZE: i32 = 4;
const ANY: i32 = link.FIND_ANY_DETAIL;

function found(kind: u32, index: i32, detail: i32): bool {
  return has(link.KIND_EVENT_FIND, kind | ((<u32>index) << 8) | ((<u32>detail) << 16), 0);
}

function count(kind: u32, detail: i32, to: usize): i32 {
  if (!found(kind, 0, detail)) return ASKED;
  if (replyResult() != OK && replyResult() != E_NOTHING) return MISSING;
  return putBcd(to, replyAt(link.FIND_REPLY_COUNT), COUNT_SIZE);
}

function phaseCount(identifier: u32, to: usize): i32 {
  const size = count(table.EVENT_PHASE_LOST, di1(identifier) - 1, to);
  if (size <= 0) return size;
  return size + putBcd(to + size, replyAt(link.FIND_REPLY_SECONDS) / 60, COUNT_SIZE);
}

/** Power was back when the running time went on. The clock of that moment follows from the clock at the
 *  next power down, or of now: running time runs only while there is power. */
function powerDown(identifier: u32, to: usize): i32 {
  const index = di0(identifier);
  if (stepNow() == 0) {
    if (!found(table.EVENT_POWER_LOST, index, ANY)) return ASKED;
    if (replyResult() != OK) return MISSING;
    putTime(to, replyAt(TIME), TIME_6);
    stepKeep(replyAt(RUNNING_S));
  }
  let clock_s: u32 = 0;
  let running_s: u32 = 0;
  if (index == 1) {
    if (!has(link.KIND_BOX_READ, 0, 0)) return ASKED;
    clock_s = presentTime();
    running_s = replyAt(link.BOX_RUNNING);
  } else {
    if (!found(table.EVENT_POWER_LOST, index - 1, ANY)) return ASKED;
    clock_s = replyResult() == OK ? replyAt(TIME) : 0;
    running_s = replyAt(VALUE);
  }
  const back_s = clock_s == 0 ? 0 : clock_s - (running_s - kept());
  return TIME_6 + putTime(to + TIME_6, back_s, TIME_6);
}

/** The end of a phase failure is the oldest return of the phase after it; zeros while it is missing. */
function phaseDown(identifier: u32, to: usize): i32 {
  const phase = di1(identifier) - 1;
  const index = di0(identifier);
  if (stepNow() == 0) {
    if (!found(table.EVENT_PHASE_LOST, index, phase)) return ASKED;
    if (replyResult() != OK) return MISSING;
    putTime(to, replyAt(TIME), TIME_6);
    stepKeep(replyAt(RUNNING_S));
  }
  for (let back = index + 1 - stepNow(); back > 0; back--) {
    if (!found(table.EVENT_PHASE_BACK, back, phase)) return ASKED;
    if (replyResult() == OK && replyAt(RUNNING_S) >= kept()) {
      return TIME_6 + putTime(to + TIME_6, replyAt(TIME), TIME_6);
    }
    stepKeep(kept());
  }
  return TIME_6 + putTime(to + TIME_6, 0, TIME_6);
}

/** Time, operator, the identifier, and FF for the other places of the record. */
function programming(argument: u32, identifier: u32, to: usize): i32 {
  if (!found(argument & 0xff, di0(identifier), ANY)) return ASKED;
  if (replyResult() != OK) return MISSING;
  const all = <i32>(argument >> 8) * IDENTIFIER_SIZE;
  const first = TIME_6 + OPERATOR_SIZE;
  putTime(to, replyAt(TIME), TIME_6);
  copyBytes(to + TIME_6, reply() + VALUE, <u32>OPERATOR_SIZE);
  fillBytes(to + first, 0xff, <u32>all);
  copyBytes(to + first, reply() + IDENTIFIER, <u32>IDENTIFIER_SIZE);
  return first + all;
}

/** Operator (the log has none), the time before, and the time after. */
function clockSet(identifier: u32, to: usize): i32 {
  if (!found(table.EVENT_CLOCK_SET, di0(identifier), ANY)) return ASKED;
  if (replyResult() != OK) return MISSING;
  const after_s = replyAt(TIME);
  fillBytes(to, 0, <u32>OPERATOR_SIZE);
  const size = OPERATOR_SIZE + putTime(to + OPERATOR_SIZE, after_s - replyAt(VALUE), TIME_6);
  return size + putTime(to + size, after_s, TIME_6);
}

/** Makes one value of the box. */
export function makeEvent(item: u32, argument: u32, identifier: u32, to: usize): i32 {
  switch (item) {
    case table.COUNT:
      return count(argument, ANY, to);
    case table.POWER_DOWN:
      return powerDown(identifier, to);
    case table.PHASE_COUNT:
      return phaseCount(identifier, to);
    case table.PHASE_DOWN:
      return phaseDown(identifier, to);
    case table.PROGRAMMING:
      return programming(argument, identifier, to);
    case table.CLOCK_SET:
      return clockSet(identifier, to);
    default:
      return MISSING;
  }
}
