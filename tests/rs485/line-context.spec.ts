/** What the handlers of RS485 know and wish, and the judge of the port's moves. */

import {
  NO_RATE,
  contextInit,
  contextTime,
  hostHeard,
  hostSilentMs,
  presentTime,
  takeClockWish,
  takeGrantWish,
  takeRateWish,
  wishClock,
  wishCorrection,
  wishGrant,
  wishRate,
} from "../../src/rs485/context";
import { LINE_STATE_COUNT, Line, lineMayMove } from "../../src/rs485/line";
import { Found, receiverConfigure } from "../../src/rs485/receiver";
import { answerAfterUs, baudOf, characterUs } from "../../src/rs485/transmit";

const DAY_S: u32 = 86400;
const NOON_S: u32 = 9259 * DAY_S + DAY_S / 2;

describe("wishes", () => {
  beforeEach(() => {
    contextInit(0);
  });

  it("are taken once", () => {
    expect(takeRateWish()).toBe(NO_RATE);
    for (let code = 0; code < 5; code++) {
      wishRate(code);
      expect(takeRateWish()).toBe(code);
      expect(takeRateWish()).toBe(NO_RATE);
    }
    wishGrant(1000);
    expect(takeGrantWish()).toBe(1000);
    expect(takeGrantWish()).toBe(0);
    wishClock(77);
    expect(takeClockWish()).toBe(77);
    expect(takeClockWish()).toBe(0);
  });

  it("outside their range trap", () => {
    expect(() => {
      wishRate(5);
    }).toThrow();
    expect(() => {
      wishGrant(1001);
    }).toThrow();
  });
});

describe("a correction", () => {
  beforeEach(() => {
    contextInit(0);
    contextTime(NOON_S);
  });

  it("needs a known time, and is at most five minutes", () => {
    expect(wishCorrection(NOON_S + 301)).toBeFalsy();
    expect(wishCorrection(NOON_S - 301)).toBeFalsy();
    expect(wishCorrection(0)).toBeFalsy();
    expect(takeClockWish()).toBe(0);
    expect(wishCorrection(NOON_S - 300)).toBeTruthy();
    expect(takeClockWish()).toBe(NOON_S - 300);
    contextTime(0);
    expect(wishCorrection(NOON_S)).toBeFalsy();
  });

  it("is made once a day", () => {
    expect(wishCorrection(NOON_S + 10)).toBeTruthy();
    expect(wishCorrection(NOON_S + 20)).toBeFalsy();
    contextTime(NOON_S + DAY_S);
    expect(wishCorrection(NOON_S + DAY_S + 10)).toBeTruthy();
  });

  it("neither begins nor ends within five minutes of midnight", () => {
    const midnight_s = 9260 * DAY_S;
    contextTime(midnight_s - 301);
    expect(wishCorrection(midnight_s - 300)).toBeFalsy();
    expect(wishCorrection(midnight_s - 302)).toBeTruthy();
    contextInit(0);
    contextTime(midnight_s + 299);
    expect(wishCorrection(midnight_s + 301)).toBeFalsy();
    contextTime(midnight_s + 300);
    expect(wishCorrection(midnight_s + 299)).toBeFalsy();
    expect(wishCorrection(midnight_s + 301)).toBeTruthy();
    expect(presentTime()).toBe(midnight_s + 300);
  });
});

describe("the host", () => {
  it("counts as heard at the start, and as silent however long it is", () => {
    contextInit(1000);
    expect(hostSilentMs(1000)).toBe(0);
    expect(hostSilentMs(6000)).toBe(5000);
    hostHeard(7000);
    expect(hostSilentMs(7010)).toBe(10);
    let now_ms: u32 = 7000;
    for (let day = 0; day < 200; day++) {
      now_ms += 86400000;
      expect(hostSilentMs(now_ms)).toBeGreaterThan(86399999);
    }
  });
});

describe("the port", () => {
  it("moves from listening over serving and sending back to listening", () => {
    let allowed = 0;
    for (let from: i32 = 0; from < LINE_STATE_COUNT; from++) {
      for (let to: i32 = 0; to < LINE_STATE_COUNT; to++) {
        let expected = to == Line.Listening && from != Line.Listening;
        expected = expected || (from == Line.Listening && to == Line.Held);
        expected = expected || (from <= Line.Held && to == Line.Serving);
        expected = expected || (from == Line.Serving && to == Line.Answering);
        expected = expected || (from == Line.Answering && to == Line.Sending);
        expected = expected || (from == Line.Listening && to == Line.Sending);
        expect(lineMayMove(from, to)).toBe(expected, `${from} to ${to}`);
        if (expected) allowed++;
      }
    }
    expect(allowed).toBe(10);
  });

  it("knows its times", () => {
    expect(baudOf(0)).toBe(1200);
    expect(baudOf(4)).toBe(19200);
    expect(characterUs(3, 1)).toBe(1146);
    expect(characterUs(3, 0)).toBe(1042);
    expect(characterUs(3, 2)).toBe(1146);
    receiverConfigure(0, characterUs(3, 1));
    expect(answerAfterUs(Found.Native)).toBe(0);
    expect(answerAfterUs(Found.Modbus)).toBe(4211);
    expect(answerAfterUs(Found.Dlt)).toBe(20200);
  });
});
