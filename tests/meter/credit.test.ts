/** Credit, settings and states of a household, asked of a running meter over its link. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as kit from "./kit.ts";

const KWH = 3_600_000n;
const SUPPLIED = 0;
const LOW = 1;
const TRIPPED = 2;
const EMPTY = 3;

function provisioned(): kit.MeterBench {
  const bench = new kit.MeterBench();
  assert.equal(bench.provision(), 0);
  bench.box.runMs(4_000); // the first start drives all relays once
  return bench;
}

/** Books of households 1..3 as text, to compare before and after. */
function snapshot(bench: kit.MeterBench): string {
  return [1, 2, 3]
    .map((household) => bench.books(household))
    .map((books) => [books.accepted, books.charged, books.remaining, books.number, books.state])
    .join(";");
}

test("a purchase is credited exactly once, its repeat reports the same", () => {
  const bench = provisioned();
  const first = bench.credit(5, 1, 10_000);
  assert.deepEqual(
    [first.result, first.household, first.amount, first.remaining, first.number, first.state],
    [0, 5, 10_000, 10_000, 1, SUPPLIED],
  );
  for (let repeat = 0; repeat < 3; repeat++) {
    const again = bench.credit(5, 1, 10_000);
    assert.deepEqual([again.result, again.amount, again.remaining], [1, 10_000, 10_000]);
  }
  assert.equal(bench.books(5).remaining, 100n * KWH);
  assert.equal(bench.books(5).accepted, 100n * KWH);
});

test("what is refused changes nothing and says why", () => {
  const bench = provisioned();
  bench.credit(1, 1, 5_000);
  bench.credit(1, 2, 5_000);
  bench.credit(2, 1, 99_000);
  const before = snapshot(bench);
  const wrong_code = kit.signed(1, 1, 3, 100);
  wrong_code[20] ^= 1;
  const cases: [string, Buffer, number][] = [
    ["wrong code", wrong_code, -1],
    ["another box", kit.signed(1, 1, 3, 100, 0, "2025112102"), -2],
    ["household 00", kit.signed(1, 0, 3, 100), -3],
    ["household 40", kit.signed(1, 40, 3, 100), -3],
    ["the purchase before the last", kit.signed(1, 1, 1, 5_000), -4],
    ["the last number with another amount", kit.signed(1, 1, 2, 6_000), -4],
    ["number + 2", kit.signed(1, 1, 4, 100), -5],
    ["over the hoarding limit", kit.signed(1, 2, 2, 1_001), -6],
    ["far over 99999.9", kit.signed(1, 3, 1, 0xffffffff, kit.FIRST), -6],
    ["amount 0", kit.signed(1, 1, 3, 0), -9],
    ["unknown kind", kit.signed(9, 1, 3, 100), -7],
  ];
  for (const [name, message, result] of cases) {
    assert.equal(bench.message(message).result, result, name);
    assert.equal(snapshot(bench), before, name);
  }
  assert.equal(bench.credit(2, 2, 1_000).result, 0, "just up to the limit");
});

test("every byte of a message changed in turn is refused and changes nothing", () => {
  const bench = provisioned();
  bench.credit(1, 1, 5_000);
  const before = snapshot(bench);
  const good = kit.signed(1, 1, 2, 700);
  for (let index = 0; index < good.length; index++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const bad = Buffer.from(good);
      bad[index] ^= flip;
      assert.ok(bench.message(bad).result < 0, `byte ${index}`);
    }
  }
  assert.equal(snapshot(bench), before);
  assert.equal(bench.message(good).result, 0);
});

test("nothing is believed before number and key are set, and they are set once", () => {
  const bench = new kit.MeterBench();
  assert.equal(bench.credit(1, 1, 100).result, -13);
  assert.equal(bench.provision(), 0);
  assert.equal(bench.provision(), -14);
  assert.equal(bench.credit(1, 1, 100).result, 0);
});

test("settings are signed, numbered, judged against range and relation", () => {
  const bench = provisioned();
  const cases: [string, () => number, number][] = [
    ["unknown id", () => bench.set(39, 0, 1, 1), -8],
    ["below its range", () => bench.set(6, 0, 19, 1), -9],
    ["above its range", () => bench.set(6, 0, 201, 1), -9],
    ["a box setting of a household", () => bench.set(6, 1, 60, 1), -9],
    ["a household setting of the box", () => bench.set(40, 0, 60, 1), -9],
    ["trip above alarm", () => bench.set(41, 1, 1_001, 1), -9],
    ["alarm below trip", () => bench.set(40, 1, 499, 1), -9],
    ["a price in energy mode", () => bench.set(3, 0, 2, 1), -9],
    ["in range", () => bench.set(6, 0, 60, 1), 0],
    ["the same again", () => bench.set(6, 0, 60, 1), 1],
    ["an old number", () => bench.set(6, 0, 70, 1), -4],
    ["another household's numbers are its own", () => bench.set(40, 7, 2_000, 1), 0],
  ];
  for (const [name, change, result] of cases) assert.equal(change(), result, name);
  assert.equal(bench.setting(6), 60);
  assert.equal(bench.setting(40, 7), 2_000);
  assert.equal(bench.setting(40, 8), 1_000);
});

