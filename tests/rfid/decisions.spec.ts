/** What the card reader decides, without a reader: the judges of its state machines for every pair of
 *  states, frames against the standard's own examples, answers, outcomes, presence, and what stands
 *  on a card. */

import { E_FOREIGN, E_HOUSEHOLD, E_KIND, OK } from "../../src/common/errors";
import * as contents from "../../src/rfid/contents";
import { crcA, crcAppend, crcRight } from "../../src/rfid/crc_a";
import { KEEP_STATE_COUNT, Keep, keepMayMove } from "../../src/rfid/keep";
import * as mifare from "../../src/rfid/mifare";
import { Outcome, judgeAuthent, judgeTransceive } from "../../src/rfid/outcome";
import { Presence, presenceDoubtful, presenceInit, presenceJudge } from "../../src/rfid/presence";
import {
  CARD_STATE_COUNT,
  Card,
  SEARCH_STATE_COUNT,
  Search,
  cardMayMove,
  searchMayMove,
} from "../../src/rfid/presentation";
import { READER_STATE_COUNT, Reader, readerMayMove } from "../../src/rfid/reader";
import { SESSION_STATE_COUNT, Session, Talk, sessionMayMove } from "../../src/rfid/session";

const bytes: usize = memory.data(64);
const other: usize = memory.data(64);
const directory: usize = memory.data(16);

/** The 32 bits of `value`, high byte first, at `offset`. */
function put(offset: i32, value: u32): void {
  store<u32>(bytes + offset, bswap<u32>(value));
}

function clear(): void {
  memory.fill(bytes, 0, 64);
  memory.fill(other, 0, 64);
}

let state_count: i32 = 0;
let judge: (from: i32, to: i32) => bool = (from: i32, to: i32): bool => from == to;

/** States that may follow `from`, one bit each. */
function after(from: i32): u32 {
  let result: u32 = 0;
  for (let to = 0; to < state_count; to++) if (judge(from, to)) result |= 1 << to;
  return result;
}

function bits(list: i32[]): u32 {
  let result: u32 = 0;
  for (let i = 0; i < list.length; i++) result |= 1 << list[i];
  return result;
}

describe("the judges", () => {
  it("of the reader", () => {
    judge = (from: i32, to: i32): bool => readerMayMove(from, to);
    state_count = READER_STATE_COUNT;
    expect(after(Reader.Held)).toBe(bits([Reader.Starting]));
    expect(after(Reader.Starting)).toBe(bits([Reader.SettingUp, Reader.Missing]));
    expect(after(Reader.SettingUp)).toBe(bits([Reader.Ready]));
    expect(after(Reader.Ready)).toBe(bits([Reader.Held]));
    expect(after(Reader.Missing)).toBe(bits([Reader.Held]));
  });

  it("of the search", () => {
    judge = (from: i32, to: i32): bool => searchMayMove(from, to);
    state_count = SEARCH_STATE_COUNT;
    expect(after(Search.Resting)).toBe(bits([Search.Settling]));
    expect(after(Search.Settling)).toBe(bits([Search.Resting, Search.Looking]));
    expect(after(Search.Looking)).toBe(bits([Search.Resting, Search.Dealing]));
    expect(after(Search.Dealing)).toBe(bits([Search.Resting]));
  });

  it("of the session", () => {
    judge = (from: i32, to: i32): bool => sessionMayMove(from, to);
    state_count = SESSION_STATE_COUNT;
    const closed = Session.Closed;
    expect(after(closed)).toBe(bits([Session.Waking, Session.FieldOff]));
    expect(after(Session.Waking)).toBe(bits([closed, Session.Anticollision]));
    expect(after(Session.Anticollision)).toBe(bits([closed, Session.Selecting]));
    const selected: i32[] = [closed, Session.Anticollision, Session.Active];
    expect(after(Session.Selecting)).toBe(bits(selected));
    expect(after(Session.Active)).toBe(bits([closed, Session.Authenticating, Session.Halting]));
    expect(after(Session.Authenticating)).toBe(bits([closed, Session.Open]));
    const opened: i32[] = [closed, Session.Authenticating, Session.Halting, Session.Reading];
    expect(after(Session.Open)).toBe(bits(opened) | (1 << Session.WriteAsking));
    expect(after(Session.Reading)).toBe(bits([closed, Session.Open]));
    expect(after(Session.WriteAsking)).toBe(bits([closed, Session.Writing]));
    expect(after(Session.Writing)).toBe(bits([closed, Session.Open]));
    expect(after(Session.Halting)).toBe(bits([closed]));
    expect(after(Session.FieldOff)).toBe(bits([Session.FieldOn]));
    expect(after(Session.FieldOn)).toBe(bits([closed]));
  });

  it("of the presentation", () => {
    judge = (from: i32, to: i32): bool => cardMayMove(from, to);
    state_count = CARD_STATE_COUNT;
    const ends: u32 = bits([Card.Over, Card.Halting]);
    expect(after(Card.Over)).toBe(bits([Card.Directory, Card.Halting]));
    expect(after(Card.Directory)).toBe(ends | bits([Card.Keys]));
    expect(after(Card.Keys)).toBe(ends | bits([Card.Reading, Card.Record]));
    expect(after(Card.Reading)).toBe(ends | bits([Card.Keys, Card.Message, Card.Return]));
    expect(after(Card.Message)).toBe(ends | bits([Card.Keys]));
    expect(after(Card.Return)).toBe(ends | bits([Card.Writing]));
    expect(after(Card.Record)).toBe(ends | bits([Card.Writing]));
    expect(after(Card.Writing)).toBe(ends | bits([Card.Keys]));
    expect(after(Card.Halting)).toBe(bits([Card.Over]));
  });

  it("of the writing of a sector", () => {
    judge = (from: i32, to: i32): bool => keepMayMove(from, to);
    state_count = KEEP_STATE_COUNT;
    expect(after(Keep.Emptying)).toBe(bits([Keep.Writing]));
    expect(after(Keep.Writing)).toBe(bits([Keep.Checking]));
    expect(after(Keep.Checking)).toBe(bits([Keep.Writing, Keep.Kept, Keep.Failed]));
    expect(after(Keep.Kept)).toBe(0);
    expect(after(Keep.Failed)).toBe(0);
  });
});

