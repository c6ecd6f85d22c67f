/** How the card tool writes amounts, times and names, and how it lays out tables. */

import { resultName, STATES } from "../simulate/office-codes.ts";

const EPOCH_MS = Date.UTC(2000, 0, 1); // src/link/SPEC.md: local standard time since 2000-01-01

/** 0.01 kWh or currency as digits: 1234 is "12.34". */
export function amountText(hundredths: number): string {
  return (hundredths / 100).toFixed(2);
}

/** A box's time; empty when it was unknown. */
export function timeText(time: number): string {
  if (time === 0) return "";
  const iso = new Date(EPOCH_MS + time * 1000).toISOString();
  return iso.slice(0, 19).replace("T", " ");
}

export function stateText(state: number): string {
  return STATES[state] ?? `state ${state}`;
}

/** A result as the tubes show it, with its word. */
export function resultText(result: number): string {
  if (result >= 0) return resultName(result);
  return `Err ${String(-result).padStart(2, "0")} (${resultName(result)})`;
}

/** Columns of equal width; numbers to the right. */
export function tableText(header: string[], rows: string[][]): string {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((r) => r[i].length)));
  const line = (cells: string[]): string =>
    cells
      .map((cell, i) => (/^-?\d/.test(cell) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  return [header, ...rows].map(line).join("\n");
}
