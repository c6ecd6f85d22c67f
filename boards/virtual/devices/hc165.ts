/** Chain of ten 74HC165 shift registers (Texas Instruments SCLS116). Eighty inputs; the first byte
 *  read is that of the chip nearest to the microcontroller, input H first (bit 7). */

import { DeviceError } from "../errors.ts";

export const INPUT_BYTES = 10;

export class InputChain {
  /** Levels at the inputs: bit n is bit n % 8 of byte n / 8. */
  readonly levels = new Uint8Array(INPUT_BYTES);
  private readonly register = new Uint8Array(INPUT_BYTES);
  private loading = false;
  private shifted = INPUT_BYTES;

  setInput(bit: number, level: number): void {
    const mask = 1 << (bit & 7);
    if (level) this.levels[bit >> 3] |= mask;
    else this.levels[bit >> 3] &= ~mask;
  }

  /** "Function table": SH/LD low loads all inputs at once; its rising edge keeps them. */
  setLoad(level: number): void {
    if (level === 0) {
      this.loading = true;
    } else if (this.loading) {
      this.loading = false;
      for (let i = 0; i < INPUT_BYTES; i++) this.register[i] = this.levels[i];
      this.shifted = 0;
    }
  }

  /** At power up the registers hold nothing that was loaded. */
  powerOn(): void {
    this.loading = false;
    this.shifted = INPUT_BYTES;
  }

  /** Shifts `size` bytes out; what comes in is not connected. */
  transfer(memory: Uint8Array, offset: number, size: number): void {
    if (this.loading) throw new DeviceError("hc165", "clocked while SH/LD is low");
    if (this.shifted + size > INPUT_BYTES) {
      throw new DeviceError("hc165", "more bits shifted out than were loaded");
    }
    for (let i = 0; i < size; i++) memory[offset + i] = this.register[this.shifted + i];
    this.shifted += size;
  }
}
