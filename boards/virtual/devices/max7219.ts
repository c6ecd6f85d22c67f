/** LED drivers: Maxim MAX7219 (data sheet 19-4452), two in a chain. The first chip (its DIN at the
 *  microcontroller) has the upper row and the lamps, the second the lower row. Does not model
 *  brightness beyond keeping its register. */

import { DeviceError } from "../errors.ts";

// "Table 2. Register Address Map".
const NO_OP = 0x0;
const DIGIT_0 = 0x1;
const DIGIT_7 = 0x8;
const DECODE_MODE = 0x9;
const INTENSITY = 0xa;
const SCAN_LIMIT = 0xb;
const SHUTDOWN = 0xc;
const DISPLAY_TEST = 0xf;

const DIGIT_COUNT = 8;
/** "Table 5. Code B Font": 0..9, -, E, H, L, P, blank as segments (bit 6 A .. bit 0 G). */
const CODE_B = [
  0x7e, 0x30, 0x6d, 0x79, 0x33, 0x5b, 0x5f, 0x70, 0x7f, 0x7b, 0x01, 0x4f, 0x37, 0x0e, 0x67, 0,
];

export class Max7219 {
  /** What is lit: eight digits, bit 7 DP, bits 6..0 segments A..G ("Table 6"). */
  readonly segments = new Uint8Array(DIGIT_COUNT);
  intensity = 0;
  private readonly digits = new Uint8Array(DIGIT_COUNT);
  private decode = 0;
  private scan_limit = 0;
  private running = false;
  private testing = false;

  constructor(private readonly name: string) {}

  /** "Initial Power-Up": all registers reset, display blank, shutdown mode. */
  powerOn(): void {
    this.digits.fill(0);
    this.segments.fill(0);
    this.decode = 0;
    this.scan_limit = 0;
    this.intensity = 0;
    this.running = false;
    this.testing = false;
  }

  /** LOAD rises with these 16 bits in the shift register. */
  load(address_byte: number, data: number): void {
    const register = address_byte & 0x0f; // "Table 1": D12..D15 are don't care
    if (register === NO_OP) return;
    if (register >= DIGIT_0 && register <= DIGIT_7) {
      this.digits[register - DIGIT_0] = data;
    } else if (register === DECODE_MODE) {
      this.decode = data;
    } else if (register === INTENSITY) {
      this.intensity = data & 0x0f;
    } else if (register === SCAN_LIMIT) {
      this.scan_limit = data & 0x07;
    } else if (register === SHUTDOWN) {
      this.running = (data & 1) === 1;
    } else if (register === DISPLAY_TEST) {
      this.testing = (data & 1) === 1;
    } else {
      throw new DeviceError(this.name, `unknown register ${register.toString(16)}h`);
    }
    this.light();
  }

  private light(): void {
    for (let digit = 0; digit < DIGIT_COUNT; digit++) {
      const data = this.digits[digit];
      let lit = data;
      if ((this.decode >> digit) & 1) lit = (data & 0x80) | CODE_B[data & 0x0f];
      if (!this.running || digit > this.scan_limit) lit = 0;
      this.segments[digit] = this.testing ? 0xff : lit;
    }
  }
}

/** The two chips behind one select. */
export class TubeChain {
  readonly upper = new Max7219("max7219 upper");
  readonly lower = new Max7219("max7219 lower");
  /** Upper row 4, lower row 6, lamps 1. */
  readonly segments = new Uint8Array(11);
  private readonly register = new Uint8Array(4);

  /** `onChange` is called when anything lit changed. */
  constructor(private readonly onChange: () => void) {}

  powerOn(): void {
    this.upper.powerOn();
    this.lower.powerOn();
    this.register.fill(0);
    this.compare();
  }

  /** Shifts the bytes through both chips; the rising select loads each with its last 16 bits. What
   *  leaves the second chip is not connected. */
  transfer(memory: Uint8Array, offset: number, size: number): void {
    for (let i = 0; i < size; i++) {
      this.register.copyWithin(0, 1);
      this.register[3] = memory[offset + i];
      memory[offset + i] = 0xff;
    }
    this.lower.load(this.register[0], this.register[1]);
    this.upper.load(this.register[2], this.register[3]);
    this.compare();
  }

  /** Dark at once: the chips have no supply. */
  powerOff(): void {
    this.powerOn();
  }

  private compare(): void {
    let changed = false;
    for (let i = 0; i < 11; i++) {
      const lit = i < 4 ? this.upper.segments[i] : this.lit(i);
      if (this.segments[i] !== lit) changed = true;
      this.segments[i] = lit;
    }
    if (changed) this.onChange();
  }

  private lit(index: number): number {
    return index < 10 ? this.lower.segments[index - 4] : this.upper.segments[4];
  }
}
