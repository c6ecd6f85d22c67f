/** The watchdog's patience at a start of the emulated Pico: init() may take long, as it does in an interpreter
 *  with an empty memory; a core that never comes back is ended all the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LoadedPico } from "../../bench/pico-run.ts";
import { firmware } from "../../scripts/firmware.ts";
import { call, startGuest } from "./guests.ts";

const FRAM_SIZE = 0x40000;
const BOOT_WATCHDOG = 1;
const US_PER_MS = 1000;
/** boards/HAL.md, watchdog. */
const INIT_LIMIT_MS = 3000;
const TICK_LIMIT_MS = 1000;
/** The boot ROM, and what comes before init(). */
const START_MS = 10;

/** For `ms` from now; nothing is fed. */
function busy(ms: number): string {
  const since = "(i32.store (i32.const 64) " + call("now_us") + ")";
  const took = `(i32.sub ${call("now_us")} (i32.load (i32.const 64)))`;
  return `${since} (loop $on (br_if $on (i32.lt_u ${took} (i32.const ${ms * US_PER_MS}))))`;
}

for (const engine of ["c", "wamr"]) {
  test(`a meter with an empty memory starts without a reset, engine ${engine}`, async () => {
    await firmware(["meter"], [engine]);
    const pico = new LoadedPico(`meter-${engine}`, new Uint8Array(FRAM_SIZE).fill(0xff));
    pico.idle(INIT_LIMIT_MS);
    const { count } = pico.ticks.take();
    assert.ok(count > TICK_LIMIT_MS, `${count} ticks`);
    assert.notEqual(pico.box.fram.bytes[0], 0xff);
  });
}

test("init() may take up to three seconds and the first tick one more", async () => {
  const first = `(if (i32.eq (global.get $tick) (i32.const 1)) (then ${busy(TICK_LIMIT_MS - 50)}))`;
  const init = busy(INIT_LIMIT_MS - 50);
  const { chip, reports } = await startGuest("meter", "guests/slow-start", init, first);
  chip.runTo((INIT_LIMIT_MS + TICK_LIMIT_MS) * US_PER_MS + 100_000);
  assert.deepEqual(
    reports.map(({ value }) => value),
    [0],
  );
});

test("a core that loops in init() is ended after three seconds", async () => {
  const always = `(loop $on ${call("watchdog")} (br $on))`;
  const { chip, reports } = await startGuest("meter", "guests/stuck-start", always, "");
  const resets: [reason: string, time_us: number][] = [];
  chip.onReset = (reason, time_us) => resets.push([reason, time_us]);
  chip.runTo((INIT_LIMIT_MS + 3 * START_MS) * US_PER_MS);
  assert.deepEqual(
    reports.map(({ value }) => value),
    [0, BOOT_WATCHDOG],
  );
  assert.equal(resets.length, 1);
  const [reason, time_us] = resets[0];
  assert.equal(reason, "watchdog");
  const limit_us = INIT_LIMIT_MS * US_PER_MS;
  assert.ok(time_us > limit_us && time_us < limit_us + START_MS * US_PER_MS, `${time_us}`);
});

test("a core that loops in its first tick is ended after one second", async () => {
  const { chip, reports } = await startGuest(
    "meter",
    "guests/stuck-tick",
    "",
    "(loop $on (br $on))",
  );
  chip.runTo((TICK_LIMIT_MS + 3 * START_MS) * US_PER_MS);
  assert.deepEqual(
    reports.map(({ value }) => value),
    [0, BOOT_WATCHDOG],
  );
});
