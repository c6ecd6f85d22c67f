/** Phase voltages, frequency and phase loss from one sample a millisecond, the phases in turn. */
import { fillBytes } from "../common/bytes";
import { EVENT_PHASE_BACK, EVENT_PHASE_LOST, noteEvent } from "./events";
import { runningS } from "./uptime";

export const PHASE_COUNT: i32 = 3;
const MID_SCALE: i32 = 2048; // the inputs are biased to half of the converter's scale
// 200 samples 3 ms apart are 30 periods at 50 Hz; the leakage of a broken period stays below 0.3 %.
const WINDOW_SAMPLES: u32 = 200;
// One count is 0.2 V; a root mean square in counts times 2 is 0.1 V.
const DV_PER_COUNT: u32 = 2;
/** Below this a phase is lost, above BACK_DV it is back: 60 % and 70 % of 220 V, in 0.1 V. */
export const LOST_DV: u32 = 1320;
export const BACK_DV: u32 = 1540;
const ALL_PRESENT: u32 = 7;

// What is kept of each phase.
const SQUARES: usize = 0; // sums over the window: of squares,
const SUM: usize = 4; // of values,
const SAMPLES: usize = 8; // of samples
const VOLTAGE_DV: usize = 12;
const LOST_SINCE_S: usize = 16;
const KEPT_SIZE: usize = 20;
const kept: usize = memory.data(60, 4);
let present: u32 = 0; // bit per phase

// Rising crossings of the reference phase, the lowest one present, over one window.
let before: i32 = 0;
let before_ms: u32 = 0; // by samples: a late tick has the sample of its millisecond
let sampled_ms: u32 = 0;
let first_us: u32 = 0;
let last_us: u32 = 0;
let crossings: u32 = 0;
let frequency_chz: u32 = 0; // 0.01 Hz

export function phasesInit(): void {
  fillBytes(kept, 0, <u32>KEPT_SIZE * PHASE_COUNT);
  present = ALL_PRESENT;
  before = 0;
  before_ms = 0;
  sampled_ms = 0;
  crossings = 0;
  frequency_chz = 0;
}

function keptOf(phase: i32): usize {
  assert(<u32>phase < <u32>PHASE_COUNT);
  return kept + KEPT_SIZE * phase;
}

/** Bits 0..2: phase A, B, C present. */
export function phasesPresent(): u32 {
  return present;
}

/** Voltage of a phase, 0.1 V. */
export function phaseVoltageDv(phase: i32): u32 {
  return load<u32>(keptOf(phase), VOLTAGE_DV);
}

/** Frequency, 0.01 Hz; 0 before it is known. */
export function frequencyChz(): u32 {
  return frequency_chz;
}

/** Integer square root, rounded down. */
export function squareRoot(value: u32): u32 {
  let root: u32 = 0;
  for (let bit: u32 = 1 << 15; bit != 0; bit >>= 1) {
    const trial = root | bit;
    if (trial * trial <= value) root = trial;
  }
  return root;
}

function judgePhase(phase: i32): void {
  const bit: u32 = 1 << phase;
  const of_phase = keptOf(phase);
  const voltage = load<u32>(of_phase, VOLTAGE_DV);
  if ((present & bit) != 0 && voltage < LOST_DV) {
    present &= ~bit;
    store<u32>(of_phase, runningS(), LOST_SINCE_S);
    noteEvent(EVENT_PHASE_LOST, 0, phase, voltage);
  } else if ((present & bit) == 0 && voltage >= BACK_DV) {
    present |= bit;
    const lost_s = runningS() - load<u32>(of_phase, LOST_SINCE_S);
    noteEvent(EVENT_PHASE_BACK, 0, phase, <i64>lost_s);
  }
}

function closeWindow(phase: i32): void {
  const of_phase = keptOf(phase);
  const mean = load<i32>(of_phase, SUM) / <i32>WINDOW_SAMPLES;
  const mean_square = load<u32>(of_phase, SQUARES) / WINDOW_SAMPLES - <u32>(mean * mean);
  store<u32>(of_phase, squareRoot(mean_square * DV_PER_COUNT * DV_PER_COUNT), VOLTAGE_DV);
  fillBytes(of_phase, 0, <u32>VOLTAGE_DV);
  judgePhase(phase);
}

/** Looks for a rising crossing between the sample before and this one, 3 ms later. */
function follow(value: i32, now_ms: u32): void {
  if (before < 0 && value >= 0) {
    // Linear between two samples 54 degrees apart: the error is below 1 degree, over 30 periods nothing.
    last_us = before_ms * 1000 + ((now_ms - before_ms) * 1000 * -before) / (value - before);
    if (crossings == 0) first_us = last_us;
    crossings++;
  }
  before = value;
  before_ms = now_ms;
}

function closeFrequency(): void {
  if (crossings >= 2) {
    const periods_us = <u64>(crossings - 1) * 100_000_000; // times 100: 0.01 Hz
    frequency_chz = <u32>(periods_us / (last_us - first_us));
  } else {
    frequency_chz = 0;
  }
  crossings = 0;
}

/** One sample (0..4095) of `phase`; the phases come in turn, one a millisecond. */
export function phaseSample(phase: i32, sample: i32): void {
  sampled_ms++;
  const value = sample - MID_SCALE;
  const of_phase = keptOf(phase);
  const samples = load<u32>(of_phase, SAMPLES) + 1;
  store<u32>(of_phase, load<u32>(of_phase, SQUARES) + value * value, SQUARES);
  store<i32>(of_phase, load<i32>(of_phase, SUM) + value, SUM);
  store<u32>(of_phase, samples, SAMPLES);
  const reference = present == 0 ? 0 : <i32>ctz(present);
  if (phase == reference) follow(value, sampled_ms);
  if (samples < WINDOW_SAMPLES) return;
  closeWindow(phase);
  if (phase == reference) closeFrequency();
}
