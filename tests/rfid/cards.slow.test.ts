/** Cards at the reader of a whole box: what the tubes show and when, what stands on the card
 *  afterwards, and every way a presentation can go wrong. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Disturbance,
  type TornBlock,
  ClassicCard,
  IsoDepCard,
  UltralightCard,
} from "../../boards/virtual/reader.ts";
import { recordIn } from "../../tools/card/content.ts";
import * as kit from "../meter/kit.ts";
import { CardBox, OTHER_UID, cardDump, makeCard, purchase, returned, userCard } from "./kit.ts";

const FIRST_DIGIT_MS = 300;
const FREE_MS = 500;

/** Presents a card until the card lamp has gone out again; ms to the amount and to that. */
function timed(box: CardBox, household: number): { shown_ms: number; free_ms: number } {
  const start_ms = box.box.now_ms;
  const result = { shown_ms: 0, free_ms: 0 };
  box.box.reader.present(userCard(household));
  const text = `${String(household).padStart(4, "0")}|   50.0`;
  let dealing = false;
  while (result.free_ms === 0 && box.box.now_ms - start_ms < 2_000) {
    box.box.runMs(1);
    if (result.shown_ms === 0 && box.tubes === text) result.shown_ms = box.box.now_ms - start_ms;
    const { card } = box.box.tubes().lamps;
    if (dealing && !card) result.free_ms = box.box.now_ms - start_ms;
    dealing = card;
  }
  return result;
}

test("the amount is shown within 300 ms and the card is free within 500 ms of any instant", () => {
  const box = new CardBox();
  for (let household = 1; household <= 39; household++) {
    box.box.runMs(household * 7);
    const { shown_ms, free_ms } = timed(box, household);
    assert.ok(shown_ms > 0 && shown_ms <= FIRST_DIGIT_MS, `shown after ${shown_ms} ms`);
    assert.ok(free_ms > 0 && free_ms <= FREE_MS, `free after ${free_ms} ms`);
    box.away(1_000);
  }
});

test("amount for 3 s, remaining for 4 s; the card says what the box knows", () => {
  const box = new CardBox();
  assert.equal(box.credit(1, 1, 2000).result, 0); // by line: the household has no card yet
  box.box.runMs(8_000);
  const card = makeCard({
    household: 1,
    messages: { 1: purchase(1, 1, 2000), 2: purchase(1, 2, 5000) },
  });
  assert.deepEqual(box.show(card, 900).slice(-1), ["0001|Err 17"]); // a further one binds nobody
  box.away();
  card.setBlock(8, new Uint8Array(16));
  card.setBlock(9, new Uint8Array(16));
  assert.deepEqual(box.show(card, 900).slice(-1), ["0001|Err 04"]); // bound, and nothing to load
  box.away();
  const message = purchase(1, 2, 5000);
  card.setBlock(8, message.subarray(0, 16));
  card.setBlock(9, Buffer.concat([message.subarray(16), Buffer.alloc(8)]));
  box.box.reader.present(card);
  let amount_ms = 0;
  let remaining_ms = 0;
  for (let i = 0; i < 9_000; i++) {
    box.box.runMs(1);
    if (box.tubes === "0001|   50.0") amount_ms++;
    if (box.tubes === "0001|   70.0") remaining_ms++;
  }
  assert.ok(Math.abs(amount_ms - 3_000) <= 10, `${amount_ms}`);
  assert.ok(remaining_ms >= 3_990, `${remaining_ms}`);
  const data = returned(card)!;
  assert.deepEqual([data.remaining, data.number, data.result], [7000, 2, 0]);
});

test("a card left at the reader is dealt with once", () => {
  const box = new CardBox();
  const card = userCard();
  box.show(card, 10_000, false);
  const writes = card.writes;
  let dealing = 0;
  for (let i = 0; i < 300_000; i++) {
    box.box.runMs(1);
    if (box.box.tubes().lamps.card) dealing++;
  }
  assert.equal(dealing, 0);
  assert.equal(card.writes, writes);
  box.away(1_000);
  assert.deepEqual(box.show(card, 500).slice(-1), ["0001|Err 04"]);
});

