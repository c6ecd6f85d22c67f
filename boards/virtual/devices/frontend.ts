/** Metering front end of one channel, like the Analog Devices ADE7755: a pulse output CF, a direction
 *  output REVP. Fed with a load in milliwatts; exact integers throughout: energy is kept in units of
 *  nJ x constant, in which a pulse is always 3.6e15 (below 2^53). The chip counts the magnitude of the
 *  energy; REVP tells the direction at each pulse. What has not made a whole pulse is lost with the
 *  power, as in the chip, but stays in the energy fed. Does not model no-load threshold or errors. */

import type { Clock, Timed } from "../clock.ts";
import { DeviceError } from "../errors.ts";
import type { Random } from "../random.ts";

/** 1 kWh in nJ: a pulse in units of nJ x constant. */
const PULSE_UNITS = 3_600_000_000_000_000;
const NANOJOULES_PER_JOULE = 1_000_000_000;
/** "Frequency outputs": CF is high for a fixed time, half of the spacing when pulses come faster.
 *  The meter's data sheet gives 80 ms. */
export const PULSE_WIDTH_US = 80_000;
/** Pulses that wait for the output after a jump of the load are sent with this width or less. */
const CATCH_UP_WIDTH_US = 20_000;
export const MAXIMUM_LOAD_MW = 150_000_000;
export const MAXIMUM_BOUNCE_US = 3_000;

/** Where the outputs of the front ends go. */
export interface PulseLines {
  pulseLevel(channel_index: number, level: number): void;
  directionLevel(channel_index: number, level: number): void;
  pulseStarted(channel_index: number, reverse: boolean): void;
}

// Kinds of events: the argument is 8 x serial number + kind.
const ENERGY = 0; // a pulse's energy is full
const FALL = 1; // trailing edge
const FREE = 2; // the output may start the next pulse
const LOW = 3; // bounce, glitch
const HIGH = 4;

export class FrontEnd implements Timed {
  /** Longest bounce on each edge, 0..MAXIMUM_BOUNCE_US; 0: clean edges. */
  bounce_us = 0;
  /** Pulses sent. */
  pulses = 0;

  private load_mw = 0;
  private contact_closed = true;
  private phase_present = true;
  private powered = false;

  private rate = 0; // units per us, 0 while nothing flows
  private power_mw = 0; // magnitude of what flows
  private units = 0; // towards the next pulse
  private since_us = 0;
  private fed_j = 0;
  private fed_nj = 0;

  private energy_serial = 0;
  private output_serial = 0;
  private level = 0;
  private started_us = 0;
  private fall_us = 0;
  private free_us = 0;
  private owed = 0;

