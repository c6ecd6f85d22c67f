/** Power is cut after every byte that the meter writes while it books a purchase or freezes a midnight;
 *  after each cut the past is the old one or the new one, and the moment is made up for exactly once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sweepOldOrNew } from "./cut.ts";
import { EVENT, find, freeze, purchase, RING } from "./history-kit.ts";
import * as kit from "./kit.ts";
import { CLOCK, setClock } from "./line-kit.ts";

const DAY = 86_400;
const MIDNIGHT = CLOCK - (CLOCK % DAY) + DAY;

/** A box that has lived through a full ring of purchases and three midnights. */
function livedImage(): Uint8Array {
  const bench = new kit.MeterBench();
  bench.provision();
  for (let number = 1; number <= 10; number++) bench.credit(2, number, 100);
  for (let day = -3; day < 0; day++) {
    setClock(bench, MIDNIGHT + day * DAY - 1);
    bench.box.runMs(2_500);
  }
  setClock(bench, MIDNIGHT - 30);
  bench.box.runMs(1_500);
  bench.box.powerOff();
  return bench.box.fram.bytes.slice();
}

test("a purchase: account and its entry are old or new together, the nine before it stay", () => {
  const image = livedImage();
  const snapshot = (bench: kit.MeterBench): string => {
    const { number, accepted } = bench.books(2);
    const entries = Array.from({ length: 10 }, (_, at) => purchase(bench, 2, at + 1));
    entries.forEach((entry, at) => assert.equal(entry.number, number - at));
    assert.equal(BigInt(entries[0].total) * 36_000n, accepted);
    return entries.map((entry) => [entry.number, entry.amount, entry.after]).join(" ");
  };
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.credit(2, 11, 777).result, 0);
  };
  const finish = (bench: kit.MeterBench): void => {
    assert.ok([0, 1].includes(bench.credit(2, 11, 777).result));
  };
  const result = sweepOldOrNew({ image, act, finish, snapshot });
  assert.ok(result.cuts > 3 * (56 + 32));
});

test("a midnight: both rings have it or none, and after the next start both have it once", () => {
  const image = livedImage();
  const snapshot = (bench: kit.MeterBench): string => {
    const days = [1, 2, 3, 4].map((index) => freeze(bench, RING.DAILY, 2, index));
    const loads = freeze(bench, RING.LOADS, 2, 1);
    const moments = days.map(({ result, time }) => (result === 0 ? time - (time % DAY) : 0));
    return [days[0].count, loads.count, ...moments].join(" ");
  };
  const prepare = (bench: kit.MeterBench): void => {
    setClock(bench, MIDNIGHT - 2);
    bench.box.runMs(500);
  };
  const act = (bench: kit.MeterBench): void => {
    bench.box.runMs(2_500);
  };
  const finish = (bench: kit.MeterBench): void => {
    setClock(bench, MIDNIGHT + 20);
    bench.box.runMs(2_500);
  };
  const result = sweepOldOrNew({ image, prepare, act, finish, snapshot });
  assert.ok(result.cuts > 3 * (2 * 320 + 64));
});

test("an event and its count are one: after any cut there are as many as are counted", () => {
  const image = livedImage();
  const wrong = kit.signed(1, 1, 9, 1);
  wrong[23] ^= 1;
  const refused = 5;
  const snapshot = (bench: kit.MeterBench): string => {
    bench.box.runMs(50);
    const { count } = find(bench, refused, 0);
    if (count > 0) assert.equal(find(bench, refused, count).result, 0);
    assert.notEqual(find(bench, refused, count + 1).result, 0);
    assert.equal(find(bench, EVENT.credit, 1).count, 10);
    return String(count);
  };
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.message(wrong).result, -1);
    bench.box.runMs(20);
  };
  sweepOldOrNew({ image, act, snapshot });
});
