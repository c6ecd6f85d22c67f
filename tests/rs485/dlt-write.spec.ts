/** DL/T 645: what is written, cleared and frozen. What the meter is told is compared byte by
 *  byte; whatever is malformed never reaches it. */

import { fillBytes } from "../../src/common/bytes";
import { STATUS_MONEY } from "../../src/link/frame";
import { contextTime, takeClockWish } from "../../src/rs485/context";
import { KEYS, ZERO4, expectRefused, expectWords, told } from "./dlt-expect";
import { BOX, H5, H7, ask, at, begin, command, hex, meter, tellSnapshot } from "./dlt-meter";

const REFUSED: string = "d4 01";
const DENIED: string = "d4 04";

function write(to: string, identifier: string, value: string): string {
  fillBytes(command, 0, 128);
  return ask(to, 0x14, identifier + KEYS + value);
}

describe("14h", () => {
  beforeEach(begin);

  it("writes levels of a household in the mode that there is", () => {
    expect(write(H5, "010f0004", "99999909")).toBe("94 ");
    told("010528", "7f969800", ZERO4, "010f0004");
    expect(write(H7, "020f0004", ZERO4)).toBe("94 ");
    told("010729", ZERO4, ZERO4, "020f0004");
    expect(write(H5, "01100004", ZERO4)).toBe("d4 02");
    meter.status |= STATUS_MONEY;
    tellSnapshot();
    expect(write(H5, "01100004", "00200000")).toBe("94 ");
    told("010528", "d0070000", ZERO4, "01100004");
    expect(write(H5, "02100004", "00200000")).toBe("94 ");
    told("010529", "d0070000", ZERO4, "02100004");
    expect(write(H5, "010f0004", ZERO4)).toBe("d4 02");
    expectWords(H5, 0x14, "01100004" + KEYS + ZERO4, "d4");
  });

  it("writes rate, interval and settlement day of the box", () => {
    expect(write(BOX, "03070004", "40")).toBe("94 ");
    told("01000d", "04000000", ZERO4, "03070004");
    expect(write(BOX, "050a0004", "1500")).toBe("94 ");
    told("010011", "0f000000", ZERO4, "050a0004");
    expect(write(BOX, "010b0004", "2328")).toBe("94 ");
    told("010012", "070b0000", ZERO4, "010b0004"); // 2823
    expectWords(BOX, 0x14, "050a0004" + KEYS + "3000", "d4");
  });

  it("refuses wrong lengths, what is not BCD, and what is out of range", () => {
    const head = "010f0004" + KEYS;
    expectRefused(
      H5,
      0x14,
      [
        "",
        "010f0004",
        "010f0004" + KEYS.substr(2),
        head,
        head + "000000",
        head + "0000000000",
        head + "0a000000",
        head + "000000a0",
        head + "00000010",
        head + "ffffffff",
      ],
      REFUSED,
    );
    const rate = "03070004" + KEYS;
    const interval = "050a0004" + KEYS;
    const day = "010b0004" + KEYS;
    expectRefused(
      BOX,
      0x14,
      [
        rate,
        rate + "02",
        rate + "80",
        rate + "0c",
        rate + "2020",
        interval,
        interval + "15",
        interval + "1400",
        interval + "0f00",
        interval + "6100",
        interval + "0015",
        day + "0000",
        day + "0029",
        day + "2401",
        day + "0001" + "00",
        day + "000a",
      ],
      REFUSED,
    );
  });

  it("denies what is only read, and does not know the rest", () => {
    const household = ["00000100", "00019000", "030f0004", "040f0004", "09040004", "01040004"];
    for (let i = 0; i < household.length; i++) {
      expect(write(H5, household[i], ZERO4)).toBe(DENIED, household[i]);
    }
    const box_only = ["03070004", "050a0004", "010b0004"];
    for (let i = 0; i < box_only.length; i++) {
      expect(write(H5, box_only[i], "40")).toBe(DENIED, box_only[i]);
    }
    expect(write(BOX, "02008002", "5000")).toBe(DENIED);
    expect(write(BOX, "01060004", "05")).toBe(DENIED);
    expect(write(BOX, "030c0004", "02563412")).toBe("d4 02", "a password");
    expect(write(BOX, "010f0004", ZERO4)).toBe("d4 02", "of a household");
    expect(write(H5, "03100204", ZERO4)).toBe("d4 02");
    expect(meter.command_count).toBe(0);
  });

  it("sets the clock when the password is good", () => {
    expect(write(BOX, "01010004", "00231125")).toBe("94 ");
    told("000004", ZERO4, ZERO4, "01010004");
    expect(takeClockWish()).toBe(at(25, 11, 23, 12, 30, 45));
    expect(write(BOX, "02010004", "595923")).toBe("94 ");
    told("000004", ZERO4, ZERO4, "02010004");
    expect(takeClockWish()).toBe(at(25, 11, 21, 23, 59, 59));
    expect(write(BOX, "0c010004", "00000004290224")).toBe("94 ");
    told("000004", ZERO4, ZERO4, "0c010004");
    expect(takeClockWish()).toBe(at(24, 2, 29, 0, 0, 0));
    expect(write(H5, "01010004", "00231125")).toBe("94 ", "at a household too");
    told("000004", ZERO4, ZERO4, "01010004");
    expect(takeClockWish()).toBe(at(25, 11, 23, 12, 30, 45));
    meter.result = -24;
    expect(write(BOX, "0c010004", "00000004290224")).toBe(DENIED);
    expect(takeClockWish()).toBe(0);
    expectWords(BOX, 0x14, "02010004" + KEYS + "000000", "d4");
  });

  it("sets no clock that does not exist", () => {
    const date = "01010004" + KEYS;
    const time = "02010004" + KEYS;
    const both = "0c010004" + KEYS;
    const wrong = [
      date,
      date + "05211325",
      date + "05310625",
      date + "07211125",
      date + "0521112500",
      date + "052111",
      date + "052a1125",
      time,
      time + "600000",
      time + "006000",
      time + "000024",
      time + "00000000",
      time + "0000",
      both + "0000000429022",
      both + "00000004290225",
      both + "00000009290224",
      both + "000000290224",
      both + "00000004290224" + "00",
    ];
    for (let i = 0; i < wrong.length; i++) if (wrong[i].length % 2 != 0) wrong[i] += "3";
    expectRefused(BOX, 0x14, wrong, REFUSED);
    contextTime(0);
    expectRefused(BOX, 0x14, [date + "05211125", time + "000000"], REFUSED);
    expect(takeClockWish()).toBe(0);
    expect(write(BOX, "0c010004", "00000004290224")).toBe("94 ", "both halves need no clock");
    expect(takeClockWish()).toBe(at(24, 2, 29, 0, 0, 0));
  });
});

