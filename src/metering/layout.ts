/** Which channels serve which household. A household is one channel, or three channels on three
 *  phases, and bears the number of its first channel. The truth is each channel's household. */
import { E_LAYOUT, E_PHASE, E_RANGE, OK } from "../common/errors";
import { CHANNEL_COUNT } from "../store/map";
import { channelHousehold, channelPhase } from "./settings";

export const HOUSEHOLD_CHANNELS_MAXIMUM: i32 = 3;

/** True when `household` (1..39) is in use. */
export function householdInUse(household: i32): bool {
  return (
    household >= 1 && household <= CHANNEL_COUNT && channelHousehold(household - 1) == household
  );
}

/** The channels of `household` as bits, bit 0 = channel 1; 0 when not in use. */
export function householdChannels(household: i32): u64 {
  let channels: u64 = 0;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (channelHousehold(index) == household) channels |= (<u64>1) << index;
  }
  return channels;
}

/** All channels that serve a household, as bits. */
export function channelsInUse(): u64 {
  let channels: u64 = 0;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (channelHousehold(index) != 0) channels |= (<u64>1) << index;
  }
  return channels;
}

/** The value of setting "layout": up to three channels of 8 bits, the household's own lowest. */
export function layoutValue(household: i32): u32 {
  let value: u32 = 0;
  let shift: u32 = 0;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (channelHousehold(index) != household) continue;
    value |= (<u32>(index + 1)) << shift;
    shift += 8;
  }
  return value;
}

/** The channels named by a layout value as bits; a channel named twice gives fewer bits than names. */
export function layoutChannels(value: u32): u64 {
  let channels: u64 = 0;
  for (let rest = value; rest != 0; rest >>= 8) {
    const channel = rest & 0xff;
    if (channel >= 1 && channel <= <u32>CHANNEL_COUNT) channels |= (<u64>1) << (channel - 1);
  }
  return channels;
}

function samePhase(channel_a: u32, channel_b: u32): bool {
  return channelPhase(channel_a - 1) == channelPhase(channel_b - 1);
}

/** Judges giving `household` (1..39) the channels of `value` (0: none). Returns OK; E_RANGE for a
 *  channel outside 1..39, for two channels, or when the first is not the household's own; E_LAYOUT
 *  when a channel is named twice or serves another household; E_PHASE for equal phases. */
export function judgeLayout(household: i32, value: u32): i32 {
  if (value == 0) return OK;
  const a = value & 0xff;
  const b = (value >> 8) & 0xff;
  const c = (value >> 16) & 0xff;
  if (a != <u32>household || (b == 0) != (c == 0)) return E_RANGE;
  if (b > <u32>CHANNEL_COUNT || c > <u32>CHANNEL_COUNT) return E_RANGE;
  for (let rest = value; rest != 0; rest >>= 8) {
    const serves = channelHousehold((rest & 0xff) - 1);
    if (serves != 0 && serves != household) return E_LAYOUT;
  }
  if (b == 0) return OK;
  if (a == b || a == c || b == c) return E_LAYOUT;
  if (samePhase(a, b) || samePhase(a, c) || samePhase(b, c)) return E_PHASE;
  return OK;
}
