/** Freezes on a real memory without the rest of the meter: each moment once, whatever happens to power
 *  and clock. */
import { E_HOUSEHOLD, E_NOTHING, E_RANGE, OK } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import { freezeNow, freezesSecond, freezesTick } from "../../src/metering/freezes";
import * as settings from "../../src/metering/settings";
import { recordSave } from "../../src/store/image";
import { BOOK } from "../../src/store/places";
import { INSTANTS_ADDRESS } from "../../src/store/map";
import * as bench from "../bench";
import { DAY, HOUR, MINUTE, open, read, reply, restart, second, setEnergy } from "./history-kit";
import { START, stored, timeOf } from "./history-kit";

let clock: u32 = 0;
let seed: u32 = 0;

function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

/** Hours of a day that the ring of loads holds, by their moments; -1 when one stands there twice. */
function hoursOf(day_start: u32): i32 {
  let hours: u32 = 0;
  const count = stored(frame.RING_LOAD);
  for (let index: u32 = 1; index <= count; index++) {
    const time = timeOf(frame.RING_LOAD, index);
    if (time < day_start || time >= day_start + DAY) continue;
    const bit = (<u32>1) << ((time - day_start) / HOUR);
    if ((hours & bit) != 0) return -1;
    hours |= bit;
  }
  return <i32>hours;
}

