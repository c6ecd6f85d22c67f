/** The commands of the line: scan, read and watch; those that change something are in
 *  command-change.ts, those about the past in command-history.ts. Exit codes: 0 fine, 1 a box refused
 *  or did not answer, 2 wrong options. */

import { type Command } from "commander";
import logUpdate from "log-update";
import { whole } from "../options.ts";
import { InputError } from "../simulate/errors.ts";
import { chooseBoxes, households, saveBoxes } from "./boxes.ts";
import { ModbusTalker } from "./by-modbus.ts";
import { addChangeCommands } from "./command-change.ts";
import { addHistoryCommands } from "./command-history.ts";
import { boxOptions, lineOptions, type BoxedOptions, type Finish } from "./command-options.ts";
import { LineError } from "./errors.ts";
import { openLine, RATES, type LinePlace } from "./port.ts";
import * as table from "./read.ts";
import type { Row } from "./read.ts";
import * as scanning from "./scan.ts";
import type { Found, Range } from "./scan.ts";
import { eachBox, EXIT_DONE, EXIT_FAILED, needDlt, progress, withLine } from "./session.ts";
import type { LineOptions, Session, World } from "./session.ts";
import type { BoxPlace } from "./talker.ts";

const HIGHEST_ADDRESS = 247;
const SCAN_TIMEOUT_MS = 200;
const MOST_UPRIGHT = 4; // households side by side on a screen

const REAL_WORLD: World = {
  open: openLine,
  now: () => new Date(),
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`meter39: ${text}\n`),
};

interface ScanOptions extends LineOptions {
  range?: Range;
  addresses: Range;
  rates?: number[];
  save?: string;
}

function foundRow({ number, address, household_count, doubled }: Found, rate: string): Row {
  return {
    box: number,
    modbus_address: address === 0 ? "" : String(address),
    households: String(household_count ?? ""),
    rate,
    remark: doubled ? "several boxes have this number" : "",
  };
}

/** Modbus addresses with .. between. */
function addressRange(text: string): Range {
  const match = /^(\d{1,3})(?:\.\.(\d{1,3}))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (match === null || first < 1 || last > HIGHEST_ADDRESS || first > last) {
    throw new InputError(`--addresses: ${text}: it must be like 1..${HIGHEST_ADDRESS}`);
  }
  return { first, last };
}

function rateList(text: string): number[] {
  const rates = text.split(",").map(Number);
  if (rates.every((rate) => RATES.includes(rate))) return rates;
  throw new InputError(`--rates: ${text}: it must be of ${RATES.join(", ")}, with commas between`);
}

async function scanAt(session: Session, options: ScanOptions, rate: string): Promise<Found[]> {
  const { talker, world } = session;
  const tell = ({ number }: Found): void => {
    if (!options.json && process.stderr.isTTY) world.complain(`found ${number} ${rate}`);
  };
  if (talker instanceof ModbusTalker) {
    const { first, last } = options.addresses;
    const bar = progress(last - first + 1, "addresses");
    const found = await scanning.scanModbus(talker, options.addresses, tell, bar);
    bar.stop();
    return found;
  }
  const { master } = needDlt(session, "scanning");
  return scanning.scanDlt(master, options.range ?? scanning.ALL_NUMBERS, tell);
}

async function scan(options: ScanOptions, world: World): Promise<number> {
  const { line, rates } = options;
  if (rates !== undefined && line.kind !== "serial") {
    throw new InputError("--rates: only a serial line has a rate");
  }
  const places: (LinePlace & { baud?: number })[] =
    line.kind === "serial" ? (rates ?? [line.baud]).map((baud) => ({ ...line, baud })) : [line];
  const rows: Row[] = [];
  const boxes = new Map<string, BoxPlace>();
  for (const place of places) {
    const rate = place.baud === undefined ? "" : String(place.baud);
    const here = { ...options, timeout: options.timeout ?? SCAN_TIMEOUT_MS, line: place };
    const code = await withLine(here, world, async (session) => {
      for (const found of await scanAt(session, options, rate)) {
        rows.push(foundRow(found, rate));
        boxes.set(found.number, found);
      }
      return EXIT_DONE;
    });
    if (code !== EXIT_DONE) return code;
  }
  if (options.save !== undefined) saveBoxes(options.save, [...boxes.values()]);
  if (options.json) world.print(table.rowsJson(rows));
  else world.print(rows.length > 0 ? table.rowsTable(rows) : "no box answered");
  return rows.length > 0 ? EXIT_DONE : EXIT_FAILED;
}

