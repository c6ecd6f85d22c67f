/** The meter's past over its link: freezes by the clock and by command, purchases, clears; what the link
 *  says is what the memory holds and what the books said at that moment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { releaseCore, type Core } from "../../boards/virtual/box.ts";
import { BooksReader } from "../../tools/simulate/books.ts";
import { EVENT, find, freeze, purchase, RING } from "./history-kit.ts";
import * as kit from "./kit.ts";
import { ACTION, CLOCK, command, setClock } from "./line-kit.ts";

const E_NOTHING = -16;
const HOUR = 3600;
const DAY = 86_400;
const HUNDREDTH_J = 36_000n;
const MIDNIGHT = CLOCK - (CLOCK % DAY) + DAY;
const SPI_FRAM = 0;
const WRITE = 0x02;

function hundredths(joules: bigint): number {
  return Number(joules / HUNDREDTH_J);
}

test("a midnight is frozen with the books of that moment, once, and not by the past or a restart", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  bench.credit(5, 1, 50_000);
  bench.box.runMs(8_000);
  bench.box.setLoadW(5, 40_000);
  setClock(bench, MIDNIGHT - 200);
  bench.box.runMs(100_000);
  bench.box.setLoadW(5, 0);
  setClock(bench, MIDNIGHT - 5);
  assert.equal(freeze(bench, RING.DAILY, 5, 1).count, 0);
  bench.box.runMs(10_000);
  const books = bench.books(5);
  for (const ring of [RING.DAILY, RING.LOADS]) {
    const block = freeze(bench, ring, 5, 1);
    assert.deepEqual([block.result, block.index, block.count], [0, 1, 1]);
    assert.ok(block.time >= MIDNIGHT && block.time <= MIDNIGHT + 1);
    assert.equal(block.forward, hundredths(books.forward_j));
    assert.ok(block.forward > 100);
  }
  setClock(bench, MIDNIGHT - 100);
  bench.box.runMs(1_500);
  bench.box.powerOff();
  const again = new kit.MeterBench({ fram: bench.box.fram.bytes });
  setClock(again, MIDNIGHT - 3);
  again.box.runMs(6_000);
  assert.equal(freeze(again, RING.DAILY, 5, 1).count, 1);
  const reader = new BooksReader(again.box.fram.bytes);
  const [stored] = reader.freezes("DAILY");
  assert.equal(stored.energies[4].forward, hundredths(books.forward_j));
  assert.equal(reader.freezes("LOADS").length, 1);
  assert.equal(reader.freezes("SETTLEMENTS").length, 0);
});

test("a settlement is frozen on the first of the month, by its setting on another day", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  const first_of_june = Date.UTC(2025, 5, 1) / 1000 - Date.UTC(2000, 0, 1) / 1000;
  setClock(bench, first_of_june - 2);
  bench.box.runMs(5_000);
  assert.equal(freeze(bench, RING.SETTLEMENTS, 1, 1).count, 1);
  const ordered = command(bench, { action: ACTION.freeze_at, id: 2, value: 1510 });
  assert.equal(ordered, 0);
  bench.box.runMs(2_000);
  setClock(bench, first_of_june + 14 * DAY + 10 * HOUR - 2);
  bench.box.runMs(1_100);
  assert.equal(freeze(bench, RING.SETTLEMENTS, 1, 1).count, 1);
  bench.box.runMs(4_000);
  const block = freeze(bench, RING.SETTLEMENTS, 1, 1);
  assert.equal(block.count, 2);
  assert.equal(Math.floor(block.time / 60) * 60, first_of_june + 14 * DAY + 10 * HOUR);
});

test("freeze now answers at once and is there within a tenth of a second", () => {
  const bench = new kit.MeterBench();
  assert.equal(freeze(bench, RING.INSTANTS, 1, 1).result, E_NOTHING);
  assert.equal(command(bench, { action: ACTION.freeze, id: 3 }), 0);
  bench.box.runMs(100);
  assert.equal(freeze(bench, RING.INSTANTS, 1, 1).result, 0);
});

test("purchases over the link are those of the memory and the account", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  setClock(bench);
  for (let number = 1; number <= 12; number++) bench.credit(9, number, 100 + number);
  const reader = new BooksReader(bench.box.fram.bytes);
  const stored = reader.purchases(9);
  assert.equal(stored.length, 10);
  stored.forEach((entry, at) => {
    assert.deepEqual(purchase(bench, 9, at + 1), { result: 0, ...entry });
    assert.equal(entry.number, 12 - at);
    assert.equal(entry.after, entry.before + entry.amount);
    assert.equal(entry.total, entry.after, "nothing was consumed");
    assert.ok(entry.time >= CLOCK && entry.time < CLOCK + 10);
  });
  assert.equal(stored[0].after, reader.account(9)?.last_remaining);
});

test("a cleared box has no past but its energy, credit and purchases", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  bench.credit(5, 1, 50_000);
  bench.set(20, 0, 123_456, 1);
  setClock(bench, MIDNIGHT - 2);
  bench.box.runMs(4_000);
  command(bench, { action: ACTION.freeze, id: 3 });
  bench.box.serviceSwitch(true);
  bench.box.runMs(100);
  const before = bench.books(5);
  assert.equal(command(bench, { action: ACTION.clear_box, level: 2 }), 0);
  bench.box.runMs(200);
  for (const ring of Object.values(RING)) assert.equal(freeze(bench, ring, 5, 1).count, 0);
  assert.equal(find(bench, EVENT.credit, 1).result, E_NOTHING);
  assert.equal(find(bench, EVENT.box_cleared, 1).count, 1);
  assert.deepEqual(bench.books(5), before);
  assert.equal(purchase(bench, 5, 1).amount, 50_000);
});

/** The meter with what each tick moves over the memory's wires counted. */
function counted(onTick: (bytes: number, writes: number) => void): Core {
  const core = releaseCore("meter");
  return {
    start: (hal) => {
      let memory: Uint8Array = new Uint8Array(0);
      let bytes = 0;
      let writes = 0;
      const started = core.start({
        ...hal,
        attach: (given) => {
          memory = given instanceof WebAssembly.Memory ? new Uint8Array(given.buffer) : given;
          hal.attach(given);
        },
        spi: (device, address, size) => {
          bytes += size;
          if (device === SPI_FRAM && memory[address] === WRITE) writes++;
          hal.spi(device, address, size);
        },
      });
      return {
        init: () => started.init(),
        tick: () => {
          bytes = 0;
          writes = 0;
          started.tick();
          onTick(bytes, writes);
        },
      };
    },
  };
}

test("a tick stays short while three rings are frozen and 39 households consume", () => {
  let most_bytes = 0;
  let most_writes = 0;
  const meter = counted((bytes, writes) => {
    most_bytes = Math.max(most_bytes, bytes);
    most_writes = Math.max(most_writes, writes);
  });
  const bench = new kit.MeterBench({ meter });
  bench.provision();
  for (let household = 1; household <= 39; household++) {
    bench.credit(household, 1, 90_000);
    bench.box.setLoadW(household, 30_000);
  }
  const first_of_june = Date.UTC(2025, 5, 1) / 1000 - Date.UTC(2000, 0, 1) / 1000;
  setClock(bench, first_of_june - 3);
  bench.box.runMs(500);
  most_bytes = 0;
  most_writes = 0;
  command(bench, { action: ACTION.freeze, id: 3 });
  bench.box.runMs(6_000);
  assert.equal(freeze(bench, RING.SETTLEMENTS, 1, 1).count, 1);
  // At 8 MHz a byte takes a microsecond.
  assert.ok(most_bytes < 1000, `${most_bytes} bytes in one tick`);
  assert.ok(most_writes <= 4, `${most_writes} writes in one tick`);
});
