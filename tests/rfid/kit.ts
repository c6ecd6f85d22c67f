/** A whole box with its reader, and cards as the office makes them (src/rfid/SPEC.md). The cards'
 *  bytes come from the office's tool, which knows nothing of the firmware. */

import assert from "node:assert/strict";
import { type ClassicOptions, ClassicCard, type Card } from "../../boards/virtual/reader.ts";
import {
  type Kind,
  type ReturnData,
  newestReturn,
  readDirectory,
  setDirectory,
  setMessage,
} from "../../tools/card/content.ts";
import { makeBlank, setTrailers } from "../../tools/card/dump.ts";
import { cardKeys } from "../../tools/office/keys.ts";
import * as kit from "../meter/kit.ts";

export const UID = Buffer.from([0x04, 0x39, 0xc0, 0xde]);
export const OTHER_UID = Buffer.from([0x04, 0x39, 0xc0, 0xdf]);
const MASTER = Buffer.from("00112233445566778899aabbccddeeff", "hex");

export interface CardContent {
  kind?: Kind;
  household?: number;
  box_number?: string;
  /** By sector. */
  messages?: Record<number, Uint8Array>;
  uid?: Uint8Array;
}

/** The dump of a card fresh from the office. */
export function cardDump(content: CardContent): Uint8Array {
  const uid = content.uid ?? UID;
  const dump = makeBlank(uid);
  setTrailers(dump, cardKeys(MASTER, kit.KEY, uid));
  setDirectory(dump, {
    kind: content.kind ?? "user",
    box_number: content.box_number ?? kit.BOX_NUMBER,
    household: content.household ?? 0,
    serial: 7,
  });
  for (const [sector, message] of Object.entries(content.messages ?? {})) {
    setMessage(dump, Number(sector), message);
  }
  return dump;
}

export function makeCard(content: CardContent, options?: ClassicOptions): ClassicCard {
  return ClassicCard.fromDump(cardDump(content), options);
}

export function purchase(household: number, number: number, amount: number): Buffer {
  return kit.signed(1, household, number, amount, number === 1 ? kit.FIRST : kit.FURTHER);
}

/** A card with one purchase in slot A. */
export function userCard(household = 1, number = 1, amount = 5000, uid?: Uint8Array): ClassicCard {
  return makeCard({ household, uid, messages: { 1: purchase(household, number, amount) } });
}

/** What the box last wrote to a user card. */
export function returned(card: ClassicCard, uid = card.uid): ReturnData | null {
  const dump = card.dump();
  const directory = readDirectory(dump);
  assert.ok(typeof directory !== "string");
  return newestReturn(dump, directory, kit.KEY, uid);
}

/** A provisioned box that has run for a while. */
export class CardBox extends kit.BoxBench {
  constructor(options: ConstructorParameters<typeof kit.BoxBench>[0] = {}) {
    super(options);
    this.box.runMs(200);
    assert.equal(this.provision(), 0);
    this.box.runMs(500);
  }

  get tubes(): string {
    const { upper, lower } = this.box.tubes();
    return `${upper}|${lower}`;
  }

  /** Presents a card and lets time pass; returns what was seen on the tubes, each text once. */
  show(card: Card, ms = 1_000, remove = true): string[] {
    const seen: string[] = [];
    this.box.reader.present(card);
    for (let i = 0; i < ms; i++) {
      this.box.runMs(1);
      const { tubes } = this;
      if (!seen.includes(tubes)) seen.push(tubes);
    }
    if (remove) this.away();
    return seen;
  }

  /** Nobody at the reader until the tubes are back in the loop. */
  away(ms = 8_000): void {
    this.box.reader.remove();
    this.box.runMs(ms);
  }
}
