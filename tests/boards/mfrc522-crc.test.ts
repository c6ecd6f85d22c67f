/** The chip's CRC coprocessor and self test. Numbers as in mfrc522.test.ts. */

import assert from "node:assert/strict";
import test from "node:test";
import * as R from "../../boards/virtual/devices/mfrc522/registers.ts";
import { blankCard, desk, type Desk } from "./reader-kit.ts";

/** CRC of bytes by the chip, and how long it took. */
function chipCrc(d: Desk, bytes: number[]): [number, number] {
  d.write(R.COMMAND, 0);
  d.write(R.DIV_IRQ, R.CRC_IRQ);
  d.write(R.FIFO_LEVEL, 0x80);
  d.write(R.FIFO_DATA, ...bytes);
  d.write(R.COMMAND, 3);
  const start_us = d.now_us;
  for (let i = 0; i < 100 && (d.read(R.DIV_IRQ) & R.CRC_IRQ) === 0; i++);
  const took_us = d.now_us - start_us;
  assert.equal(d.read(R.COMMAND) & 0x0f, 3); // it does not end by itself
  d.write(R.COMMAND, 0);
  return [(d.read(R.CRC_RESULT_L) << 8) | d.read(R.CRC_RESULT_H), took_us];
}

test("12 CalcCRC: preset from ModeReg, takes its time, CRCIRq", () => {
  const d = desk();
  assert.equal(chipCrc(d, [0x50, 0x00])[0], 0x57cd);
  assert.equal(chipCrc(d, [0x93, 0x70, 0xde, 0xad, 0xbe, 0xef, 0x22])[0], 0xb99c);
  const [crc, took_us] = chipCrc(d, new Array<number>(16).fill(0));
  assert.equal(crc, 0x3749);
  assert.ok(took_us > 8, `${took_us} us`);
  d.write(R.MODE, 0x3f); // FFFF
  assert.notEqual(chipCrc(d, [0x50, 0x00])[0], 0x57cd);
  d.write(R.MODE, 0x3c); // 0000
  assert.equal(chipCrc(d, [0, 0])[0], 0);
});

test("12 the chip's own CRC is added and taken off; a 4-bit answer has none", () => {
  const d = desk(blankCard());
  d.select();
  d.authenticate(4);
  d.write(R.TX_MODE, 0x80);
  d.write(R.RX_MODE, 0x80);
  const read = d.exchange([0x30, 4]);
  assert.deepEqual([read.error, read.bytes.length], [0, 16]);
  assert.equal(d.exchange([0xa0, 4]).error, R.CRC_ERR);
});

/** The self test of the data sheet; returns the 64 bytes. */
function selfTest(d: Desk): number[] {
  d.write(R.COMMAND, 0x0f);
  d.wait(1_000);
  d.write(R.FIFO_LEVEL, 0x80);
  d.write(R.FIFO_DATA, ...new Array<number>(25).fill(0));
  d.write(R.COMMAND, 1);
  d.write(R.AUTO_TEST, 0x09);
  d.write(R.FIFO_DATA, 0);
  d.write(R.COMMAND, 3);
  for (let i = 0; i < 1_000 && d.read(R.FIFO_LEVEL) < 64; i++);
  d.write(R.COMMAND, 0);
  const bytes = Array.from({ length: 64 }, () => d.read(R.FIFO_DATA));
  d.write(R.AUTO_TEST, 0x40);
  return bytes;
}

test("15 the self test tells the version, and kills reception until the chip is initialised", () => {
  const d = desk(blankCard());
  assert.deepEqual(selfTest(d).slice(0, 4), [0x00, 0xeb, 0x66, 0xba]);
  d.write(R.MODE, 0x3d);
  d.write(R.TX_ASK, 0x40);
  d.write(R.T_MODE, 0x80);
  d.write(R.T_RELOAD_H, 3);
  d.antenna(true);
  d.wait(6_000);
  assert.equal(d.request().bytes.length, 0);
  d.init();
  assert.equal(d.request().bytes.length, 2);
  d.reader.chip.version = 0x91;
  assert.deepEqual(selfTest(d).slice(0, 4), [0x00, 0xc6, 0x37, 0xd5]);
});
