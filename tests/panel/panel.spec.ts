/** The whole panel core in the virtual box: what stands on the tubes, when, and through which
 *  faults. The suite plays the meter. */

import { SPI_TUBES, spi } from "../../src/hal";
import * as frame from "../../src/link/frame";
import { init } from "../../src/panel";
import {
  LINK_CORRUPT,
  LINK_DOUBLE,
  LINK_DROP,
  PANEL,
  READER_ABSENT_FF,
  bench_i2c_stuck,
  bench_link_fault,
  bench_now_ms,
  bench_power_off,
  bench_power_on,
  bench_reader_mode,
  bench_reset,
  bench_restarts,
  bench_set_clock,
  bench_step,
  bench_tube,
} from "../bench";
import { officeSend, peerInit } from "../link/peer";
import { ageMs, meter, pass, start } from "./meter";

const transfer: usize = memory.data(4);
const shown_ms: StaticArray<u32> = new StaticArray<u32>(40);

/** The household above, 0 when there is none, -1 for something else. */
function upper(): i32 {
  const digits: u8[] = [0x7e, 0x30, 0x6d, 0x79, 0x33, 0x5b, 0x5f, 0x70, 0x7f, 0x7b];
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const digit = digits.indexOf(bench_tube(i));
    if (digit < 0) return bench_tube(i) == 0 ? 0 : -1;
    value = value * 10 + digit;
  }
  return value;
}

function lower(): u64 {
  let value: u64 = 0;
  for (let i = 4; i < 10; i++) value = (value << 8) | bench_tube(i);
  return value;
}

function lamps(): u8 {
  return bench_tube(10);
}

const ERR: u64 = 0x4f0505000000;
const ERR_21: u64 = ERR | 0x6d30;
const ERR_22: u64 = ERR | 0x6d6d;
const ERR_30: u64 = ERR | 0x797e;
const UNIT: u64 = 0x7e7e7f7f; // 0088

/** Lets time pass until the upper row shows `value`; returns how long that took, at most 60 s. */
function until(value: i32): i32 {
  let passed = 0;
  for (; passed < 60000 && upper() != value; passed++) pass(1);
  return passed;
}

