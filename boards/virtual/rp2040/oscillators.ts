/** Crystal oscillator (data sheet 2.16) and PLLs (2.18): they take their time to start, and a frequency
 *  outside of the data sheet's limits ends the simulation. Dormant mode and ROSC registers are not modelled. */

import { Alarm } from "./cycle-clock.ts";
import { Block, type System } from "./block.ts";

const CRYSTAL_HZ = 12e6;

const XOSC_CTRL = 0x00;
const XOSC_STATUS = 0x04;
const XOSC_STARTUP = 0x0c;
const XOSC_ENABLE = 0xfab;
const XOSC_DISABLE = 0xd1e;
const XOSC_RANGE = 0xaa0;
const XOSC_STABLE = 1 << 31;
const XOSC_ENABLED = 1 << 12;

export class Xosc extends Block {
  stable = false;
  private control = 0;
  private startup = 0xc4;
  private readonly settled = new Alarm(() => {
    this.stable = true;
  });

  constructor(system: System) {
    super(system, "XOSC");
  }

  get hz(): number {
    return this.stable ? CRYSTAL_HZ : 0;
  }

  reset(): void {
    this.system.clock.cancel(this.settled);
    this.stable = false;
    this.control = 0;
    this.startup = 0xc4;
  }

  read(offset: number): number {
    if (offset === XOSC_CTRL) return this.control;
    if (offset === XOSC_STARTUP) return this.startup;
    if (offset !== XOSC_STATUS) return this.unknown(offset);
    const enabled = this.control >>> 12 === XOSC_ENABLE ? XOSC_ENABLED : 0;
    return ((this.stable ? XOSC_STABLE : 0) | enabled) >>> 0;
  }

  write(offset: number, value: number): void {
    if (offset === XOSC_STARTUP) this.startup = value & 0x3fff;
    else if (offset === XOSC_CTRL) this.setControl(value);
    else this.unknown(offset, value);
  }

  private setControl(value: number): void {
    const enable = value >>> 12;
    if (enable !== 0 && (value & 0xfff) !== XOSC_RANGE) this.strict("frequency range is not 0xaa0");
    if (enable === XOSC_ENABLE && this.control >>> 12 !== XOSC_ENABLE) {
      const settle_ns = (this.startup * 256 * 1e9) / CRYSTAL_HZ;
      if (settle_ns < 1e6 * 0.99) this.strict("less than 1 ms to start (2.16.3)");
      this.system.clock.set(this.settled, this.system.clock.now_ns + settle_ns);
    } else if (enable === XOSC_DISABLE) this.strict("stopped");
    else if (enable !== XOSC_ENABLE && enable !== 0) this.strict("neither enabled nor disabled");
    this.control = value;
  }
}

const PLL_CS = 0x0;
const PLL_PWR = 0x4;
const PLL_FBDIV = 0x8;
const PLL_PRIM = 0xc;
const PLL_LOCK = 1 << 31;
const PWR_PD = 1 << 0;
const PWR_POSTDIV_PD = 1 << 3;
const PWR_VCO_PD = 1 << 5;
/** Somewhat more than a real one takes. */
const LOCK_NS = 100_000;

export class Pll extends Block {
  private locked = false;
  private cs = 1;
  private pwr = 0x2d;
  private feedback = 0;
  private prim = 0x77000;
  private readonly lock = new Alarm(() => {
    this.locked = true;
  });

  constructor(
    system: System,
    name: string,
    private readonly crystal: Xosc,
    private readonly changed: () => void,
  ) {
    super(system, name);
  }

  /** Output, Hz; 0: none that may be used. */
  get hz(): number {
    if (!this.locked || (this.pwr & PWR_POSTDIV_PD) !== 0) return 0;
    return this.vcoHz() / (((this.prim >>> 16) & 7) * ((this.prim >>> 12) & 7));
  }

  reset(): void {
    this.system.clock.cancel(this.lock);
    this.locked = false;
    this.cs = 1;
    this.pwr = 0x2d;
    this.feedback = 0;
    this.prim = 0x77000;
    this.changed();
  }

  read(offset: number): number {
    if (offset === PLL_CS) return (this.cs | (this.locked ? PLL_LOCK : 0)) >>> 0;
    if (offset === PLL_PWR) return this.pwr;
    if (offset === PLL_FBDIV) return this.feedback;
    if (offset === PLL_PRIM) return this.prim;
    return this.unknown(offset);
  }

  write(offset: number, value: number): void {
    const runs = (this.pwr & (PWR_PD | PWR_VCO_PD)) === 0;
    if (offset === PLL_PWR) return this.setPower(value & 0x2d);
    const is_idle = offset === PLL_PRIM ? (this.pwr & PWR_POSTDIV_PD) !== 0 : !runs;
    if (!is_idle) this.strict("changed while it runs");
    if (offset === PLL_CS) {
      if ((value & 0x100) !== 0) this.strict("bypass is not modelled");
      this.cs = value & 0x3f;
    } else if (offset === PLL_FBDIV) this.feedback = value & 0xfff;
    else if (offset === PLL_PRIM) this.prim = value & 0x77000;
    else this.unknown(offset, value);
  }

  private vcoHz(): number {
    return (this.crystal.hz / this.cs) * this.feedback;
  }

  /** Limits: 2.18.2. */
  private setPower(value: number): void {
    const ran = (this.pwr & (PWR_PD | PWR_VCO_PD)) === 0;
    this.pwr = value;
    const runs = (value & (PWR_PD | PWR_VCO_PD)) === 0;
    if (runs && !ran) {
      if (this.crystal.hz === 0) this.strict("started before the crystal is stable");
      if (this.feedback < 16 || this.feedback > 320) this.strict("feedback divider not 16..320");
      if (this.crystal.hz / this.cs < 5e6) this.strict("reference below 5 MHz");
      const vco_hz = this.vcoHz();
      if (vco_hz < 750e6 || vco_hz > 1600e6) this.strict(`VCO at ${vco_hz} Hz`);
      this.system.clock.set(this.lock, this.system.clock.now_ns + LOCK_NS);
    } else if (!runs) {
      this.system.clock.cancel(this.lock);
      this.locked = false;
    }
    if (runs && (value & PWR_POSTDIV_PD) === 0) {
      const first = (this.prim >>> 16) & 7;
      const second = (this.prim >>> 12) & 7;
      if (first === 0 || second === 0) this.strict("post divider of 0");
    }
    this.changed();
  }
}
