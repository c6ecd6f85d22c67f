/** card issue and card replace: what stands on the card afterwards, numbers, slots, refusals. */

import { cmac } from "@noble/ciphers/aes.js";
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { test } from "node:test";
import { sectorKey } from "../../tools/office/keys.ts";
import { makeBlank } from "../../tools/card/dump.ts";
import { blockOf, BOX, hexOf, Office, slotOf } from "./card-kit.ts";

const UID = ["--uid", "deadbeef"];

test("a first purchase makes a card that every MIFARE tool opens", () => {
  const office = new Office();
  const out = office.sell(7, "50", "a.mfd", ...UID);
  assert.match(out, /purchase 1 of household 7 .*50\.00 on card 1 \(UID DEADBEEF\)/);
  const dump = office.dump("a.mfd");
  assert.equal(dump.length, 1024);
  assert.equal(statSync(office.file("a.mfd")).mode & 0o777, 0o600);
  assert.equal(hexOf(blockOf(dump, 0, 0)).slice(0, 16), "deadbeef22080400");
  const directory = blockOf(dump, 0, 1);
  assert.equal(hexOf(directory).slice(0, 30), `4d33390101${BOX}0701000000`);
  assert.equal(
    directory.reduce((sum, byte) => sum ^ byte),
    0,
  );
  const uid = dump.slice(0, 4);
  for (let sector = 0; sector < 16; sector++) {
    const trailer = blockOf(dump, sector, 3);
    assert.equal(hexOf(trailer.subarray(6, 10)), "78778869", `sector ${sector}`);
    const a = sector === 0 ? "a0a1a2a3a4a5" : hexOf(sectorKey(office.boxKey, uid, sector, "A"));
    const b_key = sector < 3 ? office.master : office.boxKey;
    assert.equal(hexOf(trailer.subarray(0, 6)), a, `sector ${sector}`);
    assert.equal(hexOf(trailer.subarray(10)), hexOf(sectorKey(b_key, uid, sector, "B")));
  }
});

test("the message of a purchase is signed under the box's key", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  const dump = office.dump("a.mfd");
  const body = blockOf(dump, 1, 0);
  assert.equal(hexOf(body), `${BOX}07010000000100001388` + "01");
  const code = hexOf(cmac(body, office.boxKey)).slice(0, 16);
  assert.equal(hexOf(blockOf(dump, 1, 1)), code.padEnd(32, "0"));
  const others = [
    [0, 2],
    [1, 2],
    [2, 0],
    [2, 1],
    [2, 2],
    [3, 0],
    [15, 2],
  ];
  for (const [sector, block] of others)
    assert.ok(blockOf(dump, sector!, block!).every((b) => b === 0));
});

test("a further purchase writes the older slot and no other block", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  office.putReturn("a.mfd", 0, 7, { number: 1 });
  for (const [number, sector] of [
    [2, 2],
    [3, 1],
    [4, 2],
  ]) {
    const before = office.dump("a.mfd");
    assert.match(office.sell(7, "12.34", "a.mfd"), new RegExp(`purchase ${number} of`));
    const after = office.dump("a.mfd");
    assert.equal(slotOf(after, sector!), `${number} 0`);
    const changed = [...after.keys()].filter((i) => after[i] !== before[i]);
    assert.ok(changed.every((i) => i >= sector! * 64 && i < sector! * 64 + 24));
    office.putReturn("a.mfd", number! % 2, 7, { number: number!, sequence: number! });
  }
});

test("a purchase that may not be loaded is never pushed off the card", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  office.sell(7, "20", "a.mfd");
  const before = office.dump("a.mfd");
  const third = office.saleArgs("issue", 7, "30", "a.mfd");
  office.refused(/household 7 may not have loaded purchases 1 and 2 yet.*--loaded/, ...third);
  assert.deepEqual(office.dump("a.mfd"), before);
  office.refused(/--loaded: 3 is outside 0\.\.2/, ...third, "--loaded", "3");
  // Forged return data change nothing: one byte off.
  office.putReturn("a.mfd", 0, 7, { number: 1 });
  const good = office.dump("a.mfd");
  office.write("a.mfd", good.with(3 * 64 + 12, 2));
  office.refused(/may not have loaded/, ...third);
  // One is loaded: there is room for one, and the unloaded second one stays.
  office.write("a.mfd", good);
  assert.equal(office.run(...third).code, 0);
  assert.deepEqual(
    [slotOf(office.dump("a.mfd"), 1), slotOf(office.dump("a.mfd"), 2)],
    ["3 0", "2 0"],
  );
  office.refused(/loaded purchases 2 and 3/, ...third);
  assert.equal(office.run(...third, "--loaded", "3").code, 0);
});

test("the box's number counts when it has loaded what this store did not sell", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  office.putReturn("a.mfd", 1, 7, { number: 9 });
  assert.match(office.sell(7, "5", "a.mfd"), /purchase 10 of/);
});

test("an unloaded purchase that the card has lost is written again with the next one", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  office.write("a.mfd", office.dump("a.mfd").fill(0, 64, 64 + 48));
  office.sell(7, "20", "a.mfd");
  const slots = [1, 2].map((sector) => slotOf(office.dump("a.mfd"), sector)).sort();
  assert.deepEqual(slots, ["1 1", "2 0"]);
});

