/** The relays of the box, for the meter's entry. Order of service: wanted changes, then what
 *  supervision drives open again, then the refresh; one coil at a time, with a rest after each
 *  pulse. Whether a household is supplied is the account's to judge. Channels are bits of a u64,
 *  bit 0 = channel 1. */
import { CHANNEL_COUNT } from "../store/map";
import { Coil, coilMayMove } from "./coil";
import { coilsDrive, coilsOff } from "./coils.port";
import { positionsClosed, positionsLoad, positionsMoving, positionsSave } from "./positions.port";
import * as schedule from "./schedule";
import * as supervision from "./supervision";

const PULSE_MINIMUM_MS: u32 = 20;
const PULSE_MAXIMUM_MS: u32 = 200;
const REST_MINIMUM_MS: u32 = 20;
const REST_MAXIMUM_MS: u32 = 1000;

// What holds until the settings are known.
const PULSE_DEFAULT_MS: u32 = 50;
const REST_DEFAULT_MS: u32 = 20;
const REFRESH_DEFAULT_MS: u32 = 600000;
const SPREAD_DEFAULT_MS: u32 = 10000;

const ALL_CHANNELS: u64 = ((<u64>1) << CHANNEL_COUNT) - 1;

// A refresh round leaves at least half of the time to changes, whatever the settings.
if (
  <u32>CHANNEL_COUNT * (PULSE_MAXIMUM_MS + REST_MAXIMUM_MS) * 2 >
  schedule.REFRESH_PERIOD_MINIMUM_MS
)
  ERROR("refresh rounds overlap");

let coil: Coil = 0; // Coil.Rest
let since_ms: u32 = 0; // the first tick since a coil was switched: one may be long
let is_switched: bool = false; // that tick has not come yet
let changes_position: bool = false; // the pulse under way does
let pulse_ms: u32 = 0;
let rest_ms: u32 = 0;

/** Takes the coils off and reads the positions. A channel whose pulse was interrupted is driven
 *  again; without a record every wanted position is driven. Nothing else moves. */
export function relaysInit(now_ms: u32): void {
  coilsOff();
  coil = Coil.Cooling; // a pulse may have ended just now
  is_switched = true;
  changes_position = false;
  const is_known = positionsLoad();
  schedule.scheduleInit(positionsClosed(), is_known ? 0 : ALL_CHANNELS, positionsMoving(), now_ms);
  supervision.supervisionInit(now_ms);
  relaysConfigure(PULSE_DEFAULT_MS, REST_DEFAULT_MS, REFRESH_DEFAULT_MS, SPREAD_DEFAULT_MS);
}

/** Coil pulse 20..200 ms, rest after it 20..1000 ms, refresh period 480000..900000 ms, and the time
 *  over which closings after a start are spread, 0..600000 ms. */
export function relaysConfigure(
  new_pulse_ms: u32,
  new_rest_ms: u32,
  refresh_period_ms: u32,
  close_spread_ms: u32,
): void {
  assert(new_pulse_ms >= PULSE_MINIMUM_MS && new_pulse_ms <= PULSE_MAXIMUM_MS);
  assert(new_rest_ms >= REST_MINIMUM_MS && new_rest_ms <= REST_MAXIMUM_MS);
  pulse_ms = new_pulse_ms;
  rest_ms = new_rest_ms;
  schedule.scheduleConfigure(refresh_period_ms, close_spread_ms);
}

/** Channels that serve a household; only these are refreshed. */
export function relaysUse(channels: u64): void {
  schedule.scheduleUse(channels);
}

/** Wants the channels of one household closed or open. First come, first served; those of one call
 *  are driven back to back. */
export function relaysWant(channels: u64, closed: bool, now_ms: u32): void {
  schedule.scheduleWant(channels, closed, now_ms);
}

/** Drives one relay once, even into its position. */
export function relaysDrive(channel_index: i32, closed: bool, now_ms: u32): void {
  schedule.scheduleDrive(channel_index, closed, now_ms);
}

/** True while no coil has current, none needs a rest, and no change waits. */
export function relaysResting(): bool {
  return coil == Coil.Rest && !schedule.hasChanges();
}

/** Energy was registered on a channel. Returns 0, or the number of the attempt when the relay
 *  should be open for 5 s or more: the caller records it, and the relay is driven open again. */
export function relaysEnergy(channel_index: i32, now_ms: u32): i32 {
  if (!schedule.isLeftOpen(channel_index)) return 0;
  return supervision.supervisionEnergy(channel_index, now_ms);
}

/** Channels last driven closed. */
export function relaysClosed(): u64 {
  return schedule.closedChannels();
}

/** True while a refresh round is under way. */
export function relaysRefreshing(): bool {
  return schedule.isRefreshing();
}

function moveCoil(to: Coil): void {
  assert(coilMayMove(coil, to));
  coil = to;
  is_switched = true;
}

function startPulse(channel_index: i32): void {
  const closing = schedule.isClosed(channel_index);
  if (changes_position) positionsSave(schedule.closedChannels(), channel_index);
  moveCoil(closing ? Coil.Closing : Coil.Opening);
  coilsDrive(channel_index, closing);
}

function endPulse(): void {
  coilsOff();
  moveCoil(Coil.Cooling);
  if (changes_position) positionsSave(schedule.closedChannels(), -1);
  changes_position = false;
}

/** Starts the pulse that is due first, if any. */
function startNext(now_ms: u32): void {
  let channel_index = schedule.takeChange(now_ms);
  changes_position = channel_index >= 0;
  if (changes_position) supervision.supervisionChanged(channel_index, now_ms);
  if (channel_index < 0) channel_index = supervision.takeAgain(now_ms);
  if (channel_index < 0) channel_index = schedule.takeRefresh(now_ms);
  if (channel_index >= 0) startPulse(channel_index);
}

/** One step: at most one coil is switched and one record written; true when there was one. Called once
 *  per ms. A pulse and a rest last at least what was set, and up to two ticks more; where ticks are late they
 *  may be short by less than 1 ms, the measure of time. */
export function relaysTick(now_ms: u32): bool {
  if (is_switched) since_ms = now_ms;
  is_switched = false;
  const elapsed_ms = now_ms - since_ms;
  if (coil == Coil.Closing || coil == Coil.Opening) {
    if (elapsed_ms < pulse_ms) return false;
    endPulse();
    return true;
  }
  if (coil == Coil.Cooling) {
    if (elapsed_ms < rest_ms) return false;
    moveCoil(Coil.Rest);
  }
  startNext(now_ms);
  return coil != Coil.Rest;
}
