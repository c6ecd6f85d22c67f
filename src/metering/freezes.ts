/** Freezes: the energies of all households at one moment, in four rings. A freeze is put together one
 *  household a tick and written with one block a tick; the head record makes all its blocks valid at once and
 *  keeps the moments that were seen to, so each moment is frozen once, whatever happens to power and clock.
 *  Tables and rules: SPEC.md, "FREEZE_HEADS", "Freeze block". */
import { copyBytes, fillBytes } from "../common/bytes";
import { entryPut, entryRead, entryStands, placeBefore } from "../store/entry";
import { framData, framRead } from "../store/fram.port";
import { recordSave } from "../store/image";
import { FREEZE_HEADS, FREEZE_HEADS_BODY } from "../store/places";
import * as map from "../store/map";
import { householdHundredths } from "./consumption";
import { dailyMoment, loadMoment, settlementMoment } from "./schedule";
import { boxSetting, SETTING_DAILY_FREEZE, SETTING_LOAD_INTERVAL } from "./settings";
import { SETTING_SETTLEMENT_DAY } from "./settings";
import { clockNow } from "./uptime";

// Rings, in the order of FREEZE_HEADS.
export const DAILY: i32 = 0;
export const SETTLEMENT: i32 = 1;
export const INSTANT: i32 = 2;
export const LOAD: i32 = 3;
export const RING_COUNT: i32 = 4;

export const FREEZE_BLOCK_TIME: usize = 0;
export const FREEZE_BLOCK_ENERGIES: usize = 4;
export const FREEZE_BLOCK_CRC: usize = 316;
/** Forward and reverse energy of one household. */
export const ENERGIES_SIZE: u32 = 8;
const BLOCK_SIZE: u32 = map.DAILY_ENTRY_SIZE;
const TIMES_SIZE: i32 =
  4 * (map.DAILY_COUNT + map.SETTLEMENTS_COUNT + map.INSTANTS_COUNT + map.LOADS_COUNT);
const WRITE_TRIES: i32 = 3;

// prettier-ignore
const address: StaticArray<u32> = [
  map.DAILY_ADDRESS, map.SETTLEMENTS_ADDRESS, map.INSTANTS_ADDRESS, map.LOADS_ADDRESS,
];
// prettier-ignore
const places: StaticArray<u32> = [
  map.DAILY_COUNT, map.SETTLEMENTS_COUNT, map.INSTANTS_COUNT, map.LOADS_COUNT,
];
// prettier-ignore
const first: StaticArray<u32> = [ // place of each ring in `times`
  0, map.DAILY_COUNT, map.DAILY_COUNT + map.SETTLEMENTS_COUNT,
  map.DAILY_COUNT + map.SETTLEMENTS_COUNT + map.INSTANTS_COUNT,
];
const times: usize = memory.data(TIMES_SIZE, 4); // of every stored block
const block: usize = memory.data(BLOCK_SIZE, 4); // the freeze under way

let due: u32 = 0; // rings of the freeze under way, as bits; 0: none is
let unwritten: u32 = 0; // those whose block does not stand in the memory yet
let household_index: i32 = 0; // put into the block next
let is_put: bool = false; // the block was written but not yet read back
let tries: i32 = 0;
let is_wanted: bool = false; // an instant

function head(ring: i32, field: usize): usize {
  return FREEZE_HEADS_BODY + field + 4 * ring;
}

function next(ring: i32): u32 {
  return load<u32>(head(ring, map.FREEZE_HEADS_NEXT));
}

/** Place of the block that is `age` blocks older than the next one. */
function placeOf(ring: i32, age: u32): u32 {
  return (next(ring) - age) % places[ring];
}

function addressOf(ring: i32, place: u32): u32 {
  return address[ring] + place * BLOCK_SIZE;
}

function timeAt(ring: i32, place: u32): usize {
  return times + 4 * (first[ring] + place);
}

/** Blocks of a ring that can be read. */
export function freezeCount(ring: i32): u32 {
  return min(next(ring), places[ring] - 1);
}

/** Starts from the records: the times of all stored blocks come into RAM. */
export function freezesInit(): void {
  due = 0;
  is_wanted = false;
  for (let ring = 0; ring < RING_COUNT; ring++) {
    let place = placeOf(ring, 0);
    for (let left = freezeCount(ring); left != 0; left--) {
      place = placeBefore(place, places[ring]);
      framRead(addressOf(ring, place), 4);
      store<u32>(timeAt(ring, place), load<u32>(framData()));
    }
  }
}

function scheduleOf(ring: i32): u32 {
  if (ring == LOAD) return boxSetting(SETTING_LOAD_INTERVAL);
  return boxSetting(ring == DAILY ? SETTING_DAILY_FREEZE : SETTING_SETTLEMENT_DAY);
}

/** The last moment of a ring at or before `time`. */
function momentOf(ring: i32, time: u32): u32 {
  const schedule = scheduleOf(ring);
  if (ring == LOAD) return loadMoment(time, schedule);
  return ring == DAILY ? dailyMoment(time, schedule) : settlementMoment(time, schedule);
}

/** True when a ring holds `moment` already: the clock has been here before. */
function isFrozen(ring: i32, moment: u32): bool {
  let place = placeOf(ring, 0);
  for (let left = freezeCount(ring); left != 0; left--) {
    place = placeBefore(place, places[ring]);
    const time = load<u32>(timeAt(ring, place));
    if (time >= moment && momentOf(ring, time) == moment) return true;
  }
  return false;
}

