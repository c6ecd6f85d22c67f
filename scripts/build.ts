/** Compiles both cores with the AssemblyScript compiler, as asconfig.json says: release (and inline.ts) into
 *  build/{meter,panel}.wasm and .wat, debug into build/debug. Nothing is done when every output is
 *  newer than every source. Compiles two at a time. Does not run or check the result. */

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inlined } from "./inline.js";

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CORES = ["meter", "panel"];
const RELEASE = { target: "release", folder: "build" };
const DEBUG = { target: "debug", folder: "build/debug" };
export const ALL_TARGETS = [RELEASE, DEBUG];
const PARALLEL = 2;

interface Job {
  core: string;
  target: string;
  folder: string;
}

/** Newest modification time below `path`, ms. */
export function newestMs(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function outputs({ core, folder }: Job): { wasm: string; wat: string } {
  return { wasm: `${folder}/${core}.wasm`, wat: `${folder}/${core}.wat` };
}

function upToDate(jobs: Job[]): boolean {
  const files = jobs.flatMap((job) => Object.values(outputs(job)).map((name) => join(ROOT, name)));
  if (!files.every((file) => existsSync(file))) return false;
  const built_ms = Math.min(...files.map((file) => statSync(file).mtimeMs));
  const inputs = ["src", "asconfig.json", "package.json", "scripts/build.ts", "scripts/inline.ts"];
  return inputs.every((name) => newestMs(join(ROOT, name)) < built_ms);
}

/** Compiles in a folder of its own and moves the result, so that nobody reads half a file. */
async function compile(job: Job): Promise<void> {
  const { wasm, wat } = outputs(job);
  mkdirSync(join(ROOT, job.folder), { recursive: true });
  const fresh = mkdtempSync(join(ROOT, job.folder, ".new-"));
  const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const options = ["--config", "asconfig.json", "--target", job.target];
  const files = [wasm, wat].map((file) => join(fresh, basename(file))) as [string, string];
  const output = ["-o", relative(ROOT, files[0]), "-t", relative(ROOT, files[1])];
  try {
    await run(process.execPath, [asc, `src/${job.core}.ts`, ...options, ...output], { cwd: ROOT });
    if (job.target === "release") {
      const { binary, text } = inlined(readFileSync(files[0]));
      writeFileSync(files[0], binary);
      writeFileSync(files[1], text);
    }
    for (const name of readdirSync(fresh)) {
      renameSync(join(fresh, name), join(ROOT, job.folder, name));
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

/** Brings the targets up to date, the release ones by default; throws with the compiler's words when a
 *  core does not compile. */
export async function build(targets = [RELEASE]): Promise<void> {
  const jobs = targets.flatMap((target) => CORES.map((core) => ({ core, ...target })));
  if (upToDate(jobs)) return;
  const waiting = [...jobs];
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await compile(job);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build(ALL_TARGETS);
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    process.stderr.write(
      stdout || stderr ? `${stdout ?? ""}${stderr ?? ""}` : `${String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
