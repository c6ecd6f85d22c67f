/** The relays on the virtual box: coils, rests, the record and what a power cut leaves of it. The
 *  box itself throws when two coils are on at once or one is on too long. */
import { now_ms, watchdog } from "../../src/hal";
import {
  relaysClosed,
  relaysConfigure,
  relaysEnergy,
  relaysInit,
  relaysRefreshing,
  relaysTick,
  relaysUse,
  relaysWant,
} from "../../src/relay/relays";
import {
  RELAYS_ADDRESS,
  RELAYS_BODY_SIZE,
  RELAYS_CLOSED,
  RELAYS_MOVING,
} from "../../src/store/map";
import { recordRead, recordWrite } from "../../src/store/record";
import {
  ABSENT,
  bench_coil,
  bench_coil_pulses,
  bench_fram_save,
  bench_fram_written,
  bench_now_ms,
  bench_open,
  bench_power_cut_after,
  bench_power_off,
  bench_power_on,
  bench_powered,
  bench_relay_closed,
  bench_relay_operations,
  bench_relay_stick,
  bench_set_relays,
  bench_step,
  BLANK,
  BYTE_GARBAGE,
  KEEP,
  METER,
  run,
} from "../bench";

const ALL: u64 = 0x7fffffffff;
const PULSE_MS: u32 = 50;
const REST_MS: u32 = 20;
const PERIOD_MS: u32 = 600000;
const SPREAD_MS: u32 = 10000;
const STUCK_INDEX: i32 = 4; // channel 5
const CLOSED_INDEX: i32 = 5;
const body: usize = memory.data(16, 8);

/** How far the time that the relays are told is ahead of the box: saves waiting for a refresh. */
let ahead_ms: u32 = 0;

function now(): u32 {
  return now_ms() + ahead_ms;
}

function bit(channel: i32): u64 {
  return (<u64>1) << (channel - 1);
}

function start(): void {
  relaysInit(now());
  relaysConfigure(PULSE_MS, REST_MS, PERIOD_MS, SPREAD_MS);
  relaysUse(ALL);
}

function tick(): void {
  relaysTick(now());
  watchdog();
}

/** A box whose record says that the relays of `closed` are closed, and so they are; all the wants
 *  of a start are past. */
function begin(is_closed: bool): void {
  ahead_ms = 0;
  bench_set_relays(is_closed);
  bench_open(METER, ABSENT, BLANK);
  memory.fill(body, 0, RELAYS_BODY_SIZE);
  store<u64>(body, is_closed ? ALL : 0, RELAYS_CLOSED);
  recordWrite(RELAYS_ADDRESS, RELAYS_BODY_SIZE, body, 0);
  start();
  run(1000, tick);
}

/** Runs to the beginning of the next pulse, or for `limit_ms`; the coil as bench_coil. */
function nextPulse(limit_ms: u32): i32 {
  for (let i: u32 = 0; i < limit_ms && bench_coil() != 0; i++) run(1, tick);
  for (let i: u32 = 0; i < limit_ms && bench_coil() == 0; i++) run(1, tick);
  return bench_coil();
}

function moving(): i32 {
  recordRead(RELAYS_ADDRESS, RELAYS_BODY_SIZE, body);
  return load<u8>(body, RELAYS_MOVING);
}

function recordedClosed(): u64 {
  recordRead(RELAYS_ADDRESS, RELAYS_BODY_SIZE, body);
  return load<u64>(body, RELAYS_CLOSED);
}

