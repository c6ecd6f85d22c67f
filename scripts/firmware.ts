/** The images of the two Picos: build/pico/{meter,panel}-{engine}.{elf,bin,uf2}. The same sources give
 *  the same bytes wherever and whenever they are built. Run by itself it makes all of them and prints
 *  their sizes; arguments choose the images whose names contain one of them. */

import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { OWN_FLAGS } from "../boards/engine/wasm2c.ts";
import { ENGINES, type EngineParts, type Source } from "../boards/pico/engines.ts";
import { sealBoot2, toUf2 } from "../boards/pico/image.ts";
import { deepestStack } from "../boards/pico/stack.ts";
import { build, newestMs } from "./build.ts";
import { needArm } from "./need.ts";

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = "build/pico";
/** The last one holds the deepest stack in bytes, or nothing when that is not known. */
const SUFFIXES = ["elf", "bin", "uf2", "stack"];

export const ROLES = ["meter", "panel"];
/** Engines that images are made for, in the order of the report. */
export const ENGINE_NAMES = Object.keys(ENGINES);

const PARALLEL = 2;
const CC = "arm-none-eabi-gcc";
const OBJCOPY = "arm-none-eabi-objcopy";
const SIZE = "arm-none-eabi-size";

const CPU_FLAGS = ["-mcpu=cortex-m0plus", "-mthumb"];
/** No path of this host gets into an object. Unused functions and data are left out by the linker. */
const ALL_FLAGS = [
  ...CPU_FLAGS,
  `-ffile-prefix-map=${ROOT}=`,
  "-ffunction-sections",
  "-fdata-sections",
  "-fno-common",
  "-fcallgraph-info=su",
  "-Iboards",
];
const BOARD_FLAGS = [...OWN_FLAGS, "-Os"];
const BOARD = ["start", "main", "hal", "pins", "clocks", "ticks", "inputs", "spi", "uart", "i2c"];
const BOARD_SOURCES = [...BOARD, "adc", "memory", "record"].map((name) => `boards/pico/${name}.c`);
const LINK_FLAGS = [
  ...CPU_FLAGS,
  "-nostartfiles",
  "-specs=nano.specs",
  "-Wl,--gc-sections,--strip-debug,--build-id=none,--fatal-warnings",
  "-Wl,-z,noexecstack", // the assembler file of WAMR does not say so itself
  "-Tboards/pico/pico.ld",
];

/** An image and what it takes of the chip, bytes. */
export interface ImageReport {
  name: string;
  flash_size: number;
  /** Data and the room for the stack. */
  ram_size: number;
  stack_size: number;
  /** Most of the stack that can be in use; null: not known for this engine. */
  stack_depth: number | null;
}

async function compile({ file, flags }: Source, object: string): Promise<string> {
  await run(CC, [...ALL_FLAGS, ...flags, "-c", file, "-o", object], { cwd: ROOT });
  return object;
}

/** The second-stage boot with its checksum, as an object. */
async function makeBoot2(folder: string): Promise<string> {
  const code = join(folder, "boot2_code");
  await compile({ file: "boards/pico/boot2.S", flags: [] }, `${code}.o`);
  await run(OBJCOPY, ["-O", "binary", "-j", ".boot2", `${code}.o`, `${code}.bin`]);
  const bytes = [...sealBoot2(readFileSync(`${code}.bin`))];
  const sealed = join(folder, "boot2.S");
  writeFileSync(sealed, `.section .boot2, "a"\n.byte ${bytes.join(", ")}\n`);
  return compile({ file: relative(ROOT, sealed), flags: [] }, join(folder, "boot2.o"));
}

/** All objects of an image, in the order in which they are linked. */
async function compileAll(role: string, parts: EngineParts, folder: string): Promise<string[]> {
  const role_flag = `-DROLE_${role.toUpperCase()}`;
  const board = BOARD_SOURCES.map((file) => ({ file, flags: [...BOARD_FLAGS, role_flag] }));
  const sources = [...board, ...parts.sources];
  const objects = sources.map((_source, index) => join(folder, `${index}.o`));
  const waiting = sources.map((source, index) => ({ source, object: objects[index] }));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await compile(next.source, next.object);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return [await makeBoot2(folder), ...objects];
}

/** The deepest stack, of what the compiler left beside the objects. */
function stackText(objects: string[], pointed: string[] | undefined): string {
  if (pointed === undefined) return "";
  const graphs = objects.map((object) => object.replace(/o$/, "ci")).filter((ci) => existsSync(ci));
  return `${deepestStack(
    graphs.map((ci) => readFileSync(ci, "utf8")),
    pointed,
  )}\n`;
}

