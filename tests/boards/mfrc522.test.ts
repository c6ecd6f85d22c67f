/** The chip's registers, against the MFRC522 data sheet and what drivers in the field rely on. The
 *  numbers are those of the check list of facts that the models must get right. */

import assert from "node:assert/strict";
import test from "node:test";
import * as R from "../../boards/virtual/devices/mfrc522/registers.ts";
import { Desk, KEY, RECEIVED, UID, blankCard, desk } from "./reader-kit.ts";

const COM = 0x80 | (R.COM_IRQ << 1);
const LEVEL = 0x80 | (R.FIFO_LEVEL << 1);
const DATA = 0x80 | (R.FIFO_DATA << 1);

test("1 SPI reads are pipelined, and a FIFO byte is popped when its value goes out", () => {
  const d = new Desk();
  d.write(R.FIFO_DATA, 1, 2, 3, 4);
  assert.deepEqual(d.transfer(LEVEL, DATA, COM, DATA, 0).slice(1), [4, 1, 0x14, 2]);
  assert.equal(d.read(R.FIFO_LEVEL), 2);
  d.transfer(DATA); // the address alone pops nothing
  assert.equal(d.read(R.FIFO_LEVEL), 2);
  assert.deepEqual(d.transfer(DATA, DATA, 0).slice(1), [3, 4]);
  assert.deepEqual(d.transfer(DATA, 0).slice(1), [0]);
});

test("1 a write puts all its bytes into one register", () => {
  const d = new Desk();
  d.write(R.FIFO_DATA, ...Array.from({ length: 64 }, (_, i) => i));
  assert.equal(d.read(R.FIFO_LEVEL), 64);
  assert.equal(d.read(R.FIFO_DATA), 0);
  assert.equal(d.read(R.FIFO_DATA), 1);
  d.write(R.T_RELOAD_L, 1, 2, 3);
  assert.equal(d.read(R.T_RELOAD_L), 3);
});

const DUMP: Record<number, number> = {
  [R.COMMAND]: 0x20,
  [R.COM_I_EN]: 0x80,
  [R.COM_IRQ]: 0x14,
  [R.STATUS_1]: 0x21,
  [R.WATER_LEVEL]: 0x08,
  [R.CONTROL]: 0x10,
  [R.COLL]: 0xa0,
  [R.MODE]: 0x3f,
  [R.TX_CONTROL]: 0x80,
  0x16: 0x10,
  0x17: 0x84,
  0x18: 0x84,
  0x19: 0x4d,
  0x1c: 0x62,
  0x1f: 0xeb,
  [R.CRC_RESULT_H]: 0xff,
  [R.CRC_RESULT_L]: 0xff,
  0x23: 0x88,
  0x24: 0x26,
  0x25: 0x87,
  0x26: 0x48,
  0x27: 0x88,
  0x28: 0x20,
  0x29: 0x20,
  0x33: 0x80,
  [R.AUTO_TEST]: 0x40,
  [R.VERSION]: 0x92,
  0x3c: 0xff,
  0x3e: 0x03,
};

test("2 reset values, IRQ bits 14, unlisted registers 00", () => {
  const d = new Desk();
  for (let register = 0; register < 0x40; register++) {
    assert.equal(d.read(register), DUMP[register] ?? 0, `register ${register.toString(16)}`);
  }
});

test("3 SoftReset returns everything; PowerDown reads 1 until the chip is ready", () => {
  const d = desk(blankCard());
  d.request();
  d.write(R.FIFO_DATA, 1);
  d.write(R.COMMAND, 0x0f);
  assert.equal(d.read(R.COMMAND), 0x30);
  d.wait(40);
  assert.equal(d.read(R.COMMAND), 0x20);
  assert.equal(d.read(R.TX_CONTROL), 0x80);
  assert.equal(d.read(R.MODE), 0x3f);
  assert.equal(d.read(R.FIFO_LEVEL), 0);
  assert.equal(d.read(R.COM_IRQ), 0x14);
  d.write(R.COMMAND, 0);
  assert.equal(d.read(R.COMMAND), 0);
});

test("3 the reset pin holds the chip, its rising edge starts it with lost registers", () => {
  const d = desk(blankCard());
  d.reader.setReset(0);
  assert.equal(d.read(R.VERSION), 0xff);
  assert.equal(d.reader.field.on, false);
  d.reader.setReset(1);
  assert.equal(d.read(R.COMMAND), 0x30);
  d.write(R.T_RELOAD_L, 5); // too early
  d.wait(600);
  assert.equal(d.read(R.COMMAND), 0x20);
  assert.equal(d.read(R.T_RELOAD_L), 0);
  assert.equal(d.read(R.TX_CONTROL), 0x80);
});