test("a layout that uses a channel twice, or two equal phases, is refused", () => {
  const bench = provisioned();
  const layout = (a: number, b = 0, c = 0): number => a | (b << 8) | (c << 16);
  assert.equal(bench.set(52, 1, layout(1, 2, 3), 1), -10, "2 and 3 are households still");
  assert.equal(bench.set(52, 2, 0, 1), 0);
  assert.equal(bench.set(52, 3, 0, 2), 0);
  assert.equal(bench.set(52, 1, layout(1, 2, 2), 3), -10, "a channel twice");
  assert.equal(bench.set(52, 1, layout(1, 2), 3), -9, "two channels");
  assert.equal(bench.set(52, 1, layout(2, 3, 1), 3), -9, "first channel is not the household's");
  assert.equal(bench.set(51, 3, 0, 3), 0, "channel 3 moves to phase A");
  assert.equal(bench.set(52, 1, layout(1, 2, 3), 4), -11, "channels 1 and 3 are on phase A");
  assert.equal(bench.set(51, 3, 2, 4), 0);
  assert.equal(bench.set(52, 1, layout(1, 2, 3), 5), 0);
  assert.equal(bench.set(51, 3, 0, 6), -11, "phase of a channel in use");
  assert.equal(bench.setting(52, 1), layout(1, 2, 3));
  assert.throws(() => bench.books(2), /-3/);
  assert.equal(bench.credit(1, 1, 1_000).result, 0);
  assert.equal(bench.set(52, 1, layout(1), 6), -12, "credit stands on it");
});

test("a three-phase household is charged for its three channels", () => {
  const bench = provisioned();
  bench.set(52, 2, 0, 1);
  bench.set(52, 3, 0, 2);
  bench.set(52, 1, 1 | (2 << 8) | (3 << 16), 3);
  bench.credit(1, 1, 10_000);
  for (const channel of [1, 2, 3]) bench.box.setLoadW(channel, 10_000 * channel);
  bench.box.runMs(60_000);
  const books = bench.books(1);
  assert.equal(books.charged, books.forward_j);
  assert.equal(books.remaining, books.accepted - books.charged);
  assert.ok(Math.abs(books.power_w - 60_000) < 600, `${books.power_w} W`);
  assert.ok(Math.abs(Number(books.forward_j) - 3_600_000) < 3 * 2 * 2250);
});

/** Lets a household run down from 12 kWh at 20 kW and notes each state with the credit left. */
function runDown(bench: kit.MeterBench, until: number): kit.Books {
  for (let second = 0; second < 3_600; second++) {
    bench.box.runMs(970);
    const books = bench.books(1);
    assert.equal(books.accepted, books.charged + books.remaining);
    if (books.state >= until) return books;
  }
  throw new Error("never got there");
}

test("supplied, low, tripped, resumed by the card, empty, and back by credit", () => {
  const bench = provisioned();
  bench.credit(1, 1, 1_200);
  bench.box.setLoadW(1, 20_000);
  assert.equal(bench.books(1).state, SUPPLIED);
  const low = runDown(bench, LOW);
  assert.ok(low.remaining <= 10n * KWH && low.remaining > 10n * KWH - 50_000n);
  assert.equal(bench.box.relayClosed(1), true);
  const tripped = runDown(bench, TRIPPED);
  assert.ok(tripped.remaining <= 5n * KWH && tripped.remaining > 5n * KWH - 50_000n);
  bench.box.runMs(500);
  assert.equal(bench.box.relayClosed(1), false);

  assert.equal(bench.credit(1, 1, 1_200, "line").resumed, false, "the line resumes nothing");
  assert.equal(bench.books(1).state, TRIPPED);
  assert.equal(bench.credit(2, 1, 1_200).state, SUPPLIED, "nor does a neighbour's card");
  assert.equal(bench.books(1).state, TRIPPED);
  const swipe = bench.credit(1, 1, 1_200);
  assert.deepEqual([swipe.result, swipe.resumed, swipe.state], [1, true, LOW]);
  bench.box.runMs(500);
  assert.equal(bench.box.relayClosed(1), true);

  const empty = runDown(bench, EMPTY);
  assert.ok(empty.remaining <= 0n && empty.remaining > -50_000n);
  bench.box.runMs(500);
  assert.equal(bench.box.relayClosed(1), false);
  assert.equal(bench.credit(1, 1, 1_200).state, EMPTY, "a swipe without credit restores nothing");
  assert.equal(bench.credit(1, 2, 2_000).state, SUPPLIED);
  bench.box.runMs(500);
  assert.equal(bench.box.relayClosed(1), true);
});

