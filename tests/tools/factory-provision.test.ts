/** meter39 provision: a blank virtual box becomes one of a series, once. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { readKeyFile } from "../../tools/card/key-file.ts";
import type { ProvisionReport } from "../../tools/factory/report.ts";
import { boxKey } from "../../tools/office/keys.ts";
import { SETTINGS } from "../../tools/simulate/office-codes.ts";
import { Factory, ON_LINE, PASSWORD, SERIES, type Run } from "./factory-kit.ts";

const BOX = "2025112101";
const OTHER = "2025112102";

const factory = new Factory();

function provision(number: string, ...args: string[]): Promise<Run> {
  return factory.run("provision", ...ON_LINE, "--number", number, ...factory.office, ...args);
}

function setting(name: string, index = 0): Promise<number> {
  return factory.native().setting(SETTINGS[name]!.id, index, name);
}

function done(number: string): ProvisionReport {
  const report = factory.report<ProvisionReport>(number, "provision");
  assert.ok(report !== null);
  assert.equal(report.progress, "done");
  return report;
}

const series = factory.file("series.yaml");
writeFileSync(series, SERIES);

test("a blank box gets all of its series, and the report tells what was read back", async () => {
  factory.place();
  const { code, out, err } = await provision(BOX, "--series", series);
  assert.equal(code, 0, err);
  assert.match(out, /box 2025112101: provisioned/);
  const { number } = await factory.native().box();
  assert.equal(number, BOX);
  const expected: [string, number, number][] = [
    ["layout", 1, 0x030201],
    ["layout", 4, 0x060504],
    ["layout", 7, 0],
    ["layout", 10, 10],
    ["constant", 9, 1600],
    ["constant", 10, 3200],
    ["phase", 11, 1],
    ["alarm_level", 10, 300],
    ["trip_level", 10, 100],
    ["trip_level", 11, 200],
    ["sales_unit", 0, 12],
    ["price", 0, 5200],
    ["modbus_address", 0, 17],
  ];
  const report = done(BOX);
  for (const [name, index, value] of expected) {
    assert.equal(await setting(name, index), value, `${name} ${index}`);
    const key = index === 0 ? name : `${name}:${index}`;
    assert.equal(report.settings![key], value, key);
  }
  assert.equal(report.series, "2026-A");
  assert.deepEqual(report.passwords, ["password_4"]);
  assert.ok(Math.abs(report.clock_ahead_s!) <= 1);
  const key = Buffer.from(boxKey(readKeyFile(factory.keys).master_key, BOX)).toString("hex");
  const text = JSON.stringify(report) + out + err;
  assert.ok(!text.includes(PASSWORD) && !text.toLowerCase().includes(key));
});

test("a box is provisioned once", async () => {
  const again = await provision(BOX, "--series", series);
  assert.equal(again.code, 1);
  assert.match(again.err, /box 2025112101 was provisioned already/);
  const other = await provision(OTHER);
  assert.equal(other.code, 1);
  assert.match(other.err, /this box has its number already: 2025112101/);
  assert.equal(factory.report(OTHER, "provision"), null);
  factory.place(); // another blank box
  assert.equal((await provision(BOX)).code, 1);
});

test("a run that was begun does not go on with another box", async () => {
  factory.place();
  factory.breaks_after = 20;
  assert.equal((await provision("2025112301")).code, 1);
  factory.breaks_after = Infinity;
  factory.place();
  const { code, err } = await provision("2025112301");
  assert.equal(code, 1);
  assert.match(err, /this box is blank, but number 2025112301 was given to another one/);
});

test("the line's settings come last, and the line is opened as the box then speaks", async () => {
  factory.place();
  factory.opened.length = 0;
  const line = ["--line", "serial:/dev/none,9600,8E1"];
  const args = ["--set", "line_rate=4", "--set", "line_format=0", "--set", "line_protocol=2"];
  const { code, err } = await factory.run(
    ...["provision", ...line, "--number", "2025112401", ...factory.office, ...args],
  );
  assert.equal(code, 0, err);
  const opened = factory.opened.map(
    (place) => place.kind === "serial" && [place.baud, place.parity],
  );
  assert.deepEqual(opened, [
    [9600, "even"],
    [9600, "none"],
    [19_200, "none"],
  ]);
  assert.equal(await setting("line_rate"), 4);
});

test("a clock that does not keep the time ends the run", async () => {
  factory.place({}, (box) => box.i2cStuck(true));
  const { code, err } = await provision("2025112501");
  assert.equal(code, 1);
  assert.match(err, /the clock does not keep the time/);
  factory.box.i2cStuck(false);
  assert.equal((await provision("2025112501")).code, 0);
});

test("what is wrong with options and series is told before the line is touched", async () => {
  factory.opened.length = 0;
  const cases: [string[], RegExp][] = [
    [["--number", "123"], /ten digits/],
    [["--set", "alarm=1"], /--set: alarm=1: there is no such setting/],
    [["--set", "password_4=1"], /is set in another way/],
    [["--layout", "1:1,4,7"], /--layout: household 1: channels 1 and 4 are both on phase A/],
    [["--series", factory.file("none.yaml")], /--series: cannot read/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await provision("2025112601", ...args);
    assert.equal(code, 2, err);
    assert.match(err, message);
  }
  const bare = await factory.run("provision", ...ON_LINE, "--number", "2025112601");
  assert.equal(bare.code, 2);
  assert.match(bare.err, /--keys/);
  assert.equal(factory.opened.length, 0);
});
