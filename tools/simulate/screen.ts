/** The picture of a running box, as lines of text: both tube rows as seven-segment digits, lamps, a
 *  line per household. Wide for terminals of 100 x 40, else narrow for 80 x 24. Draws nothing itself. */

import chalk from "chalk";
import cliProgress from "cli-progress";
import type { Simulation } from "./simulation.ts";
import { STATES, type State } from "./office-codes.ts";

const JOULES_PER_KWH = 3_600_000;
const UPPER_DIGITS = 4;
const LAMP_BYTE = 10;
const LAMP_NAMES = ["A", "B", "C", "alarm", "line", "card"];
const STATE_COLORS: Record<State, (text: string) => string> = {
  supplied: chalk.green,
  low: chalk.yellow,
  tripped: chalk.red,
  empty: chalk.redBright,
};
const KEYS = "c buy  k card  f file  r remove  p cut  123 phase  s plug  space  + -  q quit";

/** What the screen shows besides the simulation itself. */
export interface ViewState {
  /** Simulated seconds per second, 0 as fast as possible. */
  speed: number;
  paused: boolean;
  /** Slow motion, to show a cut or a dialogue. */
  slow: boolean;
  /** The question being answered with what was typed so far, or "". */
  prompt: string;
  columns: number;
  rows: number;
}

/** Three lines of a seven-segment digit; bits as in the MAX7219, 7 DP, 6 A ... 0 G. */
export function segmentArt(segments: number): string[] {
  const lit = (bit: number, sign: string): string => (segments & (1 << bit) ? sign : " ");
  return [
    ` ${lit(6, "_")}  `,
    `${lit(1, "|")}${lit(0, "_")}${lit(5, "|")} `,
    `${lit(2, "|")}${lit(3, "_")}${lit(4, "|")}${lit(7, ".")}`,
  ];
}

function digitRow(segments: Uint8Array): string[] {
  const digits = [...segments].map(segmentArt);
  return [0, 1, 2].map((line) => digits.map((art) => art[line]).join(""));
}

/** The lamps in two lines: phases, then the others; lit ones in brackets. */
function lampLines(lamps: number): string[] {
  const texts = LAMP_NAMES.map((name, bit) =>
    lamps & (1 << bit) ? chalk.yellowBright(`(${name})`) : chalk.dim(` ${name} `),
  );
  return ["", texts.slice(0, 3).join(" "), texts.slice(3).join(" ")];
}

function tubeLines(simulation: Simulation, is_wide: boolean): string[] {
  const segments = simulation.box.tubeSegments();
  const upper = digitRow(segments.subarray(0, UPPER_DIGITS));
  const lower = digitRow(segments.subarray(UPPER_DIGITS, LAMP_BYTE));
  const lamps = lampLines(segments[LAMP_BYTE]);
  const red = chalk.redBright;
  if (!is_wide) return upper.map((text, i) => ` ${red(text)}    ${red(lower[i])}   ${lamps[i]}`);
  const indent = " ".repeat(10);
  return [
    ...upper.map((text) => `${indent}    ${red(text)}`),
    ...lower.map((text, i) => `${indent}${red(text)}      ${lamps[i]}`),
  ];
}

interface Row {
  number: number;
  power_w: number;
  consumed_kwh: number;
  remaining: number; // kWh or currency
  state: State | null;
  closed: boolean;
}

function rowOf(simulation: Simulation, number: number, channels: number[]): Row {
  const reading = simulation.readings.get(number);
  const consumed_j = reading === undefined ? 0n : reading.forward_j + reading.reverse_j;
  return {
    number,
    power_w: reading?.power_w ?? 0,
    consumed_kwh: Number(consumed_j) / JOULES_PER_KWH,
    remaining: Number(reading?.remaining_units ?? 0n) / simulation.units_per_whole,
    state: reading === undefined ? null : STATES[reading.state],
    closed: channels.every((channel) => simulation.box.relayClosed(channel)),
  };
}