test("refusals have their own numbers", () => {
  const box = new CardBox();
  const shows = (card: Parameters<CardBox["show"]>[0], text: string, ms = 1_000): void => {
    const seen = box.show(card, ms);
    assert.ok(seen.includes(text), `${text} not in ${seen.join(", ")}`);
  };
  shows(makeCard({ household: 1, box_number: "1111111111" }), "    |Err 02");
  shows(makeCard({ household: 1 }), "0001|Err 16");
  shows(makeCard({ household: 0 }), "    |Err 03");
  shows(userCard(1, 2), "0001|Err 17"); // not bound to anybody
  shows(
    makeCard({ household: 1, messages: { 1: kit.signed(1, 1, 1, 1, 1, "1111111111") } }),
    "0001|Err 02",
  );
  shows(new UltralightCard(Uint8Array.of(4, 1, 2, 3, 4, 5, 6)), "    |Err 33");
  shows(new IsoDepCard(Uint8Array.of(1, 2, 3, 4)), "    |Err 33");
  shows(makeCard({ household: 1 }, { sak: 0x18 }), "    |Err 33");
  const copied = cardDump({ household: 1, messages: { 1: purchase(1, 1, 100) } });
  copied.set([...OTHER_UID, OTHER_UID.reduce((sum, byte) => sum ^ byte, 0)]);
  shows(ClassicCard.fromDump(copied), "0001|Err 33");
  shows(userCard(1, 1, 99_999_999), "0001|Err 06");
  assert.equal(box.books(1).number, 0);
  shows(userCard(1, 1), "0001|   50.0");
  shows(userCard(1, 3), "0001|Err 05");
  shows(
    makeCard({ household: 0, kind: "clear", messages: { 1: kit.signed(5, 0, 1, 0) } }),
    "    |Err 18",
  );
});

test("more than one card is refused, and whatever stays alone afterwards is read", () => {
  const box = new CardBox();
  const other = userCard(2, 1, 5000, OTHER_UID);
  box.box.reader.present(other);
  const card = userCard();
  assert.ok(box.show(card, 1_000, false).includes("    |Err 32"));
  assert.deepEqual([box.books(1).number, box.books(2).number], [0, 0]);
  box.box.reader.remove(other);
  box.box.runMs(1_000);
  assert.deepEqual([box.books(1).number, box.books(2).number], [1, 0]);
  // A card that was there before and stays when the other has gone is not newly presented.
  box.box.reader.present(other);
  box.box.runMs(1_000);
  box.box.reader.remove(other);
  const { sequence } = returned(card)!;
  box.box.runMs(2_000);
  assert.equal(returned(card)!.sequence, sequence);
});

test("removed after any frame: the next presentation completes, credit exactly once", () => {
  const probe = new CardBox();
  const frames_before = probe.box.reader.frames;
  probe.show(userCard(), 400, false);
  const count = probe.box.reader.frames - frames_before;
  const box = new CardBox();
  let number = 0;
  let card = userCard();
  for (let frames = 1; frames <= count + 2; frames++) {
    for (const delay_us of [-120, 0, 2_000]) {
      number++;
      card = makeCard({ household: 1, messages: { 1: purchase(1, number, 1) } });
      box.box.reader.present(card);
      box.box.reader.removeAfterFrames(frames, delay_us);
      box.box.runMs(700);
      box.box.reader.calm();
      box.away(700);
      box.show(card, 600, false);
      box.away(700);
      const books = box.books(1);
      const where = `after frame ${frames} ${delay_us} us`;
      assert.deepEqual([books.number, books.accepted], [number, BigInt(number) * 36_000n], where);
      const data = returned(card);
      assert.deepEqual([data?.number, data?.remaining], [number, number], where);
    }
  }
});

