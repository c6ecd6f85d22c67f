/** The functions of Modbus, each exception and their order, broadcasts, counters, and what is carried
 *  to the meter. The suite plays the meter by answering the line's question. */

import { fillBytes, loadLe32, storeLe32 } from "../../src/common/bytes";
import { E_METER, E_NUMBER_OLD } from "../../src/common/errors";
import * as link from "../../src/link/frame";
import {
  ASKER_LINE,
  questionFail,
  questionReply,
  questionTake,
  questionWaiting,
} from "../../src/link/question";
import { snapshotInit, snapshotLost } from "../../src/link/snapshot";
import { contextTime, takeClockWish, takeGrantWish } from "../../src/rs485/context";
import { carryStep } from "../../src/rs485/modbus/carry";
import { countLost, countWrong } from "../../src/rs485/modbus/counters";
import {
  ADDRESS,
  NOON_S,
  ask,
  byteOf,
  exceptionOf,
  know,
  longAt,
  registerOf,
  valueAt,
} from "./modbus";

const payload: usize = memory.data(128);

function write(first: i32, values: i32[]): i32[] {
  const bytes: i32[] = [
    ADDRESS,
    0x10,
    first >> 8,
    first & 255,
    0,
    values.length,
    2 * values.length,
  ];
  for (let i = 0; i < values.length; i++) {
    bytes.push(values[i] >> 8);
    bytes.push(values[i] & 255);
  }
  return bytes;
}

/** A message whose bytes count up. */
function message(lead: i32): i32[] {
  const values: i32[] = [];
  for (let i = 0; i < 12; i++) values.push(((lead + 2 * i) << 8) | (lead + 2 * i + 1));
  return values;
}

function to(slave: i32, bytes: i32[]): i32[] {
  bytes[0] = slave;
  return bytes;
}

/** The meter answers the line's question; returns the question's kind. */
function answer(result: i32): i32 {
  const kind = questionTake(ASKER_LINE, payload);
  fillBytes(payload + 64, 0, 20);
  store<i8>(payload + 64, <i8>result);
  store<u8>(payload + 64 + link.MESSAGE_REPLY_HOUSEHOLD, 5);
  store<u8>(payload + 64 + link.MESSAGE_REPLY_STATE, 1);
  store<u8>(payload + 64 + link.MESSAGE_REPLY_FLAGS, 1);
  storeLe32(payload + 64 + link.MESSAGE_REPLY_AMOUNT, 0x11223344);
  storeLe32(payload + 64 + link.MESSAGE_REPLY_REMAINING, 0xfffffffe);
  storeLe32(payload + 64 + link.MESSAGE_REPLY_NUMBER, 0x01020304);
  store<u8>(payload + 64 + link.MESSAGE_REPLY_KIND, 1);
  questionReply(ASKER_LINE, payload + 64, kind == link.KIND_MESSAGE ? 20 : 4);
  carryStep();
  return kind;
}

