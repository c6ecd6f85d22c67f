/** Runs one job in a child process and judges it. A process that ends badly, hangs, or counts no
 *  test is a failure even when everything it reported had passed. */

import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { Job } from "./jobs.js";

const JOB_LIMIT_MS = 30 * 60 * 1000;
const OUTPUT_LIMIT = 100_000;

export interface SuiteResult {
  suite: string;
  passed: number;
  failed: number;
}

export interface Result {
  suites: SuiteResult[];
  duration_ms: number;
  output: string;
}

interface Ended {
  exit_code: number | null;
  output: string;
}

function spawnJob(job: Job, report_file: string): Promise<Ended> {
  const env = { ...process.env, METER39_REPORT: report_file };
  const child = spawn(process.execPath, job.args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const keep = (chunk: Buffer): void => {
    if (output.length < OUTPUT_LIMIT) output += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const limit = setTimeout(() => child.kill("SIGKILL"), JOB_LIMIT_MS);
  return new Promise((resolve) => {
    child.on("close", (exit_code) => {
      clearTimeout(limit);
      resolve({ exit_code, output });
    });
  });
}

function readReport(report_file: string): SuiteResult[] {
  if (!existsSync(report_file)) return [];
  const lines = readFileSync(report_file, "utf8").split("\n").filter(Boolean);
  rmSync(report_file);
  return lines.map((line) => JSON.parse(line) as SuiteResult);
}

/** The results of a job's suites: a suite that did not report, or had no test, has failed once. */
function judge(job: Job, is_good: boolean, reported: SuiteResult[]): SuiteResult[] {
  if (job.is_tool) {
    return job.suites.map((suite) => ({ suite, passed: +is_good, failed: +!is_good }));
  }
  const results = job.suites.map((suite) => {
    const found = reported.find((result) => result.suite === suite);
    if (found && found.passed + found.failed > 0) return found;
    return { suite, passed: 0, failed: 1 };
  });
  const has_failed = results.some(({ failed }) => failed > 0);
  if (!is_good && !has_failed) results.at(-1)!.failed++;
  return results;
}

/** Runs `job`; `report_file` is a path nobody else uses. */
export async function runJob(job: Job, report_file: string): Promise<Result> {
  const started_ms = Date.now();
  const { exit_code, output } = await spawnJob(job, report_file);
  const suites = judge(job, exit_code === 0, readReport(report_file));
  const duration_ms = Date.now() - started_ms;
  return { suites, duration_ms, output: `${output}\nexit code ${exit_code}` };
}