test("any torn write, acknowledged or not: the next presentation completes", () => {
  const box = new CardBox();
  const card = userCard();
  box.show(card, 600);
  const outcomes: TornBlock[] = ["old", "new", "zeros", "ones", "mixture", "weak"];
  let sequence = 1;
  for (const outcome of outcomes) {
    for (let after = 0; after < 4; after++) {
      for (const acknowledged of [false, true]) {
        card.tear({ after, outcome, acknowledged, leaves: !acknowledged });
        box.show(card, 700);
        card.tear(null);
        const left = returned(card)!;
        assert.ok(left && left.sequence >= sequence, `${outcome} ${after}: the other slot is left`);
        box.show(card, 700);
        const data = returned(card)!;
        assert.ok(data.sequence > sequence, `${outcome} ${after}: then one is newer`);
        sequence = data.sequence;
      }
    }
  }
  assert.deepEqual([box.books(1).number, returned(card)!.number], [1, 1]);
});

test("any answer disturbed in any way: tried again, and the purchase is made", () => {
  const kinds: Disturbance[] = ["lost", "parity", "crc", "protocol", "stray"];
  const box = new CardBox();
  let number = 0;
  for (let answer = 0; answer < 26; answer++) {
    for (const kind of kinds) {
      number++;
      const card = makeCard({ household: 1, messages: { 1: purchase(1, number, 1) } });
      box.box.reader.disturb(answer, kind);
      box.show(card, 900, false);
      box.box.reader.calm();
      assert.equal(returned(card)?.number, number, `answer ${answer} ${kind}`);
      box.away(700);
    }
  }
});

test("a reader that loses its registers at any byte is set up again and the card is served", () => {
  const box = new CardBox();
  let number = 0;
  for (let bytes = 1; bytes < 900; bytes += 13) {
    number++;
    const card = makeCard({ household: 1, messages: { 1: purchase(1, number, 1) } });
    box.box.reader.present(card);
    box.box.reader.brownOutAfter(bytes);
    box.box.runMs(900);
    box.box.reader.calm();
    box.away(900);
    box.show(card, 700, false);
    box.away(900);
    assert.equal(box.books(1).number, number, `after ${bytes} bytes`);
    assert.equal(returned(card)?.number, number, `after ${bytes} bytes`);
  }
});

test("a reader that is missing is shown, tried again, and works when it is back", () => {
  for (const mode of ["absent-00", "absent-ff", "stuck"] as const) {
    const box = new CardBox();
    box.box.reader.setMode(mode);
    let shown = false;
    for (let s = 0; s < 180 && !shown; s++) {
      box.box.runMs(1_000);
      shown = box.tubes === "    |Err 30";
    }
    assert.ok(shown, mode);
    box.box.reader.setMode("ok");
    box.box.runMs(1_500);
    assert.ok(box.show(userCard(), 500).includes("0001|   50.0"), mode);
  }
});

test("management cards do their work and say so", () => {
  const box = new CardBox();
  let last = 0;
  let settings = makeCard({ kind: "settings" });
  for (let frames = 1; frames < 26; frames++) {
    const messages: Record<number, Uint8Array> = {};
    for (let sector = 3; sector < 6; sector++) {
      messages[sector] = kit.signed(4, sector, ++last, 1000 + frames, 40);
    }
    settings = makeCard({ kind: "settings", messages });
    box.box.reader.present(settings);
    box.box.reader.removeAfterFrames(frames);
    box.box.runMs(700);
    box.box.reader.calm();
    box.away(5_000);
    box.show(settings, 1_000);
    const values = [3, 4, 5].map((household) => box.setting(40, household));
    assert.deepEqual(values, [1000 + frames, 1000 + frames, 1000 + frames], `frame ${frames}`);
  }
  assert.ok(box.show(settings, 1_000).includes("    |Err 04"));
  const message = kit.signed(4, 1, 1, 2000, 40);
  settings = makeCard({ kind: "settings", messages: { 3: message } });
  assert.ok(box.show(settings, 1_000).includes("    |  d0nE"));
  box.show(userCard(5), 1_000);
  const check = makeCard({ kind: "check", messages: { 1: kit.signed(6, 0, 1, 0) } });
  assert.ok(box.show(check, 2_000).includes("    |  d0nE"));
  for (let household = 1; household <= 39; household++) {
    const record = recordIn(check.dump(), household);
    assert.ok(record && record.household === household);
    assert.equal(record.remaining, household === 5 ? 5000 : 0);
  }
});

