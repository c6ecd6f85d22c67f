/** Long runs: full load for more than an hour with four constants, and a day of creep. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as kit from "./kit.ts";

const JOULES_PER_KWH = 3_600_000;
const CHANNELS = Array.from({ length: 39 }, (_, index) => index + 1);
const CONSTANTS = [1600, 600, 5000, 1700]; // the product sheet's, and one that divides nothing
const constants = CHANNELS.map((_, index) => CONSTANTS[index % CONSTANTS.length]);

function running(): kit.MeterBench {
  const bench = new kit.MeterBench({ constants });
  bench.provision();
  CHANNELS.forEach((channel, index) => {
    assert.ok(bench.set(50, channel, constants[index], channel) >= 0);
    assert.equal(bench.credit(channel, 1, 100_000).result, 0);
  });
  return bench;
}

/** Exactly the joules of so many pulses. */
function joules(pulses: number, constant: number): bigint {
  return (BigInt(pulses) * BigInt(JOULES_PER_KWH)) / BigInt(constant);
}

test("39 x 20 pulses/s for 93 minutes: over a million pulses of each constant, exactly the joules", () => {
  const bench = running();
  const pulses = new Array<number>(40).fill(0);
  bench.box.events.on("pulse", (event) => pulses[event.channel]++);
  CHANNELS.forEach((channel, index) => {
    bench.box.setLoadW(channel, (20 * JOULES_PER_KWH) / constants[index]);
  });
  bench.box.runMs(93 * 60_000);
  for (const channel of CHANNELS) bench.box.setLoadW(channel, 0);
  bench.box.runMs(500);
  const per_constant = new Map<number, number>();
  CHANNELS.forEach((channel, index) => {
    const constant = constants[index];
    const books = bench.books(channel);
    assert.equal(books.forward_j, joules(pulses[channel], constant), `channel ${channel}`);
    assert.equal(books.charged, books.forward_j);
    assert.equal(books.remaining, books.accepted - books.charged);
    per_constant.set(constant, (per_constant.get(constant) ?? 0) + pulses[channel]);
  });
  for (const [constant, count] of per_constant) {
    assert.ok(count >= 1_000_000, `${count} pulses at ${constant} imp/kWh`);
  }
});

test("creep current for 24 h registers nothing, starting current registers all", () => {
  const bench = running();
  const pulses = new Array<number>(40).fill(0);
  bench.box.events.on("pulse", (event) => pulses[event.channel]++);
  const half_start_w = 6.6; // half of 0.4 % of 15 A at 220 V
  for (const channel of CHANNELS) {
    bench.box.setLoadW(channel, channel <= 20 ? half_start_w * 0.98 : 2 * half_start_w);
  }
  bench.box.runMs(24 * 3_600_000);
  CHANNELS.forEach((channel, index) => {
    assert.ok(pulses[channel] > 20, `channel ${channel} had ${pulses[channel]} pulses`);
    const expected = channel <= 20 ? 0n : joules(pulses[channel], constants[index]);
    const { forward_j } = bench.books(channel);
    assert.equal(forward_j, expected, `channel ${channel}`);
  });
});
