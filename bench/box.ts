/** A box in service for measuring: provisioned, every household with credit, fed with the real load. */

import { Box, type BoxOptions } from "../boards/virtual/box.js";
import { parseLayout } from "../tools/simulate/layout.js";
import { realLoad } from "../tools/simulate/load.js";
import { Office } from "../tools/simulate/office.js";

const SEED = 1;
export const BOX_NUMBER = "2025112101";
export const MASTER_KEY = new Uint8Array(16).fill(0x39);
const CREDIT = 90_000; // 900.00 kWh; the start value of the hoarding limit is 1000.00
const LIMIT_MS = 120_000;
const POLL_MS = 5;
const PIECE_S = 600;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

const households = parseLayout("single");
const load = realLoad(households, SEED);

function serve(box: Box, office: Office): void {
  for (let waited_ms = 0; !office.idle; waited_ms += POLL_MS) {
    if (waited_ms > LIMIT_MS) throw new Error("the box does not answer the office");
    office.poll(box.now_ms);
    box.runMs(POLL_MS);
  }
}

/** Contents of a memory whose box is provisioned and whose households all have credit. */
export function memoryInService(): Uint8Array {
  const box = new Box({ seed: SEED });
  box.powerOn();
  box.runMs(1000);
  const office = new Office(box.line, BOX_NUMBER, MASTER_KEY);
  const expectOk = (result: number): void => {
    if (result !== 0) throw new Error(`the box answered ${result}`);
  };
  office.provision(expectOk);
  for (const { number } of households) office.credit(number, CREDIT, {}, expectOk);
  serve(box, office);
  box.powerOff();
  return box.fram.bytes.slice();
}

/** A powered box with that memory, running for `settle_ms` without load. */
export function boxInService(memory: Uint8Array, options: BoxOptions, settle_ms = 5000): Box {
  const box = new Box({ seed: SEED, fram: memory.slice(), ...options });
  box.powerOn();
  box.runMs(settle_ms);
  return box;
}

/** Feeds the real load of the hours `from_hour` up to `to_hour` of a day, ten minutes of each; returns
 *  the milliseconds simulated. */
export function runLoad(box: Box, from_hour: number, to_hour: number): number {
  let simulated_ms = 0;
  for (let hour = from_hour; hour < to_hour; hour++) {
    const begin_s = hour * HOUR_S;
    for (let now_s = begin_s; now_s < begin_s + PIECE_S;) {
      const { watts, until_s } = load.at(now_s % DAY_S);
      watts.forEach((watts_of_channel, index) => box.setLoadW(index + 1, watts_of_channel));
      box.runMs((until_s - now_s) * 1000);
      simulated_ms += (until_s - now_s) * 1000;
      now_s = until_s;
    }
  }
  return simulated_ms;
}
