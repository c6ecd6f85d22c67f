/** Energy on an open relay: it did not open, or somebody bridged it. Says when to note it and when
 *  to drive the relay open once more: five times, then hourly. Knows no energy and drives nothing.
 *  Times are compared as differences modulo 2^32 ms: a channel may get off once in 49 days. */
import { CHANNEL_COUNT } from "../store/map";

/** Energy within this time of opening is the last that flowed before. */
export const OPENED_LONG_AGO_MS: u32 = 5000;
export const QUICK_ATTEMPTS: u32 = 5;
export const SLOW_ATTEMPT_MS: u32 = 3600000;

// When the relay was last driven, and how often it was driven open again since its last change.
const driven_ms: StaticArray<u32> = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0,
];
const attempts: StaticArray<u32> = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0,
];
if (<u32>CHANNEL_COUNT != 39) ERROR("driven_ms and attempts have 39 entries");

let pending: u64 = 0; // to be driven open again

/** All relays count as driven now. */
export function supervisionInit(now_ms: u32): void {
  pending = 0;
  for (let i = 0; i < CHANNEL_COUNT; i++) supervisionChanged(i, now_ms);
}

/** The relay was driven because of a wanted change: its attempts begin anew. */
export function supervisionChanged(channel_index: i32, now_ms: u32): void {
  pending &= ~((<u64>1) << channel_index);
  driven_ms[channel_index] = now_ms;
  attempts[channel_index] = 0;
}

/** Energy was registered on a channel whose relay should be open. Returns the number of the attempt
 *  that is now due, 1 and up, or 0. */
export function supervisionEnergy(channel_index: i32, now_ms: u32): i32 {
  const mask = (<u64>1) << channel_index;
  if ((pending & mask) != 0) return 0;
  const is_slow = attempts[channel_index] >= QUICK_ATTEMPTS;
  const pause_ms = is_slow ? SLOW_ATTEMPT_MS : OPENED_LONG_AGO_MS;
  if (now_ms - driven_ms[channel_index] < pause_ms) return 0;
  pending |= mask;
  attempts[channel_index]++;
  return <i32>attempts[channel_index];
}

/** Takes the next channel to be driven open again, or -1. */
export function takeAgain(now_ms: u32): i32 {
  if (pending == 0) return -1;
  const next = <i32>ctz(pending);
  pending &= pending - 1;
  driven_ms[next] = now_ms;
  return next;
}
