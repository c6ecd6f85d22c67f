/** Every register of src/rs485/SPEC.md read from a running box and compared with its books, which are
 *  asked for by native frames; the mailbox, and each write and request that is not in order. */

import assert from "node:assert/strict";
import crc16modbus from "crc/calculators/crc16modbus";
import { before, describe, test } from "node:test";
import { LineBox } from "./box-kit.ts";

const NUMBER = "2025112101";
const UNIT = 1;
const READ = 3;
const READ_INPUT = 4;
const WRITE_ONE = 6;
const DIAGNOSE = 8;
const WRITE = 0x10;
const READ_WRITE = 0x17;
const IDENTIFY = 0x2b;
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;
const FAILED = 4;
const BUSY = 6;
const HUNDREDTH_J = 36_000n;
const MAILBOX = 0x0300;
const RESULT = 0x0310;
const ARRAYS = {
  remaining: 0x0100,
  forward: 0x0180,
  status: 0x0200,
  reverse: 0x0240,
  power: 0x02a0,
};

let box: LineBox;

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16BE(value & 0xffff, 2 * index));
  return bytes;
}

/** A request; undefined for silence, else what follows the function, without CRC. */
function ask(pdu: Uint8Array, unit = UNIT, line = box): { func: number; data: Buffer } | undefined {
  const body = Buffer.concat([Buffer.from([unit]), pdu]);
  const crc = crc16modbus(new Uint8Array(body));
  const answer = line.say(Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])]));
  if (answer.length === 0) return undefined;
  assert.equal(
    crc16modbus(new Uint8Array(answer.subarray(0, -2))),
    answer.readUInt16LE(answer.length - 2),
  );
  assert.equal(answer[0], unit);
  return { func: answer[1]!, data: Buffer.from(answer.subarray(2, -2)) };
}

function exception(pdu: Uint8Array): number {
  const answer = ask(pdu);
  assert.ok(answer, "an exception, not silence");
  assert.equal(answer.func, (pdu[0]! | 0x80) & 0xff);
  return answer.data[0]!;
}

function request(func: number, ...values: number[]): Buffer {
  return Buffer.concat([Buffer.from([func]), words(...values)]);
}

/** Registers as big-endian bytes. */
function read(start: number, count: number, line = box): Buffer {
  const answer = ask(request(READ, start, count), UNIT, line);
  assert.equal(answer?.func, READ, `registers from ${start.toString(16)}`);
  assert.equal(answer.data[0], 2 * count);
  return answer.data.subarray(1);
}

function write(start: number, data: Uint8Array, line = box): number {
  const head = request(WRITE, start, data.length / 2);
  const answer = ask(Buffer.concat([head, Buffer.from([data.length]), data]), UNIT, line);
  assert.ok(answer);
  return answer.func === WRITE ? 0 : answer.data[0]!;
}

/** Waits for the result of the message in the mailbox. */
function result(line = box): Buffer {
  line.box.runMs(300);
  const registers = read(RESULT, 16, line);
  assert.equal(registers.readUInt16BE(0), 2, "done");
  return registers;
}

function hundredths(joules: bigint): number {
  return Number(joules / HUNDREDTH_J);
}

