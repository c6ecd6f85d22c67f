/** The face of the box: loop, dialogue and lamps together, as segments. */

import { fillBytes, storeLe16, storeLe32 } from "../../src/common/bytes";
import { OK } from "../../src/common/errors";
import { dialogueFree, dialogueReply } from "../../src/display/dialogue";
import { faceInit, faceTick } from "../../src/display/face";
import { Page, loopPage } from "../../src/display/loop";
import * as frame from "../../src/link/frame";
import { snapshotBox, snapshotInit, snapshotPoll } from "../../src/link/snapshot";

const reply: usize = memory.data(128);

let now: u32 = 0;
let phases: u8 = 7;
let held: u8 = 0;
let status: u32 = frame.STATUS_PROVISIONED;
let closed: u8 = 1;

/** Tells the snapshot of household 5 in `state` with 12.3 remaining, 45.6 consumed. */
function poll(state: i32): void {
  fillBytes(reply, 0, 128);
  storeLe16(reply + frame.REPLY_STATUS, status);
  store<u8>(reply + frame.REPLY_HELD, held);
  store<u8>(reply + frame.REPLY_PHASES, phases);
  store<u8>(reply + frame.REPLY_SLICE_COUNT, 1);
  const slice = reply + frame.REPLY_SLICES;
  store<u8>(slice + frame.SLICE_HOUSEHOLD, 5);
  store<u8>(slice + frame.SLICE_STATE, <u8>state);
  store<u8>(slice + frame.SLICE_FLAGS, closed);
  storeLe32(slice + frame.SLICE_REMAINING, 1230);
  storeLe32(slice + frame.SLICE_CONSUMED, 4560);
  expect(snapshotPoll(1, reply, frame.REPLY_SLICES + frame.SLICE_SIZE)).toBe(39);
}

/** Household 7 bought 50.0 and is left with -2.0. */
function buy(): void {
  fillBytes(reply, 0, 128);
  store<i8>(reply, <i8>OK);
  store<u8>(reply + frame.MESSAGE_REPLY_HOUSEHOLD, 7);
  storeLe32(reply + frame.MESSAGE_REPLY_AMOUNT, 5000);
  storeLe32(reply + frame.MESSAGE_REPLY_REMAINING, <u32>-200);
  store<u8>(reply + frame.MESSAGE_REPLY_KIND, frame.SIGNED_KIND_CREDIT);
  dialogueReply(now, reply, frame.MESSAGE_REPLY_SIZE);
}

let tubes: usize = 0;
let meter_lost: bool = false;
let clock_lost: bool = false;

function step(ms: u32): void {
  for (let i: u32 = 0; i < ms; i += 10) {
    now += 10;
    tubes = faceTick(now, meter_lost, clock_lost, false);
  }
}

/** Segments of the lower row, one byte each. */
function lower(): u64 {
  let result: u64 = 0;
  for (let i = 4; i < 10; i++) result = (result << 8) | load<u8>(tubes + i);
  return result;
}

const DARK: u64 = 0;
const ZERO: u64 = 0xfe7e; // 0.0
const REMAINING: u64 = 0x30ed79; // 12.3
const CONSUMED: u64 = 0x33db5f; // 45.6
const AMOUNT: u64 = 0x5bfe7e; // 50.0
const OFF: u64 = 0x7e4747;
const ON: u64 = 0x7e15;
const ERR: u64 = 0x4f0505000000;
const ERR_20: u64 = ERR | 0x6d7e;
const ERR_21: u64 = ERR | 0x6d30;
const ERR_22: u64 = ERR | 0x6d6d;
const MISSING_B: u64 = 0x1f00;

function lamps(): u8 {
  return load<u8>(tubes + 10);
}

