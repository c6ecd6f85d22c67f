/** The moments at which readings are frozen. */
import { bcdPair } from "../../src/common/bytes";
import { dateOf, TIME_SIZE } from "../../src/common/calendar";
import { dailyMoment, loadMoment, settlementMoment } from "../../src/metering/schedule";

const HOUR: u32 = 3600;
const DAY: u32 = 86400;
const registers: usize = memory.data(TIME_SIZE);

let seed: u32 = 0;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 4) % below;
}

/** Day and hour of a time as DDhh; -1 unless it is a full hour. */
function dayAndHour(time: u32): i32 {
  if (time % HOUR != 0) return -1;
  dateOf(time, registers);
  return bcdPair(load<u8>(registers, 4)) * 100 + bcdPair(load<u8>(registers, 2));
}

describe("moments", () => {
  beforeEach(() => {
    seed = 39;
  });

  test("of the load record are multiples of its interval", () => {
    for (let turn = 0; turn < 1000; turn++) {
      const time: u32 = random(0x0fffffff) + DAY;
      for (let minutes: u32 = 15; minutes <= 60; minutes *= 2) {
        const moment = loadMoment(time, minutes);
        expect(moment <= time && time - moment < minutes * 60).toBe(true);
        expect(moment % (minutes * 60)).toBe(0);
      }
    }
  });

  test("of the day are its time of day", () => {
    expect(dailyMoment(10 * DAY, 0)).toBe(10 * DAY);
    expect(dailyMoment(10 * DAY - 1, 0)).toBe(9 * DAY);
    expect(dailyMoment(10 * DAY + 23 * HOUR + 59 * 60, 2359)).toBe(10 * DAY + 23 * HOUR + 59 * 60);
    expect(dailyMoment(10 * DAY + 23 * HOUR + 59 * 60 - 1, 2359)).toBe(9 * DAY + 86340);
    expect(dailyMoment(59, 1)).toBe(0, "before 2000");
  });

  test("of the month are its day and hour, in every month of a century", () => {
    for (let turn = 0; turn < 2000; turn++) {
      const time: u32 = 40 * DAY + random(36400 * DAY);
      const ddhh: u32 = (1 + random(28)) * 100 + random(24);
      const moment = settlementMoment(time, ddhh);
      expect(moment <= time && time - moment < 31 * DAY).toBe(true);
      expect(dayAndHour(moment)).toBe(<i32>ddhh);
      // None later: one that follows would be at least 28 days after it.
      for (let later = moment + 28 * DAY; later <= time; later += HOUR) {
        expect(dayAndHour(later)).not.toBe(<i32>ddhh);
      }
    }
    expect(settlementMoment(DAY, 2800)).toBe(0, "before 2000");
    expect(settlementMoment(27 * DAY, 2800)).toBe(27 * DAY);
  });
});
