/** Relays of a running meter: one coil in the box at a time (the coil model throws otherwise), changes
 *  before refresh, positions over a power cut, energy on an open relay. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as kit from "./kit.ts";

const CHANNELS = Array.from({ length: 39 }, (_, index) => index + 1);
const EVENT_RELAY_ENERGY = 10;
const MINUTE_MS = 60_000;

interface Stroke {
  channel: number;
  coil: "open" | "close";
  began_us: number;
  ended_us: number;
}

/** Notes every coil pulse. */
function strokesOf(bench: kit.MeterBench): Stroke[] {
  const strokes: Stroke[] = [];
  bench.box.events.on("coil", ({ channel, coil, on, time_us }) => {
    if (on) strokes.push({ channel, coil, began_us: time_us, ended_us: 0 });
    else strokes[strokes.length - 1].ended_us = time_us;
  });
  return strokes;
}

function supplied(options = {}): kit.MeterBench {
  const bench = new kit.MeterBench(options);
  bench.provision();
  for (const channel of CHANNELS) assert.equal(bench.credit(channel, 1, 2_000).result, 0);
  bench.box.runMs(60_000);
  for (const channel of CHANNELS) assert.equal(bench.box.relayClosed(channel), true);
  return bench;
}

/** Lets time pass until a refresh round is under way. */
function untilRefresh(bench: kit.MeterBench, strokes: Stroke[]): void {
  strokes.length = 0;
  for (let ms = 0; strokes.length < 5 && ms < 15 * MINUTE_MS; ms++) bench.box.runMs(1);
  assert.equal(strokes.length, 5);
}

test("every relay is refreshed into its own position once every ten minutes", () => {
  const bench = supplied();
  const strokes = strokesOf(bench);
  bench.box.runMs(60 * MINUTE_MS);
  assert.equal(strokes.length, 6 * 39);
  for (const channel of CHANNELS) {
    const own = strokes.filter((stroke) => stroke.channel === channel);
    assert.ok(own.every((stroke) => stroke.coil === "close"));
    for (let index = 1; index < own.length; index++) {
      const apart_min = (own[index].began_us - own[index - 1].began_us) / 60e6;
      assert.ok(apart_min >= 8 && apart_min <= 15, `${apart_min} min`);
    }
  }
  assert.equal(strokes.filter((stroke) => stroke.ended_us === 0).length, 0);
  for (let index = 1; index < strokes.length; index++) {
    assert.ok(strokes[index].began_us - strokes[index - 1].ended_us >= 20_000);
    assert.ok(strokes[index].ended_us - strokes[index].began_us >= 50_000);
  }
  assert.equal(bench.box.relayOperations(1), supplied().box.relayOperations(1), "armatures rest");
});

test("a swipe in the middle of a refresh closes its relay before the next refresh pulse", () => {
  const bench = supplied();
  bench.set(10, 0, 0, 1);
  bench.box.setLoadW(30, 60_000);
  while (bench.books(30).state !== 2) bench.box.runMs(5_000);
  bench.box.setLoadW(30, 0);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(30), false);
  const strokes = strokesOf(bench);
  untilRefresh(bench, strokes);
  const under_way = strokes.length;
  assert.equal(bench.credit(30, 2, 5_000).result, 0);
  bench.box.runMs(5_000);
  const next = strokes.slice(under_way).find((stroke) => stroke.began_us > 0);
  const closing = strokes.findIndex((stroke) => stroke.channel === 30 && stroke.coil === "close");
  assert.ok(next && closing >= under_way - 1 && closing <= under_way + 1, `stroke ${closing}`);
  const refreshed = new Set(strokes.map((stroke) => stroke.channel));
  assert.equal(refreshed.size, 39, "the round goes on after it");
});

test("a household of three channels switches its relays back to back", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  bench.set(52, 14, 0, 1);
  bench.set(52, 27, 0, 2);
  bench.set(51, 14, 1, 3);
  bench.set(51, 27, 2, 4);
  bench.set(51, 1, 0, 5);
  assert.equal(bench.set(52, 1, 1 | (14 << 8) | (27 << 16), 6), 0);
  bench.box.runMs(10_000);
  const strokes = strokesOf(bench);
  bench.credit(5, 1, 2_000);
  bench.credit(1, 1, 2_000);
  bench.credit(6, 1, 2_000);
  bench.box.runMs(2_000);
  assert.deepEqual(
    strokes.map((stroke) => stroke.channel),
    [5, 1, 14, 27, 6],
  );
});

