/** The command reader-model as a driver written elsewhere sees it: a process, lines in, lines out. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { withCrc } from "../../boards/virtual/devices/cards/frame.ts";
import { ReaderModel } from "../../tools/reader-model.ts";
import { InputError } from "../../tools/simulate/errors.ts";
import { KEY, UID, blankDump } from "./reader-kit.ts";

const METER39 = fileURLToPath(new URL("../../tools/meter39.ts", import.meta.url));
const COMMAND = ["--import", "tsx", METER39, "reader-model"];

function run(...lines: string[]): { status: number | null; answers: string[]; stderr: string } {
  const input = lines.map((line) => `${line}\n`).join("");
  const { status, stdout, stderr } = spawnSync("node", COMMAND, { input, encoding: "utf8" });
  return { status, answers: stdout.split("\n").slice(0, -1), stderr };
}

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "reader-model-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lines of a driver that writes registers and reads them. */
class Script {
  readonly lines: string[] = [];

  say(...lines: string[]): this {
    this.lines.push(...lines);
    return this;
  }

  access(...bytes: number[]): this {
    return this.say("select", `transfer ${Buffer.from(bytes).toString("hex")}`, "deselect");
  }

  write(register: number, ...values: number[]): this {
    return this.access(register << 1, ...values);
  }

  init(): this {
    this.write(0x01, 0x0f).say("wait 50000");
    this.write(0x2a, 0x80).write(0x2b, 0xa9).write(0x2c, 0x03).write(0x2d, 0xe8);
    return this.write(0x15, 0x40).write(0x11, 0x3d).write(0x14, 0x83).say("wait 5100");
  }

  /** Sends a frame; the answer's bytes are on the line before the last. */
  exchange(bytes: number[], framing = 0, size = 18): this {
    this.write(0x01, 0)
      .write(0x04, 0x7f)
      .write(0x0a, 0x80)
      .write(0x09, ...bytes);
    this.write(0x0d, framing)
      .write(0x01, 0x0c)
      .write(0x0d, 0x80 | framing)
      .say("wait 26000");
    return this.access(...new Array<number>(size).fill(0x92), 0);
  }

  authenticate(block: number): this {
    this.write(0x01, 0).write(0x04, 0x7f).write(0x0a, 0x80);
    return this.write(0x09, 0x60, block, ...KEY, ...UID)
      .write(0x01, 0x0e)
      .say("wait 5000");
  }

  select(): this {
    this.exchange([0x26], 7).exchange([0x93, 0x20]);
    return this.exchange([...withCrc([0x93, 0x70, ...UID, 0x22])]);
  }
}

/** The bytes of the answer to the last transfer. */
function lastBytes(answers: string[]): number[] {
  const transfers = answers.filter((answer) => answer !== "ok");
  return [...Buffer.from(transfers[transfers.length - 1], "hex")].slice(1);
}

test("reader-model: one answer a line; reads are pipelined", () => {
  const { status, answers } = run(
    "select",
    "transfer EE82ee00",
    "deselect",
    "transfer ee00",
    "reset 0",
    "select",
    "transfer ee00",
    "reset 1",
    "wait 1000",
    "deselect",
    "card none",
  );
  assert.equal(status, 0);
  assert.deepEqual(answers, [
    "ok",
    "ff922092",
    "ok",
    "ffff",
    "ok",
    "ok",
    "ffff",
    "ok",
    "ok",
    "ok",
    "ok",
  ]);
});

test("reader-model: a card is found, read and written; its file takes over what was written", () => {
  inFolder((folder) => {
    const file = join(folder, "a card.mfd");
    writeFileSync(file, blankDump());
    const script = new Script().say(`card ${file}`).init().select().authenticate(4);
    script.exchange([...withCrc([0xa0, 4])]).exchange([...withCrc(new Array(16).fill(0x5a))]);
    script.exchange([...withCrc([0x30, 4])]);
    const { status, answers } = run(...script.lines);
    assert.equal(status, 0);
    assert.equal(answers.length, script.lines.length);
    assert.deepEqual(lastBytes(answers).slice(0, 16), new Array(16).fill(0x5a));
    const expected = blankDump();
    expected.fill(0x5a, 64, 80);
    assert.deepEqual(new Uint8Array(readFileSync(file)), expected);
    assert.deepEqual(readdirSync(folder), ["a card.mfd"]);
  });
});

test("reader-model: card none takes the card away; a reset takes its power", () => {
  inFolder((folder) => {
    const file = join(folder, "card.mfd");
    writeFileSync(file, blankDump());
    const found = new Script().say(`card ${file}`).init().exchange([0x26], 7, 2);
    assert.deepEqual(lastBytes(run(...found.lines).answers), [0x04, 0x00]);
    const answers = (script: Script): string[] => {
      const model = new ReaderModel(1);
      return script.lines.map((line) => model.answer(line));
    };
    const gone = new Script().say(`card ${file}`).init().say("card none").exchange([0x26], 7, 2);
    assert.deepEqual(lastBytes(answers(gone)), [0, 0]);
    const reset = new Script().say(`card ${file}`).init().say("reset 0", "reset 1");
    assert.deepEqual(lastBytes(answers(reset.exchange([0x26], 7, 2))), [0, 0]);
  });
});

test("reader-model: it answers each line before the next one comes", async () => {
  const child = spawn("node", COMMAND, { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (const [line, answer] of [
    ["select", "ok"],
    ["transfer ee00", "ff92"],
    ["deselect", "ok"],
  ]) {
    child.stdin.write(`${line}\n`);
    assert.equal((await answers.next()).value, answer);
  }
  child.stdin.end();
  assert.equal(await new Promise((resolve) => child.on("close", resolve)), 0);
});

test("reader-model: unknown lines and malformed arguments end it with an error and code 2", () => {
  const wrong = [
    "",
    "hello",
    "Select",
    "select 1",
    " select",
    "transfer",
    "transfer ",
    "transfer 1",
    "transfer 0g",
    "transfer 00 00",
    "reset",
    "reset 2",
    "wait -1",
    "wait 1.5",
    "wait soon",
    "wait",
    "card",
    "card /nowhere/at/all.mfd",
  ];
  for (const line of wrong) {
    assert.throws(() => new ReaderModel(1).answer(line), InputError, `"${line}"`);
  }
  for (const line of ["hello", "transfer 0g"]) {
    const { status, answers, stderr } = run("select", line, "deselect");
    assert.equal(status, 2);
    assert.deepEqual(answers, ["ok"]);
    assert.match(stderr, /^meter39: \S/);
  }
});

test("reader-model: a dump of the wrong size is refused and left alone", () => {
  inFolder((folder) => {
    const file = join(folder, "short.mfd");
    writeFileSync(file, "short");
    const { status, stderr } = run(`card ${file}`);
    assert.equal(status, 2);
    assert.match(stderr, /has 5 bytes/);
    assert.equal(readFileSync(file, "utf8"), "short");
  });
});
