/** Cards as the meter sees them, asked over its link: keys, binding, return data, records. Keys, codes
 *  and contents are judged by the office's tools, which know nothing of the firmware. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { recordIn, recordPlace, returnIn } from "../../tools/card/content.ts";
import { sectorKey } from "../../tools/office/keys.ts";
import { BooksReader } from "../../tools/simulate/books.ts";
import { EVENTS } from "../../tools/simulate/office-codes.ts";
import * as kit from "./kit.ts";

const TRIPPED = 2;
const LOW = 1;
const STRANGER = Buffer.from("deadbeef", "hex");
const NEW_CARD = Buffer.from("0badcafe", "hex");

function provisioned(): kit.MeterBench {
  const bench = new kit.MeterBench();
  assert.equal(bench.provision(), 0);
  bench.box.runMs(4_000);
  return bench;
}

function purchase(household: number, number: number, amount: number, flags: number): Buffer {
  return kit.signed(1, household, number, amount, flags);
}

/** All that a refused message must leave alone: every byte of the accounts, books and settings. */
function books(bench: kit.MeterBench): string {
  const { bytes } = bench.box.fram;
  const places = [
    [0x00040, 0x00400],
    [0x00800, 0x03500],
  ];
  return places.map(([from, to]) => Buffer.from(bytes.slice(from, to)).toString("hex")).join();
}

function account(bench: kit.MeterBench, household: number) {
  return new BooksReader(bench.box.fram.bytes).account(household)!;
}

function keysOf(bench: kit.MeterBench, uid: Buffer, sector: number): Buffer {
  return bench.ask(kit.CARD_KEYS, Buffer.concat([uid, Buffer.from([sector])]));
}

test("keys are those of the card at hand; key B only where the box writes", () => {
  const bench = provisioned();
  for (let sector = 1; sector <= 15; sector++) {
    const reply = keysOf(bench, STRANGER, sector);
    assert.deepEqual([reply.length, reply.readInt8(0), reply[1]], [16, 0, sector]);
    const a = sectorKey(kit.KEY, STRANGER, sector, "A");
    const b = sector < 3 ? new Uint8Array(6) : sectorKey(kit.KEY, STRANGER, sector, "B");
    assert.deepEqual([...reply.subarray(2, 16)], [...a, ...b, 0, 0], `sector ${sector}`);
  }
  for (const sector of [0, 16, 255]) {
    assert.deepEqual([...keysOf(bench, STRANGER, sector)], [256 - 9]);
  }
  const blank = new kit.MeterBench();
  assert.deepEqual([...keysOf(blank, STRANGER, 1)], [256 - 13]);
});

test("a first purchase binds, further ones and the card shown again must be that card's", () => {
  const bench = provisioned();
  const first = purchase(5, 1, 1_000, kit.FIRST);
  assert.equal(bench.message(purchase(5, 1, 1_000, kit.FURTHER), "card").result, -17, "unbound");
  assert.equal(bench.message(first, "card").result, 0);
  assert.equal(account(bench, 5).card_uid, kit.cardOf(5).toString("hex"));
  const before = books(bench);
  assert.equal(bench.message(first, "card", STRANGER).result, -17, "a copy");
  const second = purchase(5, 2, 500, kit.FURTHER);
  assert.equal(bench.message(second, "card", STRANGER).result, -17, "a purchase on another card");
  assert.equal(bench.message(purchase(5, 2, 500, 3), "card").result, -9, "unknown flags");
  assert.equal(books(bench), before);
  assert.equal(bench.message(second, "card").result, 0);
  assert.equal(bench.message(second, "card").result, 1);
  assert.equal(bench.message(second, "line").result, 1, "the line has no card");
  assert.equal(bench.message(first, "card").result, -4, "an old image");
  assert.equal(bench.books(5).accepted, 15n * 3_600_000n);
});

