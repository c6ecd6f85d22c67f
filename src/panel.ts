/** Entry of the panel MCU: tubes, lamps, clock, line, card reader, and its side of the link. init() once, then
 *  tick() every millisecond; here is the order of work and nothing else. */

import { clockInit, clockTick, clockTime } from "./clock/clock.port";
import { dialogueDone, dialogueRefuse, dialogueReply } from "./display/dialogue";
import { faceBusy, faceInit, faceTick } from "./display/face";
import { loopHousehold } from "./display/loop";
import { tubesInit, tubesProgress, tubesShow, tubesTick } from "./display/tubes.port";
import { now_ms, watchdog } from "./hal";
import { exchangeClock, exchangeDisplayed, exchangeInit, exchangeTick } from "./link/exchange.port";
import { CARD_MESSAGE_REPLY_SIZE, KIND_MESSAGE } from "./link/frame";
import { gatewayBusy, gatewayInit } from "./link/gateway.port";
import {
  masterInit,
  masterLost,
  masterProgress,
  masterReply,
  masterReplySize,
} from "./link/master.port";
import { snapshotInit } from "./link/snapshot";
import { cardsBusy, cardsInit, cardsReply, cardsTick } from "./rfid/cards";
import { readerMissing } from "./rfid/reader.port";
import { Shown, cardsError, cardsHousehold } from "./rfid/verdict";

// Nothing on the tubes changes faster than the eye sees; a tick in between is nearly free.
const FACE_PERIOD_MS: u32 = 10;

let face_ms: u32 = 0;
let link_moved: bool = false;
let display_moved: bool = false;

/** After every start: sets all state, then dark tubes and an idle link. */
export function init(): void {
  const now = now_ms();
  snapshotInit();
  masterInit(now);
  gatewayInit(now);
  exchangeInit(now);
  clockInit(now);
  cardsInit(now);
  faceInit(now);
  tubesInit(now);
  face_ms = now;
  link_moved = false;
  display_moved = false;
  watchdog();
}

/** Fed only when both the link and the display have moved on since the last time. */
function feedWatchdog(): void {
  if (masterProgress()) link_moved = true;
  if (tubesProgress()) display_moved = true;
  if (!link_moved || !display_moved) return;
  link_moved = false;
  display_moved = false;
  watchdog();
}

/** Cards: one step, and what it found out goes to the tubes. */
function tickCards(now: u32): void {
  switch (cardsTick(now)) {
    case Shown.Reply:
      dialogueReply(now, cardsReply(), CARD_MESSAGE_REPLY_SIZE);
      return;
    case Shown.Refused:
      dialogueRefuse(now, cardsHousehold(), cardsError());
      return;
    case Shown.Done:
      dialogueDone(now, cardsHousehold());
      return;
    default:
  }
}

export function tick(): void {
  const now = now_ms();
  if (exchangeTick(now) == KIND_MESSAGE) dialogueReply(now, masterReply(), masterReplySize());
  tickCards(now);
  if (now - face_ms < FACE_PERIOD_MS) return;
  face_ms = now;
  clockTick(now);
  exchangeClock(clockTime());
  faceBusy(gatewayBusy(), cardsBusy());
  tubesShow(faceTick(now, masterLost(), clockTime() == 0, readerMissing()));
  exchangeDisplayed(loopHousehold(), now);
  tubesTick(now);
  feedWatchdog();
}

export { __heap_base };
// Read by the engine of the boards: where the static data ends is told by __heap_base alone.
export const __data_end: i32 = 0;
