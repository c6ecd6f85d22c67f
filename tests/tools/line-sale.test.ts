/** meter39 recharge against a virtual box: one purchase per sale whatever the line loses, one sequence
 *  of numbers for line and card, refusals, orders. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeKeyFile, readKeyFile } from "../../tools/card/key-file.ts";
import { issue } from "../../tools/card/sale.ts";
import { Store } from "../../tools/card/store.ts";
import { takeSale } from "../../tools/line/sale.ts";
import { Street } from "./line-street.ts";

const BOX = "2025112101";
const street = new Street([BOX]);

/** Runs recharge for a household; under Modbus the box is address 1. */
function recharge(household: number, amount: string, ...more: string[]) {
  const what = ["--household", String(household), "--amount", amount];
  return street.run("recharge", "--box", BOX, ...street.signed, ...what, ...more);
}

/** Remaining and number as the box tells them. */
async function account(household: number): Promise<[number, number]> {
  const { out } = await street.run("read", "--box", BOX, "--json");
  const rows = JSON.parse(out) as { household: number; remaining: number; number: number }[];
  const row = rows.find((each) => each.household === household)!;
  return [row.remaining, row.number];
}

/** Lets `count` answers of boxes through, then none. */
function loseAnswers(after_count = 0): void {
  let count = 0;
  street.fleet.line.tap = (from, bytes) =>
    from === "office" || count++ < after_count ? bytes : bytes.subarray(0, 0);
}

function loseNothing(): void {
  delete street.fleet.line.tap;
}

for (const [protocol, household] of [
  ["dlt645", 1],
  ["modbus", 2],
] as const) {
  const how = ["--protocol", protocol, "--boxes", street.file("boxes.json")];

  test(`${protocol}: a sale whose answer is lost is one purchase, now and when repeated`, async () => {
    street.save("boxes.json");
    const first = await recharge(household, "50", ...how);
    assert.equal(first.code, 0, first.err);
    assert.match(
      first.out,
      /purchase 1 of household . of box 2025112101: 50\.00, remaining 50\.00/,
    );
    // The number is told, then nothing comes back any more (Modbus asks who it is before).
    loseAnswers(protocol === "modbus" ? 2 : 1);
    const lost = await recharge(household, "20", ...how);
    assert.equal(lost.code, 1);
    assert.match(lost.err, /purchase 2 of household . stays open: give the same command again/);
    assert.match(lost.err, /questions asked again: 3/);
    loseNothing();
    assert.deepEqual(await account(household), [70, 2]);
    const other = await recharge(household, "30", ...how);
    assert.equal(other.code, 2);
    assert.match(other.err, /--amount: purchase 2 .*20\.00, was sent and not answered/);
    const again = await recharge(household, "20", ...how);
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /purchase 2 .*remaining 70\.00 \(was open\)/);
    assert.deepEqual(await account(household), [70, 2]);
    assert.equal((await recharge(household, "20", ...how)).code, 0);
    assert.deepEqual(await account(household), [90, 3]);
  });

  test(`${protocol}: a question that is lost is asked again; no line leaves the sale open`, async () => {
    let lost_count = 0;
    street.fleet.line.tap = (from, bytes) =>
      from === "office" && lost_count++ % 3 === 0 ? bytes.subarray(0, 0) : bytes;
    const before = await account(household);
    const sold = await recharge(household, "5", ...how);
    loseNothing();
    assert.equal(sold.code, 0, sold.err);
    assert.deepEqual(await account(household), [before[0] + 5, before[1] + 1]);
  });
}

test("cut off between taking the number and the answer: the same sale is sent", async () => {
  const keys = readKeyFile(street.keys);
  const store = Store.open(street.store, keys.fingerprint);
  const { sale } = takeSale(store, { box: BOX, household: 3, amount: 1000, order: "R-3" }, 0);
  assert.equal(sale.number, 1);
  await store.close();
  const again = await recharge(3, "10", "--order", "R-3");
  assert.match(again.out, /purchase 1 .*10\.00, remaining 10\.00 \(was open\)/);
  const once = await recharge(3, "10", "--order", "R-3");
  assert.match(once.out, /order R-3 was sold before, nothing sent/);
  assert.deepEqual(await account(3), [10, 1]);
  const wrong = await recharge(3, "11", "--order", "R-3");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /--order: R-3 was sold already/);
});

