/** DL/T 645, 11h: status words, bulk values of the box, events and freezes byte by byte, and that what
 *  is no identifier of src/rs485/SPEC.md is refused. */

import { storeLe32 } from "../../src/common/bytes";
import * as link from "../../src/link/frame";
import { contextReader, contextTime } from "../../src/rs485/context";
import {
  BOX,
  H3,
  H5,
  H7,
  SILENT,
  ask,
  at,
  begin,
  boxReply,
  meter,
  note,
  read,
  sliceOf,
  tellSnapshot,
} from "./dlt-meter";

const NO_DATA: string = "d1 02";
const FF4: string = "ffffffff";
const ZERO4: string = "00000000";

describe("status words", () => {
  beforeEach(begin);

  it("of a household that is well supplied", () => {
    expect(read(H5, 0x040005ff)).toBe("0000" + "0000" + "0001" + "0000".repeat(4));
    meter.status |= link.STATUS_MONEY;
    tellSnapshot();
    expect(read(H5, 0x04000503)).toBe("0002");
    expect(read(H5, 0x04000508)).toBe(NO_DATA);
    expect(read(H5, 0x04000500)).toBe(NO_DATA);
  });

  it("of one that is not", () => {
    const slice = sliceOf(5);
    store<u8>(slice + link.SLICE_FLAGS, 0);
    expect(read(H5, 0x04000503)).toBe("1001", "open");
    store<u8>(slice + link.SLICE_FLAGS, <u8>link.SLICE_FLAG_WANTED_OPEN);
    store<u8>(slice + link.SLICE_STATE, 2);
    expect(read(H5, 0x04000503)).toBe("d001", "should be open, tripped");
    store<u8>(slice + link.SLICE_FLAGS, <u8>(link.SLICE_FLAG_CLOSED | link.SLICE_FLAG_KEEP));
    store<u8>(slice + link.SLICE_STATE, 3);
    expect(read(H5, 0x04000503)).toBe("8011", "kept, empty");
    store<u8>(boxReply() + link.BOX_FLAGS, 1);
    tellSnapshot();
    expect(read(H5, 0x04000503)).toBe("8811", "service switch");
  });

  it("of power that flows back, by phase", () => {
    const flags = <u8>(link.SLICE_FLAG_CLOSED | link.SLICE_FLAG_REVERSE);
    store<u8>(sliceOf(5) + link.SLICE_FLAGS, flags);
    store<u8>(sliceOf(7) + link.SLICE_FLAGS, flags);
    tellSnapshot();
    expect(read(H5, 0x040005ff)).toBe("1000" + "0200" + "0001" + "0000" + "4000" + "0000" + "0000");
    expect(read(H7, 0x040005ff)).toBe("1000" + "0700" + "0001" + "400040004000" + "0000");
    expect(read(BOX, 0x040005ff)).toBe("1000" + "0700" + "0001" + "400040004000" + "0000");
    expect(read(H3, 0x040005ff)).toBe("0000" + "0000" + "0001" + "0000".repeat(4));
  });

  it("of missing phases: a household for its own", () => {
    tellSnapshot(5); // no phase B
    expect(read(H5, 0x04000505)).toBe("8000");
    expect(read(H3, 0x04000505)).toBe("0000");
    expect(read(H7, 0x04000505)).toBe("8000");
    expect(read(BOX, 0x040005ff)).toBe(
      "0000" + "0000" + "0001" + "0000" + "8000" + "0000" + "0000",
    );
    tellSnapshot(0);
    expect(read(H3, 0x040005ff)).toBe("0000" + "0000" + "0001" + "8000" + "0000".repeat(3));
  });
});

function all(three: string, five: string, seven: string): string {
  const none = "ff".repeat(three.length / 2);
  return none.repeat(2) + three + none + five + none + seven + none.repeat(32);
}

