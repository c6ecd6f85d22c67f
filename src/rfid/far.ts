/** Waiting for the answer to a question about the card at the reader. The own meter answers at once;
 *  the answer of another box has a long way to come and may have to wait for the line, so then the
 *  card is looked at from time to time: one that has gone cancels the question. */

import { E_BOX, OK } from "../common/errors";
import { PLACE_SHARED, STATUS_PROVISIONED } from "../link/frame";
import { ASKER_CARD, questionAway, questionFail, questionOver } from "../link/question";
import {
  snapshotBoxKnown,
  snapshotNumber,
  snapshotReaderPlace,
  snapshotStatus,
} from "../link/snapshot";
import { DIRECTORY_BLOCK, DIRECTORY_BOX, PUBLIC_KEY, directoryIsFor } from "./contents";
import { KEY_A } from "./mifare";
import { Talk } from "./session";
import { sessionRead, sessionTick } from "./session.port";

const LOOK_PERIOD_MS: u32 = 200;

let far: bool = false; // the card is another box's
let looking: bool = false;
let looked_ms: u32 = 0;

/** The card is this box's, unless farJudge() says otherwise. */
export function farInit(): void {
  far = false;
  looking = false;
  looked_ms = 0;
  questionAway(ASKER_CARD, 0);
}

/** Judges whose card this directory is: OK for the own box, and for another one that is asked over the
 *  line from now on; otherwise E_BOX. */
export function farJudge(directory: usize): i32 {
  const box_known = snapshotBoxKnown() && snapshotStatus(STATUS_PROVISIONED);
  if (!box_known || directoryIsFor(directory, snapshotNumber())) return OK;
  if (snapshotReaderPlace() != PLACE_SHARED) return E_BOX;
  far = true;
  questionAway(ASKER_CARD, directory + DIRECTORY_BOX);
  return OK;
}

/** Whether the card is another box's. */
export function farIs(): bool {
  return far;
}

/** The card was there just now. */
function seen(now_ms: u32): void {
  looking = false;
  looked_ms = now_ms;
}

function look(now_ms: u32): Talk {
  if (!looking) {
    if (now_ms - looked_ms < LOOK_PERIOD_MS) return Talk.Done;
    looking = true;
    sessionRead(DIRECTORY_BLOCK, KEY_A, changetype<usize>(PUBLIC_KEY));
  }
  const how = sessionTick(now_ms);
  if (how != Talk.Pending) seen(now_ms);
  return how;
}

/** One step of waiting: Talk.Done when the answer has come, Talk.Pending until then; otherwise the
 *  card has gone and the question is over. */
export function farTick(now_ms: u32): Talk {
  if (!far) return questionOver(ASKER_CARD) ? Talk.Done : Talk.Pending;
  const how = look(now_ms);
  if (how == Talk.Pending) return how;
  if (how != Talk.Done) {
    if (!questionOver(ASKER_CARD)) questionFail(ASKER_CARD);
    return how;
  }
  if (!questionOver(ASKER_CARD)) return Talk.Pending;
  seen(now_ms);
  return Talk.Done;
}
