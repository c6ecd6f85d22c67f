/** A day in the life of a box, compressed to a minute, for any kind of box; and what came of it: what a
 *  person, an office or an inspector could see, and the memory at its end. */

import assert from "node:assert/strict";
import crc16modbus from "crc/calculators/crc16modbus";
import type { Box } from "../../boards/virtual/box.ts";
import type { ClassicCard } from "../../boards/virtual/reader.ts";
import { CREDIT, makeCard } from "../cards/kit.ts";
import { LineBox } from "../rs485/box-kit.ts";
import { FIRST, cardOf, signed } from "../meter/kit.ts";

/** Options of the box: what the clock chip shows must not depend on when a core first looks. */
export const DAY = { seed: 7, clock: new Date(Date.UTC(2025, 10, 21, 2, 30, 0)) };
const NUMBER = "2025112101";
const ALARM = 40;
const TRIP = 41;
const HEAVY_W = 60_000; // 1 kWh in a minute
const SMALL_W = 40; // times the number of the channel
const SWIPE_MS = 800;
const TRIPPED = 2;
/** What a person can read; in between the digits change one by one. */
const STEADY_MS = 100;
const LOOP_STEPS = 400;
/** Bytes of an entry in the log of events that are written when power goes. */
const CUT_BYTES = 7;

export interface Outcome {
  /** Each with its time, ms, for reading only: "channel closed". */
  relays: { what: string; ms: number }[];
  /** Resets and power, in their order. */
  lives: string[];
  /** Answers on the line, and results. */
  answers: string[];
  /** Texts that stood on the tubes for STEADY_MS or longer, in their order. */
  tubes: string[];
  /** Pin, level of the calibration socket. */
  socket: string[];
  books: string[];
  fram: Uint8Array;
}

/** Writes down what the box shows. */
function observe(box: Box): Outcome {
  const seen: Outcome = {
    relays: [],
    lives: [],
    answers: [],
    tubes: [],
    socket: [],
    books: [],
    fram: box.fram.bytes,
  };
  box.events.on("relay", ({ channel, closed, time_us }) =>
    seen.relays.push({ what: `${channel} ${closed ? "closed" : "open"}`, ms: time_us / 1000 }),
  );
  box.events.on("power", ({ on }) => seen.lives.push(on ? "power on" : "power off"));
  box.events.on("restart", ({ mcu, reason, detail }) =>
    seen.lives.push(`${mcu} ${reason} ${detail}`),
  );
  box.events.on("socket", ({ pin, level }) => seen.socket.push(`${pin} ${level}`));
  let text = "";
  let since_us = 0;
  box.events.on("tubes", ({ time_us }) => {
    const was_steady = time_us - since_us >= STEADY_MS * 1000;
    const broke_off = !box.powered;
    if (was_steady && !broke_off && text !== seen.tubes.at(-1)) seen.tubes.push(text);
    const { upper, lower } = box.tubes();
    text = `${upper}|${lower}`;
    since_us = time_us;
  });
  return seen;
}

function show(box: LineBox, card: ClassicCard): void {
  box.box.reader.present(card);
  box.box.runMs(SWIPE_MS);
  box.box.reader.remove(card);
  box.box.runMs(SWIPE_MS);
}

/** Registers of Modbus as hexadecimal digits. */
function registers(box: LineBox, start: number, count: number): string {
  const body = Buffer.from([1, 3, start >> 8, start & 0xff, 0, count]);
  const crc = crc16modbus(new Uint8Array(body));
  return box.say(Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])])).toString("hex");
}

/** What the office reads: by DL/T 645 energy, remaining, demand; by Modbus remaining and status. */
function readLine(box: LineBox, seen: Outcome): void {
  seen.answers.push(box.exchange("FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16"));
  for (const identifier of ["00010000", "00900100", "04000401"]) {
    const answer = box.read(1, identifier);
    seen.answers.push(`${identifier} ${Buffer.isBuffer(answer) ? answer.toString("hex") : answer}`);
  }
  for (const start of [0x0100, 0x0180, 0x0200]) seen.answers.push(registers(box, start, 12));
}

