/** What the suites of freezes and clears share: the books on a real memory, started and driven by hand. */
import { fillBytes, storeLe16, storeLe32 } from "../../src/common/bytes";
import { OK } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import { accountsInit } from "../../src/metering/account";
import { booksInit } from "../../src/metering/books";
import { clearanceInit, clearanceTick } from "../../src/metering/clearance";
import * as events from "../../src/metering/events";
import { freezesInit, freezesSecond, freezesTick } from "../../src/metering/freezes";
import { history } from "../../src/metering/history";
import * as settings from "../../src/metering/settings";
import { clockSet, uptimeInit } from "../../src/metering/uptime";
import { imageFormat, imageInit, imageLoad, imageProbe } from "../../src/store/image";
import { bookBody } from "../../src/store/places";
import { BOOK_FORWARD, BOOK_REVERSE } from "../../src/store/map";
import * as bench from "../bench";

export const MINUTE: u32 = 60;
export const HOUR: u32 = 3600;
export const DAY: u32 = 86400;
export const START: u32 = 800_000_000 - (800_000_000 % DAY) + 5 * HOUR + 123; // 05:02:03
export const HUNDREDTH_J: u64 = 36_000;
const request: usize = memory.data(8, 8);
export const reply: usize = memory.data(128, 8);

export let clock: u32 = 0;
function loadAll(): void {
  events.eventsInit();
  uptimeInit(0);
  booksInit(0);
  accountsInit(0);
  events.eventsLoad();
  freezesInit();
  clearanceInit();
}

export function open(): void {
  bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
  imageInit();
  settings.settingsStart();
  imageFormat();
  loadAll();
  clock = START;
}

/** Power off and on; what was written after an ordered cut is gone. */
export function restart(): void {
  bench.bench_power_off();
  bench.bench_pass(10);
  bench.bench_power_on();
  bench.bench_power_cut_after(-1, bench.BYTE_OLD);
  imageInit();
  expect(imageProbe()).toBe(1);
  expect(imageLoad()).toBe(OK);
  loadAll();
}

/** The second at which the clock says `time`, and the milliseconds of it. */
export function second(time: u32): void {
  clock = time;
  clockSet(time);
  freezesSecond();
  for (let tick = 0; tick < 100; tick++) {
    if (!events.eventsTick() && !freezesTick() && !clearanceTick()) return;
  }
}

/** Reads a freeze of household 3 and returns the result. */
export function read(ring: i32, index: u32, time: u32): i32 {
  fillBytes(reply, 0, 128);
  store<u8>(request, <u8>ring, frame.FREEZE_RING);
  store<u8>(request, 3, frame.FREEZE_HOUSEHOLD);
  storeLe16(request + frame.FREEZE_INDEX, index);
  storeLe32(request + frame.FREEZE_TIME, time);
  expect(history(frame.KIND_FREEZE_READ, request, reply)).toBe(frame.FREEZE_READ_REPLY_SIZE);
  return load<i8>(reply);
}

export function stored(ring: i32): u32 {
  read(ring, 1, 0);
  return load<u16>(reply + frame.FREEZE_REPLY_COUNT);
}

/** Time of the `index`th newest block, 0 when there is none. */
export function timeOf(ring: i32, index: u32): u32 {
  return read(ring, index, 0) == OK ? load<u32>(reply + frame.FREEZE_REPLY_TIME) : 0;
}

export function setEnergy(channel_index: i32, forward: u64, reverse: u64): void {
  store<u64>(bookBody(channel_index) + BOOK_FORWARD, forward * HUNDREDTH_J);
  store<u64>(bookBody(channel_index) + BOOK_REVERSE, reverse * HUNDREDTH_J);
}
