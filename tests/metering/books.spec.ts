/** Layout, settings, books and accounts on a real memory, without the rest of the meter. */
import { E_BOOKS_OPEN, E_LAYOUT, E_LIMIT, E_NUMBER_OLD } from "../../src/common/errors";
import { E_NUMBER_SKIPPED, E_PHASE, E_RANGE, E_SETTING, OK, REPEAT } from "../../src/common/errors";
import * as account from "../../src/metering/account";
import * as books from "../../src/metering/books";
import { applyChange, judgeChange, readSetting } from "../../src/metering/change";
import { eventsInit, eventsTick, EVENT_STATE, noteEvent } from "../../src/metering/events";
import { eventNext, readEvent } from "../../src/metering/events";
import {
  channelsInUse,
  householdChannels,
  judgeLayout,
  layoutValue,
} from "../../src/metering/layout";
import * as settings from "../../src/metering/settings";
import { Cause, Supply } from "../../src/metering/supply";
import { uptimeInit } from "../../src/metering/uptime";
import { imageFormat, imageInit } from "../../src/store/image";
import * as bench from "../bench";

const KWH_UNITS: i64 = 3_600_000;
const code: usize = memory.data(8);
const card: usize = memory.data(4);
const value: usize = memory.data(24, 8);

function open(): void {
  bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
  imageInit();
  settings.settingsStart();
  imageFormat();
  eventsInit();
  uptimeInit(0);
  books.booksInit(0);
  account.accountsInit(0);
}

function change(id: i32, index: i32, to: u32, number: u32): i32 {
  const result = judgeChange(id, index, to, number);
  if (result == OK) {
    applyChange(id, index, to, number);
    books.booksConfigure();
    account.accountsConfigure();
  }
  return result;
}

describe("layout", () => {
  beforeEach(open);

  test("starts as 39 households of one channel each", () => {
    expect(channelsInUse()).toBe(0x7fffffffff);
    expect(householdChannels(39)).toBe((<u64>1) << 38);
    expect(layoutValue(7)).toBe(7);
  });

  test("names every mistake", () => {
    expect(judgeLayout(1, 1 | (2 << 8) | (3 << 16))).toBe(E_LAYOUT);
    expect(judgeLayout(1, 1 | (2 << 8))).toBe(E_RANGE);
    expect(judgeLayout(1, 2)).toBe(E_RANGE);
    expect(judgeLayout(1, 1 | (40 << 8) | (3 << 16))).toBe(E_RANGE);
    for (let household = 2; household <= 39; household++) {
      settings.setChannelHousehold(household - 1, 0);
    }
    expect(judgeLayout(1, 1 | (2 << 8) | (3 << 16))).toBe(OK);
    expect(judgeLayout(1, 1 | (4 << 8) | (3 << 16))).toBe(E_PHASE);
    expect(judgeLayout(1, 1 | (2 << 8) | (2 << 16))).toBe(E_LAYOUT);
    expect(judgeLayout(1, 1 | (1 << 8) | (3 << 16))).toBe(E_LAYOUT);
  });

  test("13 three-phase households fit", () => {
    let number: u32 = 1;
    for (let channel = 1; channel <= 39; channel++) {
      if (channel % 3 != 1) {
        expect(change(settings.SETTING_LAYOUT, channel, 0, number++)).toBe(OK);
      }
    }
    for (let channel = 1; channel <= 37; channel += 3) {
      const three = <u32>(channel | ((channel + 1) << 8) | ((channel + 2) << 16));
      expect(change(settings.SETTING_LAYOUT, channel, three, number++)).toBe(OK);
      expect(popcnt(account.accountChannels(channel - 1))).toBe(3);
    }
    expect(channelsInUse()).toBe(0x7fffffffff);
  });
});

