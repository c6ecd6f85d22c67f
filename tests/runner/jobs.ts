/** What there is to run: the lint tools, the as-pect suites in batches, one process per host test
 *  file. Each job is one child process. */

import { readdirSync, statSync } from "node:fs";

export interface Job {
  /** What it runs: suites that report their counts, or a tool that is judged by its exit code. */
  suites: string[];
  is_tool: boolean;
  /** Arguments for node. */
  args: string[];
  /** Longer jobs start first; larger is longer. */
  weight: number;
}

const SLOW_WEIGHT = 1e9; // *.slow.test.ts, *.slow.spec.ts
/** Those that take minutes: begun last, they would run alone. */
const LONGEST = [
  "meter/week.slow",
  "pico/factory",
  "pico/scenario.slow",
  "rs485/box-street.slow",
  "tools/default-day.slow",
];
const LINT_WEIGHT = 1e6;
const TSX = ["--import", "tsx"];

/** What a change of the firmware cannot break in a way that nothing else would notice. */
const HOST_ONLY = "tests/tools/";

// A process takes a second to start, most suites a fraction of that.
const SUITES_PER_BATCH = 14;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .sort();
}

/** The longer the source, the longer it runs; the slow ones are named so. */
function weightOf(file: string): number {
  const slow = /\.slow\.(test|spec)\.ts$/.test(file) ? SLOW_WEIGHT : 0;
  const longest = LONGEST.some((name) => file.includes(name)) ? SLOW_WEIGHT : 0;
  return statSync(file).size + slow + longest;
}

/** Files dealt out to batches of about equal weight; a slow one is a batch of its own. */
function batchesOf(files: string[]): string[][] {
  const slow = files.filter((file) => weightOf(file) >= SLOW_WEIGHT);
  const fast = files.filter((file) => !slow.includes(file));
  fast.sort((a, b) => weightOf(b) - weightOf(a));
  const batch_count = Math.ceil(fast.length / SUITES_PER_BATCH);
  const dealt = Array.from({ length: batch_count }, (_, batch) =>
    fast.filter((_file, index) => index % batch_count === batch),
  );
  return [...slow.map((file) => [file]), ...dealt];
}

function jobsOf(files: string[], args: string[]): Job[] {
  return batchesOf(files).map((batch) => ({
    suites: batch,
    is_tool: false,
    args: [...args, ...batch],
    weight: batch.reduce((sum, file) => sum + weightOf(file), 0),
  }));
}

/** The as-pect suites, tests/**\/*.spec.ts. */
function suiteJobs(files: string[]): Job[] {
  const asp = ["--enable-source-maps", "node_modules/@as-pect/cli/lib/test.js", "--summary"];
  const suites = files.filter((file) => file.endsWith(".spec.ts"));
  return jobsOf(suites, [...asp, "-c", "tests/runner/aspect.config.js"]);
}

/** The host tests, tests/**\/*.test.ts. Those of the host programs stay apart, so that they can be left
 *  out. */
function hostJobs(files: string[]): Job[] {
  const reporter = ["--test-reporter", "./tests/runner/node-reporter.js"];
  const args = [...TSX, ...reporter, "tests/runner/host.js"];
  const tests = files.filter((file) => file.endsWith(".test.ts"));
  const isTool = (file: string): boolean => file.startsWith(HOST_ONLY);
  return [tests.filter(isTool), tests.filter((file) => !isTool(file))].flatMap((some) =>
    jobsOf(some, args),
  );
}

/** The lint tools, one test each; the same as `npm run lint`. */
function lintJobs(): Job[] {
  const tools: [string, string[]][] = [
    ["eslint", ["node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "."]],
    ["prettier", ["node_modules/prettier/bin/prettier.cjs", "--check", "."]],
    [
      "dependency-cruiser",
      [
        "node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
        ...["--config", ".dependency-cruiser.cjs"],
        ...["src", "boards", "tools", "bench", "scripts", "tests"],
      ],
    ],
    ["tsc", ["node_modules/typescript/bin/tsc", "--noEmit"]],
  ];
  return tools.map(([name, args]) => ({
    suites: [name],
    is_tool: true,
    args,
    weight: LINT_WEIGHT,
  }));
}

function isCore({ weight, suites }: Job): boolean {
  return weight < SLOW_WEIGHT && !suites.every((suite) => suite.startsWith(HOST_ONLY));
}

/** The jobs, longest first. With `core` without lint tools, slow tests and those of the host programs;
 *  with `names` only the suites and tools whose names contain one of them. */
export function chooseJobs(core: boolean, names: string[]): Job[] {
  const isWanted = (name: string): boolean =>
    names.length === 0 || names.some((part) => name.includes(part));
  const files = filesBelow("tests").filter(isWanted);
  const tests = [...suiteJobs(files), ...hostJobs(files)];
  const tools = lintJobs().filter(({ suites }) => suites.some(isWanted));
  const jobs = core ? tests.filter(isCore) : [...tools, ...tests];
  return jobs.sort((a, b) => b.weight - a.weight);
}
