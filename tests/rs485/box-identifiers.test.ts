/** Every identifier of src/rs485/SPEC.md read from a running box and compared with its books, which are
 *  asked for by native frames; each write refused that is not in order. */

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { bcd, identifier, LineBox, PASSWORD, spaced } from "./box-kit.ts";

const NUMBER = "2025112101";
const SINGLE = 7;
const THREE = 10; // channels 10, 11, 12
const NO_DATA = 2;
const REFUSED = 4;
const OTHER = 1;
const HUNDREDTH_J = 36_000n;
const START = Date.UTC(2025, 10, 30, 23, 43, 0);
const LAYOUT = 52;

let box: LineBox;

function hundredths(joules: bigint): number {
  return Number(joules / HUNDREDTH_J);
}

/** BCD of `bytes`, lowest pair first, the sign in the highest bit. */
function signed(value: number, bytes: number): Buffer {
  const data = bcd(Math.abs(value), bytes);
  if (value < 0) data[bytes - 1]! |= 0x80;
  return data;
}

function same(
  household: number,
  id: string,
  expected: Uint8Array | number,
  body?: Uint8Array,
): void {
  const said = box.read(household, id, body);
  const shown = typeof said === "number" ? said : spaced(said);
  const wanted = typeof expected === "number" ? expected : spaced(expected);
  assert.equal(shown, wanted, `${id} of ${household}`);
}

/** ASCII goes with its last character first. */
function text(value: string, bytes: number): Buffer {
  return Buffer.from(value.padEnd(bytes, " "), "ascii").reverse();
}

/** YYMMDDhhmm of a box time, lowest pair first. */
function minuteOf(time_ms: number): Buffer {
  const iso = new Date(time_ms).toISOString();
  return bcd(iso.slice(2, 16).replace(/\D/g, ""), 5);
}

/** A box that has lived: a three-phase and single-phase households, purchases, consumption both ways,
 *  a midnight that is also a settlement, freezes, a phase loss and a power cut. */
function livedBox(): LineBox {
  const lived = new LineBox(NUMBER, { relays_closed: true }, new Date(START));
  lived.setChannel(LAYOUT, 11, 0);
  lived.setChannel(LAYOUT, 12, 0);
  lived.setChannel(LAYOUT, THREE, 10 | (11 << 8) | (12 << 16));
  lived.buy(SINGLE, 1, 10_000);
  lived.buy(SINGLE, 2, 2_345);
  lived.buy(THREE, 1, 50_000);
  const { box: board } = lived;
  board.setLoadW(SINGLE, 3000);
  for (const channel of [10, 11, 12]) board.setLoadW(channel, 2000);
  board.runMs(18 * 60_000);
  board.setLoadW(SINGLE, -1500);
  board.setPhase(2, false);
  board.runMs(90_000);
  board.setPhase(2, true);
  board.runMs(60_000);
  for (const channel of [SINGLE, 10, 11, 12]) board.setLoadW(channel, 0);
  board.runMs(7 * 60_000);
  board.powerOff();
  board.runMs(60_000);
  board.powerOn();
  lived.settle();
  return lived;
}