describe("bulk values of the box", () => {
  beforeEach(begin);

  it("stand in order of the households, FF for none", () => {
    storeLe32(sliceOf(3) + link.SLICE_REMAINING, <u32>-100);
    storeLe32(sliceOf(5) + link.SLICE_REMAINING, 16500);
    storeLe32(sliceOf(5) + link.SLICE_FORWARD, 123456);
    storeLe32(sliceOf(5) + link.SLICE_REVERSE, 200);
    storeLe32(sliceOf(5) + link.SLICE_POWER, 12345);
    storeLe32(sliceOf(7) + link.SLICE_POWER, <u32>-12345);
    storeLe32(sliceOf(7) + link.SLICE_NUMBER, 12345678);
    store<u8>(sliceOf(7) + link.SLICE_FLAGS, 0);
    tellSnapshot();
    expect(read(BOX, 0x04801000)).toBe(all("00010080", "00650100", ZERO4));
    expect(read(BOX, 0x04801100)).toBe(all(ZERO4, "56341200", ZERO4));
    expect(read(BOX, 0x04801200)).toBe(all("0001", "0001", "1001"));
    expect(read(BOX, 0x04801300)).toBe(all(ZERO4, "00020000", ZERO4));
    expect(read(BOX, 0x04801400)).toBe(all("000000", "452301", "452381"));
    expect(read(BOX, 0x04801500)).toBe(all(ZERO4, ZERO4, "78563412"));
    expect(meter.question_count).toBe(0, "the snapshot is enough");
    expect(read(H5, 0x04801000)).toBe(NO_DATA);
  });

  it("the reader", () => {
    for (let state = 0; state < 4; state++) {
      contextReader(state);
      expect(read(BOX, 0x04801600)).toBe("0" + state.toString());
    }
  });
});

describe("events", () => {
  beforeEach(begin);

  it("power downs: begin, and end by the running time", () => {
    expect(read(BOX, 0x03110000)).toBe("000000");
    expect(read(BOX, 0x03110001)).toBe(NO_DATA);
    note(2, 0, at(25, 11, 19, 10, 0, 0), 1000, 1000);
    note(1, 1, 0, 1000, 0);
    note(2, 0, at(25, 11, 20, 10, 0, 0), 1000 + 80000, 1000 + 80000);
    storeLe32(boxReply() + link.BOX_RUNNING, 81000 + 3645);
    expect(read(BOX, 0x03110000)).toBe("020000");
    expect(read(BOX, 0x03110001)).toBe("000010201125" + "003011211125");
    expect(read(BOX, 0x03110002)).toBe("000010191125" + "404611191125");
    expect(read(BOX, 0x03110003)).toBe(NO_DATA);
    expect(read(BOX, 0x0311000b)).toBe(NO_DATA);
    contextTime(0);
    expect(read(BOX, 0x03110001)).toBe("000010201125" + "000000000000");
    expect(read(H5, 0x03110000)).toBe(NO_DATA);
  });

  it("phase failures: begin and end of each phase", () => {
    note(8, 0, at(25, 11, 1, 1, 0, 0), 100, 5);
    note(8, 1, at(25, 11, 1, 2, 0, 0), 200, 5);
    note(9, 0, at(25, 11, 1, 3, 0, 0), 300, 200);
    note(9, 1, at(25, 11, 1, 4, 0, 0), 400, 200);
    note(8, 0, at(25, 11, 1, 5, 0, 0), 500, 5);
    meter.missing_s = 3 * 60 + 59;
    expect(read(BOX, 0x03040100)).toBe("020000" + "030000");
    expect(read(BOX, 0x03040200)).toBe("010000" + "030000");
    expect(read(BOX, 0x03040300)).toBe("000000" + "030000");
    expect(read(BOX, 0x03040101)).toBe("000005011125" + "000000000000", "still missing");
    expect(read(BOX, 0x03040102)).toBe("000001011125" + "000003011125");
    expect(read(BOX, 0x03040201)).toBe("000002011125" + "000004011125");
    expect(read(BOX, 0x03040301)).toBe(NO_DATA);
    note(9, 0, at(25, 11, 1, 6, 0, 0), 600, 100);
    expect(read(BOX, 0x03040101)).toBe("000005011125" + "000006011125");
    expect(read(BOX, 0x03040102)).toBe("000001011125" + "000003011125");
    expect(read(BOX, 0x03040400)).toBe(NO_DATA);
    expect(read(BOX, 0x0304ff00)).toBe(NO_DATA);
  });

  it("programming, clears and the clock", () => {
    note(18, 40, at(25, 11, 2, 8, 9, 10), 1, 0x04000f01_44332211);
    note(20, 0, at(25, 11, 3, 8, 9, 10), 2, 0x031100ff_44332212);
    note(22, 0, at(25, 11, 3, 8, 9, 10), 2, 7);
    note(21, 0, at(25, 11, 3, 8, 9, 10), 2, 7);
    note(21, 0, at(25, 11, 3, 8, 9, 10), 2, 7);
    note(13, 0, at(25, 11, 4, 8, 9, 10), 3, -70);
    expect(read(BOX, 0x03300000)).toBe("010000");
    expect(read(BOX, 0x03300001)).toBe("100908021125" + "11223344" + "010f0004" + FF4.repeat(9));
    expect(read(BOX, 0x03300100)).toBe("010000");
    expect(read(BOX, 0x03300200)).toBe("020000");
    expect(read(BOX, 0x03300300)).toBe("010000");
    expect(read(BOX, 0x03300301)).toBe("100908031125" + "12223344" + "ff001103");
    expect(read(BOX, 0x03300400)).toBe("010000");
    expect(read(BOX, 0x03300401)).toBe(ZERO4 + "201008041125" + "100908041125");
    expect(read(BOX, 0x03300402)).toBe(NO_DATA);
    expect(read(BOX, 0x03300101)).toBe(NO_DATA);
    expect(read(BOX, 0x03300500)).toBe(NO_DATA);
  });
});

