/** The line commands about the past: events, freeze. */

import { InvalidArgumentError, type Command } from "commander";
import { whole } from "../options.ts";
import { chooseBoxes, households } from "./boxes.ts";
import type { DltTalker } from "./by-dlt.ts";
import { boxOptions, lineOptions, type BoxedOptions, type Finish } from "./command-options.ts";
import { LineError } from "./errors.ts";
import { eventRows, MOST_RECORDS } from "./events.ts";
import { DAY_COUNT, freezeRows, INSTANT_COUNT, loadRows, settlementRows } from "./freeze.ts";
import { rowsJson, rowsTable, writeCsv, type Row } from "./read.ts";
import { eachBox, EXIT_DONE, EXIT_FAILED, needDlt, withLine } from "./session.ts";
import type { LineOptions, World } from "./session.ts";
import { hasStatus, type BoxPlace } from "./talker.ts";
import { parseMoment } from "./times.ts";

const EARLIEST = parseMoment("2001-01-01"); // long before any box

interface HistoryOptions extends BoxedOptions {
  household: number[] | "all";
  last: number;
  from: number;
  csv?: string;
}

function moment(text: string): number {
  const time = parseMoment(text);
  if (time === 0) {
    throw new InvalidArgumentError("Write a date like 2026-01-31, or 2026-01-31T12:00.");
  }
  return time;
}

function show(rows: Row[], options: { json?: boolean; csv?: string }, world: World): void {
  if (options.csv !== undefined) writeCsv(options.csv, rows);
  if (options.json) world.print(rowsJson(rows));
  else if (options.csv === undefined) world.print(rows.length > 0 ? rowsTable(rows) : "nothing");
}

async function events(options: HistoryOptions, world: World): Promise<number> {
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  return withLine(options, world, async (session) => {
    const talker = needDlt(session, "events are read");
    const rows: Row[] = [];
    const code = await eachBox(session, places, async (box) => {
      rows.push(...(await eventRows(talker, box, options.last)));
    });
    show(rows, options, world);
    return code;
  });
}

type ReadHistory = (talker: DltTalker, box: BoxPlace, household: number) => Promise<Row[]>;

/** Reads the past of each chosen household. */
async function history(options: HistoryOptions, world: World, read: ReadHistory): Promise<number> {
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  return withLine(options, world, async (session) => {
    const talker = needDlt(session, "freezes are read");
    const rows: Row[] = [];
    let failed = false;
    const code = await eachBox(session, places, async (box) => {
      const words = await talker.statusWords(box);
      const used = words.flatMap((word, i) => (hasStatus(word) ? [i + 1] : []));
      const chosen = options.household === "all" ? used : options.household;
      for (const household of chosen) {
        try {
          if (!used.includes(household))
            throw new LineError(`household ${household} is not in use`);
          rows.push(...(await read(talker, box, household)));
        } catch (error) {
          if (!(error instanceof LineError)) throw error;
          world.complain(`box ${box.number}: ${error.message}`);
          failed = true;
        }
      }
    });
    show(rows, options, world);
    return failed ? EXIT_FAILED : code;
  });
}

async function freezeNow(options: BoxedOptions, world: World): Promise<number> {
  const places = chooseBoxes(options.box, options.boxes, options.protocol);
  return withLine(options, world, (session) =>
    eachBox(session, places, async (box) => {
      await session.talker.freezeNow(box);
      world.print(`box ${box.number}: frozen`);
    }),
  );
}

async function freezeAll(options: LineOptions, world: World): Promise<number> {
  return withLine(options, world, async ({ talker }) => {
    await talker.freezeNow(null);
    world.print("freeze sent to all boxes");
    return EXIT_DONE;
  });
}

function historyOptions(command: Command): Command {
  return boxOptions(command)
    .option("--household <list>", "1..39, several like 1,5,7..9, or all", households, "all")
    .option("--csv <file>", "writes them as CSV instead");
}

/** Adds the commands about the past. */
export function addHistoryCommands(program: Command, world: World, finish: Finish): void {
  boxOptions(program.command("events"))
    .description("lists what boxes have recorded, newest first (dlt645)")
    .option("--last <n>", "records of each kind, 1..10", whole(1, MOST_RECORDS), MOST_RECORDS)
    .option("--csv <file>", "writes them as CSV instead")
    .action(async (options: HistoryOptions) => finish(await events(options, world)));
  const freeze = program.command("freeze").description("energies at moments of the past");
  boxOptions(freeze.command("now"))
    .description("freezes all households of boxes at this moment")
    .action(async (options: BoxedOptions) => finish(await freezeNow(options, world)));
  lineOptions(freeze.command("broadcast"))
    .description("freezes in all boxes on the line at the same moment")
    .action(async (options: LineOptions) => finish(await freezeAll(options, world)));
  const add = (name: string, text: string, code: "06" | "01", most: number): void => {
    historyOptions(freeze.command(name))
      .description(text)
      .option("--last <n>", `how many, 1..${most}`, whole(1, most), most)
      .action(async (options: HistoryOptions) => {
        const read: ReadHistory = (talker, box, household) =>
          freezeRows(talker, box, household, code, options.last);
        finish(await history(options, world, read));
      });
  };
  add("daily", "lists daily freezes, newest first (dlt645)", "06", DAY_COUNT);
  add("instant", "lists freezes made by: freeze now (dlt645)", "01", INSTANT_COUNT);
  historyOptions(freeze.command("settlement"))
    .description("lists what stood at the last 12 settlements (dlt645)")
    .action(async (options: HistoryOptions) =>
      finish(await history(options, world, settlementRows)),
    );
  historyOptions(freeze.command("load"))
    .description("the load record, oldest first (dlt645)")
    .option("--from <time>", "from this time on, like 2026-01-31T12:00", moment, EARLIEST)
    .action(async (options: HistoryOptions) => {
      const read: ReadHistory = (talker, box, household) =>
        loadRows(talker, box, household, options.from);
      finish(await history(options, world, read));
    });
}
