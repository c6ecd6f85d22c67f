/** Both ends of the link on the virtual wire, the suite playing the other one: every byte of a
 *  frame dropped, doubled and corrupted, repeats, late and doubled replies, silence. */

import { E_REQUEST } from "../../src/common/errors";
import { now_ms, watchdog } from "../../src/hal";
import * as frame from "../../src/link/frame";
import {
  ASKER_PANEL,
  GAVE_UP,
  masterAsk,
  masterAsker,
  masterFree,
  masterInit,
  masterLost,
  masterPayload,
  masterProgress,
  masterReply,
  masterReplySize,
  masterTick,
} from "../../src/link/master.port";
import { ASKER_LINE } from "../../src/link/question";
import {
  slaveAnswer,
  slaveInit,
  slavePoll,
  slaveReply,
  slaveRequest,
  slaveRequestSize,
  slaveSilentMs,
} from "../../src/link/slave.port";
import {
  ABSENT,
  BLANK,
  LINK_CORRUPT,
  LINK_DROP,
  METER,
  PANEL,
  bench_link_fault,
  bench_now_ms,
  bench_open,
  bench_step,
} from "../bench";
import {
  FAULT_CORRUPT,
  FAULT_DOUBLE,
  FAULT_DROP,
  FAULT_NONE,
  outPayload,
  payloadSize,
  peerFrame,
  peerInit,
  peerSend,
} from "./peer";

const EVENT = frame.KIND_EVENT_READ;
const EVENT_SIZE = frame.EVENT_READ_REQUEST_SIZE;

let handled: i32 = 0;
let replies: i32 = 0;
let strange: i32 = 0;
let answers: bool = true;

/** The meter of these tests: answers a request with how many it has handled. */
function meterTick(): void {
  watchdog();
  const kind = slavePoll(now_ms());
  if (kind == 0) return;
  handled++;
  expect(kind).toBe(EVENT);
  expect(slaveRequestSize()).toBe(EVENT_SIZE);
  if (!answers) return;
  for (let i = 0; i < 32; i++) store<u8>(slaveReply() + i, load<u8>(slaveRequest()) + <u8>handled);
  slaveAnswer(32);
}

function meterRun(ms: i32, sequence: i32, expected: i32): void {
  for (let i = 0; i < ms; i++) {
    bench_step();
    meterTick();
    for (let got = peerFrame(); got != 0; got = peerFrame()) {
      const right =
        load<u8>(got + frame.FRAME_SEQUENCE) == <u8>sequence &&
        load<u8>(got + frame.FRAME_KIND) == <u8>(EVENT | frame.REPLY_BIT) &&
        load<u8>(got + frame.FRAME_PAYLOAD) == <u8>expected;
      if (right) replies++;
      else strange++;
    }
  }
}

function ask(value: u8, sequence: i32, fault: i32, index: i32): i32 {
  for (let i = 0; i < EVENT_SIZE; i++) store<u8>(outPayload() + i, value);
  return peerSend(sequence, EVENT, EVENT_SIZE, fault, index);
}

