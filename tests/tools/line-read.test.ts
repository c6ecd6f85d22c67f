/** meter39 read, watch, events and freeze against a virtual box with load: what is read equals the
 *  books of the meter, by both protocols. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  decodeReading,
  KIND_BOOKS_READ,
  makeFrame,
  ReplyReader,
  type Reading,
} from "../../tools/simulate/frames.ts";
import { Street } from "./line-street.ts";

const BOX = "2025112101";
const J_PER_HUNDREDTH = 36_000n; // of a kWh
const MS_PER_MINUTE = 60_000;
const HOUSEHOLDS = Array.from({ length: 39 }, (_, i) => i + 1);
const street = new Street([BOX]);
const [box] = street.fleet.boxes;
const DLT = ["--box", BOX];
const MODBUS = ["--protocol", "modbus", "--box", "1"];

interface Row {
  household: number;
  remaining: number;
  forward_kwh: number;
  reverse_kwh: number;
  power_w: number;
  number: number | null;
  relay: string;
}

/** What the meter itself says, by a native frame. */
function books(household: number): Reading {
  street.host.send(makeFrame(household, KIND_BOOKS_READ, Uint8Array.of(household)));
  const reader = new ReplyReader();
  for (let ms = 0; ms < 500; ms++) {
    street.fleet.runMs(1);
    const [reply] = reader.take(street.host.receive());
    if (reply !== undefined) return decodeReading(reply.payload)!;
  }
  throw new Error(`no books of household ${household}`);
}

async function rows(...args: string[]): Promise<Row[]> {
  const { code, out, err } = await street.run(...args, "--json");
  assert.equal(code, 0, err);
  return JSON.parse(out) as Row[];
}

/** A quantity in 0.01 as JSON tells it. */
function hundredths(units: bigint): number {
  return Number(units / J_PER_HUNDREDTH) / 100;
}

function checkRow(row: Row): void {
  const { forward_j, reverse_j, remaining_units, power_w, relays_closed } = books(row.household);
  assert.equal(row.forward_kwh, hundredths(forward_j));
  assert.equal(row.reverse_kwh, hundredths(reverse_j));
  assert.equal(row.relay, relays_closed ? "closed" : "open");
  assert.ok(Math.abs(row.remaining - Number(remaining_units) / 3_600_000) < 0.01);
  assert.ok(Math.abs(row.power_w - power_w) <= 1);
}

test("credit and load for every household", async () => {
  for (const household of HOUSEHOLDS) {
    const what = ["--household", String(household), "--amount", `${household + 20}.5`];
    const { code, err } = await street.run("recharge", ...DLT, ...street.signed, ...what);
    assert.equal(code, 0, err);
  }
  street.fleet.runMs(15_000);
  for (const household of HOUSEHOLDS)
    box!.setLoadW(household, household % 5 === 0 ? -900 : 100 * household);
  street.fleet.runMs(20 * MS_PER_MINUTE);
  for (const household of HOUSEHOLDS) box!.setLoadW(household, 0);
  street.fleet.runMs(10 * MS_PER_MINUTE);
});

test("all households in bulk equal the books, by both protocols", async () => {
  for (const how of [DLT, MODBUS]) {
    const all = await rows("read", ...how);
    assert.deepEqual(
      all.map(({ household }) => household),
      HOUSEHOLDS,
    );
    all.forEach(checkRow);
    const idle = all.filter(({ forward_kwh, reverse_kwh }) => forward_kwh + reverse_kwh === 0);
    assert.deepEqual(idle, []);
  }
  assert.ok((await rows("read", ...DLT)).every(({ number }) => number === 1));
});

test("chosen households with everything equal the books, by both protocols", async () => {
  for (const how of [DLT, MODBUS]) {
    const few = await rows("read", ...how, "--household", "5,7..9,39");
    assert.deepEqual(
      few.map(({ household }) => household),
      [5, 7, 8, 9, 39],
    );
    few.forEach(checkRow);
  }
});

test("read as table, CSV and JSON", async () => {
  const { out } = await street.run("read", ...DLT);
  assert.match(out, /^box +household +remaining +forward_kwh/);
  assert.equal(out.trimEnd().split("\n").length, 40);
  const file = street.file("read.csv");
  const csv = await street.run("read", ...DLT, "--csv", file);
  assert.deepEqual([csv.code, csv.out], [0, ""]);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  assert.match(lines[0]!, /^box,household,remaining,forward_kwh,reverse_kwh,power_w,number,/);
  assert.match(lines[7]!, /^2025112101,7,/);
  const upright = await street.run("read", ...DLT, "--household", "7");
  assert.match(upright.out, /^remaining +\d+\.\d\d$/m);
});

