/** The shared reader without a line: what it sends and which answers it takes. */

import { E_BOX, OK } from "../../src/common/errors";
import * as link from "../../src/link/frame";
import {
  ASKER_CARD,
  questionAnswer,
  questionAnswerSize,
  questionAsk,
  questionAway,
  questionOver,
  questionPayload,
  questionWaiting,
} from "../../src/link/question";
import { dltByte, dltFrameAt } from "../../src/rs485/dlt/frame";
import {
  SHARE_STATE_COUNT,
  Share,
  shareBusy,
  shareFrame,
  shareInit,
  shareMayMove,
} from "../../src/rs485/share";
import {
  address,
  answer,
  answerKeys,
  ask,
  data,
  host,
  number,
  reply,
  run,
  setBytes,
  start,
  time,
  untilSent,
} from "./share-kit";

const NUMBER: i32 = 18; // offset of a question's number in what is sent

beforeEach(() => {
  start();
});

describe("the judge", () => {
  it("of a question's states", () => {
    let allowed = 0;
    for (let from = 0; from < SHARE_STATE_COUNT; from++) {
      for (let to = 0; to < SHARE_STATE_COUNT; to++) if (shareMayMove(from, to)) allowed++;
    }
    expect(allowed).toBe(7);
    expect(shareMayMove(Share.Idle, Share.Waiting)).toBeTruthy();
    expect(shareMayMove(Share.Waiting, Share.Asked)).toBeTruthy();
    expect(shareMayMove(Share.Asked, Share.Pausing)).toBeTruthy();
    expect(shareMayMove(Share.Pausing, Share.Waiting)).toBeTruthy();
    for (let from: i32 = Share.Waiting; from < SHARE_STATE_COUNT; from++) {
      expect(shareMayMove(from, Share.Idle)).toBeTruthy();
    }
  });
});

describe("a question", () => {
  it("of the own meter is not the line's", () => {
    questionAway(ASKER_CARD, 0);
    ask(link.KIND_CARD_KEYS);
    expect(shareBusy(time(), true)).toBeFalsy();
    expect(run(2000)).toBe(0);
    expect(questionWaiting(ASKER_CARD)).toBeTruthy();
  });

  it("goes to the box of the card, as it stands", () => {
    for (let kind = link.KIND_CARD_KEYS; kind <= link.KIND_CARD_RECORD; kind++) {
      ask(kind);
      expect(untilSent(2000)).toBeGreaterThan(0);
      const sent = shareFrame();
      const size = link.requestSize(kind);
      for (let i = 0; i < 4; i++) expect(load<u8>(sent + i)).toBe(0xfe);
      expect(dltFrameAt(sent + 4, 20 + size)).toBe(20 + size);
      expect(memory.compare(sent + 5, address, 6)).toBe(0);
      expect(load<u8>(sent + 4 + 8)).toBe(0x03);
      const identifier: u8[] = [<u8>kind, 0x00, 0xf0, 0x07];
      for (let i = 0; i < 4; i++) expect(dltByte(sent + 4, i)).toBe(identifier[i]);
      for (let i = 0; i < size; i++) expect(dltByte(sent + 4, 8 + i)).toBe(<u8>(i + 1));
      run(60);
      answer(0x83, kind, 1, -16);
      expect(questionOver(ASKER_CARD)).toBeTruthy();
      expect(questionAnswerSize(ASKER_CARD)).toBe(1);
      expect(load<i8>(questionAnswer(ASKER_CARD))).toBe(-16);
    }
  });

  it("is sealed in one frame, its bytes shifted by 33h", () => {
    setBytes(number, [0x20, 0x25, 0x11, 0x21, 0x01]);
    questionAway(ASKER_CARD, number);
    setBytes(questionPayload(ASKER_CARD), [0x04, 0x39, 0xc0, 0xde, 1]);
    questionAsk(ASKER_CARD, link.KIND_CARD_KEYS);
    expect(untilSent(2000)).toBeGreaterThan(0);
    const expected: u8[] = [
      0xfe, 0xfe, 0xfe, 0xfe, 0x68, 0x00, 0x01, 0x21, 0x11, 0x25, 0x20, 0x68, 0x03, 0x0d, 0x3b,
      0x33, 0x23, 0x3a, 0, 0, 0, 0, 0x37, 0x6c, 0xf3, 0x11, 0x34,
    ];
    let sum: u8 = 0;
    for (let i = 0; i < expected.length; i++) {
      const sent = load<u8>(shareFrame() + i);
      if (i < NUMBER || i >= NUMBER + 4) expect(sent).toBe(expected[i]);
      if (i >= 4) sum += sent;
    }
    expect(load<u8>(shareFrame() + expected.length)).toBe(sum);
    expect(load<u8>(shareFrame() + expected.length + 1)).toBe(0x16);
  });

  it("has a number: the same when it is asked again, another one the next time", () => {
    let last: u32 = 0;
    for (let i = 0; i < 10; i++) {
      ask(link.KIND_CARD_KEYS);
      expect(untilSent(2000)).toBeGreaterThan(0);
      const of_question = load<u32>(shareFrame() + NUMBER);
      expect(of_question).not.toBe(0x33333333);
      expect(of_question).not.toBe(last);
      last = of_question;
      expect(untilSent(2000)).toBeGreaterThan(0);
      expect(load<u32>(shareFrame() + NUMBER)).toBe(last);
      run(70);
      answerKeys();
    }
  });
});

