/** Metering front ends: exact pulses for any load, widths, bounce, what stops the energy. */

import assert from "node:assert/strict";
import test from "node:test";
import { Clock } from "../../boards/virtual/clock.ts";
import { DeviceError } from "../../boards/virtual/errors.ts";
import { Random } from "../../boards/virtual/random.ts";
import { FrontEnd, MAXIMUM_LOAD_MW } from "../../boards/virtual/devices/frontend.ts";

const DAY_US = 86_400_000_000;

interface Edge {
  level: number;
  time_us: number;
}

function frontEnd(constant: number) {
  const clock = new Clock();
  const edges: Edge[] = [];
  const directions: number[] = [];
  const chip = new FrontEnd(clock, new Random(11), 0, constant, {
    pulseLevel: (_, level) => void edges.push({ level, time_us: clock.now_us }),
    directionLevel: (_, level) => void directions.push(level),
    pulseStarted: () => undefined,
  });
  chip.setPower(true);
  edges.length = 0;
  const run = (us: number): void => clock.runTo(clock.now_us + us);
  return { clock, chip, edges, directions, run };
}

/** Pulses in a day, in whole numbers without rounding. */
function pulsesOfDay(load_mw: number, constant: number): number {
  const energy_nj = BigInt(load_mw) * BigInt(DAY_US);
  return Number((energy_nj * BigInt(constant)) / 3_600_000_000_000_000n);
}

for (const constant of [600, 1600, 1700, 5000]) {
  for (const load_mw of [1_234_567, 17, 3_000_017]) {
    test(`${constant} imp/kWh at ${load_mw} mW: a day's pulses are the floor of its energy`, () => {
      const { chip, run } = frontEnd(constant);
      chip.setLoad(load_mw);
      run(DAY_US);
      assert.equal(chip.pulses, pulsesOfDay(load_mw, constant));
      assert.equal(chip.energyFedJ(), Math.floor((load_mw * 86_400) / 1000));
    });
  }
}

test("a load that changes every minute loses nothing", () => {
  const { chip, run } = frontEnd(1700);
  const random = new Random(99);
  let energy_nj = 0n;
  for (let minute = 0; minute < 1440; minute++) {
    const load_mw = random.below(9_000_000);
    chip.setLoad(load_mw);
    run(60_000_000);
    energy_nj += BigInt(load_mw) * 60_000_000n;
  }
  chip.setLoad(0);
  run(1_000_000);
  assert.equal(chip.pulses, Number((energy_nj * 1700n) / 3_600_000_000_000_000n));
  assert.equal(chip.energyFedJ(), Number(energy_nj / 1_000_000_000n));
});

test("a pulse is 80 ms wide, or half of the spacing", () => {
  const slow = frontEnd(1600);
  slow.chip.setLoad(2_250_000); // a pulse each second
  slow.run(1_500_000);
  assert.deepEqual(slow.edges, [
    { level: 1, time_us: 1_000_000 },
    { level: 0, time_us: 1_080_000 },
  ]);
  const fast = frontEnd(5000);
  fast.chip.setLoad(14_400_000); // 20 pulses a second
  fast.run(100_000);
  assert.deepEqual(
    fast.edges.map(({ time_us }) => time_us),
    [50_000, 75_000, 100_000],
  );
});

test("after a jump of the load the output catches up, edges strictly in turn", () => {
  const { chip, edges, run } = frontEnd(1600);
  chip.setLoad(2_250_000);
  run(1_001_000);
  chip.setLoad(45_000_000); // from 1 to 20 pulses a second in the middle of a pulse
  run(1_000_000);
  chip.setLoad(0);
  run(1_000_000);
  assert.equal(chip.pulses, 1 + 20);
  edges.forEach(({ level }, i) => assert.equal(level, i % 2 === 0 ? 1 : 0));
  for (let i = 1; i < edges.length; i++) {
    assert.ok(edges[i].time_us - edges[i - 1].time_us >= 20_000);
  }
});

test("reverse flow raises the direction line with the pulse; magnitudes add up", () => {
  const { chip, directions, run } = frontEnd(1600);
  chip.setLoad(-2_250_000);
  run(500_000);
  assert.deepEqual(directions, []);
  run(600_000);
  assert.deepEqual(directions, [1]);
  chip.setLoad(2_250_000);
  run(1_000_000);
  assert.deepEqual(directions, [1, 0]);
  assert.equal(chip.energyFedJ(), 4725);
});

test("no energy flows with the relay open, the phase missing or mains off", () => {
  for (const set of ["setContact", "setPhase", "setPower"] as const) {
    const { chip, run } = frontEnd(1600);
    chip.setLoad(2_250_000);
    run(400_000);
    chip[set](false);
    run(10_000_000);
    chip[set](true);
    run(599_999);
    assert.equal(chip.pulses, 0, set);
    run(1);
    // the part of a pulse is kept by the chip, unless it lost its supply
    assert.equal(chip.pulses, set === "setPower" ? 0 : 1, set);
    assert.equal(chip.energyFedJ(), 2250, set);
  }
});

test("power off takes the pulse line low at once", () => {
  const { chip, edges, run } = frontEnd(1600);
  chip.setLoad(2_250_000);
  run(1_010_000);
  chip.setPower(false);
  run(1_000_000);
  assert.deepEqual(edges, [
    { level: 1, time_us: 1_000_000 },
    { level: 0, time_us: 1_010_000 },
  ]);
});

test("bounce stays within its limit after each edge and ends at the right level", () => {
  const { chip, edges, run } = frontEnd(1600);
  chip.bounce_us = 3_000;
  chip.setLoad(22_500_000); // 10 a second, 50 ms wide
  run(100_000_000);
  assert.equal(chip.pulses, 1000);
  const phase_us = (time_us: number): number => time_us % 50_000;
  assert.ok(edges.every(({ time_us }) => phase_us(time_us) <= 3_000));
  assert.ok(edges.some(({ time_us }) => phase_us(time_us) > 2_000));
  assert.ok(edges.length > 4000);
  const level_at = new Map(
    edges.map(({ level, time_us }) => [Math.floor(time_us / 50_000), level]),
  );
  for (const [half, level] of level_at) assert.equal(level, half % 2 === 0 ? 1 : 0);
});

test("a glitch is a short visit to the other level", () => {
  const { chip, edges, run } = frontEnd(1600);
  run(5);
  chip.glitch(2_999);
  run(10_000);
  assert.deepEqual(edges, [
    { level: 1, time_us: 5 },
    { level: 0, time_us: 3_004 },
  ]);
});

test("constants and loads outside their range are refused", () => {
  assert.throws(() => frontEnd(0), DeviceError);
  assert.throws(() => frontEnd(20_001), DeviceError);
  assert.throws(() => frontEnd(1600.5), DeviceError);
  const { chip } = frontEnd(1600);
  assert.throws(() => chip.setLoad(MAXIMUM_LOAD_MW + 1), DeviceError);
  assert.throws(() => chip.setLoad(0.5), DeviceError);
});