describe("16h", () => {
  beforeEach(begin);

  it("freezes now, or sets when", () => {
    expect(ask(BOX, 0x16, "99999999")).toBe("96 ");
    expect(hex(command + 8, 16)).toBe("07000300" + ZERO4.repeat(3));
    expect(ask(BOX, 0x16, "45239999")).toBe("96 ");
    expect(hex(command + 8, 16)).toBe("08000100" + "29090000" + ZERO4.repeat(2)); // 2345
    expect(ask(BOX, 0x16, "00232899")).toBe("96 ");
    expect(hex(command + 8, 16)).toBe("08000200" + "070b0000" + ZERO4.repeat(2)); // 2823
    expectWords(BOX, 0x16, "99999999", "d6");
  });

  it("not hourly, yearly, at no time, or for a household", () => {
    expectRefused(
      BOX,
      0x16,
      [
        "",
        "999999",
        "9999999999",
        "00999999",
        "00000101",
        "01000199",
        "60009999",
        "00249999",
        "00002999",
        "00000099",
        "00240199",
        "0a009999",
        "99009999",
      ],
      "d6 01",
    );
    expectRefused(H5, 0x16, ["99999999"], "d6 01");
    expectRefused("999999999999", 0x16, ["00999999", "999999"], "");
  });
});

describe("18h to 1Bh", () => {
  beforeEach(begin);

  it("changes the passwords of levels 2 and 4", () => {
    expect(ask(BOX, 0x18, "030c0004" + "02563412" + "02999999")).toBe("98 02999999");
    expect(hex(command, 24)).toBe(
      "02563412" + ZERO4 + "02000200" + "3f420f00" + ZERO4 + "030c0004",
    );
    expect(ask(H5, 0x18, "050c0004" + "02563412" + "04010000")).toBe("98 04010000");
    expect(hex(command, 24)).toBe(
      "02563412" + ZERO4 + "02000400" + "01000000" + ZERO4 + "050c0004",
    );
    expectWords(BOX, 0x18, "030c0004" + "02563412" + "02999999", "d8");
  });

  it("and no others", () => {
    expectRefused(
      BOX,
      0x18,
      ["010c0004" + "02563412" + "00999999", "040c0004" + "02563412" + "03999999"],
      "d8 02",
    );
    expectRefused(
      BOX,
      0x18,
      [
        "",
        "030c0004" + "02563412",
        "030c0004" + "02563412" + "04999999",
        "030c0004" + "02563412" + "029999a9",
        "030c0004" + "02563412" + "0299999900",
      ],
      "d8 01",
    );
  });

  it("clears the demand of one or of all", () => {
    expect(ask(H5, 0x19, KEYS)).toBe("99 ");
    told("030500", ZERO4, ZERO4, ZERO4);
    expect(ask(BOX, 0x19, KEYS)).toBe("99 ");
    told("030000", ZERO4, ZERO4, ZERO4);
    expectRefused(H5, 0x19, ["", KEYS + "00", KEYS.substr(2)], "d9 01");
    expectWords(H5, 0x19, KEYS, "d9");
  });

  it("clears the box, at the box", () => {
    expect(ask(BOX, 0x1a, KEYS)).toBe("9a ");
    told("040000", ZERO4, ZERO4, ZERO4);
    expectRefused(BOX, 0x1a, ["", KEYS + "00"], "da 01");
    expectRefused(H5, 0x1a, [KEYS], "da 01");
    expectWords(BOX, 0x1a, KEYS, "da");
  });

  it("clears events by their identifiers", () => {
    const identifiers = [
      "ffffffff",
      "ff001103",
      "ff010403",
      "ff030403",
      "ff003003",
      "ff013003",
      "ff023003",
      "ff033003",
      "ff043003",
    ];
    const kinds = ["00", "02", "08", "08", "12", "16", "15", "14", "0d"];
    for (let i = 0; i < identifiers.length; i++) {
      expect(ask(BOX, 0x1b, KEYS + identifiers[i])).toBe("9b ");
      told("0500" + kinds[i], ZERO4, ZERO4, identifiers[i]);
    }
    expectRefused(
      BOX,
      0x1b,
      [
        KEYS + "01001103",
        KEYS + "ff000100",
        KEYS + "ff040403",
        KEYS + "ff053003",
        KEYS + "ff010004",
      ],
      "db 02",
    );
    expectRefused(BOX, 0x1b, ["", KEYS, KEYS + "ffffffff00"], "db 01");
    expectRefused(H5, 0x1b, [KEYS + "ffffffff"], "db 01");
    expectWords(BOX, 0x1b, KEYS + "ffffffff", "db");
  });
});
