/** Commands to open and close, on a real memory: the judge of their changes, expiry and repeat, what
 *  supply follows from them. Rules: src/rs485/SPEC.md, "Switching". */
import { E_CLOCK, E_EXPIRED, E_HOUSEHOLD, E_OVERDRAWN } from "../../src/common/errors";
import { E_RANGE, OK, REPEAT } from "../../src/common/errors";
import * as account from "../../src/metering/account";
import { NO_CARD } from "../../src/metering/binding";
import * as books from "../../src/metering/books";
import { eventsInit, eventsTick } from "../../src/metering/events";
import * as settings from "../../src/metering/settings";
import { Supply } from "../../src/metering/supply";
import * as orders from "../../src/metering/switch";
import { Hold } from "../../src/metering/switch";
import * as switching from "../../src/metering/switching";
import { trialInit, trialStart } from "../../src/metering/trial";
import { clockSet, uptimeInit, uptimeTick } from "../../src/metering/uptime";
import { imageFormat, imageInit } from "../../src/store/image";
import { switchBody } from "../../src/store/places";
import { SWITCH_CLOSED_AT, SWITCH_COMMAND, SWITCH_KEEP, SWITCH_OPENED } from "../../src/store/map";
import * as bench from "../bench";

const CLOCK: u32 = 800_000_000;
const HOUSEHOLD: i32 = 7;
const INDEX: i32 = 6;
const CHANNEL: u64 = 1 << 6;
const OPERATOR: u32 = 4711;
const ORDER_COUNT = 9;

// What may end or replace a command: those of the line, time, and the card.
const all_orders: StaticArray<i32> = [0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x3a, 0x3b, 0, 1];
// By command in force (none, opened, opened then closing, opened then allowed, allowed) and order.
// prettier-ignore
const expected: StaticArray<i32> = [
  1, 0, 0, 2, 3, 0, 0, 0, 0,
  1, 4, 0, 2, 3, 1, 1, 1, 1,
  1, 4, 0, 2, 3, 2, 2, 0, 2,
  1, 4, 0, 2, 3, 3, 3, 4, 3,
  1, 4, 0, 2, 3, 4, 4, 4, 0,
];

const code: usize = memory.data(8);
let second_ms: u32 = 0;

function open(): void {
  bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
  imageInit();
  settings.settingsStart();
  imageFormat();
  eventsInit();
  uptimeInit(0);
  second_ms = 0;
  clockSet(CLOCK);
  books.booksInit(0);
  account.accountsInit(0);
  trialInit();
  switching.switchingInit(0);
}

function pass(seconds: u32): void {
  for (let second: u32 = 0; second < seconds; second++) {
    second_ms += 1000;
    expect(uptimeTick(second_ms)).toBe(true);
  }
}

function credit(hundredths: u32): void {
  const number = account.purchaseNumber(INDEX) + 1;
  account.bookCredit(INDEX, number, hundredths, code, NO_CARD, false);
  while (eventsTick()) continue;
}

function command(order: i32, steps: u32, expiry: u32): i32 {
  const result = switching.switchByPassword(HOUSEHOLD, order, steps, expiry, OPERATOR);
  while (eventsTick()) continue;
  return result;
}

/** A command that nothing is wrong with. */
function order(order: i32, steps: u32 = 0): void {
  expiry_next++;
  expect(command(order, steps, expiry_next)).toBe(OK);
}
let expiry_next: u32 = CLOCK + 3600;

function setRecord(hold: i32, keep: u32): void {
  store<u8>(switchBody(INDEX), <u8>hold, SWITCH_COMMAND);
  store<u8>(switchBody(INDEX), <u8>keep, SWITCH_KEEP);
}

describe("the judge of commands", () => {
  test("leads every command in force by every order to the one that the table says", () => {
    let moves = 0;
    for (let hold = 0; hold < orders.HOLD_COUNT; hold++) {
      for (let index = 0; index < ORDER_COUNT; index++) {
        const after = orders.holdAfter(hold, all_orders[index]);
        expect<i32>(after).toBe(expected[hold * ORDER_COUNT + index]);
        if (after != hold) moves++;
      }
    }
    expect(moves).toBe(22);
  });

  test("knows seven commands, and a time where one is needed and nowhere else", () => {
    let known = 0;
    for (let order = 0; order < 256; order++) {
      const takes_none = orders.judgeOrder(order, 0) == OK;
      const takes_time = orders.judgeOrder(order, 1) == OK;
      expect(takes_none && takes_time).toBe(false);
      if (takes_none || takes_time) known++;
      expect(takes_time).toBe(order == 0x1d || order == 0x1e);
    }
    expect(known).toBe(7);
    expect(orders.judgeOrder(0x1d, 255)).toBe(OK);
    expect(orders.judgeOrder(0x1d, 256)).toBe(E_RANGE);
    expect(orders.judgeOrder(-1, 0)).toBe(E_RANGE);
  });
});

