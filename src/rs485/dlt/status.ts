/** Status words 1 to 7 of a household, or of the box: those of all its households together. Source:
 *  DL/T 645-2007, annex C; which bits are used: src/rs485/SPEC.md. Reads the snapshot; no state. */

import * as link from "../../link/frame";
import {
  HOUSEHOLD_MAX,
  snapshotBoxReply,
  snapshotMissing,
  snapshotSlice,
  snapshotStatus,
} from "../../link/snapshot";

const FLOWS_BACK: u32 = 1 << 4; // word 1
const SERVICE_SWITCH: u32 = 1 << 3; // word 3
const RELAY_OPEN: u32 = 1 << 4;
const RELAY_TO_BE_OPEN: u32 = 1 << 6;
const ALARM: u32 = 1 << 7;
const ENERGY_PREPAID: u32 = 1 << 8;
const MONEY_PREPAID: u32 = 1 << 9;
const POWER_KEPT: u32 = 1 << 12;
const PHASE_FLOWS_BACK: u32 = 1 << 6; // words 4..6
const PHASE_MISSING: u32 = 1 << 7;

function flags(slice: usize): u32 {
  return <u32>load<u8>(slice + link.SLICE_FLAGS);
}

function phases(slice: usize): u32 {
  return <u32>load<u8>(slice + link.SLICE_PHASES);
}

/** Phases through which power flows back, bits 0..2. */
function backwards(slice: usize): u32 {
  return (flags(slice) & link.SLICE_FLAG_REVERSE) != 0 ? phases(slice) : 0;
}

/** Status word 3 of the household of `slice`. */
export function statusWord3(slice: usize): u32 {
  const bits = flags(slice);
  let word = snapshotStatus(link.STATUS_MONEY) ? MONEY_PREPAID : ENERGY_PREPAID;
  const box = snapshotBoxReply();
  if (box != 0 && ((<u32>load<u8>(box + link.BOX_FLAGS)) & link.BOX_FLAG_SERVICE) != 0) {
    word |= SERVICE_SWITCH;
  }
  if ((bits & link.SLICE_FLAG_CLOSED) == 0) word |= RELAY_OPEN;
  if ((bits & link.SLICE_FLAG_WANTED_OPEN) != 0) word |= RELAY_TO_BE_OPEN;
  if (<i32>load<u8>(slice + link.SLICE_STATE) != link.STATE_SUPPLIED) word |= ALARM;
  if ((bits & link.SLICE_FLAG_KEEP) != 0) word |= POWER_KEPT;
  return word;
}

/** Status word `number` (1..7) of the household of `slice`. */
export function statusWord(slice: usize, number: i32): u32 {
  const back = backwards(slice);
  switch (number) {
    case 1:
      return back != 0 ? FLOWS_BACK : 0;
    case 2:
      return back;
    case 3:
      return statusWord3(slice);
    case 7:
      return 0;
    default: {
      const bit: u32 = 1 << (number - 4);
      let word: u32 = (snapshotMissing() & phases(slice) & bit) != 0 ? PHASE_MISSING : 0;
      if ((back & bit) != 0) word |= PHASE_FLOWS_BACK;
      return word;
    }
  }
}

/** Status word `number` (1..7) of the box. */
export function statusWordOfBox(number: i32): u32 {
  let word: u32 = 0;
  for (let household = 1; household <= HOUSEHOLD_MAX; household++) {
    const slice = snapshotSlice(household);
    if (slice != 0) word |= statusWord(slice, number);
  }
  if (number >= 4 && number < 7 && (snapshotMissing() & (1 << (number - 4))) != 0) {
    word |= PHASE_MISSING; // also a phase without households
  }
  return word;
}
