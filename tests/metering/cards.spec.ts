/** What the meter knows of cards, on a real memory: binding, the clear, the relay test, counters. */
import { fillBytes } from "../../src/common/bytes";
import { E_CARD, E_NUMBER_OLD, E_RANGE, OK, REPEAT } from "../../src/common/errors";
import * as account from "../../src/metering/account";
import * as binding from "../../src/metering/binding";
import * as books from "../../src/metering/books";
import { beginClearing, clearingInit, clearingTick, isClearing } from "../../src/metering/clearing";
import { eventsInit } from "../../src/metering/events";
import { countRefusal, managementInit, refusals } from "../../src/metering/management";
import * as settings from "../../src/metering/settings";
import { Supply } from "../../src/metering/supply";
import * as trial from "../../src/metering/trial";
import { Trial } from "../../src/metering/trial";
import { uptimeInit } from "../../src/metering/uptime";
import { imageFormat, imageInit, imageLoad } from "../../src/store/image";
import { accountBody } from "../../src/store/places";
import { imageProbe } from "../../src/store/image";
import { ACCOUNT_RELAY_FAULTS } from "../../src/store/map";
import * as bench from "../bench";

const HUNDREDTH: i64 = 36_000;
const CLEAR_STEPS = 40; // 39 households and the end
const code: usize = memory.data(8);
const own: usize = memory.data(4);
const other: usize = memory.data(4);

function openBooks(): void {
  eventsInit();
  uptimeInit(0);
  books.booksInit(0);
  account.accountsInit(0);
  managementInit();
}

function open(): void {
  bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
  imageInit();
  settings.settingsStart();
  imageFormat();
  openBooks();
  fillBytes(own, 0x11, 4);
  fillBytes(other, 0x22, 4);
  fillBytes(code, 0x5a, 8);
}

/** As a start finds it after a cut. */
function reopen(): void {
  imageInit();
  expect(imageProbe()).toBe(1);
  expect(imageLoad()).toBe(OK);
  openBooks();
}

function fill(): void {
  for (let index = 0; index < 39; index++) {
    account.bookCredit(index, 1, 1_000 + index, code, own, true);
    for (let pulse: u32 = 0; pulse < 3; pulse++) {
      books.countPulse(index, false, true, 1_000 + 100 * pulse);
      account.chargeHousehold(index, books.counted_units);
    }
  }
}

function expectCleared(index: i32): void {
  expect(account.remainingUnits(index)).toBe(0);
  expect(account.acceptedUnits(index)).toBe(3 * 2250);
  expect(account.accountCharged(index)).toBe(3 * 2250);
  expect(account.supplyState(index)).toBe(Supply.Empty);
  expect(account.purchaseNumber(index)).toBe(1);
  expect(binding.isBound(index)).toBe(false);
  expect(account.judgeCredit(index, 1, 1_000 + index, code)).toBe(E_NUMBER_OLD);
  expect(account.judgeCredit(index, 2, 1_000, code)).toBe(OK);
}

describe("the card of a household", () => {
  beforeEach(open);

  test("a purchase that binds needs no card, a further one the household's", () => {
    for (let turn = 0; turn < 2; turn++) {
      const bound = turn == 1;
      if (bound) binding.bindCard(0, own);
      for (let flags: u32 = 0; flags < 3; flags++) {
        const further = flags == binding.CREDIT_FURTHER;
        expect(binding.judgeFlags(0, flags, binding.NO_CARD)).toBe(OK);
        expect(binding.judgeFlags(0, flags, own)).toBe(further && !bound ? E_CARD : OK);
        expect(binding.judgeFlags(0, flags, other)).toBe(further ? E_CARD : OK);
      }
      expect(binding.judgeFlags(0, 3, own)).toBe(E_RANGE);
      expect(binding.judgeFlags(0, 255, binding.NO_CARD)).toBe(E_RANGE);
    }
  });

  test("the last purchase again is a repeat on the household's card and by line only", () => {
    expect(binding.judgeShownAgain(0, own)).toBe(REPEAT, "it came by line, nobody is bound");
    binding.bindCard(0, own);
    expect(binding.judgeShownAgain(0, own)).toBe(REPEAT);
    expect(binding.judgeShownAgain(0, binding.NO_CARD)).toBe(REPEAT);
    expect(binding.judgeShownAgain(0, other)).toBe(E_CARD);
    binding.bindCard(0, binding.NO_CARD);
    expect(binding.isBound(0)).toBe(false);
    expect(binding.cardUid(0)).toBe(0);
  });

  test("credit and card are one record", () => {
    account.bookCredit(6, 1, 500, code, own, true);
    reopen();
    expect(binding.isCardOf(6, own)).toBe(true);
    expect(binding.isCardOf(6, other)).toBe(false);
    expect(binding.isCardOf(5, own)).toBe(false);
    account.bookCredit(6, 2, 500, code, other, false);
    reopen();
    expect(binding.isCardOf(6, own)).toBe(true, "a further purchase binds nobody");
    account.bookCredit(6, 3, 500, code, binding.NO_CARD, true);
    expect(binding.isBound(6)).toBe(false, "a replacement by line forgets the old card");
  });
});

