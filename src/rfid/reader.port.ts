/** Keeps the reader chip alive: reset, start, settings, and all again when it is missing or has
 *  forgotten its settings. Knows no card. Source: MFRC522 data sheet, chapters 8.8 and 9. */

import {
  SETUP_COUNT,
  chipField,
  chipInit,
  chipReset,
  chipSetup,
  chipSound,
  chipStarted,
} from "./mfrc522.port";
import { Reader, readerMayMove } from "./reader";

const HELD_MS: u32 = 2; // the data sheet asks for 100 ns
const LOOK_PERIOD_MS: u32 = 10;
const START_MS: u32 = 150; // what the slowest boards take
const RETRY_MS: u32 = 1000;
const SETUP_PER_TICK: i32 = 4;

let state: Reader = 0; // Reader.Held
let since_ms: u32 = 0;
let looked_ms: u32 = 0;
let setup_index: i32 = 0;
let missing: bool = false;

/** Resets the chip at the start of the panel. */
export function readerInit(now_ms: u32): void {
  state = Reader.Held;
  since_ms = now_ms;
  looked_ms = now_ms;
  setup_index = 0;
  missing = false;
  chipInit(now_ms);
  chipReset(true);
}

function move(to: Reader, now_ms: u32): void {
  assert(readerMayMove(state, to));
  state = to;
  since_ms = now_ms;
}

function hold(now_ms: u32): void {
  move(Reader.Held, now_ms);
  chipReset(true);
}

function start(now_ms: u32): void {
  if (now_ms - looked_ms < LOOK_PERIOD_MS) return;
  looked_ms = now_ms;
  if (chipStarted()) {
    setup_index = 0;
    move(Reader.SettingUp, now_ms);
  } else if (now_ms - since_ms >= START_MS) {
    missing = true;
    move(Reader.Missing, now_ms);
  }
}

function setUp(now_ms: u32): void {
  for (let i = 0; i < SETUP_PER_TICK && setup_index < SETUP_COUNT; i++) {
    chipSetup(setup_index);
    setup_index++;
  }
  if (setup_index < SETUP_COUNT) return;
  chipField(false);
  move(Reader.Ready, now_ms);
}

/** One step; returns whether the chip can be used. */
export function readerTick(now_ms: u32): bool {
  switch (state) {
    case Reader.Ready:
      return true;
    case Reader.Held:
      if (now_ms - since_ms < HELD_MS) return false;
      chipReset(false);
      looked_ms = now_ms;
      move(Reader.Starting, now_ms);
      return false;
    case Reader.Starting:
      start(now_ms);
      return false;
    case Reader.SettingUp:
      setUp(now_ms);
      return false;
    default:
      if (now_ms - since_ms >= RETRY_MS) hold(now_ms);
      return false;
  }
}

/** Looks, with the field on, whether the chip is as it was set up; if not, starts it anew and
 *  returns false. */
export function readerSound(now_ms: u32): bool {
  if (chipSound()) {
    missing = false;
    return true;
  }
  readerRestart(now_ms);
  return false;
}

/** Starts a usable chip anew: it did not do what it was told. */
export function readerRestart(now_ms: u32): void {
  missing = true;
  hold(now_ms);
}

/** Whether the reader does not answer, or was found out of order and has not proved itself since. */
export function readerMissing(): bool {
  return missing;
}
