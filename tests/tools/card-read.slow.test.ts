/** card read: return data and check-card records, back into the store and out as table, CSV, JSON. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BOX, Office } from "./card-kit.ts";

function read(office: Office, ...more: string[]): string {
  const { code, out, err } = office.run("card", "read", ...office.desk, ...more);
  assert.equal(code, 0, err);
  return out;
}

/** Writes the record of a household as a box does. */
function putRecord(office: Office, card: string, household: number): void {
  const dump = office.dump(card);
  const view = new DataView(dump.buffer);
  const index = household - 1;
  const start = (3 + Math.floor(index / 3)) * 64 + (index % 3) * 16;
  view.setUint8(start, household);
  view.setUint8(start + 1, 2);
  view.setUint16(start + 2, 300 + household, true);
  view.setUint32(start + 4, 100_050, true);
  view.setUint32(start + 8, 7, true);
  view.setInt32(start + 12, -1, true);
  office.write(card, dump);
}

test("the newest believable return data, in each format", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  office.putReturn("a.mfd", 0, 7, { number: 1, sequence: 8, remaining: 4_000, consumed: 1_000 });
  office.putReturn("a.mfd", 1, 7, { number: 1, sequence: 9, remaining: 3_950, consumed: 1_050 });
  const file = office.file("a.mfd");
  assert.match(
    read(office, file),
    /^box +household .*\n2025112101 +7 +user .*supplied .*39\.50 +10\.50/,
  );
  const [header, line] = read(office, file, "--format", "csv").split("\n");
  assert.equal(
    header,
    "box,household,source,card,time,state,number,remaining,consumed_kwh,reverse_kwh,result,refusals,relay_faults",
  );
  assert.equal(line, `${BOX},7,user,1,2000-01-02 00:00:00,supplied,1,39.50,10.50,,ok,3,2`);
  const dump = office.dump("a.mfd");
  office.write("a.mfd", dump.with(4 * 64, 10)); // slot B torn: slot A counts
  const readings = JSON.parse(read(office, file, "--format", "json")) as Record<string, unknown>[];
  assert.deepEqual(
    readings.map(({ remaining }) => remaining),
    ["40.00"],
  );
});

test("what was read counts at the next sale, even from a card that was changed since", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  office.sell(7, "20", "a.mfd");
  const before = office.dump("a.mfd");
  office.putReturn("a.mfd", 0, 7, { number: 2 });
  read(office, office.file("a.mfd"));
  office.write("a.mfd", before);
  assert.match(office.sell(7, "5", "a.mfd"), /purchase 3 of/);
});

test("a check card's records; it is not made anew before they are read", () => {
  const office = new Office();
  const check = ["card", "check", ...office.desk, "--box", BOX, "--card", office.file("h.mfd")];
  assert.equal(office.run(...check, "--uid", "01020304").code, 0);
  for (const household of [1, 4, 39]) putRecord(office, "h.mfd", household);
  office.refused(/bears readings: read them first by: card read/, ...check);
  const lines = read(office, office.file("h.mfd"), "--format", "csv").trim().split("\n");
  assert.deepEqual(
    lines.slice(1),
    [1, 4, 39].map((n) => `${BOX},${n},check,1,,tripped,${300 + n},-0.01,1000.50,0.07,,,`),
  );
  assert.equal(office.run(...check).code, 0);
  assert.ok(
    office
      .dump("h.mfd")
      .slice(15 * 64, 15 * 64 + 48)
      .every((byte) => byte === 0),
  );
});

test("several cards at once; one that cannot be read, and nothing is kept", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", "--uid", "deadbeef");
  office.sell(8, "50", "b.mfd", "--uid", "01020304");
  office.putReturn("a.mfd", 0, 7, { number: 1 });
  office.putReturn("b.mfd", 0, 8, { number: 1 });
  const files = [office.file("a.mfd"), office.file("b.mfd")];
  assert.equal(
    read(office, ...files, "--format", "csv")
      .trim()
      .split("\n").length,
    3,
  );
  const all = ["card", "read", ...office.desk, ...files];
  office.refused(/FILE: cannot read/, ...all, office.file("none.mfd"));
  office.refused(/--format.*table, csv, json/, ...all, "--format", "xml");
  const dump = office.dump("b.mfd");
  office.write("b.mfd", dump.with(5, 0));
  office.refused(/FILE: .*block 0: not the SAK/, ...all);
  office.write("b.mfd", dump.with(112, dump[112]! ^ 1));
  office.refused(/FILE: .*sector 1, trailer: key A/, ...all);
});
