/** The WAMR engine as a program of the host, around boards/engine/host/replay.c or another board in C:
 *  for tests. Objects of WAMR itself are made once per interpreter and set of flags and kept. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { wamrParts, type Interpreter, type WamrParts } from "./build.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const OBJECTS = join(ROOT, "build/engine/wamr");
const OWN_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];
const ALL_FLAGS = ["-g", "-ffunction-sections"];

function compiler(): string {
  return process.env["CC"] ?? "cc";
}

function run(...options: string[]): void {
  execFileSync(compiler(), options, { cwd: ROOT, stdio: "pipe" });
}

function options(parts: WamrParts): string[] {
  return [
    ...parts.includes.map((name) => `-I${name}`),
    ...parts.defines.map((name) => `-D${name}`),
  ];
}

/** WAMR's objects. The defines that tell cores apart do not concern them. */
function vendorObjects(parts: WamrParts, flags: string[]): string[] {
  const shared = options(parts).filter((name) => !/^-D(CORE_WASM|WAMR_POOL)_SIZE=/.test(name));
  const all = [...ALL_FLAGS, ...shared, ...parts.vendor_flags, ...flags];
  const key = createHash("sha256")
    .update([compiler(), ...all].join("\n"))
    .digest("hex");
  const folder = join(OBJECTS, key.slice(0, 16));
  mkdirSync(folder, { recursive: true });
  return parts.vendor.map((source) => {
    const object = join(folder, `${basename(source)}.o`);
    if (!existsSync(object)) {
      const fresh = `${object}.${process.pid}`;
      run(...all, "-c", source, "-o", fresh);
      renameSync(fresh, object); // tests run side by side
    }
    return object;
  });
}

/** Makes the program `folder`/`name` of WAMR, the core `wasm` and the board in `board_source` (a path
 *  below the project), with `flags` for optimisation or sanitizers. Returns its path. */
export function compileWamr(
  wasm: Uint8Array,
  folder: string,
  flags: string[],
  interpreter: Interpreter = "classic",
  board_source = "boards/engine/host/replay.c",
): string {
  mkdirSync(folder, { recursive: true });
  const parts = wamrParts("host", wasm, interpreter);
  const core = join(folder, "core_wasm.c");
  writeFileSync(core, parts.core_source);
  const all = [...ALL_FLAGS, ...options(parts), ...OWN_FLAGS, ...flags];
  const objects = [core, ...parts.own, board_source].map((source) => {
    const object = join(folder, `${basename(source)}.o`);
    run(...all, "-c", source, "-o", object);
    return object;
  });
  const program = join(folder, basename(board_source, ".c"));
  run(
    ...flags,
    ...objects,
    ...vendorObjects(parts, flags),
    "-Wl,--gc-sections",
    "-lm",
    "-o",
    program,
  );
  return program;
}
