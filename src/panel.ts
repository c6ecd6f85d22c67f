/** Entry of the panel MCU: tubes, lamps, clock, line, card reader, and its side of the link. init() once, then
 *  tick() every millisecond; here is the order of work and nothing else. */

import { clockInit, clockSet, clockTick, clockTime } from "./clock/clock.port";
import { loadLe32 } from "./common/bytes";
import { OK } from "./common/errors";
import { dialogueDone, dialogueRefuse, dialogueReply, dialogueWait } from "./display/dialogue";
import { faceBusy, faceInit, faceTick } from "./display/face";
import { loopHousehold } from "./display/loop";
import { tubesInit, tubesProgress, tubesShow, tubesTick } from "./display/tubes.port";
import { now_ms, watchdog } from "./hal";
import {
  exchangeAsker,
  exchangeClock,
  exchangeDisplayed,
  exchangeInit,
  exchangeTick,
} from "./link/exchange.port";
import {
  CARD_MESSAGE_REPLY_SIZE,
  KIND_CARD_MESSAGE,
  KIND_MESSAGE,
  MESSAGE_REPLY_AMOUNT,
  MESSAGE_REPLY_ID,
  MESSAGE_REPLY_KIND,
  MESSAGE_REPLY_SIZE,
  PLACE_ELSEWHERE,
  RESULT,
  SIGNED_KIND_SETTING,
} from "./link/frame";
import {
  masterInit,
  masterLost,
  masterProgress,
  masterReply,
  masterReplySize,
} from "./link/master.port";
import { ASKER_LINE } from "./link/question";
import { snapshotInit, snapshotReaderPlace } from "./link/snapshot";
import { panelProbeInit, panelProbeShown, panelProbeTick } from "./panel-probe";
import {
  cardsBusy,
  cardsInit,
  cardsReply,
  cardsState,
  cardsTick,
  cardsWaiting,
} from "./rfid/cards";
import { readerMissing } from "./rfid/reader.port";
import { Shown, cardsError, cardsHousehold } from "./rfid/verdict";
import { contextInit, contextReader, contextTime, takeClockWish, wishClock } from "./rs485/context";
import { lineBusy, lineInit, lineSettings, lineTick } from "./rs485/line.port";
import { shareInit } from "./rs485/share";
import { shareTick } from "./rs485/share.port";

// Nothing on the tubes changes faster than the eye sees; a tick in between is nearly free.
const FACE_PERIOD_MS: u32 = 10;

const SETTING_CLOCK: i32 = 22; // src/metering/SPEC.md

let face_ms: u32 = 0;
let link_moved: bool = false;
let display_moved: bool = false;

/** After every start: sets all state, then dark tubes and an idle link. */
export function init(): void {
  const now = now_ms();
  snapshotInit();
  masterInit(now);
  exchangeInit(now);
  contextInit(now);
  lineInit(now);
  shareInit(now);
  clockInit(now);
  cardsInit(now);
  panelProbeInit();
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

/** An accepted signed setting "clock" is carried out here. */
function takeClockSetting(reply: usize): void {
  if (masterReplySize() != MESSAGE_REPLY_SIZE || <i32>load<i8>(reply + RESULT) != OK) return;
  if (<i32>load<u8>(reply + MESSAGE_REPLY_KIND) != SIGNED_KIND_SETTING) return;
  if (<i32>load<u8>(reply + MESSAGE_REPLY_ID) != SETTING_CLOCK) return;
  const time_s = loadLe32(reply + MESSAGE_REPLY_AMOUNT);
  if (time_s != 0) wishClock(time_s);
}

/** Link: one step; what came by line goes to the tubes, as the reader's own does in tickCards(). */
function tickLink(now: u32): void {
  const kind = exchangeTick(now);
  if (kind != KIND_MESSAGE && kind != KIND_CARD_MESSAGE) return;
  if (exchangeAsker() == ASKER_LINE) dialogueReply(now, masterReply(), masterReplySize());
  takeClockSetting(masterReply());
}

function tickClock(now: u32): void {
  const wished_s = takeClockWish();
  if (wished_s != 0) clockSet(wished_s, now);
  else clockTick(now);
  exchangeClock(clockTime());
  contextTime(clockTime());
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
  tickLink(now);
  lineTick(now);
  shareTick(now);
  if (!panelProbeTick(now)) tickCards(now);
  if (now - face_ms < FACE_PERIOD_MS) return;
  face_ms = now;
  tickClock(now);
  lineSettings(now);
  contextReader(cardsState());
  dialogueWait(now, cardsWaiting(), cardsHousehold());
  faceBusy(lineBusy(now), cardsBusy());
  // A box without a reader of its own misses none
  const reader_missing = readerMissing() && snapshotReaderPlace() != PLACE_ELSEWHERE;
  const face = faceTick(now, masterLost(), clockTime() == 0, reader_missing);
  const pattern = panelProbeShown(now);
  tubesShow(pattern != 0 ? pattern : face);
  exchangeDisplayed(loopHousehold(), now);
  tubesTick(now);
  feedWatchdog();
}

export { __heap_base };
// Read by the engine of the boards: where the static data ends is told by __heap_base alone.
export const __data_end: i32 = 0;
