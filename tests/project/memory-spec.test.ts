/** src/metering/SPEC.md against the code: every record, region, field, event and setting of the page
 *  has its constant with that value, and the code has no record constant that the page lacks. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { EVENTS, SETTINGS as KNOWN_SETTINGS } from "../../tools/simulate/office-codes.js";
import { RECORDS, REGIONS } from "../../tools/simulate/books.js";
import { constantOf, numbersOf } from "./evaluate.js";
import { tableBelow, tablesOf } from "./markdown.js";

const SPEC = "src/metering/SPEC.md";
const MAP = "src/store/map.ts";
const SETTINGS = "src/metering/settings.ts";

const tables = tablesOf(SPEC);
const map = numbersOf(MAP);
const records = tableBelow(tables, "Records").rows;
const regions = tableBelow(tables, "Regions without slots").rows;

/** All number constants of src/metering and src/store by name. */
function bookConstants(): Map<string, number> {
  const all = new Map<string, number>();
  for (const folder of ["src/store", "src/metering"]) {
    const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
    for (const name of sources) {
      for (const [key, value] of numbersOf(`${folder}/${name}`)) all.set(key, value);
    }
  }
  return all;
}

test("records stand where the page says", () => {
  assert.ok(records.length >= 15);
  for (const [name, address, count, stride, body_size] of records) {
    const found = ["ADDRESS", "COUNT", "STRIDE", "BODY_SIZE"].map((key) =>
      map.get(`${name}_${key}`),
    );
    assert.deepEqual(found, [address, count, stride, body_size].map(Number), name);
  }
});

test("regions stand where the page says", () => {
  assert.equal(regions.length, 6);
  for (const [cell, address, count, entry_size] of regions) {
    const name = cell!.split(" ")[0];
    const found = ["ADDRESS", "COUNT", "ENTRY_SIZE"].map((key) => map.get(`${name}_${key}`));
    assert.deepEqual(found, [address, count, entry_size].map(Number), name);
  }
});

test("records and regions of the page do not overlap and lie in the memory", () => {
  const areas = [
    ...records.map(([, address, count, stride]) => [
      Number(address),
      Number(count) * Number(stride),
    ]),
    ...regions.map(([, address, count, size]) => [Number(address), Number(count) * Number(size)]),
  ] as [number, number][];
  areas.sort((a, b) => a[0] - b[0]);
  areas.forEach(([address, size], index) => {
    const end = areas[index + 1]?.[0] ?? 0x40000;
    assert.ok(address + size <= end, `area at ${address.toString(16)}`);
  });
  for (const [name, , , stride, body_size] of records) {
    assert.ok(2 * (Number(body_size) + 8) <= Number(stride), `${name}: two slots`);
  }
});

test("fields of records stand where the page says and fit their body", () => {
  for (const [record, , , , body_size] of records) {
    let end = 0;
    for (const [field, offset, size] of tableBelow(tables, record!).rows) {
      assert.equal(map.get(`${record}_${field}`), Number(offset), `${record}_${field}`);
      assert.ok(Number(offset) >= end, `${record}_${field} overlaps`);
      end = Number(offset) + Number(size);
    }
    assert.ok(end <= Number(body_size), record);
  }
});

test("the code has no record or field that the page lacks", () => {
  const known = new Set<string>();
  for (const [record] of records) {
    for (const key of ["ADDRESS", "COUNT", "STRIDE", "BODY_SIZE"]) known.add(`${record}_${key}`);
    for (const [field] of tableBelow(tables, record!).rows) known.add(`${record}_${field}`);
  }
  for (const [cell] of regions) {
    for (const key of ["ADDRESS", "COUNT", "ENTRY_SIZE"])
      known.add(`${cell!.split(" ")[0]}_${key}`);
  }
  const names = [
    ...records.map(([name]) => name!),
    ...regions.map(([cell]) => cell!.split(" ")[0]!),
  ];
  const unknown = [...map.keys()].filter(
    (key) => names.some((name) => key.startsWith(`${name}_`)) && !known.has(key),
  );
  assert.deepEqual(unknown, []);
});

