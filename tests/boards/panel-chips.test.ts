/** MAX7219, DS3231 and the mains as the ADC sees them, against their data sheets. */

import assert from "node:assert/strict";
import test from "node:test";
import { DeviceError } from "../../boards/virtual/errors.ts";
import { readDigits, readLamps } from "../../boards/virtual/glyphs.ts";
import { Ds3231 } from "../../boards/virtual/devices/ds3231.ts";
import { MID_SCALE, Mains } from "../../boards/virtual/devices/mains.ts";
import { TubeChain } from "../../boards/virtual/devices/max7219.ts";

const NOTHING = [0, 0];
const RUN = [0x0c, 1];
const ALL_DIGITS = [0x0b, 7];

function tubes() {
  let changes = 0;
  const chain = new TubeChain(() => changes++);
  const send = (lower: number[], upper: number[]): void =>
    chain.transfer(Uint8Array.of(...lower, ...upper), 0, 4);
  return { chain, send, changes: () => changes };
}

function running() {
  const made = tubes();
  made.send(RUN, RUN);
  made.send(ALL_DIGITS, ALL_DIGITS);
  return made;
}

test("max7219: dark until it leaves shutdown, then up to its scan limit", () => {
  const { chain, send, changes } = tubes();
  send([1, 0x7e], [1, 0x30]);
  send([2, 0x7e], [2, 0x30]);
  assert.ok(chain.segments.every((lit) => lit === 0));
  assert.equal(changes(), 0);
  send(RUN, RUN);
  assert.deepEqual([...chain.segments], [0x30, 0, 0, 0, 0x7e, 0, 0, 0, 0, 0, 0]);
  assert.equal(changes(), 1);
  send([0x0b, 1], NOTHING);
  assert.deepEqual([...chain.segments], [0x30, 0, 0, 0, 0x7e, 0x7e, 0, 0, 0, 0, 0]);
  send([0x0c, 0], NOTHING);
  assert.deepEqual([...chain.segments], [0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test("max7219: the first pair goes to the far chip, the lamps are digit 4 of the near one", () => {
  const { chain, send } = running();
  send([6, 0x5b], [5, 0x3f]);
  assert.equal(chain.segments[9], 0x5b);
  assert.equal(chain.segments[10], 0x3f);
  assert.deepEqual(readLamps(chain.segments[10]), {
    a: true,
    b: true,
    c: true,
    alarm: true,
    line: true,
    card: true,
  });
});

test("max7219: two bytes reach the near chip, what was there moves on to the far one", () => {
  const { chain, send } = running();
  send(NOTHING, [1, 0x11]);
  chain.transfer(Uint8Array.of(2, 0x22), 0, 2);
  assert.deepEqual([chain.segments[1], chain.segments[4]], [0x22, 0x11]);
});

test("max7219: code B, display test, intensity, no-op; unknown registers throw", () => {
  const { chain, send } = running();
  send([9, 0x01], NOTHING);
  send([1, 0x8c], NOTHING);
  assert.equal(chain.segments[4], 0x80 | 0x37); // "H."
  send([0x0f, 1], NOTHING);
  assert.equal(chain.segments[9], 0xff);
  send([0x0f, 0], [0x0a, 0xf7]);
  assert.equal(chain.segments[9], 0);
  assert.equal(chain.upper.intensity, 7);
  assert.throws(() => send([0x0d, 0], NOTHING), /lower: unknown register d/);
  assert.throws(() => send(NOTHING, [0x0e, 0]), /upper: unknown register e/);
});

test("max7219: a power cut makes it dark and forget", () => {
  const { chain, send } = running();
  send([1, 0x7e], NOTHING);
  chain.powerOff();
  assert.ok(chain.segments.every((lit) => lit === 0));
  send([2, 0x7e], NOTHING);
  assert.ok(chain.segments.every((lit) => lit === 0));
});

test("glyphs: digits, points, blanks and the unknown", () => {
  const segments = Uint8Array.of(0x4f, 0x05, 0x05, 0x80, 0x30, 0x7e | 0x80, 0x02);
  assert.equal(readDigits(segments, 0, 7), "Err .10.?");
});

function clockChip() {
  let now_us = 0;
  const chip = new Ds3231(() => now_us);
  const memory = new Uint8Array(32);
  const write = (...bytes: number[]): void => {
    memory.set(bytes);
    chip.exchange(memory, 0, bytes.length, 0);
  };
  const read = (register: number, size: number): number[] => {
    memory[0] = register;
    chip.exchange(memory, 0, 1, size);
    return [...memory.subarray(0, size)];
  };
  return { chip, write, read, pass: (us: number) => void (now_us += us) };
}

test("ds3231: at first power up the stop flag is set", () => {
  const { chip, read } = clockChip();
  assert.deepEqual(read(0x0e, 2), [0x1c, 0x88]);
  assert.equal(chip.lost, true);
});

test("ds3231: counts in BCD through a leap day, Monday is 1", () => {
  const { chip, read, pass } = clockChip();
  chip.set(new Date(Date.UTC(2028, 1, 28, 23, 59, 58)));
  assert.deepEqual(read(0, 7), [0x58, 0x59, 0x23, 0x01, 0x28, 0x02, 0x28]);
  pass(1_999_999);
  assert.equal(read(0, 1)[0], 0x59);
  pass(1);
  assert.deepEqual(read(0, 7), [0x00, 0x00, 0x00, 0x02, 0x29, 0x02, 0x28]);
  assert.equal(read(0x0f, 1)[0], 0x08);
});

test("ds3231: setting the time restarts the second; the flag is cleared by writing 0", () => {
  const { chip, write, read, pass } = clockChip();
  pass(700_000);
  write(0, 0x30, 0x15, 0x10, 0x05, 0x21, 0x11, 0x25);
  pass(999_999);
  assert.deepEqual(read(0, 7), [0x30, 0x15, 0x10, 0x05, 0x21, 0x11, 0x25]);
  pass(1);
  assert.equal(read(0, 1)[0], 0x31);
  write(0x0f, 0x08);
  assert.equal(chip.lost, false);
  write(0x0f, 0x88);
  assert.equal(chip.lost, false); // the flag cannot be set by writing
  chip.set(null);
  assert.equal(chip.lost, true);
  assert.equal(chip.time_s, 0);
});

test("ds3231: only writing the seconds restarts the second", () => {
  const { write, read, pass } = clockChip();
  write(0, 0x30, 0x15, 0x10, 0x05, 0x21, 0x11, 0x25);
  pass(700_000);
  write(1, 0x16); // the minute alone
  assert.deepEqual(read(0, 3), [0x30, 0x16, 0x10]);
  pass(300_000);
  assert.equal(read(0, 1)[0], 0x31);
});

test("ds3231: the day of the week is what was written, and goes on at midnight from 7 to 1", () => {
  const { write, read, pass } = clockChip();
  write(0, 0x59, 0x59, 0x23, 0x07, 0x21, 0x11, 0x25); // a Friday, called 7
  pass(1_000_000);
  assert.deepEqual(read(3, 4), [0x01, 0x22, 0x11, 0x25]);
});

test("ds3231: a time that was written is not trusted before the flag is cleared", () => {
  const { chip, write } = clockChip();
  write(0, 0, 0, 0, 0x05, 0x21, 0x11, 0x25);
  assert.equal(chip.lost, true);
  write(0x0f, 0);
  assert.equal(chip.lost, false);
});

test("ds3231: the pointer wraps behind 12h; unknown registers and impossible times throw", () => {
  const { write, read } = clockChip();
  assert.deepEqual(read(0x12, 2), [0, 0]);
  assert.throws(() => read(0x13, 1), /unknown register 13h/);
  assert.throws(() => write(0, 0x60), /seconds/);
  assert.throws(() => write(1, 0x0a), /minutes/);
  assert.throws(() => write(2, 0x24), /hours/);
  assert.throws(() => write(2, 0x52), /twelve-hour/);
  assert.throws(() => write(2, 0x12, 0x08), /day/);
  assert.throws(() => write(4, 0x31, 0x04), /date/);
  assert.throws(() => write(5, 0x13), /month/);
  assert.throws(() => write(5, 0x81), /century/);
  assert.throws(() => write(0x11, 1), /read only/);
});

test("mains: 220 V at 50 Hz is 1556 counts around half scale, phases 120 degrees apart", () => {
  const mains = new Mains();
  const at = (phase: number, us: number): number => mains.sample(phase, us) - MID_SCALE;
  assert.equal(at(0, 0), 0);
  assert.equal(at(0, 5_000), 1556);
  assert.equal(at(0, 15_000), -1556);
  for (const us of [1_000, 7_000, 13_000]) {
    assert.ok(Math.abs(at(0, us) + at(1, us) + at(2, us)) <= 8);
    assert.ok(Math.abs(at(1, us + 6_667) - at(0, us)) <= 8); // B is A a third of a cycle later
  }
});

test("mains: the mean square is the voltage, for any frequency and after a long time", () => {
  for (const [voltage_v, frequency_hz] of [
    [220, 50],
    [176, 49.5],
    [253, 60.25],
  ]) {
    const mains = new Mains();
    mains.setVoltage(2, voltage_v);
    mains.setFrequency(frequency_hz, 1_000_000);
    let squares = 0;
    const start_us = 400 * 86_400_000_000;
    for (let ms = 0; ms < 4_000; ms++) {
      squares += (mains.sample(2, start_us + ms * 1000) - MID_SCALE) ** 2;
    }
    const rms_v = Math.sqrt(squares / 4_000) * 0.2;
    assert.ok(Math.abs(rms_v - voltage_v) < 0.5, `${rms_v} V`);
  }
});

test("mains: the frequency is that of the zero crossings", () => {
  const mains = new Mains();
  mains.setFrequency(49.87, 0);
  let crossings = 0;
  let before = -1;
  for (let us = 0; us < 100_000_000; us += 1_000) {
    const now = mains.sample(0, us) - MID_SCALE;
    if (before < 0 && now >= 0) crossings++;
    before = now;
  }
  assert.ok(Math.abs(crossings - 4987) <= 1, `${crossings}`);
});

test("mains: a missing phase is half scale and comes back; ranges are checked", () => {
  const mains = new Mains();
  mains.setPhase(1, false);
  mains.setVoltage(1, 230);
  assert.equal(mains.sample(1, 3_000), MID_SCALE);
  mains.setPhase(1, true);
  assert.notEqual(mains.sample(1, 3_000), MID_SCALE);
  mains.setVoltage(1, 400);
  assert.equal(mains.sample(1, 11_667), 4095); // the ADC is full
  assert.throws(() => mains.setVoltage(3, 220), DeviceError);
  assert.throws(() => mains.setVoltage(0, 401), DeviceError);
  assert.throws(() => mains.setFrequency(39, 0), DeviceError);
});
