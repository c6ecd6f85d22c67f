/** What the card tests share: a whole box, and cards made by the office's own code. */
import assert from "node:assert/strict";
import type { BoxOptions } from "../../boards/virtual/box.ts";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import { setMessage } from "../../tools/card/content.ts";
import { cardDump, type CardContent } from "../rfid/kit.ts";
import * as kit from "../meter/kit.ts";

export { FIRST, FURTHER, REPLACEMENT } from "../meter/kit.ts";
export { returned } from "../rfid/kit.ts";

export const CREDIT = 1;
export const TRIPPED = 2;
/** Longest time from presentation to a card that may go, ms. */
export const DONE_MS = 500;

let next_uid = 0x10203040;

/** A UID that no card of this run has yet. */
function freshUid(): Uint8Array {
  next_uid += 0x01010107;
  const uid = Buffer.alloc(4);
  uid.writeUInt32BE(next_uid >>> 0);
  return uid;
}

/** A card as the office hands it out, with one message in slot A and a UID of its own. */
export function makeDump(
  household: number,
  message: Uint8Array,
  content: CardContent = {},
): Uint8Array {
  return cardDump({ uid: freshUid(), household, messages: { 1: message }, ...content });
}

export function makeCard(
  household: number,
  message: Uint8Array,
  content: CardContent = {},
): ClassicCard {
  return ClassicCard.fromDump(makeDump(household, message, content));
}

/** The first purchase of a household on a new card. */
export function firstCard(household: number, amount: number): ClassicCard {
  return makeCard(household, kit.signed(CREDIT, household, 1, amount, kit.FIRST));
}

/** The same card after the office has written a message to one of its slots (1 A, 2 B). */
export function rewritten(card: ClassicCard, sector: number, message: Uint8Array): ClassicCard {
  const dump = card.dump();
  setMessage(dump, sector, message);
  return ClassicCard.fromDump(dump);
}

export class CardBench extends kit.BoxBench {
  constructor(options: BoxOptions = {}) {
    super(options);
    this.box.runMs(1_000);
  }

  static open(options: BoxOptions = {}): CardBench {
    const bench = new CardBench(options);
    assert.equal(bench.provision(), 0);
    bench.box.runMs(4_000); // the first start drives all relays once
    return bench;
  }

  /** Holds a card to the reader for `ms`, takes it away, and lets the box notice that. */
  show(card: ClassicCard, ms = 800): void {
    this.box.reader.present(card);
    this.box.runMs(ms);
    this.box.reader.remove(card);
    this.box.runMs(1_000);
  }

  /** The texts of the lower row over the next `ms`, without repeats in a row. */
  lower(ms: number): string[] {
    const seen: string[] = [];
    for (let passed = 0; passed < ms; passed += 5) {
      this.box.runMs(5);
      const text = this.box.tubes().lower.trim();
      if (seen[seen.length - 1] !== text) seen.push(text);
    }
    return seen;
  }

  /** Shows a card for 800 ms and returns what the lower row said in the 9 s from then on. */
  shown(card: ClassicCard): string[] {
    this.box.reader.present(card);
    const first = this.lower(800);
    this.box.reader.remove(card);
    const rest = this.lower(8_200);
    return rest[0] === first[first.length - 1] ? [...first, ...rest.slice(1)] : [...first, ...rest];
  }

  accepted(household: number): number {
    return Number(this.books(household).accepted / 36_000n);
  }
}

/** A household that bought 5.01 kWh by card and has used it down to the trip level. */
export function tripped(): { bench: CardBench; card: ClassicCard } {
  const bench = CardBench.open();
  const card = firstCard(7, 501);
  bench.show(card);
  bench.box.setLoadW(7, 20_000);
  while (bench.books(7).state !== TRIPPED) bench.box.runMs(500);
  bench.box.setLoadW(7, 0);
  bench.box.runMs(10_000);
  assert.equal(bench.box.relayClosed(7), false);
  return { bench, card };
}
