/** Small images for the emulated Pico, compiled from C or assembly by the test that runs them. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import crc32mpeg2 from "crc/calculators/crc32mpeg2";

import { needArm } from "../../scripts/need.ts";

const BOOT2_SIZE = 252;
const FLAGS = ["-mcpu=cortex-m0plus", "-mthumb", "-O1", "-ffreestanding", "-nostdlib", "-Wall"];

/** Vectors at `origin`; memory begins with section .first. */
function linkerScript(origin: number): string {
  return `SECTIONS {
  . = ${origin};
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) . = ALIGN(4); }
  load = .;
  . = 0x20000000;
  .data : AT(load) { KEEP(*(.first)) *(.data*) . = ALIGN(4); }
  .bss : { *(.bss*) *(COMMON) }
  /DISCARD/ : { *(.ARM.exidx*) *(.comment) *(.ARM.attributes) }
}
`;
}

export interface Built {
  bytes: Uint8Array;
  /** Addresses by name. */
  symbols: Map<string, number>;
}

function run(command: string, args: string[]): string {
  const result = spawnSync(command, args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}\n${result.stderr}`);
  return result.stdout;
}

/** Compiles one source ("c" or "S") to what lies from `origin` on; `elf` gets a copy of the program. */
export function compileArm(
  kind: "c" | "S",
  source: string,
  origin: number,
  flags: string[] = [],
  elf?: string,
): Built {
  needArm();
  const folder = mkdtempSync(join(tmpdir(), "rp2040-"));
  try {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at(`image.${kind}`), source);
    writeFileSync(at("image.ld"), linkerScript(origin));
    const program = elf ?? at("image.elf");
    const link = ["-T", at("image.ld"), "-o", program, at(`image.${kind}`)];
    run("arm-none-eabi-gcc", [...FLAGS, ...flags, ...link]);
    run("arm-none-eabi-objcopy", ["-O", "binary", program, at("image.bin")]);
    const symbols = run("arm-none-eabi-nm", [program])
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .map(([address, , name]): [string, number] => [name, parseInt(address, 16)]);
    return { bytes: new Uint8Array(readFileSync(at("image.bin"))), symbols: new Map(symbols) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Puts a second-stage boot before a program linked at 0x10000100: the emulator checks it, nobody runs it. */
export function withBoot2(program: Uint8Array): Uint8Array {
  const image = new Uint8Array(256 + program.length);
  for (let index = 0; index < BOOT2_SIZE; index += 2) image.set([0x00, 0xbf], index); // NOP
  const crc = crc32mpeg2(image.subarray(0, BOOT2_SIZE)) >>> 0;
  new DataView(image.buffer).setUint32(BOOT2_SIZE, crc, true);
  image.set(program, 256);
  return image;
}
