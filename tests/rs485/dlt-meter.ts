/** A meter of memory for the suites of DL/T 645: box 2025112101 with households 3, 5 (phase B) and 7
 *  (three phases). It answers the questions of a request at once and keeps the commands it was sent;
 *  what it answers stands here in plain view. */

import {
  copyBytes,
  fillBytes,
  loadLe16,
  loadLe32,
  storeLe16,
  storeLe32,
} from "../../src/common/bytes";
import { secondsOf } from "../../src/common/calendar";
import { E_NOTHING, OK } from "../../src/common/errors";
import * as link from "../../src/link/frame";
import {
  ASKER_LINE,
  questionFail,
  questionInit,
  questionReply,
  questionTake,
  questionWaiting,
} from "../../src/link/question";
import { snapshotBox, snapshotInit, snapshotLost, snapshotPoll } from "../../src/link/snapshot";
import { answerBytes, SERVE_PENDING } from "../../src/rs485/answer";
import { contextInit, contextTime } from "../../src/rs485/context";
import { dltInit, dltStart, dltStep } from "../../src/rs485/dlt/dlt";
import { DLT_WAKE_COUNT, dltFrameAt, dltSeal } from "../../src/rs485/dlt/frame";

export const H3: string = "030121112520";
export const H5: string = "050121112520";
export const H7: string = "070121112520";
export const BOX: string = "000121112520";
export const SILENT: string = "";

const LINK_MS: u32 = 8;
const STEP_MAX: i32 = 80;
const ENTRY_SIZE: i32 = 24;

const slices: usize = memory.data(40 * 52);
const box: usize = memory.data(64);
const poll: usize = memory.data(116);
const request: usize = memory.data(128);
const reply: usize = memory.data(128);
const frame: usize = memory.data(256);
const address: usize = memory.data(6);
const data: usize = memory.data(200);
const entries: usize = memory.data(24 * 40);

/** The last COMMAND, MESSAGE or CARD payload. */
export const command: usize = memory.data(128);

export class Meter {
  status: u32 = link.STATUS_PROVISIONED;
  now_ms: u32 = 0;
  question_count: i32 = 0;
  command_count: i32 = 0; // COMMAND, MESSAGE and CARD questions
  command_kind: i32 = 0;
  result: i32 = OK; // of these
  is_failing: bool = false; // the link is dead
  is_mute: bool = false; // the meter takes its time
  settlement_count: i32 = 0;
  day_count: i32 = 0;
  instant_count: i32 = 0;
  load_count: i32 = 0;
  load_first_s: u32 = 0; // of the oldest block; 900 s apart
  purchase_count: i32 = 0;
  entry_count: i32 = 0;
  missing_s: u32 = 0;
  reverse_counts: u32 = 1;
  household_gone: bool = false;
}

export let meter: Meter = new Meter();

/** Seconds since 2000 of a time given in decimal. */
export function at(year: i32, month: i32, date: i32, hour: i32, minute: i32, second: i32): u32 {
  const fields = [second, minute, hour, 1, date, month, year];
  for (let i = 0; i < 7; i++) {
    store<u8>(frame + i, <u8>((fields[i] / 10) * 16 + (fields[i] % 10)));
  }
  return secondsOf(frame);
}

/** Puts the bytes of a hexadecimal text at `to`; blanks do not count. Returns their number. */
export function put(to: usize, text: string): i32 {
  const digits = text.replaceAll(" ", "");
  const size = digits.length / 2;
  for (let i = 0; i < size; i++) {
    store<u8>(to + i, <u8>parseInt(digits.substr(2 * i, 2), 16));
  }
  return size;
}

/** The bytes as hexadecimal text. */
export function hex(from: usize, size: i32): string {
  let digits = "";
  for (let i = 0; i < size; i++) {
    const byte = load<u8>(from + i);
    digits += (byte >> 4).toString(16) + (byte & 15).toString(16);
  }
  return digits;
}

export function sliceOf(household: i32): usize {
  return slices + household * link.SLICE_SIZE;
}

export function boxReply(): usize {
  return box;
}

export function useHousehold(household: i32, phases: u8): void {
  const slice = sliceOf(household);
  store<u8>(slice + link.SLICE_HOUSEHOLD, <u8>household);
  store<u8>(slice + link.SLICE_FLAGS, <u8>link.SLICE_FLAG_CLOSED);
  store<u8>(slice + link.SLICE_PHASES, phases);
}

