/** Management cards: what stands on them, their numbers, and what is refused. */

import { cmac } from "@noble/ciphers/aes.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { blockOf, BOX, hexOf, Office } from "./card-kit.ts";

function args(office: Office, command: string, card: string, ...more: string[]): string[] {
  return ["card", command, ...office.desk, "--box", BOX, "--card", office.file(card), ...more];
}

function make(office: Office, command: string, card: string, ...more: string[]): string {
  const { code, out, err } = office.run(...args(office, command, card, ...more));
  assert.equal(code, 0, err);
  return out;
}

/** The message in a sector without its code, which is checked. */
function messageOf(office: Office, card: string, sector: number): string {
  const dump = office.dump(card);
  const body = blockOf(dump, sector, 0);
  const code = hexOf(cmac(body, office.boxKey)).slice(0, 16);
  assert.equal(hexOf(blockOf(dump, sector, 1)), code.padEnd(32, "0"));
  return hexOf(body);
}

const UID = ["--uid", "01020304"];

test("settings: a signed message per sector, numbered per scope", () => {
  const office = new Office();
  const settings = [
    "alarm_level:7=2000",
    "alarm_level:8=2000",
    "trip_level:7=10",
    "layout:1=1,2,3",
  ];
  make(office, "settings", "s.mfd", ...UID, ...settings, "coil_pulse=60");
  assert.equal(messageOf(office, "s.mfd", 3), `${BOX}07` + "04" + "00000001" + "000007d0" + "28");
  assert.equal(messageOf(office, "s.mfd", 4), `${BOX}08` + "04" + "00000001" + "000007d0" + "28");
  assert.equal(messageOf(office, "s.mfd", 5), `${BOX}07` + "04" + "00000002" + "0000000a" + "29");
  assert.equal(messageOf(office, "s.mfd", 6), `${BOX}01` + "04" + "00000001" + "00030201" + "34");
  assert.equal(messageOf(office, "s.mfd", 7), `${BOX}00` + "04" + "00000001" + "0000003c" + "06");
  const dump = office.dump("s.mfd");
  assert.equal(hexOf(blockOf(dump, 0, 1)).slice(0, 30), `4d33390104${BOX}0001000000`);
  assert.ok(dump.slice(8 * 64, 8 * 64 + 48).every((byte) => byte === 0));
  make(office, "settings", "s.mfd", "coil_pulse=70");
  assert.equal(messageOf(office, "s.mfd", 3), `${BOX}00` + "04" + "00000002" + "00000046" + "06");
  assert.ok(
    office
      .dump("s.mfd")
      .slice(4 * 64, 4 * 64 + 48)
      .every((byte) => byte === 0),
  );
});

test("clear, check and test: one message in slot A, each kind with its own numbers", () => {
  const office = new Office();
  make(office, "clear", "c.mfd", ...UID);
  assert.equal(messageOf(office, "c.mfd", 1), `${BOX}00` + "05" + "00000001" + "00000000" + "00");
  make(office, "check", "h.mfd", ...UID);
  assert.equal(messageOf(office, "h.mfd", 1), `${BOX}00` + "06" + "00000001" + "00000000" + "00");
  make(office, "test", "t.mfd", ...UID, "--household", "12", "--seconds", "600");
  assert.equal(messageOf(office, "t.mfd", 1), `${BOX}12` + "07" + "00000001" + "00000258" + "00");
  make(office, "test", "t.mfd", "--household", "0", "--seconds", "1");
  assert.equal(messageOf(office, "t.mfd", 1), `${BOX}00` + "07" + "00000002" + "00000001" + "00");
  make(office, "clear", "t.mfd"); // a management card may become another one
  assert.equal(messageOf(office, "t.mfd", 1), `${BOX}00` + "05" + "00000002" + "00000000" + "00");
  const { code, out } = office.run("card", "inspect", office.file("t.mfd"), "--keys", office.keys);
  assert.equal(code, 0);
  assert.match(out, /clear card 3, box 2025112101, UID 01020304/);
});

test("wrong settings and options are refused by name and range", () => {
  const office = new Office();
  office.sell(7, "5", "user.mfd", "--uid", "deadbeef");
  const settings: [RegExp, ...string[]][] = [
    [/setting "coil_pulse": write NAME=VALUE/, "coil_pulse"],
    [/setting "nonsense": there is none; there are: sales_unit,/, "nonsense=1"],
    [/setting "toString": there is none/, "toString=1"],
    [/setting coil_pulse: 19 is outside 20\.\.200/, "coil_pulse=19"],
    [/setting coil_pulse: 201 is outside 20\.\.200/, "coil_pulse=201"],
    [/setting coil_pulse: belongs to the box/, "coil_pulse:1=50"],
    [/setting alarm_level: belongs to a household 1\.\.39/, "alarm_level=5"],
    [/setting constant: belongs to a channel 1\.\.39/, "constant:40=1600"],
    [/setting layout: "1,2,40" is not up to three channels/, "layout:1=1,2,40"],
    [/setting coil_pulse: 50,60 is outside/, "coil_pulse=50,60"],
    [
      /setting: 14 of them; a card carries 13/,
      ...Array.from({ length: 14 }, () => "coil_pulse=50"),
    ],
    [/missing required argument/],
  ];
  for (const [message, ...texts] of settings) {
    office.refused(message, ...args(office, "settings", "s.mfd", ...UID, ...texts));
  }
  const test = args(office, "test", "t.mfd", ...UID);
  office.refused(/--seconds <n>.*1\.\.600/, ...test, "--household", "0", "--seconds", "601");
  office.refused(/--household <n>.*0\.\.39/, ...test, "--household", "40", "--seconds", "6");
  office.refused(/required option '--seconds/, ...test, "--household", "0");
  office.refused(/is the user card 1 of household 7/, ...args(office, "clear", "user.mfd"));
  const issue = office.saleArgs("issue", 8, "5", "c.mfd");
  make(office, "clear", "c.mfd", ...UID);
  office.refused(/is a clear card, no user card/, ...issue);
});
