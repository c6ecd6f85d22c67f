/** Boxes on one line of which the first has the reader for all, and cards of any of them as the office
 *  makes them; faults on the line, and what has to be true after every swipe. */

import assert from "node:assert/strict";
import { Fleet } from "../../boards/virtual/fleet.ts";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import { newestReturn, readDirectory, setDirectory, setMessage } from "../../tools/card/content.ts";
import { type Kind, type ReturnData } from "../../tools/card/content.ts";
import { makeBlank, setTrailers } from "../../tools/card/dump.ts";
import { C_SECURITY } from "../../tools/line/dlt.ts";
import { bcd, boxKey, cardKeys } from "../../tools/office/keys.ts";
import { signMessage } from "../../tools/office/message.ts";
import * as kit from "../meter/kit.ts";
import { Host } from "./share-host.ts";

export const MASTER = Buffer.from("00112233445566778899aabbccddeeff", "hex");
export const READER = 0;
export const FAR = 1;
/** Household of the tests and what it buys first, 0.01 kWh. */
export const HOUSEHOLD = 5;
export const BOUGHT = 2_000;
export const HOST_OWNS_MS = 5_000;
export const HOLD = "H0Ld"; // "HOLd" as the tubes are read

const READER_PLACE = 16;
const LINE_RATE = 13;
const RATE_9600 = 3; // 1200 x 2^3
export const SHARED = 1;
const ELSEWHERE = 2;
const CREDIT = 1;
const SETTING = 4;
const UNITS = 36_000n; // J in 0.01 kWh

/** Number of box `index` (0 the one with the reader). */
export function numberOf(index: number): string {
  return `20251121${String(index + 1).padStart(2, "0")}`;
}

export function keyOf(index: number): Uint8Array {
  return boxKey(MASTER, numberOf(index));
}

interface Content {
  kind: number;
  household: number;
  number: number;
  amount: number;
  flags: number;
}

/** A message of the office to box `index`. */
export function signed(index: number, { household, ...rest }: Content): Uint8Array {
  return signMessage(keyOf(index), { box_number: numberOf(index), index: household, ...rest });
}

export function purchase(
  index: number,
  household: number,
  number: number,
  amount: number,
): Uint8Array {
  const flags = number === 1 ? kit.FIRST : kit.FURTHER;
  return signed(index, { kind: CREDIT, household, number, amount, flags });
}

const memories = new Map<string, Uint8Array>();

/** Memory of a box that has its number, its key and these settings. */
export function memoryOf(
  index: number,
  place = index === READER ? SHARED : ELSEWHERE,
  rate = RATE_9600,
): Uint8Array {
  const name = `${index} ${place} ${rate}`;
  const known = memories.get(name);
  if (known) return known.slice();
  const bench = new kit.BoxBench();
  bench.box.runMs(300);
  const identity = Buffer.concat([bcd(numberOf(index)), keyOf(index)]);
  assert.equal(bench.ask(kit.PROVISION, identity).readInt8(0), 0);
  const settings = [
    [READER_PLACE, place],
    [LINE_RATE, rate], // the last: the answer comes before the change
  ];
  settings.forEach(([flags, amount], i) => {
    const setting = { kind: SETTING, household: 0, number: i + 1, amount, flags };
    assert.equal(bench.message(Buffer.from(signed(index, setting)), "line").result, 0);
  });
  bench.box.runMs(15_000); // the first start drives all relays once
  bench.box.powerOff();
  memories.set(name, bench.box.fram.bytes.slice());
  return memoryOf(index, place, rate);
}

/** A card of box `index`; `messages` by sector. */
export function makeCard(
  index: number,
  household: number,
  messages: Record<number, Uint8Array>,
  kind: Kind = "user",
): ClassicCard {
  const uid = Uint8Array.of(0x04, 0x39, index, household);
  const dump = makeBlank(uid);
  setTrailers(dump, cardKeys(MASTER, keyOf(index), uid));
  setDirectory(dump, { kind, box_number: numberOf(index), household, serial: 7 });
  for (const [sector, message] of Object.entries(messages)) {
    setMessage(dump, Number(sector), message);
  }
  return ClassicCard.fromDump(dump);
}

/** A card with the first purchase of a household. */
export function firstCard(index: number, household: number, amount: number): ClassicCard {
  return makeCard(index, household, { 1: purchase(index, household, 1, amount) });
}

/** What box `index` last wrote to its card. */
export function returned(card: ClassicCard, index: number): ReturnData | null {
  const dump = card.dump();
  const directory = readDirectory(dump);
  assert.ok(typeof directory !== "string");
  return newestReturn(dump, directory, keyOf(index), card.uid);
}

export type Fault = "lose" | "double" | "flip";

export class SharedLine {
  readonly fleet: Fleet;
  readonly host: Host;
  /** Frames that box 1 has sent: in all, and questions of its own. */
  spoken = 0;
  asked = 0;
  collisions = 0;

  private collision = { frame: 0, character: 0 };
  private characters = 0; // of the question under way
  private readonly faults = new Map<string, Fault>();
  private readonly recorded: Uint8Array[] = []; // the questions of box 1
  private readonly written = new Map<string, number>();

  constructor(
    seed = 1,
    count = 2,
    memories = Array.from({ length: count }, (_, i) => memoryOf(i)),
  ) {
    const boxes = memories.map((fram) => ({ fram }));
    this.fleet = new Fleet({ boxes, seed });
    this.host = new Host(
      this.fleet,
      memories.map((_, index) => numberOf(index)),
    );
    this.fleet.line.tap = (from, bytes) => this.carry(from, bytes);
    this.fleet.powerOn();
    this.run(7_000); // long enough for a host to count as gone
    this.written.clear();
  }