describe("registers", () => {
  before(() => {
    box = new LineBox(NUMBER, { relays_closed: true });
    box.setChannel(52, 11, 0);
    box.setChannel(52, 12, 0);
    box.setChannel(52, 10, 10 | (11 << 8) | (12 << 16));
    box.buy(7, 1, 10_000);
    box.buy(10, 1, 50_000);
    box.box.setLoadW(7, 3000);
    for (const channel of [10, 11, 12]) box.box.setLoadW(channel, 2000);
    box.box.runMs(5 * 60_000);
    box.box.setLoadW(7, -1500);
    box.box.runMs(5 * 60_000);
    for (const channel of [7, 10, 11, 12]) box.box.setLoadW(channel, 0);
    box.box.runMs(7 * 60_000);
  });

  test("the box", () => {
    const info = box.ask(7);
    const all = read(0, 0x40);
    assert.equal(all.readUInt16BE(0), 0x4d39);
    assert.equal(all.readUInt16BE(2), 1);
    assert.equal(all.toString("hex", 4, 10), `${NUMBER}00`);
    assert.equal(all.readUInt16BE(0x05 * 2), 37);
    assert.equal(all.readUInt16BE(0x06 * 2) & 1, 1, "provisioned");
    assert.equal(all.readUInt16BE(0x07 * 2), 7);
    for (let phase = 0; phase < 3; phase++) {
      assert.equal(all.readUInt16BE((0x08 + phase) * 2), info.readUInt16LE(8 + 2 * phase));
    }
    assert.equal(all.readUInt16BE(0x0b * 2), info.readUInt16LE(14));
    const now = Date.UTC(2000, 0, 1) / 1000 + all.readUInt32BE(0x0c * 2);
    assert.equal(new Date(now * 1000).toISOString().slice(0, 10), "2025-11-21");
    assert.ok(Math.abs(all.readUInt32BE(0x0e * 2) - info.readUInt32LE(16)) <= 3);
    assert.equal(all.readUInt32BE(0x10 * 2), info.readUInt32LE(20));
    assert.equal(all.readUInt32BE(0x12 * 2), info.readUInt32LE(32));
    assert.equal(all.readUInt16BE(0x14 * 2), 1, "the reader waits for a card");
    assert.equal(all.readUInt16BE(0x15 * 2), 0);
    assert.equal(all.readUInt32BE(0x16 * 2), 1);
    const line = Array.from({ length: 8 }, (_, index) => all.readUInt16BE((0x18 + index) * 2));
    assert.deepEqual(line, [0, 3, 1, UNIT, 0, 60, 100, 0]);
    assert.equal(all.readUInt16BE(0x21 * 2), 3, "format of the memory");
    assert.ok(all.subarray(0x25 * 2).every((byte) => byte === 0));
    assert.deepEqual(ask(request(READ_INPUT, 0, 0x0c))?.data, ask(request(READ, 0, 0x0c))?.data);
  });

  test("every household's block and its place in the arrays", () => {
    const remaining = read(ARRAYS.remaining, 78);
    const forward = read(ARRAYS.forward, 78);
    const reverse = read(ARRAYS.reverse, 78);
    const power = read(ARRAYS.power, 78);
    const status = read(ARRAYS.status, 39);
    for (let household = 1; household <= 39; household++) {
      const block = read(0x1000 + 0x40 * (household - 1), 0x40);
      const at = (household - 1) * 4;
      if (household === 11 || household === 12) {
        assert.ok(block.every((byte) => byte === 0));
        assert.equal(remaining.readUInt32BE(at), 0xffffffff);
        assert.equal(status.readUInt16BE(at / 2), 0xffff);
        continue;
      }
      const books = box.books(household);
      assert.equal(block.readUInt16BE(0), household);
      assert.equal(block.readUInt16BE(2), books.state);
      assert.equal(block.readUInt16BE(4) & 1, books.closed ? 1 : 0);
      assert.equal(block.readInt32BE(0x04 * 2), hundredths(books.remaining));
      assert.equal(block.readInt32BE(0x08 * 2), books.power_w * 10);
      assert.equal(block.readUInt32BE(0x0a * 2), books.number);
      assert.equal(block.readUInt32BE(0x0c * 2), hundredths(books.forward_j));
      assert.equal(block.readUInt32BE(0x0e * 2), hundredths(books.reverse_j));
      assert.equal(block.readUInt32BE(0x12 * 2), books.maximum_w);
      const limits = [40, 41, 42, 43].map((id) => box.setting(id, household));
      const shown = [0x14, 0x16, 0x18, 0x1a].map((register) => block.readUInt32BE(register * 2));
      assert.deepEqual(shown, limits);
      assert.equal(remaining.readInt32BE(at), hundredths(books.remaining));
      assert.equal(forward.readUInt32BE(at), hundredths(books.forward_j));
      assert.equal(reverse.readUInt32BE(at), hundredths(books.reverse_j));
      assert.equal(power.readInt32BE(at), books.power_w * 10);
      assert.equal(status.readUInt16BE(at / 2), block.readUInt16BE(0x1c * 2));
    }
  });

  test("a read may cut a value in half, and 125 registers go at once", () => {
    const whole = read(ARRAYS.remaining, 2);
    assert.deepEqual(read(ARRAYS.remaining + 1, 1), whole.subarray(2));
    assert.equal(read(0x1000, 125).length, 250);
  });

  test("identification", () => {
    const answer = ask(Buffer.from([IDENTIFY, 0x0e, 1, 0]));
    assert.equal(answer?.func, IDENTIFY);
    assert.match(answer.data.toString("latin1"), /meter39.*M39/s);
    assert.equal(exception(Buffer.from([IDENTIFY, 0x0e, 4, 9])), ILLEGAL_ADDRESS);
    assert.equal(exception(Buffer.from([IDENTIFY, 0x0d, 1, 0])), ILLEGAL_FUNCTION);
  });

  test("diagnostics", () => {
    const echo = request(DIAGNOSE, 0, 0x1234);
    assert.deepEqual(ask(echo)?.data, echo.subarray(1));
    ask(request(DIAGNOSE, 0x0a, 0));
    ask(request(READ, 0, 1));
    assert.equal(exception(request(READ, 0x0900, 1)), ILLEGAL_ADDRESS);
    assert.equal(ask(request(DIAGNOSE, 0x0d, 0))?.data.readUInt16BE(2), 1, "exceptions");
  });
});

