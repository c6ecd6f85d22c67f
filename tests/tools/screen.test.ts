/** The digits on the screen are those on the tubes; the picture fits the terminal. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { makeRun } from "../../tools/simulate/command.ts";
import { screenText, segmentArt } from "../../tools/simulate/screen.ts";
import { Simulation } from "../../tools/simulate/simulation.ts";

test("segments become strokes: 8 with its point, 7, 2, dark", () => {
  assert.deepEqual(segmentArt(0xff), [" _  ", "|_| ", "|_|."]);
  assert.deepEqual(segmentArt(0x70), [" _  ", "  | ", "  | "]);
  assert.deepEqual(segmentArt(0x6d), [" _  ", " _| ", "|_  "]);
  assert.deepEqual(segmentArt(0), ["    ", "    ", "    "]);
});

test("80 x 24 and 100 x 40: nothing is wider or longer, the keys and a card are told", () => {
  const simulation = new Simulation(makeRun({ speed: 0, seed: 1 }, false));
  simulation.setUp();
  simulation.sales.presentations.show(
    simulation.sales.cabinet.household(5)!,
    2000,
    () => undefined,
  );
  const view = { speed: 720, paused: false, slow: false, prompt: "" };
  for (const [columns, rows] of [
    [80, 24],
    [100, 40],
  ]) {
    const text = stripVTControlCharacters(screenText(simulation, { ...view, columns, rows }));
    const lines = text.split("\n");
    assert.ok(lines.length < rows, `${lines.length} lines`);
    assert.deepEqual(
      lines.filter((line) => line.trimEnd().length > columns),
      [],
    );
    assert.match(text, /c buy {2}k card {2}f file {2}r remove/);
    assert.match(lines[0], / card$/);
  }
});
