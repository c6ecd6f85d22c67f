/** The office's DL/T 645: published and worked frames byte for byte, values, and what a master makes of
 *  a line that loses, doubles and flips bytes, echoes, and carries other slaves' answers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBcd, fromSignedBcd, toBcd } from "../../tools/line/bcd.ts";
import * as dlt from "../../tools/line/dlt.ts";
import { NoAnswerError, RefusedError } from "../../tools/line/errors.ts";
import { ScriptPort, bytesOf, hexOf } from "./line-kit.ts";

const USER = "202511210105";
const BOX = "202511210100";
const P02 = "02563412";
const OPERATOR = "01000000";

/** Address, control code and data without the shift, and the frame on the line. */
const WORKED: [string, number, string, string][] = [
  [dlt.ANYBODY, 0x13, "", "68 AA AA AA AA AA AA 68 13 00 DF 16"],
  [BOX, 0x93, "000121112520", "68 00 01 21 11 25 20 68 93 06 33 34 54 44 58 53 8B 16"],
  [USER, 0x11, "00000100", "68 05 01 21 11 25 20 68 11 04 33 33 34 33 2F 16"],
  [USER, 0x91, "0000010056341200", "68 05 01 21 11 25 20 68 91 08 33 33 34 33 89 67 45 33 1B 16"],
  [USER, 0x11, "00FF0100", "68 05 01 21 11 25 20 68 11 04 33 32 34 33 2E 16"],
  [
    USER,
    0x91,
    "00FF01005634120000000100000004000000050056340200",
    "68 05 01 21 11 25 20 68 91 18 33 32 34 33 89 67 45 33 33 33 34 33 33 33 37 33 33 33 38 33 89 67 35 33 F0 16",
  ],
  [USER, 0x11, "00019000", "68 05 01 21 11 25 20 68 11 04 33 34 C3 33 BF 16"],
  [USER, 0x91, "0001900000650100", "68 05 01 21 11 25 20 68 91 08 33 34 C3 33 33 98 34 33 75 16"],
  [USER, 0x11, "00029000", "68 05 01 21 11 25 20 68 11 04 33 35 C3 33 C0 16"],
  [USER, 0xd1, "02", "68 05 01 21 11 25 20 68 D1 01 35 54 16"],
  [USER, 0x11, "00010102", "68 05 01 21 11 25 20 68 11 04 33 34 34 35 32 16"],
  [USER, 0x91, "000101029722", "68 05 01 21 11 25 20 68 91 06 33 34 34 35 CA 55 D3 16"],
  [USER, 0x91, "00000302452381", "68 05 01 21 11 25 20 68 91 07 33 33 36 35 78 56 B4 38 16"],
  [
    USER,
    0x14,
    `010F0004${P02}${OPERATOR}00200000`,
    "68 05 01 21 11 25 20 68 14 10 34 42 33 37 35 89 67 45 34 33 33 33 33 53 33 33 74 16",
  ],
  [USER, 0x94, "", "68 05 01 21 11 25 20 68 94 00 E1 16"],
  [USER, 0xd4, "04", "68 05 01 21 11 25 20 68 D4 01 37 59 16"],
  [
    USER,
    0x14,
    `01010004${P02}${OPERATOR}05211125`,
    "68 05 01 21 11 25 20 68 14 10 34 34 33 37 35 89 67 45 34 33 33 33 38 54 44 58 A2 16",
  ],
  [
    USER,
    0x1c,
    `${P02}${OPERATOR}1A00304523211125`,
    "68 05 01 21 11 25 20 68 1C 10 35 89 67 45 34 33 33 33 4D 33 63 78 56 54 44 58 51 16",
  ],
  [USER, 0x9c, "", "68 05 01 21 11 25 20 68 9C 00 E9 16"],
  [USER, 0xdc, "04", "68 05 01 21 11 25 20 68 DC 01 37 61 16"],
  [
    USER,
    0x1c,
    `${P02}${OPERATOR}1B00304523211125`,
    "68 05 01 21 11 25 20 68 1C 10 35 89 67 45 34 33 33 33 4E 33 63 78 56 54 44 58 52 16",
  ],
  [dlt.EVERYBODY, 0x08, "453002211125", "68 99 99 99 99 99 99 68 08 06 78 63 35 54 44 58 74 16"],
  [dlt.EVERYBODY, 0x16, "99999999", "68 99 99 99 99 99 99 68 16 04 CC CC CC CC B0 16"],
  [BOX, 0x16, "00009999", "68 00 01 21 11 25 20 68 16 04 33 33 CC CC 60 16"],
  [BOX, 0x96, "", "68 00 01 21 11 25 20 68 96 00 DE 16"],
  [BOX, 0x17, "20", "68 00 01 21 11 25 20 68 17 01 53 B3 16"],
  [BOX, 0x97, "20", "68 00 01 21 11 25 20 68 97 01 53 33 16"],
  [
    USER,
    0xb1,
    "00FF01005634120000000100",
    "68 05 01 21 11 25 20 68 B1 0C 33 32 34 33 89 67 45 33 33 33 34 33 0B 16",
  ],
  [USER, 0x12, "00FF010001", "68 05 01 21 11 25 20 68 12 05 33 32 34 33 34 64 16"],
  [
    USER,
    0x92,
    "00FF0100000004000000050056340200" + "01",
    "68 05 01 21 11 25 20 68 92 11 33 32 34 33 33 33 37 33 33 33 38 33 89 67 35 33 34 E9 16",
  ],
  [
    USER,
    0x18,
    `030C0004${P02}02654321`,
    "68 05 01 21 11 25 20 68 18 0C 36 3F 33 37 35 89 67 45 35 98 76 54 51 16",
  ],
  [USER, 0x98, "02654321", "68 05 01 21 11 25 20 68 98 04 35 98 76 54 80 16"],
  [USER, 0x1a, P02 + OPERATOR, "68 05 01 21 11 25 20 68 1A 08 35 89 67 45 34 33 33 33 A6 16"],
  [
    USER,
    0x1b,
    `${P02}${OPERATOR}FFFFFFFF`,
    "68 05 01 21 11 25 20 68 1B 0C 35 89 67 45 34 33 33 33 32 32 32 32 73 16",
  ],
  [dlt.ANYBODY, 0x15, "000121112520", "68 AA AA AA AA AA AA 68 15 06 33 34 54 44 58 53 91 16"],
  [BOX, 0x95, "", "68 00 01 21 11 25 20 68 95 00 DD 16"],
  [USER, 0x11, "01023203", "68 05 01 21 11 25 20 68 11 04 34 35 65 36 66 16"],
  [USER, 0x91, "010232030700", "68 05 01 21 11 25 20 68 91 06 34 35 65 36 3A 33 55 16"],
];

