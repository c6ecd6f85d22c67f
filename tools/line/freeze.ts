/** What a household had counted at moments of the past, by DL/T 645: daily freezes, settlements, the
 *  load record. Source: src/rs485/SPEC.md, "Freezes and load record". */

import { fromBcd, toBcd } from "./bcd.ts";
import type { DltTalker } from "./by-dlt.ts";
import { LineError, RefusedError } from "./errors.ts";
import type { Row } from "./read.ts";
import { hundredthsText, type BoxPlace } from "./talker.ts";
import { momentText, readTime, timeBytes } from "./times.ts";

const TIME_SIZE = 5;
const ENERGY_SIZE = 4;
const TARIFF_COUNT = 5;
const REVERSE_AT = TIME_SIZE + TARIFF_COUNT * ENERGY_SIZE;
const FREEZE_SIZE = REVERSE_AT + TARIFF_COUNT * ENERGY_SIZE;
export const DAY_COUNT = 62;
export const INSTANT_COUNT = 3;
const SETTLEMENT_COUNT = 12;

const LOAD_FROM = "06040001";
const LOAD_BLOCKS = 10; // as many as fit one answer, so that no follow-up is needed
const LOAD_START = 0xa0;
const LOAD_END = 0xe5;
const LOAD_MARK = 0xaa;
const LOAD_SIZE = 32; // A0 A0, length, time, 3 empty classes, class 4 of 16, 3 marks, sum, E5
const LOAD_SUM_AT = LOAD_SIZE - 2;
const LOAD_TIME_AT = 3;
const LOAD_ENERGY_AT = 11;
const LOAD_MARKS = [8, 9, 10, 27, 28, 29];
const SECONDS_PER_MINUTE = 60;

function energyText(bytes: Uint8Array, at: number): string {
  return hundredthsText(fromBcd(bytes.subarray(at, at + ENERGY_SIZE)));
}

/** Daily ("06") or instant ("01") freezes, newest first. */
export async function freezeRows(
  talker: DltTalker,
  box: BoxPlace,
  household: number,
  ring: "06" | "01",
  most: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  const address = talker.addressOf(box, household);
  for (let nth = 1; nth <= most; nth++) {
    const hex = nth.toString(16).padStart(2, "0");
    const bytes = await talker.tryRead(address, `05${ring}FF${hex}`);
    if (bytes === null || bytes.length !== FREEZE_SIZE) break;
    rows.push({
      box: box.number,
      household: String(household),
      nth: String(nth),
      time: momentText(bytes.subarray(0, TIME_SIZE)),
      forward_kwh: energyText(bytes, TIME_SIZE),
      reverse_kwh: energyText(bytes, REVERSE_AT),
    });
  }
  return rows.filter(({ time }) => time !== "");
}

/** The last settlements: what stood on each, newest first. */
export async function settlementRows(
  talker: DltTalker,
  box: BoxPlace,
  household: number,
): Promise<Row[]> {
  const address = talker.addressOf(box, household);
  const forward = await talker.master.read(address, "000100FF");
  const reverse = await talker.master.read(address, "000200FF");
  const rows = Array.from({ length: SETTLEMENT_COUNT }, (_, i) => ({
    box: box.number,
    household: String(household),
    nth: String(i + 1),
    forward_kwh: energyText(forward, (i + 1) * ENERGY_SIZE),
    reverse_kwh: energyText(reverse, (i + 1) * ENERGY_SIZE),
  }));
  return rows.filter(({ forward_kwh }) => forward_kwh !== "");
}

interface LoadBlock {
  time: number;
  row: Row;
}

function loadBlock(bytes: Uint8Array): LoadBlock {
  const sum = bytes.subarray(0, LOAD_SUM_AT).reduce((total, byte) => total + byte, 0) & 0xff;
  const is_whole =
    bytes.length === LOAD_SIZE &&
    bytes[0] === LOAD_START &&
    bytes[1] === LOAD_START &&
    bytes[LOAD_SUM_AT] === sum &&
    bytes[LOAD_SIZE - 1] === LOAD_END &&
    LOAD_MARKS.every((at) => bytes[at] === LOAD_MARK);
  if (!is_whole) throw new LineError("load record: a block of unknown form");
  const moment = bytes.subarray(LOAD_TIME_AT, LOAD_TIME_AT + TIME_SIZE);
  const row = {
    time: momentText(moment),
    forward_kwh: energyText(bytes, LOAD_ENERGY_AT),
    reverse_kwh: energyText(bytes, LOAD_ENERGY_AT + ENERGY_SIZE),
  };
  return { time: readTime(moment), row };
}

/** The load record of a household from a time on, oldest first. `onRows` is told how many came. */
export async function loadRows(
  talker: DltTalker,
  box: BoxPlace,
  household: number,
  from: number,
  onRows: (count: number) => void = () => undefined,
): Promise<Row[]> {
  const rows: Row[] = [];
  const address = talker.addressOf(box, household);
  for (let next = from; ;) {
    const bytes = await readLoad(talker, address, next);
    const blocks = Array.from({ length: Math.floor(bytes.length / LOAD_SIZE) }, (_, i) =>
      loadBlock(bytes.subarray(i * LOAD_SIZE, (i + 1) * LOAD_SIZE)),
    );
    const newer = blocks.filter(({ time }) => time >= next);
    for (const { row } of newer) {
      rows.push({ box: box.number, household: String(household), ...row });
    }
    onRows(newer.length);
    if (newer.length === 0) return rows;
    next = newer.at(-1)!.time + SECONDS_PER_MINUTE;
  }
}

async function readLoad(talker: DltTalker, address: string, from: number): Promise<Uint8Array> {
  const minute = timeBytes(from).subarray(1); // mm hh DD MM YY
  const question = Uint8Array.of(...toBcd(LOAD_BLOCKS, 1), ...minute);
  try {
    return await talker.master.read(address, LOAD_FROM, question);
  } catch (error) {
    if (error instanceof RefusedError && error.code === 2) return new Uint8Array();
    throw error;
  }
}
