/** Clock generators (data sheet 2.15) for clk_ref, clk_sys, clk_peri and clk_adc. A clock taken from a source
 *  that does not run, a source changed under a running clock and a speed above the limit end the simulation.
 *  Not modelled: GPIN, GPOUT, resuscitation, the frequency counter, clk_usb and clk_rtc (written with 0 only). */

import { Block, type Frequencies, type System } from "./block.ts";
import type { Pll, Xosc } from "./oscillators.ts";

const REF_CTRL = 0x30;
const REF_DIV = 0x34;
const REF_SELECTED = 0x38;
const SYS_CTRL = 0x3c;
const SYS_DIV = 0x40;
const SYS_SELECTED = 0x44;
const PERI_CTRL = 0x48;
const PERI_SELECTED = 0x50;
const USB_CTRL = 0x54;
const ADC_CTRL = 0x60;
const ADC_DIV = 0x64;
const ADC_SELECTED = 0x68;
const RTC_CTRL = 0x6c;
const RESUS_CTRL = 0x78;
const WAKE_EN0 = 0xa0;
const SLEEP_EN1 = 0xac;
const ENABLE = 1 << 11;
const KILL = 1 << 10;

/** Ring oscillator after reset, nominal. */
export const ROSC_HZ = 6.5e6;
/** Data sheet 5: clk_sys, clk_peri at most 133 MHz; clk_adc 48 MHz. */
const SYS_LIMIT_HZ = 133e6;
const ADC_LIMIT_HZ = 48e6;
/** From a glitchless change until SELECTED shows it. */
const SWITCH_NS = 1000;

const ROSC = 0;
const XOSC = 1;
const PLL_SYS = 2;
const PLL_USB = 3;
const SYS = 4;
/** By AUXSRC (2.15.7); undefined: not modelled. */
const SYS_SOURCES = [PLL_SYS, PLL_USB, ROSC, XOSC];
const PERI_SOURCES = [SYS, PLL_SYS, PLL_USB, ROSC, XOSC];
const ADC_SOURCES = [PLL_USB, PLL_SYS, ROSC, XOSC];

export class Clocks extends Block implements Frequencies {
  ref_hz = ROSC_HZ;
  sys_hz = ROSC_HZ;
  peri_hz = 0;
  adc_hz = 0;

  private registers = new Map<number, number>();
  private switched_ns = -Infinity;

  constructor(
    system: System,
    private readonly crystal: Xosc,
    private readonly plls: () => { sys: Pll; usb: Pll },
  ) {
    super(system, "CLOCKS");
    this.reset();
  }

  reset(): void {
    this.registers = new Map([
      [REF_CTRL, 0],
      [REF_DIV, 0x100],
      [SYS_CTRL, 0],
      [SYS_DIV, 0x100],
      [PERI_CTRL, 0],
      [USB_CTRL, 0],
      [ADC_CTRL, 0],
      [ADC_DIV, 0x100],
      [RTC_CTRL, 0],
      [RESUS_CTRL, 0xff],
    ]);
    for (let offset = WAKE_EN0; offset <= SLEEP_EN1; offset += 4) {
      this.registers.set(offset, offset % 8 === 0 ? 0xffffffff : 0x7fff);
    }
    this.switched_ns = -Infinity;
    this.ref_hz = ROSC_HZ;
    this.sys_hz = ROSC_HZ;
    this.peri_hz = 0;
    this.adc_hz = 0;
  }

  read(offset: number): number {
    const settled = this.system.clock.now_ns - this.switched_ns >= SWITCH_NS;
    if (offset === REF_SELECTED) return settled ? 1 << (this.get(REF_CTRL) & 3) : 0;
    if (offset === SYS_SELECTED) return settled ? 1 << (this.get(SYS_CTRL) & 1) : 0;
    if (offset === PERI_SELECTED || offset === ADC_SELECTED) return 1; // no glitchless mux
    return this.registers.get(offset) ?? this.unknown(offset);
  }