describe("settings", () => {
  beforeEach(open);

  test("start with the values of the table and read back what was set", () => {
    expect(readSetting(settings.SETTING_REFRESH_PERIOD, 0, value)).toBe(OK);
    expect(load<u32>(value)).toBe(600);
    expect(change(settings.SETTING_REFRESH_PERIOD, 0, 480, 1)).toBe(OK);
    readSetting(settings.SETTING_REFRESH_PERIOD, 0, value);
    expect(load<u32>(value)).toBe(480);
    expect(readSetting(23, 0, value)).toBe(E_SETTING);
    expect(readSetting(settings.SETTING_CONSTANT, 0, value)).toBe(E_RANGE);
    expect(readSetting(settings.SETTING_CONSTANT, 40, value)).toBe(E_RANGE);
  });

  test("each limit of each range is accepted, one beyond is refused", () => {
    expect(judgeChange(settings.SETTING_REFRESH_PERIOD, 0, 479, 1)).toBe(E_RANGE);
    expect(judgeChange(settings.SETTING_REFRESH_PERIOD, 0, 480, 1)).toBe(OK);
    expect(judgeChange(settings.SETTING_REFRESH_PERIOD, 0, 900, 1)).toBe(OK);
    expect(judgeChange(settings.SETTING_REFRESH_PERIOD, 0, 901, 1)).toBe(E_RANGE);
    expect(judgeChange(settings.SETTING_CONSTANT, 1, 0, 1)).toBe(E_RANGE);
    expect(judgeChange(settings.SETTING_CONSTANT, 1, 1, 1)).toBe(OK);
    expect(judgeChange(settings.SETTING_CONSTANT, 1, 20000, 1)).toBe(OK);
    expect(judgeChange(settings.SETTING_CONSTANT, 1, 20001, 1)).toBe(E_RANGE);
  });

  test("numbers only go up; the last one again is a repeat only with the same value", () => {
    expect(change(settings.SETTING_COIL_REST, 0, 30, 5)).toBe(OK);
    expect(change(settings.SETTING_COIL_REST, 0, 30, 5)).toBe(REPEAT);
    expect(change(settings.SETTING_COIL_REST, 0, 31, 5)).toBe(E_NUMBER_OLD);
    expect(change(settings.SETTING_COIL_REST, 0, 31, 4)).toBe(E_NUMBER_OLD);
    expect(change(settings.SETTING_COIL_REST, 0, 31, 9)).toBe(OK);
  });

  test("a constant is fixed once its channel has counted", () => {
    expect(change(settings.SETTING_CONSTANT, 3, 5000, 1)).toBe(OK);
    books.countPulse(2, false, true, 10);
    expect(change(settings.SETTING_CONSTANT, 3, 600, 2)).toBe(E_BOOKS_OPEN);
  });
});

describe("books", () => {
  beforeEach(open);

  test("single pulses at 1700 imp/kWh make whole joules with nothing lost", () => {
    change(settings.SETTING_CONSTANT, 1, 1700, 1);
    let now_ms: u32 = 1000;
    for (let pulse: u64 = 1; pulse <= 1700; pulse++) {
      books.countPulse(0, false, true, now_ms);
      now_ms += 50;
      if (pulse > 1) expect(books.forwardJ(0)).toBe((pulse * 3_600_000) / 1700);
    }
    expect(books.forwardJ(0)).toBe(3_600_000);
    expect(books.reverseJ(0)).toBe(0);
  });

  test("a lone pulse is held, the next inside the window confirms both, beyond it none", () => {
    const window_ms = books.windowMs(0);
    expect(window_ms).toBe(340909);
    books.countPulse(0, false, true, 1000);
    expect(books.counted_pulses).toBe(0);
    books.countPulse(0, false, true, 1001 + window_ms);
    expect(books.counted_pulses).toBe(0);
    books.countPulse(0, false, true, 1001 + 2 * window_ms);
    expect(books.counted_pulses).toBe(2);
    expect(books.counted_units).toBe(4500);
    books.countPulse(0, true, true, 1101 + 2 * window_ms);
    expect(books.counted_pulses).toBe(1);
    expect(books.reverseJ(0)).toBe(2250);
    expect(books.chargedUnits(0)).toBe(6750);
  });

  test("a flow that ended is forgotten before the clock of milliseconds wraps", () => {
    books.countPulse(0, false, true, 1000);
    expect(books.isFlowing(0)).toBe(true);
    books.booksTick(0, 1000 + books.windowMs(0));
    expect(books.isFlowing(0)).toBe(true);
    books.booksTick(0, 1001 + books.windowMs(0));
    expect(books.isFlowing(0)).toBe(false);
  });

  test("a channel that serves nobody registers but charges nobody", () => {
    books.countPulse(0, false, false, 1000);
    books.countPulse(0, false, false, 1100);
    expect(books.forwardJ(0)).toBe(4500);
    expect(books.chargedUnits(0)).toBe(0);
  });
});

