/** The parts of metering that touch neither memory nor pins: debounce, supply states, phases, socket. */
import { debounce, debounceInit } from "../../src/metering/debounce";
import {
  BACK_DV,
  frequencyChz,
  LOST_DV,
  phaseSample,
  phasesInit,
  phaseVoltageDv,
  squareRoot,
} from "../../src/metering/phases";
import * as socket from "../../src/metering/socket";
import { Cause, isSupplying, judgeSupply, Supply } from "../../src/metering/supply";
import { CAUSE_COUNT, SUPPLY_COUNT, supplyMayMove } from "../../src/metering/supply";

const ALL: u64 = 0x7fffffffff; // 39 channels

let seed: u32 = 0;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

/** Feeds `count` equal samples of channel 1 and counts its edges. */
function feed(high: bool, count: u32): u32 {
  let edges: u32 = 0;
  for (let index: u32 = 0; index < count; index++) edges += <u32>debounce(high ? 1 : 0);
  return edges;
}

/** Feeds `count` random samples of channel 1 and counts its edges. */
function bounce(count: u32): u32 {
  let edges: u32 = 0;
  for (let index: u32 = 0; index < count; index++) edges += <u32>debounce(<u64>random(2));
  return edges;
}

describe("debounce", () => {
  beforeEach(() => {
    debounceInit(0);
    seed = 39;
  });

  test("a spike seen by three samples, the most that less than 3 ms can give, never counts", () => {
    let edges: u32 = 0;
    for (let width: u32 = 1; width <= 3; width++) edges += feed(true, width) + feed(false, 1);
    edges += feed(false, 20);
    expect(edges).toBe(0);
  });

  test("four samples count once, however long the pulse is", () => {
    for (let width: u32 = 4; width < 100; width++) {
      expect(feed(true, width)).toBe(1);
      expect(feed(false, 10)).toBe(0);
    }
  });

  test("bounce of 3 ms on both edges of a 20 ms pulse never adds one", () => {
    for (let pulse = 0; pulse < 2000; pulse++) {
      const edges = bounce(3) + feed(true, 17) + bounce(3) + feed(false, 17);
      expect(edges).toBe(1);
    }
  });

  test("39 channels in the same millisecond give 39 edges in the same millisecond", () => {
    for (let sample = 0; sample < 3; sample++) expect(debounce(ALL)).toBe(0);
    expect(debounce(ALL)).toBe(ALL);
    expect(debounce(ALL)).toBe(0);
  });

  test("channels do not disturb each other", () => {
    for (let sample = 0; sample < 40; sample++) {
      const edges = debounce((ALL & ~4) | (<u64>((sample & 1) << 2)));
      expect(edges & 4).toBe(0, "channel 3 only flickers");
    }
  });

  test("what is high at the start is no edge", () => {
    debounceInit(1);
    expect(feed(true, 10)).toBe(0);
    expect(feed(false, 10)).toBe(0);
    expect(feed(true, 10)).toBe(1);
  });
});

