/** The whole box with cores made of a few lines: wires, power, taps, wasm cores, the trace. */

import assert from "node:assert/strict";
import test from "node:test";
import createWabt from "wabt";
import { Box, DeviceError, wasmCore, type BoxOptions } from "../../boards/virtual/box.ts";
import { ScriptedCore, rig } from "./kit.ts";

const FRAM = 0;
const INPUTS = 1;
const COILS = 2;
const TUBES = 3;
const REST = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/** Switches a relay through the coil chain, as a core would. */
function pulse(box: Box, meter: ScriptedCore, channel: number, closes: boolean): void {
  const bit = 2 * (channel - 1) + (closes ? 0 : 1);
  const bytes = [...REST];
  bytes[bit >> 3] = 1 << (bit & 7);
  meter.spi(COILS, bytes);
  box.runMs(50);
  meter.spi(COILS, REST);
  box.runMs(20);
}

function coilsReady(meter: ScriptedCore): void {
  meter.spi(COILS, REST);
  meter.hal.pin_write(1, 0);
}

function inputs(meter: ScriptedCore): number[] {
  meter.hal.pin_write(0, 0);
  meter.hal.pin_write(0, 1);
  return meter.spi(INPUTS, REST);
}

test("watts become pulses at the input chain, reverse ones with the direction input", () => {
  const { box, meter } = rig();
  box.setLoadW(1, 2250);
  box.setLoadW(39, -2250);
  box.runMs(999);
  assert.deepEqual(inputs(meter), REST);
  box.runMs(1);
  assert.deepEqual(inputs(meter), [1, 0, 0, 0, 0x40, 0, 0, 0, 0, 0x40]);
  box.runMs(80);
  assert.deepEqual(inputs(meter), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40]);
  assert.equal(box.energyFedJ(39), 2430);
});

test("an opened relay stops the energy of its channel alone", () => {
  const { box, meter } = rig();
  const events: unknown[] = [];
  box.events.on("relay", (event) => void events.push(event));
  box.events.on("coil", ({ coil, on }) => void events.push([coil, on]));
  coilsReady(meter);
  for (const channel of [2, 3]) box.setLoadW(channel, 1000);
  box.runMs(1000);
  pulse(box, meter, 2, false);
  box.runMs(930);
  assert.equal(box.relayClosed(2), false);
  assert.equal(box.energyFedJ(2), 1015);
  assert.equal(box.energyFedJ(3), 2000);
  assert.deepEqual(events, [
    ["open", true],
    { channel: 2, closed: false, time_us: 1_015_010 },
    ["open", false],
  ]);
  pulse(box, meter, 2, true);
  assert.equal(box.relayOperations(2), 2);
  box.relayStick(3, true);
  pulse(box, meter, 3, false);
  assert.equal(box.relayClosed(3), true);
});

test("power off takes a coil off and leaves the relay where it was", () => {
  const { box, meter } = rig({ relays_closed: false });
  coilsReady(meter);
  const on: boolean[] = [];
  box.events.on("coil", (event) => void on.push(event.on));
  meter.spi(COILS, [1, ...REST.slice(1)]);
  box.runMs(14);
  box.powerOff();
  box.runMs(1000);
  assert.equal(box.relayClosed(1), false);
  assert.deepEqual(on, [true, false]);
});

test("a cut in a tick: nothing behind it is taken, then power is off and memory kept", () => {
  const { box, meter, panel } = rig();
  coilsReady(meter);
  const coils: boolean[] = [];
  const commits: number[] = [];
  box.events.on("coil", ({ on }) => void coils.push(on));
  box.events.on("fram_commit", ({ address }) => void commits.push(address));
  panel.hal.uart_open(0, 115_200, 0);
  meter.hal.uart_open(0, 115_200, 0);
  const write = (address: number, value: number): void => {
    meter.spi(FRAM, [0x06]);
    meter.spi(FRAM, [0x02, 0, 0, address, value, value]);
  };
  box.fram.cutAfter(3);
  meter.onTick = (hal) => {
    write(0, 1);
    write(2, 2);
    write(4, 3);
    meter.spi(COILS, [1, ...REST.slice(1)]);
    hal.uart_write(0, 0, 4);
    assert.deepEqual(meter.spi(FRAM, [0x03, 0, 0, 2, 0, 0]).slice(4), [2, 2]);
  };
  const panel_ticks = panel.ticks;
  box.runMs(1);
  assert.equal(box.powered, false);
  assert.equal(panel.ticks, panel_ticks);
  assert.deepEqual([...box.fram.bytes.subarray(0, 6)], [1, 1, 2, 255, 255, 255]);
  assert.deepEqual(coils, []);
  assert.deepEqual(commits, [0]);
  box.runMs(1000);
  meter.onTick = () => undefined;
  box.powerOn();
  box.runMs(10);
  assert.equal(meter.starts, 2);
  assert.equal(meter.hal.boot_reason(), 0);
});

