/** What can be written by Modbus: a signed message, the time, a freeze, a grant; each whole, with one
 *  request. Nothing here is believed that is not signed or harmless (src/rs485/SPEC.md). */

import { loadBe32 } from "../../common/bytes";
import { SIGNED_SIZE } from "../../link/frame";
import { snapshotCurrent } from "../../link/snapshot";
import { GRANT_MAX_MS, wishCorrection, wishGrant } from "../context";
import { carryBusy, carryFreeze, carryMessage } from "./carry";
import { BAD_ADDRESS, BAD_VALUE, BUSY, DONE, REFUSED } from "./exceptions";
import { FREEZE, GRANT, MAILBOX, MAILBOX_COUNT, TIME } from "./registers";

const TIME_COUNT: i32 = 2;

if (2 * MAILBOX_COUNT != SIGNED_SIZE) ERROR("a message does not fill the mailbox");

function loadBe16(p: usize): i32 {
  return ((<i32>load<u8>(p)) << 8) | (<i32>load<u8>(p, 1));
}

/** Whether the meter can do something now: DONE, BUSY or REFUSED. */
function readiness(): i32 {
  if (carryBusy()) return BUSY;
  return snapshotCurrent() ? DONE : REFUSED;
}

function writeMailbox(message: usize): i32 {
  const ready = readiness();
  if (ready == DONE) carryMessage(message);
  return ready;
}

function writeFreeze(value: i32): i32 {
  if (value != 1) return BAD_VALUE;
  const ready = readiness();
  if (ready == DONE) carryFreeze();
  return ready;
}

function writeTime(time_s: u32): i32 {
  if (time_s == 0) return BAD_VALUE;
  return wishCorrection(time_s) ? DONE : REFUSED;
}

function writeGrant(duration_ms: i32): i32 {
  if (duration_ms < 1 || duration_ms > GRANT_MAX_MS) return BAD_VALUE;
  wishGrant(duration_ms);
  return DONE;
}

/** Writes `quantity` registers from `first` on; their values stand at `values`, high byte first.
 *  Returns DONE or an exception: then nothing was done. To everybody (`broadcast`) goes no message. */
export function writeRegisters(first: i32, quantity: i32, values: usize, broadcast: bool): i32 {
  if (first == MAILBOX && quantity == MAILBOX_COUNT && !broadcast) return writeMailbox(values);
  if (first == TIME && quantity == TIME_COUNT) return writeTime(loadBe32(values));
  if (first == FREEZE && quantity == 1) return writeFreeze(loadBe16(values));
  if (first == GRANT && quantity == 1) return writeGrant(loadBe16(values));
  return BAD_ADDRESS;
}
