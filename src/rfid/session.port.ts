/** Talk with one card: carries out one order at a time (find, read a block, write a block, halt),
 *  one exchange after the other, and does again what failed after selecting the same card anew.
 *  Whatever fails closes the session; the next try begins with WUPA, the last one with the field
 *  switched off and on. Does not know what stands on a card. */

import { copyBytes, equalBytes } from "../common/bytes";
import {
  KEY_SIZE,
  LEVEL_COUNT,
  SECTOR_BLOCK_COUNT,
  SELECT_UID,
  UID_SIZE,
  WUPA_BITS,
  isAcknowledge,
  isBlock,
  isPartOfUid,
  isSak,
  isUid,
  isWoken,
  isWritable,
  putAnticollision,
  putAuthent,
  putData,
  putHalt,
  putRead,
  putSelect,
  putWake,
  putWrite,
  BLOCK_SIZE,
} from "./mifare";
import {
  airAuthenticate,
  airFrame,
  airLastBits,
  airLook,
  airSend,
  airSize,
  chipClearCrypto,
  chipField,
  chipSound,
} from "./mfrc522.port";
import { Outcome } from "./outcome";
import { Session, Talk, sessionMayMove } from "./session";

enum Order {
  Find,
  Read,
  Write,
  Halt,
}

// A card's longest times are 1, 5 and 10 ms; it begins to answer WUPA and the like after 91 us.
const SHORT_US: u32 = 1000;
const AUTHENT_US: u32 = 5000;
const READ_US: u32 = 10000;
const WRITE_US: u32 = 15000;
export const FIELD_MS: u32 = 6; // off, or on before a card can be woken: more than 5.1 ms
const TRY_COUNT: i32 = 3;
// A card that was left in the middle of something answers only the second WUPA.
const WAKE_COUNT: i32 = 3;
const DENIED_COUNT: i32 = 2; // a silent authentication alone may be a card just going

const uid: usize = memory.data(4);
const selected: usize = memory.data(4); // UID of the SELECT under way
const block_data: usize = memory.data(16);
const key: usize = memory.data(8);
if (UID_SIZE != 4 || BLOCK_SIZE != 16 || KEY_SIZE > 8) ERROR("a field does not fit");

let state: Session = 0; // Session.Closed
let order: Order = 0;
let pending: bool = false;
let block: i32 = 0;
let key_kind: i32 = 0;
let open_sector: i32 = 0; // sector and key of Session.Open
let open_kind: i32 = 0;
let level: i32 = 0; // cascade level
let sak: u32 = 0;
let uid_first: u8 = 0; // of the level's answer: tells a cascade tag
let tries: i32 = 0;
let wakes: i32 = 0;
let denials: i32 = 0;
let field_ms: u32 = 0;

/** No card, no order. */
export function sessionInit(now_ms: u32): void {
  state = Session.Closed;
  order = Order.Find;
  pending = false;
  block = 0;
  key_kind = 0;
  open_sector = 0;
  open_kind = 0;
  level = 0;
  sak = 0;
  uid_first = 0;
  tries = 0;
  wakes = 0;
  denials = 0;
  field_ms = now_ms;
}

function move(to: Session): void {
  assert(sessionMayMove(state, to));
  state = to;
}

function close(): void {
  if (state != Session.Closed) move(Session.Closed);
}

function sectorOf(of_block: i32): i32 {
  return of_block / SECTOR_BLOCK_COUNT;
}

function begin(of_order: Order): void {
  assert(!pending);
  order = of_order;
  pending = true;
  tries = 0;
  wakes = 0;
  denials = 0;
}

/** Orders to select whatever card is there; afterwards sessionUid and sessionSak tell which. With
 *  nobody there it ends after a single WUPA. The field has been on for FIELD_MS. */
export function sessionFind(): void {
  begin(Order.Find);
  close();
}

function beginBlock(of_order: Order, of_block: i32, of_kind: i32, of_key: usize): void {
  begin(of_order);
  block = of_block;
  key_kind = of_kind;
  copyBytes(key, of_key, KEY_SIZE);
}

