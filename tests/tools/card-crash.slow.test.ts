/** card issue when it goes wrong: killed at any step, a disk that takes nothing, several desks at once.
 *  A number is never given twice, a sale never lost, a dump always whole. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Office, slotOf, type Run } from "./card-kit.ts";

const UID = ["--uid", "deadbeef"];

/** Runs a sale in a process that kills itself at its n-th call of a function of node:fs. */
function killed(office: Office, name: string, is_done_first: boolean, args: string[]): void {
  const file = office.file("kill.mjs");
  writeFileSync(
    file,
    `import fs from "node:fs";
     import { syncBuiltinESMExports } from "node:module";
     const real = fs.${name};
     fs.${name} = (...args) => {
       if (args.some((arg) => String(arg).includes(".mfd") || typeof arg === "number")) {
         if (${is_done_first}) real(...args);
         process.kill(process.pid, "SIGKILL");
       }
       return real(...args);
     };
     syncBuiltinESMExports();`,
  );
  const hook = `--import=${pathToFileURL(file).href}`;
  const { code } = office.runWith({ NODE_OPTIONS: hook }, ...args);
  assert.equal(code, null, `${name} was not reached`);
}

const STEPS: [string, boolean][] = [
  ["writeSync", false],
  ["writeSync", true],
  ["fsyncSync", false],
  ["renameSync", false],
  ["renameSync", true],
];

for (const [name, is_done_first] of STEPS) {
  const when = `${is_done_first ? "after" : "before"} ${name}`;
  test(`killed ${when}: the dump is whole, the sale is pending and keeps its number`, () => {
    const office = new Office();
    office.sell(7, "50", "a.mfd", ...UID);
    const before = office.dump("a.mfd");
    const issue = office.saleArgs("issue", 7, "20", "a.mfd");
    killed(office, name, is_done_first, issue);
    const is_new = name === "renameSync" && is_done_first;
    assert.equal(slotOf(office.dump("a.mfd"), 2), is_new ? "2 0" : "0 0");
    if (!is_new) assert.deepEqual(office.dump("a.mfd"), before);
    const other = office.saleArgs("issue", 7, "21", "a.mfd");
    office.refused(/--amount: purchase 2 of household 7, 20\.00, was taken/, ...other);
    const { code, out } = office.run(...issue);
    assert.equal(code, 0);
    assert.match(out, /purchase 2 of household 7 .*20\.00 .*was pending/);
    assert.equal(slotOf(office.dump("a.mfd"), 2), "2 0");
    office.putReturn("a.mfd", 0, 7, { number: 2 });
    assert.match(office.sell(7, "20", "a.mfd"), /purchase 3 of/);
  });
}

test("a first purchase that was cut off may go on another blank, under its number", () => {
  const office = new Office();
  const issue = office.saleArgs("issue", 7, "50", "a.mfd").concat(UID);
  killed(office, "renameSync", false, issue);
  assert.ok(!existsSync(office.file("a.mfd")));
  const out = office.sell(7, "50", "b.mfd", "--uid", "01020304");
  assert.match(out, /purchase 1 of .*card 1 \(UID 01020304\).*was pending/);
  assert.equal(slotOf(office.dump("b.mfd"), 1), "1 1");
});

test("a replacement that was cut off is finished by card replace", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  const replace = office.saleArgs("replace", 7, "5", "b.mfd").concat("--uid", "01020304");
  killed(office, "renameSync", false, replace);
  const issue = office.saleArgs("issue", 7, "5", "a.mfd");
  office.refused(/purchase 2 of household 7, 5\.00, .*by: card replace/, ...issue);
  const { code, out } = office.run(...replace);
  assert.equal(code, 0);
  assert.match(out, /purchase 2 .*on card 2 \(UID 01020304\).*was pending/);
  assert.deepEqual(
    [1, 2].map((sector) => slotOf(office.dump("b.mfd"), sector)),
    ["1 2", "2 2"],
  );
});

test("a pending sale that the box has loaded is not sold again", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  const issue = office.saleArgs("issue", 7, "20", "a.mfd").concat("--order", "R-2");
  killed(office, "renameSync", true, issue);
  office.putReturn("a.mfd", 0, 7, { number: 2 });
  office.refused(/--order: R-2 was sold already: purchase 2, loaded since/, ...issue);
  assert.match(office.sell(7, "20", "a.mfd", "--order", "R-3"), /purchase 3 of .*\.mfd$/m);
});

test("a card that cannot be written: exit 1, the old dump stays, the sale is pending", () => {
  const office = new Office();
  office.sell(7, "50", "a.mfd", ...UID);
  const before = office.dump("a.mfd");
  mkdirSync(office.file(".a.mfd.new")); // where the new dump would be written
  const { code, err } = office.run(...office.saleArgs("issue", 7, "20", "a.mfd"));
  assert.equal(code, 1);
  assert.match(
    err,
    /cannot write .*purchase 2 of household 7 stays pending; give the command again/,
  );
  assert.deepEqual(office.dump("a.mfd"), before);
  rmdirSync(office.file(".a.mfd.new"));
  assert.match(office.sell(7, "20", "a.mfd"), /purchase 2 of .*was pending/);
  assert.ok(!readdirSync(office.folder).some((name) => name.endsWith(".new")));
});

function purchaseOf({ out }: Run): string {
  return /purchase \d+ of household \d+/.exec(out)![0];
}

test("several desks at once never give a number twice", async () => {
  const office = new Office();
  const sales = [1, 2, 3, 4].flatMap((household) => {
    const args = office.saleArgs("issue", household, "10", `${household}.mfd`);
    const sale = [...args, "--uid", `0000000${household}`];
    return [sale, sale];
  });
  const runs = await Promise.all(sales.map((args) => office.start(...args)));
  for (const { code, err } of runs) assert.equal(code, 0, err);
  const expected = [1, 2, 3, 4].flatMap((h) =>
    [1, 2].map((n) => `purchase ${n} of household ${h}`),
  );
  assert.deepEqual(runs.map(purchaseOf).sort(), expected.sort());
  for (const { out } of runs) assert.doesNotMatch(out, /pending/);
});

test("many desks at one card: two sales fit, the others are refused", async () => {
  const office = new Office();
  const args = office.saleArgs("issue", 7, "10", "a.mfd").concat(UID);
  const runs = await Promise.all([1, 2, 3, 4, 5].map(() => office.start(...args)));
  const sold = runs.filter(({ code }) => code === 0).map(purchaseOf);
  assert.deepEqual(sold.sort(), ["purchase 1 of household 7", "purchase 2 of household 7"]);
  assert.equal(runs.filter(({ code }) => code === 2).length, 3);
  assert.deepEqual(
    [1, 2].map((sector) => slotOf(office.dump("a.mfd"), sector)),
    ["1 1", "2 0"],
  );
});
