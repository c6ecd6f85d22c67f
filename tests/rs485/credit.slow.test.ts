/** Signed credit by line through a whole box, by DL/T 645 (03h) and by the Modbus mailbox: repeated,
 *  replayed, out of order, its answer lost, with wrong codes, with the power cut at every byte that it
 *  writes, and racing a card. It is credited exactly once, and a repeat is told the same. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as cards from "../cards/kit.ts";
import { UNDER_WAY } from "../meter/cut.ts";
import * as kit from "../meter/kit.ts";
import { LineBench, mailbox, recharge, type Outcome } from "./traffic.ts";

const { CREDIT } = cards;
const E_CODE = -1;
const E_NUMBER_OLD = -4;
const E_NUMBER_SKIPPED = -5;
const E_WAIT = -25;
const REPEAT = 1;
const HOUSEHOLD = 2;
const BOUGHT = 3_002; // what LineBench.inService sells it
const CODES = 15;
const HOUR_MS = 3_600_000;
const UNITS = 36_000n; // J in 0.01 kWh

interface Way {
  name: string;
  /** Sends a message and waits for what becomes of it. */
  carry(bench: LineBench, message: Uint8Array, household?: number): Outcome | undefined;
  request(message: Uint8Array): Buffer;
}

const WAYS: Way[] = [
  {
    name: "03h",
    carry: (bench, message, household = HOUSEHOLD) => bench.byDlt(household, message),
    request: (message) => recharge(message[5], message),
  },
  {
    name: "mailbox",
    carry: (bench, message) => bench.byModbus(message),
    request: (message) => mailbox(message),
  },
];

/** A box in service, as its memory stands. */
const image = LineBench.inService().image();

function sold(number: number, amount: number, household = HOUSEHOLD): Buffer {
  return kit.signed(CREDIT, household, number, amount);
}

function accepted(bench: LineBench, household = HOUSEHOLD): number {
  const books = bench.books(household);
  assert.equal(books.accepted, books.charged + books.remaining);
  return Number(books.accepted / UNITS);
}

/** Accepted, whether now or before. */
function assertDone(outcome: Outcome | undefined, number: number, remaining: number): void {
  assert.ok(outcome && [0, REPEAT].includes(outcome.result), JSON.stringify(outcome));
  assert.deepEqual([outcome.number, outcome.remaining], [number, remaining]);
}

for (const { name, carry } of WAYS) {
  test(`${name}: repeated, replayed, out of order`, () => {
    const bench = LineBench.started(image);
    for (let times = 0; times < 3; times++) {
      assertDone(carry(bench, sold(2, 500)), 2, BOUGHT + 500);
    }
    assert.equal(
      carry(bench, sold(2, 501))?.result,
      E_NUMBER_OLD,
      "the number with another amount",
    );
    assertDone(carry(bench, sold(3, 70)), 3, BOUGHT + 570);
    assert.equal(carry(bench, sold(2, 500))?.result, E_NUMBER_OLD, "a replay");
    assert.equal(carry(bench, sold(5, 9))?.result, E_NUMBER_SKIPPED, "before its turn");
    assertDone(carry(bench, sold(4, 8)), 4, BOUGHT + 578);
    assertDone(carry(bench, sold(5, 9)), 5, BOUGHT + 587);
    assert.equal(accepted(bench), BOUGHT + 587);
    assert.deepEqual(bench.restarts, []);
  });
}

test("the same message by both protocols and in a native frame is one credit", () => {
  const bench = LineBench.started(image);
  const message = sold(2, 500);
  for (const { carry } of [...WAYS, ...WAYS]) assertDone(carry(bench, message), 2, BOUGHT + 500);
  assert.equal(bench.message(message, "line").result, REPEAT);
  assert.equal(accepted(bench), BOUGHT + 500);
});

for (const { name, carry, request } of WAYS) {
  test(`${name}: the answer is lost, at any moment asked again`, () => {
    const message = sold(2, 500);
    for (let later_ms = 0; later_ms <= 240; later_ms += 5) {
      const bench = LineBench.started(image);
      bench.box.line.send(request(message));
      bench.box.runMs(40 + later_ms); // 40 ms: the request itself
      bench.box.line.send(request(message)); // may well fall into the answer
      bench.box.runMs(600);
      bench.box.line.receive(); // nobody hears it
      assertDone(carry(bench, message), 2, BOUGHT + 500);
      assert.equal(accepted(bench), BOUGHT + 500, `${later_ms} ms`);
    }
  });

  test(`${name}: frames between the microcontrollers are lost`, () => {
    const message = sold(2, 500);
    for (const from of ["meter", "panel"] as const) {
      for (let skip = 0; skip < 12; skip++) {
        const bench = LineBench.started(image);
        let seen = 0;
        bench.box.link.tap = (sender, bytes) => {
          const is_lost = sender === from && ++seen > skip && seen <= skip + 2;
          return is_lost ? new Uint8Array() : bytes;
        };
        bench.box.line.send(request(message));
        bench.box.runMs(800);
        delete bench.box.link.tap;
        assertDone(carry(bench, message), 2, BOUGHT + 500);
        assert.equal(accepted(bench), BOUGHT + 500, `${from}, ${skip}`);
      }
    }
  });
}

