/** Reading: all households of a box in bulk, or chosen ones one by one with everything there is to
 *  know, as a table, CSV or JSON. */

import { writeFileSync } from "node:fs";
import { tableText } from "../card/words.ts";
import { InputError } from "../simulate/errors.ts";
import { LineError } from "./errors.ts";
import { hundredthsText, statusFields, tenthsText } from "./talker.ts";
import type { BoxPlace, Detail, Reading, Talker } from "./talker.ts";

/** A line of a table: column to text. */
export type Row = Record<string, string>;

function bulkRow(box: BoxPlace, reading: Reading): Row {
  return {
    box: box.number,
    household: String(reading.household),
    remaining: hundredthsText(reading.remaining),
    forward_kwh: hundredthsText(reading.forward),
    reverse_kwh: hundredthsText(reading.reverse),
    power_w: tenthsText(reading.power),
    number: String(reading.number ?? ""),
    ...statusFields(reading.status),
  };
}

/** All households in use of a box. */
export async function readAll(talker: Talker, box: BoxPlace): Promise<Row[]> {
  return (await talker.bulk(box)).map((reading) => bulkRow(box, reading));
}

/** One household with everything; throws a LineError when it is not in use. */
export async function readOne(talker: Talker, box: BoxPlace, household: number): Promise<Row> {
  const detail: Detail | null = await talker.detail(box, household);
  if (detail === null) throw new LineError(`household ${household} is not in use`);
  return { box: box.number, household: String(household), ...detail };
}

function columnsOf(rows: Row[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

/** Numbers as numbers, what is empty as null; the box number keeps its zeros. */
function jsonOf(row: Row): Record<string, string | number | null> {
  const entries = Object.entries(row).map(([name, text]): [string, string | number | null] => {
    if (text === "") return [name, null];
    const is_number = name !== "box" && /^-?\d+(\.\d+)?$/.test(text);
    return [name, is_number ? Number(text) : text];
  });
  return Object.fromEntries(entries);
}

export function rowsJson(rows: Row[]): string {
  return JSON.stringify(rows.map(jsonOf), null, 2);
}

export function rowsCsv(rows: Row[]): string {
  const columns = columnsOf(rows);
  const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text}"` : text);
  const lines = rows.map((row) => columns.map((name) => quoted(row[name] ?? "")).join(","));
  return `${[columns.join(","), ...lines].join("\n")}\n`;
}

export function rowsTable(rows: Row[]): string {
  const columns = columnsOf(rows);
  return tableText(
    columns,
    rows.map((row) => columns.map((name) => row[name] ?? "")),
  );
}

/** A column per row: for a few rows with many fields. */
export function rowsUpright(rows: Row[]): string {
  const [first, ...rest] = columnsOf(rows);
  const lines = rest.map((name) => [name, ...rows.map((row) => row[name] ?? "")]);
  return tableText([first, ...rows.map((row) => row[first])], lines);
}

export function writeCsv(file: string, rows: Row[]): void {
  try {
    writeFileSync(file, rowsCsv(rows));
  } catch (error) {
    throw new InputError(`--csv: cannot write ${file}: ${(error as Error).message}`);
  }
}
