/** A whole day as the live view plays it (scenarios/default-day.yaml), with residents and real load. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRun } from "../../tools/simulate/command.ts";
import { Simulation } from "../../tools/simulate/simulation.ts";
import { summarize } from "../../tools/simulate/summary.ts";
import type { State } from "../../tools/simulate/office-codes.ts";

test("the default day shows everything, and its books balance", () => {
  const simulation = new Simulation(makeRun({ speed: 0, seed: 1 }, true));
  const seen = new Set<State>();
  simulation.setUp();
  while (!simulation.done) {
    simulation.step();
    if (simulation.now_s % 300 === 60) {
      for (const { state } of summarize(simulation).households)
        if (state !== "unknown") seen.add(state);
    }
  }
  simulation.finish();
  simulation.script.finish();
  const summary = summarize(simulation);
  assert.deepEqual([...seen].sort(), ["empty", "low", "supplied", "tripped"]);
  assert.equal(summary.balanced, true);
  assert.equal(summary.energy_complete, true);
  assert.equal(summary.power_cuts, 1);
  assert.deepEqual(summary.restarts, []);
  assert.deepEqual(summary.expects_failed, []);
  assert.ok(summary.commits_checked > 1_000_000);
});
