/** The worked frames and the published ones, byte for byte, through a running box: what the box is asked
 *  and what it says. Sources: DL/T 645-2007 and the pages, programs and captures that published them. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LineBox, spaced, writeForward } from "./box-kit.ts";

const JOULES_PER_HUNDREDTH = 36_000n;
const SERVICE = true;

/** Box 2025112101 on 2025-11-21 at 02:30. */
function exampleBox(): LineBox {
  return new LineBox("2025112101", { relays_closed: true });
}

describe("the worked example: box 2025112101, household 05", () => {
  test("1, 2: read address, box answers", () => {
    const box = exampleBox();
    assert.equal(
      box.exchange("FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16"),
      "68 00 01 21 11 25 20 68 93 06 33 34 54 44 58 53 8B 16",
    );
  });

  test("3 to 8: energy, its block, remaining", () => {
    const box = exampleBox();
    box.buy(5, 1, 16_500);
    box.reopen((fram) => writeForward(fram, 5, 123_456n * JOULES_PER_HUNDREDTH));
    assert.equal(
      box.exchange("68 05 01 21 11 25 20 68 11 04 33 33 34 33 2F 16"),
      "68 05 01 21 11 25 20 68 91 08 33 33 34 33 89 67 45 33 1B 16",
    );
    // The example has four tariffs, this box one: T1 is the total, the others are zero.
    assert.equal(
      box.exchange("68 05 01 21 11 25 20 68 11 04 33 32 34 33 2E 16"),
      "68 05 01 21 11 25 20 68 91 18 33 32 34 33 89 67 45 33 89 67 45 33 " +
        "33 33 33 33 33 33 33 33 33 33 33 33 F6 16",
    );
    assert.equal(
      box.exchange("68 05 01 21 11 25 20 68 11 04 33 34 C3 33 BF 16"),
      "68 05 01 21 11 25 20 68 91 08 33 34 C3 33 33 98 34 33 75 16",
    );
  });

  test("9 to 12: no money in an energy meter; voltage", () => {
    const box = exampleBox();
    assert.equal(
      box.exchange("68 05 01 21 11 25 20 68 11 04 33 35 C3 33 C0 16"),
      "68 05 01 21 11 25 20 68 D1 01 35 54 16",
    );
    box.box.setFrequency(49.97); // so that the samples wander along the wave
    const volts = Array.from({ length: 20 }, (_, step) => 229.6 + step / 50).find((candidate) => {
      box.box.setVoltage(1, candidate); // channel 5 is on phase B
      box.settle();
      return spaced(box.read(5, "02010100") as Buffer) === "97 22";
    });
    assert.ok(volts, "229.7 V can be measured");
    assert.equal(
      box.exchange("68 05 01 21 11 25 20 68 11 04 33 34 34 35 32 16"),
      "68 05 01 21 11 25 20 68 91 06 33 34 34 35 CA 55 D3 16",
    );
  });

  test("13: power that flows back", () => {
    const constants = Array.from({ length: 39 }, () => 600);
    const box = new LineBox("2025112101", { constants });
    box.setChannel(50, 5, 600);
    box.buy(5, 1, 16_500);
    box.box.setLoadW(5, -6000 / 4.86); // a pulse of 6000 J each 4.86 s
    box.box.runMs(60_000);
    const said = Array.from({ length: 8 }, () => {
      box.box.runMs(1237);
      return box.exchange("68 05 01 21 11 25 20 68 11 04 33 33 36 35 33 16");
    });
    assert.ok(said.includes("68 05 01 21 11 25 20 68 91 07 33 33 36 35 78 56 B4 38 16"), said[0]);
  });

  test("14, 15: alarm level by password, right and wrong", () => {
    const box = exampleBox();
    assert.equal(
      box.exchange(
        "68 05 01 21 11 25 20 68 14 10 34 42 33 37 35 89 67 45 34 33 33 33 33 53 33 33 74 16",
      ),
      "68 05 01 21 11 25 20 68 94 00 E1 16",
    );
    assert.equal(box.setting(40, 5), 2000);
    assert.equal(
      box.exchange(
        "68 05 01 21 11 25 20 68 14 10 34 42 33 37 35 8A 67 45 34 33 33 33 33 53 33 33 75 16",
      ),
      "68 05 01 21 11 25 20 68 D4 01 37 59 16",
    );
  });

  test("16: the date", () => {
    const box = new LineBox("2025112101", {}, new Date(Date.UTC(2025, 10, 20, 12, 0, 0)));
    assert.equal(
      box.exchange(
        "68 05 01 21 11 25 20 68 14 10 34 34 33 37 35 89 67 45 34 33 33 33 38 54 44 58 A2 16",
      ),
      "68 05 01 21 11 25 20 68 94 00 E1 16",
    );
    box.settle();
    assert.equal(spaced(box.read(0, "04000101") as Buffer), "05 21 11 25");
  });

  test("17 to 19: trip, refused again in another body, allow", () => {
    const box = exampleBox();
    box.buy(5, 1, 16_500);
    box.settle();
    assert.ok(box.box.relayClosed(5));
    assert.equal(
      box.exchange(
        "68 05 01 21 11 25 20 68 1C 10 35 89 67 45 34 33 33 33 4D 33 63 78 56 54 44 58 51 16",
      ),
      "68 05 01 21 11 25 20 68 9C 00 E9 16",
    );
    box.settle();
    assert.ok(!box.box.relayClosed(5));
    assert.equal(
      box.exchange(
        "68 05 01 21 11 25 20 68 1C 10 35 8A 67 45 34 33 33 33 4D 33 63 78 56 54 44 58 52 16",
      ),
      "68 05 01 21 11 25 20 68 DC 01 37 61 16",
    );
    assert.equal(
      box.exchange(
        "68 05 01 21 11 25 20 68 1C 10 35 89 67 45 34 33 33 33 4E 33 63 78 56 54 44 58 52 16",
      ),
      "68 05 01 21 11 25 20 68 9C 00 E9 16",
    );
    box.settle();
    assert.ok(!box.box.relayClosed(5), "it waits for the card");
  });

  test("20 to 22: broadcast time, freeze now, daily freeze", () => {
    const box = exampleBox();
    assert.equal(box.exchange("68 99 99 99 99 99 99 68 08 06 78 63 35 54 44 58 74 16"), "");
    box.settle();
    const time = box.read(0, "04000102") as Buffer;
    assert.equal(spaced(time.subarray(1)), "30 02");
    assert.ok(Number(time.toString("hex", 0, 1)) >= 45, "02:30:45 and a little later");
    assert.equal(box.exchange("68 99 99 99 99 99 99 68 16 04 CC CC CC CC B0 16"), "");
    box.settle();
    assert.equal(spaced((box.read(5, "05010001") as Buffer).subarray(1)), "02 21 11 25");
    assert.equal(
      box.exchange("68 00 01 21 11 25 20 68 16 04 33 33 CC CC 60 16"),
      "68 00 01 21 11 25 20 68 96 00 DE 16",
    );
  });

  test("23: another rate, answered at the old one", () => {
    const box = exampleBox();
    assert.equal(
      box.exchange("68 00 01 21 11 25 20 68 17 01 53 B3 16"),
      "68 00 01 21 11 25 20 68 97 01 53 33 16",
    );
    assert.equal(
      box.exchange("68 AA AA AA AA AA AA 68 13 00 DF 16"),
      "68 00 01 21 11 25 20 68 93 06 33 34 54 44 58 53 8B 16",
    );
  });

  test("24: a piece that was not announced is refused", () => {
    const box = exampleBox();
    assert.match(
      box.exchange("68 05 01 21 11 25 20 68 12 05 33 32 34 33 34 64 16"),
      /^68 05 01 21 11 25 20 68 D2 01 /,
    );
  });

  test("25: another password", () => {
    const box = exampleBox();
    assert.equal(
      box.exchange("68 05 01 21 11 25 20 68 18 0C 36 3F 33 37 35 89 67 45 35 98 76 54 51 16"),
      "68 05 01 21 11 25 20 68 98 04 35 98 76 54 80 16",
    );
  });

  test("26, 27: clears of a household are refused, those of the box are not", () => {
    const box = exampleBox();
    box.box.serviceSwitch(SERVICE);
    box.settle();
    const clear = "68 05 01 21 11 25 20 68 1A 08 35 89 67 45 34 33 33 33 A6 16";
    assert.equal(box.exchange(clear), "68 05 01 21 11 25 20 68 DA 01 34 5C 16");
    assert.equal(
      box.exchange("68 00 01 21 11 25 20 68 1A 08 35 89 67 45 34 33 33 33 A1 16"),
      "68 00 01 21 11 25 20 68 9A 00 E2 16",
    );
    const events = "68 05 01 21 11 25 20 68 1B 0C 35 89 67 45 34 33 33 33 32 32 32 32 73 16";
    assert.equal(box.exchange(events), "68 05 01 21 11 25 20 68 DB 01 34 5D 16");
    assert.equal(
      box.exchange("68 00 01 21 11 25 20 68 1B 0C 35 89 67 45 34 33 33 33 32 32 32 32 6E 16"),
      "68 00 01 21 11 25 20 68 9B 00 E3 16",
    );
  });

  test("28: the address it has, with the service switch closed", () => {
    const box = exampleBox();
    const request = "68 AA AA AA AA AA AA 68 15 06 33 34 54 44 58 53 91 16";
    assert.equal(box.exchange(request), "", "the switch is open");
    box.box.serviceSwitch(SERVICE);
    box.settle();
    assert.equal(box.exchange(request), "68 00 01 21 11 25 20 68 95 00 DD 16");
    assert.equal(
      box.exchange("68 AA AA AA AA AA AA 68 15 06 34 34 54 44 58 53 92 16"),
      "",
      "another number",
    );
  });

  test("29: purchase count", () => {
    const box = exampleBox();
    for (let number = 1; number <= 7; number++) box.buy(5, number, 100);
    assert.equal(
      box.exchange("68 05 01 21 11 25 20 68 11 04 34 35 65 36 66 16"),
      "68 05 01 21 11 25 20 68 91 06 34 35 65 36 3A 33 55 16",
    );
  });
});

