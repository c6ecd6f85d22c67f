/** Management cards held to the reader of a whole box: from the office's dump over both cores to
 *  relays, settings and books, and back to the dump. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import { recordIn, setMessage } from "../../tools/card/content.ts";
import { BooksReader } from "../../tools/simulate/books.ts";
import { CardBench, makeCard, makeDump } from "../cards/kit.ts";
import * as kit from "./kit.ts";

const SETTING = 4;
const CLEAR = 5;
const CHECK = 6;
const TEST = 7;

function memory(bench: CardBench): BooksReader {
  return new BooksReader(bench.box.fram.bytes);
}

function clearCard(number: number): ClassicCard {
  return makeCard(0, kit.signed(CLEAR, 0, number, 0), { kind: "clear" });
}

/** Off and on again; the box is ready for cards. */
function restart(bench: CardBench): void {
  bench.box.powerOff();
  bench.box.runMs(500);
  bench.box.powerOn();
  bench.box.runMs(3_000);
}

test("a check card collects the readings of all households, as often as it is shown", () => {
  const bench = CardBench.open();
  for (const household of [1, 20, 39]) bench.credit(household, 1, 1_000 * household);
  bench.box.setLoadW(20, 20_000);
  const card = makeCard(0, kit.signed(CHECK, 0, 1, 0), { kind: "check" });
  for (let round = 0; round < 2; round++) {
    bench.box.runMs(60_000);
    bench.box.setLoadW(20, 0);
    bench.box.runMs(1_000);
    bench.show(card, 3_000);
    const dump = card.dump();
    for (let household = 1; household <= 39; household++) {
      const record = recordIn(dump, household);
      assert.ok(record, `household ${household}`);
      const books = bench.books(household);
      assert.equal(record.forward, Number(books.forward_j / 36_000n));
      assert.equal(record.remaining, Number(books.remaining / 36_000n));
      assert.equal(record.number, books.number);
    }
    bench.box.setLoadW(20, 20_000);
  }
});

test("a test card drives the relays of its household for its time, once", () => {
  const bench = CardBench.open();
  bench.credit(5, 1, 2_000);
  bench.box.runMs(1_000);
  const card = makeCard(0, kit.signed(TEST, 5, 1, 10), { kind: "test" });
  const before = bench.box.relayOperations(5);
  bench.show(card);
  bench.box.runMs(12_000);
  const after = bench.box.relayOperations(5);
  assert.ok(after >= before + 4, `${after - before} strokes`);
  assert.equal(bench.box.relayClosed(5), true);
  assert.ok(bench.shown(card).includes("Err 04"), "the card is used up");
  assert.equal(bench.box.relayOperations(5), after);
});

test("a clear card needs the service switch and a power-up, and clears once", () => {
  const bench = CardBench.open();
  bench.credit(5, 1, 2_000);
  const card = clearCard(1);
  assert.ok(bench.shown(card).includes("Err 18"), "switch open");
  restart(bench);
  bench.box.serviceSwitch(true);
  bench.box.runMs(120_000);
  assert.ok(bench.shown(card).includes("Err 18"), "too late");
  assert.equal(memory(bench).management()!.clear_number, 0);
  assert.equal(bench.accepted(5), 2_000);
  restart(bench);
  bench.show(card);
  assert.equal(bench.books(5).remaining, 0n);
  assert.equal(memory(bench).management()!.clear_number, 1);
  assert.equal(bench.message(kit.signed(1, 5, 2, 300, kit.FIRST)).result, 0);
  assert.ok(bench.shown(card).includes("Err 04"), "the card is used up");
  assert.equal(bench.books(5).remaining, 3n * 3_600_000n);
});

test("power cut at any time of a clear: the box comes back cleared or untouched", () => {
  const image = ((): Uint8Array => {
    const bench = CardBench.open();
    for (const household of [1, 20, 39]) bench.credit(household, 1, 1_000);
    bench.box.powerOff();
    return bench.box.fram.bytes.slice();
  })();
  const seen = new Set<string>();
  for (let cut = 0; cut < 2_600; cut += 29) {
    const bench = new CardBench({ fram: image });
    bench.box.serviceSwitch(true);
    bench.box.runMs(2_000);
    bench.box.fram.cutAfter(cut);
    bench.show(clearCard(1), 400);
    const again = new CardBench({ fram: bench.box.fram.bytes });
    const left = [1, 20, 39].map((household) => Number(again.books(household).remaining));
    assert.equal(new Set(left).size, 1, `cut ${cut}: ${left}`);
    assert.equal(memory(again).management()!.clearing, false);
    seen.add(String(left[0]));
  }
  assert.deepEqual([...seen].sort(), ["0", "36000000"]);
});

test("a settings card changes what its messages say, in order, up to the first refusal", () => {
  const bench = CardBench.open();
  const dump = makeDump(0, Buffer.alloc(24), { kind: "settings" });
  const messages = [
    kit.signed(SETTING, 0, 1, 60, 6),
    kit.signed(SETTING, 5, 1, 2_000, 40),
    kit.signed(SETTING, 5, 2, 3_000, 41), // the trip level above the alarm level
    kit.signed(SETTING, 0, 2, 70, 6),
  ];
  messages.forEach((message, index) => setMessage(dump, 3 + index, message));
  assert.ok(bench.shown(ClassicCard.fromDump(dump)).includes("Err 09"));
  assert.equal(bench.setting(6), 60);
  assert.equal(bench.setting(40, 5), 2_000);
  assert.equal(bench.setting(41, 5), 500);
});
