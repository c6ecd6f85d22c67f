/** The instruction set of the emulated core against QEMU's Cortex-M0 (-M microbit): the same cases, the same
 *  program, registers, flags and memory compared. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { ConsoleLogger, LogLevel, RP2040 } from "rp2040js";

import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { needQemu } from "../../scripts/need.ts";
import { drawCases, type IsaCase, isaProgram, RESULT_WORDS } from "./rp2040-isa.ts";
import { compileArm, withBoot2 } from "./rp2040-kit.ts";

const CASES_OF_A_FORMAT = 24;
const FIELDS = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "sp", "lr", "flags"];
const COMPARED = 15;
const FLAGS_MASK = 0xf0000000;

/** The emulator looks on at these addresses. */
const WATCHED = `
        .global emit, begin, finish
        .thumb_func
emit:   bx      lr
        .thumb_func
begin:  bx      lr
        .thumb_func
finish: b       finish
`;

/** Semihosting: SYS_OPEN ":tt", SYS_WRITE, SYS_EXIT (Arm semihosting specification). */
const SEMIHOSTED = `
        .thumb_func
begin:  movs    r0, #1
        ldr     r1, =opening
        bkpt    0xab
        ldr     r1, =writing
        ldr     r2, =handle
        str     r0, [r2]
        bx      lr
        .thumb_func
emit:   ldr     r0, =handle
        ldr     r2, [r0]
        ldr     r1, =block
        str     r2, [r1]
        ldr     r2, =result
        str     r2, [r1, #4]
        movs    r2, #${RESULT_WORDS * 4}
        str     r2, [r1, #8]
        movs    r0, #5
        bkpt    0xab
        bx      lr
        .thumb_func
finish: movs    r0, #0x18
        ldr     r1, =0x20026
        bkpt    0xab
writing: b      writing
        .ltorg
        .align 2
opening: .word  name, 5, 3
name:   .asciz  ":tt"
        .align 2
        .comm   handle, 4, 4
        .comm   block, 12, 4
`;

function onQemu(cases: IsaCase[]): Uint32Array {
  const folder = mkdtempSync(join(tmpdir(), "rp2040-isa-"));
  try {
    const elf = join(folder, "isa.elf");
    compileArm("S", isaProgram(cases, SEMIHOSTED), 0, [], elf);
    const machine = ["-M", "microbit", "-display", "none", "-serial", "none", "-monitor", "none"];
    const options = [...machine, "-semihosting", "-kernel", elf];
    const ran = spawnSync("qemu-system-arm", options, { timeout: 60_000, maxBuffer: 1 << 26 });
    assert.equal(ran.status, 0, String(ran.stderr));
    return new Uint32Array(new Uint8Array(ran.stdout).buffer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function onChip(cases: IsaCase[]): Uint32Array {
  const { bytes, symbols } = compileArm("S", isaProgram(cases, WATCHED), 0x10000100);
  const chip = new Chip(withBoot2(bytes), { name: "isa" });
  const results: number[] = [];
  const at = symbols.get("result")! - 0x20000000;
  let done = false;
  chip.hook(symbols.get("emit")!, () => {
    results.push(...new Uint32Array(chip.sram.slice(at, at + RESULT_WORDS * 4).buffer));
  });
  chip.hook(symbols.get("finish")!, () => (done = true));
  for (let time_us = 10_000; !done && time_us < 1e7; time_us += 10_000) chip.runTo(time_us);
  assert.ok(done, "the program ends");
  return new Uint32Array(results);
}

/** rp2040js as it comes. */
function onStock(cases: IsaCase[]): Uint32Array {
  const { bytes, symbols } = compileArm("S", isaProgram(cases, WATCHED), 0x10000100);
  const stock = new RP2040();
  stock.logger = new ConsoleLogger(LogLevel.Error, false);
  stock.flash.set(withBoot2(bytes));
  const { core } = stock;
  core.VTOR = 0x10000100;
  core.reset();
  const results: number[] = [];
  const at = symbols.get("result")! - 0x20000000;
  for (let step = 0; core.PC !== symbols.get("finish") && step < 1e7; step++) {
    if (core.PC === symbols.get("emit")) {
      results.push(...new Uint32Array(stock.sram.slice(at, at + RESULT_WORDS * 4).buffer));
    }
    core.executeInstruction();
  }
  return new Uint32Array(results);
}

function describe(test_case: IsaCase): string {
  const hex = (value: number): string => value.toString(16);
  const before = test_case.registers.map(hex).join(" ");
  const opcodes = test_case.opcodes.map(hex).join(" ");
  return `${test_case.name} (${opcodes}) with ${before}, flags ${hex(test_case.flags >>> 28)}`;
}

/** Differences, as text; fields 13 and 14 are checksums of memory. */
function compare(cases: IsaCase[], ours: Uint32Array, theirs: Uint32Array): string[] {
  const found: string[] = [];
  cases.forEach((test_case, number) => {
    for (let field = 0; field < COMPARED; field++) {
      const mask = field === 12 ? FLAGS_MASK : 0xffffffff;
      const our = (ours[number * RESULT_WORDS + field] & mask) >>> 0;
      const their = (theirs[number * RESULT_WORDS + field] & mask) >>> 0;
      if (our === their) continue;
      const name = FIELDS[field] ?? "memory";
      found.push(`${describe(test_case)}: ${name} ${our.toString(16)}, QEMU ${their.toString(16)}`);
    }
  });
  return found;
}

test("each instruction leaves what QEMU's Cortex-M0 leaves", () => {
  needQemu();
  for (const seed of [1, 1 + Math.floor(Math.random() * 1e9)]) {
    console.log(`# instruction set: seed ${seed}`);
    const cases = drawCases(seed, CASES_OF_A_FORMAT);
    const theirs = onQemu(cases);
    const ours = onChip(cases);
    assert.equal(theirs.length, cases.length * RESULT_WORDS);
    assert.equal(ours.length, theirs.length);
    assert.deepEqual(compare(cases, ours, theirs), [], `seed ${seed}`);
  }
});

test("the comparison finds what rp2040js alone gets wrong", () => {
  needQemu();
  const cases = drawCases(1, CASES_OF_A_FORMAT);
  const found = compare(cases, onStock(cases), onQemu(cases));
  const formats = new Set(found.map((line) => line.slice(0, line.indexOf(" ("))));
  const wrong = ["adcs edge", "asrs reg", "lsls reg", "lsrs reg", "rors reg", "sbcs edge", "stmia"];
  for (const format of wrong) assert.ok(formats.has(format), `${format} in ${[...formats].join()}`);
});
