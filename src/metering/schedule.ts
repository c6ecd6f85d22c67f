/** The moments at which readings are frozen: of the load record every 15, 30 or 60 minutes, once a day,
 *  once a month. Each function gives the last moment at or before a time; 0 when it would lie before
 *  2000-01-01. Pure. Source: src/metering/SPEC.md, settings 17 to 19. */
import { bcdPair } from "../common/bytes";
import { DATE, dateOf, DAY_S, TIME_SIZE } from "../common/calendar";

const MINUTE_S: u32 = 60;
const HOUR_S: u32 = 3600;

const registers: usize = memory.data(TIME_SIZE);

/** `interval_min`: 15, 30 or 60. */
export function loadMoment(time: u32, interval_min: u32): u32 {
  return time - (time % (interval_min * MINUTE_S));
}

/** `hhmm`: time of day in decimal. */
export function dailyMoment(time: u32, hhmm: u32): u32 {
  const from_midnight_s = (hhmm / 100) * HOUR_S + (hhmm % 100) * MINUTE_S;
  return time < from_midnight_s ? 0 : time - ((time - from_midnight_s) % DAY_S);
}

/** First day of the month that `day` lies in; both in days since 2000-01-01. */
function monthStart(day: u32): u32 {
  dateOf(day * DAY_S, registers);
  return day + 1 - <u32>bcdPair(load<u8>(registers + DATE));
}

/** `ddhh`: day 1..28 and hour of the month in decimal. */
export function settlementMoment(time: u32, ddhh: u32): u32 {
  const from_start_s = (ddhh / 100 - 1) * DAY_S + (ddhh % 100) * HOUR_S;
  const start_day = monthStart(time / DAY_S);
  const this_month = start_day * DAY_S + from_start_s;
  if (this_month <= time) return this_month;
  if (start_day == 0) return 0;
  return monthStart(start_day - 1) * DAY_S + from_start_s;
}