describe("supply", () => {
  test("each level belongs to the state below it", () => {
    expect(judgeSupply(11, 10, 5, 0, false)).toBe(Supply.Supplied);
    expect(judgeSupply(10, 10, 5, 0, false)).toBe(Supply.Low);
    expect(judgeSupply(6, 10, 5, 0, false)).toBe(Supply.Low);
    expect(judgeSupply(5, 10, 5, 0, false)).toBe(Supply.Tripped);
    expect(judgeSupply(1, 10, 5, 0, false)).toBe(Supply.Tripped);
    expect(judgeSupply(0, 10, 5, 0, false)).toBe(Supply.Empty);
    expect(judgeSupply(-1, 10, 5, 0, false)).toBe(Supply.Empty);
  });

  test("a resumed household is supplied down to zero, an overdraft moves zero", () => {
    expect(judgeSupply(5, 10, 5, 0, true)).toBe(Supply.Low);
    expect(judgeSupply(1, 10, 5, 0, true)).toBe(Supply.Low);
    expect(judgeSupply(0, 10, 5, 0, true)).toBe(Supply.Empty);
    expect(judgeSupply(0, 10, 5, 3, true)).toBe(Supply.Low);
    expect(judgeSupply(-2, 10, 5, 3, true)).toBe(Supply.Low);
    expect(judgeSupply(-3, 10, 5, 3, true)).toBe(Supply.Empty);
    expect(judgeSupply(-2, 10, 5, 3, false)).toBe(Supply.Tripped);
  });

  test("of 80 moves the judge allows exactly those of the product", () => {
    let allowed = 0;
    for (let cause = 0; cause < CAUSE_COUNT; cause++) {
      for (let from = 0; from < SUPPLY_COUNT; from++) {
        for (let to = 0; to < SUPPLY_COUNT; to++) {
          const may = supplyMayMove(<Supply>from, <Supply>to, <Cause>cause);
          if (may) allowed++;
          if (cause == Cause.Consumption) expect(may).toBe(to >= from);
          if (cause == Cause.Credit) expect(may).toBe(to <= from);
          if (cause == Cause.Setting) expect(may).toBe(true);
          if (cause == Cause.Clearing) expect(may).toBe(from == to || to >= Supply.Tripped);
          if (cause == Cause.Presentation) {
            expect(may).toBe(from == to || (from == Supply.Tripped && to == Supply.Low));
          }
        }
      }
    }
    expect(allowed).toBe(10 + 10 + 16 + 5 + 10);
  });

  test("only supplied and low have power", () => {
    expect(isSupplying(Supply.Supplied)).toBe(true);
    expect(isSupplying(Supply.Low)).toBe(true);
    expect(isSupplying(Supply.Tripped)).toBe(false);
    expect(isSupplying(Supply.Empty)).toBe(false);
  });
});

/** A triangle as the mains: crossings and a mean square that are known exactly. Peak 1500 counts. */
function triangle(at_us: u32, period_us: u32): i32 {
  const place = <i32>((<u64>(at_us % period_us) * 4000) / period_us); // 0..3999
  const wave = place < 1000 ? place : place < 3000 ? 2000 - place : place - 4000;
  return 2048 + (wave * 3) / 2;
}

function runMains(from_ms: u32, duration_ms: u32, period_us: u32, phases: u32): void {
  for (let now_ms = from_ms; now_ms < from_ms + duration_ms; now_ms++) {
    const phase = now_ms % 3;
    const alive = (phases & (1 << phase)) != 0;
    phaseSample(phase, alive ? triangle(now_ms * 1000, period_us) : 2048);
  }
}

describe("phases", () => {
  beforeEach(phasesInit);

  test("the square root is the whole part", () => {
    for (let value: u32 = 0; value < 70000; value += 7) {
      const root = squareRoot(value);
      expect(root * root <= value && (root + 1) * (root + 1) > value).toBe(true);
    }
    expect(squareRoot(0xffffffff)).toBe(65535);
  });

  test("voltage and frequency of a known wave", () => {
    runMains(0, 3000, 20000, 7);
    // A triangle of 1500 counts has 1500 / sqrt(3) = 866 counts rms: 173.2 V.
    for (let phase = 0; phase < 3; phase++) {
      expect(phaseVoltageDv(phase)).toBeGreaterThan(1709);
      expect(phaseVoltageDv(phase)).toBeLessThan(1755);
    }
    expect(frequencyChz()).toBeGreaterThan(4990);
    expect(frequencyChz()).toBeLessThan(5010);
    runMains(3000, 3000, 16666, 7);
    expect(frequencyChz()).toBeGreaterThan(5988);
    expect(frequencyChz()).toBeLessThan(6012);
  });

  test("limits leave a gap, so that a phase at the limit does not chatter", () => {
    expect(BACK_DV).toBeGreaterThan(LOST_DV);
  });
});

