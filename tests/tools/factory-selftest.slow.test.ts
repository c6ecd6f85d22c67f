/** meter39 selftest on a blank virtual box that is its own jig: a sound one passes, and each fault that
 *  is built in is found where it is and nowhere else. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Box } from "../../boards/virtual/box.ts";
import { askingJig, NO_JIG, type Jig } from "../../tools/factory/jig.ts";
import type { Verdict } from "../../tools/factory/verdict.ts";
import { virtualJig } from "../../tools/factory/virtual.ts";
import { failed, Factory, LOAD_W, ON_LINE, technicianAt, tested } from "./factory-kit.ts";

const SPARE_ADDRESS = 0x3f700;
const BOOKS_END = 0x05000;
const BOOKS = 0x01200;

const factory = new Factory();

/** Accounts, books and demands. */
function books(box: Box): Buffer {
  return Buffer.from(box.fram.bytes.subarray(BOOKS, BOOKS_END));
}

test("a sound box passes, nothing is booked, and its relays are its accounts' again", async () => {
  const box = factory.place();
  const before = books(box);
  const verdicts = await tested(box, virtualJig(box, LOAD_W));
  assert.deepEqual(failed(verdicts.values()), []);
  assert.equal([...verdicts.values()].filter(({ result }) => result === "skipped").length, 0);
  for (let channel = 1; channel <= 39; channel++) assert.ok(verdicts.has(`channel ${channel}`));
  box.runMs(120_000);
  assert.ok(books(box).equals(before));
  for (let channel = 1; channel <= 39; channel++) assert.equal(box.relayClosed(channel), false);
  assert.match(box.tubes().upper, /^(\d{4}|-{4}| {4})$/); // the face is back
});

test("each fault is found where it is", async () => {
  const box = factory.place({ clock: null, reader: false }, (made) => made.relayStick(7, true));
  box.relayStick(3, true); // after its start it stands open
  const { pulseLevel, directionLevel, tubeSegments } = Object.getPrototypeOf(box) as Box;
  box.pulseLevel = (index, level) => {
    if (index === 10) return; // channel 11 is not wired
    // channels 20 and 21 are exchanged
    pulseLevel.call(box, index === 19 ? 20 : index === 20 ? 19 : index, level);
  };
  box.directionLevel = (index, level) => directionLevel.call(box, index, index === 29 ? 1 : level);
  box.tubeSegments = () => tubeSegments.call(box).map((lit, at) => (at === 5 ? lit & ~0x10 : lit));
  box.setPhase(1, true);
  box.setVoltage(2, 180);
  box.runMs(2000);
  const verdicts = await tested(box, virtualJig(box, LOAD_W));
  assert.deepEqual(failed(verdicts.values()), [
    "tubes and lamps",
    "reader",
    "clock kept",
    "phase C",
    "channel 7",
    "channel 3",
    "channel 11",
    "channel 20",
    "channel 21",
    "directions",
  ]);
  const found = (name: string): string => verdicts.get(name)!.found;
  assert.match(found("channel 3"), /the relay stays open/);
  assert.match(found("channel 7"), /the relay stays closed/);
  assert.match(found("channel 11"), /the input is dead/);
  assert.match(found("channel 20"), /its pulses come on channel 21/);
  assert.match(found("directions"), /wrong on channel 30/);
  assert.match(found("reader"), /Err 30/);
  assert.match(found("tubes and lamps"), /segment 4 of all tubes; tube 6/);
  assert.match(found("phase C"), /180 V/);
});