test("a resumed household stays resumed over a power cut, and trips anew after the next credit", () => {
  const bench = provisioned();
  bench.credit(1, 1, 501);
  bench.box.setLoadW(1, 20_000);
  runDown(bench, TRIPPED);
  assert.equal(bench.credit(1, 1, 501).resumed, true);
  bench.box.powerOff();
  bench.box.runMs(1_000);
  bench.box.powerOn();
  bench.box.runMs(300);
  assert.equal(bench.books(1).state, LOW);
  bench.credit(1, 2, 100);
  runDown(bench, TRIPPED);
});

test("an overdraft moves the end of supply below zero", () => {
  const bench = provisioned();
  bench.set(41, 1, 0, 1);
  bench.set(42, 1, 50, 2);
  bench.credit(1, 1, 10, "card");
  bench.box.setLoadW(1, 20_000);
  const tripped = runDown(bench, TRIPPED);
  assert.ok(tripped.remaining <= 0n);
  bench.credit(1, 1, 10);
  const empty = runDown(bench, EMPTY);
  assert.ok(empty.remaining <= -KWH / 2n && empty.remaining > -KWH / 2n - 50_000n);
});

test("the short interruption at the alarm level is one, and ends by itself", () => {
  const bench = provisioned();
  assert.equal(bench.set(10, 0, 5, 1), 0);
  bench.credit(1, 1, 1_001);
  bench.box.setLoadW(1, 20_000);
  let moves: boolean[] = [];
  bench.box.events.on("relay", (event) => {
    if (event.channel === 1) moves.push(event.closed);
  });
  bench.box.runMs(60_000);
  assert.deepEqual(moves, [false, true]);
  moves = [];
  bench.box.runMs(60_000);
  assert.deepEqual(moves, []);
  assert.equal(bench.books(1).state, LOW);
});

test("reverse energy is consumption, or not, by setting", () => {
  const bench = provisioned();
  bench.credit(1, 1, 1_000);
  bench.box.setLoadW(1, -20_000);
  bench.box.runMs(60_000);
  const counted = bench.books(1);
  assert.ok(counted.reverse_j > 1_100_000n);
  assert.equal(counted.forward_j, 0n);
  assert.equal(counted.charged, counted.reverse_j);
  assert.ok(counted.power_w < -19_000);
  bench.set(4, 0, 0, 1);
  const before = bench.books(1);
  bench.box.runMs(60_000);
  const after = bench.books(1);
  assert.ok(after.reverse_j > before.reverse_j);
  assert.equal(after.charged, before.charged);
});

test("money mode: a price change stays exact", () => {
  const bench = provisioned();
  assert.equal(bench.set(2, 0, 1, 1), 0);
  assert.equal(bench.set(3, 0, 5_583, 2), 0); // 0.5583 a kWh
  assert.equal(bench.credit(1, 1, 1_000).remaining, 1_000); // 10.00
  bench.box.setLoadW(1, 36_000);
  bench.box.runMs(50_000);
  bench.box.setLoadW(1, 0);
  bench.box.runMs(1_000);
  const first = bench.books(1);
  assert.equal(first.charged, first.forward_j * 5_583n);
  assert.equal(bench.set(3, 0, 9_999, 3), 0);
  bench.box.setLoadW(1, 36_000);
  bench.box.runMs(50_000);
  const second = bench.books(1);
  const at_new_price = (second.forward_j - first.forward_j) * 9_999n;
  assert.equal(second.charged, first.charged + at_new_price);
  assert.equal(second.accepted, 10n * 100n * 360_000_000n);
  assert.equal(bench.set(2, 0, 0, 4), -9, "energy mode needs price 1");
});

test("maximum demand is the greatest mean of a quarter of an hour", () => {
  const bench = provisioned();
  bench.credit(1, 1, 100_000);
  bench.box.setLoadW(1, 4_000);
  bench.box.runMs(2 * 900_000);
  bench.box.setLoadW(1, 1_000);
  bench.box.runMs(900_000);
  const maximum_w = bench.books(1).maximum_w;
  assert.ok(maximum_w >= 3_990 && maximum_w <= 4_010, `${maximum_w} W`);
});