  /** `constant` 1..20000 imp/kWh. */
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly channel_index: number,
    readonly constant: number,
    private readonly lines: PulseLines,
  ) {
    if (!Number.isInteger(constant) || constant < 1 || constant > 20_000) {
      throw new DeviceError("front end", `constant ${constant}`);
    }
  }

  /** The load at the channel, mW; negative: reverse flow. */
  setLoad(load_mw: number): void {
    if (!Number.isInteger(load_mw) || Math.abs(load_mw) > MAXIMUM_LOAD_MW) {
      throw new DeviceError("front end", `load of ${load_mw} mW`);
    }
    if (load_mw === this.load_mw) return;
    this.load_mw = load_mw;
    this.flow();
  }

  setContact(closed: boolean): void {
    this.contact_closed = closed;
    this.flow();
  }

  setPhase(present: boolean): void {
    this.phase_present = present;
    this.flow();
  }

  /** Supply of the chip: without it no energy flows either, as mains are off. */
  setPower(on: boolean): void {
    if (on === this.powered) return;
    this.powered = on;
    this.flow();
    if (on) return;
    this.units = 0;
    this.owed = 0;
    this.free_us = 0;
    this.output_serial++;
    this.setLevel(0);
    this.lines.directionLevel(this.channel_index, 0);
  }

  /** Energy that has flowed through the channel, both directions, whole J. */
  energyFedJ(): number {
    this.sync();
    return this.fed_j;
  }

  /** A disturbance: the pulse line takes its other level for `width_us`. */
  glitch(width_us: number): void {
    const now_us = this.clock.now_us;
    const back = this.level ? HIGH : LOW;
    this.lines.pulseLevel(this.channel_index, 1 - this.level);
    this.clock.at(now_us + width_us, this, this.output_serial * 8 + back);
  }

  due(argument: number): void {
    const kind = argument % 8;
    const serial = Math.floor(argument / 8);
    if (kind === ENERGY) {
      if (serial === this.energy_serial) this.pulseFull();
      return;
    }
    if (serial !== this.output_serial) return; // of a pulse that was shortened or is over
    if (kind === FALL) {
      this.fall();
    } else if (kind === FREE) {
      if (this.owed > 0 && this.level === 0) this.startPulse();
    } else {
      this.lines.pulseLevel(this.channel_index, kind === HIGH ? 1 : 0);
    }
  }

  /** Books what has flowed until now. */
  private sync(): void {
    const passed_us = this.clock.now_us - this.since_us;
    this.since_us = this.clock.now_us;
    if (this.rate === 0 || passed_us === 0) return;
    this.units += this.rate * passed_us; // at most one pulse and one us above: exact
    const energy_nj = this.fed_nj + this.power_mw * passed_us;
    this.fed_nj = energy_nj % NANOJOULES_PER_JOULE;
    this.fed_j += (energy_nj - this.fed_nj) / NANOJOULES_PER_JOULE;
  }

  private flow(): void {
    this.sync();
    const flowing = this.contact_closed && this.phase_present && this.powered;
    this.power_mw = flowing ? Math.abs(this.load_mw) : 0;
    this.rate = this.power_mw * this.constant;
    this.energy_serial++;
    this.scheduleEnergy();
    if (this.level === 1) this.shorten();
  }

  private scheduleEnergy(): void {
    if (this.rate === 0) return;
    const missing = Math.max(PULSE_UNITS - this.units, 0);
    const rest = missing % this.rate;
    const wait_us = (missing - rest) / this.rate + (rest > 0 ? 1 : 0);
    this.clock.at(this.clock.now_us + wait_us, this, this.energy_serial * 8 + ENERGY);
  }

  private pulseFull(): void {
    this.sync();
    this.units -= PULSE_UNITS;
    this.owed++;
    if (this.level === 0) {
      if (this.clock.now_us >= this.free_us) this.startPulse();
      else this.clock.at(this.free_us, this, this.output_serial * 8 + FREE);
    }
    this.scheduleEnergy();
  }

  private halfSpacing(): number {
    if (this.rate === 0) return PULSE_WIDTH_US;
    return Math.max(1, Math.floor(PULSE_UNITS / this.rate / 2));
  }

  private startPulse(): void {
    const now_us = this.clock.now_us;
    const limit_us = --this.owed > 0 ? CATCH_UP_WIDTH_US : PULSE_WIDTH_US;
    const width_us = Math.min(limit_us, this.halfSpacing());
    this.pulses++;
    this.started_us = now_us;
    const reverse = this.load_mw < 0;
    this.lines.directionLevel(this.channel_index, reverse ? 1 : 0); // "REVP": changes with CF
    this.output_serial++;
    this.setLevel(1);
    this.bounce(width_us);
    this.ends(now_us + width_us, width_us);
    this.lines.pulseStarted(this.channel_index, reverse);
  }

  private ends(fall_us: number, width_us: number): void {
    this.fall_us = fall_us;
    this.free_us = fall_us + width_us;
    this.clock.at(fall_us, this, this.output_serial * 8 + FALL);
  }

  /** The load rose: a pulse on its way gives room for the faster ones. */
  private shorten(): void {
    const now_us = this.clock.now_us;
    const half_us = this.halfSpacing();
    const fall_us = Math.max(now_us, this.started_us + half_us);
    if (fall_us >= this.fall_us) return;
    this.output_serial++;
    if (this.bounce_us > 0) this.lines.pulseLevel(this.channel_index, 1); // end a bounce high
    this.ends(fall_us, half_us);
  }

  private fall(): void {
    const low_us = this.free_us - this.clock.now_us;
    this.output_serial++;
    this.setLevel(0);
    this.bounce(low_us);
    if (this.owed > 0) this.clock.at(this.free_us, this, this.output_serial * 8 + FREE);
  }

  private setLevel(level: number): void {
    this.level = level;
    this.lines.pulseLevel(this.channel_index, level);
  }

  /** After an edge the line goes back and forth, at last within bounce_us and half of `width_us`. */
  private bounce(width_us: number): void {
    const limit_us = Math.min(this.bounce_us, MAXIMUM_BOUNCE_US, Math.floor(width_us / 2));
    const step_us = Math.floor(limit_us / 6);
    if (step_us < 1) return;
    const code = this.output_serial * 8;
    const back = code + (this.level ? LOW : HIGH);
    const there = code + (this.level ? HIGH : LOW);
    let time_us = this.clock.now_us;
    for (let i = 1 + this.random.below(3); i > 0; i--) {
      time_us += 1 + this.random.below(step_us);
      this.clock.at(time_us, this, back);
      time_us += 1 + this.random.below(step_us);
      this.clock.at(time_us, this, there);
    }
  }
}