describe("account", () => {
  beforeEach(open);

  test("credits follow each other by number and stop at the limit", () => {
    expect(account.judgeCredit(0, 2, 100, code)).toBe(E_NUMBER_SKIPPED);
    expect(account.judgeCredit(0, 0, 100, code)).toBe(E_NUMBER_OLD);
    expect(account.judgeCredit(0, 1, 0, code)).toBe(E_RANGE);
    expect(account.judgeCredit(0, 1, 100_001, code)).toBe(E_LIMIT);
    expect(account.judgeCredit(0, 1, 100_000, code)).toBe(OK);
    account.bookCredit(0, 1, 50_000, code, card, true);
    expect(account.remainingUnits(0)).toBe(500 * KWH_UNITS);
    expect(account.judgeCredit(0, 1, 50_000, code)).toBe(REPEAT);
    expect(account.judgeCredit(0, 2, 50_001, code)).toBe(E_LIMIT);
  });

  test("consumption walks through the states and notes each", () => {
    account.bookCredit(0, 1, 1_200, code, card, true);
    expect(account.supplyState(0)).toBe(Supply.Supplied);
    eventsTick();
    let now_ms: u32 = 1000;
    let worst = Supply.Supplied;
    while (account.supplyState(0) != Supply.Tripped) {
      books.countPulse(0, false, true, now_ms);
      account.chargeHousehold(0, books.counted_units);
      now_ms += 100;
      worst = max(worst, account.supplyState(0));
    }
    expect(worst).toBe(Supply.Tripped);
    expect(account.wantsSupply(0)).toBe(false);
    expect(account.resumeHousehold(0)).toBe(true);
    expect(account.resumeHousehold(0)).toBe(false);
    expect(account.wantsSupply(0)).toBe(true);
  });

  throws("a charge that is in no book breaks the balance", () => {
    account.bookCredit(0, 1, 1_200, code, card, true);
    account.chargeHousehold(0, 1);
  });

  throws("a judge that is told a wrong cause", () => {
    account.bookCredit(0, 1, 5_000, code, card, true);
    settings.settingsStart();
    store<u32>(settings.householdSettingAddress(settings.SETTING_TRIP_LEVEL, 0), 9_000);
    account.judgeHousehold(0, Cause.Credit);
  });
});

describe("events", () => {
  beforeEach(open);

  test("640 places: the last 639 are readable, in order, whatever came before", () => {
    const first = eventNext();
    for (let index: u32 = 0; index < 700; index++) {
      noteEvent(EVENT_STATE, 1 + (index % 39), 0, index);
      while (eventsTick()) continue;
    }
    expect(eventNext()).toBe(first + 700);
    for (let number = first + 700 - 639; number != first + 700; number++) {
      expect(readEvent(number, value)).toBe(OK);
      expect(load<u32>(value, 12)).toBe(number - first);
    }
    expect(readEvent(first, value)).toBeLessThan(0);
    expect(readEvent(first + 700, value)).toBeLessThan(0);
  });

  test("39 at once wait for their ticks and none is lost", () => {
    const first = eventNext();
    for (let household = 1; household <= 39; household++) noteEvent(EVENT_STATE, household, 0, 0);
    let ticks = 0;
    while (eventsTick()) ticks++;
    expect(ticks).toBe(2 * 39); // an entry, then its head
    expect(eventNext()).toBe(first + 39);
  });
});
