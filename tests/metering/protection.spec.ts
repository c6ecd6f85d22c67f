/** Passwords and locks of the line, and the commands that passwords open, on a real memory. Rules:
 *  src/link/SPEC.md, "COMMAND request"; src/metering/SPEC.md, "PROTECTION" and "Settings". */
import { fillBytes, storeLe32 } from "../../src/common/bytes";
import { E_HOUSEHOLD, E_LOCKED, E_NUMBER_OLD, E_PASSWORD } from "../../src/common/errors";
import { E_RANGE, E_REQUEST, E_SETTING, E_WAIT, OK, REPEAT } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import * as account from "../../src/metering/account";
import * as books from "../../src/metering/books";
import { applyChange, changeInit, judgeChange, readSetting } from "../../src/metering/change";
import { lastChange, takeSettingsChanged } from "../../src/metering/change";
import { handleCommand } from "../../src/metering/command";
import { eventsInit, eventsTick } from "../../src/metering/events";
import * as protection from "../../src/metering/protection";
import { LEVEL_2, LEVEL_4 } from "../../src/metering/protection";
import * as settings from "../../src/metering/settings";
import { switchingInit } from "../../src/metering/switching";
import { clockSet, uptimeInit, uptimeTick } from "../../src/metering/uptime";
import { imageFormat, imageInit, imageLoad } from "../../src/store/image";
import { BOX_SETTINGS_BODY, PROTECTION_BODY } from "../../src/store/places";
import { imageProbe } from "../../src/store/image";
import { PROTECTION_BODY_SIZE } from "../../src/store/map";
import * as bench from "../bench";

const OPERATOR: u32 = 0x12345678;
const GOOD_2: u32 = 123456;
const GOOD_4: u32 = 654321;
const request: usize = memory.data(24, 4);
const value: usize = memory.data(4, 4);
const kept: usize = memory.data(32, 4);
let second_ms: u32 = 0;

function start(): void {
  eventsInit();
  changeInit();
  uptimeInit(0);
  second_ms = 0;
  books.booksInit(0);
  account.accountsInit(0);
  switchingInit(0);
}

function open(): void {
  bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
  imageInit();
  settings.settingsStart();
  imageFormat();
  start();
}

/** As a start finds it after a cut. */
function reopen(): void {
  imageInit();
  expect(imageProbe()).toBe(1);
  expect(imageLoad()).toBe(OK);
  start();
}

function pass(seconds: u32): void {
  for (let second: u32 = 0; second < seconds; second++) {
    second_ms += 1000;
    uptimeTick(second_ms);
  }
}

function bcd(pair: u32): u8 {
  return <u8>(((pair / 10) << 4) | (pair % 10));
}

function command(level: i32, password: u32, action: i32, household: i32, id: i32, to: u32): i32 {
  fillBytes(request, 0, 24);
  store<u8>(request, <u8>level);
  store<u8>(request, bcd(password % 100), 1);
  store<u8>(request, bcd((password / 100) % 100), 2);
  store<u8>(request, bcd(password / 10000), 3);
  storeLe32(request + frame.COMMAND_OPERATOR, OPERATOR);
  store<u8>(request, <u8>action, frame.COMMAND_ACTION);
  store<u8>(request, <u8>household, frame.COMMAND_HOUSEHOLD);
  store<u8>(request, <u8>id, frame.COMMAND_ID);
  storeLe32(request + frame.COMMAND_VALUE, to);
  const result = handleCommand(request);
  while (eventsTick()) continue;
  return result;
}

function check(level: i32, password: u32): i32 {
  return command(level, password, frame.ACTION_CHECK, 0, level, 0);
}

function setGood(): void {
  protection.setPassword(LEVEL_2, GOOD_2);
  protection.setPassword(LEVEL_4, GOOD_4);
}

/** A signed change of a setting of the box. */
function sign(id: i32, to: u32, number: u32): i32 {
  const result = judgeChange(id, 0, to, number);
  if (result == OK) applyChange(id, 0, to, number);
  return result;
}

