/** Cards that somebody has changed: every byte flipped in turn, copies, old images. Never a second
 *  credit, and each time the error that the manual explains. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import * as kit from "../meter/kit.ts";
import { CardBox, OTHER_UID, cardDump, makeCard, purchase, returned } from "./kit.ts";

/** Presents a card and takes it away; the refusal shown, else the household's amount. */
function verdict(box: CardBox, card: ClassicCard): string {
  const seen = box.show(card, 1_200, false);
  box.away(9_000);
  const refusals = seen.filter((text) => text.includes("Err"));
  const shown = refusals.length > 0 ? refusals : seen.filter((text) => text === "0001|    1.0");
  return shown.join(" ").slice(5);
}

/** What a flipped byte of a card with one purchase in slot A shows. */
function expected(at: number): string {
  const block = at >> 4;
  const offset = at & 15;
  if (at < 5) return "Err 31"; // UID and its check byte do not agree
  if (block === 1) return "Err 33";
  if (block === 4 && offset < 5) return "Err 02";
  if (block === 4 || (block === 5 && offset < 8)) return "Err 01";
  const used = block < 12 && (block & 3) === 3;
  if (used && offset < 6) return "Err 33"; // key A
  if (used && offset < 9) return "Err 31"; // the sector is blocked
  return "    1.0";
}

test("every byte flipped in turn: refused, or of no weight", () => {
  const box = new CardBox();
  let number = 0;
  for (let at = 0; at < 1024; at++) {
    const dump = cardDump({ household: 1, messages: { 1: purchase(1, number + 1, 100) } });
    dump[at] ^= 0x10;
    const text = verdict(box, ClassicCard.fromDump(dump));
    assert.equal(text, expected(at), `byte ${at}`);
    if (text === "    1.0") number++;
  }
  const books = box.books(1);
  assert.deepEqual([books.number, books.accepted], [number, BigInt(number) * 3_600_000n]);
});

test("every byte of a second purchase flipped: the first one is worth nothing any more", () => {
  const box = new CardBox();
  const first = purchase(1, 1, 100);
  verdict(box, makeCard({ household: 1, messages: { 1: first } }));
  for (let at = 0; at < 24; at++) {
    const second = purchase(1, 2, 100);
    second[at] ^= 0x04;
    const text = verdict(box, makeCard({ household: 1, messages: { 1: first, 2: second } }));
    assert.equal(text, at < 5 ? "Err 02" : "Err 01", `byte ${at}`);
  }
  assert.equal(box.books(1).number, 1);
});

test("a copy, an old image and another UID never load anything twice", () => {
  const box = new CardBox();
  const messages = { 1: purchase(1, 1, 100) };
  const old_image = cardDump({ household: 1, messages });
  const card = ClassicCard.fromDump(old_image);
  assert.equal(verdict(box, card), "    1.0");
  assert.equal(verdict(box, ClassicCard.fromDump(card.dump())), "Err 04");
  assert.equal(verdict(box, ClassicCard.fromDump(old_image)), "Err 04");
  assert.equal(verdict(box, ClassicCard.fromDump(old_image, { magic: true })), "Err 04");
  const other = cardDump({ household: 1, uid: OTHER_UID, messages });
  assert.equal(verdict(box, ClassicCard.fromDump(other)), "Err 17");
  const moved = old_image.slice();
  moved.set([...OTHER_UID, OTHER_UID.reduce((sum, byte) => sum ^ byte, 0)]);
  assert.equal(verdict(box, ClassicCard.fromDump(moved)), "Err 33");
  const next = makeCard({ household: 1, uid: OTHER_UID, messages: { 1: purchase(1, 2, 100) } });
  assert.equal(verdict(box, next), "Err 17");
  assert.equal(next.writes, 0); // a stranger's card learns nothing
  const replacement = kit.signed(1, 1, 2, 100, kit.REPLACEMENT);
  const replaced = makeCard({ household: 1, uid: OTHER_UID, messages: { 1: replacement } });
  assert.equal(verdict(box, replaced), "    1.0");
  assert.equal(returned(replaced, OTHER_UID)?.number, 2);
  assert.match(verdict(box, card), /Err (04|17)/);
  assert.equal(box.books(1).number, 2);
});

test("a slot that the office was stopped writing does not stand in the way of the other", () => {
  for (const fill of [0xff, 0x5a]) {
    const box = new CardBox();
    const garbage = new Uint8Array(24).fill(fill);
    const card = makeCard({ household: 1, messages: { 1: purchase(1, 1, 100), 2: garbage } });
    assert.equal(verdict(box, card), "    1.0");
    assert.equal(box.books(1).number, 1);
  }
});