/** Morning: into service, a card, alarm and trip at the heavy load, resumed by the card. */
function morning(box: LineBox, seen: Outcome): void {
  const results = [box.set(TRIP, 1, 100, 1), box.set(ALARM, 1, 105, 2)];
  assert.deepEqual(results, [0, 0]);
  const card = makeCard(1, signed(CREDIT, 1, 1, 110, FIRST), { uid: cardOf(1) });
  show(box, card);
  for (const household of [2, 39]) assert.equal(box.credit(household, 1, 2_000).result, 0);
  setLoads(box.box, SMALL_W);
  box.box.setLoadW(1, HEAVY_W);
  box.box.runMs(7_500);
  box.box.setLoadW(1, 0);
  assert.equal(box.books(1).state, TRIPPED);
  assert.ok(!box.box.relayClosed(1));
  readLine(box, seen);
  show(box, card);
  assert.ok(box.box.relayClosed(1));
}

/** Noon: the plug of the calibration socket, a missing phase, the other direction. */
function noon(box: LineBox): void {
  // The plug holds the household that is shown: at the next turn of the loop to 2
  for (let i = 0; i < LOOP_STEPS && !box.box.tubes().upper.includes("02"); i++) box.box.runMs(100);
  box.box.runMs(1_000);
  box.box.socketShort(true);
  box.box.setLoadW(1, 2_000);
  box.box.setLoadW(2, -HEAVY_W / 4);
  box.box.runMs(3_000);
  box.box.setPhase(1, false);
  box.box.runMs(1_500);
  box.box.setPhase(1, true);
  box.box.socketShort(false);
  box.box.runMs(1_500);
}

/** Evening: power goes while an event is written, and comes back; both chips are reset; a sale. No load
 *  is on while a chip starts: how long that takes is the board's own affair. */
function evening(box: LineBox, seen: Outcome): void {
  const made = box.box;
  made.setLoadW(1, HEAVY_W);
  made.runMs(1_000);
  made.fram.cutAfter(CUT_BYTES);
  made.runMs(500);
  assert.ok(!made.powered);
  setLoads(made, 0);
  made.powerOn();
  made.runMs(4_000);
  setLoads(made, SMALL_W);
  made.runMs(2_000);
  setLoads(made, 0);
  made.runMs(200);
  made.resetMcu("panel");
  made.runMs(1_500);
  made.resetMcu("meter");
  made.runMs(3_000);
  seen.answers.push(`sale ${box.credit(1, 2, 3_000).result}`);
  seen.answers.push(`again ${box.credit(1, 2, 3_000).result}`);
}

function setLoads(box: Box, step_w: number): void {
  for (let channel = 1; channel <= 39; channel++) box.setLoadW(channel, channel * step_w);
}

/** Plays only the morning, and leaves the box on. */
export function playMorning(made: Box): Outcome {
  const seen = observe(made);
  morning(new LineBox(NUMBER, made, DAY.clock), seen);
  return seen;
}

/** Plays the day and takes the power away. */
export function playDay(made: Box): Outcome {
  const seen = observe(made);
  const box = new LineBox(NUMBER, made, DAY.clock);
  morning(box, seen);
  noon(box);
  evening(box, seen);
  readLine(box, seen);
  for (const household of [1, 2, 3, 39]) seen.books.push(JSON.stringify(flat(box, household)));
  made.runMs(1_200);
  made.powerOff();
  seen.fram = made.fram.bytes.slice();
  return seen;
}

function flat(box: LineBox, household: number): Record<string, string> {
  const books = Object.entries(box.books(household));
  return Object.fromEntries(books.map(([name, value]) => [name, String(value)]));
}
