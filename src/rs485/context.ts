/** What the handlers of RS485 know and want: the time, the state of the card reader, when the host was
 *  last heard; and wishes that others carry out (the clock, the rate, a grant). Pure; panel.ts tells
 *  and takes. */

import { DAY_S } from "../common/calendar";

// Rules of a correction without a password: src/rs485/SPEC.md, 08h.
const CORRECTION_MAX_S: u32 = 300;
const MIDNIGHT_MARGIN_S: u32 = 300;

// Differences of times are kept below the wrap of now_ms.
const SILENCE_MAX_MS: u32 = 1 << 30;

// Register 0014h
export const READER_NONE: i32 = 0;
export const READER_WAITS: i32 = 1; // for a card
export const READER_BUSY: i32 = 2; // with a card
export const READER_HELD: i32 = 3; // a card of another box waits for the line

export const NO_RATE: i32 = -1;
export const RATE_COUNT: i32 = 5; // 1200 x 2^code baud
export const GRANT_MAX_MS: i32 = 1000;

let time_s: u32 = 0;
let reader: i32 = 0;
let heard_ms: u32 = 0;
let clock_wish_s: u32 = 0;
let rate_wish: i32 = 0; // code + 1, 0 none
let grant_wish_ms: i32 = 0;
let corrected_day: u32 = 0; // day + 1 of the last correction, 0 none

/** Knows and wants nothing; a host counts as heard, so that nobody speaks before it at the start. */
export function contextInit(now_ms: u32): void {
  time_s = 0;
  reader = READER_NONE;
  heard_ms = now_ms;
  clock_wish_s = 0;
  rate_wish = 0;
  grant_wish_ms = 0;
  corrected_day = 0;
}

/** The time, seconds since 2000-01-01; 0 while the clock is not trusted. */
export function contextTime(present_s: u32): void {
  time_s = present_s;
}

/** The time, seconds since 2000-01-01; 0 unknown. */
export function presentTime(): u32 {
  return time_s;
}

/** State of the card reader, a READER_. */
export function contextReader(state: i32): void {
  reader = state;
}

/** State of the card reader, a READER_. */
export function readerState(): i32 {
  return reader;
}

/** Wants the clock set to `present_s`, seconds since 2000-01-01, not 0. */
export function wishClock(present_s: u32): void {
  clock_wish_s = present_s;
}

/** The wished time, once; 0 none. */
export function takeClockWish(): u32 {
  const wished_s = clock_wish_s;
  clock_wish_s = 0;
  return wished_s;
}

/** Wants the clock corrected by a host without a password: within 5 minutes of the known time, neither
 *  time within 5 minutes of midnight, once a day. Returns whether the rules allow it. */
export function wishCorrection(present_s: u32): bool {
  if (time_s == 0 || present_s == 0) return false;
  const off_s = present_s > time_s ? present_s - time_s : time_s - present_s;
  if (off_s > CORRECTION_MAX_S || nearMidnight(time_s) || nearMidnight(present_s)) return false;
  const day = time_s / DAY_S + 1;
  if (day == corrected_day) return false;
  corrected_day = day;
  wishClock(present_s);
  return true;
}

function nearMidnight(at_s: u32): bool {
  const of_day_s = at_s % DAY_S;
  return of_day_s < MIDNIGHT_MARGIN_S || of_day_s >= DAY_S - MIDNIGHT_MARGIN_S;
}

/** Wants 1200 x 2^`code` baud (0..4) once the answer has gone out. */
export function wishRate(code: i32): void {
  assert(code >= 0 && code < RATE_COUNT);
  rate_wish = code + 1;
}

/** The wished rate, once; NO_RATE none. */
export function takeRateWish(): i32 {
  const code = rate_wish - 1;
  rate_wish = 0;
  return code;
}

/** The host leaves the line to the box with the reader for `duration_ms` (1..1000) after the answer. */
export function wishGrant(duration_ms: i32): void {
  assert(duration_ms > 0 && duration_ms <= GRANT_MAX_MS);
  grant_wish_ms = duration_ms;
}

/** The granted duration, ms, once; 0 none. */
export function takeGrantWish(): i32 {
  const granted_ms = grant_wish_ms;
  grant_wish_ms = 0;
  return granted_ms;
}

/** A right request of a host was heard, for this box or another. */
export function hostHeard(now_ms: u32): void {
  heard_ms = now_ms;
}

/** Milliseconds since then, or since the start. */
export function hostSilentMs(now_ms: u32): u32 {
  if (now_ms - heard_ms > SILENCE_MAX_MS) heard_ms = now_ms - SILENCE_MAX_MS;
  return now_ms - heard_ms;
}