/** Orders to read a block of the card that was found, with a KEY_ of its sector. */
export function sessionRead(of_block: i32, of_kind: i32, of_key: usize): void {
  beginBlock(Order.Read, of_block, of_kind, of_key);
}

/** Orders to write the 16 bytes at `data`; never block 0, never a trailer. */
export function sessionWrite(of_block: i32, of_kind: i32, of_key: usize, data: usize): void {
  assert(isWritable(of_block));
  beginBlock(Order.Write, of_block, of_kind, of_key);
  copyBytes(block_data, data, BLOCK_SIZE);
}

/** Orders to send the card to sleep, in the crypto session when one is open: otherwise it would not
 *  understand. Cannot fail. */
export function sessionHalt(): void {
  begin(Order.Halt);
}

function send(to: Session, size: i32, timeout_us: u32, now_ms: u32): void {
  move(to);
  airSend(size, to == Session.Waking ? WUPA_BITS : 0, timeout_us, now_ms);
}

function wake(now_ms: u32): void {
  level = 0;
  chipClearCrypto();
  send(Session.Waking, putWake(airFrame()), SHORT_US, now_ms);
}

function authenticate(now_ms: u32): void {
  move(Session.Authenticating);
  putAuthent(airFrame(), key_kind, block, key, uid);
  airAuthenticate(AUTHENT_US, now_ms);
}

function finish(how: Talk): Talk {
  pending = false;
  const failed = how != Talk.Done && how != Talk.Nobody;
  if (!failed || how == Talk.Fault) return how;
  return chipSound() ? how : Talk.Fault;
}

/** The next exchange that the order needs. */
function advance(now_ms: u32): Talk {
  if (order == Order.Halt) {
    if (state != Session.Active && state != Session.Open) return finish(Talk.Done);
    send(Session.Halting, putHalt(airFrame()), SHORT_US, now_ms);
  } else if (state == Session.Closed) {
    wake(now_ms);
  } else if (order == Order.Find) {
    return finish(Talk.Done);
  } else if (state == Session.Active || open_sector != sectorOf(block) || open_kind != key_kind) {
    authenticate(now_ms);
  } else if (order == Order.Read) {
    send(Session.Reading, putRead(airFrame(), block), READ_US, now_ms);
  } else {
    send(Session.WriteAsking, putWrite(airFrame(), block), READ_US, now_ms);
  }
  return Talk.Pending;
}

function restField(now_ms: u32): Talk {
  chipField(false);
  move(Session.FieldOff);
  field_ms = now_ms;
  return Talk.Pending;
}

/** Nobody answered WUPA: a look ends at once; a card that was left in the middle of something
 *  answers only the second one. */
function wakeAgain(now_ms: u32): bool {
  wakes++;
  if (wakes >= WAKE_COUNT) return false;
  wake(now_ms);
  return true;
}

function giveUp(failed: Session, silent: bool): Talk {
  if (failed == Session.Waking && silent) return finish(Talk.Nobody);
  const denied = failed == Session.Authenticating && denials >= DENIED_COUNT;
  return finish(denied ? Talk.Denied : Talk.Unreadable);
}

/** The exchange of `state` failed: tries again or gives up. */
function fail(outcome: Outcome, now_ms: u32): Talk {
  const failed = state;
  const silent = outcome == Outcome.Silence;
  close();
  // A sound chip's timer was stopped by an answer that then faded: something was heard.
  if (outcome == Outcome.Endless && !chipSound()) return finish(Talk.Fault);
  if (outcome == Outcome.Collision && failed <= Session.Anticollision) return finish(Talk.Several);
  if (failed == Session.Waking && silent) {
    if (order == Order.Find && tries == 0) return finish(Talk.Nobody);
    if (wakeAgain(now_ms)) return Talk.Pending;
  }
  if (failed == Session.Authenticating && silent) denials++;
  wakes = 0;
  tries++;
  if (tries >= TRY_COUNT) return giveUp(failed, silent);
  return tries + 1 < TRY_COUNT ? advance(now_ms) : restField(now_ms);
}

function takeUid(answer: usize): bool {
  uid_first = load<u8>(answer);
  return isUid(answer, airSize(), airLastBits());
}

