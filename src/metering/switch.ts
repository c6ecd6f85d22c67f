/** What was commanded about a household's supply, and the one judge of its changes: DL/T 645 function
 *  1Ch, src/rs485/SPEC.md "Switching". Fields of the SWITCH record; who commands and what follows from
 *  it is switching.ts's. */
import { E_CLOCK, E_EXPIRED, E_OVERDRAWN, E_RANGE, OK, REPEAT } from "../common/errors";
import { switchBody } from "../store/places";
import { SWITCH_COMMAND, SWITCH_EXPIRY, SWITCH_KEEP, SWITCH_LAST } from "../store/map";
import { SWITCH_UNTIL_S, SWITCH_USED } from "../store/map";

/** Command in force. */
export enum Hold {
  None, // the account decides
  Opened,
  OpenedClosing, // for a time, then None
  OpenedAllowing, // for a time, then Allowed
  Allowed, // open until the household's card is shown
}
export const HOLD_COUNT: i32 = 5;

// Commands as on the line, and what else ends one.
export const ORDER_OPEN: i32 = 0x1a;
export const ORDER_ALLOW: i32 = 0x1b;
export const ORDER_CLOSE: i32 = 0x1c;
export const ORDER_OPEN_CLOSING: i32 = 0x1d;
export const ORDER_OPEN_ALLOWING: i32 = 0x1e;
export const ORDER_KEEP: i32 = 0x3a;
export const ORDER_KEEP_END: i32 = 0x3b;
export const ORDER_TIME_OVER: i32 = 0;
export const ORDER_CARD_SHOWN: i32 = 1;

/** N2 counts these. */
export const STEP_S: u32 = 300;
const STEPS_MAXIMUM: u32 = 255;

/** The command in force after `order`. */
export function holdAfter(hold: Hold, order: i32): Hold {
  switch (order) {
    case ORDER_OPEN:
      return Hold.Opened;
    case ORDER_ALLOW:
      return hold == Hold.None ? Hold.None : Hold.Allowed; // nothing to allow: the account decides
    case ORDER_CLOSE:
      return Hold.None;
    case ORDER_OPEN_CLOSING:
      return Hold.OpenedClosing;
    case ORDER_OPEN_ALLOWING:
      return Hold.OpenedAllowing;
    case ORDER_TIME_OVER:
      if (hold == Hold.OpenedClosing) return Hold.None;
      return hold == Hold.OpenedAllowing ? Hold.Allowed : hold;
    case ORDER_CARD_SHOWN:
      return hold == Hold.Allowed ? Hold.None : hold;
    default:
      return hold; // power kept or no longer kept
  }
}

/** True when this command ends by time. */
export function isTimed(hold: Hold): bool {
  return hold == Hold.OpenedClosing || hold == Hold.OpenedAllowing;
}

/** Place of a command in USED, 0..6; -1 for an unknown one. */
function placeOf(order: i32): i32 {
  if (order >= ORDER_OPEN && order <= ORDER_OPEN_ALLOWING) return order - ORDER_OPEN;
  return order == ORDER_KEEP || order == ORDER_KEEP_END ? order - ORDER_KEEP + 5 : -1;
}

/** OK, or E_RANGE: `order` is unknown, or its N2, `steps`, is missing or must be 0. */
export function judgeOrder(order: i32, steps: u32): i32 {
  if (placeOf(order) < 0 || steps > STEPS_MAXIMUM) return E_RANGE;
  const needs_time = order == ORDER_OPEN_CLOSING || order == ORDER_OPEN_ALLOWING;
  return needs_time == (steps != 0) ? OK : E_RANGE;
}

function body(household_index: i32): usize {
  return switchBody(household_index);
}

export function holdOf(household_index: i32): Hold {
  return <Hold>load<u8>(body(household_index), SWITCH_COMMAND);
}

/** True while the household is not opened, whatever its account and other commands say. */
export function isKept(household_index: i32): bool {
  return load<u8>(body(household_index), SWITCH_KEEP) == 1;
}

/** OK, or E_OVERDRAWN: `order` would close a household whose account `is_empty`. */
export function judgeClosing(household_index: i32, order: i32, is_empty: bool): i32 {
  const closes = order == ORDER_ALLOW || order == ORDER_CLOSE;
  return closes && is_empty && !isKept(household_index) ? E_OVERDRAWN : OK;
}

/** True while a command holds the household open. */
export function isHeldOpen(household_index: i32): bool {
  return holdOf(household_index) != Hold.None;
}

/** True when the last command had the same N2: told by what is left of its time, so for one step only;
 *  nobody repeats a lost answer later. */
function isSameTime(household_index: i32, steps: u32, running_s: u32): bool {
  if (steps == 0) return true;
  if (!isTimed(holdOf(household_index))) return false;
  const left_s = load<u32>(body(household_index), SWITCH_UNTIL_S) - running_s;
  return (left_s + STEP_S - 1) / STEP_S == steps;
}

/** Judges the `expiry` (time) of a command by password. OK when it may be taken, REPEAT when it is the
 *  last one again, E_CLOCK without a clock, E_EXPIRED when it is over, older than one taken before, or
 *  taken already. */
export function judgeExpiry(
  household_index: i32,
  order: i32,
  steps: u32,
  expiry: u32,
  clock: u32,
  running_s: u32,
): i32 {
  const latest = load<u32>(body(household_index), SWITCH_EXPIRY);
  if (clock == 0) return E_CLOCK;
  if (expiry <= clock || expiry < latest) return E_EXPIRED;
  const used = <u32>load<u8>(body(household_index), SWITCH_USED);
  if (expiry > latest || (used & ((<u32>1) << placeOf(order))) == 0) return OK;
  const is_last = <i32>load<u8>(body(household_index), SWITCH_LAST) == order;
  return is_last && isSameTime(household_index, steps, running_s) ? REPEAT : E_EXPIRED;
}

/** Takes the expiry that judgeExpiry found OK. In RAM: the caller saves the record. */
export function useExpiry(household_index: i32, order: i32, expiry: u32): void {
  const record = body(household_index);
  const is_newer = expiry > load<u32>(record, SWITCH_EXPIRY);
  const used = is_newer ? 0 : <u32>load<u8>(record, SWITCH_USED);
  store<u32>(record, expiry, SWITCH_EXPIRY);
  store<u8>(record, <u8>(used | ((<u32>1) << placeOf(order))), SWITCH_USED);
  store<u8>(record, <u8>order, SWITCH_LAST);
}

/** Changes the command in force. In RAM, as above. */
export function orderHousehold(household_index: i32, order: i32, steps: u32, running_s: u32): void {
  const record = body(household_index);
  const hold = holdAfter(holdOf(household_index), order);
  store<u8>(record, <u8>hold, SWITCH_COMMAND);
  if (order == ORDER_KEEP) store<u8>(record, 1, SWITCH_KEEP);
  if (order == ORDER_KEEP_END) store<u8>(record, 0, SWITCH_KEEP);
  if (steps != 0) store<u32>(record, running_s + steps * STEP_S, SWITCH_UNTIL_S);
}