test("3 soft power-down keeps the registers and takes the field away", () => {
  const d = desk(blankCard());
  d.write(R.COMMAND, 0x10);
  assert.equal(d.read(R.COMMAND) & 0x10, 0x10);
  assert.equal(d.reader.field.on, false);
  d.write(R.COMMAND, 0);
  assert.equal(d.read(R.COMMAND) & 0x10, 0x10);
  d.wait(40);
  assert.equal(d.read(R.COMMAND) & 0x10, 0);
  assert.equal(d.read(R.T_PRESCALER), 0xa9);
  assert.equal(d.reader.field.on, true);
});

test("4 IRQ registers: bit 7 sets the marked bits, without it they are cleared", () => {
  const d = new Desk();
  d.write(R.COM_IRQ, 0x7f);
  assert.equal(d.read(R.COM_IRQ), R.LO_ALERT_IRQ); // sets itself again: the FIFO is empty
  d.write(R.COM_IRQ, 0x80 | R.RX_IRQ | R.TX_IRQ);
  assert.equal(d.read(R.COM_IRQ), 0x64);
  d.write(R.COM_IRQ, R.TX_IRQ);
  assert.equal(d.read(R.COM_IRQ), 0x24);
  d.write(R.DIV_IRQ, 0x80 | R.CRC_IRQ);
  assert.equal(d.read(R.DIV_IRQ), R.CRC_IRQ);
  d.write(R.DIV_IRQ, R.CRC_IRQ);
  assert.equal(d.read(R.DIV_IRQ), 0);
});

test("5 nothing is sent before StartSend, which reads 0", () => {
  const d = desk(blankCard());
  d.prepare([0x26], 7);
  d.wait(5_000);
  assert.equal(d.read(R.COM_IRQ), R.LO_ALERT_IRQ);
  assert.equal(d.reader.frames, 0);
  d.write(R.BIT_FRAMING, 0x87);
  assert.equal(d.read(R.BIT_FRAMING), 7);
  const reply = d.collect(RECEIVED);
  assert.deepEqual(reply, { irq: 0x64, error: 0, bytes: [0x04, 0x00], last_bits: 0 });
  assert.equal(d.read(R.CONTROL), 0x10);
});

test("5 TxLastBits: a REQA of eight bits is none", () => {
  const d = desk(blankCard());
  assert.deepEqual(d.exchange([0x26], 0).bytes, []);
  assert.deepEqual(d.exchange([0x26], 7).bytes, [0x04, 0x00]);
});

test("5 RxAlign shifts the answer; RxLastBits is 4 after a NAK", () => {
  const d = desk(blankCard());
  d.request();
  // 12 bits known: DE and the low nibble of AD; the rest comes from bit 4 of its first byte on.
  const rest = d.exchange([0x93, 0x34, 0xde, 0x0d], (4 << 4) | 4);
  assert.deepEqual(rest.bytes, [0xa0, 0xbe, 0xef, 0x22]);
  assert.equal(rest.error, 0);
  d.resetField();
  d.select();
  const nak = d.command(0x30, 4); // without authentication
  assert.deepEqual([nak.bytes.length, nak.last_bits], [1, 4]);
  assert.notEqual(nak.bytes[0], 0x0a);
});

test("5 a wrong RxAlign gives a parity error", () => {
  const d = desk(blankCard());
  d.request();
  assert.equal(d.exchange([0x93, 0x34, 0xde, 0x0d], 4).error & R.PARITY_ERR, R.PARITY_ERR);
});

test("6 no frame reaches a card without the antenna, and cards forget with the field", () => {
  const card = blankCard();
  const d = desk(card);
  d.select();
  assert.equal(card.condition, "active");
  d.antenna(false);
  assert.equal(card.condition, "idle");
  assert.equal(d.request().irq & R.RX_IRQ, 0);
  d.wait(5_100);
  d.antenna(true);
  d.wait(4_000);
  assert.equal(d.request(0x52).irq & R.RX_IRQ, 0); // too early; the timeout lasts 25 ms
  assert.equal(d.request().bytes.length, 2);
});

