/** The reader of the memory and the auditor, on images made by hand from src/metering/SPEC.md. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "crc";
import { Auditor } from "../../tools/simulate/auditor.ts";
import { BooksReader, RECORDS, REGIONS, type RecordName } from "../../tools/simulate/books.ts";
import { exitCode, type Summary } from "../../tools/simulate/summary.ts";

const FRAM_SIZE = 256 * 1024;
const HUNDREDTH = 36_000n;

class Image {
  readonly bytes = new Uint8Array(FRAM_SIZE).fill(0xff);
  readonly reader = new BooksReader(this.bytes);

  /** Writes a body into the slot of its sequence number; returns the slot's address. */
  write(name: RecordName, index: number, sequence: number, body: Uint8Array): number {
    const { address, stride, body_size } = RECORDS[name];
    const record = address + index * stride;
    const slot = record + (sequence % 2) * (body_size + 8);
    const data = Buffer.alloc(4 + 4 + body_size);
    data.writeUInt32LE(record, 0);
    data.writeUInt32LE(sequence, 4);
    data.set(body, 8);
    this.bytes.set(data.subarray(4), slot);
    new DataView(this.bytes.buffer).setUint32(slot + 4 + body_size, crc32(data) >>> 0, true);
    return slot;
  }

  /** Writes an entry of a ring with its CRC, which goes into its last four bytes. */
  entry(name: keyof typeof REGIONS, place: number, entry: Buffer): void {
    const at = REGIONS[name].address + place * REGIONS[name].entry_size;
    const address = Buffer.alloc(4);
    address.writeUInt32LE(at);
    const data = entry.subarray(0, -4);
    entry.writeUInt32LE(crc32(Buffer.concat([address, data])) >>> 0, data.length);
    this.bytes.set(entry, at);
  }

  account(household: number, sequence: number, accepted: bigint, remaining = 0): number {
    const body = Buffer.alloc(48);
    body.writeBigInt64LE(accepted, 0);
    body.writeUInt32LE(sequence, 8);
    body.writeUInt32LE(1234, 12);
    body.writeInt32LE(remaining, 16);
    return this.write("ACCOUNT", household - 1, sequence, body);
  }

  book(channel: number, sequence: number, values: [bigint, bigint, bigint]): number {
    const body = Buffer.alloc(40);
    values.forEach((value, index) => body.writeBigInt64LE(value, index * 8));
    return this.write("BOOK", channel - 1, sequence, body);
  }

  management(sequence: number, clear_number: number, clearing: boolean): number {
    const body = Buffer.alloc(24);
    body.writeUInt32LE(clear_number, 0);
    body[12] = clearing ? 1 : 0;
    return this.write("MANAGEMENT", 0, sequence, body);
  }

  layout(): void {
    const body = Buffer.alloc(160);
    for (let i = 0; i < 39; i++) body[4 + 4 * i + 3] = i + 1;
    this.write("CHANNELS", 0, 1, body);
  }
}

test("blank memory has no books", () => {
  const { reader } = new Image();
  assert.equal(reader.account(1), null);
  assert.equal(reader.book(39), null);
  assert.equal(reader.layout(), null);
  assert.deepEqual(reader.events(0), []);
});

test("the newer of two valid slots counts, whichever it is", () => {
  const image = new Image();
  image.account(5, 1, 100n);
  image.account(5, 2, 200n);
  assert.equal(image.reader.account(5)?.accepted_units, 200n);
  image.account(5, 3, 300n);
  assert.equal(image.reader.account(5)?.accepted_units, 300n);
  assert.equal(image.reader.account(5)?.number, 3);
  assert.equal(image.reader.account(5)?.last_amount, 1234);
});

test("a damaged slot leaves the older one", () => {
  const image = new Image();
  image.book(39, 1, [10n, 2n, 12n]);
  const slot = image.book(39, 2, [20n, 2n, 22n]);
  image.bytes[slot + 9] ^= 1;
  assert.deepEqual(image.reader.book(39), { forward_j: 10n, reverse_j: 2n, charged_units: 12n });
});

test("a record of another address is not taken for this one", () => {
  const image = new Image();
  const slot = image.book(1, 1, [10n, 0n, 10n]);
  const copy = image.bytes.slice(slot, slot + 48);
  image.bytes.set(copy, slot + 96);
  assert.equal(image.reader.book(2), null);
});

