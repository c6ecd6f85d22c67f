/** meter39 provision is interrupted, by the line or by the power of the box, and taken up by running it
 *  again. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { ProvisionReport } from "../../tools/factory/report.ts";
import { Factory, ON_LINE, SERIES, type Run } from "./factory-kit.ts";

const factory = new Factory();
const series = factory.file("series.yaml");
writeFileSync(series, SERIES);

function provision(number: string): Promise<Run> {
  const args = ["--number", number, "--series", series, "--retries", "1"];
  return factory.run("provision", ...ON_LINE, ...args, ...factory.office);
}

async function takeUp(number: string, is_begun: boolean): Promise<void> {
  factory.restart();
  const { code, err } = await provision(number);
  assert.equal(code, 0, err);
  const report = factory.report<ProvisionReport>(number, "provision")!;
  assert.equal(report.progress, "done");
  assert.equal(report.resumed, is_begun ? 1 : 0);
  assert.equal(report.settings!["layout:4"], 0x060504);
  assert.equal(report.settings!["price"], 5200);
}

test("the line is pulled out after so many frames", async () => {
  for (const frames of [0, 1, 2, 3, 60, 140, 170, 200, 280]) {
    const number = `202511${String(frames).padStart(4, "0")}`;
    factory.place();
    factory.breaks_after = frames;
    const { code, err } = await provision(number);
    factory.breaks_after = Infinity;
    assert.equal(code, 1, `broken after ${frames}`);
    assert.match(err, /pulled out/);
    await takeUp(number, frames > 0);
  }
});

test("the power of the box is cut after so many bytes into its memory", async () => {
  for (const bytes of [20, 60, 500, 1700, 4000, 7000]) {
    const number = `202512${String(bytes).padStart(4, "0")}`;
    factory.place();
    factory.box.fram.cutAfter(bytes);
    const { code, err } = await provision(number);
    assert.equal(code, 1, `cut after ${bytes}`);
    assert.match(err, /did not answer/);
    await takeUp(number, true);
  }
});
