/** Probes of the factory's self-test that the panel carries out when the meter has taken them: kept
 *  until panel-probe.ts has done them, then the reply. One at a time. Pure. Source: src/link/SPEC.md,
 *  "What is probed". */

import { copyBytes, fillBytes } from "../common/bytes";
import { OK } from "../common/errors";
import {
  KIND_PROBE,
  PROBE_REPLY_SIZE_MAX,
  PROBE_REPLY_SIZE_MIN,
  PROBE_REPLY_WHAT,
  PROBE_REQUEST_SIZE,
  PROBE_WHAT,
  RESULT,
  WHAT_SHOW,
} from "../link/frame";

const request: usize = memory.data(16);
const reply: usize = memory.data(72, 4);
if (PROBE_REQUEST_SIZE != 16 || PROBE_REPLY_SIZE_MAX != 72) ERROR("a probe does not fit");

let wanted: bool = false;
let size: i32 = 0; // of the reply, bytes; 0: not done yet

export function probeInit(): void {
  wanted = false;
  size = 0;
}

/** Whether a request of `kind` with the payload at `asked`, to which the meter said `result`, is now the
 *  panel's; if so it is kept. */
export function probeTake(kind: i32, asked: usize, result: i32): bool {
  if (kind != KIND_PROBE || result != OK) return false;
  if (<i32>load<u8>(asked + PROBE_WHAT) < WHAT_SHOW) return false;
  copyBytes(request, asked, PROBE_REQUEST_SIZE);
  fillBytes(reply, 0, PROBE_REPLY_SIZE_MAX);
  store<u8>(reply + PROBE_REPLY_WHAT, load<u8>(request + PROBE_WHAT));
  wanted = true;
  size = 0;
  return true;
}

/** The request to be carried out, once; 0 none. */
export function probeWanted(): usize {
  if (!wanted) return 0;
  wanted = false;
  return request;
}

/** Where the reply's payload is; zeros but for what is probed. */
export function probeReply(): usize {
  return reply;
}

/** It was carried out; `is_long`: the reply has its data. */
export function probeDone(result: i32, is_long: bool): void {
  store<i8>(reply + RESULT, <i8>result);
  size = is_long && result == OK ? PROBE_REPLY_SIZE_MAX : PROBE_REPLY_SIZE_MIN;
}

/** Size of the reply, bytes; 0 while the probe is not done. */
export function probeReplySize(): i32 {
  return size;
}
