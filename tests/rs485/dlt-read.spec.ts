/** DL/T 645, 11h: every identifier of src/rs485/SPEC.md byte by byte and whom it belongs to: energies,
 *  credit, instantaneous values, parameters. */

import { storeLe32 } from "../../src/common/bytes";
import * as link from "../../src/link/frame";
import { contextTime } from "../../src/rs485/context";
import {
  BOX,
  H3,
  H5,
  H7,
  at,
  begin,
  boxReply,
  meter,
  read,
  sliceOf,
  tellSnapshot,
} from "./dlt-meter";

const NO_DATA: string = "d1 02";
const FF4: string = "ffffffff";
const ZERO4: string = "00000000";

/** Household 5: 1234.56 kWh forward, 2.00 back, both counted. */
function count(): void {
  const slice = sliceOf(5);
  storeLe32(slice + link.SLICE_FORWARD, 123456);
  storeLe32(slice + link.SLICE_REVERSE, 200);
  storeLe32(slice + link.SLICE_CONSUMED, 123656);
}

function be(mode: u32): void {
  meter.status = link.STATUS_PROVISIONED | mode;
  tellSnapshot();
}

function text(characters: string, size: i32): string {
  let digits = "";
  for (let i = size - 1; i >= 0; i--) {
    const code = i < characters.length ? characters.charCodeAt(i) : 32;
    digits += code.toString(16);
  }
  return digits;
}

describe("energies", () => {
  beforeEach(() => {
    begin();
    count();
  });

  it("of now, in all tariffs", () => {
    expect(read(H5, 0x00000000)).toBe("56361200");
    expect(read(H5, 0x00010000)).toBe("56341200");
    expect(read(H5, 0x00020000)).toBe("00020000");
    expect(read(H5, 0x00010100)).toBe("56341200");
    for (let tariff: u32 = 2; tariff <= 4; tariff++) {
      expect(read(H5, 0x00010000 | (tariff << 8))).toBe(ZERO4);
    }
    expect(read(H5, 0x0001ff00)).toBe("5634120056341200" + ZERO4 + ZERO4 + ZERO4);
    expect(read(H5, 0x0002ff00)).toBe("0002000000020000" + ZERO4 + ZERO4 + ZERO4);
    expect(read(H7, 0x00000000)).toBe(ZERO4);
  });

  it("above eight digits begin again", () => {
    storeLe32(sliceOf(5) + link.SLICE_FORWARD, 4294967295);
    expect(read(H5, 0x00010000)).toBe("95729694");
  });

  it("of settlements; those that were not yet are no data, FF in a block", () => {
    meter.settlement_count = 2;
    expect(read(H5, 0x00010001)).toBe("00900900");
    expect(read(H5, 0x00020001)).toBe("90190000");
    expect(read(H5, 0x00000001)).toBe("90091000");
    expect(read(H5, 0x00010002)).toBe("00800900");
    expect(read(H5, 0x0001ff02)).toBe("0080090000800900" + ZERO4 + ZERO4 + ZERO4);
    expect(read(H5, 0x00010003)).toBe(NO_DATA);
    expect(read(H5, 0x0001000c)).toBe(NO_DATA);
    expect(read(H5, 0x000100ff)).toBe("56341200" + "00900900" + "00800900" + FF4.repeat(10));
    expect(read(H5, 0x000104ff)).toBe(ZERO4.repeat(3) + FF4.repeat(10));
  });

  it("combined without reverse where it does not count", () => {
    meter.settlement_count = 1;
    storeLe32(sliceOf(5) + link.SLICE_CONSUMED, 123456);
    expect(read(H5, 0x00000000)).toBe("56341200");
    expect(read(H5, 0x00000001)).toBe("00900900");
  });

  it("of settlement periods", () => {
    expect(read(H5, 0x000b0000)).toBe("56361200", "no settlement yet");
    expect(read(H5, 0x000b0001)).toBe(NO_DATA);
    meter.settlement_count = 1;
    expect(read(H5, 0x000b0000)).toBe("66260200");
    expect(read(H5, 0x000b0001)).toBe("90091000");
    meter.settlement_count = 2;
    expect(read(H5, 0x000b0001)).toBe("10100000");
  });

  it("and their neighbours are refused", () => {
    const wrong: u32[] = [
      0x0001000d, 0x00010500, 0x0001fe00, 0x00030000, 0x000b0002, 0x000b00ff, 0x00150000,
      0x000b0100,
    ];
    for (let i = 0; i < wrong.length; i++) {
      expect(read(H5, wrong[i])).toBe(NO_DATA, wrong[i].toString(16));
    }
    expect(read(BOX, 0x00010000)).toBe(NO_DATA);
  });
});

