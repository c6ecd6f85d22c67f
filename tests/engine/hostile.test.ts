/** Cores that misbehave: a trap ends in the engine, and no HAL call reaches one byte past the
 *  memory. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { Recording, recordedCore } from "../../boards/engine/recording.ts";
import { checkAgainstConstant, compileCore } from "../../boards/engine/wasm2c.ts";
import { CoreFault, wasmCore, type HalImports } from "../../boards/virtual/box.ts";
import { FOLDER, replay } from "./kit.ts";

const MEMORY_SIZE = 64;
const PAGE_SIZE = 65_536;
const WAT2WASM = "node_modules/wabt/bin/wat2wasm";

/** What the core does is the number that pin_read returns. */
const DEEDS = [
  ["reads the last byte", (at: number) => `(drop (i32.load8_u (i32.const ${at})))`, 63, 64],
  ["writes the last word", (at: number) => `(i64.store (i32.const ${at}) (i64.const 1))`, 56, 57],
  ["spi", (at: number) => `(call $spi (i32.const 0) (i32.const ${at}) (i32.const 4))`, 60, 61],
  ["spi over the end of addresses", spiAt, 60, -2],
  ["uart_read", (at: number) => `(drop (call $uart_read ${numbers(0, at, 4)}))`, 60, 61],
  ["uart_write", (at: number) => `(drop (call $uart_write ${numbers(0, at, 4)}))`, 60, 61],
  ["i2c writing", (at: number) => `(drop (call $i2c ${numbers(0, at, 4, 0)}))`, 60, 61],
  ["i2c reading", (at: number) => `(drop (call $i2c ${numbers(0, at, 0, 4)}))`, 60, 61],
] as const;
const UNREACHABLE = 2 * DEEDS.length;
const DIVISION = UNREACHABLE + 1;
const FAULT = UNREACHABLE + 2;

function numbers(...values: number[]): string {
  return values.map((value) => `(i32.const ${value})`).join(" ");
}

function spiAt(at: number): string {
  return `(call $spi ${numbers(0, at, 4)})`;
}

/** A core that does the deed its pin tells it; even deeds are allowed, odd ones go one too far. */
function source(): string {
  const bodies = DEEDS.flatMap(([, deed, inside, beyond]) => [deed(inside), deed(beyond)]);
  bodies.push("(unreachable)", "(drop (i32.div_u (i32.const 1) (call $pin_read (i32.const 9))))");
  bodies.push(`(call $fault ${numbers(300, -7)})`);
  const branches = bodies.map(
    (body, deed) => `(if (i32.eq (local.get $deed) (i32.const ${deed})) (then ${body}))`,
  );
  return `(module
    (import "hal" "pin_read" (func $pin_read (param i32) (result i32)))
    (import "hal" "spi" (func $spi (param i32 i32 i32)))
    (import "hal" "uart_read" (func $uart_read (param i32 i32 i32) (result i32)))
    (import "hal" "uart_write" (func $uart_write (param i32 i32 i32) (result i32)))
    (import "hal" "i2c" (func $i2c (param i32 i32 i32 i32) (result i32)))
    (import "hal" "fault" (func $fault (param i32 i32)))
    (memory (export "memory") 1 1)
    (global (export "__heap_base") i32 (i32.const ${MEMORY_SIZE}))
    (func (export "init"))
    (func (export "tick") (local $deed i32)
      (local.set $deed (call $pin_read (i32.const 2)))
      ${branches.join("\n      ")}))`;
}

/** A board whose pin says `deed` and that lets buffers pass in the first `memory_size` bytes. */
function board(deed: number, memory_size: number): HalImports {
  const span = (address: number, size: number): void => {
    if ((address >>> 0) + size > memory_size) throw new CoreFault("outside");
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
    i2c: (_device, address, writes, reads) => (span(address, Math.max(writes, reads)), 0),
    pin_read: (pin) => (pin === 2 ? deed : 0),
    pin_write: () => undefined,
    adc: () => 0,
    watchdog: () => undefined,
    fault(code, detail) {
      throw new CoreFault("fault", code, detail);
    },
    boot_reason: () => 0,
  };
}

const folder = `${FOLDER}/hostile`;
let program = "";
let wasm: Uint8Array = new Uint8Array(0);

before(() => {
  writeFileSync(`${FOLDER}/hostile.wat`, source());
  const paths = [`${FOLDER}/hostile.wat`, "-o", `${FOLDER}/hostile.wasm`];
  execFileSync(process.execPath, [WAT2WASM, ...paths]);
  wasm = readFileSync(`${FOLDER}/hostile.wasm`);
  const made = compileCore(wasm, folder, ["-O2"]);
  assert.equal(made.memory_size, MEMORY_SIZE);
  program = made.replay;
});

/** Records two lives in V8, the first of which does `deed`; then replays them in C. */
function live(
  deed: number,
  memory_size = MEMORY_SIZE,
): { trapped: boolean; exit_code: number | null; said: string } {
  const path = `${folder}/${deed}.recording`;
  const recording = new Recording(path);
  const core = recordedCore(wasmCore(wasm), recording);
  let trapped = false;
  const first = core.start(board(deed, memory_size));
  first.init();
  try {
    first.tick();
  } catch {
    trapped = true;
  }
  const second = core.start(board(-1, memory_size));
  second.init();
  second.tick();
  recording.close();
  return { trapped, ...replay(program, path) };
}

for (const [index, [name]] of DEEDS.entries()) {
  test(`${name}: to the end of memory, not beyond`, () => {
    const inside = live(2 * index);
    assert.equal(inside.trapped, false);
    assert.equal(inside.exit_code, 0, inside.said);
    const outside = live(2 * index + 1);
    if (outside.trapped) {
      assert.equal(outside.exit_code, 0, outside.said); // V8 and C trap alike, and start again
    } else {
      assert.equal(outside.exit_code, 1, "for V8 the rest of the page is there");
      assert.match(outside.said, /core trapped \(access outside of memory\), recorded is return/);
    }
  });
}

test("the range of a buffer is checked in C, whatever the recording says", () => {
  for (const [index, [name]] of DEEDS.entries()) {
    const { trapped, exit_code, said } = live(2 * index + 1, PAGE_SIZE);
    if (trapped || !/^(spi|uart|i2c)/.test(name)) continue;
    assert.equal(exit_code, 1, name);
    assert.match(said, /in a call that was taken: buffer outside of memory/, name);
  }
});

test("what ends a core in V8 ends it in C, and it starts again", () => {
  for (const deed of [UNREACHABLE, DIVISION, FAULT]) {
    const { trapped, exit_code, said } = live(deed);
    assert.equal(trapped, true);
    assert.equal(exit_code, 0, said);
    assert.match(said, /^4 entries/);
  }
});

test("the bounds check is replaced exactly once", () => {
  const check = "if (UNLIKELY(a + (uint64_t)sizeof(t) > mem->size)) \\";
  assert.match(checkAgainstConstant(`one\n${check}\ntwo`), /a > WRT_MEM_SIZE - sizeof\(t\)/);
  assert.throws(() => checkAgainstConstant("none"), /0 bounds checks/);
  assert.throws(() => checkAgainstConstant(check + check), /2 bounds checks/);
});
