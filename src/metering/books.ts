/** The book of each channel: energy in exact joules, what it has charged, and the lone pulse held
 *  back by anti-creep. One pulse is one record. Source: product sheet, features 1 and 5; anti-creep
 *  after IEC 62053-21: below half of the starting current nothing is registered. */
import { recordSave } from "../store/image";
import { BOOK, bookBody } from "../store/places";
import {
  BOOK_CHARGED,
  BOOK_FORWARD,
  BOOK_FORWARD_REMAINDER,
  BOOK_HELD,
  BOOK_LAST_PULSE_S,
  BOOK_REVERSE,
  BOOK_REVERSE_REMAINDER,
  CHANNEL_COUNT,
} from "../store/map";
import { boxSetting, channelConstant } from "./settings";
import { SETTING_BASIC_CURRENT, SETTING_PRICE, SETTING_REVERSE_COUNTS } from "./settings";
import { runningS } from "./uptime";

export const JOULES_PER_KWH: u32 = 3_600_000;
const HELD_NONE: u8 = 0;
const HELD_FORWARD: u8 = 1;
const HELD_REVERSE: u8 = 2;

// Half of the starting current, 0.4 % of Ib for class 1 (IEC 62053-21, starting), at 220 V: Ib in mA
// times this gives mW.
const HALF_START_MW_PER_A: u64 = 440; // 0.002 x 220 V
const WINDOW_MAXIMUM_MS: u64 = 0x7fffffff; // times are compared as differences of 32 bits

const last_pulse_ms: usize = memory.data(CHANNEL_COUNT * 4, 4);
const window_ms: usize = memory.data(CHANNEL_COUNT * 4, 4);
let flowing: u64 = 0; // channels whose last pulse lies inside the window

/** Time of the last pulse, ms; meaningful while isFlowing. */
export function lastPulseMs(channel_index: i32): u32 {
  return load<u32>(last_pulse_ms + 4 * channel_index);
}

/** Longest spacing of two pulses of a channel that still counts as flow, ms. */
export function windowMs(channel_index: i32): u32 {
  return load<u32>(window_ms + 4 * channel_index);
}

/** Takes over changed constants and basic current. */
export function booksConfigure(): void {
  const half_start_mw = (<u64>boxSetting(SETTING_BASIC_CURRENT) * HALF_START_MW_PER_A) / 1000;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    const pulses_mj = <u64>JOULES_PER_KWH * 1000 * 1000; // mJ of a kWh, times 1000 for ms
    const spacing_ms = pulses_mj / (<u64>channelConstant(index) * half_start_mw);
    store<u32>(window_ms + 4 * index, <u32>min(spacing_ms, WINDOW_MAXIMUM_MS));
  }
}

/** Starts from the records. Whether power was flowing is told by the running time of the last pulse,
 *  which counts powered seconds only. */
export function booksInit(now_ms: u32): void {
  flowing = 0;
  booksConfigure();
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    const body = bookBody(index);
    const pulse_s = load<u32>(body, BOOK_LAST_PULSE_S);
    const elapsed_s = runningS() + 1 - pulse_s;
    store<u32>(last_pulse_ms + 4 * index, now_ms - elapsed_s * 1000);
    const known = pulse_s != 0 && elapsed_s <= windowMs(index) / 1000;
    if (known) flowing |= (<u64>1) << index;
  }
}

export function forwardJ(channel_index: i32): u64 {
  return load<u64>(bookBody(channel_index), BOOK_FORWARD);
}

export function reverseJ(channel_index: i32): u64 {
  return load<u64>(bookBody(channel_index), BOOK_REVERSE);
}

/** Units charged to the channel's household in the channel's life. */
export function chargedUnits(channel_index: i32): i64 {
  return load<i64>(bookBody(channel_index), BOOK_CHARGED);
}

/** True while pulses have come closer together than the window. */
export function isFlowing(channel_index: i32): bool {
  return (flowing & ((<u64>1) << channel_index)) != 0;
}

/** Forgets a flow that has ended; called for each channel in turn, at least every few seconds. */
export function booksTick(channel_index: i32, now_ms: u32): void {
  if (now_ms - lastPulseMs(channel_index) > windowMs(channel_index)) {
    flowing &= ~((<u64>1) << channel_index);
  }
}

/** Adds one pulse to a register and its remainder; returns the whole joules gained. */
function addPulse(body: usize, register: usize, remainder: usize, constant: u32): u32 {
  let gained_j = JOULES_PER_KWH / constant;
  let fraction = <u32>load<u16>(body + remainder) + (JOULES_PER_KWH % constant);
  if (fraction >= constant) {
    fraction -= constant;
    gained_j += 1;
  }
  store<u64>(body + register, load<u64>(body + register) + gained_j);
  store<u16>(body + remainder, <u16>fraction);
  return gained_j;
}

/** Registers one confirmed pulse; returns the units to charge. */
function register(channel_index: i32, body: usize, reverse: bool): i64 {
  const constant = channelConstant(channel_index);
  const gained_j = reverse
    ? addPulse(body, BOOK_REVERSE, BOOK_REVERSE_REMAINDER, constant)
    : addPulse(body, BOOK_FORWARD, BOOK_FORWARD_REMAINDER, constant);
  counted_j += gained_j;
  if (reverse && boxSetting(SETTING_REVERSE_COUNTS) == 0) return 0;
  return <i64>gained_j * <i64>boxSetting(SETTING_PRICE);
}

/** What one call of countPulse did. */
export let counted_pulses: i32 = 0; // 0 held back, 1 registered, 2 with the one held before
export let counted_units: i64 = 0; // charged by it
export let counted_j: u32 = 0; // energy of it in either direction
export let counted_spacing_ms: u32 = 0; // since the pulse before; valid when counted_pulses > 0

/** Counts one pulse of a channel (0..38) and commits its book: one record. `charge`: the channel
 *  serves a household. A pulse after a pause longer than the window is held back until the next one
 *  confirms that power flows; see counted_pulses, counted_units and counted_spacing_ms. */
export function countPulse(channel_index: i32, reverse: bool, charge: bool, now_ms: u32): void {
  const body = bookBody(channel_index);
  const held = load<u8>(body, BOOK_HELD);
  counted_pulses = 0;
  counted_units = 0;
  counted_j = 0;
  counted_spacing_ms = now_ms - lastPulseMs(channel_index);
  if (isFlowing(channel_index) && counted_spacing_ms <= windowMs(channel_index)) {
    if (held != HELD_NONE) {
      counted_units += register(channel_index, body, held == HELD_REVERSE);
      counted_pulses++;
    }
    counted_units += register(channel_index, body, reverse);
    counted_pulses++;
    store<u8>(body, HELD_NONE, BOOK_HELD);
  } else {
    store<u8>(body, reverse ? HELD_REVERSE : HELD_FORWARD, BOOK_HELD);
  }
  if (!charge) counted_units = 0;
  store<i64>(body, load<i64>(body, BOOK_CHARGED) + counted_units, BOOK_CHARGED);
  store<u32>(body, runningS() + 1, BOOK_LAST_PULSE_S); // rounded up: 0 means no pulse yet
  store<u32>(last_pulse_ms + 4 * channel_index, now_ms);
  flowing |= (<u64>1) << channel_index;
  recordSave(BOOK, channel_index);
}
