/** Reset controller (data sheet 2.14) and power-on state machine (2.13). A peripheral in reset, or whose
 *  clock does not run, does not answer; what is released answers a few cycles later. */

import { Block, type System } from "./block.ts";

export const RESET_BITS = {
  ADC: 0,
  BUSCTRL: 1,
  I2C0: 3,
  I2C1: 4,
  IO_BANK0: 5,
  PADS_BANK0: 8,
  PLL_SYS: 12,
  PLL_USB: 13,
  SPI0: 16,
  SPI1: 17,
  SYSINFO: 19,
  TBMAN: 20,
  TIMER: 21,
  UART0: 22,
  UART1: 23,
} as const;

const ALL = 0x01ffffff;
/** The boot ROM releases IO_QSPI and PADS_QSPI, nothing else that is here. */
const AFTER_BOOT = ALL & ~((1 << 6) | (1 << 9));
/** Released, but not yet answering. */
const RELEASE_NS = 60;

const RESET = 0x0;
const WDSEL = 0x4;
const DONE = 0x8;

/** A peripheral under the controller. */
export interface Held {
  readonly block: Block;
  /** It cannot leave reset without its clock (2.14.1). */
  readonly clockRuns: () => boolean;
}

export class Resets extends Block {
  private held = ALL;
  private readonly watched = new Map<number, Held>();
  private readonly released_ns = new Float64Array(25);

  constructor(system: System) {
    super(system, "RESETS");
  }

  watch(bit: number, held: Held): void {
    this.watched.set(bit, held);
  }

  reset(): void {
    this.held = AFTER_BOOT;
    this.released_ns.fill(-Infinity);
    for (const { block } of this.watched.values()) block.reset();
  }

  /** Null when the peripheral answers; else the reason. */
  silent(bit: number): string | null {
    if ((this.held & (1 << bit)) !== 0) return "while it is in reset";
    if (this.watched.get(bit)?.clockRuns() === false) return "without its clock";
    return this.done(bit) ? null : "before RESET_DONE shows that it is out of reset";
  }

  private done(bit: number): boolean {
    if ((this.held & (1 << bit)) !== 0 || this.watched.get(bit)?.clockRuns() === false)
      return false;
    return this.system.clock.now_ns - this.released_ns[bit] >= RELEASE_NS;
  }

  read(offset: number): number {
    if (offset === RESET) return this.held;
    if (offset === WDSEL) return 0;
    if (offset !== DONE) return this.unknown(offset);
    let done = 0;
    for (let bit = 0; bit < 25; bit++) if (this.done(bit)) done |= 1 << bit;
    return done;
  }

  write(offset: number, value: number): void {
    if (offset === WDSEL) {
      if (value !== 0) this.strict("WDSEL is not modelled: PSM resets everything");
      return;
    }
    if (offset !== RESET) return this.unknown(offset, value);
    const before = this.held;
    this.held = value & ALL;
    for (let bit = 0; bit < 25; bit++) {
      const mask = 1 << bit;
      if ((before & ~this.held & mask) !== 0) this.released_ns[bit] = this.system.clock.now_ns;
      if ((~before & this.held & mask) !== 0) this.watched.get(bit)?.block.reset();
    }
  }
}

const PSM_FRCE_ON = 0x0;
const PSM_WDSEL = 0x8;
const PSM_DONE = 0xc;
const PSM_ALL = 0x1ffff;
/** CLOCKS, RESETS, SIO and PROC0: what a restart of the firmware needs at least. */
const PSM_NEEDED = (1 << 2) | (1 << 3) | (1 << 14) | (1 << 15);
const PSM_XOSC = 1 << 1;

export class Psm extends Block {
  /** What the watchdog resets. */
  private selected = 0;

  constructor(system: System) {
    super(system, "PSM");
  }

  reset(): void {
    this.selected = 0;
  }

  /** The watchdog fired; true when the crystal stops too. */
  fired(): boolean {
    if ((this.selected & PSM_NEEDED) !== PSM_NEEDED) {
      this.strict("the watchdog fired, but WDSEL does not select clocks, resets, SIO and core 0");
    }
    return (this.selected & PSM_XOSC) !== 0;
  }

  read(offset: number): number {
    if (offset === PSM_FRCE_ON || offset === 0x4) return 0;
    if (offset === PSM_WDSEL) return this.selected;
    return offset === PSM_DONE ? PSM_ALL : this.unknown(offset);
  }

  write(offset: number, value: number): void {
    if (offset === PSM_WDSEL) this.selected = value & PSM_ALL;
    else this.unknown(offset, value);
  }
}