describe("supply", () => {
  beforeEach(open);

  test("is the account's, unless a command opens, and nothing but a relay test opens what is kept", () => {
    const amounts: StaticArray<u32> = [0, 400, 800, 2_000];
    const states: StaticArray<i32> = [Supply.Empty, Supply.Tripped, Supply.Low, Supply.Supplied];
    for (let index = 0; index < 4; index++) {
      open();
      if (amounts[index] != 0) credit(amounts[index]);
      // A credit does not trip: only a start or consumption finds the household there.
      account.accountsInit(0);
      expect<i32>(account.supplyState(INDEX)).toBe(states[index]);
      for (let hold = 0; hold < orders.HOLD_COUNT; hold++) {
        setRecord(hold, 0);
        expect(account.wantsSupply(INDEX)).toBe(hold == Hold.None && amounts[index] >= 800);
        setRecord(hold, 1);
        expect(account.wantsSupply(INDEX)).toBe(true);
      }
    }
    trialStart(CHANNEL, 10, 0);
    expect(account.wantsSupply(INDEX)).toBe(false);
  });

  test("an empty household is not closed, unless its power is kept", () => {
    expect(command(orders.ORDER_CLOSE, 0, CLOCK + 1)).toBe(E_OVERDRAWN);
    expect(command(orders.ORDER_ALLOW, 0, CLOCK + 1)).toBe(E_OVERDRAWN);
    expect(command(orders.ORDER_OPEN, 0, CLOCK + 1)).toBe(OK);
    expect(command(orders.ORDER_KEEP, 0, CLOCK + 1)).toBe(OK);
    expect(account.wantsSupply(INDEX)).toBe(true);
    expect(command(orders.ORDER_ALLOW, 0, CLOCK + 1)).toBe(OK);
    expect(command(orders.ORDER_CLOSE, 0, CLOCK + 1)).toBe(OK);
    expect(command(orders.ORDER_KEEP_END, 0, CLOCK + 1)).toBe(OK);
    expect(account.wantsSupply(INDEX)).toBe(false);
  });

  test("closing ends a trip", () => {
    credit(400);
    account.accountsInit(0);
    expect<i32>(account.supplyState(INDEX)).toBe(Supply.Tripped);
    order(orders.ORDER_CLOSE);
    expect<i32>(account.supplyState(INDEX)).toBe(Supply.Low);
    expect(account.wantsSupply(INDEX)).toBe(true);
  });

  test("only the card closes an allowed household, and only an allowed one", () => {
    credit(2_000);
    expect(switching.closeByCard(INDEX)).toBe(false);
    order(orders.ORDER_OPEN);
    expect(switching.closeByCard(INDEX)).toBe(false);
    expect(account.wantsSupply(INDEX)).toBe(false);
    order(orders.ORDER_ALLOW);
    expect(account.wantsSupply(INDEX)).toBe(false);
    expect(switching.closeByCard(INDEX)).toBe(true);
    expect(account.wantsSupply(INDEX)).toBe(true);
  });

  test("a timed command ends after N2 x 5 min of running time", () => {
    credit(2_000);
    order(orders.ORDER_OPEN_CLOSING, 2);
    pass(599);
    switching.switchingTick(INDEX, 0);
    expect(account.wantsSupply(INDEX)).toBe(false);
    pass(1);
    switching.switchingTick(INDEX, 0);
    expect(account.wantsSupply(INDEX)).toBe(true);
    order(orders.ORDER_OPEN_ALLOWING, 1);
    pass(300);
    switching.switchingTick(INDEX, 0);
    expect<i32>(orders.holdOf(INDEX)).toBe(Hold.Allowed);
    order(orders.ORDER_OPEN_CLOSING, 1);
    order(orders.ORDER_OPEN); // for good, in place of the timed one
    pass(301);
    switching.switchingTick(INDEX, 0);
    expect<i32>(orders.holdOf(INDEX)).toBe(Hold.Opened);
  });
});

