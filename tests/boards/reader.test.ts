/** The reader as part of the box: its SPI device, pin, power and cost. */

import assert from "node:assert/strict";
import test from "node:test";
import { rig } from "./kit.ts";
import { KEY, UID, blankCard } from "./reader-kit.ts";
import { withCrc } from "../../boards/virtual/devices/cards/frame.ts";

const READER = 4;
const PIN_SERVICE = 5;
const PIN_READER_RESET = 6;

type Rig = ReturnType<typeof rig>;

function write(made: Rig, register: number, ...values: number[]): void {
  made.panel.spi(READER, [register << 1, ...values]);
}

function read(made: Rig, register: number): number {
  return made.panel.spi(READER, [0x80 | (register << 1), 0])[1];
}

/** A box whose reader runs with its field on. */
function running(options = {}): Rig {
  const made = rig(options);
  made.box.runMs(1);
  made.panel.hal.pin_write(PIN_READER_RESET, 1);
  made.box.runMs(2);
  for (const [register, value] of [
    [0x2a, 0x80],
    [0x2b, 0xa9],
    [0x2c, 0x00],
    [0x2d, 0x78],
    [0x15, 0x40],
    [0x11, 0x3d],
    [0x14, 0x83],
  ]) {
    write(made, register, value);
  }
  made.box.runMs(6);
  return made;
}

function send(made: Rig, bytes: number[], framing = 0): number[] {
  write(made, 0x01, 0);
  write(made, 0x04, 0x7f);
  write(made, 0x0a, 0x80);
  write(made, 0x09, ...bytes);
  write(made, 0x0d, framing);
  write(made, 0x01, 0x0c);
  write(made, 0x0d, 0x80 | framing);
  made.box.runMs(7);
  return Array.from({ length: read(made, 0x0a) }, () => read(made, 0x09));
}

function open(made: Rig): void {
  send(made, [0x26], 7);
  send(made, [0x93, 0x20]);
  assert.equal(send(made, [...withCrc([0x93, 0x70, ...UID, 0x22])])[0], 0x08);
  write(made, 0x09, 0x60, 4, ...KEY, ...UID);
  write(made, 0x01, 0x0e);
  made.box.runMs(3);
  assert.equal(read(made, 0x08) & 0x08, 0x08);
}

test("a byte over the reader's SPI takes 2 us, over the tubes' 1 us", () => {
  const { box, panel } = rig();
  box.runMs(1);
  const start_us = panel.hal.now_us();
  panel.spi(READER, [0xee, 0]);
  assert.equal(panel.hal.now_us() - start_us, 4);
  panel.spi(3, [0, 0, 0, 0]);
  assert.equal(panel.hal.now_us() - start_us, 8);
});

test("the chip is held in reset until the panel drives its pin, and again when the panel stops", () => {
  const made = rig();
  made.box.runMs(1);
  assert.equal(read(made, 0x37), 0xff);
  made.panel.hal.pin_write(PIN_READER_RESET, 1);
  made.box.runMs(1);
  assert.equal(read(made, 0x37), 0x92);
  made.box.resetMcu("panel");
  made.box.runMs(2);
  assert.equal(read(made, 0x37), 0xff);
});

test("a box without a reader reads FF", () => {
  assert.equal(read(running({ reader: false }), 0x37), 0xff);
});

test("a card is presented, written and taken away; its dump shows it", () => {
  const made = running();
  const card = blankCard();
  made.box.reader.present(card);
  made.box.runMs(6);
  open(made);
  assert.deepEqual(send(made, [...withCrc([0xa0, 4])]), [0x0a]);
  assert.deepEqual(send(made, [...withCrc(new Array(16).fill(0x77))]), [0x0a]);
  assert.equal(card.writes, 1);
  assert.ok(
    card
      .dump()
      .subarray(64, 80)
      .every((byte) => byte === 0x77),
  );
  made.box.reader.remove(card);
  assert.deepEqual(made.box.reader.cards, []);
  assert.deepEqual(send(made, [...withCrc([0x30, 4])]), []);
});

test("a card that is presented to another box leaves the one before", () => {
  const [one, other] = [running(), running()];
  const card = blankCard();
  one.box.reader.present(card);
  one.box.runMs(6);
  open(one);
  other.box.reader.present(card);
  assert.deepEqual(one.box.reader.cards, []);
  assert.equal(card.condition, "idle");
  other.box.runMs(6);
  open(other);
});

test("a power cut tears the write that is under way", () => {
  const made = running();
  const card = blankCard();
  made.box.reader.present(card);
  made.box.runMs(6);
  open(made);
  send(made, [...withCrc([0xa0, 4])]);
  write(made, 0x09, ...withCrc(new Array(16).fill(0x77)));
  write(made, 0x0d, 0x80);
  made.box.runMs(3);
  made.box.powerOff();
  made.box.runMs(10);
  const block = card.dump().subarray(64, 80);
  assert.equal(card.writes, 1);
  assert.ok(!block.every((byte) => byte === 0x77));
  assert.equal(card.condition, "idle");
});

test("the same seed tears the same way", () => {
  const torn = (seed: number): string => {
    const made = running({ seed });
    const card = blankCard();
    made.box.reader.present(card);
    made.box.runMs(6);
    open(made);
    card.tear({ outcome: "mixture" });
    send(made, [...withCrc([0xa0, 4])]);
    send(made, [...withCrc(new Array(16).fill(0x77))]);
    return Buffer.from(card.dump().subarray(64, 80)).toString("hex");
  };
  assert.equal(torn(3), torn(3));
  assert.notEqual(torn(3), torn(4));
});

test("a card in the field that nobody asks enters no event", () => {
  const made = running();
  const waiting = made.box.clock.waiting;
  made.box.reader.present(blankCard());
  made.box.runMs(100);
  assert.equal(made.box.clock.waiting, waiting);
});

test("the service switch pulls its pin low", () => {
  const { box, meter } = rig();
  assert.equal(meter.hal.pin_read(PIN_SERVICE), 1);
  box.serviceSwitch(true);
  assert.equal(meter.hal.pin_read(PIN_SERVICE), 0);
  box.serviceSwitch(false);
  assert.equal(meter.hal.pin_read(PIN_SERVICE), 1);
});
