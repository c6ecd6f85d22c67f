/** What happens to a box before the day: it is started, gets number and key, layout and constants, then each
 *  household buys its first credit by card. The box is alone on its line meanwhile, so that the office can
 *  use native frames, which carry no address. */

import type { Office } from "./office.ts";
import { resultName, RESULT_OK } from "./office-codes.ts";
import { CHANNEL_COUNT } from "./layout.ts";
import type { RunOptions } from "./run-options.ts";
import type { Sales } from "./sales.ts";

/** The set-up takes so long, of the box's time. */
export const SET_UP_MS = 180_000;
/** Line password of levels 2 and 4 of a simulated box. */
export const LINE_PASSWORD = "123456";

const POLL_MS = 10;
const HOLD_MS = 1000;
const START_CONSTANT = 1600;
const START_ADDRESS = 1;
const DLT_ONLY = 1;

/** The run as the set-up needs it. */
export interface Beginner {
  readonly options: RunOptions;
  readonly box: { powerOn(): void };
  readonly office: Office;
  readonly sales: Sales;
  readonly residents: { firstPurchase(household: number): number };
  /** Negative until the day begins. */
  readonly now_ms: number;
  pass(ms: number): void;
}

/** Sets a box up; throws when it does not take something. */
export function setUp(run: Beginner): void {
  const { options, office, sales } = run;
  run.box.powerOn();
  provision(options, office);
  passUntil(run, () => office.idle, "the box did not answer");
  for (const { number } of options.layout) {
    const { first_credit } = options;
    const amount = first_credit === "seeded" ? run.residents.firstPurchase(number) : first_credit;
    if (amount === 0) continue;
    sales.sellOnCard(number, amount, {}, demand(`credit of household ${number}`), HOLD_MS);
  }
  passUntil(run, () => sales.presentations.idle && office.idle, "not all cards were taken");
  while (run.now_ms < 0) run.pass(POLL_MS);
}

function passUntil(run: Beginner, isDone: () => boolean, else_text: string): void {
  while (!isDone()) {
    if (run.now_ms >= 0) throw new Error(`set-up: ${else_text} in time`);
    run.pass(POLL_MS);
  }
}

function provision(options: RunOptions, office: Office): void {
  const set = (name: string, index: number, value: number, what: string): void =>
    office.set(name, index, value, demand(what));
  office.provision(demand("number and key"));
  const in_use = new Set(options.layout.map(({ number }) => number));
  for (let number = 1; number <= CHANNEL_COUNT; number++) {
    if (!in_use.has(number)) set("layout", number, 0, `no household ${number}`);
  }
  for (const { number, channels } of options.layout.filter((h) => h.channels.length > 1)) {
    const value = channels[0] | (channels[1] << 8) | (channels[2] << 16);
    set("layout", number, value, `layout of household ${number}`);
  }
  for (const channel of options.layout.flatMap(({ channels }) => channels)) {
    if (options.constant === START_CONSTANT) break;
    set("constant", channel, options.constant, `constant of channel ${channel}`);
  }
  provisionLine(options, set);
}

function provisionLine(
  { line_passwords = false, modbus_address = START_ADDRESS }: RunOptions,
  set: (name: string, index: number, value: number, what: string) => void,
): void {
  if (line_passwords) {
    set("password_2", 0, Number(LINE_PASSWORD), "password of level 2");
    set("password_4", 0, Number(LINE_PASSWORD), "password of level 4");
  }
  if (modbus_address === 0) set("line_protocol", 0, DLT_ONLY, "protocol of the line");
  else if (modbus_address !== START_ADDRESS) {
    set("modbus_address", 0, modbus_address, "Modbus address");
  }
}

function demand(what: string): (result: number | null) => void {
  return (result) => {
    if (result === RESULT_OK) return;
    const told = result === null ? "nothing to be seen" : resultName(result);
    throw new Error(`set-up: ${what}: ${told}`);
  };
}
