/** What a run came to: per household the energy that was fed and registered, credit accepted, charged
 *  and remaining, state and relay operations; and whether the books balanced. Fed comes from the
 *  virtual front ends, registered and credit from the memory (read by the SPEC), state from the line. */

import type { Reading } from "./frames.ts";
import { resultName, STATES, type State } from "./office-codes.ts";
import type { CardCounts } from "./presentations.ts";
import type { Simulation } from "./simulation.ts";

const JOULES_PER_KWH = 3_600_000;
/** A pulse that fills, and a lone one that anti-creep may hold back. */
const OPEN_PULSES = 2;

/** Energies in J, credit in units (src/metering/SPEC.md). */
export interface HouseholdSummary {
  household: number;
  channels: number[];
  state: State | "unknown";
  fed_j: number;
  registered_j: number;
  difference_j: number;
  accepted_units: number;
  charged_units: number;
  remaining_units: number;
  relay_operations: number;
}

export interface Summary {
  households: HouseholdSummary[];
  /** Cards presented since the box was set up; refusals by the number on the tubes. */
  cards: CardCounts;
  /** accepted = charged + remaining at every write to the memory and every reading. */
  balanced: boolean;
  /** Registered is fed less at most two pulses per channel, and two more per power cut. */
  energy_complete: boolean;
  seed: number;
  simulated_s: number;
  constant_imp_per_kwh: number;
  /** Units of 1 kWh, or of 1 currency in money mode. */
  units_per_whole: number;
  commits_checked: number;
  readings_checked: number;
  violation_count: number;
  violations: string[];
  power_cuts: number;
  restarts: string[];
  expects_passed: number;
  expects_failed: string[];
}

function householdSummary(
  simulation: Simulation,
  household: number,
  channels: number[],
  reading: Reading | undefined,
): HouseholdSummary {
  const { box, reader } = simulation;
  const books = channels.map((channel) => reader.book(channel));
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const registered_j = sum(
    books.map((book) => Number((book?.forward_j ?? 0n) + (book?.reverse_j ?? 0n))),
  );
  const charged_units = books.reduce((total, book) => total + (book?.charged_units ?? 0n), 0n);
  const accepted_units = reader.account(household)?.accepted_units ?? 0n;
  const fed_j = sum(channels.map((channel) => box.energyFedJ(channel)));
  return {
    household,
    channels,
    state: reading === undefined ? "unknown" : STATES[reading.state],
    fed_j,
    registered_j,
    difference_j: fed_j - registered_j,
    accepted_units: Number(accepted_units),
    charged_units: Number(charged_units),
    remaining_units: Number(accepted_units - charged_units),
    relay_operations: sum(channels.map((channel) => box.relayOperations(channel))),
  };
}

/** Sums up a finished run. */
export function summarize(simulation: Simulation): Summary {
  const { auditor, script, options, layout } = simulation;
  const households = layout.map(({ number, channels }) =>
    householdSummary(simulation, number, channels, simulation.readings.get(number)),
  );
  const pulse_j = Math.ceil(JOULES_PER_KWH / options.constant);
  const open_pulses = OPEN_PULSES * (1 + simulation.power_cuts);
  return {
    households,
    cards: simulation.sales.presentations.counts,
    balanced: auditor.balanced,
    energy_complete: households.every(
      ({ difference_j, channels }) =>
        difference_j >= -channels.length && difference_j <= open_pulses * pulse_j * channels.length,
    ),
    seed: options.seed,
    simulated_s: Math.round(simulation.now_s),
    constant_imp_per_kwh: options.constant,
    units_per_whole: simulation.units_per_whole,
    commits_checked: auditor.commits_checked,
    readings_checked: auditor.readings_checked,
    violation_count: auditor.violation_count,
    violations: auditor.violations,
    power_cuts: simulation.power_cuts,
    restarts: simulation.restarts,
    expects_passed: script.passed,
    expects_failed: script.failures,
  };
}

/** 0 when the books balanced, every expectation held and no MCU restarted by itself; else 1. */
export function exitCode(summary: Summary): number {
  const { balanced, expects_failed, restarts } = summary;
  return balanced && expects_failed.length === 0 && restarts.length === 0 ? 0 : 1;
}

function kwh(energy_j: number): string {
  return (energy_j / JOULES_PER_KWH).toFixed(3);
}

function cardsText({ presentations, accepted, repeats, refusals }: CardCounts): string {
  const errors = Object.entries(refusals).map(([number, count]) => {
    return `${count} x Err ${number.padStart(2, "0")} (${resultName(-Number(number))})`;
  });
  const refused = errors.length === 0 ? "no refusals" : `refused: ${errors.join(", ")}`;
  return `cards: ${presentations} presented, ${accepted} accepted, ${repeats} repeats, ${refused}`;
}

const COLUMNS = ["no", "fed kWh", "registered", "diff J", "accepted", "charged", "remaining"];
const WIDTHS = [4, 10, 11, 7, 10, 10, 10];

function householdLine(one: HouseholdSummary, units_per_whole: number): string {
  const credit = (units: number): string => (units / units_per_whole).toFixed(3);
  const cells = [
    String(one.household).padStart(4, "0"),
    kwh(one.fed_j),
    kwh(one.registered_j),
    String(one.difference_j),
    credit(one.accepted_units),
    credit(one.charged_units),
    credit(one.remaining_units),
  ];
  const numbers = cells.map((cell, index) => cell.padStart(WIDTHS[index])).join(" ");
  return `${numbers}  ${one.state.padEnd(8)} ${String(one.relay_operations).padStart(4)}`;
}

/** The summary as a table. */
export function summaryText(summary: Summary): string {
  const header = COLUMNS.map((name, index) => name.padStart(WIDTHS[index])).join(" ");
  const { balanced, energy_complete, restarts, violations, expects_failed } = summary;
  const lines = [
    `${header}  state    relay moves`,
    ...summary.households.map((one) => householdLine(one, summary.units_per_whole)),
    "",
    `seed ${summary.seed}, ${summary.simulated_s} s simulated, ` +
      `${summary.constant_imp_per_kwh} imp/kWh, power cuts: ${summary.power_cuts}`,
    `registered is fed less at most the pulses still open: ${energy_complete ? "yes" : "NO"}`,
    `credit = charged + remaining at each of ${summary.commits_checked} writes and ` +
      `${summary.readings_checked} readings: ${balanced ? "yes" : "NO"}`,
    cardsText(summary.cards),
    ...violations.map((text) => `  ${text}`),
    ...restarts.map((text) => `restart: ${text}`),
  ];
  if (summary.expects_passed + expects_failed.length > 0) {
    lines.push(`expectations: ${summary.expects_passed} held, ${expects_failed.length} failed`);
    lines.push(...expects_failed.map((text) => `  ${text}`));
  }
  return lines.join("\n");
}
