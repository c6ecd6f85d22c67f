/** The queue of events and the seeded random numbers. */

import assert from "node:assert/strict";
import test from "node:test";
import { Clock } from "../../boards/virtual/clock.ts";
import { DeviceError } from "../../boards/virtual/errors.ts";
import { Random } from "../../boards/virtual/random.ts";

function recorder(): { seen: number[]; due(argument: number): void } {
  const seen: number[] = [];
  return { seen, due: (argument) => void seen.push(argument) };
}

test("events come in order of time, ties in order of insertion", () => {
  const clock = new Clock();
  const target = recorder();
  clock.at(20, target, 1);
  clock.at(10, target, 2);
  clock.at(20, target, 3);
  clock.at(10, target, 4);
  clock.at(20, target, 5);
  clock.runTo(20);
  assert.deepEqual(target.seen, [2, 4, 1, 3, 5]);
  assert.equal(clock.now_us, 20);
  assert.equal(clock.waiting, 0);
  assert.equal(clock.next_us, Infinity);
});

test("five thousand events agree with a stable sort", () => {
  const random = new Random(7);
  const clock = new Clock();
  const target = recorder();
  const entered = Array.from({ length: 5000 }, (_, i) => ({ time: random.below(300), i }));
  for (const { time, i } of entered) clock.at(time, target, i);
  clock.runTo(1000);
  const sorted = [...entered].sort((a, b) => a.time - b.time).map(({ i }) => i);
  assert.deepEqual(target.seen, sorted);
});

test("an event may enter another for the same microsecond, and later ones wait", () => {
  const clock = new Clock();
  const late = recorder();
  const times: number[] = [];
  clock.at(5, { due: () => (times.push(clock.now_us), clock.at(5, late, 1)) });
  clock.at(6, late, 2);
  clock.runTo(5);
  assert.deepEqual([times, late.seen], [[5], [1]]);
  clock.runTo(6);
  assert.deepEqual(late.seen, [1, 2]);
});

test("the past and fractions are refused", () => {
  const clock = new Clock();
  clock.runTo(100);
  assert.throws(() => clock.at(99, recorder()), DeviceError);
  assert.throws(() => clock.at(100.5, recorder()), DeviceError);
  assert.throws(() => clock.at(NaN, recorder()), DeviceError);
});

test("the same seed gives the same numbers, neighbours differ", () => {
  const numbers = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 100 }, () => random.below(1000));
  };
  assert.deepEqual(numbers(1), numbers(1));
  assert.notDeepEqual(numbers(1), numbers(2));
  assert.ok(numbers(0).some((value) => value > 0));
});
