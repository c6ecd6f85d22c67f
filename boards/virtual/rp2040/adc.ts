/** ADC (data sheet 4.9): single conversions of 96 periods of clk_adc. A result read too early, a conversion
 *  started while one runs or from a pad with pulls ends the simulation. Not modelled: FIFO, round robin,
 *  free running, temperature sensor. */

import { Alarm } from "./cycle-clock.ts";
import { Block, type System } from "./block.ts";

const CS = 0x00;
const RESULT = 0x04;
const CS_EN = 1 << 0;
const CS_START = 1 << 2;
const CS_READY = 1 << 8;
const CS_KNOWN = CS_EN | CS_START | (7 << 12);
const PERIODS = 96;
/** From EN to READY: some periods of clk_adc. */
const START_PERIODS = 24;
const FIRST_PIN = 26;

export class Adc extends Block {
  /** 0..4095 at the start of a conversion. */
  source: ((channel: number, time_us: number) => number) | null = null;
  private control = 0;
  private result = 0;
  private converting = false;
  private readonly ready = new Alarm(() => {
    this.converting = false;
  });

  constructor(system: System) {
    super(system, "ADC");
  }

  reset(): void {
    this.system.clock.cancel(this.ready);
    this.control = 0;
    this.result = 0;
    this.converting = false;
  }

  private get is_ready(): boolean {
    return (this.control & CS_EN) !== 0 && !this.ready.armed;
  }

  read(offset: number): number {
    if (offset === CS) return this.control | (this.is_ready ? CS_READY : 0);
    if (offset !== RESULT) return this.unknown(offset);
    if (this.converting || !this.is_ready) this.strict("result read before the conversion ended");
    return this.result;
  }

  write(offset: number, value: number): void {
    if (offset !== CS || (value & ~(CS_KNOWN | CS_READY)) !== 0) return this.unknown(offset, value);
    if (this.converting) this.strict("CS written during a conversion");
    const on = (value & CS_EN) !== 0;
    const was_on = (this.control & CS_EN) !== 0;
    if ((value & CS_START) !== 0 && !(was_on && this.is_ready)) {
      this.strict("conversion started before READY");
    }
    this.control = value & CS_KNOWN & ~CS_START;
    if (!on) this.system.clock.cancel(this.ready);
    else if (!was_on) this.wait(START_PERIODS);
    if ((value & CS_START) !== 0) this.convert((value >>> 12) & 7);
  }

  private wait(periods: number): void {
    const { clock, frequencies } = this.system;
    clock.set(this.ready, clock.now_ns + (periods * 1e9) / frequencies.adc_hz);
  }

  private convert(channel: number): void {
    if (channel > 3) this.strict(`channel ${channel} is not modelled`);
    if (this.system.pins.pulled(FIRST_PIN + channel)) {
      this.strict(`GP${FIRST_PIN + channel} is pulled by its pad`);
    }
    const value = this.source?.(channel, this.system.clock.now_ns / 1000) ?? 0;
    if (!(value >= 0 && value <= 4095))
      this.strict(`the board gave ${value} for channel ${channel}`);
    this.result = Math.trunc(value);
    this.converting = true;
    this.wait(PERIODS);
  }
}