describe("the clear", () => {
  beforeEach(open);

  test("withdraws all that remains, one household a step, and then is over", () => {
    fill();
    beginClearing(7);
    for (let step = 0; step < CLEAR_STEPS; step++) {
      expect(isClearing()).toBe(true);
      expect(account.remainingUnits(38) == 0).toBe(step == 39);
      clearingTick();
    }
    expect(isClearing()).toBe(false);
    for (let index = 0; index < 39; index++) expectCleared(index);
    const written = bench.bench_fram_written();
    clearingTick();
    expect(bench.bench_fram_written()).toBe(written);
  });

  test("goes on after a start, wherever it was", () => {
    for (let done = 0; done < CLEAR_STEPS; done++) {
      open();
      fill();
      beginClearing(7);
      for (let step = 0; step < done; step++) clearingTick();
      reopen();
      expect(isClearing()).toBe(true);
      for (let step = 0; step < CLEAR_STEPS; step++) clearingTick();
      expect(isClearing()).toBe(false);
      for (let index = 0; index < 39; index++) expectCleared(index);
    }
  });

  test("takes a debt away too, and an overdraft leaves a household tripped", () => {
    store<u32>(settings.householdSettingAddress(settings.SETTING_OVERDRAFT, 0), 100);
    account.bookCredit(0, 1, 1, code, own, true);
    for (let pulse: u32 = 0; pulse < 18; pulse++) {
      books.countPulse(0, false, true, 1_000 + 100 * pulse);
      account.chargeHousehold(0, books.counted_units);
    }
    expect(account.remainingUnits(0)).toBe(HUNDREDTH - 18 * 2250);
    account.clearHousehold(0);
    expect(account.remainingUnits(0)).toBe(0);
    expect(account.supplyState(0)).toBe(Supply.Tripped);
  });

  throws("a second one while one is under way", () => {
    beginClearing(7);
    beginClearing(8);
  });

  test("starts with nothing under way", () => {
    clearingInit();
    expect(isClearing()).toBe(false);
  });
});

describe("the relay test", () => {
  beforeEach(() => trial.trialInit());

  test("of nine moves the judge allows those of a test", () => {
    let allowed = 0;
    for (let from = 0; from < trial.TRIAL_COUNT; from++) {
      for (let to = 0; to < trial.TRIAL_COUNT; to++) {
        const may = trial.trialMayMove(<Trial>from, <Trial>to);
        if (may) allowed++;
        if (from == to) expect(may).toBe(false);
        if (from == Trial.Idle) expect(may).toBe(to == Trial.Open);
      }
    }
    expect(allowed).toBe(5);
  });

  test("opens, closes and ends in time, over the wrap of the clock", () => {
    const start: u32 = 0xfffff000;
    expect(trial.trialStart(5, 7, start)).toBe(5);
    expect(trial.isTried(1)).toBe(true);
    expect(trial.isTried(2)).toBe(false);
    expect(trial.isTried(0)).toBe(false);
    let changes = "";
    for (let ms: u32 = 1; ms <= 7_000; ms++) {
      const before = trial.trialWantsClosed();
      if (trial.trialTick(start + ms, true) == 0) continue;
      changes += `${ms}${trial.trialWantsClosed() ? "c" : "o"} `;
      if (ms < 7_000) expect(trial.trialWantsClosed()).toBe(!before);
    }
    expect(changes).toBe("2000c 4000o 6000c 7000o ");
    expect(trial.triedHouseholds()).toBe(0);
    expect(trial.trialTick(start + 7_001, true)).toBe(0);
  });

  test("waits in a position until all relays have been driven", () => {
    trial.trialStart(1, 600, 0);
    expect(trial.trialTick(2_500, false)).toBe(0);
    expect(trial.trialTick(3_000, true)).toBe(1);
    expect(trial.trialTick(4_999, true)).toBe(0);
    expect(trial.trialTick(5_000, true)).toBe(1);
    expect(trial.trialTick(600_000, false)).toBe(1, "but not beyond its end");
  });

  test("a new one takes the place of one under way and gives its households back", () => {
    trial.trialStart(3, 600, 0);
    trial.trialTick(2_000, true);
    expect(trial.trialStart(4, 600, 2_100)).toBe(7);
    expect(trial.triedHouseholds()).toBe(4);
    expect(trial.trialWantsClosed()).toBe(false);
  });

  test("the account is overruled, and heard again afterwards", () => {
    open();
    account.bookCredit(0, 1, 5_000, code, own, true);
    expect(account.wantsSupply(0)).toBe(true);
    expect(account.wantsSupply(1)).toBe(false);
    trial.trialStart(3, 10, 0);
    expect(account.wantsSupply(0)).toBe(false);
    expect(account.wantsSupply(1)).toBe(false);
    trial.trialTick(2_000, true);
    expect(account.wantsSupply(0)).toBe(true);
    expect(account.wantsSupply(1)).toBe(true);
    expect(account.wantsSupply(2)).toBe(false);
    trial.trialTick(10_000, true);
    expect(account.wantsSupply(0)).toBe(true);
    expect(account.wantsSupply(1)).toBe(false);
  });

  throws("a test of no time", () => {
    trial.trialStart(1, 0, 0);
  });
});

describe("counters", () => {
  beforeEach(open);

  test("count, last, and wrap at 65536", () => {
    store<u16>(accountBody(3), 65_534, ACCOUNT_RELAY_FAULTS);
    for (let count = 0; count < 3; count++) account.countRelayFault(3);
    countRefusal();
    countRefusal();
    reopen();
    expect(account.relayFaults(3)).toBe(1);
    expect(account.relayFaults(4)).toBe(0);
    expect(refusals()).toBe(2);
  });
});
