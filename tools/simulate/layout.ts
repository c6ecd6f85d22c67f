/** Which channels serve which household. A layout is a name (single, three, mixed), a text such as
 *  "1:1,2,3 4:4 5:5", or a file with such text (# begins a comment). Channel c is on phase A, B, C
 *  in turn. A household has one channel, or three on three phases, and the number of its first. */

import { existsSync, readFileSync } from "node:fs";
import { InputError } from "./errors.ts";

export const CHANNEL_COUNT = 39;
const PHASE_NAMES = ["A", "B", "C"];

export interface Household {
  /** 1..39, the number of its first channel. */
  number: number;
  /** One channel or three, 1..39. */
  channels: number[];
}

/** Phase 0..2 of channel 1..39: in turn. */
export function phaseOf(channel: number): number {
  return (channel - 1) % PHASE_NAMES.length;
}

function threeFrom(first: number): Household {
  return { number: first, channels: [first, first + 1, first + 2] };
}

function singlesFrom(first: number): Household[] {
  return Array.from({ length: CHANNEL_COUNT + 1 - first }, (_, index) => ({
    number: first + index,
    channels: [first + index],
  }));
}

const NAMED: Record<string, () => Household[]> = {
  single: () => singlesFrom(1),
  three: () => Array.from({ length: CHANNEL_COUNT / 3 }, (_, index) => threeFrom(index * 3 + 1)),
  mixed: () => [threeFrom(1), threeFrom(4), threeFrom(7), threeFrom(10), ...singlesFrom(13)],
};

function wholeNumber(text: string, what: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) < 1 || Number(text) > CHANNEL_COUNT) {
    throw new InputError(`layout: ${what} "${text}" is not a number 1..${CHANNEL_COUNT}`);
  }
  return Number(text);
}

function parseHousehold(text: string): Household {
  const [number_text, channel_text, ...rest] = text.split(":");
  if (channel_text === undefined || rest.length > 0) {
    const names = Object.keys(NAMED).join(", ");
    throw new InputError(`layout: "${text}" is neither ${names}, a file, nor HOUSEHOLD:CHANNELS`);
  }
  const number = wholeNumber(number_text, "household");
  const channels = channel_text.split(",").map((part) => wholeNumber(part, "channel"));
  if (channels.length !== 1 && channels.length !== 3) {
    throw new InputError(`layout: household ${number} has ${channels.length} channels, not 1 or 3`);
  }
  if (channels[0] !== number) {
    throw new InputError(`layout: household ${number} must have channel ${number} first`);
  }
  return { number, channels };
}

function checkChannels(households: Household[]): void {
  const users = new Map<number, number>();
  for (const { number, channels } of households) {
    for (const channel of channels) {
      const other = users.get(channel);
      if (other !== undefined) {
        throw new InputError(
          `layout: channel ${channel} is used twice, by household ${other} and household ${number}`,
        );
      }
      users.set(channel, number);
    }
  }
}

function checkPhases({ number, channels }: Household, phaseOf: (channel: number) => number): void {
  channels.forEach((channel, index) => {
    const twin = channels.slice(0, index).find((other) => phaseOf(other) === phaseOf(channel));
    if (twin !== undefined) {
      throw new InputError(
        `layout: household ${number}: channels ${twin} and ${channel} are both on phase ` +
          PHASE_NAMES[phaseOf(channel)],
      );
    }
  });
}

/** The households in order of their numbers; throws InputError when the layout cannot be. `phase`: of a
 *  channel, 0..2. */
export function parseLayout(text: string, phase = phaseOf): Household[] {
  if (Object.hasOwn(NAMED, text)) return NAMED[text]();
  const source = existsSync(text) ? readFileSync(text, "utf8").replace(/#.*$/gm, "") : text;
  const parts = source.split(/\s+/).filter((part) => part !== "");
  if (parts.length === 0) throw new InputError("layout: no household");
  const households = parts.map(parseHousehold);
  checkChannels(households);
  for (const household of households) checkPhases(household, phase);
  return households.sort((a, b) => a.number - b.number);
}
