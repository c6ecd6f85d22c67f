/** The command "simulate": turns options and a scenario into a run, runs it with or without a screen,
 *  prints the summary. Options given on the command line win over those of a scenario's start step. */

import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { csvLoad } from "./csv-load.ts";
import { InputError } from "./errors.ts";
import { runHeadless } from "./headless.ts";
import { parseLayout } from "./layout.ts";
import { NO_LOAD, realLoad } from "./load.ts";
import { readScenario, type Step, type StepOf } from "./scenario.ts";
import { Simulation, type RunOptions } from "./simulation.ts";
import { exitCode, summarize, summaryText } from "./summary.ts";
import { runLive } from "./ui.ts";

const DAY_S = 86_400;
const HEADLESS_READ_S = 300;
const TRACE_BUFFER = 1 << 20;
const DEFAULT_DAY = fileURLToPath(new URL("../../scenarios/default-day.yaml", import.meta.url));
const CORES = ["meter", "panel"].map((name) =>
  fileURLToPath(new URL(`../../build/${name}.wasm`, import.meta.url)),
);

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
  scenario?: string;
  residents?: boolean;
}

function scenarioEndS(steps: Step[]): number | undefined {
  return steps.find(({ action }) => action === "end")?.at_s;
}

/** A scenario whose steps name households or channels that the layout has not is wrong. */
function checkHouseholds(steps: Step[], in_use: Set<number>, file: string): void {
  for (const step of steps) {
    if (step.action !== "swipe" && step.action !== "load") continue;
    if (step.household === undefined || in_use.has(step.household)) continue;
    const message = `no household ${step.household} in the layout`;
    throw new InputError(`${file}: line ${step.line}, field household: ${message}`);
  }
}

/** The run that these options describe; throws InputError. */
export function makeRun(options: SimulateOptions, is_live: boolean): RunOptions {
  const file = options.scenario ?? (is_live ? DEFAULT_DAY : undefined);
  const steps = file === undefined ? [] : readScenario(file);
  const start: Partial<StepOf<"start">> = steps.find((step) => step.action === "start") ?? {};
  const layout = parseLayout(options.layout ?? start.layout ?? "single");
  if (file !== undefined) checkHouseholds(steps, new Set(layout.map((h) => h.number)), file);
  const channels = layout.flatMap((household) => household.channels);
  const { seed } = options;
  const standard = start.load === "none" ? NO_LOAD : realLoad(layout, seed);
  const end_s = options.days === undefined ? scenarioEndS(steps) : undefined;
  return {
    seed,
    end_s: end_s ?? (options.days ?? 1) * DAY_S,
    layout,
    constant: options.constant ?? start.constant ?? 1600,
    load: options.load === undefined ? standard : csvLoad(options.load, channels),
    first_credit: start.credit === undefined ? "seeded" : Math.round(start.credit * 100),
    residents: options.residents ?? start.residents ?? true,
    steps: options.days === undefined ? steps : steps.filter(({ action }) => action !== "end"),
    read_period_s: HEADLESS_READ_S,
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
  const is_live = !options.headless && !options.json && process.stdout.isTTY && process.stdin.isTTY;
  const run = makeRun(options, is_live);
  if (!CORES.every((core) => existsSync(core))) {
    throw new InputError("the cores are not built: npm run build:wasm");
  }
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
  } finally {
    trace?.close();
  }
}
