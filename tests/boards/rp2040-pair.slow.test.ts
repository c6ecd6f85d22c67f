/** Two emulated Picos in lock step: what happens does not depend on the length of the steps nor on which chip
 *  goes first, as long as a step is shorter than a character. Also the clock below them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { Alarm, CycleClock } from "../../boards/virtual/rp2040/cycle-clock.ts";
import { results, Routines } from "./rp2040-bench.ts";

const END_US = 14_000;
const COUNT = 24;

const routines = new Routines({
  asks: `clocks(); uart(0x70); wait(200); u last = time();
    for (u i = 0; i < ${COUNT}; i++) {
      R(0x40034000) = i * 7; while (R(0x40034018) & 0x10) continue;
      u heard = R(0x40034000); out[12 + i] = (time() - last) << 8 | (heard & 0xff); last = time(); }`,
  answers: `clocks(); uart(0x70); R(0x40034038) = 0x10; R(0x40034034) = 0; enable(20); off();
    for (;;) { if (R(0x40034018) & 0x10) continue; R(0x40034000) = R(0x40034000) ^ 0x55; }`,
});

/** All that can be seen of a run, as text. */
function run(step_us: number, answerer_first: boolean): string {
  const asks = routines.chip("asks");
  const answers = routines.chip("answers");
  const log: string[] = [];
  const wire = (from: Chip, to: Chip, name: string): void => {
    from.uart(0).onByte = (byte, start_us, end_us) => {
      log.push(`${start_us.toFixed(3)} ${name} ${byte} ${end_us.toFixed(3)}`);
      to.uart(0).receive(byte, end_us);
    };
  };
  wire(asks, answers, "asks");
  wire(answers, asks, "answers");
  const order = answerer_first ? [answers, asks] : [asks, answers];
  for (let time_us = step_us; time_us <= END_US + step_us; time_us += step_us) {
    for (const chip of order) chip.runTo(time_us);
  }
  const early = log.filter((line) => parseFloat(line) < END_US - 200).sort();
  return `${[...results(asks).slice(12, 12 + COUNT)].join()}\n${early.join("\n")}`;
}

test("two chips that talk do the same whatever the steps", () => {
  const reference = run(50, false);
  assert.equal(reference.split("\n").length > 2 * COUNT, true, reference);
  assert.ok(reference.includes(" answers 85 "));
  for (const [step_us, first] of [
    [50, true],
    [7, false],
    [80, true],
  ] as const) {
    assert.equal(run(step_us, first), reference, `steps of ${step_us} us`);
  }
});

test("steps longer than a character are noticed", () => {
  assert.throws(() => run(500, false), /character given after its end/);
});

test("alarms of one time go off in the order they were set, at any clk_sys", () => {
  const counter = { cycles: 0 };
  const clock = new CycleClock(counter, 125e6);
  const seen: string[] = [];
  const set = (name: string, time_ns: number): Alarm => {
    const alarm = new Alarm((at_ns) => seen.push(`${name} ${at_ns}`));
    clock.set(alarm, time_ns);
    return alarm;
  };
  set("b", 800);
  set("c", 800);
  set("a", 400);
  clock.cancel(set("never", 500));
  clock.aim(1000);
  assert.equal(clock.horizon, 50);
  counter.cycles = 50;
  clock.fireDue();
  clock.setFrequency(12e6);
  clock.aim(1000);
  assert.equal(clock.horizon, 55); // 400 ns are 4.8 cycles of 12 MHz
  counter.cycles = 54;
  clock.fireDue();
  assert.deepEqual(seen, ["a 400"]);
  counter.cycles = 55;
  clock.fireDue();
  assert.deepEqual(seen, ["a 400", "b 800", "c 800"]);
  assert.equal(clock.next_ns, Infinity);
});
