/** What the meter answers to the panel's requests: who handles which kind. Layouts: src/link/SPEC.md. */
import { fillBytes, loadLe32, storeLe32 } from "../common/bytes";
import { E_STORE, OK } from "../common/errors";
import * as frame from "../link/frame";
import { CHANNEL_COUNT } from "../store/map";
import { accountChannels } from "./account";
import { NO_CARD } from "./binding";
import { cardKeys, cardRecord, cardReturn } from "./card";
import { readSetting } from "./change";
import { handleCommand } from "./command";
import { EVENT_CLOCK_SET, EVENT_PROVISIONED, eventNext, noteEvent, readEvent } from "./events";
import { history } from "./history";
import { isProvisioned, provision } from "./identity";
import { handleMessage } from "./message";
import { phasesPresent } from "./phases";
import { probe, probeOutOfOrder } from "./probing";
import { fillSlice, readBooks, readBox, readingsAt, readingsInit, readSlice } from "./readings";
import { readSupply } from "./readings";
import { boxSetting, MODE_MONEY, SETTING_ACCOUNT_MODE, SETTING_DECIMALS } from "./settings";
import { heldHousehold } from "./socket";
import { clockSet } from "./uptime";

let is_refreshing: bool = false;
let now: u32 = 0;

let displayed: i32 = 0; // household on the tubes, 0 none
let restarted: bool = false; // not yet told

/** `boot_reason`: why the board started the core. */
export function answersInit(boot_reason: i32): void {
  readingsInit(boot_reason);
  displayed = 0;
  restarted = true;
}

/** Household on the tubes as the panel last said, 1..39, 0 none. */
export function displayedHousehold(): i32 {
  return displayed;
}

/** Tells what the relays do and what time it is, for the answer to come. */
export function answersAt(closed: u64, refreshing: bool, now_ms: u32): void {
  readingsAt(closed, now_ms);
  is_refreshing = refreshing;
  now = now_ms;
}

function status(): u32 {
  let bits: u32 = isProvisioned() ? frame.STATUS_PROVISIONED : 0;
  if (heldHousehold() != 0) bits |= frame.STATUS_HELD;
  if (is_refreshing) bits |= frame.STATUS_REFRESHING;
  if (boxSetting(SETTING_ACCOUNT_MODE) == MODE_MONEY) bits |= frame.STATUS_MONEY;
  if (boxSetting(SETTING_DECIMALS) == 2) bits |= frame.STATUS_TWO_DECIMALS;
  if (restarted) bits |= frame.STATUS_RESTARTED;
  restarted = false;
  return bits;
}

function takePoll(request: usize): void {
  displayed = load<u8>(request + frame.POLL_DISPLAYED);
  if (displayed > CHANNEL_COUNT) displayed = 0;
  const trusted = (load<u8>(request + frame.POLL_FLAGS) & frame.POLL_FLAG_CLOCK_TRUSTED) != 0;
  const jump_s = clockSet(trusted ? loadLe32(request + frame.POLL_CLOCK) : 0);
  if (jump_s != 0) noteEvent(EVENT_CLOCK_SET, 0, 0, jump_s);
}

function poll(request: usize, reply: usize): i32 {
  takePoll(request);
  const bits = status();
  store<u8>(reply + frame.REPLY_STATUS, <u8>bits);
  store<u8>(reply + frame.REPLY_HELD, <u8>heldHousehold());
  store<u8>(reply + frame.REPLY_PHASES, <u8>phasesPresent());
  storeLe32(reply + frame.REPLY_EVENT_NEXT, eventNext());
  const from = <i32>load<u8>(request + frame.POLL_FROM);
  let slices: i32 = 0;
  for (let index = from - 1; from != 0 && index < CHANNEL_COUNT; index++) {
    if (accountChannels(index) == 0) continue;
    fillSlice(index, reply + frame.REPLY_SLICES + slices * frame.SLICE_SIZE);
    slices++;
    if (slices == frame.SLICE_COUNT_MAX) break;
  }
  store<u8>(reply + frame.REPLY_SLICE_COUNT, <u8>slices);
  return frame.REPLY_SLICES + slices * frame.SLICE_SIZE;
}

function refuse(reply: usize, result: i32): i32 {
  store<u8>(reply + frame.RESULT, <u8>result);
  return frame.REFUSED_REPLY_SIZE;
}

function message(request: usize, reply: usize): i32 {
  handleMessage(request + frame.MESSAGE_SIGNED, NO_CARD, reply, now);
  return frame.MESSAGE_REPLY_SIZE;
}

function cardMessage(request: usize, reply: usize): i32 {
  const uid = request + frame.CARD_MESSAGE_UID;
  handleMessage(request + frame.CARD_MESSAGE_SIGNED, uid, reply, now);
  return frame.CARD_MESSAGE_REPLY_SIZE;
}