describe("the meter's end", () => {
  beforeEach(() => {
    bench_open(METER, ABSENT, BLANK);
    peerInit();
    slaveInit(now_ms());
    handled = 0;
    replies = 0;
    strange = 0;
    answers = true;
  });

  it("answers a request once, under its sequence", () => {
    ask(50, 9, FAULT_NONE, 0);
    meterRun(10, 9, 51);
    expect(handled).toBe(1);
    expect(replies).toBe(1);
    expect(strange).toBe(0);
  });

  it("acts once however a request's bytes are spoilt, when it is repeated", () => {
    for (let fault = FAULT_DROP; fault <= FAULT_CORRUPT; fault++) {
      for (let index = 0; index < EVENT_SIZE + frame.FRAME_OVERHEAD; index++) {
        const sequence = fault * 16 + index;
        const before = handled;
        replies = 0;
        ask(50, sequence, fault, index);
        meterRun(30, sequence, 51 + before);
        const whole = fault == FAULT_DOUBLE && index == 0;
        const last = fault == FAULT_DOUBLE && index == EVENT_SIZE + frame.FRAME_OVERHEAD - 1;
        expect(handled - before).toBe(whole || last ? 1 : 0, `fault ${fault} at ${index}`);
        ask(50, sequence, FAULT_NONE, 0);
        meterRun(10, sequence, 51 + before);
        expect(handled - before).toBe(1, `fault ${fault} at ${index}`);
        expect(replies).toBe(whole || last ? 2 : 1, `fault ${fault} at ${index}`);
        expect(strange).toBe(0);
      }
    }
  });

  it("answers a repeat with the stored reply, whatever happened to the first one", () => {
    for (let index = -1; index < 38; index++) {
      const before = handled;
      replies = 0;
      bench_link_fault(METER, index < 0 ? LINK_DROP : LINK_CORRUPT, index);
      ask(50, index + 2, FAULT_NONE, 0);
      meterRun(30, index + 2, 51 + before);
      expect(replies).toBe(0);
      ask(50, index + 2, FAULT_NONE, 0);
      meterRun(30, index + 2, 51 + before);
      expect(handled - before).toBe(1);
      expect(replies).toBe(1);
      expect(strange).toBe(0);
    }
  });

  it("does not answer a repeat before the answer is known", () => {
    answers = false;
    ask(50, 1, FAULT_NONE, 0);
    meterRun(30, 1, 51);
    ask(50, 1, FAULT_NONE, 0);
    meterRun(30, 1, 51);
    expect(handled).toBe(1);
    expect(replies).toBe(0);
  });

  it("takes the same payload under another sequence as a new request", () => {
    ask(50, 1, FAULT_NONE, 0);
    meterRun(30, 1, 51);
    ask(50, 2, FAULT_NONE, 0);
    meterRun(30, 2, 52);
    ask(50, 1, FAULT_NONE, 0); // and only the last one counts as a repeat
    meterRun(30, 1, 53);
    expect(handled).toBe(3);
    expect(replies).toBe(3);
  });

  it("refuses unknown kinds and wrong sizes, ignores replies", () => {
    const kinds: i32[] = [0, 8, 0x7f, EVENT, frame.KIND_POLL, frame.KIND_MESSAGE];
    for (let i = 0; i < kinds.length; i++) {
      peerSend(i, kinds[i], 3, FAULT_NONE, 0);
      let refused = 0;
      for (let step = 0; step < 10; step++) {
        bench_step();
        meterTick();
        const got = peerFrame();
        if (got == 0) continue;
        expect(payloadSize(got)).toBe(1);
        expect(load<i8>(got + frame.FRAME_PAYLOAD)).toBe(<i8>E_REQUEST);
        expect(load<u8>(got + frame.FRAME_KIND)).toBe(<u8>(kinds[i] | frame.REPLY_BIT));
        refused++;
      }
      expect(refused).toBe(1);
    }
    peerSend(9, EVENT | frame.REPLY_BIT, EVENT_SIZE, FAULT_NONE, 0);
    meterRun(10, 9, 0);
    expect(handled + replies + strange).toBe(0);
  });

  it("knows how long the panel has been silent", () => {
    meterRun(500, 0, 0);
    expect(slaveSilentMs(now_ms())).toBe(500);
    ask(50, 1, FAULT_CORRUPT, 2);
    meterRun(100, 0, 0);
    expect(slaveSilentMs(now_ms())).toBe(600);
    ask(50, 1, FAULT_NONE, 2);
    meterRun(1, 0, 0);
    meterRun(1, 0, 51);
    expect(slaveSilentMs(now_ms())).toBeLessThan(2);
  });
});

let outcome: i32 = 0; // what masterTick() last returned but 0
let outcomes: i32 = 0;
let heard: i32 = 0; // requests that the played meter got
let heard_sequence: i32 = 0;
let heard_ms: u32 = 0;

/** Runs the panel's end for `ms`; the suite hears its requests and answers nothing. */
function panelRun(ms: i32): void {
  for (let i = 0; i < ms; i++) {
    bench_step();
    watchdog();
    const got = masterTick(now_ms());
    if (got != 0) {
      outcome = got;
      outcomes++;
    }
    const request = peerFrame();
    if (request == 0) continue;
    heard++;
    heard_sequence = <i32>load<u8>(request + frame.FRAME_SEQUENCE);
    heard_ms = bench_now_ms();
    expect(load<u8>(request + frame.FRAME_KIND)).toBe(<u8>EVENT);
    expect(payloadSize(request)).toBe(EVENT_SIZE);
    expect(load<u8>(request + frame.FRAME_PAYLOAD)).toBe(77);
  }
}

function panelAsks(): void {
  store<u8>(masterPayload(), 77);
  masterAsk(ASKER_LINE, EVENT, now_ms());
}

function answer(sequence: i32, kind: i32, fault: i32, index: i32): void {
  for (let i = 0; i < 32; i++) store<u8>(outPayload() + i, <u8>(i + 3));
  peerSend(sequence, kind | frame.REPLY_BIT, 32, fault, index);
}

