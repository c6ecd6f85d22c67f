/** A box in service for masters to read: credit, consumption in both directions, a household of three
 *  phases, passwords. What its books say is asked with native frames (tests/meter/kit.ts). */

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as kit from "../meter/kit.ts";
import { Pty, type Recorded } from "./pty.ts";
import { CRC_GOOD, judge, type Verdict } from "./judge.ts";

export const HOUSEHOLDS = 39;
/** Three channels; 5 and 6 are no households. */
export const THREE_PHASE = 4;
export const UNUSED = [5, 6];
/** The household whose load goes on. */
export const LOADED = 7;
export const LOAD_W = 2_000;
export const START = new Date(Date.UTC(2025, 10, 21, 10, 30));

const FREEZE_READ = 14;
const INSTANT = 3;
const LAYOUT = 52;
const PASSWORD_2 = 20;
const PASSWORD_4 = 21;
const MODBUS_ADDRESS = 15;
export const BROADCAST = 0;
const UNITS_PER_CENT = 36_000n; // J in 0.01 kWh

/** Amounts in 0.01 kWh as masters see them. */
export interface Expected {
  remaining: number;
  forward: number;
  reverse: number;
  number: number;
  state: number;
  power_w: number;
}

export function livedBox(address = 1): kit.BoxBench {
  const bench = new kit.BoxBench({ clock: START });
  bench.box.runMs(1_000);
  assert.equal(bench.provision(), 0);
  const layout = [...UNUSED.map((channel) => [channel, 0]), [THREE_PHASE, 0x06_05_04]];
  for (const [index, [household, channels]] of layout.entries()) {
    assert.equal(bench.set(LAYOUT, household, channels, index + 1), 0);
  }
  assert.equal(bench.set(PASSWORD_2, 0, 214_365, 1), 0);
  assert.equal(bench.set(PASSWORD_4, 0, 123_456, 2), 0);
  assert.equal(bench.set(MODBUS_ADDRESS, 0, address, 3), 0);
  for (let household = 1; household <= HOUSEHOLDS; household++) {
    if (UNUSED.includes(household)) continue;
    assert.equal(bench.credit(household, 1, 2_000 + 7 * household).result, 0);
  }
  const loads: [number, number][] = [
    [1, 9_000],
    [2, -6_000],
    [4, 3_000],
    [5, 4_000],
    [6, 5_000],
    [39, 8_000],
  ];
  for (const [channel, watts] of loads) bench.box.setLoadW(channel, watts);
  bench.box.setLoadW(LOADED, LOAD_W);
  bench.box.runMs(60_000);
  for (const [channel] of loads) bench.box.setLoadW(channel, 0);
  bench.box.runMs(30_000);
  return bench;
}

/** What masters have to see of a household; null when it is not in use. */
export function expected(bench: kit.BoxBench, household: number): Expected | null {
  if (UNUSED.includes(household)) return null;
  const books = bench.books(household);
  const cents = (units: bigint): number => Number(units / UNITS_PER_CENT);
  const { number, state, power_w } = books;
  return {
    ...{ number, state, power_w },
    remaining: cents(books.remaining),
    forward: cents(books.forward_j),
    reverse: cents(books.reverse_j),
  };
}

/** All 39, in order. */
export function expectedAll(bench: kit.BoxBench): (Expected | null)[] {
  return Array.from({ length: HOUSEHOLDS }, (_, index) => expected(bench, index + 1));
}

/** Freezes of a moment that the box has made. */
export function instants(bench: kit.BoxBench): number {
  const newest = Buffer.from([INSTANT, 1, 1, 0, 0, 0, 0, 0]);
  return bench.ask(FREEZE_READ, newest).readUInt16LE(16);
}

/** Two registers each, high word first; the whole of 0xffffffff where there is none. */
export function asRegisters(values: (number | undefined)[]): number[] {
  return values.flatMap((value) => {
    const word = (value ?? -1) >>> 0;
    return [word >>> 16, word & 0xffff];
  });
}

/** A box on a pty for the time of `work`; afterwards Wireshark judges every byte that has passed. */
export async function withBox(
  bench: kit.BoxBench,
  work: (pty: Pty) => Promise<void>,
): Promise<Recorded[]> {
  const pty = await Pty.open(bench.box);
  const restarts: unknown[] = [];
  bench.box.events.on("restart", (event) => restarts.push(event));
  try {
    await work(pty);
    await sleep(100); // an answer that nobody waited for
  } finally {
    await pty.close();
  }
  assert.deepEqual(restarts, []);
  return pty.take();
}

/** Asserts that Wireshark finds every CRC right and nothing malformed. It passes over broadcasts. */
export function judged(frames: Recorded[]): Verdict[] {
  const known = frames.filter(({ bytes }) => bytes[0] !== BROADCAST);
  const verdicts = judge(known);
  for (const [index, { crc, malformed }] of verdicts.entries()) {
    const { from, bytes } = known[index];
    assert.equal(crc, CRC_GOOD, `frame ${index} of the ${from}: ${bytes.toString("hex")}`);
    assert.equal(malformed, "", `frame ${index} of the ${from}: ${bytes.toString("hex")}`);
  }
  return verdicts;
}
