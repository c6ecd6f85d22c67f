/** Both release cores, made into C or run by WAMR, do call by call and byte by byte what they do in V8.
 *  One scenario on the virtual box: provisioning, cards, load, alarm, trip, relays, socket, phase
 *  loss, refresh, power cuts and resets. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { Recording, recordedCore } from "../../boards/engine/recording.ts";
import { compileWamr } from "../../boards/engine/wamr/host.ts";
import { compileCore, hasSanitizers, SANITIZE } from "../../boards/engine/wasm2c.ts";
import type { CProgram } from "../../boards/engine/wasm2c.ts";
import { releaseCore, type Core, type McuName } from "../../boards/virtual/box.ts";
import { firstCard } from "../cards/kit.ts";
import { BoxBench } from "../meter/kit.ts";
import { BUILD, FOLDER, replay } from "./kit.ts";

const NAMES: McuName[] = ["meter", "panel"];
const STATE_TRIPPED = 2;
const STATE_EMPTY = 3;
const HEAVY_W = 40_000; // 1 kWh in 90 s
const SWIPE_MS = 800;
const EVENT_BYTES = 7;

const programs = new Map<string, CProgram>();

function recordingOf(name: McuName, run: string): string {
  return `${FOLDER}/${run}-${name}.recording`;
}

/** Runs `scenario` on a box whose cores are recorded; `wrap` stands between core and recorder. */
function record(
  run: string,
  scenario: (bench: BoxBench) => void,
  wrap = (core: Core): Core => core,
): void {
  const recordings = NAMES.map((name) => new Recording(recordingOf(name, run)));
  const [meter, panel] = NAMES.map((name, i) =>
    recordedCore(wrap(releaseCore(name)), recordings[i]),
  );
  scenario(new BoxBench({ meter, panel, seed: 7 }));
  for (const recording of recordings) recording.close();
}

/** Some minutes in the life of a box. */
function life(bench: BoxBench): void {
  const { box } = bench;
  box.runMs(300);
  assert.equal(bench.provision(), 0);
  assert.equal(bench.set(41, 1, 100, 1), 0); // trips at 1 kWh
  assert.equal(bench.set(40, 1, 120, 2), 0); // alarm at 1.2 kWh
  const card = firstCard(1, 150);
  const show = (): void => {
    box.reader.present(card);
    box.runMs(SWIPE_MS);
    box.reader.remove(card);
    box.runMs(SWIPE_MS);
  };
  show();
  assert.equal(bench.books(1).number, 1);
  assert.equal(bench.credit(5, 1, 5_000).result, 0);
  assert.equal(bench.set(8, 0, 480, 1), 0); // refresh each 8 minutes
  for (let channel = 1; channel <= 39; channel++) box.setLoadW(channel, channel * 50);
  box.setLoadW(1, HEAVY_W);
  box.setLoadW(5, -HEAVY_W);
  box.runMs(20_000);
  assert.ok(box.relayClosed(1));
  box.runMs(30_000);
  assert.equal(bench.books(1).state, STATE_TRIPPED);
  assert.ok(!box.relayClosed(1));

  show(); // resumes
  box.runMs(5_000);
  assert.ok(box.relayClosed(1));
  bench.box.fram.cutAfter(EVENT_BYTES);
  box.runMs(3_000);
  assert.ok(!box.powered);
  box.powerOn();
  box.runMs(100_000);
  assert.equal(bench.books(1).state, STATE_EMPTY);
  assert.equal(bench.credit(1, 3, 100).result, -5); // number 2 was skipped
  assert.equal(bench.credit(1, 2, 3_000).result, 0);

  box.socketShort(true);
  box.setPhase(1, false);
  box.runMs(20_000);
  box.powerOff();
  box.runMs(500);
  box.powerOn();
  box.setPhase(1, true);
  box.resetMcu("panel");
  box.runMs(5_000);
  box.resetMcu("meter");
  box.runMs(490_000); // a refresh round
}

before(() => {
  for (const name of NAMES) {
    const wasm = readFileSync(`${BUILD}/${name}.wasm`);
    programs.set(name, compileCore(wasm, `${FOLDER}/${name}`, ["-O2"]));
  }
  record("life", life);
});

after(() => {
  // A hundred megabytes.
  for (const run of ["life", "lie"]) {
    for (const name of NAMES) rmSync(recordingOf(name, run), { force: true });
  }
});

for (const name of NAMES) {
  test(`${name} in C makes the calls that it makes in V8`, () => {
    const { replay: program, memory_size } = programs.get(name)!;
    const { exit_code, said } = replay(program, recordingOf(name, "life"));
    assert.equal(exit_code, 0, said);
    assert.match(said, /^[0-9]{6} entries, [0-9]{6,} calls$/m, "minutes were replayed");
    assert.ok(memory_size <= 32 * 1024);
  });
}

for (const name of NAMES) {
  for (const interpreter of ["classic", "fast"] as const) {
    test(`${name} under WAMR (${interpreter}) makes the calls that it makes in V8`, () => {
      const wasm = readFileSync(`${BUILD}/${name}.wasm`);
      const program = compileWamr(wasm, `${FOLDER}/${name}-${interpreter}`, ["-O2"], interpreter);
      const { exit_code, said } = replay(program, recordingOf(name, "life"));
      assert.equal(exit_code, 0, said);
      assert.match(said, /^[0-9]{6} entries, [0-9]{6,} calls$/m, "minutes were replayed");
    });
  }
}

test(
  "without undefined behaviour, a bad access or an unaligned one",
  { skip: !hasSanitizers() },
  () => {
    for (const name of NAMES) {
      const wasm = readFileSync(`${BUILD}/${name}.wasm`);
      const program = compileCore(wasm, `${FOLDER}/${name}-checked`, ["-O1", ...SANITIZE]);
      const { exit_code, said } = replay(program.replay, recordingOf(name, "life"));
      assert.equal(exit_code, 0, said);
    }
  },
);

test("one bit that differs is noticed", () => {
  let transfers = 0;
  /** The core gets another byte from its memory, once, than the recording says. */
  const liar = (core: Core): Core => ({
    start(hal) {
      let memory: Uint8Array = new Uint8Array(0);
      return core.start({
        ...hal,
        attach(given) {
          memory = given instanceof Uint8Array ? given : new Uint8Array(given.buffer);
          hal.attach(given);
        },
        spi(device, address, size) {
          hal.spi(device, address, size);
          if (device === 0 && size > 5 && ++transfers === 3) memory[address + size - 1] ^= 0x10;
        },
      });
    },
  });
  record("lie", (bench) => bench.box.runMs(2_000), liar);
  const lied = replay(programs.get("meter")!.replay, recordingOf("meter", "lie"));
  assert.equal(lied.exit_code, 1, lied.said);
  assert.match(lied.said, /recorded is/);
});
