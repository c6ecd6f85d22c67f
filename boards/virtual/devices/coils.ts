/** Coil drivers between the 74HC595 chain and the relays. Bit 2 x index of the eighty outputs drives
 *  the close coil of a channel, the next bit its open coil. The supply bears one coil at a time (the
 *  box takes less than 6 VA), and a latching coil must not stay on: both throw. */

import type { Clock, Timed } from "../clock.ts";
import { DeviceError } from "../errors.ts";
import { OUTPUT_BYTES } from "./hc595.ts";

/** A latching coil is made for pulses; beyond this it burns. The longest allowed setting is 200 ms. */
export const COIL_LIMIT_US = 250_000;
const COIL_COUNT = 78;
const NO_COIL = -1;

/** `coil` is 2 x channel index, + 1 for the open coil. */
export type CoilChange = (coil: number, on: boolean, time_us: number) => void;

export class CoilDrivers implements Timed {
  private active = NO_COIL;
  private pulses = 0;

  constructor(
    private readonly clock: Clock,
    private readonly nowUs: () => number,
    private readonly onChange: CoilChange,
  ) {}

  /** Follows the latches of the chain; `enabled` false takes every coil off. */
  drive(outputs: Uint8Array, enabled: boolean): void {
    const coil = enabled ? onlyCoil(outputs) : NO_COIL;
    if (coil === this.active) return;
    const time_us = this.nowUs();
    const before = this.active;
    this.active = coil;
    if (before !== NO_COIL) this.onChange(before, false, time_us);
    if (coil === NO_COIL) return;
    this.clock.at(time_us + COIL_LIMIT_US, this, ++this.pulses);
    this.onChange(coil, true, time_us);
  }

  /** The limit of pulse number `pulse` has come. */
  due(pulse: number): void {
    if (this.active !== NO_COIL && pulse === this.pulses) {
      throw new DeviceError("coils", `${name(this.active)} on for ${COIL_LIMIT_US / 1000} ms`);
    }
  }
}

function onlyCoil(outputs: Uint8Array): number {
  let found = NO_COIL;
  for (let i = 0; i < OUTPUT_BYTES; i++) {
    for (let bits = outputs[i]; bits !== 0; bits &= bits - 1) {
      const coil = i * 8 + 31 - Math.clz32(bits & -bits);
      if (coil >= COIL_COUNT) throw new DeviceError("coils", `output ${coil} drives no coil`);
      if (found !== NO_COIL) {
        throw new DeviceError("coils", `${name(found)} and ${name(coil)} on at once`);
      }
      found = coil;
    }
  }
  return found;
}

function name(coil: number): string {
  return `${coil & 1 ? "open" : "close"} coil of channel ${(coil >> 1) + 1}`;
}
