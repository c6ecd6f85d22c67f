/** What the tubes show: glyphs, numbers, pages, and the time behind the clock page. */

import { NONSENSE, secondsOf } from "../../src/common/calendar";
import { storeLe32 } from "../../src/common/bytes";
import { putAmount, putCounter, putDigits } from "../../src/display/format";
import { glyphDigit } from "../../src/display/glyphs";
import {
  LAMPS,
  darkenLower,
  showAmount,
  showBox,
  showConsumed,
  showError,
  showPhases,
  showRelay,
  showUnit,
} from "../../src/display/pages";

const tubes: usize = memory.data(12);
const number: usize = memory.data(5);
const registers: usize = memory.data(7);

// Lit segments of each character as a person draws it: A at the top, clockwise, G in the middle.
const CHARACTERS: string = " -0123456789AbCEFHnPr";
const DRAWINGS: string =
  ",G,ABCDEF,BC,ABDEG,ABCDG,BCFG,ACDFG,ACDEFG,ABC,ABCDEFG,ABCDFG," + // up to 9
  "ABCEFG,CDEFG,ADEF,ADEFG,AEFG,BCEFG,CEG,ABEFG,EG";

/** What a person reads. Bits: MAX7219 data sheet, table 6: D6 is A, D0 is G. */
function character(segments: u8): string {
  let drawing = "";
  for (let bit = 6; bit >= 0; bit--) {
    if (((segments >> (<u8>bit)) & 1) != 0) drawing += "GFEDCBA".charAt(bit);
  }
  const index = DRAWINGS.split(",").indexOf(drawing);
  return index < 0 ? "?" : CHARACTERS.charAt(index);
}

function row(start: i32, count: i32): string {
  let result = "";
  for (let i = start; i < start + count; i++) {
    const segments = load<u8>(tubes + i);
    result += character(segments);
    if ((segments & 128) != 0) result += ".";
  }
  return result;
}

function both(): string {
  return row(0, 4) + "|" + row(4, 6);
}

function amount(value: i32, decimals: i32): string {
  putAmount(tubes, value, decimals);
  return row(0, 6);
}

function time(year: u8, month: u8, date: u8, hour: u8, minute: u8, second: u8): u32 {
  store<u8>(registers, second);
  store<u8>(registers + 1, minute);
  store<u8>(registers + 2, hour);
  store<u8>(registers + 3, 1);
  store<u8>(registers + 4, date);
  store<u8>(registers + 5, month);
  store<u8>(registers + 6, year);
  return secondsOf(registers);
}

describe("glyphs", () => {
  it("are the ten digits", () => {
    for (let digit: u32 = 0; digit < 10; digit++) {
      expect(character(glyphDigit(digit))).toBe(digit.toString());
    }
  });

  it("trap on what is no digit", () => {
    expect(() => {
      glyphDigit(10);
    }).toThrow();
  });
});

describe("numbers", () => {
  it("have leading zeros and lose what does not fit", () => {
    putDigits(tubes, 4, 39);
    expect(row(0, 4)).toBe("0039");
    putDigits(tubes, 4, 123456);
    expect(row(0, 4)).toBe("3456");
    putDigits(tubes, 6, 0);
    expect(row(0, 6)).toBe("000000");
  });

  it("with one decimal", () => {
    expect(amount(0, 1)).toBe("    0.0");
    expect(amount(9, 1)).toBe("    0.0");
    expect(amount(10, 1)).toBe("    0.1");
    expect(amount(1234, 1)).toBe("   12.3");
    expect(amount(1239, 1)).toBe("   12.3"); // cut off, not rounded up
    expect(amount(1000000, 1)).toBe("10000.0");
    expect(amount(9999990, 1)).toBe("99999.9");
  });

  it("with two decimals, or one when two do not fit", () => {
    expect(amount(0, 2)).toBe("   0.00");
    expect(amount(5, 2)).toBe("   0.05");
    expect(amount(999999, 2)).toBe("9999.99");
    expect(amount(1000000, 2)).toBe("10000.0");
    expect(amount(9999999, 2)).toBe("99999.9");
  });

  it("never above 99999.9", () => {
    expect(amount(9999999, 1)).toBe("99999.9");
    expect(amount(10000000, 1)).toBe("99999.9");
    expect(amount(10000000, 2)).toBe("99999.9");
    expect(amount(i32.MAX_VALUE, 1)).toBe("99999.9");
    expect(amount(i32.MAX_VALUE, 2)).toBe("99999.9");
  });

  it("below zero with a minus, down to -9999.9", () => {
    expect(amount(-9, 1)).toBe("    0.0");
    expect(amount(-10, 1)).toBe("   -0.1");
    expect(amount(-1, 2)).toBe("  -0.01");
    expect(amount(-1239, 1)).toBe("  -12.3");
    expect(amount(-99999, 2)).toBe("-999.99");
    expect(amount(-100000, 2)).toBe("-1000.0");
    expect(amount(-999999, 1)).toBe("-9999.9");
    expect(amount(-1000000, 1)).toBe("-9999.9");
    expect(amount(i32.MIN_VALUE, 1)).toBe("-9999.9");
    expect(amount(i32.MIN_VALUE, 2)).toBe("-9999.9");
  });

  it("that count roll over like a register", () => {
    putCounter(tubes, 9999999, 1);
    expect(row(0, 6)).toBe("99999.9");
    putCounter(tubes, 10000000, 1);
    expect(row(0, 6)).toBe("    0.0");
    putCounter(tubes, 4294967295, 2);
    expect(row(0, 6)).toBe("49672.9");
  });
});

