/** What every line command does before and after its work: opens the line, speaks the wanted protocol,
 *  counts questions asked again, lets the box with the shared reader speak meanwhile, and turns what
 *  went wrong into an exit code. */

import cliProgress from "cli-progress";
import { InputError } from "../simulate/errors.ts";
import { chooseBoxes, type BoxChoice } from "./boxes.ts";
import { DltTalker } from "./by-dlt.ts";
import { ModbusTalker } from "./by-modbus.ts";
import { DltMaster } from "./dlt.ts";
import { LineError } from "./errors.ts";
import { ModbusMaster } from "./modbus.ts";
import type { LinePlace, LinePort } from "./port.ts";
import { READER_WAITS_FOR_LINE, type BoxPlace, type Talker } from "./talker.ts";

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;

const GRANT_MS = 1000;
const ASK_READER_MS = 250; // questions take up to 250 ms: so never more than 500 between two
const READER_TIMEOUT_MS = 200;

export interface LineOptions {
  line: LinePlace;
  protocol: "dlt645" | "modbus";
  retries: number;
  timeout?: number;
  reader?: BoxChoice;
  boxes?: string;
  json?: boolean;
}

/** What a command needs of the world outside; tests give another one. */
export interface World {
  open(place: LinePlace, baud?: number): Promise<LinePort>;
  now(): Date;
  print(text: string): void;
  complain(text: string): void;
}

export interface Session {
  talker: Talker;
  port: LinePort;
  world: World;
  /** Lets time pass on the line. */
  wait(ms: number): Promise<void>;
}

/** Lets time pass in which only others speak. */
export async function waitOn(port: LinePort, ms: number): Promise<void> {
  const start_ms = port.now_ms;
  for (let left_ms = ms; left_ms > 0; left_ms = ms - (port.now_ms - start_ms)) {
    await port.read(left_ms);
  }
}

/** Asks the box with the shared reader between questions, and leaves it the line when a card waits. */
function courtesy(talker: Talker, reader: BoxPlace, port: LinePort): () => Promise<void> {
  let asked_ms = -Infinity;
  let is_asking = false;
  return async () => {
    if (is_asking || port.now_ms - asked_ms < ASK_READER_MS) return;
    is_asking = true;
    try {
      if ((await talker.readerState(reader)) === READER_WAITS_FOR_LINE) {
        await talker.grant(reader, GRANT_MS);
        await waitOn(port, GRANT_MS);
      }
    } catch (error) {
      if (!(error instanceof LineError)) throw error; // the work goes on without the reader
    } finally {
      asked_ms = port.now_ms;
      is_asking = false;
    }
  };
}

function makeTalker(options: LineOptions, port: LinePort): Talker {
  const { retries, timeout, reader } = options;
  const timeout_ms =
    reader === undefined ? timeout : Math.min(timeout ?? Infinity, READER_TIMEOUT_MS);
  const choice = { retries, timeout_ms };
  if (options.protocol === "dlt645") return new DltTalker(new DltMaster(port, choice));
  return new ModbusTalker(new ModbusMaster(port, choice), (ms) => waitOn(port, ms));
}

function chooseReader({ reader, boxes, protocol }: LineOptions): BoxPlace | null {
  if (reader === undefined) return null;
  const places = reader === "all" ? [] : chooseBoxes(reader, boxes, protocol);
  if (places.length !== 1) throw new InputError("--reader: one box");
  return places[0];
}

/** Runs `work` on an open line; a failure of the line ends with 1. */
export async function withLine(
  options: LineOptions,
  world: World,
  work: (session: Session) => Promise<number>,
): Promise<number> {
  const reader = chooseReader(options);
  let port: LinePort | undefined;
  let talker: Talker | undefined;
  try {
    const line = await world.open(options.line);
    port = line;
    talker = makeTalker(options, line);
    if (reader !== null) talker.master.pause = courtesy(talker, reader, line);
    return await work({ talker, port, world, wait: (ms) => waitOn(line, ms) });
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    world.complain(error.message);
    return EXIT_FAILED;
  } finally {
    const retry_count = talker?.master.retry_count ?? 0;
    if (retry_count > 0) world.complain(`questions asked again: ${retry_count}`);
    await port?.close();
  }
}

/** The boxes of --box with their numbers; under Modbus each is asked for it. */
export async function namedBox({ talker }: Session, place: BoxPlace): Promise<BoxPlace> {
  if (!(talker instanceof ModbusTalker)) return place;
  const found = await talker.identify(place.address);
  if (found === null) throw new LineError(`Modbus address ${place.address} is no box of this kind`);
  if (place.number !== "" && place.number !== found.number) {
    throw new LineError(`Modbus address ${place.address} is box ${found.number}`);
  }
  return { number: found.number, address: place.address };
}

/** Does `work` with each box; one that fails is reported and the others go on. Returns the exit code. */
export async function eachBox(
  session: Session,
  places: BoxPlace[],
  work: (box: BoxPlace) => Promise<void>,
): Promise<number> {
  const bar = progress(places.length, "boxes");
  let code = EXIT_DONE;
  for (const place of places) {
    try {
      await work(await namedBox(session, place));
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      session.world.complain(`box ${place.number || place.address}: ${error.message}`);
      code = EXIT_FAILED;
    }
    bar.increment();
  }
  bar.stop();
  return code;
}

export interface Bar {
  increment(): void;
  stop(): void;
}

/** A progress bar on a terminal; nothing elsewhere, and nothing for short work. */
export function progress(count: number, unit: string): Bar {
  if (!process.stderr.isTTY || count < 2) {
    return { increment: () => undefined, stop: () => undefined };
  }
  const format = `{bar} {value}/{total} ${unit}`;
  const bar = new cliProgress.SingleBar({ format, clearOnComplete: true, stream: process.stderr });
  bar.start(count, 0);
  return bar;
}

/** The talker of DL/T 645, which `what` needs. */
export function needDlt({ talker }: Session, what: string): DltTalker {
  if (talker instanceof DltTalker) return talker;
  throw new InputError(`--protocol: ${what} only by dlt645, not by modbus`);
}
