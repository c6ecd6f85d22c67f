/** Time of day and date as the DS3231 keeps them, and as seconds since 2000-01-01 00:00:00. Pure.
 *  Source: DS3231 data sheet, table 1 (timekeeping registers). Valid for the years 2000..2099: the
 *  chip takes every fourth year for a leap year, and 2000 is one. */

import { bcdPair } from "./bytes";

// Timekeeping registers
const SECONDS: i32 = 0x00;
const MINUTES: i32 = 0x01;
const HOURS: i32 = 0x02;
export const WEEKDAY: i32 = 0x03; // 1..7, 1 = Sunday
export const DATE: i32 = 0x04;
const MONTH: i32 = 0x05;
const YEAR: i32 = 0x06;
export const TIME_SIZE: i32 = 7;

export const NONSENSE: u32 = 0;

export const DAY_S: u32 = 86400;
const CENTURY_DAYS: i32 = 36525;
const LEAP_YEARS_DAYS: i32 = 1461; // four years, the first of them a leap year
const FIRST_WEEKDAY: u32 = 6; // 2000-01-01 was a Saturday
const DAYS_BEFORE: StaticArray<u16> = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN: StaticArray<u8> = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Value of a BCD register, -1 when it is not BCD or outside least..most. */
function field(registers: usize, offset: i32, least: i32, most: i32): i32 {
  const value = bcdPair(load<u8>(registers + offset));
  return value < least || value > most ? -1 : value;
}

/** Days since 2000-01-01, -1 for a date that does not exist. */
function dayOf(year: i32, month: i32, date: i32): i32 {
  const leap = (year & 3) == 0;
  const length = <i32>DAYS_IN[month - 1] + (leap && month == 2 ? 1 : 0);
  if (date > length) return -1;
  const leap_days = ((year + 3) >> 2) + (leap && month > 2 ? 1 : 0);
  return year * 365 + leap_days + <i32>DAYS_BEFORE[month - 1] + date - 1;
}

/** Seconds since 2000-01-01 of the seven timekeeping registers at `registers`, or NONSENSE: not
 *  BCD, out of range, 12-hour mode, the century bit, a date that does not exist, or the very first
 *  second, which is what the chip starts with. */
export function secondsOf(registers: usize): u32 {
  const second = field(registers, SECONDS, 0, 59);
  const minute = field(registers, MINUTES, 0, 59);
  const hour = field(registers, HOURS, 0, 23); // bit 6 set (12-hour mode) is out of range
  const date = field(registers, DATE, 1, 31);
  const month = field(registers, MONTH, 1, 12); // bit 7 set (century) is out of range
  const year = field(registers, YEAR, 0, 99);
  if (second < 0 || minute < 0 || hour < 0 || date < 0 || month < 0 || year < 0) return NONSENSE;
  const day = dayOf(year, month, date);
  if (day < 0) return NONSENSE;
  return <u32>day * DAY_S + <u32>(hour * 3600 + minute * 60 + second);
}

/** Day of the week of `time_s` seconds since 2000-01-01: 0 Sunday .. 6 Saturday. */
export function weekdayOf(time_s: u32): i32 {
  return <i32>((time_s / DAY_S + FIRST_WEEKDAY) % 7);
}

function put(registers: usize, offset: i32, value: i32): void {
  store<u8>(registers + offset, <u8>(((value / 10) << 4) | (value % 10)));
}

/** Writes `time_s` seconds since 2000-01-01 to the seven timekeeping registers at `registers`, the
 *  inverse of secondsOf(); times after 2099 begin again at 2000. */
export function dateOf(time_s: u32, registers: usize): void {
  const second = <i32>(time_s % DAY_S);
  put(registers, SECONDS, second % 60);
  put(registers, MINUTES, (second / 60) % 60);
  put(registers, HOURS, second / 3600);
  put(registers, WEEKDAY, weekdayOf(time_s) + 1);
  const day = <i32>(time_s / DAY_S) % CENTURY_DAYS;
  const in_leap = day % LEAP_YEARS_DAYS;
  const year_in_leap = in_leap < 366 ? 0 : (in_leap - 1) / 365;
  const year = (day / LEAP_YEARS_DAYS) * 4 + year_in_leap;
  let month = 12;
  while (month > 1 && day < dayOf(year, month, 1)) month--;
  put(registers, DATE, day - dayOf(year, month, 1) + 1);
  put(registers, MONTH, month);
  put(registers, YEAR, year);
}
