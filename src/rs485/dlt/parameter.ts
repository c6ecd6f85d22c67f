/** Parameters, texts, the clock, status words, and the bulk values of the box (src/rs485/SPEC.md). */

import { fillBytes, loadLe16, loadLe32, storeLe16 } from "../../common/bytes";
import { OK } from "../../common/errors";
import * as link from "../../link/frame";
import { HOUSEHOLD_MAX, snapshotBoxReply, snapshotSlice } from "../../link/snapshot";
import { presentTime, readerState } from "../context";
import { putAddress, THE_BOX } from "./address";
import { has, replyAt, replyResult, sliceAt, sliceOf } from "./ask";
import { putBcd, putDate, putSigned, putTimeOfDay } from "./bcd";
import { DLT_ADDRESS_SIZE } from "./frame";
import { rateByte } from "./request";
import { statusWord, statusWord3, statusWordOfBox } from "./status";
import * as table from "./table";
import { ASKED, di0, MISSING } from "./value";

const SETTING_REVERSE_COUNTS: u32 = 4;
const SETTING_CONSTANT: u32 = 50;
const FORWARD_AND_REVERSE: u8 = 0x05;
const FORWARD_ALONE: u8 = 0x01;

const BLANK: u8 = 0x20;
const ZERO: u8 = 0x30;
const POINT: u8 = 0x2e;
const AMPERE: u8 = 0x41;
const TEXT_SIZE: i32 = 6;

/** Writes character `index` of a text of `size` characters; the last goes first over the line. */
function putCharacter(to: usize, size: i32, index: i32, character: u8): void {
  store<u8>(to + size - 1 - index, character);
}

/** Writes a text, filled up with blanks. */
function text(argument: u32, to: usize): i32 {
  const from = <i32>(argument & 0xff);
  const length = <i32>((argument >> 8) & 0xff);
  const size = <i32>(argument >> 16);
  fillBytes(to, BLANK, <u32>size);
  for (let i = 0; i < length; i++) putCharacter(to, size, i, table.TEXTS[from + i]);
  return size;
}

/** The basic current as text, in A with one digit after the point where it needs one. */
function current(to: usize): i32 {
  const tenths_a = loadLe32(snapshotBoxReply() + link.BOX_BASIC_CURRENT) / 100;
  fillBytes(to, BLANK, TEXT_SIZE);
  let at = 0;
  for (let unit: u32 = 1000; unit >= 10; unit /= 10) {
    if (tenths_a < unit && unit > 10) continue;
    putCharacter(to, TEXT_SIZE, at++, ZERO + <u8>((tenths_a / unit) % 10));
  }
  if (tenths_a % 10 != 0) {
    putCharacter(to, TEXT_SIZE, at++, POINT);
    putCharacter(to, TEXT_SIZE, at++, ZERO + <u8>(tenths_a % 10));
  }
  putCharacter(to, TEXT_SIZE, at, AMPERE);
  return TEXT_SIZE;
}

function field(argument: u32, to: usize): i32 {
  const from = snapshotBoxReply() + (argument & 0xff);
  const is_short = ((argument >> 8) & 0xff) == 2;
  return putBcd(to, is_short ? loadLe16(from) : loadLe32(from), <i32>(argument >> 16));
}

function clock(which: u32, to: usize): i32 {
  const time_s = presentTime();
  if (time_s == 0) return MISSING;
  if (which == table.CLOCK_DATE) return putDate(to, time_s);
  const size = putTimeOfDay(to, time_s);
  return which == table.CLOCK_TIME ? size : size + putDate(to + size, time_s);
}

function constant(household: i32, to: usize): i32 {
  if (!has(link.KIND_SETTING_READ, SETTING_CONSTANT | ((<u32>household) << 8), 0)) return ASKED;
  if (replyResult() != OK) return MISSING;
  return putBcd(to, replyAt(link.SETTING_REPLY_VALUE), 3);
}

function combination(to: usize): i32 {
  if (!has(link.KIND_SETTING_READ, SETTING_REVERSE_COUNTS, 0)) return ASKED;
  if (replyResult() != OK) return MISSING;
  const both = replyAt(link.SETTING_REPLY_VALUE) != 0;
  store<u8>(to, both ? FORWARD_AND_REVERSE : FORWARD_ALONE);
  return 1;
}

/** Size of one bulk value. */
function bulkSize(which: u32): i32 {
  if (which == table.BULK_STATUS) return 2;
  return which == table.BULK_POWER ? 3 : 4;
}

function putBulk(which: u32, slice: usize, to: usize): void {
  switch (which) {
    case table.BULK_REMAINING:
      putSigned(to, <i32>loadLe32(slice + link.SLICE_REMAINING), 4);
      return;
    case table.BULK_FORWARD:
      putBcd(to, loadLe32(slice + link.SLICE_FORWARD), 4);
      return;
    case table.BULK_STATUS:
      storeLe16(to, statusWord3(slice));
      return;
    case table.BULK_REVERSE:
      putBcd(to, loadLe32(slice + link.SLICE_REVERSE), 4);
      return;
    case table.BULK_POWER:
      putSigned(to, <i32>loadLe32(slice + link.SLICE_POWER), 3);
      return;
    default:
      putBcd(to, loadLe32(slice + link.SLICE_NUMBER), 4);
  }
}

function bulk(which: u32, to: usize): i32 {
  const size = bulkSize(which);
  for (let household = 1; household <= HOUSEHOLD_MAX; household++) {
    const place = to + (household - 1) * size;
    const slice = snapshotSlice(household);
    if (slice != 0) putBulk(which, slice, place);
    else fillBytes(place, 0xff, <u32>size);
  }
  return HOUSEHOLD_MAX * size;
}

function status(identifier: u32, household: i32, to: usize): i32 {
  const number = di0(identifier);
  const of_box = household == THE_BOX;
  storeLe16(to, of_box ? statusWordOfBox(number) : statusWord(sliceOf(), number));
  return 2;
}

function byte(to: usize, value: u32): i32 {
  store<u8>(to, <u8>value);
  return 1;
}

/** Makes one value of `household` (0 the box). */
export function makeParameter(
  item: u32,
  argument: u32,
  identifier: u32,
  household: i32,
  to: usize,
): i32 {
  switch (item) {
    case table.NUMBER:
      return putBcd(to, argument & 0xffff, <i32>(argument >> 16));
    case table.FIELD:
      return field(argument, to);
    case table.LIMIT:
      return putBcd(to, sliceAt(<i32>argument), 4);
    case table.TEXT:
      return text(argument, to);
    case table.CURRENT:
      return current(to);
    case table.ADDRESS:
      putAddress(to, household);
      return DLT_ADDRESS_SIZE;
    case table.CLOCK:
      return clock(argument, to);
    case table.CONSTANT:
      return constant(household, to);
    case table.COMBINATION:
      return combination(to);
    case table.RATE:
      return byte(to, rateByte(load<u8>(snapshotBoxReply() + link.BOX_LINE_RATE)));
    case table.STATUS:
      return status(identifier, household, to);
    case table.BULK:
      return bulk(argument, to);
    case table.READER:
      return byte(to, <u32>readerState());
    default:
      return MISSING;
  }
}
