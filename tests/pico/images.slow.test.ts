/** The images themselves: sizes within what the chip and the issue of them allow, what stands where the
 *  boot ROM looks, and the same bytes from another folder. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32Mpeg2, toUf2 } from "../../boards/pico/image.ts";
import { ENGINE_NAMES, ROLES, firmware, imageReport } from "../../scripts/firmware.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const KIB = 1024;
const LIMITS: Record<string, { flash: number; ram: number }> = {
  c: { flash: 96 * KIB, ram: 24 * KIB },
  wamr: { flash: 192 * KIB, ram: 128 * KIB },
};
const IMAGES = ROLES.flatMap((role) => ENGINE_NAMES.map((engine) => [role, engine] as const));

function read(folder: string, name: string): Uint8Array {
  return readFileSync(join(folder, "build/pico", name));
}

before(() => firmware());

test("every image keeps its limits of flash and RAM", async () => {
  for (const [role, engine] of IMAGES) {
    const { name, flash_size, ram_size, stack_size, stack_depth } = await imageReport(role, engine);
    const { flash, ram } = LIMITS[engine];
    assert.ok(flash_size <= flash, `${name}: ${flash_size} bytes of flash`);
    assert.ok(ram_size <= ram, `${name}: ${ram_size} bytes of RAM`);
    if (stack_depth !== null) {
      assert.ok(
        stack_depth * 1.5 <= stack_size,
        `${name}: the stack gets ${stack_depth} bytes deep`,
      );
    }
  }
});

test("the boot ROM finds a checksum, vectors in flash and a stack in memory", () => {
  for (const [role, engine] of IMAGES) {
    const bin = read(ROOT, `${role}-${engine}.bin`);
    const view = new DataView(bin.buffer, bin.byteOffset, bin.length);
    assert.equal(view.getUint32(252, true), crc32Mpeg2(bin.subarray(0, 252)));
    const stack_top = view.getUint32(0x100, true);
    assert.ok(stack_top > 0x20000000 && stack_top <= 0x20042000 && stack_top % 8 === 0);
    const vectors = Array.from({ length: 42 }, (_, index) =>
      view.getUint32(0x104 + 4 * index, true),
    );
    for (const vector of vectors.slice(0, 41).filter((address) => address !== 0)) {
      const offset = vector - 0x10000000;
      assert.ok(vector % 2 === 1 && offset > 0x100 && offset < bin.length, `vector ${vector}`);
    }
    assert.deepEqual(read(ROOT, `${role}-${engine}.uf2`), Buffer.from(toUf2(bin)));
  }
});

test("another folder makes the same bytes, which name neither folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "meter39-elsewhere-"));
  try {
    const kept = { recursive: true, preserveTimestamps: true };
    for (const name of ["src", "boards", "scripts", "asconfig.json", "package.json"]) {
      cpSync(join(ROOT, name), join(folder, name), kept);
    }
    for (const role of ROLES) {
      for (const suffix of ["wasm", "wat"]) {
        const name = `build/${role}.${suffix}`;
        cpSync(join(ROOT, name), join(folder, name), kept);
      }
    }
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const chosen = IMAGES.filter(([role, engine]) => engine === "c" || role === "meter");
    const names = chosen.map(([role, engine]) => `${role}-${engine}`);
    execFileSync(join(ROOT, "node_modules/.bin/tsx"), ["scripts/firmware.ts", ...names], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    for (const name of names) {
      for (const suffix of ["elf", "bin", "uf2"]) {
        const here = read(ROOT, `${name}.${suffix}`);
        assert.ok(
          Buffer.compare(here, read(folder, `${name}.${suffix}`)) === 0,
          `${name}.${suffix}`,
        );
        for (const path of [ROOT, folder, tmpdir(), "/home/"]) {
          assert.ok(!Buffer.from(here).includes(path), `${name}.${suffix} names ${path}`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
