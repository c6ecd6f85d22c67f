/** A box for the tests of the factory on emulated Picos. A chip that does what silicon would not, throws. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Box, BoxOptions } from "../../boards/virtual/box.ts";
import type { McuName } from "../../boards/virtual/events.ts";
import { PicoBox } from "../../boards/virtual/rp2040/box.ts";
import { Chip } from "../../boards/virtual/rp2040/chip.ts";
import type { Jig } from "../../tools/factory/jig.ts";
import { virtualJig } from "../../tools/factory/virtual.ts";
import { LOAD_W } from "../tools/factory-kit.ts";

const FOLDER = fileURLToPath(new URL("../../build/pico", import.meta.url));

/** A box with the images of `engine`; what restarts by itself is added to `restarts`. */
export function picoBox(engine: string, options: BoxOptions, restarts: string[]): PicoBox {
  const make = (name: McuName): Chip =>
    new Chip(readFileSync(`${FOLDER}/${name}-${engine}.bin`), { name });
  const box = new PicoBox({ ...options, meter: make, panel: make });
  box.events.on("restart", ({ mcu, reason }) => restarts.push(`${mcu} ${reason}`));
  return box;
}

/** A jig that sees and switches everything but has no test load. */
export function jigWithoutLoad(box: Box): Jig {
  return { ...virtualJig(box, LOAD_W), load: () => Promise.resolve(false) };
}