test("the format version is the page's", () => {
  const version = /Format version: (\d+)/.exec(readFileSync(SPEC, "utf8"))![1];
  assert.equal(map.get("FORMAT_VERSION"), Number(version));
  assert.equal(map.get("MAGIC"), Buffer.from("M39F", "latin1").readUInt32LE());
});

/** The fields of a region's entry below `heading` against constants called `prefix`_FIELD. */
function assertEntry(region: string, heading: string, prefix: string): void {
  const constants = bookConstants();
  let end = 0;
  for (const [field, offset, size] of tableBelow(tables, heading, "field").rows) {
    assert.equal(Number(offset), end, `${heading}: ${field}`);
    assert.equal(constants.get(`${prefix}_${field}`), end, `${prefix}_${field}`);
    end += Number(size);
  }
  assert.equal(map.get(`${region}_ENTRY_SIZE`), end, heading);
}

test("entries of regions are the page's", () => {
  assertEntry("EVENTS", "Event entry", "EVENT_ENTRY");
  assertEntry("PURCHASES", "Purchase entry", "PURCHASE_ENTRY");
  for (const ring of ["DAILY", "SETTLEMENTS", "INSTANTS", "LOADS"]) {
    assertEntry(ring, "Freeze block", "FREEZE_BLOCK");
  }
});

test("the kinds of events are the page's", () => {
  const constants = bookConstants();
  const kinds = tableBelow(tables, "Event entry", "event").rows;
  for (const [name, kind] of kinds) {
    assert.equal(constants.get(`EVENT_${name}`), Number(kind), `EVENT_${name}`);
  }
});

test("settings have the ids, ranges and start values of the page", () => {
  const constants = numbersOf(SETTINGS);
  const [minimum, maximum, start] = ["minimum", "maximum", "start"].map((name) =>
    constantOf(SETTINGS, name),
  ) as [bigint[], bigint[], bigint[]];
  const rows = tableBelow(tables, "Settings").rows;
  assert.deepEqual(
    [minimum, maximum, start].map((list) => list.length),
    [rows.length, rows.length, rows.length],
  );
  rows.forEach(([id, name, range, start_value], row) => {
    assert.equal(constants.get(`SETTING_${name!.toUpperCase()}`), Number(id), name);
    assert.equal(`${minimum[row]}..${maximum[row]}`, range, name);
    // "channels in turn" and "the channel alone" depend on the channel.
    if (/^\d+$/.test(start_value!)) assert.equal(String(start[row]), start_value, name);
  });
  const ids = [...constants.keys()].filter((name) => name.startsWith("SETTING_"));
  assert.equal(ids.length, rows.length);
});

test("the tools read the memory where the page says", () => {
  for (const [name, place] of Object.entries(RECORDS)) {
    const row = records.find(([record]) => record === name)!;
    const found = [place.address, place.count, place.stride, place.body_size];
    assert.deepEqual(found, row.slice(1).map(Number), name);
  }
  for (const [name, place] of Object.entries(REGIONS)) {
    const row = regions.find(([region]) => region!.split(" ")[0] === name)!;
    const found = [place.address, place.count, place.entry_size];
    assert.deepEqual(found, row.slice(1).map(Number), name);
  }
});

test("the tools know the settings and events of the page", () => {
  const rows = tableBelow(tables, "Settings").rows;
  const of_page = rows.map(([id, name, range]) => `${name} ${id} ${range}`);
  const of_tools = Object.entries(KNOWN_SETTINGS).map(
    ([name, { id, lowest, highest }]) => `${name} ${id} ${lowest}..${highest}`,
  );
  assert.deepEqual(of_tools, of_page);
  const kinds = tableBelow(tables, "Event entry", "event").rows;
  assert.deepEqual(
    Object.entries(EVENTS).map(([name, kind]) => `${name.toUpperCase()} ${kind}`),
    kinds.map(([name, kind]) => `${name} ${kind}`),
  );
});
