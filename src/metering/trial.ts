/** The relay test: for a set time the relays of some households open and close every two seconds,
 *  whatever their accounts say. Decides only; the relays are driven like any wanted change. It is not
 *  remembered: a power cut ends it. Source: src/rfid/SPEC.md, "Management messages". */

export enum Trial {
  Idle,
  Open,
  Closed,
}
export const TRIAL_COUNT: i32 = 3;

/** Time in a position; longer where driving all relays takes longer. */
export const TRIAL_POSITION_MS: u32 = 2000;
export const TRIAL_SECONDS_MAXIMUM: u32 = 600;

let state: Trial = 0; // Trial.Idle
let households: u64 = 0; // bit per household, bit 0 = household 1
let began_ms: u32 = 0;
let position_ms: u32 = 0; // when the position was wanted
let duration_ms: u32 = 0;

export function trialInit(): void {
  state = Trial.Idle;
  households = 0;
}

/** Every test begins with open relays; it may end in either position. */
export function trialMayMove(from: Trial, to: Trial): bool {
  if (from == Trial.Idle) return to == Trial.Open;
  return to != from;
}

function move(to: Trial, now_ms: u32): void {
  assert(trialMayMove(state, to));
  state = to;
  position_ms = now_ms;
}

/** Households under test, as bits. */
export function triedHouseholds(): u64 {
  return households;
}

/** True when `household` (1..39; 0 none) is under test. */
export function isTried(household: i32): bool {
  return household != 0 && (households & ((<u64>1) << (household - 1))) != 0;
}

/** True when the test wants closed relays. */
export function trialWantsClosed(): bool {
  return state == Trial.Closed;
}

/** Ends the test. Returns the households whose supply is their accounts' again. */
function end(now_ms: u32): u64 {
  const released = households;
  households = 0;
  move(Trial.Idle, now_ms);
  return released;
}

/** Starts a test of `seconds` (1..600) in place of one under way. Returns the households whose supply
 *  has to be told to the relays. */
export function trialStart(new_households: u64, seconds: u32, now_ms: u32): u64 {
  assert(seconds >= 1 && seconds <= TRIAL_SECONDS_MAXIMUM);
  const released = state == Trial.Idle ? 0 : end(now_ms);
  households = new_households;
  began_ms = now_ms;
  duration_ms = seconds * 1000;
  move(Trial.Open, now_ms);
  return released | households;
}

/** One step; `is_driven`: all relays under test stand as the test wants them. Returns the households
 *  whose supply has to be told to the relays. */
export function trialTick(now_ms: u32, is_driven: bool): u64 {
  if (state == Trial.Idle) return 0;
  if (now_ms - began_ms >= duration_ms) return end(now_ms);
  if (!is_driven || now_ms - position_ms < TRIAL_POSITION_MS) return 0;
  move(state == Trial.Open ? Trial.Closed : Trial.Open, now_ms);
  return households;
}