describe("the panel's end", () => {
  beforeEach(() => {
    bench_open(PANEL, ABSENT, BLANK);
    peerInit();
    masterInit(now_ms());
    outcome = 0;
    outcomes = 0;
    heard = 0;
  });

  it("asks once and takes the reply", () => {
    expect(masterFree()).toBeTruthy();
    panelAsks();
    expect(masterFree()).toBeFalsy();
    panelRun(5);
    expect(heard).toBe(1);
    answer(heard_sequence, EVENT, FAULT_NONE, 0);
    panelRun(5);
    expect(outcomes).toBe(1);
    expect(outcome).toBe(EVENT);
    expect(masterAsker()).toBe(ASKER_LINE);
    expect(masterReplySize()).toBe(32);
    expect(load<u8>(masterReply() + 31)).toBe(34);
    expect(masterFree()).toBeTruthy();
    panelRun(200);
    expect(heard).toBe(1);
  });

  it("repeats every 30 ms, gives up after 2 s, then probes until the meter is back", () => {
    panelAsks();
    panelRun(1000);
    expect(heard).toBe(34); // at 0, 30 .. 990
    expect(heard_sequence).toBe(1);
    expect(outcomes).toBe(0);
    panelRun(1100);
    expect(outcomes).toBe(1);
    expect(outcome).toBe(GAVE_UP);
    expect(masterLost()).toBeTruthy();
    expect(masterFree()).toBeTruthy();
    answer(1, EVENT, FAULT_NONE, 0); // too late
    panelRun(20);
    expect(outcomes).toBe(1);
    expect(masterLost()).toBeTruthy();
    panelAsks();
    expect(masterFree()).toBeFalsy();
    panelRun(5000);
    expect(outcomes).toBe(1);
    expect(bench_now_ms() - heard_ms).toBeLessThan(31);
    answer(heard_sequence, EVENT, FAULT_NONE, 0);
    panelRun(5);
    expect(outcomes).toBe(2);
    expect(masterLost()).toBeFalsy();
    expect(masterFree()).toBeTruthy();
  });

  it("takes one reply however its bytes are spoilt, by asking again", () => {
    for (let fault = FAULT_DROP; fault <= FAULT_CORRUPT; fault++) {
      for (let index = 0; index < 38; index++) {
        outcomes = 0;
        heard = 0;
        panelAsks();
        panelRun(3);
        answer(heard_sequence, EVENT, fault, index);
        panelRun(20);
        const whole = fault == FAULT_DOUBLE && (index == 0 || index == 37);
        expect(outcomes).toBe(whole ? 1 : 0, `fault ${fault} at ${index}`);
        panelRun(15);
        expect(heard).toBe(whole ? 1 : 2);
        answer(heard_sequence, EVENT, FAULT_NONE, 0);
        panelRun(20);
        expect(outcomes).toBe(1, `fault ${fault} at ${index}`);
      }
    }
  });

  it("is not moved by late, doubled or foreign replies", () => {
    panelAsks();
    panelRun(3);
    answer(heard_sequence, EVENT, FAULT_NONE, 0);
    answer(heard_sequence, EVENT, FAULT_NONE, 0);
    panelRun(20);
    expect(outcomes).toBe(1);
    panelAsks();
    panelRun(3);
    answer(heard_sequence - 1, EVENT, FAULT_NONE, 0);
    answer(heard_sequence + 1, EVENT, FAULT_NONE, 0);
    answer(heard_sequence, frame.KIND_BOOKS_READ, FAULT_NONE, 0);
    panelRun(20);
    expect(outcomes).toBe(1);
    answer(heard_sequence, EVENT, FAULT_NONE, 0);
    panelRun(20);
    expect(outcomes).toBe(2);
  });

  it("counts the sequence round", () => {
    for (let i = 1; i <= 600; i++) {
      panelAsks();
      panelRun(2);
      expect(heard_sequence).toBe(i & 0xff);
      answer(heard_sequence, EVENT, FAULT_NONE, 0);
      panelRun(5);
    }
    expect(outcomes).toBe(600);
  });

  it("tells progress once per frame", () => {
    expect(masterProgress()).toBeFalsy();
    panelAsks();
    expect(masterProgress()).toBeTruthy();
    expect(masterProgress()).toBeFalsy();
    panelRun(29);
    expect(masterProgress()).toBeFalsy();
    panelRun(1);
    expect(masterProgress()).toBeTruthy();
  });

  it("traps when asked while it waits", () => {
    expect(() => {
      panelAsks();
      masterAsk(ASKER_PANEL, frame.KIND_POLL, now_ms());
    }).toThrow();
  });
});