/** Makes the image of `wasm` for the board of `role` in a folder of its own and moves the result, so that
 *  nobody reads half a file: build/pico/NAME with each of SUFFIXES. Tests make images of other cores. */
export async function makeImage(
  wasm: Uint8Array,
  role: string,
  engine: string,
  name = `${role}-${engine}`,
): Promise<void> {
  needArm();
  mkdirSync(join(ROOT, FOLDER, dirname(name)), { recursive: true });
  const fresh = mkdtempSync(join(ROOT, FOLDER, ".new-"));
  const path = (suffix: string): string => join(fresh, `image.${suffix}`);
  try {
    const core = join(fresh, "core");
    mkdirSync(core);
    const parts = await ENGINES[engine](wasm, { role, folder: core, root: ROOT });
    const objects = await compileAll(role, parts, fresh);
    const stack = `-Wl,--defsym=STACK_SIZE=${parts.stack_size}`;
    await run(CC, [...LINK_FLAGS, stack, ...objects, "-lm", "-o", path("elf")], { cwd: ROOT });
    await run(OBJCOPY, ["-O", "binary", path("elf"), path("bin")]);
    writeFileSync(path("uf2"), toUf2(readFileSync(path("bin"))));
    writeFileSync(path("stack"), stackText(objects, parts.pointed));
    for (const suffix of SUFFIXES) {
      renameSync(path(suffix), join(ROOT, FOLDER, `${name}.${suffix}`));
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

function isUpToDate(role: string, engine: string): boolean {
  const files = SUFFIXES.map((suffix) => join(ROOT, FOLDER, `${role}-${engine}.${suffix}`));
  if (!files.every((file) => existsSync(file))) return false;
  const built_ms = Math.min(...files.map((file) => statSync(file).mtimeMs));
  const inputs = ["boards/pico", "boards/engine", "boards/hal.h", "scripts/firmware.ts"];
  const all = [...inputs, `build/${role}.wasm`];
  return all.every((name) => newestMs(join(ROOT, name)) < built_ms);
}

/** Brings images up to date, all by default; throws with the compiler's words when one is not made. */
export async function firmware(roles = ROLES, engines = ENGINE_NAMES): Promise<void> {
  await build();
  for (const role of roles) {
    for (const engine of engines) {
      if (isUpToDate(role, engine)) continue;
      await makeImage(readFileSync(join(ROOT, `build/${role}.wasm`)), role, engine);
    }
  }
}

/** Sizes of an image that was made. */
export async function imageReport(role: string, engine: string): Promise<ImageReport> {
  const name = `${role}-${engine}`;
  const path = join(ROOT, FOLDER, name);
  const { stdout } = await run(SIZE, ["-A", `${path}.elf`]);
  const section = (wanted: string): number => {
    const line = stdout.split("\n").find((text) => text.startsWith(`${wanted} `));
    return Number(line?.split(/\s+/)[1] ?? 0);
  };
  const stack_size = section(".stack");
  const ram_size = stack_size + section(".data") + section(".bss");
  const depth = readFileSync(`${path}.stack`, "utf8").trim();
  const stack_depth = depth === "" ? null : Number(depth);
  return { name, flash_size: statSync(`${path}.bin`).size, ram_size, stack_size, stack_depth };
}

function kibibytes(size: number): string {
  return `${(size / 1024).toFixed(1)} KiB`.padStart(10);
}

async function main(words: string[]): Promise<void> {
  const isChosen = (name: string): boolean =>
    words.length === 0 || words.some((word) => name.includes(word));
  console.log("image            flash       RAM   stack in RAM, bytes (deepest)");
  for (const role of ROLES) {
    for (const engine of ENGINE_NAMES) {
      if (!isChosen(`${role}-${engine}`)) continue;
      await firmware([role], [engine]);
      const { name, flash_size, ram_size, stack_size, stack_depth } = await imageReport(
        role,
        engine,
      );
      const sizes = [flash_size, ram_size].map(kibibytes).join("");
      const stack = `${stack_size} (${stack_depth ?? "not reckoned"})`;
      console.log(`${name.padEnd(12)}${sizes}   ${stack}`);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    process.stderr.write(stderr ? String(stderr) : `${String(error)}\n`);
    process.exitCode = 1;
  }
}
