/** Guests that misbehave, on the emulated Pico under both engines: each deed ends as it does on the host, the
 *  cause stands in the record, the core starts anew, and the coils stay locked. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { makeImage } from "../../scripts/firmware.ts";
import { DEEDS, guestOfAllDeeds } from "../engine/hostile-guests.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FLASH = 0x10000000;
const COIL_OFF = 7;
/** This board looks at the size first, that of the host at the buffer only. */
const WRONG_SIZES = [/: size /, /^i2c .*: (all of memory|one byte too long)$/];
const NO_DEED = 0xffff;
const CAUSE_CORE = 1;
const CAUSE_TRAP = 2;
const LR = 14;
const PC = 15;
/** A life takes 6 ms of ROM and a few ms more; two deeds wait for the watchdog. */
const STEP_US = 1000;
const LIMIT_US = 8_000_000;

/** The guest of all deeds with its UART open, as .wasm. */
function guest(): Uint8Array {
  const uart = '(import "hal" "uart_open" (func $uart_open (param i32 i32 i32)))';
  const open = "(call $uart_open (i32.const 0) (i32.const 115200) (i32.const 0))";
  const source = guestOfAllDeeds()
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

for (const engine of ["c", "wamr"]) {
  test(`every deed ends as it must on the chip, engine ${engine}`, async () => {
    const name = `guests/hostile-${engine}`;
    await makeImage(guest(), "meter", engine, name);
    const path = join(ROOT, "build/pico", name);
    const image = readFileSync(`${path}.bin`);
    const ends: string[] = [];
    const chip = new Chip(image, { name });
    chip.setPull(COIL_OFF, 1);
    let unlocked = 0;
    chip.onPin(COIL_OFF, (level) => (unlocked += level === 1 ? 0 : 1));
    chip.onReset = (reason) => (ends[ends.length - 1] = endOf(reason, chip.scratch, image));
    // The pins that tell the guest what to do are not on this board: the answer is given here.
    chip.hook(symbol("hal_pin_read", `${path}.elf`), ({ registers }) => {
      const is_tick = registers[0] === 1;
      registers[0] = is_tick ? ends.push("returned") - 1 : NO_DEED;
      registers[PC] = registers[LR] & ~1;
    });
    for (let at_us = 0; at_us < LIMIT_US && ends.length <= DEEDS.length; at_us += STEP_US) {
      chip.runTo(at_us);
    }
    for (const [deed, { name: deed_name, end }] of DEEDS.entries()) {
      const is_size = WRONG_SIZES.some((wrong) => wrong.test(deed_name));
      assert.equal(ends[deed], is_size ? "size out of range" : end, deed_name);
    }
    assert.equal(unlocked, 0);
    assert.deepEqual(chip.faults, []);
  });
}