test("a cut during init leaves the box without power", () => {
  const { box } = rig({}, ({ box: made, meter }) => {
    made.fram.cutAfter(1);
    meter.onInit = () => {
      meter.spi(FRAM, [0x06]);
      meter.spi(FRAM, [0x02, 0, 0, 0, 1, 2]);
    };
  });
  assert.equal(box.powered, false);
  assert.deepEqual([...box.fram.bytes.subarray(0, 2)], [1, 255]);
});

test("a missing phase is seen by the ADC and by its channels", () => {
  const { box, meter } = rig({ phases: Array.from({ length: 39 }, (_, i) => (i < 3 ? 0 : 1)) });
  for (let channel = 1; channel <= 4; channel++) box.setLoadW(channel, 1000);
  box.setPhase(0, false);
  box.runMs(1005);
  assert.equal(meter.hal.adc(0), 2048);
  assert.notEqual(meter.hal.adc(1), 2048);
  assert.deepEqual(
    [1, 2, 3, 4].map((channel) => box.energyFedJ(channel)),
    [0, 0, 0, 1005],
  );
});

test("the socket: a short is read low, outputs are told", () => {
  const { box, meter } = rig();
  const seen: unknown[] = [];
  box.events.on("socket", (event) => void seen.push(event));
  assert.equal(meter.hal.pin_read(2), 1);
  box.socketShort(true);
  assert.equal(meter.hal.pin_read(2), 0);
  box.runMs(4);
  meter.hal.pin_write(4, 1);
  meter.hal.pin_write(4, 1);
  assert.deepEqual(seen, [{ pin: 7, level: 1, time_us: 4_000 }]);
});

test("the tubes are dark without power and the clock chip runs on", () => {
  const { box, panel } = rig({ clock: new Date(Date.UTC(2026, 4, 1)) });
  panel.spi(TUBES, [0x0c, 1, 0x0c, 1]);
  panel.spi(TUBES, [1, 0x7e, 1, 0x33]);
  assert.deepEqual([box.tubes().upper, box.tubes().lower], ["4   ", "0     "]);
  box.powerOff();
  assert.ok(box.tubeSegments().every((lit) => lit === 0));
  box.runMs(60_000);
  box.powerOn();
  assert.deepEqual(box.tubes().upper, "    ");
  panel.memory[0] = 0;
  panel.hal.i2c(0x68, 0, 1, 7);
  assert.deepEqual([...panel.memory.subarray(0, 7)], [0, 1, 0, 5, 1, 5, 0x26]);
});

test("i2c: an absent device and a stuck bus", () => {
  const { box, meter, panel } = rig();
  assert.equal(panel.hal.i2c(0x50, 0, 1, 1), -1);
  assert.equal(meter.hal.i2c(0x68, 0, 1, 1), -1);
  box.i2cStuck(true);
  assert.equal(panel.hal.i2c(0x68, 0, 1, 1), -2);
});

test("the link: meter and panel hear each other, a tap may interfere", () => {
  const { box, meter, panel } = rig();
  meter.hal.uart_open(0, 115_200, 0);
  panel.hal.uart_open(0, 115_200, 0);
  meter.memory.set([1, 2, 3]);
  meter.hal.uart_write(0, 0, 3);
  assert.equal(panel.hal.uart_read(0, 0, 64), 0);
  box.runMs(1);
  assert.equal(panel.hal.uart_read(0, 0, 64), 3);
  assert.deepEqual([...panel.memory.subarray(0, 3)], [1, 2, 3]);
  box.link.tap = (from, bytes) => (from === "panel" ? bytes.subarray(1) : bytes);
  panel.hal.uart_write(0, 0, 3);
  meter.hal.uart_write(0, 0, 3);
  box.runMs(1);
  assert.equal(meter.hal.uart_read(0, 0, 64), 2);
  assert.equal(panel.hal.uart_read(0, 0, 64), 3);
});

test("the line: the office follows the speed that the panel opened", () => {
  const { box, panel } = rig();
  panel.hal.uart_open(1, 9600, 1);
  box.line.send(Uint8Array.of(7, 8));
  box.runMs(2);
  assert.equal(panel.hal.uart_read(1, 0, 64), 1);
  box.runMs(1);
  assert.equal(panel.hal.uart_read(1, 0, 64), 1);
  panel.hal.uart_open(1, 1200, 1);
  panel.hal.uart_write(1, 0, 2);
  box.runMs(10);
  assert.equal(box.line.receive().length, 1);
  box.runMs(9);
  box.line.send(new Uint8Array(300));
  box.runMs(10);
  assert.equal(box.line.receive().length, 1);
  assert.equal(panel.hal.uart_read(1, 0, 64), 1);
});

