/** Boxes on one line: one time, names, power of each, scripted panels that talk. */

import assert from "node:assert/strict";
import test from "node:test";
import { Box, DeviceError, Line, type BoxOptions } from "../../boards/virtual/box.ts";
import { Fleet } from "../../boards/virtual/fleet.ts";
import { ScriptedCore } from "./kit.ts";

const LINE = 1;
const FORMAT_8E1 = 1;

/** Boxes whose panels open the line at 9600 8E1. */
function fleetOf(count: number) {
  const panels = Array.from({ length: count }, () => new ScriptedCore());
  for (const panel of panels) panel.onInit = (hal) => hal.uart_open(LINE, 9600, FORMAT_8E1);
  const fleet = new Fleet({ boxes: panels.map((panel): BoxOptions => ({ panel, meter: null })) });
  fleet.powerOn();
  const write = (i: number, bytes: number[]): void => {
    panels[i].memory.set(bytes);
    panels[i].hal.uart_write(LINE, 0, bytes.length);
  };
  const read = (i: number): number[] => {
    const taken = panels[i].hal.uart_read(LINE, 0, 64);
    return [...panels[i].memory.subarray(0, Math.max(0, taken))];
  };
  return { fleet, panels, write, read };
}

test("what one box says all the others hear, and every host", () => {
  const { fleet, write, read } = fleetOf(4);
  const host = fleet.line.host();
  fleet.runMs(5);
  write(1, [7, 8, 9]);
  fleet.runMs(4);
  assert.deepEqual([0, 1, 2, 3].map(read), [[7, 8, 9], [], [7, 8, 9], [7, 8, 9]]);
  assert.deepEqual(host.receive(), Uint8Array.of(7, 8, 9));
});

test("a box without power says nothing and spoils nothing", () => {
  const { fleet, write, read } = fleetOf(3);
  write(0, [1, 2, 3, 4]);
  fleet.runMs(2);
  fleet.boxes[0].powerOff();
  fleet.runMs(10);
  assert.deepEqual(read(1), []); // told first that a byte was lost
  assert.deepEqual(read(1), [1]);
  write(1, [5]);
  fleet.boxes[0].powerOn();
  fleet.runMs(2);
  assert.deepEqual(read(0), [5]);
  fleet.powerOff();
  assert.ok(fleet.boxes.every(({ powered }) => !powered));
});

test("boxes step together and have the time of their line", () => {
  const line = new Line();
  const none: BoxOptions = { meter: null, panel: null };
  const fleet = new Fleet({ boxes: [none, none], line });
  fleet.runMs(250);
  assert.equal(fleet.now_ms, 250);
  const late = new Box({ ...none, line });
  assert.equal(late.now_ms, 250);
  assert.deepEqual(
    fleet.boxes.map(({ now_ms }) => now_ms),
    [250, 250],
  );
  assert.throws(() => fleet.runMs(0.5), DeviceError);
});

test("a box of a fleet has the office's end of the line too, when somebody asks for it", () => {
  const { fleet, write, read } = fleetOf(2);
  fleet.boxes[0].line.send(Uint8Array.of(1));
  fleet.runMs(3);
  assert.deepEqual([read(0), read(1)], [[1], [1]]);
  write(1, [2]);
  fleet.runMs(3);
  assert.deepEqual(fleet.boxes[0].line.receive(), Uint8Array.of(2));
});

test("a connector is moved to another line", () => {
  const { fleet, write, read } = fleetOf(1);
  const other = new Line();
  const [box] = fleet.boxes;
  const left = fleet.line.host();
  const found = other.host();
  fleet.runMs(5);
  box.plugInto(other);
  write(0, [1]);
  found.send(Uint8Array.of(2)); // at the time of the box, so both at once: nobody hears the other
  fleet.runMs(3);
  assert.deepEqual([read(0), left.receive().length], [[], 0]);
  write(0, [3]);
  fleet.runMs(3);
  assert.deepEqual(found.receive(), Uint8Array.of(3));
  box.line.send(Uint8Array.of(4));
  fleet.runMs(3);
  assert.deepEqual(read(0), [4]);
});

test("who listens is told the speed that a panel opens", () => {
  const { fleet, panels } = fleetOf(1);
  const told: unknown[] = [];
  fleet.boxes[0].events.on("line_opened", (event) => void told.push(event));
  fleet.runMs(2);
  panels[0].hal.uart_open(LINE, 2400, 0);
  assert.deepEqual(told, [{ baud: 2400, format: 0, time_us: 2000 }]);
});

/** Every character of an exchange: a host asks, box 1 answers 20 ms after the twelfth byte, box 2 then
 *  tells box 0 the same. */
function exchange(slice_ms: number): unknown[] {
  const panels = [0, 1, 2].map(() => new ScriptedCore());
  const heard = [0, 0, 0];
  panels.forEach((panel, i) => {
    let due_ms = -1;
    panel.onInit = (hal) => hal.uart_open(LINE, 9600, FORMAT_8E1);
    panel.onTick = (hal) => {
      heard[i] += Math.max(0, hal.uart_read(LINE, 0, 64));
      if (due_ms < 0 && heard[i] === 12 * i) due_ms = hal.now_ms() + 20;
      if (i > 0 && hal.now_ms() === due_ms) hal.uart_write(LINE, 0, 12);
    };
  });
  const boxes = panels.map((panel): BoxOptions => ({ panel, meter: null }));
  const fleet = new Fleet({ boxes, slice_ms });
  const told: unknown[] = [];
  fleet.line.onCharacter = (from, { start_us }) => void told.push([from, start_us]);
  fleet.powerOn();
  fleet.line.host().send(new Uint8Array(12));
  fleet.runMs(150);
  assert.deepEqual(heard, [36, 24, 24]);
  return told;
}

test("slices of 8 ms change no time of an exchange", () => {
  const exact = exchange(1);
  assert.equal(exact.length, 36);
  assert.deepEqual(exchange(8), exact);
});
