/** The files of an image: checksum, UF2 and stack reckoning against values from outside. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32Mpeg2, sealBoot2, toUf2 } from "../../boards/pico/image.ts";
import { deepestStack } from "../../boards/pico/stack.ts";

test("CRC-32/MPEG-2 gives the check value of the catalogue", () => {
  assert.equal(crc32Mpeg2(new TextEncoder().encode("123456789")), 0x0376e6e7);
  assert.equal(crc32Mpeg2(new Uint8Array(0)), 0xffffffff);
});

test("a sealed second-stage boot has 256 bytes, and its checksum makes the whole come out as 0", () => {
  const sealed = sealBoot2(Uint8Array.of(1, 2, 3));
  assert.equal(sealed.length, 256);
  const turned = Uint8Array.from(sealed);
  turned.set(sealed.subarray(252).toReversed(), 252); // the CRC runs from the highest bit
  assert.equal(crc32Mpeg2(turned), 0);
  assert.throws(() => sealBoot2(new Uint8Array(253)), /253 bytes/);
  assert.doesNotThrow(() => sealBoot2(new Uint8Array(252)));
});

test("UF2 cuts an image into numbered blocks of the RP2040 family", () => {
  const image = Uint8Array.from({ length: 600 }, (_, index) => index * 7);
  const uf2 = toUf2(image);
  assert.equal(uf2.length, 3 * 512);
  for (let block = 0; block < 3; block++) {
    const view = new DataView(uf2.buffer, block * 512, 512);
    const words = Array.from({ length: 8 }, (_, index) => view.getUint32(4 * index, true));
    const address = 0x10000000 + block * 256;
    const expected = [0x0a324655, 0x9e5d5157, 0x2000, address, 256, block, 3, 0xe48bff56];
    assert.deepEqual(words, expected);
    assert.equal(view.getUint32(508, true), 0x0ab16f30);
    const payload = uf2.slice(block * 512 + 32, block * 512 + 32 + 256);
    const wanted = new Uint8Array(256);
    wanted.set(image.subarray(block * 256, block * 256 + 256));
    assert.deepEqual(payload, wanted);
    assert.ok(uf2.slice(block * 512 + 288, block * 512 + 508).every((byte) => byte === 0));
  }
});

const GRAPH = [
  'node: { title: "reset" label: "reset\\nstart.c:1:1\\n8 bytes (static)" }',
  'node: { title: "main" label: "main\\nmain.c:1:1\\n16 bytes (static)" }',
  'node: { title: "a.c:deep" label: "deep\\na.c:1:1\\n100 bytes (static)" }',
  'node: { title: "flat" label: "flat\\na.c:9:1\\n20 bytes (static)" }',
  'node: { title: "irq_timer0" label: "irq_timer0\\nt.c:1:1\\n4 bytes (static)" }',
  'edge: { sourcename: "main" targetname: "flat" label: "main.c:2:1" }',
  'edge: { sourcename: "main" targetname: "__indirect_call" label: "main.c:3:1" }',
];

test("the deepest stack is the deepest chain, an interrupt on top of it", () => {
  const frame = 36;
  assert.equal(deepestStack([GRAPH.join("\n")], ["deep"]), 8 + 16 + 100 + frame + 4);
  assert.equal(deepestStack([GRAPH.join("\n")], []), 8 + 16 + 20 + frame + 4);
  const library = 'edge: { sourcename: "a.c:deep" targetname: "memcpy" label: "a.c:2:1" }';
  assert.equal(deepestStack([...GRAPH, library], ["deep"]), 8 + 16 + 100 + 96 + frame + 4);
  const recursion = 'edge: { sourcename: "a.c:deep" targetname: "main" label: "a.c:2:1" }';
  assert.equal(deepestStack([...GRAPH, recursion], ["deep"]), Infinity);
});
