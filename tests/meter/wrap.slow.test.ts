/** The millisecond clock of an MCU wraps after 49.7 days. A box in which it wraps half a minute after
 *  the start must do what any other box does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { releaseCore, type Core, type McuName } from "../../boards/virtual/box.ts";
import * as kit from "./kit.ts";

const BEFORE_WRAP_MS = 30_000;

/** The release core with clocks that wrap `BEFORE_WRAP_MS` after the start. */
function wrapping(name: McuName): Core {
  const core = releaseCore(name);
  return {
    start: (hal) =>
      core.start({
        ...hal,
        now_ms: () => (hal.now_ms() - BEFORE_WRAP_MS) | 0,
        now_us: () => (hal.now_us() - BEFORE_WRAP_MS * 1000) | 0,
      }),
  };
}

/** Twenty minutes with credit, load, a trip, a refresh, the plug and a missing phase; all that shows. */
function live(bench: kit.BoxBench): unknown[] {
  const seen: unknown[] = [];
  const { events } = bench.box;
  events.on("relay", ({ channel, closed, time_us }) => seen.push([channel, closed, time_us]));
  events.on("coil", ({ channel, coil, on, time_us }) => seen.push([channel, coil, on, time_us]));
  events.on("restart", ({ mcu, reason }) => seen.push([mcu, reason]));
  assert.equal(bench.provision(), 0);
  bench.credit(1, 1, 5_000);
  bench.credit(2, 1, 600);
  bench.box.setLoadW(1, 7_000);
  bench.box.setLoadW(2, 9_000);
  for (let second = 0; second < 1_200; second++) {
    if (second === 20) bench.box.socketShort(true);
    if (second === 45) bench.box.socketShort(false);
    if (second === 28) bench.box.setPhase(2, false);
    if (second === 90) bench.box.setPhase(2, true);
    bench.box.runMs(1_000);
    seen.push(bench.box.tubes());
  }
  seen.push(bench.books(1), bench.books(2));
  return seen;
}

test("the wrap of the millisecond clock changes nothing", () => {
  const straight = live(new kit.BoxBench());
  const wrapped = live(new kit.BoxBench({ meter: wrapping("meter"), panel: wrapping("panel") }));
  assert.equal(straight.length, wrapped.length);
  straight.forEach((item, index) => assert.deepEqual(wrapped[index], item));
});
