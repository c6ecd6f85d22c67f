/** Management cards, asked of a running meter over its link: the clear and the relay test. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BooksReader } from "../../tools/simulate/books.ts";
import { EVENTS } from "../../tools/simulate/office-codes.ts";
import * as kit from "./kit.ts";

const CLEAR = 5;
const TEST = 7;
const EMPTY = 3;
const E_BUSY = -23;
const E_SERVICE = -18;
const CHANNELS = Array.from({ length: 39 }, (_, index) => index + 1);

/** A box in use: every third household has credit and has consumed. */
function inUse(): kit.MeterBench {
  const bench = new kit.MeterBench();
  assert.equal(bench.provision(), 0);
  for (const channel of CHANNELS.filter((number) => number % 3 === 1)) {
    assert.equal(bench.credit(channel, 1, 2_000).result, 0);
    bench.box.setLoadW(channel, 9_000);
  }
  bench.box.runMs(20_000);
  for (const channel of CHANNELS) bench.box.setLoadW(channel, 0);
  bench.box.runMs(1_000);
  return bench;
}

function restart(bench: kit.MeterBench): void {
  bench.box.powerOff();
  bench.box.runMs(1_000);
  bench.box.powerOn();
  bench.box.runMs(200);
}

function memory(bench: kit.MeterBench): BooksReader {
  return new BooksReader(bench.box.fram.bytes);
}

function clear(bench: kit.MeterBench, number: number): number {
  return bench.message(kit.signed(CLEAR, 0, number, 0)).result;
}

function startTest(bench: kit.MeterBench, index: number, number: number, seconds: number): number {
  return bench.message(kit.signed(TEST, index, number, seconds)).result;
}

