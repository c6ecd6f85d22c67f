/** A core's .wasm to a program of the host: wasm2c, one changed line, the C compiler, and replay.c
 *  around it. What it makes stands in one folder: core.c, core.h, replay. Run by itself it does so
 *  for both release cores, into build/engine. Needs node_modules (wabt) and a C compiler. A board
 *  with a compiler of its own takes core.c and core.h. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WASM2C = join(ROOT, "node_modules/wabt/bin/wasm2c");
const MEMORY_STEP = 16;

/** The bounds check that wasm2c writes, and the same against a constant: the size is known, and the
 *  compiler then proves most checks away (facts in README.md). */
const CHECK = "if (UNLIKELY(a + (uint64_t)sizeof(t) > mem->size)) \\";
const CONSTANT_CHECK =
  "if (UNLIKELY(a > WRT_MEM_SIZE - sizeof(t) || WRT_MISPLACED(a, sizeof(t)))) \\";

/** Flags of the generated code. -w: it warns by the thousand. inline: small functions stay calls at
 *  -Os otherwise, several times slower. */
export const CORE_FLAGS = ["-std=gnu99", "-w", "-Dinline=inline __attribute__((always_inline))"];
export const OWN_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];
const ALL_FLAGS = ["-g", "-ffunction-sections", "-Iboards", "-Iboards/engine"];

/** Facts about a program that was made. */
export interface CProgram {
  /** Path of the program; the only argument of replay.c is a recording. */
  replay: string;
  /** Linear memory, bytes. */
  memory_size: number;
  /** Lines of generated C. */
  line_count: number;
}

/** `source` with the bounds check against the constant; throws unless there is exactly one. */
export function checkAgainstConstant(source: string): string {
  const parts = source.split(CHECK);
  if (parts.length !== 2) throw new Error(`${parts.length - 1} bounds checks in wasm2c's output`);
  return parts.join(CONSTANT_CHECK);
}

/** The loads and stores of wasm2c's output. */
const PLACE = "MEM_ADDR_MEMOP(mem, addr, sizeof(t1))";

/** `source` for a processor that faults on unaligned numbers: the compiler may take every number for
 *  aligned, as the cores keep them; else it moves single bytes, several times slower. */
export function assumeAligned(source: string): string {
  const parts = source.split(PLACE);
  if (parts.length !== 3) throw new Error(`${parts.length - 1} places in wasm2c's output`);
  return parts.join(`__builtin_assume_aligned(${PLACE}, sizeof(t1))`);
}

/** Bytes of linear memory that the core needs: its __heap_base, rounded up. */
export function memorySize(wasm: Uint8Array): number {
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const hal: WebAssembly.ModuleImports = {};
  for (const { name } of WebAssembly.Module.imports(module)) hal[name] = () => 0;
  const { exports } = new WebAssembly.Instance(module, { hal });
  const { __heap_base: heap_base } = exports;
  if (!(heap_base instanceof WebAssembly.Global)) throw new Error("core exports no __heap_base");
  return Math.ceil(Number(heap_base.value) / MEMORY_STEP) * MEMORY_STEP;
}

/** The C compiler of this host. */
function compiler(): string {
  return process.env["CC"] ?? "cc";
}

function compile(flags: string[], source: string, object: string): void {
  const options = [...flags, "-c", source, "-o", object];
  execFileSync(compiler(), options, { cwd: ROOT, stdio: "pipe" }); // an error then has its words
}

/** True when the compiler's address and undefined-behaviour sanitizers work on this host. */
export function hasSanitizers(): boolean {
  const input = "int main(void) { return 0; }\n";
  const options = [...SANITIZE, "-x", "c", "-", "-o", "/dev/null"];
  try {
    execFileSync(compiler(), options, { input, stdio: ["pipe", "ignore", "ignore"] });
    return true;
  } catch {
    return false;
  }
}

/** Flags for a program that stops at the first undefined behaviour or bad access, and whose core
 *  traps at an unaligned one. */
export const SANITIZE = [
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=all",
  "-DWRT_STRICT",
];

/** Facts about C that was made: core.c and core.h. */
export interface CoreSource {
  /** Linear memory, bytes. */
  memory_size: number;
  /** Lines of generated C. */
  line_count: number;
}

/** Writes core.wasm, core.c and core.h into `folder`; `adapt` changes the C before it is written. */
export function generateCore(
  wasm: Uint8Array,
  folder: string,
  adapt: (source: string) => string = (source) => source,
): CoreSource {
  mkdirSync(folder, { recursive: true });
  const path = (name: string): string => join(folder, name);
  writeFileSync(path("core.wasm"), wasm);
  execFileSync(process.execPath, [WASM2C, path("core.wasm"), "-n", "core", "-o", path("core.c")], {
    stdio: "pipe",
  });
  const source = adapt(checkAgainstConstant(readFileSync(path("core.c"), "utf8")));
  writeFileSync(path("core.c"), source);
  return { memory_size: memorySize(wasm), line_count: source.split("\n").length };
}

/** Makes the program for `wasm` in `folder`, with `flags` for optimisation or sanitizers; `board` is the
 *  board in C around it, a path below the project. */
export function compileCore(
  wasm: Uint8Array,
  folder: string,
  flags: string[],
  board = "boards/engine/host/replay.c",
): CProgram {
  const path = (name: string): string => join(folder, name);
  const { memory_size, line_count } = generateCore(wasm, folder);
  const all = [...ALL_FLAGS, `-I${folder}`, `-DWRT_MEM_SIZE=${memory_size}`, ...flags];
  compile([...all, ...CORE_FLAGS], path("core.c"), path("core.o"));
  const objects = [path("core.o")];
  for (const source of ["boards/engine/engine_wasm2c.c", board]) {
    const object = path(`${basename(source, ".c")}.o`);
    compile([...all, ...OWN_FLAGS], source, object);
    objects.push(object);
  }
  const replay = path(basename(board, ".c"));
  execFileSync(compiler(), [...flags, ...objects, "-Wl,--gc-sections", "-o", replay], {
    cwd: ROOT,
    stdio: "pipe",
  });
  return { replay, memory_size, line_count };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of ["meter", "panel"]) {
    const wasm = readFileSync(join(ROOT, `build/${name}.wasm`));
    const { memory_size, line_count } = compileCore(wasm, join(ROOT, "build/engine", name), [
      "-O2",
    ]);
    console.log(`${name}: ${line_count} lines of C, ${memory_size} bytes of memory`);
  }
}