test("sequence numbers wrap", () => {
  const image = new Image();
  image.account(1, 0xffff_ffff, 1n);
  image.account(1, 2, 2n);
  assert.equal(image.reader.account(1)?.accepted_units, 2n);
});

test("events are read with their fields, damaged ones left out", () => {
  const image = new Image();
  const head = Buffer.alloc(156);
  head.writeUInt32LE(642);
  image.write("EVENTS_HEAD", 0, 1, head);
  const entry = Buffer.alloc(24);
  entry.writeUInt32LE(77, 4);
  entry.set([4, 5], 8);
  entry.writeUInt16LE(3, 10);
  entry.writeBigInt64LE(-9n, 12);
  image.entry("EVENTS", 1, entry); // number 641
  assert.deepEqual(image.reader.events(0), [
    { number: 641, time: 0, running_s: 77, kind: 4, household: 5, detail: 3, value: -9n },
  ]);
});

test("purchases are read newest first; another number in their place is none", () => {
  const image = new Image();
  image.account(5, 12, 1000n * HUNDREDTH);
  const purchase = (number: number, place: number): void => {
    const entry = Buffer.alloc(32);
    [700 + number, number, 50, -20, 30, 400].forEach((value, at) =>
      entry.writeInt32LE(value, 4 * at),
    );
    image.entry("PURCHASES", 40 + place, entry);
  };
  purchase(12, 2);
  purchase(1, 1);
  purchase(10, 0);
  const rest = { amount: 50, before: -20, after: 30, total: 400 };
  assert.deepEqual(image.reader.purchases(5), [
    { time: 712, number: 12, ...rest },
    { time: 710, number: 10, ...rest },
  ]);
  assert.deepEqual(image.reader.purchases(6), []);
});

test("freezes are read newest first, without the place that is written next", () => {
  const image = new Image();
  assert.deepEqual(image.reader.freezes("INSTANTS"), []);
  const head = Buffer.alloc(56);
  head.writeUInt32LE(9, 8);
  image.write("FREEZE_HEADS", 0, 1, head);
  for (let place = 0; place < 4; place++) {
    const block = Buffer.alloc(320);
    block.writeUInt32LE(700 + place, 0);
    block.writeUInt32LE(1000 + place, 4 + 38 * 8);
    block.writeUInt32LE(2000 + place, 4 + 38 * 8 + 4);
    image.entry("INSTANTS", place, block);
  }
  const freezes = image.reader.freezes("INSTANTS");
  assert.deepEqual(
    freezes.map(({ number, time }) => [number, time]),
    [
      [8, 700],
      [7, 703],
      [6, 702],
    ],
  );
  assert.deepEqual(freezes[1].energies[38], { forward: 1003, reverse: 2003 });
  assert.deepEqual(image.reader.freezes("DAILY"), []);
});

interface Sold {
  accepted: bigint;
  waiting: bigint[];
  clear?: number;
}

function audit(image: Image, sold: Sold): Auditor {
  image.layout();
  return new Auditor(image.reader, {
    acceptedUnits: () => sold.accepted,
    waitingUnits: () => sold.waiting,
    lastClear: () => sold.clear ?? 0,
  });
}

test("the auditor agrees with honest books", () => {
  const image = new Image();
  const sold: Sold = { accepted: 0n, waiting: [1000n * HUNDREDTH] };
  const auditor = audit(image, sold);
  auditor.commit(image.account(5, 1, 1000n * HUNDREDTH, 1000), 0);
  sold.accepted = 1000n * HUNDREDTH;
  sold.waiting = [];
  auditor.commit(image.book(5, 1, [2250n, 0n, 2250n]), 0);
  auditor.commit(image.book(5, 2, [4500n, 2250n, 6750n]), 0);
  assert.equal(auditor.commits_checked, 3);
  assert.deepEqual(auditor.violations, []);
});

const FALSE_BOOKS: [string, (image: Image) => number, RegExp][] = [
  ["credit nobody sold", (i) => i.account(5, 1, 1n), /accepted 1 units, the office sold 0/],
  ["a charge too low", (i) => i.book(5, 1, [2250n, 0n, 2249n]), /charged 2249 for 2250 J/],
  ["a charge for nothing", (i) => i.book(5, 1, [0n, 0n, 1n]), /charged 1 for 0 J/],
  ["reverse energy for free", (i) => i.book(5, 1, [0n, 2250n, 0n]), /charged 0 for 2250 J/],
];

