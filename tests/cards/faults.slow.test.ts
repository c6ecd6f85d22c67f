/** A purchase that is disturbed at every step: the card removed after every frame and in every write, all
 *  torn outcomes with and without an acknowledgement, disturbed answers, power cut at every byte written,
 *  either MCU reset at any moment, the reader's supply dipping. Afterwards the next presentation completes
 *  it: credit exactly once, and books and return data agree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { McuName } from "../../boards/virtual/box.ts";
import { ClassicCard, type Disturbance, type TornBlock } from "../../boards/virtual/reader.ts";
import * as meter from "../meter/kit.ts";
import * as kit from "./kit.ts";

const { CREDIT, FURTHER, CardBench } = kit;
const HOUSEHOLD = 5;
const BOUGHT = 2_000 + 1_500;

/** A box and a card after the first purchase, the second one written to the card. */
const start = ((): { fram: Uint8Array; dump: Uint8Array } => {
  const bench = CardBench.open();
  const card = kit.firstCard(HOUSEHOLD, 2_000);
  bench.show(card);
  const sold = kit.rewritten(card, 2, meter.signed(CREDIT, HOUSEHOLD, 2, 1_500, FURTHER));
  bench.box.powerOff();
  return { fram: bench.box.fram.bytes.slice(), dump: sold.dump() };
})();

function fresh(): { bench: kit.CardBench; card: ClassicCard } {
  const bench = new CardBench({ fram: start.fram });
  return { bench, card: ClassicCard.fromDump(start.dump) };
}

/** Presents the card undisturbed and checks that all is as after one good presentation. */
function complete(bench: kit.CardBench, card: ClassicCard, what: string): void {
  bench.box.reader.remove();
  bench.box.reader.calm();
  card.tear(null);
  if (!bench.box.powered) bench.box.powerOn();
  bench.box.runMs(2_000);
  bench.show(card);
  const books = bench.books(HOUSEHOLD);
  assert.equal(Number(books.accepted / 36_000n), BOUGHT, what);
  assert.equal(books.number, 2, what);
  const told = kit.returned(card);
  assert.deepEqual([told?.number, told?.remaining], [2, BOUGHT], what);
  const message = card.dump().subarray(8 * 16, 8 * 16 + 24);
  assert.deepEqual(
    [...message],
    [...start.dump.subarray(8 * 16, 8 * 16 + 24)],
    `${what}: purchase`,
  );
}

/** Frames of one undisturbed presentation. */
function framesOf(): { frames: number; answers: number } {
  const { bench, card } = fresh();
  const { reader } = bench.box;
  reader.present(card);
  const before = [reader.frames, reader.answers];
  for (let ms = 0; ms < 1_000 && kit.returned(card)?.number !== 2; ms++) bench.box.runMs(1);
  return { frames: reader.frames - before[0] + 6, answers: reader.answers - before[1] + 6 };
}

test("the card removed after every frame, and within it", () => {
  const { frames } = framesOf();
  assert.ok(frames > 30, `${frames} frames`);
  for (let frame = 1; frame <= frames; frame++) {
    for (const delay_us of [-40, 20, 400, 3_000]) {
      const { bench, card } = fresh();
      bench.box.reader.present(card);
      bench.box.reader.removeAfterFrames(frame, delay_us);
      bench.box.runMs(900);
      complete(bench, card, `removed ${delay_us} us after frame ${frame}`);
    }
  }
});

test("every write of the card torn in every way, the acknowledgement sent or lost, the card gone or not", () => {
  const outcomes: TornBlock[] = ["old", "new", "zeros", "ones", "mixture", "weak"];
  for (const outcome of outcomes) {
    for (let after = 0; after < 4; after++) {
      for (const acknowledged of [false, true]) {
        for (const leaves of [false, true]) {
          const { bench, card } = fresh();
          card.tear({ after, outcome, acknowledged, leaves });
          bench.box.reader.present(card);
          bench.box.runMs(900);
          complete(
            bench,
            card,
            `write ${after}: ${outcome}, ack ${acknowledged}, leaves ${leaves}`,
          );
        }
      }
    }
  }
});

test("each answer lost or disturbed in turn", () => {
  const kinds: Disturbance[] = ["lost", "parity", "crc", "protocol", "collision", "stray"];
  const { answers } = framesOf();
  for (const kind of kinds) {
    for (let answer = 1; answer <= answers; answer++) {
      const { bench, card } = fresh();
      bench.box.reader.present(card);
      bench.box.reader.disturb(answer, kind);
      bench.box.runMs(1_500);
      complete(bench, card, `answer ${answer} ${kind}`);
    }
  }
});

test("the reader's supply dips at any byte: it is set up again and the purchase completes", () => {
  for (let byte = 1; byte < 1_500; byte += 13) {
    const { bench, card } = fresh();
    bench.box.reader.present(card);
    bench.box.reader.brownOutAfter(byte);
    bench.box.runMs(1_500);
    complete(bench, card, `brown-out at byte ${byte}`);
  }
});

test("power cut at every byte that the purchase writes", () => {
  let cuts = 0;
  for (let cut = 0, whole = false; !whole; cut++) {
    const { bench, card } = fresh();
    bench.box.fram.cutAfter(cut, (["old", "new", "garbage"] as const)[cut % 3]);
    bench.box.reader.present(card);
    bench.box.runMs(600);
    whole = bench.box.powered;
    if (whole) bench.box.fram.cutAfter(null);
    else cuts++;
    bench.box.runMs(500);
    complete(bench, card, `power cut at byte ${cut}`);
  }
  assert.ok(cuts > 56, `${cuts} cuts`);
});

for (const name of ["meter", "panel"] as McuName[]) {
  test(`the ${name} MCU reset at any moment of the purchase`, () => {
    for (let reset_ms = 0; reset_ms < 400; reset_ms += 2) {
      const { bench, card } = fresh();
      bench.box.reader.present(card);
      bench.box.runMs(reset_ms);
      bench.box.resetMcu(name);
      bench.box.runMs(1_200);
      complete(bench, card, `${name} reset after ${reset_ms} ms`);
    }
  });
}
