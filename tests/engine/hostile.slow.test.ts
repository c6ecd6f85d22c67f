/** Guests that misbehave, under every engine: the cause is recorded, nothing beside the guest's memory is
 *  touched, and a fresh core runs afterwards. hostile-guests.ts is the table, hostile-board.c the board. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { compileWamr } from "../../boards/engine/wamr/host.ts";
import { compileCore } from "../../boards/engine/wasm2c.ts";
import {
  type Deed,
  DEEDS,
  guestOfAllDeeds,
  MEMORY_SIZE,
  MISFITS,
  RECURSION,
} from "./hostile-guests.ts";
import { FOLDER } from "./kit.ts";

const BOARD = "tests/engine/hostile-board.c";
const WAT2WASM = "node_modules/wabt/bin/wat2wasm";
const FLAGS = ["-O2"];

type Make = (wasm: Uint8Array, folder: string) => string;

const C: Make = (wasm, folder) => {
  const { replay: program, memory_size } = compileCore(wasm, folder, FLAGS, BOARD);
  assert.equal(memory_size, MEMORY_SIZE);
  return program;
};
const CLASSIC: Make = (wasm, folder) => compileWamr(wasm, folder, FLAGS, "classic", BOARD);
const FAST: Make = (wasm, folder) => compileWamr(wasm, folder, FLAGS, "fast", BOARD);

const ENGINES: [string, Make, Deed[]][] = [
  ["C", C, DEEDS],
  ["WAMR classic", CLASSIC, [...DEEDS, RECURSION]],
  ["WAMR fast", FAST, [...DEEDS, RECURSION]],
];

function folderOf(name: string): string {
  const folder = `${FOLDER}/hostile-${name.replaceAll(/[^a-zA-Z0-9]+/g, "-")}`;
  mkdirSync(folder, { recursive: true });
  return folder;
}

function wasmOf(source: string, folder: string): Uint8Array {
  const paths = [`${folder}/guest.wat`, "-o", `${folder}/guest.wasm`] as const;
  writeFileSync(paths[0], source);
  execFileSync(process.execPath, [WAT2WASM, ...paths]);
  return readFileSync(paths[2]);
}

/** What the board said of each deed in each entry. */
function run(program: string, deed_count: number): string[] {
  const { status, stdout, stderr } = spawnSync(program, [String(deed_count)], { encoding: "utf8" });
  assert.equal(status, 0, `${basename(program)} ended after: ${stdout.slice(-200)}${stderr}`);
  return stdout.trimEnd().split("\n");
}

for (const [engine, make, deeds] of ENGINES) {
  test(`${engine}: each deed ends as it must, and a fresh core runs after it`, () => {
    const folder = folderOf(engine);
    const said = run(make(wasmOf(guestOfAllDeeds(deeds), folder), folder), deeds.length);
    const expected = deeds.flatMap(({ end }, deed) => [
      `${deed}|init|${end}|intact|restarts`,
      `${deed}|tick|${end}|intact|restarts`,
    ]);
    for (const [index, line] of expected.entries()) {
      assert.equal(said[index], line, deeds[index >> 1].name);
    }
    assert.equal(said.length, expected.length);
  });
}

for (const { name, source, c, wamr } of MISFITS) {
  test(`${name}: no image in C, no start under WAMR`, () => {
    const folder = folderOf(name);
    const wasm = wasmOf(source, folder);
    assert.throws(() => C(wasm, folder), c);
    const [, entry, said, , again] = run(CLASSIC(wasm, folder), 1)[0].split("|");
    assert.equal(entry, "init");
    assert.equal(said, wamr);
    assert.equal(again, said, "nor does it at the second time");
  });
}
