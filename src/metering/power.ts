/** Power from the spacing of pulses, and the maximum demand of a quarter of an hour. */
import { recordSave } from "../store/image";
import { DEMAND, demandBody } from "../store/places";
import { CHANNEL_COUNT, DEMAND_MAXIMUM, DEMAND_TIME } from "../store/map";
import { isFlowing, JOULES_PER_KWH, lastPulseMs } from "./books";
import { channelConstant } from "./settings";
import { clockNow, runningS } from "./uptime";

const QUARTER_S: u32 = 900;
const QUARTER_TOLERANCE_S: u32 = 2; // by which the clock may drift from the running time in a quarter
const NO_QUARTER: u32 = 0xffffffff;
const POWER_MAXIMUM_DW: u64 = 700_000_000; // of a channel; three of them fit 32 bits

const spacing_ms: usize = memory.data(CHANNEL_COUNT * 4, 4);
const quarter_j: usize = memory.data(CHANNEL_COUNT * 4, 4); // per household
let reversed: u64 = 0; // channels whose last pulse was a reverse one
let quarter: u32 = 0; // which quarter is running
let quarter_since_s: u32 = 0;
let closing: i32 = 0; // households still to be closed for the quarter that ended
let closing_s: u32 = 0; // length of that quarter, 0 when it is not judged

export function powerInit(): void {
  reversed = 0;
  quarter = NO_QUARTER;
  quarter_since_s = runningS();
  closing = 0;
  closing_s = 0;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    store<u32>(spacing_ms + 4 * index, 0);
    store<u32>(quarter_j + 4 * index, 0);
  }
}

/** A registered pulse: `since_ms` after the one before it. */
export function powerPulse(channel_index: i32, reverse: bool, since_ms: u32): void {
  store<u32>(spacing_ms + 4 * channel_index, since_ms);
  const bit = (<u64>1) << channel_index;
  reversed = reverse ? reversed | bit : reversed & ~bit;
}

/** Energy of a household in the running quarter, J. */
export function demandAdd(household_index: i32, energy_j: u32): void {
  store<u32>(
    quarter_j + 4 * household_index,
    load<u32>(quarter_j + 4 * household_index) + energy_j,
  );
}

/** Power of a channel, 0.1 W, negative when it flows back. While the next pulse is overdue the figure
 *  falls with the time waited. */
function channelPowerDw(channel_index: i32, now_ms: u32): i32 {
  const spacing = load<u32>(spacing_ms + 4 * channel_index);
  if (spacing == 0 || !isFlowing(channel_index)) return 0;
  const wait_ms = max(spacing, now_ms - lastPulseMs(channel_index));
  const energy_100uj = (<u64>JOULES_PER_KWH * 10000) / channelConstant(channel_index);
  const power_dw = <i32>min(energy_100uj / wait_ms, POWER_MAXIMUM_DW);
  return (reversed & ((<u64>1) << channel_index)) != 0 ? -power_dw : power_dw;
}

/** Power of the `channels` of a household together, 0.1 W. */
export function powerDw(channels: u64, now_ms: u32): i32 {
  let sum_dw: i32 = 0;
  for (let rest = channels; rest != 0; rest &= rest - 1) {
    sum_dw += channelPowerDw(<i32>ctz(rest), now_ms);
  }
  return sum_dw;
}

/** Greatest mean power of a quarter, W. */
export function maximumDemandW(household_index: i32): u32 {
  return load<u32>(demandBody(household_index), DEMAND_MAXIMUM);
}

/** End of that quarter; 0 when the time was unknown. */
export function maximumDemandTime(household_index: i32): u32 {
  return load<u32>(demandBody(household_index), DEMAND_TIME);
}

function isWhole(elapsed_s: u32): bool {
  return (
    elapsed_s >= QUARTER_S - QUARTER_TOLERANCE_S && elapsed_s <= QUARTER_S + QUARTER_TOLERANCE_S
  );
}

/** Once a second: sees whether a quarter has ended. Quarters follow the clock, or the running time
 *  while the clock is unknown; one that was cut short or stretched is not judged. */
export function demandSecond(): void {
  const clock = clockNow();
  const current = (clock != 0 ? clock : runningS()) / QUARTER_S;
  if (current == quarter) return;
  const elapsed_s = runningS() - quarter_since_s;
  closing_s = quarter != NO_QUARTER && isWhole(elapsed_s) ? elapsed_s : 0;
  closing = CHANNEL_COUNT;
  quarter = current;
  quarter_since_s = runningS();
}

/** Closes one household's quarter per call: at most one record. True when there was one to close. */
export function demandTick(): bool {
  if (closing == 0) return false;
  closing--;
  const energy_j = load<u32>(quarter_j + 4 * closing);
  store<u32>(quarter_j + 4 * closing, 0);
  if (closing_s == 0 || energy_j / closing_s <= maximumDemandW(closing)) return true;
  const body = demandBody(closing);
  store<u32>(body, energy_j / closing_s, DEMAND_MAXIMUM);
  store<u32>(body, clockNow(), DEMAND_TIME);
  recordSave(DEMAND, closing);
  return true;
}
