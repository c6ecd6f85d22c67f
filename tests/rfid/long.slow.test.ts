/** Cards over a long time: one left at the reader for a day, and ten thousand purchases. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../boards/virtual/random.ts";
import { CardBox, makeCard, purchase, returned, userCard } from "./kit.ts";

const DAY_S = 86_400;
const PURCHASES = 10_000;
const SEED = 20_261_121;

test("a card left at the reader for a day is dealt with once", () => {
  const box = new CardBox();
  const card = userCard();
  box.show(card, 1_000, false);
  const { writes } = card;
  let dealing = 0;
  box.box.events.on("tubes", () => (dealing += box.box.tubes().lamps.card ? 1 : 0));
  for (let s = 0; s < DAY_S; s += 60) box.box.runMs(60_000);
  assert.deepEqual([dealing, card.writes], [0, writes]);
  assert.equal(box.books(1).number, 1);
});

test("ten thousand purchases of random households and amounts: the books are the office's", () => {
  const random = new Random(SEED);
  const box = new CardBox();
  const office = Array.from({ length: 40 }, () => ({ number: 0, sold: 0 }));
  for (let i = 0; i < PURCHASES; i++) {
    const household = 1 + random.below(39);
    const account = office[household];
    const amount = 1 + random.below(200);
    account.number++;
    account.sold += amount;
    const uid = Uint8Array.of(4, 1, 2, household);
    const message = purchase(household, account.number, amount);
    const card = makeCard({ household, uid, messages: { [1 + (i & 1)]: message } });
    box.box.reader.present(card);
    box.box.runMs(500);
    box.box.reader.remove();
    box.box.runMs(450);
    const data = returned(card, uid);
    const told = [data?.number, data?.remaining, data?.result];
    assert.deepEqual(told, [account.number, account.sold, 0], `seed ${SEED}, purchase ${i}`);
  }
  for (let household = 1; household <= 39; household++) {
    const { number, sold } = office[household];
    const books = box.books(household);
    const where = `seed ${SEED}, household ${household}`;
    assert.deepEqual([books.number, books.accepted], [number, BigInt(sold) * 36_000n], where);
  }
});
