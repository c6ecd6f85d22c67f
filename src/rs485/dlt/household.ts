/** Values of one household: energies, credit, demand, purchases, voltages, power, freezes. Each is what
 *  src/rs485/SPEC.md says of its identifier, of this moment. */

import { loadLe16 } from "../../common/bytes";
import { OK } from "../../common/errors";
import * as link from "../../link/frame";
import { snapshotBoxReply } from "../../link/snapshot";
import { has, kept, replyAt, replyResult, sliceAt, sliceOf, stepKeep, stepNow } from "./ask";
import { putBcd, putSigned, putTime, TIME_5, TIME_6 } from "./bcd";
import * as table from "./table";
import { ASKED, di0, di1, MISSING, missing } from "./value";

const COMBINED: u32 = 0;
const FORWARD: u32 = 1;
const ENERGY_SIZE: i32 = 4;
const TARIFF_COUNT: i32 = 4; // after the total; all but the first stay zero
const TENTHS_W_PER_W: u32 = 10;

/** Whether reverse energy is consumption, as far as this household can tell. */
function countsReverse(): bool {
  return sliceAt(link.SLICE_CONSUMED) != sliceAt(link.SLICE_FORWARD);
}

function presentEnergy(which: u32): u32 {
  if (which == COMBINED) return sliceAt(link.SLICE_CONSUMED);
  return sliceAt(which == FORWARD ? link.SLICE_FORWARD : link.SLICE_REVERSE);
}

/** Energy in the FREEZE_READ reply. */
function frozenEnergy(which: u32): u32 {
  const forward = replyAt(link.FREEZE_REPLY_FORWARD);
  const reverse = replyAt(link.FREEZE_REPLY_REVERSE);
  if (which == COMBINED) return countsReverse() ? forward + reverse : forward;
  return which == FORWARD ? forward : reverse;
}

function hasFreeze(ring: u32, household: i32, index: i32): bool {
  const first = ring | ((<u32>household) << 8) | ((<u32>index) << 16);
  return has(link.KIND_FREEZE_READ, first, 0);
}

function energy(which: u32, identifier: u32, household: i32, in_block: bool, to: usize): i32 {
  const settlement = di0(identifier);
  if (settlement > 0) {
    if (!hasFreeze(link.RING_SETTLEMENT, household, settlement)) return ASKED;
    if (replyResult() != OK) return missing(to, ENERGY_SIZE, in_block);
  }
  const value = settlement > 0 ? frozenEnergy(which) : presentEnergy(which);
  return putBcd(to, di1(identifier) <= 1 ? value : 0, ENERGY_SIZE);
}

/** Consumed since the last settlement (DI0 00), or between the last two (DI0 01). */
function period(identifier: u32, household: i32, to: usize): i32 {
  const is_last = di0(identifier) == 1;
  if (stepNow() == 0) {
    if (is_last && !hasFreeze(link.RING_SETTLEMENT, household, 1)) return ASKED;
    if (is_last && replyResult() != OK) return MISSING;
    stepKeep(is_last ? frozenEnergy(COMBINED) : presentEnergy(COMBINED));
  }
  if (!hasFreeze(link.RING_SETTLEMENT, household, is_last ? 2 : 1)) return ASKED;
  const before = replyResult() == OK ? frozenEnergy(COMBINED) : 0;
  return putBcd(to, kept() > before ? kept() - before : 0, ENERGY_SIZE);
}

/** Remaining (DI0 00) or overdrawn (DI0 01); one of the two is zero. */
function credit(identifier: u32, to: usize): i32 {
  const remaining = <i32>sliceAt(link.SLICE_REMAINING);
  const value = di0(identifier) == 0 ? remaining : -remaining;
  return putBcd(to, value > 0 ? <u32>value : 0, 4);
}

function demand(household: i32, to: usize): i32 {
  if (!has(link.KIND_BOOKS_READ, <u32>household, 0)) return ASKED;
  if (replyResult() != OK) return MISSING;
  const size = putBcd(to, replyAt(link.BOOKS_REPLY_MAXIMUM) * TENTHS_W_PER_W, 3);
  return size + putTime(to + size, replyAt(link.BOOKS_REPLY_MAXIMUM_TIME), TIME_5);
}

