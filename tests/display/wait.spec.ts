/** The page of a card that waits for the answer of another box: when it comes and goes, what it shows,
 *  and what breaks in on it. */

import { fillBytes, storeLe32 } from "../../src/common/bytes";
import { E_LINE, OK } from "../../src/common/errors";
import {
  AMOUNT_MS,
  Dialogue,
  REFUSED_MS,
  REMAINING_MS,
  dialogueHousehold,
  dialoguePhases,
  dialogueRefuse,
  dialogueRelay,
  dialogueReply,
  dialogueState,
  dialogueWait,
} from "../../src/display/dialogue";
import { faceInit, faceTick } from "../../src/display/face";
import * as frame from "../../src/link/frame";
import { snapshotInit } from "../../src/link/snapshot";

const reply: usize = memory.data(128);
const HOLD: u64 = 0x377e0e3d; // "HOLd"

let now: u32 = 0;
let tubes: usize = 0;
let waiting: bool = false;
let household: i32 = 0;

/** As panel.ts does it every 10 ms. */
function run(ms: u32): void {
  for (let i: u32 = 0; i < ms; i += 10) {
    now += 10;
    dialogueWait(now, waiting, household);
    tubes = faceTick(now, false, false, false);
  }
}

function wait(is_waiting: bool, of_household: i32): void {
  waiting = is_waiting;
  household = of_household;
  run(10);
}

function lower(): u64 {
  let result: u64 = 0;
  for (let i = 4; i < 10; i++) result = (result << 8) | load<u8>(tubes + i);
  return result;
}

/** Household 7 bought 50.0 as its purchase `number`. */
function buy(number: u32): void {
  fillBytes(reply, 0, 128);
  store<i8>(reply, <i8>OK);
  store<u8>(reply + frame.MESSAGE_REPLY_HOUSEHOLD, 7);
  storeLe32(reply + frame.MESSAGE_REPLY_AMOUNT, 5000);
  storeLe32(reply + frame.MESSAGE_REPLY_NUMBER, number);
  store<u8>(reply + frame.MESSAGE_REPLY_KIND, frame.SIGNED_KIND_CREDIT);
  dialogueReply(now, reply, frame.MESSAGE_REPLY_SIZE);
}

describe("a card that waits", () => {
  beforeEach(() => {
    now = 4294960000;
    waiting = false;
    household = 0;
    snapshotInit();
    faceInit(now);
    run(10);
  });

  it("is shown with its household as long as it waits, and no longer", () => {
    wait(true, 12);
    expect(lower()).toBe(HOLD);
    expect(load<u8>(tubes)).toBe(0x7e);
    expect(load<u8>(tubes + 2)).toBe(0x30);
    expect(load<u8>(tubes + 3)).toBe(0x6d);
    run(29000);
    expect(lower()).toBe(HOLD);
    wait(false, 12);
    expect(dialogueState()).toBe(Dialogue.None);
  });

  it("of the office leaves the upper row dark", () => {
    wait(true, 0);
    expect(lower()).toBe(HOLD);
    for (let i = 0; i < 4; i++) expect(load<u8>(tubes + i)).toBe(0);
  });

  it("goes on to the purchase, or to the refusal", () => {
    wait(true, 7);
    buy(1);
    wait(false, 7);
    expect(dialogueState()).toBe(Dialogue.Amount);
    run(AMOUNT_MS);
    expect(dialogueState()).toBe(Dialogue.Remaining);
    run(REMAINING_MS);
    expect(dialogueState()).toBe(Dialogue.None);
    wait(true, 7);
    dialogueRefuse(now, 7, E_LINE);
    wait(false, 7);
    expect(dialogueState()).toBe(Dialogue.Refused);
    expect(lower()).toBe(0x4f0505006d7f); // Err 28
    run(REFUSED_MS);
    expect(dialogueState()).toBe(Dialogue.None);
  });

  it("breaks in on what another card has left there", () => {
    buy(1);
    run(100);
    wait(true, 9);
    expect(dialogueState()).toBe(Dialogue.Waiting);
    expect(dialogueHousehold()).toBe(9);
    wait(false, 9);
    dialogueRefuse(now, 7, E_LINE);
    run(100);
    wait(true, 8);
    expect(dialogueState()).toBe(Dialogue.Waiting);
  });

  it("is broken in on by a purchase over the line, and comes back", () => {
    wait(true, 9);
    buy(1);
    run(100);
    expect(dialogueState()).toBe(Dialogue.Amount);
    expect(dialogueHousehold()).toBe(7);
    run(AMOUNT_MS + REMAINING_MS);
    expect(lower()).toBe(HOLD);
    expect(dialogueHousehold()).toBe(9);
  });

  it("is not broken in on by a notice, and takes the place of one", () => {
    dialogueRelay(now, 5, true);
    wait(true, 9);
    expect(dialogueState()).toBe(Dialogue.Waiting);
    expect(dialoguePhases(now)).toBeFalsy();
    run(100);
    expect(dialogueState()).toBe(Dialogue.Waiting);
    wait(false, 9);
    expect(dialoguePhases(now)).toBeTruthy();
    waiting = true;
    run(10);
    expect(dialogueState()).toBe(Dialogue.Waiting);
  });
});
