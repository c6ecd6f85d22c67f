/** The commands of the factory: provision and selftest. Exit codes: 0 fine, 1 a test failed or the box
 *  refused or did not answer, 2 wrong options. */

import { Option, type Command } from "commander";
import { createInterface } from "node:readline/promises";
import type { Desk } from "../card/sale.ts";
import { withSigned } from "../line/authority.ts";
import { signedOptions, type Finish } from "../line/command-options.ts";
import { LineError } from "../line/errors.ts";
import { FORMAT_NAMES, FORMATS, linePlace, openLine, RATES } from "../line/port.ts";
import type { LinePlace, LinePort } from "../line/port.ts";
import type { World } from "../line/session.ts";
import { boxNumber, whole } from "../options.ts";
import { InputError } from "../simulate/errors.ts";
import { askingJig, kept, NO_JIG, type Jig } from "./jig.ts";
import { NativeMaster } from "./native.ts";
import { Prober } from "./probe.ts";
import { Provisioning, type Speed } from "./provision.ts";
import * as reports from "./report.ts";
import { selfTest } from "./selftest.ts";
import { checkSeries, checkSetting, readSeries, standardSeries, type Series } from "./series.ts";
import { Record, type Verdict } from "./verdict.ts";

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const PASSWORD_VARIABLES = { password_2: "METER39_PASSWORD_2", password_4: "METER39_PASSWORD_4" };

/** What the factory needs of the world outside; tests give another one. */
export interface FactoryWorld extends World {
  ask(question: string): Promise<boolean>;
}

async function askOnTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new Promise<never>((_, fail) =>
    terminal.once("close", () => fail(new InputError("--jig: nobody answers"))),
  );
  gone.catch(() => undefined); // closed after the answer: nobody waits
  try {
    for (;;) {
      const line = await Promise.race([terminal.question(`${question} (y/n) `), gone]);
      const answer = line.trim().toLowerCase();
      if (answer === "y" || answer === "n") return answer === "y";
    }
  } finally {
    terminal.close();
  }
}

const REAL_WORLD: FactoryWorld = {
  open: openLine,
  now: () => new Date(),
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`meter39: ${text}\n`),
  ask: askOnTerminal,
};

/** Carries out `work`; what fails on the line or in the box ends with 1. */
async function guarded(world: FactoryWorld, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    world.complain(error.message);
    return EXIT_FAILED;
  }
}

interface ProvisionOptions {
  line: LinePlace;
  number: string;
  keys?: string;
  store?: string;
  series?: string;
  layout?: string;
  constant?: number;
  set: string[];
  report: string;
  retries: number;
}

/** NAME=VALUE or NAME:7=VALUE, of households without a number for all. */
function putSetting(series: Series, text: string): void {
  const fail = (message: string): never => {
    throw new InputError(`--set: ${text}: ${message}`);
  };
  const match = /^([\w:]+)=(\d{1,10})$/.exec(text);
  if (match === null) return fail("write NAME=VALUE or NAME:HOUSEHOLD=VALUE");
  const [, key, value] = match;
  checkSetting(key, Number(value), fail);
  series.settings.set(key, Number(value));
}

/** The series of the file with the options in place of what it says. */
function seriesOf({ series: file, layout, constant, set }: ProvisionOptions): Series {
  const series = file === undefined ? standardSeries() : readSeries(file);
  if (layout !== undefined) series.layout = layout;
  if (constant !== undefined) Object.assign(series, { constant, constants: new Map() });
  for (const text of set) putSetting(series, text);
  for (const name of ["password_2", "password_4"] as const) {
    const variable = PASSWORD_VARIABLES[name];
    const digits = process.env[variable];
    if (digits === undefined) continue;
    if (!/^\d{6}$/.test(digits)) throw new InputError(`${variable}: it must have six digits`);
    series[name] = digits;
  }
  checkSeries(series, (field, message) => {
    throw new InputError(`--${field}: ${message}`);
  });
  return series;
}

/** A serial line is opened as the box speaks; what stands behind TCP has to follow by itself. */
function placeAt(line: LinePlace, speed: Speed | null): LinePlace {
  if (speed === null || line.kind !== "serial") return line;
  return { ...line, baud: RATES[speed.rate], ...FORMATS[FORMAT_NAMES[speed.format]] };
}

async function provisionOne(
  desk: Desk,
  series: Series,
  options: ProvisionOptions,
  world: FactoryWorld,
): Promise<number> {
  const { number, line, retries, report: folder } = options;
  const file = reports.reportFile(folder, number, "provision");
  const earlier = reports.readProvisionReport(file);
  const key_set = desk.keys.fingerprint;
  if (earlier?.progress === "done") {
    throw new LineError(`box ${number} was provisioned already: ${file}`);
  }
  if (earlier !== null && earlier.key_set !== key_set) {
    throw new InputError(`--keys: box ${number} was begun with another key set: ${file}`);
  }
  const begun = world.now().toISOString();
  const fresh = { box: number, progress: "begun" as const, key_set, begun };
  const report = {
    ...(earlier ?? fresh),
    series: series.series,
    resumed: (earlier?.resumed ?? -1) + 1,
  };
  const job = {
    ...{ number, series, desk, report, tell: world.complain, now: () => world.now() },
    save: (now: reports.ProvisionReport) => reports.writeReport(file, folder, now),
    open: (speed: Speed | null): Promise<LinePort> => world.open(placeAt(line, speed)),
  };
  await new Provisioning(job, retries).run();
  world.print(`box ${number}: provisioned; ${file}`);
  return EXIT_DONE;
}

