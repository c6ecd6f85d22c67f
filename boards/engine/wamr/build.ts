/** What a build of the WAMR engine consists of: sources, include folders, defines. Compilers, their
 *  flags for a chip and the link are the caller's: scripts/firmware.ts for the boards, host.ts for the
 *  tests. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memorySize } from "../wasm2c.ts";
import { wamrCore } from "./fetch.ts";

const BOARDS = fileURLToPath(new URL("../..", import.meta.url));
const ENGINE = join(BOARDS, "engine");
const OWN = join(ENGINE, "wamr");

/** classic runs the .wasm file as it is, in RAM; fast makes code of its own of 3 to 4 times the size. */
export type Interpreter = "classic" | "fast";
export type WamrCpu = "host" | "cortex-m0plus" | "cortex-m4";

export interface WamrParts {
  /** C text with the core's bytes, to be compiled like the own sources. */
  core_source: string;
  /** Absolute paths of WAMR's sources, for -w and `vendor_flags`. */
  vendor: string[];
  /** Absolute paths of our sources, which stand all warnings. */
  own: string[];
  /** Absolute paths for -I, for all of them. */
  includes: string[];
  /** NAME=value for -D, for all of them. */
  defines: string[];
  vendor_flags: string[];
  /** Linear memory of the core, bytes. */
  memory_size: number;
  /** What WAMR takes all memory from, bytes of .bss. */
  pool_size: number;
}

const COMMON = ["wasm_runtime_common", "wasm_exec_env", "wasm_native", "wasm_memory"];
const INVOKE = {
  host: "invokeNative_em64.s",
  "cortex-m0plus": "invokeNative_thumb.s",
  "cortex-m4": "invokeNative_thumb.s",
};

/** WAMR's defaults switch on more than a core needs. */
const OFF = [
  "AOT",
  "GLOBAL_HEAP_POOL",
  "LIBC_BUILTIN",
  "LIBC_WASI",
  "LOG",
  "MODULE_INST_CONTEXT",
  "MULTI_MODULE",
  "QUICK_AOT_ENTRY",
  "REF_TYPES",
  "SHARED_MEMORY",
  "SIMD",
  "TAIL_CALL",
  "THREAD_MGR",
];

function sources(core: string, cpu: WamrCpu, interpreter: Interpreter): string[] {
  const common = [...COMMON, "wasm_loader_common"].map((name) => `iwasm/common/${name}.c`);
  const utils = ["bh_bitmap", "bh_common", "bh_log", "bh_leb128", "bh_list"];
  return [
    ...common,
    `iwasm/common/arch/${INVOKE[cpu]}`,
    "iwasm/interpreter/wasm_runtime.c",
    "iwasm/interpreter/wasm_loader.c",
    `iwasm/interpreter/wasm_interp_${interpreter}.c`,
    "shared/mem-alloc/mem_alloc.c",
    "shared/mem-alloc/ems/ems_alloc.c",
    "shared/mem-alloc/ems/ems_hmu.c",
    "shared/mem-alloc/ems/ems_kfc.c",
    ...utils.map((name) => `shared/utils/${name}.c`),
  ].map((name) => join(core, name));
}

function includes(core: string): string[] {
  const vendor = [
    "iwasm/common",
    "iwasm/include",
    "iwasm/interpreter",
    "shared/mem-alloc",
    "shared/platform/include",
    "shared/utils",
  ];
  const own = [BOARDS, ENGINE, join(OWN, "platform")];
  return [...own, ...vendor.map((name) => join(core, name))];
}

/** classic looks for the end of a block once and remembers it here, two places of 12 bytes to an entry.
 *  With WAMR's 64 a tick of the meter takes half as long again, with more than 256 no less. */
const BLOCK_CACHE_SIZE = 256;
const BLOCK_ENTRY_SIZE = 24;

function defines(cpu: WamrCpu, interpreter: Interpreter): string[] {
  const is_fast = interpreter === "fast";
  return [
    "BH_MALLOC=wasm_runtime_malloc",
    "BH_FREE=wasm_runtime_free",
    "WASM_ENABLE_INTERP=1",
    // memory.copy and memory.fill; the first for the section that comes with them.
    "WASM_ENABLE_BULK_MEMORY=1",
    "WASM_ENABLE_BULK_MEMORY_OPT=1",
    `WASM_ENABLE_FAST_INTERP=${is_fast ? 1 : 0}`,
    "WASM_ENABLE_SHRUNK_MEMORY=1",
    "WASM_DISABLE_HW_BOUND_CHECK=1",
    "WASM_DISABLE_STACK_HW_BOUND_CHECK=1",
    ...OFF.map((name) => `WASM_ENABLE_${name}=0`),
    ...(is_fast ? [] : [`BLOCK_ADDR_CACHE_SIZE=${BLOCK_CACHE_SIZE}`]),
    // The loader stores label addresses at odd halfwords, which a Cortex-M0+ faults on.
    ...(is_fast && cpu === "cortex-m0plus" ? ["WASM_ENABLE_LABELS_AS_VALUES=0"] : []),
  ];
}

/** The core's bytes as C text. WAMR reads the file's head as a word. */
function coreSource(wasm: Uint8Array): string {
  const bytes = Array.from(wasm, (byte) => byte.toString());
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 24) lines.push(bytes.slice(at, at + 24).join(","));
  return `#include <stdint.h>
extern const uint8_t core_wasm[CORE_WASM_SIZE] __attribute__((aligned(8)));
const uint8_t core_wasm[CORE_WASM_SIZE] = {
${lines.join(",\n")}};
`;
}

/** What WAMR takes from the pool besides linear memory on a 32-bit chip: bytes per byte of the .wasm
 *  file, and a rest that holds 3 KiB more than either core needed when the smallest pool was looked for
 *  (README.md). Pointers of the host are twice as long. */
const POOL = {
  classic: { share: 1.25, rest: 6_656 + BLOCK_CACHE_SIZE * BLOCK_ENTRY_SIZE },
  fast: { share: 4.75, rest: 4_096 },
};
const POOL_STEP = 8;

function poolSize(
  cpu: WamrCpu,
  interpreter: Interpreter,
  wasm_size: number,
  memory_size: number,
): number {
  const { share, rest } = POOL[interpreter];
  const size = memory_size + rest + wasm_size * share;
  return Math.ceil((cpu === "host" ? 2 * size : size) / POOL_STEP) * POOL_STEP;
}

/** The parts of the engine that runs `wasm` on `cpu`; fetches WAMR at the first call (fetch.ts). */
export function wamrParts(
  cpu: WamrCpu,
  wasm: Uint8Array,
  interpreter: Interpreter = "classic",
  pool_size?: number,
): WamrParts {
  const core = wamrCore();
  const memory_size = memorySize(wasm);
  const pool = pool_size ?? poolSize(cpu, interpreter, wasm.length, memory_size);
  return {
    core_source: coreSource(wasm),
    vendor: sources(core, cpu, interpreter),
    own: [join(OWN, "engine_wamr.c"), join(OWN, "platform/platform.c")],
    includes: includes(core),
    defines: [
      ...defines(cpu, interpreter),
      `CORE_WASM_SIZE=${wasm.length}`,
      `WAMR_POOL_SIZE=${pool}`,
    ],
    // Else the linker warns that the assembly wants a stack that can be executed.
    vendor_flags: ["-std=gnu11", "-w", "-Wa,--noexecstack"],
    memory_size,
    pool_size: pool,
  };
}