describe("identifiers", () => {
  before(() => {
    box = livedBox();
  });

  test("energies, their tariffs and the settlement", () => {
    for (const household of [SINGLE, THREE]) {
      const books = box.books(household);
      const forward = hundredths(books.forward_j);
      const reverse = hundredths(books.reverse_j);
      const combined = hundredths(books.forward_j + books.reverse_j);
      assert.ok(forward > 0);
      const zeros = Buffer.alloc(12);
      for (const [kind, value] of [
        ["01", forward],
        ["02", reverse],
        ["00", combined],
      ] as const) {
        const total = bcd(value, 4);
        same(household, `00${kind}0000`, total);
        same(household, `00${kind}0100`, total);
        same(household, `00${kind}0200`, Buffer.alloc(4));
        same(household, `00${kind}FF00`, Buffer.concat([total, total, zeros]));
        const history = box.read(household, `00${kind}00FF`) as Buffer;
        assert.equal(history.length, 13 * 4);
        assert.equal(spaced(history.subarray(0, 4)), spaced(total));
        const all = box.read(household, `00${kind}FFFF`) as Buffer;
        assert.equal(all.length, 13 * 5 * 4, "in follow-up frames");
        assert.equal(spaced(all.subarray(0, 20)), spaced(Buffer.concat([total, total, zeros])));
        assert.equal(spaced(all.subarray(20, 24)), spaced(history.subarray(4, 8)));
      }
      const settled = box.read(household, "00000001") as Buffer;
      const settled_value = Number(Buffer.from(settled).reverse().toString("hex"));
      assert.ok(settled_value > 0 && settled_value <= combined);
      same(household, "000B0000", bcd(combined - settled_value, 4));
      same(household, "000B0001", bcd(settled_value, 4));
      same(household, "0001000D", NO_DATA);
      same(household, "00010500", NO_DATA);
      same(household, "00030000", NO_DATA);
    }
    same(0, "00010000", NO_DATA);
  });

  test("credit, purchases, demand", () => {
    for (const household of [SINGLE, THREE]) {
      const books = box.books(household);
      same(household, "00900100", signed(hundredths(books.remaining), 4));
      same(household, "00900101", Buffer.alloc(4));
      same(household, "00900200", NO_DATA);
      same(household, "00900201", NO_DATA);
      const demand = box.read(household, "01010000") as Buffer;
      assert.equal(demand.length, 8);
      assert.equal(spaced(demand.subarray(0, 3)), spaced(bcd(books.maximum_w * 10, 3)));
      assert.ok(books.maximum_w > 1000);
    }
    same(SINGLE, "03320201", bcd(2, 2));
    same(SINGLE, "03320202", bcd(1, 2));
    same(SINGLE, "03320301", bcd(2_345, 4));
    same(SINGLE, "03320302", bcd(10_000, 4));
    same(SINGLE, "03320401", bcd(10_000, 4));
    same(SINGLE, "03320501", bcd(12_345, 4));
    same(SINGLE, "03320601", bcd(12_345, 4));
    same(SINGLE, "03320602", bcd(10_000, 4));
    same(SINGLE, "03320101", minuteOf(START));
    same(SINGLE, "03320103", NO_DATA);
    same(SINGLE, "03330101", NO_DATA);
    same(SINGLE, "0332010B", NO_DATA);
  });

  test("voltages, power, frequency", () => {
    const info = box.ask(7);
    const volts = [8, 10, 12].map((offset) => bcd(info.readUInt16LE(offset), 2));
    assert.equal(volts.length, 3);
    same(0, "0201FF00", Buffer.concat(volts));
    same(THREE, "0201FF00", Buffer.concat(volts));
    same(THREE, "02010200", volts[1]!);
    same(SINGLE, "02010100", volts[0]!); // channel 7 is on phase A
    same(SINGLE, "02010200", NO_DATA);
    same(SINGLE, "0201FF00", Buffer.concat([volts[0]!, Buffer.alloc(4, 0xff)]));
    same(SINGLE, "02800002", bcd(info.readUInt16LE(14), 2));
    same(0, "02800002", bcd(info.readUInt16LE(14), 2));
    same(SINGLE, "02030000", Buffer.alloc(3));
    box.box.setLoadW(SINGLE, 3000);
    box.box.runMs(30_000);
    const power = box.read(SINGLE, "02030000") as Buffer;
    const power_dw = Number(Buffer.from(power).reverse().toString("hex"));
    assert.ok(Math.abs(power_dw - 30_000) < 150, `${power_dw} x 0.1 W`);
    const block = box.read(SINGLE, "0203FF00") as Buffer;
    assert.equal(spaced(block.subarray(6)), "FF FF FF FF FF FF");
    box.box.setLoadW(SINGLE, 0);
    box.box.runMs(400_000);
  });

  test("parameters", () => {
    for (const household of [0, SINGLE, THREE]) {
      const address = bcd(box.address(household), 6);
      same(household, "04000401", address);
      same(household, "04000402", address);
      same(household, "04000103", bcd(15, 1));
      same(household, "04000104", bcd(15, 1));
      same(household, "04000204", bcd(1, 1));
      same(household, "04000306", bcd(1, 3));
      same(household, "04000307", bcd(1, 3));
      same(household, "04000404", text("220V", 6));
      same(household, "04000405", text("15A", 6));
      same(household, "04000407", text("1.0", 4));
      same(household, "04000601", Buffer.from([5]));
      same(household, "04000703", Buffer.from([0x20]));
      same(household, "04000901", Buffer.from([8]));
      same(household, "04000A05", bcd(60, 2));
      same(household, "04000B01", bcd(100, 2));
      same(household, "04000C03", NO_DATA);
      same(household, "04FFFFFF", NO_DATA);
    }
    same(SINGLE, "04000409", bcd(1600, 3));
    same(0, "04000409", NO_DATA);
    same(SINGLE, "0400040E", bcd(box.address(SINGLE), 6));
    const limits = [40, 41, 43, 42].map((id) => bcd(box.setting(id, SINGLE), 4));
    ["04000F01", "04000F02", "04000F03", "04000F04"].forEach((id, index) =>
      same(SINGLE, id, limits[index]!),
    );
    same(SINGLE, "04001001", NO_DATA);
    const date = box.read(0, "04000101") as Buffer;
    assert.equal(spaced(date), "01 01 12 25", "Monday, 2025-12-01");
    assert.equal((box.read(SINGLE, "04000102") as Buffer).length, 3);
    assert.equal((box.read(SINGLE, "0400010C") as Buffer).length, 7);
    for (const id of ["0400040B", "0400040D", "04800001"]) {
      assert.match((box.read(0, id) as Buffer).toString("ascii"), /^[ -~]+$/);
    }
  });

  test("status words", () => {
    const words = (household: number): number[] => {
      const block = box.read(household, "040005FF") as Buffer;
      assert.equal(block.length, 14);
      for (let word = 1; word <= 7; word++) {
        same(household, `0400050${word}`, block.subarray(2 * word - 2, 2 * word));
      }
      return Array.from({ length: 7 }, (_, index) => block.readUInt16LE(2 * index));
    };
    assert.deepEqual(words(SINGLE), [0, 0, 0x0100, 0, 0, 0, 0]);
    const empty = words(20); // never bought anything: open, wanted open, alarm
    assert.equal(empty[2], 0x0100 | (1 << 4) | (1 << 6) | (1 << 7));
    box.box.setPhase(0, false);
    box.box.runMs(5000);
    assert.equal(words(SINGLE)[3], 1 << 7);
    assert.equal(words(0)[3], 1 << 7);
    assert.equal(words(8)[3], 0, "household 8 is on phase B");
    box.box.setPhase(0, true);
    box.box.serviceSwitch(true);
    box.box.runMs(5000);
    assert.equal(words(0)[2]! & (1 << 3), 1 << 3);
    box.box.serviceSwitch(false);
    box.box.runMs(2000);
  });

  test("bulk", () => {
    const readings = Array.from({ length: 39 }, (_, index) => {
      const household = index + 1;
      return household === 11 || household === 12 ? undefined : box.books(household);
    });
    const all = (bytes: number, of: (books: NonNullable<(typeof readings)[0]>) => Buffer): Buffer =>
      Buffer.concat(readings.map((books) => (books ? of(books) : Buffer.alloc(bytes, 0xff))));
    same(
      0,
      "04801000",
      all(4, ({ remaining }) => signed(hundredths(remaining), 4)),
    );
    same(
      0,
      "04801100",
      all(4, ({ forward_j }) => bcd(hundredths(forward_j), 4)),
    );
    same(
      0,
      "04801300",
      all(4, ({ reverse_j }) => bcd(hundredths(reverse_j), 4)),
    );
    same(
      0,
      "04801400",
      all(3, ({ power_w }) => signed(power_w * 10, 3)),
    );
    same(
      0,
      "04801500",
      all(4, ({ number }) => bcd(number, 4)),
    );
    const words = box.read(0, "04801200") as Buffer;
    assert.equal(words.length, 78);
    assert.equal(words.readUInt16LE(2 * (SINGLE - 1)), 0x0100);
    same(0, "04801600", Buffer.from([1]));
    same(SINGLE, "04801000", NO_DATA);
  });

  test("events", () => {
    same(0, "03110000", bcd(1, 3));
    const down = box.read(0, "03110001") as Buffer;
    assert.equal(down.length, 12);
    assert.ok(Buffer.compare(Buffer.from(down).reverse().subarray(6), Buffer.alloc(6)) > 0);
    same(0, "03110002", NO_DATA);
    const phase_c = box.read(0, "03040300") as Buffer;
    assert.equal(spaced(phase_c), "01 00 00 01 00 00", "once, one minute");
    assert.equal((box.read(0, "03040301") as Buffer).length, 12);
    same(0, "03040201", NO_DATA);
    same(SINGLE, "03110000", NO_DATA);
    for (const id of ["03300000", "03300100", "03300200", "03300300", "03300400"]) {
      assert.equal((box.read(0, id) as Buffer).length, 3, id);
    }
  });

  test("freezes and load record", () => {
    const books = box.books(SINGLE);
    const daily = box.read(SINGLE, "0506FF01") as Buffer;
    assert.equal(daily.length, 45);
    assert.equal(spaced(daily.subarray(0, 5)), "00 00 01 12 25");
    same(SINGLE, "05060001", daily.subarray(0, 5));
    same(SINGLE, "05060101", daily.subarray(5, 25));
    same(SINGLE, "05060201", daily.subarray(25));
    const frozen = Number(Buffer.from(daily.subarray(5, 9)).reverse().toString("hex"));
    assert.ok(frozen > 0 && frozen <= hundredths(books.forward_j));
    same(SINGLE, "0506013F", NO_DATA);
    same(SINGLE, "05060102", NO_DATA);
    const record = box.read(SINGLE, "06040002", Buffer.from([1])) as Buffer;
    assert.equal(spaced(record.subarray(0, 2)), "A0 A0");
    assert.equal(record.at(-1), 0xe5);
    assert.equal(record[2], record.length - 3, "length of what follows");
    const oldest = box.read(SINGLE, "06040000", Buffer.from([1])) as Buffer;
    assert.notEqual(spaced(oldest), "");
    const from = Buffer.concat([Buffer.from([1]), record.subarray(3, 8)]);
    assert.equal(spaced(box.read(SINGLE, "06040001", from) as Buffer), spaced(record));
  });

  test("a household not in use and a household there is not are silent", () => {
    for (const household of [11, 12, 40, 99]) {
      assert.equal(box.request(household, 0x11, identifier("00010000")), undefined);
    }
  });
});

