/** The memory fails: transfers are disturbed, the chip is gone, or comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../boards/virtual/random.ts";
import { releaseCore, type Core } from "../../boards/virtual/box.ts";
import * as kit from "./kit.ts";

const SPI_FRAM = 0;
const WRITE = 0x02;
const STORE_FAULT = 0x20;

type Disturb = (memory: Uint8Array, address: number, size: number) => void;

/** The meter with its transfers to the memory disturbed before they leave, or after they arrived. */
function disturbed(before: Disturb, after: Disturb = () => undefined): Core {
  const core = releaseCore("meter");
  return {
    start: (hal) => {
      let memory: Uint8Array = new Uint8Array(0);
      return core.start({
        ...hal,
        attach: (given) => {
          memory = given instanceof WebAssembly.Memory ? new Uint8Array(given.buffer) : given;
          hal.attach(given);
        },
        spi: (device, address, size) => {
          if (device === SPI_FRAM) before(memory, address, size);
          hal.spi(device, address, size);
          if (device === SPI_FRAM) after(memory, address, size);
        },
      });
    },
  };
}

test("one write in five disturbed: each is noticed and repeated, and the books survive a cut", () => {
  const random = new Random(5);
  let disturbances = 0;
  const meter = disturbed((memory, address, size) => {
    if (memory[address] !== WRITE || size < 12 || random.below(5) !== 0) return;
    memory[address + 4 + random.below(size - 4)] ^= 1 << random.below(8);
    disturbances++;
  });
  const bench = new kit.MeterBench({ meter });
  bench.provision();
  bench.credit(1, 1, 20_000);
  bench.box.runMs(5_000);
  bench.box.setLoadW(1, 40_000);
  bench.box.runMs(60_000);
  bench.box.setLoadW(1, 0);
  bench.box.runMs(2_000);
  const books = bench.books(1);
  assert.ok(disturbances > 50, `${disturbances} disturbed writes`);
  bench.box.powerOff();
  const after = new kit.MeterBench({ fram: bench.box.fram.bytes }).books(1);
  assert.deepEqual(
    [after.forward_j, after.accepted, after.charged, after.number],
    [books.forward_j, books.accepted, books.charged, books.number],
  );
});

test("a memory that takes nothing any more stops the meter rather than letting it count in vain", () => {
  let is_dead = false;
  const meter = disturbed((memory, address, size) => {
    if (is_dead && memory[address] === WRITE) memory[address + size - 1] ^= 0xff;
  });
  const bench = new kit.MeterBench({ meter });
  bench.provision();
  let restarts = 0;
  bench.box.events.on("restart", () => restarts++);
  bench.box.runMs(5_000);
  assert.equal(restarts, 0);
  is_dead = true;
  bench.box.runMs(3_000);
  assert.ok(restarts > 0);
});

test("a memory that does not answer is reported, no relay moves, and it is taken up when it is back", () => {
  let is_gone = true;
  const gone: Disturb = (memory, address, size) => {
    if (is_gone) memory.fill(0xff, address, address + size);
  };
  const meter = disturbed(() => undefined, gone);
  const bench = new kit.MeterBench({ meter });
  let moves = 0;
  bench.box.events.on("relay", () => moves++);
  bench.box.runMs(9_000);
  assert.equal(bench.poll().readUInt16LE(0) & STORE_FAULT, STORE_FAULT);
  assert.equal(moves, 0);
  is_gone = false;
  bench.box.runMs(11_000);
  assert.equal(bench.poll().readUInt16LE(0) & STORE_FAULT, 0);
  assert.equal(bench.provision(), 0);
});
