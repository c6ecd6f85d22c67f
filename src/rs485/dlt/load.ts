/** The load record of a household: blocks of class 4 one after the other in the order of time, from the
 *  oldest, from a given time, or the newest N. Goes on by the time of the last block, so that a block
 *  that is stored meanwhile shifts nothing. Source: DL/T 645-2007, annex B; src/rs485/SPEC.md. */

import { fillBytes } from "../../common/bytes";
import { NONSENSE } from "../../common/calendar";
import { OK } from "../../common/errors";
import * as link from "../../link/frame";
import { has, replyAt, replyResult, stepKeep, stepNow } from "./ask";
import { bcdAt, NOT_BCD, putBcd, putTime, secondsAt5, TIME_5 } from "./bcd";
import { di0, ASKED, MISSING } from "./value";

export const NO_COUNT: i32 = 0;

const FROM_TIME: i32 = 1; // DI0; 0 from the oldest
const NEWEST: i32 = 2;
const COUNT_SIZE: i32 = 1;

const BEGIN: u8 = 0xa0;
const SEPARATOR: u8 = 0xaa;
const END: u8 = 0xe5;
const HEAD_SIZE: i32 = 3; // A0 A0 and the length of what follows
const RECORD_SIZE: i32 = 32;

let next_s: u32 = 0; // the next block is not older
let newest: i32 = 0; // the next block is the newest but so many - 1; 0: by time

/** Takes the body of a request, `size` bytes at `body`; returns N, or NO_COUNT for a malformed one. */
export function loadTake(identifier: u32, body: usize, size: i32): i32 {
  const from_time = di0(identifier) == FROM_TIME;
  if (size != (from_time ? COUNT_SIZE + TIME_5 : COUNT_SIZE)) return NO_COUNT;
  const count = bcdAt(body, COUNT_SIZE);
  if (count == NOT_BCD) return NO_COUNT;
  next_s = from_time ? secondsAt5(body + COUNT_SIZE) : 0;
  if (from_time && next_s == NONSENSE) return NO_COUNT;
  newest = di0(identifier) == NEWEST ? <i32>count : 0;
  return <i32>count;
}

/** Where the next block is looked for. */
export function loadNext(): u32 {
  return next_s;
}

/** Goes on from there. */
export function loadGoOn(from_s: u32): void {
  next_s = from_s;
  newest = 0;
}

function hasBlock(household: i32, index: i32, from_s: u32): bool {
  const first = link.RING_LOAD | ((<u32>household) << 8) | ((<u32>index) << 16);
  return has(link.KIND_FREEZE_READ, first, from_s);
}

/** Whether the newest block but N - 1, or the oldest when there are fewer, is at hand. */
function hasNewest(household: i32): bool {
  if (stepNow() == 0) {
    if (!hasBlock(household, newest, 0)) return false;
    if (replyResult() == OK) return true;
    stepKeep(0);
  }
  return hasBlock(household, 0, 0);
}

/** Writes the record of the block in the reply. */
function put(to: usize): void {
  store<u8>(to, BEGIN);
  store<u8>(to + 1, BEGIN);
  store<u8>(to + 2, <u8>(RECORD_SIZE - HEAD_SIZE));
  let at = to + HEAD_SIZE + putTime(to + HEAD_SIZE, replyAt(link.FREEZE_REPLY_TIME), TIME_5);
  fillBytes(at, SEPARATOR, 3); // classes 1 to 3 are empty
  at += 3;
  at += putBcd(at, replyAt(link.FREEZE_REPLY_FORWARD), 4);
  at += putBcd(at, replyAt(link.FREEZE_REPLY_REVERSE), 4);
  fillBytes(at, 0, 8); // no reactive energy
  fillBytes(at + 8, SEPARATOR, 3); // the end of class 4, and classes 5 and 6 are empty
  at += 11;
  let sum: u32 = 0;
  for (let from = to; from < at; from++) sum += load<u8>(from);
  store<u8>(at, <u8>sum);
  store<u8>(at + 1, END);
}

/** Makes the next record; MISSING when there is none. */
export function makeLoad(household: i32, to: usize): i32 {
  const is_here = newest > 0 ? hasNewest(household) : hasBlock(household, 0, next_s);
  if (!is_here) return ASKED;
  if (replyResult() != OK) return MISSING;
  put(to);
  return RECORD_SIZE;
}

/** The record that was made is taken: goes on behind it. */
export function loadTaken(): void {
  loadGoOn(replyAt(link.FREEZE_REPLY_TIME) + 1);
}
