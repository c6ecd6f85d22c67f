/** One card reader for all boxes of a line, end to end: cards of other boxes with and without a host, and
 *  in its grants; refusals; and a box that has no reader. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as kit from "./share-fleet.ts";

const { BOUGHT, FAR, HOST_OWNS_MS, HOUSEHOLD, READER, SharedLine, assertLoaded, rows, settle } =
  kit;
const SALES_UNIT = 1; // setting
const E_LINE = "Err 28";
const E_UNREADABLE = "Err 31";

test("without a host: the card of any box is dealt with as at its own box", () => {
  const line = new SharedLine(1, 3);
  for (const index of [FAR, FAR + 1]) {
    const card = kit.firstCard(index, HOUSEHOLD, BOUGHT);
    const { seen, shown_ms, free_ms } = line.swipe(card);
    assert.ok(seen.includes(rows(kit.HOLD)) && seen.includes(rows("20.0")), seen.join(", "));
    assert.ok(!seen.some((text) => text.includes("Err")), seen.join(", "));
    assert.ok(shown_ms > 0 && shown_ms < 1_500, `the amount after ${shown_ms} ms`);
    assert.ok(free_ms > 0 && free_ms < 2_000, `free after ${free_ms} ms`);
    assertLoaded(line, card, `box ${index + 1}`, index);
    const again = line.swipe(card);
    assert.ok(again.seen.includes(rows("Err 04")), again.seen.join(", "));
    assertLoaded(line, card, "shown again", index);
  }
  assert.equal(line.credited(READER, HOUSEHOLD).accepted, 0);
});

test("an own card is as fast as ever and stays off the line", () => {
  const line = new SharedLine();
  const spoken = line.spoken;
  line.host.come();
  line.run(2_000);
  for (let offset_ms = 0; offset_ms < 200; offset_ms += 23) {
    line.run(offset_ms);
    const household = 1 + (offset_ms % 39);
    const card = kit.firstCard(READER, household, BOUGHT);
    line.reader.present(card);
    let first_ms = 0;
    for (; first_ms < 1_000 && line.tubes !== rows("20.0", household); first_ms++) line.run(1);
    assert.ok(first_ms <= 300, `${first_ms} ms to the first digit`);
    line.run(500 - first_ms);
    line.reader.remove();
    assert.equal(kit.returned(card, READER)?.number, 1);
    line.run(1_000);
  }
  assert.equal(line.asked, 0);
  assert.ok(line.spoken > spoken); // it has answered the host
});

test("a further purchase, a settings card and a check card of another box", () => {
  const line = new SharedLine();
  const messages = { 1: kit.purchase(FAR, 7, 1, 1_000) };
  const first = kit.makeCard(FAR, 7, messages);
  line.swipe(first, 5_000, 1_000);
  const both = { ...messages, 2: kit.purchase(FAR, 7, 2, 500) };
  const further = kit.makeCard(FAR, 7, both);
  const { seen } = line.swipe(further);
  assert.ok(seen.includes(rows("5.0", 7)) && seen.includes(rows("15.0", 7)), seen.join(", "));
  assert.deepEqual(line.credited(FAR, 7), { accepted: 1_500, number: 2 });

  const unit = kit.signed(FAR, {
    kind: 4,
    household: 0,
    number: 3,
    amount: 4321,
    flags: SALES_UNIT,
  });
  const settings = kit.makeCard(FAR, 0, { 3: unit }, "settings");
  const set = line.swipe(settings);
  assert.ok(set.seen.includes("    |d0nE"), set.seen.join(", "));

  const check = kit.signed(FAR, { kind: 6, household: 0, number: 1, amount: 0, flags: 0 });
  const checking = kit.makeCard(FAR, 0, { 1: check }, "check");
  const checked = line.swipe(checking);
  assert.ok(checked.seen.includes("    |d0nE"), checked.seen.join(", "));
  const record = checking.dump().subarray((5 * 4 + 0) * 16, (5 * 4 + 1) * 16); // household 7
  assert.deepEqual([record[0], record[2]], [7, 2]);
});

test("a box that is not set to have its cards read elsewhere refuses; so does a reader that is not", () => {
  const own = [kit.memoryOf(READER), kit.memoryOf(FAR, 0)];
  const line = new SharedLine(1, 2, own);
  const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
  assert.ok(line.swipe(card).seen.includes(rows("Err 02")));
  const closed = new SharedLine(1, 2, [kit.memoryOf(READER, 0), kit.memoryOf(FAR)]);
  const { seen } = closed.swipe(card);
  assert.ok(seen.includes("    |Err 02"), seen.join(", "));
  assert.equal(closed.asked, 0);
});

test("a box whose reader is elsewhere leaves its own socket alone and misses nothing", () => {
  const line = new SharedLine();
  const { reader } = line.fleet.boxes[FAR];
  reader.setMode("absent-ff");
  let transfers = 0;
  const { transfer } = reader;
  reader.transfer = (...parameters) => {
    transfers++;
    transfer.apply(reader, parameters);
  };
  line.fleet.boxes[FAR].resetMcu("panel");
  for (let second = 0; second < 60; second++) {
    line.run(1_000);
    const { lower } = line.fleet.boxes[FAR].tubes();
    assert.ok(!lower.includes("Err"), lower);
  }
  assert.equal(transfers, 0);
  assert.equal(line.host.ask(kit.numberOf(FAR), "04801600"), 0);
  assert.equal(line.host.ask(kit.numberOf(READER), "04801600"), 1);
});

test("a host that is present and silent: the card waits until 5 s after its last request", () => {
  const line = new SharedLine();
  line.host.come();
  line.run(1_000);
  line.host.leave();
  const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
  const { seen, shown_ms } = line.swipe(card);
  assert.ok(seen.includes(rows(kit.HOLD)), seen.join(", "));
  assert.ok(shown_ms > HOST_OWNS_MS - 700 && shown_ms < HOST_OWNS_MS + 1_500, `${shown_ms} ms`);
  assertLoaded(line, card, "after the host");
});

test("a host that polls without a pause sees a card waiting; the reader does not say a word", () => {
  const line = new SharedLine();
  line.host.come();
  const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
  line.run(2_000);
  assert.equal(line.host.reader_state, 1);
  line.reader.present(card);
  line.run(5_000);
  assert.equal(line.host.reader_state, 3);
  assert.equal(line.tubes, rows(kit.HOLD));
  line.run(27_000);
  assert.equal(line.tubes, rows(E_LINE));
  assert.equal(line.asked, 0);
  line.reader.remove();
  line.host.leave();
  settle(line, card, "after the host");
});

test("a host that grants: every card is dealt with, and the host goes on in between", () => {
  const line = new SharedLine(3, 3);
  line.host.grants = true;
  line.host.come();
  line.run(2_000);
  for (let household = 1; household <= 12; household++) {
    const index = household % 2 === 0 ? FAR : FAR + 1;
    const card = kit.firstCard(index, household, BOUGHT);
    line.run(household * 37);
    const { seen, shown_ms, free_ms } = line.swipe(card, 10_000, 1_000);
    assert.ok(seen.includes(rows("20.0", household)), seen.join(", "));
    assert.ok(shown_ms < 2_000, `the amount after ${shown_ms} ms`);
    assert.ok(free_ms < 4_000, `free after ${free_ms} ms`);
    assert.equal(kit.returned(card, index)?.number, 1);
    assert.deepEqual(line.credited(index, household), { accepted: BOUGHT, number: 1 });
  }
  const { answers, granted, lost } = line.host;
  assert.ok(answers > 100 && granted >= 12, `${answers} answers, ${granted} grants`);
  assert.equal(lost, 0, "nobody spoke in the host's time");
  assert.equal(line.reader.cards.length, 0);
});

test("a far box that is off: Err 28 after three tries, and the purchase stays on the card", () => {
  const line = new SharedLine();
  const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
  line.fleet.boxes[FAR].powerOff();
  const { seen, free_ms } = line.swipe(card);
  assert.ok(seen.includes(rows(E_LINE)), seen.join(", "));
  assert.equal(line.asked, 3);
  assert.ok(free_ms > 2_000 && free_ms < 5_000, `${free_ms} ms`);
  settle(line, card, "switched on again");
});

test("the answer to the message lost for good: credited, and the next swipe tells the card", () => {
  const line = new SharedLine();
  const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
  for (const turn of [3, 4, 5]) line.spoil("box 2", turn, "lose");
  const { seen } = line.swipe(card);
  assert.ok(seen.includes(rows(E_LINE)), seen.join(", "));
  assert.equal(line.credited(FAR, HOUSEHOLD).accepted, BOUGHT);
  assert.equal(kit.returned(card, FAR), null);
  settle(line, card, "shown again");
});

test("a card taken away while it waits cancels the exchange within half a second", () => {
  const line = new SharedLine();
  line.host.come();
  line.run(1_000);
  const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
  line.reader.present(card);
  line.run(2_000);
  assert.equal(line.tubes, rows(kit.HOLD));
  line.reader.remove();
  line.run(500);
  assert.equal(line.tubes, rows(E_UNREADABLE));
  line.host.leave();
  line.run(10_000);
  assert.equal(line.asked, 0);
  assert.equal(line.host.ask(kit.numberOf(READER), "04801600"), 1);
  settle(line, card, "shown again");
});