/** Fills a POLL reply with the slices of the households from `from` on; its size. */
function fillPoll(from: i32, phases: u8): i32 {
  fillBytes(poll, 0, 116);
  storeLe16(poll + link.REPLY_STATUS, meter.status);
  store<u8>(poll + link.REPLY_PHASES, phases);
  let count = 0;
  for (let household = from; household <= 39 && count < link.SLICE_COUNT_MAX; household++) {
    const slice = sliceOf(household);
    if (load<u8>(slice + link.SLICE_HOUSEHOLD) == 0) continue;
    copyBytes(poll + link.REPLY_SLICES + count * link.SLICE_SIZE, slice, <u32>link.SLICE_SIZE);
    count++;
  }
  store<u8>(poll + link.REPLY_SLICE_COUNT, <u8>count);
  return link.REPLY_SLICES + count * link.SLICE_SIZE;
}

/** Tells the panel what the meter has now. */
export function tellSnapshot(phases: u8 = 7): void {
  for (let from = 1; from <= 39;) {
    const size = fillPoll(from, phases);
    from = snapshotPoll(from, poll, size) + 1;
  }
  snapshotBox(box, 64);
}

/** A box as it was when everything began; the clock says 2025-11-21 12:30:45, a Friday. */
export function begin(): void {
  meter = new Meter();
  fillBytes(slices, 0, 40 * 52);
  fillBytes(box, 0, 64);
  put(box + link.BOX_NUMBER, "20 25 11 21 01");
  storeLe16(box + link.BOX_VOLTAGES, 2297);
  storeLe16(box + link.BOX_VOLTAGES + 2, 2201);
  storeLe16(box + link.BOX_VOLTAGES + 4, 2312);
  storeLe16(box + link.BOX_FREQUENCY, 5003);
  store<u8>(box + link.BOX_LINE_RATE, 3);
  storeLe16(box + link.BOX_LOAD_INTERVAL, 60);
  storeLe16(box + link.BOX_SETTLEMENT_DAY, 100);
  storeLe32(box + link.BOX_BASIC_CURRENT, 15000);
  storeLe32(box + link.BOX_RUNNING, 1000000);
  useHousehold(3, 1);
  useHousehold(5, 2);
  useHousehold(7, 7);
  snapshotInit();
  questionInit();
  contextInit(0);
  contextTime(at(25, 11, 21, 12, 30, 45));
  dltInit();
  snapshotLost(false);
  fillBytes(command, 0, 128);
  tellSnapshot();
}

/** Notes an event, newest last. */
export function note(kind: u8, detail: u8, time_s: u32, running_s: u32, value: i64): void {
  const entry = entries + meter.entry_count++ * ENTRY_SIZE;
  storeLe32(entry, time_s);
  storeLe32(entry + 4, running_s);
  store<u8>(entry + 8, kind);
  store<u8>(entry + 9, 0);
  storeLe16(entry + 10, detail);
  storeLe32(entry + 12, <u32>value);
  storeLe32(entry + 16, <u32>(value >> 32));
  storeLe32(entry + 20, 0);
}

function findEvent(): void {
  const kind = load<u8>(request + link.FIND_KIND);
  const index = <i32>load<u8>(request + link.FIND_INDEX);
  const detail = load<u8>(request + link.FIND_DETAIL);
  let count = 0;
  let result = index == 0 ? OK : E_NOTHING;
  for (let i = meter.entry_count - 1; i >= 0; i--) {
    const entry = entries + i * ENTRY_SIZE;
    const is_it = detail == link.FIND_ANY_DETAIL || load<u8>(entry + 10) == detail;
    if (load<u8>(entry + 8) != kind || !is_it) continue;
    count++;
    if (count != index) continue;
    result = OK;
    copyBytes(reply + link.FIND_REPLY_ENTRY, entry, <u32>ENTRY_SIZE);
  }
  store<i8>(reply, <i8>result);
  storeLe32(reply + link.FIND_REPLY_COUNT, <u32>count);
  storeLe32(reply + link.FIND_REPLY_SECONDS, meter.missing_s);
}

