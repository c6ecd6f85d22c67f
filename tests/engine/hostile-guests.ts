/** Guests that misbehave, hand-written: what a core must not be able to do to its board, and what the
 *  board then has to say. One table for all engines. All are made of the deeds of one module; those
 *  that no image takes are modules of their own. */

/** Linear memory of the guests: __heap_base, so one byte more is outside on every board. */
export const MEMORY_SIZE = 64;

const OUTSIDE = "access outside of memory";
const BUFFER = "buffer outside of memory";

/** A deed in WebAssembly text, and how its life ends: "returned" or the engine's trap reason. */
export interface Deed {
  name: string;
  body: string;
  end: string;
}

function numbers(...values: number[]): string {
  return values.map((value) => `(i32.const ${value})`).join(" ");
}

/** HAL calls with a buffer of `size` bytes at `address`. */
const BUFFERS: [string, (address: number, size: number) => string][] = [
  ["spi", (address, size) => `(call $spi ${numbers(0, address, size)})`],
  ["uart_read", (address, size) => `(drop (call $uart_read ${numbers(0, address, size)}))`],
  ["uart_write", (address, size) => `(drop (call $uart_write ${numbers(0, address, size)}))`],
  ["i2c writing", (address, size) => `(drop (call $i2c ${numbers(0, address, size, 0)}))`],
  ["i2c reading", (address, size) => `(drop (call $i2c ${numbers(0, address, 0, size)}))`],
];

/** Where a buffer may be and where not: address, size, how it ends. */
const PLACES: [string, number, number, string][] = [
  ["all of memory", 0, MEMORY_SIZE, "returned"],
  ["to the last byte", MEMORY_SIZE - 4, 4, "returned"],
  ["one byte past", MEMORY_SIZE - 3, 4, BUFFER],
  ["one byte too long", 0, MEMORY_SIZE + 1, BUFFER],
  ["the first byte outside", MEMORY_SIZE, 1, BUFFER],
  ["the last address", 0xffffffff, 1, BUFFER],
  ["over the end of addresses", 0xffffffff, 4, BUFFER],
  ["over the end to the start", 0xfffffffc, 8, BUFFER],
  ["half of all addresses", 0x80000000, 4, BUFFER],
  ["size -1", 0, -1, BUFFER],
  ["size and address that add up to 0", 4, -4, BUFFER],
];

/** Reads and writes of the guest itself: name, instruction, bytes. */
const ACCESSES: [string, (address: string) => string, number][] = [
  ["load8", (address) => `(drop (i32.load8_u ${address}))`, 1],
  ["load16", (address) => `(drop (i32.load16_u ${address}))`, 2],
  ["load32", (address) => `(drop (i32.load ${address}))`, 4],
  ["load64", (address) => `(drop (i64.load ${address}))`, 8],
  ["store8", (address) => `(i32.store8 ${address} (i32.const -1))`, 1],
  ["store16", (address) => `(i32.store16 ${address} (i32.const -1))`, 2],
  ["store32", (address) => `(i32.store ${address} (i32.const -1))`, 4],
  ["store64", (address) => `(i64.store ${address} (i64.const -1))`, 8],
];

function bufferDeeds(): Deed[] {
  return BUFFERS.flatMap(([call, text]) =>
    PLACES.map(([place, address, size, end]) => ({
      name: `${call}: ${place}`,
      body: text(address, size),
      end,
    })),
  );
}

function accessDeeds(): Deed[] {
  return ACCESSES.flatMap(([access, text, size]) => {
    const at = (address: number): string => text(`(i32.const ${address})`);
    return [
      { name: `${access}: to the last byte`, body: at(MEMORY_SIZE - size), end: "returned" },
      { name: `${access}: one byte past`, body: at(MEMORY_SIZE - size + 1), end: OUTSIDE },
      { name: `${access}: the last address`, body: at(0xffffffff), end: OUTSIDE },
    ];
  });
}

const LOWEST = -0x80000000;
const TRAPS: [string, string, string][] = [
  ["a wrapped offset", "(drop (i32.load offset=4294967295 (i32.const 8)))", OUTSIDE],
  ["unreachable", "(unreachable)", "unreachable"],
  ["division by zero", `(drop (i32.div_u ${numbers(1, 0)}))`, "division by zero"],
  ["a quotient too large", `(drop (i32.div_s ${numbers(LOWEST, -1)}))`, "integer overflow"],
  ["fault()", `(call $fault ${numbers(300, -7)})`, "fault"],
  ["an endless loop", "(loop $again (br $again))", "watchdog"],
  ["an endless loop of calls", "(loop $again (drop (call $now_us)) (br $again))", "watchdog"],
];

/** Traps when an 8-byte word of memory is not 0, as the module defines it. */
function isFresh(): string {
  const words = Array.from({ length: MEMORY_SIZE / 8 }, (_, word) => {
    return `(i64.ne (i64.load (i32.const ${word * 8})) (i64.const 0))`;
  });
  return words.map((word) => `(if ${word} (then (unreachable)))`).join(" ");
}

