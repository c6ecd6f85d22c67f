/** The release modules as a board gets them: sizes, imports, exports, and what must not be in them.
 *  Why: small interpreters reserve memory by __heap_base and __data_end, take the first mutable
 *  global that starts above 0 for a stack pointer, and cannot shrink memory that may grow. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { halCalls } from "./hal-calls.js";

const WASM_LIMIT = 48 * 1024; // bytes
const MEMORY_LIMIT = 32 * 1024; // bytes
const EXPORTS = ["__data_end", "__heap_base", "init", "memory", "tick"];
const EMPTY_MODULE_CALL = (): number => 0;

interface Core {
  name: string;
  bytes: Buffer;
  wat: string;
  module: WebAssembly.Module;
}

const cores: Core[] = ["meter", "panel"].map((name) => {
  const bytes = readFileSync(`build/${name}.wasm`);
  const wat = readFileSync(`build/${name}.wat`, "utf8");
  return { name, bytes, wat, module: new WebAssembly.Module(bytes) };
});

/** An instance whose HAL does nothing. */
function instanceOf(module: WebAssembly.Module): WebAssembly.Instance {
  const hal = Object.fromEntries(
    WebAssembly.Module.imports(module).map(({ name }) => [name, EMPTY_MODULE_CALL]),
  );
  return new WebAssembly.Instance(module, { hal });
}

function globalOf(module: WebAssembly.Module, name: string): number {
  return (instanceOf(module).exports[name] as WebAssembly.Global).value as number;
}

for (const { name, bytes, wat, module } of cores) {
  test(`${name}: the module is at most 48 KiB`, () => {
    assert.ok(bytes.length <= WASM_LIMIT, `${bytes.length} bytes`);
  });

  test(`${name}: linear memory is at most 32 KiB`, () => {
    const heap_base = globalOf(module, "__heap_base");
    assert.ok(heap_base > 16 && heap_base <= MEMORY_LIMIT, `${heap_base} bytes`);
    assert.ok(/\(memory \$\S+ 1 1\)/.test(wat));
  });

  test(`${name}: no memory.grow or memory.size`, () => {
    assert.ok(!/memory\.(grow|size)/.test(wat));
  });

  test(`${name}: no number at a place that its size does not divide`, () => {
    assert.ok(/i32\.load /.test(wat) && !/ align=/.test(wat));
  });

  test(`${name}: no floating point`, () => {
    assert.ok(!/\bf(32|64)\b/.test(wat));
  });

  test(`${name}: instantiation runs nothing`, () => {
    assert.ok(!/\(start /.test(wat));
  });

  test(`${name}: exports are init, tick, memory, __heap_base and __data_end`, () => {
    const names = WebAssembly.Module.exports(module).map((item) => item.name);
    assert.deepEqual(names.sort(), EXPORTS);
    assert.equal(globalOf(module, "__data_end"), 0);
  });

  test(`${name}: imports are calls of the HAL and nothing else`, () => {
    const known = halCalls().map((call) => call.name);
    for (const { module: from, name: call, kind } of WebAssembly.Module.imports(module)) {
      assert.equal(from, "hal");
      assert.equal(kind, "function");
      assert.ok(known.includes(call), call);
    }
  });

  test(`${name}: imports have the parameters of the HAL, none of 64 bits`, () => {
    const found = [...wat.matchAll(/\(import "hal" "(\w+)" \(func \S+ ?((?:\([^()]*\) ?)*)\)\)/g)];
    assert.equal(found.length, WebAssembly.Module.imports(module).length);
    for (const [, call, signature] of found) {
      assert.doesNotMatch(signature!, /i64/, call);
      const parameters = /\(param ([^)]*)\)/.exec(signature!)?.[1]?.split(" ") ?? [];
      const expected = halCalls().find((known) => known.name === call)!;
      assert.equal(parameters.length, expected.parameters.length, call);
    }
  });

  test(`${name}: mutable i32 globals start at 0`, () => {
    // An interpreter takes the first one that starts between 1 and __heap_base for its stack pointer.
    const globals = [...wat.matchAll(/\(global (\S+) \(mut i32\) \(i32\.const (-?\d+)\)\)/g)];
    const all = [...wat.matchAll(/\(global \S+ \(mut i32\)/g)];
    assert.equal(globals.length, all.length);
    for (const [, global, value] of globals) assert.equal(value, "0", global);
  });
}
