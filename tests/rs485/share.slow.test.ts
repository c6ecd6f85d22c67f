/** The shared reader, disturbed at every moment: collisions, lost, doubled and damaged frames, boxes that
 *  lose their power, a host that comes and goes, cards that are pulled away. Every swipe ends in exactly one
 *  credit, or in none with the purchase still loadable. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as kit from "./share-fleet.ts";

const { BOUGHT, FAR, HOUSEHOLD, READER, SharedLine, assertLoaded, rows, settle } = kit;

test("at every speed of the line", () => {
  for (let rate = 0; rate < 5; rate++) {
    const memories = [kit.memoryOf(READER, kit.SHARED, rate), kit.memoryOf(FAR, 2, rate)];
    const line = new SharedLine(1, 2, memories);
    const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
    const { seen } = line.swipe(card, 20_000, 100);
    assert.ok(seen.includes(rows("20.0")), `${1200 * 2 ** rate} baud: ${seen.join(", ")}`);
    assertLoaded(line, card, `${1200 * 2 ** rate} baud`);
  }
});

test("two boxes that read cards for the line: one at a time, and nothing is lost", () => {
  const memories = [kit.memoryOf(0), kit.memoryOf(1, kit.SHARED), kit.memoryOf(2)];
  for (let delay_ms = 0; delay_ms < 300; delay_ms += 29) {
    const line = new SharedLine(delay_ms, 3, memories);
    const cards = [1, 2].map((household) => kit.firstCard(2, household, BOUGHT));
    line.fleet.boxes[0].reader.present(cards[0]);
    line.run(delay_ms);
    line.fleet.boxes[1].reader.present(cards[1]);
    line.run(25_000);
    for (const household of [1, 2]) {
      const what = `${delay_ms} ms apart, card ${household}`;
      const told = kit.returned(cards[household - 1], 2);
      assert.deepEqual(line.credited(2, household), { accepted: BOUGHT, number: 1 }, what);
      assert.equal(told?.number, 1, what);
    }
  }
});

test("the host disappears or comes back at any moment of a swipe", () => {
  for (let moment_ms = 0; moment_ms < 2_000; moment_ms += 61) {
    for (const comes of [true, false]) {
      const line = new SharedLine(moment_ms + 1);
      line.host.grants = moment_ms % 2 === 0;
      if (!comes) line.host.come();
      line.run(1_000);
      const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
      line.reader.present(card);
      line.run(moment_ms);
      if (comes) line.host.come();
      else line.host.leave();
      line.run(8_000);
      line.reader.remove();
      settle(line, card, `${comes ? "comes" : "goes"} after ${moment_ms} ms`);
    }
  }
});

test("a collision with each of the reader's frames: it is asked again", () => {
  for (let frame = 1; frame <= 7; frame++) {
    for (const character of [1, 12, 25]) {
      const line = new SharedLine(frame);
      const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
      line.reader.present(card);
      line.collide(frame, character);
      line.run(12_000);
      const what = `character ${character} of frame ${frame}`;
      assert.equal(line.collisions, frame <= 6 ? 1 : 0, what);
      assertLoaded(line, card, what);
    }
  }
});

test("each answer of the far box lost, each request lost, doubled or damaged: it is asked again", () => {
  for (let turn = 1; turn <= 6; turn++) {
    for (const fault of ["lose", "double", "flip"] as const) {
      for (const from of ["box 1", "box 2"]) {
        const line = new SharedLine(turn);
        const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
        line.spoil(from, turn, fault);
        const { seen } = line.swipe(card, 12_000, 500);
        const what = `${fault} frame ${turn} of ${from}: ${seen.join(", ")}`;
        assert.ok(seen.includes(rows("20.0")), what);
        assertLoaded(line, card, what);
      }
    }
  }
});

test("the power of either box cut at any moment", () => {
  for (let moment_ms = 150; moment_ms < 1_500; moment_ms += 27) {
    for (const index of [READER, FAR]) {
      const line = new SharedLine(moment_ms);
      const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
      line.reader.present(card);
      line.run(moment_ms);
      line.fleet.boxes[index].powerOff();
      line.run(300);
      line.reader.remove();
      settle(line, card, `box ${index + 1} off after ${moment_ms} ms`);
    }
  }
});

test("the power of the far box cut at every byte that the purchase writes", () => {
  let cuts = 0;
  for (let cut = 0, whole = false; !whole; cut += 5) {
    const line = new SharedLine(cut + 1);
    const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
    const far = line.fleet.boxes[FAR];
    far.fram.cutAfter(cut, (["old", "new", "garbage"] as const)[cut % 3]);
    line.reader.present(card);
    line.run(2_000);
    whole = far.powered;
    if (whole) far.fram.cutAfter(null);
    else cuts++;
    line.reader.remove();
    settle(line, card, `cut at byte ${cut}`);
  }
  assert.ok(cuts > 10, `${cuts} cuts`);
});

test("the card pulled away at any moment, with and without a host", () => {
  for (let moment_ms = 10; moment_ms < 1_900; moment_ms += 21) {
    const line = new SharedLine(moment_ms);
    line.host.grants = true;
    if (moment_ms % 2 === 0) line.host.come();
    line.run(1_000);
    const card = kit.firstCard(FAR, HOUSEHOLD, BOUGHT);
    line.reader.present(card);
    line.run(moment_ms);
    line.reader.remove();
    line.run(3_000);
    settle(line, card, `pulled after ${moment_ms} ms`);
  }
});
