/** Builds the programs of boards/bench and runs loads through them: the meter core as wasm2c's C or
 *  under WAMR, and its hand-written twin, for this host or for a Cortex-M4 that QEMU counts. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CORE_FLAGS, generateCore, OWN_FLAGS } from "../engine/wasm2c.ts";
import { wamrParts, type Interpreter } from "../engine/wamr/build.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LOAD_ADDRESS = "0x21000000"; // mps2/startup.h
const RUN_LIMIT_MS = 120_000;

const COMMON_FLAGS = ["-ffunction-sections", "-fdata-sections"];
const INCLUDES = ["-Iboards", "-Iboards/engine", "-Iboards/bench"];
const M4_FLAGS = ["-mthumb", "-mcpu=cortex-m4"];
const M4_LINK = [
  "--specs=nano.specs",
  "-nostartfiles",
  "-Wl,-T,boards/bench/mps2/mps2.ld",
  "-Wl,--gc-sections",
  "-Wl,-z,noexecstack",
  "-Wl,--no-warn-rwx-segments",
];

export type Machine = "host" | "m4";

/** A core for a program: files to compile, each with its flags. */
export interface Parts {
  files: { path: string; flags: string[] }[];
  /** For all files. */
  flags: string[];
}

/** What a run says. */
export interface Counted {
  /** Instructions counted of a loop of 1,000,000; 0 on the host. */
  calibration: number;
  ticks: number;
  /** Instructions of a tick. */
  mean: number;
  worst: number;
  worst_at: number;
  /** HAL calls, all that passed in them folded, and the memory's final contents folded. */
  calls: number;
  fold: string;
  fram: string;
}

function cFiles(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".c"));
  return names.sort().map((name) => join(folder, name));
}

/** The hand-written twin of the meter core. */
export function twinParts(): Parts {
  const files = cFiles("boards/bench/twin").map((path) => ({ path, flags: OWN_FLAGS }));
  return { files, flags: [] };
}

/** A core as C by wasm2c; what it generates is put into `folder`. */
export function wasm2cParts(wasm: Uint8Array, folder: string): Parts {
  const { memory_size } = generateCore(wasm, folder);
  return {
    files: [
      { path: join(folder, "core.c"), flags: CORE_FLAGS },
      { path: "boards/engine/engine_wasm2c.c", flags: OWN_FLAGS },
    ],
    flags: [`-I${folder}`, `-DWRT_MEM_SIZE=${memory_size}`],
  };
}

/** A core under WAMR; its bytes as C are put into `folder`. The loop of the interpreter is compiled for
 *  speed, all else of it for size. */
export function interpretedParts(
  wasm: Uint8Array,
  folder: string,
  machine: Machine,
  interpreter: Interpreter,
  pool_size?: number,
): Parts {
  const parts = wamrParts(machine === "m4" ? "cortex-m4" : "host", wasm, interpreter, pool_size);
  mkdirSync(folder, { recursive: true });
  const bytes = join(folder, "core_wasm.c");
  writeFileSync(bytes, parts.core_source);
  const vendor = parts.vendor.map((path) => {
    const optimisation = path.includes("/wasm_interp_") ? "-O2" : "-Os";
    return { path, flags: [...parts.vendor_flags, optimisation] };
  });
  const own = [...parts.own, bytes].map((path) => ({ path, flags: [...OWN_FLAGS, "-Os"] }));
  return {
    files: [...vendor, ...own],
    flags: [
      ...parts.includes.map((folder) => `-I${folder}`),
      ...parts.defines.map((define) => `-D${define}`),
    ],
  };
}

/** Compiles and links `parts` with the board and main.c; returns the program's path. */
export function makeProgram(
  parts: Parts,
  machine: Machine,
  folder: string,
  flags: string[],
): string {
  mkdirSync(folder, { recursive: true });
  const compiler = machine === "m4" ? "arm-none-eabi-gcc" : (process.env["CC"] ?? "cc");
  const target = machine === "m4" ? M4_FLAGS : [];
  const board = ["boards/bench/board.c", "boards/bench/main.c"];
  if (machine === "m4") board.push(...cFiles("boards/bench/mps2"));
  const own = board.map((path) => ({ path, flags: [...OWN_FLAGS, "-O2"] }));
  const cores = parts.files.map((file) => ({ ...file, flags: [...flags, ...file.flags] }));
  const objects = [...own, ...cores].map((file) => {
    const object = join(folder, `${basename(file.path)}.o`);
    const all = [...target, ...COMMON_FLAGS, ...INCLUDES, ...parts.flags, ...file.flags];
    execFileSync(compiler, [...all, "-c", file.path, "-o", object], { cwd: ROOT });
    return object;
  });
  const program = join(folder, "count");
  const link =
    machine === "m4"
      ? [...target, ...M4_LINK]
      : ["-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"];
  execFileSync(compiler, [...link, ...objects, "-lc", "-lm", "-lgcc", "-o", program], {
    cwd: ROOT,
  });
  return program;
}

function parse(said: string): Counted {
  const numbers = new Map<string, string>();
  const words = said.split(/\s+/);
  words.forEach((word, index) => numbers.set(word, words[index + 1] ?? ""));
  const number = (name: string): number => {
    const value = Number(numbers.get(name));
    if (!Number.isInteger(value)) throw new Error(`no ${name} in: ${said}`);
    return value;
  };
  const ticks = number("ticks");
  return {
    calibration: number("calibration"),
    ticks,
    mean: number("all") / ticks,
    worst: number("worst"),
    worst_at: number("at"),
    calls: number("calls"),
    fold: numbers.get("fold") ?? "",
    fram: numbers.get("fram") ?? "",
  };
}

/** Runs the load in the file `load`; throws with what the program said when the core trapped. `memory`:
 *  file for the memory's final contents, on the host only. */
export function runLoad(program: string, machine: Machine, load: string, memory?: string): Counted {
  const [command, options] =
    machine === "host"
      ? [program, memory === undefined ? [load] : [load, memory]]
      : [
          "qemu-system-arm",
          ["-M", "mps2-an386", "-icount", "shift=0", "-nographic", "-monitor", "none"].concat(
            ["-serial", "none", "-semihosting-config", "enable=on,target=native"],
            ["-device", `loader,file=${load},addr=${LOAD_ADDRESS},force-raw=on`],
            ["-kernel", program],
          ),
        ];
  const { status, stdout, stderr } = spawnSync(command, options, {
    encoding: "utf8",
    timeout: RUN_LIMIT_MS,
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`);
  return parse(stdout + stderr);
}
