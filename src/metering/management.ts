/** What management cards do: clear the box, collect its readings, test its relays. Each kind has its
 *  own numbers; the number is durable before anything happens. src/rfid/SPEC.md, "Management messages".
 *  Also counts the messages that the box refuses. */
import { loadBe32 } from "../common/bytes";
import { E_HOUSEHOLD, E_NUMBER_OLD, E_RANGE, E_SERVICE, OK } from "../common/errors";
import * as frame from "../link/frame";
import { recordSave } from "../store/image";
import { MANAGEMENT, MANAGEMENT_BODY } from "../store/places";
import {
  CHANNEL_COUNT,
  MANAGEMENT_CHECK_NUMBER,
  MANAGEMENT_CLEAR_NUMBER,
  MANAGEMENT_REFUSALS,
  MANAGEMENT_TEST_NUMBER,
} from "../store/map";
import { accountChannels, supplyChanged } from "./account";
import { beginClearing, clearingInit, clearingTick } from "./clearing";
import { EVENT_RELAY_TEST, noteEvent } from "./events";
import { householdInUse } from "./layout";
import { serviceIsOpen } from "./service.port";
import { TRIAL_SECONDS_MAXIMUM, trialInit, trialStart, trialTick } from "./trial";
import { triedHouseholds, trialWantsClosed } from "./trial";
import { runningS } from "./uptime";

/** For so long after a check message its card may collect records. */
export const CHECK_WINDOW_S: u32 = 120;

let checked: bool = false; // a check message was accepted since the start
let checked_s: u32 = 0; // running time then

export function managementInit(): void {
  checked = false;
  clearingInit();
  trialInit();
}

function lastNumber(field: usize): u32 {
  return load<u32>(MANAGEMENT_BODY + field);
}

function saveNumber(field: usize, number: u32): void {
  store<u32>(MANAGEMENT_BODY + field, number);
  recordSave(MANAGEMENT, 0);
}

/** Messages refused in the box's life, modulo 2^16. */
export function refusals(): u32 {
  return load<u16>(MANAGEMENT_BODY, MANAGEMENT_REFUSALS);
}

export function countRefusal(): void {
  store<u16>(MANAGEMENT_BODY, <u16>(refusals() + 1), MANAGEMENT_REFUSALS);
  recordSave(MANAGEMENT, 0);
}

/** True while an accepted check card may collect records. */
export function checkIsOpen(): bool {
  return checked && runningS() - checked_s < CHECK_WINDOW_S;
}

function clear(number: u32): i32 {
  if (number <= lastNumber(MANAGEMENT_CLEAR_NUMBER)) return E_NUMBER_OLD;
  if (!serviceIsOpen()) return E_SERVICE;
  beginClearing(number);
  return OK;
}

function check(number: u32): i32 {
  const last = lastNumber(MANAGEMENT_CHECK_NUMBER);
  if (number == 0 || number < last) return E_NUMBER_OLD;
  if (number != last) saveNumber(MANAGEMENT_CHECK_NUMBER, number);
  checked = true;
  checked_s = runningS();
  return OK;
}

function usedHouseholds(): u64 {
  let used: u64 = 0;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    if (accountChannels(index) != 0) used |= (<u64>1) << index;
  }
  return used;
}

function test(household: i32, number: u32, seconds: u32, now_ms: u32): i32 {
  if (household != 0 && !householdInUse(household)) return E_HOUSEHOLD;
  if (seconds < 1 || seconds > TRIAL_SECONDS_MAXIMUM) return E_RANGE;
  if (number <= lastNumber(MANAGEMENT_TEST_NUMBER)) return E_NUMBER_OLD;
  saveNumber(MANAGEMENT_TEST_NUMBER, number);
  const households = household == 0 ? usedHouseholds() : (<u64>1) << (household - 1);
  supplyChanged(trialStart(households, seconds, now_ms));
  noteEvent(EVENT_RELAY_TEST, household, 0, seconds);
  return OK;
}

/** Handles a genuine message of kind 5, 6 or 7 for `household` (0 the box). OK, or E_HOUSEHOLD,
 *  E_RANGE, E_NUMBER_OLD, E_SERVICE; what is refused changes nothing. */
export function manage(kind: i32, message: usize, household: i32, now_ms: u32): i32 {
  const number = loadBe32(message + frame.SIGNED_NUMBER);
  const amount = loadBe32(message + frame.SIGNED_AMOUNT);
  if (kind == frame.SIGNED_KIND_TEST) return test(household, number, amount, now_ms);
  if (household != 0) return E_HOUSEHOLD;
  if (amount != 0) return E_RANGE;
  return kind == frame.SIGNED_KIND_CLEAR ? clear(number) : check(number);
}

function channelsTried(): u64 {
  let channels: u64 = 0;
  for (let rest = triedHouseholds(); rest != 0; rest &= rest - 1) {
    channels |= accountChannels(<i32>ctz(rest));
  }
  return channels;
}

/** One step of a clear and of a relay test; `closed`: channels last driven closed. */
export function managementTick(closed: u64, now_ms: u32): void {
  clearingTick();
  if (triedHouseholds() == 0) return;
  const channels = channelsTried();
  const is_driven = (closed & channels) == (trialWantsClosed() ? channels : 0);
  supplyChanged(trialTick(now_ms, is_driven));
}
