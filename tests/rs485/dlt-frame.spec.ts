/** Frames, numbers and times of DL/T 645, and the calendar backwards. */

import { bcdPair, fillBytes } from "../../src/common/bytes";
import { NONSENSE, dateOf, secondsOf, weekdayOf } from "../../src/common/calendar";
import {
  NOT_BCD,
  TIME_5,
  TIME_6,
  bcdAt,
  putBcd,
  putDate,
  putSigned,
  putTime,
  putTimeOfDay,
  secondsAt,
  secondsAt5,
} from "../../src/rs485/dlt/bcd";
import {
  DLT_FRAME_SIZE_MAX,
  DLT_WAKE_COUNT,
  dltByte,
  dltFrameAt,
  dltSeal,
} from "../../src/rs485/dlt/frame";
import { BOX, H5, answerAddress, ask, at, begin, hex, meter, put } from "./dlt-meter";

const area: usize = memory.data(256);
const address: usize = memory.data(6);
const data: usize = memory.data(200);
const READ: string = "68 05 01 21 11 25 20 68 11 04 33 33 34 33 2F 16";

function bcd(value: u32, size: i32): string {
  return hex(area, putBcd(area, value, size));
}

function signed(value: i32, size: i32): string {
  return hex(area, putSigned(area, value, size));
}

describe("frames", () => {
  it("are sealed with four FE, 33h and a sum", () => {
    put(address, H5);
    put(data, "00 00 01 00");
    const size = dltSeal(area, address, 0x11, data, 4);
    expect(hex(area, size)).toBe("fefefefe" + READ.replaceAll(" ", "").toLowerCase());
    expect(dltByte(area + DLT_WAKE_COUNT, 2)).toBe(1);
    for (let i = 0; i < 200; i++) store<u8>(data + i, <u8>(i + 56));
    expect(dltSeal(area, address, 0x91, data, 200)).toBe(DLT_FRAME_SIZE_MAX);
    expect(dltFrameAt(area + DLT_WAKE_COUNT, 212)).toBe(212);
    for (let i = 0; i < 200; i++) expect(dltByte(area + DLT_WAKE_COUNT, i)).toBe(<u8>(i + 56));
  });

  it("are sealed where their data stands", () => {
    put(address, H5);
    put(area + 14, "00 00 01 00");
    expect(hex(area, dltSeal(area, address, 0x11, area + 14, 4)).substr(8)).toBe(
      READ.replaceAll(" ", "").toLowerCase(),
    );
  });

  it("are recognised when whole, and only when right", () => {
    const size = put(area, READ);
    store<u8>(area + size, 0x68);
    expect(dltFrameAt(area, 0)).toBe(0);
    for (let have = 1; have < size; have++) expect(dltFrameAt(area, have)).toBe(0);
    expect(dltFrameAt(area, size)).toBe(size);
    expect(dltFrameAt(area, size + 1)).toBe(size, "what follows is another one");
    for (let bit = 0; bit < 8 * size; bit++) {
      put(area, READ);
      const byte = area + bit / 8;
      const flip: u32 = 1 << (bit % 8);
      store<u8>(byte, <u8>((<u32>load<u8>(byte)) ^ flip));
      expect(dltFrameAt(area, size) < size).toBe(true, bit.toString());
    }
  });

  it("are given up as soon as they cannot be right", () => {
    put(area, "00");
    expect(dltFrameAt(area, 1)).toBe(-1);
    put(area, "68 05 01 21 11 25 20 67");
    expect(dltFrameAt(area, 7)).toBe(0);
    expect(dltFrameAt(area, 8)).toBe(-1);
    put(area, "68 05 01 21 11 25 20 68 11 C9");
    expect(dltFrameAt(area, 9)).toBe(0);
    expect(dltFrameAt(area, 10)).toBe(-1, "201 bytes of data");
    put(area, "68 05 01 21 11 25 20 68 11 C8");
    expect(dltFrameAt(area, 10)).toBe(0);
  });
});

