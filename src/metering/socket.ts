/** The calibration socket: holds the household on display while pins 4 and 6 are shorted, and repeats
 *  its pulses on pins 1 (forward) and 7 (reverse). Product sheet, "Inspection and calibration". */

export const SOCKET_FORWARD: i32 = 0;
export const SOCKET_REVERSE: i32 = 1;

/** The plug is believed after so many equal samples. */
export const SETTLE_SAMPLES: u32 = 20;
/** Width of a repeated pulse; half of the spacing when pulses come faster. */
export const PULSE_MAXIMUM_MS: u32 = 80;
/** Least width, and least rest between two repeated pulses. */
export const PULSE_MINIMUM_MS: u32 = 10;

let settling: u32 = 0; // samples in a row that differ from the believed state
let shorted: bool = false;
let household: i32 = 0; // held, 1..39, 0 none

// Two repeaters, SOCKET_FORWARD and SOCKET_REVERSE.
const waiting: StaticArray<u32> = [0, 0]; // pulses not yet repeated
const level: StaticArray<u32> = [0, 0];
const since_ms: StaticArray<u32> = [0, 0]; // of the level
const width_ms: StaticArray<u32> = [0, 0];
const input_ms: StaticArray<u32> = [0, 0]; // the last pulse that came in

export function socketInit(now_ms: u32): void {
  settling = 0;
  shorted = false;
  household = 0;
  clear(now_ms);
}

function clear(now_ms: u32): void {
  for (let pin = 0; pin < 2; pin++) {
    waiting[pin] = 0;
    level[pin] = 0;
    since_ms[pin] = now_ms - PULSE_MAXIMUM_MS;
    width_ms[pin] = PULSE_MAXIMUM_MS;
    input_ms[pin] = now_ms - 2 * PULSE_MAXIMUM_MS;
  }
}

/** Household held by the plug, 1..39, 0 none. */
export function heldHousehold(): i32 {
  return household;
}

/** One sample of pin 4 (true: shorted to pin 6); `displayed`: the household on the tubes, 0 none. A
 *  plug put in while no household is on display waits for one. */
export function socketVerify(is_shorted: bool, displayed: i32, now_ms: u32): void {
  settling = is_shorted == shorted ? 0 : settling + 1;
  if (settling >= SETTLE_SAMPLES) {
    settling = 0;
    shorted = is_shorted;
  }
  if (!shorted && household != 0) {
    household = 0;
    clear(now_ms);
  } else if (shorted && household == 0 && displayed != 0) {
    household = displayed;
    clear(now_ms);
  }
}

/** `pulses` of the held household came in on `pin` in this millisecond. */
export function socketPulses(pin: i32, pulses: u32, now_ms: u32): void {
  if (pulses == 0) return;
  const spacing_ms = pulses > 1 ? 0 : now_ms - input_ms[pin];
  width_ms[pin] = max(PULSE_MINIMUM_MS, min(PULSE_MAXIMUM_MS, spacing_ms / 2));
  input_ms[pin] = now_ms;
  waiting[pin] += pulses;
}

/** Level of an output pin in this millisecond. */
export function socketLevel(pin: i32, now_ms: u32): u32 {
  const elapsed_ms = now_ms - since_ms[pin];
  if (level[pin] != 0) {
    // A pulse that waits shortens the one under way to the width that the present rate asks for.
    if (elapsed_ms >= width_ms[pin]) {
      level[pin] = 0;
      since_ms[pin] = now_ms;
    }
  } else if (waiting[pin] != 0 && elapsed_ms >= PULSE_MINIMUM_MS) {
    waiting[pin] -= 1;
    level[pin] = 1;
    since_ms[pin] = now_ms;
  }
  return level[pin];
}
