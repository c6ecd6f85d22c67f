/** The test runner does not let a failure pass: a failing test, one left out, a suite that crashes or
 *  hangs up early, a suite without tests, a tool with an exit code. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { runJob, type SuiteResult } from "../runner/work.js";

const REPORTER = ["--test-reporter", "./tests/runner/node-reporter.js"];
const folder = mkdtempSync(join(tmpdir(), "meter39-runner-"));
after(() => rmSync(folder, { recursive: true }));

async function run(name: string, body: string): Promise<SuiteResult> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, `import { describe, test } from "node:test";\n${body}\n`);
  const suite = relative(process.cwd(), file);
  const job = { suites: [suite], is_tool: false, args: [...REPORTER, file], weight: 1 };
  const { suites } = await runJob(job, join(folder, `${name}.report`));
  return { ...suites[0]!, suite: name };
}

const CASES: [string, string, number, number][] = [
  ["passing", 'test("a", () => {}); test("b", () => {});', 2, 0],
  ["grouped", 'describe("g", () => { test("a", () => {}); test("b", () => {}); });', 2, 0],
  ["failing", 'test("a", () => {}); test("b", () => { throw new Error("no"); });', 1, 1],
  [
    "failing in a group",
    'describe("g", () => { test("a", () => { throw new Error(); }); });',
    0,
    1,
  ],
  ["left out", 'test("a", () => {}); test["skip"]("b", () => {});', 1, 1],
  ["put off", 'test("a", () => {}); test["todo"]("b");', 1, 1],
  ["without tests", "", 0, 1],
  ["crashing at once", 'throw new Error("no");', 0, 1],
  ["leaving early", 'test("a", () => {}); test("b", () => process.exit(0));', 0, 1],
];

for (const [name, body, passed, failed] of CASES) {
  test(`a suite ${name} counts ${passed} passed, ${failed} failed`, async () => {
    assert.deepEqual(await run(name, body), { suite: name, passed, failed });
  });
}

test("a tool is judged by its exit code", async () => {
  for (const exit_code of [0, 1]) {
    const args = ["-e", `process.exit(${exit_code})`];
    const job = { suites: ["tool"], is_tool: true, args, weight: 1 };
    const { suites } = await runJob(job, join(folder, "tool.report"));
    assert.deepEqual(suites, [{ suite: "tool", passed: 1 - exit_code, failed: exit_code }]);
  }
});