  write(offset: number, value: number): void {
    const old = this.registers.get(offset);
    if (old === undefined) return this.unknown(offset, value);
    this.check(offset, old, value);
    if ((offset === REF_CTRL || offset === SYS_CTRL) && ((old ^ value) & 3) !== 0) {
      this.switched_ns = this.system.clock.now_ns;
    }
    this.registers.set(offset, value);
    this.update();
  }

  /** Refuses what is not modelled and what the data sheet forbids. */
  private check(offset: number, old: number, value: number): void {
    if (offset >= WAKE_EN0 && value !== old) this.strict("clock gating in sleep is not modelled");
    if ((offset === USB_CTRL || offset === RTC_CTRL) && (value & ENABLE) !== 0) {
      this.strict("clk_usb and clk_rtc are not modelled");
    }
    if (offset === RESUS_CTRL && (value & 0x100) !== 0) this.strict("resus is not modelled");
    if (offset === SYS_CTRL) this.checkSys(old, value);
    if (offset === PERI_CTRL || offset === ADC_CTRL) {
      const runs = (old & value & ENABLE) !== 0;
      if (runs && ((old ^ value) & 0xe0) !== 0) this.strict("source changed under a running clock");
    }
  }

  /** Works out all speeds anew: a register or a PLL changed. */
  update(): void {
    this.ref_hz = this.refSource() / ((this.get(REF_DIV) >>> 8) & 3 || 4);
    const sys_ctrl = this.get(SYS_CTRL);
    const sys_source =
      (sys_ctrl & 1) === 0 ? this.ref_hz : this.source(SYS_SOURCES, sys_ctrl, "clk_sys");
    const sys_hz = (sys_source * 256) / (this.get(SYS_DIV) || 2 ** 24);
    if (sys_hz > SYS_LIMIT_HZ) this.strict(`clk_sys at ${sys_hz} Hz`);
    const changed = sys_hz !== this.sys_hz;
    this.sys_hz = sys_hz;
    if (changed) this.system.clock.setFrequency(sys_hz);
    this.peri_hz = this.running(PERI_CTRL, PERI_SOURCES, "clk_peri");
    const adc_divider = (this.get(ADC_DIV) >>> 8) & 3 || 4;
    this.adc_hz = this.running(ADC_CTRL, ADC_SOURCES, "clk_adc") / adc_divider;
    if (this.peri_hz > SYS_LIMIT_HZ) this.strict(`clk_peri at ${this.peri_hz} Hz`);
    if (this.adc_hz > ADC_LIMIT_HZ) this.strict(`clk_adc at ${this.adc_hz} Hz`);
  }

  private get(offset: number): number {
    return this.registers.get(offset)!;
  }

  /** The auxiliary source may only change while clk_sys runs from clk_ref (2.15.3.2). */
  private checkSys(old: number, value: number): void {
    if ((old & 1) !== 0 && ((old ^ value) & 0xe0) !== 0) {
      this.strict("auxiliary source of clk_sys changed while clk_sys runs from it");
    }
    if ((old & 1) === 0 && (value & 1) !== 0 && ((old ^ value) & 0xe0) !== 0) {
      this.strict("auxiliary source of clk_sys changed and selected at once");
    }
  }

  private refSource(): number {
    const source = this.get(REF_CTRL) & 3;
    if (source === 0) return ROSC_HZ;
    if (source !== 2) return this.strict("clk_ref from an auxiliary source is not modelled");
    return this.crystal.hz || this.strict("clk_ref from the crystal before it is stable");
  }

  private running(offset: number, sources: number[], name: string): number {
    const control = this.get(offset);
    if ((control & KILL) !== 0) return 0;
    return (control & ENABLE) === 0 ? 0 : this.source(sources, control, name);
  }

  private source(sources: number[], control: number, name: string): number {
    const hz = this.sourceHz(sources[(control >>> 5) & 7]);
    return hz || this.strict(`${name} from a source that does not run`);
  }

  private sourceHz(source: number | undefined): number {
    if (source === ROSC) return ROSC_HZ;
    if (source === XOSC) return this.crystal.hz;
    if (source === PLL_SYS) return this.plls().sys.hz;
    if (source === PLL_USB) return this.plls().usb.hz;
    return source === SYS ? this.sys_hz : this.strict("a source that is not modelled");
  }
}