test("either microcontroller is reset at any moment of a credit", () => {
  const message = sold(2, 500);
  for (const { name, carry, request } of WAYS) {
    for (const mcu of ["meter", "panel"] as const) {
      for (let after_ms = 30; after_ms <= 140; after_ms += 2) {
        const bench = LineBench.started(image);
        bench.box.line.send(request(message));
        bench.box.runMs(after_ms);
        bench.box.resetMcu(mcu);
        bench.box.runMs(3_000);
        bench.box.line.receive();
        assertDone(carry(bench, message), 2, BOUGHT + 500);
        assert.equal(accepted(bench), BOUGHT + 500, `${name}, ${mcu}, ${after_ms} ms`);
        assert.equal(bench.restarts.length, 1, "the ordered one");
      }
    }
  }
});

test("fifteen wrong codes shut the line for an hour of running, not the card", () => {
  const bench = LineBench.started(image);
  for (let count = 0; count < CODES; count++) {
    const wrong = sold(2, 500);
    wrong[23] ^= count + 1;
    assert.equal(WAYS[count % 2].carry(bench, wrong)?.result, E_CODE, `wrong code ${count + 1}`);
  }
  for (const { carry, name } of WAYS) {
    assert.equal(carry(bench, sold(2, 500))?.result, E_WAIT, name);
  }
  const card = cards.firstCard(9, 700);
  bench.box.reader.present(card);
  bench.box.runMs(1_000);
  bench.box.reader.remove(card);
  assert.equal(accepted(bench, 9), 700, "a card is taken meanwhile");
  bench.box.runMs(HOUR_MS / 2);
  const again = LineBench.started(bench.image());
  assert.equal(WAYS[0].carry(again, sold(2, 500))?.result, E_WAIT, "a restart does not open it");
  again.box.runMs(HOUR_MS / 2 + 10_000);
  assertDone(WAYS[0].carry(again, sold(2, 500)), 2, BOUGHT + 500);
  assert.equal(accepted(again), BOUGHT + 500);
});

/** Cuts the power at each byte that a credit writes; returns the number of bytes. */
function sweep({ name, carry, request }: Way): number {
  const message = sold(2, 500);
  let before = 0;
  let after = 0;
  for (let cut = 0; ; cut++) {
    for (const under_way of UNDER_WAY) {
      const bench = LineBench.started(image);
      bench.box.fram.cutAfter(cut, under_way);
      bench.box.line.send(request(message));
      for (let ms = 0; ms < 250 && bench.box.powered; ms += 10) bench.box.runMs(10);
      const is_over = bench.box.powered;
      const heard = bench.box.line.receive();
      const next = LineBench.started(bench.image());
      const where = `${name}, cut ${cut} (${under_way})`;
      const is_new = accepted(next) === BOUGHT + 500;
      if (!is_new) assert.equal(accepted(next), BOUGHT, where);
      if (heard.length > 0) assert.ok(is_new || name === "mailbox", `${where}: told too early`);
      assert.equal(next.books(HOUSEHOLD).number, is_new ? 2 : 1, where);
      for (let times = 0; times < 2; times++) {
        assertDone(carry(next, message), 2, BOUGHT + 500);
        assert.equal(accepted(next), BOUGHT + 500, where);
      }
      assert.deepEqual(next.restarts, [], where);
      if (is_new) after++;
      else before++;
      if (is_over) {
        assert.ok(before > 0 && after > 0, `${before} old, ${after} new`);
        return cut;
      }
    }
  }
}

for (const way of WAYS) {
  test(`${way.name}: power cut at every byte of a credit`, () => {
    const bytes = sweep(way);
    assert.ok(bytes > 56 + 24, `${bytes} bytes`);
    console.log(`${way.name}: ${bytes} bytes`);
  });
}

test("card and line race for the same purchase: one credit, both are told so", () => {
  const first = kit.signed(CREDIT, 9, 1, 700, kit.FIRST);
  for (const { name, carry, request } of WAYS) {
    for (let lead_ms = 0; lead_ms <= 480; lead_ms += 16) {
      const bench = LineBench.started(image);
      const card = cards.makeCard(9, first);
      const where = `${name}, ${lead_ms} ms after the card`;
      bench.box.reader.present(card);
      bench.box.runMs(lead_ms);
      bench.box.line.send(request(first));
      bench.box.runMs(1_000);
      bench.box.reader.remove(card);
      bench.box.runMs(1_000);
      assert.equal(accepted(bench, 9), 700, where);
      bench.box.line.receive();
      assertDone(carry(bench, first, 9), 1, 700);
      assert.equal(cards.returned(card)?.number, 1, where);
      assert.equal(accepted(bench, 9), 700, where);
    }
  }
});

test("card and line race with two messages of one number: the first one counts", () => {
  const by_card = kit.signed(CREDIT, 9, 1, 700, kit.FIRST);
  const by_line = kit.signed(CREDIT, 9, 1, 900, kit.FIRST);
  const won = { card: 0, line: 0 };
  for (const { name, carry, request } of WAYS) {
    for (let lead_ms = 0; lead_ms <= 480; lead_ms += 16) {
      const bench = LineBench.started(image);
      const card = cards.makeCard(9, by_card);
      bench.box.reader.present(card);
      bench.box.runMs(lead_ms);
      bench.box.line.send(request(by_line));
      bench.box.runMs(1_000);
      bench.box.reader.remove(card);
      bench.box.runMs(1_000);
      const has_card = accepted(bench, 9) === 700;
      if (!has_card) assert.equal(accepted(bench, 9), 900, `${name}, ${lead_ms} ms`);
      won[has_card ? "card" : "line"]++;
      bench.box.line.receive();
      const told = carry(bench, by_line, 9);
      if (has_card) assert.equal(told?.result, E_NUMBER_OLD);
      else assertDone(told, 1, 900);
      assert.equal(bench.books(9).number, 1);
    }
  }
  assert.ok(won.card > 0 && won.line > 0, JSON.stringify(won));
});