/** Feeds a pulse every `spacing_ms` (randomly up to `jitter_ms` late) and counts what comes out. */
function repeat(pulses: u32, spacing_ms: u32, jitter_ms: u32): u32 {
  let now_ms: u32 = 1000;
  socket.socketInit(now_ms);
  for (let sample = 0; sample < 30; sample++) socket.socketVerify(true, 5, now_ms++);
  let fed: u32 = 0;
  let out: u32 = 0;
  let level: u32 = 0;
  let next_ms = now_ms + spacing_ms;
  const end_ms = now_ms + pulses * (spacing_ms + jitter_ms) + 2000;
  while (now_ms < end_ms) {
    if (fed < pulses && now_ms == next_ms) {
      socket.socketPulses(socket.SOCKET_FORWARD, 1, now_ms);
      fed++;
      next_ms = now_ms + spacing_ms + (jitter_ms == 0 ? 0 : random(jitter_ms));
    }
    const now_level = socket.socketLevel(socket.SOCKET_FORWARD, now_ms);
    if (now_level != 0 && level == 0) out++;
    level = now_level;
    now_ms++;
  }
  return out;
}

describe("socket", () => {
  test("10,000 pulses come out as 10,000 at single-phase and three-phase full load", () => {
    expect(repeat(10000, 150, 0)).toBe(10000);
    expect(repeat(10000, 56, 2)).toBe(10000);
    expect(repeat(10000, 20, 40)).toBe(10000);
  });

  test("three phases in the same millisecond give three pulses", () => {
    socket.socketInit(0);
    for (let now_ms = 0; now_ms < 30; now_ms++) socket.socketVerify(true, 1, now_ms);
    socket.socketPulses(socket.SOCKET_REVERSE, 3, 30);
    let rises = 0;
    let level: u32 = 0;
    for (let now_ms = 30; now_ms < 300; now_ms++) {
      const next = socket.socketLevel(socket.SOCKET_REVERSE, now_ms);
      if (next > level) rises++;
      level = next;
      expect(socket.socketLevel(socket.SOCKET_FORWARD, now_ms)).toBe(0);
    }
    expect(rises).toBe(3);
  });

  test("a slow pulse is 80 ms wide and begins at once", () => {
    socket.socketInit(0);
    for (let now_ms = 0; now_ms < 30; now_ms++) socket.socketVerify(true, 1, now_ms);
    socket.socketPulses(socket.SOCKET_FORWARD, 1, 1000);
    let width = 0;
    for (let now_ms = 1000; now_ms < 1200; now_ms++) {
      const level = socket.socketLevel(socket.SOCKET_FORWARD, now_ms);
      if (now_ms == 1000) expect(level).toBe(1);
      width += level;
    }
    expect(width).toBe(80);
  });

  test("a chattering plug neither holds nor lifts; lifting and shorting takes the next household", () => {
    socket.socketInit(0);
    let now_ms: u32 = 0;
    for (let sample = 0; sample < 200; sample++) {
      socket.socketVerify((sample & 1) == 0, 7, now_ms++);
      expect(socket.heldHousehold()).toBe(0);
    }
    for (let sample = 0; sample < 25; sample++) socket.socketVerify(true, 7, now_ms++);
    expect(socket.heldHousehold()).toBe(7);
    for (let sample = 0; sample < 100; sample++) socket.socketVerify(true, 8, now_ms++);
    expect(socket.heldHousehold()).toBe(7, "held whatever is displayed");
    for (let sample = 0; sample < 25; sample++) socket.socketVerify(false, 8, now_ms++);
    expect(socket.heldHousehold()).toBe(0);
    for (let sample = 0; sample < 25; sample++) socket.socketVerify(true, 8, now_ms++);
    expect(socket.heldHousehold()).toBe(8);
  });
});