test("a card with a UID of seven bytes", () => {
  const box = new CardBox();
  const uid = Uint8Array.of(4, 0x39, 0xc0, 0xde, 5, 6, 7);
  const dump = cardDump({ household: 1, uid: uid.slice(3), messages: { 1: purchase(1, 1, 5000) } });
  dump.set([...uid, 0x08, 0x44, 0x00]);
  const card = ClassicCard.fromDump(dump, { uid_size: 7 });
  assert.ok(box.show(card, 600).includes("0001|   50.0"));
  assert.equal(returned(card, uid.slice(3))?.number, 1);
});

test("a look costs at most 3 % of the panel's ticks and of its time, with a card there or not", () => {
  let reader_ticks = 0;
  let bytes = 0;
  let counted = false;
  const trace = (line: string): void => {
    if (line.endsWith("panel tick")) counted = false;
    const [, sent] = / panel spi 4 (?:\d+ )*([0-9a-f]+)/.exec(line) ?? [];
    if (sent === undefined) return;
    bytes += sent.length / 2;
    if (!counted) reader_ticks++;
    counted = true;
  };
  const box = new CardBox({ trace });
  const card = userCard();
  for (const is_there of [false, true]) {
    if (is_there) box.show(card, 9_000, false);
    reader_ticks = 0;
    bytes = 0;
    box.box.runMs(10_000);
    assert.ok(reader_ticks > 0, "the trace names the reader");
    const percent = reader_ticks / 100;
    assert.ok(percent <= 3, `${percent} % of the ticks`);
    assert.ok((bytes * 2) / 100_000 <= 3, `${bytes} bytes`);
  }
});

test("a tripped household's card resumes supply when newly presented, not while it lies there", () => {
  const box = new CardBox();
  const card = userCard(1, 1, 1100);
  box.show(card, 9_000, false);
  box.box.setLoadW(1, 7_000);
  for (let s = 0; s < 5_000 && box.books(1).state !== 2; s += 2) box.box.runMs(2_000);
  assert.equal(box.books(1).state, 2);
  const kinds: Disturbance[] = ["lost", "parity", "protocol", "stray", "collision"];
  for (let i = 0; i < 300; i++) {
    box.box.reader.disturb(i % 7, kinds[i % 5]);
    box.box.runMs(1_000);
  }
  box.box.reader.calm();
  assert.equal(box.books(1).state, 2);
  assert.equal(box.box.relayClosed(1), false);
  box.away(1_000);
  assert.ok(box.show(card, 1_000, false).includes("0001|   11.0"));
  assert.equal(box.box.relayClosed(1), true);
});

test("nothing on a card is believed while the meter is silent; it is served when the meter is back", () => {
  const box = new CardBox();
  box.box.link.tap = () => new Uint8Array(0);
  const card = userCard();
  assert.ok(box.show(card, 4_000).includes("    |Err 21"));
  box.box.link.tap = undefined;
  box.box.runMs(3_000);
  assert.ok(box.show(card, 1_000).includes("0001|   50.0"));
});

test("panel or meter reset at any instant: the next presentation completes, credit exactly once", () => {
  const box = new CardBox();
  let number = 0;
  for (const mcu of ["panel", "meter"] as const) {
    for (let at_ms = 150; at_ms < 360; at_ms += 7) {
      number++;
      const card = makeCard({ household: 1, messages: { 1: purchase(1, number, 1) } });
      box.box.reader.present(card);
      box.box.runMs(at_ms);
      box.box.resetMcu(mcu);
      box.box.runMs(1_500);
      box.away(900);
      box.show(card, 700, false);
      box.away(900);
      assert.equal(box.books(1).number, number, `${mcu} at ${at_ms} ms`);
      assert.equal(returned(card)?.number, number, `${mcu} at ${at_ms} ms`);
      assert.equal(box.books(1).accepted, BigInt(number) * 36_000n);
    }
  }
});