describe("passwords", () => {
  beforeEach(open);

  test("are none at first, and none can be right", () => {
    for (let password: u32 = 0; password < 4; password++) {
      expect(check(LEVEL_2, password)).toBe(E_PASSWORD);
    }
    store<u8>(request, 0xaa, 1); // 1000000 has no digits, and these are none
    expect(handleCommand(request)).toBe(E_PASSWORD);
  });

  test("open their level and those above it", () => {
    setGood();
    expect(check(LEVEL_2, GOOD_2)).toBe(OK);
    expect(check(LEVEL_4, GOOD_4)).toBe(OK);
    expect(check(LEVEL_2, GOOD_4)).toBe(E_PASSWORD);
    expect(command(LEVEL_2, GOOD_2, frame.ACTION_CHECK, 0, LEVEL_4, 0)).toBe(OK);
    expect(command(LEVEL_4, GOOD_4, frame.ACTION_CHECK, 0, LEVEL_2, 0)).toBe(E_PASSWORD);
    for (let level = 0; level < 256; level++) {
      if (level == LEVEL_2 || level == LEVEL_4) continue;
      const result = command(level, GOOD_2, frame.ACTION_CHECK, 0, LEVEL_4, 0);
      expect(result).toBe(E_PASSWORD);
    }
    expect(check(LEVEL_2, GOOD_2)).toBe(OK);
  });

  test("lock after five wrong ones in a row, for an hour of running time, over a power cut", () => {
    setGood();
    for (let wrong = 0; wrong < 4; wrong++) expect(check(LEVEL_4, 1)).toBe(E_PASSWORD);
    expect(check(LEVEL_4, GOOD_4)).toBe(OK);
    for (let wrong = 0; wrong < 3; wrong++) expect(check(LEVEL_2, 1)).toBe(E_PASSWORD);
    reopen();
    expect(check(LEVEL_4, 1)).toBe(E_PASSWORD);
    expect(protection.passwordsLocked()).toBe(false);
    expect(check(LEVEL_4, 1)).toBe(E_PASSWORD);
    expect(protection.passwordsLocked()).toBe(true);
    expect(check(LEVEL_4, GOOD_4)).toBe(E_WAIT);
    reopen();
    expect(check(LEVEL_2, GOOD_2)).toBe(E_WAIT);
    pass(3599);
    expect(check(LEVEL_2, GOOD_2)).toBe(E_WAIT);
    pass(1);
    expect(check(LEVEL_2, GOOD_2)).toBe(OK);
  });

  test("are set by signed settings, changed by themselves, and never read", () => {
    expect(sign(settings.SETTING_PASSWORD_2, GOOD_2, 1)).toBe(OK);
    expect(sign(settings.SETTING_PASSWORD_2, GOOD_2, 1)).toBe(REPEAT);
    expect(sign(settings.SETTING_PASSWORD_2, GOOD_4, 1)).toBe(E_NUMBER_OLD);
    expect(sign(settings.SETTING_PASSWORD_4, 1_000_001, 2)).toBe(E_RANGE);
    expect(check(LEVEL_2, GOOD_2)).toBe(OK);
    const new_password = command(LEVEL_2, GOOD_2, frame.ACTION_PASSWORD, 0, LEVEL_4, GOOD_4);
    expect(new_password).toBe(OK);
    const higher = command(LEVEL_4, GOOD_4, frame.ACTION_PASSWORD, 0, LEVEL_2, 1);
    expect(higher).toBe(E_PASSWORD);
    const own = command(LEVEL_4, GOOD_4, frame.ACTION_PASSWORD, 0, LEVEL_4, 999_999);
    expect(own).toBe(OK);
    reopen();
    expect(check(LEVEL_4, 999_999)).toBe(OK);
    expect(command(LEVEL_2, GOOD_2, frame.ACTION_PASSWORD, 0, LEVEL_4, 1_000_000)).toBe(E_RANGE);
    expect(command(LEVEL_2, GOOD_2, frame.ACTION_PASSWORD, 0, 3, 5)).toBe(E_RANGE);
    for (let id = settings.SETTING_PASSWORD_2; id <= settings.SETTING_CLOCK; id++) {
      store<u32>(value, 7);
      expect(readSetting(id, 0, value)).toBe(E_LOCKED);
      expect(load<u32>(value)).toBe(7);
    }
  });
});

