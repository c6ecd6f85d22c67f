/** What the meter answers about its past: freezes, purchases, events of a kind. Layouts: src/link/SPEC.md,
 *  FREEZE_READ, PURCHASE_READ, EVENT_FIND. Changes nothing. */
import { loadLe16, loadLe32, storeLe16, storeLe32 } from "../common/bytes";
import { E_HOUSEHOLD, E_NOTHING, E_RANGE, OK } from "../common/errors";
import * as frame from "../link/frame";
import { EVENT_KIND_LIMIT, eventCount, findEvent, isOfPhase } from "./events";
import { phaseLosses, phaseMissingS } from "./events";
import { freezeCount, freezeFrom, readFreeze, RING_COUNT } from "./freezes";
import { householdInUse } from "./layout";
import { PHASE_COUNT } from "./phases";
import { readPurchase } from "./purchases";

function freeze(request: usize, reply: usize): i32 {
  const ring = <i32>load<u8>(request + frame.FREEZE_RING) - frame.RING_DAILY;
  const household = <i32>load<u8>(request + frame.FREEZE_HOUSEHOLD);
  if (ring < 0 || ring >= RING_COUNT) return E_RANGE;
  if (!householdInUse(household)) return E_HOUSEHOLD;
  let index = loadLe16(request + frame.FREEZE_INDEX);
  if (index == 0) index = freezeFrom(ring, loadLe32(request + frame.FREEZE_TIME));
  storeLe16(reply + frame.FREEZE_REPLY_COUNT, freezeCount(ring));
  const time = reply + frame.FREEZE_REPLY_TIME;
  if (!readFreeze(ring, index, household - 1, time, reply + frame.FREEZE_REPLY_FORWARD)) {
    return E_NOTHING;
  }
  storeLe16(reply + frame.FREEZE_REPLY_INDEX, index);
  return OK;
}

function purchase(request: usize, reply: usize): i32 {
  const household = <i32>load<u8>(request + frame.PURCHASE_HOUSEHOLD);
  const index = <i32>load<u8>(request + frame.PURCHASE_INDEX);
  if (!householdInUse(household)) return E_HOUSEHOLD;
  return readPurchase(household - 1, index, reply + frame.PURCHASE_REPLY_TIME);
}

function event(request: usize, reply: usize): i32 {
  const kind = <i32>load<u8>(request + frame.FIND_KIND);
  const index = <i32>load<u8>(request + frame.FIND_INDEX);
  const detail = <u32>load<u8>(request + frame.FIND_DETAIL);
  if (kind == 0 || kind >= EVENT_KIND_LIMIT) return E_RANGE;
  const is_of_one_phase = isOfPhase(kind) && detail < <u32>PHASE_COUNT;
  const count = is_of_one_phase ? phaseLosses(detail) : eventCount(kind);
  storeLe32(reply + frame.FIND_REPLY_COUNT, count);
  if (is_of_one_phase) storeLe32(reply + frame.FIND_REPLY_SECONDS, phaseMissingS(detail));
  return index == 0 ? OK : findEvent(kind, index, detail, reply + frame.FIND_REPLY_ENTRY);
}

/** Answers a request of `kind` 14..16 whose size is right into the zeroed `reply`; returns its size. */
export function history(kind: i32, request: usize, reply: usize): i32 {
  let size = frame.EVENT_FIND_REPLY_SIZE;
  let result = OK;
  if (kind == frame.KIND_FREEZE_READ) {
    size = frame.FREEZE_READ_REPLY_SIZE;
    result = freeze(request, reply);
  } else if (kind == frame.KIND_PURCHASE_READ) {
    size = frame.PURCHASE_READ_REPLY_SIZE;
    result = purchase(request, reply);
  } else {
    result = event(request, reply);
  }
  store<u8>(reply + frame.RESULT, <u8>result);
  return size;
}
