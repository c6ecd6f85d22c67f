/** Clears what a box has recorded, never energy or credit: the maximum demands; with all of them also
 *  freezes, load record and log. The order to clear is one record, CLEARING in FREEZE_HEADS, and stays there
 *  until the event that tells of it is written; so a cut at any byte leaves everything as it was or clearing
 *  on after the next start. Whether somebody may clear is the caller's business. */
import { fillBytes } from "../common/bytes";
import { E_BUSY, OK } from "../common/errors";
import { recordSave } from "../store/image";
import { FREEZE_HEADS, FREEZE_HEADS_BODY, DEMAND, demandBody } from "../store/places";
import {
  CHANNEL_COUNT,
  DEMAND_BODY_SIZE,
  FREEZE_HEADS_CLEARING,
  FREEZE_HEADS_OPERATOR,
} from "../store/map";
import { EVENT_BOX_CLEARED, EVENT_DEMAND_CLEARED, eventsWaiting, noteEvent } from "./events";
import { forgetFreezes } from "./freezes";

const CLEARING_NOTHING: i32 = 0;
const CLEARING_BOX: i32 = 1;
const CLEARING_DEMANDS: i32 = 2;

let ordered: i32 = 0; // CLEARING as the record says: asked for every tick
let next: i32 = 0; // index of the household that is cleared next
let is_noted: bool = false;

/** An interrupted clear begins anew with the first household: clearing twice changes nothing. */
export function clearanceInit(): void {
  ordered = load<u8>(FREEZE_HEADS_BODY, FREEZE_HEADS_CLEARING);
  next = 0;
  is_noted = false;
}

function order(what: i32, operator: u32): void {
  store<u32>(FREEZE_HEADS_BODY, operator, FREEZE_HEADS_OPERATOR);
  store<u8>(FREEZE_HEADS_BODY, <u8>what, FREEZE_HEADS_CLEARING);
  recordSave(FREEZE_HEADS, 0);
  clearanceInit();
}

function clearDemand(index: i32): void {
  fillBytes(demandBody(index), 0, DEMAND_BODY_SIZE);
  recordSave(DEMAND, index);
}

/** Clears the maximum demand of `household` (1..39), 0 of all. E_BUSY while another clear is under way. */
export function clearDemands(household: i32, operator: u32): i32 {
  if (ordered != CLEARING_NOTHING) return E_BUSY;
  if (household == 0) {
    order(CLEARING_DEMANDS, operator);
  } else {
    clearDemand(household - 1);
    noteEvent(EVENT_DEMAND_CLEARED, household, 0, operator);
  }
  return OK;
}

/** Clears maximum demands, freezes, load record and log. E_BUSY while another clear is under way. */
export function clearHistory(operator: u32): i32 {
  if (ordered != CLEARING_NOTHING) return E_BUSY;
  forgetFreezes();
  order(CLEARING_BOX, operator);
  return OK;
}

/** One step: at most one record. True when there was one to take. The event clears the log. */
export function clearanceTick(): bool {
  if (ordered == CLEARING_NOTHING) return false;
  if (next < CHANNEL_COUNT) {
    clearDemand(next++);
  } else if (!is_noted) {
    const kind = ordered == CLEARING_BOX ? EVENT_BOX_CLEARED : EVENT_DEMAND_CLEARED;
    noteEvent(kind, 0, 0, load<u32>(FREEZE_HEADS_BODY, FREEZE_HEADS_OPERATOR));
    is_noted = true;
  } else if (!eventsWaiting()) {
    order(CLEARING_NOTHING, 0);
  }
  return true;
}
