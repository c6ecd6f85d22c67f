/** MIFARE Classic and foreign cards at the chip's registers, against ISO/IEC 14443-3 and the MF1S50 data
 *  sheet. Numbers as in mfrc522.test.ts. */

import assert from "node:assert/strict";
import test from "node:test";
import * as R from "../../boards/virtual/devices/mfrc522/registers.ts";
import { packValue } from "../../boards/virtual/devices/cards/value.ts";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import { KEY, UID, blankCard, blankDump, desk, type Desk } from "./reader-kit.ts";

const KEY_B = [1, 2, 3, 4, 5, 6];
const ONES = new Array<number>(16).fill(0x11);
const TWOS = new Array<number>(16).fill(0x22);
const SILENT = -1;

test("16 every second REQA fails, WUPA and HLTA as the standard has them", () => {
  const card = blankCard();
  const d = desk(card);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => d.request().bytes.length),
    [2, 0, 2, 0],
  );
  d.select();
  assert.equal(card.condition, "active");
  d.command(0x50, 0);
  assert.equal(card.condition, "halt");
  assert.equal(d.request(0x26).bytes.length, 0);
  assert.equal(d.request(0x52).bytes.length, 2);
  assert.equal(card.condition, "ready*");
});

test("16 an unexpected frame is not answered; back to idle, or to halt when starred", () => {
  const unexpected: [string, (d: Desk) => { irq: number }][] = [
    ["WUPA", (d) => d.request(0x52)],
    ["REQA", (d) => d.request(0x26)],
    ["ANTICOLLISION", (d) => d.exchange([0x93, 0x20])],
    ["SELECT of another", (d) => d.command(0x93, 0x70, 1, 2, 3, 4, 4)],
    ["wrong CRC", (d) => d.exchange([0x30, 0x04, 0x00, 0x00])],
    ["no parity", (d) => (d.write(R.MF_RX, 0x10), d.command(0x30, 4))],
  ];
  for (const [name, send] of unexpected) {
    for (const is_starred of [false, true]) {
      const card = blankCard();
      const d = desk(card);
      d.select();
      if (is_starred) {
        d.command(0x50, 0);
        d.select(0x52);
      }
      assert.equal(send(d).irq & R.RX_IRQ, 0, name);
      assert.equal(card.condition, is_starred ? "halt" : "idle", name);
    }
  }
});

test("17 HLTA is only understood in the right crypto state", () => {
  const card = blankCard();
  const d = desk(card);
  d.open(4);
  d.stopCrypto();
  d.command(0x50, 0); // plain, to a card in session
  assert.equal(card.condition, "idle");
  d.open(4);
  assert.equal(d.command(0x50, 0).irq & R.RX_IRQ, 0);
  assert.equal(card.condition, "halt");
});

test("18 a wrong key silences the card; it must be selected again", () => {
  const card = blankCard();
  const d = desk(card);
  d.select();
  assert.equal(d.authenticate(4, KEY_B), false);
  assert.equal(card.condition, "idle");
  assert.equal(d.authenticate(4, KEY), false);
  d.select(0x52);
  assert.equal(d.authenticate(4, KEY), true);
});

test("18 a card that leaks a NAK: IdleIRq without MFCrypto1On", () => {
  const d = desk(blankCard(UID, { leaks_nak: true }));
  d.select();
  assert.equal(d.authenticate(4, KEY_B), false);
  assert.equal(d.read(R.COM_IRQ) & R.IDLE_IRQ, R.IDLE_IRQ);
  assert.equal(d.read(R.ERROR), R.PROTOCOL_ERR);
});

test("18 one sector is open at a time; another one is opened from within the session", () => {
  const d = desk(blankCard());
  d.open(4);
  assert.equal(d.readBlock(7).length, 16);
  assert.equal(d.authenticate(8), true); // nested: MFCrypto1On was not cleared
  assert.equal(d.readBlock(8).length, 16);
  assert.equal(d.command(0x30, 4).bytes.length, 1); // sector 1 is closed: NAK
  assert.deepEqual(d.command(0x30, 8).bytes, []);
});

