/** meter39 scan: narrowing on a scripted line of many boxes, and on virtual boxes; the box with the
 *  shared reader is let through during long work. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { digitsOf } from "../../tools/line/bcd.ts";
import { DltMaster, FrameReader, makeFrame } from "../../tools/line/dlt.ts";
import { ALL_NUMBERS, countEnding, scanDlt, type Range } from "../../tools/line/scan.ts";
import { ScriptPort } from "./line-kit.ts";
import { Street } from "./line-street.ts";

/** A line where those that an address fits answer at once: more than one garble each other. */
function lineOf(numbers: string[]): ScriptPort {
  return new ScriptPort((sent) => {
    const [question] = new FrameReader().take(sent);
    const known = question!.address.replace(/^A+/, "");
    const answers = numbers
      .filter((number) => `${number}00`.endsWith(known))
      .map((number) => {
        const data = Uint8Array.from(Buffer.from(`${number}00`, "hex")).reverse();
        return makeFrame({ address: digitsOf(data), control: 0x93, data });
      });
    if (answers.length < 2) return answers;
    return [answers[0]!.map((byte, i) => (i > 8 ? byte & 0x5a : byte))];
  });
}

async function scan(numbers: string[], range: Range = ALL_NUMBERS): Promise<[string[], number]> {
  const port = lineOf(numbers);
  const told: string[] = [];
  const master = new DltMaster(port, { retries: 0, timeout_ms: 100 });
  const found = await scanDlt(master, range, ({ number }) => told.push(number));
  assert.deepEqual(
    told.toSorted(),
    found.map(({ number }) => number),
  );
  return [found.map(({ number, doubled }) => number + (doubled ? "!" : "")), port.sent.length];
}

test("narrowing finds one, none, some and two of the same number", async () => {
  assert.deepEqual(await scan([]), [[], 1]);
  assert.deepEqual(await scan(["2025112101"]), [["2025112101"], 1]);
  const several = ["0000000000", "2025112101", "2025112102", "2025122101", "9999999999"];
  assert.deepEqual((await scan(several))[0], several);
  const [twins] = await scan(["2025112101", "2025112101"]);
  assert.deepEqual(twins, ["2025112101!"]);
});

test("256 boxes in a row are found; within their range by one question each", async () => {
  const numbers = Array.from({ length: 256 }, (_, i) => String(2025112001 + i));
  const [in_range, asked] = await scan(numbers, { first: 2025112001, last: 2025112256 });
  assert.deepEqual(in_range, numbers);
  assert.ok(asked < 400, `${asked} questions`);
  const [sparse, few] = await scan(["2025112017"], { first: 2025110000, last: 2025119999 });
  assert.deepEqual([sparse, few], [["2025112017"], 1]);
  const [outside] = await scan(numbers, { first: 2025112100, last: 2025112101 });
  assert.deepEqual(outside, ["2025112100", "2025112101"]);
});

test("how many numbers of a range have an ending", () => {
  const range = { first: 2025112001, last: 2025112256 };
  assert.equal(countEnding(range, ""), 256);
  assert.equal(countEnding(range, "01"), 3);
  assert.equal(countEnding(range, "57"), 2);
  assert.equal(countEnding(range, "2057"), 1);
  assert.equal(countEnding(range, "2257"), 0);
  assert.equal(countEnding({ first: 0, last: 0 }, "0000000000"), 1);
});

const NUMBERS = ["2025112101", "2025112102", "2025112201", "2025990177"];
const street = new Street(NUMBERS);

