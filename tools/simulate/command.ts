/** The command "simulate": turns options and a scenario into a run, runs it with or without a screen,
 *  prints the summary. Options given on the command line win over those of a scenario's start step. */

import { closeSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build.ts";
import { WriteError } from "../card/dump-file.ts";
import { readKeyFile } from "../card/key-file.ts";
import { csvLoad } from "./csv-load.ts";
import { InputError } from "./errors.ts";
import { runHeadless } from "./headless.ts";
import { parseLayout } from "./layout.ts";
import { NO_LOAD, realLoad } from "./load.ts";
import { readScenario, type Step, type StepOf } from "./scenario.ts";
import { Simulation, type RunOptions } from "./simulation.ts";
import { exitCode, summarize, summaryText } from "./summary.ts";
import { runLive } from "./ui.ts";

const EXIT_FAILED = 1;
const DAY_S = 86_400;
const DEFAULT_CONSTANT = 1600;
const HEADLESS_READ_S = 300;
const TRACE_BUFFER = 1 << 20;
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
function readSteps({ scenario, days }: SimulateOptions, is_shown: boolean): Step[] {
  const file = scenario ?? (is_shown ? DEFAULT_DAY : undefined);
  const steps = file === undefined ? [] : readScenario(file);
  return days === undefined ? steps : steps.filter(({ action }) => action !== "end");
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
    end_s: scenarioEndS(steps) ?? (options.days ?? 1) * DAY_S,
    layout,
    constant: options.constant ?? start.constant ?? DEFAULT_CONSTANT,
    load: load === undefined ? standard : csvLoad(load, channels),
    first_credit: start.credit === undefined ? "seeded" : Math.round(start.credit * 100),
    residents: options.residents ?? start.residents ?? true,
    steps,
    read_period_s: HEADLESS_READ_S,
    master_key: options.keys === undefined ? undefined : readKeyFile(options.keys).master_key,
  };
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

/** Runs the command; returns the exit code. */
export async function simulate(options: SimulateOptions): Promise<number> {
  const is_shown = !options.headless && !options.json;
  const is_live = is_shown && process.stdout.isTTY && process.stdin.isTTY;
  const run = makeRun(options, is_shown);
  await build(); // a run with cores older than their sources would mislead
  const trace = options.trace === undefined ? undefined : new TraceFile(options.trace);
  if (trace !== undefined) run.trace = (line) => trace.line(line);
  try {
    const simulation = new Simulation(run);
    if (is_live) await runLive(simulation, options.speed);
    else {
      if (!options.json) process.stdout.write(`seed ${run.seed}\n`);
      runHeadless(simulation, (line) => process.stderr.write(`${line}\n`));
    }
    if (simulation.done) simulation.script.finish(); // a visitor may quit before
    const summary = summarize(simulation);
    process.stdout.write(`${options.json ? JSON.stringify(summary) : summaryText(summary)}\n`);
    return exitCode(summary);
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    process.stderr.write(`meter39: ${error.message}\n`);
    return EXIT_FAILED;
  } finally {
    trace?.close();
  }
}