describe("one pulse", () => {
  test("is as long as set, and the rest after it", () => {
    const pulses: StaticArray<u32> = [50, 20, 200];
    const rests: StaticArray<u32> = [20, 20, 1000];
    for (let i = 0; i < pulses.length; i++) {
      begin(true);
      relaysConfigure(pulses[i], rests[i], PERIOD_MS, SPREAD_MS);
      relaysWant(bit(39) | bit(1), false, now());
      expect(nextPulse(10)).toBe(-1);
      let began_ms = bench_now_ms();
      while (bench_coil() != 0 && bench_powered()) run(1, tick);
      expect(bench_now_ms() - began_ms).toBe(pulses[i] + 1);
      began_ms = bench_now_ms();
      expect(nextPulse(2000)).toBe(-39);
      expect(bench_now_ms() - began_ms).toBe(rests[i] + 1);
      run(300, tick);
      expect(bench_coil()).toBe(0);
      expect(bench_relay_closed(1) || bench_relay_closed(39)).toBe(false);
      expect(relaysClosed()).toBe(ALL & ~bit(1) & ~bit(39));
    }
  });

  test("reaches the coil of its channel, every channel and both ways", () => {
    begin(false);
    for (let channel = 1; channel <= 39; channel++) {
      relaysWant(bit(channel), true, now());
      expect(nextPulse(100)).toBe(channel);
    }
    run(100, tick);
    for (let channel = 1; channel <= 39; channel++) {
      expect(bench_relay_closed(channel)).toBe(true);
      relaysWant(bit(channel), false, now());
      expect(nextPulse(100)).toBe(-channel);
    }
    run(100, tick);
    for (let channel = 1; channel <= 39; channel++) {
      expect(bench_relay_closed(channel)).toBe(false);
      expect(bench_relay_operations(channel)).toBe(2);
      expect(bench_coil_pulses(channel, true)).toBe(1);
      expect(bench_coil_pulses(channel, false)).toBe(1);
    }
  });

  test("is recorded before it begins and when it is over", () => {
    begin(true);
    relaysWant(bit(7), false, now());
    expect(nextPulse(10)).toBe(-7);
    expect(moving()).toBe(7);
    expect(recordedClosed()).toBe(ALL & ~bit(7));
    run(PULSE_MS + 1, tick);
    expect(bench_coil()).toBe(0);
    expect(moving()).toBe(0);
    expect(recordedClosed()).toBe(ALL & ~bit(7));
  });

  test("wanted back while it lasts is followed by its opposite", () => {
    begin(true);
    relaysWant(bit(7), false, now());
    expect(nextPulse(10)).toBe(-7);
    run(5, tick);
    relaysWant(bit(7), true, now());
    expect(nextPulse(100)).toBe(7);
    run(100, tick);
    expect(bench_relay_closed(7)).toBe(true);
    expect(relaysClosed()).toBe(ALL);
  });
});

describe("the refresh", () => {
  test("drives each used relay once into its position and writes nothing", () => {
    begin(true);
    relaysWant(bit(10) | bit(11), false, now());
    run(200, tick);
    relaysUse(ALL & ~bit(39));
    const written = bench_fram_written();
    for (let round: u32 = 1; round <= 2; round++) {
      ahead_ms = round * PERIOD_MS - now_ms();
      expect(nextPulse(1100)).toBe(1);
      expect(relaysRefreshing()).toBe(true);
      run(39 * (PULSE_MS + REST_MS + 2), tick);
      expect(relaysRefreshing()).toBe(false);
      for (let channel = 1; channel <= 39; channel++) {
        const is_open = channel == 10 || channel == 11;
        const pulses = channel == 39 ? 0 : round;
        expect(bench_coil_pulses(channel, true)).toBe(is_open ? 0 : pulses);
        expect(bench_coil_pulses(channel, false)).toBe(is_open ? pulses + 1 : 0);
      }
      run(20000, tick);
      expect(bench_coil_pulses(1, true)).toBe(round, "no round before its time");
    }
    expect(bench_fram_written()).toBe(written);
  });

  test("lets a change through before its next pulse, then goes on", () => {
    begin(true);
    ahead_ms = PERIOD_MS;
    expect(nextPulse(10)).toBe(1);
    expect(nextPulse(100)).toBe(2);
    run(3, tick);
    relaysWant(bit(30) | bit(31) | bit(32), false, now());
    expect(nextPulse(100)).toBe(-30);
    expect(nextPulse(100)).toBe(-31);
    expect(nextPulse(100)).toBe(-32);
    for (let channel = 3; channel <= 39; channel++) {
      const is_open = channel >= 30 && channel <= 32;
      expect(nextPulse(100)).toBe(is_open ? -channel : channel);
    }
    expect(nextPulse(5000)).toBe(0);
  });
});

