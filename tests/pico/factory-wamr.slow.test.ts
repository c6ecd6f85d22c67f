/** The self-test of the factory against the images with the interpreter: everything but the load, which would
 *  take minutes, as the interpreter runs at half of real time here. */

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { firmware } from "../../scripts/firmware.ts";
import { Box } from "../../boards/virtual/box.ts";
import { failed, Factory, tested } from "../tools/factory-kit.ts";
import { jigWithoutLoad, picoBox } from "./factory-box.ts";

const restarts: string[] = [];
const factory = new Factory((options) => picoBox("wamr", options, restarts));
const COIL_COUNT = 78;

before(() => firmware(undefined, ["wamr"]));

/** A memory as the first start leaves it. */
function formatted(): Uint8Array {
  const box = new Box();
  box.powerOn();
  box.runMs(200);
  box.powerOff();
  return box.fram.bytes;
}

test("a sound box passes under WAMR, and every coil is driven", async (t) => {
  const box = factory.place({ fram: formatted() });
  const coils = new Set<string>();
  box.events.on("coil", ({ channel, coil }) => coils.add(`${channel} ${coil}`));
  const verdicts = await tested(box, jigWithoutLoad(box));
  for (const { test: name, found } of verdicts.values()) t.diagnostic(`${name}: ${found}`);
  assert.deepEqual(failed(verdicts.values()), []);
  assert.equal(coils.size, COIL_COUNT);
  assert.deepEqual(restarts, []);
});
