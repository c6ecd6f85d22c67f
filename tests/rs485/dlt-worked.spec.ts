/** DL/T 645 byte for byte: worked frames that were computed by an independent encoder, frames that others
 *  published, and who answers which address. Source: DL/T 645-2007. */

import { storeLe32 } from "../../src/common/bytes";
import * as link from "../../src/link/frame";
import { takeClockWish, takeRateWish } from "../../src/rs485/context";
import {
  BOX,
  H5,
  H7,
  SILENT,
  answerAddress,
  ask,
  at,
  begin,
  boxReply,
  command,
  hex,
  meter,
  put,
  read,
  seal,
  send,
  sliceOf,
  tellSnapshot,
  useHousehold,
} from "./dlt-meter";

const WAKE: string = "fefefefe";
const READ_FORWARD: string = "000001 00";

function says(request: string, answer: string): void {
  const expected = answer == SILENT ? SILENT : WAKE + answer.replaceAll(" ", "").toLowerCase();
  expect(send(request)).toBe(expected, request);
}

function commandText(from: i32, size: i32): string {
  return hex(command + from, size);
}

/** A box of this number, with this household in use on phase A. */
function beBox(number: string, household: i32): void {
  begin();
  put(boxReply() + link.BOX_NUMBER, number);
  useHousehold(household, 1);
  tellSnapshot();
}