describe("energy on an open relay", () => {
  test("drives a stuck relay five times, then hourly, after changes, before refresh", () => {
    begin(true);
    bench_relay_stick(5, true);
    relaysWant(bit(5), false, now());
    run(200, tick);
    expect(bench_relay_closed(5)).toBe(true);
    expect(relaysEnergy(CLOSED_INDEX, now())).toBe(0, "closed");
    expect(relaysEnergy(STUCK_INDEX, now())).toBe(0, "too early");
    for (let attempt = 1; attempt <= 5; attempt++) {
      run(5000, tick);
      expect(relaysEnergy(STUCK_INDEX, now())).toBe(attempt);
      expect(nextPulse(10)).toBe(-5);
    }
    run(60000, tick);
    expect(relaysEnergy(STUCK_INDEX, now())).toBe(0);
    ahead_ms += 3600000;
    relaysWant(bit(9), false, now());
    expect(relaysEnergy(STUCK_INDEX, now())).toBe(6);
    expect(nextPulse(10)).toBe(-9);
    expect(nextPulse(100)).toBe(-5);
    expect(nextPulse(100)).toBe(1, "the refresh");
  });
});

describe("a start", () => {
  test("moves nothing by itself", () => {
    begin(true);
    bench_power_off();
    bench_power_on();
    start();
    run(5000, tick);
    bench_set_relays(true);
    bench_open(METER, ABSENT, BLANK);
    start();
    run(5000, tick);
    for (let channel = 1; channel <= 39; channel++) {
      expect(bench_coil_pulses(channel, true) + bench_coil_pulses(channel, false)).toBe(0);
    }
  });

  test("without a record drives what is wanted, wherever the relays are", () => {
    bench_set_relays(true);
    bench_open(METER, ABSENT, BLANK);
    ahead_ms = 0;
    start();
    for (let channel = 1; channel <= 39; channel++) {
      run(1, tick);
      relaysWant(bit(channel), channel > 36, now());
    }
    run(SPREAD_MS + 1000, tick);
    for (let channel = 1; channel <= 39; channel++) {
      expect(bench_relay_closed(channel)).toBe(channel > 36);
      expect(bench_coil_pulses(channel, channel > 36)).toBe(1);
    }
  });

  test("spreads closings", () => {
    begin(false);
    bench_power_off();
    bench_power_on();
    start();
    const start_ms = bench_now_ms();
    for (let channel = 1; channel <= 39; channel++) relaysWant(bit(channel), true, now());
    for (let channel = 1; channel <= 39; channel++) {
      expect(nextPulse(SPREAD_MS)).toBe(channel);
      const turn_ms = (<u32>(channel - 1) * SPREAD_MS) / 39;
      const passed_ms = bench_now_ms() - start_ms;
      expect(passed_ms >= turn_ms && passed_ms <= turn_ms + REST_MS + 2).toBe(true);
    }
  });

  test("drives an interrupted pulse again", () => {
    begin(true);
    relaysWant(bit(20), false, now());
    expect(nextPulse(10)).toBe(-20);
    run(5, tick); // too short for the armature
    bench_power_off();
    bench_power_on();
    expect(bench_relay_closed(20)).toBe(true);
    start();
    expect(relaysClosed()).toBe(ALL & ~bit(20));
    expect(nextPulse(50)).toBe(-20);
    run(100, tick);
    expect(bench_relay_closed(20)).toBe(false);
    expect(bench_coil_pulses(20, false)).toBe(2);
    expect(moving()).toBe(0);
  });

  test("after a cut at any byte of the record, relay and record agree in the end", () => {
    begin(true);
    bench_power_off();
    bench_fram_save();
    let has_survived = false;
    for (let cut = 0; cut < 200 && !has_survived; cut++) {
      bench_open(METER, ABSENT, KEEP);
      start();
      run(1000, tick);
      bench_power_cut_after(cut, BYTE_GARBAGE);
      relaysWant(bit(20), false, now());
      has_survived = run(150, tick);
      if (has_survived) break;
      bench_power_cut_after(-1, BYTE_GARBAGE);
      bench_step(); // the end of the cut tick
      bench_power_on();
      start();
      run(150, tick);
      expect(bench_relay_closed(20)).toBe((relaysClosed() & bit(20)) != 0, "cut " + cut.toString());
      relaysWant(bit(20), false, now());
      run(150, tick);
      expect(bench_relay_closed(20)).toBe(false, "cut " + cut.toString());
      expect(recordedClosed()).toBe(ALL & ~bit(20));
      expect(moving()).toBe(0);
    }
    expect(has_survived).toBe(true);
  });
});
