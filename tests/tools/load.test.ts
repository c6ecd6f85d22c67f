/** The default load: real days, made days, the same for the same seed, nothing lost in spreading. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLayout } from "../../tools/simulate/layout.ts";
import { householdDay, realLoad, spreadW } from "../../tools/simulate/load.ts";

const DAY_S = 86_400;

function sample(seed: number, layout: string, day: number): string {
  const load = realLoad(parseLayout(layout), seed);
  const minutes = Array.from({ length: 1440 }, (_, m) => load.at(day * DAY_S + m * 60).watts);
  return JSON.stringify(minutes);
}

test("the same seed gives the same load, another seed another", () => {
  assert.equal(sample(7, "single", 1), sample(7, "single", 1));
  assert.notEqual(sample(7, "single", 1), sample(8, "single", 1));
});

test("a day does not depend on the days before it", () => {
  const fresh = realLoad(parseLayout("single"), 3);
  const used = realLoad(parseLayout("single"), 3);
  used.at(0);
  used.at(5 * DAY_S);
  assert.deepEqual(used.at(2 * DAY_S + 600), fresh.at(2 * DAY_S + 600));
});

test("15 households have a real day each, and the days rotate", () => {
  const first = realLoad(parseLayout("single"), 1).at(0).watts;
  const real = [1044, 278, 414, 824, 1814, 206, 2328, 5376, 586, 2490, 630, 232, 496, 236, 210];
  assert.deepEqual(first.slice(0, 15), real);
  const second = realLoad(parseLayout("single"), 1).at(DAY_S).watts;
  assert.deepEqual(second.slice(0, 15), [...real.slice(1), real[0]]);
});

test("made households are all different, whole watts, never below the starting power", () => {
  const days = Array.from({ length: 24 }, (_, i) => householdDay(1, 15 + i, 0));
  assert.equal(new Set(days.map((day) => day.join())).size, 24);
  for (const w of days.flat()) assert.ok(Number.isInteger(w) && (w === 0 || w >= 60), `${w} W`);
});

test("a three-phase household spreads its day over three channels", () => {
  const three = realLoad(parseLayout("three"), 1).at(0).watts;
  assert.equal(three[0] + three[1] + three[2], 1044);
  assert.deepEqual(three.slice(3, 6), [92.667, 92.667, 92.666]);
});

test("spreading keeps every milliwatt, of both signs", () => {
  for (const watts of [0, 0.001, 1, 100, 9132, -1, -9132.005]) {
    const sum_mw = spreadW(watts, 3).reduce((sum, w) => sum + Math.round(w * 1000), 0);
    assert.equal(sum_mw, Math.round(watts * 1000));
  }
});
