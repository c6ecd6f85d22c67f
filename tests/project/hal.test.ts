/** The HAL's three descriptions say the same: src/hal.ts (for the cores), boards/HAL.md (in words) and
 *  boards/hal.h (in C): the same calls with the same parameters and results, the same constants. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type HalCall, halCalls, halConstants, halImportNames } from "./hal-calls.js";
import { tablesOf } from "./markdown.js";

const header = readFileSync("boards/hal.h", "utf8").replace(/\/\*[^]*?\*\//g, "");
const words = readFileSync("boards/HAL.md", "utf8");

/** A call as one line, with the types of hal.ts: an address is a usize. */
function line({ name, parameters, returns }: HalCall): string {
  return `${name}(${parameters.map((p) => `${p.type} ${p.name}`).join(", ")}) ${returns}`;
}

function typeInTs(type: string, name: string): string {
  if (type === "u32" || type === "uint32_t") return name === "address" ? "usize" : "u32";
  return type === "int32_t" ? "i32" : type;
}

function callsOfHeader(): string[] {
  return [...header.matchAll(/^(\w+) hal_(\w+)\(([^)]*)\)/gm)].map(([, returns, name, list]) => {
    const parameters = list === "void" ? [] : list!.split(",").map((part) => part.trim());
    const typed = parameters.map((part) => {
      const [type, parameter] = part.split(" ") as [string, string];
      return { name: parameter, type: typeInTs(type, parameter) };
    });
    return line({ name: name!, parameters: typed, returns: typeInTs(returns!, "") });
  });
}

function callsOfWords(): string[] {
  return [...words.matchAll(/^### (\w+)\n`(\w+)\((.*)\)(?: -> (\w+))?`$/gm)].map((match) => {
    const [, heading, name, list, returns] = match;
    assert.equal(heading, name);
    const typed = (list ? list.split(", ") : []).map((part) => {
      const [parameter, type] = part.split(": ") as [string, string];
      return { name: parameter, type: typeInTs(type, parameter) };
    });
    return line({ name: name!, parameters: typed, returns: returns ?? "void" });
  });
}

test("every call is imported from hal under its own name", () => {
  assert.deepEqual(
    halImportNames(),
    halCalls().map(({ name }) => `hal.${name}`),
  );
});

test("hal.h has the calls of hal.ts, parameter by parameter", () => {
  assert.deepEqual(callsOfHeader(), halCalls().map(line));
});

test("HAL.md has the calls of hal.ts, parameter by parameter", () => {
  assert.deepEqual(callsOfWords(), halCalls().map(line));
});

test("hal.h has the constants of hal.ts", () => {
  const found = [...header.matchAll(/^\s*HAL_(\w+) = (-?\w+),$/gm)].map(([, name, value]) => {
    return [name!, Number(value)] as const;
  });
  assert.deepEqual(new Map(found), halConstants());
});

test("HAL.md has the constants of hal.ts", () => {
  const rows = tablesOf("boards/HAL.md").flatMap(({ rows: table_rows }) => table_rows);
  const found = rows.map(([name, value]) => [name!, Number(value)] as const);
  assert.deepEqual(new Map(found), halConstants());
});

test("every constant and every call is described", () => {
  for (const [heading, text] of words.split(/^### /m).slice(1).map(halves)) {
    assert.ok(text.length > 40, heading);
  }
});

function halves(section: string): [string, string] {
  const [heading, ...rest] = section.split("\n");
  return [heading!, rest.join("\n")];
}