describe("pages", () => {
  it("box number over both rows, ten dashes without one", () => {
    storeLe32(number, 0x78563412);
    store<u8>(number + 4, 0x90);
    showBox(tubes, number);
    expect(both()).toBe("1234|567890");
    showBox(tubes, 0);
    expect(both()).toBe("----|------");
  });

  it("unit number", () => {
    showUnit(tubes, 7);
    expect(both()).toBe("    |  0007");
    showUnit(tubes, 9999);
    expect(both()).toBe("    |  9999");
  });

  it("household with its amount, lit and dark", () => {
    showAmount(tubes, 39, 123456, 1);
    expect(both()).toBe("0039| 1234.5");
    darkenLower(tubes);
    expect(both()).toBe("0039|      ");
    showAmount(tubes, 1, -50, 2);
    expect(both()).toBe("0001|  -0.50");
    showConsumed(tubes, 2, 10000050, 2);
    expect(both()).toBe("0002|   0.50");
  });

  it("errors, with and without household", () => {
    showError(tubes, 0, -22);
    expect(both()).toBe("    |Err 22");
    showError(tubes, 7, -4);
    expect(both()).toBe("0007|Err 04");
  });

  it("relays", () => {
    showRelay(tubes, 12, false);
    expect(both()).toBe("0012|   0FF");
    showRelay(tubes, 12, true);
    expect(both()).toBe("0012|    0n");
  });

  it("missing phases, every combination, and nothing beyond the rows", () => {
    store<u8>(tubes + LAMPS, 0xa5);
    const letters: string[] = ["   ", "A  ", " b ", "Ab ", "  C", "A C", " bC", "AbC"];
    for (let missing: u32 = 0; missing < 8; missing++) {
      showPhases(tubes, missing);
      expect(both()).toBe("  PH|   " + letters[missing]);
    }
    expect(load<u8>(tubes + LAMPS)).toBe(0xa5);
  });
});

describe("calendar", () => {
  it("counts seconds since 2000", () => {
    expect(time(0x00, 0x01, 0x01, 0, 0, 0x01)).toBe(1);
    expect(time(0x00, 0x01, 0x02, 0, 0, 0)).toBe(86400);
    expect(time(0x00, 0x02, 0x29, 0, 0, 0)).toBe(59 * 86400); // 2000 is a leap year
    expect(time(0x00, 0x03, 0x01, 0, 0, 0)).toBe(60 * 86400);
    expect(time(0x01, 0x01, 0x01, 0, 0, 0)).toBe(366 * 86400);
    expect(time(0x24, 0x12, 0x31, 0x23, 0x59, 0x59)).toBe(789004799);
    expect(time(0x99, 0x12, 0x31, 0x23, 0x59, 0x59)).toBe(3155759999);
  });

  it("walks through four years day by day", () => {
    const lengths: u8[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let expected: u32 = time(0x24, 0x01, 0x01, 0, 0, 0);
    let wrong = 0;
    for (let year: u8 = 0x24; year < 0x28; year++) {
      for (let month: u8 = 1; month <= 12; month++) {
        const days = lengths[month - 1] + (year == 0x24 && month == 2 ? 1 : 0);
        for (let date: u8 = 1; date <= days; date++) {
          const bcd_month: u8 = month < 10 ? month : month + 6;
          const bcd_date: u8 = date + 6 * (date / 10);
          if (time(year, bcd_month, bcd_date, 0, 0, 0) != expected) wrong++;
          expected += 86400;
        }
        const beyond: u8 = days + 1 + 6 * ((days + 1) / 10);
        if (time(year, month < 10 ? month : month + 6, beyond, 0, 0, 0) != NONSENSE) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });

  it("refuses nonsense", () => {
    expect(time(0x24, 0x01, 0x01, 0, 0, 0x60)).toBe(NONSENSE);
    expect(time(0x24, 0x01, 0x01, 0, 0x60, 0)).toBe(NONSENSE);
    expect(time(0x24, 0x01, 0x01, 0x24, 0, 0)).toBe(NONSENSE);
    expect(time(0x24, 0x01, 0x01, 0x52, 0, 0)).toBe(NONSENSE); // 12-hour mode
    expect(time(0x24, 0x00, 0x01, 0, 0, 0)).toBe(NONSENSE);
    expect(time(0x24, 0x13, 0x01, 0, 0, 0)).toBe(NONSENSE);
    expect(time(0x24, 0x81, 0x01, 0, 0, 0)).toBe(NONSENSE); // century
    expect(time(0x24, 0x01, 0x00, 0, 0, 0)).toBe(NONSENSE);
    expect(time(0x23, 0x02, 0x29, 0, 0, 0)).toBe(NONSENSE);
    expect(time(0x24, 0x01, 0x0a, 0, 0, 0)).toBe(NONSENSE);
    expect(time(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).toBe(NONSENSE);
  });
});
