/** A week of the real load on a mixed box: what is registered is what was fed, less at most two pulses
 *  a channel (the one that is filling, and the lone one that anti-creep may hold back), and the books
 *  balance at every write. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLayout } from "../../tools/simulate/layout.ts";
import { realLoad } from "../../tools/simulate/load.ts";
import { Simulation } from "../../tools/simulate/simulation.ts";
import { summarize } from "../../tools/simulate/summary.ts";

const WEEK_S = 7 * 86_400;
const PULSE_J = 3_600_000 / 1600;

test("a week of 39 channels: energy registered equals energy fed, and the books balance", () => {
  const layout = parseLayout("mixed");
  const seed = 39;
  const simulation = new Simulation({
    seed,
    end_s: WEEK_S,
    layout,
    constant: 1600,
    load: realLoad(layout, seed),
    first_credit: "seeded",
    residents: true,
    steps: [],
    read_period_s: 3_600,
  });
  simulation.setUp();
  while (!simulation.done) simulation.step();
  simulation.finish();
  const summary = summarize(simulation);
  assert.equal(summary.balanced, true);
  assert.deepEqual(simulation.restarts, []);
  assert.equal(summary.households.length, layout.length);
  for (const { number, channels } of layout) {
    const row = summary.households.find(({ household }) => household === number);
    assert.ok(row);
    const missing_j = Number(row.fed_j) - Number(row.registered_j);
    const most_j = 2 * PULSE_J * channels.length;
    assert.ok(missing_j >= 0 && missing_j < most_j, `household ${number}: ${missing_j} J`);
    assert.ok(Number(row.fed_j) > 7 * 3_600_000, `household ${number} used a week of energy`);
  }
});
