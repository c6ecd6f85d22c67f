/** What all peripherals of the emulated chip have in common: registers at offsets, the three atomic aliases
 *  of a register (RP2040 data sheet 2.1.2), and what a peripheral may know of the chip. */

import type { CycleClock } from "./cycle-clock.ts";
import { hex } from "./strict.ts";

/** Frequencies now, Hz; 0: not running. */
export interface Frequencies {
  readonly ref_hz: number;
  readonly sys_hz: number;
  readonly peri_hz: number;
  readonly adc_hz: number;
}

/** What a pin is used for (data sheet 2.19.2). */
export const FUNCTION_SPI = 1;
export const FUNCTION_UART = 2;
export const FUNCTION_I2C = 3;
export const FUNCTION_SIO = 5;
export const FUNCTION_NONE = 31;

export interface PinAccess {
  functionOf(pin: number): number;
  /** The pad's input is enabled (IE). */
  inputEnabled(pin: number): boolean;
  pulled(pin: number): boolean;
  /** Level on the wire; null: nobody drives or pulls. */
  level(pin: number): 0 | 1 | null;
  /** Something that drives pins changed. */
  refresh(): void;
}

export interface System {
  readonly clock: CycleClock;
  readonly frequencies: Frequencies;
  readonly pins: PinAccess;
  /** The firmware did what the data sheet forbids. Throws. */
  strict(where: string, text: string): never;
  /** Level of an interrupt line of a peripheral (data sheet 2.3.2). */
  setLine(irq: number, level: boolean): void;
}

const ALIAS_XOR = 1;
const ALIAS_SET = 2; // 3: clear

export abstract class Block {
  /** The value on the bus in a write, for registers whose ones clear bits. */
  protected raw = 0;

  constructor(
    protected readonly system: System,
    readonly name: string,
  ) {}

  /** State as after reset of this peripheral. */
  abstract reset(): void;
  abstract read(offset: number): number;
  abstract write(offset: number, value: number): void;

  /** Value for an atomic alias: without the effects of a read. */
  peek(offset: number): number {
    return this.read(offset);
  }

  writeAlias(offset: number, value: number, alias: number): void {
    this.raw = value;
    if (alias === 0) return this.write(offset, value);
    const old = this.peek(offset);
    if (alias === ALIAS_XOR) this.write(offset, (old ^ value) >>> 0);
    else if (alias === ALIAS_SET) this.write(offset, (old | value) >>> 0);
    else this.write(offset, (old & ~value) >>> 0);
  }

  protected strict(text: string): never {
    return this.system.strict(this.name, text);
  }

  protected unknown(offset: number, value?: number): never {
    return this.strict(
      value === undefined
        ? `read of register ${hex(offset)}, which is not modelled`
        : `write of ${hex(value)} to register ${hex(offset)}, which is not modelled`,
    );
  }
}