function wideCell(row: Row): string {
  const state = (row.state ?? "").padEnd(8);
  const relay = row.closed ? "closed" : chalk.red("open  ");
  return [
    String(row.number).padStart(4, "0"),
    String(row.power_w).padStart(6),
    row.consumed_kwh.toFixed(2).padStart(8),
    row.remaining.toFixed(2).padStart(8),
    ` ${row.state === null ? state : STATE_COLORS[row.state](state)}`,
    relay,
  ].join(" ");
}

function narrowCell(row: Row): string {
  const state = (row.state ?? " ").charAt(0).toUpperCase();
  return [
    String(row.number).padStart(2, "0"),
    String(row.power_w).padStart(5),
    row.consumed_kwh.toFixed(row.consumed_kwh < 1000 ? 1 : 0).padStart(5),
    row.remaining.toFixed(1).padStart(7),
    (row.state === null ? state : STATE_COLORS[row.state](state)) +
      (row.closed ? "-" : chalk.red("/")),
  ].join(" ");
}

function tableLines(simulation: Simulation, is_wide: boolean): string[] {
  const column_count = is_wide ? 2 : 3;
  const cells = simulation.layout.map(({ number, channels }) => {
    const row = rowOf(simulation, number, channels);
    return is_wide ? wideCell(row) : narrowCell(row);
  });
  const line_count = Math.ceil(cells.length / column_count);
  const header = is_wide
    ? "  no  power W  used kWh left kWh state  relay ".padEnd(45)
    : "no     W  used    left  ".padEnd(25);
  const gap = is_wide ? "  |  " : " ";
  const columns = Math.min(column_count, Math.ceil(cells.length / line_count));
  const headers = new Array<string>(columns).fill(header).join(gap);
  const lines = Array.from({ length: line_count }, (_, line) =>
    cells.filter((_cell, index) => index % line_count === line).join(gap),
  );
  return [chalk.dim(headers), ...lines];
}

function progressBar(simulation: Simulation, size: number): string {
  const progress = Math.max(0, Math.min(1, simulation.now_s / simulation.end_s));
  const bar = cliProgress.Format.BarFormat(progress, {
    barsize: size,
    barCompleteString: "#".repeat(size),
    barIncompleteString: "-".repeat(size),
    barGlue: "",
  });
  return `[${bar}] ${String(Math.floor(progress * 100)).padStart(3)} %`;
}

function titleLine(simulation: Simulation, view: ViewState): string {
  const { box, auditor } = simulation;
  const pace = view.speed === 0 ? "as fast as possible" : `${view.speed} x`;
  const speed = view.slow ? chalk.cyan("slow motion") : pace;
  const parts = [
    chalk.bold("meter39"),
    chalk.bold(simulation.clock_text),
    view.paused ? chalk.yellow("paused") : speed,
    `seed ${simulation.options.seed}`,
    auditor.balanced ? chalk.green("books balance") : chalk.red("BOOKS DO NOT BALANCE"),
  ];
  if (!box.powered) parts.push(chalk.red("POWER CUT"));
  if (simulation.sales.presentations.occupied) parts.push(chalk.cyan("card"));
  if (simulation.plug_in) parts.push(chalk.cyan("plug in"));
  return parts.join("  ");
}

/** The whole picture, at most `view.rows` - 1 lines. */
export function screenText(simulation: Simulation, view: ViewState): string {
  const is_wide = view.columns >= 100 && view.rows >= 40;
  const bar = progressBar(simulation, is_wide ? 80 : 60);
  const fixed = [
    titleLine(simulation, view),
    ...(is_wide ? [""] : []),
    ...tubeLines(simulation, is_wide),
    ...(is_wide ? [""] : []),
    bar,
    ...tableLines(simulation, is_wide),
  ];
  const bottom = view.prompt === "" ? chalk.dim(KEYS) : chalk.cyan(view.prompt);
  const room = Math.max(0, Math.min(4, view.rows - 2 - fixed.length));
  const log = room === 0 ? [] : simulation.log.slice(-room);
  const logged = log.map((text) => text.slice(0, view.columns - 1));
  return [...fixed, ...logged, bottom].join("\n");
}