describe("frames", () => {
  beforeEach(clear);

  it("have the CRC_A of the standard's examples", () => {
    expect(crcA(bytes, 2)).toBe(0x1ea0);
    put(0, 0x12340000);
    expect(crcA(bytes, 2)).toBe(0xcf26);
    put(0, 0x30040000);
    expect(crcAppend(bytes, 2)).toBe(4);
    expect(bswap<u32>(load<u32>(bytes))).toBe(0x300426ee);
    expect(crcRight(bytes, 4)).toBe(true);
    store<u8>(bytes, 0x31);
    expect(crcRight(bytes, 4)).toBe(false);
    expect(crcRight(bytes, 2)).toBe(false);
    memory.fill(bytes, 0, 16);
    expect(crcA(bytes, 16)).toBe(0x4937);
  });

  it("wake, select and halt as the standard has it", () => {
    expect(mifare.putWake(bytes)).toBe(1);
    expect(load<u8>(bytes)).toBe(0x52);
    expect(mifare.putHalt(bytes)).toBe(4);
    expect(bswap<u32>(load<u32>(bytes))).toBe(0x500057cd);
    put(0, 0xdeadbeef);
    store<u8>(bytes + 4, 0x22);
    expect(mifare.isUid(bytes, 5, 0)).toBe(true);
    expect(mifare.isUid(bytes, 4, 0)).toBe(false);
    expect(mifare.isUid(bytes, 5, 1)).toBe(false);
    expect(mifare.putSelect(bytes, 0, bytes)).toBe(9);
    expect(bswap<u32>(load<u32>(bytes))).toBe(0x9370dead);
    expect(bswap<u32>(load<u32>(bytes + 4))).toBe(0xbeef22b9);
    expect(load<u8>(bytes + 8)).toBe(0x9c);
    expect(mifare.isUid(bytes + 2, 5, 0)).toBe(true);
    store<u8>(bytes + 6, 0x23);
    expect(mifare.isUid(bytes + 2, 5, 0)).toBe(false);
    mifare.putAnticollision(bytes, 1);
    expect(load<u8>(bytes)).toBe(0x95);
  });

  it("judge what was selected", () => {
    expect(mifare.isClassic(0x08)).toBe(true);
    expect(mifare.isClassic(0x88)).toBe(true);
    const foreign: i32[] = [0x00, 0x04, 0x09, 0x18, 0x20, 0x28];
    for (let i = 0; i < foreign.length; i++) expect(mifare.isClassic(foreign[i])).toBe(false);
    expect(mifare.isPartOfUid(0x04, 0x88)).toBe(true);
    expect(mifare.isPartOfUid(0x04, 0x04)).toBe(false);
    expect(mifare.isPartOfUid(0x08, 0x88)).toBe(false);
  });

  it("never name block 0 or a trailer to be written", () => {
    for (let block = -4; block < 260; block++) {
      const data = block > 0 && block < 64 && (block & 3) != 3;
      expect(mifare.isWritable(block)).toBe(data);
    }
  });

  it("take an A in four bits for an acknowledge and nothing else", () => {
    for (let answer = 0; answer < 16; answer++) {
      store<u8>(bytes, <u8>answer);
      expect(mifare.isAcknowledge(bytes, 1, 4)).toBe(answer == 10);
      expect(mifare.isAcknowledge(bytes, 1, 0)).toBe(false);
      expect(mifare.isAcknowledge(bytes, 2, 4)).toBe(false);
    }
  });
});

