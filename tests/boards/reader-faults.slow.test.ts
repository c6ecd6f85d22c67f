/** Several cards, disturbed answers, and readers that are missing, broken or not NXP's. Numbers as in
 *  mfrc522.test.ts. */

import assert from "node:assert/strict";
import test from "node:test";
import * as R from "../../boards/virtual/devices/mfrc522/registers.ts";
import { Desk, KEY, UID, blankCard, desk, type Reply } from "./reader-kit.ts";

/** Anticollision with `known` bits of `prefix`; returns the reply and CollReg. */
function resolve(d: Desk, prefix: number[], known: number): Reply & { coll: number } {
  const nvb = ((2 + (known >> 3)) << 4) | (known & 7);
  const bytes = prefix.slice(0, (known + 7) >> 3);
  const reply = d.exchange([0x93, nvb, ...bytes], ((known & 7) << 4) | (known & 7));
  return { ...reply, coll: d.read(R.COLL) };
}

test("13 no collision: CollPosNotValid; equal ATQA of two cards do not even collide", () => {
  const d = desk(blankCard(), blankCard([1, 2, 3, 4]));
  assert.equal(d.request().error, 0);
  assert.equal(d.read(R.COLL), 0x20);
});

test("13 CollErr, CollPos from 1, bits after the collision read 0", () => {
  // DE and DF differ in bit 0: the first bit of the answer.
  const first = desk(blankCard([0xde, 0xff, 0xff, 0xff]), blankCard([0xdf, 0xff, 0xff, 0xff]));
  first.request();
  const at_once = resolve(first, [], 0);
  assert.equal(at_once.error, R.COLL_ERR);
  assert.equal(at_once.coll, 1);
  assert.deepEqual(at_once.bytes, [0, 0, 0, 0, 0]);
  // 0F and 8F in the second byte: bit 15, position 16.
  const later = desk(blankCard([0x11, 0x0f, 5, 6]), blankCard([0x11, 0x8f, 5, 6]));
  later.request();
  const reply = resolve(later, [], 0);
  assert.equal(reply.coll, 16);
  assert.deepEqual(reply.bytes, [0x11, 0x0f, 0, 0, 0]);
  assert.equal(reply.irq & (R.RX_IRQ | R.ERR_IRQ), R.RX_IRQ | R.ERR_IRQ);
});

test("13 ValuesAfterColl keeps what came after the collision", () => {
  const d = desk(blankCard([0x11, 0x0f, 5, 6]), blankCard([0x11, 0x8f, 5, 6]));
  d.write(R.COLL, 0x80);
  d.request();
  const reply = resolve(d, [], 0);
  assert.deepEqual(reply.bytes.slice(0, 4), [0x11, 0x8f, 5, 6]);
  assert.equal(reply.coll, 0x80 | 16);
});

test("13 position 32 is shown as 0, one behind it is not valid", () => {
  const last = desk(blankCard([1, 2, 3, 0x04]), blankCard([1, 2, 3, 0x84]));
  last.request();
  assert.equal(resolve(last, [], 0).coll, 0);
});

test("13 CollPos counts in this answer, RxAlign included: three cards (NXP's meaning)", () => {
  const uids = [
    [0x11, 0x22, 0x33, 0x44],
    [0x11, 0xa2, 0x33, 0x55],
    [0x11, 0xa2, 0x37, 0x66],
  ];
  const d = desk(...uids.map((uid) => blankCard(uid)));
  d.request();
  assert.equal(resolve(d, [], 0).coll, 16); // 22 or A2
  const second = resolve(d, [0x11, 0xa2], 16);
  assert.equal(second.coll, 3); // 33 or 37: bit 2 of this answer's first byte
  const third = resolve(d, [0x11, 0xa2, 0x07], 19);
  assert.equal(third.error, 0);
  assert.deepEqual(third.bytes, [0x30, 0x66, 0x11 ^ 0xa2 ^ 0x37 ^ 0x66]);
});

test("13 cards that do not match the known bits drop out", () => {
  const other = blankCard([0xff, 2, 3, 4]);
  const d = desk(blankCard(), other);
  d.request();
  resolve(d, [0xde], 8);
  assert.equal(other.condition, "idle");
  assert.equal(d.command(0x93, 0x70, ...UID, 0x22).bytes[0], 0x08);
});