test("memory: a bad cell is found; a missing chip leaves what the panel can do", async () => {
  const bad = factory.place();
  const transfer = bad.fram.transfer.bind(bad.fram);
  bad.fram.transfer = (memory, offset, size) => {
    bad.fram.bytes[SPARE_ADDRESS]! &= 0xfe;
    transfer(memory, offset, size);
  };
  const verdicts = await tested(bad, NO_JIG);
  assert.deepEqual(failed(verdicts.values()), ["memory cells"]);
  assert.equal(verdicts.get("memory chip")!.result, "pass");
  assert.equal(verdicts.get("relays")!.result, "skipped");
  const absent = factory.place({}, (box) => {
    box.fram.transfer = (memory, offset, size) => void memory.fill(0xff, offset, offset + size);
  });
  const other = await tested(absent, virtualJig(absent, LOAD_W));
  assert.match(other.get("memory")!.found, /Err 20/);
  assert.equal(other.get("memory chip")!.found, "ffffffff");
  for (const name of ["line echo", "tubes and lamps", "reader", "clock runs"]) {
    assert.equal(other.get(name)!.result, "pass", name);
  }
});

test("a stopped clock and a socket that is not wired are found", async () => {
  const box = factory.place();
  const exchange = box.rtc.exchange.bind(box.rtc);
  box.rtc.exchange = (memory, offset, write_size, read_size) => {
    exchange(memory, offset, write_size, read_size);
    if (read_size === 0x13) memory[offset] = 0x30;
  };
  const jig = virtualJig(box, LOAD_W);
  const blind: Jig = {
    ...jig,
    load: () => Promise.resolve(false),
    short: () => Promise.resolve(),
    pulsed: () => Promise.resolve(false),
  };
  const verdicts = await tested(box, blind);
  assert.deepEqual(failed(verdicts.values()), ["clock runs", "socket"]);
  assert.match(verdicts.get("socket")!.found, /pin 1 .*; pin 7 .*; pin 4 does not see the short/);
});

test("a technician is the jig: asked in words, and what is denied fails", async () => {
  const box = factory.place();
  const questions: string[] = [];
  const technician = technicianAt(box);
  const jig = askingJig(async (question) => {
    questions.push(question);
    return (await technician(question)) && !/"alarm"/.test(question);
  });
  const verdicts = await tested(box, jig);
  assert.deepEqual(failed(verdicts.values()), ["tubes and lamps"]);
  assert.match(verdicts.get("tubes and lamps")!.found, /Is the lamp "alarm" lit/);
  assert.ok(questions.length < 25);
});

test("the command: report, exit codes, a box with a number only in the service window", async () => {
  factory.place();
  const virtual = await factory.run("selftest", "--jig", "virtual", "--name", "demo");
  assert.equal(virtual.code, 0, virtual.err);
  const report = factory.report<{ result: string; tests: Verdict[] }>("demo", "selftest")!;
  assert.equal(report.result, "pass");
  assert.ok(report.tests.every(({ found, limits }) => found !== "" && limits !== ""));

  const none = await factory.run("selftest", ...ON_LINE, "--name", "B-1", "--no-reader", "--json");
  assert.equal(none.code, 0, none.err);
  assert.equal((JSON.parse(none.out) as { jig: string }).jig, "none");

  const number = ["--number", "2025112101"];
  const made = await factory.run("provision", ...ON_LINE, ...number, ...factory.office);
  assert.equal(made.code, 0, made.err);
  factory.restart();
  const closed = await factory.run("selftest", ...ON_LINE, "--name", "B-1");
  assert.equal(closed.code, 1);
  assert.match(closed.err, /has its number already: close the service switch/);
  factory.box.serviceSwitch(true);
  factory.restart();
  const open = await factory.run("selftest", ...ON_LINE, "--name", "B-1");
  assert.equal(open.code, 0, open.out);

  factory.box.powerOff();
  const dark = await factory.run("selftest", ...ON_LINE, "--name", "B-2", "--retries", "1");
  assert.deepEqual([dark.code, dark.err], [1, "the box did not answer (asked 2 times)\n"]);
  for (const args of [["--name", "a/b"], ["--name", "x"], []]) {
    assert.equal((await factory.run("selftest", ...args)).code, 2);
  }
});