describe("wrong codes by line", () => {
  beforeEach(open);

  test("lock after fifteen within an hour", () => {
    for (let wrong = 0; wrong < 14; wrong++) protection.countWrongCode();
    reopen();
    expect(protection.codesLocked()).toBe(false);
    protection.countWrongCode();
    expect(protection.codesLocked()).toBe(true);
    expect(protection.passwordsLocked()).toBe(false);
    reopen();
    pass(3599);
    expect(protection.codesLocked()).toBe(true);
    pass(1);
    expect(protection.codesLocked()).toBe(false);
  });

  test("do not lock when they are spread over more than an hour", () => {
    for (let round = 0; round < 3; round++) {
      for (let wrong = 0; wrong < 14; wrong++) protection.countWrongCode();
      pass(3600);
    }
    protection.countWrongCode();
    expect(protection.codesLocked()).toBe(false);
  });
});

describe("settings of the line", () => {
  beforeEach(open);

  test("keep their relations", () => {
    let good = 0;
    for (let to: u32 = 0; to < 100; to++) {
      if (judgeChange(settings.SETTING_LOAD_INTERVAL, 0, to, 1) == OK) good++;
    }
    expect(good).toBe(3);
    good = 0;
    for (let to: u32 = 0; to < 3000; to++) {
      if (judgeChange(settings.SETTING_SETTLEMENT_DAY, 0, to, 1) == OK) good++;
    }
    expect(good).toBe(28 * 24);
    good = 0;
    for (let to: u32 = 0; to < 3000; to++) {
      if (judgeChange(settings.SETTING_DAILY_FREEZE, 0, to, 1) == OK) good++;
    }
    expect(good).toBe(24 * 60);
  });

  test("the clock is not stored, but its number is", () => {
    expect(sign(settings.SETTING_CLOCK, 800_000_000, 5)).toBe(OK);
    expect(lastChange(settings.SETTING_CLOCK, 0)).toBe(5);
    expect(sign(settings.SETTING_CLOCK, 800_000_000, 5)).toBe(REPEAT);
    expect(sign(settings.SETTING_CLOCK, 800_000_001, 5)).toBe(E_NUMBER_OLD);
    reopen();
    expect(lastChange(settings.SETTING_CLOCK, 0)).toBe(5);
    expect(sign(settings.SETTING_CLOCK, 800_000_000, 5)).toBe(E_NUMBER_OLD);
    for (let index: usize = 4; index < 132; index++) {
      const at = BOX_SETTINGS_BODY + index;
      if (load<u8>(at) == 0 || (index & 3) != 0) continue;
      expect(load<u32>(at)).not.toBe(800_000_000);
    }
  });
});