describe("credit", () => {
  beforeEach(begin);

  it("in energy mode", () => {
    storeLe32(sliceOf(5) + link.SLICE_REMAINING, 16500);
    expect(read(H5, 0x00900100)).toBe("00650100");
    expect(read(H5, 0x00900101)).toBe(ZERO4);
    storeLe32(sliceOf(5) + link.SLICE_REMAINING, <u32>-250);
    expect(read(H5, 0x00900100)).toBe(ZERO4);
    expect(read(H5, 0x00900101)).toBe("50020000");
    expect(read(H5, 0x00900200)).toBe(NO_DATA);
    expect(read(H5, 0x00900201)).toBe(NO_DATA);
    expect(read(H5, 0x00900102)).toBe(NO_DATA);
  });

  it("in money mode", () => {
    be(link.STATUS_MONEY);
    storeLe32(sliceOf(5) + link.SLICE_REMAINING, 9999999);
    expect(read(H5, 0x00900200)).toBe("99999909");
    storeLe32(sliceOf(5) + link.SLICE_REMAINING, <u32>-1);
    expect(read(H5, 0x00900201)).toBe("01000000");
    expect(read(H5, 0x00900100)).toBe(NO_DATA);
  });

  it("its limits, in the mode that there is", () => {
    storeLe32(sliceOf(5) + link.SLICE_ALARM, 1001);
    storeLe32(sliceOf(5) + link.SLICE_TRIP, 502);
    storeLe32(sliceOf(5) + link.SLICE_OVERDRAFT, 3);
    storeLe32(sliceOf(5) + link.SLICE_HOARDING, 9999999);
    const energy: u32[] = [0x04000f01, 0x04000f02, 0x04000f03, 0x04000f04];
    const money: u32[] = [0x04001001, 0x04001002, 0x04001005, 0x04001003];
    const values: string[] = ["01100000", "02050000", "99999909", "03000000"];
    for (let i = 0; i < 4; i++) {
      expect(read(H5, energy[i])).toBe(values[i]);
      expect(read(H5, money[i])).toBe(NO_DATA);
    }
    be(link.STATUS_MONEY);
    for (let i = 0; i < 4; i++) {
      expect(read(H5, money[i])).toBe(values[i]);
      expect(read(H5, energy[i])).toBe(NO_DATA);
    }
    expect(read(H5, 0x04001004)).toBe(NO_DATA);
  });

  it("purchases", () => {
    meter.purchase_count = 3;
    expect(read(H5, 0x03320101)).toBe("3009011125");
    expect(read(H5, 0x03320103)).toBe("3009031125");
    expect(read(H5, 0x03320201)).toBe("0300");
    expect(read(H5, 0x03320203)).toBe("0100");
    expect(read(H5, 0x03320301)).toBe("00000100");
    expect(read(H5, 0x03320401)).toBe("50020080");
    expect(read(H5, 0x03320501)).toBe("50970000");
    expect(read(H5, 0x03320601)).toBe("00000700");
    expect(read(H5, 0x03320104)).toBe(NO_DATA);
    expect(read(H5, 0x0332010b)).toBe(NO_DATA);
    expect(read(H5, 0x03320701)).toBe(NO_DATA);
    expect(read(H5, 0x03330101)).toBe(NO_DATA);
    be(link.STATUS_MONEY);
    expect(read(H5, 0x03330201)).toBe("0300");
    expect(read(H5, 0x03330401)).toBe("50020080");
    expect(read(H5, 0x03320201)).toBe(NO_DATA);
    expect(read(BOX, 0x03330201)).toBe(NO_DATA);
  });

  it("openings and closings", () => {
    expect(read(H5, 0x1d000101)).toBe("060708191125");
    expect(read(H5, 0x1e000101)).toBe("000000000000", "unknown");
    expect(read(H5, 0x1d000102)).toBe(NO_DATA);
  });
});

