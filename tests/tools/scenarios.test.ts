/** Every short scenario of the project through the simulator: what it expects holds, the books
 *  balance, no MCU restarts by itself. Those of a day are in default-day.slow.test.ts. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { makeRun } from "../../tools/simulate/command.ts";
import { runHeadless } from "../../tools/simulate/headless.ts";
import { Simulation } from "../../tools/simulate/simulation.ts";
import { exitCode, summarize } from "../../tools/simulate/summary.ts";

const LONG = ["default-day.yaml", "card-left-a-day.yaml"];
const files = readdirSync("scenarios").filter(
  (name) => name.endsWith(".yaml") && !LONG.includes(name),
);

for (const name of files) {
  test(name, () => {
    const run = makeRun({ speed: 0, seed: 1, scenario: `scenarios/${name}` }, false);
    const simulation = new Simulation(run);
    runHeadless(simulation, () => undefined);
    simulation.script.finish();
    const summary = summarize(simulation);
    assert.deepEqual(summary.expects_failed, []);
    assert.ok(summary.expects_passed > 0);
    assert.deepEqual(summary.violations, []);
    assert.deepEqual(summary.restarts, []);
    assert.equal(summary.energy_complete, true);
    assert.equal(exitCode(summary), 0);
  });
}
