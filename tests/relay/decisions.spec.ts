/** What the relay domain decides, without coils or a memory: the judge, the order of changes, the
 *  spread after a start, the refresh and the supervision. Time is what each call says. */
import { Coil, coilMayMove } from "../../src/relay/coil";
import {
  closedChannels,
  isClosed,
  isLeftOpen,
  isRefreshing,
  NO_CHANNEL,
  scheduleConfigure,
  scheduleInit,
  scheduleUse,
  scheduleWant,
  START_WANTS_MS,
  takeChange,
  takeRefresh,
} from "../../src/relay/schedule";
import {
  OPENED_LONG_AGO_MS,
  QUICK_ATTEMPTS,
  SLOW_ATTEMPT_MS,
  supervisionChanged,
  supervisionEnergy,
  supervisionInit,
  takeAgain,
} from "../../src/relay/supervision";

const PERIOD_MS: u32 = 600000;
const SPREAD_MS: u32 = 10000;
const ALL: u64 = 0x7fffffffff;
/** Long after the start, when nothing is spread any more. */
const LATER_MS: u32 = 5000;

function bit(channel_index: i32): u64 {
  return (<u64>1) << channel_index;
}

/** A box that started at 0 with the relays of `closed` closed and known. */
function begin(closed: u64): void {
  scheduleInit(closed, 0, NO_CHANNEL, 0);
  scheduleConfigure(PERIOD_MS, SPREAD_MS);
  scheduleUse(ALL);
}

/** Takes all changes that are due, as decimal indexes with a blank behind each. */
function takeAll(now_ms: u32): string {
  let taken = "";
  for (let i = 0; i < 80; i++) {
    const index = takeChange(now_ms);
    if (index == NO_CHANNEL) break;
    taken += index.toString() + " ";
  }
  return taken;
}

describe("the judge of the coils", () => {
  test("of all pairs, five moves are allowed", () => {
    let allowed = 0;
    for (let from: i32 = Coil.Rest; from <= Coil.Cooling; from++) {
      for (let to: i32 = Coil.Rest; to <= Coil.Cooling; to++) {
        if (coilMayMove(<Coil>from, <Coil>to)) allowed++;
      }
    }
    expect(allowed).toBe(5);
    expect(coilMayMove(Coil.Rest, Coil.Closing)).toBe(true);
    expect(coilMayMove(Coil.Rest, Coil.Opening)).toBe(true);
    expect(coilMayMove(Coil.Closing, Coil.Cooling)).toBe(true);
    expect(coilMayMove(Coil.Opening, Coil.Cooling)).toBe(true);
    expect(coilMayMove(Coil.Cooling, Coil.Rest)).toBe(true);
  });
});

describe("wanted changes", () => {
  test("first come, first served, whatever the channel", () => {
    begin(ALL);
    scheduleWant(bit(30), false, LATER_MS);
    scheduleWant(bit(2), false, LATER_MS);
    scheduleWant(bit(17), false, LATER_MS + 1);
    expect(takeAll(LATER_MS + 1)).toBe("30 2 17 ");
    expect(closedChannels()).toBe(ALL & ~(bit(30) | bit(2) | bit(17)));
  });

  test("the three channels of a household go back to back", () => {
    begin(ALL);
    scheduleWant(bit(5), false, LATER_MS);
    scheduleWant(bit(3) | bit(20) | bit(38), false, LATER_MS);
    scheduleWant(bit(4), false, LATER_MS);
    expect(takeAll(LATER_MS)).toBe("5 3 20 38 4 ");
  });

  test("what is already so is not driven", () => {
    begin(bit(7));
    scheduleWant(bit(7), true, LATER_MS);
    scheduleWant(bit(8), false, LATER_MS);
    expect(takeAll(LATER_MS)).toBe("");
  });

  test("a change wanted back before it was driven is dropped", () => {
    begin(ALL);
    scheduleWant(bit(1) | bit(2) | bit(3), false, LATER_MS);
    expect(takeChange(LATER_MS)).toBe(1);
    scheduleWant(bit(1) | bit(2) | bit(3), true, LATER_MS);
    expect(takeAll(LATER_MS)).toBe("1 ");
    expect(closedChannels()).toBe(ALL);
  });

  test("wanted back and again, it stands at the end of the queue", () => {
    begin(ALL);
    scheduleWant(bit(1), false, LATER_MS);
    scheduleWant(bit(2), false, LATER_MS);
    scheduleWant(bit(1), true, LATER_MS);
    scheduleWant(bit(1), false, LATER_MS);
    scheduleWant(bit(1), false, LATER_MS);
    expect(takeAll(LATER_MS)).toBe("2 1 ");
  });

  test("all 39 at once, each once", () => {
    begin(ALL);
    for (let i = 38; i >= 0; i--) scheduleWant(bit(i), false, LATER_MS);
    for (let i = 38; i >= 0; i--) expect(takeChange(LATER_MS)).toBe(i);
    expect(takeChange(LATER_MS)).toBe(NO_CHANNEL);
    expect(closedChannels()).toBe(0);
  });

  test("a channel counts as open only when nobody wants it closed", () => {
    begin(bit(0));
    expect(isLeftOpen(0)).toBe(false);
    scheduleWant(bit(0), false, LATER_MS);
    expect(isLeftOpen(0)).toBe(false, "not driven yet");
    takeChange(LATER_MS);
    expect(isLeftOpen(0)).toBe(true);
    scheduleWant(bit(0), true, LATER_MS);
    expect(isLeftOpen(0)).toBe(false, "about to close");
    expect(isClosed(0)).toBe(false);
  });
});