describe("the face", () => {
  beforeEach(() => {
    now = 1000;
    phases = 7;
    held = 0;
    closed = 1;
    status = frame.STATUS_PROVISIONED;
    meter_lost = false;
    clock_lost = false;
    snapshotInit();
    faceInit(now);
  });

  it("shows dashes until it knows a number", () => {
    step(10);
    expect(lower()).toBe(0x010101010101);
    expect(lamps()).toBe(0);
    fillBytes(reply, 0, 128);
    snapshotBox(reply, frame.BOX_READ_REPLY_SIZE);
    step(10);
    expect(lower()).toBe(0x010101010101);
    poll(0);
    step(10);
    expect(lower()).toBe(0x7e7e7e7e7e7e);
    expect(lamps()).toBe(7);
  });

  it("shows a supplied household steady", () => {
    poll(frame.STATE_SUPPLIED);
    step(8010);
    for (let i = 0; i < 39; i++) {
      expect(lower()).toBe(REMAINING);
      step(100);
    }
    expect(lamps()).toBe(7);
  });

  it("flashes what remains of a low one, 1 Hz, half on, and lights the alarm", () => {
    poll(frame.STATE_LOW);
    step(8000);
    for (let i = 0; i < 4; i++) {
      expect(lower()).toBe(REMAINING);
      step(490);
      expect(lower()).toBe(REMAINING);
      step(10);
      expect(lower()).toBe(DARK);
      step(490);
      expect(lower()).toBe(DARK);
      expect(load<u8>(tubes + 3)).toBe(0x5b); // the household stays
      step(10);
    }
    expect(lamps()).toBe(15);
  });

  it("flashes 0.0 for a tripped and an empty one", () => {
    for (let state = frame.STATE_TRIPPED; state <= frame.STATE_EMPTY; state++) {
      snapshotInit();
      faceInit(now);
      poll(state);
      step(8000);
      expect(lower()).toBe(ZERO);
      step(500);
      expect(lower()).toBe(DARK);
      expect(lamps()).toBe(15);
    }
  });

  it("shows consumed energy steady while held, whatever the state", () => {
    held = 5;
    poll(frame.STATE_TRIPPED);
    step(10);
    for (let i = 0; i < 100; i++) {
      expect(lower()).toBe(CONSUMED);
      step(100);
    }
    held = 0;
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(loopPage()).toBe(Page.Box);
  });

  it("shows a purchase before anything but a lost meter, and goes on with a whole page", () => {
    poll(frame.STATE_SUPPLIED);
    step(9000);
    buy();
    closed = 0;
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(lower()).toBe(AMOUNT);
    step(2990);
    expect(load<u8>(tubes + 3)).toBe(0x70); // household 7
    expect(lower()).toBe(0x01ed7e); // -2.0
    meter_lost = true;
    step(10);
    expect(lower()).toBe(ERR_21);
    meter_lost = false;
    step(3990);
    expect(lower()).toBe(OFF); // the relay notice waited
    step(2000);
    expect(lower()).toBe(REMAINING);
    step(3980);
    expect(lower()).toBe(REMAINING);
    step(20);
    expect(loopPage()).toBe(Page.Box);
  });

  it("shows relays that were switched, not the first sight of them", () => {
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(dialogueFree()).toBeTruthy();
    closed = 0;
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(lower()).toBe(OFF);
    closed = 1;
    poll(frame.STATE_SUPPLIED);
    step(2000);
    expect(lower()).toBe(ON);
    step(2000);
    expect(dialogueFree()).toBeTruthy();
  });

  it("shows a missing phase at once, blinks its lamp, and has a page for it", () => {
    poll(frame.STATE_SUPPLIED);
    step(5000);
    phases = 5;
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(lower()).toBe(MISSING_B);
    step(4000);
    expect(loopPage()).toBe(Page.Unit);
    step(4000);
    expect(lower()).toBe(REMAINING);
    step(4000);
    expect(loopPage()).toBe(Page.Phases);
    expect(lower()).toBe(MISSING_B);
    let lit = 0;
    for (let i = 0; i < 20; i++) {
      step(100);
      expect(lamps() & 5).toBe(5);
      if ((lamps() & 2) != 0) lit++;
    }
    expect(lit).toBe(10);
    phases = 7;
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(lamps()).toBe(7);
  });

  it("tells of a missing phase after a card, and no longer than it is missing", () => {
    poll(frame.STATE_SUPPLIED);
    step(10);
    buy();
    phases = 5;
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(lower()).toBe(AMOUNT);
    step(7000);
    expect(lower()).toBe(MISSING_B);
    step(1000);
    phases = 7;
    poll(frame.STATE_SUPPLIED);
    step(10);
    expect(dialogueFree()).toBeTruthy();
    expect(loopPage()).toBe(Page.Box);
  });

  it("has a page for a lost clock and for the memory", () => {
    clock_lost = true;
    status |= frame.STATUS_STORE_FAULT;
    poll(frame.STATE_SUPPLIED);
    step(12010);
    expect(lower()).toBe(ERR_22);
    step(4000);
    expect(lower()).toBe(ERR_20);
  });

  it("shows a lost meter at once and blinks the alarm", () => {
    poll(frame.STATE_SUPPLIED);
    step(10);
    meter_lost = true;
    let lit = 0;
    for (let i = 0; i < 20; i++) {
      step(100);
      expect(lower()).toBe(ERR_21);
      if ((lamps() & 8) != 0) lit++;
    }
    expect(lit).toBe(10);
  });
});