describe("published frames", () => {
  test("answers and requests of other meters are passed over, and the next request is answered", () => {
    const box = exampleBox();
    const others = [
      "68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16",
      "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16",
      "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16",
      "68 43 10 00 11 34 00 68 11 04 33 34 34 35 4D 16",
      "68 43 10 00 11 34 00 68 91 06 33 34 34 35 CA 55 EE 16",
      "68 12 00 51 05 03 26 68 03 08 32 35 B4 3A 44 55 66 77 37 16",
    ];
    for (const frame of others) assert.equal(box.exchange(frame), "", frame);
    assert.equal(
      box.exchange("68 AA AA AA AA AA AA 68 13 00 DF 16"),
      "68 00 01 21 11 25 20 68 93 06 33 34 54 44 58 53 8B 16",
    );
  });

  test("frequency 50.03 Hz of meter 171118445100", () => {
    const box = new LineBox("1711184451");
    const hertz = [50.02, 50.025, 50.03, 50.035, 50.04].find((candidate) => {
      box.box.setFrequency(candidate);
      box.settle();
      return spaced(box.read(0, "02800002") as Buffer) === "03 50";
    });
    assert.ok(hertz, "50.03 Hz can be measured");
    assert.equal(
      box.exchange("68 00 51 44 18 11 17 68 11 04 35 33 B3 35 0A 16"),
      "68 00 51 44 18 11 17 68 91 06 35 33 B3 35 36 83 45 16",
    );
  });

  for (const [frame, now] of [
    ["68 99 99 99 99 99 99 68 08 06 4A 33 34 3A 3C 54 EF 16", Date.UTC(2021, 8, 7, 1, 0, 17)],
    ["68 99 99 99 99 99 99 68 08 06 84 55 43 38 39 4A 4B 16", Date.UTC(2017, 5, 5, 10, 22, 51)],
    ["68 99 99 99 99 99 99 68 08 06 7A 64 45 49 38 45 5D 16", Date.UTC(2012, 4, 16, 12, 31, 47)],
  ] as const) {
    test(`broadcast time ${new Date(now).toISOString()}`, () => {
      const box = new LineBox("2025112101", {}, new Date(now - 200_000));
      assert.equal(box.exchange(frame), "");
      box.box.runMs(1300);
      const shown = box.read(0, "0400010C") as Buffer;
      const [seconds, minutes, hours, , day, month, year] = [...shown].map((byte) =>
        Number(byte.toString(16)),
      ) as number[];
      const set = Date.UTC(2000 + year!, month! - 1, day, hours, minutes, seconds);
      assert.ok(set - now >= 0 && set - now < 5000, new Date(set).toISOString());
    });
  }

  test("a field script opens and closes meter 201910280004", () => {
    const box = new LineBox("2019102800", { relays_closed: true });
    box.setBox(20, 0);
    box.buy(4, 1, 16_500);
    box.settle();
    const answer = "68 04 00 28 10 19 20 68 9C 00 E1 16";
    const trip =
      "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4D 33 34 34 34 34 34 CC 1F 16";
    const close =
      "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4F 33 34 34 34 34 34 CC 21 16";
    assert.equal(box.exchange(trip), answer);
    box.settle();
    assert.ok(!box.box.relayClosed(4));
    assert.equal(box.exchange(close), answer);
    box.settle();
    assert.ok(box.box.relayClosed(4));
  });

  test("a production test trips meter 260305510009, captured with its answer", () => {
    const box = new LineBox("2603055100", { relays_closed: true });
    box.setBox(20, 0);
    box.buy(9, 1, 16_500);
    box.settle();
    assert.equal(
      box.exchange(
        "68 09 00 51 05 03 26 68 1C 10 35 33 33 33 33 33 33 33 4D 34 8C 8C 56 64 45 CC 82 16",
      ),
      "68 09 00 51 05 03 26 68 9C 00 F4 16",
    );
    box.settle();
    assert.ok(!box.box.relayClosed(9));
  });

  test("the status query 078102FF is refused as captured", () => {
    const box = new LineBox("2603055100");
    assert.equal(
      box.exchange("68 12 00 51 05 03 26 68 03 08 32 35 B4 3A 44 55 66 77 37 16"),
      "68 12 00 51 05 03 26 68 C3 01 35 5A 16",
    );
  });
});
