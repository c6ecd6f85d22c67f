/** Whose turn it is on the tubes: the loop and the dialogue, each walked over every from and to. */

import { fillBytes, storeLe32 } from "../../src/common/bytes";
import { E_CODE, E_NUMBER_OLD, OK, REPEAT } from "../../src/common/errors";
import {
  AMOUNT_MS,
  DIALOGUE_STATE_COUNT,
  Dialogue,
  PHASES_MS,
  REFUSED_MS,
  RELAY_MS,
  REMAINING_MS,
  dialogueAmount,
  dialogueClosed,
  dialogueError,
  dialogueFree,
  dialogueHousehold,
  dialogueInit,
  dialogueMayMove,
  dialoguePhases,
  dialoguePhasesBack,
  dialogueRelay,
  dialogueReply,
  dialogueState,
  dialogueTick,
} from "../../src/display/dialogue";
import {
  PAGE_COUNT,
  PAGE_MS,
  Page,
  loopHousehold,
  loopInit,
  loopMayMove,
  loopPage,
  loopRestartPage,
  loopSet,
  loopTick,
} from "../../src/display/loop";
import * as frame from "../../src/link/frame";

const reply: usize = memory.data(100);

// A page in a list of these tests: a household, or one of these
const BOX = 100;
const UNIT = 101;
const PHASES = 103;
const CLOCK = 104;
const READER = 105;
const MEMORY = 106;

function shown(): i32 {
  return loopPage() == Page.Household ? loopHousehold() : BOX + <i32>loopPage();
}

let now: u32 = 0;

/** Lets `pages` pages pass by in steps of 10 ms; returns what was shown, and how long each was. */
function walk(used: u64, held: i32, pages: i32): i32[] {
  const result: i32[] = [shown()];
  for (let i: u32 = 0; i < (PAGE_MS / 10) * pages; i++) {
    now += 10;
    const before = shown();
    loopTick(now, used, held);
    if (shown() != before) result.push(shown());
  }
  return result;
}

function bit(household: i32): u64 {
  return (<u64>1) << (household - 1);
}

describe("the judge of the loop", () => {
  it("allows onwards, back to the box number, and the socket's household", () => {
    let allowed = 0;
    for (let from: i32 = 0; from < PAGE_COUNT; from++) {
      for (let to: i32 = 0; to < PAGE_COUNT; to++) {
        let expected = to == Page.Household;
        if (from == Page.Box) expected = expected || to == Page.Unit;
        else expected = expected || to == Page.Box || to > max<i32>(from, Page.Unit);
        expect(loopMayMove(from, to)).toBe(expected, `${from} to ${to}`);
        if (expected) allowed++;
      }
    }
    expect(allowed).toBe(28);
  });
});

