/** A virtual box as bench and jig in one, for rehearsals and tests. */

import type { Box } from "../../boards/virtual/box.ts";
import { FleetPort, type LinePort } from "../line/port.ts";
import { equalBytes } from "../card/dump.ts";
import { LOAD_SIGNS, type Jig } from "./jig.ts";
import { CHANNEL_COUNT } from "./probe.ts";

/** A jig around `box` whose test load is `load_w` on each channel. */
export function virtualJig(box: Box, load_w: number): Jig {
  const pulses = new Set<number>();
  box.events.on("socket", ({ pin, level }) => {
    if (level === 1) pulses.add(pin);
  });
  return {
    kind: "virtual",
    load: (load) => {
      const watts = LOAD_SIGNS[load] * load_w;
      for (let channel = 1; channel <= CHANNEL_COUNT; channel++) box.setLoadW(channel, watts);
      return Promise.resolve(true);
    },
    relayClosed: (channel) => Promise.resolve(box.relayClosed(channel)),
    shows: ({ segments }) => {
      box.runMs(20); // the face is drawn every 10 ms
      return Promise.resolve(equalBytes(box.tubeSegments(), segments));
    },
    short: (on) => Promise.resolve(box.socketShort(on)),
    serviceSwitch: (closed) => Promise.resolve(box.serviceSwitch(closed)),
    pulsed: (pin) => {
      box.runMs(1);
      return Promise.resolve(pulses.delete(pin));
    },
  };
}

const START_MS = 6000; // all relays are driven, voltages are known

/** A blank box that was just switched on. */
export async function virtualBench(load_w: number): Promise<{ port: LinePort; jig: Jig }> {
  const { Box } = await import("../../boards/virtual/box.ts"); // slow to load
  const box = new Box();
  const jig = virtualJig(box, load_w);
  box.powerOn();
  box.runMs(START_MS);
  return { port: new FleetPort(box.line, box), jig };
}