describe("exceptions in their order", () => {
  for (const [what, pdu, code] of [
    ["an unknown function", Buffer.from([0x41, 0, 0]), ILLEGAL_FUNCTION],
    ["coils", request(1, 0, 8), ILLEGAL_FUNCTION],
    ["quantity 0", request(READ, 0, 0), ILLEGAL_VALUE],
    ["quantity 126", request(READ, 0, 126), ILLEGAL_VALUE],
    ["quantity before address", request(READ, 0x0900, 126), ILLEGAL_VALUE],
    ["an address there is not", request(READ, 0x0900, 1), ILLEGAL_ADDRESS],
    ["past the end of the box", request(READ, 0x3f, 2), ILLEGAL_ADDRESS],
    ["past the last household", request(READ, 0x19bf, 2), ILLEGAL_ADDRESS],
    ["past the end of all", request(READ, 0xffff, 2), ILLEGAL_ADDRESS],
    ["a write to a reading", request(WRITE_ONE, 0x0100, 1), ILLEGAL_ADDRESS],
    ["a grant too long", request(WRITE_ONE, 0x0329, 1001), ILLEGAL_VALUE],
    ["a freeze of 2", request(WRITE_ONE, 0x0328, 2), ILLEGAL_VALUE],
  ] as const) {
    test(what, () => {
      assert.equal(exception(pdu), code);
    });
  }

  test("half a mailbox, and bytes that do not fit the quantity", () => {
    assert.notEqual(write(MAILBOX, Buffer.alloc(22)), 0);
    assert.notEqual(write(MAILBOX + 1, Buffer.alloc(24)), 0);
    const lying = Buffer.concat([request(WRITE, MAILBOX, 12), Buffer.from([22]), Buffer.alloc(22)]);
    const answer = ask(lying);
    assert.ok(answer === undefined || answer.func === (WRITE | 0x80));
    assert.equal(read(RESULT, 1).readUInt16BE(0), 0, "nothing was taken");
  });

  test("another address, and a broadcast of a read, are silent", () => {
    assert.equal(ask(request(READ, 0, 1), 2), undefined);
    assert.equal(ask(request(READ, 0, 1), 0), undefined);
  });
});

describe("the mailbox", () => {
  test("credit, its repeat, its refusals", () => {
    const line = new LineBox(NUMBER);
    const message = line.sign(1, 5, 1, 4_000, 1);
    assert.equal(write(MAILBOX, message, line), 0);
    const done = result(line);
    assert.equal(done.readInt16BE(2), 0);
    assert.equal(done.readUInt16BE(4), 5);
    assert.equal(done.readUInt32BE(8), 4_000);
    assert.equal(done.readInt32BE(12), 4_000);
    assert.equal(done.readUInt32BE(16), 1);
    assert.equal(done.readUInt32BE(24), 1);
    assert.equal(write(MAILBOX, message, line), 0);
    assert.equal(result(line).readInt16BE(2), 1, "repeated");
    const forged = Buffer.from(line.sign(1, 5, 2, 4_000));
    forged[14]! ^= 1;
    assert.equal(write(MAILBOX, forged, line), 0);
    assert.equal(result(line).readInt16BE(2), -1);
    assert.equal(write(MAILBOX, line.sign(1, 5, 3, 4_000), line), 0);
    assert.equal(result(line).readInt16BE(2), -5);
    assert.equal(hundredths(line.books(5).remaining), 4_000);
  });

  test("switching, signed", () => {
    const line = new LineBox(NUMBER, { relays_closed: true });
    line.buy(5, 1, 4_000);
    line.settle();
    assert.ok(line.box.relayClosed(5));
    const open = line.sign(8, 5, 1, 0x1a);
    assert.equal(write(MAILBOX, open, line), 0);
    assert.equal(result(line).readInt16BE(2), 0);
    line.settle();
    assert.ok(!line.box.relayClosed(5));
    assert.equal(write(MAILBOX, line.sign(8, 5, 2, 0x1c), line), 0);
    result(line);
    line.settle();
    assert.ok(line.box.relayClosed(5));
    assert.equal(write(MAILBOX, open, line), 0);
    assert.equal(result(line).readInt16BE(2), -4, "replayed");
    line.settle();
    assert.ok(line.box.relayClosed(5));
  });

  test("while one is under way another is not taken", () => {
    const line = new LineBox(NUMBER);
    line.box.link.tap = (from, bytes) => (from === "meter" ? Uint8Array.of() : bytes);
    assert.equal(write(MAILBOX, line.sign(1, 5, 1, 100, 1), line), 0);
    assert.equal(write(MAILBOX, line.sign(1, 5, 2, 100), line), BUSY);
  });

  test("time by register 0320: within five minutes, once a day", () => {
    const line = new LineBox(NUMBER);
    const now = read(0x0c, 2, line).readUInt32BE(0);
    const time = (seconds: number): Buffer => words(seconds >>> 16, seconds & 0xffff);
    assert.equal(write(0x0320, time(now + 400), line), FAILED);
    assert.equal(write(0x0320, time(now + 100), line), 0);
    line.settle();
    const set = read(0x0c, 2, line).readUInt32BE(0);
    assert.ok(set >= now + 100 && set <= now + 110);
    assert.equal(write(0x0320, time(set + 60), line), FAILED);
  });

  test("write and read in one request", () => {
    const line = new LineBox(NUMBER);
    const grant = Buffer.concat([
      request(READ_WRITE, 0, 2, 0x0329, 1),
      Buffer.from([2]),
      words(500),
    ]);
    const answer = ask(grant, UNIT, line);
    assert.equal(answer?.func, READ_WRITE);
    assert.equal(answer.data.readUInt16BE(1), 0x4d39);
  });
});
