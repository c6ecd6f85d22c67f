/** The porting contract on the virtual board: ranges, time, watchdog, faults, restarts. */

import assert from "node:assert/strict";
import test from "node:test";
import type { HalImports } from "../../boards/virtual/box.ts";
import { DeviceError } from "../../boards/virtual/box.ts";
import { rig } from "./kit.ts";

const FRAM = 0;
const INPUTS = 1;
const TUBES = 3;
const LINK = 0;
const LINE = 1;
const CLOCK = 0x68;

/** Calls that break the contract, by the MCU that makes them. */
const BROKEN: Record<"meter" | "panel", [string, (hal: HalImports) => void][]> = {
  meter: [
    ["tubes", (hal) => hal.spi(TUBES, 0, 4)],
    ["device 4", (hal) => hal.spi(4, 0, 4)],
    ["device -1", (hal) => hal.spi(-1, 0, 4)],
    ["size 0", (hal) => hal.spi(FRAM, 0, 0)],
    ["size 513", (hal) => hal.spi(FRAM, 0, 513)],
    ["one byte beyond memory", (hal) => hal.spi(FRAM, 1021, 4)],
    ["an address that wraps", (hal) => hal.spi(FRAM, -1, 4)],
    ["line", (hal) => hal.uart_open(LINE, 9600, 0)],
    ["1199 baud", (hal) => hal.uart_open(LINK, 1199, 0)],
    ["115201 baud", (hal) => hal.uart_open(LINK, 115_201, 0)],
    ["format 3", (hal) => hal.uart_open(LINK, 9600, 3)],
    ["unopened read", (hal) => hal.uart_read(LINK, 0, 1)],
    ["unopened write", (hal) => hal.uart_write(LINK, 0, 1)],
    ["unopened idle", (hal) => hal.uart_idle_us(LINK)],
    ["adc 3", (hal) => hal.adc(3)],
    ["reads an output", (hal) => hal.pin_read(0)],
    ["writes an input", (hal) => hal.pin_write(2, 1)],
    ["pin 5", (hal) => hal.pin_write(5, 1)],
    ["level 2", (hal) => hal.pin_write(0, 2)],
  ],
  panel: [
    ["fram", (hal) => hal.spi(FRAM, 0, 4)],
    ["port 2", (hal) => hal.uart_read(2, 0, 1)],
    ["capacity 0", (hal) => (hal.uart_open(LINK, 9600, 0), hal.uart_read(LINK, 0, 0))],
    ["capacity 513", (hal) => (hal.uart_open(LINK, 9600, 0), hal.uart_read(LINK, 0, 513))],
    ["buffer beyond", (hal) => (hal.uart_open(LINK, 9600, 0), hal.uart_read(LINK, 1000, 25))],
    ["write beyond", (hal) => (hal.uart_open(LINK, 9600, 0), hal.uart_write(LINK, 1024, 1))],
    ["i2c device 128", (hal) => hal.i2c(128, 0, 1, 1)],
    ["i2c write of 33", (hal) => hal.i2c(CLOCK, 0, 33, 0)],
    ["i2c read of 33", (hal) => hal.i2c(CLOCK, 0, 1, 33)],
    ["i2c buffer beyond", (hal) => hal.i2c(CLOCK, 1018, 1, 7)],
    ["pin 0", (hal) => hal.pin_read(0)],
    ["pin 1", (hal) => hal.pin_write(1, 1)],
    ["adc 0", (hal) => hal.adc(0)],
  ],
};

for (const mcu of ["meter", "panel"] as const) {
  for (const [name, call] of BROKEN[mcu]) {
    test(`a broken contract restarts the ${mcu}: ${name}`, () => {
      const made = rig();
      made.box.runMs(3);
      made[mcu].onTick = (hal) => {
        made[mcu].onTick = () => undefined;
        call(hal);
        assert.fail("the call returned");
      };
      made.box.runMs(1);
      assert.equal(made[mcu].starts, 1);
      made.box.runMs(1);
      assert.deepEqual(made.restarts, [{ mcu, reason: 2, detail: 0, time_us: 5_000 }]);
      assert.equal(made[mcu].starts, 2);
      assert.equal(made[mcu].hal.boot_reason(), 2);
    });
  }
}

test("the last byte of memory is the core's", () => {
  const { meter, panel } = rig();
  meter.memory[1020] = 0x9f;
  meter.hal.spi(FRAM, 1020, 4);
  assert.deepEqual([...meter.memory.subarray(1021)], [0x04, 0x7f, 0x48]);
  panel.memory[1017] = 0;
  assert.equal(panel.hal.i2c(CLOCK, 1017, 1, 7), 0);
});

