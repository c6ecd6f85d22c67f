/** Time of day and date as the DS3231 keeps them, and as seconds since 2000-01-01 00:00:00. Pure.
 *  Source: DS3231 data sheet, table 1 (timekeeping registers). Valid for the years 2000..2099: the
 *  chip takes every fourth year for a leap year, and 2000 is one. */

import { bcdPair } from "../common/bytes";

// Timekeeping registers
const SECONDS: i32 = 0x00;
const MINUTES: i32 = 0x01;
const HOURS: i32 = 0x02;
const DATE: i32 = 0x04;
const MONTH: i32 = 0x05;
const YEAR: i32 = 0x06;
export const TIME_SIZE: i32 = 7;

export const NONSENSE: u32 = 0;

const DAY_S: u32 = 86400;
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
