/** What a run of several boxes came to: a line per box, and their summaries. */

import { exitCode, summarize, type Summary } from "./summary.ts";
import { BOX_NUMBER } from "./run-options.ts";
import type { Street } from "./street.ts";
import type { OfficeRound } from "./office-round.ts";

export interface BoxSummary extends Summary {
  box: string;
}

export interface StreetSummary {
  boxes: BoxSummary[];
  /** Households read by the line, and what was wrong there. */
  line_readings: number;
  line_faults: string[];
}

export function summarizeStreet(street: Street, round: OfficeRound | null): StreetSummary {
  return {
    boxes: street.simulations.map((simulation) => ({
      box: simulation.options.box_number ?? BOX_NUMBER,
      ...summarize(simulation),
    })),
    line_readings: round?.readings ?? 0,
    line_faults: round?.faults ?? [],
  };
}

export function streetExitCode({ boxes, line_faults }: StreetSummary): number {
  return boxes.every((box) => exitCode(box) === 0) && line_faults.length === 0 ? 0 : 1;
}

const HEADER =
  "box          seed  registered kWh  accepted  charged  remaining  moves  cards  books";

function boxLine({ box, seed, households, cards, balanced, units_per_whole }: BoxSummary): string {
  const sum = (of: (household: Summary["households"][number]) => number): number =>
    households.reduce((total, household) => total + of(household), 0);
  const whole = (units: number): string => (units / units_per_whole).toFixed(2);
  return [
    box.padEnd(10),
    String(seed).padStart(6),
    (sum((h) => h.registered_j) / 3_600_000).toFixed(2).padStart(15),
    whole(sum((h) => h.accepted_units)).padStart(9),
    whole(sum((h) => h.charged_units)).padStart(8),
    whole(sum((h) => h.remaining_units)).padStart(10),
    String(sum((h) => h.relay_operations)).padStart(6),
    String(cards.presentations).padStart(6),
    ` ${balanced ? "balance" : "DO NOT BALANCE"}`,
  ].join(" ");
}

/** The summary as a table. */
export function streetText(summary: StreetSummary): string {
  const { boxes, line_readings, line_faults } = summary;
  const told = (lines: (box: BoxSummary) => string[]): string[] =>
    boxes.flatMap((box) => lines(box).map((text) => `  box ${box.box}: ${text}`));
  return [
    HEADER,
    ...boxes.map(boxLine),
    "",
    `${boxes[0].simulated_s} s simulated; ${line_readings} households read by the line, ` +
      `${line_faults.length} faults`,
    ...line_faults.map((text) => `  ${text}`),
    ...told(({ violations }) => violations),
    ...told(({ restarts }) => restarts.map((text) => `restart: ${text}`)),
  ].join("\n");
}