test("scan of virtual boxes, by any number and by a range, saved for the others", async () => {
  const file = street.file("boxes.json");
  const all = await street.run(
    "scan",
    "--timeout",
    "100",
    "--retries",
    "0",
    "--save",
    file,
    "--json",
  );
  assert.equal(all.code, 0, all.err);
  const found = (JSON.parse(all.out) as { box: string }[]).map(({ box }) => box);
  assert.deepEqual(found, NUMBERS);
  assert.equal(JSON.parse(readFileSync(file, "utf8")).boxes.length, 4);
  const some = await street.run("scan", "--range", "2025112101..2025112110", "--json");
  assert.equal((JSON.parse(some.out) as unknown[]).length, 2);
  const read = await street.run("read", "--box", "all", "--boxes", file, "--json");
  assert.equal((JSON.parse(read.out) as unknown[]).length, 4 * 39);
  const none = await street.run("scan", "--range", "1111111111..1111111112");
  assert.deepEqual([none.code, none.out], [1, "no box answered\n"]);
});

test("Modbus: each box at its own address", async () => {
  for (const [i, number] of NUMBERS.entries()) {
    const what = ["set", `modbus_address=${10 + i}`, "--box", number, ...street.signed];
    const set = await street.run(...what);
    assert.equal(set.code, 0, set.err);
  }
  street.fleet.runMs(2000);
  const how = ["--protocol", "modbus", "--addresses", "8..15", "--retries", "0"];
  const file = street.file("modbus.json");
  const { code, out } = await street.run("scan", ...how, "--save", file, "--json");
  assert.equal(code, 0);
  const found = JSON.parse(out) as { box: string; modbus_address: number; households: number }[];
  assert.deepEqual(
    found.map(({ box, modbus_address }) => [box, modbus_address]),
    NUMBERS.map((number, i) => [number, 10 + i]),
  );
  assert.ok(found.every(({ households }) => households === 39));
  const named = ["--protocol", "modbus", "--box", NUMBERS[2]!, "--boxes", file, "--json"];
  const read = await street.run("read", ...named);
  assert.equal((JSON.parse(read.out) as { box: string }[])[0]!.box, NUMBERS[2]);
});

test("the box with the reader is asked every 500 ms at least, and left alone after a grant", async () => {
  const asked_ms: number[] = [];
  const granted_ms: number[] = [];
  const sent_ms: number[] = [];
  const reader = new FrameReader();
  street.fleet.line.tap = (from, bytes) => {
    const now_ms = street.fleet.now_ms;
    for (const { address, control, data } of reader.take(bytes)) {
      const name = digitsOf(data.subarray(0, 4)).toUpperCase();
      if (from !== "office") continue;
      sent_ms.push(now_ms);
      if (address === `${NUMBERS[0]}00` && name === "04801600") asked_ms.push(now_ms);
      if (control === 0x03 && name === "07F00100") granted_ms.push(now_ms);
    }
    // The reader's answer 1 becomes 3: a card of another box waits.
    return from === "office" ? bytes : waiting(bytes);
  };
  const args = ["--box", NUMBERS.join(","), "--reader", NUMBERS[0]!, "--household", "1..3"];
  const { code, err } = await street.run("read", ...args);
  delete street.fleet.line.tap;
  assert.equal(code, 0, err);
  assert.ok(granted_ms.length > 3);
  for (const granted of granted_ms) {
    const next = sent_ms.find((ms) => ms > granted) ?? Infinity;
    assert.ok(next - granted >= 1000, `silent for ${next - granted} ms`);
  }
  const gaps = asked_ms.slice(1).map((ms, i) => ms - asked_ms[i]!);
  assert.ok(Math.max(...gaps) <= 1000 + 500 + 100, `asked after ${Math.max(...gaps)} ms`);
});

/** An answer about the reader that says a card waits. */
function waiting(bytes: Uint8Array): Uint8Array {
  const [frame] = new FrameReader().take(bytes);
  const is_state = frame !== undefined && frame.data.length === 5;
  if (!is_state || digitsOf(frame.data.subarray(0, 4)) !== "04801600") return bytes;
  const data = frame.data.with(4, 3);
  return Uint8Array.of(0xfe, 0xfe, 0xfe, 0xfe, ...makeFrame({ ...frame, data }));
}
