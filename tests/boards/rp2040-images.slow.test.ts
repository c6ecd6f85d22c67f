/** The images of both boards on the strict emulator, nothing but pull-ups on their pins: they start without
 *  a fault, tick each millisecond, and a core that stops ticking is restarted by the watchdog. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import { firmware } from "../../scripts/firmware.ts";

const ROLES = ["meter", "panel"] as const;
const ENGINES = ["c", "wamr"] as const;
const LED = 25;
const PULLED_UP = [4, 5, 13, 14, 17];
/** HAL.md: init() runs within 100 ms of power, or 250 ms where the core is loaded first. */
const START_LIMITS_US = { c: 100_000, wamr: 250_000 };
/** HAL.md: late ticks of the meter follow at once, those of the panel do not. */
const SPACING_US = { meter: 0, panel: 999 };
const RUN_US = 1_600_000;
const WATCHDOG_US = 1_000_000;

function file(name: string): URL {
  return new URL(`../../build/pico/${name}`, import.meta.url);
}

function symbolOf(name: string, symbol: string): number {
  const { stdout } = spawnSync("arm-none-eabi-nm", [file(`${name}.elf`).pathname], {
    encoding: "utf8",
  });
  const line = stdout.split("\n").find((entry) => entry.endsWith(` ${symbol}`));
  assert.ok(line !== undefined, `${symbol} in ${name}`);
  return parseInt(line, 16);
}

function power(name: string): Chip {
  const chip = new Chip(new Uint8Array(readFileSync(file(`${name}.bin`))), { name });
  for (const pin of PULLED_UP) chip.setPull(pin, 1);
  chip.spi(0).selects = [name.startsWith("meter") ? 5 : 17];
  chip.spi(1).selects = name.startsWith("meter") ? [13, 14] : [13];
  chip.adc = (): number => 2048;
  return chip;
}

for (const role of ROLES) {
  for (const engine of ENGINES) {
    test(`${role} ${engine}: starts in time and ticks each millisecond`, async () => {
      await firmware([role], [engine]);
      const chip = power(`${role}-${engine}`);
      const ticks: number[] = [];
      const leds: number[] = [];
      let init_us = Infinity;
      chip.hook(symbolOf(`${role}-${engine}`, "engine_init"), () => (init_us = chip.now_us));
      chip.hook(symbolOf(`${role}-${engine}`, "engine_tick"), () => ticks.push(chip.now_us));
      chip.onPin(LED, (_level, time_us) => leds.push(time_us));
      chip.runTo(RUN_US);
      assert.deepEqual(chip.faults, []);
      console.log(`# ${role} ${engine}: init() at ${init_us} us, tick() at ${ticks[0]} us`);
      assert.ok(init_us < START_LIMITS_US[engine], `init() at ${init_us} us`);
      const slots = Math.floor((RUN_US - ticks[0]) / 1000);
      assert.ok(ticks.length > slots * 0.98, `${ticks.length} ticks in ${slots} ms`);
      const spacing_us = SPACING_US[role];
      const early = ticks.slice(1).filter((time_us, index) => time_us - ticks[index] < spacing_us);
      assert.deepEqual(early, []);
      assert.ok(leds.length >= 4, `LED at ${leds.join()}`);
    });
  }

  test(`${role}: the watchdog ends a tick that does not end`, async () => {
    await firmware([role], ["c"]);
    const chip = power(`${role}-c`);
    const starts: number[] = [];
    const resets: [string, number][] = [];
    const tick = symbolOf(`${role}-c`, "engine_tick");
    chip.onReset = (reason, time_us) => resets.push([reason, time_us]);
    chip.hook(symbolOf(`${role}-c`, "engine_init"), () => starts.push(chip.now_us));
    chip.runTo(200_000);
    let stuck_us = 0;
    chip.hook(tick, () => {
      if (stuck_us === 0) stuck_us = chip.now_us;
      if (resets.length === 0) chip.stall();
    });
    chip.runTo(200_000 + WATCHDOG_US + 300_000);
    assert.equal(resets.length, 1);
    const [reason, time_us] = resets[0];
    assert.equal(reason, "watchdog");
    const after_us = time_us - stuck_us; // the last feed was some ticks before
    assert.ok(after_us <= WATCHDOG_US && after_us > WATCHDOG_US * 0.9, `${after_us} us`);
    assert.equal(starts.length, 2);
    assert.ok(starts[1] - time_us < START_LIMITS_US.c);
    assert.deepEqual(chip.faults, []);
  });
}