const PUBLISHED: [string, number, string, string][] = [
  ["000000000161", 0x11, "00000100", "68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16"],
  [
    "000000000161",
    0x91,
    "0000010026000000",
    "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16",
  ],
  ["000000000161", 0x91, "000101020110", "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16"],
  ["003411001043", 0x11, "00010102", "68 43 10 00 11 34 00 68 11 04 33 34 34 35 4D 16"],
  ["003411001043", 0x91, "000101029722", "68 43 10 00 11 34 00 68 91 06 33 34 34 35 CA 55 EE 16"],
  ["171118445100", 0x91, "020080020350", "68 00 51 44 18 11 17 68 91 06 35 33 B3 35 36 83 45 16"],
  [dlt.EVERYBODY, 0x08, "170001070921", "68 99 99 99 99 99 99 68 08 06 4A 33 34 3A 3C 54 EF 16"],
  [dlt.EVERYBODY, 0x08, "512210050617", "68 99 99 99 99 99 99 68 08 06 84 55 43 38 39 4A 4B 16"],
  [dlt.EVERYBODY, 0x08, "473112160512", "68 99 99 99 99 99 99 68 08 06 7A 64 45 49 38 45 5D 16"],
  [
    "201910280004",
    0x1c,
    "02000000313131311A00010101010199",
    "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4D 33 34 34 34 34 34 CC 1F 16",
  ],
  [
    "201910280004",
    0x1c,
    "02000000313131311C00010101010199",
    "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4F 33 34 34 34 34 34 CC 21 16",
  ],
  [
    "260305510009",
    0x1c,
    "02000000000000001A01595923311299",
    "68 09 00 51 05 03 26 68 1C 10 35 33 33 33 33 33 33 33 4D 34 8C 8C 56 64 45 CC 82 16",
  ],
  ["260305510009", 0x9c, "", "68 09 00 51 05 03 26 68 9C 00 F4 16"],
  [
    "260305510012",
    0x03,
    "FF02810711223344",
    "68 12 00 51 05 03 26 68 03 08 32 35 B4 3A 44 55 66 77 37 16",
  ],
  ["260305510012", 0xc3, "02", "68 12 00 51 05 03 26 68 C3 01 35 5A 16"],
];

