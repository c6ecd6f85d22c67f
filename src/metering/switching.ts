/** Opening and closing by command: by password, by signed message, by time, by the household's card;
 *  and when the relays of a household opened and closed. Each command is one record. Source:
 *  src/rs485/SPEC.md, "Switching". */
import { copyBytes, equalBytes, loadBe32 } from "../common/bytes";
import { E_HOUSEHOLD, E_NUMBER_OLD, OK, REPEAT } from "../common/errors";
import * as frame from "../link/frame";
import { recordSave } from "../store/image";
import { SWITCH, switchBody } from "../store/places";
import { CHANNEL_COUNT, SWITCH_CLOSED_AT, SWITCH_LAST_CODE, SWITCH_NUMBER } from "../store/map";
import { SWITCH_OPENED, SWITCH_UNTIL_S } from "../store/map";
import { accountChannels, purchaseNumber, remainingHundredths, remainingUnits } from "./account";
import { resumeHousehold, supplyChanged, supplyState, wantsSupply } from "./account";
import { EVENT_CLOSED, EVENT_OPENED, EVENT_SWITCHED, noteEvent } from "./events";
import { householdInUse } from "./layout";
import { probeIsQuiet } from "./probe";
import { Supply } from "./supply";
import * as orders from "./switch";
import { isTried } from "./trial";
import { clockNow, runningS } from "./uptime";

let standing: u64 = 0; // households whose relays were last found all closed

function bit(household_index: i32): u64 {
  return (<u64>1) << household_index;
}

/** `closed`: channels last driven closed. A household cut between two of its relays was on its way to
 *  what its account wants, so it counts as not there yet. */
export function switchingInit(closed: u64): void {
  standing = 0;
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    const channels = accountChannels(index);
    const driven = closed & channels;
    const is_between = driven != 0 && driven != channels;
    const is_closed = is_between ? !wantsSupply(index) : driven != 0;
    if (is_closed) standing |= bit(index);
  }
}

function judgeClosing(household_index: i32, order: i32): i32 {
  const is_empty = supplyState(household_index) == Supply.Empty;
  return orders.judgeClosing(household_index, order, is_empty);
}

/** Obeys a command that was found OK. A trip ends before the command is durable: after a cut between,
 *  the same command is taken again. */
function obey(household_index: i32, order: i32, steps: u32, operator: u32): void {
  if (order == orders.ORDER_CLOSE) resumeHousehold(household_index);
  orders.orderHousehold(household_index, order, steps, runningS());
  recordSave(SWITCH, household_index);
  supplyChanged(bit(household_index));
  noteEvent(EVENT_SWITCHED, household_index + 1, order, operator);
}

/** A command by password, whose password was found good. `steps`: N2; `expiry`: time. OK also for the
 *  last command again; E_HOUSEHOLD, E_RANGE, E_CLOCK, E_EXPIRED, E_OVERDRAWN change nothing. */
export function switchByPassword(
  household: i32,
  order: i32,
  steps: u32,
  expiry: u32,
  operator: u32,
): i32 {
  const index = household - 1;
  if (!householdInUse(household)) return E_HOUSEHOLD;
  let result = orders.judgeOrder(order, steps);
  if (result == OK) {
    result = orders.judgeExpiry(index, order, steps, expiry, clockNow(), runningS());
  }
  if (result == OK) result = judgeClosing(index, order);
  if (result != OK) return result == REPEAT ? OK : result;
  orders.useExpiry(index, order, expiry);
  obey(index, order, steps, operator);
  return OK;
}

function judgeMessage(message: usize, household_index: i32): i32 {
  const record = switchBody(household_index);
  const number = loadBe32(message + frame.SIGNED_NUMBER);
  const last = load<u32>(record, SWITCH_NUMBER);
  const code = message + frame.SIGNED_CODE;
  if (number <= last) {
    const same = equalBytes(code, record + SWITCH_LAST_CODE, <u32>frame.SIGNED_CODE_SIZE);
    return number == last && last != 0 && same ? REPEAT : E_NUMBER_OLD;
  }
  const order = <i32>loadBe32(message + frame.SIGNED_AMOUNT);
  const result = orders.judgeOrder(order, <u32>load<u8>(message + frame.SIGNED_FLAGS));
  return result == OK ? judgeClosing(household_index, order) : result;
}

/** A command by signed message, whose code was found valid; fills `reply`. */
export function switchByMessage(message: usize, household: i32, reply: usize): i32 {
  const index = household - 1;
  if (!householdInUse(household)) return E_HOUSEHOLD;
  const order = <i32>loadBe32(message + frame.SIGNED_AMOUNT);
  const result = judgeMessage(message, index);
  if (result == OK) {
    const record = switchBody(index);
    store<u32>(record, loadBe32(message + frame.SIGNED_NUMBER), SWITCH_NUMBER);
    copyBytes(record + SWITCH_LAST_CODE, message + frame.SIGNED_CODE, <u32>frame.SIGNED_CODE_SIZE);
    obey(index, order, <u32>load<u8>(message + frame.SIGNED_FLAGS), 0);
  }
  store<u8>(reply + frame.MESSAGE_REPLY_HOUSEHOLD, <u8>household);
  store<u8>(reply + frame.MESSAGE_REPLY_STATE, <u8>supplyState(index));
  store<u32>(reply + frame.MESSAGE_REPLY_REMAINING, <u32>remainingHundredths(index));
  store<u32>(reply + frame.MESSAGE_REPLY_NUMBER, purchaseNumber(index));
  store<u8>(reply + frame.MESSAGE_REPLY_ID, <u8>order);
  return result;
}

/** What ends a command without anybody commanding; durable. True when the command in force changed. */
function endOrder(household_index: i32, order: i32): bool {
  const hold = orders.holdOf(household_index);
  if (orders.holdAfter(hold, order) == hold) return false;
  orders.orderHousehold(household_index, order, 0, 0);
  recordSave(SWITCH, household_index);
  supplyChanged(bit(household_index));
  return true;
}

/** The household's card was newly presented: true when that ended its waiting for the card. */
export function closeByCard(household_index: i32): bool {
  return endOrder(household_index, orders.ORDER_CARD_SHOWN);
}

function isTimeOver(household_index: i32): bool {
  if (!orders.isTimed(orders.holdOf(household_index))) return false;
  return runningS() >= load<u32>(switchBody(household_index), SWITCH_UNTIL_S);
}

/** Notes that all relays of a household have been driven the other way. A test is not noted. */
function watchRelays(household_index: i32, closed: u64): void {
  const channels = accountChannels(household_index);
  const driven = closed & channels;
  const was_closed = (standing & bit(household_index)) != 0;
  if (driven != (was_closed ? 0 : channels) || channels == 0) return;
  if (isTried(household_index + 1) || probeIsQuiet()) return;
  standing ^= bit(household_index);
  const record = switchBody(household_index);
  if (was_closed) store<u32>(record, clockNow(), SWITCH_OPENED);
  else store<u32>(record, clockNow(), SWITCH_CLOSED_AT);
  recordSave(SWITCH, household_index);
  const kind = was_closed ? EVENT_OPENED : EVENT_CLOSED;
  noteEvent(kind, household_index + 1, 0, remainingUnits(household_index));
}

/** One household's turn: ends what is over by running time, and looks at its relays. `closed`: channels
 *  last driven closed. */
export function switchingTick(household_index: i32, closed: u64): void {
  if (isTimeOver(household_index)) endOrder(household_index, orders.ORDER_TIME_OVER);
  watchRelays(household_index, closed);
}
