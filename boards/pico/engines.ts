/** The engines that a Pico image can hold. An engine turns a core into C files that, linked with those of
 *  this folder, provide boards/engine/engine.h. Another engine is one more entry of the table. */

import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { wamrParts as partsOfWamr, type Interpreter } from "../engine/wamr/build.ts";
import { wamrCore } from "../engine/wamr/fetch.ts";
import { assumeAligned, CORE_FLAGS, generateCore, OWN_FLAGS } from "../engine/wasm2c.ts";

/** A source of an image, named from the root of the project, and its flags beyond those of all. */
export interface Source {
  file: string;
  flags: string[];
}

/** What an engine adds to an image. */
export interface EngineParts {
  sources: Source[];
  /** Room for the stack, bytes; a multiple of 8. */
  stack_size: number;
  /** The functions that the engine calls through pointers; without them the depth of the stack is not
   *  reckoned. */
  pointed?: string[];
}

/** Where an image is made. */
export interface Place {
  /** meter or panel. */
  role: string;
  /** Is there, empty, and goes when the image is done. */
  folder: string;
  /** The compiler's working folder. */
  root: string;
}

/** Makes the parts for `wasm`. */
export type Engine = (wasm: Uint8Array, place: Place) => Promise<EngineParts>;

/** More than one and a half times what the deepest chain of calls takes; a test watches it. */
const WASM2C_STACK_SIZE = 1664;

/** Facts: -Os is as fast as -O2 on this processor once loads and stores are inline, and smaller. */
async function wasm2cParts(wasm: Uint8Array, { folder, root }: Place): Promise<EngineParts> {
  const { memory_size } = generateCore(wasm, folder, assumeAligned);
  const shared = [
    `-I${relative(root, folder)}`,
    "-Iboards/engine",
    `-DWRT_MEM_SIZE=${memory_size}`,
  ];
  return {
    sources: [
      { file: relative(root, `${folder}/core.c`), flags: [...shared, ...CORE_FLAGS, "-Os"] },
      {
        file: "boards/engine/engine_wasm2c.c",
        flags: [...shared, ...OWN_FLAGS, "-Os"],
      },
    ],
    stack_size: WASM2C_STACK_SIZE,
    pointed: ["instantiate", "w2c_core_init", "w2c_core_tick"],
  };
}

/** The interpreter calls through pointers: measured, it takes 2 KiB (../engine/wamr/README.md). */
const WAMR_STACK_SIZE = 3072;
/** The fast interpreter where its code fits into memory: the panel's does not. A core that has grown out of
 *  its pool does not start, which the tests notice; then it takes the classic one. */
const INTERPRETERS: Record<string, Interpreter> = { meter: "fast", panel: "classic" };
/** Of an image with the fast interpreter; the pool takes what is left. */
const RAM_SIZE = 128 * 1024;
/** Data of the board and of WAMR but for the pool, with some to spare. */
const BOARD_SIZE = 2048;
const FAST_POOL_SIZE = RAM_SIZE - WAMR_STACK_SIZE - BOARD_SIZE;
/** The interpreter, and the loader, which a start waits for. */
const FAST_FILES = /\/wasm_(interp_\w+|loader)\.c$/;

async function wamrParts(wasm: Uint8Array, { role, folder }: Place): Promise<EngineParts> {
  const parts =
    INTERPRETERS[role] === "fast"
      ? partsOfWamr("cortex-m0plus", wasm, "fast", FAST_POOL_SIZE)
      : partsOfWamr("cortex-m0plus", wasm);
  const core = join(folder, "core_wasm.c");
  writeFileSync(core, parts.core_source);
  const shared = [
    ...parts.includes.map((path) => `-I${path}`),
    ...parts.defines.map((define) => `-D${define}`),
    `-ffile-prefix-map=${wamrCore()}=wamr`,
  ];
  const own = [...parts.own, core].map((file) => ({
    file,
    flags: [...shared, ...OWN_FLAGS, "-Os"],
  }));
  const vendor = parts.vendor.map((file) => {
    const level = FAST_FILES.test(file) ? "-O2" : "-Os";
    return { file, flags: [...shared, ...parts.vendor_flags, level] };
  });
  return { sources: [...own, ...vendor], stack_size: WAMR_STACK_SIZE };
}

export const ENGINES: Record<string, Engine> = {
  c: wasm2cParts,
  wamr: wamrParts,
};
