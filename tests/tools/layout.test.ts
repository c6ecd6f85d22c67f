/** --layout: names, texts, files, and what is refused. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InputError } from "../../tools/simulate/errors.ts";
import { parseLayout } from "../../tools/simulate/layout.ts";

test("single: 39 households of one channel", () => {
  const households = parseLayout("single");
  assert.equal(households.length, 39);
  assert.deepEqual(households[38], { number: 39, channels: [39] });
});

test("three: 13 households on three channels each", () => {
  const households = parseLayout("three");
  assert.equal(households.length, 13);
  assert.deepEqual(households[12], { number: 37, channels: [37, 38, 39] });
});

test("mixed uses each channel once", () => {
  const channels = parseLayout("mixed").flatMap((household) => household.channels);
  assert.deepEqual(
    channels,
    Array.from({ length: 39 }, (_, i) => i + 1),
  );
});

test("a text, in any order", () => {
  assert.deepEqual(parseLayout("5:5  1:1,2,3 4:4,8,12"), [
    { number: 1, channels: [1, 2, 3] },
    { number: 4, channels: [4, 8, 12] },
    { number: 5, channels: [5] },
  ]);
});

test("a file with comments", () => {
  const folder = mkdtempSync(join(tmpdir(), "meter39-layout-"));
  const file = join(folder, "layout.txt");
  writeFileSync(file, "# ground floor\n1:1,2,3 # shop\n4:4\n");
  assert.equal(parseLayout(file).length, 2);
  rmSync(folder, { recursive: true });
});

const WRONG: [string, RegExp][] = [
  ["1:1,2,3 3:3", /channel 3 is used twice, by household 1 and household 3/],
  ["1:1 1:1", /channel 1 is used twice/],
  ["1:1,2,4", /household 1: channels 1 and 4 are both on phase A/],
  ["1:1,5,8", /household 1: channels 5 and 8 are both on phase B/],
  ["2:1", /household 2 must have channel 2 first/],
  ["1:1,2", /household 1 has 2 channels, not 1 or 3/],
  ["40:40", /household "40" is not a number 1\.\.39/],
  ["1:1,2,x", /channel "x" is not a number 1\.\.39/],
  ["0:0", /household "0"/],
  ["double", /"double" is neither single, three, mixed/],
  ["1:1:1", /neither/],
  ["", /no household/],
];

for (const [text, message] of WRONG) {
  test(`refused: "${text}"`, () => {
    assert.throws(() => parseLayout(text), InputError);
    assert.throws(() => parseLayout(text), message);
  });
}