describe("the loop", () => {
  beforeEach(() => {
    now = 4294960000; // the clock wraps on the way
    loopInit(now);
    loopSet(false, false, false, false);
  });

  it("goes box, unit, households in use, 4 s each, and begins again", () => {
    const used = bit(1) | bit(2) | bit(17) | bit(39);
    expect(walk(used, 0, 7)).toStrictEqual([BOX, UNIT, 1, 2, 17, 39, BOX, UNIT]);
  });

  it("stays 4 s on a page", () => {
    for (let i = 0; i < 3999; i++) loopTick(++now, bit(5), 0);
    expect(shown()).toBe(BOX);
    loopTick(++now, bit(5), 0);
    expect(shown()).toBe(UNIT);
    for (let i = 0; i < 3999; i++) loopTick(++now, bit(5), 0);
    expect(shown()).toBe(UNIT);
    loopTick(++now, bit(5), 0);
    expect(shown()).toBe(5);
  });

  it("shows 39 households in turn", () => {
    const all = walk(0x7fffffffff, 0, 41);
    expect(all.length).toBe(42);
    for (let i = 1; i <= 39; i++) expect(all[i + 1]).toBe(i);
    expect(all[41]).toBe(BOX);
  });

  it("goes on without any household", () => {
    expect(walk(0, 0, 3)).toStrictEqual([BOX, UNIT, BOX, UNIT]);
  });

  it("shows the last pages only when they have something to say", () => {
    loopSet(true, true, true, true);
    const all: i32[] = [BOX, UNIT, 3, PHASES, CLOCK, READER, MEMORY, BOX];
    expect(walk(bit(3), 0, 7)).toStrictEqual(all);
    loopSet(false, false, true, false);
    expect(walk(0, 0, 3)).toStrictEqual([BOX, UNIT, READER, BOX]);
    loopSet(false, true, false, false);
    expect(walk(0, 0, 3)).toStrictEqual([BOX, UNIT, CLOCK, BOX]);
    loopSet(false, false, false, true);
    expect(walk(bit(1), 0, 4)).toStrictEqual([BOX, UNIT, 1, MEMORY, BOX]);
  });

  it("stays at the held household, goes on when released, and holds the next", () => {
    const used = bit(1) | bit(2) | bit(3);
    expect(walk(used, 0, 2)).toStrictEqual([BOX, UNIT, 1]);
    expect(walk(used, 1, 10)).toStrictEqual([1]);
    loopTick(++now, used, 0);
    expect(shown()).toBe(2);
    expect(walk(used, 2, 10)).toStrictEqual([2]);
    expect(walk(used, 0, 3)).toStrictEqual([2, 3, BOX, UNIT]);
  });

  it("goes to the held household from any page, and ignores one that is not in use", () => {
    loopSet(true, true, true, true);
    const pages = walk(bit(3), 0, 6);
    for (let i = 0; i < pages.length; i++) {
      loopInit(now);
      loopSet(true, true, true, true);
      walk(bit(3), 0, i);
      loopTick(++now, bit(3), 4);
      expect(shown()).toBe(pages[i]);
      loopTick(++now, bit(3), 3);
      expect(shown()).toBe(3);
    }
  });

  it("leaves a household that goes out of use", () => {
    walk(bit(4) | bit(9), 0, 2);
    expect(shown()).toBe(4);
    loopTick(++now, bit(9), 0);
    expect(shown()).toBe(9);
  });

  it("begins a page anew after something else was shown", () => {
    walk(bit(4), 0, 2);
    now += 3990;
    loopRestartPage(now);
    now += 3990;
    loopTick(now, bit(4), 0);
    expect(shown()).toBe(4);
    now += 10;
    loopTick(now, bit(4), 0);
    expect(shown()).toBe(BOX);
  });
});

function message(result: i32, kind: i32, household: i32, number: u32, resumed: bool): void {
  fillBytes(reply, 0, 100);
  store<i8>(reply, <i8>result);
  store<u8>(reply + frame.MESSAGE_REPLY_HOUSEHOLD, <u8>household);
  store<u8>(reply + frame.MESSAGE_REPLY_FLAGS, resumed ? 1 : 0);
  storeLe32(reply + frame.MESSAGE_REPLY_AMOUNT, 5000);
  storeLe32(reply + frame.MESSAGE_REPLY_REMAINING, <u32>-200);
  storeLe32(reply + frame.MESSAGE_REPLY_NUMBER, number);
  store<u8>(reply + frame.MESSAGE_REPLY_KIND, <u8>kind);
  dialogueReply(now, reply, frame.MESSAGE_REPLY_SIZE);
}

function credit(result: i32, number: u32, resumed: bool): void {
  message(result, frame.SIGNED_KIND_CREDIT, 7, number, resumed);
}

/** How long the state lasts from now on, ms. */
function lastsMs(): i32 {
  const before = dialogueState();
  let lasted = 0;
  while (dialogueState() == before && lasted < 10000) {
    now++;
    lasted++;
    dialogueTick(now);
  }
  return lasted;
}

describe("the judge of the dialogue", () => {
  it("lets cards break in on everything and notices only on what is less", () => {
    let allowed = 0;
    for (let from: i32 = 0; from < DIALOGUE_STATE_COUNT; from++) {
      for (let to: i32 = 0; to < DIALOGUE_STATE_COUNT; to++) {
        let expected = to == Dialogue.Amount || to == Dialogue.Refused || to == Dialogue.Done;
        if (to == Dialogue.Waiting) expected = true;
        if (to == Dialogue.None) expected = from >= Dialogue.Remaining;
        if (to == Dialogue.Remaining) expected = from == Dialogue.Amount;
        if (to == Dialogue.Relay) expected = from == Dialogue.None;
        if (to == Dialogue.Phases) expected = from == Dialogue.None || from == Dialogue.Relay;
        expect(dialogueMayMove(from, to)).toBe(expected, `${from} to ${to}`);
        if (expected) allowed++;
      }
    }
    expect(allowed).toBe(42);
  });
});

