/** The event ring. An event is noted at once and written in two steps: first its entry, then the
 *  head that makes it valid, so a cut leaves it wholly there or not at all. The head also counts the events of
 *  each kind; an event that tells of a clear is the clear, since the same record zeroes the counts. Kinds
 *  and details of all stored events stand in RAM, for finding them. Tables: SPEC.md, "EVENTS_HEAD", "Event
 *  entry". */
import { copyBytes, fillBytes } from "../common/bytes";
import { E_NOTHING, OK } from "../common/errors";
import { entryRead, entryWrite, placeBefore } from "../store/entry";
import { framData, framRead } from "../store/fram.port";
import { recordSave } from "../store/image";
import { EVENTS_HEAD, EVENTS_HEAD_BODY } from "../store/places";
import {
  EVENTS_ADDRESS,
  EVENTS_COUNT,
  EVENTS_ENTRY_SIZE,
  EVENTS_HEAD_COUNTS,
  EVENTS_HEAD_NEXT,
  EVENTS_HEAD_PHASE_COUNTS,
  EVENTS_HEAD_PHASE_MISSING,
} from "../store/map";
import { clockNow, runningS } from "./uptime";

export const EVENT_STARTED: i32 = 1;
export const EVENT_POWER_LOST: i32 = 2;
export const EVENT_STATE: i32 = 3;
export const EVENT_CREDIT: i32 = 4;
export const EVENT_REFUSED: i32 = 5;
export const EVENT_SETTING: i32 = 6;
export const EVENT_PROVISIONED: i32 = 7;
export const EVENT_PHASE_LOST: i32 = 8;
export const EVENT_PHASE_BACK: i32 = 9;
export const EVENT_RELAY_ENERGY: i32 = 10;
export const EVENT_PANEL_LOST: i32 = 11;
export const EVENT_PANEL_BACK: i32 = 12;
export const EVENT_CLOCK_SET: i32 = 13;
export const EVENT_RESUMED: i32 = 14;
export const EVENT_CLEARED: i32 = 15;
export const EVENT_RELAY_TEST: i32 = 16;
export const EVENT_CARD_BOUND: i32 = 17;
export const EVENT_PROGRAMMED: i32 = 18;
export const EVENT_SWITCHED: i32 = 19;
export const EVENT_EVENTS_CLEARED: i32 = 20;
export const EVENT_DEMAND_CLEARED: i32 = 21;
export const EVENT_BOX_CLEARED: i32 = 22;
export const EVENT_PASSWORD_CHANGED: i32 = 23;
export const EVENT_LINE_LOCKED: i32 = 24;
export const EVENT_OPENED: i32 = 25;
export const EVENT_CLOSED: i32 = 26;
/** Kinds lie below this. */
export const EVENT_KIND_LIMIT: i32 = 32;
export const ANY_DETAIL: u32 = 255;

export const EVENT_ENTRY_TIME: usize = 0;
export const EVENT_ENTRY_RUNNING_S: usize = 4;
export const EVENT_ENTRY_KIND: usize = 8;
export const EVENT_ENTRY_HOUSEHOLD: usize = 9;
export const EVENT_ENTRY_DETAIL: usize = 10;
export const EVENT_ENTRY_VALUE: usize = 12;
export const EVENT_ENTRY_CRC: usize = 20;
const PHASES: u32 = 3;

// Noted events wait here; all 39 households may change state at once.
const QUEUE_COUNT: u32 = 64;
const queue: usize = memory.data(1536, 8);
if (QUEUE_COUNT * EVENTS_ENTRY_SIZE > 1536) ERROR("event queue too small");
let noted: u32 = 0; // running count of events noted and of those written since the start
let written: u32 = 0;
let is_entered: bool = false; // the entry of the next one stands, its head does not

// Kind and low byte of the detail of the event in each place of the ring; 0: none.
const kinds: usize = memory.data(EVENTS_COUNT);
const details: usize = memory.data(EVENTS_COUNT);