describe("expiry", () => {
  beforeEach(open);

  test("must lie after a trusted clock", () => {
    credit(2_000);
    expect(command(orders.ORDER_OPEN, 0, CLOCK)).toBe(E_EXPIRED);
    expect(command(orders.ORDER_OPEN, 0, 0)).toBe(E_EXPIRED);
    clockSet(0);
    expect(command(orders.ORDER_OPEN, 0, CLOCK + 10)).toBe(E_CLOCK);
    expect<i32>(orders.holdOf(INDEX)).toBe(Hold.None);
    clockSet(CLOCK);
    expect(command(orders.ORDER_OPEN, 0, CLOCK + 1)).toBe(OK);
  });

  test("takes each command once with the latest expiry, and nothing with an older one", () => {
    credit(2_000);
    for (let index = 0; index < 7; index++) {
      const steps: u32 = index == 3 || index == 4 ? 1 : 0;
      expect(command(all_orders[index], steps, CLOCK + 100)).toBe(OK);
    }
    const held = orders.holdOf(INDEX);
    for (let index = 0; index < 6; index++) {
      const steps: u32 = index == 3 || index == 4 ? 1 : 0;
      expect(command(all_orders[index], steps, CLOCK + 100)).toBe(E_EXPIRED);
      expect(command(all_orders[index], steps, CLOCK + 99)).toBe(E_EXPIRED);
    }
    expect<i32>(orders.holdOf(INDEX)).toBe(held);
    expect(command(orders.ORDER_OPEN, 0, CLOCK + 101)).toBe(OK);
    expect(command(orders.ORDER_CLOSE, 0, CLOCK + 101)).toBe(OK);
  });

  test("the same body again is answered and does nothing", () => {
    credit(2_000);
    expect(command(orders.ORDER_OPEN, 0, CLOCK + 100)).toBe(OK);
    setRecord(Hold.Allowed, 0);
    expect(command(orders.ORDER_OPEN, 0, CLOCK + 100)).toBe(OK);
    expect<i32>(orders.holdOf(INDEX)).toBe(Hold.Allowed);
    const judged = orders.judgeExpiry(INDEX, orders.ORDER_OPEN, 0, CLOCK + 100, CLOCK, 0);
    expect(judged).toBe(REPEAT);
  });

  test("the same command with another time is another body", () => {
    credit(2_000);
    expect(command(orders.ORDER_OPEN_CLOSING, 3, CLOCK + 1000)).toBe(OK);
    expect(command(orders.ORDER_OPEN_CLOSING, 4, CLOCK + 1000)).toBe(E_EXPIRED);
    pass(299);
    expect(command(orders.ORDER_OPEN_CLOSING, 3, CLOCK + 1000)).toBe(OK);
    pass(2);
    expect(command(orders.ORDER_OPEN_CLOSING, 3, CLOCK + 1000)).toBe(E_EXPIRED); // no lost answer now
  });

  test("what is refused uses no expiry", () => {
    expect(command(orders.ORDER_CLOSE, 0, CLOCK + 500)).toBe(E_OVERDRAWN);
    expect(command(orders.ORDER_OPEN, 3, CLOCK + 500)).toBe(E_RANGE);
    expect(command(orders.ORDER_OPEN, 0, CLOCK + 1)).toBe(OK);
    const other = switching.switchByPassword(40, orders.ORDER_OPEN, 0, CLOCK + 1, OPERATOR);
    expect(other).toBe(E_HOUSEHOLD);
  });
});

describe("times of opening and closing", () => {
  beforeEach(open);

  test("are those at which the last of the household's relays was driven", () => {
    const record = switchBody(INDEX);
    for (let index = 6; index < 9; index++) settings.setChannelHousehold(index, 7);
    account.accountsInit(0);
    expect<u64>(account.accountChannels(INDEX)).toBe(7 << 6);
    switching.switchingTick(INDEX, 3 << 6);
    expect<u32>(load<u32>(record, SWITCH_CLOSED_AT)).toBe(0);
    switching.switchingTick(INDEX, 7 << 6);
    expect<u32>(load<u32>(record, SWITCH_CLOSED_AT)).toBe(CLOCK);
    pass(5);
    switching.switchingTick(INDEX, 6 << 6);
    switching.switchingTick(INDEX, 7 << 6); // wanted back before all were open
    expect<u32>(load<u32>(record, SWITCH_OPENED)).toBe(0);
    expect<u32>(load<u32>(record, SWITCH_CLOSED_AT)).toBe(CLOCK);
    switching.switchingTick(INDEX, 0);
    expect<u32>(load<u32>(record, SWITCH_OPENED)).toBe(CLOCK + 5);
  });

  test("of a relay test are not kept", () => {
    const record = switchBody(INDEX);
    trialStart(CHANNEL, 10, 0);
    switching.switchingTick(INDEX, CHANNEL);
    expect<u32>(load<u32>(record, SWITCH_CLOSED_AT)).toBe(0);
  });
});
