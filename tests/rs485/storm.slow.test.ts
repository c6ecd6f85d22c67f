/** A running box, both cores, on its line: each byte of a request lost, doubled, and with each bit flipped;
 *  then a million frames of chance at 19200 baud. No restart, nothing changed, and the next good frame is
 *  answered. METER39_SEED repeats a run. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { dlt, identifier, open } from "./box-kit.ts";
import * as kit from "../meter/kit.ts";
import { Chance } from "./chance.ts";
import * as traffic from "./traffic.ts";

const { addressOf, AUTHORITY, CREDIT, MODBUS_ADDRESS, modbus } = traffic;
/** Longer than the longest pause inside a frame, src/rs485/SPEC.md GAP_DLT. */
const SILENCE_MS = 560;
const ANSWER_MS = 300;
const RATE_19200 = 4;
const CHARACTER_MS = 0.573; // at 19200
const LINE_PROTOCOL = 12;
const LINE_RATE = 13;
const LINE_FORMAT = 14;
const FRAMES = 1_000_000;
const FEW_FRAMES = 50_000;
const FRAMES_PER_CHECK = 5_000;
const GOOD_READ = traffic.read(addressOf(1), "00900100");

interface Request {
  name: string;
  bytes: Buffer;
  /** Found anywhere by its start; one of Modbus only at the beginning of what is sent. */
  is_marked: boolean;
}

function requests(): Request[] {
  const message = kit.signed(CREDIT, 2, 2, 500);
  const expiry = [0, 0, 0x12, 0x21, 0x11, 0x25];
  const value = Buffer.from([0, 0x20, 0, 0]);
  const write = Buffer.concat([identifier("04000F01"), AUTHORITY, value]);
  const trip = Buffer.concat([AUTHORITY, Buffer.from([0x1a, 0, ...expiry])]);
  const found: [string, Buffer][] = [
    ["read address", dlt("AAAAAAAAAAAA", 0x13)],
    ["read", GOOD_READ],
    ["write", dlt(addressOf(1), 0x14, write)],
    ["trip", dlt(addressOf(1), 0x1c, trip)],
    ["recharge by 03h", traffic.recharge(2, message)],
    ["freeze", dlt(addressOf(0), 0x16, Buffer.from([0x99, 0x99, 0x99, 0x99]))],
    ["native read", kit.frame(7, kit.BOOKS_READ, Buffer.from([1]))],
    ["native message", kit.frame(8, kit.MESSAGE, Buffer.concat([Buffer.from([0]), message]))],
  ];
  const framed: [string, Buffer][] = [
    ["03", traffic.readRegisters(0, 4)],
    ["06 freeze", modbus(MODBUS_ADDRESS, Buffer.from([6, 0x03, 0x28, 0, 1]))],
    ["recharge by the mailbox", traffic.mailbox(message)],
    ["17h", modbus(MODBUS_ADDRESS, Buffer.from([0x17, 0, 0, 0, 4, 0x03, 0x28, 0, 1, 2, 0, 1]))],
    ["2B/0E", modbus(MODBUS_ADDRESS, Buffer.from([0x2b, 0x0e, 1, 0]))],
  ];
  return [
    ...found.map(([name, bytes]) => ({ name, bytes, is_marked: true })),
    ...framed.map(([name, bytes]) => ({ name, bytes, is_marked: false })),
  ];
}

/** Each byte lost, doubled, and each of its bits flipped. */
function* disturbed(good: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at < good.length; at++) {
    yield [`byte ${at} lost`, Buffer.concat([good.subarray(0, at), good.subarray(at + 1)])];
    yield [`byte ${at} doubled`, Buffer.concat([good.subarray(0, at + 1), good.subarray(at)])];
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(good);
      flipped[at] ^= 1 << bit;
      yield [`byte ${at} bit ${bit}`, flipped];
    }
  }
}

