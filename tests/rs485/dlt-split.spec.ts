/** DL/T 645: answers that do not fit one frame, 12h, and the load record. */

import { storeLe32 } from "../../src/common/bytes";
import * as link from "../../src/link/frame";
import { BOX, H3, H5, H7, ask, at, begin, hex, meter, put, read, sliceOf } from "./dlt-meter";

const ALL_ENERGY: string = "ffff0100";
const ZERO4: string = "00000000";
const area: usize = memory.data(200);

/** The five values of settlement `index` of the meter of memory, forward. */
function settled(index: i32): string {
  return energy(100000 - index * 1000) + energy(100000 - index * 1000) + ZERO4.repeat(3);
}

function pair(value: i32): string {
  return (value / 10).toString() + (value % 10).toString();
}

function energy(value: i32): string {
  return (
    pair(value % 100) +
    pair((value / 100) % 100) +
    pair((value / 10000) % 100) +
    pair(value / 1000000)
  );
}

/** All that household 5 has in ALL_ENERGY. */
function whole(): string {
  let text = "5634120056341200" + ZERO4.repeat(3);
  for (let index = 1; index <= 12; index++) text += settled(index);
  return text;
}

/** A record of the load record: block `place` (0 the oldest) of `count`. */
function record(place: i32, count: i32, time: string): string {
  const index = count - place;
  const forward = energy(100000 - index * 1000);
  const reverse = energy(2000 - index * 10);
  const body = "a0a01d" + time + "aaaaaa" + forward + reverse + ZERO4 + ZERO4 + "aaaaaa";
  const size = put(area, body);
  let sum: u32 = 0;
  for (let i = 0; i < size; i++) sum += load<u8>(area + i);
  store<u8>(area, <u8>sum);
  return body + hex(area, 1) + "e5";
}

/** Records `from` .. `to` (excluded) of blocks each quarter of an hour from 2025-11-20 00:00 on. */
function records(from: i32, to: i32, count: i32): string {
  let text = "";
  for (let place = from; place < to; place++) {
    const minute = place * 15;
    text += record(place, count, pair(minute % 60) + pair(minute / 60) + "201125");
  }
  return text;
}

describe("12h", () => {
  beforeEach(() => {
    begin();
    meter.settlement_count = 12;
    storeLe32(sliceOf(5) + link.SLICE_FORWARD, 123456);
    storeLe32(sliceOf(5) + link.SLICE_CONSUMED, 123456);
  });

  it("goes on where the frame was full", () => {
    const expected = whole();
    expect(ask(H5, 0x11, ALL_ENERGY)).toBe("b1 " + ALL_ENERGY + expected.substr(0, 2 * 196));
    expect(ask(H5, 0x12, ALL_ENERGY + "01")).toBe(
      "92 " + ALL_ENERGY + expected.substr(2 * 196) + "01",
    );
  });

  it("says the last frame again when it was lost, and nothing else", () => {
    const expected = whole();
    expect(ask(H5, 0x12, ALL_ENERGY + "01")).toBe("d2 02", "nothing to read on");
    ask(H5, 0x11, ALL_ENERGY);
    const wrong = ["00", "02", "ff"];
    for (let i = 0; i < wrong.length; i++)
      expect(ask(H5, 0x12, ALL_ENERGY + wrong[i])).toBe("d2 02");
    expect(ask(H7, 0x12, ALL_ENERGY + "01")).toBe("d2 02", "another household");
    expect(ask(H5, 0x12, "ffff0200" + "01")).toBe("d2 02", "another identifier");
    expect(ask(H5, 0x12, ALL_ENERGY)).toBe("d2 01");
    expect(ask(H5, 0x12, ALL_ENERGY + "0101")).toBe("d2 01");
    for (let i = 0; i < 3; i++) {
      const answer = ask(H5, 0x12, ALL_ENERGY + "01");
      expect(answer).toBe("92 " + ALL_ENERGY + expected.substr(2 * 196) + "01");
    }
    expect(ask(H5, 0x12, ALL_ENERGY + "02")).toBe("d2 02", "it was the last");
    expect(read(H5, 0x00010000)).toBe("56341200");
    expect(ask(H5, 0x12, ALL_ENERGY + "01")).toBe("d2 02", "something else was read");
  });

  it("is refused by the meter's silence, and goes on afterwards", () => {
    ask(H5, 0x11, ALL_ENERGY);
    meter.is_failing = true;
    expect(ask(H5, 0x12, ALL_ENERGY + "01")).toBe("d2 01");
    meter.is_failing = false;
    expect(ask(H5, 0x12, ALL_ENERGY + "01").substr(0, 2)).toBe("92");
  });
});