test("a lost card is replaced with all that may be unloaded; the old one is refused", () => {
  const office = new Office();
  const args = office.saleArgs("replace", 7, "5", "new.mfd").concat("--uid", "01020304");
  office.refused(/--household: household 7 never bought/, ...args);
  office.sell(7, "50", "a.mfd", ...UID);
  const { code, out } = office.run(...args);
  assert.equal(code, 0);
  assert.match(out, /purchase 2 of household 7 .*5\.00 on card 2 \(UID 01020304\)/);
  const dump = office.dump("new.mfd");
  assert.deepEqual([slotOf(dump, 1), slotOf(dump, 2)], ["1 2", "2 2"]);
  const again = office.saleArgs("issue", 7, "5", "a.mfd");
  office.refused(/is card 1 \(UID DEADBEEF\), but household 7 has card 2/, ...again);
  const blank = office.saleArgs("issue", 7, "5", "c.mfd").concat("--uid", "01020305");
  office.refused(/a blank card, but household 7 has card 2/, ...blank);
  assert.ok(!existsSync(office.file("c.mfd")));
  office.putReturn("new.mfd", 0, 7, { number: 2 });
  assert.match(office.sell(7, "5", "new.mfd"), /purchase 3 of/);
});

test("after a clear the household's own card is bound anew", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  office.putReturn("a.mfd", 0, 7, { number: 1 });
  const { code, out } = office.run(...office.saleArgs("replace", 7, "5", "a.mfd"));
  assert.equal(code, 0);
  assert.match(out, /purchase 2 of household 7 .*on card 1 /);
  assert.equal(slotOf(office.dump("a.mfd"), 2), "2 2");
});

test("an order is sold once", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID, "--order", "R-1");
  assert.match(office.sell(7, "50", "a.mfd", "--order", "R-1"), /R-1 was sold before, nothing/);
  const other = office.saleArgs("issue", 7, "51", "a.mfd").concat("--order", "R-1");
  office.refused(/--order: R-1 was sold already: 50\.00 to household 7/, ...other);
  assert.match(office.sell(7, "50", "a.mfd", "--order", "R-2"), /purchase 2 of/);
});

test("a card with a 7-byte UID", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "04112233445566");
  const dump = office.dump("a.mfd");
  assert.equal(hexOf(blockOf(dump, 0, 0)).slice(0, 20), "04112233445566084400");
  const uid = dump.slice(0, 7);
  const key = hexOf(sectorKey(office.boxKey, uid, 1, "A"));
  assert.equal(hexOf(blockOf(dump, 1, 3).subarray(0, 6)), key);
  assert.match(office.sell(7, "5", "a.mfd"), /purchase 2 .*UID 04112233445566/);
});

test("a blank dump keeps its maker's bytes", () => {
  const office = new Office();
  const blank = makeBlank(Uint8Array.of(1, 2, 3, 4));
  blank.set([0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69], 8);
  office.write("a.mfd", blank);
  office.sell(7, "50", "a.mfd");
  assert.equal(hexOf(blockOf(office.dump("a.mfd"), 0, 0)), "01020304040804006263646566676869");
});

test("wrong options name the option and its range, and change nothing", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  const before = office.dump("a.mfd");
  const files = readdirSync(office.folder).sort();
  const issue = office.saleArgs("issue", 7, "5", "a.mfd");
  const wrong: [RegExp, ...string[]][] = [
    [/--household <n>.*1\.\.39/, "--household", "40"],
    [/--household <n>.*1\.\.39/, "--household", "0"],
    [/--amount <kWh>.*0\.01\.\.99999\.90/, "--amount", "0"],
    [/--amount <kWh>.*two decimals/, "--amount", "1.234"],
    [/--amount <kWh>/, "--amount", "100000"],
    [/--amount <kWh>/, "--amount=-5"],
    [/--box <number>.*ten digits/, "--box", "123"],
    [/--uid <hex>.*hexadecimal/, "--uid", "xyz"],
    [/--uid <hex>.*88/, "--uid", "88010203"],
    [/--uid: .*UID DEADBEEF/, "--uid", "01020304"],
    [/--box: .*card of box 2025112101, not 2025112102/, "--box", "2025112102"],
    [/--household: .*card of household 7, not 8/, "--household", "8"],
    [/--card: .*is not there; --uid/, "--card", office.file("none.mfd")],
    [/--card: cannot write/, "--card", office.file("no/folder.mfd"), ...UID],
    [/--card: cannot read/, "--card", office.folder],
    [/--card: .* 85 bytes; a dump of a 1K card has 1024/, "--card", office.keys],
    [/--order <text>/, "--order", ""],
    [/--store: cannot open/, "--store", office.keys],
    [/unknown option '--nonsense'/, "--nonsense"],
  ];
  for (const [message, ...options] of wrong) office.refused(message, ...issue, ...options);
  office.refused(/required option '--keys/, "card", "issue", "--store", office.store);
  assert.deepEqual(office.dump("a.mfd"), before);
  assert.deepEqual(readdirSync(office.folder).sort(), files);
  assert.match(office.sell(7, "5", "a.mfd"), /purchase 2 of/);
});

test("cards of others and damaged cards are refused", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  const good = office.dump("a.mfd");
  const issue = office.saleArgs("issue", 7, "5", "a.mfd");
  const damages: [RegExp, number, number][] = [
    [/block 0: the check byte/, 0, 1],
    [/block 0: not the SAK/, 5, 0x10],
    [/neither blank nor a card of this system/, 16, 1],
    [/directory .*check byte/, 25, 1],
    [/sector 1, trailer: key A/, 112, 1],
    [/sector 15, trailer: access bytes/, 15 * 64 + 48 + 7, 1],
  ];
  for (const [message, offset, mask] of damages) {
    office.write("a.mfd", good.with(offset, good[offset]! ^ mask));
    office.refused(message, ...issue);
  }
  const other = new Office();
  other.sell(7, "50", "b.mfd", ...UID);
  office.write("a.mfd", other.dump("b.mfd"));
  office.refused(/damaged or of another key set/, ...issue);
});
