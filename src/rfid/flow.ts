/** One presentation of a card: reads what stands on it, has the meter judge it, tells the result as
 *  soon as it is known, and then writes the meter's answer back. Believes nothing: a message goes to
 *  the meter as it stands. What stands where: src/rfid/SPEC.md. */

import { copyBytes, fillBytes } from "../common/bytes";
import {
  E_CARD,
  E_FOREIGN,
  E_NOTHING,
  E_NUMBER_OLD,
  E_UNREADABLE,
  OK,
  REPEAT,
} from "../common/errors";
import {
  CARD_KEYS_REPLY_KEY_A,
  CARD_KEYS_REPLY_SIZE,
  CARD_MESSAGE_REPLY_SIZE,
  CARD_RECORD_REPLY_BLOCK,
  CARD_RECORD_REPLY_SIZE,
  CARD_RETURN_REPLY_BLOCKS,
  CARD_RETURN_REPLY_SIZE,
  MESSAGE_FLAG_RESUMED,
  MESSAGE_REPLY_FLAGS,
  MESSAGE_REPLY_HOUSEHOLD,
  MESSAGE_REPLY_KIND,
  SIGNED_KIND_CREDIT,
} from "../link/frame";
import { ASKER_CARD, questionAnswer, questionAnswerSize } from "../link/question";
import {
  CARD_CHECK,
  CARD_SETTINGS,
  CARD_USER,
  DIRECTORY_BLOCK,
  PUBLIC_KEY,
  RECORDS_PER_SECTOR,
  RETURN_SIZE,
  SECTOR_LIST_FIRST,
  SECTOR_LIST_LAST,
  SECTOR_RETURN_A,
  SECTOR_RETURN_B,
  SECTOR_SLOT_A,
  SLOT_MESSAGE,
  directoryHousehold,
  directoryJudge,
  directoryKind,
  returnIsWhole,
  returnNext,
  returnOlder,
  slotFirst,
  slotIsBlank,
} from "./contents";
import { farInit, farJudge, farTick } from "./far";
import { answerResult, askKeys, askMessage, askRecord, askReturn } from "./inquiry";
import { Keep, keepBlocks, keepStart, keepTake } from "./keep";
import { BLOCK_SIZE, KEY_A, KEY_B, KEY_SIZE, SECTOR_BLOCK_COUNT, isClassic } from "./mifare";
import {
  Card,
  blockCount,
  cardMayMove,
  errorOf,
  firstSector,
  isStrange,
  placeOf,
  pointsToOther,
  readsWithA,
} from "./presentation";
import { Talk } from "./session";
import {
  sessionBlock,
  sessionHalt,
  sessionRead,
  sessionSak,
  sessionTick,
  sessionUid,
} from "./session.port";
import { Shown, verdictAbout, verdictInit, verdictRefuse, verdictTell } from "./verdict";

const directory: usize = memory.data(16);
const places: usize = memory.data(2 * 48); // contents of two sectors
const keys: usize = memory.data(2 * 12); // and their keys A and B
if (RETURN_SIZE != 48 || BLOCK_SIZE != 16 || KEY_SIZE != 6) ERROR("a field does not fit");

let state: Card = 0; // Card.Over
let kind: i32 = 0; // CARD_
let sector: i32 = 0;
let block_index: i32 = 0; // in the sector
let message_place: i32 = 0;
let first_result: i32 = 0; // of the other purchase, when a second one is tried
let accepted: i32 = 0; // settings
let result: i32 = 0; // of the message
let household: i32 = 0; // the meter's word for it, 0 none
let faulty: bool = false; // the reader failed

/** No presentation. */
export function flowInit(): void {
  state = Card.Over;
  clear();
}

function clear(): void {
  kind = 0;
  sector = 0;
  block_index = 0;
  message_place = 0;
  first_result = OK;
  accepted = 0;
  result = OK;
  household = 0;
  faulty = false;
  farInit();
  fillBytes(keys, 0, 2 * 12);
  verdictInit();
}

function move(to: Card): void {
  assert(cardMayMove(state, to));
  state = to;
}

/** Nothing more to be done with the card: it may go. */
function end(): void {
  fillBytes(keys, 0, 2 * 12);
  move(Card.Halting);
  sessionHalt();
}

function refuse(of_error: i32): void {
  verdictRefuse(of_error);
  end();
}

function contents(place: i32): usize {
  return places + place * RETURN_SIZE;
}

function keysOf(place: i32): usize {
  return keys + place * 2 * KEY_SIZE;
}

