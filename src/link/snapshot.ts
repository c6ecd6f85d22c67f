/** What the panel knows of the meter: its last BOX_READ reply, its phases, and the last slice of every
 *  household. Filled from the replies to POLL and BOX_READ (src/link/SPEC.md). Pure; believes nothing
 *  malformed. */

import { copyBytes, fillBytes, loadLe16, loadLe32 } from "../common/bytes";
import { OK } from "../common/errors";
import {
  BOX_NUMBER,
  BOX_READER_PLACE,
  BOX_READ_REPLY_SIZE,
  BOX_UNIT,
  POLL_REPLY_SIZE_MIN,
  REPLY_HELD,
  REPLY_PHASES,
  REPLY_SLICES,
  REPLY_SLICE_COUNT,
  REPLY_STATUS,
  RESULT,
  SLICE_CONSUMED,
  SLICE_COUNT_MAX,
  SLICE_FLAGS,
  SLICE_FLAG_CLOSED,
  SLICE_HOUSEHOLD,
  SLICE_REMAINING,
  SLICE_SIZE,
  SLICE_STATE,
  STATE_EMPTY,
  STATE_SUPPLIED,
} from "./frame";

export const HOUSEHOLD_MAX: i32 = 39;
export const PHASES_ALL: u32 = 7;
export const MALFORMED: i32 = -1;

const slices: usize = memory.data(40 * 52); // by household; 0 is not used
const box: usize = memory.data(64); // last BOX_READ reply

if (SLICE_SIZE * (HOUSEHOLD_MAX + 1) != 40 * 52) ERROR("slices do not fit");
if (BOX_READ_REPLY_SIZE != 64) ERROR("the box does not fit");

let polled: bool = false;
let known_to: i32 = 0; // all households from 1 to this one were heard of
let lost: bool = false;
let box_known: bool = false;
let status: u32 = 0;
let held: i32 = 0;
let phases: u32 = 0;
// Bit per household, bit 0 = household 1
let used: u64 = 0;
let alarmed: u64 = 0; // low, tripped or empty
let closed: u64 = 0;
let switched: u64 = 0; // closed has changed and nobody has asked yet

/** Knows nothing again. */
export function snapshotInit(): void {
  polled = false;
  known_to = 0;
  lost = false;
  box_known = false;
  fillBytes(box, 0, BOX_READ_REPLY_SIZE);
  status = 0;
  held = 0;
  phases = 0;
  used = 0;
  alarmed = 0;
  closed = 0;
  switched = 0;
}

function bitOf(household: i32): u64 {
  return (<u64>1) << (household - 1);
}

/** Whether the households of the slices rise from `from` to at most 39. */
function wellFormed(from: i32, reply: usize, size: i32): bool {
  if (size < POLL_REPLY_SIZE_MIN) return false;
  const count = <i32>load<u8>(reply + REPLY_SLICE_COUNT);
  if (count > SLICE_COUNT_MAX || size != REPLY_SLICES + count * SLICE_SIZE) return false;
  let least = from;
  for (let i = 0; i < count; i++) {
    const slice = reply + REPLY_SLICES + i * SLICE_SIZE;
    const household = <i32>load<u8>(slice + SLICE_HOUSEHOLD);
    if (household < least || household > HOUSEHOLD_MAX) return false;
    if (<i32>load<u8>(slice + SLICE_STATE) > STATE_EMPTY) return false;
    least = household + 1;
  }
  return from > 0 || count == 0;
}

function takeSlice(slice: usize): void {
  const household = <i32>load<u8>(slice + SLICE_HOUSEHOLD);
  const bit = bitOf(household);
  const is_closed = ((<u32>load<u8>(slice + SLICE_FLAGS)) & SLICE_FLAG_CLOSED) != 0;
  if ((used & bit) != 0 && is_closed != ((closed & bit) != 0)) switched |= bit;
  used |= bit;
  closed = is_closed ? closed | bit : closed & ~bit;
  const is_alarmed = <i32>load<u8>(slice + SLICE_STATE) != STATE_SUPPLIED;
  alarmed = is_alarmed ? alarmed | bit : alarmed & ~bit;
  copyBytes(slices + household * SLICE_SIZE, slice, SLICE_SIZE);
}

function forget(household: i32): void {
  const others = ~bitOf(household);
  used &= others;
  alarmed &= others;
  closed &= others;
  switched &= others;
}

/** Takes the slices from household `from` on; returns the last household known by them. */
function takeSlices(from: i32, reply: usize): i32 {
  const count = <i32>load<u8>(reply + REPLY_SLICE_COUNT);
  let next = from;
  for (let i = 0; i < count; i++) {
    const slice = reply + REPLY_SLICES + i * SLICE_SIZE;
    const household = <i32>load<u8>(slice + SLICE_HOUSEHOLD);
    for (; next < household; next++) forget(next);
    takeSlice(slice);
    next = household + 1;
  }
  if (count == SLICE_COUNT_MAX) return next - 1;
  for (; next <= HOUSEHOLD_MAX; next++) forget(next);
  return HOUSEHOLD_MAX;
}