test("6 a frame less than 5 ms after the field came on is not heard", () => {
  const d = desk(blankCard());
  for (const [pause_us, heard] of [
    [4_900, 0],
    [5_010, 2],
  ]) {
    d.antenna(false);
    d.wait(6_000);
    d.antenna(true);
    d.wait(pause_us - 30); // the register accesses before StartSend take about 30 us
    assert.equal(d.request().bytes.length, heard);
  }
});

test("6 a card of type A wants 100 % modulation and 106 kbit/s", () => {
  const d = desk(blankCard());
  d.write(R.TX_ASK, 0);
  assert.equal(d.request().bytes.length, 0);
  d.write(R.TX_ASK, 0x40);
  d.write(R.TX_MODE, 0x10);
  assert.equal(d.request().bytes.length, 0);
  d.write(R.TX_MODE, 0);
  assert.equal(d.request().bytes.length, 2);
});

/** Time from StartSend to TimerIRq with nobody in the field. */
function timeoutUs(mode: number, prescaler: number, reload: number): number {
  const d = desk();
  d.write(R.T_MODE, mode);
  d.write(R.T_PRESCALER, prescaler);
  d.write(R.T_RELOAD_H, reload >> 8);
  d.write(R.T_RELOAD_L, reload & 0xff);
  d.prepare([0x26], 7);
  d.write(R.BIT_FRAMING, 0x87);
  const start_us = d.now_us;
  for (let i = 0; i < 200_000 && (d.read(R.COM_IRQ) & R.TIMER_IRQ) === 0; i++);
  return d.now_us - start_us;
}

test("7 the timeout is computed from the registers and starts at the end of transmission", () => {
  const frame_us = 8 * (128 / 13.56);
  const near = (us: number, expected_us: number): void =>
    assert.ok(Math.abs(us - frame_us - expected_us) <= 6, `${us} us`);
  near(timeoutUs(0x80, 0xa9, 1000), 25_025);
  near(timeoutUs(0x80, 0xa9, 39), 1_000);
  near(timeoutUs(0x8f, 0xff, 9), 6_040);
});

test("7 without TAuto it stands; TStartNow and TStopNow; the counter can be read", () => {
  const d = desk();
  d.write(R.T_MODE, 0x00);
  assert.equal(d.request().irq, 0); // a driver without its own deadline would hang
  d.write(R.CONTROL, 0x40);
  assert.equal(d.read(R.STATUS_1) & 0x08, 0x08);
  d.wait(10_000);
  const counter = (d.read(R.T_COUNTER_H) << 8) | d.read(R.T_COUNTER_L);
  assert.ok(counter > 590 && counter < 601, `${counter}`);
  d.write(R.CONTROL, 0x80);
  d.write(R.COM_IRQ, 0x7f);
  d.wait(40_000);
  assert.equal(d.read(R.COM_IRQ) & R.TIMER_IRQ, 0);
});

test("7 an answer stops the timer", () => {
  const d = desk(blankCard());
  d.write(R.T_RELOAD_H, 0);
  d.write(R.T_RELOAD_L, 9); // 250 us: the answer begins in time and ends after it
  d.request();
  d.wait(1_000);
  assert.equal(d.read(R.COM_IRQ) & R.TIMER_IRQ, 0);
});

test("7 with TxWaitRF and no field nothing is sent and the timer never starts", () => {
  const d = desk(blankCard());
  d.antenna(false);
  assert.equal(d.request().irq, 0);
});

test("8 Transceive never sets IdleIRq, nor does writing Idle; an unknown command does", () => {
  const d = desk(blankCard());
  assert.equal(d.request().irq & R.IDLE_IRQ, 0);
  d.write(R.COMMAND, 0);
  assert.equal(d.read(R.COM_IRQ) & R.IDLE_IRQ, 0);
  assert.equal(d.request(0x52).irq & R.IDLE_IRQ, 0);
  d.write(R.COMMAND, 0x0d);
  assert.equal(d.read(R.COM_IRQ) & R.IDLE_IRQ, R.IDLE_IRQ);
  assert.equal(d.read(R.COMMAND), 0);
});

/** MFAuthent without waiting for its end. */
function startAuthent(d: Desk, bytes: number[]): void {
  d.write(R.COMMAND, 0);
  d.write(R.COM_IRQ, 0x7f);
  d.write(R.FIFO_LEVEL, 0x80);
  d.write(R.FIFO_DATA, ...bytes);
  d.write(R.COMMAND, 0x0e);
}