test("a replacement binds the new card and the old one is refused from then on", () => {
  const bench = provisioned();
  bench.credit(5, 1, 1_000);
  const replacement = purchase(5, 2, 300, kit.REPLACEMENT);
  assert.equal(bench.message(replacement, "card", NEW_CARD).result, 0);
  assert.equal(account(bench, 5).card_uid, NEW_CARD.toString("hex"));
  assert.equal(bench.credit(5, 1, 1_000).result, -4);
  assert.equal(bench.credit(5, 3, 1_000).result, -17);
  const third = purchase(5, 3, 100, kit.FURTHER);
  assert.equal(bench.message(third, "card", NEW_CARD).result, 0);
});

test("what came by line binds the card that carries the very same message", () => {
  const bench = provisioned();
  const first = purchase(5, 1, 1_000, kit.FIRST);
  assert.equal(bench.message(first, "line").result, 0);
  assert.equal(account(bench, 5).card_uid, null);
  assert.equal(bench.message(first, "card").result, 1);
  assert.equal(account(bench, 5).card_uid, kit.cardOf(5).toString("hex"));
  assert.equal(bench.message(first, "card", STRANGER).result, -17);
  assert.equal(bench.message(purchase(5, 2, 100, kit.REPLACEMENT), "line").result, 0);
  assert.equal(account(bench, 5).card_uid, null, "the old card is forgotten");
  assert.equal(bench.books(5).accepted, 11n * 3_600_000n);
});

test("only the household's own card ends a trip, and only when it is shown", () => {
  const bench = provisioned();
  const first = purchase(5, 1, 600, kit.FIRST);
  bench.message(first, "card");
  bench.box.setLoadW(5, 40_000);
  while (bench.books(5).state !== TRIPPED) bench.box.runMs(1_000);
  bench.box.setLoadW(5, 0);
  bench.box.runMs(1_000);
  assert.equal(bench.message(first, "card", STRANGER).result, -17);
  const as_card = bench.ask(kit.MESSAGE, Buffer.concat([Buffer.from([1]), first]));
  assert.deepEqual(
    [as_card.readInt8(0), as_card[3]],
    [1, 0],
    "a source that says card is the line",
  );
  assert.equal(bench.books(5).state, TRIPPED);
  const shown = bench.message(first, "card");
  assert.deepEqual([shown.result, shown.resumed, shown.state], [1, true, LOW]);
});

test("every byte of a card's message changed in turn, and of its UID: never a second credit", () => {
  const bench = provisioned();
  bench.credit(5, 1, 1_000);
  const good = purchase(5, 2, 700, kit.FURTHER);
  const before = books(bench);
  for (let index = 0; index < good.length; index++) {
    for (let bit = 0; bit < 8; bit++) {
      const bad = Buffer.from(good);
      bad[index] ^= 1 << bit;
      const { result } = bench.message(bad, "card", kit.cardOf(5));
      assert.equal(result, index < 5 ? -2 : -1, `byte ${index}`);
    }
  }
  for (let index = 0; index < 4; index++) {
    const uid = kit.cardOf(5);
    uid[index] ^= 0x40;
    assert.equal(bench.message(good, "card", uid).result, -17);
  }
  assert.equal(books(bench), before);
  assert.equal(bench.message(good, "card").result, 0);
});

test("every refusal is counted once and noted, and survives a power cut", () => {
  const bench = provisioned();
  bench.credit(5, 1, 1_000);
  bench.box.runMs(1_000);
  const before = bench.box.fram.written;
  for (let count = 0; count < 3; count++) bench.credit(5, 4, 100);
  assert.equal(new BooksReader(bench.box.fram.bytes).management()!.refusals, 3);
  const of_an_event = 24 + 164; // entry and head
  const of_management = 32;
  bench.box.runMs(100);
  const written = bench.box.fram.written - before;
  assert.ok(written <= 3 * (of_an_event + of_management) + 2 * 24, `${written} bytes`);
  bench.box.powerOff();
  bench.box.runMs(100);
  bench.box.powerOn();
  bench.box.runMs(200);
  assert.equal(new BooksReader(bench.box.fram.bytes).management()!.refusals, 3);
  const events = new BooksReader(bench.box.fram.bytes).events(0);
  assert.equal(events.filter(({ kind }) => kind === EVENTS.refused).length, 3);
  const bound = events.find(({ kind }) => kind === EVENTS.card_bound)!;
  assert.deepEqual(
    [bound.household, bound.value],
    [5, BigInt(kit.cardOf(5).readUInt32LE())],
    "the binding is noted",
  );
});