/** Takes the payload of `size` bytes of a reply to a POLL that asked for slices from household
 *  `from` (1..39, 0 none). Households the meter passed over are not in use. Returns the last
 *  household that is known by this reply, `from` - 1 .. 39, or MALFORMED: then nothing changed. */
export function snapshotPoll(from: i32, reply: usize, size: i32): i32 {
  if (!wellFormed(from, reply, size)) return MALFORMED;
  polled = true;
  status = loadLe16(reply + REPLY_STATUS);
  const held_household = <i32>load<u8>(reply + REPLY_HELD);
  held = held_household <= HOUSEHOLD_MAX ? held_household : 0;
  phases = (<u32>load<u8>(reply + REPLY_PHASES)) & PHASES_ALL;
  if (from == 0) return 0;
  const known = takeSlices(from, reply);
  if (from <= known_to + 1 && known > known_to) known_to = known;
  return known;
}

/** Takes the payload of `size` bytes of a reply to BOX_READ; a refusal changes nothing. */
export function snapshotBox(reply: usize, size: i32): void {
  if (size != BOX_READ_REPLY_SIZE || <i32>load<i8>(reply + RESULT) != OK) return;
  copyBytes(box, reply, BOX_READ_REPLY_SIZE);
  box_known = true;
}

/** Whether the meter is silent: what is known is old. */
export function snapshotLost(is_lost: bool): void {
  lost = is_lost;
}

/** Whether box and households are known and the meter still tells of them. */
export function snapshotCurrent(): bool {
  return known_to == HOUSEHOLD_MAX && box_known && !lost;
}

/** Whether a POLL was ever answered. */
export function snapshotPolled(): bool {
  return polled;
}

/** Whether the box was ever read. */
export function snapshotBoxKnown(): bool {
  return box_known;
}

/** Box number, 5 bytes BCD, high pair first. */
export function snapshotNumber(): usize {
  return box + BOX_NUMBER;
}

/** Sales-software unit number, 0..9999. */
export function snapshotUnit(): u32 {
  return loadLe16(box + BOX_UNIT);
}

/** The whole last BOX_READ reply, BOX_READ_REPLY_SIZE bytes; 0 while the box is not known. */
export function snapshotBoxReply(): usize {
  return box_known ? box : 0;
}

/** Where the card reader is: the setting reader_place; 0 while the box is not known. */
export function snapshotReaderPlace(): i32 {
  return <i32>load<u8>(box + BOX_READER_PLACE);
}

/** Whether all bits of `flags` (STATUS_) are set. */
export function snapshotStatus(flags: u32): bool {
  return (status & flags) == flags;
}

/** All STATUS_ flags of the last POLL. */
export function snapshotStatusFlags(): u32 {
  return status;
}

/** Household held by the socket, 0 none. */
export function snapshotHeld(): i32 {
  return held;
}

/** Bits 0..2: phase A, B, C is missing. */
export function snapshotMissing(): u32 {
  return polled ? ~phases & PHASES_ALL : 0;
}

/** Households in use; bit 0 = household 1. */
export function snapshotUsed(): u64 {
  return used;
}

/** Whether any household is low, tripped or empty. */
export function snapshotAlarmed(): bool {
  return alarmed != 0;
}

/** The lowest household whose relays have gone open or closed since it was last returned; 0
 *  none. */
export function snapshotTakeSwitched(): i32 {
  if (switched == 0) return 0;
  const household = <i32>ctz<u64>(switched) + 1;
  switched &= ~bitOf(household);
  return household;
}

/** Slice of `household` (1..39), SLICE_SIZE bytes at any alignment; 0 when it is not in use. */
export function snapshotSlice(household: i32): usize {
  return (used & bitOf(household)) != 0 ? slices + household * SLICE_SIZE : 0;
}

/** Whether all relays of `household` (1..39) are closed. */
export function snapshotClosed(household: i32): bool {
  return (closed & bitOf(household)) != 0;
}

/** STATE_ of `household` (1..39). */
export function snapshotState(household: i32): i32 {
  return <i32>load<u8>(slices + household * SLICE_SIZE + SLICE_STATE);
}

/** Remaining of `household` (1..39), signed, 0.01 kWh or currency. */
export function snapshotRemaining(household: i32): i32 {
  return <i32>loadLe32(slices + household * SLICE_SIZE + SLICE_REMAINING);
}

/** Energy consumed by `household` (1..39), 0.01 kWh. */
export function snapshotConsumed(household: i32): u32 {
  return loadLe32(slices + household * SLICE_SIZE + SLICE_CONSUMED);
}