describe("exceptions", () => {
  beforeEach(know);

  it("name a function that is not served, whatever follows", () => {
    const served: i32[] = [3, 4, 6, 8, 0x10, 0x17, 0x2b];
    for (let called = 0; called < 128; called++) {
      if (served.includes(called)) continue;
      expect(exceptionOf([ADDRESS, called, 0, 0, 0, 1])).toBe(1, `${called}`);
      expect(exceptionOf([ADDRESS, called])).toBe(1);
    }
    for (let called = 128; called < 256; called++) {
      expect(exceptionOf([ADDRESS, called, 2])).toBe(-1, "an exception is not asked for");
    }
  });

  it("name the quantity before the address", () => {
    const quantities: i32[] = [0, 126, 256, 0xffff];
    for (let i = 0; i < quantities.length; i++) {
      const high = quantities[i] >> 8;
      const low = quantities[i] & 255;
      for (let called = 3; called <= 4; called++) {
        expect(exceptionOf([ADDRESS, called, 0x50, 0, high, low])).toBe(3);
      }
      expect(exceptionOf([ADDRESS, 0x10, 0x50, 0, high, low, 2, 0, 0])).toBe(3);
      expect(exceptionOf([ADDRESS, 0x17, 0x50, 0, high, low, 0x50, 0, 0, 1, 2, 0, 0])).toBe(3);
      expect(exceptionOf([ADDRESS, 0x17, 0x50, 0, 0, 1, 0x50, 0, high, low, 2, 0, 0])).toBe(3);
    }
    expect(exceptionOf([ADDRESS, 3, 0x50, 0, 0, 1])).toBe(2);
    expect(exceptionOf([ADDRESS, 4, 0, 0x3f, 0, 2])).toBe(2);
    expect(exceptionOf([ADDRESS, 0x17, 0x50, 0, 0, 1, 3, 0x28, 0, 1, 2, 0, 1])).toBe(2);
    expect(exceptionOf([ADDRESS, 0x17, 0, 0, 0, 1, 0x50, 0, 0, 1, 2, 0, 0])).toBe(2);
    expect(questionWaiting(ASKER_LINE)).toBeFalsy();
  });

  it("refuse every wrong length", () => {
    const requests: i32[][] = [
      [ADDRESS, 3, 0, 0, 0, 1],
      [ADDRESS, 4, 0, 0, 0, 1],
      [ADDRESS, 6, 3, 0x28, 0, 1],
      [ADDRESS, 0x10, 3, 0x28, 0, 1, 2, 0, 1],
      [ADDRESS, 0x17, 0, 0, 0, 1, 3, 0x28, 0, 1, 2, 0, 1],
      [ADDRESS, 0x2b, 0x0e, 1, 0],
    ];
    for (let i = 0; i < requests.length; i++) {
      for (let size = 3; size < requests[i].length; size++) {
        expect(exceptionOf(requests[i].slice(0, size))).toBe(3, `${requests[i][1]}: ${size}`);
      }
      expect(exceptionOf(requests[i].concat([0]))).toBe(3);
    }
    expect(exceptionOf([ADDRESS, 0x10, 3, 0x28, 0, 1, 3, 0, 1, 0])).toBe(3); // bytes and quantity
    expect(questionWaiting(ASKER_LINE)).toBeFalsy();
  });

  it("refuse to write what cannot be written, or not whole", () => {
    for (let address = 0; address < 0x1a00; address++) {
      if (address == 0x328 || address == 0x329) continue;
      expect(exceptionOf([ADDRESS, 6, address >> 8, address & 255, 0, 1])).toBe(2, `${address}`);
    }
    for (let quantity = 1; quantity < 12; quantity++) {
      expect(exceptionOf(write(0x300, message(0).slice(0, quantity)))).toBe(2);
    }
    expect(exceptionOf(write(0x301, message(0)))).toBe(2);
    expect(exceptionOf(write(0x328, [1, 100]))).toBe(2);
    expect(exceptionOf(write(0x320, [1]))).toBe(2);
    expect(questionWaiting(ASKER_LINE)).toBeFalsy();
    expect(takeGrantWish()).toBe(0);
  });

  it("refuse values outside their range", () => {
    expect(exceptionOf([ADDRESS, 6, 3, 0x28, 0, 0])).toBe(3);
    expect(exceptionOf([ADDRESS, 6, 3, 0x28, 0, 2])).toBe(3);
    expect(exceptionOf([ADDRESS, 6, 3, 0x29, 0, 0])).toBe(3);
    expect(exceptionOf([ADDRESS, 6, 3, 0x29, 3, 0xe9])).toBe(3);
    expect(exceptionOf(write(0x320, [0, 0]))).toBe(3);
    expect(takeGrantWish() + <i32>takeClockWish()).toBe(0);
  });

  it("say that one message at a time is carried", () => {
    expect(exceptionOf(write(0x300, message(1)))).toBe(0);
    expect(exceptionOf(write(0x300, message(2)))).toBe(6);
    expect(exceptionOf([ADDRESS, 6, 3, 0x28, 0, 1])).toBe(6);
    expect(exceptionOf([ADDRESS, 6, 3, 0x28, 0, 2])).toBe(3, "the value comes first");
    expect(answer(0)).toBe(link.KIND_MESSAGE);
    expect(load<u8>(payload + link.MESSAGE_SIGNED)).toBe(1);
    expect(exceptionOf(write(0x300, message(2)))).toBe(0);
  });

  it("refuse while the meter is silent", () => {
    snapshotLost(true);
    expect(exceptionOf(write(0x300, message(1)))).toBe(4);
    expect(exceptionOf([ADDRESS, 6, 3, 0x28, 0, 1])).toBe(4);
    expect(exceptionOf([ADDRESS, 3, 0, 0, 0, 1])).toBe(4);
  });
});

