/** The command "card": what the property office does with cards, which are dump files of 1024 bytes.
 *  Exit codes: 0 done, 1 a card could not be written or has faults, 2 wrong options or input; with 2
 *  nothing was changed. */

import { type Command, Option } from "commander";
import { amount, boxNumber, order, uid, whole } from "../options.ts";
import { readBatch, sellBatch } from "./batch.ts";
import { readDump, WriteError } from "./dump-file.ts";
import { inspect, reportText } from "./inspect.ts";
import { makeKeyFile, readKeyFile } from "./key-file.ts";
import { makeManagementCard, makeSettingsCard, parseChange } from "./manage.ts";
import type { CardRequest } from "./open-card.ts";
import { readCard, readingsText } from "./read-back.ts";
import { issue, replace, type Desk, type SaleRequest, type SaleResult } from "./sale.ts";
import { Store, type CardEntry } from "./store.ts";
import { amountText } from "./words.ts";

const EXIT_DONE = 0;
const EXIT_FAILED = 1;

type Finish = (code: number) => void;
interface DeskOptions {
  keys: string;
  store: string;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Opens keys and store, does `work`, closes the store; a card that cannot be written gives 1. */
async function withDesk(options: DeskOptions, work: (desk: Desk) => number): Promise<number> {
  const keys = readKeyFile(options.keys);
  const store = Store.open(options.store, keys.fingerprint);
  try {
    return work({ keys, store });
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    process.stderr.write(`meter39: ${error.message}\n`);
    return EXIT_FAILED;
  } finally {
    await store.close();
  }
}

function printSale({ sale, repeated }: SaleResult, file: string): number {
  const { number, household, box, serial } = sale;
  const what = `purchase ${number} of household ${household} of box ${box}: ${amountText(sale.amount)}`;
  if (repeated === "order") print(`${what}; order ${sale.order} was sold before, nothing written`);
  else {
    const was = repeated === "pending" ? " (was pending)" : "";
    print(`${what} on card ${serial} (UID ${sale.uid}), ${file}${was}`);
  }
  return EXIT_DONE;
}

function printCard(entry: CardEntry, file: string): number {
  const { kind, serial, box } = entry;
  print(`${kind} card ${serial} (UID ${entry.uid}) for box ${box}, ${file}`);
  return EXIT_DONE;
}

function withDeskOptions(command: Command): Command {
  return command
    .requiredOption("--keys <file>", "the office's key file, made by: card keys new")
    .requiredOption("--store <folder>", "the office's store; made when it is not there");
}

function withCardOptions(command: Command): Command {
  return withDeskOptions(command)
    .requiredOption("--box <number>", "box number, ten digits", boxNumber)
    .requiredOption("--card <file>", "dump file of 1024 bytes (.mfd)")
    .option("--uid <hex>", "makes a blank card with this UID when the file is not there", uid);
}

function withSaleOptions(command: Command): Command {
  return withCardOptions(command)
    .requiredOption("--household <n>", "household 1..39", whole(1, 39))
    .requiredOption("--amount <kWh>", "0.01..99999.90 kWh, or currency", amount)
    .option(
      "--loaded <n>",
      "purchase number last accepted, as read from the box",
      whole(0, 2 ** 32),
    )
    .option("--order <text>", "the office's own reference; an order is sold once", order);
}

function addKeys(card: Command, finish: Finish): void {
  const keys = card.command("keys").description("the office's key set");
  keys
    .command("new")
    .description("makes a key set: a random master key in a file that only its owner may read")
    .argument("<FILE>", "file to be made; one that exists is never overwritten")
    .action((file: string) => {
      makeKeyFile(file);
      print(`${file}: new key set; keep a copy under lock: without it no box takes a new card`);
      finish(EXIT_DONE);
    });
}

function addSales(card: Command, finish: Finish): void {
  type Options = DeskOptions & SaleRequest;
  withSaleOptions(card.command("issue"))
    .description(
      "sells on a card: a first purchase on a blank one, a further one on the household's",
    )
    .action(async (options: Options) =>
      finish(await withDesk(options, (desk) => printSale(issue(desk, options), options.card))),
    );
  withSaleOptions(card.command("replace"))
    .description("sells on a new card in place of a lost one, or on the same after a clear")
    .action(async (options: Options) =>
      finish(await withDesk(options, (desk) => printSale(replace(desk, options), options.card))),
    );
  withDeskOptions(card.command("batch"))
    .description("sells to many households; columns: box, household, amount, card [, uid, order]")
    .argument("<CSV>", "table of sales; card files are relative to its folder")
    .action(async (file: string, options: DeskOptions) =>
      finish(
        await withDesk(options, (desk) => {
          const { text, failed_count } = sellBatch(desk, readBatch(desk, file));
          print(text);
          return failed_count === 0 ? EXIT_DONE : EXIT_FAILED;
        }),
      ),
    );
}

function addManagement(card: Command, finish: Finish): void {
  type Options = DeskOptions & CardRequest & { household: number; seconds: number };
  withCardOptions(card.command("settings"))
    .description("makes a settings card; up to 13 settings, taken by the box in this order")
    .argument("<SETTING...>", "NAME=VALUE, or NAME:7=VALUE of household or channel 7")
    .action(async (texts: string[], options: Options) => {
      const changes = texts.map(parseChange);
      const work = (desk: Desk): number =>
        printCard(makeSettingsCard(desk, options, changes), options.card);
      finish(await withDesk(options, work));
    });
  const make =
    (kind: "clear" | "check" | "test") =>
    async (options: Options): Promise<void> => {
      const { household, seconds } = options;
      const work = (desk: Desk): number =>
        printCard(makeManagementCard(desk, options, kind, household, seconds), options.card);
      finish(await withDesk(options, work));
    };
  withCardOptions(card.command("clear"))
    .description("makes a card that withdraws every household's remaining and forgets its card")
    .action(make("clear"));
  withCardOptions(card.command("check"))
    .description("makes a card that collects the readings of all households")
    .action(make("check"));
  withCardOptions(card.command("test"))
    .description("makes a card that opens and closes relays every 2 s for a time")
    .requiredOption("--household <n>", "household 1..39, or 0 for all", whole(0, 39))
    .requiredOption("--seconds <n>", "1..600", whole(1, 600))
    .action(make("test"));
}

function addLooks(card: Command, finish: Finish): void {
  card
    .command("inspect")
    .description("tells what stands on a card and everything that is wrong with it")
    .argument("<FILE>", "dump file of 1024 bytes (.mfd)")
    .option("--keys <file>", "judges keys and codes as well")
    .option("--json", "as JSON")
    .action((file: string, options: { keys?: string; json?: boolean }) => {
      const keys = options.keys === undefined ? null : readKeyFile(options.keys);
      const report = inspect(readDump(file, "FILE"), keys);
      print(options.json ? JSON.stringify({ file, ...report }) : reportText(file, report));
      finish(report.faults.length === 0 ? EXIT_DONE : EXIT_FAILED);
    });
  const format = new Option("--format <format>", "how the readings are printed");
  withDeskOptions(card.command("read"))
    .description("reads return data and check cards back into the store and prints them")
    .argument("<FILE...>", "dump files of 1024 bytes (.mfd)")
    .addOption(format.choices(["table", "csv", "json"]).default("table"))
    .action(async (files: string[], options: DeskOptions & { format: "table" }) =>
      finish(
        await withDesk(options, ({ keys, store }) => {
          const cards = files.map((file) => readCard(keys, file));
          for (const { directory, readings, accepted } of cards) {
            store.noteReadings(directory.box_number, readings, accepted);
          }
          const readings = cards.flatMap((each) => each.readings);
          print(readingsText(readings, options.format));
          return EXIT_DONE;
        }),
      ),
    );
}

/** Adds "card" to the program; `finish` gets the exit code. */
export function addCardCommand(program: Command, finish: Finish): void {
  const card = program.command("card").description("issues, inspects and reads back cards");
  addKeys(card, finish);
  addSales(card, finish);
  addManagement(card, finish);
  addLooks(card, finish);
}
