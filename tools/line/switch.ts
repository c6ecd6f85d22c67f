/** Opening and closing a household's relays, by password (1Ch of DL/T 645) or signed. */

import type { Desk } from "../card/sale.ts";
import * as office from "../office/message.ts";
import { InputError } from "../simulate/errors.ts";
import { credentials, sendSigned, type Password } from "./authority.ts";
import type { DltTalker } from "./by-dlt.ts";
import { C_SWITCH } from "./dlt.ts";
import { LineError } from "./errors.ts";
import type { BoxPlace, Talker } from "./talker.ts";
import { timeBytes } from "./times.ts";

const MOST_STEPS = 255;
export const LONGEST_OPEN_MIN = MOST_STEPS * office.SWITCH_STEP_MIN;

export const ACTIONS = ["open", "allow", "close", "keep", "unkeep", "open-for"] as const;
export type Action = (typeof ACTIONS)[number];

/** N1 and N2 of 1Ch; command and flags of a signed switching. */
export interface Switching {
  command: number;
  step_count: number;
}

const COMMANDS: Record<Exclude<Action, "open-for">, number> = {
  open: office.SWITCH_OPEN,
  allow: office.SWITCH_ALLOW,
  close: office.SWITCH_CLOSE,
  keep: office.SWITCH_KEEP,
  unkeep: office.SWITCH_KEEP_END,
};

/** `minutes` and `then` are of open-for only. */
export function switchingOf(
  action: Action,
  minutes: number | undefined,
  then: "close" | "allow",
): Switching {
  if (action !== "open-for") {
    if (minutes !== undefined) throw new InputError(`MINUTES: ${action} takes none`);
    return { command: COMMANDS[action], step_count: 0 };
  }
  const step_min = office.SWITCH_STEP_MIN;
  if (minutes === undefined || minutes % step_min !== 0 || minutes < step_min) {
    const range = `${step_min}..${LONGEST_OPEN_MIN}`;
    throw new InputError(
      `MINUTES: ${minutes ?? "none"}: it must be ${range} in steps of ${step_min}`,
    );
  }
  const command = then === "close" ? office.SWITCH_OPEN_CLOSE : office.SWITCH_OPEN_ALLOW;
  return { command, step_count: minutes / step_min };
}

/** By password: valid for some minutes by the box's own clock. */
export async function switchByPassword(
  talker: DltTalker,
  box: BoxPlace,
  household: number,
  { command, step_count }: Switching,
  password: Password,
  valid_min: number,
): Promise<void> {
  const now = await talker.clock(box);
  if (now === 0)
    throw new LineError(`${box.number} has no time: set its clock, or sign with --keys`);
  const expiry = timeBytes(now + valid_min * 60);
  const body = Uint8Array.of(...credentials(password), command, step_count, ...expiry);
  await talker.master.command(talker.addressOf(box, household), C_SWITCH, body);
}

export async function switchSigned(
  desk: Desk,
  talker: Talker,
  box: BoxPlace,
  household: number,
  { command, step_count }: Switching,
): Promise<void> {
  await sendSigned(desk, talker, box, {
    kind: office.MESSAGE_SWITCH,
    scope: `switch ${household}`,
    index: household,
    value: command,
    flags: step_count,
  });
}