test("watch reads again and again", async () => {
  const start_ms = street.fleet.now_ms;
  const args = ["--household", "7", "--every", "60", "--count", "3"];
  const { code, out } = await street.run("watch", ...DLT, ...args);
  assert.equal(code, 0);
  assert.equal(out.match(/^remaining/gm)?.length, 3);
  assert.ok(street.fleet.now_ms - start_ms > 120_000);
});

test("a box that is not there: the others are read, exit 1", async () => {
  const both = ["--box", `${BOX},2025112199`, "--retries", "0"];
  const { code, out, err } = await street.run("read", ...both);
  assert.equal(code, 1);
  assert.match(err, /box 2025112199: 202511219900 did not answer \(asked 1 time\)/);
  assert.equal(out.trimEnd().split("\n").length, 40);
  const none = await street.run("read", "--protocol", "modbus", "--box", `2025112199@1`);
  assert.match(none.err, /Modbus address 1 is box 2025112101/);
});

test("load record, instant freezes and settlements", async () => {
  const now = await street.run("freeze", "now", ...DLT);
  assert.equal(now.code, 0, now.err);
  const [frozen] = await rows("freeze", "instant", ...DLT, "--household", "7");
  assert.equal(frozen!.forward_kwh, hundredths(books(7).forward_j));
  const all = await street.run("freeze", "broadcast", "--protocol", "modbus");
  assert.equal(all.code, 0, all.err);
  street.fleet.runMs(1000);
  assert.equal((await rows("freeze", "instant", ...DLT, "--household", "7")).length, 2);
  const sooner = ["load_interval=15", "daily_freeze=1330"];
  assert.equal((await street.run("set", ...sooner, ...DLT, ...street.signed)).code, 0);
  street.fleet.runMs(100 * MS_PER_MINUTE); // noon was the start
  const file = street.file("load.csv");
  const load = await street.run("freeze", "load", ...DLT, "--household", "7,8", "--csv", file);
  assert.equal(load.code, 0, load.err);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  assert.equal(lines[0], "box,household,time,forward_kwh,reverse_kwh");
  assert.ok(lines.length >= 1 + 2 * 6, `${lines.length} lines`);
  assert.match(lines[1]!, /^2025112101,7,2026-01-01 12:\d5,\d+\.\d\d,0\.00$/);
  const last = lines.filter((line) => line.includes(",7,")).at(-1)!;
  assert.equal(Number(last.split(",")[3]), hundredths(books(7).forward_j));
  const late = await rows(
    "freeze",
    "load",
    ...DLT,
    "--household",
    "7",
    "--from",
    "2026-01-01T13:45",
  );
  assert.ok(late.length >= 1 && late.length <= 3);
  const [day] = await rows("freeze", "daily", ...DLT, "--household", "7");
  assert.equal(day!.forward_kwh, hundredths(books(7).forward_j));
  const settled = await street.run("freeze", "settlement", ...DLT, "--household", "7");
  assert.equal(settled.code, 0, settled.err);
  const modbus = await street.run("freeze", "daily", ...MODBUS);
  assert.deepEqual([modbus.code, /only by dlt645/.test(modbus.err)], [2, true]);
});

test("events with names and times", async () => {
  box!.setPhase(1, false);
  street.fleet.runMs(5.5 * MS_PER_MINUTE);
  box!.setPhase(1, true);
  street.fleet.runMs(MS_PER_MINUTE);
  box!.powerOff();
  street.fleet.runMs(10_000);
  box!.powerOn();
  street.fleet.runMs(10_000);
  const { code, out, err } = await street.run("events", ...DLT);
  assert.equal(code, 0, err);
  assert.match(out, /power down +1 {2}2026-01-\d\d \d\d:\d\d:\d\d {2}2026-01-\d\d/);
  assert.match(out, /phase B failure +1 in all .* 5 min/);
  assert.match(out, /phase B failure +1 {2}2026-01-01 1\d:\d\d:\d\d {2}2026-01-01 1/);
  const modbus = await street.run("events", ...MODBUS);
  assert.deepEqual([modbus.code, /events are read only by dlt645/.test(modbus.err)], [2, true]);
});

test("which boxes: what is wrong is told with the range", async () => {
  const cases: [string[], RegExp][] = [
    [["--box", "12"], /12 is a Modbus address; dlt645 needs the ten digits/],
    [["--box", "202511210"], /ten digits@1\.\.247/],
    [["--box", `${BOX}@248`], /ten digits@1\.\.247/],
    [["--box", `${BOX},${BOX}`], /a box twice/],
    [["--box", "all"], /all needs --boxes FILE, made by: meter39 scan --save FILE/],
    [["--box", "all", "--boxes", street.keys], /is not a file made by: meter39 scan --save/],
    [[...DLT, "--household", "0"], /1\.\.39/],
    [[...DLT, "--timeout", "5"], /50\.\.60000/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await street.run("read", ...args);
    assert.equal(code, 2, err);
    assert.match(err, message);
  }
});
