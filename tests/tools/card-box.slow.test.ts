/** Dump files of the card tool at a whole box, and back: what the box wrote counts at the next sale. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import * as kit from "../meter/kit.ts";
import { BOX, Office } from "./card-kit.ts";

const UID = ["--uid", "deadbeef"];
const CARD_MS = 1_000;
const DIALOGUE_MS = 9_000;

/** A box of this office. */
class OfficeBox extends kit.BoxBench {
  constructor(private readonly office: Office) {
    super();
    this.box.runMs(200);
    const number = Buffer.from(BOX, "hex");
    const [result] = this.ask(kit.PROVISION, Buffer.concat([number, office.boxKey]));
    assert.equal(result, 0);
  }

  /** Shows a dump file's card; writes it back. Returns the first text of the dialogue. */
  show(file: string): string {
    const { box, office } = this;
    const card = ClassicCard.fromDump(office.dump(file));
    box.reader.present(card);
    box.runMs(CARD_MS);
    const { upper, lower } = box.tubes();
    box.reader.remove(card);
    office.write(file, card.dump());
    box.runMs(DIALOGUE_MS);
    return `${upper} ${lower.trim()}`;
  }
}

function inspected(office: Office, file: string): string {
  const { code, out } = office.run("card", "inspect", office.file(file), "--keys", office.keys);
  assert.equal(code, 0, out);
  return out;
}

test("sold, loaded, told back, sold again; shown again nothing changes", () => {
  const office = new Office();
  const box = new OfficeBox(office);
  office.sell(7, "50", "a.mfd", ...UID);
  assert.equal(box.show("a.mfd"), "0007 50.0");
  assert.match(inspected(office, "a.mfd"), /return A .*remaining 50\.00.*purchase 1 accepted/);
  office.sell(7, "20.5", "a.mfd");
  assert.equal(box.show("a.mfd"), "0007 20.5");
  office.sell(7, "1", "a.mfd"); // number 3 is only sold because 2 is known to be loaded
  assert.equal(box.show("a.mfd"), "0007 1.0");
  box.show("a.mfd");
  assert.match(inspected(office, "a.mfd"), /remaining 71\.50.*purchase 3 accepted/);
});

test("two purchases on a card are loaded one after the other", () => {
  const office = new Office();
  const box = new OfficeBox(office);
  office.sell(7, "50", "a.mfd", ...UID);
  office.sell(7, "20", "a.mfd");
  assert.equal(box.show("a.mfd"), "0007 50.0");
  assert.equal(box.show("a.mfd"), "0007 20.0");
  assert.match(inspected(office, "a.mfd"), /remaining 70\.00.*purchase 2 accepted/);
});

test("a replacement works whether or not the lost card was loaded; the old card does not", () => {
  for (const was_loaded of [true, false]) {
    const office = new Office();
    const box = new OfficeBox(office);
    office.sell(7, "50", "old.mfd", ...UID);
    const lost = office.dump("old.mfd");
    if (was_loaded) box.show("old.mfd");
    office.write("old.mfd", lost); // the office has not seen it since
    const replace = office.saleArgs("replace", 7, "5", "new.mfd").concat("--uid", "01020304");
    assert.equal(office.run(...replace).code, 0);
    if (!was_loaded) assert.equal(box.show("new.mfd"), "0007 50.0");
    assert.equal(box.show("new.mfd"), "0007 5.0");
    assert.match(inspected(office, "new.mfd"), /remaining 55\.00.*purchase 2 accepted/);
    assert.match(box.show("old.mfd"), /^0007 Err (04|17)$/);
  }
});

test("a check card brings the readings of all households", () => {
  const office = new Office();
  const box = new OfficeBox(office);
  office.sell(39, "50", "a.mfd", ...UID);
  box.show("a.mfd");
  const file = office.file("check.mfd");
  const check = ["card", "check", ...office.desk, "--box", BOX, "--card", file];
  assert.equal(office.run(...check, "--uid", "01020304").code, 0);
  const card = ClassicCard.fromDump(office.dump("check.mfd"));
  box.box.reader.present(card);
  box.box.runMs(5_000);
  office.write("check.mfd", card.dump());
  const read = office.run("card", "read", ...office.desk, file, "--format", "csv");
  assert.equal(read.code, 0, read.err);
  const lines = read.out.trim().split("\n");
  assert.equal(lines.length, 40);
  assert.match(lines[39]!, /^2025112101,39,check,2,,supplied,1,50\.00,0\.00,0\.00/);
  inspected(office, "check.mfd");
});