describe("an answer", () => {
  beforeEach(() => {
    ask(link.KIND_CARD_KEYS);
    untilSent(2000);
    run(70);
  });

  it("is taken when it is right", () => {
    answerKeys();
    expect(questionOver(ASKER_CARD)).toBeTruthy();
    expect(questionAnswerSize(ASKER_CARD)).toBe(link.CARD_KEYS_REPLY_SIZE);
    expect(load<i8>(questionAnswer(ASKER_CARD))).toBe(<i8>OK);
    for (let i = 1; i < link.CARD_KEYS_REPLY_SIZE; i++) {
      expect(load<u8>(questionAnswer(ASKER_CARD) + i)).toBe(<u8>(0xc0 + i));
    }
  });

  it("is not that of another box, another function, another identifier, another size", () => {
    store<u8>(address, 0x01); // a household
    answerKeys();
    store<u8>(address, 0x00);
    store<u8>(address + 1, 0x03); // another box
    answerKeys();
    store<u8>(address + 1, 0x02);
    answer(0x91, 8, link.CARD_KEYS_REPLY_SIZE, 0);
    answer(0xa3, 8, link.CARD_KEYS_REPLY_SIZE, 0);
    answer(0x83, 9, link.CARD_KEYS_REPLY_SIZE, 0);
    answer(0x83, 8, link.CARD_KEYS_REPLY_SIZE + 1, 0);
    answer(0x83, 8, link.CARD_KEYS_REPLY_SIZE - 1, 0);
    answer(0x83, 8, 0, 0);
    reply(0x83, 3);
    reply(0xc3, 0);
    expect(questionOver(ASKER_CARD)).toBeFalsy();
    answerKeys();
    expect(questionOver(ASKER_CARD)).toBeTruthy();
  });

  it("is not ours once a host has asked something", () => {
    host();
    run(50);
    answerKeys();
    expect(questionOver(ASKER_CARD)).toBeFalsy();
  });

  it("changes nothing when it comes twice, or to nobody", () => {
    answerKeys();
    answer(0x83, 8, link.CARD_KEYS_REPLY_SIZE, 5);
    expect(load<i8>(questionAnswer(ASKER_CARD))).toBe(<i8>OK);
    shareInit(time());
    answerKeys();
  });

  it("that refuses ends the question: not served here, or not at all", () => {
    setBytes(data, [0x04]);
    reply(0xc3, 1);
    expect(questionAnswerSize(ASKER_CARD)).toBe(1);
    expect(load<i8>(questionAnswer(ASKER_CARD))).toBe(<i8>E_BOX);
    ask(link.KIND_CARD_KEYS);
    expect(untilSent(2000)).toBeGreaterThan(0);
    run(70);
    setBytes(data, [0x01]);
    reply(0xc3, 1);
    expect(questionOver(ASKER_CARD)).toBeTruthy();
    expect(questionAnswerSize(ASKER_CARD)).toBe(0);
  });
});