describe("worked frames", () => {
  beforeEach(() => {
    begin();
    const slice = sliceOf(5);
    storeLe32(slice + link.SLICE_FORWARD, 123456);
    storeLe32(slice + link.SLICE_CONSUMED, 123456);
    storeLe32(slice + link.SLICE_REMAINING, 16500);
    storeLe32(slice + link.SLICE_POWER, <u32>-12345);
    put(boxReply() + link.BOX_VOLTAGES + 2, "F9 08"); // phase B, 229.7 V
    tellSnapshot();
  });

  it("1, 2: the address", () => {
    says(
      "68 AA AA AA AA AA AA 68 13 00 DF 16",
      "68 00 01 21 11 25 20 68 93 06 33 34 54 44 58 53 8B 16",
    );
  });

  it("3, 4: forward energy", () => {
    says(
      "68 05 01 21 11 25 20 68 11 04 33 33 34 33 2F 16",
      "68 05 01 21 11 25 20 68 91 08 33 33 34 33 89 67 45 33 1B 16",
    );
  });

  it("7, 8: remaining energy", () => {
    says(
      "68 05 01 21 11 25 20 68 11 04 33 34 C3 33 BF 16",
      "68 05 01 21 11 25 20 68 91 08 33 34 C3 33 33 98 34 33 75 16",
    );
  });

  it("9, 10: money on a meter of energy", () => {
    says(
      "68 05 01 21 11 25 20 68 11 04 33 35 C3 33 C0 16",
      "68 05 01 21 11 25 20 68 D1 01 35 54 16",
    );
  });

  it("11, 12: voltage", () => {
    says(
      "68 05 01 21 11 25 20 68 11 04 33 34 34 35 32 16",
      "68 05 01 21 11 25 20 68 91 06 33 34 34 35 CA 55 D3 16",
    );
  });

  it("13: power that flows back", () => {
    says(
      seal("68 05 01 21 11 25 20 68 11 04 33 33 36 35"),
      "68 05 01 21 11 25 20 68 91 07 33 33 36 35 78 56 B4 38 16",
    );
  });

  it("14, 15: the alarm level, and a wrong password", () => {
    const request =
      "68 05 01 21 11 25 20 68 14 10 34 42 33 37 35 89 67 45 34 33 33 33 33 53 33 33 74 16";
    says(request, "68 05 01 21 11 25 20 68 94 00 E1 16");
    expect(hex(command, 24)).toBe(
      "02563412" + "01000000" + "01052800" + "d0070000" + "00000000" + "010f0004",
    );
    meter.result = -24;
    says(request, "68 05 01 21 11 25 20 68 D4 01 37 59 16");
  });

  it("16: the date", () => {
    says(
      "68 05 01 21 11 25 20 68 14 10 34 34 33 37 35 89 67 45 34 33 33 33 38 54 44 58 A2 16",
      "68 05 01 21 11 25 20 68 94 00 E1 16",
    );
    expect(takeClockWish()).toBe(at(25, 11, 21, 12, 30, 45));
  });

  it("17, 18: open, and refused", () => {
    const request =
      "68 05 01 21 11 25 20 68 1C 10 35 89 67 45 34 33 33 33 4D 33 63 78 56 54 44 58 51 16";
    says(request, "68 05 01 21 11 25 20 68 9C 00 E9 16");
    expect(commandText(8, 4)).toBe("06051a00");
    expect(load<u32>(command + 16)).toBe(at(25, 11, 21, 23, 45, 30));
    meter.result = -24;
    says(request, "68 05 01 21 11 25 20 68 DC 01 37 61 16");
  });

  it("19: allow to close", () => {
    says(
      "68 05 01 21 11 25 20 68 1C 10 35 89 67 45 34 33 33 33 4E 33 63 78 56 54 44 58 52 16",
      "68 05 01 21 11 25 20 68 9C 00 E9 16",
    );
    expect(commandText(8, 4)).toBe("06051b00");
  });

  it("20: the time to everybody", () => {
    says("68 99 99 99 99 99 99 68 08 06 78 63 35 54 44 58 74 16", SILENT); // 02:30:45: too far
    expect(takeClockWish()).toBe(0);
    expect(ask("999999999999", 0x08, "45 33 12 21 11 25")).toBe(SILENT);
    expect(takeClockWish()).toBe(at(25, 11, 21, 12, 33, 45));
    expect(ask("999999999999", 0x08, "46 33 12 21 11 25")).toBe(SILENT); // once a day
    expect(takeClockWish()).toBe(0);
  });

  it("21, 22: freezes", () => {
    says("68 99 99 99 99 99 99 68 16 04 CC CC CC CC B0 16", SILENT);
    expect(commandText(0, 16)).toBe("00".repeat(8) + "07000300" + "00000000");
    says("68 00 01 21 11 25 20 68 16 04 33 33 CC CC 60 16", "68 00 01 21 11 25 20 68 96 00 DE 16");
    expect(commandText(8, 8)).toBe("08000100" + "00000000");
  });

  it("23: the rate", () => {
    says("68 00 01 21 11 25 20 68 17 01 53 B3 16", "68 00 01 21 11 25 20 68 97 01 53 33 16");
    expect(takeRateWish()).toBe(3);
  });

  it("25: a password", () => {
    says(
      "68 05 01 21 11 25 20 68 18 0C 36 3F 33 37 35 89 67 45 35 98 76 54 51 16",
      "68 05 01 21 11 25 20 68 98 04 35 98 76 54 80 16",
    );
    expect(commandText(0, 16)).toBe("02563412" + "00000000" + "02000200" + "5d450300"); // 214365
  });

  it("26, 27: clears", () => {
    says(
      "68 00 01 21 11 25 20 68 1A 08 35 89 67 45 34 33 33 33 A1 16",
      "68 00 01 21 11 25 20 68 9A 00 E2 16",
    );
    expect(commandText(8, 4)).toBe("04000000");
    says(
      "68 00 01 21 11 25 20 68 1B 0C 35 89 67 45 34 33 33 33 32 32 32 32 6E 16",
      "68 00 01 21 11 25 20 68 9B 00 E3 16",
    );
    expect(commandText(8, 4)).toBe("05000000");
  });

  it("28: the address, written", () => {
    const request = "68 AA AA AA AA AA AA 68 15 06 33 34 54 44 58 53 91 16";
    says(request, SILENT); // the service switch is open
    store<u8>(boxReply() + link.BOX_FLAGS, 1);
    tellSnapshot();
    says(request, "68 00 01 21 11 25 20 68 95 00 DD 16");
    expect(ask("aaaaaaaaaaaa", 0x15, "000121112521")).toBe(SILENT, "another number");
  });

  it("29: the purchase number", () => {
    meter.purchase_count = 7;
    says(
      "68 05 01 21 11 25 20 68 11 04 34 35 65 36 66 16",
      "68 05 01 21 11 25 20 68 91 06 34 35 65 36 3A 33 55 16",
    );
  });
});

