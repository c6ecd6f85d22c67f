/** Cards that are not what the box wants: copies, other sizes, other types. Numbers as in
 *  mfrc522.test.ts. */

import assert from "node:assert/strict";
import test from "node:test";
import { ClassicCard, IsoDepCard, UltralightCard } from "../../boards/virtual/reader.ts";
import { KEY, UID, blankCard, blankDump, desk } from "./reader-kit.ts";

const TWOS = new Array<number>(16).fill(0x22);

test("25 clone with SAK 88, 7-byte UID, 4K", () => {
  assert.equal(desk(blankCard(UID, { sak: 0x88 })).select(), 0x88);
  const large = desk(ClassicCard.fromDump(blankDump(UID, undefined, 256)));
  assert.equal(large.select(), 0x18);
  assert.equal(large.authenticate(255), true);
  assert.equal(large.readBlock(240).length, 16);
  const uid = [0x04, 1, 2, 3, 4, 5, 6];
  const dump = blankDump();
  dump.set([...uid, 0x08, 0x44, 0x00]);
  const long = desk(ClassicCard.fromDump(dump));
  assert.deepEqual(long.request().bytes, [0x44, 0x00]);
  const first = long.exchange([0x93, 0x20]).bytes;
  assert.deepEqual(first.slice(0, 4), [0x88, 4, 1, 2]);
  assert.equal(long.command(0x93, 0x70, ...first).bytes[0], 0x04);
  const second = long.exchange([0x95, 0x20]).bytes;
  assert.deepEqual(second.slice(0, 4), [3, 4, 5, 6]);
  assert.equal(long.command(0x95, 0x70, ...second).bytes[0], 0x08);
  assert.equal(long.authenticate(4, KEY, 0x60, uid), true);
});

test("25 magic gen1a: 40, 43, then every block without a key; a genuine card is silent", () => {
  const card = blankCard(UID, { magic: true });
  const d = desk(card);
  d.select();
  d.command(0x50, 0);
  assert.deepEqual(d.exchange([0x40], 7).bytes, [0xa]);
  assert.deepEqual(d.exchange([0x43]).bytes, [0xa]);
  assert.deepEqual(d.readBlock(7), [...KEY, 0xff, 0x07, 0x80, 0x69, ...KEY]);
  assert.equal(d.writeBlock(0, TWOS), 0xa);
  assert.deepEqual([...card.dump().subarray(0, 16)], TWOS);
  const genuine = desk(blankCard());
  genuine.select();
  genuine.command(0x50, 0);
  assert.deepEqual(genuine.exchange([0x40], 7).bytes, []);
});

test("25 foreign types: Ultralight SAK 00, ISO-DEP SAK 20; neither authenticates", () => {
  const tag = new UltralightCard(Uint8Array.of(4, 1, 2, 3, 4, 5, 6));
  const d = desk(tag);
  assert.deepEqual(d.request().bytes, [0x44, 0x00]);
  d.command(0x93, 0x70, ...d.exchange([0x93, 0x20]).bytes);
  const second = d.exchange([0x95, 0x20]).bytes;
  assert.equal(d.command(0x95, 0x70, ...second).bytes[0], 0x00);
  assert.deepEqual(d.readBlock(0).slice(0, 3), [4, 1, 2]);
  assert.equal(d.authenticate(4), false);
  const smart = desk(new IsoDepCard(Uint8Array.from(UID)));
  assert.equal(smart.select(), 0x20);
  assert.equal(smart.command(0xe0, 0x50).bytes.length, 7);
  assert.equal(smart.authenticate(4), false);
});
