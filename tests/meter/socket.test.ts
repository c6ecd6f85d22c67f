/** The calibration socket of a running meter: pins 1 and 7 against the pulses that came in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as kit from "./kit.ts";

interface Rise {
  pin: number;
  time_us: number;
  width_us: number;
}

/** Notes every pulse on pins 1 and 7. */
function risesOf(bench: kit.MeterBench): Rise[] {
  const rises: Rise[] = [];
  const open: Record<number, Rise> = {};
  bench.box.events.on("socket", ({ pin, level, time_us }) => {
    if (level === 1) {
      open[pin] = { pin, time_us, width_us: 0 };
      rises.push(open[pin]);
    } else if (pin in open) {
      open[pin].width_us = time_us - open[pin].time_us;
    }
  });
  return rises;
}

function inputsOf(bench: kit.MeterBench, channels: number[]): number[] {
  const times_us: number[] = [];
  bench.box.events.on("pulse", (event) => {
    if (channels.includes(event.channel)) times_us.push(event.time_us);
  });
  return times_us;
}

function hold(bench: kit.MeterBench, household: number): void {
  bench.poll(household);
  bench.box.socketShort(true);
  bench.box.runMs(50);
  assert.equal(bench.poll(household)[2], household);
}

function supplied(options = {}): kit.MeterBench {
  const bench = new kit.MeterBench(options);
  bench.provision();
  return bench;
}

test("10,000 pulses at single-phase full load: all on pin 1, none on pin 7, within 5 ms", () => {
  const bench = supplied();
  bench.credit(4, 1, 100_000);
  bench.box.runMs(3_000);
  hold(bench, 4);
  const inputs = inputsOf(bench, [4]);
  const rises = risesOf(bench);
  bench.box.setLoadW(4, 15_000); // 60 A, 250 V
  while (inputs.length < 10_000) bench.box.runMs(1_000);
  bench.box.setLoadW(4, 0);
  bench.box.runMs(1_000);
  assert.equal(rises.length, inputs.length);
  rises.forEach((rise, index) => {
    assert.equal(rise.pin, 1);
    const delay_us = rise.time_us - inputs[index];
    assert.ok(delay_us >= 0 && delay_us <= 5_000, `pulse ${index}: ${delay_us} us`);
    assert.ok(rise.width_us >= 70_000 && rise.width_us <= 80_000, `${rise.width_us} us wide`);
  });
});

test("10,000 pulses of a three-phase household at full load: the sum of its channels", () => {
  const bench = supplied();
  bench.set(52, 5, 0, 1);
  bench.set(52, 6, 0, 2);
  assert.equal(bench.set(52, 4, 4 | (5 << 8) | (6 << 16), 3), 0);
  bench.credit(4, 1, 100_000);
  bench.box.runMs(3_000);
  hold(bench, 4);
  const inputs = inputsOf(bench, [4, 5, 6]);
  const rises = risesOf(bench);
  [15_000, 14_700, 13_900].forEach((watts, index) => bench.box.setLoadW(4 + index, watts));
  while (inputs.length < 10_000) bench.box.runMs(1_000);
  for (const channel of [4, 5, 6]) bench.box.setLoadW(channel, 0);
  bench.box.runMs(1_000);
  assert.equal(rises.length, inputs.length);
  assert.ok(rises.every((rise) => rise.pin === 1 && rise.width_us >= 10_000));
});

test("reverse pulses appear on pin 7 only", () => {
  const bench = supplied();
  bench.credit(4, 1, 100_000);
  bench.box.runMs(3_000);
  hold(bench, 4);
  const inputs = inputsOf(bench, [4]);
  const rises = risesOf(bench);
  bench.box.setLoadW(4, -15_000);
  bench.box.runMs(60_000);
  bench.box.setLoadW(4, 0);
  bench.box.runMs(1_000);
  assert.ok(inputs.length > 350);
  assert.equal(rises.length, inputs.length);
  assert.ok(rises.every((rise) => rise.pin === 7));
});

test("a slow load gives pulses of 80 ms; other households give none; lifting ends it", () => {
  const bench = supplied();
  for (const household of [4, 5]) bench.credit(household, 1, 100_000);
  bench.box.runMs(3_000);
  hold(bench, 4);
  const rises = risesOf(bench);
  bench.box.setLoadW(5, 15_000);
  bench.box.runMs(10_000);
  assert.equal(rises.length, 0);
  bench.box.setLoadW(4, 1_000);
  bench.box.runMs(10_000);
  assert.equal(rises.length, 4);
  for (const rise of rises) assert.equal(rise.width_us, 80_000);
  bench.box.socketShort(false);
  bench.box.runMs(10_000);
  assert.equal(rises.length, 4);
  assert.equal(bench.poll(5)[2], 0);
  hold(bench, 5);
  bench.box.runMs(10_000);
  assert.ok(rises.length > 50);
});
