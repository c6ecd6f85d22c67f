/** What the tubes show of a running box, measured on the segments of the two MAX7219. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstCard } from "../cards/kit.ts";
import * as kit from "./kit.ts";

interface Page {
  upper: string;
  lower: string;
  since_ms: number;
}

function opened(options = {}): kit.BoxBench {
  const bench = new kit.BoxBench(options);
  assert.equal(bench.provision(), 0);
  return bench;
}

/** Watches the tubes for `duration_ms`; a page begins when the upper row changes. */
function pages(bench: kit.BoxBench, duration_ms: number): Page[] {
  const seen: Page[] = [];
  for (let ms = 0; ms < duration_ms; ms += 5) {
    bench.box.runMs(5);
    const { upper, lower } = bench.box.tubes();
    const last = seen[seen.length - 1];
    if (last?.upper === upper) continue;
    seen.push({ upper, lower, since_ms: bench.box.now_ms });
  }
  return seen;
}

/** Lets time pass until the upper row shows `upper`. */
function until(bench: kit.BoxBench, upper: string, limit_ms = 400_000): void {
  for (let ms = 0; ms < limit_ms; ms += 5) {
    if (bench.box.tubes().upper === upper) return;
    bench.box.runMs(5);
  }
  throw new Error(`${upper} never came up`);
}

/** Share of a 2 s watch in which the lower row is lit, and how often it lights up. */
function flashing(bench: kit.BoxBench): { lit: number; rises: number } {
  let lit = 0;
  let rises = 0;
  let before = bench.box.tubes().lower.trim() !== "";
  for (let ms = 0; ms < 2_000; ms += 5) {
    bench.box.runMs(5);
    const now = bench.box.tubes().lower.trim() !== "";
    if (now) lit += 5 / 2_000;
    if (now && !before) rises++;
    before = now;
  }
  return { lit, rises };
}

test("the loop: box number, unit number, then each household for 4 s", () => {
  const bench = opened();
  assert.equal(bench.set(1, 0, 77, 1), 0);
  for (let household = 1; household <= 39; household++) {
    assert.equal(bench.credit(household, 1, 2_000 + household * 10).result, 0);
  }
  bench.box.runMs(30_000);
  until(bench, "2025");
  assert.equal(bench.box.tubes().lower, "112101");
  bench.box.runMs(3_900);
  const seen = pages(bench, 41 * 4_000 + 500);
  const households = seen.filter((page) => /^00\d\d$/.test(page.upper));
  assert.deepEqual(
    households.slice(0, 39).map((page) => page.upper),
    Array.from({ length: 39 }, (_, index) => String(index + 1).padStart(4, "0")),
  );
  households.slice(0, 39).forEach((page, index) => {
    assert.equal(page.lower, ((2_000 + (index + 1) * 10) / 100).toFixed(1).padStart(7));
  });
  for (let index = 1; index < 39; index++) {
    const stay_ms = households[index].since_ms - households[index - 1].since_ms;
    assert.ok(stay_ms >= 3_980 && stay_ms <= 4_020, `${stay_ms} ms`);
  }
  assert.ok(seen.some((page) => page.lower.trim().endsWith("77")));
});

test("households not in use are skipped", () => {
  const bench = opened();
  let number = 1;
  for (let household = 1; household <= 39; household++) {
    if (household !== 5 && household !== 20) bench.set(52, household, 0, number++);
  }
  bench.box.runMs(10_000);
  const seen = new Set(pages(bench, 60_000).map((page) => page.upper));
  const households = [...seen].filter((upper) => /^00\d\d$/.test(upper));
  assert.deepEqual(households.sort(), ["0005", "0020"]);
});

