/** What the meter does when the factory's self-test asks it to look at itself. Each probe is done within
 *  its tick but the coil's pulse, which meter.ts hands to the relays. Touches neither books nor settings.
 *  Source: src/link/SPEC.md, "What is probed". */
import { loadLe16, storeLe16, storeLe32 } from "../common/bytes";
import { E_BUSY, E_RANGE, E_REQUEST, E_SERVICE, E_STORE, OK } from "../common/errors";
import * as frame from "../link/frame";
import { framIdentification } from "../store/fram.port";
import { CHANNEL_COUNT, SPARE_BLOCK_COUNT } from "../store/map";
import { patternFill, patternWrong } from "../store/pattern";
import { EVENT_RELAY_TEST, noteEvent } from "./events";
import { isProvisioned } from "./identity";
import { inputCounts, inputsRaw, inputsReversed, phaseRaw } from "./inputs.port";
import { PHASE_COUNT, phaseVoltageDv } from "./phases";
import { probeCoil, probeTaken, probeUnderWay, relaysRest } from "./probe";
import { serviceIsOpen, serviceSwitchClosed } from "./service.port";
import { socketIsShorted, socketPulse } from "./socket.port";

const ECHO_SIZE: i32 = frame.PROBE_REQUEST_SIZE - frame.PROBE_DATA;

function isAllowed(): bool {
  if (!isProvisioned() || serviceIsOpen()) return true;
  return probeUnderWay() && serviceSwitchClosed();
}

function echo(request: usize, data: usize): void {
  for (let i = 0; i < frame.PROBE_REPLY_SIZE_MAX - frame.PROBE_REPLY_DATA; i++) {
    const inverted: u32 = ((i / ECHO_SIZE) & 1) != 0 ? 0xff : 0;
    store<u8>(data + i, <u8>(load<u8>(request + frame.PROBE_DATA + (i % ECHO_SIZE)) ^ inverted));
  }
}

function look(data: usize): void {
  inputsRaw(data + frame.LOOK_INPUTS);
  const reversed = inputsReversed();
  for (let i = 0; i < 5; i++) {
    store<u8>(data + frame.LOOK_REVERSED + i, <u8>(reversed >> (8 * i)));
  }
  let flags: u32 = socketIsShorted() ? frame.LOOK_FLAG_SOCKET : 0;
  if (serviceSwitchClosed()) flags |= frame.LOOK_FLAG_SERVICE;
  if (relaysRest()) flags |= frame.LOOK_FLAG_RESTING;
  store<u8>(data + frame.LOOK_FLAGS, <u8>flags);
  inputCounts(data + frame.LOOK_COUNTS);
  for (let phase = 0; phase < PHASE_COUNT; phase++) {
    storeLe16(data + frame.LOOK_SAMPLES + 2 * phase, phaseRaw(phase));
    storeLe16(data + frame.LOOK_VOLTAGES + 2 * phase, phaseVoltageDv(phase));
  }
}

function drive(channel: i32, value: u32): i32 {
  if (channel < 1 || channel > CHANNEL_COUNT || value > 1) return E_RANGE;
  if (!relaysRest()) return E_BUSY;
  probeCoil(channel, value == 1);
  return OK;
}

function memory(block: i32, value: u32, reply: usize): i32 {
  if (block > <i32>SPARE_BLOCK_COUNT) return E_RANGE;
  storeLe32(reply + frame.PROBE_REPLY_DATA, framIdentification());
  if (block == 0) return OK;
  if ((value & frame.MEMORY_COMPARE) == 0) patternFill(block, value & 0xff);
  else storeLe16(reply + frame.PROBE_REPLY_DETAIL, patternWrong(block, value & 0xff));
  return OK;
}

function pulseSocket(pin: i32, now_ms: u32): i32 {
  if (pin > 1) return E_RANGE;
  socketPulse(pin, now_ms);
  return OK;
}

function isLong(what: i32): bool {
  return what == frame.WHAT_ECHO || what == frame.WHAT_LOOK;
}

function carryOut(what: i32, request: usize, reply: usize, now_ms: u32): i32 {
  const index = <i32>load<u8>(request + frame.PROBE_INDEX);
  const value = loadLe16(request + frame.PROBE_VALUE);
  if (what == frame.WHAT_COIL) return drive(index, value);
  if (what == frame.WHAT_MEMORY) return memory(index, value, reply);
  if (what == frame.WHAT_SOCKET) return pulseSocket(index, now_ms);
  if (what == frame.WHAT_ECHO) echo(request, reply + frame.PROBE_REPLY_DATA);
  if (what == frame.WHAT_LOOK) look(reply + frame.PROBE_REPLY_DATA);
  return what <= frame.WHAT_CLOCK ? OK : E_REQUEST; // the rest is the panel's
}

function finish(what: i32, result: i32, reply: usize): i32 {
  store<u8>(reply + frame.RESULT, <u8>result);
  store<u8>(reply + frame.PROBE_REPLY_WHAT, <u8>what);
  return isLong(what) && result == OK ? frame.PROBE_REPLY_SIZE_MAX : frame.PROBE_REPLY_SIZE_MIN;
}

/** Answers a probe; returns the size of the reply. */
export function probe(request: usize, reply: usize, now_ms: u32): i32 {
  const what = <i32>load<u8>(request + frame.PROBE_WHAT);
  if (!isAllowed()) return finish(what, E_SERVICE, reply);
  if (probeTaken(now_ms) && isProvisioned()) noteEvent(EVENT_RELAY_TEST, 0, 0, 0);
  return finish(what, carryOut(what, request, reply, now_ms), reply);
}

/** Answers a probe while the memory is out of order. */
export function probeOutOfOrder(request: usize, reply: usize): i32 {
  const what = <i32>load<u8>(request + frame.PROBE_WHAT);
  const is_free = what == frame.WHAT_ECHO || what >= frame.WHAT_SHOW;
  if (is_free) return finish(what, carryOut(what, request, reply, 0), reply);
  storeLe32(reply + frame.PROBE_REPLY_DATA, framIdentification());
  return finish(what, E_STORE, reply);
}