describe("after a start", () => {
  test("an interrupted pulse is driven first, into the position of the record", () => {
    scheduleInit(bit(9), 0, 9, 0);
    scheduleConfigure(PERIOD_MS, SPREAD_MS);
    scheduleWant(bit(4), false, 1);
    scheduleWant(bit(9), true, 1);
    expect(takeAll(1)).toBe("9 ");
    scheduleWant(bit(9), true, 2);
    expect(takeAll(2)).toBe("");
  });

  test("without a record every wanted position is driven, the others are left", () => {
    scheduleInit(0, ALL, NO_CHANNEL, 0);
    scheduleConfigure(PERIOD_MS, SPREAD_MS);
    scheduleWant(bit(6), false, 0);
    scheduleWant(bit(5), false, 0);
    expect(takeAll(1)).toBe("6 5 ");
    scheduleWant(bit(5), false, LATER_MS);
    expect(takeAll(LATER_MS)).toBe("");
  });

  test("closings are spread evenly by channel, openings come at once", () => {
    begin(bit(20));
    for (let i = 38; i >= 0; i--) scheduleWant(bit(i), i != 20, 10);
    expect(takeAll(10)).toBe("20 0 ");
    for (let i = 1; i < 39; i++) {
      if (i == 20) continue;
      const turn_ms = (<u32>i * SPREAD_MS) / 39;
      expect(takeChange(turn_ms - 1)).toBe(NO_CHANNEL);
      expect(takeChange(turn_ms)).toBe(i);
    }
    expect(closedChannels()).toBe(ALL & ~bit(20));
  });

  test("the spread keeps the channels of one household together", () => {
    begin(0);
    scheduleWant(bit(6) | bit(25) | bit(30), true, 5);
    scheduleWant(bit(7), true, 5);
    expect(takeAll((<u32>6 * SPREAD_MS) / 39)).toBe("6 25 30 ");
    expect(takeAll((<u32>7 * SPREAD_MS) / 39)).toBe("7 ");
  });

  test("a closing that waits is dropped when it is wanted back", () => {
    begin(0);
    scheduleWant(bit(38), true, 5);
    scheduleWant(bit(38), false, 6);
    expect(takeAll(SPREAD_MS)).toBe("");
  });

  test("no spread, and none for what is wanted later", () => {
    begin(0);
    scheduleConfigure(PERIOD_MS, 0);
    scheduleWant(bit(38), true, 5);
    expect(takeAll(5)).toBe("38 ");
    begin(0);
    scheduleWant(bit(38), true, START_WANTS_MS);
    expect(takeAll(START_WANTS_MS)).toBe("38 ");
  });

  test("the wrap of the clock changes nothing", () => {
    const start_ms: u32 = 0xfffffff0;
    scheduleInit(0, 0, NO_CHANNEL, start_ms);
    scheduleConfigure(PERIOD_MS, SPREAD_MS);
    scheduleWant(bit(39 / 2), true, start_ms + 100);
    const turn_ms = (<u32>19 * SPREAD_MS) / 39;
    expect(takeChange(start_ms + turn_ms - 1)).toBe(NO_CHANNEL);
    expect(takeChange(start_ms + turn_ms)).toBe(19);
  });
});

/** Refreshes all that are due at `now_ms`; each of them must be in `channels`, lowest first. */
function expectRound(channels: u64, now_ms: u32): void {
  for (let rest = channels; rest != 0; rest &= rest - 1) {
    expect(takeRefresh(now_ms)).toBe(<i32>ctz(rest));
  }
  expect(isRefreshing()).toBe(false);
  expect(takeRefresh(now_ms)).toBe(NO_CHANNEL);
}

