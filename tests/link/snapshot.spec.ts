/** The panel's snapshot of the meter: what it takes from POLL and BOX_READ, and what it refuses. */

import { fillBytes, storeLe16, storeLe32 } from "../../src/common/bytes";
import * as frame from "../../src/link/frame";
import {
  MALFORMED,
  snapshotAlarmed,
  snapshotBox,
  snapshotBoxKnown,
  snapshotBoxReply,
  snapshotClosed,
  snapshotConsumed,
  snapshotCurrent,
  snapshotHeld,
  snapshotInit,
  snapshotLost,
  snapshotMissing,
  snapshotNumber,
  snapshotPoll,
  snapshotPolled,
  snapshotReaderPlace,
  snapshotRemaining,
  snapshotSlice,
  snapshotState,
  snapshotStatus,
  snapshotTakeSwitched,
  snapshotUnit,
  snapshotUsed,
} from "../../src/link/snapshot";

const wire: usize = memory.data(512);

function same(a: usize, b: usize, size: i32): bool {
  for (let i = 0; i < size; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

let slice_count: i32 = 0;

function clear(): void {
  fillBytes(wire, 0, frame.PAYLOAD_SIZE_MAX);
  slice_count = 0;
  store<u8>(wire + frame.REPLY_PHASES, 7);
}

function slice(household: i32, state: i32, closed: bool): void {
  const at = wire + frame.REPLY_SLICES + slice_count * frame.SLICE_SIZE;
  slice_count++;
  store<u8>(wire + frame.REPLY_SLICE_COUNT, <u8>slice_count);
  store<u8>(at + frame.SLICE_HOUSEHOLD, <u8>household);
  store<u8>(at + frame.SLICE_STATE, <u8>state);
  store<u8>(at + frame.SLICE_FLAGS, closed ? 1 : 0);
  storeLe32(at + frame.SLICE_REMAINING, <u32>(-household * 100));
  storeLe32(at + frame.SLICE_CONSUMED, <u32>household * 1000);
}

function poll(from: i32): i32 {
  return snapshotPoll(from, wire, frame.REPLY_SLICES + slice_count * frame.SLICE_SIZE);
}

function two(a: i32, b: i32, closed: bool): void {
  clear();
  slice(a, 0, closed);
  slice(b, 1, closed);
}

describe("the snapshot", () => {
  beforeEach(() => {
    snapshotInit();
    clear();
  });

  it("knows nothing at first", () => {
    expect(snapshotPolled()).toBeFalsy();
    expect(snapshotBoxKnown()).toBeFalsy();
    expect(snapshotUsed()).toBe(0);
    expect(snapshotMissing()).toBe(0);
  });

  it("takes the box as a whole", () => {
    storeLe16(wire, frame.STATUS_MONEY | frame.STATUS_TWO_DECIMALS);
    store<u8>(wire + frame.REPLY_HELD, 39);
    store<u8>(wire + frame.REPLY_PHASES, 0x05);
    expect(poll(1)).toBe(39);
    expect(snapshotPolled()).toBeTruthy();
    expect(snapshotStatus(frame.STATUS_MONEY)).toBeTruthy();
    expect(snapshotStatus(frame.STATUS_MONEY | frame.STATUS_PROVISIONED)).toBeFalsy();
    expect(snapshotHeld()).toBe(39);
    expect(snapshotMissing()).toBe(2);
    store<u8>(wire + frame.REPLY_HELD, 40);
    poll(1);
    expect(snapshotHeld()).toBe(0);
  });

  it("walks through the households and forgets those passed over", () => {
    two(1, 2, true);
    expect(poll(1)).toBe(2);
    two(3, 38, true);
    expect(poll(3)).toBe(38);
    clear();
    slice(39, 3, true);
    expect(poll(39)).toBe(39);
    expect(snapshotUsed()).toBe(0x6000000007);
    expect(snapshotAlarmed()).toBeTruthy();
    expect(snapshotRemaining(38)).toBe(-3800);
    expect(snapshotConsumed(39)).toBe(39000);
    expect(snapshotState(39)).toBe(3);
    clear();
    slice(2, 0, true);
    expect(poll(1)).toBe(39);
    expect(snapshotUsed()).toBe(2);
    expect(snapshotAlarmed()).toBeFalsy();
    clear();
    expect(poll(1)).toBe(39);
    expect(snapshotUsed()).toBe(0);
  });

  it("keeps whole slices", () => {
    two(1, 39, true);
    fillBytes(wire + frame.REPLY_SLICES + 4, 0x5a, frame.SLICE_SIZE - 4);
    poll(1);
    expect(same(snapshotSlice(1), wire + frame.REPLY_SLICES, frame.SLICE_SIZE)).toBeTruthy();
    expect(snapshotSlice(2)).toBe(0);
    const last = wire + frame.REPLY_SLICES + frame.SLICE_SIZE;
    expect(same(snapshotSlice(39), last, frame.SLICE_SIZE)).toBeTruthy();
  });

  it("is current once box and all households are known, while the meter is there", () => {
    two(38, 39, true);
    poll(38); // asked for out of turn
    snapshotBox(wire, frame.BOX_READ_REPLY_SIZE);
    expect(snapshotCurrent()).toBeFalsy();
    two(1, 2, true);
    poll(1);
    expect(snapshotCurrent()).toBeFalsy();
    clear();
    poll(3);
    snapshotInit();
    poll(1);
    expect(snapshotCurrent()).toBeFalsy();
    clear();
    snapshotBox(wire, frame.BOX_READ_REPLY_SIZE);
    expect(snapshotCurrent()).toBeTruthy();
    snapshotLost(true);
    expect(snapshotCurrent()).toBeFalsy();
    snapshotLost(false);
    expect(snapshotCurrent()).toBeTruthy();
  });

  it("notices relays that were switched, once each", () => {
    two(1, 2, true);
    poll(1);
    expect(snapshotTakeSwitched()).toBe(0);
    two(1, 2, false);
    poll(1);
    expect(snapshotTakeSwitched()).toBe(1);
    expect(snapshotClosed(2)).toBeFalsy();
    expect(snapshotTakeSwitched()).toBe(2);
    expect(snapshotTakeSwitched()).toBe(0);
    clear();
    slice(2, 0, true); // 1 is no longer in use
    poll(1);
    expect(snapshotTakeSwitched()).toBe(2);
    expect(snapshotTakeSwitched()).toBe(0);
  });

  it("believes nothing malformed", () => {
    two(4, 5, true);
    expect(poll(4)).toBe(5);
    expect(poll(5)).toBe(MALFORMED); // before the first one asked for
    expect(snapshotPoll(4, wire, 115)).toBe(MALFORMED);
    expect(snapshotPoll(4, wire, 11)).toBe(MALFORMED);
    expect(poll(0)).toBe(MALFORMED);
    two(4, 4, true);
    expect(poll(1)).toBe(MALFORMED);
    two(4, 40, true);
    expect(poll(1)).toBe(MALFORMED);
    two(4, 5, true);
    store<u8>(wire + frame.REPLY_SLICES + frame.SLICE_STATE, 4);
    expect(poll(1)).toBe(MALFORMED);
    store<u8>(wire + frame.REPLY_SLICE_COUNT, 3);
    expect(snapshotPoll(1, wire, 168)).toBe(MALFORMED);
    expect(snapshotUsed()).toBe(0x18);
    clear();
    expect(poll(0)).toBe(0); // asked for none
    expect(snapshotUsed()).toBe(0x18);
  });

  it("takes the whole box, but no refusal", () => {
    store<i8>(wire, -20);
    snapshotBox(wire, 1);
    expect(snapshotBoxKnown()).toBeFalsy();
    snapshotBox(wire, frame.BOX_READ_REPLY_SIZE);
    expect(snapshotBoxKnown()).toBeFalsy();
    expect(snapshotBoxReply()).toBe(0);
    clear();
    for (let i = 0; i < 5; i++) store<u8>(wire + 1 + i, <u8>(i * 17));
    storeLe16(wire + frame.BOX_UNIT, 1234);
    snapshotBox(wire, frame.BOX_READ_REPLY_SIZE - 1);
    expect(snapshotBoxKnown()).toBeFalsy();
    store<u8>(wire + frame.BOX_READER_PLACE, 2);
    snapshotBox(wire, frame.BOX_READ_REPLY_SIZE);
    expect(snapshotBoxKnown()).toBeTruthy();
    expect(same(snapshotBoxReply(), wire, frame.BOX_READ_REPLY_SIZE)).toBeTruthy();
    expect(snapshotReaderPlace()).toBe(2);
    expect(snapshotUnit()).toBe(1234);
    expect(same(snapshotNumber(), wire + 1, 5)).toBeTruthy();
  });
});