describe("the panel", () => {
  beforeEach(start);

  it("shows box, unit, then each household in use for 4 s, measured on the tubes", () => {
    pass(200);
    expect(upper()).toBe(1111);
    expect(lower()).toBe(0x303030303030);
    expect(lamps()).toBe(7);
    until(0);
    expect(lower()).toBe(UNIT);
    for (let household = 1; household <= 3; household++) {
      until(household);
      shown_ms[household] = bench_now_ms();
      pass(20); // told at once, whenever the last poll was
      expect(meter.displayed).toBe(household);
    }
    until(1111);
    expect(shown_ms[2] - shown_ms[1]).toBe(4000);
    expect(shown_ms[3] - shown_ms[2]).toBe(4000);
    expect(bench_now_ms() - shown_ms[3]).toBe(4000);
  });

  it("is back within 2 s after power returns", () => {
    pass(20000);
    bench_power_off();
    bench_power_on();
    init();
    pass(1999);
    expect(upper()).toBe(1111);
    expect(until(1)).toBeLessThan(8000);
  });

  it("polls every 40 ms, asks for the box every second", () => {
    meter.used = 0x7fffffffff;
    pass(10000);
    expect(meter.polls).toBeGreaterThan(220);
    expect(meter.polls).toBeLessThan(252);
    expect(meter.box_reads).toBe(10);
    pass(1000);
    expect(meter.box_reads).toBe(11);
  });

  it("keeps every household fresh within a second, the displayed one within 0.6 s", () => {
    meter.used = 0x7fffffffff;
    let stale = 0;
    for (let ms = 0; ms < 60000; ms++) {
      pass(1);
      if (ms < 2000) continue;
      for (let household = 1; household < 40; household++) {
        if (ageMs(household) >= 1000) stale++;
      }
      if (meter.displayed > 0 && ageMs(meter.displayed) >= 600) stale++;
    }
    expect(stale).toBe(0);
  });

  it("asks at once for the household of a message", () => {
    meter.used = 0x7fffffffff;
    for (let i = 0; i < 10; i++) {
      pass(330);
      officeSend(i, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE);
      pass(200);
      expect(meter.messages).toBe(i + 1);
      expect(meter.from_after_message).toBe(2);
    }
  });

  it("reads the box again after the meter restarted", () => {
    pass(500);
    expect(meter.box_reads).toBe(1);
    meter.status |= frame.STATUS_RESTARTED;
    pass(60);
    meter.status = frame.STATUS_PROVISIONED;
    pass(60);
    expect(meter.box_reads).toBeGreaterThan(1);
  });

  it("tells the time of its clock chip", () => {
    bench_set_clock(800000000);
    pass(5500);
    expect(meter.trusted).toBeTruthy();
    expect(meter.clock_s).toBeGreaterThan(800000003);
    expect(meter.clock_s).toBeLessThan(800000006);
  });

  it("shows a lost clock and never trusts it", () => {
    meter.used = 0;
    bench_set_clock(0);
    pass(2000);
    expect(meter.trusted).toBeFalsy();
    expect(meter.clock_s).toBe(0);
    pass(6500);
    expect(lower()).toBe(ERR_22);
    bench_set_clock(5000);
    pass(2000);
    expect(meter.trusted).toBeTruthy();
    bench_i2c_stuck(true);
    pass(2000);
    expect(meter.trusted).toBeFalsy();
    bench_i2c_stuck(false);
    pass(2000);
    expect(meter.trusted).toBeTruthy();
  });

  it("shows a lost meter after 2 s, blinks the alarm, and comes back by itself", () => {
    pass(9000);
    meter.answers = false;
    pass(1900);
    expect(lower()).not.toBe(ERR_21);
    pass(250);
    expect(lower()).toBe(ERR_21);
    let lit = 0;
    for (let i = 0; i < 20; i++) {
      pass(100);
      if ((lamps() & 8) != 0) lit++;
    }
    expect(lit).toBe(10);
    meter.answers = true;
    const reads = meter.box_reads;
    pass(100);
    expect(upper()).toBe(1);
    expect(lamps()).toBe(7);
    expect(meter.box_reads).toBe(reads + 1);
  });

  it("shows it too when there never was a meter", () => {
    meter.answers = false;
    pass(2200);
    expect(lower()).toBe(ERR_21);
    expect(bench_restarts(PANEL)).toBe(0);
  });

  it("misses no reader where the reader is another box's", () => {
    meter.used = 0;
    bench_reader_mode(READER_ABSENT_FF);
    pass(9000);
    expect(lower()).toBe(ERR_30);
    start();
    meter.used = 0;
    meter.reader_place = 2;
    bench_reader_mode(READER_ABSENT_FF);
    for (let i = 0; i < 120; i++) {
      pass(100);
      expect(lower()).not.toBe(ERR_30);
    }
  });

  it("flashes an empty household and lights the alarm", () => {
    meter.states[1] = frame.STATE_EMPTY;
    pass(500);
    until(1);
    expect(lamps() & 8).toBe(8);
    let lit = 0;
    for (let i = 0; i < 380; i++) {
      if (lower() == 0xfe7e) lit++;
      else expect(lower()).toBe(0);
      pass(10);
    }
    expect(abs(lit - 200)).toBeLessThan(3); // half on; the last 200 ms are left out
  });

  it("follows the socket: holds, shows consumed energy, goes on, holds the next", () => {
    pass(500);
    until(2);
    pass(60);
    meter.held = 2;
    pass(10000);
    expect(upper()).toBe(2);
    expect(lower()).toBe(0x30fe6d); // 10.2 consumed
    meter.held = 0;
    pass(100);
    expect(upper()).toBe(3);
    expect(meter.displayed).toBe(3);
    meter.held = 3;
    pass(10000);
    expect(upper()).toBe(3);
    expect(lower()).toBe(0x30fe79);
  });

  it("pre-empts the loop for a purchase that came over the line", () => {
    pass(9000);
    expect(upper()).toBe(1);
    officeSend(33, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE);
    let passed = 0;
    for (; passed < 1000 && upper() != 2; passed++) pass(1);
    expect(passed).toBeLessThan(60); // 31 characters of 1.15 ms, the link, the tubes
    expect(lower()).toBe(0x5bfe7e); // 50.0
    pass(2950);
    expect(lower()).toBe(0x5bfe7e);
    pass(100);
    expect(lower()).toBe(0x5ffe7e); // 60.0
    pass(4000);
    expect(upper()).toBe(1);
    expect(lower()).toBe(0xfe30); // 0.1
  });

  it("shows a refusal by its number", () => {
    pass(9000);
    meter.result = -5;
    officeSend(33, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE);
    pass(100);
    expect(lower()).toBe(ERR | 0x7e5b);
    pass(3800);
    expect(lower()).toBe(ERR | 0x7e5b);
    pass(200);
    expect(upper()).toBe(1);
  });

  it("restores a disturbed chip within a second", () => {
    pass(500);
    // Shutdown, decode, scan limit, test, two digits; each made wrong
    const registers: u8[] = [0x0c, 0x09, 0x0b, 0x0f, 0x01, 0x06];
    const values: u8[] = [0, 0xff, 0, 1, 0x55, 0x55];
    for (let i = 0; i < registers.length; i++) {
      for (let byte = 0; byte < 4; byte += 2) {
        store<u8>(transfer + byte, registers[i]);
        store<u8>(transfer + byte + 1, values[i]);
      }
      spi(SPI_TUBES, transfer, 4);
    }
    expect(upper()).not.toBe(1111);
    pass(700);
    expect(upper()).toBe(1111);
    expect(lower()).toBe(0x303030303030);
    expect(lamps()).toBe(7);
  });

  it("goes on whatever happens to frames in either direction", () => {
    pass(1000);
    for (let i = 0; i < 78; i++) {
      bench_link_fault(PANEL, i % 3 == 0 ? LINK_DROP : i % 3 == 1 ? LINK_DOUBLE : LINK_CORRUPT, i);
      const before = meter.polls;
      pass(150);
      expect(meter.polls - before).toBeGreaterThan(1);
    }
    expect(bench_restarts(PANEL)).toBe(0);
  });

  it("survives a reset at any moment", () => {
    for (let ms = 1; ms < 120; ms += 7) {
      pass(ms);
      bench_reset(PANEL);
      peerInit();
      init();
      pass(300);
      expect(upper()).toBe(1111);
      expect(lamps()).toBe(7);
    }
  });

  it("feeds the watchdog while it makes progress, and only then", () => {
    pass(60000);
    expect(bench_restarts(PANEL)).toBe(0);
    for (let i = 0; i < 1100; i++) bench_step(); // it is not run
    expect(bench_restarts(PANEL)).toBe(1);
  });
});
