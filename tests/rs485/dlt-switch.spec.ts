/** DL/T 645: switching, 1Ch, and what is signed, 03h. */

import * as link from "../../src/link/frame";
import { takeGrantWish } from "../../src/rs485/context";
import { KEYS, ZERO4, expectRefused, expectWords, told } from "./dlt-expect";
import {
  BOX,
  H5,
  H7,
  ask,
  at,
  begin,
  boxReply,
  command,
  hex,
  meter,
  tellSnapshot,
} from "./dlt-meter";

function expiry(): string {
  store<u32>(command + 100, at(25, 11, 21, 23, 45, 30));
  return hex(command + 100, 4);
}

describe("1Ch", () => {
  beforeEach(begin);

  it("tells the meter command, duration and expiry", () => {
    const commands = ["1a", "1b", "1c", "1d", "1e", "3a", "3b"];
    for (let i = 0; i < commands.length; i++) {
      expect(ask(H5, 0x1c, KEYS + commands[i] + "07" + "304523211125")).toBe("9c ");
      const is_timed = i == 3 || i == 4;
      told("0605" + commands[i], is_timed ? "07000000" : ZERO4, expiry(), ZERO4);
    }
    expectWords(H5, 0x1c, KEYS + "1c00" + "304523211125", "dc");
  });

  it("refuses unknown commands, wrong times and the box", () => {
    const rest = "304523211125";
    expectRefused(
      H5,
      0x1c,
      [
        "",
        KEYS,
        KEYS + "1a00" + rest + "00",
        KEYS + "1a00" + "3045232111",
        KEYS + "1900" + rest,
        KEYS + "1f00" + rest,
        KEYS + "2a00" + rest,
        KEYS + "2b00" + rest,
        KEYS + "3c00" + rest,
        KEYS + "0000" + rest,
        KEYS + "1a00" + "604523211125",
        KEYS + "1a00" + "304523311125",
        KEYS + "1a00" + "3045232111aa",
        KEYS + "1a00" + "ffffffffffff",
      ],
      "dc 01",
    );
    expectRefused(BOX, 0x1c, [KEYS + "1a00" + rest], "dc 01");
  });
});

const OPERATOR: string = "01000000";
const SIGNED: string = "202511210105" + "01" + "00000007" + "00002710" + "00" + "fc6ea2ef5cc7cca6";

describe("03h", () => {
  beforeEach(begin);

  it("hands over a signed message, at the household or at the box", () => {
    const done = "74400000" + "07000000" + H5;
    expect(ask(H5, 0x03, "ff020107" + OPERATOR + SIGNED)).toBe("83 ff020107" + done);
    expect(hex(command, 25)).toBe("00" + SIGNED);
    expect(meter.command_kind).toBe(link.KIND_MESSAGE);
    expect(ask(BOX, 0x03, "ff010107" + OPERATOR + SIGNED)).toBe("83 ff010107" + done);
    meter.result = 1;
    expect(ask(BOX, 0x03, "ff020107" + OPERATOR + SIGNED)).toBe("83 ff020107" + done);
  });

  it("says why a message was refused", () => {
    const results: i32[] = [-1, -2, -3, -4, -5, -6, -7, -17, -25, -9];
    const words = ["0801", "8002", "8003", "2004", "2005", "4006", "0107", "1011", "0119", "0109"];
    for (let i = 0; i < results.length; i++) {
      meter.result = results[i];
      expect(ask(H5, 0x03, "ff020107" + OPERATOR + SIGNED)).toBe("c3 " + words[i]);
    }
    meter.is_failing = true;
    expect(ask(H5, 0x03, "ff020107" + OPERATOR + SIGNED)).toBe("c3 01");
  });

  it("does not take a message at another household, nor in another size", () => {
    expectRefused(H7, 0x03, ["ff020107" + OPERATOR + SIGNED], "c3 8003");
    expectRefused(
      H5,
      0x03,
      ["ff020107" + OPERATOR, "ff020107" + OPERATOR + SIGNED + "00"],
      "c3 01",
    );
    expectRefused(H5, 0x03, ["", "ff0201", "ff020107"], "c3 01");
    expectRefused(
      H5,
      0x03,
      ["ff028107" + OPERATOR, "ff000007" + OPERATOR + "00".repeat(16)],
      "c3 02",
    );
  });

  it("exchanges cards while the reader is on the line", () => {
    const requests = ["08", "0a", "0b"];
    const sizes: i32[] = [5, 12, 1];
    const kinds: i32[] = [8, 10, 11];
    expectRefused(BOX, 0x03, ["0800f007" + OPERATOR + "0102030405"], "c3 04");
    store<u8>(boxReply() + link.BOX_READER_PLACE, 2);
    tellSnapshot();
    const replies: i32[] = [16, 52, 20];
    for (let i = 0; i < 3; i++) {
      const identifier = requests[i] + "00f007";
      const answer = ask(BOX, 0x03, identifier + OPERATOR + "5a".repeat(sizes[i]));
      expect(answer.startsWith("83 " + identifier + "000102")).toBe(true, answer);
      expect(answer.length).toBe(3 + 8 + 2 * replies[i]);
      expect(meter.command_kind).toBe(kinds[i]);
      expect(hex(command, sizes[i])).toBe("5a".repeat(sizes[i]));
      expectRefused(
        BOX,
        0x03,
        [identifier + OPERATOR, identifier + OPERATOR + "5a".repeat(sizes[i] + 1)],
        "c3 01",
      );
    }
    expectRefused(H5, 0x03, ["0800f007" + OPERATOR + "0102030405"], "c3 02");
    expectRefused(BOX, 0x03, ["0700f007" + OPERATOR, "0c00f007" + OPERATOR], "c3 02");
  });

  it("grants the line", () => {
    expect(ask(BOX, 0x03, "0001f007" + OPERATOR + "e803")).toBe("83 0001f007");
    expect(takeGrantWish()).toBe(1000);
    expect(ask(BOX, 0x03, "0001f007" + OPERATOR + "0100")).toBe("83 0001f007");
    expect(takeGrantWish()).toBe(1);
    expectRefused(
      BOX,
      0x03,
      [
        "0001f007" + OPERATOR + "0000",
        "0001f007" + OPERATOR + "e903",
        "0001f007" + OPERATOR + "01",
        "0001f007" + OPERATOR + "010000",
      ],
      "c3 01",
    );
    expectRefused(H5, 0x03, ["0001f007" + OPERATOR + "e803"], "c3 02");
    expect(takeGrantWish()).toBe(0);
  });
});