describe("outcomes", () => {
  it("of an exchange", () => {
    expect(judgeTransceive(0x14, 0, 0)).toBe(Outcome.Pending); // idle and low level tell nothing
    expect(judgeTransceive(0x64, 0, 5)).toBe(Outcome.Answer);
    expect(judgeTransceive(0x65, 0, 5)).toBe(Outcome.Answer); // the timer ran on
    expect(judgeTransceive(0x45, 0, 0)).toBe(Outcome.Silence);
    expect(judgeTransceive(0x64, 0x08, 0)).toBe(Outcome.Silence);
    expect(judgeTransceive(0x66, 0x08, 5)).toBe(Outcome.Collision);
    for (let bit = 0; bit < 8; bit++) {
      const expected =
        bit == 3 ? Outcome.Collision : bit == 5 || bit == 6 ? Outcome.Answer : Outcome.Garbled;
      expect(judgeTransceive(0x66, 1 << bit, 5)).toBe(expected, `${bit}`);
    }
    expect(judgeTransceive(0x02, 0x10, 0)).toBe(Outcome.Garbled);
    expect(judgeTransceive(0xff, 0, 0xff)).toBe(Outcome.Garbled);
  });

  it("of an authentication: idle alone is not success", () => {
    expect(judgeAuthent(0x04, 0, 0x08)).toBe(Outcome.Pending);
    expect(judgeAuthent(0x14, 0, 0x08)).toBe(Outcome.Answer);
    expect(judgeAuthent(0x14, 0, 0x00)).toBe(Outcome.Garbled);
    expect(judgeAuthent(0x16, 0x01, 0x08)).toBe(Outcome.Garbled);
    expect(judgeAuthent(0x05, 0, 0)).toBe(Outcome.Silence);
    expect(judgeAuthent(0x02, 0x01, 0)).toBe(Outcome.Garbled);
  });
});

function hear(how: Talk): Presence {
  return presenceJudge(how, bytes);
}

describe("presence", () => {
  beforeEach(() => {
    clear();
    put(0, 0x11223344);
    store<u32>(other, 0x55667788);
    presenceInit();
  });

  it("deals with a card once, until three looks in a row were silent", () => {
    expect(hear(Talk.Nobody)).toBe(Presence.Nothing);
    expect(hear(Talk.Done)).toBe(Presence.Fresh);
    for (let i = 0; i < 100; i++) {
      expect(hear(Talk.Nobody)).toBe(Presence.Nothing);
      expect(presenceDoubtful()).toBe(true);
      expect(hear(Talk.Nobody)).toBe(Presence.Nothing);
      expect(hear(i % 3 == 0 ? Talk.Unreadable : Talk.Done)).toBe(Presence.Nothing);
      expect(presenceDoubtful()).toBe(false);
    }
    for (let i = 0; i < 3; i++) hear(Talk.Nobody);
    expect(presenceDoubtful()).toBe(false);
    expect(hear(Talk.Done)).toBe(Presence.Fresh);
  });

  it("deals with another card at once", () => {
    hear(Talk.Done);
    expect(presenceJudge(Talk.Done, other)).toBe(Presence.Fresh);
    expect(presenceJudge(Talk.Done, other)).toBe(Presence.Nothing);
  });

  it("tells of several cards once, and a card that was there before is not new", () => {
    expect(hear(Talk.Several)).toBe(Presence.Several);
    expect(hear(Talk.Several)).toBe(Presence.Nothing);
    expect(hear(Talk.Done)).toBe(Presence.Fresh);
    expect(hear(Talk.Several)).toBe(Presence.Several);
    expect(hear(Talk.Done)).toBe(Presence.Nothing);
  });

  it("tells of what cannot be read after three looks, once", () => {
    expect(hear(Talk.Unreadable)).toBe(Presence.Nothing);
    expect(hear(Talk.Unreadable)).toBe(Presence.Nothing);
    expect(hear(Talk.Unreadable)).toBe(Presence.Blurred);
    for (let i = 0; i < 9; i++) expect(hear(Talk.Unreadable)).toBe(Presence.Nothing);
    expect(hear(Talk.Done)).toBe(Presence.Fresh);
  });
});