test("a refused sale gives its number back and its order may be sold again", async () => {
  const refused = await recharge(4, "1000.01", "--order", "R-4");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Err 06.*nothing was sold to household 4; it has accepted purchase 0/);
  const less = await recharge(4, "100", "--order", "R-4");
  assert.match(less.out, /purchase 1 of household 4/, less.err);
  assert.deepEqual(await account(4), [100, 1]);
});

test("refusals by modbus: the limit, and keys of another office", async () => {
  const how = ["--protocol", "modbus", "--boxes", street.file("boxes.json")];
  const refused = await recharge(8, "1000.01", ...how);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /Err 06.*nothing was sold to household 8/);
  assert.match((await recharge(8, "30", ...how)).out, /purchase 1 .*remaining 30\.00/);
  const stranger = street.file("stranger.keys");
  makeKeyFile(stranger);
  for (const protocol of [["--protocol", "dlt645"], how]) {
    const keys = ["--keys", stranger, "--store", street.file("strange")];
    const what = ["--household", "8", "--amount", "5", ...protocol];
    const { code, err } = await street.run("recharge", "--box", BOX, ...keys, ...what);
    assert.equal(code, 1);
    assert.match(err, /Err 01.*nothing was sold to household 8; it has accepted purchase 1 last/);
  }
  assert.deepEqual(await account(8), [30, 1]);
});

test("what the box accepted from elsewhere counts", async () => {
  const other = ["--keys", street.keys, "--store", join(street.folder, "other")];
  const what = ["--household", "5", "--amount", "7"];
  assert.equal((await street.run("recharge", "--box", BOX, ...other, ...what)).code, 0);
  assert.equal((await street.run("recharge", "--box", BOX, ...other, ...what)).code, 0);
  assert.match((await recharge(5, "3")).out, /purchase 3 of household 5.*remaining 17\.00/);
});

test("line and card share one sequence", async () => {
  const keys = readKeyFile(street.keys);
  const withDesk = async <T>(work: (desk: Parameters<typeof issue>[0]) => T): Promise<T> => {
    const store = Store.open(street.store, keys.fingerprint);
    try {
      return work({ keys, store });
    } finally {
      await store.close();
    }
  };
  const sell = (amount: number) =>
    withDesk((desk) =>
      issue(desk, {
        ...{ box: BOX, household: 6, amount, card: join(street.folder, "6.mfd") },
        uid: Uint8Array.of(0xde, 0xad, 0xbe, 0xef),
      }),
    );
  assert.equal((await recharge(6, "10")).code, 0);
  assert.equal((await sell(2000)).sale.number, 2);
  // The card's purchase has to be loaded first.
  const early = await recharge(6, "10");
  assert.equal(early.code, 2);
  assert.match(early.err, /purchase 2 of household 6, 20\.00, stands on card 1 and is not loaded/);
  // A sale that is open on the line is finished there.
  assert.equal((await recharge(7, "10")).code, 0);
  loseAnswers(1);
  assert.equal((await recharge(7, "15")).code, 1);
  loseNothing();
  await assert.rejects(
    withDesk((desk) =>
      issue(desk, {
        ...{ box: BOX, household: 7, amount: 1500, card: join(street.folder, "7.mfd") },
        uid: Uint8Array.of(1, 2, 3, 4),
      }),
    ),
    /purchase 2 of household 7, 15\.00, was sent by line and not answered: .*recharge/,
  );
  assert.equal((await recharge(7, "15")).code, 0);
  assert.deepEqual(await account(7), [25, 2]);
});

test("wrong arguments name the option and its range, and ask nothing", async () => {
  const cases: [string[], RegExp][] = [
    [["--household", "40", "--amount", "5"], /--household.*1\.\.39/s],
    [["--household", "7", "--amount", "0"], /--amount.*0\.01\.\.99999\.90/s],
    [["--household", "7", "--amount", "100000"], /--amount.*0\.01\.\.99999\.90/s],
    [["--household", "7", "--amount", "5", "--retries", "10"], /--retries.*0\.\.9/s],
    [["--household", "7", "--amount", "5", "--protocol", "modbus"], /Modbus address is not known/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await street.run("recharge", "--box", BOX, ...street.signed, ...args);
    assert.equal(code, 2);
    assert.match(err, message);
  }
  const keyless = await street.run("recharge", "--box", BOX, "--household", "7", "--amount", "5");
  assert.deepEqual([keyless.code, /--keys/.test(keyless.err)], [2, true]);
});