export function eventsInit(): void {
  noted = 0;
  written = 0;
  is_entered = false;
}

/** Places of the ring whose events can be read: the next one to be written cannot. */
function storedCount(): u32 {
  return min(eventNext(), EVENTS_COUNT - 1);
}

function remember(place: u32, kind: u8, detail: u8): void {
  store<u8>(kinds + place, kind);
  store<u8>(details + place, detail);
}

/** Reads the kinds of all stored events into RAM; after the records were loaded. */
export function eventsLoad(): void {
  fillBytes(kinds, 0, EVENTS_COUNT);
  let place = eventNext() % EVENTS_COUNT;
  for (let left = storedCount(); left != 0; left--) {
    place = placeBefore(place, EVENTS_COUNT);
    framRead(EVENTS_ADDRESS + place * EVENTS_ENTRY_SIZE + <u32>EVENT_ENTRY_KIND, 4);
    const detail = framData() + EVENT_ENTRY_DETAIL - EVENT_ENTRY_KIND;
    remember(place, load<u8>(framData()), load<u8>(detail));
  }
}

/** True while noted events are not yet written. */
export function eventsWaiting(): bool {
  return noted != written;
}

/** Number of the next event to be written. */
export function eventNext(): u32 {
  return load<u32>(EVENTS_HEAD_BODY, EVENTS_HEAD_NEXT);
}

/** Notes an event; `household` 1..39, 0 the box; `time` as in SPEC.md. */
export function noteEventAt(time: u32, kind: i32, household: i32, detail: u32, value: i64): void {
  // Full: this tick does more rather than lose one.
  while (noted - written == QUEUE_COUNT) eventsTick();
  const entry = queue + (noted % QUEUE_COUNT) * EVENTS_ENTRY_SIZE;
  store<u32>(entry, time, EVENT_ENTRY_TIME);
  store<u32>(entry, runningS(), EVENT_ENTRY_RUNNING_S);
  store<u8>(entry, <u8>kind, EVENT_ENTRY_KIND);
  store<u8>(entry, <u8>household, EVENT_ENTRY_HOUSEHOLD);
  store<u16>(entry, <u16>detail, EVENT_ENTRY_DETAIL);
  store<u32>(entry, <u32>value, EVENT_ENTRY_VALUE);
  store<u32>(entry, <u32>(value >> 32), EVENT_ENTRY_VALUE + 4);
  noted++;
}

/** Notes an event now. */
export function noteEvent(kind: i32, household: i32, detail: u32, value: i64): void {
  noteEventAt(clockNow(), kind, household, detail, value);
}

function entryAddress(number: u32): u32 {
  return EVENTS_ADDRESS + (number % EVENTS_COUNT) * EVENTS_ENTRY_SIZE;
}

function add(field: usize, index: u32, value: u32): void {
  const number = EVENTS_HEAD_BODY + field + 4 * index;
  store<u32>(number, load<u32>(number) + value);
}

/** Events of `kind` since it was cleared. */
export function eventCount(kind: i32): u32 {
  return load<u32>(EVENTS_HEAD_BODY + EVENTS_HEAD_COUNTS + 4 * kind);
}

/** Times `phase` was lost since phase losses were cleared. */
export function phaseLosses(phase: u32): u32 {
  return load<u32>(EVENTS_HEAD_BODY + EVENTS_HEAD_PHASE_COUNTS + 4 * phase);
}

/** Seconds `phase` was missing since then. */
export function phaseMissingS(phase: u32): u32 {
  return load<u32>(EVENTS_HEAD_BODY + EVENTS_HEAD_PHASE_MISSING + 4 * phase);
}

/** True for kinds whose detail is a phase. */
export function isOfPhase(kind: i32): bool {
  return kind == EVENT_PHASE_LOST || kind == EVENT_PHASE_BACK;
}