/** In this order: the first ones leave a memory full of what the board wrote. */
export const DEEDS: Deed[] = [
  ...bufferDeeds(),
  { name: "memory is zero in the next life", body: isFresh(), end: "returned" },
  ...accessDeeds(),
  ...TRAPS.map(([name, body, end]) => ({ name, body, end })),
];

const IMPORTS = `
    (import "hal" "pin_read" (func $pin_read (param i32) (result i32)))
    (import "hal" "now_us" (func $now_us (result i32)))
    (import "hal" "spi" (func $spi (param i32 i32 i32)))
    (import "hal" "uart_read" (func $uart_read (param i32 i32 i32) (result i32)))
    (import "hal" "uart_write" (func $uart_write (param i32 i32 i32) (result i32)))
    (import "hal" "i2c" (func $i2c (param i32 i32 i32 i32) (result i32)))
    (import "hal" "fault" (func $fault (param i32 i32)))`;

/** __data_end lets WAMR shrink the page of 64 KiB to __heap_base (boards/engine/wamr/README.md). */
const MEMORY = `
    (memory (export "memory") 1 1)
    (global (export "__heap_base") i32 (i32.const ${MEMORY_SIZE}))
    (global (export "__data_end") i32 (i32.const 0))`;

/** Calls itself as long as pin 2 is high; what it does with the result keeps a compiler from making a
 *  loop of it. */
const DEEPER = `
    (func $deeper (param $depth i32) (result i32)
      (if (call $pin_read (i32.const 2)) (then
        (i32.store (i32.const 0) (i32.xor (local.get $depth)
          (call $deeper (i32.add (local.get $depth) (i32.const 1)))))))
      (i32.load (i32.const 0)))`;

/** WAMR counts how deep calls are. In C they end where the board's memory does, so no host can do this. */
export const RECURSION: Deed = {
  name: "a recursion without end",
  body: "(drop (call $deeper (i32.const 0)))",
  end: "stack overflow",
};

/** One guest for `all` deeds: pin 0 tells which to do in init(), pin 1 in tick(). */
export function guestOfAllDeeds(all = DEEDS): string {
  const deeds = all.map(
    ({ body }, deed) => `(if (i32.eq (local.get $deed) (i32.const ${deed})) (then ${body}))`,
  );
  return `(module ${IMPORTS} ${MEMORY} ${DEEPER}
    (func $do (param $deed i32)
      ${deeds.join("\n      ")})
    (func (export "init") (call $do (call $pin_read (i32.const 0))))
    (func (export "tick") (call $do (call $pin_read (i32.const 1)))))`;
}

/** A guest whose tick() does `body` with the import $odd. */
function withImport(text: string, body: string): string {
  const entries = `(func (export "init")) (func (export "tick") ${body})`;
  return `(module (import ${text}) ${IMPORTS} ${MEMORY} ${entries})`;
}

/** A guest that no image takes: what the C compiler says, and what WAMR at its start. */
interface Misfit {
  name: string;
  source: string;
  c: RegExp;
  wamr: string;
}

const CALL = "(call $odd (i32.const 0))";
const CALL_64 = "(drop (call $odd (i64.const 0)))";

const WRONG_IMPORT = "import unknown or of another type";

/** Imports that are not what boards/hal.h has: name, text, a call of it. */
const WRONG_IMPORTS: [string, string, string][] = [
  ["an unknown import", '"hal" "format" (func $odd (param i32))', CALL],
  ["a number too few", '"hal" "adc" (func $odd (result i32))', "(drop (call $odd))"],
  ["a number too many", '"hal" "watchdog" (func $odd (param i32))', CALL],
  ["a number of 64 bits", '"hal" "adc" (func $odd (param i64) (result i32))', CALL_64],
  ["no result", '"hal" "adc" (func $odd (param i32))', CALL],
];

const NO_ENTRY = "no init() or tick()";
const WITH_NUMBER = '(func (export "init")) (func (export "tick") (param i32))';
const GROWING = '(func (export "init")) (func (export "tick") (drop (memory.grow (i32.const 1))))';

export const MISFITS: Misfit[] = [
  ...WRONG_IMPORTS.map(([name, text, body]) => {
    const [, call] = /"hal" "([a-z]+)"/.exec(text)!;
    const source = withImport(text, body);
    return {
      name,
      source,
      c: RegExp(`w2c_hal_${call}`),
      wamr: WRONG_IMPORT,
    };
  }),
  {
    name: "no tick()",
    source: `(module ${IMPORTS} ${MEMORY} (func (export "init")))`,
    c: /w2c_core_tick/,
    wamr: NO_ENTRY,
  },
  {
    name: "a tick() that wants a number",
    source: `(module ${IMPORTS} ${MEMORY} ${WITH_NUMBER})`,
    c: /w2c_core_tick/,
    wamr: NO_ENTRY,
  },
  {
    name: "more memory on demand",
    source: `(module ${IMPORTS} ${MEMORY} ${GROWING})`,
    c: /wasm_rt_grow_memory/,
    wamr: "no memory for the core, or its start traps",
  },
];
