/** Pins of the calibration socket. */
import { PIN_SOCKET_FORWARD, PIN_SOCKET_REVERSE, PIN_SOCKET_VERIFY } from "../hal";
import { pin_read, pin_write } from "../hal";
import { accountChannels } from "./account";
import { inputPulses } from "./inputs.port";
import { heldHousehold, SOCKET_FORWARD, SOCKET_REVERSE, socketInit } from "./socket";
import { socketLevel, socketPulses, socketVerify } from "./socket";

let forward: u32 = 0; // levels last driven
let reverse: u32 = 0;

export function socketPinsInit(now_ms: u32): void {
  socketInit(now_ms);
  forward = 0;
  reverse = 0;
  pin_write(PIN_SOCKET_FORWARD, 0);
  pin_write(PIN_SOCKET_REVERSE, 0);
}

/** Once a millisecond, after the inputs; `displayed`: household on the tubes, 0 none. */
export function socketPinsTick(displayed: i32, now_ms: u32): void {
  socketVerify(socketIsShorted(), displayed, now_ms);
  const held = heldHousehold();
  if (held != 0) {
    const channels = accountChannels(held - 1);
    socketPulses(SOCKET_FORWARD, inputPulses(channels, false), now_ms);
    socketPulses(SOCKET_REVERSE, inputPulses(channels, true), now_ms);
  } else if ((forward | reverse) == 0) {
    return;
  }
  drive(now_ms);
}

/** One pulse of its own on a pin (SOCKET_FORWARD, SOCKET_REVERSE), for the self-test. */
export function socketPulse(pin: i32, now_ms: u32): void {
  socketPulses(pin, 1, now_ms);
  drive(now_ms);
}

/** True while pins 4 and 6 are shorted, not debounced. */
export function socketIsShorted(): bool {
  return pin_read(PIN_SOCKET_VERIFY) == 0;
}

function drive(now_ms: u32): void {
  const forward_now = socketLevel(SOCKET_FORWARD, now_ms);
  const reverse_now = socketLevel(SOCKET_REVERSE, now_ms);
  if (forward_now != forward) pin_write(PIN_SOCKET_FORWARD, forward_now);
  if (reverse_now != reverse) pin_write(PIN_SOCKET_REVERSE, reverse_now);
  forward = forward_now;
  reverse = reverse_now;
}
