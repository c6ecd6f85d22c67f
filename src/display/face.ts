/** The face of the box: joins loop, dialogue and lamps into the eleven bytes of the tubes. A lost
 *  meter goes before the dialogue, the dialogue before the loop. Pure: reads the snapshot, writes
 *  its own bytes. Source: the product sheet. */

import { E_CLOCK, E_METER, E_READER, E_STORE } from "../common/errors";
import {
  STATE_LOW,
  STATE_SUPPLIED,
  STATUS_PROVISIONED,
  STATUS_STORE_FAULT,
  STATUS_TWO_DECIMALS,
} from "../link/frame";
import {
  PHASES_ALL,
  snapshotAlarmed,
  snapshotBoxKnown,
  snapshotClosed,
  snapshotConsumed,
  snapshotHeld,
  snapshotMissing,
  snapshotNumber,
  snapshotPolled,
  snapshotRemaining,
  snapshotState,
  snapshotStatus,
  snapshotTakeSwitched,
  snapshotUnit,
  snapshotUsed,
} from "../link/snapshot";
import {
  Dialogue,
  dialogueAmount,
  dialogueClosed,
  dialogueError,
  dialogueFree,
  dialogueHousehold,
  dialogueInit,
  dialoguePhases,
  dialoguePhasesBack,
  dialogueRelay,
  dialogueState,
  dialogueTick,
} from "./dialogue";
import {
  Page,
  loopHousehold,
  loopInit,
  loopPage,
  loopRestartPage,
  loopSet,
  loopShownMs,
  loopTick,
} from "./loop";
import {
  LAMPS,
  LAMP_ALARM,
  LAMP_CARD,
  LAMP_LINE,
  LAMP_PHASE_A,
  darkenLower,
  showAmount,
  showBox,
  showConsumed,
  showDone,
  showError,
  showPhases,
  showRelay,
  showUnit,
  showWait,
} from "./pages";

const FLASH_MS: u32 = 1000; // 1 Hz, half on
const FLASH_ON_MS: u32 = 500;

const tubes: usize = memory.data(11);

let missing_told: u32 = 0; // missing phases the notice was shown for
let busy_lamps: u32 = 0;

/** Dark, at the start of the loop. */
export function faceInit(now_ms: u32): void {
  loopInit(now_ms);
  dialogueInit(now_ms);
  missing_told = 0;
  busy_lamps = 0;
}

function decimals(): i32 {
  return snapshotStatus(STATUS_TWO_DECIMALS) ? 2 : 1;
}

function lit(elapsed_ms: u32): bool {
  return elapsed_ms % FLASH_MS < FLASH_ON_MS;
}

function showHousehold(household: i32, shown_ms: u32): void {
  if (household == snapshotHeld()) {
    showConsumed(tubes, household, snapshotConsumed(household), decimals());
    return;
  }
  const state = snapshotState(household);
  const remaining = state <= STATE_LOW ? snapshotRemaining(household) : 0;
  showAmount(tubes, household, remaining, decimals());
  if (state != STATE_SUPPLIED && !lit(shown_ms)) darkenLower(tubes);
}

function showLoop(now_ms: u32): void {
  switch (loopPage()) {
    case Page.Box: {
      const known = snapshotBoxKnown() && snapshotStatus(STATUS_PROVISIONED);
      showBox(tubes, known ? snapshotNumber() : 0);
      return;
    }
    case Page.Unit:
      showUnit(tubes, snapshotUnit());
      return;
    case Page.Household:
      showHousehold(loopHousehold(), loopShownMs(now_ms));
      return;
    case Page.Phases:
      showPhases(tubes, snapshotMissing());
      return;
    case Page.Clock:
      showError(tubes, 0, E_CLOCK);
      return;
    case Page.Reader:
      showError(tubes, 0, E_READER);
      return;
    default:
      showError(tubes, 0, E_STORE);
  }
}

function showDialogue(): void {
  const household = dialogueHousehold();
  switch (dialogueState()) {
    case Dialogue.Refused:
      showError(tubes, household, dialogueError());
      return;
    case Dialogue.Done:
      showDone(tubes, household);
      return;
    case Dialogue.Waiting:
      showWait(tubes, household);
      return;
    case Dialogue.Relay:
      showRelay(tubes, household, dialogueClosed());
      return;
    case Dialogue.Phases:
      showPhases(tubes, snapshotMissing());
      return;
    default:
      showAmount(tubes, household, dialogueAmount(), decimals());
  }
}

/** Tells the dialogue what has happened since the last step. */
function notice(now_ms: u32): void {
  const missing = snapshotMissing();
  if ((missing & ~missing_told) != 0) {
    if (dialoguePhases(now_ms)) missing_told = missing;
  } else {
    missing_told = missing;
    if (missing == 0) dialoguePhasesBack(now_ms);
  }
  if (!dialogueFree()) return;
  const household = snapshotTakeSwitched();
  if (household > 0) dialogueRelay(now_ms, household, snapshotClosed(household));
}

function lamps(now_ms: u32, meter_lost: bool): u32 {
  const on = lit(now_ms);
  const missing = snapshotMissing();
  const present = snapshotPolled() ? PHASES_ALL & ~missing : 0;
  let result = (on ? present | missing : present) * LAMP_PHASE_A;
  if (meter_lost ? on : snapshotAlarmed()) result |= LAMP_ALARM;
  return result;
}

/** Traffic on the line, and a card that must not be taken away yet: their lamps, from now on. */
export function faceBusy(line: bool, card: bool): void {
  busy_lamps = (line ? LAMP_LINE : 0) | (card ? LAMP_CARD : 0);
}

/** One step; returns the eleven bytes to be shown. */
export function faceTick(
  now_ms: u32,
  meter_lost: bool,
  clock_lost: bool,
  reader_missing: bool,
): usize {
  dialogueTick(now_ms);
  notice(now_ms);
  if (meter_lost) {
    showError(tubes, 0, E_METER);
    loopRestartPage(now_ms);
  } else if (!dialogueFree()) {
    showDialogue();
    loopRestartPage(now_ms);
  } else {
    const memory_fault = snapshotStatus(STATUS_STORE_FAULT);
    loopSet(snapshotMissing() != 0, clock_lost, reader_missing, memory_fault);
    loopTick(now_ms, snapshotUsed(), snapshotHeld());
    showLoop(now_ms);
  }
  store<u8>(tubes + LAMPS, lamps(now_ms, meter_lost) | busy_lamps);
  return tubes;
}
