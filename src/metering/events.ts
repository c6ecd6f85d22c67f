/** The event ring. An event is noted at once and written one per tick: first its entry, then the head
 *  that makes it valid, so a cut leaves it wholly there or not at all. Table: SPEC.md, "Event entry". */
import { copyBytes } from "../common/bytes";
import { E_NOTHING, OK } from "../common/errors";
import { framData, framRead, framWrite } from "../store/fram.port";
import { EVENTS_HEAD, recordBody, recordSave } from "../store/image";
import { EVENTS_ADDRESS, EVENTS_COUNT, EVENTS_ENTRY_SIZE, EVENTS_HEAD_NEXT } from "../store/map";
import { placedCrc } from "../store/record";
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

export const EVENT_ENTRY_TIME: usize = 0;
export const EVENT_ENTRY_RUNNING_S: usize = 4;
export const EVENT_ENTRY_KIND: usize = 8;
export const EVENT_ENTRY_HOUSEHOLD: usize = 9;
export const EVENT_ENTRY_DETAIL: usize = 10;
export const EVENT_ENTRY_VALUE: usize = 12;
export const EVENT_ENTRY_CRC: usize = 20;
const ENTRY_SIZE: u32 = EVENTS_ENTRY_SIZE;

// Noted events wait here; all 39 households may change state at once.
const QUEUE_COUNT: u32 = 64;
const queue: usize = memory.data(1536, 8);
if (QUEUE_COUNT * EVENTS_ENTRY_SIZE > 1536) ERROR("event queue too small");
let noted: u32 = 0; // running count of events noted and of those written since the start
let written: u32 = 0;

export function eventsInit(): void {
  noted = 0;
  written = 0;
}

/** Number of the next event to be written. */
export function eventNext(): u32 {
  return load<u32>(recordBody(EVENTS_HEAD, 0), EVENTS_HEAD_NEXT);
}

/** Notes an event; `household` 1..39, 0 the box; `time` as in SPEC.md. */
export function noteEventAt(time: u32, kind: i32, household: i32, detail: u32, value: i64): void {
  if (noted - written == QUEUE_COUNT) eventsTick(); // full: this tick does more rather than lose one
  const entry = queue + (noted % QUEUE_COUNT) * ENTRY_SIZE;
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
  return EVENTS_ADDRESS + (number % EVENTS_COUNT) * ENTRY_SIZE;
}

/** Writes one noted event; true when it did. */
export function eventsTick(): bool {
  if (noted == written) return false;
  const entry = queue + (written % QUEUE_COUNT) * ENTRY_SIZE;
  const number = eventNext();
  const address = entryAddress(number);
  store<u32>(entry, placedCrc(address, entry, <u32>EVENT_ENTRY_CRC), EVENT_ENTRY_CRC);
  copyBytes(framData(), entry, ENTRY_SIZE);
  framWrite(address, ENTRY_SIZE);
  store<u32>(recordBody(EVENTS_HEAD, 0), number + 1, EVENTS_HEAD_NEXT);
  recordSave(EVENTS_HEAD, 0);
  written++;
  return true;
}

/** Reads event `number` into `entry` (24 bytes). E_NOTHING when it is not, or no longer, stored. */
export function readEvent(number: u32, entry: usize): i32 {
  const age = eventNext() - number; // 1 is the newest
  if (age == 0 || age >= EVENTS_COUNT) return E_NOTHING; // the oldest place is the next to be written
  const address = entryAddress(number);
  framRead(address, ENTRY_SIZE);
  const crc = load<u32>(framData(), EVENT_ENTRY_CRC);
  if (crc != placedCrc(address, framData(), <u32>EVENT_ENTRY_CRC)) return E_NOTHING;
  copyBytes(entry, framData(), ENTRY_SIZE);
  return OK;
}