/** Accounts of all households as text. */
function accounts(bench: kit.MeterBench): string {
  const all = CHANNELS.map((household) => memory(bench).account(household));
  return JSON.stringify(all, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}

test("a clear needs the service switch, a power-up less than two minutes ago, and a new number", () => {
  const bench = inUse();
  const before = accounts(bench);
  const refused = (number: number, result: number, why: string): void => {
    assert.equal(clear(bench, number), result, why);
    assert.equal(memory(bench).management()!.clear_number, 0, why);
    assert.equal(accounts(bench), before, why);
  };
  refused(1, E_SERVICE, "switch open");
  bench.box.serviceSwitch(true);
  restart(bench);
  refused(0, -4, "number 0");
  assert.equal(bench.message(kit.signed(CLEAR, 0, 1, 0), "line").result, -7, "by line");
  assert.equal(bench.message(kit.signed(CLEAR, 1, 1, 0)).result, -3, "of a household");
  assert.equal(bench.message(kit.signed(CLEAR, 0, 1, 5)).result, -9, "with an amount");
  bench.box.runMs(121_000);
  refused(1, E_SERVICE, "two minutes later");
  bench.box.resetMcu("meter");
  bench.box.runMs(500);
  refused(1, E_SERVICE, "a reset is no power-up");
  bench.box.serviceSwitch(false);
  restart(bench);
  refused(1, E_SERVICE, "switch open after a power-up");
  bench.box.serviceSwitch(true);
  assert.equal(clear(bench, 1), 0);
});

test("a clear withdraws every credit, forgets every card, and numbers go on", () => {
  const bench = inUse();
  bench.box.serviceSwitch(true);
  restart(bench);
  const before = CHANNELS.map((household) => bench.books(household));
  const event_from = memory(bench).eventNext();
  assert.equal(clear(bench, 9), 0);
  bench.box.runMs(200);
  assert.equal(memory(bench).management()!.clearing, false);
  CHANNELS.forEach((household, index) => {
    const now = bench.books(household);
    assert.equal(now.remaining, 0n);
    assert.equal(now.accepted, now.charged);
    assert.equal(now.charged, before[index].charged, "what was consumed stays");
    assert.equal(now.forward_j, before[index].forward_j);
    assert.equal(now.number, before[index].number);
    assert.equal(now.state, EMPTY);
    assert.equal(memory(bench).account(household)!.card_uid, null);
  });
  const cleared = memory(bench)
    .events(event_from)
    .filter(({ kind }) => kind === EVENTS.cleared);
  assert.equal(cleared.length, 13);
  for (const { household, value } of cleared) {
    assert.equal(value, before[household - 1].remaining, `household ${household}`);
  }
  bench.box.runMs(5_000);
  for (const channel of CHANNELS) assert.equal(bench.box.relayClosed(channel), false);
  assert.equal(clear(bench, 9), -4, "the card is used up");
  assert.equal(bench.credit(1, 1, 2_000).result, -4, "no old card can be loaded again");
  assert.equal(bench.credit(1, 2, 500).result, -17, "nor is it the household's card any more");
  assert.equal(bench.message(kit.signed(1, 1, 2, 500, kit.FIRST), "card").result, 0);
  assert.equal(clear(bench, 10), 0);
});

test("while a clear is under way every message is refused as busy", () => {
  const bench = inUse();
  bench.box.serviceSwitch(true);
  restart(bench);
  let sequence = 0;
  const present = (message: Buffer): number => {
    const payload = Buffer.concat([kit.cardOf(1), message]);
    return bench.raw(kit.frame(++sequence, kit.CARD_MESSAGE, payload)).readInt8(4);
  };
  assert.equal(present(kit.signed(CLEAR, 0, 3, 0)), 0);
  assert.equal(memory(bench).management()!.clearing, true);
  assert.equal(present(kit.signed(1, 1, 2, 100, kit.FIRST)), E_BUSY);
  bench.box.runMs(100);
  assert.equal(memory(bench).management()!.clearing, false);
  assert.equal(memory(bench).account(1)!.number, 1);
  assert.equal(present(kit.signed(1, 1, 2, 100, kit.FIRST)), 0);
  assert.equal(memory(bench).account(1)!.accepted_units, bench.books(1).charged + 3_600_000n);
});

/** Relay movements of a box, by channel. */
function movesOf(bench: kit.MeterBench): Map<number, [number, boolean][]> {
  const moves = new Map<number, [number, boolean][]>();
  bench.box.events.on("relay", ({ channel, closed, time_us }) => {
    moves.set(channel, [...(moves.get(channel) ?? []), [time_us / 1000, closed]]);
  });
  return moves;
}

test("a relay test of one household opens and closes every 2 s and leaves what the account says", () => {
  for (const household of [1, 2]) {
    const bench = inUse();
    const supplied = household === 1; // household 2 has no credit
    const moves = movesOf(bench);
    assert.equal(startTest(bench, household, 5, 21), 0);
    bench.box.runMs(22_000);
    assert.deepEqual([...moves.keys()], [household]);
    const own = moves.get(household)!;
    for (let index = 1; index < own.length - 1; index++) {
      const apart_ms = own[index][0] - own[index - 1][0];
      assert.ok(apart_ms >= 1_990 && apart_ms <= 2_010, `${apart_ms} ms`);
      assert.notEqual(own[index][1], own[index - 1][1]);
    }
    assert.ok(own.length >= 10 && own.length <= 12, `${own.length} moves`);
    assert.equal(bench.box.relayClosed(household), supplied);
    const before = bench.box.relayOperations(household);
    bench.box.runMs(10_000);
    assert.equal(bench.box.relayOperations(household), before);
    assert.equal(startTest(bench, household, 5, 21), -4, "the number is used up");
  }
});

test("a relay test of all drives every relay both ways, one coil at a time", () => {
  const bench = inUse();
  const moves = movesOf(bench);
  assert.equal(startTest(bench, 0, 1, 30), 0);
  bench.box.runMs(40_000);
  for (const channel of CHANNELS) {
    const own = moves.get(channel) ?? [];
    assert.ok(own.filter(([, closed]) => closed).length >= 4, `channel ${channel} closed`);
    assert.ok(own.filter(([, closed]) => !closed).length >= 4, `channel ${channel} opened`);
    assert.equal(bench.box.relayClosed(channel), channel % 3 === 1);
  }
  const event = memory(bench)
    .events(0)
    .find(({ kind }) => kind === EVENTS.relay_test)!;
  assert.deepEqual([event.household, event.value], [0, 30n]);
});

test("what a relay test may be asked: one household in use or all, 1..600 s, by card", () => {
  const bench = inUse();
  bench.set(52, 2, 0, 1);
  const cases: [string, () => number, number][] = [
    ["household not in use", () => startTest(bench, 2, 1, 10), -3],
    ["household 40", () => startTest(bench, 40, 1, 10), -3],
    ["0 s", () => startTest(bench, 1, 1, 0), -9],
    ["601 s", () => startTest(bench, 1, 1, 601), -9],
    ["number 0", () => startTest(bench, 1, 0, 10), -4],
    ["by line", () => bench.message(kit.signed(TEST, 1, 1, 10), "line").result, -7],
  ];
  const moves = movesOf(bench);
  for (const [name, ask, result] of cases) {
    assert.equal(ask(), result, name);
    assert.equal(memory(bench).management()!.test_number, 0, name);
  }
  bench.box.runMs(5_000);
  assert.equal(moves.size, 0);
  assert.equal(startTest(bench, 1, 1, 600), 0);
  assert.equal(startTest(bench, 3, 2, 1), 0, "a second one takes its place");
  bench.box.runMs(5_000);
  assert.equal(bench.box.relayClosed(1), true);
  restart(bench);
  bench.box.runMs(5_000);
  assert.equal(startTest(bench, 3, 2, 1), -4, "after a power cut too");
});

test("energy on an open relay is no fault during a test, and counted for its household outside one", () => {
  const bench = inUse();
  bench.box.relayStick(1, true); // household 1 is supplied
  bench.box.setLoadW(1, 20_000);
  assert.equal(startTest(bench, 1, 1, 60), 0);
  bench.box.runMs(59_000);
  assert.equal(memory(bench).account(1)!.relay_faults, 0);
  while (bench.books(1).state < 2) bench.box.runMs(10_000);
  bench.box.runMs(60_000);
  const faults = memory(bench).account(1)!.relay_faults;
  const noted = memory(bench)
    .events(0)
    .filter(({ kind, household }) => kind === EVENTS.relay_energy && household === 1);
  assert.ok(faults >= 4 && faults === noted.length, `${faults} faults, ${noted.length} events`);
});
