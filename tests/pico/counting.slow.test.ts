/** What boards/bench measures with is right: the hand-written twin does what the core does, to the last
 *  byte of the memory, in V8 and as C; and QEMU's counting counts instructions. How many they may be is
 *  judged by npm run bench, not here. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { boxInService, memoryInService } from "../../bench/box.ts";
import * as count from "../../boards/bench/count.ts";
import { Load, loadedCore } from "../../boards/bench/load.ts";
import { fullLoad, lifeLoad, worstLoad } from "../../boards/bench/loads.ts";
import { releaseCore } from "../../boards/virtual/box.ts";
import { needArm, needQemu } from "../../scripts/need.ts";

const BUILD = fileURLToPath(new URL("../../build", import.meta.url));
const FOLDER = `${BUILD}/counting-test`;
const LOOP = 1_000_000;
const TOLERANCE = 50; // of the loop's instructions: one count of SysTick is 40
const LIFE_MS = 940_000;
const SECONDS = 40;
const TICK_SIZE = 16; // boards/bench/board.h

let memory: Uint8Array;
const programs = new Map<string, string>();

function program(engine: "twin" | "core", machine: count.Machine): string {
  const name = `${engine}-${machine}`;
  let path = programs.get(name);
  if (path === undefined) {
    const wasm = readFileSync(`${BUILD}/meter.wasm`);
    const parts =
      engine === "twin" ? count.twinParts() : count.wasm2cParts(wasm, `${FOLDER}/source`);
    path = count.makeProgram(parts, machine, `${FOLDER}/${name}`, ["-O2"]);
    programs.set(name, path);
  }
  return path;
}

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(`${FOLDER}/${name}`, bytes);
  return `${FOLDER}/${name}`;
}

before(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  needArm();
  needQemu();
  memory = memoryInService();
});

test("the twin makes the calls of the core through sixteen minutes", () => {
  const load = file("life.load", lifeLoad(memory));
  const [core, twin] = (["core", "twin"] as const).map((engine) =>
    count.runLoad(program(engine, "host"), "host", load),
  );
  rmSync(load);
  assert.equal(core.ticks, LIFE_MS);
  assert.ok(core.calls > 4 * LIFE_MS, `${core.calls} calls`);
  assert.deepEqual(twin, core);
});

test("from a recording of V8 core and twin come to the memory that V8 left", () => {
  const load = new Load(memory);
  const meter = loadedCore(releaseCore("meter"), load);
  const box = boxInService(memory, { meter, panel: null });
  for (let channel = 1; channel <= 39; channel++) box.setLoadW(channel, channel * 1000);
  box.setLoadW(3, -30_000);
  box.runMs((SECONDS / 2) * 1000);
  box.setPhase(2, false);
  box.socketShort(true);
  box.runMs((SECONDS / 2) * 1000);
  const path = file("box.load", load.bytes(0));
  for (const engine of ["core", "twin"] as const) {
    const left = `${FOLDER}/${engine}.fram`;
    const { ticks } = count.runLoad(program(engine, "host"), "host", path, left);
    assert.ok(ticks >= SECONDS * 1000);
    assert.ok(readFileSync(left).equals(box.fram.bytes), engine);
  }
});

test("instructions of a Cortex-M4 are counted", () => {
  const full = file("full.load", fullLoad(memory));
  const worst = file("worst.load", worstLoad(memory));
  for (const load of [full, worst]) {
    const [core, twin, host] = [
      count.runLoad(program("core", "m4"), "m4", load),
      count.runLoad(program("twin", "m4"), "m4", load),
      count.runLoad(program("twin", "host"), "host", load),
    ];
    for (const counted of [core, twin]) {
      assert.ok(Math.abs(counted.calibration - LOOP) <= TOLERANCE, `${counted.calibration}`);
      assert.equal(counted.fold, host.fold);
      assert.equal(counted.fram, host.fram);
      assert.ok(counted.mean > 100 && counted.worst > counted.mean);
    }
    assert.ok(core.mean > twin.mean && core.worst > twin.worst, "engines cost something");
  }
});

test("counting twice gives the same numbers", () => {
  const load = `${FOLDER}/full.load`;
  const run = (): count.Counted => count.runLoad(program("twin", "m4"), "m4", load);
  assert.deepEqual(run(), run());
});

test("a core that does something else is told from the twin", () => {
  const changed = Buffer.from(readFileSync(`${FOLDER}/full.load`));
  for (let tick = 2000; tick < 2060; tick++) {
    changed[changed.length - TICK_SIZE * tick] &= 0xfe; // the first channel rests
  }
  const [one, other] = [file("changed.load", changed), `${FOLDER}/full.load`].map((load) =>
    count.runLoad(program("core", "host"), "host", load),
  );
  assert.notEqual(one.fold, other.fold);
  assert.notEqual(one.fram, other.fram);
});
