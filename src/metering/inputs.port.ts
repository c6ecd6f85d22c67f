/** Pulse and direction inputs through ten 74HC165 (HAL.md, "Inputs"), pulses waiting to be counted,
 *  and the three voltages through the converter. */
import { ADC_PHASE_A, adc, PIN_INPUT_LOAD, pin_write, spi, SPI_INPUTS } from "../hal";
import { copyBytes, fillBytes } from "../common/bytes";
import { CHANNEL_COUNT } from "../store/map";
import { debounce, debounceInit } from "./debounce";
import { PHASE_COUNT, phaseSample } from "./phases";

const CHAIN_SIZE: i32 = 10; // five bytes of pulses, five of directions
const CHANNEL_MASK: u64 = ((<u64>1) << CHANNEL_COUNT) - 1;

const chain: usize = memory.data(16, 8);
const counts: usize = memory.data(40); // pulses of each channel since the start, low 8 bits
if (CHANNEL_COUNT > 40) ERROR("counts do not fit");
let reversed: u64 = 0; // the last pulse of these was a reverse one
let waiting: u64 = 0; // channels with a pulse that is not counted yet
let waiting_reverse: u64 = 0; // the direction of those pulses
let edges: u64 = 0; // pulses that began in this millisecond
let directions: u64 = 0;
let phase: i32 = 0;

function sampleInputs(): u64 {
  pin_write(PIN_INPUT_LOAD, 0);
  pin_write(PIN_INPUT_LOAD, 1);
  spi(SPI_INPUTS, chain, CHAIN_SIZE);
  const low = load<u64>(chain);
  directions = ((low >> 40) | ((<u64>load<u16>(chain, 8)) << 24)) & CHANNEL_MASK;
  return low & CHANNEL_MASK;
}

export function inputsInit(): void {
  fillBytes(counts, 0, <u32>CHANNEL_COUNT);
  reversed = 0;
  waiting = 0;
  waiting_reverse = 0;
  edges = 0;
  phase = 0;
  debounceInit(sampleInputs());
}

function countEdges(): void {
  reversed = (reversed & ~edges) | (directions & edges);
  for (let rest = edges; rest != 0; rest &= rest - 1) {
    const at = counts + <usize>ctz(rest);
    store<u8>(at, load<u8>(at) + 1);
  }
}

/** One sample of all inputs and of one phase. Returns the channels whose waiting pulse must be counted
 *  now because another one came: none, unless pulses come faster than any front end gives them. */
export function inputsTick(): u64 {
  edges = debounce(sampleInputs());
  if (edges != 0) countEdges();
  phaseSample(phase, adc(ADC_PHASE_A + phase));
  phase = phase + 1 == PHASE_COUNT ? 0 : phase + 1;
  return edges & waiting;
}

/** Puts this millisecond's pulses behind those that wait. */
export function inputsLatch(): void {
  if (edges == 0) return;
  assert((waiting & edges) == 0);
  waiting |= edges;
  waiting_reverse = (waiting_reverse & ~edges) | (directions & edges);
}

/** Pulses that began in this millisecond among `channels`, forward or reverse. */
export function inputPulses(channels: u64, reverse: bool): u32 {
  if (edges == 0) return 0;
  return <u32>popcnt(edges & channels & (reverse ? directions : ~directions));
}

/** Channels with a pulse to be counted, as bits. */
export function waitingPulses(): u64 {
  return waiting;
}

/** Takes the waiting pulse of a channel; true when it is a reverse one. */
export function takePulse(channel_index: i32): bool {
  const bit = (<u64>1) << channel_index;
  assert((waiting & bit) != 0);
  waiting &= ~bit;
  return (waiting_reverse & bit) != 0;
}

/** The last sample of the chain, CHAIN_SIZE bytes at `to`. */
export function inputsRaw(to: usize): void {
  copyBytes(to, chain, CHAIN_SIZE);
}

/** Pulses of each channel since the start, low 8 bits: CHANNEL_COUNT bytes at `to`. */
export function inputCounts(to: usize): void {
  copyBytes(to, counts, CHANNEL_COUNT);
}

/** Channels whose last pulse was a reverse one, as bits. */
export function inputsReversed(): u64 {
  return reversed;
}

/** One conversion of a phase's voltage, 0..4095. */
export function phaseRaw(index: i32): u32 {
  return <u32>adc(ADC_PHASE_A + index);
}