for (const [name, falsify, message] of FALSE_BOOKS) {
  test(`the auditor finds ${name}`, () => {
    const image = new Image();
    const auditor = audit(image, { accepted: 0n, waiting: [] });
    auditor.commit(falsify(image), 2_500_000);
    assert.equal(auditor.balanced, false);
    assert.match(auditor.violations[0], /^2\.500 s, household 5: /);
    assert.match(auditor.violations[0], message);
  });
}

test("the auditor finds energy that goes backwards", () => {
  const image = new Image();
  image.book(5, 1, [4500n, 0n, 4500n]);
  const auditor = audit(image, { accepted: 0n, waiting: [] });
  auditor.commit(image.book(5, 2, [2250n, 0n, 2250n]), 0);
  assert.equal(auditor.violation_count, 1);
});

test("the auditor finds a wrong remaining with a credit, and a lost account", () => {
  const image = new Image();
  const sold: Sold = { accepted: 0n, waiting: [1000n * HUNDREDTH] };
  const auditor = audit(image, sold);
  const slot = image.account(5, 1, 1000n * HUNDREDTH, 990);
  auditor.commit(slot, 0);
  assert.match(auditor.violations[0], /990 \(0\.01\) written/);
  sold.accepted = 1000n * HUNDREDTH;
  image.bytes[slot + 8] ^= 1;
  auditor.commit(slot, 0);
  assert.match(auditor.violations[1], /the account is lost/);
});

test("purchases on a card are accepted in the order of their sale", () => {
  const sold: Sold = { accepted: 0n, waiting: [100n * HUNDREDTH, 50n * HUNDREDTH] };
  const image = new Image();
  const auditor = audit(image, sold);
  auditor.commit(image.account(5, 1, 100n * HUNDREDTH, 100), 0);
  auditor.commit(image.account(5, 2, 150n * HUNDREDTH, 150), 0);
  assert.deepEqual(auditor.violations, []);
  const other = new Image();
  const strict = audit(other, sold);
  strict.commit(other.account(5, 1, 50n * HUNDREDTH, 50), 0);
  assert.equal(strict.violation_count, 1);
});

function clearedBy(clear: number, clearing: boolean, left: bigint): Auditor {
  const image = new Image();
  const sold: Sold = { accepted: 0n, waiting: [100n * HUNDREDTH], clear: 3 };
  const auditor = audit(image, sold);
  auditor.commit(image.account(5, 1, 100n * HUNDREDTH, 100), 0);
  sold.accepted = 100n * HUNDREDTH;
  sold.waiting = [];
  auditor.commit(image.book(5, 1, [2250n, 0n, 2250n]), 0);
  image.management(1, clear, clearing);
  auditor.commit(image.account(5, 2, 2250n + left, 0), 0);
  assert.equal(auditor.violations.length, auditor.violation_count);
  return auditor;
}

test("a clear that the office ordered withdraws exactly what remains", () => {
  assert.deepEqual(clearedBy(3, true, 0n).violations, []);
  assert.equal(clearedBy(4, true, 0n).balanced, false);
  assert.equal(clearedBy(3, false, 0n).balanced, false);
  assert.equal(clearedBy(3, true, 2250n).balanced, false);
});

test("the auditor finds a reading that does not add up", () => {
  const image = new Image();
  const auditor = audit(image, { accepted: 100n, waiting: [] });
  const reading = {
    ...{ household: 5, state: 0, relays_closed: true, forward_j: 0n, reverse_j: 0n },
    ...{ accepted_units: 100n, charged_units: 30n, remaining_units: 70n, power_w: 0, number: 1 },
  };
  auditor.reading(reading, 0);
  assert.equal(auditor.balanced, true);
  auditor.reading({ ...reading, remaining_units: 71n }, 0);
  assert.equal(auditor.violation_count, 1);
});

test("unbalanced books, a failed expectation and a restart each end with 1", () => {
  const fine = { balanced: true, expects_failed: [], restarts: [] } as unknown as Summary;
  assert.equal(exitCode(fine), 0);
  assert.equal(exitCode({ ...fine, balanced: false }), 1);
  assert.equal(exitCode({ ...fine, expects_failed: ["x"] }), 1);
  assert.equal(exitCode({ ...fine, restarts: ["x"] }), 1);
});