describe("writing", () => {
  beforeEach(know);

  it("echoes a message at once, then tells its way and its result", () => {
    expect(valueAt(0x310)).toBe(0);
    expect(ask(write(0x300, message(0x40)))).toBe(6);
    expect(byteOf(0) * 256 + byteOf(1)).toBe(ADDRESS * 256 + 0x10);
    expect(byteOf(5)).toBe(12);
    expect(valueAt(0x310)).toBe(1);
    expect(longAt(0x31c)).toBe(0x4748494a);
    expect(answer(0)).toBe(link.KIND_MESSAGE);
    expect(load<u8>(payload + link.MESSAGE_SOURCE)).toBe(<u8>link.SOURCE_LINE);
    for (let i = 0; i < 24; i++) expect(load<u8>(payload + 1 + i)).toBe(<u8>(0x40 + i));
    const expected: i32[] = [2, 0, 5, 1, 0x1122, 0x3344, 0xffff, 0xfffe, 0x102, 0x304, 1, 1];
    for (let i = 0; i < expected.length; i++) expect(valueAt(0x310 + i)).toBe(expected[i], `${i}`);
    for (let address = 0x300; address < 0x30c; address++) expect(valueAt(address)).toBe(0);
  });

  it("tells a refusal, and a meter that did not answer", () => {
    ask(write(0x300, message(1)));
    answer(E_NUMBER_OLD);
    expect(valueAt(0x311)).toBe(0xffff & E_NUMBER_OLD);
    ask(write(0x300, message(1)));
    expect(valueAt(0x311)).toBe(0, "the result before is gone");
    questionFail(ASKER_LINE);
    carryStep();
    expect(valueAt(0x310)).toBe(2);
    expect(valueAt(0x311)).toBe(0xffff & E_METER);
    expect(valueAt(0x312)).toBe(0);
  });

  it("does the write of function 17 first", () => {
    const bytes = write(0x300, message(1));
    const both: i32[] = [ADDRESS, 0x17, 3, 0x10, 0, 1].concat(bytes.slice(2));
    expect(ask(both)).toBe(5);
    expect(byteOf(1)).toBe(0x17);
    expect(byteOf(2)).toBe(2);
    expect(registerOf(0)).toBe(1);
  });

  it("has the meter freeze", () => {
    expect(ask([ADDRESS, 6, 3, 0x28, 0, 1])).toBe(6);
    expect(answer(0)).toBe(link.KIND_COMMAND);
    expect(load<u8>(payload + link.COMMAND_ACTION)).toBe(<u8>link.ACTION_FREEZE);
    expect(load<u8>(payload + link.COMMAND_ID)).toBe(<u8>link.RING_INSTANT);
    expect(loadLe32(payload)).toBe(0);
    expect(valueAt(0x310)).toBe(0, "a freeze is no message");
  });

  it("corrects the clock by the rules of the broadcast", () => {
    const later = NOON_S + 299;
    expect(exceptionOf(write(0x320, [(NOON_S + 301) >> 16, (NOON_S + 301) & 0xffff]))).toBe(4);
    expect(exceptionOf(write(0x320, [later >> 16, later & 0xffff]))).toBe(0);
    expect(takeClockWish()).toBe(later);
    expect(exceptionOf(write(0x320, [NOON_S >> 16, NOON_S & 0xffff]))).toBe(4, "once a day");
    contextTime(NOON_S + 86400);
    expect(exceptionOf(write(0x320, [later >> 16, later & 0xffff]))).toBe(4, "another day");
    contextTime(0);
    expect(exceptionOf(write(0x320, [NOON_S >> 16, NOON_S & 0xffff]))).toBe(
      4,
      "no time to correct",
    );
    expect(takeClockWish()).toBe(0);
  });

  it("grants", () => {
    expect(ask([ADDRESS, 6, 3, 0x29, 3, 0xe8])).toBe(6);
    expect(takeGrantWish()).toBe(1000);
    expect(takeGrantWish()).toBe(0);
  });
});

describe("a broadcast", () => {
  beforeEach(know);

  it("is never answered and writes nothing but time, freeze and grant", () => {
    expect(ask(to(0, write(0x300, message(1))))).toBe(0);
    expect(ask([0, 3, 0, 0, 0, 1])).toBe(0);
    expect(ask([0, 0x17, 0, 0, 0, 1, 3, 0x28, 0, 1, 2, 0, 1])).toBe(0);
    expect(ask([0, 8, 0, 0x0a, 0, 0])).toBe(0);
    expect(questionWaiting(ASKER_LINE)).toBeFalsy();
    expect(ask(to(0, write(0x328, [1])))).toBe(0);
    expect(questionWaiting(ASKER_LINE)).toBeTruthy();
    expect(ask([0, 6, 3, 0x29, 0, 100])).toBe(0);
    expect(takeGrantWish()).toBe(100);
    expect(ask(to(0, write(0x320, [(NOON_S + 9) >> 16, (NOON_S + 9) & 0xffff])))).toBe(0);
    expect(takeClockWish()).toBe(NOON_S + 9);
  });
});