test("9 MFAuthent ends with IdleIRq and MFCrypto1On, TxIRq and RxIRq stay away", () => {
  const d = desk(blankCard());
  d.select();
  startAuthent(d, [0x60, 4, ...KEY, ...UID]);
  const start_us = d.now_us;
  assert.equal(d.poll(R.IDLE_IRQ | R.TIMER_IRQ), R.IDLE_IRQ | R.LO_ALERT_IRQ);
  assert.ok(
    d.now_us - start_us > 1_700 && d.now_us - start_us < 2_600,
    `${d.now_us - start_us} us`,
  );
  assert.equal(d.read(R.STATUS_2) & R.CRYPTO_1_ON, R.CRYPTO_1_ON);
  assert.equal(d.read(R.COMMAND), 0);
});

test("9 a wrong key, a wrong UID and a silent card end only with the timer", () => {
  for (const bytes of [
    [0x60, 4, ...KEY.slice(1), 0xfe, ...UID],
    [0x60, 4, ...KEY, ...UID.slice(1), 0],
  ]) {
    const d = desk(blankCard());
    d.select();
    startAuthent(d, bytes);
    assert.equal(d.poll(R.IDLE_IRQ | R.TIMER_IRQ), R.TIMER_IRQ | R.LO_ALERT_IRQ);
    assert.equal(d.read(R.STATUS_2) & R.CRYPTO_1_ON, 0);
    assert.equal(d.read(R.COMMAND), 0x0e);
  }
});

test("9 not twelve bytes, or a bad answer: ProtocolErr, IdleIRq, the cipher off", () => {
  const d = desk(blankCard());
  d.select();
  startAuthent(d, [0x60, 4, ...KEY, 0xde, 0xad, 0xbe]);
  assert.equal(d.read(R.COM_IRQ) & (R.IDLE_IRQ | R.ERR_IRQ), R.IDLE_IRQ | R.ERR_IRQ);
  assert.equal(d.read(R.ERROR), R.PROTOCOL_ERR);
  for (const kind of ["parity", "collision", "protocol", "stray"] as const) {
    d.resetField();
    d.select();
    d.reader.disturb(2, kind);
    assert.equal(d.authenticate(4), false);
    assert.equal(d.read(R.ERROR), R.PROTOCOL_ERR);
  }
});

test("10 MFCrypto1On stays until software clears it, and cannot be set by it", () => {
  const d = desk(blankCard());
  d.open(4);
  d.command(0x50, 0);
  assert.equal(d.read(R.STATUS_2) & R.CRYPTO_1_ON, R.CRYPTO_1_ON);
  assert.equal(d.request(0x52).bytes.length, 0); // goes out encrypted
  d.stopCrypto();
  assert.equal(d.request(0x52).bytes.length, 2);
  d.write(R.STATUS_2, R.CRYPTO_1_ON);
  assert.equal(d.read(R.STATUS_2) & R.CRYPTO_1_ON, 0);
});

test("10 plain frames are garbage to a card in session", () => {
  const card = blankCard();
  const d = desk(card);
  d.open(4);
  d.stopCrypto();
  assert.deepEqual(d.command(0x30, 4).bytes, []);
  assert.equal(card.condition, "idle");
});

test("11 FIFO: 64 bytes, the next one overflows; flushing clears both", () => {
  const d = new Desk();
  d.write(R.FIFO_DATA, ...new Array<number>(65).fill(7));
  assert.equal(d.read(R.FIFO_LEVEL), 64);
  assert.equal(d.read(R.ERROR), R.BUFFER_OVFL);
  assert.equal(d.read(R.COM_IRQ) & (R.ERR_IRQ | R.HI_ALERT_IRQ), R.ERR_IRQ | R.HI_ALERT_IRQ);
  d.write(R.FIFO_LEVEL, 0x80);
  assert.equal(d.read(R.FIFO_LEVEL), 0);
  assert.equal(d.read(R.ERROR), 0);
});

test("11 writing into the FIFO while an answer is due, or during MFAuthent: WrErr", () => {
  const d = desk(blankCard());
  d.prepare([0x26], 7);
  d.write(R.BIT_FRAMING, 0x87);
  d.wait(100);
  d.write(R.FIFO_DATA, 1);
  assert.equal(d.read(R.ERROR) & R.WR_ERR, R.WR_ERR);
  d.resetField();
  d.select();
  startAuthent(d, [0x60, 4, ...KEY, ...UID]);
  d.write(R.FIFO_DATA, 1);
  assert.equal(d.read(R.ERROR) & R.WR_ERR, R.WR_ERR);
});