function ringCount(ring: u8): i32 {
  if (ring == link.RING_SETTLEMENT) return meter.settlement_count;
  if (ring == link.RING_DAILY) return meter.day_count;
  return ring == link.RING_INSTANT ? meter.instant_count : meter.load_count;
}

/** Block `index` of a ring: forward 1000.00 less index x 10.00, reverse 20.00 less index x 0.10. */
function readFreeze(): void {
  const ring = load<u8>(request + link.FREEZE_RING);
  const count = ringCount(ring);
  let index = <i32>loadLe16(request + link.FREEZE_INDEX);
  if (index == 0) {
    const wanted_s = loadLe32(request + link.FREEZE_TIME);
    index = count;
    while (index > 0 && meter.load_first_s + <u32>(count - index) * 900 < wanted_s) index--;
  }
  const is_there = index > 0 && index <= count;
  store<i8>(reply, <i8>(is_there ? OK : E_NOTHING));
  storeLe16(reply + link.FREEZE_REPLY_COUNT, <u32>count);
  if (!is_there) return;
  const time_s =
    ring == link.RING_LOAD
      ? meter.load_first_s + <u32>(count - index) * 900
      : at(25, 11, 21, 0, 0, 0) - <u32>index * 86400;
  storeLe16(reply + link.FREEZE_REPLY_INDEX, <u32>index);
  storeLe32(reply + link.FREEZE_REPLY_TIME, time_s);
  storeLe32(reply + link.FREEZE_REPLY_FORWARD, 100000 - <u32>index * 1000);
  storeLe32(reply + link.FREEZE_REPLY_REVERSE, 2000 - <u32>index * 10);
}

function readPurchase(): void {
  const index = <i32>load<u8>(request + link.PURCHASE_INDEX);
  const is_there = index >= 1 && index <= meter.purchase_count;
  store<i8>(reply, <i8>(is_there ? OK : E_NOTHING));
  storeLe32(reply + link.PURCHASE_REPLY_TIME, at(25, 11, index, 9, 30, 15));
  storeLe32(reply + link.PURCHASE_REPLY_NUMBER, <u32>(meter.purchase_count + 1 - index));
  storeLe32(reply + link.PURCHASE_REPLY_AMOUNT, 10000);
  storeLe32(reply + link.PURCHASE_REPLY_BEFORE, <u32>-250);
  storeLe32(reply + link.PURCHASE_REPLY_AFTER, 9750);
  storeLe32(reply + link.PURCHASE_REPLY_TOTAL, 70000);
}

function readSetting(): void {
  const id = load<u8>(request + link.SETTING_ID);
  const index = <u32>load<u8>(request + link.SETTING_INDEX);
  storeLe32(reply + link.SETTING_REPLY_VALUE, id == 50 ? 1600 + index : meter.reverse_counts);
  if (id != 50 && id != 4) store<i8>(reply, <i8>-8);
}

function readBooks(): void {
  storeLe32(reply + link.BOOKS_REPLY_MAXIMUM, 4321);
  storeLe32(reply + link.BOOKS_REPLY_MAXIMUM_TIME, at(25, 11, 20, 18, 15, 0));
}

function readSupply(): void {
  storeLe32(reply + link.SUPPLY_REPLY_OPENED, at(25, 11, 19, 8, 7, 6));
  storeLe32(reply + link.SUPPLY_REPLY_CLOSED, 0);
}

function takeCommand(kind: i32): i32 {
  meter.command_count++;
  meter.command_kind = kind;
  copyBytes(command, request, 128);
  store<i8>(reply, <i8>meter.result);
  if (kind == link.KIND_COMMAND) return link.COMMAND_REPLY_SIZE;
  if (kind == link.KIND_MESSAGE) {
    store<u8>(reply + link.MESSAGE_REPLY_HOUSEHOLD, 5);
    storeLe32(reply + link.MESSAGE_REPLY_REMAINING, 16500);
    storeLe32(reply + link.MESSAGE_REPLY_NUMBER, 7);
    return link.MESSAGE_REPLY_SIZE;
  }
  for (let i = 1; i < 52; i++) store<u8>(reply + i, <u8>i);
  if (kind == link.KIND_CARD_KEYS) return link.CARD_KEYS_REPLY_SIZE;
  return kind == link.KIND_CARD_RETURN ? link.CARD_RETURN_REPLY_SIZE : link.CARD_RECORD_REPLY_SIZE;
}

