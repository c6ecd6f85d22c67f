/** From a card file to the tubes and back: purchase, resume, replacement, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import * as meter from "../meter/kit.ts";
import * as kit from "./kit.ts";

const { CREDIT, FIRST, FURTHER, REPLACEMENT, CardBench, tripped } = kit;
const KWH = 3_600_000n;

test("a first purchase, then a further one: amount, remaining, return data on the card", () => {
  const bench = CardBench.open();
  const first = kit.firstCard(5, 2_000);
  const shown = bench.shown(first);
  assert.ok(shown.includes("20.0"), shown.join(" "));
  assert.equal(bench.accepted(5), 2_000);
  const told = kit.returned(first);
  assert.deepEqual([told?.number, told?.remaining, told?.result, told?.sequence], [1, 2_000, 0, 1]);

  const second = kit.rewritten(first, 2, meter.signed(CREDIT, 5, 2, 1_500, FURTHER));
  const again = bench.shown(second);
  const amount = again.indexOf("15.0");
  assert.ok(amount >= 0 && again[amount + 1] === "35.0", again.join(" "));
  const later = kit.returned(second);
  assert.deepEqual([later?.number, later?.remaining, later?.sequence], [2, 3_500, 2]);
});

test("showing a loaded card again credits nothing and says so", () => {
  const bench = CardBench.open();
  const card = kit.firstCard(5, 2_000);
  bench.show(card);
  bench.box.runMs(10_000);
  const shown = bench.shown(card);
  assert.ok(
    shown.some((text) => /Err 04/i.test(text)),
    shown.join(" "),
  );
  assert.equal(bench.accepted(5), 2_000);
});

test("the first digit is up within 300 ms and the card may go after 500 ms, at any moment", () => {
  const bench = CardBench.open();
  for (let offset_ms = 0; offset_ms < 400; offset_ms += 37) {
    bench.box.runMs(12_000 + offset_ms);
    const household = 1 + (offset_ms % 39);
    const card = kit.firstCard(household, 1_234);
    bench.box.reader.present(card);
    let first_ms = 0;
    for (; first_ms < 1_000 && bench.box.tubes().lower.trim() !== "12.3"; first_ms++)
      bench.box.runMs(1);
    assert.ok(first_ms <= 300, `${first_ms} ms to the first digit`);
    bench.box.runMs(kit.DONE_MS - first_ms);
    bench.box.reader.remove(card);
    assert.equal(kit.returned(card)?.number, 1, "return data are complete");
    bench.box.runMs(2_000);
  }
});

test("a tripped household is resumed by its own card, newly presented", () => {
  const { bench, card } = tripped();
  bench.show(card);
  assert.equal(bench.books(7).state, 1);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(7), true);
  assert.equal(kit.returned(card)?.state, 1);
});

test("a replacement is accepted and the old card is refused from then on", () => {
  const bench = CardBench.open();
  const old = kit.firstCard(5, 2_000);
  bench.show(old);
  const replacement = kit.makeCard(5, meter.signed(CREDIT, 5, 2, 500, REPLACEMENT));
  bench.show(replacement);
  assert.equal(bench.accepted(5), 2_500);
  bench.box.runMs(9_000);
  const refused = kit.rewritten(old, 2, meter.signed(CREDIT, 5, 3, 700, FURTHER));
  const shown = bench.shown(refused);
  assert.ok(
    shown.some((text) => /Err 17/i.test(text)),
    shown.join(" "),
  );
  assert.equal(bench.accepted(5), 2_500);
  bench.show(kit.rewritten(replacement, 2, meter.signed(CREDIT, 5, 3, 700, FURTHER)));
  assert.equal(bench.accepted(5), 3_200);
});

test("each refusal has its own number on the tubes, and nothing changes", () => {
  const bench = CardBench.open();
  const own = kit.firstCard(5, 2_000);
  bench.show(own);
  const bad_code = meter.signed(CREDIT, 5, 2, 100, FURTHER);
  bad_code[20] ^= 1;
  const other_box = "2025112102";
  const cases: [number, string, ClassicCard][] = [
    [1, "wrong code", kit.rewritten(own, 2, bad_code)],
    [
      2,
      "another box",
      kit.makeCard(5, meter.signed(CREDIT, 5, 2, 100, FIRST, other_box), { box_number: other_box }),
    ],
    [5, "number skipped", kit.rewritten(own, 2, meter.signed(CREDIT, 5, 3, 100, FURTHER))],
    [6, "over the limit", kit.rewritten(own, 2, meter.signed(CREDIT, 5, 2, 99_000, FURTHER))],
    [17, "not this household's card", kit.makeCard(5, meter.signed(CREDIT, 5, 2, 100, FURTHER))],
  ];
  for (const [number, name, card] of cases) {
    bench.box.runMs(10_000);
    const before = bench.books(5);
    const shown = bench.shown(card);
    const expected = `Err ${String(number).padStart(2, "0")}`;
    assert.ok(
      shown.some((text) => text.toLowerCase() === expected.toLowerCase()),
      `${name}: ${shown}`,
    );
    const after = bench.books(5);
    assert.deepEqual([after.accepted, after.number], [before.accepted, before.number], name);
  }
});

test("several cards at once, a foreign card, a blank one: a number each, and nothing is written", () => {
  const bench = CardBench.open();
  const one = kit.firstCard(5, 2_000);
  const two = kit.firstCard(6, 2_000);
  const images = [one.dump(), two.dump()];
  bench.box.reader.present(one);
  bench.box.reader.present(two);
  const shown = bench.lower(2_000);
  assert.ok(
    shown.some((text) => /Err 32/i.test(text)),
    shown.join(" "),
  );
  assert.deepEqual([one.dump(), two.dump()], images);
  bench.box.reader.remove();
  bench.box.runMs(12_000);
  bench.show(one);
  assert.equal(bench.accepted(5), 2_000);
  assert.equal(bench.accepted(6), 0);
});

test("a swipe during a refresh, a phase page and the calibration hold is served at once", () => {
  const bench = CardBench.open();
  for (let household = 1; household <= 39; household++) bench.credit(household, 1, 1_000, "line");
  const cards = [1, 2, 3].map((household) =>
    kit.makeCard(household, meter.signed(CREDIT, household, 2, 700, FIRST)),
  );
  let coils = 0;
  bench.box.events.on("coil", () => coils++);
  bench.box.runMs(60_000);
  coils = 0;
  while (coils < 10) bench.box.runMs(1);
  assert.ok(bench.shown(cards[0]).includes("7.0"), "in the middle of a refresh");
  bench.box.setPhase(1, false);
  bench.box.runMs(1_500);
  assert.ok(bench.shown(cards[1]).includes("7.0"), "while a phase page is up");
  bench.box.setPhase(1, true);
  bench.box.runMs(20_000);
  bench.box.socketShort(true);
  bench.box.runMs(5_000);
  const held = bench.box.tubes().upper;
  assert.ok(bench.shown(cards[2]).includes("7.0"), "while the plug holds a household");
  bench.box.runMs(3_000);
  assert.equal(bench.box.tubes().upper, held);
  for (const household of [1, 2, 3]) assert.equal(bench.accepted(household), 1_700);
});

test("the line still credits, and card and line share one sequence", () => {
  const bench = CardBench.open();
  bench.show(kit.firstCard(5, 2_000));
  assert.equal(bench.credit(5, 2, 300, "line").result, 0);
  const card = kit.makeCard(5, meter.signed(CREDIT, 5, 2, 300, REPLACEMENT));
  bench.box.runMs(10_000);
  bench.show(card);
  assert.equal(bench.accepted(5), 2_300, "number 2 is used");
  assert.equal(BigInt(bench.accepted(5)) * 36_000n, bench.books(5).accepted);
  assert.ok(bench.books(5).accepted < 100n * KWH);
});
