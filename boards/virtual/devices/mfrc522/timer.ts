/** The timer of an MFRC522 (data sheet, "8.5"): tick (2 x prescaler + 1) / 13.56 MHz, reload + 1 ticks
 *  to zero. Does not model gating by a pin. */

import { CARRIER_PER_US } from "../cards/frame.ts";
import * as R from "./registers.ts";
import type { ChipState } from "./state.ts";

const T_AUTO = 0x80;
const T_AUTO_RESTART = 0x10;

export class ChipTimer {
  /** When it reaches zero; Infinity while it stands. */
  next_us = Infinity;
  private tick_us = 1;
  private count = 0;

  constructor(private readonly state: ChipState) {}

  get running(): boolean {
    return this.next_us !== Infinity;
  }

  /** Starts at the end of a transmission, stops with the fifth bit received. */
  get automatic(): boolean {
    return (this.state.registers[R.T_MODE] & T_AUTO) !== 0;
  }

  reset(): void {
    this.next_us = Infinity;
    this.count = 0;
  }

  start(now_us: number): void {
    const { registers } = this.state;
    const prescaler = ((registers[R.T_MODE] & 0x0f) << 8) | registers[R.T_PRESCALER];
    this.tick_us = (2 * prescaler + 1) / CARRIER_PER_US;
    this.next_us = now_us + this.tick_us * (this.reload + 1);
  }

  stop(now_us: number): void {
    this.count = this.counter(now_us);
    this.next_us = Infinity;
  }

  /** It has reached zero by `now_us`. */
  expire(now_us: number): void {
    this.state.raise(R.TIMER_IRQ);
    const period_us = this.tick_us * (this.reload + 1);
    const restarts = (this.state.registers[R.T_MODE] & T_AUTO_RESTART) !== 0;
    const periods = Math.floor((now_us - this.next_us) / period_us) + 1;
    this.count = 0;
    this.next_us = restarts ? this.next_us + periods * period_us : Infinity;
  }

  counter(now_us: number): number {
    if (!this.running) return this.count;
    return Math.min(0xffff, Math.max(0, Math.floor((this.next_us - now_us) / this.tick_us)));
  }

  private get reload(): number {
    const { registers } = this.state;
    return (registers[R.T_RELOAD_H] << 8) | registers[R.T_RELOAD_L];
  }
}
