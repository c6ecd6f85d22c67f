/** A card swiped while the box is busy with something else: a refresh, a missing phase, the
 *  calibration socket, a message over the line. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { CardBox, returned, userCard } from "./kit.ts";

/** Swipes a fresh card of household 1; it must be served as ever. */
function swipe(box: CardBox): void {
  const card = userCard();
  const seen = box.show(card, 500, false);
  assert.ok(seen.includes("0001|   50.0"), seen.join(", "));
  box.away();
  assert.equal(returned(card)?.number, 1);
  assert.equal(box.books(1).number, 1);
}

test("during a refresh", () => {
  const box = new CardBox();
  let coils = 0;
  box.box.events.on("coil", ({ on }) => (coils += on ? 1 : 0));
  for (let s = 0; s < 700 && coils === 0; s++) box.box.runMs(1_000);
  coils = 0;
  swipe(box);
  assert.ok(coils > 3, "the refresh went on");
});

test("during the page of a missing phase", () => {
  const box = new CardBox();
  box.box.setPhase(1, false);
  for (let i = 0; i < 5_000 && !box.tubes.startsWith("  PH"); i++) box.box.runMs(1);
  assert.ok(box.tubes.startsWith("  PH"), box.tubes);
  swipe(box);
});

test("while the socket holds the loop, which stays held", () => {
  const box = new CardBox();
  for (let i = 0; i < 30_000 && !box.tubes.startsWith("0002"); i++) box.box.runMs(1);
  box.box.socketShort(true);
  box.box.runMs(1_000);
  swipe(box);
  box.box.runMs(4_000); // dialogue and relay notice are over
  assert.equal(box.tubes, "0002|    0.0");
});

test("while the office asks over the line without a pause", () => {
  const box = new CardBox();
  const card = userCard();
  box.box.reader.present(card);
  for (let i = 0; i < 3; i++) box.books(1);
  assert.equal(box.books(1).number, 1);
  assert.equal(returned(card)?.number, 1);
});