describe("load record", () => {
  beforeEach(() => {
    begin();
    meter.load_count = 40;
    meter.load_first_s = at(25, 11, 20, 0, 0, 0);
  });

  it("from the oldest", () => {
    expect(ask(H5, 0x11, "00000006" + "01")).toBe("91 00000006" + records(0, 1, 40));
    expect(ask(H5, 0x11, "00000406" + "06")).toBe("91 00000406" + records(0, 6, 40));
  });

  it("from a time", () => {
    expect(ask(H5, 0x11, "01000406" + "02" + "1601201125")).toBe("91 01000406" + records(6, 8, 40));
    expect(ask(H5, 0x11, "01000406" + "02" + "1501201125")).toBe("91 01000406" + records(5, 7, 40));
    expect(ask(H5, 0x11, "01000006" + "02" + "4509201125")).toBe(
      "91 01000006" + records(39, 40, 40),
    );
    expect(ask(H5, 0x11, "01000406" + "02" + "4609201125")).toBe(
      "91 01000406",
      "none from then on",
    );
  });

  it("the newest, or all when there are fewer", () => {
    expect(ask(H5, 0x11, "02000406" + "01")).toBe("91 02000406" + records(39, 40, 40));
    expect(ask(H5, 0x11, "02000406" + "05")).toBe("91 02000406" + records(35, 40, 40));
    meter.load_count = 3;
    expect(ask(H5, 0x11, "02000406" + "05")).toBe("91 02000406" + records(0, 3, 3));
    expect(ask(H5, 0x11, "00000406" + "05")).toBe("91 00000406" + records(0, 3, 3));
    meter.load_count = 0;
    expect(ask(H5, 0x11, "02000406" + "05")).toBe("91 02000406");
    expect(ask(H5, 0x11, "00000406" + "05")).toBe("91 00000406");
  });

  it("goes on in further frames", () => {
    expect(ask(H5, 0x11, "00000406" + "14")).toBe("b1 00000406" + records(0, 6, 40));
    expect(ask(H5, 0x12, "00000406" + "01")).toBe("b2 00000406" + records(6, 12, 40) + "01");
    expect(ask(H5, 0x12, "00000406" + "01")).toBe("b2 00000406" + records(6, 12, 40) + "01");
    expect(ask(H5, 0x12, "00000406" + "02")).toBe("92 00000406" + records(12, 14, 40) + "02");
    expect(ask(H5, 0x12, "00000406" + "01")).toBe("d2 02");
    expect(ask(H5, 0x12, "00000406" + "03")).toBe("d2 02");
  });

  it("goes on behind the last record though blocks are added meanwhile", () => {
    expect(ask(H5, 0x11, "02000406" + "10")).toBe("b1 02000406" + records(30, 36, 40));
    meter.load_count = 42; // the meter of memory counts its energies from the newest block
    expect(ask(H5, 0x12, "02000406" + "01")).toBe("92 02000406" + records(36, 40, 42) + "01");
  });

  it("ends with the last block, a frame full or not", () => {
    meter.load_count = 12;
    expect(ask(H5, 0x11, "00000406" + "99").substr(0, 2)).toBe("b1");
    expect(ask(H5, 0x12, "00000406" + "01")).toBe("92 00000406" + records(6, 12, 12) + "01");
    expect(ask(H5, 0x12, "00000406" + "02")).toBe("d2 02");
    expect(ask(H5, 0x12, "00000406" + "01")).toBe("92 00000406" + records(6, 12, 12) + "01");
    meter.load_count = 6;
    expect(ask(H5, 0x11, "00000406" + "99")).toBe("91 00000406" + records(0, 6, 6));
  });

  it("refuses what is malformed or not stored", () => {
    const wrong = [
      "00000406",
      "0000040600",
      "000004060a",
      "00000406" + "0101",
      "01000406" + "01",
      "01000406" + "01" + "0000321125",
      "01000406" + "01" + "00003011",
      "0200040601" + "0000201125",
    ];
    for (let i = 0; i < wrong.length; i++) expect(ask(H5, 0x11, wrong[i])).toBe("d1 01", wrong[i]);
    const other = [
      "00000106",
      "00000206",
      "00000306",
      "00000506",
      "00000606",
      "03000406",
      "00010406",
      "0000ff06",
    ];
    for (let i = 0; i < other.length; i++)
      expect(ask(H3, 0x11, other[i] + "01")).toBe("d1 02", other[i]);
    expect(ask(BOX, 0x11, "00000406" + "01")).toBe("d1 02");
    expect(meter.question_count).toBe(0);
  });
});