/** SAK: the next level, or the card is selected; it has to be the one that was found. */
function takeSak(now_ms: u32): Talk {
  const answer = airFrame();
  if (!isSak(answer, airSize(), airLastBits())) return fail(Outcome.Garbled, now_ms);
  sak = <u32>load<u8>(answer);
  if (isPartOfUid(sak, uid_first) && level + 1 < LEVEL_COUNT) {
    level++;
    send(Session.Anticollision, putAnticollision(answer, level), SHORT_US, now_ms);
    return Talk.Pending;
  }
  move(Session.Active);
  if (order == Order.Find) {
    copyBytes(uid, selected, UID_SIZE);
  } else if (!equalBytes(uid, selected, UID_SIZE)) {
    close();
    return finish(Talk.Unreadable);
  }
  return advance(now_ms);
}

function select(now_ms: u32): Talk {
  const answer = airFrame();
  if (!takeUid(answer)) return fail(Outcome.Garbled, now_ms);
  const size = putSelect(answer, level, answer);
  copyBytes(selected, answer + SELECT_UID, UID_SIZE);
  send(Session.Selecting, size, SHORT_US, now_ms);
  return Talk.Pending;
}

function takeBlock(now_ms: u32): Talk {
  const answer = airFrame();
  if (!isBlock(answer, airSize(), airLastBits())) return fail(Outcome.Garbled, now_ms);
  copyBytes(block_data, answer, BLOCK_SIZE);
  move(Session.Open);
  return finish(Talk.Done);
}

function takeAcknowledge(now_ms: u32): Talk {
  const answer = airFrame();
  if (!isAcknowledge(answer, airSize(), airLastBits())) return fail(Outcome.Garbled, now_ms);
  if (state == Session.WriteAsking) {
    send(Session.Writing, putData(answer, block_data), WRITE_US, now_ms);
    return Talk.Pending;
  }
  move(Session.Open);
  return finish(Talk.Done);
}

function takeAnswer(now_ms: u32): Talk {
  switch (state) {
    case Session.Waking:
      if (!isWoken(airSize(), airLastBits())) return fail(Outcome.Garbled, now_ms);
      send(Session.Anticollision, putAnticollision(airFrame(), level), SHORT_US, now_ms);
      return Talk.Pending;
    case Session.Anticollision:
      return select(now_ms);
    case Session.Selecting:
      return takeSak(now_ms);
    case Session.Authenticating:
      open_sector = sectorOf(block);
      open_kind = key_kind;
      move(Session.Open);
      return advance(now_ms);
    case Session.Reading:
      return takeBlock(now_ms);
    default:
      return takeAcknowledge(now_ms);
  }
}

/** Field off, field on, then WUPA. */
function recover(now_ms: u32): Talk {
  if (now_ms - field_ms < FIELD_MS) return Talk.Pending;
  field_ms = now_ms;
  if (state == Session.FieldOff) {
    chipField(true);
    move(Session.FieldOn);
    return Talk.Pending;
  }
  move(Session.Closed);
  return advance(now_ms);
}

/** One step of the order; Talk.Pending until it has ended. */
export function sessionTick(now_ms: u32): Talk {
  assert(pending);
  if (state == Session.FieldOff || state == Session.FieldOn) return recover(now_ms);
  const exchanging = state != Session.Closed && state != Session.Active && state != Session.Open;
  if (!exchanging) return advance(now_ms);
  const outcome = airLook(now_ms);
  if (outcome == Outcome.Pending) return Talk.Pending;
  if (state == Session.Halting) {
    close(); // silence is success, and a card that did not understand is reset by the field
    chipClearCrypto();
    return finish(Talk.Done);
  }
  return outcome == Outcome.Answer ? takeAnswer(now_ms) : fail(outcome, now_ms);
}

/** UID of the card that was found, 4 bytes; of a longer one the last four. */
export function sessionUid(): usize {
  return uid;
}

/** SAK of the card last selected. */
export function sessionSak(): u32 {
  return sak;
}

/** The 16 bytes of the last block read. */
export function sessionBlock(): usize {
  return block_data;
}
