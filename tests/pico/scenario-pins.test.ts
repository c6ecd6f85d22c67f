/** Devices of the box at the pins of emulated microcontrollers: byte by byte they do what they do with
 *  whole transfers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../../boards/virtual/clock.ts";
import { Ds3231 } from "../../boards/virtual/devices/ds3231.ts";
import { Fram } from "../../boards/virtual/devices/fram.ts";
import { InputChain } from "../../boards/virtual/devices/hc165.ts";
import { OutputChain } from "../../boards/virtual/devices/hc595.ts";
import { TubeChain } from "../../boards/virtual/devices/max7219.ts";
import { Random } from "../../boards/virtual/random.ts";
import { ClockPins } from "../../boards/virtual/rp2040/pins-i2c.ts";
import {
  FramPins,
  InputPins,
  OutputPins,
  TubePins,
  exchangeAll,
  type SpiDevice,
} from "../../boards/virtual/rp2040/pins-spi.ts";

/** One transfer at the pins; what came back. */
function transfer(device: SpiDevice, bytes: number[]): number[] {
  device.edge(0);
  const back = bytes.map((byte) => device.exchange(byte, 0));
  device.edge(1);
  return back;
}

/** The same as one whole transfer. */
function whole(device: { transfer(m: Uint8Array, o: number, s: number): void }, bytes: number[]) {
  const memory = Uint8Array.from(bytes);
  device.transfer(memory, 0, memory.length);
  return [...memory];
}

/** A transfer that the FRAM may be asked for. */
function anyTransfer(random: Random): number[] {
  const address = [0, 1, 2].map(() => random.below(256));
  const data = Array.from({ length: 1 + random.below(64) }, () => random.below(256));
  switch (random.below(6)) {
    case 0:
      return [0x9f, ...data.slice(0, 6)];
    case 1:
      return [0x05, 0, 0];
    case 2:
      return [0x0b, ...address, 0, ...data];
    case 3:
      return [0x03, ...address, ...data];
    case 4:
      return [0x06];
    default:
      return [0x02, ...address, ...data];
  }
}

for (const cut of [null, 0, 1, 700]) {
  test(`the memory does at its pins what it does with transfers, cut after ${cut} bytes`, () => {
    const random = new Random(5);
    const plain = new Fram(() => 0, new Random(1));
    const wired = new Fram(() => 0, new Random(1));
    const commits: [number, number][][] = [[], []];
    plain.onCommit = (...commit) => commits[0].push(commit);
    wired.onCommit = (...commit) => commits[1].push(commit);
    for (const fram of [plain, wired]) fram.cutAfter(cut, "garbage");
    const pins = new FramPins(wired);
    for (let i = 0; i < 500; i++) {
      const bytes = anyTransfer(random);
      if (bytes[0] === 0x02) assert.deepEqual(transfer(pins, [0x06]), whole(plain, [0x06]));
      assert.deepEqual(transfer(pins, bytes), whole(plain, bytes));
    }
    assert.equal(wired.cut, cut !== null);
    for (const fram of [plain, wired]) fram.powerOff();
    assert.ok(Buffer.from(wired.bytes).equals(Buffer.from(plain.bytes)));
    assert.deepEqual(commits[1], commits[0]);
    assert.ok(cut !== null || commits[0].length > 50);
  });
}

test("a memory that is not selected hears nothing", () => {
  const pins = new FramPins(new Fram(() => 0, new Random(1)));
  pins.edge(1);
  assert.equal(pins.exchange(0x9f), 0xff);
  assert.deepEqual(transfer(pins, [0x9f, 0, 0, 0, 0]), [0xff, 0x04, 0x7f, 0x48, 0x03]);
});

test("both chains of one bus: inputs only while enabled, outputs with the latch", () => {
  const inputs = new InputChain();
  const seen: number[][] = [];
  const outputs = new OutputChain((levels) => seen.push([...levels]));
  const bus = [new InputPins(inputs), new OutputPins(outputs, () => false)];
  const [input_pins, output_pins] = bus;
  for (const device of bus) device.edge(1);
  for (const bit of [0, 9, 41]) inputs.setInput(bit, 1);
  inputs.setLoad(0);
  inputs.setLoad(1);
  input_pins.edge(0);
  const read = Array.from({ length: 10 }, () => exchangeAll(bus, 0x55, 0));
  input_pins.edge(1);
  assert.deepEqual(read, [1, 2, 0, 0, 0, 2, 0, 0, 0, 0]);
  assert.equal(seen.length, 0, "the clocks of the inputs went through the outputs, unlatched");
  outputs.setOutputOff(0);
  output_pins.edge(0);
  for (let i = 0; i < 10; i++) assert.equal(exchangeAll(bus, i === 2 ? 4 : 0, 0), 0xff);
  output_pins.edge(1);
  assert.deepEqual(seen.at(-1), [0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
});

test("the tubes take their last 32 bits with the rising load", () => {
  const tubes = new TubeChain(() => undefined);
  const pins = new TubePins(tubes);
  pins.edge(1); // the pin becomes an output
  for (const bytes of [
    [0x0c, 1, 0x0c, 1],
    [0x0b, 7, 0x0b, 7],
    [0x09, 0, 0x09, 0],
    [1, 0x7e, 2, 0x30],
  ]) {
    transfer(pins, bytes);
  }
  assert.deepEqual([...tubes.segments.subarray(0, 5)], [0, 0x30, 0, 0, 0x7e]);
});

/** What a master writes, then what it reads after a repeated start. */
function exchange(pins: ClockPins, writes: number[], reads: number): number[] {
  if (writes.length > 0) assert.ok(pins.start(0x68, false));
  for (const byte of writes) assert.ok(pins.write(byte));
  if (reads > 0) assert.ok(pins.start(0x68, true));
  const back = Array.from({ length: reads }, () => pins.read());
  pins.stop();
  return back;
}

test("the clock chip byte by byte, its pointer and its running time", () => {
  const clock = new Clock();
  const make = (): Ds3231 => {
    const rtc = new Ds3231(() => clock.now_us);
    rtc.set(new Date(Date.UTC(2026, 1, 3, 4, 5, 6)));
    return rtc;
  };
  const plain = make();
  const pins = new ClockPins(make());
  for (const [writes, reads] of [
    [[0], 7],
    [[], 3],
    [[0x0e], 2],
    [[0x0f, 0], 0],
    [[], 4],
    [[0, 0x59, 0x59, 0x23, 1, 0x31, 0x12, 0x25], 0],
    [[0], 7],
  ] as [number[], number][]) {
    clock.runTo(clock.now_us + 1_700_000);
    const memory = new Uint8Array(32);
    memory.set(writes);
    plain.exchange(memory, 0, writes.length, reads);
    assert.deepEqual(exchange(pins, writes, reads), [...memory.subarray(0, reads)]);
  }
  assert.equal(pins.start(0x50, false), false, "another address");
});