describe("moments", () => {
  beforeEach(open);

  test("a new box freezes nothing before its first moment", () => {
    for (let at: u32 = 0; at < 100; at++) second(START + at);
    expect(stored(frame.RING_LOAD)).toBe(0);
    expect(stored(frame.RING_DAILY)).toBe(0);
    expect(stored(frame.RING_SETTLEMENT)).toBe(0);
    expect(read(frame.RING_LOAD, 1, 0)).toBe(E_NOTHING);
  });

  test("each hour and each midnight once, with the energies of then", () => {
    for (let at: u32 = 0; at < 2 * DAY; at += 30) {
      setEnergy(2, at, 7);
      second(START + at);
    }
    expect(stored(frame.RING_LOAD)).toBe(48);
    expect(stored(frame.RING_DAILY)).toBe(2);
    const midnight = START - (START % DAY) + 2 * DAY;
    expect(read(frame.RING_DAILY, 1, 0)).toBe(OK);
    const time = load<u32>(reply + frame.FREEZE_REPLY_TIME);
    expect(time - midnight).toBeLessThan(30);
    expect(load<u32>(reply + frame.FREEZE_REPLY_FORWARD)).toBe(time - START);
    expect(load<u32>(reply + frame.FREEZE_REPLY_REVERSE)).toBe(7);
    expect(load<u16>(reply + frame.FREEZE_REPLY_INDEX)).toBe(1);
    expect(timeOf(frame.RING_DAILY, 2)).toBe(time - DAY);
    expect(timeOf(frame.RING_DAILY, 3)).toBe(0);
  });

  test("moments that pass without power are frozen once, when the time is known again", () => {
    second(START);
    restart();
    freezesSecond();
    expect(freezesTick()).toBe(false, "the time is unknown");
    second(START + 3 * DAY);
    second(START + 3 * DAY + 1);
    expect(stored(frame.RING_LOAD)).toBe(1);
    expect(stored(frame.RING_DAILY)).toBe(1);
    expect(timeOf(frame.RING_DAILY, 1)).toBe(START + 3 * DAY);
    restart();
    second(START + 3 * DAY + 2);
    expect(stored(frame.RING_LOAD)).toBe(1);
    expect(stored(frame.RING_DAILY)).toBe(1);
  });

  test("a clock set back does not freeze an hour again, one set forward freezes once", () => {
    const day = START - (START % DAY);
    for (let at = START; at < day + 10 * HOUR; at += 20) second(at);
    expect(hoursOf(day)).toBe(0x3c0); // 06..09
    for (let at = day + 7 * HOUR + 1800; at < day + 12 * HOUR; at += 20) {
      if (at % 700 < 20) restart();
      second(at);
    }
    expect(hoursOf(day)).toBe(0xfc0); // 06..11
    expect(stored(frame.RING_LOAD)).toBe(6);
    second(day + 18 * HOUR + 5);
    second(day + 18 * HOUR + 6);
    expect(hoursOf(day)).toBe(0x40fc0);
    for (let at = day + 13 * HOUR - 5; at < day + 20 * HOUR; at += 20) second(at);
    expect(hoursOf(day)).toBe(0xfefc0); // 12 was passed in the jump, 18 was frozen then
  });

  test("a time far ahead by mistake does not stop the freezes of the present", () => {
    for (let at = START; at < START + 3 * HOUR; at += 60) second(at);
    for (let at: u32 = 0; at < 2 * HOUR; at += 60) second(START + 1000 * DAY + at);
    const before = stored(frame.RING_LOAD);
    for (let at = START + 3 * HOUR; at < START + 3 * DAY; at += 60) second(at);
    expect(stored(frame.RING_LOAD)).toBe(before + 69);
    expect(stored(frame.RING_DAILY)).toBe(4);
    expect(hoursOf(START - (START % DAY) + DAY)).toBe(0xffffff);
    // By its time: the block that follows it in time, not the mistaken ones.
    const from = START - (START % DAY) + DAY + 4 * HOUR;
    expect(read(frame.RING_LOAD, 0, from)).toBe(OK);
    expect(load<u32>(reply + frame.FREEZE_REPLY_TIME) - from).toBeLessThan(60);
  });

  test("a settlement on its day and hour of each month", () => {
    store<u32>(settings.boxSettingAddress(settings.SETTING_SETTLEMENT_DAY), 2813);
    for (let at = START; at < START + 400 * DAY; at += HOUR / 2) second(at);
    expect(stored(frame.RING_SETTLEMENT)).toBe(12);
    let later = timeOf(frame.RING_SETTLEMENT, 1);
    for (let index: u32 = 2; index <= 12; index++) {
      const time = timeOf(frame.RING_SETTLEMENT, index);
      expect((time % DAY) / HOUR).toBe(13);
      const days = (later - time) / DAY;
      expect(days >= 28 && days <= 31).toBe(true);
      later = time;
    }
  });

  test("a new schedule begins with its first moment to come", () => {
    const day = START - (START % DAY);
    second(day + 12 * HOUR + 10);
    store<u32>(settings.boxSettingAddress(settings.SETTING_DAILY_FREEZE), 1130);
    store<u32>(settings.boxSettingAddress(settings.SETTING_LOAD_INTERVAL), 15);
    second(day + 12 * HOUR + 20 * MINUTE);
    expect(stored(frame.RING_DAILY)).toBe(0);
    expect(stored(frame.RING_LOAD)).toBe(0);
    second(day + 12 * HOUR + 30 * MINUTE);
    expect(stored(frame.RING_LOAD)).toBe(1);
    second(day + DAY + 11 * HOUR + 29 * MINUTE);
    expect(stored(frame.RING_DAILY)).toBe(0);
    second(day + DAY + 11 * HOUR + 30 * MINUTE);
    expect(stored(frame.RING_DAILY)).toBe(1);
  });

  test("an instant needs no time; three stay", () => {
    freezeNow();
    second(0);
    expect(stored(frame.RING_INSTANT)).toBe(1);
    expect(read(frame.RING_INSTANT, 1, 0)).toBe(OK);
    expect(timeOf(frame.RING_INSTANT, 1)).toBe(0);
    for (let at: u32 = 1; at <= 5; at++) {
      freezeNow();
      freezeNow();
      second(START + at);
    }
    expect(stored(frame.RING_INSTANT)).toBe(3);
    for (let index: u32 = 1; index <= 3; index++) {
      expect(timeOf(frame.RING_INSTANT, index)).toBe(START + 6 - index);
    }
    expect(timeOf(frame.RING_INSTANT, 4)).toBe(0);
    expect(stored(frame.RING_LOAD)).toBe(0);
  });

  test("576 hours and 62 days stay; the oldest is found by its time", () => {
    for (let at = START; at < START + 70 * DAY; at += HOUR / 2) second(at);
    expect(stored(frame.RING_LOAD)).toBe(576);
    expect(stored(frame.RING_DAILY)).toBe(62);
    restart();
    expect(timeOf(frame.RING_LOAD, 576)).toBe(timeOf(frame.RING_LOAD, 1) - 575 * HOUR);
    expect(timeOf(frame.RING_DAILY, 62)).toBe(timeOf(frame.RING_DAILY, 1) - 61 * DAY);
    expect(read(frame.RING_LOAD, 0, 1)).toBe(OK);
    expect(load<u16>(reply + frame.FREEZE_REPLY_INDEX)).toBe(576);
    expect(read(frame.RING_LOAD, 0, timeOf(frame.RING_LOAD, 100) - 1)).toBe(OK);
    expect(load<u16>(reply + frame.FREEZE_REPLY_INDEX)).toBe(100);
    expect(read(frame.RING_LOAD, 0, timeOf(frame.RING_LOAD, 1) + 1)).toBe(E_NOTHING);
    expect(load<u16>(reply + frame.FREEZE_REPLY_COUNT)).toBe(576);
  });

  test("a block that was disturbed on its way is written again", () => {
    second(START);
    freezeNow();
    for (let tick = 0; tick < 40; tick++) expect(freezesTick()).toBe(true);
    bench.bench_fram_write(INSTANTS_ADDRESS + 100, 0x55);
    for (let tick = 0; tick < 10; tick++) freezesTick();
    expect(timeOf(frame.RING_INSTANT, 1)).toBe(START);
    bench.bench_fram_write(INSTANTS_ADDRESS + 100, 0x55);
    expect(read(frame.RING_INSTANT, 1, 0)).toBe(E_NOTHING, "damaged later");
    expect(stored(frame.RING_INSTANT)).toBe(1);
  });

  test("what does not exist is refused", () => {
    expect(read(0, 1, 0)).toBe(E_RANGE);
    expect(read(5, 1, 0)).toBe(E_RANGE);
    settings.setChannelHousehold(2, 0);
    expect(read(frame.RING_LOAD, 1, 0)).toBe(E_HOUSEHOLD);
  });

  test("power cuts and clock jumps by chance: no hour twice, every hour passed in peace once", () => {
    const first_day = START - (START % DAY);
    let peaceful: u32 = 0;
    clock = START;
    seed = 39;
    second(START);
    for (let step = 0; step < 3000; step++) {
      const kind = random(20);
      if (kind == 0) clock = first_day + random(2 * DAY);
      if (kind < 4) bench.bench_power_cut_after(random(900), step % 3);
      const hour = clock / HOUR;
      const next = clock + 300 + random(300);
      second(next);
      clock = next;
      if (kind < 4) restart();
      else if (kind == 4) restart();
      if (kind >= 4 && next / HOUR == hour + 1) peaceful++;
      if (step % 50 == 0) {
        for (let day: u32 = 0; day < 3; day++)
          expect(hoursOf(first_day + day * DAY) >= 0).toBe(true);
      }
      if (clock > first_day + 2 * DAY) clock = first_day;
    }
    expect(peaceful).toBeGreaterThan(200);
    expect(hoursOf(first_day + DAY)).toBe(0xffffff);
  });
});