describe("the refresh", () => {
  test("each used channel exactly once per period, unused ones never", () => {
    const channels = ALL & ~(bit(0) | bit(17) | bit(38));
    const periods: StaticArray<u32> = [480000, 600000, 900000];
    for (let p = 0; p < periods.length; p++) {
      begin(ALL);
      scheduleUse(channels);
      scheduleConfigure(periods[p], SPREAD_MS);
      for (let round: u32 = 1; round <= 5; round++) {
        expect(takeRefresh(round * periods[p] - 1)).toBe(NO_CHANNEL);
        expectRound(channels, round * periods[p]);
      }
    }
  });

  test("the period runs from start to start, however long a round took", () => {
    begin(ALL);
    for (let i: u32 = 0; i < 39; i++) takeRefresh(PERIOD_MS + i * 1200);
    expect(takeRefresh(PERIOD_MS + 47000)).toBe(NO_CHANNEL);
    expect(takeRefresh(2 * PERIOD_MS)).toBe(0);
  });

  test("a change in the middle of a round moves nothing in it", () => {
    begin(ALL);
    for (let i = 0; i < 10; i++) expect(takeRefresh(PERIOD_MS)).toBe(i);
    scheduleWant(bit(30), false, PERIOD_MS);
    expect(takeChange(PERIOD_MS)).toBe(30);
    for (let i = 10; i < 39; i++) expect(takeRefresh(PERIOD_MS)).toBe(i);
    expect(isClosed(30)).toBe(false, "and refreshed open");
  });

  test("a channel that goes out of use is left out of the round under way", () => {
    begin(ALL);
    for (let i = 0; i < 38; i++) expect(takeRefresh(PERIOD_MS)).toBe(i);
    scheduleUse(ALL & ~bit(38));
    expect(isRefreshing()).toBe(false);
    expect(takeRefresh(PERIOD_MS)).toBe(NO_CHANNEL);
    scheduleUse(0);
    expect(takeRefresh(3 * PERIOD_MS)).toBe(NO_CHANNEL);
  });
});

describe("energy on an open relay", () => {
  test("is let pass for five seconds after opening", () => {
    supervisionInit(0);
    supervisionChanged(12, 1000);
    expect(supervisionEnergy(12, 1000 + OPENED_LONG_AGO_MS - 1)).toBe(0);
    expect(supervisionEnergy(12, 1000 + OPENED_LONG_AGO_MS)).toBe(1);
    expect(takeAgain(6000)).toBe(12);
    expect(takeAgain(6000)).toBe(-1);
  });

  test("drives five times, then hourly, and never twice at once", () => {
    supervisionInit(0);
    let now_ms: u32 = 0;
    for (let attempt: u32 = 1; attempt <= 8; attempt++) {
      const pause_ms = attempt > QUICK_ATTEMPTS ? SLOW_ATTEMPT_MS : OPENED_LONG_AGO_MS;
      expect(supervisionEnergy(3, now_ms + pause_ms - 1)).toBe(0);
      now_ms += pause_ms;
      expect(supervisionEnergy(3, now_ms)).toBe(attempt);
      expect(supervisionEnergy(3, now_ms + 2 * SLOW_ATTEMPT_MS)).toBe(0, "still to be driven");
      expect(takeAgain(now_ms)).toBe(3);
    }
  });

  test("begins anew after a change, which takes the place of the drive", () => {
    supervisionInit(0);
    for (let i: u32 = 1; i <= 5; i++) {
      supervisionEnergy(3, i * OPENED_LONG_AGO_MS);
      takeAgain(i * OPENED_LONG_AGO_MS);
    }
    expect(supervisionEnergy(3, 40000)).toBe(0);
    supervisionEnergy(4, 40000);
    supervisionChanged(4, 40000);
    expect(takeAgain(40000)).toBe(-1);
    supervisionChanged(3, 40000);
    expect(supervisionEnergy(3, 45000)).toBe(1);
  });

  test("of several channels, all are driven", () => {
    supervisionInit(0);
    expect(supervisionEnergy(38, 9000)).toBe(1);
    expect(supervisionEnergy(0, 9000)).toBe(1);
    expect(takeAgain(9000)).toBe(0);
    expect(takeAgain(9000)).toBe(38);
    expect(takeAgain(9000)).toBe(-1);
  });
});