test("both cores start with init at power, then tick each millisecond from 1 ms on", () => {
  const { box, meter, panel } = rig();
  meter.tick_times_ms = [];
  assert.deepEqual([meter.starts, panel.starts, meter.ticks], [1, 1, 0]);
  assert.equal(meter.hal.boot_reason(), 0);
  box.runMs(3);
  assert.deepEqual(meter.tick_times_ms, [1, 2, 3]);
  assert.equal(panel.ticks, 3);
});

test("time stands still in a tick except for transfers", () => {
  const { box, meter, panel } = rig();
  box.runMs(7);
  assert.equal(meter.hal.now_us(), 7_000);
  meter.hal.pin_write(0, 0);
  meter.hal.pin_write(0, 1);
  meter.hal.spi(INPUTS, 0, 10); // 80 bits at 8 MHz
  assert.equal(meter.hal.now_us(), 7_010);
  assert.equal(panel.hal.now_us(), 7_000);
  panel.memory[0] = 0;
  panel.hal.i2c(CLOCK, 0, 1, 7); // 10 bytes of 22.5 us
  assert.equal(panel.hal.now_us(), 7_225);
  panel.hal.i2c(0x20, 0, 1, 7);
  assert.equal(panel.hal.now_us(), 7_248);
});

test("a late tick comes once", () => {
  const { box, meter } = rig();
  meter.tick_times_ms = [];
  meter.onTick = (hal) => {
    if (meter.ticks !== 2) return;
    for (let i = 0; i < 7; i++) {
      meter.memory[0] = 0x03;
      hal.spi(FRAM, 0, 500);
    }
    assert.equal(hal.now_ms(), 5);
  };
  box.runMs(8);
  assert.deepEqual(meter.tick_times_ms, [1, 2, 6, 7, 8]);
});

test("clocks wrap at 32 bits", () => {
  const { box, meter } = rig({ panel: null });
  const days = 0x1_0000_0000;
  meter.onTick = () => undefined;
  box.meter!.tick_ms = -2 | 0;
  box.meter!.fed_ms = -2 | 0;
  meter.tick_times_ms = [];
  box.runMs(3);
  assert.deepEqual(
    meter.tick_times_ms.map((ms) => (ms + days) % days),
    [days - 1, 0, 1],
  );
});

test("a watchdog unfed for 1000 ms restarts its core only", () => {
  const made = rig();
  made.box.runMs(10);
  made.meter.feeds = false;
  made.box.runMs(999);
  assert.deepEqual(made.restarts, []);
  made.box.runMs(1);
  assert.deepEqual(made.restarts, [{ mcu: "meter", reason: 1, detail: 0, time_us: 1_010_000 }]);
  assert.equal(made.meter.hal.boot_reason(), 1);
  assert.equal(made.meter.hal.now_ms(), 0);
  assert.equal(made.panel.starts, 1);
});

test("fault carries its code and detail; coils and socket go to rest", () => {
  const made = rig();
  const { box, meter } = made;
  meter.spi(2, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  meter.hal.pin_write(1, 0);
  const coils: boolean[] = [];
  const socket: [number, number][] = [];
  box.events.on("coil", ({ on }) => void coils.push(on));
  box.events.on("socket", ({ pin, level }) => void socket.push([pin, level]));
  meter.hal.pin_write(3, 1);
  meter.hal.pin_write(4, 1);
  meter.spi(2, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  meter.onTick = (hal) => {
    meter.onTick = () => undefined;
    hal.fault(0x1234, -5);
  };
  box.runMs(2);
  assert.deepEqual(coils, [true, false]);
  assert.deepEqual(socket, [
    [1, 1],
    [7, 1],
    [1, 0],
    [7, 0],
  ]);
  assert.deepEqual(made.restarts, [{ mcu: "meter", reason: 0x123402, detail: -5, time_us: 2_000 }]);
  assert.equal(meter.hal.boot_reason(), 0x123402);
});

test("a core that faults in init is started again each millisecond, the other runs on", () => {
  const { box, meter, panel } = rig({}, ({ meter: broken }) => {
    broken.onInit = (hal) => hal.fault(1, 0);
  });
  box.runMs(5);
  assert.equal(meter.starts, 6);
  assert.equal(meter.ticks, 0);
  assert.equal(panel.ticks, 5);
});

test("a device misused ends the simulation instead of restarting the core", () => {
  const { box, meter } = rig();
  meter.onTick = () => void meter.spi(FRAM, [0x77]);
  assert.throws(() => box.runMs(1), DeviceError);
});

test("other errors of a host's core are not hidden either", () => {
  const { box, meter } = rig();
  meter.onTick = () => {
    throw new TypeError("oops");
  };
  assert.throws(() => box.runMs(1), TypeError);
});
