/** Power is cut after every byte that the meter writes because of a card, in turn. After each cut the
 *  box has done all of it or nothing; a clear, once begun, is finished by the next start. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BooksReader } from "../../tools/simulate/books.ts";
import { sweep, UNDER_WAY } from "./cut.ts";
import * as kit from "./kit.ts";

const CLEAR = 5;
const CHECK = 6;
const TEST = 7;
const HOUSEHOLDS = Array.from({ length: 39 }, (_, index) => index + 1);
const NEW_CARD = Buffer.from("0badcafe", "hex");

/** A box that has lived: all households have credit, a card and some consumption. */
function livedImage(): Uint8Array {
  const bench = new kit.MeterBench();
  bench.provision();
  for (const household of HOUSEHOLDS) bench.credit(household, 1, 3_000 + household);
  bench.message(kit.signed(1, 7, 2, 100, kit.FIRST), "line"); // 7 has no card
  for (const number of [CHECK, TEST]) bench.message(kit.signed(number, 0, 3, number - CHECK));
  for (const household of HOUSEHOLDS) bench.box.setLoadW(household, 9_000);
  bench.box.runMs(10_000);
  for (const household of HOUSEHOLDS) bench.box.setLoadW(household, 0);
  bench.box.runMs(5_000);
  bench.box.powerOff();
  return bench.box.fram.bytes.slice();
}

const image = livedImage();

function memory(bench: kit.MeterBench): BooksReader {
  return new BooksReader(bench.box.fram.bytes);
}

/** Management numbers and the account of a household as text; the books must balance. */
function stateOf(bench: kit.MeterBench, household: number): string {
  const account = memory(bench).account(household)!;
  const books = bench.books(household);
  assert.equal(books.accepted, books.charged + books.remaining);
  assert.equal(books.accepted, account.accepted_units);
  const management = memory(bench).management();
  return [...Object.values(account), books.remaining, JSON.stringify(management)].join(" ");
}

/** Sweeps work that turns one state into another; `again` is presented after each cut. */
function sweepOldOrNew(
  household: number,
  act: (bench: kit.MeterBench) => void,
  again: (bench: kit.MeterBench, was_done: boolean) => void,
): void {
  const reference = new kit.MeterBench({ fram: image });
  reference.box.runMs(100);
  const before = stateOf(reference, household);
  act(reference);
  const after = stateOf(reference, household);
  assert.notEqual(before, after);
  const seen = new Set<string>();
  for (const under_way of UNDER_WAY) {
    const check = (bench: kit.MeterBench, cut: number): void => {
      const state = stateOf(bench, household);
      assert.ok(state === before || state === after, `cut ${cut} (${under_way}): ${state}`);
      seen.add(state);
      again(bench, state === after);
    };
    sweep({ image, act, check }, under_way);
  }
  assert.equal(seen.size, 2, "both outcomes occur");
}

test("a replacement: credit, number and card are old or new together, and it completes", () => {
  const message = kit.signed(1, 4, 2, 777, kit.REPLACEMENT);
  sweepOldOrNew(
    4,
    (bench) => assert.equal(bench.message(message, "card", NEW_CARD).result, 0),
    (bench, was_done) => {
      assert.equal(bench.message(message, "card", NEW_CARD).result, was_done ? 1 : 0);
      assert.equal(memory(bench).account(4)!.card_uid, NEW_CARD.toString("hex"));
      assert.equal(memory(bench).account(4)!.number, 2);
    },
  );
});

test("the binding of a card after a purchase by line", () => {
  const message = kit.signed(1, 7, 2, 100, kit.FIRST);
  sweepOldOrNew(
    7,
    (bench) => assert.equal(bench.message(message, "card").result, 1),
    (bench) => {
      assert.equal(bench.message(message, "card").result, 1);
      assert.equal(memory(bench).account(7)!.card_uid, kit.cardOf(7).toString("hex"));
    },
  );
});

test("the number of a check and of a test, each used once", () => {
  sweepOldOrNew(
    1,
    (bench) => assert.equal(bench.message(kit.signed(CHECK, 0, 8, 0)).result, 0),
    (bench) => assert.equal(bench.message(kit.signed(CHECK, 0, 8, 0)).result, 0),
  );
  sweepOldOrNew(
    1,
    (bench) => assert.equal(bench.message(kit.signed(TEST, 39, 8, 1)).result, 0),
    (bench, was_done) => {
      assert.equal(bench.message(kit.signed(TEST, 39, 8, 1)).result, was_done ? -4 : 0);
    },
  );
});

test("the count of refusals", () => {
  sweepOldOrNew(
    1,
    (bench) => assert.equal(bench.credit(1, 9, 1).result, -5),
    () => undefined,
  );
});

/** What a clear has to do with the accounts, as text. */
function cleared(bench: kit.MeterBench): boolean[] {
  return HOUSEHOLDS.map((household) => {
    const account = memory(bench).account(household)!;
    const charged = memory(bench).book(household)!.charged_units;
    assert.ok(account.accepted_units >= charged);
    const is_cleared = account.accepted_units === charged;
    assert.equal(account.card_uid === null, is_cleared || household === 7);
    assert.equal(account.number, household === 7 ? 2 : 1);
    return is_cleared;
  });
}

/** The clear goes on after the cut, and is cut once more. */
function cutAgain(bench: kit.MeterBench, cut: number): kit.MeterBench {
  bench.box.fram.cutAfter((cut * 37) % 2_000, UNDER_WAY[cut % UNDER_WAY.length]);
  bench.box.runMs(60);
  if (bench.box.powered) bench.box.fram.cutAfter(null);
  return bench.box.powered ? bench : new kit.MeterBench({ fram: bench.box.fram.bytes });
}

test("a clear cut at any byte: untouched, or it goes on by itself and is complete", () => {
  let untouched = 0;
  let resumed = 0;
  const cuts = sweep({
    image,
    prepare: (bench) => bench.box.serviceSwitch(true),
    act: (bench) => {
      assert.equal(bench.message(kit.signed(CLEAR, 0, 1, 0)).result, 0);
      bench.box.runMs(120);
    },
    check: (first, cut) => {
      const { clear_number } = memory(first).management()!;
      const bench = cutAgain(first, cut);
      bench.box.runMs(120);
      const done = cleared(bench);
      if (clear_number === 0) {
        assert.ok(!done.includes(true), `cut ${cut}: cleared without an order`);
        untouched++;
      } else {
        assert.ok(!done.includes(false), `cut ${cut}: ${done.indexOf(false) + 1} was left out`);
        assert.equal(memory(bench).management()!.clearing, false, `cut ${cut}`);
        resumed++;
      }
    },
  });
  assert.ok(cuts > 39 * 56, `${cuts} bytes`);
  assert.ok(untouched > 24 && resumed > 39 * 56, `${untouched} untouched, ${resumed} resumed`);
});