for (const [address, control, data, wire] of [...WORKED, ...PUBLISHED]) {
  test(`frame ${wire}`, () => {
    const frame = { address, control, data: bytesOf(data) };
    assert.equal(hexOf(dlt.makeFrame(frame)), hexOf(bytesOf(wire)));
    const reader = new dlt.FrameReader();
    assert.deepEqual(reader.take(bytesOf(`FEFEFEFE ${wire}`)), [frame]);
    assert.equal(reader.strays, 0);
  });
}

test("values: BCD with sign, nothing as FF, and what is no number", () => {
  assert.equal(fromSignedBcd(bytesOf("452381")), -12345);
  assert.equal(fromSignedBcd(bytesOf("452301")), 12345);
  assert.equal(fromBcd(bytesOf("FFFFFFFF")), null);
  assert.equal(fromSignedBcd(bytesOf("FFFF")), null);
  assert.throws(() => fromBcd(bytesOf("1A")), /not decimal/);
  assert.equal(hexOf(toBcd(2000, 4)), "00200000");
  assert.throws(() => toBcd(100, 1), RangeError);
  assert.throws(() => toBcd(-1, 2), RangeError);
  assert.equal(hexOf(dlt.passwordBytes(2, "123456")), "02563412");
  assert.equal(hexOf(dlt.operatorBytes(1)), "01000000");
});

const ENERGY = "00010000";
const GOOD = bytesOf("68 05 01 21 11 25 20 68 91 08 33 33 34 33 89 67 45 33 1B 16");
const OTHERS = bytesOf("68 07 01 21 11 25 20 68 91 08 33 33 34 33 89 67 45 33 1D 16");
const REMAINING = bytesOf("68 05 01 21 11 25 20 68 91 08 33 34 C3 33 33 98 34 33 75 16");
const FE = bytesOf("FEFEFEFE");

function master(port: ScriptPort, retries = 3): dlt.DltMaster {
  return new dlt.DltMaster(port, { timeout_ms: 300, retries });
}

test("a master passes over FE, echo, other slaves and other identifiers", async () => {
  const port = new ScriptPort((question) => [question, OTHERS, REMAINING, FE, GOOD]);
  assert.equal(hexOf(await master(port, 0).read(USER, ENERGY)), "56341200");
  assert.equal(hexOf(port.sent[0]!), "FEFEFEFE68050121112520681104333334332F16");
});

test("an answer in pieces, behind a false start, is found", async () => {
  const pieces = [bytesOf("68 16 68"), ...Array.from(GOOD, (byte) => Uint8Array.of(byte))];
  assert.equal(hexOf(await master(new ScriptPort(() => pieces), 0).read(USER, ENERGY)), "56341200");
  // A false start whose length reaches beyond the answer: found when the line is silent.
  const swallowed = Uint8Array.of(...bytesOf("68 05 01 21 11 25 20 68 91 C8"), ...GOOD);
  const port = new ScriptPort(() => [swallowed]);
  assert.equal(hexOf(await master(port, 0).read(USER, ENERGY)), "56341200");
});

