/** Power is cut after every byte that the meter writes, in turn; after each cut the box starts again
 *  and its books are the old ones or the new ones, and finishing the work gives the new ones exactly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sweep, sweepOldOrNew, UNDER_WAY } from "./cut.ts";
import * as kit from "./kit.ts";

const EVENT_REFUSED = 5;
const PULSE_J = 2250n; // 1600 imp/kWh

/** A box that has lived: number and key, credit, consumption, changed settings, events. */
function livedImage(): Uint8Array {
  const bench = new kit.MeterBench();
  bench.provision();
  for (const household of [1, 2, 3]) bench.credit(household, 1, 3_000 + household);
  bench.set(40, 1, 1_500, 1);
  bench.set(6, 0, 60, 1);
  for (const channel of [1, 2, 3]) bench.box.setLoadW(channel, 9_000);
  bench.box.runMs(30_000);
  for (const channel of [1, 2, 3]) bench.box.setLoadW(channel, 0);
  bench.box.runMs(2_000);
  bench.box.powerOff();
  return bench.box.fram.bytes.slice();
}

/** Everything that must be old or new, as text. */
function snapshot(bench: kit.MeterBench): string {
  const households = [1, 2, 3].map((household) => {
    const books = bench.books(household);
    assert.equal(books.accepted, books.charged + books.remaining);
    return [books.forward_j, books.charged, books.accepted, books.remaining, books.number];
  });
  const settings = [
    bench.setting(40, 1),
    bench.setting(41, 1),
    bench.setting(6),
    bench.setting(50, 1),
  ];
  return [...households, settings].join(" ");
}

/** Every event that the box says it has must be readable. */
function lastEvents(bench: kit.MeterBench): { next: number; kinds: number[] } {
  const next = bench.poll().readUInt32LE(4);
  const kinds = [];
  for (let number = Math.max(0, next - 8); number < next; number++) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(number);
    const reply = bench.ask(kit.EVENT_READ, bytes);
    assert.equal(reply.readInt8(0), 0, `event ${number} of ${next}`);
    kinds.push(reply[8 + 8]);
  }
  return { next, kinds };
}

test("a counted pulse: old or new book after a cut at any byte", () => {
  const image = livedImage();
  const act = (bench: kit.MeterBench): void => {
    bench.box.glitch(1, 40_000);
    bench.box.runMs(60);
  };
  const result = sweepOldOrNew({ image, act, snapshot });
  const forward = (text: string): bigint => BigInt(text.split(",")[0]);
  assert.equal(forward(result.new) - forward(result.old), PULSE_J);
  assert.ok(result.cuts > 3 * 48);
});

test("a credit: old or new account, and presenting it again credits it exactly once", () => {
  const image = livedImage();
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.credit(2, 2, 777).result, 0);
  };
  const finish = (bench: kit.MeterBench): void => {
    assert.ok([0, 1].includes(bench.credit(2, 2, 777).result));
    assert.equal(bench.credit(2, 2, 777).result, 1);
    assert.equal(bench.books(2).number, 2);
  };
  const result = sweepOldOrNew({ image, act, finish, snapshot });
  assert.ok(result.cuts > 3 * 56);
});

test("a settings change: old or new settings of the household, the box and a channel", () => {
  const image = livedImage();
  const changes: [number, number, number][] = [
    [41, 1, 1_400],
    [6, 0, 75],
  ];
  for (const [id, index, value] of changes) {
    const act = (bench: kit.MeterBench): void => {
      assert.equal(bench.set(id, index, value, 2), 0);
    };
    const finish = (bench: kit.MeterBench): void => {
      assert.ok([0, 1].includes(bench.set(id, index, value, 2)));
    };
    sweepOldOrNew({ image, act, finish, snapshot });
  }
});

test("an event: there or not there, and every event before it still readable", () => {
  const image = livedImage();
  const wrong = kit.signed(1, 1, 9, 1);
  wrong[23] ^= 1;
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.message(wrong).result, -1);
    bench.box.runMs(20);
  };
  let there = 0;
  let gone = 0;
  const check = (bench: kit.MeterBench): void => {
    bench.box.runMs(20);
    if (lastEvents(bench).kinds.includes(EVENT_REFUSED)) there++;
    else gone++;
  };
  for (const under_way of UNDER_WAY) sweep({ image, act, check }, under_way);
  assert.ok(there > 0 && gone > 0);
});

test("first start: a cut at any byte starts again and ends with a whole, empty box", () => {
  const blank = new Uint8Array(0x40000).fill(0xff);
  let cuts = 0;
  let written = Infinity;
  for (let cut = 0; cut < written; cut++, cuts++) {
    const box = new kit.MeterBench({ fram: blank }, false).box;
    box.fram.cutAfter(cut, UNDER_WAY[cut % 3]);
    box.powerOn();
    if (box.powered) {
      written = box.fram.written;
      break;
    }
    const bench = new kit.MeterBench({ fram: box.fram.bytes });
    assert.equal(bench.poll().readUInt16LE(0) & 0x20, 0, `memory out of order after cut ${cut}`);
    if (cut % 64 !== 0) continue; // the books are asked now and then, the start must work each time
    assert.equal(bench.books(39).remaining, 0n);
    assert.equal(bench.setting(50, 39), 1_600);
    assert.equal(bench.provision(), 0);
  }
  assert.ok(cuts > 6_000, `${cuts} bytes`);
});

test("an unknown format version is refused and nothing is overwritten", () => {
  const image = livedImage();
  for (const slot of [0, 1]) {
    const at = slot * 32;
    image[at + 4 + 4] = 4; // HEADER_FORMAT behind the sequence number
    const crc = kit.slotCrc(0, image.subarray(at, at + 4 + 24));
    Buffer.from(image.buffer).writeUInt32LE(crc, at + 28);
  }
  const bench = new kit.MeterBench({ fram: image });
  bench.box.setLoadW(1, 9_000);
  bench.box.runMs(5_000);
  assert.equal(bench.poll().readUInt16LE(0) & 0x20, 0x20);
  assert.equal(bench.credit(1, 2, 100).result, -20);
  assert.deepEqual(bench.box.fram.bytes, image);
});

test("books without a header are refused and nothing is overwritten", () => {
  const image = livedImage();
  image.fill(0xff, 0, 64);
  const bench = new kit.MeterBench({ fram: image });
  bench.box.runMs(5_000);
  assert.equal(bench.poll().readUInt16LE(0) & 0x20, 0x20);
  assert.deepEqual(bench.box.fram.bytes, image);
});

test("a record with one damaged slot is still read", () => {
  const image = livedImage();
  const before = snapshot(new kit.MeterBench({ fram: image }));
  const book_address = 0x02600;
  const slot_size = 48;
  const view = Buffer.from(image.buffer);
  const newer =
    view.readUInt32LE(book_address) > view.readUInt32LE(book_address + slot_size) ? 0 : 1;
  image[book_address + (1 - newer) * slot_size + 20] ^= 0x10;
  assert.equal(
    snapshot(new kit.MeterBench({ fram: image })),
    before,
    "the older slot is not needed",
  );
  image[book_address + newer * slot_size + 20] ^= 0x10;
  const bench = new kit.MeterBench({ fram: image });
  assert.equal(bench.poll().readUInt16LE(0) & 0x20, 0x20, "with both damaged the box is refused");
  bench.box.runMs(3_000);
  assert.deepEqual(bench.box.fram.bytes, image);
});
