/** Clearing what a box has recorded, on a real memory without the rest of the meter. */
import { E_BUSY, OK } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import { acceptedUnits } from "../../src/metering/account";
import { forwardJ } from "../../src/metering/books";
import { clearDemands, clearHistory } from "../../src/metering/clearance";
import * as events from "../../src/metering/events";
import { freezeNow } from "../../src/metering/freezes";
import { maximumDemandW } from "../../src/metering/power";
import { recordSave } from "../../src/store/image";
import { accountBody, DEMAND, demandBody } from "../../src/store/places";
import * as bench from "../bench";
import { DAY, HOUR, HUNDREDTH_J, open, reply, restart, second, setEnergy } from "./history-kit";
import { START, stored } from "./history-kit";

function setDemands(): void {
  for (let index = 0; index < 39; index++) {
    store<u32>(demandBody(index), 1000 + index);
    recordSave(DEMAND, index);
  }
}

/** Households whose maximum demand is not cleared. */
function demands(): i32 {
  let count = 0;
  for (let index = 0; index < 39; index++) if (maximumDemandW(index) != 0) count++;
  return count;
}

function countOf(kind: i32): u32 {
  return events.eventCount(kind);
}

describe("clearing", () => {
  beforeEach(open);

  test("one demand, all demands", () => {
    setDemands();
    expect(clearDemands(5, 0x11223344)).toBe(OK);
    expect(demands()).toBe(38);
    expect(clearDemands(0, 0x11223344)).toBe(OK);
    expect(clearDemands(0, 0x11223344)).toBe(E_BUSY);
    expect(clearHistory(0x11223344)).toBe(E_BUSY);
    second(START);
    expect(demands()).toBe(0);
    expect(countOf(events.EVENT_DEMAND_CLEARED)).toBe(2);
    expect(events.findEvent(events.EVENT_DEMAND_CLEARED, 1, 255, reply)).toBe(OK);
    expect(load<u32>(reply + events.EVENT_ENTRY_VALUE)).toBe(0x11223344);
    expect(load<u8>(reply + events.EVENT_ENTRY_HOUSEHOLD)).toBe(0);
    expect(clearDemands(0, 1)).toBe(OK);
  });

  test("the box: demands, freezes, loads and log; energy and credit stay", () => {
    setDemands();
    setEnergy(2, 5, 6);
    store<i64>(accountBody(2), 4711);
    second(START);
    second(START + DAY);
    freezeNow();
    second(START + DAY + 1);
    events.noteEvent(events.EVENT_STATE, 0, 0, 0);
    second(START + DAY + 2);
    expect(clearHistory(7)).toBe(OK);
    second(START + DAY + 3);
    for (let ring = frame.RING_DAILY; ring <= frame.RING_LOAD; ring++) expect(stored(ring)).toBe(0);
    expect(demands()).toBe(0);
    expect(countOf(events.EVENT_STATE)).toBe(0);
    expect(countOf(events.EVENT_BOX_CLEARED)).toBe(1);
    expect(forwardJ(2)).toBe(5 * HUNDREDTH_J);
    expect(acceptedUnits(2)).toBe(4711);
    second(START + DAY + HOUR);
    expect(stored(frame.RING_LOAD)).toBe(1);
    expect(stored(frame.RING_DAILY)).toBe(0);
  });

  test("cut at any byte: as it was, or cleared after the next start", () => {
    let old = 0;
    let done = 0;
    const written: i32 = 64 + 39 * 24 + 24 + 164 + 64;
    for (let cut = 0; cut < written + 8; cut += cut < 80 || cut > 990 ? 1 : 5) {
      open();
      setDemands();
      second(START);
      second(START + DAY);
      events.noteEvent(events.EVENT_STATE, 0, 0, 0);
      second(START + DAY + 1);
      bench.bench_power_cut_after(cut, cut % 3);
      clearHistory(7);
      second(START + DAY + 2);
      restart();
      second(START + DAY + 3);
      const is_cleared = demands() == 0;
      expect(demands()).toBe(is_cleared ? 0 : 39);
      expect(stored(frame.RING_DAILY)).toBe(is_cleared ? 0 : 1);
      expect(countOf(events.EVENT_STATE)).toBe(is_cleared ? 0 : 1);
      expect(countOf(events.EVENT_BOX_CLEARED)).toBe(is_cleared ? 1 : 0);
      if (is_cleared) done++;
      else old++;
    }
    expect(old).toBeGreaterThan(50);
    expect(old).toBeLessThan(66);
    expect(done).toBeGreaterThan(100);
  });
});
