/** Every source file of the project is short and says at its head what it is for. Functions
 *  are measured by eslint and lines by prettier; here are all kinds of files, also C and YAML. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { test } from "node:test";

const LINE_LIMIT = 400;
const FOLDERS = ["src", "boards", "tools", "tests", "bench", "scripts", "scenarios"];
const SOURCES = [".ts", ".js", ".cjs", ".mjs", ".c", ".h", ".S", ".ld", ".wat", ".sh", ".yaml"];
const CODE = [".ts", ".js", ".cjs", ".c", ".h"];

interface Source {
  file: string;
  lines: string[];
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name}`)
    .filter((file) => SOURCES.includes(extname(file)) && !file.includes("node_modules"));
}

const present = FOLDERS.filter((folder) => readdirSync(".").includes(folder));
const files = [
  ...present.flatMap(sourcesBelow),
  ...readdirSync(".").filter((f) => CODE.includes(extname(f))),
];
const sources: Source[] = files.map((file) => {
  const text = readFileSync(file, "utf8");
  return { file, lines: text.replace(/\n$/, "").split("\n") };
});

test("no file is longer than 400 lines", () => {
  const long = sources.filter(({ lines }) => lines.length > LINE_LIMIT);
  assert.deepEqual(
    long.map(({ file, lines }) => `${file}: ${lines.length}`),
    [],
  );
});

test("every source opens with a comment that says what it is for", () => {
  const bare = sources.filter(
    ({ file, lines }) =>
      CODE.includes(extname(file)) &&
      !/^\/\*|^\/\//.test(lines[lines[0]!.startsWith("#!") ? 1 : 0]!),
  );
  assert.deepEqual(
    bare.map(({ file }) => file),
    [],
  );
});

test("nothing is left to be done and no test is left out", () => {
  const marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"];
  const skipping = /\b(test|it|describe)\.(skip|todo|only)\b|\b(xit|xtest|xdescribe)\(|\btodo\("/;
  const found = sources.filter(({ lines }) =>
    lines.some((line) => marks.some((mark) => line.includes(mark)) || skipping.test(line)),
  );
  assert.deepEqual(
    found.map(({ file }) => file),
    [],
  );
});
