/** mbpoll, unmodified, reads and writes a box. Its references begin with 1. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { needPackages, programWorks, needSocat } from "../../scripts/need.ts";
import * as lived from "./lived.ts";
import { run, type Ended, type Pty } from "./pty.ts";

needSocat();
needPackages("mbpoll", () => programWorks("mbpoll", "-h"), "mbpoll");

const REMAINING = 0x0100;
const REVERSE = 0x0240;
const TIME = 0x000c;
const TIME_SET = 0x0320;
const FREEZE = 0x0328;

const EPOCH_S = Date.UTC(2000, 0, 1) / 1000;

function mbpoll(pty: Pty, options: string[], values: string[] = []): Promise<Ended> {
  const line = ["-m", "rtu", "-a", "1", "-b", "9600", "-P", "even", "-o", "2", "-1", "-q"];
  const written = values.length > 0 ? ["--", ...values] : [];
  return run("mbpoll", [...line, ...options, pty.path, ...written]);
}

/** Reads and returns the values that it prints, "[1]: \t0x4D39" a line. */
async function read(pty: Pty, type: string, register: number, count: number): Promise<number[]> {
  const place = ["-r", String(register + 1), "-c", String(count)];
  const { code, stdout, stderr } = await mbpoll(pty, ["-t", type, "-B", ...place]);
  assert.equal(code, 0, stderr);
  return [...stdout.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map(([, value]) => Number(value));
}

test("mbpoll reads, writes and is refused", async () => {
  const bench = lived.livedBox();
  const all = lived.expectedAll(bench);
  const instants_before = lived.instants(bench);
  const frames = await lived.withBox(bench, async (pty) => {
    const head = await read(pty, "4:hex", 0, 5);
    assert.deepEqual(head, [0x4d39, 1, 0x2025, 0x1121, 0x0100]);
    const remaining = await read(pty, "4:int", REMAINING, lived.HOUSEHOLDS);
    const reverse = await read(pty, "3:int", REVERSE, lived.HOUSEHOLDS);
    for (const [index, books] of all.entries()) {
      if (index + 1 === lived.LOADED) continue;
      assert.equal(remaining[index], books?.remaining ?? -1, `household ${index + 1}`);
      assert.equal(reverse[index], books?.reverse ?? -1, `household ${index + 1}`);
    }

    const outside = await mbpoll(pty, ["-t", "4", "-r", String(0x9001), "-c", "1"]);
    assert.equal(outside.code, 1);
    assert.match(outside.stderr, /Illegal data address/i);
    const stranger = await mbpoll(pty, ["-a", "2", "-o", "1", "-t", "4", "-r", "1", "-c", "1"]);
    assert.equal(stranger.code, 1);
    assert.match(stranger.stderr, /timed out/i);

    const freeze = await mbpoll(pty, ["-t", "4", "-r", String(FREEZE + 1)], ["1"]);
    assert.equal(freeze.code, 0, freeze.stderr);
    const [time] = await read(pty, "4:int", TIME, 1);
    const box_s = Date.parse(lived.START.toISOString()) / 1000 - EPOCH_S + bench.box.now_ms / 1000;
    assert.ok(Math.abs(time - box_s) <= 3, `${time} at ${box_s}`);
    const clock = ["-t", "4:int", "-B", "-r", String(TIME_SET + 1)];
    const far = await mbpoll(pty, clock, [String(time + 3_600)]);
    assert.equal(far.code, 1);
    const near = await mbpoll(pty, clock, [String(time + 60)]);
    assert.equal(near.code, 0, near.stderr);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const [moved] = await read(pty, "4:int", TIME, 1);
    assert.ok(moved - time >= 60 && moved - time <= 75, `${moved} after ${time}`);
  });
  assert.equal(lived.instants(bench), instants_before + 1);
  const verdicts = lived.judged(frames.filter(({ bytes }) => bytes[0] === 1));
  const answered = verdicts.find(({ registers }) => registers.split(",").length === 78);
  const seen = answered?.registers.split(",").map(Number);
  const wanted = lived.asRegisters(all.map((books) => books?.remaining));
  assert.deepEqual(seen?.slice(0, 12), wanted.slice(0, 12));
  assert.ok(verdicts.some(({ from, exception }) => from === "box" && exception === "2"));
  const books_after = lived.expectedAll(bench);
  assert.deepEqual(
    books_after.map((books) => books?.number),
    all.map((books) => books?.number),
  );
});
