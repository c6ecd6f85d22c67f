/** The part of "simulate" for several boxes and for boxes that run by the wall clock: from the set-up to the
 *  summary. Options are checked in command.ts. */

import { InputError } from "./errors.ts";
import type { LinePlace } from "./line-place.ts";
import { checkPlace, type LineServer } from "./line-server.ts";
import { OfficeRound } from "./office-round.ts";
import { runRealtime } from "./realtime.ts";
import { BOX_NUMBER, type RunOptions } from "./run-options.ts";
import { LINE_PASSWORD } from "./set-up.ts";
import { Street } from "./street.ts";
import { streetExitCode, streetText, summarizeStreet } from "./street-summary.ts";
import { exitCode, summarize, summaryText } from "./summary.ts";

const PROGRESS_S = 3600;
const PROGRESS_BOXES = 16;
const ENDING_SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface StreetOptions {
  is_realtime: boolean;
  places: LinePlace[];
  /** Where the office's key set is, for whoever wants to use it. */
  keys: string;
  json: boolean;
}

type Say = (line: string) => void;

/** What somebody on the line must know, the places last. */
function tellReady(street: Street, server: LineServer, keys: string, say: Say): void {
  for (const { options } of street.simulations) {
    const { box_number = BOX_NUMBER, modbus_address = 1 } = options;
    const address = modbus_address === 0 ? "DL/T 645 only" : `Modbus address ${modbus_address}`;
    say(`box ${box_number}, ${address}`);
  }
  say(`keys: ${keys}; password of levels 2 and 4: ${LINE_PASSWORD}`);
  for (const place of server.places) say(`line ready at ${place}`);
}

async function runByWallClock(street: Street, options: StreetOptions, say: Say): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  const server = street.server();
  for (const signal of ENDING_SIGNALS) process.on(signal, end);
  try {
    for (const place of options.places) await server.open(place);
    tellReady(street, server, options.keys, say);
    await runRealtime(street, server, stop.signal, (line) => process.stderr.write(`${line}\n`));
    if (server.failure !== null) throw new InputError(server.failure);
  } finally {
    server.close();
    for (const signal of ENDING_SIGNALS) process.off(signal, end);
  }
}

/** As fast as possible, the office walking along the line as often as it reads the books. */
async function runFast(street: Street): Promise<OfficeRound> {
  const round = new OfficeRound(street);
  const { read_period_s } = street.first;
  let walk_s = 0;
  let told_s = PROGRESS_S;
  while (!street.done) {
    if (street.now_ms >= walk_s * 1000) {
      walk_s = (Math.floor(street.now_ms / 1000 / read_period_s) + 1) * read_period_s;
      await round.walk();
    } else street.step();
    if (street.now_ms < told_s * 1000) continue;
    told_s += PROGRESS_S;
    process.stderr.write(`${street.first.clock_text}  ${round.readings} households read\n`);
  }
  return round;
}

/** Runs the boxes; returns the exit code. */
export async function simulateStreet(runs: RunOptions[], options: StreetOptions): Promise<number> {
  const say: Say = (line) => (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  for (const place of options.places) checkPlace(place);
  const street = new Street(runs);
  say(`seed ${runs[0].seed}`);
  street.setUp((count) => {
    if (count % PROGRESS_BOXES === 0) process.stderr.write(`${count} boxes are set up\n`);
  });
  let round: OfficeRound | null = null;
  if (options.is_realtime) await runByWallClock(street, options, say);
  else round = await runFast(street);
  street.finish();
  if (street.done) for (const { script } of street.simulations) script.finish();
  if (runs.length === 1) {
    const summary = summarize(street.first);
    process.stdout.write(`${options.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
    return exitCode(summary);
  }
  const summary = summarizeStreet(street, round);
  process.stdout.write(`${options.json ? JSON.stringify(summary) : streetText(summary)}\n`);
  return streetExitCode(summary);
}
