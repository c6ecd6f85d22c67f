/** The WAMR engine as compiled for the microcontrollers, in QEMU: both cores make the HAL calls that they
 *  make in V8, the pool has room to spare, and what an image takes of a chip is within its limits. The
 *  long recording is replayed on the host (replay.slow.test.ts); this one is of seconds. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { after, before, test } from "node:test";
import { Recording, recordedCore } from "../../boards/engine/recording.ts";
import { wamrParts, type Interpreter, type WamrCpu } from "../../boards/engine/wamr/build.ts";
import { wasmCore, type McuName } from "../../boards/virtual/box.ts";
import { needArm, needQemu } from "../../scripts/need.ts";
import { firstCard } from "../cards/kit.ts";
import { BoxBench } from "../meter/kit.ts";
import { BUILD, FOLDER, type Replayed } from "./kit.ts";

const CC = "arm-none-eabi-gcc";
const QEMU = "qemu-system-arm";
const NAMES: McuName[] = ["meter", "panel"];
const OWN_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Os"];
/** newlib's uint32_t is a long, which replay.c prints as unsigned. */
const REPLAY_FLAGS = [...OWN_FLAGS, "-Wno-format"];

/** Of the pool's size this much has to be left over. */
const POOL_RESERVE = 2_048;
const FLASH_LIMIT = 192 * 1024;
const RAM_LIMIT = 128 * 1024;

const wasms = new Map<McuName, Uint8Array>();
const recordingOf = (name: McuName): string => `${FOLDER}/wamr-${name}.recording`;

/** Seconds in the life of a box: provisioning, a card, load, resets. */
function record(): void {
  const recordings = NAMES.map((name) => new Recording(recordingOf(name)));
  const [meter, panel] = NAMES.map((name, i) =>
    recordedCore(wasmCore(wasms.get(name)!), recordings[i]),
  );
  const bench = new BoxBench({ meter, panel, seed: 7 });
  const { box } = bench;
  box.runMs(300);
  assert.equal(bench.provision(), 0);
  const card = firstCard(1, 150);
  box.reader.present(card);
  box.runMs(800);
  box.reader.remove(card);
  for (let channel = 1; channel <= 39; channel++) box.setLoadW(channel, channel * 500);
  box.runMs(2_000);
  box.resetMcu("panel");
  box.resetMcu("meter");
  box.runMs(2_000);
  for (const recording of recordings) recording.close();
}

interface Program {
  path: string;
  /** Objects of the engine and the core, without the board's. */
  engine: string[];
}

interface Wanted {
  name: McuName;
  cpu: WamrCpu;
  interpreter: Interpreter;
  pool_size?: number;
}

/** WAMR's objects; they know nothing of the core. */
const vendor_objects = new Map<string, string[]>();

function compile(flags: string[], source: string, folder: string): string {
  const object = `${folder}/${basename(source)}.o`;
  execFileSync(CC, [...flags, "-c", source, "-o", object], { stdio: "pipe" });
  return object;
}

function vendorObjects(kind: string, flags: string[], vendor: string[]): string[] {
  const folder = `${FOLDER}/wamr-${kind}`;
  mkdirSync(folder, { recursive: true });
  const made =
    vendor_objects.get(kind) ??
    vendor.map((source) => {
      const optimisation = source.includes("/wasm_interp_") ? "-O2" : "-Os";
      return compile([...flags, optimisation], source, folder);
    });
  vendor_objects.set(kind, made);
  return made;
}

