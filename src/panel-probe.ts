/** What the panel does when the factory's self-test asks it to look at itself: tubes and lamps, reader,
 *  clock chip. The meter has judged before whether it may. Source: src/link/SPEC.md, "What is probed". */

import { clockRegisters } from "./clock/clock.port";
import { copyBytes, loadLe16, storeLe16 } from "./common/bytes";
import { E_BUSY, E_CLOCK, E_RANGE, OK } from "./common/errors";
import {
  PROBE_DATA,
  PROBE_INDEX,
  PROBE_REPLY_DATA,
  PROBE_REPLY_DETAIL,
  PROBE_VALUE,
  PROBE_WHAT,
  WHAT_CLOCK,
  WHAT_READER,
  WHAT_SHOW,
} from "./link/frame";
import { cardsBusy, cardsInit } from "./rfid/cards";
import {
  proofInit,
  proofOutcome,
  proofRunning,
  proofStart,
  proofTick,
  proofVersion,
} from "./rfid/proof.port";
import { probeDone, probeInit, probeReply, probeWanted } from "./rs485/probe";

const SHOW_MAXIMUM_MS: u32 = 30000;
const SHOWN_SIZE: u32 = 11;

const shown: usize = memory.data(11);
let shown_ms: u32 = 0; // since when
let show_ms: u32 = 0; // how long; 0: nothing

/** Nothing is probed. */
export function panelProbeInit(): void {
  probeInit();
  proofInit();
  shown_ms = 0;
  show_ms = 0;
}

function show(request: usize, now_ms: u32): i32 {
  const duration_ms = loadLe16(request + PROBE_VALUE);
  if (duration_ms > SHOW_MAXIMUM_MS) return E_RANGE;
  copyBytes(shown, request + PROBE_DATA, SHOWN_SIZE);
  shown_ms = now_ms;
  show_ms = duration_ms;
  return OK;
}

/** The pattern in place of the face, 11 bytes; 0 none. */
export function panelProbeShown(now_ms: u32): usize {
  if (show_ms != 0 && now_ms - shown_ms >= show_ms) show_ms = 0;
  return show_ms != 0 ? shown : 0;
}

function reader(index: u32, now_ms: u32): i32 {
  const reply = probeReply();
  if (index == 0) {
    if (proofRunning() || cardsBusy()) return E_BUSY;
    proofStart(now_ms);
    return OK;
  }
  const result = proofOutcome(reply + PROBE_REPLY_DATA);
  storeLe16(reply + PROBE_REPLY_DETAIL, proofVersion());
  return result;
}

function carryOut(request: usize, now_ms: u32): void {
  const what = <i32>load<u8>(request + PROBE_WHAT);
  const index = <u32>load<u8>(request + PROBE_INDEX);
  if (what == WHAT_SHOW) {
    probeDone(show(request, now_ms), false);
  } else if (what == WHAT_READER) {
    probeDone(reader(index, now_ms), index != 0);
  } else {
    assert(what == WHAT_CLOCK);
    probeDone(clockRegisters(probeReply() + PROBE_REPLY_DATA) ? OK : E_CLOCK, true);
  }
}

/** One step; returns whether the reader is being tested and serves no card. */
export function panelProbeTick(now_ms: u32): bool {
  const request = probeWanted();
  if (request != 0) carryOut(request, now_ms);
  if (!proofRunning()) return false;
  if (proofTick(now_ms)) cardsInit(now_ms);
  return true;
}
