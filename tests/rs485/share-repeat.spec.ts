/** Answers to questions about cards that come again. */

import { storeLe32 } from "../../src/common/bytes";
import { repeatAnswer, repeatFind, repeatInit, repeatKeep } from "../../src/rs485/share-repeat";

const question: usize = memory.data(136);
const answer: usize = memory.data(128);

/** A question with this number whose other bytes are 0..; its size. */
function ask(number: u32, size: i32): i32 {
  for (let i = 0; i < size; i++) store<u8>(question + i, <u8>i);
  storeLe32(question + 4, number);
  return size;
}

describe("the last question", () => {
  beforeEach(() => {
    repeatInit();
    for (let i = 0; i < 128; i++) store<u8>(answer + i, <u8>(200 - i));
    ask(7, 36);
    repeatKeep(question, 36, answer, 20);
  });

  it("gets the same answer again", () => {
    memory.fill(answer, 0, 128);
    expect(repeatFind(question, ask(7, 36))).toBe(20);
    for (let i = 0; i < 20; i++) expect(load<u8>(repeatAnswer() + i)).toBe(<u8>(200 - i));
  });

  it("is another one with another number, size or byte", () => {
    expect(repeatFind(question, ask(8, 36))).toBe(0);
    expect(repeatFind(question, ask(7, 35))).toBe(0);
    expect(repeatFind(question, ask(7, 37))).toBe(0);
    for (let i = 0; i < 36; i++) {
      ask(7, 36);
      store<u8>(question + i, load<u8>(question + i) ^ 0x80);
      expect(repeatFind(question, 36)).toBe(0);
    }
  });

  it("is forgotten with the next one and at a start", () => {
    repeatKeep(question, ask(8, 136), answer, 128);
    expect(repeatFind(question, ask(7, 36))).toBe(0);
    expect(repeatFind(question, ask(8, 136))).toBe(128);
    repeatInit();
    expect(repeatFind(question, ask(8, 136))).toBe(0);
  });

  it("without a number is never a repeat", () => {
    repeatKeep(question, ask(0, 36), answer, 20);
    expect(repeatFind(question, ask(0, 36))).toBe(0);
  });
});
