/** Driver of the clock chip DS3231: reads the time once a second. A time is trusted only while the
 *  oscillator-stop flag is clear, the chip answers and the registers make sense; setting it is not
 *  done here. Source: DS3231 data sheet, table 1 and "Status Register (0Fh)". */

import { I2C_CLOCK, i2c } from "../hal";
import { NONSENSE, TIME_SIZE, secondsOf } from "./calendar";

const REGISTER_TIME: u8 = 0x00;
const REGISTER_STATUS: u8 = 0x0f;
const STATUS_OSCILLATOR_STOPPED: u32 = 1 << 7;
const READ_PERIOD_MS: u32 = 1000;

const buffer: usize = memory.data(8);
if (TIME_SIZE > 8) ERROR("time does not fit");

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