/** A reply of `size`, or its refusal. */
function resultOr(size: i32, result: i32, reply: usize): i32 {
  return result == OK ? size : refuse(reply, result);
}

function card(kind: i32, request: usize, reply: usize): i32 {
  if (kind == frame.KIND_CARD_MESSAGE) return cardMessage(request, reply);
  if (kind == frame.KIND_CARD_KEYS) {
    return resultOr(frame.CARD_KEYS_REPLY_SIZE, cardKeys(request, reply), reply);
  }
  if (kind == frame.KIND_CARD_RETURN) {
    return resultOr(frame.CARD_RETURN_REPLY_SIZE, cardReturn(request, reply), reply);
  }
  return resultOr(frame.CARD_RECORD_REPLY_SIZE, cardRecord(request, reply), reply);
}

function setting(request: usize, reply: usize): i32 {
  const id = <i32>load<u8>(request + frame.SETTING_ID);
  const index = <i32>load<u8>(request + frame.SETTING_INDEX);
  const result = readSetting(id, index, reply + frame.SETTING_REPLY_VALUE);
  store<u8>(reply + frame.RESULT, <u8>result);
  return frame.SETTING_READ_REPLY_SIZE;
}

function provisionBox(request: usize, reply: usize): i32 {
  const result = provision(request + frame.PROVISION_NUMBER, request + frame.PROVISION_KEY);
  if (result == 0) noteEvent(EVENT_PROVISIONED, 0, 0, 0);
  return refuse(reply, result);
}

function event(request: usize, reply: usize): i32 {
  const result = readEvent(loadLe32(request + frame.EVENT_NUMBER), reply + frame.EVENT_REPLY_ENTRY);
  storeLe32(reply + frame.EVENT_REPLY_NEXT, eventNext());
  store<u8>(reply + frame.RESULT, <u8>result);
  return frame.EVENT_READ_REPLY_SIZE;
}

function box(reply: usize): i32 {
  readBox(reply);
  return frame.BOX_READ_REPLY_SIZE;
}

/** Requests that only read a household. */
function reading(kind: i32, request: usize, reply: usize): i32 {
  if (kind == frame.KIND_BOOKS_READ) {
    return resultOr(frame.BOOKS_READ_REPLY_SIZE, readBooks(request, reply), reply);
  }
  if (kind == frame.KIND_SLICE_READ) {
    return resultOr(frame.SLICE_READ_REPLY_SIZE, readSlice(request, reply), reply);
  }
  return resultOr(frame.SUPPLY_READ_REPLY_SIZE, readSupply(request, reply), reply);
}

function command(request: usize, reply: usize): i32 {
  store<u8>(reply + frame.RESULT, <u8>handleCommand(request));
  return frame.COMMAND_REPLY_SIZE;
}

/** Answers a request of `kind` whose size is right. Returns the size of the reply. */
export function answer(kind: i32, request: usize, reply: usize): i32 {
  fillBytes(reply, 0, <u32>frame.PAYLOAD_SIZE_MAX);
  if (kind == frame.KIND_POLL) return poll(request, reply);
  if (kind == frame.KIND_MESSAGE) return message(request, reply);
  if (kind == frame.KIND_SETTING_READ) return setting(request, reply);
  if (kind == frame.KIND_PROVISION) return provisionBox(request, reply);
  if (kind == frame.KIND_EVENT_READ) return event(request, reply);
  if (kind == frame.KIND_BOX_READ) return box(reply);
  if (kind >= frame.KIND_CARD_KEYS && kind <= frame.KIND_CARD_RECORD) {
    return card(kind, request, reply);
  }
  if (kind == frame.KIND_COMMAND) return command(request, reply);
  if (kind == frame.KIND_PROBE) return probe(request, reply, now);
  if (kind >= frame.KIND_FREEZE_READ && kind <= frame.KIND_EVENT_FIND) {
    return history(kind, request, reply);
  }
  return reading(kind, request, reply);
}

/** Answers while the memory is out of order: a poll says so, a probe looks for the cause, everything
 *  else is refused. */
export function answerOutOfOrder(kind: i32, request: usize, reply: usize): i32 {
  fillBytes(reply, 0, <u32>frame.PAYLOAD_SIZE_MAX);
  if (kind == frame.KIND_PROBE) return probeOutOfOrder(request, reply);
  if (kind != frame.KIND_POLL) return refuse(reply, E_STORE);
  store<u8>(reply + frame.REPLY_STATUS, <u8>frame.STATUS_STORE_FAULT);
  return frame.POLL_REPLY_SIZE_MIN;
}
