/** State of the factory's self-test: whether it is under way, which coil it wants driven, and how long
 *  nothing that follows from it is noted. Pure; what is probed is in probing.ts. Source:
 *  src/link/SPEC.md, "PROBE request". */

/** A test is over when nothing was probed for so long: then every relay is its account's again. */
export const PROBE_KEPT_MS: u32 = 30000;
/** Driving 39 relays back takes less, whatever the settings. */
export const PROBE_QUIET_MS: u32 = 60000;

let under_way: bool = false;
let quiet: bool = false;
let asked_ms: u32 = 0; // the last probe
let coil: i32 = 0;
let resting: bool = false;

export function probeInit(): void {
  under_way = false;
  quiet = false;
  asked_ms = 0;
  coil = 0;
  resting = false;
}

/** A probe was taken; returns whether it began a test. */
export function probeTaken(now_ms: u32): bool {
  const began = !under_way;
  under_way = true;
  quiet = true;
  asked_ms = now_ms;
  return began;
}

/** True while a test is under way. */
export function probeUnderWay(): bool {
  return under_way;
}

/** True from the first probe until what it moved stands as before. */
export function probeIsQuiet(): bool {
  return quiet;
}

/** One step, needed only while probeIsQuiet(). True once when the test is over. */
export function probeTick(now_ms: u32): bool {
  const elapsed_ms = now_ms - asked_ms;
  if (elapsed_ms >= PROBE_KEPT_MS + PROBE_QUIET_MS) quiet = false;
  if (!under_way || elapsed_ms < PROBE_KEPT_MS) return false;
  under_way = false;
  return true;
}

/** Whether no relay moves or waits to be moved, as the entry last said. */
export function probeRelays(are_resting: bool): void {
  resting = are_resting;
}

export function relaysRest(): bool {
  return resting && coil == 0;
}

/** Wants one pulse of the coil that closes or opens `channel` (1..39). */
export function probeCoil(channel: i32, closing: bool): void {
  assert(coil == 0 && channel != 0);
  coil = closing ? channel : -channel;
}

/** The coil to be driven: a channel 1..39 to be closed, the same negative to be opened, 0 none. */
export function probeTakeCoil(): i32 {
  const taken = coil;
  coil = 0;
  return taken;
}
