/** src/rfid/SPEC.md against the code: every field of the page that a core knows has its constant with
 *  that value, fields follow one another inside their blocks, and the page says of keys, kinds and
 *  flags what the code does. The meter knows what it signs, the panel where it stands on a card. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { numbersOf } from "./evaluate.js";
import { tableBelow, tablesOf } from "./markdown.js";

const SPEC = "src/rfid/SPEC.md";
const tables = tablesOf(SPEC);
const page = readFileSync(SPEC, "utf8");
const frame = numbersOf("src/link/frame.ts");
const card = numbersOf("src/metering/card.ts");
const identity = numbersOf("src/metering/identity.ts");
const binding = numbersOf("src/metering/binding.ts");
const management = numbersOf("src/metering/management.ts");
const trial = numbersOf("src/metering/trial.ts");
const contents = numbersOf("src/rfid/contents.ts");

/** Heading, prefix of the constants in the code, bytes that the fields fill. */
const LAYOUTS: [string, string, number][] = [
  ["Directory, block 1", "DIRECTORY_", 16],
  ["Purchase slot, blocks 0 and 1", "SLOT_", 32],
  ["Return slot, blocks 0..2", "RETURN_", 48],
  ["Check card: sectors 3..15", "", 16],
];

function rowsOf(start: string): string[][] {
  const heading = tables.find((table) => table.heading.startsWith(start))!.heading;
  return tableBelow(tables, heading, "field").rows;
}

/** Name of a field's constant: some fields bear the prefix already. */
function nameOf(prefix: string, field: string): string {
  return field.startsWith(prefix) ? field : `${prefix}${field}`;
}

test("fields follow one another without a gap and fill their blocks", () => {
  for (const [heading, , size] of LAYOUTS) {
    let end = 0;
    for (const [field, offset, field_size] of rowsOf(heading)) {
      assert.equal(Number(offset), end, `${heading}: ${field}`);
      end += Number(field_size);
    }
    assert.equal(end, size, heading);
  }
});

test("what the meter signs stands where the page says", () => {
  for (const [heading, prefix] of LAYOUTS.slice(2)) {
    for (const [field, offset] of rowsOf(heading)) {
      if (field!.includes("RESERVED")) continue;
      const name = nameOf(prefix, field!);
      assert.equal(card.get(name), Number(offset), name);
    }
  }
  const fields = LAYOUTS.slice(2).flatMap(([heading, prefix]) =>
    rowsOf(heading).map(([field]) => nameOf(prefix, field!)),
  );
  const known = [...card.keys()].filter((name) => /^(RETURN|RECORD)_/.test(name));
  assert.deepEqual(
    known.filter((name) => !fields.includes(name)),
    [],
  );
});

test("what the panel reads and writes stands where the page says", () => {
  let compared = 0;
  for (const [heading, prefix] of LAYOUTS) {
    for (const [field, offset] of rowsOf(heading)) {
      const found = contents.get(nameOf(prefix, field!));
      if (field === "RESERVED" || found === undefined) continue; // carried as it is
      assert.equal(found, Number(offset), nameOf(prefix, field!));
      compared++;
    }
  }
  assert.ok(compared >= 10, `${compared} fields`);
});

test("kinds of cards and of management messages are the page's", () => {
  const content = rowsOf("Directory").find(([field]) => field === "KIND")![3]!;
  const kinds = [...content.matchAll(/(\d) (user|settings|clear|check|test)/g)];
  assert.equal(kinds.length, 5);
  for (const [, value, name] of kinds) {
    assert.equal(contents.get(`CARD_${name!.toUpperCase()}`), Number(value), name);
  }
  const rows = tableBelow(tables, "Management messages").rows;
  assert.equal(rows.length, 4);
  for (const [kind, meaning] of rows) {
    const name = /^\w+/.exec(meaning!)![0].toUpperCase();
    assert.equal(frame.get(`SIGNED_KIND_${name}`), Number(kind), name);
  }
});

test("keys, flags, sectors and times are the page's", () => {
  assert.match(page, /`01 \| UID \(4\) \| sector \| 0A or 0B \| "M1KEY"`/);
  assert.deepEqual([identity.get("KEY_A"), identity.get("KEY_B")], [0x0a, 0x0b]);
  assert.equal(identity.get("DERIVATION_SIZE"), 1 + 4 + 1 + 1 + "M1KEY".length);
  const written = tableBelow(tables, "Keys and access").rows.map(([sectors]) => sectors);
  assert.equal(written.at(-1), `${card.get("SECTOR_WRITTEN_FIRST")}..15`);
  const flags = /message: (\d) further purchase, (\d) first purchase, (\d)\s+replacement/.exec(
    page,
  )!;
  const names = ["FURTHER", "FIRST", "REPLACEMENT"];
  names.forEach((name, index) => {
    assert.equal(binding.get(`CREDIT_${name}`), Number(flags[index + 1]), name);
  });
  const relay_test = tableBelow(tables, "Management messages").rows[3]![1]!;
  const [, seconds, longest] = /every (\d) s .* 1\.\.(\d+)/.exec(relay_test)!;
  assert.equal(trial.get("TRIAL_POSITION_MS"), Number(seconds) * 1000);
  assert.equal(trial.get("TRIAL_SECONDS_MAXIMUM"), Number(longest));
  assert.match(page, /within two minutes of power-up/);
  assert.equal(numbersOf("src/metering/service.port.ts").get("SERVICE_WINDOW_S"), 120);
  assert.equal(management.get("CHECK_WINDOW_S"), 120);
});
