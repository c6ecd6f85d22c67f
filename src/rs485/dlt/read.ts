/** 11h and 12h: the values of an identifier one after the other, each made when its turn comes, until
 *  the frame is full. Of a split answer only where it stopped is remembered: the next frame is made when it
 *  is asked for. */

import { E_HOUSEHOLD, OK } from "../../common/errors";
import { STATUS_MONEY } from "../../link/frame";
import { snapshotCurrent, snapshotStatus } from "../../link/snapshot";
import { SERVE_PENDING, SERVE_SILENT } from "../answer";
import { THE_BOX } from "./address";
import { hasSlice, sliceResult, stepInit } from "./ask";
import { makeEvent } from "./event";
import { DLT_DATA_MAX } from "./frame";
import { makeOfHousehold } from "./household";
import { loadGoOn, loadNext, loadTake, loadTaken, makeLoad, NO_COUNT } from "./load";
import { makeParameter } from "./parameter";
import * as request from "./request";
import * as table from "./table";
import { ASKED, MISSING } from "./value";

const READ: i32 = 0x11;
const READ_ON: i32 = 0x12;
const SEQUENCE_SIZE: i32 = 1;
const NO_SPLIT: i32 = -1;

// What is being read
let row: i32 = 0;
let value_count: i32 = 0;
let value_index: i32 = 0;
let size: i32 = 0; // of the data so far
let begun: bool = false;

// The split answer that can be read on
let split_household: i32 = 0;
let split_identifier: u32 = 0;
let split_sequence: i32 = 0; // of the last frame
let split_row: i32 = 0;
let split_count: i32 = 0;
let split_first: i32 = 0; // first value of the last frame
let split_first_s: u32 = 0; // and where its load record began
let split_next: i32 = 0; // first value of the next frame
let split_next_s: u32 = 0;

/** Nothing to read on. */
export function readInit(): void {
  split_household = NO_SPLIT;
  split_identifier = 0;
  split_sequence = 0;
  split_row = 0;
  split_count = 0;
  split_first = 0;
  split_first_s = 0;
  split_next = 0;
  split_next_s = 0;
  readStart();
}

/** A request has come. */
export function readStart(): void {
  row = table.NO_ROW;
  value_count = 0;
  value_index = 0;
  size = 0;
  begun = false;
}

function isLoad(): bool {
  return table.itemOf(row) == table.LOAD;
}

function beginRead(): u32 {
  split_household = NO_SPLIT;
  const body_size = request.requestLength() - request.IDENTIFIER_SIZE;
  if (body_size < 0) return request.ERR_OTHER;
  const identifier = request.requestIdentifier();
  const is_box = request.requestHousehold() == THE_BOX;
  row = table.rowOf(identifier, is_box, snapshotStatus(STATUS_MONEY));
  if (row == table.NO_ROW) return request.ERR_NO_DATA;
  if (isLoad()) {
    const body = request.requestData() + request.IDENTIFIER_SIZE;
    value_count = loadTake(identifier, body, body_size);
    return value_count == NO_COUNT ? request.ERR_OTHER : 0;
  }
  value_count = table.valueCount(row, identifier);
  return body_size == 0 ? 0 : request.ERR_OTHER;
}

/** The frame after the last one, or that one again when it was lost on the line. */
function beginReadOn(): u32 {
  const length = request.requestLength();
  if (length != request.IDENTIFIER_SIZE + SEQUENCE_SIZE) return request.ERR_OTHER;
  const is_same =
    split_household == request.requestHousehold() &&
    split_identifier == request.requestIdentifier();
  const sequence = <i32>load<u8>(request.requestData() + request.IDENTIFIER_SIZE);
  const is_next = sequence == split_sequence + 1 && split_next < split_count;
  const is_again = sequence == split_sequence && sequence > 0;
  if (!is_same || (!is_next && !is_again)) return request.ERR_NO_DATA;
  if (is_next) {
    split_first = split_next;
    split_first_s = split_next_s;
    split_sequence = sequence;
  }
  row = split_row;
  value_count = split_count;
  value_index = split_first;
  loadGoOn(split_first_s);
  return 0;
}

function begin(): u32 {
  begun = true;
  const word = request.requestControl() == READ ? beginRead() : beginReadOn();
  size = request.IDENTIFIER_SIZE;
  stepInit();
  return word;
}

function makeValue(to: usize): i32 {
  const household = request.requestHousehold();
  const identifier = table.valueIdentifier(row, request.requestIdentifier(), value_index);
  const item = table.itemOf(row);
  const argument = table.argumentOf(row);
  const in_block = value_count > 1;
  if (item == table.LOAD) return makeLoad(household, to);
  if (item < table.PARAMETERS) {
    return makeOfHousehold(item, argument, identifier, household, in_block, to);
  }
  if (item >= table.EVENTS) return makeEvent(item, argument, identifier, to);
  return makeParameter(item, argument, identifier, household, to);
}

/** Remembers where the answer stops. */
function split(): void {
  if (request.requestControl() == READ) {
    split_household = request.requestHousehold();
    split_identifier = request.requestIdentifier();
    split_sequence = 0;
    split_row = row;
    split_first = 0;
  }
  split_count = value_count;
  split_next = value_index;
  split_next_s = loadNext();
}

/** Answers with what was made; the values left over can be read on. */
function finish(): i32 {
  const is_more = value_index < value_count;
  if (is_more || request.requestControl() == READ_ON) split();
  request.answerIdentifier();
  if (request.requestControl() == READ_ON) {
    store<u8>(request.answerData() + size, <u8>split_sequence);
    size += SEQUENCE_SIZE;
  }
  return is_more ? request.acceptMore(size) : request.accept(size);
}

/** Makes values until the frame is full: SERVE_PENDING, or the size of the answer. */
function makeValues(): i32 {
  const read_on = request.requestControl() == READ_ON;
  const room = DLT_DATA_MAX - (read_on ? SEQUENCE_SIZE : 0);
  for (; value_index < value_count; value_index++) {
    const made = makeValue(request.answerData() + size);
    if (made == ASKED) return SERVE_PENDING;
    if (made == MISSING && !isLoad()) return request.refuse(request.ERR_NO_DATA);
    if (made == MISSING)
      value_count = value_index; // the load record ends here
    else if (size + made > room) return finish();
    else size += made;
    if (isLoad() && made != MISSING) loadTaken();
    stepInit();
  }
  value_index = value_count;
  return finish();
}

/** One step: SERVE_PENDING, SERVE_SILENT, or the size of the answer. */
export function readStep(): i32 {
  if (!begun) {
    const word = begin();
    if (word != 0) return request.refuse(word);
  }
  const household = request.requestHousehold();
  if (household == THE_BOX) {
    if (!snapshotCurrent()) return request.refuse(request.ERR_OTHER);
  } else {
    if (!hasSlice(household)) return SERVE_PENDING;
    if (sliceResult() == E_HOUSEHOLD) return SERVE_SILENT;
    if (sliceResult() != OK) return request.refuse(request.ERR_OTHER);
  }
  return makeValues();
}
