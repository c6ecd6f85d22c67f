/** The event ring with its counts and clears, and the purchases, on a real memory without the rest of the
 *  meter. */
import { fillBytes } from "../../src/common/bytes";
import { E_HOUSEHOLD, E_NOTHING, E_RANGE, OK } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import * as account from "../../src/metering/account";
import { NO_CARD } from "../../src/metering/binding";
import { booksInit } from "../../src/metering/books";
import * as events from "../../src/metering/events";
import { freezesInit } from "../../src/metering/freezes";
import { history } from "../../src/metering/history";
import { purchaseNote, purchasesInit } from "../../src/metering/purchases";
import { setChannelHousehold, settingsStart } from "../../src/metering/settings";
import { clockSet, uptimeInit } from "../../src/metering/uptime";
import { imageFormat, imageInit, imageLoad, imageProbe } from "../../src/store/image";
import { EVENTS_ADDRESS, PURCHASES_ADDRESS } from "../../src/store/map";
import * as bench from "../bench";

const NOW: u32 = 800_000_000;
const request: usize = memory.data(8, 8);
const reply: usize = memory.data(128, 8);
const code: usize = memory.data(8, 8);

function loadAll(): void {
  events.eventsInit();
  uptimeInit(0);
  clockSet(NOW);
  booksInit(0);
  account.accountsInit(0);
  events.eventsLoad();
  freezesInit();
}

function open(): void {
  bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
  imageInit();
  settingsStart();
  imageFormat();
  loadAll();
}

/** Starts again from the memory. */
function restart(): void {
  imageInit();
  expect(imageProbe()).toBe(1);
  expect(imageLoad()).toBe(OK);
  loadAll();
}

/** Power was cut on the way: what was written since then is gone. */
function powerBack(): void {
  bench.bench_power_off();
  bench.bench_pass(10);
  bench.bench_power_on();
  bench.bench_power_cut_after(-1, bench.BYTE_OLD);
  restart();
}

function note(kind: i32, detail: u32, value: i64): void {
  events.noteEvent(kind, 0, detail, value);
  expect(events.eventsTick()).toBe(true); // its entry,
  expect(events.eventsTick()).toBe(true); // its head
  expect(events.eventsTick()).toBe(false);
}

function find(kind: i32, index: i32, detail: i32): i32 {
  fillBytes(reply, 0, 128);
  store<u8>(request, <u8>kind, frame.FIND_KIND);
  store<u8>(request, <u8>index, frame.FIND_INDEX);
  store<u8>(request, <u8>detail, frame.FIND_DETAIL);
  expect(history(frame.KIND_EVENT_FIND, request, reply)).toBe(frame.EVENT_FIND_REPLY_SIZE);
  return load<i8>(reply);
}

/** Value of the found event. */
function foundValue(): u32 {
  return load<u32>(reply + frame.FIND_REPLY_ENTRY + events.EVENT_ENTRY_VALUE);
}

function foundCount(): u32 {
  return load<u32>(reply + frame.FIND_REPLY_COUNT);
}

function foundSeconds(): u32 {
  return load<u32>(reply + frame.FIND_REPLY_SECONDS);
}

