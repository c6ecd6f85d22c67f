/** What ends a core in V8 ends the same core in C, call by call; and the one line that is changed in the C. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Recording, recordedCore } from "../../boards/engine/recording.ts";
import { checkAgainstConstant, compileCore } from "../../boards/engine/wasm2c.ts";
import { CoreFault, wasmCore, type HalImports } from "../../boards/virtual/box.ts";
import { DEEDS, guestOfAllDeeds, MEMORY_SIZE } from "./hostile-guests.ts";
import { FOLDER, replay } from "./kit.ts";

const WAT2WASM = "node_modules/wabt/bin/wat2wasm";
const DEED_IN_TICK = 1;
const NO_DEED = -1;
/** V8 has the whole page of 64 KiB, and no watchdog here. */
const WITHIN_PAGE = /^(load|store)\d+: one byte past$/;
const deeds = DEEDS.flatMap(({ name, end }, deed) =>
  end === "watchdog" || WITHIN_PAGE.test(name) ? [] : [{ name, end, deed }],
);

/** A board that lets the guest do `deed` in tick(), and lets buffers pass that are in its memory. */
function board(deed: number): HalImports {
  const span = (address: number, size: number): void => {
    const is_inside = size >= 0 && (address >>> 0) + size <= MEMORY_SIZE;
    if (!is_inside) throw new CoreFault("outside");
  };
  return {
    attach: () => undefined,
    now_ms: () => 0,
    now_us: () => 0,
    spi: (_device, address, size) => span(address, size),
    uart_open: () => undefined,
    uart_read: (_port, address, capacity) => (span(address, capacity), capacity),
    uart_write: (_port, address, size) => (span(address, size), size),
    uart_idle_us: () => 0,
    i2c: (_device, address, writes, reads) => (span(address, writes), span(address, reads), 0),
    pin_read: (pin) => (pin === DEED_IN_TICK ? deed : NO_DEED),
    pin_write: () => undefined,
    adc: () => 0,
    watchdog: () => undefined,
    fault(code, detail) {
      throw new CoreFault("fault", code, detail);
    },
    boot_reason: () => 0,
  };
}

function isTrap(error: unknown): boolean {
  return error instanceof CoreFault || error instanceof WebAssembly.RuntimeError;
}

test("each deed ends in V8 as it does in C, and a fresh core starts after it", () => {
  const folder = `${FOLDER}/traps`;
  mkdirSync(folder, { recursive: true });
  const [wat, path] = [`${folder}/guest.wat`, `${folder}/lives.recording`];
  writeFileSync(wat, guestOfAllDeeds());
  execFileSync(process.execPath, [WAT2WASM, wat, "-o", `${folder}/guest.wasm`]);
  const wasm = readFileSync(`${folder}/guest.wasm`);
  const recording = new Recording(path);
  const core = recordedCore(wasmCore(wasm), recording);
  for (const { name, end, deed } of deeds) {
    const running = core.start(board(deed));
    running.init();
    if (end === "returned") running.tick();
    else assert.throws(() => running.tick(), isTrap, name);
  }
  recording.close();
  const { exit_code, said } = replay(compileCore(wasm, folder, ["-O2"]).replay, path);
  assert.equal(exit_code, 0, said);
  assert.match(said, RegExp(`^${2 * deeds.length} entries`));
});

test("the bounds check is replaced exactly once", () => {
  const check = "if (UNLIKELY(a + (uint64_t)sizeof(t) > mem->size)) \\";
  assert.match(checkAgainstConstant(`one\n${check}\ntwo`), /a > WRT_MEM_SIZE - sizeof\(t\)/);
  assert.throws(() => checkAgainstConstant("none"), /0 bounds checks/);
  assert.throws(() => checkAgainstConstant(check + check), /2 bounds checks/);
});
