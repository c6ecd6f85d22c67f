/** Serial lines: character times, queues, losses. */

import assert from "node:assert/strict";
import test from "node:test";
import { DeviceError } from "../../boards/virtual/errors.ts";
import {
  FORMAT_8E1,
  FORMAT_8N1,
  IDLE_LIMIT_US,
  LOST,
  Uart,
} from "../../boards/virtual/devices/uart.ts";

function pair(baud: number, format: number) {
  const one = new Uart("one");
  const other = new Uart("other");
  one.peer = other;
  other.peer = one;
  one.open(baud, format, 0);
  other.open(baud, format, 0);
  const send = (bytes: number[], now_us: number): number =>
    one.write(Uint8Array.from(bytes), 0, bytes.length, now_us);
  const receive = (now_us: number, capacity = 512): number[] | "lost" => {
    const memory = new Uint8Array(512);
    const count = other.read(memory, 0, capacity, now_us);
    return count === LOST ? "lost" : [...memory.subarray(0, count)];
  };
  return { one, other, send, receive };
}

const row = (size: number): number[] => Array.from({ length: size }, (_, i) => i & 255);

test("a byte arrives one character time after the one before", () => {
  const { send, receive } = pair(9600, FORMAT_8E1); // 11 bits: 1145.83 us
  send([1, 2, 3], 1_000);
  assert.deepEqual(receive(1_000 + 1_145), []);
  assert.deepEqual(receive(1_000 + 1_146), [1]);
  assert.deepEqual(receive(1_000 + 2_291), []);
  assert.deepEqual(receive(1_000 + 2_292), [2]);
  assert.deepEqual(receive(1_000 + 3_438), [3]);
});

test("character times do not drift: 1000 characters of 86.8 us", () => {
  const { one, other } = pair(115_200, FORMAT_8N1);
  let now_us = 0;
  for (let sent = 0; sent < 1000;) {
    sent += one.write(Uint8Array.of(sent & 255), 0, 1, now_us);
    now_us += 10; // always faster than the line
    other.read(new Uint8Array(64), 0, 64, now_us);
  }
  const end_us = Math.ceil((1000 * 10 * 1e6) / 115_200);
  assert.equal(other.available(end_us - 1), other.available(end_us) - 1);
});

test("a pause starts a new row; writing on continues the old one", () => {
  const { send, receive } = pair(115_200, FORMAT_8N1);
  send([1], 0);
  send([2], 50);
  assert.deepEqual(receive(173), [1]);
  assert.deepEqual(receive(174), [2]);
  send([3], 1_000);
  assert.deepEqual(receive(1_086), []);
  assert.deepEqual(receive(1_087), [3]);
});

test("the send queue takes 256 bytes, more as they leave", () => {
  const { one, send } = pair(115_200, FORMAT_8N1);
  assert.equal(send(row(300), 0), 256);
  assert.equal(send(row(10), 0), 0);
  assert.equal(one.pending(869), 246);
  assert.equal(send(row(20), 869), 10);
  assert.equal(one.pending(1_000_000), 0);
});

test("256 received bytes are kept, then the newest is lost and told once", () => {
  const { send, receive } = pair(115_200, FORMAT_8N1);
  send(row(256), 0);
  assert.deepEqual(receive(30_000), row(256));
  send(row(256), 100_000);
  send([99], 200_000);
  assert.equal(receive(400_000), "lost");
  assert.deepEqual(receive(400_000), row(256));
  send([98], 500_000);
  assert.deepEqual(receive(600_000), [98]);
});

test("a reader that never comes back does not grow the buffer without end", () => {
  const { send, receive } = pair(115_200, FORMAT_8N1);
  for (let i = 0; i < 100; i++) send(row(200), i * 100_000);
  assert.equal(receive(10_000_000), "lost");
  assert.deepEqual(receive(10_000_000), [...row(200), ...row(56)]);
});

test("idle time counts from the last byte that arrived, read or not", () => {
  const { other, send, receive } = pair(115_200, FORMAT_8N1);
  assert.equal(other.idleUs(500), 500);
  send([1, 2], 1_000);
  assert.equal(other.idleUs(1_086), 1_086);
  assert.equal(other.idleUs(1_087), 0);
  assert.equal(other.idleUs(1_174), 0);
  receive(2_000);
  assert.equal(other.idleUs(2_174), 1_000);
  assert.equal(other.idleUs(1e10), IDLE_LIMIT_US);
});

test("another speed or format loses the bytes", () => {
  const { one, other, send, receive } = pair(9600, FORMAT_8E1);
  one.open(9600, FORMAT_8N1, 0);
  send([1], 0);
  assert.equal(receive(10_000), "lost");
  one.open(19_200, FORMAT_8E1, 0);
  send([1], 0);
  assert.equal(receive(10_000), "lost");
  assert.deepEqual(receive(10_000), []);
  other.close(10_000);
  one.open(9600, FORMAT_8E1, 10_000);
  send([1], 10_000);
  other.open(9600, FORMAT_8E1, 11_000);
  assert.deepEqual(receive(20_000), []);
});

test("opening again or a reset drops what is received and what waits to go out", () => {
  const { one, other, send, receive } = pair(9600, FORMAT_8E1);
  send([1, 2, 3], 0);
  one.close(2_300); // two characters are out
  assert.deepEqual(receive(10_000), [1, 2]);
  one.open(9600, FORMAT_8E1, 10_000);
  send([4], 10_000);
  other.open(9600, FORMAT_8E1, 12_000);
  assert.deepEqual(receive(20_000), []);
});

test("a tap decides what arrives", () => {
  const { one, receive } = pair(9600, FORMAT_8E1);
  one.write(Uint8Array.of(1, 2), 0, 2, 0, (bytes) => Uint8Array.of(...bytes, 7));
  assert.deepEqual(receive(10_000), [1, 2, 7]);
});

test("a port that was not opened throws", () => {
  const uart = new Uart("closed");
  const memory = new Uint8Array(4);
  assert.throws(() => uart.read(memory, 0, 4, 0), DeviceError);
  assert.throws(() => uart.write(memory, 0, 4, 0), DeviceError);
  assert.throws(() => uart.idleUs(0), DeviceError);
});