describe("other boxes", () => {
  it("are left alone", () => {
    know();
    for (let slave = 1; slave < 256; slave++) {
      if (slave == ADDRESS) continue;
      expect(exceptionOf([slave, 6, 3, 0x28, 0, 1])).toBe(-1);
    }
    expect(questionWaiting(ASKER_LINE)).toBeFalsy();
  });

  it("are all, while the own address is not known", () => {
    know();
    snapshotInit();
    for (let slave = 0; slave < 256; slave++) {
      expect(exceptionOf([slave, 3, 0, 0, 0, 1])).toBe(-1);
    }
  });
});

describe("diagnostics", () => {
  beforeEach(know);

  it("echo", () => {
    expect(ask([ADDRESS, 8, 0, 0, 0x12, 0x34])).toBe(6);
    expect(byteOf(4) * 256 + byteOf(5)).toBe(0x1234);
    expect(ask([ADDRESS, 8, 0, 0, 1, 2, 3, 4, 5, 6])).toBe(10);
    expect(byteOf(9)).toBe(6);
  });

  it("count, and clear", () => {
    ask([ADDRESS, 3, 0, 0, 0, 1]);
    ask([ADDRESS, 3, 0x50, 0, 0, 1]);
    ask([9, 3, 0, 0, 0, 1]);
    ask([0, 3, 0, 0, 0, 1]);
    countWrong(2);
    countLost();
    const expected: i32[] = [7, 2, 1, 7, 1, 0, 0, 1]; // the questions count too
    for (let i = 0; i < expected.length; i++) {
      expect(ask([ADDRESS, 8, 0, 0x0b + i, 0, 0])).toBe(6);
      expect(byteOf(4) * 256 + byteOf(5)).toBe(expected[i], `${i}`);
    }
    expect(ask([ADDRESS, 8, 0, 0x0a, 0, 0])).toBe(6);
    for (let i = 1; i < 8; i++) {
      if (i == 3) continue;
      ask([ADDRESS, 8, 0, 0x0b + i, 0, 0]);
      expect(byteOf(4) * 256 + byteOf(5)).toBe(0, `${i}`);
    }
  });

  it("refuse other subfunctions, data and sizes", () => {
    for (let sub = 1; sub < 256; sub++) {
      if (sub >= 0x0a && sub <= 0x12) continue;
      expect(exceptionOf([ADDRESS, 8, 0, sub, 0, 0])).toBe(1);
    }
    expect(exceptionOf([ADDRESS, 8, 0, 0x0b, 0, 1])).toBe(3);
    expect(exceptionOf([ADDRESS, 8, 0, 0x0b])).toBe(3);
    expect(exceptionOf([ADDRESS, 8, 0, 0x0b, 0])).toBe(3);
    expect(exceptionOf([ADDRESS, 8, 0, 0x0b, 0, 0, 0, 0])).toBe(3);
  });
});

describe("identification", () => {
  beforeEach(know);

  it("streams basic and regular objects", () => {
    expect(ask([ADDRESS, 0x2b, 0x0e, 1, 0])).toBe(8 + 9 + 5 + 3);
    expect(byteOf(2) * 256 + byteOf(3)).toBe(0x0e01);
    expect(byteOf(7)).toBe(3);
    expect(byteOf(8) * 256 + byteOf(9)).toBe(7);
    expect(byteOf(10)).toBe(0x6d);
    for (let code = 2; code <= 3; code++) {
      ask([ADDRESS, 0x2b, 0x0e, code, 0]);
      expect(byteOf(7)).toBe(4);
    }
    ask([ADDRESS, 0x2b, 0x0e, 2, 2]);
    expect(byteOf(7)).toBe(2);
    ask([ADDRESS, 0x2b, 0x0e, 2, 0x80]); // unknown: from the first
    expect(byteOf(7)).toBe(4);
  });

  it("gives one object, and refuses what is none", () => {
    ask([ADDRESS, 0x2b, 0x0e, 4, 5]);
    expect(byteOf(7)).toBe(1);
    expect(byteOf(8) * 256 + byteOf(9)).toBe(0x51c);
    expect(exceptionOf([ADDRESS, 0x2b, 0x0e, 4, 3])).toBe(2);
    expect(exceptionOf([ADDRESS, 0x2b, 0x0e, 0, 0])).toBe(3);
    expect(exceptionOf([ADDRESS, 0x2b, 0x0e, 5, 0])).toBe(3);
    expect(exceptionOf([ADDRESS, 0x2b, 0x0d, 1, 0])).toBe(1);
  });
});