test("each byte of a request lost, doubled, flipped: silence, nothing changed, then an answer", () => {
  const bench = traffic.LineBench.inService();
  const good_answer = bench.say(GOOD_READ, ANSWER_MS);
  assert.ok(open(good_answer));
  let disturbances = 0;
  let still_good = 0;
  for (const { name, bytes, is_marked } of requests()) {
    for (const [what, sent] of disturbed(bytes)) {
      const before = traffic.settled(bench.box.fram.bytes);
      const said = bench.say(sent, SILENCE_MS);
      disturbances++;
      const good_at = sent.indexOf(bytes);
      if (good_at === 0 || (is_marked && good_at > 0)) {
        assert.ok(said.length > 0, `${name}, ${what}: the good frame is in it`);
        still_good++;
      } else {
        assert.equal(said.toString("hex"), "", `${name}, ${what}`);
        assert.ok(traffic.settled(bench.box.fram.bytes).equals(before), `${name}, ${what}`);
      }
      assert.ok(bench.say(GOOD_READ, ANSWER_MS).equals(good_answer), `${name}, ${what}: the next`);
    }
  }
  assert.deepEqual(bench.restarts, []);
  console.log(`${disturbances} disturbed requests, ${still_good} of them still good`);
});

/** The settings of the box but those that 16h may set: settlement day and daily freeze. */
function settings(bench: traffic.LineBench): number[] {
  const by_freeze = [18, 19];
  const ids = Array.from({ length: 19 }, (_, index) => index + 1);
  return ids.filter((id) => !by_freeze.includes(id)).map((id) => bench.setting(id));
}

interface Storm {
  chance: Chance;
  frames: number;
  /** Settings of the line by id. */
  line: Record<number, number>;
}

/** What a host hears in good times: DL/T 645 and Modbus; nothing where a setting has shut one out. */
function goodAnswers(bench: traffic.LineBench): (string | undefined)[] {
  const registers = bench.registers(0, 6);
  return [bench.say(GOOD_READ, ANSWER_MS).toString("hex"), registers?.toString("hex")];
}

/** Lets a storm pass; returns how often an answer was heard in it. */
function weather({ chance, frames, line }: Storm): number {
  const bench = traffic.LineBench.inService();
  let number = 10;
  for (const [id, value] of Object.entries(line)) {
    assert.equal(bench.set(Number(id), 0, value, number++), 0);
    bench.box.runMs(2_000);
  }
  const good = goodAnswers(bench);
  assert.ok(good.some(Boolean));
  const before = traffic.guarded(bench.box.fram.bytes);
  const settings_before = settings(bench);
  let heard = 0;
  for (let count = 1; count <= frames; count++) {
    const { bytes, pause_ms } = chance.frame();
    bench.box.line.send(bytes);
    bench.box.runMs(Math.ceil(bytes.length * CHARACTER_MS) + pause_ms);
    if (bench.box.line.receive().length > 0) heard++;
    if (count % FRAMES_PER_CHECK !== 0) continue;
    const where = `seed ${chance.seed}, frame ${count}`;
    bench.box.runMs(SILENCE_MS);
    assert.deepEqual(bench.restarts, [], where);
    assert.deepEqual(goodAnswers(bench), good, where);
    assert.ok(traffic.guarded(bench.box.fram.bytes).equals(before), `${where}: the books`);
  }
  assert.deepEqual(settings(bench), settings_before);
  const hours = (bench.box.now_ms / 3_600_000).toFixed(1);
  console.log(`seed ${chance.seed}: ${frames} frames in ${hours} h, ${heard} times an answer`);
  return heard;
}

const SEED = Number(process.env.METER39_SEED ?? 20_251_121);

test("a million frames of chance change nothing and stop nothing", () => {
  const chance = new Chance(SEED);
  const heard = weather({ chance, frames: FRAMES, line: { [LINE_RATE]: RATE_19200 } });
  console.log(
    Object.entries(chance.drawn)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(", "),
  );
  assert.ok(heard > FRAMES / 10, "many of them were really served");
});

test("so with one protocol fixed, and in another format", () => {
  const only: Record<string, Record<number, number>> = {
    "DL/T 645": { [LINE_RATE]: RATE_19200, [LINE_PROTOCOL]: 1 },
    "Modbus, 8N2": { [LINE_RATE]: RATE_19200, [LINE_PROTOCOL]: 2, [LINE_FORMAT]: 2 },
  };
  for (const [index, line] of Object.values(only).entries()) {
    const heard = weather({ chance: new Chance(SEED + 1 + index), frames: FEW_FRAMES, line });
    assert.ok(heard > FEW_FRAMES / 20);
  }
});