describe("settings by password", () => {
  beforeEach(open);

  test("are those that touch no money, and nothing else", () => {
    setGood();
    let open_count = 0;
    for (let id = 0; id < 256; id++) {
      const is_household = settings.scopeOf(id) == settings.SCOPE_HOUSEHOLD;
      const to = id == settings.SETTING_TRIP_LEVEL ? 600 : id == 18 ? 101 : id == 40 ? 900 : 15;
      const rate = id == settings.SETTING_LINE_RATE ? 2 : to;
      const index = is_household ? 3 : 0;
      const result = command(LEVEL_4, GOOD_4, frame.ACTION_SETTING, index, id, rate);
      if (result == OK) open_count++;
      else expect(result).toBe(E_SETTING);
    }
    expect(open_count).toBe(6);
    expect(settings.boxSetting(settings.SETTING_LINE_RATE)).toBe(2);
    expect(settings.householdSetting(settings.SETTING_ALARM_LEVEL, 2)).toBe(900);
    expect(takeSettingsChanged()).toBe(true);
  });

  test("keep ranges, relations, scope and the numbers of signed changes", () => {
    setGood();
    expect(sign(settings.SETTING_LINE_RATE, 3, 9)).toBe(OK);
    const rate = settings.SETTING_LINE_RATE;
    expect(command(LEVEL_4, GOOD_4, frame.ACTION_SETTING, 0, rate, 5)).toBe(E_RANGE);
    expect(command(LEVEL_4, GOOD_4, frame.ACTION_SETTING, 1, rate, 1)).toBe(E_RANGE);
    expect(command(LEVEL_4, GOOD_4, frame.ACTION_SETTING, 40, rate, 1)).toBe(E_HOUSEHOLD);
    expect(command(LEVEL_4, GOOD_4, frame.ACTION_SETTING, 0, 40, 900)).toBe(E_RANGE);
    expect(command(LEVEL_4, GOOD_4, frame.ACTION_SETTING, 1, 41, 1_001)).toBe(E_RANGE);
    expect(command(LEVEL_4, 1, frame.ACTION_SETTING, 0, rate, 1)).toBe(E_PASSWORD);
    expect(settings.boxSetting(rate)).toBe(3);
    expect(command(LEVEL_4, GOOD_4, frame.ACTION_SETTING, 0, rate, 1)).toBe(OK);
    expect(lastChange(rate, 0)).toBe(9);
    reopen();
    expect(settings.boxSetting(rate)).toBe(1);
  });

  test("freezes are scheduled without a password", () => {
    expect(command(0, 0, frame.ACTION_FREEZE_AT, 0, frame.RING_DAILY, 2330)).toBe(OK);
    expect(command(0, 0, frame.ACTION_FREEZE_AT, 0, frame.RING_SETTLEMENT, 1512)).toBe(OK);
    expect(settings.boxSetting(settings.SETTING_DAILY_FREEZE)).toBe(2330);
    expect(settings.boxSetting(settings.SETTING_SETTLEMENT_DAY)).toBe(1512);
    expect(command(0, 0, frame.ACTION_FREEZE_AT, 0, frame.RING_DAILY, 2360)).toBe(E_RANGE);
    expect(command(0, 0, frame.ACTION_FREEZE_AT, 0, frame.RING_LOAD, 2330)).toBe(E_RANGE);
    expect(command(0, 0, frame.ACTION_FREEZE, 0, frame.RING_DAILY, 0)).toBe(E_RANGE);
  });
});

describe("a wrong password", () => {
  beforeEach(open);

  test("opens no action, and nothing but the count of wrong ones changes", () => {
    setGood();
    clockSet(800_000_000);
    const before = bench.bench_fram_written();
    for (let action = 0; action < 256; action++) {
      const is_free = action == frame.ACTION_FREEZE || action == frame.ACTION_FREEZE_AT;
      if (is_free) continue;
      const result = command(LEVEL_4, GOOD_4 + 1, action, 1, LEVEL_4, 0);
      if (action > frame.ACTION_FREEZE_AT) expect(result).toBe(E_REQUEST);
      else expect(result == E_PASSWORD || result == E_WAIT).toBe(true);
    }
    expect(bench.bench_fram_written()).toBeGreaterThan(before);
    copyBody();
    fillBytes(PROTECTION_BODY, 0, PROTECTION_BODY_SIZE);
    reopen();
    expect(memory.compare(kept, PROTECTION_BODY, PROTECTION_BODY_SIZE)).toBe(0);
  });
});

function copyBody(): void {
  memory.copy(kept, PROTECTION_BODY, PROTECTION_BODY_SIZE);
}
