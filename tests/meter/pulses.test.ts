/** Pulses at the limits of the product, through the shift registers of a running meter. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../boards/virtual/random.ts";
import * as kit from "./kit.ts";

const CHANNELS = Array.from({ length: 39 }, (_, index) => index + 1);
const PULSE_J = 2250n;

/** A meter whose anti-creep is awake: each channel has counted two pulses. */
function awake(): { bench: kit.MeterBench; counted: (channel: number) => number } {
  const bench = new kit.MeterBench();
  bench.provision();
  for (const channel of CHANNELS) bench.credit(channel, 1, 1_000);
  for (let pulse = 0; pulse < 2; pulse++) {
    for (const channel of CHANNELS) bench.box.glitch(channel, 30_000);
    bench.box.runMs(100);
  }
  const counted = (channel: number): number => {
    const { forward_j } = bench.books(channel);
    assert.equal(forward_j % PULSE_J, 0n);
    return Number(forward_j / PULSE_J) - 2;
  };
  return { bench, counted };
}

test("39 channels that fire in the same millisecond are each counted once", () => {
  const { bench, counted } = awake();
  for (let round = 0; round < 50; round++) {
    for (const channel of CHANNELS) bench.box.glitch(channel, 20_000);
    bench.box.runMs(50);
  }
  for (const channel of CHANNELS) assert.equal(counted(channel), 50);
});

test("a pulse of 20 ms counts once, a spike below 3 ms never, wherever it falls", () => {
  const { bench, counted } = awake();
  const random = new Random(3);
  for (let round = 0; round < 400; round++) {
    bench.box.glitch(1, 1 + random.below(2_999));
    bench.box.glitch(2, 20_000 + random.below(10_000));
    bench.box.runMs(60 + random.below(3));
  }
  assert.equal(counted(1), 0);
  assert.equal(counted(2), 400);
});

test("bounce of 3 ms on both edges adds nothing and loses nothing", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  let pulses = 0;
  bench.box.events.on("pulse", (event) => {
    if (event.channel === 1) pulses++;
  });
  bench.credit(1, 1, 100_000);
  bench.box.setBounceUs(1, 3_000);
  bench.box.setLoadW(1, 45_000); // 20 pulses a second
  bench.box.runMs(300_000);
  bench.box.setLoadW(1, 0);
  bench.box.runMs(200);
  assert.ok(pulses > 5_900);
  assert.equal(bench.books(1).forward_j, BigInt(pulses) * PULSE_J);
});

test("a lone pulse is held back until the next one confirms, also over a power cut", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  bench.credit(1, 1, 1_000);
  bench.box.glitch(1, 30_000);
  bench.box.runMs(1_100); // the running time is durable each second
  assert.equal(bench.books(1).forward_j, 0n);
  bench.box.powerOff();
  bench.box.runMs(3_600_000); // an hour without power is no pause of the flow
  bench.box.powerOn();
  bench.box.runMs(100);
  bench.box.glitch(1, 30_000);
  bench.box.runMs(100);
  assert.equal(bench.books(1).forward_j, 2n * PULSE_J);
});

test("pulses are counted within 200 ms of the return of power", () => {
  const bench = new kit.MeterBench();
  bench.provision();
  bench.credit(1, 1, 1_000);
  for (let cut = 1; cut <= 20; cut++) {
    bench.box.powerOff();
    bench.box.runMs(100);
    bench.box.powerOn();
    bench.box.runMs(150);
    bench.box.glitch(1, 20_000);
    bench.box.runMs(60);
    const expected = cut === 1 ? 0n : BigInt(cut) * PULSE_J;
    assert.equal(bench.books(1).forward_j, expected);
  }
});
