/** When a box may speak on RS485 and how long that takes: silences before an answer, durations of
 *  characters, and the end of what is going out. Pure; line.port.ts sends.
 *  Source: src/rs485/SPEC.md, "Timing". */

import { Found, receiverEndUs } from "./receiver";

const ANSWER_MIN_US: i32 = 20000;
const ACCURACY_US: i32 = 200; // of uart_idle_us: boards/HAL.md
/** A host has given up an answer that is not there by then (DL/T 645-2007, 5.2.5: 500 ms). */
export const ANSWER_LATE_MS: u32 = 450;

const BAUD_LOWEST: i32 = 1200;
// Bits of a character of each FORMAT_, start and stop bits included
const BITS: StaticArray<i32> = [10, 11, 11];

let end_ms: u32 = 0;

/** Nothing is going out. */
export function transmitInit(now_ms: u32): void {
  end_ms = now_ms;
}

/** Rate of the setting line_rate, 0..4. */
export function baudOf(rate: i32): i32 {
  return BAUD_LOWEST << rate;
}

/** Duration of a character of the settings line_rate and line_format, us, rounded up. */
export function characterUs(rate: i32, format: i32): i32 {
  const baud = baudOf(rate);
  return (BITS[format] * 1000000 + baud - 1) / baud;
}

/** Silence before the answer to a frame: not shorter, and little longer. A native frame is answered
 *  at once. */
export function answerAfterUs(to: Found): i32 {
  if (to == Found.Native) return 0;
  return ACCURACY_US + (to == Found.Dlt ? ANSWER_MIN_US : receiverEndUs());
}

/** `size` characters of `character_us` begin to go out. */
export function transmitBegin(size: i32, character_us: i32, now_ms: u32): void {
  end_ms = now_ms + <u32>((size * character_us) / 1000) + 1;
}

/** Whether the last of them is out; asked every few milliseconds at least. */
export function transmitOver(now_ms: u32): bool {
  return <i32>(now_ms - end_ms) >= 0;
}