test("18 nested with the cipher cleared is garbage; with a wrong key it ends the session", () => {
  const d = desk(blankCard());
  d.open(4);
  d.stopCrypto();
  assert.equal(d.authenticate(8), false);
  d.open(4);
  assert.equal(d.authenticate(8, KEY_B), false);
  assert.equal(d.read(R.STATUS_2) & R.CRYPTO_1_ON, 0);
});

test("18 a key B that can be read opens a session in which everything is refused", () => {
  const d = desk(blankCard()); // delivery: trailer condition 001
  d.open(4, KEY, 0x61);
  assert.equal(d.command(0x30, 4).last_bits, 4);
  assert.deepEqual(d.command(0x30, 4).bytes, []);
});

/** A card whose sector 1 has these access bytes, key A FF.., key B 01..06, and blocks of 11. */
function sectorCard(access: number[]): ClassicCard {
  const dump = blankDump();
  dump.set([...KEY, ...access, 0x69, ...KEY_B], 7 * 16);
  for (const block of [4, 5, 6]) dump.set(packValue({ value: 100, address: block }), block * 16);
  return ClassicCard.fromDump(dump);
}

type Deed = "read" | "write" | "increment" | "decrement";

function allowed(access: number[], key: "A" | "B", deed: Deed): boolean {
  const d = desk(sectorCard(access));
  if (key === "A") d.open(4);
  else d.open(4, KEY_B, 0x61);
  if (deed === "read") return d.command(0x30, 4).bytes.length === 18;
  const code = { write: 0xa0, increment: 0xc1, decrement: 0xc0 }[deed];
  return d.command(code, 4).bytes[0] === 0xa;
}

/** By access bytes: who may read, write, increment, decrement (C2 of the facts; condition 000 .. 111). */
const DATA_TABLE: [string, string[]][] = [
  ["7f0788", ["AB", "AB", "AB", "AB"]], // 000
  ["0f078f", ["AB", "", "", ""]], // 010
  ["787788", ["AB", "B", "", ""]], // 100
  ["08778f", ["AB", "B", "B", "AB"]], // 110
  ["7f00f8", ["AB", "", "", "AB"]], // 001
  ["0f00ff", ["B", "B", "", ""]], // 011
  ["7870f8", ["B", "", "", ""]], // 101
  ["0870ff", ["", "", "", ""]], // 111
];

test("19 access table of the data blocks", () => {
  for (const [hex, rights] of DATA_TABLE) {
    const access = [...Buffer.from(hex, "hex")];
    (["read", "write", "increment", "decrement"] as const).forEach((deed, i) => {
      for (const key of ["A", "B"] as const) {
        assert.equal(allowed(access, key, deed), rights[i].includes(key), `${hex} ${key} ${deed}`);
      }
    });
  }
});

test("19 a refusal is a NAK, then silence", () => {
  const card = sectorCard([0x78, 0x77, 0x88]);
  const d = desk(card);
  d.open(4);
  const nak = d.command(0xa0, 4);
  assert.deepEqual([nak.bytes, nak.last_bits], [[4], 4]);
  assert.equal(d.command(0x30, 4).irq & R.RX_IRQ, 0);
  assert.equal(card.condition, "idle");
});

test("19 block 0 is written only on copies", () => {
  for (const [options, answer] of [
    [{}, 4],
    [{ block_0_writable: true }, 0xa],
  ] as const) {
    const d = desk(blankCard(UID, options));
    d.open(0);
    assert.equal(d.writeBlock(0, [1, 2, 3, 4, 4, ...ONES.slice(5)]), answer);
  }
});

test("20 a write has two steps and both are acknowledged", () => {
  const card = blankCard();
  const d = desk(card);
  d.open(4);
  assert.equal(d.writeBlock(4, ONES), 0xa);
  assert.deepEqual(d.readBlock(4), ONES);
  assert.equal(card.writes, 1);
  d.command(0xa0, 5);
  assert.equal(d.command(1, 2, 3).bytes.length, 1); // not 16 bytes: NAK
  assert.deepEqual([...card.dump().subarray(80, 96)], new Array(16).fill(0));
});