test("any byte lost, doubled or flipped: the question is asked again, never a wrong value", async () => {
  for (let at = 0; at < GOOD.length; at++) {
    const lost = [...GOOD.subarray(0, at), ...GOOD.subarray(at + 1)];
    const doubled = [...GOOD.subarray(0, at + 1), ...GOOD.subarray(at)];
    for (const spoiled of [lost, doubled, [...GOOD.with(at, GOOD[at]! ^ 0x40)]]) {
      const port = new ScriptPort((_, turn) => [turn === 0 ? Uint8Array.from(spoiled) : GOOD]);
      assert.equal(hexOf(await master(port).read(USER, ENERGY)), "56341200", `byte ${at}`);
      assert.ok(port.sent.length <= 2);
    }
  }
});

test("random bytes are never taken for an answer, and are no reason to stop", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (junk) => {
      const port = new ScriptPort((_, turn) => [turn === 0 ? junk : GOOD]);
      assert.equal(hexOf(await master(port).read(USER, ENERGY)), "56341200");
    }),
  );
});

test("silence ends after all tries; an error word ends at once", async () => {
  const silent = new ScriptPort(() => []);
  const asker = new dlt.DltMaster(silent, { retries: 2 });
  await assert.rejects(asker.read(USER, ENERGY), (error) => {
    return error instanceof NoAnswerError && error.tries === 3;
  });
  assert.deepEqual([silent.sent.length, asker.retry_count], [3, 2]);
  const refusing = new ScriptPort(() => [bytesOf("68 05 01 21 11 25 20 68 D1 01 35 54 16")]);
  await assert.rejects(master(refusing).read(USER, ENERGY), /no such data/);
  assert.equal(refusing.sent.length, 1);
});

test("03h is refused by two bytes, one, or none of a known kind", async () => {
  const answer = (data: string): ScriptPort =>
    new ScriptPort(() => [dlt.makeFrame({ address: USER, control: 0xc3, data: bytesOf(data) })]);
  const refusalOf = async (data: string): Promise<RefusedError> => {
    const asked = master(answer(data)).security(USER, "070102FF", 1, new Uint8Array(24));
    const error = await asked.then(
      () => null,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof RefusedError);
    return error;
  };
  assert.deepEqual([(await refusalOf("2005")).result, (await refusalOf("2005")).code], [5, 0x20]);
  assert.equal((await refusalOf("20FB")).result, 5);
  assert.match((await refusalOf("2005")).message, /Err 05/);
  assert.equal((await refusalOf("02")).result, 0);
});

test("follow-up frames are joined; a lost one is asked for again", async () => {
  const [first, , second] = [
    bytesOf("68 05 01 21 11 25 20 68 B1 0C 33 32 34 33 89 67 45 33 33 33 34 33 0B 16"),
    0,
    bytesOf(
      "68 05 01 21 11 25 20 68 92 11 33 32 34 33 33 33 37 33 33 33 38 33 89 67 35 33 34 E9 16",
    ),
  ];
  const port = new ScriptPort((_, turn) => (turn === 0 ? [first] : turn === 1 ? [] : [second]));
  const block = await master(port).read(USER, "0001FF00");
  assert.equal(hexOf(block), "5634120000000100000004000000050056340200");
  assert.equal(port.sent.length, 3);
  // One that repeats an older piece is no next piece.
  const stuck = new ScriptPort((_, turn) => (turn === 0 ? [first] : [first]));
  await assert.rejects(master(stuck, 1).read(USER, "0001FF00"), NoAnswerError);
});

test("a broadcast waits for nobody and a wildcard takes any answer", async () => {
  const port = new ScriptPort(() => []);
  await master(port).broadcast(dlt.C_FREEZE, bytesOf("99999999"));
  assert.equal(hexOf(port.sent[0]!), "FEFEFEFE68999999999999681604CCCCCCCCB016");
  const meter = bytesOf("68 00 01 21 11 25 20 68 93 06 33 34 54 44 58 53 8B 16");
  const asked = master(new ScriptPort(() => [meter])).ask({
    address: dlt.ANYBODY,
    control: dlt.C_READ_ADDRESS,
    data: new Uint8Array(),
  });
  assert.equal(hexOf((await asked).data), "000121112520");
});
