/** The default load: data/household-minutes.csv, 15 days of one real household (see data/README.md).
 *
 *  On day d (from 0) the household at place p (from 0, in order of numbers) has
 *  - p < 15: the real day number (p + d) mod 15, unchanged: 15 households, a day each, rotating;
 *  - p >= 15: the day number (7 p + d) mod 15, made different by a rule drawn from the seed:
 *    shift: the whole day -180..+180 minutes around the clock, one shift per household;
 *    scale: times 0.40..0.90, one scale per household, but not below 60 W where the day has power;
 *    appliances: 1..4 per day, each 300..2400 W for 5..45 minutes at a random minute.
 *  A household of three channels spreads its watts evenly over them. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CHANNEL_COUNT, type Household } from "./layout.ts";
import { makeStream } from "./random.ts";

const FILE = fileURLToPath(new URL("../../data/household-minutes.csv", import.meta.url));
const REAL_DAYS = 15;
const MINUTES = 1440;
const MINUTE_S = 60;
const MINIMUM_W = 60; // a third of it is still above the starting power of 13.2 W
const HABIT = 1; // purposes of random streams
const APPLIANCES = 2;

/** What flows through the channels. */
export interface Load {
  /** Watts of the 39 channels at second `now_s` of the run, and the second when that changes. */
  at(now_s: number): { watts: readonly number[]; until_s: number };
}

/** Divides whole milliwatts evenly; the parts add up to the whole. */
export function spreadW(watts: number, count: number): number[] {
  const total_mw = Math.round(watts * 1000);
  const part = Math.trunc(total_mw / count);
  const rest = total_mw - part * count;
  const step = Math.sign(rest);
  return Array.from({ length: count }, (_, i) => (part + (i < Math.abs(rest) ? step : 0)) / 1000);
}

function realDays(): number[][] {
  const lines = readFileSync(FILE, "utf8").trim().split("\n").slice(1);
  const rows = lines.map((line) => line.split(",").map(Number));
  return Array.from({ length: REAL_DAYS }, (_, day) => rows.map((row) => row[day + 1]));
}

function madeDay(days: number[][], seed: number, place: number, day: number): number[] {
  const habit = makeStream(seed, HABIT, place);
  const shift = habit.between(-180, 180);
  const scale_percent = habit.between(40, 90);
  const model = days[(7 * place + day) % REAL_DAYS];
  const watts = Array.from({ length: MINUTES }, (_, minute) => {
    const w = model[(minute + shift + MINUTES) % MINUTES];
    return w === 0 ? 0 : Math.max(MINIMUM_W, Math.round((w * scale_percent) / 100));
  });
  const stream = makeStream(seed, APPLIANCES, place, day);
  const count = stream.between(1, 4);
  for (let i = 0; i < count; i++) {
    const power_w = stream.between(300, 2400);
    const minutes = stream.between(5, 45);
    const start = stream.between(0, MINUTES - minutes);
    for (let minute = start; minute < start + minutes; minute++) watts[minute] += power_w;
  }
  return watts;
}

/** Watts per minute of the household at `place` on `day`, both from 0. */
export function householdDay(
  seed: number,
  place: number,
  day: number,
  days = realDays(),
): number[] {
  if (place < REAL_DAYS) return days[(place + day) % REAL_DAYS];
  return madeDay(days, seed, place, day);
}

/** The default load of these households. */
export function realLoad(households: Household[], seed: number): Load {
  const days = realDays();
  let day = -1;
  let minutes: number[][] = [];
  const prepare = (wanted: number): void => {
    if (wanted === day) return;
    day = wanted;
    minutes = Array.from({ length: MINUTES }, () => new Array<number>(CHANNEL_COUNT).fill(0));
    households.forEach(({ channels }, place) => {
      householdDay(seed, place, day, days).forEach((watts, minute) => {
        spreadW(watts, channels.length).forEach((part_w, index) => {
          minutes[minute][channels[index] - 1] = part_w;
        });
      });
    });
  };
  return {
    at(now_s) {
      const minute = Math.floor(now_s / MINUTE_S);
      prepare(Math.floor(minute / MINUTES));
      return { watts: minutes[minute % MINUTES], until_s: (minute + 1) * MINUTE_S };
    },
  };
}

/** No load at all. */
export const NO_LOAD: Load = {
  at: () => ({ watts: new Array<number>(CHANNEL_COUNT).fill(0), until_s: Infinity }),
};