/** Forgets how many events of `kind` there were, 0 all. A phase's loss and return go together. */
function clearCounts(kind: i32): void {
  const head = EVENTS_HEAD_BODY;
  for (let each = 0; each < EVENT_KIND_LIMIT; each++) {
    const together = isOfPhase(kind) && isOfPhase(each);
    if (kind == 0 || kind == each || together) {
      store<u32>(head + EVENTS_HEAD_COUNTS + 4 * each, 0);
    }
  }
  if (kind != 0 && !isOfPhase(kind)) return;
  fillBytes(head + EVENTS_HEAD_PHASE_COUNTS, 0, 4 * PHASES);
  fillBytes(head + EVENTS_HEAD_PHASE_MISSING, 0, 4 * PHASES);
}

/** Counts the event at `entry` after what it clears was forgotten. */
function countEvent(entry: usize): void {
  const kind = <i32>load<u8>(entry, EVENT_ENTRY_KIND);
  const detail = <u32>load<u16>(entry, EVENT_ENTRY_DETAIL);
  if (kind == EVENT_EVENTS_CLEARED) clearCounts(<i32>detail);
  else if (kind == EVENT_BOX_CLEARED) clearCounts(0);
  add(EVENTS_HEAD_COUNTS, kind, 1);
  if (kind == EVENT_PHASE_LOST) add(EVENTS_HEAD_PHASE_COUNTS, detail, 1);
  else if (kind == EVENT_PHASE_BACK) {
    add(EVENTS_HEAD_PHASE_MISSING, detail, load<u32>(entry, EVENT_ENTRY_VALUE));
  }
}

/** One step of writing noted events: an entry, or the head that makes it valid. True when there was one. */
export function eventsTick(): bool {
  if (noted == written) return false;
  const entry = queue + (written % QUEUE_COUNT) * EVENTS_ENTRY_SIZE;
  const number = eventNext();
  is_entered = !is_entered;
  if (is_entered) {
    entryWrite(entryAddress(number), EVENTS_ENTRY_SIZE, entry);
    return true;
  }
  countEvent(entry);
  store<u32>(EVENTS_HEAD_BODY, number + 1, EVENTS_HEAD_NEXT);
  recordSave(EVENTS_HEAD, 0);
  remember(
    number % EVENTS_COUNT,
    load<u8>(entry, EVENT_ENTRY_KIND),
    load<u8>(entry, EVENT_ENTRY_DETAIL),
  );
  written++;
  return true;
}

/** Reads event `number` into `entry` (24 bytes). E_NOTHING when it is not, or no longer, stored. */
export function readEvent(number: u32, entry: usize): i32 {
  const age = eventNext() - number; // 1 is the newest
  if (age == 0 || age > storedCount()) return E_NOTHING;
  if (!entryRead(entryAddress(number), EVENTS_ENTRY_SIZE)) return E_NOTHING;
  copyBytes(entry, framData(), EVENTS_ENTRY_SIZE);
  return OK;
}

/** Reads the `index`th newest (1..) event of `kind` that was not cleared, with `detail` (its low byte, or
 *  ANY_DETAIL), into `entry`. E_NOTHING when there is none. Looks at RAM until it is found. */
export function findEvent(kind: i32, index: i32, detail: u32, entry: usize): i32 {
  const next = eventNext();
  const stored = storedCount();
  let not_cleared = eventCount(kind);
  let wanted = index;
  let place = next % EVENTS_COUNT;
  for (let age: u32 = 1; age <= stored && not_cleared != 0; age++) {
    place = placeBefore(place, EVENTS_COUNT);
    if (<i32>load<u8>(kinds + place) != kind) continue;
    not_cleared--;
    if (detail != ANY_DETAIL && <u32>load<u8>(details + place) != detail) continue;
    if (--wanted == 0) return readEvent(next - age, entry);
  }
  return E_NOTHING;
}