function openSector(of_sector: i32): void {
  sector = of_sector;
  block_index = 0;
  move(Card.Keys);
  askKeys(sessionUid(), sector);
}

/** Purchases and settings are read with key A; what the box writes, with key B. */
function readNext(): void {
  const with_a = readsWithA(kind, sector);
  const key = keysOf(placeOf(kind, sector)) + (with_a ? 0 : KEY_SIZE);
  sessionRead(sector * SECTOR_BLOCK_COUNT + block_index, with_a ? KEY_A : KEY_B, key);
}

function sendMessage(place: i32): void {
  message_place = place;
  if (state != Card.Message) move(Card.Message);
  askMessage(sessionUid(), contents(place) + SLOT_MESSAGE);
}

function takeDirectory(): void {
  copyBytes(directory, sessionBlock(), BLOCK_SIZE);
  let judged = directoryJudge(directory);
  if (judged == OK) judged = farJudge(directory);
  if (judged != OK) {
    refuse(judged);
    return;
  }
  kind = directoryKind(directory);
  if (kind == CARD_USER) verdictAbout(directoryHousehold(directory));
  openSector(firstSector(kind));
}

function recordHousehold(): i32 {
  return (sector - SECTOR_LIST_FIRST) * RECORDS_PER_SECTOR + block_index + 1;
}

function takeKeys(): void {
  const answered = answerResult(CARD_KEYS_REPLY_SIZE);
  if (answered < OK) {
    refuse(answered);
    return;
  }
  const to = keysOf(placeOf(kind, sector));
  copyBytes(to, questionAnswer(ASKER_CARD) + CARD_KEYS_REPLY_KEY_A, 2 * KEY_SIZE);
  if (kind == CARD_CHECK && sector >= SECTOR_LIST_FIRST) {
    move(Card.Record);
    askRecord(recordHousehold());
  } else {
    move(Card.Reading);
    readNext();
  }
}

function endSettings(): void {
  if (accepted > 0) verdictTell(Shown.Done);
  else verdictRefuse(sector == SECTOR_LIST_FIRST ? E_NOTHING : E_NUMBER_OLD);
  end();
}

function askReturnData(): void {
  const place = returnOlder(contents(0), contents(1), directory);
  sector = SECTOR_RETURN_A + place;
  move(Card.Return);
  const sequence = returnNext(contents(0), contents(1), directory);
  askReturn(sessionUid(), household, result, sequence);
}

function takeSector(): void {
  if (kind != CARD_USER) {
    if (!slotIsBlank(contents(0))) sendMessage(0);
    else if (kind == CARD_SETTINGS) endSettings();
    else refuse(E_NOTHING);
  } else if (sector == SECTOR_SLOT_A || sector == SECTOR_RETURN_A) {
    openSector(sector + 1);
  } else if (sector == SECTOR_RETURN_B) {
    askReturnData();
  } else {
    const first = slotFirst(contents(0), contents(1));
    if (first < 0) refuse(E_NOTHING);
    else sendMessage(first);
  }
}

function takeBlock(): void {
  const to = contents(placeOf(kind, sector)) + block_index * BLOCK_SIZE;
  copyBytes(to, sessionBlock(), BLOCK_SIZE);
  block_index++;
  if (block_index < blockCount(kind, sector)) readNext();
  else takeSector();
}

/** Tells a message's result, and which household it was about if the meter knows. */
function tellMessage(): void {
  const whole = questionAnswerSize(ASKER_CARD) == CARD_MESSAGE_REPLY_SIZE;
  const reply = questionAnswer(ASKER_CARD);
  const credit = whole && <i32>load<u8>(reply + MESSAGE_REPLY_KIND) == SIGNED_KIND_CREDIT;
  household = credit ? <i32>load<u8>(reply + MESSAGE_REPLY_HOUSEHOLD) : 0;
  if (household > 0) verdictAbout(household);
  if (result < OK) verdictRefuse(result);
  else verdictTell(credit ? Shown.Reply : Shown.Done);
}

function resumed(): bool {
  return (
    ((<u32>load<u8>(questionAnswer(ASKER_CARD) + MESSAGE_REPLY_FLAGS)) & MESSAGE_FLAG_RESUMED) != 0
  );
}

/** When the newer purchase is not to be taken, or not yet, the other slot's counts, but only if that
 *  has something to say. */
