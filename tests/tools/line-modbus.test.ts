/** The office's Modbus: published frames, and what its master makes of a line that loses, doubles and
 *  flips bytes, echoes, and carries other slaves' answers. */

import crc16modbus from "crc/calculators/crc16modbus";
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NoAnswerError, RefusedError } from "../../tools/line/errors.ts";
import { findAnswer, ModbusMaster } from "../../tools/line/modbus.ts";
import { bytesOf, hexOf, ScriptPort } from "./line-kit.ts";

/** Bytes and the CRC behind them on the line. */
const PUBLISHED: [string, string][] = [
  ["02 07", "41 12"],
  ["31 32 33 34 35 36 37 38 39", "37 4B"],
  ["01 04 02 FF FF", "B8 80"],
  ["11 03 00 6B 00 03", "76 87"],
  ["11 06 00 01 00 03", "9A 9B"],
  ["01 03 00 00 00 04", "44 09"],
  ["01 10 00 46 00 02 04 00 09 00 08", "A6 71"],
  ["01 83 02", "C0 F1"],
  ["00 06 00 28 00 09", "C8 15"],
  ["01 2B 0E 01 00", "70 77"],
  ["01 08 00 00 12 34", "ED 7C"],
];

for (const [bytes, crc] of PUBLISHED) {
  test(`CRC of ${bytes}`, () => {
    const value = crc16modbus(bytesOf(bytes));
    assert.equal(hexOf(Uint8Array.of(value & 0xff, value >> 8)), hexOf(bytesOf(crc)));
  });
}

function sealed(hex: string): Uint8Array {
  const bytes = bytesOf(hex);
  const crc = crc16modbus(bytes);
  return Uint8Array.of(...bytes, crc & 0xff, crc >> 8);
}

const QUESTION = sealed("01 03 01 00 00 02");
const GOOD = sealed("01 03 04 00 01 86 A0");
const OTHERS = sealed("02 03 04 00 01 86 A0");

function master(port: ScriptPort, retries = 3): ModbusMaster {
  return new ModbusMaster(port, { timeout_ms: 300, retries });
}

test("an answer is found by its CRC among echo, noise and other slaves", async () => {
  const port = new ScriptPort((question) => [question, OTHERS, bytesOf("01 03 04"), GOOD]);
  assert.deepEqual(await master(port, 0).read(1, 0x100, 2), [1, 0x86a0]);
  assert.equal(hexOf(port.sent[0]!), hexOf(QUESTION));
  assert.equal(findAnswer(OTHERS, QUESTION), undefined);
});

test("any byte lost, doubled or flipped: asked again, never a wrong value", async () => {
  for (let at = 0; at < GOOD.length; at++) {
    const lost = [...GOOD.subarray(0, at), ...GOOD.subarray(at + 1)];
    const doubled = [...GOOD.subarray(0, at + 1), ...GOOD.subarray(at)];
    for (const spoiled of [lost, doubled, [...GOOD.with(at, GOOD[at]! ^ 0x10)]]) {
      const port = new ScriptPort((_, turn) => [turn === 0 ? Uint8Array.from(spoiled) : GOOD]);
      assert.deepEqual(await master(port).read(1, 0x100, 2), [1, 0x86a0], `byte ${at}`);
    }
  }
});

test("random bytes are never taken for an answer", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (junk) => {
      const port = new ScriptPort((_, turn) => [turn === 0 ? junk : GOOD]);
      assert.deepEqual(await master(port).read(1, 0x100, 2), [1, 0x86a0]);
    }),
  );
});

test("exceptions: busy is asked again, others end it; silence ends after all tries", async () => {
  const port = new ScriptPort((_, turn) => [turn < 2 ? sealed("01 83 06") : GOOD]);
  assert.deepEqual(await master(port).read(1, 0x100, 2), [1, 0x86a0]);
  const refusing = new ScriptPort(() => [sealed("01 90 04")]);
  await assert.rejects(master(refusing).write(1, 0x300, [1, 2]), (error) => {
    return error instanceof RefusedError && error.code === 4;
  });
  assert.equal(refusing.sent.length, 1);
  const silent = new ScriptPort(() => []);
  const asker = master(silent, 2);
  await assert.rejects(asker.read(1, 0, 1), (error) => {
    return error instanceof NoAnswerError && error.tries === 3;
  });
  assert.deepEqual([silent.sent.length, asker.retry_count], [3, 2]);
});

test("writing: an echo is no answer; a broadcast waits for none", async () => {
  const answer = sealed("01 10 03 28 00 01");
  const echoing = new ScriptPort((question, turn) => (turn === 0 ? [question] : [answer]));
  await master(echoing).write(1, 0x328, [1]);
  assert.equal(echoing.sent.length, 2);
  const port = new ScriptPort(() => []);
  await master(port).write(0, 0x328, [1]);
  assert.equal(hexOf(port.sent[0]!), hexOf(sealed("00 10 03 28 00 01 02 00 01")));
  assert.equal(port.sent.length, 1);
});
