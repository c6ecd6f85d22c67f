/** The office side: AES-CMAC against published vectors, messages, frames, repeats on a bad line. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cmac } from "@noble/ciphers/aes.js";
import crc16modbus from "crc/calculators/crc16modbus";
import { Auditor } from "../../tools/simulate/auditor.ts";
import { BooksReader } from "../../tools/simulate/books.ts";
import * as frames from "../../tools/simulate/frames.ts";
import { Office } from "../../tools/simulate/office.ts";

const KEY = bytes("2b7e151628aed2a6abf7158809cf4f3c");
const BOX = "2025112101";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

test("AES-CMAC, RFC 4493 section 4", () => {
  const message = bytes(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
  );
  const tags: [number, string][] = [
    [0, "bb1d6929e95937287fa37d129b756746"],
    [16, "070a16b46b4d4144f79bdd9dd04a287c"],
    [40, "dfa66747de9ae63030ca32611497c827"],
    [64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ];
  for (const [size, tag] of tags) assert.equal(hex(cmac(message.subarray(0, size), KEY)), tag);
});

test("the credit message of 100.00 kWh for household 5, purchase 7", () => {
  const message = { index: 5, kind: frames.MESSAGE_CREDIT, number: 7, amount: 10_000, flags: 0 };
  const signed = frames.signMessage(KEY, { box_number: BOX, ...message });
  assert.equal(hex(signed), "20251121010501000000070000271000" + "fc6ea2ef5cc7cca6");
});

test("a box's key comes from master key and box number", () => {
  assert.equal(hex(frames.boxKey(KEY, BOX)), hex(cmac(bytes(BOX), KEY)));
  assert.notEqual(hex(frames.boxKey(KEY, BOX)), hex(frames.boxKey(KEY, "2025112102")));
});

test("a frame as SPEC.md describes it", () => {
  const frame = frames.makeFrame(9, frames.KIND_BOOKS_READ, Uint8Array.of(5));
  assert.equal(hex(frame.subarray(0, 5)), "fb01090605");
  assert.equal(frame[5] | (frame[6] << 8), crc16modbus(bytes("01090605")));
});

function reply(sequence: number, kind: number, payload: Uint8Array): Uint8Array {
  return frames.makeFrame(sequence, kind | 0x80, payload);
}

test("replies are found between noise, in pieces, never damaged ones", () => {
  const good = reply(1, 6, bytes("00fbfb05"));
  const bad = reply(2, 6, bytes("00010203"));
  bad[5] ^= 1;
  const stream = [...bytes("00fb01"), ...bad, ...good, ...bytes("fb"), ...reply(3, 7, bytes("00"))];
  const reader = new frames.ReplyReader();
  const found = stream.flatMap((byte) => reader.take(Uint8Array.of(byte)));
  assert.deepEqual(
    found.map(({ sequence, kind, payload }) => [sequence, kind, hex(payload)]),
    [
      [1, 6, "00fbfb05"],
      [3, 7, "00"],
    ],
  );
});

/** A line on which `answer` replies to every frame; null: silence. */
function lineOf(answer: (frame: Uint8Array) => Uint8Array | null) {
  const sent: string[] = [];
  let waiting = new Uint8Array(0);
  return {
    sent,
    send(frame: Uint8Array): void {
      sent.push(hex(frame));
      waiting = Uint8Array.from([...waiting, ...(answer(frame) ?? [])]);
    },
    receive(): Uint8Array {
      const received = waiting;
      waiting = new Uint8Array(0);
      return received;
    },
  };
}

function messageReply(frame: Uint8Array, result: number): Uint8Array {
  const payload = new Uint8Array(20);
  payload[0] = result;
  payload[16] = frame[4 + 1 + 6];
  return reply(frame[2], frame[3], payload);
}

function run(office: Office, duration_ms: number): void {
  for (let now_ms = 0; now_ms < duration_ms; now_ms += 10) office.poll(now_ms);
}

test("what gets no answer is sent again, the same frame", () => {
  let count = 0;
  const line = lineOf((frame) => (++count < 4 ? null : messageReply(frame, 0)));
  const office = new Office(line, BOX, KEY);
  let result = NaN;
  office.credit(5, 1000, {}, (value) => (result = value));
  assert.deepEqual(office.waitingUnits(5), [36_000_000n]);
  run(office, 5000);
  assert.equal(result, 0);
  assert.equal(line.sent.length, 4);
  assert.equal(new Set(line.sent).size, 1);
  assert.equal(office.acceptedUnits(5), 36_000_000n);
  assert.deepEqual(office.waitingUnits(5), []);
});

test("a credit is asked for until it is answered, a reading is given up", () => {
  let is_dead = true;
  const line = lineOf((frame) => (is_dead ? null : messageReply(frame, 1)));
  const office = new Office(line, BOX, KEY);
  let reading: unknown = "none yet";
  let result = NaN;
  office.read(5, (value) => (reading = value));
  office.credit(5, 1000, {}, (value) => (result = value));
  run(office, 30_000);
  assert.equal(reading, null);
  assert.equal(office.idle, false);
  is_dead = false;
  for (let now_ms = 30_000; now_ms < 40_000; now_ms += 10) office.poll(now_ms);
  assert.equal(result, 1);
  assert.equal(office.acceptedUnits(5), 36_000_000n);
});

test("a refused credit leaves books and number as they were", () => {
  const results = [0xfa, 0, 0]; // -6
  const line = lineOf((frame) => messageReply(frame, results.shift()!));
  const office = new Office(line, BOX, KEY);
  for (const amount of [5000, 100, 200]) {
    office.credit(5, amount, {}, () => undefined);
    run(office, 2000);
  }
  assert.equal(office.acceptedUnits(5), 300n * 36_000n);
  const numbers = line.sent.map((frame) => frame.slice(2 * (4 + 1 + 7), 2 * (4 + 1 + 11)));
  assert.deepEqual(numbers, ["00000001", "00000001", "00000002"]);
});

test("the repeat of a setting whose answer was lost counts as done", () => {
  let count = 0;
  const line = lineOf((frame) => {
    const answer = messageReply(frame, 0xfc); // -4: number old
    answer.set([4], 4 + 16);
    return ++count === 1 ? null : frames.makeFrame(frame[2], 0x82, answer.subarray(4, 24));
  });
  const office = new Office(line, BOX, KEY);
  let result = NaN;
  office.set("alarm_level", 5, 2000, (value) => (result = value));
  run(office, 3000);
  assert.equal(count, 2);
  assert.equal(result, 0);
});

test("a forged credit that a box accepts is not in the office's books", () => {
  const office = new Office(
    lineOf((frame) => messageReply(frame, 0)),
    BOX,
    KEY,
  );
  office.credit(5, 1000, { wrong_code: true }, () => undefined);
  run(office, 2000);
  assert.equal(office.acceptedUnits(5), 0n);
  const auditor = new Auditor(new BooksReader(new Uint8Array(1 << 18)), office);
  auditor.reading(
    {
      ...{ household: 5, state: 0, relays_closed: true, forward_j: 0n, reverse_j: 0n },
      ...{ accepted_units: 36_000_000n, charged_units: 0n, remaining_units: 36_000_000n },
      ...{ power_w: 0, number: 1 },
    },
    0,
  );
  assert.equal(auditor.balanced, false);
});