function takePurchase(): void {
  const other = 1 - message_place;
  if (pointsToOther(result) && first_result == OK && !slotIsBlank(contents(other))) {
    first_result = result;
    sendMessage(other);
    return;
  }
  const old = result == E_NUMBER_OLD || (result == REPEAT && !resumed());
  if (first_result != OK && (old || isStrange(result))) result = first_result;
  tellMessage();
  if (household > 0 && result != E_CARD) openSector(SECTOR_RETURN_A);
  else end();
}

/** A setting that is taken already is passed over, so that a list that was cut short goes on. */
function takeSetting(): void {
  if (result == OK) {
    accepted++;
  } else if (result != REPEAT && result != E_NUMBER_OLD) {
    tellMessage();
    end();
    return;
  }
  if (sector < SECTOR_LIST_LAST) {
    openSector(sector + 1);
    return;
  }
  endSettings();
}

function takeResult(): void {
  result = answerResult(CARD_MESSAGE_REPLY_SIZE);
  if (kind == CARD_USER) {
    takePurchase();
  } else if (kind == CARD_SETTINGS) {
    takeSetting();
  } else if (kind == CARD_CHECK && result >= OK) {
    openSector(SECTOR_LIST_FIRST);
  } else {
    tellMessage();
    end();
  }
}

function takeReturnData(): void {
  if (answerResult(CARD_RETURN_REPLY_SIZE) < OK) {
    end();
    return;
  }
  copyBytes(keepBlocks(), questionAnswer(ASKER_CARD) + CARD_RETURN_REPLY_BLOCKS, RETURN_SIZE);
  const place = placeOf(kind, sector);
  move(Card.Writing);
  keepStart(sector, keysOf(place) + KEY_SIZE, returnIsWhole(contents(place), directory));
}

function takeRecord(): void {
  const answered = answerResult(CARD_RECORD_REPLY_SIZE);
  if (answered < OK) {
    refuse(answered);
    return;
  }
  const from = questionAnswer(ASKER_CARD) + CARD_RECORD_REPLY_BLOCK;
  copyBytes(keepBlocks() + block_index * BLOCK_SIZE, from, BLOCK_SIZE);
  block_index++;
  if (block_index < RECORDS_PER_SECTOR) {
    askRecord(recordHousehold());
    return;
  }
  move(Card.Writing);
  keepStart(sector, keysOf(placeOf(kind, sector)) + KEY_SIZE, false);
}

function takeWritten(): void {
  const kept = keepTake();
  if (kept == Keep.Failed) {
    refuse(E_UNREADABLE);
  } else if (kept == Keep.Kept) {
    if (kind == CARD_CHECK && sector < SECTOR_LIST_LAST) {
      openSector(sector + 1);
      return;
    }
    verdictTell(Shown.Done);
    end();
  }
}

/** Starts with the card that the session has found. */
export function flowStart(): void {
  clear();
  if (!isClassic(sessionSak())) {
    refuse(E_FOREIGN);
    return;
  }
  move(Card.Directory);
  sessionRead(DIRECTORY_BLOCK, KEY_A, changetype<usize>(PUBLIC_KEY));
}

function fail(how: Talk): void {
  verdictRefuse(errorOf(how));
  faulty = how == Talk.Fault;
  if (faulty) move(Card.Over);
  else end();
}

/** The session carries out an order: takes what has come of it. True when it has ended. */
function talk(now_ms: u32): bool {
  const how = sessionTick(now_ms);
  if (how == Talk.Pending) return false;
  if (state == Card.Halting) move(Card.Over);
  else if (how != Talk.Done) fail(how);
  else if (state == Card.Directory) takeDirectory();
  else if (state == Card.Reading) takeBlock();
  else takeWritten();
  return true;
}

/** The meter was asked: takes its answer. True when it has come. */
function hear(now_ms: u32): bool {
  const how = farTick(now_ms);
  if (how == Talk.Pending) return false;
  if (how != Talk.Done) fail(how);
  else if (state == Card.Keys) takeKeys();
  else if (state == Card.Message) takeResult();
  else if (state == Card.Return) takeReturnData();
  else takeRecord();
  return true;
}

/** One step of a presentation; true when the next one may begin at once. */
export function flowTick(now_ms: u32): bool {
  const asking =
    state == Card.Keys || state == Card.Message || state == Card.Return || state == Card.Record;
  return asking ? hear(now_ms) : talk(now_ms);
}

/** Whether the presentation is over. */
export function flowOver(): bool {
  return state == Card.Over;
}

/** Whether it ended because the reader failed. */
export function flowFaulty(): bool {
  return faulty;
}