test("supplied is steady, low flashes its remaining, tripped and empty flash 0.0, at 1 Hz half on", () => {
  const bench = opened();
  bench.credit(1, 1, 5_000);
  bench.credit(2, 1, 900);
  bench.credit(3, 1, 700);
  bench.credit(4, 1, 400); // below the trip level, and no card was shown
  const steady = Array.from({ length: 3 }, (_, index) => index + 5);
  for (const household of steady) bench.credit(household, 1, 5_000);
  bench.box.runMs(20_000);
  const expected: [string, string, boolean][] = [
    ["0001", "50.0", false],
    ["0002", "9.0", true],
    ["0003", "7.0", true],
    ["0004", "0.0", true],
    ["0005", "50.0", false],
    ["0008", "0.0", true],
  ];
  for (const [upper, lower, flashes] of expected) {
    until(bench, upper);
    bench.box.runMs(100);
    let shown = "";
    for (let ms = 0; ms < 1_000 && shown === ""; ms += 5) {
      bench.box.runMs(5);
      shown = bench.box.tubes().lower.trim();
    }
    assert.equal(shown, lower, upper);
    const { lit, rises } = flashing(bench);
    if (flashes) {
      assert.ok(lit > 0.45 && lit < 0.55, `${upper} is lit ${lit}`);
      assert.equal(rises, 2, `${upper} flashes at 1 Hz`);
    } else {
      assert.ok(lit > 0.999, `${upper} is steady`);
    }
  }
  assert.equal(bench.box.tubes().lamps.alarm, true);
});

test("a tripped household flashes 0.0 and its card dialogue tells the true remaining", () => {
  const bench = opened();
  const card = firstCard(8, 600);
  const show = (): void => {
    bench.box.reader.present(card);
    bench.box.runMs(800);
    bench.box.reader.remove(card);
  };
  bench.box.runMs(1_000);
  show();
  assert.equal(bench.books(8).number, 1);
  bench.box.setLoadW(8, 40_000);
  while (bench.books(8).state !== 2) bench.box.runMs(2_000);
  bench.box.runMs(8_000);
  until(bench, "0008");
  const lower = new Set<string>();
  for (let ms = 0; ms < 2_000; ms += 50) {
    bench.box.runMs(50);
    lower.add(bench.box.tubes().lower.trim());
  }
  assert.deepEqual([...lower].sort(), ["", "0.0"]);
  bench.box.setLoadW(8, 0);
  bench.box.runMs(1_000);
  const left = bench.books(8);
  show();
  assert.equal(bench.books(8).state, 1, "resumed");
  const hundredths = Number(left.remaining / 36_000n);
  const remaining = (Math.floor(hundredths / 10) / 10).toFixed(1);
  const shown: string[] = [];
  for (let ms = 0; ms < 8_000; ms += 20) {
    bench.box.runMs(20);
    shown.push(bench.box.tubes().lower.trim());
  }
  assert.ok(shown.includes(remaining), `${remaining} in ${[...new Set(shown)]}`);
});

test("the dialogue pre-empts the loop: amount 3 s, accumulated remaining 4 s, then the loop goes on", () => {
  const bench = opened();
  bench.credit(9, 1, 2_000);
  bench.box.runMs(20_000);
  until(bench, "0020");
  bench.box.runMs(500);
  bench.credit(9, 2, 1_500);
  const timeline: [string, string, number][] = [];
  const begin_ms = bench.box.now_ms;
  for (let ms = 0; ms < 12_000; ms += 5) {
    const { upper, lower } = bench.box.tubes();
    const last = timeline[timeline.length - 1];
    if (!last || last[1] !== lower || last[0] !== upper) {
      timeline.push([upper, lower, bench.box.now_ms - begin_ms]);
    }
    bench.box.runMs(5);
  }
  const amount = timeline.findIndex(([, lower]) => lower.trim() === "15.0");
  const remaining = timeline.findIndex(([, lower]) => lower.trim() === "35.0");
  assert.ok(amount >= 0 && remaining === amount + 1, JSON.stringify(timeline));
  assert.equal(timeline[remaining][0], "0009");
  const remaining_ms = timeline[remaining][2];
  const back_ms = timeline[remaining + 1][2];
  assert.ok(back_ms - remaining_ms >= 3_980 && back_ms - remaining_ms <= 4_020);
  const began_ms = timeline[amount][2];
  assert.ok(remaining_ms - began_ms <= 3_020 && remaining_ms - began_ms >= 2_500);
});

