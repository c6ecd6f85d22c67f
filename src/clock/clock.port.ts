/** Driver of the clock chip DS3231: reads the time once a second, and sets it. A time is trusted only
 *  while the oscillator-stop flag is clear, the chip answers and the registers make sense.
 *  Source: DS3231 data sheet, table 1 and "Status Register (0Fh)". */

import { I2C_CLOCK, i2c } from "../hal";
import { NONSENSE, TIME_SIZE, dateOf, secondsOf } from "../common/calendar";

const REGISTER_TIME: u8 = 0x00;
const REGISTER_STATUS: u8 = 0x0f;
const REGISTER_COUNT: i32 = 0x13;
const STATUS_OSCILLATOR_STOPPED: u32 = 1 << 7;
const READ_PERIOD_MS: u32 = 1000;

const buffer: usize = memory.data(8);
if (1 + TIME_SIZE > 8) ERROR("time does not fit");

let time_s: u32 = 0;
let read_ms: u32 = 0;

/** Reads the time at once. */
export function clockInit(now_ms: u32): void {
  read_ms = now_ms;
  time_s = readTime();
}

function readRegisters(first: u8, count: i32): bool {
  store<u8>(buffer, first);
  return i2c(I2C_CLOCK, buffer, 1, count) == 0;
}

/** All 19 registers to `to`; false when the chip does not answer. */
export function clockRegisters(to: usize): bool {
  store<u8>(to, REGISTER_TIME);
  return i2c(I2C_CLOCK, to, 1, REGISTER_COUNT) == 0;
}

function readTime(): u32 {
  if (!readRegisters(REGISTER_STATUS, 1)) return NONSENSE;
  if (((<u32>load<u8>(buffer)) & STATUS_OSCILLATOR_STOPPED) != 0) return NONSENSE;
  return readRegisters(REGISTER_TIME, TIME_SIZE) ? secondsOf(buffer) : NONSENSE;
}

/** One step: reads once a second. */
export function clockTick(now_ms: u32): void {
  if (now_ms - read_ms < READ_PERIOD_MS) return;
  read_ms = now_ms;
  time_s = readTime();
}

/** Seconds since 2000-01-01 00:00:00 local standard time at the last reading; 0: not trusted. */
export function clockTime(): u32 {
  return time_s;
}

/** Sets the clock to `to_s`, seconds since 2000-01-01, and trusts it from now on; false when the chip
 *  did not take it. The flag is cleared last: a time that was written half stays untrusted. */
export function clockSet(to_s: u32, now_ms: u32): bool {
  store<u8>(buffer, REGISTER_TIME);
  dateOf(to_s, buffer + 1);
  if (i2c(I2C_CLOCK, buffer, 1 + TIME_SIZE, 0) != 0) return false;
  if (!readRegisters(REGISTER_STATUS, 1)) return false;
  const status = (<u32>load<u8>(buffer)) & ~STATUS_OSCILLATOR_STOPPED;
  store<u8>(buffer, REGISTER_STATUS);
  store<u8>(buffer, <u8>status, 1);
  if (i2c(I2C_CLOCK, buffer, 2, 0) != 0) return false;
  clockInit(now_ms);
  return time_s != NONSENSE;
}
