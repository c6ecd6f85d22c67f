/** Times as boxes and people write them. A box's time is seconds since 2000-01-01 00:00:00 local
 *  standard time (src/link/SPEC.md), 0 unknown. */

import { digitsOf, fromDigits } from "./bcd.ts";

const EPOCH_MS = Date.UTC(2000, 0, 1);
const MS_PER_MINUTE = 60_000;
const CENTURY = "20";

/** Offset of the office's standard time from UTC, min: summer time does not count. */
function standardOffset(year: number): number {
  const offsets = [0, 6].map((month) => new Date(year, month, 1).getTimezoneOffset());
  return -Math.max(...offsets);
}

/** A moment as a box's time. */
export function boxTime(date: Date): number {
  const local_ms = date.getTime() + standardOffset(date.getFullYear()) * MS_PER_MINUTE;
  return Math.round((local_ms - EPOCH_MS) / 1000);
}

/** YYMMDDhhmmss; `time` is not 0. */
function digits(time: number): string {
  const iso = new Date(EPOCH_MS + time * 1000).toISOString();
  return iso.slice(2, 19).replace(/\D/g, "");
}

/** Six bytes: ss mm hh DD MM YY. */
export function timeBytes(time: number): Uint8Array {
  return fromDigits(digits(time));
}

/** Seven bytes: ss mm hh WW DD MM YY, Sunday is 0. */
export function dateTimeBytes(time: number): Uint8Array {
  const weekday = new Date(EPOCH_MS + time * 1000).getUTCDay();
  const text = digits(time);
  return fromDigits(`${text.slice(0, 6)}0${weekday}${text.slice(6)}`);
}

/** The time of YYMMDDhhmm or YYMMDDhhmmss; 0 when it is none. */
function timeOf(text: string): number {
  if (!/^\d{10}(\d\d)?$/.test(text)) return 0;
  const pairs = (text.match(/\d\d/g) ?? []).map(Number);
  const [year, month, day, hour, minute, second = 0] = pairs;
  const ms = Date.UTC(2000 + year, month - 1, day, hour, minute, second);
  return digits((ms - EPOCH_MS) / 1000).startsWith(text) ? (ms - EPOCH_MS) / 1000 : 0;
}

/** Five or six bytes, low byte first; 0 when they are no time. */
export function readTime(bytes: Uint8Array): number {
  return timeOf(digitsOf(bytes));
}

/** Seven bytes with the weekday; 0 when they are no time. */
export function readDateTime(bytes: Uint8Array): number {
  const text = digitsOf(bytes);
  return timeOf(text.slice(0, 6) + text.slice(8));
}

/** "2026-01-31 12:00:00" or "2026-01-31 12:00"; empty when unknown. */
export function momentText(bytes: Uint8Array): string {
  const text = digitsOf(bytes);
  if (timeOf(text) === 0) return "";
  const pairs = text.match(/\d\d/g) ?? [];
  return `${CENTURY}${pairs.slice(0, 3).join("-")} ${pairs.slice(3).join(":")}`;
}

/** A box's time of "2026-01-31", "2026-01-31T12:00" or with a space; 0 when it is none. */
export function parseMoment(text: string): number {
  const match = /^20(\d\d)-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?$/.exec(text);
  return match === null
    ? 0
    : timeOf(
        match
          .slice(1)
          .map((pair) => pair ?? "00")
          .join(""),
      );
}
