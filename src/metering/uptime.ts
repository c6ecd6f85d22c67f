/** Running time and the clock that the panel reports. The running time goes on where the memory left
 *  it, so that it counts powered seconds over the box's life; the clock is believed only while the
 *  panel says that it is trusted. */
import { recordSave } from "../store/image";
import { RUNNING, RUNNING_BODY } from "../store/places";
import { RUNNING_CLOCK, RUNNING_RUNNING_S, RUNNING_STARTS } from "../store/map";

const SECOND_MS: u32 = 1000;
/** A trusted clock that differs by more than this is a jump worth recording, s. */
export const CLOCK_JUMP_S: i32 = 2;

let second_since_ms: u32 = 0;
let clock: u32 = 0; // seconds since 2000-01-01, 0 unknown
let clock_at_running_s: u32 = 0;

/** Starts from the RUNNING record and counts this start. */
export function uptimeInit(now_ms: u32): void {
  second_since_ms = now_ms;
  clock = 0;
  clock_at_running_s = 0;
  const body = RUNNING_BODY;
  store<u32>(body, load<u32>(body, RUNNING_STARTS) + 1, RUNNING_STARTS);
}

/** Seconds this box has run in its life. */
export function runningS(): u32 {
  return load<u32>(RUNNING_BODY, RUNNING_RUNNING_S);
}

export function startCount(): u32 {
  return load<u32>(RUNNING_BODY, RUNNING_STARTS);
}

/** Time at the last sign of life, from the memory: before the first tick, that of the power cut. */
export function lastClock(): u32 {
  return load<u32>(RUNNING_BODY, RUNNING_CLOCK);
}

/** Seconds since 2000-01-01 00:00:00 local standard time, 0 unknown. */
export function clockNow(): u32 {
  return clock == 0 ? 0 : clock + (runningS() - clock_at_running_s);
}

/** Takes the panel's clock; 0 when it is not trusted. Returns the seconds it jumped by, 0 for none. */
export function clockSet(time: u32): i32 {
  const before = clockNow();
  clock = time;
  clock_at_running_s = runningS();
  if (before == 0 || time == 0) return 0;
  const jump_s = <i32>(time - before);
  return jump_s > CLOCK_JUMP_S || jump_s < -CLOCK_JUMP_S ? jump_s : 0;
}

/** Counts seconds; true when a new one began, which is then durable. */
export function uptimeTick(now_ms: u32): bool {
  if (now_ms - second_since_ms < SECOND_MS) return false;
  second_since_ms += SECOND_MS;
  const body = RUNNING_BODY;
  store<u32>(body, load<u32>(body, RUNNING_RUNNING_S) + 1, RUNNING_RUNNING_S);
  store<u32>(body, clockNow(), RUNNING_CLOCK);
  recordSave(RUNNING, 0);
  return true;
}