/** Answers the question in `request`; the size of the reply. */
function answerQuestion(kind: i32): i32 {
  fillBytes(reply, 0, 128);
  switch (kind) {
    case link.KIND_SLICE_READ:
      copyBytes(reply + 4, sliceOf(load<u8>(request)), <u32>link.SLICE_SIZE);
      if (meter.household_gone) store<i8>(reply, <i8>-3);
      return meter.household_gone ? 1 : link.SLICE_READ_REPLY_SIZE;
    case link.KIND_BOX_READ:
      copyBytes(reply, box, 64);
      return link.BOX_READ_REPLY_SIZE;
    case link.KIND_FREEZE_READ:
      readFreeze();
      return link.FREEZE_READ_REPLY_SIZE;
    case link.KIND_PURCHASE_READ:
      readPurchase();
      return link.PURCHASE_READ_REPLY_SIZE;
    case link.KIND_EVENT_FIND:
      findEvent();
      return link.EVENT_FIND_REPLY_SIZE;
    case link.KIND_SETTING_READ:
      readSetting();
      return link.SETTING_READ_REPLY_SIZE;
    case link.KIND_BOOKS_READ:
      readBooks();
      return link.BOOKS_READ_REPLY_SIZE;
    case link.KIND_SUPPLY_READ:
      readSupply();
      return link.SUPPLY_READ_REPLY_SIZE;
    default:
      return takeCommand(kind);
  }
}

/** Lets the meter answer what waits. */
export function serveMeter(): void {
  if (meter.is_mute || !questionWaiting(ASKER_LINE)) return;
  const kind = questionTake(ASKER_LINE, request);
  meter.question_count++;
  if (meter.is_failing) questionFail(ASKER_LINE);
  else questionReply(ASKER_LINE, reply, answerQuestion(kind));
}

/** Sends a whole frame (from 68 to 16); returns the whole answer, or SILENT. */
export function send(text: string): string {
  const size = put(frame, text);
  assert(dltFrameAt(frame, size) == size, "not a right frame: " + text);
  dltStart(frame, size, meter.now_ms);
  fillBytes(frame, 0, 256); // the line's buffer is not the handler's
  let result = SERVE_PENDING;
  for (let i = 0; i < STEP_MAX && result == SERVE_PENDING; i++) {
    result = dltStep(meter.now_ms);
    serveMeter();
    meter.now_ms += LINK_MS;
  }
  if (result <= 0) return SILENT;
  const whole = dltFrameAt(answerBytes() + DLT_WAKE_COUNT, result - DLT_WAKE_COUNT);
  assert(whole == result - DLT_WAKE_COUNT, "not a right answer");
  return hex(answerBytes(), result);
}

/** Gives a frame without checksum and end both; for frames that others wrote down so. */
export function seal(text: string): string {
  const size = put(frame, text);
  let sum: u32 = 0;
  for (let i = 0; i < size; i++) sum += load<u8>(frame + i);
  store<u8>(frame + size, <u8>sum);
  store<u8>(frame + size + 1, 0x16);
  return hex(frame, size + 2);
}

/** Sends DATA without the 33h; returns control code, a blank, and the DATA of the answer, or SILENT. */
export function ask(to: string, control: i32, text: string): string {
  put(address, to);
  const size = put(data, text);
  const sealed = dltSeal(frame, address, control, data, size);
  if (send(hex(frame + DLT_WAKE_COUNT, sealed - DLT_WAKE_COUNT)) == SILENT) return SILENT;
  const answer = answerBytes() + DLT_WAKE_COUNT;
  const length = <i32>load<u8>(answer + 9);
  for (let i = 0; i < length; i++) store<u8>(data + i, load<u8>(answer + 10 + i) - 0x33);
  return hex(answer + 8, 1) + " " + hex(data, length);
}

/** Address of the last answer. */
export function answerAddress(): string {
  return hex(answerBytes() + DLT_WAKE_COUNT + 1, 6);
}

function wire(identifier: u32): string {
  storeLe32(address, identifier);
  return hex(address, 4);
}

/** Reads an identifier; returns the value's bytes, or the whole refusal. */
export function read(to: string, identifier: u32): string {
  const answer = ask(to, 0x11, wire(identifier));
  const head = "91 " + wire(identifier);
  return answer.startsWith(head) ? answer.substr(head.length) : answer;
}
