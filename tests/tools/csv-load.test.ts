/** --load: what is read from a CSV file, and that every error names line and column. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { csvLoad, parseLoad } from "../../tools/simulate/csv-load.ts";
import { InputError } from "../../tools/simulate/errors.ts";

const ALL = Array.from({ length: 39 }, (_, i) => i + 1);

function read(...lines: string[]): ReturnType<typeof parseLoad> {
  return parseLoad("f.csv", lines.join("\n"), ALL);
}

function refuses(lines: string[], message: RegExp): void {
  assert.throws(
    () => read(...lines),
    (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, message);
      return true;
    },
  );
}

test("a column per channel, in watts", () => {
  const load = read("minute,ch07_w,ch39_w", "0,100,20", "1,300,40");
  const first = load.at(0);
  assert.equal(first.watts[6], 100);
  assert.equal(first.watts[38], 20);
  assert.equal(first.watts[0], 0);
  assert.equal(first.until_s, 60);
  assert.equal(load.at(60).watts[6], 300);
  assert.equal(load.at(119).until_s, 120);
});

test("after its end the file begins anew", () => {
  const load = read("minute,ch07_w,ch39_w", "0,100,20", "1,300,40");
  assert.equal(load.at(120).watts[6], 100);
  assert.equal(load.at(120).until_s, 180);
  assert.equal(load.at(120 * 1000 + 61).watts[6], 300);
});

test("one column is spread over the channels in use, to the milliwatt", () => {
  const load = parseLoad("f.csv", "time,total_w\n00:00,1000\n00:30,0\n", [1, 2, 3]);
  const { watts, until_s } = load.at(0);
  assert.deepEqual(watts.slice(0, 4), [333.334, 333.333, 333.333, 0]);
  assert.equal(until_s, 1800);
});

test("energy per interval becomes power", () => {
  const load = read("time,ch1_kwh,ch2_kwh", "2026-01-31 23:45,0.25,0", "2026-02-01T00:00:00,0.5,0");
  assert.equal(load.at(0).watts[0], 1000);
  assert.equal(load.at(900).watts[0], 2000);
});

test("intervals of different lengths", () => {
  const load = read("time,a1_kwh,a2_kwh", "00:00,1,0", "01:00,1,0", "03:00,1,0", "03:30,1,0");
  assert.equal(load.at(0).watts[0], 1000);
  assert.equal(load.at(3600).watts[0], 500);
  assert.equal(load.at(3 * 3600).watts[0], 2000);
});

test("the project's own file is such a file", () => {
  const load = csvLoad("data/household-minutes.csv", ALL);
  assert.equal(load.at(0).watts[0], 1044);
  assert.equal(load.at(60).watts[14], 302);
  assert.equal(load.at(0).watts[15], 0);
});

const HEADER = "minute,ch01_w,ch02_w";
const WRONG: [string, string[], RegExp][] = [
  ["an empty file", [""], /line 1, column 1: no header/],
  ["a header without a load", ["minute", "0"], /line 1, column 1:/],
  [
    "a header without a unit",
    ["minute,power", "0,1"],
    /line 1, column 2 \("power"\): .*_w or _kwh/,
  ],
  ["a column without a channel", ["minute,ch1_w,x_w", "0,1,1"], /line 1, column x_w: .*1\.\.39/],
  ["channel 40", ["minute,ch1_w,ch40_w", "0,1,1"], /line 1, column ch40_w: .*1\.\.39/],
  ["a channel twice", ["minute,ch1_w,b1_w", "0,1,1"], /line 1, column b1_w: channel 1 has/],
  ["a single line", [HEADER, "0,1,1"], /line 2, column minute: two lines/],
  ["a time that is none", [HEADER, "0,1,1", "x,1,1"], /line 3, column minute: "x"/],
  ["a time that is none, 2", ["time,a_w", "00:00,1", "25:00,1"], /line 3, column time: "25:00"/],
  ["time standing still", [HEADER, "0,1,1", "0,1,1"], /line 3, column minute: .*go on/],
  ["time going back", [HEADER, "5,1,1", "4,1,1"], /line 3, column minute: .*go on/],
  [
    "a missing line",
    [HEADER, "0,1,1", "1,1,1", "2,1,1", "4,1,1"],
    /line 5, column minute: a gap: 120/,
  ],
  ["an empty cell", [HEADER, "0,1,1", "1,,1"], /line 3, column ch01_w: a gap/],
  ["a short line", [HEADER, "0,1,1", "1,1"], /line 3, column ch02_w: a gap/],
  ["a long line", [HEADER, "0,1,1", "1,1,1,1"], /line 3, column 4: more columns/],
  ["text for a number", [HEADER, "0,1,1", "1,1,abc"], /line 3, column ch02_w: "abc" is not/],
  ["infinity", [HEADER, "0,1,1", "1,1,Infinity"], /line 3, column ch02_w: "Infinity" is not/],
  ["a negative number", [HEADER, "0,1,-5", "1,1,1"], /line 2, column ch02_w: -5 is negative/],
  ["too much for a channel", [HEADER, "0,1,25001", "1,1,1"], /line 2, column ch02_w: more than/],
  ["an open quote", [HEADER, '0,"1,1', "1,1,1"], /line \d+, column .*/],
];

for (const [name, lines, message] of WRONG) {
  test(`refused: ${name}`, () => refuses(lines, message));
}

test("a file that is not there", () => {
  assert.throws(() => csvLoad("no/such/file.csv", ALL), /--load: cannot read no\/such\/file\.csv/);
});