function setDirectory(kind: u8, household: u8): void {
  put(0, 0x4d333901);
  store<u8>(bytes + 4, kind);
  store<u8>(bytes + 5, 0x20);
  store<u8>(bytes + 9, 0x01);
  store<u8>(bytes + 10, household);
  store<u8>(bytes + 15, 0);
  let check: u8 = 0;
  for (let i = 0; i < 15; i++) check ^= load<u8>(bytes + i);
  store<u8>(bytes + 15, check);
}

function setReturn(slot: usize, sequence: u32, household: u8): void {
  memory.fill(slot, 0, 48);
  store<u32>(slot, sequence);
  memory.copy(slot + contents.RETURN_BOX, directory + contents.DIRECTORY_BOX, 5);
  store<u8>(slot + contents.RETURN_HOUSEHOLD, household);
}

describe("contents", () => {
  beforeEach(clear);

  it("of a directory", () => {
    const kinds: i32[] = [1, 4, 5, 6, 7];
    for (let kind: u8 = 0; kind < 255; kind++) {
      setDirectory(kind, 0x12);
      const known = kinds.includes(kind);
      expect(contents.directoryJudge(bytes)).toBe(known ? OK : E_KIND);
    }
    for (let household: i32 = 0; household < 256; household++) {
      setDirectory(1, <u8>household);
      const tens = household >> 4;
      const ones = household & 15;
      const right = tens < 4 && ones < 10 && household > 0;
      expect(contents.directoryJudge(bytes)).toBe(right ? OK : E_HOUSEHOLD);
    }
    setDirectory(1, 1);
    for (let i = 0; i < 16; i++) {
      store<u8>(bytes + i, load<u8>(bytes + i) ^ 0x10);
      expect(contents.directoryJudge(bytes)).toBe(E_FOREIGN);
      store<u8>(bytes + i, load<u8>(bytes + i) ^ 0x10);
    }
  });

  it("of purchase slots: the higher number first", () => {
    expect(contents.slotFirst(bytes, other)).toBe(-1);
    store<u8>(bytes + 6, 1);
    expect(contents.slotFirst(bytes, other)).toBe(0);
    expect(contents.slotFirst(other, bytes)).toBe(1);
    store<u8>(other + 6, 1);
    expect(contents.slotFirst(bytes, other)).toBe(0);
    store<u8>(other + 7, 0x80); // big endian and unsigned
    store<u8>(bytes + 10, 0xff);
    expect(contents.slotFirst(bytes, other)).toBe(1);
  });

  it("of return slots: the incomplete or older one is written", () => {
    setDirectory(1, 0x12);
    memory.copy(directory, bytes, 16);
    expect(contents.returnOlder(bytes, other, directory)).toBe(0);
    clear();
    expect(contents.returnNext(bytes, other, directory)).toBe(1);
    setReturn(bytes, 7, 12);
    expect(contents.returnOlder(bytes, other, directory)).toBe(1);
    expect(contents.returnNext(bytes, other, directory)).toBe(8);
    setReturn(other, 8, 12);
    expect(contents.returnOlder(bytes, other, directory)).toBe(0);
    expect(contents.returnNext(bytes, other, directory)).toBe(9);
    setReturn(bytes, 9, 13); // another household's
    expect(contents.returnOlder(bytes, other, directory)).toBe(0);
    expect(contents.returnNext(bytes, other, directory)).toBe(9);
    setReturn(bytes, 0xffffffff, 12);
    setReturn(other, 0, 12);
    expect(contents.returnOlder(bytes, other, directory)).toBe(0);
    expect(contents.returnNext(bytes, other, directory)).toBe(1);
    store<u8>(other + 47, 9); // the code is the meter's to judge
    expect(contents.returnOlder(bytes, other, directory)).toBe(0);
    store<u8>(other + contents.RETURN_RESERVED, 9);
    expect(contents.returnOlder(bytes, other, directory)).toBe(1);
  });
});
