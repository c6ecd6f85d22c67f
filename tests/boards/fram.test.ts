/** The FRAM model against the MB85RS2MTA data sheet, and power cuts at every byte. */

import assert from "node:assert/strict";
import test from "node:test";
import { FRAM_SIZE, Fram, type ByteUnderWay } from "../../boards/virtual/devices/fram.ts";
import { DeviceError } from "../../boards/virtual/errors.ts";
import { Random } from "../../boards/virtual/random.ts";

const WREN = 0x06;
const WRDI = 0x04;
const RDSR = 0x05;
const WRSR = 0x01;
const READ = 0x03;
const WRITE = 0x02;
const FSTRD = 0x0b;
const RDID = 0x9f;
const SLEEP = 0xb9;

class Bench {
  now_us = 0;
  commits: [number, number][] = [];
  readonly fram = new Fram(() => this.now_us, new Random(3));

  constructor() {
    this.fram.onCommit = (address, size) => void this.commits.push([address, size]);
  }

  send(...bytes: number[]): number[] {
    const buffer = Uint8Array.of(0xaa, ...bytes, 0xaa);
    this.fram.transfer(buffer, 1, bytes.length);
    assert.equal(buffer[0], 0xaa);
    assert.equal(buffer[bytes.length + 1], 0xaa);
    return [...buffer.subarray(1, bytes.length + 1)];
  }

  write(address: number, ...data: number[]): void {
    this.send(WREN);
    this.send(WRITE, address >> 16, (address >> 8) & 255, address & 255, ...data);
  }

  read(address: number, size: number): number[] {
    const zeros = new Array<number>(size).fill(0);
    return this.send(READ, address >> 16, (address >> 8) & 255, address & 255, ...zeros).slice(4);
  }
}

test("a new chip is blank and identifies itself", () => {
  const bench = new Bench();
  assert.equal(bench.fram.bytes.length, 256 * 1024);
  assert.ok(bench.fram.bytes.every((byte) => byte === 0xff));
  assert.deepEqual(bench.send(RDID, 0, 0, 0, 0), [0xff, 0x04, 0x7f, 0x48, 0x03]);
});

test("WRITE needs the latch, which falls with each deselect", () => {
  const bench = new Bench();
  assert.throws(() => bench.send(WRITE, 0, 0, 0, 1), DeviceError);
  assert.equal(bench.send(RDSR, 0)[1], 0x00);
  bench.send(WREN);
  assert.equal(bench.send(RDSR, 0)[1], 0x02);
  bench.send(WRITE, 0, 1, 2, 9);
  assert.deepEqual(bench.read(0x102, 1), [9]);
  assert.equal(bench.send(RDSR, 0)[1], 0x00);
  assert.throws(() => bench.send(WRITE, 0, 0, 0, 1), DeviceError);
  bench.send(WREN);
  bench.send(WRDI);
  assert.throws(() => bench.send(WRITE, 0, 0, 0, 1), DeviceError);
  bench.send(WREN);
  bench.fram.powerOff();
  assert.throws(() => bench.send(WRITE, 0, 0, 0, 1), DeviceError);
});

test("addresses wrap at 256 KiB and upper bits are ignored", () => {
  const bench = new Bench();
  bench.write(FRAM_SIZE - 2, 1, 2, 3);
  assert.deepEqual(bench.read(FRAM_SIZE - 2, 3), [1, 2, 3]);
  assert.equal(bench.fram.bytes[0], 3);
  assert.deepEqual(bench.read(0xfc0000 + FRAM_SIZE - 1, 2), [2, 3]);
  assert.deepEqual(bench.send(FSTRD, 3, 255, 255, 0, 0, 0).slice(5), [2, 3]);
});

test("unknown opcodes and cut-short commands throw", () => {
  const bench = new Bench();
  assert.throws(() => bench.send(0x77), /unknown opcode 77h/);
  assert.throws(() => bench.send(READ, 0, 0), /address cut short/);
  assert.throws(() => bench.send(FSTRD, 0, 0, 0), /address cut short/);
  assert.throws(() => bench.send(WREN, 0), /with 2 bytes/);
  bench.send(WREN);
  assert.throws(() => bench.send(WRSR), /with 1 bytes/);
});

test("WRSR protects blocks and keeps its bits over power", () => {
  const bench = new Bench();
  assert.throws(() => bench.send(WRSR, 0x0c), DeviceError);
  bench.send(WREN);
  bench.send(WRSR, 0x04 | 0x03); // BP0; bits 1 and 0 are not writable
  assert.equal(bench.send(RDSR, 0)[1], 0x04);
  bench.write(0x2ffff, 7, 8);
  assert.deepEqual(bench.read(0x2ffff, 2), [7, 0xff]);
  bench.fram.powerOff();
  assert.equal(bench.send(RDSR, 0)[1], 0x04);
});

test("SLEEP ends with a select and t REC", () => {
  const bench = new Bench();
  bench.send(SLEEP);
  assert.deepEqual(bench.send(RDID, 0), [0xff, 0xff]);
  bench.now_us += 399;
  assert.throws(() => bench.send(RDID, 0), /t REC/);
  bench.now_us += 1;
  assert.deepEqual(bench.send(RDID, 0), [0xff, 0x04]);
});

test("a commit is told once per WRITE that changed memory", () => {
  const bench = new Bench();
  bench.write(0x10, 1, 2, 3);
  bench.write(0x10, 1, 2, 3);
  bench.write(0x20, 4);
  assert.deepEqual(bench.commits, [
    [0x10, 3],
    [0x20, 1],
  ]);
  assert.equal(bench.fram.written, 7);
});

/** Writes 1 2 3 over 9 9 9, then 4 over 9, with a cut; returns what is there after power came back. */
function cutAt(count: number, mode: ByteUnderWay): number[] {
  const bench = new Bench();
  bench.write(0, 9, 9, 9, 9);
  bench.fram.cutAfter(count, mode);
  bench.write(0, 1, 2, 3);
  bench.write(3, 4);
  assert.deepEqual(bench.read(0, 4), [1, 2, 3, 4]); // the core does not notice
  assert.equal(bench.fram.cut, count <= 4);
  bench.fram.powerOff();
  assert.equal(bench.fram.cut, false);
  return bench.read(0, 4);
}

test("power can be cut after every byte", () => {
  const old = [0, 1, 2, 3, 4, 5].map((count) => cutAt(count, "old"));
  assert.deepEqual(old, [
    [9, 9, 9, 9],
    [1, 9, 9, 9],
    [1, 2, 9, 9],
    [1, 2, 3, 9],
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ]);
});

test("the byte under way may be new or garbage, the ones behind it are old", () => {
  assert.deepEqual(cutAt(1, "new"), [1, 2, 9, 9]);
  assert.deepEqual(cutAt(3, "new"), [1, 2, 3, 9]); // the burst was over: nothing was under way
  const garbage = cutAt(1, "garbage");
  assert.deepEqual([garbage[0], ...garbage.slice(2)], [1, 9, 9]);
  assert.deepEqual(cutAt(1, "garbage"), garbage);
});

test("a cut can be taken back, and contents must fit", () => {
  const bench = new Bench();
  bench.fram.cutAfter(1);
  bench.fram.cutAfter(null);
  bench.write(0, 1, 2);
  assert.equal(bench.fram.cut, false);
  assert.throws(() => bench.fram.cutAfter(-1), DeviceError);
  assert.throws(() => new Fram(() => 0, new Random(1), new Uint8Array(3)), DeviceError);
});
