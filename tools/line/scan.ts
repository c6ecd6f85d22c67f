/** Who is on the line. Modbus: each address of a range. DL/T 645: numbers of a range, or all there
 *  are, by asking "read address" (13h) with shortened addresses: silence means that no number ends so,
 *  one clean answer is a box, and garbled answers are several, which the next pair of digits tells
 *  apart. */

import { InvalidArgumentError } from "commander";
import { digitsOf } from "./bcd.ts";
import type { ModbusTalker } from "./by-modbus.ts";
import { ANYBODY, C_READ_ADDRESS, type DltMaster } from "./dlt.ts";
import { NoAnswerError } from "./errors.ts";
import type { Bar } from "./session.ts";

const PAIRS = 100;
const PAIR_DIGITS = 2;
const NUMBER_DIGITS = 10;
const BOX_HOUSEHOLD = "00";
const HIGHEST_NUMBER = 9_999_999_999;

export interface Found {
  number: string;
  /** Modbus address, 0 unknown. */
  address: number;
  household_count: number | null;
  /** Several boxes have this number. */
  doubled: boolean;
}

export interface Range {
  first: number;
  last: number;
}

export const ALL_NUMBERS: Range = { first: 0, last: HIGHEST_NUMBER };

/** A parser for --range: two box numbers with .. between. */
export function numberRange(text: string): Range {
  const match = /^(\d{10})\.\.(\d{10})$/.exec(text);
  const range = { first: Number(match?.[1]), last: Number(match?.[2]) };
  if (match === null || range.first > range.last) {
    throw new InvalidArgumentError("Write two box numbers of ten digits: FIRST..LAST.");
  }
  return range;
}

/** How many numbers of the range end with `ending` (0 to 10 digits). */
export function countEnding({ first, last }: Range, ending: string): number {
  const step = 10 ** ending.length;
  const upTo = (number: number): number => Math.floor((number - Number(ending)) / step) + 1;
  return Math.max(0, upTo(last)) - Math.max(0, upTo(first - 1));
}

/** The only number of the range that ends with `ending`. */
function onlyNumber({ first }: Range, ending: string): string {
  const step = 10 ** ending.length;
  const number = first + ((((Number(ending) - first) % step) + step) % step);
  return String(number).padStart(NUMBER_DIGITS, "0");
}

type Heard = { kind: "silence" } | { kind: "garbled" } | { kind: "box"; number: string };

async function askOnce(master: DltMaster, address: string): Promise<Heard> {
  await master.pause?.();
  const question = { address, control: C_READ_ADDRESS, data: new Uint8Array() };
  const { frames, noise } = await master.listen(question, () => false);
  const numbers = new Set(
    frames
      .filter(({ data, control }) => control === (C_READ_ADDRESS | 0x80) && data.length === 6)
      .map(({ data }) => digitsOf(data).slice(0, NUMBER_DIGITS))
      .filter((digits) => /^\d+$/.test(digits)),
  );
  if (numbers.size === 1 && frames.length === 1 && !noise) {
    return { kind: "box", number: [...numbers][0] };
  }
  return frames.length > 0 || noise ? { kind: "garbled" } : { kind: "silence" };
}

/** A question that was lost is no silence: it is asked again before it counts. */
async function ask(master: DltMaster, address: string): Promise<Heard> {
  let heard: Heard = { kind: "silence" };
  for (let tries = 0; tries <= master.retries && heard.kind === "silence"; tries++) {
    heard = await askOnce(master, address);
  }
  return heard;
}

/** Finds the boxes whose numbers are in `range`. `onFound` is told each at once. */
export async function scanDlt(
  master: DltMaster,
  range: Range,
  onFound: (found: Found) => void,
): Promise<Found[]> {
  const found = new Map<string, Found>();
  const note = (number: string, doubled: boolean): void => {
    if (found.has(number)) return;
    const box = { number, address: 0, household_count: null, doubled };
    found.set(number, box);
    onFound(box);
  };
  const narrow = async (ending: string): Promise<void> => {
    const candidate_count = countEnding(range, ending);
    if (candidate_count === 0) return;
    const digits = candidate_count === 1 ? onlyNumber(range, ending) : ending;
    const address = digits + BOX_HOUSEHOLD;
    const heard = await ask(master, address.padStart(ANYBODY.length, "A"));
    if (heard.kind === "silence") return;
    if (heard.kind === "box") {
      const number = Number(heard.number);
      if (number >= range.first && number <= range.last) note(heard.number, false);
      return;
    }
    if (digits.length === NUMBER_DIGITS) return note(digits, true);
    for (let pair = 0; pair < PAIRS; pair++) {
      await narrow(String(pair).padStart(PAIR_DIGITS, "0") + ending);
    }
  };
  await narrow("");
  return [...found.values()].sort((a, b) => a.number.localeCompare(b.number));
}

/** Asks Modbus addresses in turn. */
export async function scanModbus(
  talker: ModbusTalker,
  range: Range,
  onFound: (found: Found) => void,
  bar: Bar,
): Promise<Found[]> {
  const boxes: Found[] = [];
  for (let address = range.first; address <= range.last; address++) {
    try {
      const box = await talker.identify(address);
      if (box !== null) {
        boxes.push({ ...box, address, doubled: false });
        onFound(boxes.at(-1)!);
      }
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
    }
    bar.increment();
  }
  return boxes;
}