describe("writes that are not in order change nothing", () => {
  const VALUE = bcd(3000, 4);
  const password = (level: number, digits: number): Buffer =>
    Buffer.concat([Buffer.from([level]), bcd(digits, 3)]);
  const OPERATOR = bcd(1, 4);
  const good = password(2, PASSWORD);
  let line: LineBox;

  before(() => {
    line = new LineBox(NUMBER);
  });

  const write = (id: string, secret: Buffer, value: Uint8Array, household = 5): number => {
    const data = Buffer.concat([identifier(id), secret, OPERATOR, value]);
    const answer = line.request(household, 0x14, data);
    assert.ok(answer);
    return answer.control === 0xd4 ? answer.data[0]! : 0;
  };

  for (const [what, id, secret, value, error] of [
    ["another password", "04000F01", password(2, 654_321), VALUE, REFUSED],
    ["a level too low", "04000F01", password(9, PASSWORD), VALUE, REFUSED],
    ["a shorter value", "04000F01", good, VALUE.subarray(1), OTHER],
    ["a longer value", "04000F01", good, Buffer.concat([VALUE, VALUE]), OTHER],
    ["no BCD", "04000F01", good, Buffer.from([0x0a, 0, 0, 0]), OTHER],
    ["below the trip level", "04000F01", good, bcd(1, 4), OTHER],
    ["money: hoarding limit", "04000F03", good, VALUE, REFUSED],
    ["money: overdraft", "04000F04", good, VALUE, REFUSED],
    ["a constant", "04000409", good, bcd(800, 3), REFUSED],
    ["an identifier there is not", "04009999", good, VALUE, NO_DATA],
    ["a 13th month", "04000101", good, Buffer.from([0x05, 0x21, 0x13, 0x25]), OTHER],
    ["25 o'clock", "04000102", good, Buffer.from([0x00, 0x00, 0x25]), OTHER],
  ] as const) {
    test(what, () => {
      const before_settings = [40, 41, 42, 43].map((setting) => line.setting(setting, 5));
      const constant = line.setting(50, 5);
      assert.equal(write(id, secret, value), error);
      assert.deepEqual(
        [40, 41, 42, 43].map((setting) => line.setting(setting, 5)),
        before_settings,
      );
      assert.equal(line.setting(50, 5), constant);
    });
  }

  test("five wrong passwords lock the right one, and a signed message still goes", () => {
    for (let tries = 0; tries < 5; tries++) {
      assert.equal(write("04000F01", password(4, 1), VALUE), REFUSED);
    }
    assert.equal(write("04000F01", good, VALUE), REFUSED);
    assert.notEqual(line.setting(40, 5), 3000);
    line.buy(5, 1, 1_000);
  });
});