/** The engine with replay.c as its board, for QEMU. */
function make({ name, cpu, interpreter, pool_size }: Wanted): Program {
  const kind = `${cpu}-${interpreter}`;
  const folder = `${FOLDER}/wamr-${kind}-${name}`;
  mkdirSync(folder, { recursive: true });
  const parts = wamrParts(cpu, wasms.get(name)!, interpreter, pool_size);
  const bytes = `${folder}/core_wasm.c`;
  writeFileSync(bytes, parts.core_source);
  const target = ["-mthumb", `-mcpu=${cpu}`, "-ffunction-sections", "-fdata-sections"];
  const all = [
    ...target,
    ...parts.includes.map((path) => `-I${path}`),
    ...parts.defines.map((define) => `-D${define}`),
  ];
  const own = [...parts.own, bytes].map((path) => compile([...all, ...OWN_FLAGS], path, folder));
  const vendor = vendorObjects(kind, [...all, ...parts.vendor_flags], parts.vendor);
  const engine = [...own, ...vendor];
  const board = [
    compile([...all, ...OWN_FLAGS], "tests/engine/qemu-start.c", folder),
    compile([...all, ...REPLAY_FLAGS], "boards/engine/host/replay.c", folder),
  ];
  const path = `${folder}/replay.elf`;
  const link = ["--specs=rdimon.specs", "-Ttests/engine/qemu.ld", "-Wl,--gc-sections", "-lm"];
  const objects = [...board, ...engine];
  execFileSync(CC, [...target, ...objects, ...link, "-o", path], { stdio: "pipe" });
  return { path, engine };
}

function replayInQemu(program: string, recording: string): Replayed {
  const semihosting = `enable=on,target=native,arg=replay,arg=${recording}`;
  const machine = ["-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"];
  const options = [...machine, "-kernel", program, "-semihosting-config", semihosting];
  const { status, stdout, stderr } = spawnSync(QEMU, options, {
    encoding: "utf8",
    timeout: 120_000,
  });
  return { exit_code: status, said: stdout + stderr };
}

before(() => {
  needArm();
  needQemu();
  for (const name of NAMES) wasms.set(name, readFileSync(`${BUILD}/${name}.wasm`));
  record();
});

after(() => {
  for (const name of NAMES) rmSync(recordingOf(name), { force: true });
});

function checkReplay(program: string, name: McuName): void {
  const { exit_code, said } = replayInQemu(program, recordingOf(name));
  assert.equal(exit_code, 0, said);
  assert.match(said, /^[0-9]{4,} entries, [0-9]{5,} calls$/m);
}

/** Flash and RAM of the engine and its core; the board, its stack and libc come on top. */
function sizes(objects: string[]): { flash_size: number; ram_size: number } {
  const said = execFileSync("arm-none-eabi-size", ["-t", ...objects], { encoding: "utf8" });
  const [text, data, bss] = said.trim().split("\n").at(-1)!.trim().split(/\s+/).map(Number);
  return { flash_size: text + data, ram_size: data + bss };
}

for (const name of NAMES) {
  test(`${name} on ARMv6-M, classic: equal calls with ${POOL_RESERVE} bytes of pool to spare`, () => {
    const wanted: Wanted = { name, cpu: "cortex-m0plus", interpreter: "classic" };
    const { pool_size } = wamrParts(wanted.cpu, wasms.get(name)!, wanted.interpreter);
    const { path, engine } = make({ ...wanted, pool_size: pool_size - POOL_RESERVE });
    checkReplay(path, name);
    const { flash_size, ram_size } = sizes(engine);
    assert.ok(flash_size < FLASH_LIMIT, `${flash_size} bytes of flash`);
    assert.ok(ram_size < RAM_LIMIT, `${ram_size} bytes of RAM`);
  });

  test(`${name} on ARMv7E-M, fast: equal calls`, () => {
    const wanted: Wanted = { name, cpu: "cortex-m4", interpreter: "fast" };
    const { pool_size } = wamrParts(wanted.cpu, wasms.get(name)!, wanted.interpreter);
    checkReplay(make({ ...wanted, pool_size: pool_size - POOL_RESERVE }).path, name);
  });
}

test("a pool that is too small is a reason, not a crash", () => {
  const { path } = make({
    name: "meter",
    cpu: "cortex-m0plus",
    interpreter: "classic",
    pool_size: 8_192,
  });
  const { exit_code, said } = replayInQemu(path, recordingOf("meter"));
  assert.equal(exit_code, 1);
  assert.match(said, /core does not start: core not valid, or pool too small/);
});
