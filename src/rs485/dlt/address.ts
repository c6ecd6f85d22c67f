/** Who is meant by the address of a frame. Address and answers: src/rs485/SPEC.md. Reads the snapshot;
 *  keeps no state. */

import { bcdPair } from "../../common/bytes";
import { BOX_NUMBER_SIZE, STATUS_PROVISIONED } from "../../link/frame";
import {
  HOUSEHOLD_MAX,
  snapshotBoxKnown,
  snapshotNumber,
  snapshotSlice,
  snapshotStatus,
} from "../../link/snapshot";
import { DLT_ADDRESS_SIZE } from "./frame";

export const THE_BOX: i32 = 0;
export const NOBODY: i32 = -1;
export const EVERYBODY: i32 = -2; // broadcast
const WILDCARD: u8 = 0xaa;
const BROADCAST: u8 = 0x99;

if (DLT_ADDRESS_SIZE != BOX_NUMBER_SIZE + 1) ERROR("an address is a box number and a household");

/** Writes the whole address of `household` (0 the box). */
export function putAddress(to: usize, household: i32): void {
  store<u8>(to, <u8>(((household / 10) << 4) | (household % 10)));
  const number = snapshotNumber();
  for (let i = 1; i < DLT_ADDRESS_SIZE; i++) {
    store<u8>(to + i, load<u8>(number + BOX_NUMBER_SIZE - i));
  }
}

function allAre(address: usize, from: i32, byte: u8): bool {
  for (let i = from; i < DLT_ADDRESS_SIZE; i++) if (load<u8>(address + i) != byte) return false;
  return true;
}

/** Whether the highest pairs are wildcards. */
export function isWild(address: usize): bool {
  return load<u8>(address + DLT_ADDRESS_SIZE - 1) == WILDCARD;
}

/** Household (1..39, in use) that `address` means, THE_BOX, EVERYBODY, or NOBODY of this box. A box
 *  without a number has no address. */
export function addressee(address: usize): i32 {
  if (allAre(address, 0, BROADCAST)) return EVERYBODY;
  if (!snapshotBoxKnown() || !snapshotStatus(STATUS_PROVISIONED)) return NOBODY;
  if (allAre(address, 0, WILDCARD)) return THE_BOX;
  const number = snapshotNumber();
  for (let i = 1; i < DLT_ADDRESS_SIZE && !allAre(address, i, WILDCARD); i++) {
    if (load<u8>(address + i) != load<u8>(number + BOX_NUMBER_SIZE - i)) return NOBODY;
  }
  const household = bcdPair(load<u8>(address));
  if (household == THE_BOX) return THE_BOX;
  if (household < 0 || household > HOUSEHOLD_MAX) return NOBODY;
  return snapshotSlice(household) != 0 ? household : NOBODY;
}