/** Sees to the moments of all rings. Returns the rings to be frozen now, as bits. A ring that is new, has a
 *  new schedule, or whose clock was set back waits for its next moment. */
function judge(clock: u32): u32 {
  let rings: u32 = 0;
  let moved = false;
  for (let ring = 0; ring < RING_COUNT; ring++) {
    if (ring == INSTANT) continue;
    const moment = momentOf(ring, clock);
    const seen = load<u32>(head(ring, map.FREEZE_HEADS_MOMENT));
    const same = load<u32>(head(ring, map.FREEZE_HEADS_SCHEDULE)) == scheduleOf(ring);
    if (moment == 0 || (same && moment == seen)) continue;
    if (same && seen != 0 && moment > seen && !isFrozen(ring, moment)) {
      rings |= (<u32>1) << ring;
      continue;
    }
    store<u32>(head(ring, map.FREEZE_HEADS_SCHEDULE), scheduleOf(ring));
    store<u32>(head(ring, map.FREEZE_HEADS_MOMENT), moment);
    moved = true;
  }
  if (moved) recordSave(FREEZE_HEADS, 0);
  return rings;
}

function begin(rings: u32, time: u32): void {
  due = rings;
  unwritten = rings;
  household_index = 0;
  is_put = false;
  tries = 0;
  store<u32>(block, time, FREEZE_BLOCK_TIME);
}

/** Once a second: begins a freeze when a moment has come. At most one record. */
export function freezesSecond(): void {
  const clock = clockNow();
  if (due != 0 || clock == 0) return;
  const rings = judge(clock);
  if (rings != 0) begin(rings, clock);
}

/** Freezes this moment among the instants. */
export function freezeNow(): void {
  is_wanted = true;
}

function fill(index: i32): void {
  const energies = block + FREEZE_BLOCK_ENERGIES + ENERGIES_SIZE * index;
  store<u32>(energies, householdHundredths(index, false));
  store<u32>(energies, householdHundredths(index, true), 4);
}

/** Writes the block of one ring, or makes sure that it stands there. */
function write(ring: i32): void {
  const place = addressOf(ring, placeOf(ring, 0));
  if (!is_put) {
    entryPut(place, BLOCK_SIZE, block);
    is_put = true;
    return;
  }
  is_put = false;
  if (entryStands(place, BLOCK_SIZE, block)) {
    unwritten &= unwritten - 1;
    tries = 0;
  } else {
    assert(++tries < WRITE_TRIES);
  }
}

/** All blocks stand: one record makes them valid and their moments seen to. */
function commit(): void {
  const time = load<u32>(block, FREEZE_BLOCK_TIME);
  for (let rest = due; rest != 0; rest &= rest - 1) {
    const ring = <i32>ctz(rest);
    store<u32>(timeAt(ring, placeOf(ring, 0)), time);
    store<u32>(head(ring, map.FREEZE_HEADS_NEXT), next(ring) + 1);
    if (ring != INSTANT) store<u32>(head(ring, map.FREEZE_HEADS_MOMENT), momentOf(ring, time));
  }
  recordSave(FREEZE_HEADS, 0);
  due = 0;
}

/** One step of the freeze under way: a household, or at most one write. True when there was one. */
export function freezesTick(): bool {
  if (due == 0) {
    if (!is_wanted) return false;
    is_wanted = false;
    begin((<u32>1) << INSTANT, clockNow());
  }
  if (household_index < map.CHANNEL_COUNT) fill(household_index++);
  else if (unwritten != 0) write(<i32>ctz(unwritten));
  else commit();
  return true;
}

/** Drops all freezes, and the one under way. The caller saves FREEZE_HEADS. */
export function forgetFreezes(): void {
  due = 0;
  is_wanted = false;
  fillBytes(FREEZE_HEADS_BODY + map.FREEZE_HEADS_NEXT, 0, 4 * RING_COUNT);
}

/** Index (1 the newest) of the block with the least time that is at least `time`; 0 none. */
export function freezeFrom(ring: i32, time: u32): u32 {
  let found: u32 = 0;
  let least: u32 = 0xffffffff;
  const count = freezeCount(ring);
  let place = placeOf(ring, 0);
  for (let age: u32 = 1; age <= count; age++) {
    place = placeBefore(place, places[ring]);
    const its_time = load<u32>(timeAt(ring, place));
    if (its_time < time || its_time > least) continue;
    least = its_time;
    found = age;
  }
  return found;
}

/** Reads the `index`th newest block of a ring: its time to `time`, a household's energies to `energies`
 *  (ENERGIES_SIZE bytes, 0.01 kWh). False when there is none. */
export function readFreeze(
  ring: i32,
  index: u32,
  of_household_index: i32,
  time: usize,
  energies: usize,
): bool {
  if (index == 0 || index > freezeCount(ring)) return false;
  if (!entryRead(addressOf(ring, placeOf(ring, index)), BLOCK_SIZE)) return false;
  copyBytes(time, framData() + FREEZE_BLOCK_TIME, 4);
  const at = FREEZE_BLOCK_ENERGIES + ENERGIES_SIZE * of_household_index;
  copyBytes(energies, framData() + at, ENERGIES_SIZE);
  return true;
}
