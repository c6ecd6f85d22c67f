/** What a board owes (the checklist of boards/HAL.md), on the emulated Pico: ends and restarts of a core,
 *  UART rings, the guard of the line, the I2C bus, pins at rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, call, report, startGuest } from "./guests.ts";

const COIL_OFF = 7;
const LINE_DRIVE = 7;
const SDA = 4;
const SCL = 5;
const GUARD = 280;
const CHARACTER_8E1_US = (11 * 1e6) / 9600;

/** HAL.md, life of a core. */
const RESTART_LIMIT_US = 10_000;

test("a fault, a trap and an endless loop end the core, and the next one knows why", async () => {
  const first = `(if (i32.eq ${call("boot_reason")} (i32.const 0)) (then ${call("fault", 7, 4660)}))`;
  const second = `(if (i32.eq ${call("boot_reason")} (i32.const 0x702)) (then (unreachable)))`;
  const loop = `(loop $on ${call("watchdog")} (br $on))`;
  const third = `(if (i32.eq ${call("boot_reason")} (i32.const 2)) (then ${loop}))`;
  const live = call("pin_write", 1, 0);
  const guest = await startGuest("meter", "guests/ends", live, at(20, first + second + third));
  const { chip, reports } = guest;
  chip.setPull(COIL_OFF, 1);
  const coil_off: [level: number | null, time_us: number][] = [];
  const resets: [reason: string, scratch: number[]][] = [];
  chip.onPin(COIL_OFF, (level, time_us) => coil_off.push([level, time_us]));
  chip.onReset = (reason) => resets.push([reason, [...chip.scratch].slice(0, 4)]);
  chip.runTo(1_250_000);

  assert.deepEqual(
    reports.map(({ value }) => value),
    [0x000, 0x702, 0x002, 0x001],
  );
  assert.deepEqual(
    resets.map(([reason]) => reason),
    ["forced", "forced", "watchdog"],
  );
  assert.deepEqual(resets[0][1].slice(1), [0x701, 4660, 0]);
  assert.equal(resets[1][1][1], 0x002);
  // Each life takes the coils' lock off once, and its end puts it on: fault() and the trap at once.
  const released = coil_off.filter(([level]) => level === 0).map(([, time_us]) => time_us);
  const locked = coil_off.filter(([level]) => level === 1).map(([, time_us]) => time_us);
  assert.equal(released.length, 4);
  for (const [life, end_us] of [0, 1].map((life) => [life, locked[life]] as const)) {
    assert.ok(Math.abs(end_us - released[life] - 20_000) < 100, `life ${life}`);
    assert.ok(released[life + 1] - end_us < RESTART_LIMIT_US);
  }
  const looped_us = reports[3].time_us - reports[2].time_us;
  assert.ok(looped_us > 1_000_000 && looped_us < 1_000_000 + 20_000 + RESTART_LIMIT_US);
});

test("a HardFault is recorded with its place, and the next core starts", async () => {
  const odd = "(drop (i32.load (i32.const 1)))";
  const once = `(if (i32.eq ${call("boot_reason")} (i32.const 0)) (then ${odd}))`;
  const guest = await startGuest("meter", "guests/odd", "", at(5, once));
  const records: number[][] = [];
  guest.chip.onReset = () => records.push([...guest.chip.scratch].slice(0, 4));
  guest.chip.runTo(100_000);
  assert.equal(guest.hard_faults.length, 1);
  assert.deepEqual(
    guest.reports.map(({ value }) => value),
    [0, 2],
  );
  const [, cause, , place] = records[0];
  assert.equal(cause, 4);
  assert.ok(place > 0x10000100 && place < 0x10010000, `place ${place.toString(16)}`);
});

