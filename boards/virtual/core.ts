/** The seam between a board and whatever runs a core: V8 here, C code or a test suite elsewhere. */

import { existsSync, readFileSync } from "node:fs";
import type { McuName } from "./events.ts";

/** The calls of boards/HAL.md, numbers only. Guest addresses are offsets into the attached memory. */
export interface HalImports {
  /** Tells the board where the core's memory is; before the first call that takes an address. */
  attach(memory: WebAssembly.Memory | Uint8Array): void;
  now_ms(): number;
  now_us(): number;
  spi(device: number, address: number, size: number): void;
  uart_open(port: number, baud: number, format: number): void;
  uart_read(port: number, address: number, capacity: number): number;
  uart_write(port: number, address: number, size: number): number;
  uart_idle_us(port: number): number;
  i2c(device: number, address: number, write_size: number, read_size: number): number;
  pin_read(pin: number): number;
  pin_write(pin: number, level: number): void;
  adc(channel: number): number;
  watchdog(): void;
  fault(code: number, detail: number): void;
  boot_reason(): number;
}

/** One life of a core, from start to restart. */
export interface RunningCore {
  init(): void;
  tick(): void;
}

/** Something that can be started any number of times, each time with fresh state. */
export interface Core {
  start(hal: HalImports): RunningCore;
}

/** A core from the bytes of a .wasm that imports "hal" and exports init, tick and memory. */
export function wasmCore(bytes: Uint8Array): Core {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  return {
    start(hal) {
      const imports = { hal: hal as unknown as WebAssembly.ModuleImports };
      const { exports } = new WebAssembly.Instance(module, imports);
      const { memory, init, tick } = exports;
      if (!(memory instanceof WebAssembly.Memory)) throw new Error("core exports no memory");
      if (typeof init !== "function" || typeof tick !== "function") {
        throw new Error("core exports no init or tick");
      }
      hal.attach(memory);
      return { init: init as () => void, tick: tick as () => void };
    },
  };
}

const release_cores = new Map<McuName, Core>();

/** The release build of one MCU, build/meter.wasm or build/panel.wasm (npm run build:wasm). */
export function releaseCore(name: McuName): Core {
  let core = release_cores.get(name);
  if (!core) {
    const url = new URL(`../../build/${name}.wasm`, import.meta.url);
    if (!existsSync(url))
      throw new Error(`build/${name}.wasm is missing: run "npm run build:wasm"`);
    core = wasmCore(readFileSync(url));
    release_cores.set(name, core);
  }
  return core;
}
