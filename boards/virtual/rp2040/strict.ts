/** The two ways in which firmware can go wrong on the emulated chip. A StrictError is for us: silicon would
 *  do something else than the firmware's author thinks, and the emulator refuses to guess. A GuestFault is
 *  for the firmware: the core takes a HardFault, as on silicon. */

import { DeviceError } from "../errors.ts";

/** Firmware used the chip against its data sheet. Ends the simulation. */
export class StrictError extends DeviceError {
  constructor(chip: string, message: string) {
    super(chip, message);
    this.name = "StrictError";
  }
}

/** The instruction under way makes the core take a HardFault (ARMv6-M B1.5.7). */
export class GuestFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "GuestFault";
  }
}

export function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}
