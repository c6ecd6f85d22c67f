/** One scenario on three kinds of box: cores in V8, cores as C and under WAMR on two emulated Picos.
 *
 *  What is equal without any exception: each HAL call that a core on a chip makes, with its numbers and
 *  bytes, is the one that the same core makes in V8 when it is given the results that the chip's calls had,
 *  in every entry of every life, those that a power cut or a reset ended included.
 *
 *  What is equal between the boxes, each of which lives by itself: relay moves, restarts, answers on the
 *  line, calibration pulses, texts on the tubes, books, the memory as scenario-memory.ts reads it, and what
 *  the cores decided, as scenario-decisions.ts lists it. Where time may differ: a chip needs longer to start (ROM, clocks, init()), and a
 *  tick takes time, so that what comes in may be seen a tick later. Relay moves come within LATE_MS. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Box, releaseCore, type McuName } from "../../boards/virtual/box.ts";
import { PicoBox } from "../../boards/virtual/rp2040/box.ts";
import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { firmware } from "../../scripts/firmware.ts";
import { DAY, playDay, playMorning, type Outcome } from "./scenario-day.ts";
import { Decisions } from "./scenario-decisions.ts";
import { memoryLines } from "./scenario-memory.ts";
import { symbolsOf, Twin, watchChip, watchedCore, type Symbols } from "./scenario-trace.ts";

const FOLDER = fileURLToPath(new URL("../../build/pico", import.meta.url));
const NAMES: McuName[] = ["meter", "panel"];

interface Run {
  seen: Outcome;
  decisions: Decisions;
}

type Play = (box: Box) => Outcome;

function runV8(play: Play, fram?: Uint8Array): Run {
  const decisions = new Decisions();
  const [meter, panel] = NAMES.map((name) =>
    watchedCore(name, releaseCore(name), (entry) => decisions.note(entry)),
  );
  return { seen: play(new Box({ ...DAY, meter, panel, fram })), decisions };
}

/** A run on two chips, each call of which is followed in V8. */
function runChips(engine: string, say: (text: string) => void, play: Play, fram?: Uint8Array): Run {
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
  const box = new PicoBox({ ...DAY, meter: make, panel: make, fram });
  const began_ms = Date.now();
  const seen = play(box);
  const speed = (box.now_ms / (Date.now() - began_ms)).toFixed(1);
  say(
    `${engine}: ${box.now_ms} ms at ${speed} x real time, ${twins.meter.calls} calls of the meter, `,
  );
  say(
    `${twins.panel.calls} of the panel; direction released after ${box.line_pins.longest_hold_us} us`,
  );
  assert.ok(twins.meter.calls > 50_000 && twins.panel.calls > 50_000);
  assert.deepEqual(
    chips.flatMap((chip) => chip.faults),
    [],
  );
  return { seen, decisions };
}

before(() => firmware());

/** A chip's start, at most, beyond that in V8. */
const LATE_MS = 60;

test("the day on two chips with C", (t) => {
  const run = runChips("c", (text) => t.diagnostic(text), playDay);
  const v8 = runV8(playDay);
  compareOutcome(run.seen, v8.seen);
  compareDecisions(run.decisions, v8.decisions);
});

/** Answers of the morning that tell the remaining credit. */
const REMAINING = [2, 4];

/** A memory as a first start leaves it. */
function formatted(): Uint8Array {
  const box = new Box(DAY);
  box.powerOn();
  box.runMs(200);
  box.powerOff();
  return box.fram.bytes;
}

// The interpreter runs at less than real time here, so its scenario is the morning; its ticks of more than
// a millisecond are followed by one tick, so it gets the exact comparison and that of answers and moves.
// Its relay opens a few ms later, with one more pulse at this load: what remains is left out, and
// of the moves those that come in between from the first sweep over unsupplied channels.
test("the morning on two chips with WAMR", (t) => {
  const fram = formatted();
  const { seen } = runChips("wamr", (text) => t.diagnostic(text), playMorning, fram);
  const v8 = runV8(playMorning, fram);
  const settled = (answers: string[]): string[] => answers.filter((_, i) => !REMAINING.includes(i));
  assert.deepEqual(settled(seen.answers), settled(v8.seen.answers));
  const ofFirst = (moves: string[]): string[] => moves.filter((what) => what.startsWith("1 "));
  assert.deepEqual(ofFirst(movesOf(seen)), ofFirst(movesOf(v8.seen)));
  assert.deepEqual(seen.lives, v8.seen.lives);
});

function movesOf(seen: Outcome): string[] {
  return seen.relays.map(({ what }) => what);
}

function compareOutcome(seen: Outcome, wanted: Outcome): void {
  for (const what of ["lives", "answers", "socket", "books", "tubes"] as const) {
    assert.deepEqual(seen[what], wanted[what], what);
  }
  assert.deepEqual(memoryLines(seen.fram), memoryLines(wanted.fram));
  assert.deepEqual(movesOf(seen), movesOf(wanted));
  seen.relays.forEach(({ what, ms }, i) => {
    const late_ms = ms - wanted.relays[i].ms;
    assert.ok(Math.abs(late_ms) <= LATE_MS, `${what}: ${late_ms} ms later`);
  });
}

function compareDecisions(mine: Decisions, theirs: Decisions): void {
  for (const [where, list] of theirs.lists) assert.deepEqual(mine.lists.get(where), list, where);
  assert.deepEqual([...mine.lists.keys()].sort(), [...theirs.lists.keys()].sort());
}
