/** Runs of a scenario: on a box of two cores in V8, and on a box of two chips whose every HAL call is
 *  followed in V8. What they come to is compared here. Where time may differ: docs/PICO.md. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Box, releaseCore, type BoxOptions, type McuName } from "../../boards/virtual/box.ts";
import { PicoBox } from "../../boards/virtual/rp2040/box.ts";
import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import type { Outcome } from "./scenario-day.ts";
import { Decisions } from "./scenario-decisions.ts";
import { memoryDifferences } from "./scenario-memory.ts";
import { symbolsOf, Twin, watchChip, watchedCore, type Symbols } from "./scenario-trace.ts";

const FOLDER = fileURLToPath(new URL("../../build/pico", import.meta.url));
const NAMES: McuName[] = ["meter", "panel"];

export interface Run {
  seen: Outcome;
  decisions: Decisions;
}

/** What a box starts with, whatever runs in it. */
export type Start = Omit<BoxOptions, "meter" | "panel" | "trace">;
export type Play = (box: Box) => Outcome;
export type Say = (text: string) => void;

export function runV8(play: Play, start: Start): Run {
  const decisions = new Decisions();
  const [meter, panel] = NAMES.map((name) =>
    watchedCore(name, releaseCore(name), (entry) => decisions.note(entry)),
  );
  return { seen: play(new Box({ ...start, meter, panel })), decisions };
}

/** A run on two chips, each call of which is followed in V8. */
export function runChips(engine: string, play: Play, start: Start, say: Say): Run {
  const decisions = new Decisions();
  const twins = { meter: new Twin(releaseCore("meter")), panel: new Twin(releaseCore("panel")) };
  const symbols = {} as Record<McuName, Symbols>;
  for (const name of NAMES) symbols[name] = symbolsOf(`${FOLDER}/${name}-${engine}.elf`);
  const chips: Chip[] = [];
  const make = (name: McuName): Chip => {
    const chip = new Chip(readFileSync(`${FOLDER}/${name}-${engine}.bin`), { name });
    watchChip(name, chip, symbols[name], (entry) => {
      decisions.note(entry);
      twins[name].follow(entry);
    });
    chips.push(chip);
    return chip;
  };
  const box = new PicoBox({ ...start, meter: make, panel: make });
  const began_ms = Date.now();
  const seen = play(box);
  const ran_s = (Date.now() - began_ms) / 1000;
  const { meter, panel } = twins;
  say(`${engine}: ${box.now_ms} ms in ${ran_s.toFixed(0)} s; entries and calls followed:`);
  say(`meter ${meter.entries}, ${meter.calls}; panel ${panel.entries}, ${panel.calls}`);
  say(`direction released after ${box.line_pins.longest_hold_us} us`);
  const faults = chips.flatMap((chip) => chip.faults);
  assert.deepEqual(faults, []);
  return { seen, decisions };
}

/** In V8 a coil has current for a millisecond longer than set. */
const SHORTER_MS = 1 + 1;

/** How much later than in V8 a relay may move, and how much longer a coil may have current: the tick that sees
 *  the time over may itself be late. Shorter than set it is by less than a millisecond, the measure of time. */
export interface Lateness {
  moves_ms: number;
  coils_ms: number;
}

const SEEN = ["lives", "answers", "socket", "rests", "tubes"] as const;

/** Fails unless both runs came to the same. */
export function compare(run: Run, wanted: Run, late: Lateness, say: Say): void {
  for (const what of SEEN) assert.deepEqual(run.seen[what], wanted.seen[what], what);
  const moves = [run, wanted].map(({ seen }) => seen.relays.map(({ what }) => what));
  assert.deepEqual(moves[0], moves[1]);
  const { lists } = run.decisions;
  for (const [where, list] of wanted.decisions.lists) {
    assert.deepEqual(lists.get(where), list, where);
  }
  assert.deepEqual([...lists.keys()].sort(), [...wanted.decisions.lists.keys()].sort());
  const used = new Set<string>();
  assert.deepEqual(memoryDifferences(run.seen.fram, wanted.seen.fram, used), []);
  say(`memory differs in: ${[...used].join(", ") || "nothing"}`);
  compareTimes(run.seen, wanted.seen, late, say);
}

function compareTimes(seen: Outcome, wanted: Outcome, late: Lateness, say: Say): void {
  const moves_ms = seen.relays.map(({ ms }, i) => ms - wanted.relays[i].ms);
  const coils_ms = seen.coils_ms.map((ms, i) => ms - wanted.coils_ms[i]);
  const range = (list: number[]): string =>
    `${Math.min(...list).toFixed(1)}..${Math.max(...list).toFixed(1)} ms`;
  say(`relays move later by ${range(moves_ms)}, coils have current longer by ${range(coils_ms)}`);
  for (const ms of moves_ms) assert.ok(Math.abs(ms) <= late.moves_ms, `${ms} ms later`);
  for (const ms of coils_ms) assert.ok(ms > -SHORTER_MS && ms <= late.coils_ms, `${ms} ms longer`);
}
