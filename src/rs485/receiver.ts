/** Receiver for RS485: finds the frames of three protocols in one stream of bytes, each by itself, past
 *  garbage, false starts and the frames of others. A native frame and one of DL/T 645 are found by
 *  their start mark anywhere; one of Modbus begins where a silence or another frame ended. Each byte
 *  belongs to at most one frame. Pure: line.port.ts brings bytes and silences.
 *  Source: src/rs485/SPEC.md, "Timing"; DL/T 645-2007, 5.2; Modbus over serial line v1.02, 2.5.1. */

import { FRAME_START, GAP_US } from "../link/frame";
import { frameAt } from "../link/receiver";
import { DLT_START, dltFrameAt } from "./dlt/frame";
import { MODBUS_OVERHEAD, modbusFrameAt } from "./modbus/frame";

export enum Found {
  Nothing,
  Native,
  Dlt,
  Modbus,
}

// Setting line_protocol: native frames are always taken.
export const PROTOCOL_ANY: i32 = 0;
export const PROTOCOL_DLT: i32 = 1;
export const PROTOCOL_MODBUS: i32 = 2;

const GAP_DLT_US: i32 = 500000;
// A host that is silent so long inside a frame is waiting for an answer to another one behind it.
const DOUBT_US: i32 = 20000;

const CAPACITY: i32 = 512;
// Two starts in a millisecond at 19200 baud at most; more only after something was given up.
const CHECKS_MAX: i32 = 8;
const NONE: i32 = -1;

const bytes: usize = memory.data(512);
if (CAPACITY != 512) ERROR("the buffer has another size");

let protocol: i32 = 0;
let character_us: i32 = 0;
let taken: i32 = 0; // bytes at the front that are done with
let count: i32 = 0; // bytes in the buffer, the taken ones included
let ahead: i32 = 0; // when above `taken`: an unfinished frame stands there, and none up to here
let sync: i32 = 0; // where a frame of Modbus may begin, NONE
let found: usize = 0;
let found_size: i32 = 0;
let wrong: i32 = 0; // what might have been Modbus and was not, since the last receiverTakeWrong()

/** Forgets every byte; what comes next follows a silence. */
export function receiverInit(): void {
  taken = 0;
  count = 0;
  ahead = 0;
  sync = 0;
  found = bytes;
  found_size = 0;
  wrong = 0;
}

/** Which protocols are looked for (a PROTOCOL_), and how long a character lasts. */
export function receiverConfigure(line_protocol: i32, of_character_us: i32): void {
  protocol = line_protocol;
  character_us = of_character_us;
}

/** Silence that ends a frame of Modbus: 3.5 characters, us. */
export function receiverEndUs(): i32 {
  return (character_us * 7 + 1) >> 1;
}

/** Where the next received bytes go; makes room by moving what is not yet taken to the front. The
 *  frame found last is gone then. */
export function receiverTail(): usize {
  if (taken > 0) {
    for (let i = taken; i < count; i++) store<u8>(bytes + i - taken, load<u8>(bytes + i));
    count -= taken;
    ahead = ahead > taken ? ahead - taken : 0;
    sync = sync >= taken ? sync - taken : NONE;
    taken = 0;
  }
  return bytes + count;
}

/** Bytes that fit at receiverTail(), 0..512. */
export function receiverRoom(): i32 {
  return CAPACITY - count;
}

/** `size` bytes were put at receiverTail(); `after_silence`: 3.5 characters of silence came before. */
export function receiverAdd(size: i32, after_silence: bool): void {
  assert(size >= 0 && count + size <= CAPACITY);
  if (after_silence) sync = count;
  count += size;
  ahead = 0;
}

/** Whether bytes wait that are not yet a frame. */
export function receiverPending(): bool {
  return taken != count;
}

/** How often since the last call something that might have been Modbus had a wrong CRC. */
export function receiverTakeWrong(): i32 {
  const result = wrong;
  wrong = 0;
  return result;
}