describe("published frames", () => {
  it("says 0.26 kWh and 100.1 V as box 0000000001 with household 61 cannot", () => {
    begin(); // households end at 39: the address belongs to nobody here
    expect(send("68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16")).toBe(SILENT);
  });

  it("says 50.03 Hz as the box 1718184451", () => {
    beBox("17 11 18 44 51", 1);
    expect(send(seal("68 00 51 44 18 11 17 68 11 04 35 33 B3 35"))).toBe(
      WAKE + "6800514418111768910635" + "33b335" + "368345" + "16",
    );
  });

  it("switches", () => {
    beBox("20 19 10 28 00", 4);
    says(
      "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4D 33 34 34 34 34 34 CC 1F 16",
      "68 04 00 28 10 19 20 68 9C 00 E1 16",
    );
    expect(load<u32>(command + 16)).toBe(at(99, 1, 1, 1, 1, 1));
    says(
      "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4F 33 34 34 34 34 34 CC 21 16",
      "68 04 00 28 10 19 20 68 9C 00 E1 16",
    );
    expect(commandText(8, 4)).toBe("06041c00");
  });

  it("switches as a production test does, and refuses its query of the status", () => {
    beBox("26 03 05 51 00", 9);
    says(
      "68 09 00 51 05 03 26 68 1C 10 35 33 33 33 33 33 33 33 4D 34 8C 8C 56 64 45 CC 82 16",
      "68 09 00 51 05 03 26 68 9C 00 F4 16",
    );
    beBox("26 03 05 51 00", 12);
    says(
      "68 12 00 51 05 03 26 68 03 08 32 35 B4 3A 44 55 66 77 37 16",
      "68 12 00 51 05 03 26 68 C3 01 35 5A 16",
    );
  });

  it("takes the times of others for what they are, too far from its own", () => {
    begin();
    says("68 99 99 99 99 99 99 68 08 06 4A 33 34 3A 3C 54 EF 16", SILENT);
    says("68 99 99 99 99 99 99 68 08 06 84 55 43 38 39 4A 4B 16", SILENT);
    says("68 99 99 99 99 99 99 68 08 06 7A 64 45 49 38 45 5D 16", SILENT);
    expect(takeClockWish()).toBe(0);
  });
});

describe("addresses", () => {
  beforeEach(begin);

  it("of households in use are answered, of others not", () => {
    for (let household = 0; household < 100; household++) {
      const pair = (household / 10).toString() + (household % 10).toString();
      const answer = ask(pair + "0121112520", 0x11, "01040004");
      const is_used = household == 0 || household == 3 || household == 5 || household == 7;
      expect(answer.startsWith("91 ")).toBe(is_used, pair);
      if (is_used) expect(answer).toBe("91 01040004" + pair + "0121112520");
    }
    expect(ask("0a0121112520", 0x11, "01040004")).toBe(SILENT, "not BCD");
  });

  it("of another box are not answered", () => {
    for (let pair = 1; pair < 6; pair++) {
      const other = BOX.substr(0, 2 * pair) + "77" + BOX.substr(2 * pair + 2);
      expect(ask(other, 0x11, "01040004")).toBe(SILENT, other);
    }
  });

  it("with wildcards from some pair up mean the box or the household that fits", () => {
    for (let pairs = 1; pairs < 6; pairs++) {
      const wild = "aa".repeat(6 - pairs);
      expect(ask(H5.substr(0, 2 * pairs) + wild, 0x11, "01040004")).toBe("91 01040004" + H5);
      expect(answerAddress()).toBe(H5);
      expect(ask(BOX.substr(0, 2 * pairs) + wild, 0x11, "01040004")).toBe("91 01040004" + BOX);
      expect(ask("04" + H5.substr(2, 2 * pairs - 2) + wild, 0x11, "01040004")).toBe(SILENT);
    }
    expect(ask("aaaaaaaaaaaa", 0x11, "01040004")).toBe("91 01040004" + BOX);
    expect(ask("0502aaaaaaaa", 0x11, "01040004")).toBe(SILENT, "another box");
    expect(ask("05aa21112520", 0x11, "01040004")).toBe(SILENT, "a hole");
    expect(ask("aa0121112520", 0x11, "01040004")).toBe(SILENT, "no household");
    expect(ask("0501aa11aaaa", 0x11, "01040004")).toBe(SILENT, "a hole");
  });

  it("with wildcards only read", () => {
    for (let control = 0; control < 0x20; control++) {
      if (control == 0x11 || control == 0x12 || control == 0x13) continue;
      expect(ask("aaaaaaaaaaaa", control, "00".repeat(16))).toBe(SILENT, control.toString());
      expect(ask("050121aaaaaa", control, "00".repeat(16))).toBe(SILENT, control.toString());
    }
    expect(meter.command_count).toBe(0);
  });

  it("to everybody are never answered", () => {
    for (let control = 0; control < 0x20; control++) {
      expect(ask("999999999999", control, "00000100")).toBe(SILENT, control.toString());
      expect(ask("999999999999", control, "")).toBe(SILENT, control.toString());
    }
    expect(meter.question_count).toBe(0);
  });

  it("are read from the box alone", () => {
    expect(ask(BOX, 0x13, "")).toBe("93 " + BOX);
    expect(ask("0001aaaaaaaa", 0x13, "")).toBe("93 " + BOX);
    expect(ask(H5, 0x13, "")).toBe(SILENT);
    expect(ask("05aaaaaaaaaa", 0x13, "")).toBe(SILENT);
    expect(ask(BOX, 0x13, "00")).toBe(SILENT);
  });

  it("are none while the box has no number", () => {
    meter.status = 0;
    tellSnapshot();
    expect(ask("aaaaaaaaaaaa", 0x13, "")).toBe(SILENT);
    expect(ask(BOX, 0x11, "01040004")).toBe(SILENT);
  });

  it("of a household that is taken away while it is asked are silent", () => {
    meter.household_gone = true;
    expect(ask(H7, 0x11, READ_FORWARD)).toBe(SILENT);
  });
});

