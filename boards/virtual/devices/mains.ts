/** Three mains phases as the meter's ADC sees them: a divider of 0.2 V per count, biased to half
 *  scale, 12 bits. The sine comes from a table of whole numbers; no noise, no harmonics. */

import { DeviceError } from "../errors.ts";

export const PHASE_COUNT = 3;
export const MID_SCALE = 2048;
const FULL_SCALE = 4095;
const COUNTS_PER_VOLT = 5;
/** Entries of the table: divisible by 3 (phases) and by 4. */
const TABLE_SIZE = 1536;
const TABLE_BITS = 14;
const ANCHOR_US = 100_000_000; // a frequency in 0.01 Hz has whole cycles in 100 s

const SINE = Int32Array.from({ length: TABLE_SIZE }, (_, i) =>
  Math.round(Math.sin((2 * Math.PI * i) / TABLE_SIZE) * (1 << TABLE_BITS)),
);
/** Phases B and C lag by 120 and 240 degrees. */
const LAG = [0, (TABLE_SIZE * 2) / 3, TABLE_SIZE / 3];

export class Mains {
  private readonly amplitudes = new Int32Array(PHASE_COUNT);
  private readonly counts = new Int32Array(PHASE_COUNT);
  private frequency_chz = 5000;
  private anchor_us = 0;
  private sampled_us = -1;
  private sampled_angle = 0;
  private start_angle = 0;

  constructor() {
    for (let phase = 0; phase < PHASE_COUNT; phase++) this.setVoltage(phase, 220);
    for (let phase = 0; phase < PHASE_COUNT; phase++) this.setPhase(phase, true);
  }

  /** Voltage of a phase while it is present, V rms, 0..400. */
  setVoltage(phase: number, voltage_v: number): void {
    checkPhase(phase);
    if (!(voltage_v >= 0 && voltage_v <= 400)) throw new DeviceError("mains", `${voltage_v} V`);
    const present = this.counts[phase] !== 0;
    this.amplitudes[phase] = Math.round(voltage_v * Math.SQRT2 * COUNTS_PER_VOLT);
    this.setPhase(phase, present);
  }

  setPhase(phase: number, present: boolean): void {
    checkPhase(phase);
    this.counts[phase] = present ? this.amplitudes[phase] : 0;
  }

  /** Frequency, 40..70 Hz in steps of 0.01 Hz, from `now_us` on. */
  setFrequency(frequency_hz: number, now_us: number): void {
    if (!(frequency_hz >= 40 && frequency_hz <= 70)) {
      throw new DeviceError("mains", `${frequency_hz} Hz`);
    }
    this.start_angle = this.angle(now_us);
    this.anchor_us = now_us;
    this.sampled_us = -1;
    this.frequency_chz = Math.round(frequency_hz * 100);
  }

  /** What the ADC converts on channel `phase` at `time_us`, 0..4095. */
  sample(phase: number, time_us: number): number {
    const angle = time_us === this.sampled_us ? this.sampled_angle : this.angle(time_us);
    let index = angle + LAG[phase];
    if (index >= TABLE_SIZE) index -= TABLE_SIZE;
    const scaled = this.counts[phase] * SINE[index] + (1 << (TABLE_BITS - 1));
    const value = MID_SCALE + (scaled >> TABLE_BITS);
    return value < 0 ? 0 : value > FULL_SCALE ? FULL_SCALE : value;
  }

  /** Angle of phase A in entries of the table. */
  private angle(time_us: number): number {
    while (time_us - this.anchor_us >= ANCHOR_US) this.anchor_us += ANCHOR_US;
    const hundredths = (time_us - this.anchor_us) * this.frequency_chz; // of cycles, in 1e-8
    const steps = ((hundredths * TABLE_SIZE) / ANCHOR_US) | 0;
    this.sampled_us = time_us;
    this.sampled_angle = (steps + this.start_angle) % TABLE_SIZE;
    return this.sampled_angle;
  }
}

function checkPhase(phase: number): void {
  if (phase !== 0 && phase !== 1 && phase !== 2) throw new DeviceError("mains", `phase ${phase}`);
}