/** The frame found last, without preamble; until receiverTail(). */
export function receiverFrame(): usize {
  return found;
}

/** Its size, bytes. */
export function receiverFrameSize(): i32 {
  return found_size;
}

function take(at: i32, size: i32): void {
  found = bytes + at;
  found_size = size;
  taken = at + size;
  ahead = 0;
  if (sync < taken) sync = taken;
}

/** Size of a frame with a start mark at `at`, 0 while it may become one, -1. */
function markedAt(at: i32): i32 {
  const start = load<u8>(bytes + at);
  if (start == FRAME_START) return frameAt(bytes + at, <u32>(count - at));
  if (start != DLT_START || protocol == PROTOCOL_MODBUS) return -1;
  return dltFrameAt(bytes + at, count - at);
}

function isNative(at: i32): bool {
  return load<u8>(bytes + at) == FRAME_START;
}

function isMark(at: i32): bool {
  return isNative(at) || load<u8>(bytes + at) == DLT_START;
}

/** Silence that gives up the unfinished frame at `at`. */
function gapUs(at: i32): i32 {
  const slow_us = receiverEndUs() + character_us;
  if (!isNative(at)) return GAP_DLT_US;
  return slow_us > GAP_US ? slow_us : GAP_US;
}

/** Whether what came since the last silence or frame may become a frame of Modbus. */
function isHeld(): bool {
  return protocol != PROTOCOL_DLT && sync >= taken && sync < count;
}

/** Looks at the place where a frame of Modbus may begin. True when there is one. */
function findModbus(idle_us: i32): bool {
  if (!isHeld()) return false;
  const ended = idle_us >= receiverEndUs();
  // The other protocol's marks are the better proof.
  const marked = markedAt(sync);
  if (marked > 0 || (marked == 0 && !ended)) return false;
  const size = modbusFrameAt(bytes + sync, count - sync, ended);
  if (size > 0) {
    take(sync, size);
    return true;
  }
  // A byte that is under way is not seen before its end.
  const over = idle_us >= receiverEndUs() + character_us;
  if (size < 0 && (!ended || over)) {
    if (ended && count - sync >= MODBUS_OVERHEAD) wrong++;
    sync = NONE;
  }
  return false;
}

/** Gives up the unfinished frame at the front after its silence. */
function giveUp(idle_us: i32): void {
  if (ahead <= taken || idle_us < gapUs(taken)) return;
  taken++;
  ahead = 0;
}

function takeMarked(at: i32, size: i32): Found {
  const native = isNative(at);
  take(at, size);
  return native ? Found.Native : Found.Dlt;
}

/** Looks for start marks, not behind the start of what may become a frame of Modbus. */
function findMarked(idle_us: i32): Found {
  if (ahead > taken && idle_us < DOUBT_US) return Found.Nothing;
  giveUp(idle_us);
  const end = isHeld() ? sync + 1 : count;
  let at = ahead > taken ? ahead : taken;
  for (let checks = 0; at < end && checks < CHECKS_MAX; at++) {
    const size = markedAt(at);
    if (size > 0) return takeMarked(at, size);
    if (isMark(at)) checks++;
    if (size == 0 && ahead <= taken && idle_us < gapUs(at)) {
      taken = at;
      ahead = at + 1;
      if (idle_us < DOUBT_US) return Found.Nothing;
    }
  }
  if (ahead > taken) ahead = at;
  else taken = isHeld() && at > sync ? sync : at;
  return Found.Nothing;
}

/** The next right frame; `idle_us`: how long the line has been silent. Bounded: what is not found at
 *  once is found by the next calls. */
export function receiverNext(idle_us: i32): Found {
  if (taken == count) return Found.Nothing;
  // The longest frame is half as long as the buffer: what fills it is none.
  const silence_us = count - taken == CAPACITY ? GAP_DLT_US : idle_us;
  if (findModbus(silence_us)) return Found.Modbus;
  return findMarked(silence_us);
}
