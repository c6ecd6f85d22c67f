/** Keys: derivation against published vectors, and the key file. */

import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { boxKey, cardKeys, diversifiedKey, sectorKey } from "../../tools/office/keys.ts";
import { isSigned, readMessage, signMessage } from "../../tools/office/message.ts";
import { hexOf, Office } from "./card-kit.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const MASTER = bytes("00112233445566778899aabbccddeeff");

test("diversified keys are those of AN10922 and AN10957", () => {
  const an10922 = diversifiedKey(MASTER, bytes("04782e21801d803042f54e585020416275"));
  assert.equal(hexOf(an10922), "a8dd63a3b89d54b37ca802473fda9175");
  const an10957 = diversifiedKey(
    bytes("f3f9377698707b688eaf84abe39e3791"),
    bytes("04deadbeeffeed"),
  );
  assert.equal(hexOf(an10957), "0bb408baff98b6ee9f2e1585777f6a51");
});

test("sector keys, of 4 and of 7 byte UIDs", () => {
  const uid = bytes("deadbeef");
  assert.equal(hexOf(sectorKey(MASTER, uid, 1, "A")), "fab0db9729f1");
  assert.equal(hexOf(sectorKey(MASTER, uid, 1, "B")), "cea818cdc1c0");
  assert.equal(hexOf(sectorKey(MASTER, uid, 2, "A")), "024e027844cf");
  assert.equal(hexOf(sectorKey(MASTER, uid, 2, "B")), "daa412467c1b");
  assert.equal(hexOf(sectorKey(MASTER, bytes("041122deadbeef"), 1, "A")), "fab0db9729f1");
});

test("who has which key of a card", () => {
  const box_key = boxKey(MASTER, "2025112101");
  const uid = bytes("deadbeef");
  const keys = cardKeys(MASTER, box_key, uid).map(({ a, b }) => [hexOf(a), hexOf(b)]);
  assert.equal(keys.length, 16);
  assert.equal(keys[0]![0], "a0a1a2a3a4a5");
  assert.equal(keys[2]![0], hexOf(sectorKey(box_key, uid, 2, "A")));
  assert.equal(keys[2]![1], hexOf(sectorKey(MASTER, uid, 2, "B")));
  assert.equal(keys[3]![1], hexOf(sectorKey(box_key, uid, 3, "B")));
  assert.equal(new Set(keys.flat()).size, 32);
});

test("a signed message is the published one, and any other byte is not signed", () => {
  const key = bytes("2b7e151628aed2a6abf7158809cf4f3c");
  const message = {
    box_number: "2025112101",
    index: 5,
    kind: 1,
    number: 7,
    amount: 10_000,
    flags: 0,
  };
  const signed = signMessage(key, message);
  assert.equal(hexOf(signed), "20251121010501000000070000271000fc6ea2ef5cc7cca6");
  assert.deepEqual(readMessage(signed), message);
  assert.ok(isSigned(key, signed));
  for (let i = 0; i < signed.length; i++) {
    assert.ok(!isSigned(key, signed.with(i, signed[i]! ^ 1)), `byte ${i}`);
  }
});

test("a key file is its owner's alone and is never overwritten", () => {
  const office = new Office();
  assert.equal(statSync(office.keys).mode & 0o777, 0o600);
  const before = readFileSync(office.keys, "utf8");
  office.refused(/FILE: .*never overwritten/, "card", "keys", "new", office.keys);
  assert.equal(readFileSync(office.keys, "utf8"), before);
  assert.notEqual(hexOf(new Office().master), hexOf(office.master));
});

test("a key file that others may read, that is damaged or missing is refused", () => {
  const office = new Office();
  const issue = office.saleArgs("issue", 7, "5", "a.mfd").concat("--uid", "deadbeef");
  chmodSync(office.keys, 0o640);
  office.refused(/--keys: others may read .*chmod 600/, ...issue);
  chmodSync(office.keys, 0o600);
  const text = readFileSync(office.keys, "utf8");
  const digit = text.indexOf("master ") + 7;
  const other = text[digit] === "0" ? "1" : "0";
  writeFileSync(office.keys, text.slice(0, digit) + other + text.slice(digit + 1));
  office.refused(/--keys: .*do not agree/, ...issue);
  writeFileSync(office.keys, text.slice(0, 40));
  office.refused(/--keys: .*is not a key file/, ...issue);
  office.refused(/--keys: cannot read/, ...issue, "--keys", office.file("none"));
});

test("a store belongs to one key set", () => {
  const office = new Office();
  const other = new Office();
  office.sell(7, "5", "a.mfd", "--uid", "deadbeef");
  const issue = office.saleArgs("issue", 8, "5", "b.mfd");
  other.refused(/--store: .*another key set/, ...issue, "--uid", "01020304", "--keys", other.keys);
});

test("a damaged store is refused and left alone", () => {
  const office = new Office();
  office.sell(7, "5", "a.mfd", "--uid", "deadbeef");
  const issue = office.saleArgs("issue", 7, "5", "a.mfd");
  for (const name of ["sales.mdb", "desk.mdb"]) {
    const file = office.file(`store/${name}`);
    const good = readFileSync(file);
    truncateSync(file, good.length - 4096);
    office.refused(/--store: cannot open .*(is cut short|is damaged)/, ...issue);
    writeFileSync(file, new Uint8Array(good.length).fill(0xa5));
    office.refused(/--store: cannot open .*is damaged, or no store/, ...issue);
    writeFileSync(file, "x");
    office.refused(/--store: cannot open .*is damaged, or no store/, ...issue);
    writeFileSync(file, good);
  }
  assert.match(office.sell(7, "5", "a.mfd"), /purchase 2 of/);
});