  /** The `turn`th frame that this box sends from now on is spoilt. */
  spoil(from: string, turn: number, fault: Fault): void {
    this.faults.set(`${from} ${(this.written.get(from) ?? 0) + turn}`, fault);
  }

  /** A host falls into the `frame`th question from now on, with its `character`th character. */
  collide(frame: number, character: number): void {
    this.collision = { frame: this.asked + frame, character };
  }

  /** A host says again what box 1 asked `back` questions ago. */
  replay(back: number): void {
    const bytes = this.recorded[this.recorded.length - 1 - back];
    if (bytes) this.host.blurt(bytes);
  }

  private carry(from: string, bytes: Uint8Array): Uint8Array {
    const turn = (this.written.get(from) ?? 0) + 1;
    this.written.set(from, turn);
    if (from === "box 1") {
      this.spoken++;
      if (bytes[12] === C_SECURITY) this.noteQuestion(bytes);
    }
    const fault = this.faults.get(`${from} ${turn}`);
    if (fault === "lose") return new Uint8Array();
    if (fault === "double") return Uint8Array.of(...bytes, ...bytes);
    if (fault === "flip") return bytes.map((byte, i) => (i === turn + 10 ? byte ^ 0x10 : byte));
    return bytes;
  }

  private noteQuestion(bytes: Uint8Array): void {
    this.asked++;
    this.recorded.push(bytes.slice());
    if (this.asked === this.collision.frame) this.characters = 1;
  }

  /** Peace: no host, no faults, power on. */
  calm(): void {
    this.host.leave();
    this.faults.clear();
    this.collision.frame = 0;
    for (const box of this.fleet.boxes) if (!box.powered) box.powerOn();
    this.reader.remove();
  }

  get reader() {
    return this.fleet.boxes[READER].reader;
  }

  /** Both rows of the box with the reader. */
  get tubes(): string {
    const { upper, lower } = this.fleet.boxes[READER].tubes();
    return `${upper}|${lower.trim()}`;
  }

  run(ms: number, each?: () => void): void {
    for (let i = 0; i < ms; i++) {
      this.fleet.runMs(1);
      if (this.characters > 0 && ++this.characters > this.collision.character) {
        this.characters = 0;
        this.collisions++;
        this.host.blurt(Uint8Array.of(0x68, 0x16, 0x55)); // cut short itself
      }
      this.host.step();
      each?.();
    }
  }

  /** Holds a card to the reader until it is done with (its lamp goes out) or `ms` have passed; returns
   *  what the tubes said, and until 8 s after. */
  swipe(
    card: ClassicCard,
    ms = 40_000,
    after_ms = 8_000,
  ): { seen: string[]; shown_ms: number; free_ms: number } {
    const seen: string[] = [];
    const start_ms = this.fleet.now_ms;
    let shown_ms = -1;
    const look = (): void => {
      const { tubes } = this;
      if (!seen.includes(tubes)) seen.push(tubes);
      const told = /Err|\d\.\d$|donE/.test(tubes) && seen.some((text) => text.endsWith(HOLD));
      if (shown_ms < 0 && told && !tubes.endsWith(HOLD)) shown_ms = this.fleet.now_ms - start_ms;
    };
    this.reader.present(card);
    let dealing = false;
    let free_ms = -1;
    for (let i = 0; i < ms && free_ms < 0; i++) {
      this.run(1, look);
      const { card: lamp } = this.fleet.boxes[READER].tubes().lamps;
      if (dealing && !lamp) free_ms = this.fleet.now_ms - start_ms;
      dealing = lamp;
    }
    this.reader.remove();
    this.run(after_ms, look);
    return { seen, shown_ms, free_ms };
  }

  /** What household of box `index` has been credited with for ever, 0.01 kWh, and its number: read from a
   *  copy of the memory, so that nothing on the line is needed. */
  credited(index: number, household: number): { accepted: number; number: number } {
    const bench = new kit.MeterBench({ fram: this.fleet.boxes[index].fram.bytes.slice() });
    bench.box.runMs(200);
    const books = bench.books(household);
    assert.equal(books.accepted, books.charged + books.remaining);
    return { accepted: Number(books.accepted / UNITS), number: books.number };
  }
}

/** Both rows for a household of these tests. */
export function rows(text: string, household = HOUSEHOLD): string {
  return `${String(household).padStart(4, "0")}|${text}`;
}

/** What was bought is there exactly once, and the card says so. */
export function assertLoaded(line: SharedLine, card: ClassicCard, what: string, index = FAR): void {
  assert.deepEqual(line.credited(index, HOUSEHOLD), { accepted: BOUGHT, number: 1 }, what);
  const told = returned(card, index);
  assert.deepEqual([told?.number, told?.remaining], [1, BOUGHT], what);
}

/** Credited once or not at all; then, left in peace, the same card loads what is on it. */
export function settle(line: SharedLine, card: ClassicCard, what: string): void {
  const before = line.credited(FAR, HOUSEHOLD);
  assert.ok(before.accepted === 0 || before.accepted === BOUGHT, `${what}: ${before.accepted}`);
  line.calm();
  line.run(HOST_OWNS_MS + 3_000);
  line.swipe(card, 10_000, 1_000);
  assertLoaded(line, card, what);
}
