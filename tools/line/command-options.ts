/** Options that several line commands have. */

import { Option, type Command } from "commander";
import { whole } from "../options.ts";
import { boxChoice, type BoxChoice } from "./boxes.ts";
import type { AuthorityOptions } from "./authority.ts";
import { linePlace } from "./port.ts";
import type { LineOptions } from "./session.ts";

export type Finish = (code: number) => void;

export interface BoxedOptions extends LineOptions {
  box: BoxChoice;
}

export type ChangeOptions = BoxedOptions & AuthorityOptions;

/** Of every line command. */
export function lineOptions(command: Command, retries = 3, timeout_ms = 1000): Command {
  const protocol = new Option("--protocol <name>", "how the boxes are asked");
  return command
    .requiredOption("--line <place>", "serial:/dev/ttyUSB0[,9600,8E1] or tcp:HOST:PORT", linePlace)
    .addOption(protocol.choices(["dlt645", "modbus"]).default("dlt645"))
    .option("--retries <n>", "how often a question is asked again, 0..9", whole(0, 9), retries)
    .option(
      "--timeout <ms>",
      `wait for an answer, 50..60000 (default: ${timeout_ms})`,
      whole(50, 60_000),
    )
    .option("--reader <box>", "box with the shared reader: may speak meanwhile", boxChoice)
    .option("--boxes <file>", "what scan has saved: boxes and their Modbus addresses")
    .option("--json", "as JSON");
}

/** Of commands for boxes. */
export function boxOptions(command: Command): Command {
  return lineOptions(command).requiredOption(
    "--box <list>",
    "box numbers (Modbus: NUMBER@ADDRESS or ADDRESS) with commas between, or all",
    boxChoice,
  );
}

/** Key set and store, for what is signed. */
export function signedOptions(command: Command): Command {
  return command
    .option("--keys <file>", "the office's key file, made by: card keys new")
    .option("--store <folder>", "the office's store, which card uses as well");
}

/** Signed or by password. */
export function authorityOptions(command: Command): Command {
  const level = new Option("--level <n>", "level of the password").choices(["2", "4"]);
  return signedOptions(command)
    .option("--password <digits>", "six digits; better in METER39_PASSWORD")
    .addOption(level.default(4).argParser(Number))
    .option("--operator <n>", "code noted in the box, 0..99999999", whole(0, 99_999_999), 1);
}