describe("functions", () => {
  beforeEach(begin);

  it("that the standard has and this box has not are refused, others silent", () => {
    expect(ask(BOX, 0x1d, "00")).toBe("dd 01");
    expect(ask(H5, 0x1d, "00")).toBe("dd 01");
    const unknown: i32[] = [0, 1, 2, 4, 5, 6, 7, 9, 0x0a, 0x0f, 0x10, 0x1e, 0x1f];
    for (let i = 0; i < unknown.length; i++) {
      expect(ask(BOX, unknown[i], "00000100")).toBe(SILENT, unknown[i].toString());
    }
  });

  it("of answers and with flags are silent", () => {
    for (let flags = 0x20; flags < 0x100; flags += 0x20) {
      expect(ask(H5, 0x11 | flags, READ_FORWARD)).toBe(SILENT, flags.toString());
      expect(ask(H5, 0x14 | flags, READ_FORWARD)).toBe(SILENT, flags.toString());
    }
    expect(meter.question_count).toBe(0);
  });

  it("are refused while the meter is silent, and silent when it is too late", () => {
    meter.is_failing = true;
    expect(read(H5, 0x00010000)).toBe("d1 01");
    meter.is_failing = false;
    expect(read(H5, 0x00010000)).toBe("00000000");
    meter.is_mute = true;
    const began_ms = meter.now_ms;
    expect(read(H5, 0x00010000)).toBe(SILENT);
    expect(meter.now_ms - began_ms >= 450).toBe(true, "waited to the end");
    meter.is_mute = false;
    expect(read(H5, 0x04000401)).toBe(H5, "the old question does not answer the new one");
  });

  it("17h knows five rates", () => {
    const bytes: i32[] = [0x04, 0x08, 0x10, 0x20, 0x40];
    for (let code = 0; code < 5; code++) {
      const byte = hex(bytes.dataStart + 4 * code, 1);
      expect(ask(BOX, 0x17, byte)).toBe("97 " + byte);
      expect(takeRateWish()).toBe(code);
    }
    const wrong: string[] = ["00", "01", "02", "80", "0c", "03"];
    for (let i = 0; i < wrong.length; i++) expect(ask(BOX, 0x17, wrong[i])).toBe("d7 08");
    expect(ask(BOX, 0x17, "")).toBe("d7 01");
    expect(ask(H5, 0x17, "20")).toBe("d7 01");
    expect(takeRateWish()).toBe(-1);
  });
});