describe("cuts", () => {
  beforeEach(open);

  test("a freeze of three rings cut at any byte: all or nothing, and then once", () => {
    const month: u32 = START - (START % DAY) + 40 * DAY;
    store<u32>(settings.boxSettingAddress(settings.SETTING_SETTLEMENT_DAY), 100);
    let moment: u32 = 0;
    // The next first of a month: all three rings are due.
    for (let at = START; at < month && moment == 0; at += HOUR) {
      second(at - (at % HOUR));
      if (stored(frame.RING_SETTLEMENT) != 0) moment = at - (at % HOUR);
    }
    expect(moment).not.toBe(0);
    let old = 0;
    for (let cut = 0; cut < 3 * 320 + 64 + 8; cut++) {
      open();
      setEnergy(2, 5, 6);
      recordSave(BOOK, 2);
      second(moment - 10);
      bench.bench_power_cut_after(cut, cut % 3);
      second(moment);
      restart();
      const count = stored(frame.RING_LOAD);
      expect(stored(frame.RING_DAILY)).toBe(count);
      expect(stored(frame.RING_SETTLEMENT)).toBe(count);
      if (count == 0) old++;
      second(moment + 20);
      second(moment + 21);
      for (let ring = frame.RING_DAILY; ring <= frame.RING_LOAD; ring++) {
        if (ring == frame.RING_INSTANT) continue;
        expect(stored(ring)).toBe(1);
        expect(timeOf(ring, 1) - moment).toBeLessThan(21);
        expect(load<u32>(reply + frame.FREEZE_REPLY_FORWARD)).toBe(5);
      }
    }
    expect(old).toBeGreaterThan(3 * 320);
    expect(old).toBeLessThan(3 * 320 + 66);
  });

  test("a full ring loses nothing to a freeze that was cut", () => {
    for (let at: u32 = 0; at < 5; at++) {
      freezeNow();
      second(START + at);
    }
    bench.bench_fram_save();
    for (let cut = 0; cut < 320 + 64; cut += 7) {
      freezeNow();
      bench.bench_power_cut_after(cut, bench.BYTE_GARBAGE);
      second(START + 100 + cut);
      restart();
      const newest = timeOf(frame.RING_INSTANT, 1);
      expect(stored(frame.RING_INSTANT)).toBe(3);
      for (let index: u32 = 2; index <= 3; index++) {
        const time = timeOf(frame.RING_INSTANT, index);
        expect(time != 0 && time < newest).toBe(true);
      }
    }
    bench.bench_fram_forget();
  });
});
