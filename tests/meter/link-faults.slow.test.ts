/** The wire between the MCUs fails in every way: each frame dropped, doubled, corrupted in turn, and
 *  either MCU reset at any moment. Whatever happens, the work is done once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { McuName } from "../../boards/virtual/box.ts";
import { Random } from "../../boards/virtual/random.ts";
import * as kit from "./kit.ts";

type Fault = (bytes: Uint8Array) => Uint8Array;

const FAULTS: [string, Fault][] = [
  ["dropped", () => new Uint8Array(0)],
  ["doubled", (bytes) => Buffer.concat([bytes, bytes])],
  ["first byte changed", (bytes) => changed(bytes, 0)],
  ["size changed", (bytes) => changed(bytes, 1)],
  ["sequence changed", (bytes) => changed(bytes, 2)],
  ["kind changed", (bytes) => changed(bytes, 3)],
  ["payload changed", (bytes) => changed(bytes, bytes.length >> 1)],
  ["CRC changed", (bytes) => changed(bytes, bytes.length - 1)],
  ["cut short", (bytes) => bytes.subarray(0, bytes.length - 3)],
];

function changed(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice();
  copy[index] ^= 0x5a;
  return copy;
}

const lived = ((): Uint8Array => {
  const bench = new kit.BoxBench();
  assert.equal(bench.provision(), 0);
  assert.equal(bench.credit(3, 1, 2_000).result, 0);
  bench.box.powerOff();
  return bench.box.fram.bytes.slice();
})();

const E_METER = -21;

/** Asks again while the panel says that the meter did not answer it. */
function persist<T>(ask: () => T, resultOf: (answer: T) => number): T {
  for (let attempt = 0; attempt < 50; attempt++) {
    const answer = ask();
    if (resultOf(answer) !== E_METER) return answer;
  }
  throw new Error("the meter never answered");
}

/** Credits household 3 and changes a setting over the line. */
function work(bench: kit.BoxBench): void {
  const credit = persist(
    () => bench.credit(3, 2, 1_500),
    (answer) => answer.result,
  );
  assert.ok(credit.result === 0 || credit.result === 1, `credit: ${credit.result}`);
  assert.equal(credit.remaining, 3_500);
  const setting = persist(
    () => bench.set(40, 3, 1_200, 1),
    (result) => result,
  );
  assert.ok(setting === 0 || setting === 1, `setting: ${setting}`);
}

function check(bench: kit.BoxBench, what: string): void {
  const books = bench.books(3);
  assert.equal(books.accepted, 35n * 3_600_000n, what);
  assert.equal(books.number, 2, what);
  assert.equal(bench.setting(40, 3), 1_200, what);
}

function started(): kit.BoxBench {
  const bench = new kit.BoxBench({ fram: lived });
  bench.box.runMs(500);
  return bench;
}

test("each frame dropped, doubled or corrupted in turn: the work is done once", () => {
  const clean = started();
  let frames = 0;
  clean.box.link.tap = (_from, bytes) => (frames++, bytes);
  work(clean);
  check(clean, "no fault");
  assert.ok(frames > 20, `${frames} frames`);
  for (const [name, fault] of FAULTS) {
    for (let nth = 0; nth < frames; nth++) {
      const bench = started();
      let count = 0;
      bench.box.link.tap = (_from, bytes) => (count++ === nth ? fault(bytes) : bytes);
      work(bench);
      check(bench, `frame ${nth} ${name}`);
    }
  }
});

test("a third of all frames lost and a third corrupted, at random: the work is done once", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed);
    const bench = started();
    bench.box.link.tap = (_from, bytes) => {
      const fate = random.below(3);
      if (fate === 0) return new Uint8Array(0);
      return fate === 1 ? changed(bytes, random.below(bytes.length)) : bytes;
    };
    work(bench);
    bench.box.link.tap = undefined;
    check(bench, `seed ${seed}`);
  }
});

for (const name of ["meter", "panel"] as McuName[]) {
  test(`the ${name} MCU reset at any moment: the work is done once`, () => {
    for (let reset_ms = 0; reset_ms < 900; reset_ms += 3) {
      const bench = started();
      const resets: number[] = [];
      bench.box.events.on("restart", (event) => resets.push(event.reason));
      const begin_ms = bench.box.now_ms;
      bench.box.link.tap = (_from, bytes) => bytes;
      const run = bench.box.runMs.bind(bench.box);
      bench.box.runMs = (ms) => {
        for (let index = 0; index < ms; index++) {
          if (bench.box.now_ms - begin_ms === reset_ms) bench.box.resetMcu(name);
          run(1);
        }
      };
      work(bench);
      check(bench, `reset at ${reset_ms} ms`);
      assert.ok(resets.length <= 1 && resets.every((reason) => reason === 3), `${resets}`);
    }
  });
}

test("a meter without a panel goes on counting, charging and cutting off, and records it", () => {
  const bench = started();
  bench.box.setLoadW(3, 40_000);
  bench.box.link.tap = () => new Uint8Array(0);
  bench.box.runMs(60 * 60_000);
  assert.equal(bench.box.relayClosed(3), false);
  assert.equal(bench.box.tubes().lower.trim(), "Err 21");
  bench.box.link.tap = undefined;
  bench.box.runMs(3_000);
  const books = bench.books(3);
  assert.equal(books.state, 2);
  assert.ok(books.forward_j > 14n * 3_600_000n);
  const kinds: number[] = [];
  const next = bench.ask(kit.BOX_READ).readUInt32LE(32);
  for (let number = 0; number < next; number++) {
    const request = Buffer.alloc(4);
    request.writeUInt32LE(number);
    kinds.push(bench.ask(kit.EVENT_READ, request)[16]);
  }
  assert.ok(kinds.includes(11), "panel lost");
  assert.ok(kinds.includes(12), "panel back");
});
