/** Small cores that try what a board owes (boards/HAL.md), and one emulated Pico that runs them. What a
 *  core finds out it sends over the link as 32-bit numbers. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { makeImage } from "../../scripts/firmware.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MEMORY_SIZE = 1024;
const CALLS: [name: string, parameters: number, has_result: boolean][] = [
  ["now_us", 0, true],
  ["spi", 3, false],
  ["uart_open", 3, false],
  ["uart_read", 3, true],
  ["uart_write", 3, true],
  ["uart_idle_us", 1, true],
  ["i2c", 4, true],
  ["pin_read", 1, true],
  ["pin_write", 2, false],
  ["adc", 1, true],
  ["watchdog", 0, false],
  ["fault", 2, false],
  ["boot_reason", 0, true],
];

/** A call of the HAL in WAT; numbers become constants. */
export function call(name: string, ...values: (number | string)[]): string {
  const list = values.map((value) =>
    typeof value === "number" ? `(i32.const ${value})` : `(${value})`,
  );
  return `(call $${name} ${list.join(" ")})`;
}

/** Sends a number; its bytes stand at the end of memory on their way. */
export function report(value: string): string {
  const place = MEMORY_SIZE - 4;
  return `(i32.store (i32.const ${place}) ${value}) (drop ${call("uart_write", 0, place, 4)})`;
}

/** What happens at tick `number`, the first is 1. */
export function at(number: number, body: string): string {
  return `(if (i32.eq (global.get $tick) (i32.const ${number})) (then ${body}))`;
}

/** A core that opens the link and says why it started, then does `init` and at each tick `tick`. */
function source(init: string, tick: string): string {
  const imports = CALLS.map(([name, parameters, has_result]) => {
    const types = "i32 ".repeat(parameters);
    const result = has_result ? "(result i32)" : "";
    return `(import "hal" "${name}" (func $${name} (param ${types}) ${result}))`;
  });
  return `(module
    ${imports.join("\n    ")}
    (memory (export "memory") 1 1)
    (global (export "__heap_base") i32 (i32.const ${MEMORY_SIZE}))
    (global (export "__data_end") i32 (i32.const 0))
    (global $tick (mut i32) (i32.const 0))
    (func (export "init")
      ${call("uart_open", 0, 115200, 0)}
      ${report(call("boot_reason"))}
      ${init})
    (func (export "tick")
      (global.set $tick (i32.add (global.get $tick) (i32.const 1)))
      ${call("watchdog")}
      ${tick}))`;
}

export interface Guest {
  chip: Chip;
  /** Numbers that the core sent, and when the last byte of each had left, us. */
  reports: { value: number; time_us: number }[];
  /** What the processor refused. */
  hard_faults: string[];
}

/** The image of such a core for the board of `role`, started. */
export async function startGuest(
  role: string,
  name: string,
  init: string,
  tick: string,
): Promise<Guest> {
  const folder = mkdtempSync(join(tmpdir(), "meter39-guest-"));
  const wasm = join(folder, "guest.wasm");
  try {
    writeFileSync(join(folder, "guest.wat"), source(init, tick));
    const wat2wasm = join(ROOT, "node_modules/wabt/bin/wat2wasm");
    execFileSync(process.execPath, [wat2wasm, join(folder, "guest.wat"), "-o", wasm]);
    await makeImage(readFileSync(wasm), role, "c", name);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const hard_faults: string[] = [];
  const onHardFault = (text: string): void => void hard_faults.push(text);
  const chip = new Chip(readFileSync(join(ROOT, `build/pico/${name}.bin`)), { name, onHardFault });
  const reports: Guest["reports"] = [];
  let bytes: number[] = [];
  chip.uart(0).onByte = (byte, _start_us, end_us) => {
    bytes.push(byte);
    if (bytes.length < 4) return;
    reports.push({ value: Buffer.from(bytes).readInt32LE(), time_us: end_us });
    bytes = [];
  };
  return { chip, reports, hard_faults };
}
