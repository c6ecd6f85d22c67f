/** The questions of two askers: each its own, none twice, none lost. */

import * as frame from "../../src/link/frame";
import {
  ASKER_CARD,
  ASKER_LINE,
  questionAnswer,
  questionAnswerSize,
  questionAsk,
  questionAway,
  questionBox,
  questionFail,
  questionFree,
  questionInit,
  questionOver,
  questionPayload,
  questionReply,
  questionTake,
  questionTaken,
  questionWaiting,
  questionWaitingHere,
} from "../../src/link/question";

const payload: usize = memory.data(frame.PAYLOAD_SIZE_MAX);
const number: usize = memory.data(5);

describe("questions", () => {
  beforeEach(questionInit);

  it("go from asked over taken to answered, each asker for itself", () => {
    expect(questionFree(ASKER_LINE) && questionFree(ASKER_CARD)).toBeTruthy();
    store<u8>(questionPayload(ASKER_LINE), 7);
    questionAsk(ASKER_LINE, frame.KIND_SLICE_READ);
    store<u8>(questionPayload(ASKER_CARD), 9);
    questionAsk(ASKER_CARD, frame.KIND_CARD_RECORD);
    expect(questionWaiting(ASKER_LINE) && questionWaiting(ASKER_CARD)).toBeTruthy();
    expect(questionTake(ASKER_LINE, payload)).toBe(frame.KIND_SLICE_READ);
    expect(load<u8>(payload)).toBe(7);
    expect(questionTaken(ASKER_LINE)).toBeTruthy();
    expect(questionTaken(ASKER_CARD)).toBeFalsy();
    store<u8>(payload, 8);
    questionReply(ASKER_LINE, payload, 56);
    expect(questionOver(ASKER_LINE)).toBeTruthy();
    expect(questionAnswerSize(ASKER_LINE)).toBe(56);
    expect(load<u8>(questionAnswer(ASKER_LINE))).toBe(8);
    expect(questionOver(ASKER_CARD)).toBeFalsy();
    expect(questionTake(ASKER_CARD, payload)).toBe(frame.KIND_CARD_RECORD);
    expect(load<u8>(payload)).toBe(9);
  });

  it("fail before and after they were taken", () => {
    questionAsk(ASKER_LINE, frame.KIND_BOX_READ);
    questionFail(ASKER_LINE);
    expect(questionOver(ASKER_LINE)).toBeTruthy();
    expect(questionAnswerSize(ASKER_LINE)).toBe(0);
    questionAsk(ASKER_LINE, frame.KIND_BOX_READ);
    questionTake(ASKER_LINE, payload);
    questionFail(ASKER_LINE);
    expect(questionFree(ASKER_LINE)).toBeTruthy();
  });

  it("that are away are not for the own meter", () => {
    store<u8>(number, 0x20);
    questionAway(ASKER_CARD, number);
    store<u8>(number, 0); // a copy is kept
    questionAsk(ASKER_CARD, frame.KIND_CARD_KEYS);
    expect(questionWaiting(ASKER_CARD)).toBeTruthy();
    expect(questionWaitingHere(ASKER_CARD)).toBeFalsy();
    expect(load<u8>(questionBox(ASKER_CARD))).toBe(0x20);
    questionAway(ASKER_CARD, 0);
    expect(questionBox(ASKER_CARD)).toBe(0);
    expect(questionWaitingHere(ASKER_CARD)).toBeTruthy();
  });

  it("trap when two are asked at once, or by nobody", () => {
    expect(() => {
      questionAsk(ASKER_LINE, frame.KIND_BOX_READ);
      questionAsk(ASKER_LINE, frame.KIND_BOX_READ);
    }).toThrow();
    expect(() => {
      questionAsk(0, frame.KIND_BOX_READ);
    }).toThrow();
    expect(() => {
      questionTake(ASKER_CARD, payload);
    }).toThrow();
  });
});
