/** meter39 provision and meter39 selftest against the image for the box: C on two emulated Picos, the jig and
 *  all parts on their pins, the factory behind the pins of RS485. Provisioned once, then locked; a sound
 *  box passes, and of a broken one fails what is broken and nothing else. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { afterEach, before, test } from "node:test";
import type { Box } from "../../boards/virtual/box.ts";
import type { ProvisionReport } from "../../tools/factory/report.ts";
import type { Verdict } from "../../tools/factory/verdict.ts";
import { virtualJig } from "../../tools/factory/virtual.ts";
import { KIND_PROVISION } from "../../tools/simulate/frames.ts";
import { RESULT_LOCKED, SETTINGS } from "../../tools/simulate/office-codes.ts";
import { firmware } from "../../scripts/firmware.ts";
import {
  failed,
  Factory,
  LOAD_W,
  ON_LINE,
  SERIES,
  technicianAt,
  tested,
} from "../tools/factory-kit.ts";
import { jigWithoutLoad, picoBox } from "./factory-box.ts";

const NUMBER = "2025112101";
const OTHER = "2025112102";
const KEY_SIZE = 16;
const SPARE_ADDRESS = 0x3f700;

const restarts: string[] = [];
const factory = new Factory((options) => picoBox("c", options, restarts));

before(() => firmware(undefined, ["c"]));
afterEach(() => assert.deepEqual(restarts, []));

test("a blank box is provisioned once, keeps it without power, and is locked", async () => {
  const series = factory.file("series.yaml");
  writeFileSync(series, SERIES);
  const provision = (number: string): ReturnType<Factory["run"]> =>
    factory.run("provision", ...ON_LINE, "--number", number, "--series", series, ...factory.office);
  factory.place();
  const { code, err } = await provision(NUMBER);
  assert.equal(code, 0, err);
  const report = factory.report<ProvisionReport>(NUMBER, "provision")!;
  assert.equal(report.progress, "done");
  assert.deepEqual(
    ["layout:4", "constant:10", "trip_level:10", "price"].map((key) => report.settings![key]),
    [0x060504, 3200, 100, 5200],
  );
  assert.ok(Math.abs(report.clock_ahead_s!) <= 2); // the panel reads its clock once a second

  factory.restart();
  const native = factory.native();
  assert.equal((await native.box()).number, NUMBER);
  assert.equal(await native.setting(SETTINGS.constant.id, 10, "constant"), 3200);
  const again = await provision(OTHER);
  assert.deepEqual([again.code, factory.report(OTHER, "provision")], [1, null]);
  assert.match(again.err, /this box has its number already: 2025112101/);
  const refused = await native.ask(KIND_PROVISION, new Uint8Array(5 + KEY_SIZE).fill(0x11));
  assert.equal((refused[0] << 24) >> 24, RESULT_LOCKED);
  const selftest = await factory.run("selftest", ...ON_LINE, "--name", "locked");
  assert.equal(selftest.code, 1);
  assert.match(selftest.err, /close the service switch/);
});

test("a sound box passes under a technician's hands", async () => {
  const box = factory.place();
  factory.ask = technicianAt(box);
  const args = ["selftest", ...ON_LINE, "--name", "sound", "--jig", "ask"];
  const { code, out } = await factory.run(...args);
  assert.equal(code, 0, out);
  const { tests } = factory.report<{ tests: Verdict[] }>("sound", "selftest")!;
  assert.deepEqual(
    tests.filter(({ result }) => result !== "pass"),
    [],
  );
  assert.equal(tests.filter(({ test }) => /^channel \d+$/.test(test)).length, 39);
});

/** One coil of a channel has no current. */
function cutCoil(box: Box, channel: number, closing: boolean): void {
  const relay = box.relays[channel - 1];
  const coil = relay.coil.bind(relay);
  relay.coil = (closes, on, time_us) => {
    if (closes !== closing) coil(closes, on, time_us);
  };
}

/** A pulse input stays at a level. */
function stickInput(box: Box, channel: number, level: number): void {
  const pulseLevel = box.pulseLevel.bind(box);
  pulseLevel(channel - 1, level);
  box.pulseLevel = (index, now) => pulseLevel(index, index === channel - 1 ? level : now);
}

/** Nobody answers on the memory's select: its bus reads as pulled up. */
function takeMemory({ fram }: Box): void {
  fram.transfer = (memory, offset, size) => void memory.fill(0xff, offset, offset + size);
}

/** Bit 0 of a byte that holds no record cannot be set. */
function breakCell({ fram }: Box): void {
  const transfer = fram.transfer.bind(fram);
  fram.transfer = (memory, offset, size) => {
    fram.bytes[SPARE_ADDRESS] &= 0xfe;
    transfer(memory, offset, size);
  };
}

/** The crystal of the clock chip does not swing; its bus works. */
function stopClock({ rtc }: Box): void {
  Object.defineProperty(rtc, "time_s", { value: rtc.time_s });
}

/** With a load the channels of the phase would not count either. */
const MISSING_PHASE = 1;

/** What is broken in the box, what fails then, and what is told of the first of it. */
type Damage = [string, (box: Box) => void, string[], RegExp];

/** All that the meter does; what the panel does goes on. */
const WITHOUT_MEMORY = [
  ...["meter", "memory chip", "memory", "phases"],
  ...["socket", "service switch", "relays and inputs"],
];

const WITHOUT_LOAD: Damage[] = [
  ["the memory, absent", takeMemory, WITHOUT_MEMORY, /Err 20/],
  ["a cell of the memory", breakCell, ["memory cells"], /wrong bytes/],
  ["the reader, absent", (box) => box.reader.setMode("absent-ff"), ["reader"], /Err 30/],
  ["the clock's crystal", stopClock, ["clock runs"], /seconds/],
  ["the clock's bus", (box) => box.i2cStuck(true), ["clock"], /Err 22/],
  ["a phase", (box) => box.setPhase(MISSING_PHASE, false), ["phase B"], /^0 V/],
];

const UNDER_LOAD: Damage[] = [
  ["the closing coil of a relay", (box) => cutCoil(box, 5, true), ["channel 5"], /stays open/],
  ["a pulse input", (box) => stickInput(box, 11, 1), ["channel 11"], /the input is dead/],
];

for (const [jigOf, damages] of [
  [jigWithoutLoad, WITHOUT_LOAD],
  [(box: Box) => virtualJig(box, LOAD_W), UNDER_LOAD],
] as const) {
  for (const [what, damage, lines, found] of damages) {
    test(`broken, and nothing else fails: ${what}`, async () => {
      const box = factory.place({}, damage);
      const verdicts = await tested(box, jigOf(box));
      assert.deepEqual(failed(verdicts.values()), lines);
      assert.match(verdicts.get(lines[0])!.found, found);
    });
  }
}