describe("events", () => {
  beforeEach(open);

  test("are found by kind, newest first, also after a start", () => {
    for (let value: u32 = 1; value <= 5; value++) {
      note(events.EVENT_CLOCK_SET, 0, value);
      note(events.EVENT_STATE, value, 100 + value);
    }
    for (let turn = 0; turn < 2; turn++) {
      for (let index = 1; index <= 5; index++) {
        expect(find(events.EVENT_CLOCK_SET, index, frame.FIND_ANY_DETAIL)).toBe(OK);
        expect(foundValue()).toBe(6 - index);
        expect(foundCount()).toBe(5);
      }
      expect(find(events.EVENT_CLOCK_SET, 6, frame.FIND_ANY_DETAIL)).toBe(E_NOTHING);
      expect(foundCount()).toBe(5);
      expect(find(events.EVENT_CLOCK_SET, 0, frame.FIND_ANY_DETAIL)).toBe(OK);
      expect(foundCount()).toBe(5);
      expect(find(events.EVENT_STATE, 1, 3)).toBe(OK);
      expect(foundValue()).toBe(103);
      expect(find(events.EVENT_STATE, 2, 3)).toBe(E_NOTHING);
      expect(find(events.EVENT_OPENED, 1, frame.FIND_ANY_DETAIL)).toBe(E_NOTHING);
      expect(foundCount()).toBe(0);
      restart();
    }
    expect(find(0, 1, frame.FIND_ANY_DETAIL)).toBe(E_RANGE);
    expect(find(32, 1, frame.FIND_ANY_DETAIL)).toBe(E_RANGE);
  });

  test("the counts go on when the ring has gone round; 639 stay", () => {
    for (let value: u32 = 1; value <= 700; value++) note(events.EVENT_REFUSED, 0, value);
    note(events.EVENT_CLOCK_SET, 0, 1);
    expect(find(events.EVENT_REFUSED, 1, frame.FIND_ANY_DETAIL)).toBe(OK);
    expect(foundValue()).toBe(700);
    expect(foundCount()).toBe(700);
    expect(find(events.EVENT_REFUSED, 255, 0)).toBe(OK);
    expect(foundValue()).toBe(446);
    expect(events.findEvent(events.EVENT_REFUSED, 638, 255, code)).toBe(OK);
    expect(events.findEvent(events.EVENT_REFUSED, 639, 255, code)).toBe(E_NOTHING);
    restart();
    expect(events.findEvent(events.EVENT_REFUSED, 638, 255, code)).toBe(OK);
    expect(events.findEvent(events.EVENT_REFUSED, 639, 255, code)).toBe(E_NOTHING);
  });

  test("a phase has its own count and time", () => {
    note(events.EVENT_PHASE_LOST, 1, 0);
    note(events.EVENT_PHASE_BACK, 1, 60);
    note(events.EVENT_PHASE_LOST, 2, 0);
    note(events.EVENT_PHASE_LOST, 1, 0);
    note(events.EVENT_PHASE_BACK, 1, 90);
    expect(find(events.EVENT_PHASE_LOST, 1, 1)).toBe(OK);
    expect(foundCount()).toBe(2);
    expect(foundSeconds()).toBe(150);
    expect(find(events.EVENT_PHASE_BACK, 2, 1)).toBe(OK);
    expect(foundValue()).toBe(60);
    expect(find(events.EVENT_PHASE_LOST, 1, 2)).toBe(OK);
    expect(foundCount()).toBe(1);
    expect(foundSeconds()).toBe(0);
    expect(find(events.EVENT_PHASE_LOST, 1, 0)).toBe(E_NOTHING);
    expect(find(events.EVENT_PHASE_LOST, 0, frame.FIND_ANY_DETAIL)).toBe(OK);
    expect(foundCount()).toBe(3);
  });

  test("a cleared kind is found no more, the others and later ones are", () => {
    note(events.EVENT_STATE, 0, 1);
    note(events.EVENT_CLOCK_SET, 0, 2);
    note(events.EVENT_EVENTS_CLEARED, events.EVENT_STATE, 3);
    for (let turn = 0; turn < 2; turn++) {
      expect(find(events.EVENT_STATE, 1, frame.FIND_ANY_DETAIL)).toBe(E_NOTHING);
      expect(find(events.EVENT_CLOCK_SET, 1, frame.FIND_ANY_DETAIL)).toBe(OK);
      expect(find(events.EVENT_EVENTS_CLEARED, 1, events.EVENT_STATE)).toBe(OK);
      expect(foundCount()).toBe(1);
      restart();
    }
    note(events.EVENT_STATE, 0, 4);
    expect(find(events.EVENT_STATE, 1, frame.FIND_ANY_DETAIL)).toBe(OK);
    expect(foundValue()).toBe(4);
    expect(find(events.EVENT_STATE, 2, frame.FIND_ANY_DETAIL)).toBe(E_NOTHING);
    expect(events.readEvent(0, reply)).toBe(OK, "a reader of the whole log still sees it");
  });

  test("clearing losses of phases clears returns and totals; clearing all leaves the clear", () => {
    note(events.EVENT_PHASE_LOST, 0, 0);
    note(events.EVENT_PHASE_BACK, 0, 60);
    note(events.EVENT_STATE, 0, 1);
    note(events.EVENT_EVENTS_CLEARED, events.EVENT_PHASE_BACK, 3);
    expect(find(events.EVENT_PHASE_LOST, 1, 0)).toBe(E_NOTHING);
    expect(foundCount()).toBe(0);
    expect(foundSeconds()).toBe(0);
    expect(find(events.EVENT_STATE, 1, 0)).toBe(OK);
    note(events.EVENT_EVENTS_CLEARED, 0, 9);
    for (let kind = 1; kind < 32; kind++) {
      const is_clear = kind == events.EVENT_EVENTS_CLEARED;
      expect(find(kind, 1, frame.FIND_ANY_DETAIL)).toBe(is_clear ? OK : E_NOTHING);
      expect(foundCount()).toBe(is_clear ? 1 : 0);
    }
  });

  test("a clear cut at any byte: nothing or all of it", () => {
    let old = 0;
    let done = 0;
    for (let cut = 0; cut < 24 + 164 + 4; cut++) {
      open();
      note(events.EVENT_STATE, 0, 1);
      bench.bench_power_cut_after(cut, cut % 3);
      note(events.EVENT_EVENTS_CLEARED, 0, 9);
      powerBack();
      const is_there = find(events.EVENT_STATE, 1, 0) == OK;
      const is_told = find(events.EVENT_EVENTS_CLEARED, 1, 0) == OK;
      expect(is_there).toBe(!is_told);
      expect(events.eventNext()).toBe(is_told ? 2 : 1);
      if (is_told) done++;
      else old++;
    }
    expect(old).toBeGreaterThan(0);
    expect(done).toBeGreaterThan(0);
  });

  test("a damaged entry is not given out", () => {
    note(events.EVENT_STATE, 0, 1);
    note(events.EVENT_STATE, 0, 2);
    bench.bench_fram_write(EVENTS_ADDRESS + 24 + 15, 0x55);
    expect(find(events.EVENT_STATE, 1, 0)).toBe(E_NOTHING);
    expect(find(events.EVENT_STATE, 2, 0)).toBe(OK);
  });
});

