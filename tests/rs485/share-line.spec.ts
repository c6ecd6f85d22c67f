/** The shared reader without a line: when it may speak, how often, and when it gives up. */

import * as link from "../../src/link/frame";
import {
  ASKER_CARD,
  questionAnswerSize,
  questionFail,
  questionOver,
} from "../../src/link/question";
import { wishGrant } from "../../src/rs485/context";
import {
  HOST_OWNS_MS,
  IDLE_MS,
  PAUSE_MS,
  PAUSE_SPREAD_MS,
  TRY_COUNT,
  WAIT_MS,
} from "../../src/rs485/share";
import {
  answer,
  answerKeys,
  ask,
  host,
  noise,
  run,
  setBaud,
  setFree,
  start,
  time,
  untilSent,
} from "./share-kit";

beforeEach(() => {
  start();
});

describe("the line", () => {
  it("is taken after 550 ms of silence, whoever was heard", () => {
    for (let heard: u32 = 0; heard < 2; heard++) {
      noise();
      ask(link.KIND_CARD_KEYS);
      expect(untilSent(2000)).toBe(<i32>IDLE_MS);
      run(70);
      answerKeys();
      run(100);
    }
  });

  it("stays ours from an answer on until somebody else is heard", () => {
    ask(link.KIND_CARD_KEYS);
    untilSent(2000);
    run(70);
    answerKeys();
    run(30);
    ask(link.KIND_CARD_KEYS);
    expect(untilSent(100)).toBe(1);
    run(70);
    answerKeys();
    ask(link.KIND_CARD_KEYS);
    const turn = untilSent(100); // a listener sees where a frame ends
    expect(turn).toBeGreaterThan(4);
    expect(turn).toBeLessThan(15);
    run(70);
    answerKeys();
    run(30);
    noise(); // an answer of somebody, garbage
    ask(link.KIND_CARD_KEYS);
    expect(untilSent(2000)).toBe(<i32>IDLE_MS);
  });

  it("is not taken while something of this box goes out", () => {
    setFree(false);
    ask(link.KIND_CARD_KEYS);
    expect(run(3000)).toBe(0);
    setFree(true);
    expect(untilSent(10)).toBe(1);
  });

  it("is the host's for 5 s after each of its requests", () => {
    ask(link.KIND_CARD_KEYS);
    for (let i = 0; i < 3; i++) {
      host();
      expect(run(HOST_OWNS_MS - 700)).toBe(0);
    }
    host();
    expect(untilSent(8000)).toBe(<i32>HOST_OWNS_MS);
  });

  it("is given up when it stays the host's", () => {
    ask(link.KIND_CARD_KEYS);
    for (let passed: u32 = 0; passed < WAIT_MS; passed += 1000) {
      expect(questionOver(ASKER_CARD)).toBeFalsy();
      host();
      expect(run(1000)).toBe(0);
    }
    run(2);
    expect(questionOver(ASKER_CARD)).toBeTruthy();
    expect(questionAnswerSize(ASKER_CARD)).toBe(0);
  });
});

describe("a grant", () => {
  it("lets whole exchanges through, and no longer than it lasts", () => {
    host();
    ask(link.KIND_CARD_KEYS);
    expect(run(300)).toBe(0);
    host();
    wishGrant(500);
    const begin = time();
    let exchanges = 0;
    for (let i = 0; i < 20; i++) {
      if (untilSent(30) < 0) break;
      run(150);
      exchanges++;
      expect(time() - begin).toBeLessThan(500);
      answerKeys();
      ask(link.KIND_CARD_KEYS);
    }
    expect(exchanges).toBe(3);
    expect(run(2000)).toBe(0);
  });

  it("is over when the host asks something", () => {
    host();
    wishGrant(1000);
    run(20); // taken
    host();
    ask(link.KIND_CARD_KEYS);
    expect(run(2000)).toBe(0);
  });

  it("begins when its answer is out", () => {
    host();
    ask(link.KIND_CARD_KEYS);
    wishGrant(300);
    setFree(false);
    expect(run(200)).toBe(0);
    setFree(true);
    expect(untilSent(50)).toBeGreaterThan(0);
  });

  it("too short for an exchange is not used", () => {
    host();
    ask(link.KIND_CARD_KEYS);
    wishGrant(100);
    expect(run(2000)).toBe(0);
    setBaud(1200);
    host();
    wishGrant(400);
    expect(run(2000)).toBe(0);
    host();
    wishGrant(1000);
    expect(untilSent(100)).toBeGreaterThan(0);
  });

  it("does not count while an answer may still come", () => {
    host();
    ask(link.KIND_CARD_KEYS);
    wishGrant(1000);
    expect(untilSent(100)).toBeGreaterThan(0);
    questionFail(ASKER_CARD); // the card has gone
    run(10);
    ask(link.KIND_CARD_KEYS); // and another one is there
    const again = untilSent(900);
    expect(again).toBeGreaterThan(<i32>IDLE_MS);
  });
});

describe("no answer", () => {
  it("is asked three times, with pauses of 600 to 1000 ms", () => {
    ask(link.KIND_CARD_KEYS);
    expect(untilSent(2000)).toBeGreaterThan(0);
    for (let i = 1; i < TRY_COUNT; i++) {
      const pause = untilSent(3000);
      expect(pause).toBeGreaterThan(300 + <i32>PAUSE_MS);
      expect(pause).toBeLessThan(350 + <i32>(PAUSE_MS + PAUSE_SPREAD_MS));
    }
    expect(run(5000)).toBe(0);
    expect(questionOver(ASKER_CARD)).toBeTruthy();
    expect(questionAnswerSize(ASKER_CARD)).toBe(0);
  });

  it("pauses differ", () => {
    let different = 0;
    let last = 0;
    for (let i = 0; i < 20; i++) {
      ask(link.KIND_CARD_KEYS);
      expect(untilSent(2000)).toBeGreaterThan(0);
      const pause = untilSent(3000);
      if (pause != last) different++;
      last = pause;
      run(70);
      answerKeys();
    }
    expect(different).toBeGreaterThan(15);
  });

  it("waits longer at a low speed", () => {
    setBaud(1200);
    ask(link.KIND_CARD_RETURN);
    expect(untilSent(2000)).toBeGreaterThan(0);
    run(334 + 60 + 660);
    answer(0x83, link.KIND_CARD_RETURN, link.CARD_RETURN_REPLY_SIZE, 0);
    expect(questionAnswerSize(ASKER_CARD)).toBe(link.CARD_RETURN_REPLY_SIZE);
  });

  it("and a host meanwhile: the card waits again, and the try does not count twice", () => {
    ask(link.KIND_CARD_KEYS);
    expect(untilSent(2000)).toBeGreaterThan(0);
    run(100);
    host();
    expect(run(4000)).toBe(0);
    expect(questionOver(ASKER_CARD)).toBeFalsy();
    expect(untilSent(3000)).toBeGreaterThan(0);
    run(70);
    answerKeys();
    expect(questionAnswerSize(ASKER_CARD)).toBe(link.CARD_KEYS_REPLY_SIZE);
  });
});

describe("a cancelled question", () => {
  it("is forgotten in every state", () => {
    for (let at: u32 = 0; at < 3000; at += 50) {
      ask(link.KIND_CARD_KEYS);
      run(at);
      if (!questionOver(ASKER_CARD)) questionFail(ASKER_CARD);
      expect(run(2000)).toBe(0);
      answerKeys();
      expect(questionAnswerSize(ASKER_CARD)).toBe(0);
    }
  });
});