test("resetting one MCU leaves the other running and its ports closed", () => {
  const made = rig();
  made.box.runMs(5);
  made.box.resetMcu("panel");
  made.box.runMs(2);
  assert.deepEqual(made.restarts, [{ mcu: "panel", reason: 3, detail: 0, time_us: 6_000 }]);
  assert.equal(made.panel.hal.now_ms(), 1);
  assert.equal(made.meter.ticks, 7);
  assert.throws(() => rig({ panel: null }).box.resetMcu("panel"), DeviceError);
});

test("options and channels outside their range are refused", () => {
  const none: BoxOptions = { meter: null, panel: null };
  assert.throws(() => new Box({ ...none, constants: [1600] }), DeviceError);
  assert.throws(() => new Box({ ...none, phases: new Array<number>(39).fill(3) }), DeviceError);
  assert.throws(() => new Box({ ...none, fram: new Uint8Array(1) }), DeviceError);
  const box = new Box(none);
  assert.throws(() => box.setLoadW(0, 1), DeviceError);
  assert.throws(() => box.setLoadW(40, 1), DeviceError);
  assert.throws(() => box.relayClosed(1.5), DeviceError);
  assert.throws(() => box.setBounceUs(1, 3_001), DeviceError);
  assert.throws(() => box.runMs(0.5), DeviceError);
});

const GUEST = `(module
  (import "hal" "boot_reason" (func $boot_reason (result i32)))
  (import "hal" "watchdog" (func $watchdog))
  (import "hal" "now_ms" (func $now_ms (result i32)))
  (import "hal" "spi" (func $spi (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "init") (i32.store (i32.const 16) (call $boot_reason)))
  (func (export "tick")
    (call $watchdog)
    (i32.store8 (i32.const 0) (i32.const 0x9f))
    (if (i32.eq (call $now_ms) (i32.const 5))
      (then (call $spi (i32.const 0) (i32.const 65532) (i32.const 5)))
      (else (call $spi (i32.const 0) (i32.const 0) (i32.const 5))))
    (if (i32.eq (call $now_ms) (i32.const 3)) (then unreachable))))`;

test("a wasm core: traps restart it with fresh memory; the trace tells every call", async () => {
  const wabt = await createWabt();
  const core = wasmCore(wabt.parseWat("guest.wat", GUEST).toBinary({}).buffer);
  const lines: string[] = [];
  const box = new Box({ meter: core, panel: null, trace: (line) => void lines.push(line) });
  const reasons: number[] = [];
  box.events.on("restart", ({ reason }) => void reasons.push(reason));
  box.powerOn();
  box.runMs(4);
  assert.deepEqual(reasons, [2]);
  assert.deepEqual(lines.slice(0, 8), [
    "0 meter init",
    "0 meter boot_reason -> 0",
    "1000 meter tick",
    "1000 meter watchdog",
    "1000 meter now_ms -> 1",
    "1005 meter spi 0 0 5 9f00000000 -> ff047f4803",
    "1005 meter now_ms -> 1",
    "2000 meter tick",
  ]);
  assert.deepEqual(lines.slice(-2), ["4000 meter init", "4000 meter boot_reason -> 2"]);
});

test("a wasm core that reads beyond its memory traps at the gate", async () => {
  const wabt = await createWabt();
  const text = GUEST.replace("(i32.const 3)", "(i32.const 99)");
  const box = new Box({
    meter: wasmCore(wabt.parseWat("guest.wat", text).toBinary({}).buffer),
    panel: null,
  });
  const errors: string[] = [];
  box.events.on("restart", ({ error }) => void errors.push(error?.message ?? ""));
  box.powerOn();
  box.runMs(6);
  assert.deepEqual(errors, ["buffer 65532 + 5 is outside of memory"]);
});

test("the same seed and calls make the same run", () => {
  const run = (seed: number): string[] => {
    const lines: string[] = [];
    const { box, meter } = rig({ seed, trace: (line) => void lines.push(line) });
    meter.onTick = () => void inputs(meter);
    for (let channel = 1; channel <= 39; channel++) {
      box.setBounceUs(channel, 3_000);
      box.setLoadW(channel, channel * 977);
    }
    box.runMs(2_000);
    return lines;
  };
  assert.deepEqual(run(4), run(4));
  assert.notDeepEqual(run(4), run(5));
});
