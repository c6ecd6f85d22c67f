#!/usr/bin/env -S npx tsx
/** meter39: the host programs of the project behind one command line. Exit codes: 0 fine, 1 the box
 *  or its books went wrong, 2 wrong options or input. */

import { Command, CommanderError } from "commander";
import { addCardCommand } from "./card/command.ts";
import { addFactoryCommands } from "./factory/command.ts";
import { addLineCommands } from "./line/command.ts";
import { whole } from "./options.ts";
import { readerModel } from "./reader-model.ts";
import { InputError } from "./simulate/errors.ts";
import type { SimulateOptions } from "./simulate/command.ts";
import { linePlaces } from "./simulate/line-place.ts";

const EXIT_FAILED = 1;
const EXIT_INPUT = 2;

function makeProgram(finish: (code: number) => void): Command {
  const program = new Command("meter39").exitOverride();
  program.description("Tools for the prepaid meter of 39 households.");
  program
    .command("simulate")
    .description("lets a whole virtual box live through days of real load, at the office's line")
    .option("--headless", "no screen: as fast as possible, then a summary")
    .option("--json", "the summary as JSON (implies --headless)")
    .option(
      "--speed <n>",
      "simulated seconds per second, 0 as fast as possible",
      whole(0, 1e5),
      720,
    )
    .option(
      "--days <n>",
      "length of the run, 1..366 (default: 1, or the scenario's end)",
      whole(1, 366),
    )
    .option("--seconds <n>", "the same in seconds, 1..31622400", whole(1, 31_622_400))
    .option("--boxes <n>", "boxes on one line, 1..256 (headless)", whole(1, 256), 1)
    .option("--realtime", "by the wall clock, until Ctrl-C unless a length is given (headless)")
    .option(
      "--line <place>",
      "opens the line in real time: tcp:PORT on this machine or pty:PATH; may be repeated",
      linePlaces,
    )
    .option("--load <file>", "CSV load instead of the real one; see tools/README.md")
    .option(
      "--layout <layout>",
      'single, three, mixed, a file, or like "1:1,2,3 4:4 5:5" (default: single)',
    )
    .option("--constant <n>", "imp/kWh of all channels, 1..20000 (default: 1600)", whole(1, 20_000))
    .option("--seed <n>", "of every random choice", whole(0, 0xffff_ffff), 1)
    .option("--residents", "residents buy credit and show cards by themselves (default)")
    .option("--no-residents", "they do not")
    .option("--keys <file>", "the office's key set, for cards made by: meter39 card")
    .option("--write-keys <file>", "writes the key set of the simulated office, as: card keys new")
    .option("--trace <file>", "write every HAL call of both cores")
    .option(
      "--scenario <file>",
      "play a scenario (the screen's default: scenarios/default-day.yaml)",
    )
    .action(async (options: SimulateOptions) => {
      const { simulate } = await import("./simulate/command.ts"); // a box is slow to load
      finish(await simulate(options));
    });
  addCardCommand(program, finish);
  addLineCommands(program, finish);
  addFactoryCommands(program, finish);
  program
    .command("reader-model")
    .description(
      "card reader and cards behind standard input and output, for drivers made elsewhere",
    )
    .option("--seed <n>", "of every random choice", whole(0, 0xffff_ffff), 1)
    .action(async ({ seed }: { seed: number }) => readerModel(seed));
  return program;
}

async function main(): Promise<number> {
  let code = 0;
  try {
    await makeProgram((result) => (code = result)).parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_INPUT;
    if (error instanceof InputError) {
      process.stderr.write(`meter39: ${error.message}\n`);
      return EXIT_INPUT;
    }
    process.stderr.write(`meter39: ${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT_FAILED;
  }
  return code;
}

process.exitCode = await main();
