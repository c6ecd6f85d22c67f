/** The command "simulate": turns options and a scenario into a run, runs it with or without a screen,
 *  prints the summary. Options given on the command line win over those of a scenario's start step. */

import { closeSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.ts";
import { WriteError } from "../card/dump-file.ts";
import { makeKeyFile, readKeyFile } from "../card/key-file.ts";
import { csvLoad } from "./csv-load.ts";
import { InputError } from "./errors.ts";
import { runHeadless } from "./headless.ts";
import { parseLayout } from "./layout.ts";
import type { LinePlace } from "./line-place.ts";
import { NO_LOAD, realLoad } from "./load.ts";
import { readScenario, type Step, type StepOf } from "./scenario.ts";
import { BOX_NUMBER, type RunOptions } from "./run-options.ts";
import { DEMONSTRATION_KEY, Simulation } from "./simulation.ts";
import { simulateStreet } from "./street-command.ts";
import { exitCode, summarize, summaryText } from "./summary.ts";
import { runLive } from "./ui.ts";

const EXIT_FAILED = 1;
const DAY_S = 86_400;
const DEFAULT_CONSTANT = 1600;
const HEADLESS_READ_S = 300;
const TRACE_BUFFER = 1 << 20;
const LAST_MODBUS_ADDRESS = 247;
const MINUTE_MS = 60_000;
const DEFAULT_DAY = fileURLToPath(new URL("../../scenarios/default-day.yaml", import.meta.url));

/** As commander gives them; undefined: not given. */
export interface SimulateOptions {
  headless?: boolean;
  json?: boolean;
  speed: number;
  days?: number;
  load?: string;
  layout?: string;
  constant?: number;
  seed: number;
  trace?: string;
  keys?: string;
  writeKeys?: string;
  seconds?: number;
  boxes?: number;
  realtime?: boolean;
  line?: LinePlace[];
  scenario?: string;
  residents?: boolean;
}

function scenarioEndS(steps: Step[]): number | undefined {
  return steps.find(({ action }) => action === "end")?.at_s;
}

/** Steps about a household that the layout has not are wrong; selling it credit may be a test. */
function checkHouseholds(steps: Step[], in_use: Set<number>, file: string): void {
  for (const step of steps) {
    if (step.action === "credit" || !("household" in step)) continue;
    if (step.household === undefined || in_use.has(step.household)) continue;
    const message = `no household ${step.household} in the layout`;
    throw new InputError(`${file}: line ${step.line}, field household: ${message}`);
  }
}

/** What is played: the steps of the scenario, or of the default day on the screen. With --days the
 *  run has that length, whatever the scenario's end says. */
function readSteps({ scenario, days, seconds }: SimulateOptions, is_shown: boolean): Step[] {
  const file = scenario ?? (is_shown ? DEFAULT_DAY : undefined);
  const steps = file === undefined ? [] : readScenario(file);
  const has_length = days !== undefined || seconds !== undefined;
  return has_length ? steps.filter(({ action }) => action !== "end") : steps;
}

/** Options that do not go together; throws InputError. */
function checkOptions(options: SimulateOptions, is_shown: boolean): void {
  const { boxes = 1, realtime, line = [], days, seconds, scenario, trace } = options;
  const refuse = (is_wrong: boolean, text: string): void => {
    if (is_wrong) throw new InputError(text);
  };
  refuse(line.length > 0 && !realtime, "--line: needs --headless --realtime");
  refuse(realtime === true && is_shown, "--realtime: needs --headless or --json");
  refuse(boxes > 1 && is_shown, "--boxes: more than one box needs --headless or --json");
  refuse(boxes > 1 && scenario !== undefined, "--boxes: a scenario is played by one box");
  refuse(boxes > 1 && trace !== undefined, "--boxes: --trace follows one box");
  refuse(days !== undefined && seconds !== undefined, "--seconds: not together with --days");
  refuse(
    options.writeKeys !== undefined && options.keys !== undefined,
    "--write-keys: not together with --keys",
  );
}

function lengthS({ days, seconds, realtime }: SimulateOptions, steps: Step[]): number {
  const given_s = seconds ?? (days === undefined ? undefined : days * DAY_S);
  return given_s ?? scenarioEndS(steps) ?? (realtime ? Infinity : DAY_S);
}

/** The wall clock of this place, as the box's clock has it. */
function localTimeMs(): number {
  const now = new Date();
  return now.getTime() - now.getTimezoneOffset() * MINUTE_MS;
}

/** The run that these options describe; throws InputError. */
export function makeRun(options: SimulateOptions, is_shown: boolean): RunOptions {
  const steps = readSteps(options, is_shown);
  const start: Partial<StepOf<"start">> = steps.find((step) => step.action === "start") ?? {};
  const layout = parseLayout(options.layout ?? start.layout ?? "single");
  checkHouseholds(steps, new Set(layout.map(({ number }) => number)), options.scenario ?? "");
  const { seed, load } = options;
  const standard = start.load === "none" ? NO_LOAD : realLoad(layout, seed);
  const channels = layout.flatMap((household) => household.channels);
  return {
    seed,
    end_s: lengthS(options, steps),
    layout,
    constant: options.constant ?? start.constant ?? DEFAULT_CONSTANT,
    load: load === undefined ? standard : csvLoad(load, channels),
    first_credit: start.credit === undefined ? "seeded" : Math.round(start.credit * 100),
    residents: options.residents ?? start.residents ?? true,
    steps,
    read_period_s: HEADLESS_READ_S,
    master_key: options.keys === undefined ? undefined : readKeyFile(options.keys).master_key,
    line_passwords: options.realtime === true || (options.boxes ?? 1) > 1,
    day_start_ms: options.realtime ? localTimeMs() : undefined,
  };
}

/** One run for each box; box i (from 0) has seed + i and number + i. */
export function makeRuns(first: RunOptions, options: SimulateOptions): RunOptions[] {
  const has_own_load = options.load === undefined;
  return Array.from({ length: options.boxes ?? 1 }, (_, i) => {
    const seed = (first.seed + i) >>> 0;
    return {
      ...first,
      seed,
      box_number: String(Number(BOX_NUMBER) + i),
      modbus_address: i < LAST_MODBUS_ADDRESS ? i + 1 : 0,
      load: has_own_load && i > 0 ? realLoad(first.layout, seed) : first.load,
    };
  });
}

function keysText({ keys, writeKeys }: SimulateOptions): string {
  return keys ?? writeKeys ?? "of the demonstration, --write-keys FILE writes them for the office";
}

/** Writes lines to a file, in large pieces. */
class TraceFile {
  private readonly descriptor: number;
  private text = "";

  constructor(file: string) {
    try {
      this.descriptor = openSync(file, "w");
    } catch (error) {
      throw new InputError(`--trace: cannot write ${file}: ${(error as Error).message}`);
    }
  }

  line(line: string): void {
    this.text += `${line}\n`;
    if (this.text.length > TRACE_BUFFER) this.flush();
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }

  private flush(): void {
    writeSync(this.descriptor, this.text);
    this.text = "";
  }
}

async function runOne(
  run: RunOptions,
  options: SimulateOptions,
  is_shown: boolean,
): Promise<number> {
  const simulation = new Simulation(run);
  if (is_shown && process.stdout.isTTY && process.stdin.isTTY) {
    await runLive(simulation, options.speed);
  } else {
    if (!options.json) process.stdout.write(`seed ${run.seed}\n`);
    runHeadless(simulation, (line) => process.stderr.write(`${line}\n`));
  }
  if (simulation.done) simulation.script.finish(); // a visitor may quit before
  const summary = summarize(simulation);
  process.stdout.write(`${options.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
  return exitCode(summary);
}

/** Runs the command; returns the exit code. */
export async function simulate(options: SimulateOptions): Promise<number> {
  const is_shown = !options.headless && !options.json;
  checkOptions(options, is_shown);
  const run = makeRun(options, is_shown);
  if (options.writeKeys !== undefined) makeKeyFile(options.writeKeys, DEMONSTRATION_KEY);
  await build(); // a run with cores older than their sources would mislead
  const trace = options.trace === undefined ? undefined : new TraceFile(options.trace);
  if (trace !== undefined) run.trace = (line) => trace.line(line);
  try {
    if (options.realtime || (options.boxes ?? 1) > 1) {
      const { realtime = false, line: places = [], json = false } = options;
      const street = { is_realtime: realtime, places, json, keys: keysText(options) };
      return await simulateStreet(makeRuns(run, options), street);
    }
    return await runOne(run, options, is_shown);
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    process.stderr.write(`meter39: ${error.message}\n`);
    return EXIT_FAILED;
  } finally {
    trace?.close();
  }
}
