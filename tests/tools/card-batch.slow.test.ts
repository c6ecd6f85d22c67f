/** card batch: the whole table is judged before anything is sold; then each row stands for itself. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { BOX, Office, slotOf, type Run } from "./card-kit.ts";

const HEADER = "box,household,amount,card,uid,order";

function batch(office: Office, ...lines: string[]): Run {
  writeFileSync(office.file("sales.csv"), lines.join("\n"));
  return office.run("card", "batch", ...office.desk, office.file("sales.csv"));
}

const row = (household: number, more = ""): string =>
  `${BOX},${household},10.5,${household}.mfd,0000000${household},${more}`;

test("a table of sales", () => {
  const office = new Office();
  const { code, out, err } = batch(office, HEADER, row(1, "R1"), row(2, "R2"), row(3));
  assert.equal(code, 0, err);
  assert.match(out, /^line +box +household +amount +number +result\n/);
  assert.match(out, /\n +3 +2025112101 +2 +10\.50 +1 +sold, .*2\.mfd/);
  for (const household of [1, 2, 3])
    assert.equal(slotOf(office.dump(`${household}.mfd`), 1), "1 1");
  assert.equal(err.replace(/.*new store\n/, ""), ""); // no bar where there is no terminal
});

test("given again, orders are not sold twice", () => {
  const office = new Office();
  assert.equal(batch(office, HEADER, row(1, "R1"), row(2, "R2")).code, 0);
  const { code, out } = batch(office, HEADER, row(1, "R1"), row(2, "R2"), row(3, "R3"));
  assert.equal(code, 0);
  assert.match(out, /\n +2 .* sold before: not sold again, .*1\.mfd/);
  assert.match(out, /\n +4 .* sold, .*3\.mfd/);
  assert.equal(slotOf(office.dump("1.mfd"), 2), "0 0");
});

test("a card that cannot be written: that row fails and is pending, the others are sold", () => {
  const office = new Office();
  mkdirSync(office.file(".2.mfd.new"));
  const lines = [HEADER, row(1, "R1"), row(2, "R2"), row(3, "R3")];
  const { code, out } = batch(office, ...lines);
  assert.equal(code, 1);
  assert.match(out, /\n +3 .* FAILED cannot write .*purchase 1 of household 2 stays pending/);
  assert.ok(!existsSync(office.file("2.mfd")));
  assert.ok(existsSync(office.file("3.mfd")));
  rmdirSync(office.file(".2.mfd.new"));
  const again = batch(office, ...lines);
  assert.equal(again.code, 0);
  assert.match(again.out, /\n +3 .* 1 +sold \(was pending\), .*2\.mfd/);
});

test("every fault is named by line and column, and nothing is sold", () => {
  const office = new Office();
  const before = row(1);
  const faults: [RegExp, ...string[]][] = [
    [/line 1, column 1: no header/, ""],
    [/line 1, column price: known are box, household/, `${HEADER},price`, before],
    [/line 1, column card: is missing/, "box,household,amount", `${BOX},1,5`],
    [/line 1, column box: is there twice/, "box,box,household,amount,card", before],
    [/line 2, column 1: no sales/, HEADER],
    [/line 3, column box: "123": .*ten digits/, HEADER, before, "123,2,5,2.mfd,00000002,"],
    [/line 3, column household: "40": .*1\.\.39/, HEADER, before, `${BOX},40,5,2.mfd,00000002,`],
    [/line 3, column amount: "-5": .*0\.01/, HEADER, before, `${BOX},2,-5,2.mfd,00000002,`],
    [/line 3, column amount: "": /, HEADER, before, `${BOX},2`],
    [/line 3, column card: a dump file is needed/, HEADER, before, `${BOX},2,5`],
    [/line 3, column uid: "zz": .*hexadecimal/, HEADER, before, `${BOX},2,5,2.mfd,zz,`],
    [/line 3, column 7: more columns/, HEADER, before, `${BOX},2,5,2.mfd,00000002,R,x`],
    [/line 3, column household: is in line 2 already/, HEADER, before, row(1)],
    [/line 3, column order: is in line 2 already/, HEADER, row(1, "R"), row(2, "R")],
    [/line 3, column card: .*none\.mfd is not there/, HEADER, before, `${BOX},2,5,none.mfd,,`],
    [/line 3, column uid/, HEADER, before, `${BOX},2,5,2.mfd,88000000,`],
  ];
  for (const [message, ...lines] of faults) {
    const { code, err } = batch(office, ...lines);
    assert.equal(code, 2, String(message));
    assert.match(err, message);
    assert.ok(!existsSync(office.file("1.mfd")));
  }
  const { code, err } = batch(office, HEADER, "1,2,3,4,5,6", before, `${BOX},x,y,2.mfd,,`);
  assert.equal(code, 2);
  assert.match(err, /nothing was sold\n.*line 2, column box.*\n(.*\n)*.*line 4, column amount/);
  assert.match(office.sell(1, "5", "1.mfd", "--uid", "00000001"), /purchase 1 of/);
});

test("rows that a sale would refuse are found before anything is sold", () => {
  const office = new Office();
  office.sell(2, "5", "2.mfd", "--uid", "00000002");
  office.sell(2, "5", "2.mfd");
  const { code, err } = batch(office, HEADER, row(1), `${BOX},2,5,2.mfd,,`);
  assert.equal(code, 2);
  assert.match(err, /line 3, column card: household 2 may not have loaded purchases 1 and 2/);
  const other = batch(office, HEADER, row(1), `${BOX},3,5,2.mfd,,`);
  assert.match(other.err, /line 3, column household: .*card of household 2, not 3/);
  assert.ok(!existsSync(office.file("1.mfd")));
});