describe("numbers", () => {
  it("are BCD, lowest pair first", () => {
    expect(bcd(12345678, 4)).toBe("78563412");
    expect(bcd(123456789, 4)).toBe("89674523");
    expect(bcd(4294967295, 4)).toBe("95729694");
    expect(bcd(7, 1)).toBe("07");
    expect(bcd(100, 1)).toBe("00");
    expect(bcd(999999, 3)).toBe("999999");
  });

  it("carry their sign in the highest bit", () => {
    expect(signed(-12345, 3)).toBe("452381");
    expect(signed(12345, 3)).toBe("452301");
    expect(signed(0, 3)).toBe("000000");
    expect(signed(799999, 3)).toBe("999979");
    expect(signed(800000, 3)).toBe("999979");
    expect(signed(-800000, 3)).toBe("9999f9");
    expect(signed(i32.MIN_VALUE, 4)).toBe("999999f9");
    expect(signed(i32.MAX_VALUE, 4)).toBe("99999979");
    expect(signed(-1, 2)).toBe("0180");
  });

  it("are read back, and nothing that is none", () => {
    for (let value: u32 = 0; value < 10000; value += 7) {
      putBcd(area, value, 2);
      expect(bcdAt(area, 2)).toBe(value);
    }
    for (let byte: u32 = 0; byte < 256; byte++) {
      fillBytes(area, 0, 4);
      store<u8>(area + 2, <u8>byte);
      const pair = bcdPair(byte);
      expect(bcdAt(area, 4)).toBe(pair < 0 ? NOT_BCD : <u32>pair * 10000);
    }
  });
});

describe("times", () => {
  it("have seconds, or not", () => {
    const time_s = at(25, 11, 21, 23, 45, 30);
    expect(hex(area, putTime(area, time_s, TIME_6))).toBe("304523211125");
    expect(hex(area, putTime(area, time_s, TIME_5))).toBe("4523211125");
    expect(hex(area, putDate(area, time_s))).toBe("05211125");
    expect(hex(area, putTimeOfDay(area, time_s))).toBe("304523");
    expect(hex(area, putTime(area, 0, TIME_6))).toBe("000000000000");
    put(area, "304523211125");
    expect(secondsAt(area, area + 3)).toBe(time_s);
    expect(secondsAt5(area + 1)).toBe(time_s - 30);
    put(area, "304523311125");
    expect(secondsAt(area, area + 3)).toBe(NONSENSE);
    expect(secondsAt5(area + 1)).toBe(NONSENSE);
  });

  it("are dates for every day of the century", () => {
    let wrong = 0;
    for (let day: u32 = 0; day < 36525; day++) {
      const time_s = day * 86400 + ((day * 7919) % 86400);
      dateOf(time_s, area);
      const back_s = secondsOf(area);
      if (back_s != time_s && time_s != 0) wrong++;
      if (load<u8>(area + 3) != <u8>(weekdayOf(time_s) + 1)) wrong++;
    }
    expect(wrong).toBe(0);
    expect(weekdayOf(at(25, 11, 21, 12, 0, 0))).toBe(5, "a Friday");
    expect(weekdayOf(at(24, 2, 29, 0, 0, 0))).toBe(4);
    expect(weekdayOf(0)).toBe(6, "2000-01-01 was a Saturday");
    dateOf(3155759999, area);
    expect(hex(area, 7)).toBe("59592305311299");
    dateOf(3155760000, area);
    expect(hex(area, 3)).toBe("000000");
    expect(hex(area + 4, 3)).toBe("010100", "it begins again");
  });
});

describe("anything", () => {
  it("that is a right frame is answered from its own address or silent, and never traps", () => {
    begin();
    meter.load_count = 9;
    meter.settlement_count = 3;
    let seed: u32 = 1;
    let foreign = 0;
    for (let i = 0; i < 6000; i++) {
      let text = "";
      seed = seed * 1664525 + 1013904223;
      const length = (seed >> 16) % 40;
      for (let k: u32 = 0; k < length; k++) {
        seed = seed * 1664525 + 1013904223;
        const byte = seed >> 24;
        // Often small: identifiers and digits
        store<u8>(area, <u8>(byte & 1 ? byte & 7 : byte));
        text += hex(area, 1);
      }
      const to = (seed >> 8) & 1 ? H5 : BOX;
      const answer = ask(to, (seed >> 10) & 0x1f, text);
      if (answer.length > 0 && answerAddress() != to) foreign++;
    }
    expect(foreign).toBe(0);
    expect(ask(H5, 0x11, "01040004")).toBe("91 01040004" + H5);
  });
});
