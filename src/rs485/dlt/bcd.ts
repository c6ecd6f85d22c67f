/** Numbers and times as DL/T 645 writes them: packed BCD, lowest pair first, 0.01 or another unit as the
 *  identifier says. Source: DL/T 645-2007, annex A. Keeps no state. */

import { bcdPair, copyBytes } from "../../common/bytes";
import { DATE, dateOf, NONSENSE, secondsOf, TIME_SIZE } from "../../common/calendar";
import { WEEKDAY, weekdayOf } from "../../common/calendar";

export const NOT_BCD: u32 = 0xffffffff;

/** A time of 6 bytes: ss mm hh DD MM YY; of 5 bytes: from mm on. */
export const TIME_6: i32 = 6;
export const TIME_5: i32 = 5;

const SIGN: u8 = 0x80;

const registers: usize = memory.data(TIME_SIZE);

/** Writes `value` as `size` (1..4) bytes; digits that do not fit are lost, as on any register. */
export function putBcd(to: usize, value: u32, size: i32): i32 {
  for (let i = 0; i < size; i++) {
    const pair = value % 100;
    store<u8>(to + i, <u8>(((pair / 10) << 4) | (pair % 10)));
    value /= 100;
  }
  return size;
}

/** Writes `value` as `size` (2..4) bytes, the sign in the highest bit; the largest value that leaves
 *  room for it (7999..) stands for all above. */
export function putSigned(to: usize, value: i32, size: i32): i32 {
  let most: u32 = 79;
  for (let i = 1; i < size; i++) most = most * 100 + 99;
  const magnitude = value < 0 ? <u32>-value : <u32>value;
  putBcd(to, magnitude < most ? magnitude : most, size);
  if (value < 0) store<u8>(to + size - 1, load<u8>(to + size - 1) | SIGN);
  return size;
}

/** Value of `size` (1..4) bytes, or NOT_BCD. */
export function bcdAt(from: usize, size: i32): u32 {
  let value: u32 = 0;
  for (let i = size - 1; i >= 0; i--) {
    const pair = bcdPair(load<u8>(from + i));
    if (pair < 0) return NOT_BCD;
    value = value * 100 + <u32>pair;
  }
  return value;
}

/** Writes `time_s` seconds since 2000-01-01 as `size` (TIME_) bytes; an unknown time, 0, as zeros. */
export function putTime(to: usize, time_s: u32, size: i32): i32 {
  dateOf(time_s, registers);
  const skipped = TIME_6 - size; // seconds
  for (let i = skipped; i < TIME_6; i++) {
    const byte = load<u8>(registers + (i < WEEKDAY ? i : i + 1));
    store<u8>(to + i - skipped, time_s == 0 ? 0 : byte);
  }
  return size;
}

/** Writes the date of `time_s`: WW DD MM YY, WW 00 Sunday. */
export function putDate(to: usize, time_s: u32): i32 {
  dateOf(time_s, registers);
  store<u8>(to, <u8>weekdayOf(time_s));
  copyBytes(to + 1, registers + DATE, 3);
  return 4;
}

/** Writes the time of day of `time_s`: ss mm hh. */
export function putTimeOfDay(to: usize, time_s: u32): i32 {
  dateOf(time_s, registers);
  copyBytes(to, registers, 3);
  return 3;
}

/** Seconds since 2000-01-01 of the time of day ss mm hh at `time_of_day` and the date DD MM YY at
 *  `date`, or NONSENSE. */
export function secondsAt(time_of_day: usize, date: usize): u32 {
  copyBytes(registers, time_of_day, 3);
  copyBytes(registers + DATE, date, 3);
  return secondsOf(registers);
}

/** Seconds of a time of 5 bytes, mm hh DD MM YY, or NONSENSE. */
export function secondsAt5(from: usize): u32 {
  store<u8>(registers, 0);
  copyBytes(registers + 1, from, 2);
  copyBytes(registers + DATE, from + 2, 3);
  return secondsOf(registers);
}

if (NONSENSE != 0) ERROR("an unknown time is written as zeros");
