/** The import rules of .dependency-cruiser.cjs bite: a small project that breaks each of them once
 *  is checked, and exactly the planted offence is reported under each rule. That the project itself
 *  keeps the rules is lint's business. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";

const CRUISE = join(process.cwd(), "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");

/** File -> what it imports. Every file but those of an offence is as it should be. */
const FIXTURE: Record<string, string[]> = {
  "src/meter.ts": ["./hal", "./metering/books", "./relay/coils.port"],
  "src/panel.ts": ["./hal", "./display/tubes", "./rfid/reader.port", "./rs485/line", "./clock/rtc"],
  "src/hal.ts": [],
  "src/common/bytes.ts": ["../store/record"],
  "src/store/record.ts": [],
  "src/metering/books.ts": ["../relay/coils.port"],
  "src/relay/coils.port.ts": ["../hal", "../display/tubes"],
  "src/relay/dead.ts": ["../common/bytes"],
  "src/display/tubes.ts": ["../hal", "../rs485/line"],
  "src/rfid/reader.port.ts": ["../rs485/line", "../../boards/virtual/box"],
  "src/clock/rtc.ts": ["../display/tubes"],
  "src/rs485/line.ts": ["../metering/books", "../rfid/reader.port"],
  "boards/virtual/box.ts": ["../../src/hal", "../../tools/read"],
  "boards/virtual/forgotten.ts": [],
  "tools/read.ts": ["../boards/virtual/box", "../tests/help", "devthing"],
  "tests/help.ts": ["../src/meter", "unlisted"],
  "bench/bench.ts": ["../src/meter", "./nowhere"],
};

/** Rule -> the files whose import must be reported under it. */
const OFFENCES: Record<string, string[]> = {
  "domain-metering-stands-alone": ["src/metering/books.ts"],
  "domain-relay-stands-alone": ["src/relay/coils.port.ts"],
  "domain-display-stands-alone": ["src/display/tubes.ts"],
  "domain-clock-stands-alone": ["src/clock/rtc.ts"],
  "domain-rfid-stands-alone": ["src/rfid/reader.port.ts"],
  "domain-rs485-stands-alone": ["src/rs485/line.ts"],
  "src-imports-only-src": ["src/rfid/reader.port.ts"],
  "common-imports-only-common": ["src/common/bytes.ts"],
  "only-ports-and-entries-use-hal": ["src/display/tubes.ts"],
  "only-tests-import-entries": ["bench/bench.ts"],
  "boards-and-tools-know-nothing-of-src": ["bench/bench.ts", "boards/virtual/box.ts"],
  "boards-know-nothing-of-tools": ["boards/virtual/box.ts"],
  "tools-know-nothing-of-tests": ["tools/read.ts"],
  "every-src-module-is-in-a-core": [
    "src/common/bytes.ts",
    "src/relay/dead.ts",
    "src/store/record.ts",
  ],
  "no-orphans": ["boards/virtual/forgotten.ts"],
  "no-unresolvable": ["bench/bench.ts"],
  "no-unlisted-packages": ["tests/help.ts"],
  "tools-run-without-dev-packages": ["tools/read.ts"],
};

const folder = mkdtempSync(join(tmpdir(), "meter39-imports-"));
after(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function plant(files: Record<string, string[]>): void {
  for (const [file, imports] of Object.entries(files)) {
    const lines = imports.map((name, index) => `import { x as x${index} } from "${name}";`);
    const uses = imports.map((_, index) => ` + x${index}`);
    write(file, `${lines.join("\n")}\nexport const x = 1${uses.join("")};\n`);
  }
  write("package.json", '{"type":"module","devDependencies":{"devthing":"1.0.0"}}');
  for (const name of ["devthing", "unlisted"]) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    write(`node_modules/${name}/index.js`, "exports.x = 1;");
  }
  for (const name of [".dependency-cruiser.cjs", "tsconfig.json"]) cpSync(name, join(folder, name));
}

interface Violation {
  from: string;
  rule: { name: string };
}

function cruise(folders: string[]): Violation[] {
  const args = [CRUISE, "--config", ".dependency-cruiser.cjs", "-T", "json", ...folders];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
  return summary.violations;
}

test("each import rule reports the offence planted against it", () => {
  plant(FIXTURE);
  const found = new Map<string, Set<string>>();
  for (const { from, rule } of cruise(["src", "boards", "tools", "tests", "bench"])) {
    found.set(rule.name, (found.get(rule.name) ?? new Set()).add(from));
  }
  for (const [rule, files] of Object.entries(OFFENCES)) {
    assert.deepEqual([...(found.get(rule) ?? [])].sort(), files, rule);
  }
  assert.ok(found.has("no-cycles"));
});

test("every rule of the configuration is among those proven", () => {
  const list = "console.log(JSON.stringify(require('./.dependency-cruiser.cjs').forbidden))";
  const text = execFileSync(process.execPath, ["-e", list], { encoding: "utf8" });
  const rules = (JSON.parse(text) as { name: string }[]).map(({ name }) => name);
  const proven = [...Object.keys(OFFENCES), "no-cycles"];
  assert.deepEqual(rules.sort(), proven.sort());
});
