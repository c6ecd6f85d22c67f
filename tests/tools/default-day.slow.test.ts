/** Whole days: as the live view plays it (scenarios/default-day.yaml), with residents and real load;
 *  and with a card that is left on the reader (scenarios/card-left-a-day.yaml). */

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
  const { presentations, accepted, repeats, refusals } = summary.cards;
  assert.ok(accepted > 0 && repeats > 0);
  assert.equal(presentations, accepted + repeats);
  assert.deepEqual(refusals, {});
  assert.ok(summary.commits_checked > 1_000_000);
});

test("a card left on the reader is taken once, and resumes nothing", () => {
  const scenario = "scenarios/card-left-a-day.yaml";
  const simulation = new Simulation(makeRun({ speed: 0, seed: 1, scenario }, false));
  simulation.setUp();
  while (simulation.now_s < 100) simulation.step();
  const { card } = simulation.sales.cabinet.household(5)!;
  const { writes } = card;
  while (simulation.now_s < 86_400) simulation.step();
  assert.equal(card.writes, writes);
  assert.equal(simulation.box.relayClosed(5), false);
  while (!simulation.done) simulation.step();
  simulation.finish();
  simulation.script.finish();
  const summary = summarize(simulation);
  assert.deepEqual(summary.expects_failed, []);
  assert.deepEqual(summary.restarts, []);
  assert.equal(summary.balanced, true);
  assert.deepEqual(summary.cards, { presentations: 3, accepted: 1, repeats: 2, refusals: {} });
});
