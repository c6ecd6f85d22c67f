/** Guests that misbehave, on the emulated Pico under both engines: each deed ends as it does on the host, or as
 *  the board's stack does, the cause stands in the record, the core starts anew, and the coils stay locked. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { makeImage } from "../../scripts/firmware.ts";
import { type Deed, DEEDS, guestOfAllDeeds, RECURSION } from "../engine/hostile-guests.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FLASH = 0x10000000;
const COIL_OFF = 7;
/** This board looks at the size first, that of the host at the buffer only. */
const WRONG_SIZES = [/: size /, /^i2c .*: (all of memory|one byte too long)$/];
const DEED_IN_TICK = 1;
const MORE_DEPTH = 2;
const NO_DEED = 0xffff;
const CAUSE_CORE = 1;
const CAUSE_TRAP = 2;
const SP = 13;
const LR = 14;
const PC = 15;
const STACK_BOTTOM = 0x20000000;
const GUARD_SIZE = 32;
/** A life takes 6 ms of ROM and a few ms more; some deeds wait for the watchdog. */
const STEP_US = 1000;
const LIMIT_US = 8_000_000;

/** What the processor does when its stack has left memory. */
const LEFT_MEMORY = ["write at 0x1ffff", "lockup"];
const INTO_GUARD = "a recursion into the guard of the stack, and back";

/** In C the recursion ends where the stack does. */
function deedsOf(engine: string): Deed[] {
  const [whole, guard] = engine === "c" ? ["watchdog", "cause 5"] : [RECURSION.end, RECURSION.end];
  return [...DEEDS, { ...RECURSION, end: whole }, { ...RECURSION, name: INTO_GUARD, end: guard }];
}

/** The guest of these deeds with its UART open, as .wasm. */
function guest(deeds: Deed[]): Uint8Array {
  const uart = '(import "hal" "uart_open" (func $uart_open (param i32 i32 i32)))';
  const open = "(call $uart_open (i32.const 0) (i32.const 115200) (i32.const 0))";
  const source = guestOfAllDeeds(deeds)
    .replace("(module", `(module ${uart}`)
    .replace('(func (export "init")', `(func (export "init") ${open}`);
  const folder = mkdtempSync(join(tmpdir(), "meter39-hostile-"));
  try {
    const [wat, wasm] = ["guest.wat", "guest.wasm"].map((name) => join(folder, name));
    writeFileSync(wat, source);
    const wat2wasm = join(ROOT, "node_modules/wabt/bin/wat2wasm");
    execFileSync(process.execPath, [wat2wasm, wat, "-o", wasm]);
    return readFileSync(wasm);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function symbol(name: string, elf: string): number {
  const lines = execFileSync("arm-none-eabi-nm", [elf], { encoding: "utf8" }).split("\n");
  const line = lines.find((text) => text.endsWith(` ${name}`));
  return parseInt(line!, 16);
}

/** The text at an address in flash. */
function textAt(image: Uint8Array, address: number): string {
  const from = address - FLASH;
  return Buffer.from(image.subarray(from, image.indexOf(0, from))).toString("ascii");
}

/** How a life ended, in the words of the table of deeds. */
function endOf(reason: string, scratch: ArrayLike<number>, image: Uint8Array): string {
  if (reason === "watchdog") return "watchdog";
  const cause = scratch[1] & 0xff;
  if (cause === CAUSE_CORE) return scratch[1] >>> 8 === 300 ? "fault" : "fault with another code";
  return cause === CAUSE_TRAP ? textAt(image, scratch[3]) : `cause ${cause}`;
}

/** What the guest asks its pins, which are not on this board: whether it is the next deed's turn, in init()
 *  every other one, and whether to call itself once more. */
function answer(pin: number, sp: number, deeds: Deed[], ends: string[]): number {
  if (pin === MORE_DEPTH) {
    const is_into_guard = deeds[ends.length - 1].name === INTO_GUARD;
    return is_into_guard && sp < STACK_BOTTOM + GUARD_SIZE ? 0 : 1;
  }
  const is_turn = pin === DEED_IN_TICK || ends.length % 2 === 1;
  return is_turn ? ends.push("returned") - 1 : NO_DEED;
}

for (const engine of ["c", "wamr"]) {
  test(`every deed ends as it must on the chip, engine ${engine}`, async () => {
    const name = `guests/hostile-${engine}`;
    const deeds = deedsOf(engine);
    await makeImage(guest(deeds), "meter", engine, name);
    const path = join(ROOT, "build/pico", name);
    const image = readFileSync(`${path}.bin`);
    const ends: string[] = [];
    const chip = new Chip(image, { name, onHardFault: () => undefined });
    chip.setPull(COIL_OFF, 1);
    let unlocked = 0;
    chip.onPin(COIL_OFF, (level) => (unlocked += level === 1 ? 0 : 1));
    chip.onReset = (reason) => (ends[ends.length - 1] = endOf(reason, chip.scratch, image));
    chip.hook(symbol("hal_pin_read", `${path}.elf`), ({ registers }) => {
      registers[0] = answer(registers[0], registers[SP], deeds, ends);
      registers[PC] = registers[LR] & ~1;
    });
    for (let at_us = 0; at_us < LIMIT_US && ends.length <= deeds.length; at_us += STEP_US) {
      chip.runTo(at_us);
    }
    for (const [deed, { name: deed_name, end }] of deeds.entries()) {
      const is_size = WRONG_SIZES.some((wrong) => wrong.test(deed_name));
      assert.equal(ends[deed], is_size ? "size out of range" : end, deed_name);
    }
    assert.equal(unlocked, 0);
    const faults = chip.faults.map((text) => /lockup|write at 0x1f{4}/.exec(text)?.[0] ?? text);
    assert.deepEqual(faults, engine === "c" ? LEFT_MEMORY : []);
  });
}
