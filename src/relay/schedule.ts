/** Which relay is driven next: wanted changes in the order they came, closings after a start spread
 *  over a time, and the refresh, which drives every used relay once more into its position. Decides
 *  only: coils and the record are relays.ts's. Channels are bits of a u64, bit 0 = channel 1. A
 *  position is what the relay was last driven to. */
import { copyBytes } from "../common/bytes";
import { CHANNEL_COUNT } from "../store/map";

/** The account tells what it wants within this time after a start; closings wanted then are spread.
 *  Nobody can have shown a card so early, so no card waits for the spread. */
export const START_WANTS_MS: u32 = 1000;
export const REFRESH_PERIOD_MINIMUM_MS: u32 = 480000; // product sheet, feature 9: 8..15 minutes
export const REFRESH_PERIOD_MAXIMUM_MS: u32 = 900000;
export const CLOSE_SPREAD_MAXIMUM_MS: u32 = 600000;
export const NO_CHANNEL: i32 = -1;

// What a channel with a waiting closing has: the lowest channel of the same call, for back to back.
const firsts: StaticArray<u8> = [
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0,
];
if (<u32>CHANNEL_COUNT != 39) ERROR("firsts has 39 entries");
const turns: usize = memory.data(CHANNEL_COUNT); // queued channels, the oldest first

let used: u64 = 0;
let closed: u64 = 0;
let wanted: u64 = 0; // closed is wanted; equals `closed` where nothing is wanted
let unsure: u64 = 0; // a pulse was interrupted or nothing is known: driven even into its position
let queued: u64 = 0;
let waiting: u64 = 0; // closings that the spread holds back
let turn_count: u32 = 0;
let started_ms: u32 = 0;
let close_spread_ms: u32 = 0;
let refresh_period_ms: u32 = 0;
let round_began_ms: u32 = 0;
let round_left: u64 = 0; // channels this round has still to drive

function bit(channel_index: i32): u64 {
  assert(channel_index >= 0 && channel_index < CHANNEL_COUNT);
  return (<u64>1) << channel_index;
}

function queue(channel_index: i32): void {
  queued |= bit(channel_index);
  store<u8>(turns + turn_count, <u8>channel_index);
  turn_count++;
}

/** Drops the changes of all channels but `kept`. */
function keepQueued(kept: u64): void {
  if ((queued & ~kept) == 0) return;
  const old_count = turn_count;
  queued &= kept;
  turn_count = 0;
  for (let turn: u32 = 0; turn < old_count; turn++) {
    const channel_index = load<u8>(turns + turn);
    if ((queued & bit(channel_index)) != 0) queue(channel_index);
  }
}

/** Starts with the positions `is_closed`; those of `is_unsure` may be wrong. `interrupted`, a
 *  channel index or NO_CHANNEL, is driven first. The first refresh comes one period from now. */
export function scheduleInit(is_closed: u64, is_unsure: u64, interrupted: i32, now_ms: u32): void {
  used = 0;
  closed = is_closed;
  wanted = is_closed;
  unsure = is_unsure;
  queued = 0;
  waiting = 0;
  turn_count = 0;
  started_ms = now_ms;
  round_began_ms = now_ms;
  round_left = 0;
  if (interrupted == NO_CHANNEL) return;
  unsure |= bit(interrupted);
  queue(interrupted);
}

/** Refresh period, start of a round to start of the next (480000..900000 ms), and the time over
 *  which closings after a start are spread (0..600000 ms). */
export function scheduleConfigure(period_ms: u32, spread_ms: u32): void {
  assert(period_ms >= REFRESH_PERIOD_MINIMUM_MS && period_ms <= REFRESH_PERIOD_MAXIMUM_MS);
  assert(spread_ms <= CLOSE_SPREAD_MAXIMUM_MS);
  refresh_period_ms = period_ms;
  close_spread_ms = spread_ms;
}

/** Channels that the refresh drives. */
export function scheduleUse(channels: u64): void {
  assert(channels >> CHANNEL_COUNT == 0);
  used = channels;
  round_left &= channels;
}

/** Wants `channels` closed or open. What is already so is left alone, and a change that was wanted
 *  back before it was driven is dropped. */
export function scheduleWant(channels: u64, is_closed: bool, now_ms: u32): void {
  assert(channels >> CHANNEL_COUNT == 0);
  wanted = is_closed ? wanted | channels : wanted & ~channels;
  const has_to_move = channels & ((wanted ^ closed) | unsure);
  waiting &= ~channels | (has_to_move & wanted);
  keepQueued(~channels | has_to_move);
  const is_spread = is_closed && now_ms - started_ms < START_WANTS_MS;
  for (let rest = has_to_move & ~(queued | waiting); rest != 0; rest &= rest - 1) {
    const channel_index = <i32>ctz(rest);
    if (is_spread) waiting |= bit(channel_index);
    else queue(channel_index);
    firsts[channel_index] = <u8>ctz(channels);
  }
}

/** Has one channel driven once, even into its position. */
export function scheduleDrive(channel_index: i32, is_closed: bool, now_ms: u32): void {
  const mask = bit(channel_index);
  unsure |= mask;
  scheduleWant(mask, is_closed, now_ms);
}

/** True while a change is wanted and not driven yet. */
export function hasChanges(): bool {
  return (queued | waiting) != 0;
}

/** Queues the closings whose turn of the spread has come, one call's channels together. */
function release(now_ms: u32): void {
  const lowest = <i32>ctz(waiting);
  const turn_ms = (<u32>lowest * close_spread_ms) / <u32>CHANNEL_COUNT;
  if (now_ms - started_ms < turn_ms) return;
  const first = firsts[lowest];
  for (let rest = waiting; rest != 0; rest &= rest - 1) {
    const channel_index = <i32>ctz(rest);
    if (firsts[channel_index] != first) continue;
    waiting &= ~bit(channel_index);
    queue(channel_index);
  }
}

/** Takes the next wanted change: its channel index, whose position from now on is the wanted one,
 *  or NO_CHANNEL. */
export function takeChange(now_ms: u32): i32 {
  if (waiting != 0) release(now_ms);
  if (turn_count == 0) return NO_CHANNEL;
  const next = <i32>load<u8>(turns);
  turn_count--;
  copyBytes(turns, turns + 1, turn_count);
  const mask = bit(next);
  queued &= ~mask;
  unsure &= ~mask;
  closed = (closed & ~mask) | (wanted & mask);
  return next;
}

/** Takes the next channel of the refresh round, lowest first, or NO_CHANNEL. A round has the
 *  channels that were in use when it began, and begins one period after the last one began. */
export function takeRefresh(now_ms: u32): i32 {
  if (round_left == 0) {
    if (now_ms - round_began_ms < refresh_period_ms) return NO_CHANNEL;
    round_began_ms = now_ms;
    round_left = used;
    if (round_left == 0) return NO_CHANNEL;
  }
  const next = <i32>ctz(round_left);
  round_left &= ~bit(next);
  return next;
}

/** Position: true when the channel was last driven closed. */
export function isClosed(channel_index: i32): bool {
  return (closed & bit(channel_index)) != 0;
}

/** True when the channel is open and nobody wants it closed. */
export function isLeftOpen(channel_index: i32): bool {
  return ((closed | wanted) & bit(channel_index)) == 0;
}

/** Positions of all channels. */
export function closedChannels(): u64 {
  return closed;
}

/** True while a refresh round has channels left. */
export function isRefreshing(): bool {
  return round_left != 0;
}
