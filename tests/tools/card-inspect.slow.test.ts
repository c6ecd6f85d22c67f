/** card inspect: it tells what stands on a card, names every damage, and survives any bytes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "../../tools/card/inspect.ts";
import { makeBlank } from "../../tools/card/dump.ts";
import { readKeyFile } from "../../tools/card/key-file.ts";
import { hexOf, Office } from "./card-kit.ts";

const MAKER_BYTES = [8, 16]; // of block 0: any

function placeOf(offset: number): RegExp {
  if (offset < 16) return /block 0/;
  if (offset < 32) return /directory \(block 1\)/;
  return new RegExp(`sector ${Math.floor(offset / 64)}\\b`);
}

/** Flips every byte of a good card in turn; the report must name the place. */
function checkFlips(office: Office, card: string): void {
  const good = office.dump(card);
  const keys = readKeyFile(office.keys);
  assert.deepEqual(inspect(good, keys).faults, []);
  for (let offset = 0; offset < good.length; offset++) {
    const mask = 1 << (offset % 8);
    const bad = good.with(offset, good[offset]! ^ mask);
    inspect(bad, null);
    const { faults } = inspect(bad, keys);
    if (offset >= MAKER_BYTES[0]! && offset < MAKER_BYTES[1]!) continue;
    assert.ok(
      faults.some((fault) => placeOf(offset).test(fault)),
      `byte ${offset}: ${faults}`,
    );
  }
}

test("every flipped byte of a user card is named by its place", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  office.sell(7, "20", "a.mfd");
  office.putReturn("a.mfd", 0, 7, { number: 1, sequence: 1 });
  office.putReturn("a.mfd", 1, 7, { number: 1, sequence: 2 });
  checkFlips(office, "a.mfd");
});

test("every flipped byte of a settings card is named by its place", () => {
  const office = new Office();
  const options = [...office.desk, "--box", "2025112101", "--uid", "01020304"];
  const file = office.file("s.mfd");
  const { code } = office.run("card", "settings", ...options, "--card", file, "coil_pulse=60");
  assert.equal(code, 0);
  checkFlips(office, "s.mfd");
});

test("what is told of a user card, with and without keys", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  office.putReturn("a.mfd", 1, 7, {
    number: 1,
    remaining: -250,
    consumed: 12_345,
    state: 3,
    result: -6,
  });
  const { code, out } = office.run("card", "inspect", office.file("a.mfd"), "--keys", office.keys);
  assert.equal(code, 0);
  assert.match(out, /user card 1, box 2025112101, household 7, UID DEADBEEF/);
  assert.match(out, /purchase A +number 1: 50\.00, first purchase; code right/);
  assert.match(out, /purchase B +empty/);
  assert.match(out, /return B .*2000-01-02 00:00:00, remaining -2\.50, consumed 123\.45 kWh/);
  assert.match(
    out,
    /purchase 1 accepted, empty, result Err 06 \(limit\), 3 refusals, 2 relay faults/,
  );
  assert.match(out, /no fault found/);
  const unkeyed = office.run("card", "inspect", office.file("a.mfd"));
  assert.equal(unkeyed.code, 0);
  assert.match(unkeyed.out, /not judged: no --keys given/);
  assert.match(unkeyed.out, /code not judged/);
  const dump = office.dump("a.mfd");
  for (let sector = 1; sector < 16; sector++) {
    for (const start of [48, 58]) {
      const key = hexOf(dump.subarray(sector * 64 + start, sector * 64 + start + 6));
      assert.ok(!(out + unkeyed.out).toLowerCase().includes(key), "a card key was printed");
    }
  }
});

test("as JSON, and with exit 1 when something is wrong", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  const dump = office.dump("a.mfd");
  office.write("a.mfd", dump.with(64 + 14, dump[64 + 14]! ^ 1)); // the amount
  const run = office.run("card", "inspect", office.file("a.mfd"), "--keys", office.keys, "--json");
  assert.equal(run.code, 1);
  const report = JSON.parse(run.out) as Record<string, unknown>;
  assert.equal(report.kind, "user");
  assert.equal(report.household, 7);
  assert.deepEqual(report.faults, [
    "sector 1, purchase A: the code does not belong to the message",
  ]);
});

test("a card of another box's key, or of another office", () => {
  const office = new Office();
  const other = new Office();
  other.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  const { code, out } = office.run("card", "inspect", other.file("a.mfd"), "--keys", office.keys);
  assert.equal(code, 1);
  assert.match(out, /FAULT sector 1, trailer: key A is another one/);
  assert.match(out, /purchase A +unbelievable: wrong code/);
});

test("blank and foreign cards, and files that are none", () => {
  const office = new Office();
  const keys = readKeyFile(office.keys);
  const blank = makeBlank(Uint8Array.of(1, 2, 3, 4));
  assert.equal(inspect(blank, keys).kind, "blank");
  assert.deepEqual(inspect(blank, keys).faults, []);
  for (const fill of [0, 0xff]) {
    const { kind, faults } = inspect(new Uint8Array(1024).fill(fill), keys);
    assert.equal(kind, "foreign");
    assert.ok(faults.length > 0);
  }
  for (const size of [0, 1, 1023, 1025, 4096]) {
    office.write("x.mfd", new Uint8Array(size));
    const args = ["card", "inspect", office.file("x.mfd")];
    office.refused(new RegExp(`FILE: .* ${size} bytes; a dump of a 1K card has 1024`), ...args);
  }
  office.refused(/FILE: cannot read/, "card", "inspect", office.file("none.mfd"));
});

test("random bytes behind a right directory", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  const good = office.dump("a.mfd");
  const keys = readKeyFile(office.keys);
  let seed = 12345;
  for (let round = 0; round < 50; round++) {
    const bad = good.map((byte, i) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return i < 32 ? byte : seed >>> 24;
    });
    assert.ok(inspect(bad, keys).faults.length > 20, `round ${round}`);
    inspect(bad, null);
  }
});