test("20 torn writes: every outcome, with and without the ACK", () => {
  const holds: Record<string, (bytes: Uint8Array) => boolean> = {
    old: (bytes) => bytes.every((byte) => byte === 0x11),
    new: (bytes) => bytes.every((byte) => byte === 0x22),
    zeros: (bytes) => bytes.every((byte) => byte === 0),
    ones: (bytes) => bytes.every((byte) => byte === 0xff),
    mixture: (bytes) => new Set(bytes).size > 1,
    weak: () => true,
  };
  for (const outcome of ["old", "new", "zeros", "ones", "mixture", "weak"] as const) {
    for (const how of ["acknowledged", "lost", "leaves"]) {
      const card = blankCard();
      const d = desk(card);
      d.open(4);
      d.writeBlock(4, ONES);
      card.tear({ outcome, acknowledged: how === "acknowledged", leaves: how === "leaves" });
      const answer = d.writeBlock(4, TWOS);
      assert.equal(answer, how === "acknowledged" ? 0xa : SILENT, `${outcome} ${how}`);
      assert.ok(holds[outcome](card.dump().subarray(64, 80)), `${outcome} ${how}`);
      assert.ok(
        card
          .dump()
          .subarray(80, 112)
          .every((byte) => byte === 0),
      );
      assert.equal(d.reader.cards.length, how === "leaves" ? 0 : 1);
    }
  }
});

test("20 weak bits read differently, until they are written again", () => {
  const card = blankCard();
  const d = desk(card);
  d.open(4);
  card.tear({ after: 1, outcome: "weak", acknowledged: true });
  d.writeBlock(4, ONES);
  d.writeBlock(4, TWOS);
  const seen = new Set(Array.from({ length: 10 }, () => d.readBlock(4).join()));
  assert.ok(seen.size > 1);
  d.writeBlock(4, ONES);
  assert.deepEqual(d.readBlock(4), ONES);
});

test("20 a card that leaves in a write: old, then a mixture, at last the new block", () => {
  const left = new Set<string>();
  for (let after_us = 0; after_us <= 4_200; after_us += 100) {
    const card = blankCard();
    const d = desk(card);
    d.open(4);
    d.writeBlock(4, ONES);
    d.reader.removeAfterFrames(2, after_us);
    const answer = d.writeBlock(4, TWOS);
    const bytes = [...card.dump().subarray(64, 80)];
    const kind = [ONES, TWOS].findIndex((block) => block.join() === bytes.join());
    left.add(["torn", "old", "new"][kind + 1]);
    if (after_us < 100) assert.equal(kind, 0);
    if (answer === 0xa) assert.equal(kind, 1);
  }
  assert.deepEqual([...left], ["old", "torn", "new"]);
});

/** A session on a rechargeable value sector (110), with key B. */
function purse(): { d: Desk; card: ClassicCard } {
  const card = sectorCard([0x08, 0x77, 0x8f]);
  const d = desk(card);
  d.open(4, KEY_B, 0x61);
  return { d, card };
}

test("21 value commands: no answer in step 2, nothing changes before TRANSFER", () => {
  const { d, card } = purse();
  assert.equal(d.command(0xc1, 4).bytes[0], 0xa);
  assert.equal(d.command(23, 0, 0, 0).irq & R.RX_IRQ, 0);
  assert.deepEqual(d.readBlock(4), [...packValue({ value: 100, address: 4 })]);
  assert.equal(d.command(0xb0, 4).bytes[0], 0xa);
  assert.deepEqual(d.readBlock(4), [...packValue({ value: 123, address: 4 })]);
  d.command(0xc0, 4);
  d.command(200, 0, 0, 0);
  assert.equal(d.command(0xb0, 5).bytes[0], 0xa); // into another block; the address byte travels along
  assert.deepEqual(d.readBlock(5), [...packValue({ value: -77, address: 4 })]);
  d.command(0xc2, 4);
  d.command(0, 0, 0, 0);
  assert.equal(d.command(0xb0, 6).bytes[0], 0xa);
  assert.equal(card.dump()[6 * 16], 123);
});

test("21 TRANSFER without a value, and a block that holds none: NAK", () => {
  const { d } = purse();
  assert.equal(d.command(0xb0, 4).bytes[0], 4);
  const other = purse();
  other.card.setBlock(4, Uint8Array.from(ONES));
  assert.equal(other.d.command(0xc1, 4).bytes[0], 4);
});