test("a refusal shows its error number", () => {
  const bench = opened();
  bench.credit(9, 1, 2_000);
  bench.box.runMs(9_000);
  assert.equal(bench.credit(9, 3, 100).result, -5);
  bench.box.runMs(1_000);
  assert.match(bench.box.tubes().lower, /Err 05/i);
});

test("99999.9 is the most that is shown and held; one step more is refused", () => {
  const bench = opened();
  assert.equal(bench.set(43, 1, 9_999_999, 1), 0);
  assert.equal(bench.credit(1, 1, 9_999_990).result, 0);
  assert.equal(bench.credit(1, 2, 1).result, -6);
  bench.box.runMs(20_000);
  until(bench, "0001");
  bench.box.runMs(100);
  assert.equal(bench.box.tubes().lower, "99999.9");
});

test("the plug holds the household on display and shows what it consumed; lifting and shorting moves on", () => {
  const bench = opened();
  for (let household = 1; household <= 4; household++) bench.credit(household, 1, 50_000);
  for (let household = 1; household <= 4; household++)
    bench.box.setLoadW(household, 9_000 * household);
  bench.box.runMs(600_000);
  until(bench, "0003");
  bench.box.runMs(500);
  bench.box.socketShort(true);
  bench.box.runMs(500);
  for (let second = 0; second < 60; second++) {
    bench.box.runMs(1_000);
    const { upper, lower } = bench.box.tubes();
    assert.equal(upper, "0003");
    const consumed = Number(bench.books(3).forward_j) / 3.6e6;
    assert.ok(Math.abs(Number(lower) - consumed) <= 0.2, `${lower} shown, ${consumed} kWh`);
  }
  bench.box.socketShort(false);
  bench.box.runMs(5_000);
  const { upper } = bench.box.tubes();
  assert.notEqual(upper, "0003");
  bench.box.socketShort(true);
  bench.box.runMs(20_000);
  assert.equal(bench.box.tubes().upper, upper);
});

test("a missing phase blinks its lamp, shows a page and is recorded with begin and end", () => {
  const bench = opened();
  bench.box.runMs(10_000);
  bench.box.setPhase(1, false);
  bench.box.runMs(3_000);
  const lamp = new Set<boolean>();
  for (let ms = 0; ms < 2_000; ms += 50) {
    bench.box.runMs(50);
    const { lamps } = bench.box.tubes();
    lamp.add(lamps.b);
    assert.equal(lamps.a, true);
  }
  assert.equal(lamp.size, 2, "lamp B blinks");
  const phase_pages = pages(bench, 200_000).filter((page) => !/^[\d ]{4}$/.test(page.upper));
  assert.ok(phase_pages.length > 0, "a page in the loop tells of it");
  bench.box.setPhase(1, true);
  bench.box.runMs(3_000);
  assert.equal(bench.box.tubes().lamps.b, true);
  const next = bench.ask(kit.BOX_READ).readUInt32LE(32);
  const recorded: [number, number, bigint][] = [];
  for (let number = 0; number < next; number++) {
    const request = Buffer.alloc(4);
    request.writeUInt32LE(number);
    const reply = bench.ask(kit.EVENT_READ, request);
    const kind = reply[16];
    if (kind === 8 || kind === 9) {
      recorded.push([kind, reply.readUInt16LE(18), reply.readBigInt64LE(20)]);
    }
  }
  assert.deepEqual(
    recorded.map(([kind, phase]) => [kind, phase]),
    [
      [8, 1],
      [9, 1],
    ],
  );
  assert.ok(recorded[1][2] > 200n, "seconds it was missing");
});

test("after a power cut the loop is back within 2 s", () => {
  const bench = opened();
  for (let cut = 0; cut < 20; cut++) {
    bench.box.powerOff();
    bench.box.runMs(700);
    bench.box.powerOn();
    bench.box.runMs(1_900);
    const { upper, lower } = bench.box.tubes();
    assert.deepEqual([upper, lower], ["2025", "112101"]);
  }
});