test("power cut and return: no relay moves by itself, in either position", () => {
  const bench = supplied();
  bench.box.setLoadW(7, 60_000);
  while (bench.books(7).state !== 2) bench.box.runMs(5_000);
  bench.box.runMs(1_000);
  let moves = 0;
  bench.box.events.on("relay", () => moves++);
  for (let cut = 0; cut < 10; cut++) {
    bench.box.powerOff();
    bench.box.runMs(500 + cut);
    bench.box.powerOn();
    bench.box.runMs(3_000 + 7 * cut);
  }
  assert.equal(moves, 0);
  assert.equal(bench.box.relayClosed(7), false);
  assert.equal(bench.box.relayClosed(8), true);
});

test("a pulse cut short is driven again after the return of power, wherever the cut falls", () => {
  for (let cut_ms = 0; cut_ms < 120; cut_ms += 3) {
    const bench = new kit.MeterBench();
    bench.provision();
    bench.box.runMs(5_000);
    bench.credit(9, 1, 2_000);
    bench.box.powerOff();
    bench.box.runMs(100);
    bench.box.powerOn();
    bench.box.runMs(12_000); // closings after a start are spread over ten seconds
    bench.credit(10, 1, 2_000);
    bench.box.runMs(cut_ms);
    bench.box.powerOff();
    bench.box.runMs(100);
    bench.box.powerOn();
    bench.box.runMs(12_000);
    assert.equal(bench.box.relayClosed(9), true);
    assert.equal(bench.box.relayClosed(10), true, `cut ${cut_ms} ms after the credit`);
  }
});

test("on a first start nobody knows where the relays stand: all are driven open", () => {
  const bench = new kit.MeterBench({ relays_closed: true });
  bench.box.runMs(5_000);
  for (const channel of CHANNELS) assert.equal(bench.box.relayClosed(channel), false);
});

test("closings after a return of power are spread over the set time", () => {
  const bench = supplied();
  // The box is told while it is off that its relays are open: all have to be closed.
  const image = bench.box.fram.bytes.slice();
  const slot_size = 24;
  const relays_address = 0x440;
  const view = Buffer.from(image.buffer);
  for (const at of [relays_address, relays_address + slot_size]) {
    view.writeBigUInt64LE(0n, at + 4);
    view.writeUInt32LE(kit.slotCrc(relays_address, view.subarray(at, at + 20)), at + 20);
  }
  const again = new kit.MeterBench({ fram: image, relays_closed: false });
  const strokes = strokesOf(again);
  again.box.runMs(12_000);
  assert.equal(strokes.length, 39);
  const began_s = strokes.map((stroke) => stroke.began_us / 1e6);
  assert.ok(began_s[38] - began_s[0] > 9 && began_s[38] - began_s[0] < 11, `${began_s[38]} s`);
  for (const channel of CHANNELS) assert.equal(again.box.relayClosed(channel), true);
});

test("energy on an open relay is recorded and the relay driven again, five times, then hourly", () => {
  const bench = supplied();
  bench.box.relayStick(3, true);
  bench.box.setLoadW(3, 20_000);
  while (bench.books(3).state !== 2) bench.box.runMs(60_000);
  bench.credit(3, 1, 2_000);
  while (bench.books(3).state !== 3) bench.box.runMs(60_000);
  const before = bench.poll().readUInt32LE(4);
  const strokes = strokesOf(bench);
  bench.box.runMs(5 * MINUTE_MS);
  const again = strokes.filter((stroke) => stroke.channel === 3 && stroke.coil === "open");
  const next = bench.poll().readUInt32LE(4);
  const attempts: bigint[] = [];
  for (let number = before; number < next; number++) {
    const request = Buffer.alloc(4);
    request.writeUInt32LE(number);
    const reply = bench.ask(kit.EVENT_READ, request);
    if (reply[16] === EVENT_RELAY_ENERGY) attempts.push(reply.readBigInt64LE(20));
  }
  assert.deepEqual(attempts, [1n, 2n, 3n, 4n, 5n]);
  assert.ok(again.length >= 5 && again.length <= 7, `${again.length} strokes`);
  bench.box.relayStick(3, false);
  bench.box.runMs(62 * MINUTE_MS);
  assert.equal(bench.box.relayClosed(3), false, "driven again after an hour, or by the refresh");
});