interface ReadOptions extends BoxedOptions {
  household: number[] | "all";
  csv?: string;
}

interface Collected {
  rows: Row[];
  code: number;
}

async function collect(
  session: Session,
  places: BoxPlace[],
  chosen: number[] | "all",
): Promise<Collected> {
  const { talker, world } = session;
  const rows: Row[] = [];
  let code = await eachBox(session, places, async (box) => {
    if (chosen === "all") {
      rows.push(...(await table.readAll(talker, box)));
      return;
    }
    for (const household of chosen) {
      try {
        rows.push(await table.readOne(talker, box, household));
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        world.complain(`box ${box.number}: ${error.message}`);
        code = EXIT_FAILED;
      }
    }
  });
  return { rows, code };
}

function rowsText(rows: Row[], chosen: number[] | "all"): string {
  if (rows.length === 0) return "";
  const is_upright = chosen !== "all" && rows.length <= MOST_UPRIGHT;
  return is_upright ? table.rowsUpright(rows) : table.rowsTable(rows);
}

async function read(options: ReadOptions, world: World): Promise<number> {
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  return withLine(options, world, async (session) => {
    const { rows, code } = await collect(session, places, options.household);
    if (options.csv !== undefined) table.writeCsv(options.csv, rows);
    if (options.json) world.print(table.rowsJson(rows));
    else if (options.csv === undefined) world.print(rowsText(rows, options.household));
    return code;
  });
}

interface WatchOptions extends ReadOptions {
  every: number;
  count?: number;
}

/** Reads again and again; on a terminal the table stays in its place. */
async function watch(options: WatchOptions, world: World): Promise<number> {
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once("SIGINT", stop);
  const code = await withLine(options, world, async (session) => {
    let worst = EXIT_DONE;
    for (let turn = 0; !stopped && turn < (options.count ?? Infinity); turn++) {
      if (turn > 0) await session.wait(options.every * 1000);
      if (stopped) break;
      const { rows, code } = await collect(session, places, options.household);
      worst = Math.max(worst, code);
      const moment = world.now().toLocaleTimeString();
      if (options.json) world.print(table.rowsJson(rows));
      else if (process.stdout.isTTY) logUpdate(`${moment}\n${rowsText(rows, options.household)}`);
      else world.print(`${moment}\n${rowsText(rows, options.household)}`);
    }
    return worst;
  });
  process.removeListener("SIGINT", stop);
  return code;
}

function addScan(program: Command, world: World, finish: Finish): void {
  lineOptions(program.command("scan"), 1, SCAN_TIMEOUT_MS)
    .description("finds the boxes on a line")
    .option("--range <first..last>", "dlt645: box numbers to look for", scanning.numberRange)
    .option("--addresses <first..last>", "modbus: addresses to ask", addressRange, {
      first: 1,
      last: HIGHEST_ADDRESS,
    })
    .option("--rates <list>", "serial line: rates to try one after the other", rateList)
    .option("--save <file>", "keeps what was found, for --boxes of the other commands")
    .action(async (options: ScanOptions) => finish(await scan(options, world)));
}

/** Adds all line commands to the program; `finish` gets the exit code. */
export function addLineCommands(program: Command, finish: Finish, world = REAL_WORLD): void {
  addScan(program, world, finish);
  boxOptions(program.command("read"))
    .description("reads households: all in bulk, or chosen ones with everything there is")
    .option("--household <list>", "1..39, several like 1,5,7..9, or all", households, "all")
    .option("--csv <file>", "writes them as CSV instead")
    .action(async (options: ReadOptions) => finish(await read(options, world)));
  boxOptions(program.command("watch"))
    .description("reads again and again")
    .option("--household <list>", "1..39, several like 1,5,7..9, or all", households, "all")
    .option("--every <s>", "seconds between, 1..86400", whole(1, 86_400), 5)
    .option("--count <n>", "ends after so many readings", whole(1, 1e9))
    .action(async (options: WatchOptions) => finish(await watch(options, world)));
  addChangeCommands(program, world, finish);
  addHistoryCommands(program, world, finish);
}