function buy(number: u32, amount: u32): void {
  store<u32>(code, number);
  account.bookCredit(6, number, amount, code, NO_CARD, false);
}

function purchase(household: i32, index: i32): i32 {
  fillBytes(reply, 0, 128);
  store<u8>(request, <u8>household, frame.PURCHASE_HOUSEHOLD);
  store<u8>(request, <u8>index, frame.PURCHASE_INDEX);
  expect(history(frame.KIND_PURCHASE_READ, request, reply)).toBe(frame.PURCHASE_READ_REPLY_SIZE);
  return load<i8>(reply);
}

function field(offset: i32): u32 {
  return load<u32>(reply + offset);
}

describe("purchases", () => {
  beforeEach(open);

  test("the last ten are read with what they did", () => {
    expect(purchase(7, 1)).toBe(E_NOTHING);
    let total: u32 = 0;
    for (let number: u32 = 1; number <= 13; number++) {
      clockSet(NOW + number);
      buy(number, 100 * number);
      purchaseNote(6);
    }
    for (let turn = 0; turn < 2; turn++) {
      for (let index: u32 = 1; index <= 10; index++) {
        expect(purchase(7, index)).toBe(OK);
        const number = 14 - index;
        total = (100 * number * (number + 1)) / 2;
        expect(field(frame.PURCHASE_REPLY_NUMBER)).toBe(number);
        expect(field(frame.PURCHASE_REPLY_TIME)).toBe(NOW + number);
        expect(field(frame.PURCHASE_REPLY_AMOUNT)).toBe(100 * number);
        expect(field(frame.PURCHASE_REPLY_BEFORE)).toBe(total - 100 * number);
        expect(field(frame.PURCHASE_REPLY_AFTER)).toBe(total);
        expect(field(frame.PURCHASE_REPLY_TOTAL)).toBe(total);
      }
      expect(purchase(7, 0)).toBe(E_NOTHING);
      expect(purchase(7, 11)).toBe(E_NOTHING);
      expect(purchase(6, 1)).toBe(E_NOTHING);
      restart();
      purchasesInit(NOW + 99);
    }
    expect(purchase(0, 1)).toBe(E_HOUSEHOLD);
    expect(purchase(40, 1)).toBe(E_HOUSEHOLD);
    setChannelHousehold(4, 0);
    expect(purchase(5, 1)).toBe(E_HOUSEHOLD);
  });

  test("cut at any byte: the account and its entry tell the same", () => {
    let old = 0;
    let done = 0;
    for (let cut = 0; cut < 56 + 32 + 4; cut++) {
      open();
      for (let number: u32 = 1; number <= 10; number++) {
        buy(number, 100);
        purchaseNote(6);
      }
      bench.bench_power_cut_after(cut, cut % 3);
      buy(11, 250);
      purchaseNote(6);
      powerBack();
      purchasesInit(NOW + 5);
      const last = account.purchaseNumber(6);
      for (let index: u32 = 1; index <= 10; index++) {
        expect(purchase(7, index)).toBe(OK);
        expect(field(frame.PURCHASE_REPLY_NUMBER)).toBe(last + 1 - index);
      }
      expect(purchase(7, 1)).toBe(OK);
      if (last == 11) {
        const time = field(frame.PURCHASE_REPLY_TIME);
        expect(time == NOW || time == NOW + 5).toBe(true);
        expect(field(frame.PURCHASE_REPLY_AMOUNT)).toBe(250);
        expect(field(frame.PURCHASE_REPLY_BEFORE)).toBe(1000);
        expect(field(frame.PURCHASE_REPLY_AFTER)).toBe(1250);
        expect(field(frame.PURCHASE_REPLY_TOTAL)).toBe(1250);
        done++;
      } else {
        old++;
      }
    }
    expect(old).toBeGreaterThan(40);
    expect(done).toBeGreaterThan(30);
  });

  test("a cleared account keeps the history of its purchases", () => {
    buy(1, 100);
    purchaseNote(6);
    account.clearHousehold(6);
    restart();
    purchasesInit(NOW + 5);
    expect(purchase(7, 1)).toBe(OK);
    expect(field(frame.PURCHASE_REPLY_TIME)).toBe(NOW);
    buy(2, 50);
    purchaseNote(6);
    expect(purchase(7, 2)).toBe(OK);
    expect(purchase(7, 1)).toBe(OK);
    expect(field(frame.PURCHASE_REPLY_BEFORE)).toBe(0);
    expect(field(frame.PURCHASE_REPLY_TOTAL)).toBe(50);
    bench.bench_fram_write(PURCHASES_ADDRESS + (60 + 1) * 32 + 3, 0x55);
    expect(purchase(7, 2)).toBe(E_NOTHING);
  });
});
