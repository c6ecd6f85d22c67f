/** The project as a newcomer finds it: pinned packages, working links, the two commands, and a manual
 *  that knows every error number. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { numbersOf } from "./evaluate.js";
import { tableBelow, tablesOf } from "./markdown.js";

interface Package {
  name: string;
  license: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const text = (file: string): string => readFileSync(file, "utf8");
const pack = JSON.parse(text("package.json")) as Package;
const packages = { ...pack.dependencies, ...pack.devDependencies };

test("every package is pinned to one version", () => {
  for (const [name, version] of Object.entries(packages)) {
    assert.match(version, /^\d+\.\d+\.\d+(-nightly\.\d+)?$/, name);
  }
});

test("the lock file names no registry and no other versions", () => {
  const lock = text("package-lock.json");
  assert.doesNotMatch(lock, /"resolved"/);
  const { packages: locked } = JSON.parse(lock) as { packages: Record<string, Package> };
  assert.deepEqual(locked[""]!.dependencies, pack.dependencies);
  assert.deepEqual(locked[""]!.devDependencies, pack.devDependencies);
});

test("nothing runs on installation", () => {
  const hooks = ["preinstall", "install", "postinstall", "prepare"];
  assert.deepEqual(
    hooks.filter((hook) => hook in pack.scripts),
    [],
  );
});

test("the design says why each package is there", () => {
  const rows = tableBelow(tablesOf("docs/DESIGN.md"), "Packages, and why each").rows;
  const listed = rows.flatMap(([names]) => names!.split(", "));
  const needless = ["@eslint/js", "@types/node"]; // come with eslint and typescript
  const expected = Object.keys(packages).filter(
    (name) => !needless.includes(name) && !name.startsWith("@types/"),
  );
  assert.deepEqual(listed.sort(), expected.sort());
});

test("the first screen of the README has the two commands, and they exist", () => {
  const screen = text("README.md").split("\n").slice(0, 26).join("\n");
  assert.match(screen, /^npm ci && npm start$/m);
  assert.match(screen, /^npm ci && npm test$/m);
  assert.ok(pack.scripts.start && pack.scripts.test);
});

test("every npm command that README and docs name exists", () => {
  for (const file of ["README.md", "docs/DESIGN.md", "docs/MANUAL.md"]) {
    for (const [, script] of text(file).matchAll(/npm run (\w+(?::\w+)*)/g)) {
      assert.ok(pack.scripts[script!], `${file}: npm run ${script}`);
    }
  }
});

test(".ci/run is npm ci and npm test", () => {
  const commands = text(".ci/run")
    .split("\n")
    .filter((line) => /^npm /.test(line));
  assert.deepEqual(commands, ["npm ci", "npm test"]);
});

test("the licence is Apache 2.0", () => {
  assert.equal(pack.license, "Apache-2.0");
  assert.match(text("LICENSE"), /Apache License\s+Version 2\.0, January 2004/);
});

function pages(folder = "."): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ["node_modules", "build", ".git"].includes(entry.name) ? [] : pages(file);
    }
    return entry.name.endsWith(".md") ? [file] : [];
  });
}

/** The anchor that a heading gets on a code host. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

test("links between the pages lead somewhere", () => {
  for (const page of pages()) {
    for (const [, link] of text(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const [path, anchor] = link!.split("#") as [string, string | undefined];
      const file = path === "" ? page : join(dirname(page), path);
      assert.ok(existsSync(file), `${page}: ${link}`);
      if (anchor === undefined) continue;
      const headings = [...text(file).matchAll(/^#+\s+(.*)$/gm)].map(([, name]) => anchorOf(name!));
      assert.ok(headings.includes(anchor), `${page}: ${link}`);
    }
  }
});

test("the manual knows every error number, and no other", () => {
  const numbers = [...numbersOf("src/common/errors.ts")].filter(([name]) => name.startsWith("E_"));
  const rows = tableBelow(tablesOf("docs/MANUAL.md"), "Error numbers").rows;
  const shown = rows.map(([cell]) => Number(/^`Err (\d\d)`$/.exec(cell!)![1]));
  assert.deepEqual(
    shown,
    numbers.map(([, value]) => -value).sort((a, b) => a - b),
  );
  for (const [cell, cause, cure] of rows) assert.ok(cause && cure, cell);
});