describe("the dialogue", () => {
  beforeEach(() => {
    now = 4294967000;
    dialogueInit(now);
  });

  it("shows the amount for 3 s, then what remains for 4 s", () => {
    credit(OK, 1, false);
    expect(dialogueState()).toBe(Dialogue.Amount);
    expect(dialogueHousehold()).toBe(7);
    expect(dialogueAmount()).toBe(5000);
    expect(lastsMs()).toBe(AMOUNT_MS);
    expect(AMOUNT_MS).toBe(3000);
    expect(dialogueState()).toBe(Dialogue.Remaining);
    expect(dialogueAmount()).toBe(-200);
    expect(lastsMs()).toBe(REMAINING_MS);
    expect(REMAINING_MS).toBe(4000);
    expect(dialogueFree()).toBeTruthy();
  });

  it("shows a refusal for 4 s", () => {
    credit(E_CODE, 0, false);
    expect(dialogueState()).toBe(Dialogue.Refused);
    expect(dialogueError()).toBe(E_CODE);
    expect(lastsMs()).toBe(REFUSED_MS);
    expect(REFUSED_MS).toBe(4000);
    expect(dialogueFree()).toBeTruthy();
  });

  it("shows a refusal that is a result alone", () => {
    store<i8>(reply, -20);
    dialogueReply(now, reply, 1);
    expect(dialogueError()).toBe(-20);
    expect(dialogueHousehold()).toBe(0);
  });

  it("shows a repeat that resumed the supply like a purchase, any other as loaded already", () => {
    credit(REPEAT, 3, true);
    expect(dialogueState()).toBe(Dialogue.Amount);
    dialogueInit(now);
    credit(REPEAT, 3, false);
    expect(dialogueState()).toBe(Dialogue.Refused);
    expect(dialogueError()).toBe(E_NUMBER_OLD);
  });

  it("does not disturb a purchase on display by its repeat", () => {
    credit(OK, 3, false);
    now += 1000;
    credit(REPEAT, 3, false);
    expect(dialogueState()).toBe(Dialogue.Amount);
    expect(lastsMs()).toBe(2000);
    credit(REPEAT, 3, false);
    expect(dialogueState()).toBe(Dialogue.Remaining);
    credit(REPEAT, 2, false);
    expect(dialogueState()).toBe(Dialogue.Refused);
  });

  it("says nothing about an accepted setting", () => {
    message(OK, frame.SIGNED_KIND_SETTING, 0, 3, false);
    expect(dialogueFree()).toBeTruthy();
    message(E_CODE, frame.SIGNED_KIND_SETTING, 0, 3, false);
    expect(dialogueState()).toBe(Dialogue.Refused);
  });

  it("begins anew with the next card", () => {
    credit(OK, 3, false);
    now += 2999;
    credit(OK, 4, false);
    expect(lastsMs()).toBe(AMOUNT_MS);
    credit(E_CODE, 0, false);
    expect(lastsMs()).toBe(REFUSED_MS);
  });

  it("shows a relay for 2 s, which a card breaks in on", () => {
    dialogueRelay(now, 8, true);
    expect(dialogueHousehold()).toBe(8);
    expect(dialogueClosed()).toBeTruthy();
    expect(lastsMs()).toBe(RELAY_MS);
    expect(RELAY_MS).toBe(2000);
    dialogueRelay(now, 9, false);
    expect(dialogueClosed()).toBeFalsy();
    credit(OK, 5, false);
    expect(dialogueState()).toBe(Dialogue.Amount);
  });

  it("traps when a relay notice breaks in", () => {
    expect(() => {
      credit(OK, 3, false);
      dialogueRelay(now, 8, true);
    }).toThrow();
  });

  it("shows a missing phase at once, but after a card", () => {
    dialogueRelay(now, 8, true);
    expect(dialoguePhases(now)).toBeTruthy();
    expect(lastsMs()).toBe(PHASES_MS);
    credit(OK, 3, false);
    expect(dialoguePhases(now)).toBeFalsy();
    expect(dialogueState()).toBe(Dialogue.Amount);
    dialogueInit(now);
    dialoguePhases(now);
    dialoguePhasesBack(now);
    expect(dialogueFree()).toBeTruthy();
  });
});