function purchase(identifier: u32, household: i32, to: usize): i32 {
  const first = (<u32>household) | ((<u32>di0(identifier)) << 8);
  if (!has(link.KIND_PURCHASE_READ, first, 0)) return ASKED;
  if (replyResult() != OK) return MISSING;
  switch (di1(identifier)) {
    case 1:
      return putTime(to, replyAt(link.PURCHASE_REPLY_TIME), TIME_5);
    case 2:
      return putBcd(to, replyAt(link.PURCHASE_REPLY_NUMBER), 2);
    case 3:
      return putBcd(to, replyAt(link.PURCHASE_REPLY_AMOUNT), 4);
    case 4:
      return putSigned(to, <i32>replyAt(link.PURCHASE_REPLY_BEFORE), 4);
    case 5:
      return putSigned(to, <i32>replyAt(link.PURCHASE_REPLY_AFTER), 4);
    default:
      return putBcd(to, replyAt(link.PURCHASE_REPLY_TOTAL), 4);
  }
}

function switched(offset: i32, household: i32, to: usize): i32 {
  if (!has(link.KIND_SUPPLY_READ, <u32>household, 0)) return ASKED;
  if (replyResult() != OK) return MISSING;
  return putTime(to, replyAt(offset), TIME_6);
}

/** The one phase (0..2) of the household at hand, or -1 when it has three. */
function onlyPhase(): i32 {
  const phases = <u32>load<u8>(sliceOf() + link.SLICE_PHASES);
  return popcnt(phases) == 1 ? <i32>ctz(phases) : -1;
}

/** A household of one channel has its own phase where a meter of one phase has it: in the first place. */
function voltage(identifier: u32, household: i32, in_block: bool, to: usize): i32 {
  const only = household > 0 ? onlyPhase() : -1;
  let phase = di1(identifier) - 1;
  if (only >= 0 && phase > 0) return missing(to, 2, in_block);
  if (only >= 0) phase = only;
  return putBcd(to, loadLe16(snapshotBoxReply() + link.BOX_VOLTAGES + 2 * phase), 2);
}

function power(identifier: u32, in_block: bool, to: usize): i32 {
  const place = di1(identifier); // 0 total, 1..3
  const is_known = place == 0 || (place == 1 && onlyPhase() >= 0);
  if (!is_known) return missing(to, 3, in_block);
  return putSigned(to, <i32>sliceAt(link.SLICE_POWER), 3);
}

/** Time (DI1 00), forward (01) or reverse energies (02) of a freeze. */
function freeze(ring: u32, identifier: u32, household: i32, to: usize): i32 {
  if (!hasFreeze(ring, household, di0(identifier))) return ASKED;
  if (replyResult() != OK) return MISSING;
  const part = di1(identifier);
  if (part == 0) return putTime(to, replyAt(link.FREEZE_REPLY_TIME), TIME_5);
  const value = frozenEnergy(<u32>part);
  let size = 0;
  for (let tariff = 0; tariff <= TARIFF_COUNT; tariff++) {
    size += putBcd(to + size, tariff <= 1 ? value : 0, ENERGY_SIZE);
  }
  return size;
}

/** Makes one value of `household`, whose slice is at hand. */
export function makeOfHousehold(
  item: u32,
  argument: u32,
  identifier: u32,
  household: i32,
  in_block: bool,
  to: usize,
): i32 {
  switch (item) {
    case table.ENERGY:
      return energy(argument, identifier, household, in_block, to);
    case table.PERIOD:
      return period(identifier, household, to);
    case table.CREDIT:
      return credit(identifier, to);
    case table.DEMAND:
      return demand(household, to);
    case table.PURCHASE:
      return purchase(identifier, household, to);
    case table.SWITCHED:
      return switched(<i32>argument, household, to);
    case table.VOLTAGE:
      return voltage(identifier, household, in_block, to);
    case table.POWER:
      return power(identifier, in_block, to);
    case table.FREEZE:
      return freeze(argument, identifier, household, to);
    default:
      return MISSING;
  }
}