test("21 the vectors of the data sheet and of a real card", () => {
  const hex = (value: number, address: number): string =>
    Buffer.from(packValue({ value, address })).toString("hex");
  assert.equal(hex(1_234_567, 17), "87d612007829edff87d6120011ee11ee");
  assert.equal(hex(-50, 6), "ceffffff31000000ceffffff06f906f9");
});

test("22 a trailer reads with zeros for the keys, key B as far as it can be read", () => {
  const d = desk(blankCard());
  d.open(4);
  assert.deepEqual(d.readBlock(7), [0, 0, 0, 0, 0, 0, 0xff, 0x07, 0x80, 0x69, ...KEY]);
  const closed = desk(sectorCard([0x7f, 0x07, 0x88]));
  closed.open(4);
  assert.deepEqual(closed.readBlock(7).slice(10), [0, 0, 0, 0, 0, 0]);
});

test("22 a trailer is written as far as its condition allows", () => {
  const card = sectorCard([0x7f, 0x07, 0x88]); // 011: everything with B
  const d = desk(card);
  d.open(4);
  assert.equal(d.writeBlock(7, ONES), 4);
  d.open(4, KEY_B, 0x61);
  const trailer = [...KEY_B, 0x78, 0x77, 0x88, 0x00, ...KEY];
  assert.equal(d.writeBlock(7, trailer), 0xa);
  assert.deepEqual([...card.dump().subarray(112, 128)], trailer);
  d.open(4, KEY, 0x61);
});

test("22 bad access bits brick the sector for ever, and only that one", () => {
  const card = blankCard();
  const d = desk(card);
  d.open(4);
  assert.equal(d.writeBlock(7, [...KEY, 0, 0, 0, 0, ...KEY]), 0xa);
  d.open(4);
  assert.equal(d.command(0x30, 4).bytes.length, 1);
  d.open(4);
  assert.equal(d.writeBlock(7, [...KEY, 0xff, 0x07, 0x80, 0x69, ...KEY]), 4);
  d.open(8);
  assert.equal(d.readBlock(8).length, 16);
});

/** Time from the end of a frame of `bits` (with parity) to RxIRq, less the answer's own. */
function answerAfterUs(d: Desk, code: number): number {
  d.prepare([code], 7);
  d.write(R.BIT_FRAMING, 0x87);
  const sent_us = d.now_us + 8 * (128 / 13.56);
  d.poll(R.RX_IRQ);
  return d.now_us - sent_us - 19 * (128 / 13.56);
}

test("23 timing: 86 us after a 0, 91 us after a 1; read 2.5 ms, write 6 ms", () => {
  const near = (us: number, expected_us: number, slack_us: number): void =>
    assert.ok(Math.abs(us - expected_us) <= slack_us, `${us} us, not ${expected_us}`);
  const d = desk(blankCard());
  near(answerAfterUs(d, 0x26), 86.43 + 2, 2.1); // polling sees it up to 4 us late
  d.resetField();
  near(answerAfterUs(d, 0x52), 91.15 + 2, 2.1);
  d.resetField();
  d.open(4);
  let start_us = d.now_us;
  d.readBlock(4);
  near(d.now_us - start_us, 2_500, 100);
  start_us = d.now_us;
  d.writeBlock(4, ONES);
  near(d.now_us - start_us, 5_900, 200);
});

test("23 a timeout too short for programming misses the ACK, though the block is written", () => {
  const card = blankCard();
  const d = desk(card);
  d.open(4);
  d.write(R.T_RELOAD_H, 0);
  d.write(R.T_RELOAD_L, 39); // 1 ms
  assert.equal(d.writeBlock(4, ONES), SILENT);
  assert.equal(d.request(0x52).bytes.length, 0); // the card is busy and hears nothing
  d.wait(5_000);
  assert.deepEqual([...card.dump().subarray(64, 80)], ONES);
});

test("a dump has 1024 or 4096 bytes", () => {
  assert.throws(() => ClassicCard.fromDump(new Uint8Array(1023)), /1024 or 4096/);
});