interface SelfTestOptions {
  line?: LinePlace;
  jig: Jig["kind"];
  name: string;
  report: string;
  load: number;
  constant: number;
  reader: boolean;
  newClock?: boolean;
  json?: boolean;
  retries: number;
}

/** The line to the box, and the hands and eyes. */
async function bench(
  { line, jig, load, retries }: SelfTestOptions,
  world: FactoryWorld,
): Promise<{ native: NativeMaster; jig: Jig }> {
  if (jig === "virtual") {
    if (line !== undefined) throw new InputError("--line: the virtual box has its own");
    const { virtualBench } = await import("./virtual.ts"); // a box is slow to load
    const { port, jig } = await virtualBench(load);
    return { native: new NativeMaster(port, retries), jig };
  }
  if (line === undefined) throw new InputError("--line: where is the box?");
  const native = new NativeMaster(await world.open(line), retries);
  const prober = new Prober(native);
  const ask = (question: string): Promise<boolean> =>
    kept(() => prober.look(), world.ask(question));
  return { native, jig: jig === "ask" ? askingJig(ask) : NO_JIG };
}

function verdictText({ test, result, found, limits }: Verdict): string {
  return `${result.padEnd(7)} ${test}: ${found}${result === "fail" ? ` (must be: ${limits})` : ""}`;
}

async function testOne(options: SelfTestOptions, world: FactoryWorld): Promise<number> {
  const { name, report: folder, load, constant, reader, newClock, json } = options;
  const begun = world.now().toISOString();
  const { native, jig } = await bench(options, world);
  const record = new Record((verdict) => {
    if (!json) world.print(verdictText(verdict));
  });
  const limits = { load_w: load, constant, reader, new_clock: newClock ?? false };
  const report = {
    name,
    box: null as string | null,
    jig: jig.kind,
    begun,
    finished: "",
    error: "",
  };
  try {
    report.box = await selfTest(native, jig, record, limits);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    report.error = error.message;
  } finally {
    await native.port.close();
  }
  report.finished = world.now().toISOString();
  const result = report.error !== "" || record.failed ? "fail" : "pass";
  const whole = { ...report, result, tests: record.verdicts };
  reports.writeReport(reports.reportFile(folder, name, "selftest"), folder, whole);
  if (json) world.print(JSON.stringify(whole));
  if (report.error !== "") world.complain(report.error);
  return result === "pass" ? EXIT_DONE : EXIT_FAILED;
}

function boxName(text: string): string {
  if (/^[\w-]{1,40}$/.test(text)) return text;
  throw new InputError("--name: letters, digits, - and _, at most 40");
}

function collect(text: string, before: string[]): string[] {
  return [...before, text];
}

const LINE_HELP = "serial:/dev/ttyUSB0[,9600,8E1] or tcp:HOST:PORT; the box is alone on it";

function addProvision(program: Command, world: FactoryWorld, finish: Finish): void {
  signedOptions(program.command("provision"))
    .description(
      "gives a blank box number, key, clock and everything of its series, and reads it back",
    )
    .requiredOption("--line <place>", LINE_HELP, linePlace)
    .requiredOption("--number <digits>", "the box's number", boxNumber)
    .option("--series <file>", "YAML: what the boxes of a series have in common")
    .option("--layout <layout>", 'single, three, mixed, a file, or like "1:1,2,3 4:4 5:5"')
    .option("--constant <n>", "imp/kWh of all channels, 1..20000", whole(1, 20_000))
    .option("--set <NAME=VALUE>", "a setting, as for set; may be repeated", collect, [])
    .option("--report <folder>", "where the box's report is written", "reports")
    .option("--retries <n>", "how often a question is asked again, 0..9", whole(0, 9), 3)
    .action(async (options: ProvisionOptions) => {
      const series = seriesOf(options);
      const work = (): Promise<number> =>
        withSigned(options, (desk) => provisionOne(desk, series, options, world));
      finish(await guarded(world, work));
    });
}

function addSelfTest(program: Command, world: FactoryWorld, finish: Finish): void {
  const jig = new Option(
    "--jig <kind>",
    "who switches the test load and sees: the tester, or nobody",
  );
  program
    .command("selftest")
    .description(
      "tests memory, line, clock, reader, phases, tubes, socket, relays and inputs of a box",
    )
    .option("--line <place>", LINE_HELP, linePlace)
    .addOption(jig.choices(["none", "ask", "virtual"]).default("none"))
    .requiredOption("--name <text>", "name of the report: the box's serial, say", boxName)
    .option("--report <folder>", "where the box's report is written", "reports")
    .option("--load <W>", "test load of each channel, 100..25000", whole(100, 25_000), 20_000)
    .option("--constant <n>", "imp/kWh of the front ends, 1..20000", whole(1, 20_000), 1600)
    .option("--no-reader", "the box has no reader of its own")
    .option("--new-clock", "the clock chip was never set")
    .option("--retries <n>", "how often a question is asked again, 0..9", whole(0, 9), 3)
    .option("--json", "the report on standard output")
    .action(async (options: SelfTestOptions) =>
      finish(await guarded(world, () => testOne(options, world))),
    );
}

/** Adds the commands of the factory. */
export function addFactoryCommands(
  program: Command,
  finish: Finish,
  world: FactoryWorld = REAL_WORLD,
): void {
  addProvision(program, world, finish);
  addSelfTest(program, world, finish);
}