describe("freezes", () => {
  beforeEach(begin);

  it("daily and instant: time, forward, reverse, all", () => {
    meter.day_count = 62;
    meter.instant_count = 1;
    const forward = "00900900" + "00900900" + ZERO4.repeat(3);
    const reverse = "90190000" + "90190000" + ZERO4.repeat(3);
    expect(read(H5, 0x05060001)).toBe("0000201125");
    expect(read(H5, 0x05060101)).toBe(forward);
    expect(read(H5, 0x05060201)).toBe(reverse);
    expect(read(H5, 0x0506ff01)).toBe("0000201125" + forward + reverse);
    expect(read(H5, 0x0506003e)).toBe("0000200925");
    expect(read(H5, 0x0506003f)).toBe(NO_DATA);
    expect(read(H5, 0x05060301)).toBe(NO_DATA);
    expect(read(H5, 0x050600ff)).toBe(NO_DATA);
    expect(read(H5, 0x0501ff01)).toBe("0000201125" + forward + reverse);
    expect(read(H5, 0x0501ff02)).toBe(NO_DATA);
    expect(read(H5, 0x05010004)).toBe(NO_DATA);
    expect(read(BOX, 0x05060001)).toBe(NO_DATA);
  });
});

describe("requests to read", () => {
  beforeEach(begin);

  it("of a wrong length are refused", () => {
    expect(ask(H5, 0x11, "")).toBe("d1 01");
    expect(ask(H5, 0x11, "000001")).toBe("d1 01");
    expect(ask(H5, 0x11, "0000010000")).toBe("d1 01");
    expect(ask(H5, 0x11, "0000010000000000000000")).toBe("d1 01");
    expect(meter.question_count).toBe(0);
  });

  it("take one or two questions where that is enough", () => {
    read(H5, 0x00010000);
    expect(meter.question_count).toBe(1);
    meter.day_count = 1;
    read(H5, 0x0506ff01);
    expect(meter.question_count).toBe(3, "a slice and a freeze");
  });

  it("of any other identifier are refused", () => {
    let wrong = 0;
    for (let i: u32 = 0; i < 4000; i++) {
      const identifier = i * 2654435761;
      if (identifier >> 24 < 0x20 && (identifier & 0x00ff0000) == 0) continue;
      if (read(i % 2 == 0 ? H5 : BOX, identifier) != NO_DATA) wrong++;
    }
    expect(wrong).toBe(0);
    expect(read(H5, 0x04000c03)).toBe(NO_DATA, "a password");
    expect(read(BOX, 0xffffffff)).toBe(NO_DATA);
    expect(read(BOX, 0xff010000)).toBe(NO_DATA);
  });

  it("of a box whose meter is not heard of any more are refused", () => {
    meter.is_failing = true;
    expect(read(H5, 0x04000401)).toBe("d1 01");
    expect(read(BOX, 0x04000409 + 1)).toBe(NO_DATA);
    expect(read(H5, 0x0506ff01)).not.toBe(SILENT);
  });
});
