/** Voltages, frequency, phase loss and the clock of a running box, read over its line. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as kit from "./kit.ts";

const EVENT_STARTED = 1;
const EVENT_POWER_LOST = 2;
const EVENT_PHASE_LOST = 8;
const EVENT_PHASE_BACK = 9;

interface Event {
  time_s: number;
  kind: number;
  detail: number;
  value: bigint;
}

function events(bench: kit.BoxBench): Event[] {
  const next = bench.ask(kit.BOX_READ).readUInt32LE(32);
  return Array.from({ length: next }, (_, number) => {
    const request = Buffer.alloc(4);
    request.writeUInt32LE(number);
    const entry = bench.ask(kit.EVENT_READ, request).subarray(8);
    return {
      time_s: entry.readUInt32LE(0),
      kind: entry[8],
      detail: entry.readUInt16LE(10),
      value: entry.readBigInt64LE(12),
    };
  });
}

function seconds(date: Date): number {
  return (date.getTime() - Date.UTC(2000, 0, 1)) / 1000;
}

test("voltages are right to half a per cent, the frequency to 0.02 Hz", () => {
  const bench = new kit.BoxBench();
  const cases: [number, number, number, number][] = [
    [220, 220, 220, 50],
    [150, 231.5, 250, 49.5],
    [243, 198, 176, 50.5],
    [220, 220, 220, 60],
  ];
  for (const [a, b, c, hz] of cases) {
    ([0, 1, 2] as const).forEach((phase) => bench.box.setVoltage(phase, [a, b, c][phase]));
    bench.box.setFrequency(hz);
    bench.box.runMs(3_000);
    const reply = bench.ask(kit.BOX_READ);
    [a, b, c].forEach((volts, phase) => {
      const shown = reply.readUInt16LE(8 + 2 * phase) / 10;
      assert.ok(Math.abs(shown - volts) <= volts * 0.005, `phase ${phase}: ${shown} V of ${volts}`);
    });
    const shown_chz = reply.readUInt16LE(14);
    assert.ok(Math.abs(shown_chz - hz * 100) <= 2, `${shown_chz} x 0.01 Hz of ${hz} Hz`);
  }
});

test("each phase lost and back is recorded once, with the seconds between", () => {
  const bench = new kit.BoxBench();
  bench.box.runMs(2_000);
  for (const phase of [0, 1, 2] as const) {
    bench.box.setPhase(phase, false);
    bench.box.runMs(90_000);
    bench.box.setPhase(phase, true);
    bench.box.runMs(5_000);
  }
  const recorded = events(bench).filter(
    ({ kind }) => kind === EVENT_PHASE_LOST || kind === EVENT_PHASE_BACK,
  );
  assert.deepEqual(
    recorded.map(({ kind, detail }) => [kind, detail]),
    [0, 1, 2].flatMap((phase) => [
      [EVENT_PHASE_LOST, phase],
      [EVENT_PHASE_BACK, phase],
    ]),
  );
  for (const event of recorded.filter(({ kind }) => kind === EVENT_PHASE_BACK)) {
    assert.ok(event.value >= 89n && event.value <= 91n, `${event.value} s`);
  }
});

test("a power cut is recorded with the time of the last sign of life", () => {
  const begin = new Date(Date.UTC(2026, 10, 21, 23, 59, 30));
  const bench = new kit.BoxBench({ clock: begin });
  bench.box.runMs(60_000);
  bench.box.powerOff();
  bench.box.runMs(3_600_000);
  bench.box.powerOn();
  bench.box.runMs(3_000);
  const recorded = events(bench);
  assert.equal(recorded[0].kind, EVENT_STARTED);
  const lost = recorded.find(({ kind }) => kind === EVENT_POWER_LOST);
  assert.ok(lost);
  const seen_s = lost.time_s - seconds(begin);
  assert.ok(seen_s >= 58 && seen_s <= 61, `${seen_s} s`);
  assert.equal(recorded.filter(({ kind }) => kind === EVENT_STARTED).length, 2);
});

test("a clock that lost the time is shown and not trusted", () => {
  const bench = new kit.BoxBench({ clock: null });
  assert.equal(bench.provision(), 0);
  bench.credit(1, 1, 1_000);
  const shown = new Set<string>();
  for (let ms = 0; ms < 200_000; ms += 500) {
    bench.box.runMs(500);
    shown.add(bench.box.tubes().lower.trim());
  }
  assert.ok(
    [...shown].some((lower) => /^Err 22$/i.test(lower)),
    [...shown].join(" "),
  );
  assert.ok(events(bench).every(({ time_s }) => time_s === 0));
  const now = new Date(Date.UTC(2026, 5, 1, 12));
  bench.box.setClock(now);
  bench.box.runMs(5_000);
  bench.credit(1, 2, 1_000);
  const last = events(bench).pop();
  assert.ok(last && last.time_s >= seconds(now) && last.time_s <= seconds(now) + 10);
});
