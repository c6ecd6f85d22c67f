/** A chip of the emulator that is made to stand still, as the scenario does to let time pass. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, call, report, startGuest } from "./guests.ts";

const HELD_US = 5_000_000; // five times what the watchdog allows

test("time goes on for a chip that stands still, but not for its watchdog", async () => {
  const tell = report(call("now_us"));
  const { chip, reports } = await startGuest("panel", "guests/hold", "", at(3, tell) + at(4, tell));
  let resets = 0;
  chip.onReset = () => void resets++;
  const runUntil = (count: number): void => {
    const limit_us = chip.now_us + 100_000;
    while (reports.length < count && chip.now_us < limit_us) chip.runTo(chip.now_us + 10);
    assert.equal(reports.length, count);
  };
  runUntil(2); // the boot reason, then that of tick 3
  chip.hold(true);
  chip.runTo(chip.now_us + HELD_US);
  assert.equal(reports.length, 2);
  chip.hold(false);
  runUntil(3);
  const passed_us = reports[2].value - reports[1].value;
  assert.ok(passed_us >= HELD_US && passed_us < HELD_US + 2_000, `${passed_us} us`);
  chip.runTo(chip.now_us + 900_000);
  assert.equal(resets, 0);
});
