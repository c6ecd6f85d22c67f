/** A program of ours on libmodbus, which checks lengths and CRCs strictly: reads, writes, write with
 *  read (17h), the credit mailbox, and each exception. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { needCompiler, needPackages, needSocat, programWorks } from "../../scripts/need.ts";
import * as kit from "../meter/kit.ts";
import * as lived from "./lived.ts";
import { compile } from "./need.ts";
import { run, type Pty } from "./pty.ts";

const INCLUDE = ["-include", "modbus/modbus.h", "-x", "c", "-fsyntax-only", "/dev/null"];
needSocat();
needCompiler();
needPackages("libmodbus", () => programWorks("gcc", ...INCLUDE), "libmodbus-dev");
const PROGRAM = compile("libmodbus-master.c", "modbus");

const CREDIT = 1;
const HOUSEHOLD = 12;
const AMOUNT = 4_321;
const BLOCK = 0x1000 + 0x40 * (HOUSEHOLD - 1);
const ADDRESS = "17";
/** Result, household, state, amount, remaining, number behind register 0310. */
const DONE = 2;

async function ask(pty: Pty, ...requests: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run(PROGRAM, [pty.path, ADDRESS, ...requests]);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd().split("\n");
}

function registersOf(line: string): number[] {
  return line.split(" ").map((word) => parseInt(word, 16));
}

/** A message as registers in hexadecimal. */
function mailbox(message: Buffer): string {
  return message.toString("hex").match(/.{4}/g)!.join(",");
}

test("libmodbus reads the map and is refused as the standard says", async () => {
  const bench = lived.livedBox(Number(ADDRESS));
  const books = lived.expected(bench, HOUSEHOLD)!;
  const frames = await lived.withBox(bench, async (pty) => {
    const block = `${BLOCK.toString(16)}:32`;
    const lines = await ask(pty, `3:${block}`, `4:${block}`, "3:0:64", "3:100:125", "3:1025:1");
    const registers = registersOf(lines[0]);
    assert.equal(lines[1], lines[0]);
    assert.deepEqual(registers.slice(0, 2), [HOUSEHOLD, books.state]);
    assert.deepEqual(registers.slice(4, 6), lived.asRegisters([books.remaining]));
    assert.deepEqual(registers.slice(0x0a, 0x0c), lived.asRegisters([books.number]));
    assert.deepEqual(
      registers.slice(0x0c, 0x10),
      lived.asRegisters([books.forward, books.reverse]),
    );
    const box = registersOf(lines[2]);
    assert.deepEqual([box[0], box[5], box[0x1b]], [0x4d39, 37, Number(ADDRESS)]);
    assert.match(lines[3], /^([0-9a-f]{4} ?){125}$|^exception 2$/);
    assert.match(lines[4], /^[0-9a-f]{4}$/, "half of a 32-bit value");

    const refused = await ask(
      pty,
      "1:0:8",
      "3:9000:1",
      "6:0:1",
      "6:328:2",
      "6:329:3e9",
      "16:300:1,2",
    );
    assert.equal(refused[0], "exception 1");
    assert.equal(refused[1], "exception 2");
    assert.equal(refused[2], "exception 2");
    assert.equal(refused[3], "exception 3");
    assert.equal(refused[4], "exception 3");
    assert.match(refused[5], /^exception [23]$/, "the mailbox takes only a whole message");
    const late = await ask(pty, "16:320:ffff,ffff");
    assert.equal(late[0], "exception 4", "a time far from the clock");
  });
  lived.judged(frames);
  assert.deepEqual(lived.expected(bench, HOUSEHOLD), books);
});

test("libmodbus recharges a household through the mailbox, once", async () => {
  const bench = lived.livedBox(Number(ADDRESS));
  const before = lived.expected(bench, HOUSEHOLD)!;
  const good = mailbox(kit.signed(CREDIT, HOUSEHOLD, 2, AMOUNT));
  const bad = kit.signed(CREDIT, HOUSEHOLD, 3, AMOUNT);
  bad[20] ^= 1;
  const frames = await lived.withBox(bench, async (pty) => {
    // 03 again and again stands for the time that the meter needs
    const wait = Array.from({ length: 8 }, () => "3:310:16");
    const written = await ask(pty, `16:300:${good}`, ...wait);
    assert.equal(written[0], "ok");
    const done = registersOf(written.at(-1)!);
    const after = lived.asRegisters([AMOUNT, before.remaining + AMOUNT, 2]);
    assert.deepEqual(done.slice(0, 3), [DONE, 0, HOUSEHOLD]);
    assert.deepEqual(done.slice(4, 10), after);

    const [first, ...again] = await ask(pty, `23:310:16:300:${good}`, ...wait);
    assert.equal(registersOf(first).length, 16);
    const repeated = registersOf(again.at(-1)!);
    assert.deepEqual(repeated.slice(0, 3), [DONE, 1, HOUSEHOLD]);
    assert.deepEqual(repeated.slice(4, 10), after);

    const wrong = await ask(pty, `16:300:${mailbox(bad)}`, ...wait);
    assert.deepEqual(registersOf(wrong.at(-1)!).slice(0, 2), [DONE, 0xffff]);
    assert.deepEqual(await ask(pty, "3:300:12"), [Array(12).fill("0000").join(" ")]);
  });
  const verdicts = lived.judged(frames);
  assert.ok(verdicts.some(({ function_code }) => function_code === "23"));
  const after = lived.expected(bench, HOUSEHOLD)!;
  assert.equal(after.remaining, before.remaining + AMOUNT);
  assert.equal(after.number, 2);
});