function returnOf(bench: kit.MeterBench, uid: Buffer, household: number, result: number): Buffer {
  const request = Buffer.alloc(12);
  request.set(uid);
  request[4] = household;
  request.writeInt8(result, 5);
  request.writeUInt32LE(77, 8);
  return bench.ask(kit.CARD_RETURN, request);
}

test("return data say what the books say, and their code belongs to this card", () => {
  const bench = provisioned();
  bench.credit(5, 1, 1_000);
  bench.box.setLoadW(5, -20_000);
  bench.box.runMs(60_000);
  bench.credit(5, 3, 1);
  bench.box.setLoadW(5, 0);
  bench.box.runMs(1_000);
  const reply = returnOf(bench, kit.cardOf(5), 5, -5);
  assert.deepEqual([reply.length, reply.readInt32LE(0)], [52, 0]);
  const dump = new Uint8Array(1024);
  dump.set(reply.subarray(4), 3 * 64);
  const now = bench.books(5);
  assert.deepEqual(returnIn(dump, 3, kit.KEY, kit.cardOf(5)), {
    sequence: 77,
    remaining: Number(now.remaining / 36_000n),
    consumed: Number(now.reverse_j / 36_000n),
    number: 1,
    state: now.state,
    result: -5,
    refusals: 1,
    time: 0,
    relay_faults: 0,
    box_number: kit.BOX_NUMBER,
    household: 5,
  });
  assert.equal(returnIn(dump, 3, kit.KEY, STRANGER), false);
  assert.deepEqual([...returnOf(bench, STRANGER, 40, 0)], [256 - 3]);
  assert.deepEqual([...returnOf(bench, STRANGER, 0, 0)], [256 - 3]);
});

test("records are handed out for two minutes after a check, each number again or higher", () => {
  const bench = provisioned();
  bench.set(52, 2, 0, 1);
  bench.credit(3, 1, 1_000);
  bench.box.setLoadW(3, 20_000);
  bench.box.runMs(30_000);
  bench.box.setLoadW(3, 0);
  bench.box.runMs(1_000);
  const ask = (household: number): Buffer => bench.ask(kit.CARD_RECORD, Buffer.from([household]));
  assert.deepEqual([...ask(3)], [256 - 16], "not before a check");
  assert.equal(bench.message(kit.signed(6, 0, 4, 0), "line").result, -7, "not by line");
  assert.equal(bench.message(kit.signed(6, 3, 4, 0)).result, -3);
  assert.equal(bench.message(kit.signed(6, 0, 4, 1)).result, -9);
  assert.equal(bench.message(kit.signed(6, 0, 0, 0)).result, -4);
  assert.deepEqual([...ask(3)], [256 - 16]);
  assert.equal(bench.message(kit.signed(6, 0, 4, 0)).result, 0);
  assert.equal(bench.message(kit.signed(6, 0, 4, 0)).result, 0);
  assert.equal(bench.message(kit.signed(6, 0, 3, 0)).result, -4);
  const dump = new Uint8Array(1024);
  for (let household = 1; household <= 39; household++) {
    const reply = ask(household);
    assert.deepEqual([reply.length, reply.readInt32LE(0)], [20, 0]);
    const { sector, block } = recordPlace(household);
    dump.set(reply.subarray(4), 64 * sector + 16 * block);
  }
  const now = bench.books(3);
  assert.deepEqual(recordIn(dump, 3), {
    household: 3,
    state: now.state,
    number: 1,
    forward: Number(now.forward_j / 36_000n),
    reverse: 0,
    remaining: Number(now.remaining / 36_000n),
  });
  assert.equal(recordIn(dump, 2), null, "a household not in use");
  assert.deepEqual([...ask(0)], [256 - 3]);
  assert.deepEqual([...ask(40)], [256 - 3]);
  bench.box.runMs(110_000);
  assert.equal(ask(39).length, 20);
  bench.box.runMs(12_000);
  assert.deepEqual([...ask(39)], [256 - 16]);
});
