/** The test runner: `npm test` runs everything, `npm run test:core` (--core) leaves out the lint
 *  tools, the slow tests and those of the host programs. Two jobs at a time, long ones first; other
 *  arguments choose the suites whose names contain one of them. Prints one line per suite, what those
 *  said that failed, and last the line "N passed, N failed". Exit code 1 on any failure and when
 *  nothing was run. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALL_TARGETS, build } from "../scripts/build.js";
import { needCompiler } from "../scripts/need.js";
import { chooseJobs, type Job } from "./runner/jobs.js";
import { runJob, type Result, type SuiteResult } from "./runner/work.js";

const WORKERS = 2;

function printSuite({ suite, passed, failed }: SuiteResult, seconds: string): void {
  const counts = `${passed} passed${failed ? `, ${failed} failed` : ""}`;
  console.log(`${failed ? "FAILED" : "ok    "} ${suite} (${counts}${seconds})`);
}

function printResult({ suites, duration_ms, output }: Result): void {
  const seconds = `, ${(duration_ms / 1000).toFixed(1)} s`;
  suites.forEach((suite, index) => printSuite(suite, index === suites.length - 1 ? seconds : ""));
  if (suites.some(({ failed }) => failed > 0)) console.log(output.trimEnd());
}

async function runAll(jobs: Job[]): Promise<SuiteResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "meter39-test-"));
  const waiting = [...jobs];
  const results: SuiteResult[] = [];
  let done_count = 0;
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const result = await runJob(job, join(folder, String(waiting.length)));
      results.push(...result.suites);
      process.stdout.write(`[${++done_count}/${jobs.length}] `);
      printResult(result);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  rmSync(folder, { recursive: true });
  return results;
}

/** Runs what the arguments ask for; true when tests ran and all passed. */
async function main(args: string[]): Promise<boolean> {
  const names = args.filter((arg) => !arg.startsWith("--"));
  needCompiler();
  const is_core = args.includes("--core");
  await (is_core ? build() : build(ALL_TARGETS));
  const results = await runAll(chooseJobs(is_core, names));
  const failing = results.filter(({ failed }) => failed > 0).map(({ suite }) => suite);
  if (failing.length > 0) console.log(`\nFailed: ${failing.join(", ")}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

try {
  if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
} catch (error) {
  const { stdout, stderr, message } = error as { stdout?: string; stderr?: string } & Error;
  console.error(stdout || stderr ? `${stdout ?? ""}${stderr ?? ""}` : message);
  console.log("0 passed, 1 failed");
  process.exitCode = 1;
}