describe("instantaneous values", () => {
  beforeEach(begin);

  it("voltage: the box has three, a household of one channel its own, one of three all", () => {
    expect(read(BOX, 0x02010100)).toBe("9722");
    expect(read(BOX, 0x0201ff00)).toBe("9722" + "0122" + "1223");
    expect(read(H7, 0x0201ff00)).toBe("9722" + "0122" + "1223");
    expect(read(H7, 0x02010300)).toBe("1223");
    expect(read(H3, 0x02010100)).toBe("9722");
    expect(read(H5, 0x02010100)).toBe("0122");
    expect(read(H5, 0x02010200)).toBe(NO_DATA);
    expect(read(H5, 0x0201ff00)).toBe("0122" + "ffffffff");
    expect(read(BOX, 0x02010400)).toBe(NO_DATA);
    expect(read(BOX, 0x02010000)).toBe(NO_DATA);
    expect(read(BOX, 0x020101ff)).toBe(NO_DATA);
    expect(read(BOX, 0x02020100)).toBe(NO_DATA);
  });

  it("power: the whole, and that of the only phase", () => {
    storeLe32(sliceOf(5) + link.SLICE_POWER, 123456);
    storeLe32(sliceOf(7) + link.SLICE_POWER, <u32>-1);
    expect(read(H5, 0x02030000)).toBe("563412");
    expect(read(H5, 0x02030100)).toBe("563412");
    expect(read(H5, 0x02030200)).toBe(NO_DATA);
    expect(read(H5, 0x0203ff00)).toBe("563412" + "563412" + "ffffffffffff");
    expect(read(H7, 0x02030000)).toBe("010080");
    expect(read(H7, 0x02030100)).toBe(NO_DATA);
    expect(read(H7, 0x0203ff00)).toBe("010080" + "ff".repeat(9));
    storeLe32(sliceOf(5) + link.SLICE_POWER, 900000);
    expect(read(H5, 0x02030000)).toBe("999979", "no room for more beside the sign");
    expect(read(BOX, 0x02030000)).toBe(NO_DATA);
  });

  it("frequency, demand", () => {
    expect(read(BOX, 0x02800002)).toBe("0350");
    expect(read(H5, 0x02800002)).toBe("0350");
    expect(read(H5, 0x01010000)).toBe("103204" + "1518201125");
    expect(read(H5, 0x01010001)).toBe(NO_DATA);
  });
});

describe("parameters", () => {
  beforeEach(begin);

  it("date and time, Sunday is 00", () => {
    expect(read(BOX, 0x04000101)).toBe("05211125");
    expect(read(H5, 0x04000102)).toBe("453012");
    expect(read(H5, 0x0400010c)).toBe("453012" + "05211125");
    contextTime(at(25, 11, 23, 0, 0, 1));
    expect(read(BOX, 0x0400010c)).toBe("010000" + "00231125");
    contextTime(0);
    expect(read(BOX, 0x04000101)).toBe(NO_DATA);
    expect(read(BOX, 0x0400010c)).toBe(NO_DATA);
  });

  it("the same for both", () => {
    const both: string[] = [H5, BOX];
    for (let i = 0; i < 2; i++) {
      const to = both[i];
      expect(read(to, 0x04000103)).toBe("15");
      expect(read(to, 0x04000104)).toBe("15");
      expect(read(to, 0x04000204)).toBe("01");
      expect(read(to, 0x04000306)).toBe("010000");
      expect(read(to, 0x04000307)).toBe("010000");
      expect(read(to, 0x04000401)).toBe(to);
      expect(read(to, 0x04000402)).toBe(to);
      expect(read(to, 0x04000404)).toBe(text("220V", 6));
      expect(read(to, 0x04000405)).toBe(text("15A", 6));
      expect(read(to, 0x04000407)).toBe(text("1.0", 4));
      expect(read(to, 0x0400040b)).toBe(text("M39", 10));
      expect(read(to, 0x0400040d)).toBe(text("DL/T645-2007", 16));
      expect(read(to, 0x04800001)).toBe(text("meter39 0.1.0", 32));
      expect(read(to, 0x04000601)).toBe("05");
      expect(read(to, 0x04000703)).toBe("20");
      expect(read(to, 0x04000901)).toBe("08");
      expect(read(to, 0x04000a05)).toBe("6000");
      expect(read(to, 0x04000b01)).toBe("0001");
    }
    meter.reverse_counts = 0;
    expect(read(H5, 0x04000601)).toBe("01");
  });

  it("of a household", () => {
    expect(read(H5, 0x04000409)).toBe("051600");
    expect(read(H7, 0x04000409)).toBe("071600");
    expect(read(H5, 0x0400040e)).toBe(H5);
    expect(read(BOX, 0x04000409)).toBe(NO_DATA);
    expect(read(BOX, 0x0400040e)).toBe(NO_DATA);
  });

  it("currents with and without a point", () => {
    const currents: u32[] = [100, 1500, 5000, 20000, 60000, 100000, 12340];
    const texts: string[] = ["0.1A", "1.5A", "5A", "20A", "60A", "100A", "12.3A"];
    for (let i = 0; i < currents.length; i++) {
      storeLe32(boxReply() + link.BOX_BASIC_CURRENT, currents[i]);
      tellSnapshot();
      expect(read(BOX, 0x04000405)).toBe(text(texts[i], 6));
    }
  });

  it("all rates", () => {
    const bytes: string[] = ["04", "08", "10", "20", "40"];
    for (let code: u8 = 0; code < 5; code++) {
      store<u8>(boxReply() + link.BOX_LINE_RATE, code);
      tellSnapshot();
      expect(read(BOX, 0x04000703)).toBe(bytes[code]);
    }
  });
});
