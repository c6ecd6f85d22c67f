/** Which boxes a command is for: numbers on the command line, or the file that `scan` has saved. */

import { InvalidArgumentError } from "commander";
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { InputError } from "../simulate/errors.ts";
import type { BoxPlace } from "./talker.ts";

const FORMAT = 1;
const HIGHEST_ADDRESS = 247;
const HOUSEHOLD_COUNT = 39;

const scanFile = z.object({
  format: z.literal(FORMAT),
  boxes: z.array(
    z.object({
      number: z.string().regex(/^\d{10}$/),
      address: z.number().int().min(0).max(HIGHEST_ADDRESS),
    }),
  ),
});

/** One box as the user names it; number "" when only the Modbus address is given. */
export type BoxChoice = BoxPlace[] | "all";

function parseBox(text: string): BoxPlace {
  const match = /^(?:(\d{10})(?:@(\d{1,3}))?|(\d{1,3}))$/.exec(text);
  const address = Number(match?.[2] ?? match?.[3] ?? 0);
  const has_address = match?.[2] !== undefined || match?.[3] !== undefined;
  if (match === null || (has_address && (address < 1 || address > HIGHEST_ADDRESS))) {
    throw new InvalidArgumentError(
      `"${text}": write ten digits, ten digits@1..${HIGHEST_ADDRESS} (Modbus address), or 1..${HIGHEST_ADDRESS}.`,
    );
  }
  return { number: match[1] ?? "", address };
}

/** A parser for --box: a number, several with commas between, or "all". */
export function boxChoice(text: string): BoxChoice {
  if (text === "all") return "all";
  const places = text.split(",").map(parseBox);
  places.forEach(({ number, address }, i) => {
    const same = (other: BoxPlace): boolean => other.number === number && other.address === address;
    if (places.findIndex(same) < i) throw new InvalidArgumentError(`"${text}" has a box twice.`);
  });
  return places;
}

/** A parser for --household: numbers 1..39 with commas or .. between, or "all". */
export function households(text: string): number[] | "all" {
  if (text === "all") return "all";
  const chosen = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,2})(?:\.\.(\d{1,2}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? first);
    if (match === null || first < 1 || last > HOUSEHOLD_COUNT || first > last) {
      throw new InvalidArgumentError("It must be 1..39, several like 1,5,7..9, or all.");
    }
    for (let household = first; household <= last; household++) chosen.add(household);
  }
  return [...chosen].sort((a, b) => a - b);
}

export function saveBoxes(file: string, boxes: BoxPlace[]): void {
  const list = boxes.map(({ number, address }) => ({ number, address }));
  try {
    writeFileSync(file, `${JSON.stringify({ format: FORMAT, boxes: list }, null, 2)}\n`);
  } catch (error) {
    throw new InputError(`--save: cannot write ${file}: ${(error as Error).message}`);
  }
}

function loadBoxes(file: string): BoxPlace[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`--boxes: cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    return scanFile.parse(JSON.parse(text)).boxes;
  } catch {
    throw new InputError(`--boxes: ${file} is not a file made by: meter39 scan --save`);
  }
}

/** The boxes that are meant, with the addresses that the file of a scan knows. */
export function chooseBoxes(
  choice: BoxChoice,
  file: string | undefined,
  protocol: string,
): BoxPlace[] {
  const known = file === undefined ? [] : loadBoxes(file);
  if (choice === "all") {
    if (file === undefined) {
      throw new InputError("--box: all needs --boxes FILE, made by: meter39 scan --save FILE");
    }
    choice = known;
  }
  return choice.map((place) => {
    const found = known.find(({ number }) => number === place.number);
    const address = place.address === 0 ? (found?.address ?? 0) : place.address;
    if (protocol === "modbus" && address === 0) {
      const text = `${place.number}: its Modbus address is not known: write ${place.number}@ADDRESS`;
      throw new InputError(`--box: ${text}, or give --boxes FILE`);
    }
    if (protocol === "dlt645" && place.number === "") {
      throw new InputError(`--box: ${address} is a Modbus address; dlt645 needs the ten digits`);
    }
    return { number: place.number, address };
  });
}
