/** src/rs485/SPEC.md against the code: every identifier of the page has a row in the table of the code and
 *  the other way round, the regions of registers are those of the page, and so are the times. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { arraysOf, numbersOf } from "./evaluate.js";
import { tableBelow, tablesOf } from "./markdown.js";

const SPEC = "src/rs485/SPEC.md";
const page = readFileSync(SPEC, "utf8");
const tables = tablesOf(SPEC);
const COLUMNS = 4;
const BLOCK = 0x80;

interface Row {
  identifier: number;
  shape: number;
}

const numbers = arraysOf("src/rs485/dlt/table.ts").get("ROWS")!;
const rows: Row[] = Array.from({ length: numbers.length / COLUMNS }, (_, row) => ({
  identifier: numbers[row * COLUMNS]!,
  shape: numbers[row * COLUMNS + 1]!,
}));

function isWithin(value: number, lowest: number, part: number): boolean {
  if (value === 0xff) return (part & BLOCK) !== 0;
  return value >= lowest && value - lowest < (part & ~BLOCK);
}

function fits({ identifier: own, shape }: Row, identifier: number): boolean {
  return (
    own >>> 16 === identifier >>> 16 &&
    isWithin((identifier >> 8) & 0xff, (own >> 8) & 0xff, shape >> 8) &&
    isWithin(identifier & 0xff, own & 0xff, shape & 0xff)
  );
}

/** Every identifier that the page writes out, placeholders by a value that they may have. */
function writtenIdentifiers(): string[] {
  const begin = page.indexOf("### Energy and credit");
  const end = page.indexOf("### Security");
  const cells = page
    .slice(begin, end)
    .matchAll(/\b([0-9A-F]{2}){2}(?:[0-9A-F]{2}|TT|pp)(?:[0-9A-F]{2}|nn)\b/g);
  return [...cells].map(([text]) => text);
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}

test("every identifier of the page can be read", () => {
  const written = writtenIdentifiers();
  assert.ok(written.length > 80, `${written.length} identifiers`);
  for (const text of written) {
    const value = Number.parseInt(text.replace(/TT|pp|nn/g, "01"), 16);
    assert.ok(
      rows.some((row) => fits(row, value)),
      text,
    );
  }
});

test("every row of the code stands on the page", () => {
  const patterns = writtenIdentifiers().map(
    (text) => new RegExp(`^${text.replace(/TT|pp|nn/g, "..")}$`),
  );
  for (const { identifier } of rows) {
    assert.ok(
      patterns.some((pattern) => pattern.test(hex(identifier))),
      hex(identifier),
    );
  }
});

test("the regions of registers are those of the page", () => {
  const ranges = ["Box", "Arrays, households 1..39", "Mailbox and commands"].flatMap((heading) =>
    tableBelow(tables, heading, "register").rows.map(([cell]) => {
      const [first, last = first] = cell!.split("..").map((text) => Number.parseInt(text, 16));
      return [first!, last!] as const;
    }),
  );
  const readable = new Set<number>();
  for (const [first, last] of ranges) {
    for (let register = first; register <= last; register++) readable.add(register);
  }
  for (let register = 0x1000; register < 0x1000 + 39 * 0x40; register++) readable.add(register);
  const regions = arraysOf("src/rs485/modbus/registers.ts").get("REGIONS")!;
  const known = new Set<number>();
  for (let region = 0; region < regions.length; region += 2) {
    for (let register = regions[region]!; register <= regions[region + 1]!; register++) {
      known.add(register);
    }
  }
  assert.deepEqual(
    [...known].sort((a, b) => a - b),
    [...readable].sort((a, b) => a - b),
  );
});

test("the times are those of the page", () => {
  const of = new Map(
    tableBelow(tables, "Timing", "name").rows.map(([name, value]) => [name, value]),
  );
  const transmit = numbersOf("src/rs485/transmit.ts");
  const receiver = numbersOf("src/rs485/receiver.ts");
  const line = numbersOf("src/rs485/line.port.ts");
  const share = numbersOf("src/rs485/share.ts");
  const context = numbersOf("src/rs485/context.ts");
  assert.equal(of.get("ANSWER_MIN"), `${transmit.get("ANSWER_MIN_US")! / 1000} ms`);
  assert.equal(of.get("GAP_DLT"), `${receiver.get("GAP_DLT_US")! / 1000} ms`);
  assert.equal(of.get("RATE_KEPT"), `${line.get("RATE_KEPT_MS")! / 1000} s`);
  assert.equal(of.get("HOST_OWNS"), `${share.get("HOST_OWNS_MS")! / 1000} s`);
  assert.equal(of.get("IDLE"), `${share.get("IDLE_MS")} ms`);
  assert.equal(of.get("GRANT_MAX"), `${context.get("GRANT_MAX_MS")} ms`);
});

test("the firmware it tells is the package's version", () => {
  const texts = Buffer.from(arraysOf("src/rs485/dlt/table.ts").get("TEXTS")!).toString("ascii");
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  assert.ok(texts.endsWith(`meter39 ${version}`), texts);
});

test("what the line's domain repeats of the meter's numbers is the same", () => {
  const meter = new Map([
    ...numbersOf("src/metering/settings.ts"),
    ...numbersOf("src/metering/events.ts"),
  ]);
  for (const file of ["table.ts", "write.ts", "parameter.ts"]) {
    const repeated = [...numbersOf(`src/rs485/dlt/${file}`)].filter(([name]) =>
      /^(SETTING|EVENT)_/.test(name),
    );
    assert.ok(repeated.length > 0, file);
    for (const [name, value] of repeated) assert.equal(value, meter.get(name), `${file}: ${name}`);
  }
});
