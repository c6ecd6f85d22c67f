/** The meter's pulse inputs on the emulated Pico: one sample a millisecond, in order, however long ticks
 *  last, and so no pulse is lost. Long ticks are made by holding the processor before the core's tick,
 *  with its interrupts running. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { memoryInService } from "../../bench/box.ts";
import { CHANNEL_COUNT, LoadedPico, pulsesLost, sum } from "../../bench/pico-run.ts";
import type { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { firmware } from "../../scripts/firmware.ts";
import { at, call, report, startGuest } from "./guests.ts";

const INPUT_LOAD = 6;
const US_PER_MS = 1000;
/** boards/HAL.md, SPI devices. */
const SAMPLES_WAITING = 24;
const SERVED_MS = 1000;

/** Inputs that show how many samples were taken. */
function countSamples(chip: Chip): void {
  let count = 0;
  chip.onPin(INPUT_LOAD, (level) => (count += level === 0 ? 1 : 0));
  chip.spi(1).onExchange = () => count & 0xff;
}

const TAKE = `${call("pin_write", 0, 0)} ${call("pin_write", 0, 1)} ${call("spi", 1, 0, 10)}`;
const SAMPLE = "(i32.load8_u (i32.const 9))";
/** The sample and the time, ms. */
const TELL = report(
  `(i32.or ${SAMPLE} (i32.shl (i32.div_u ${call("now_us")} (i32.const 1000)) (i32.const 8)))`,
);
/** Does nothing until `ms` of the core's time are over. */
function busyUntil(ms: number): string {
  return `(loop $on (br_if $on (i32.lt_u ${call("now_us")} (i32.const ${ms * US_PER_MS}))))`;
}

test("ticks that are due after a long one follow at once, each with its own sample", async () => {
  const tick = TAKE + TELL + at(20, busyUntil(30));
  const { chip, reports } = await startGuest("meter", "guests/samples", "", tick);
  countSamples(chip);
  chip.runTo(60_000);
  const seen = reports.slice(1).map(({ value }) => [value & 0xff, value >> 8]);
  assert.ok(seen.length > 40);
  seen.forEach(([sample, time_ms], index) => {
    const tick_ms = index + 1;
    assert.equal(sample, tick_ms);
    assert.equal(time_ms, tick_ms > 20 && tick_ms < 30 ? 30 : tick_ms, `tick ${tick_ms}`);
  });
});

test("of more samples than may wait the oldest are lost", async () => {
  const tick = TAKE + TELL + at(20, busyUntil(20 + SAMPLES_WAITING + 5));
  const { chip, reports } = await startGuest("meter", "guests/many-samples", "", tick);
  countSamples(chip);
  chip.runTo(80_000);
  const samples = reports.slice(1).map(({ value }) => value & 0xff);
  assert.ok(samples.length > 50);
  samples.forEach((sample, index) => assert.equal(sample, index < 20 ? index + 1 : index + 6));
});

test("who asks twice in a tick, or in init(), gets the levels of that moment", async () => {
  const guest = await startGuest(
    "meter",
    "guests/fresh",
    TAKE + TELL,
    at(3, TAKE + TELL + TAKE + TELL),
  );
  countSamples(guest.chip);
  guest.chip.runTo(30_000);
  // One in init(), three by the clock, one of its own.
  assert.deepEqual(
    guest.reports.slice(1).map(({ value }) => value & 0xff),
    [1, 4, 5],
  );
});

test("a sample keeps out of an exchange with the coils", async () => {
  const coils = `(loop $on ${call("spi", 2, 16, 10)} (br_if $on (i32.lt_u ${call("now_us")} (i32.const 30000))))`;
  const { chip, reports } = await startGuest(
    "meter",
    "guests/shared",
    "",
    TAKE + at(1, coils) + TELL,
  );
  countSamples(chip);
  chip.runTo(50_000);
  assert.deepEqual(chip.faults, []);
  const samples = reports.slice(1).map(({ value }) => value & 0xff);
  assert.equal(samples[0], 1);
  samples
    .slice(1)
    .forEach((sample, index) => assert.equal(sample, index + 30 - SAMPLES_WAITING + 1));
});

let memory: Uint8Array;

before(async () => {
  await firmware(["meter"]);
  memory = memoryInService();
});

/** Full load on an image whose ticks are made longer: what was given is in the books. */
function countPulses(name: string, ms: number, lengthen: (tick: number) => number): void {
  const pico = new LoadedPico(name, memory);
  pico.idle(SERVED_MS);
  pico.ticks.lengthen = lengthen;
  pico.load(ms);
  pico.ticks.lengthen = () => 0;
  pico.settle();
  assert.deepEqual(pulsesLost(pico), new Array<number>(CHANNEL_COUNT).fill(0));
  assert.ok(sum(pico.pulsesGiven()) > (CHANNEL_COUNT * 17 * ms) / 1000);
}

test("an interpreted core counts each pulse at full load", () => {
  countPulses("meter-wamr", 3000, () => 0);
});

test("one tick of 16 ms at full load costs no pulse", () => {
  countPulses("meter-c", 1500, (tick) => (tick % 100 === 50 ? 16_000 : 0));
});

test("ticks that are all three times too long cost no pulse", () => {
  countPulses("meter-c", 2000, () => 2_700);
});
