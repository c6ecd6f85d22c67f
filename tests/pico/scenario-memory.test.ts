/** The comparison of two memories finds what differs, and lets pass what it says it does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Box } from "../../boards/virtual/box.ts";
import { slotCrc } from "../meter/kit.ts";
import { DAY, playFirstStart } from "./scenario-day.ts";
import { memoryDifferences } from "./scenario-memory.ts";

const { fram } = playFirstStart(new Box(DAY));
/** src/metering/SPEC.md: slot 1 of RUNNING, its sequence, body of 16 bytes and CRC. */
const RUNNING = 0x400;
const SLOT = RUNNING + 24;
const CRC_OFFSET = 20;
/** The same of BOOK 1. */
const LAST_PULSE_S = 0x2600 + 48 + 4 + 24;

/** A copy with one byte changed. */
function changed(address: number, by = 1): Buffer {
  const copy = Buffer.from(fram);
  copy[address] += by;
  return copy;
}

/** A copy whose box has run `by` seconds longer. */
function later(by: number): Buffer {
  const copy = changed(SLOT + 4, by);
  const crc = slotCrc(RUNNING, copy.subarray(SLOT, SLOT + CRC_OFFSET));
  copy.writeUInt32LE(crc, SLOT + CRC_OFFSET);
  return copy;
}

test("one changed byte is found in records, entries, between them and behind them", () => {
  assert.deepEqual(memoryDifferences(fram, fram), []);
  for (const address of [0x04, 0x1a, 0x3f, 0x500, 0x1204, 0x5008, 0x5016, 0x8c00, 0x3f600]) {
    assert.notEqual(memoryDifferences(changed(address), fram).length, 0, address.toString(16));
  }
});

test("a second more is let pass and named, two are not", () => {
  const used = new Set<string>();
  assert.deepEqual(memoryDifferences(later(1), fram, used), []);
  assert.deepEqual([...used], ["RUNNING.RUNNING_S"]);
  assert.equal(memoryDifferences(later(2), fram).length, 1);
});

test("a record that is whole in one memory only is found", () => {
  const found = memoryDifferences(changed(LAST_PULSE_S), fram);
  assert.deepEqual(found, ["BOOK: only one is whole"]);
});