test("256 received bytes are kept, one more is lost and told once", async () => {
  const read = (): string => report(call("uart_read", 0, 0, 512));
  const tick = at(40, read() + read() + read()) + at(60, read() + report(call("uart_idle_us", 0)));
  const { chip, reports } = await startGuest("meter", "guests/ring", "", tick);
  chip.runTo(10_000);
  const character_us = chip.uart(0).character_us;
  const start_us = chip.now_us;
  for (let i = 0; i < 257; i++) {
    const end_us = start_us + (i + 1) * character_us;
    chip.runTo(end_us - 20);
    chip.uart(0).receive(i & 0xff, end_us);
  }
  const last_us = start_us + 257 * character_us;
  chip.runTo(80_000);
  const values = reports.slice(1).map(({ value }) => value);
  assert.deepEqual(values.slice(0, 4), [-1, 256, 0, 0]);
  const tick_us = reports[0].time_us; // init() ends some us before; ticks count from there
  const idle_us = values[4];
  assert.ok(Math.abs(idle_us - (tick_us + 60_000 - last_us)) < 1000, `${idle_us} us`);
});

test("a core that writes without end is cut after 280 characters, the direction pin with it", async () => {
  const open = call("uart_open", 1, 9600, 1);
  const write = `(drop ${call("uart_write", 1, 0, 512)})`;
  const tick = at(400, open) + at(399, report(call("uart_write", 1, 0, 1))) + write;
  const { chip, reports } = await startGuest("panel", "guests/guard", open, tick);
  chip.setPull(LINE_DRIVE, 0);
  const drive: [level: number | null, time_us: number][] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  chip.onPin(LINE_DRIVE, (level, time_us) => drive.push([level, time_us]));
  chip.uart(1).onByte = (_byte, start_us, end_us) => {
    starts.push(start_us);
    ends.push(end_us);
  };
  chip.runTo(800_000);
  assert.equal(reports[1].value, 0);
  const rises = drive.filter(([level]) => level === 1).map(([, time_us]) => time_us);
  const falls = drive.filter(([level]) => level === 0).map(([, time_us]) => time_us);
  assert.deepEqual([rises.length, ends.length], [2, 2 * GUARD]);
  for (const row of [0, 1]) {
    const [first, last] = [row * GUARD, (row + 1) * GUARD - 1];
    assert.ok(rises[row] <= starts[first] && starts[first] - rises[row] < 10);
    const fall_us = falls.find((time_us) => time_us > rises[row])!;
    assert.ok(fall_us >= ends[last] && fall_us < ends[last] + CHARACTER_8E1_US, `row ${row}`);
    for (let i = first + 1; i <= last; i++) assert.ok(Math.abs(starts[i] - ends[i - 1]) < 1);
  }
});

test("the I2C bus: nobody there, stuck, and free again", async () => {
  const ask = (device: number): string => {
    const since = "(i32.store (i32.const 64) " + call("now_us") + ")";
    const took = `(i32.sub ${call("now_us")} (i32.load (i32.const 64)))`;
    return since + report(call("i2c", device, 0, 1, 7)) + report(took);
  };
  const tick = at(5, ask(0x51)) + at(15, ask(0x68)) + at(35, ask(0x68));
  const { chip, reports } = await startGuest("panel", "guests/i2c", "", tick);
  chip.setPull(SDA, 1);
  chip.setPull(SCL, 1);
  chip.i2c(0).onStart = (address) => address === 0x68;
  chip.i2c(0).onWrite = () => true;
  chip.i2c(0).onRead = () => 0x5a;
  const start_us = 6000;
  chip.runTo(start_us + 12_000);
  chip.setInput(SDA, 0);
  chip.runTo(start_us + 25_000);
  chip.setInput(SDA, null);
  chip.runTo(start_us + 50_000);
  const values = reports.slice(1).map(({ value }) => value);
  assert.deepEqual([values[0], values[2], values[4]], [-1, -2, 0]);
  for (const took_us of [values[1], values[3], values[5]]) assert.ok(took_us < 5000, `${took_us}`);
});
