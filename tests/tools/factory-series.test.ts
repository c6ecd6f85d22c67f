/** Series files: what they may say, and that an error names its line; the order in which a box is
 *  written. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, stepsOf, targetsOf } from "../../tools/factory/plan.ts";
import { parseSeries, standardSeries } from "../../tools/factory/series.ts";

const ERRORS: [string, RegExp][] = [
  ["layout: single\ncolour: red", /s\.yaml: line 2, field colour: is unknown/],
  ["constant: 0", /line 1, field constant: /],
  ["constants:\n  4: 3200\n  40: 3200", /line 3, field constants\.40: "40" is no channel 1\.\.39/],
  ["constants:\n  4: many", /line 2, field constants\.4: /],
  ["phases: ABC", /line 1, field phases: must be 39 letters A, B, C/],
  ["settings:\n  alarm: 3", /line 2, field settings\.alarm: there is no such setting/],
  ["settings:\n  decimals: 3", /line 2, field settings\.decimals: must be 1\.\.2/],
  ["settings:\n  price:4: 3", /line 2, field settings\.price:4: belongs to the box/],
  ["settings:\n  layout: 3", /line 2, field settings\.layout: is set in another way/],
  ["series: A\nlayout: 1:1,4,7", /line 2, field layout: household 1: channels 1 and 4 are both/],
  ["passwords:\n  level_4: 123456", /line 2, field passwords\.level_4: /],
  ["passwords:\n  level_3: '123456'", /line 2, field passwords\.level_3: is unknown/],
  ["- 1", /line 1, field -: fields and values are needed/],
  ["a: b: c", /line 1, field -: /],
];

test("an error of a series names line and field, and no password", () => {
  for (const [text, message] of ERRORS) {
    assert.throws(
      () => parseSeries("s.yaml", text),
      (error: Error) => {
        assert.match(error.message, message);
        return !error.message.includes("123456");
      },
    );
  }
});

test("phases of a series decide which layouts can be", () => {
  const phases = `AAA BBB CCC ${"ABC ".repeat(10)}`;
  const series = parseSeries("s.yaml", `phases: ${phases}\nlayout: "1:1,4,7 2:2"`);
  const values = new Map(targetsOf(series).map((target) => [keyOf(target), target.value]));
  assert.equal(values.get("phase:4"), 1);
  assert.equal(values.get("layout:1"), 0x070401);
  assert.equal(values.get("layout:4"), 0);
});

test("households are dissolved first, levels keep their relation, the line comes last", () => {
  const series = standardSeries();
  series.layout = "1:1,2,3 4:4";
  for (const [name, value] of [
    ["line_rate", 4],
    ["price", 5000],
    ["account_mode", 1],
    ["alarm_level", 400],
    ["trip_level", 300],
  ] as const) {
    series.settings.set(name, value);
  }
  const targets = targetsOf(series);
  const now = new Map(
    targets.map((target) => {
      const start: Record<string, number> = { layout: target.index, alarm_level: 1000 };
      const box: Record<string, number> = { trip_level: 500, line_rate: 3, price: 1 };
      return [keyOf(target), start[target.name] ?? box[target.name] ?? target.value];
    }),
  );
  now.set("account_mode", 0);
  const steps = stepsOf(targets, now).map((step) => `${keyOf(step)}=${step.value}`);
  const dissolved = 39 - 1; // all but household 4
  assert.equal(
    steps.slice(0, dissolved).every((step) => /^layout:\d+=0$/.test(step)),
    true,
  );
  assert.deepEqual(steps.slice(dissolved), [
    "layout:1=197121",
    ...["trip_level:1=300", "alarm_level:1=400", "trip_level:4=300", "alarm_level:4=400"],
    ...["account_mode=1", "price=5000", "line_rate=4"],
  ]);
});