test("14 parity, CRC and protocol errors, a lost answer, stray bits", () => {
  const d = desk(blankCard());
  d.open(4);
  const read = (kind: Parameters<typeof d.reader.disturb>[1]): Reply => {
    d.reader.disturb(1, kind);
    return d.command(0x30, 4);
  };
  assert.equal(read("parity").error, R.PARITY_ERR);
  assert.equal(read("protocol").error, R.PROTOCOL_ERR);
  const wrong = read("crc");
  assert.deepEqual([wrong.error, wrong.bytes.length], [0, 18]); // the driver's own CRC tells
  assert.notDeepEqual(wrong.bytes, d.command(0x30, 4).bytes);
  const stray = read("stray");
  assert.deepEqual([stray.bytes.length, stray.last_bits], [1, 3]);
  const empty = read("empty");
  assert.deepEqual([empty.bytes, empty.irq & R.RX_IRQ], [[], R.RX_IRQ]);
  assert.equal(read("lost").irq & (R.RX_IRQ | R.TIMER_IRQ), 0); // heard enough to stop the timer
  assert.equal(d.command(0x30, 4).bytes.length, 18); // the card noticed nothing
});

test("14 noise by chance: the same seed disturbs the same answers, the card stays", () => {
  const heard = (seed: number): string => {
    const card = blankCard();
    const d = new Desk(seed);
    d.reader.present(card);
    d.init();
    d.open(4);
    d.reader.setNoise(5);
    return Array.from({ length: 60 }, () => d.command(0x30, 4))
      .map(({ bytes, error }) => (bytes.length === 18 && error === 0 ? "." : "x"))
      .join("");
  };
  assert.equal(heard(1), heard(1));
  assert.notEqual(heard(1), heard(2));
  assert.match(heard(1), /^[.x]*x[.x]*$/);
});

test("15 absent: every byte 00 or FF", () => {
  const d = desk(blankCard());
  for (const [mode, byte] of [
    ["absent-00", 0x00],
    ["absent-ff", 0xff],
  ] as const) {
    d.reader.setMode(mode);
    assert.deepEqual(d.transfer(0x80 | (R.VERSION << 1), 0), [byte, byte]);
    assert.equal(d.reader.field.on, false);
  }
  d.reader.setMode("ok");
  d.init();
  assert.equal(d.request().bytes.length, 2);
});

test("15 stuck: registers answer, PowerDown stays, nothing is sent", () => {
  const d = desk(blankCard());
  d.reader.setMode("stuck");
  d.init();
  assert.equal(d.read(R.VERSION), 0x92);
  assert.equal(d.read(R.COMMAND) & 0x10, 0x10);
  assert.equal(d.request().irq, 0);
  assert.equal(d.reader.frames, 0);
});

test("15 a brown-out at a chosen byte: reset values, no field, a card that forgot", () => {
  for (let byte = 1; byte <= 12; byte++) {
    const card = blankCard();
    const d = desk(card);
    d.select();
    d.reader.brownOutAfter(byte);
    d.prepare([0x30, 4]);
    assert.equal(d.reader.chip.brown_outs, 1, `byte ${byte}`);
    d.wait(1_000);
    assert.equal(d.read(R.TX_CONTROL) & 3, 0);
    assert.equal(d.read(R.T_MODE), 0);
    assert.equal(card.condition, "idle");
    d.init();
    assert.equal(d.select(), 0x08);
  }
});

test("15 clones: other versions work the same", () => {
  for (const version of [0x88, 0x91, 0xb2, 0x12]) {
    const d = desk(blankCard());
    d.reader.chip.version = version;
    d.init();
    assert.equal(d.read(R.VERSION), version);
    d.open(4);
  }
});

test("24 a card that leaves and returns at any microsecond of a whole conversation", () => {
  const whole = desk(blankCard());
  const start_us = whole.now_us;
  whole.select();
  whole.authenticate(4, KEY);
  whole.readBlock(4);
  const length_us = whole.now_us - start_us;
  for (let cut_us = 0; cut_us < length_us; cut_us += 19) {
    const card = blankCard();
    const d = desk(card);
    d.reader.removeAt(card, d.now_us + cut_us);
    d.reader.presentAt(card, d.now_us + cut_us + 50_000);
    const uid = d.request().bytes.length === 2 ? d.exchange([0x93, 0x20]).bytes : [];
    if (uid.length === 5) d.command(0x93, 0x70, ...uid);
    d.authenticate(4);
    const read = d.command(0x30, 4);
    const ended_whole = read.bytes.length === 18 && read.error === 0;
    assert.ok(!ended_whole || cut_us > length_us - 200, `cut after ${cut_us} us`);
    d.wait(100_000);
    d.stopCrypto();
    assert.equal(d.select(), 0x08, `back after ${cut_us} us`);
  }
});

test("24 a card leaves after a frame, or in the middle of its answer", () => {
  for (const [delay_us, bytes] of [
    [-1, 0],
    [10, 0],
    [86 + 15 * 9.44, 2],
    [500, 2],
  ]) {
    const card = blankCard();
    const d = desk(card);
    d.reader.removeAfterFrames(1, delay_us);
    const reply = d.request();
    assert.equal(reply.bytes.length, bytes, `${delay_us} us`);
    assert.equal(reply.last_bits !== 0, delay_us > 200 && delay_us < 300);
    d.wait(1_000);
    assert.equal(d.reader.cards.length, 0);
  }
});
