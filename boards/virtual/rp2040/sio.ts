/** SIO (data sheet 2.3.1) as far as a single core without the SDK needs it: its number and the pins. The
 *  divider, interpolators, FIFOs and spinlocks are not modelled. */

import { Block, type System } from "./block.ts";
import { PIN_COUNT, type Pins } from "./pads.ts";

const CPUID = 0x00;
const GPIO_IN = 0x04;
const GPIO_OUT = 0x10;
const GPIO_OE = 0x20;
const SET = 4;
const CLEAR = 8;
const TOGGLE = 12;
const MASK = (1 << PIN_COUNT) - 1;

export class Sio extends Block {
  constructor(
    system: System,
    private readonly pins: Pins,
  ) {
    super(system, "SIO");
  }

  reset(): void {
    this.pins.sio_out = 0;
    this.pins.sio_enable = 0;
    this.pins.refresh();
  }

  read(offset: number): number {
    if (offset === GPIO_IN) return this.pins.inputs;
    if (offset === GPIO_OUT) return this.pins.sio_out;
    if (offset === GPIO_OE) return this.pins.sio_enable;
    return offset === CPUID ? 0 : this.unknown(offset);
  }

  write(offset: number, value: number): void {
    const register = offset & ~0xf;
    const bits = value & MASK;
    if (register === GPIO_OUT) {
      const old = this.pins.sio_out;
      this.pins.sio_out = combine(old, bits, offset & 0xf);
      this.pins.refreshMask(old ^ this.pins.sio_out);
    } else if (register === GPIO_OE) {
      const old = this.pins.sio_enable;
      this.pins.sio_enable = combine(old, bits, offset & 0xf);
      this.pins.refreshMask(old ^ this.pins.sio_enable);
    } else this.unknown(offset, value);
  }
}

function combine(old: number, bits: number, how: number): number {
  if (how === SET) return old | bits;
  if (how === CLEAR) return old & ~bits;
  return how === TOGGLE ? old ^ bits : bits;
}
