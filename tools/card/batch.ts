/** Selling to many households from a CSV file. The whole file is judged first, every row as `card
 *  issue` would judge it; any fault, and nothing is sold. Then each row is a sale of its own: one that
 *  fails (a disk, a race with another desk) is reported and stays pending, the others go on. */

import cliProgress from "cli-progress";
import { InvalidArgumentError } from "commander";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readLines } from "../simulate/csv-load.ts";
import { InputError } from "../simulate/errors.ts";
import { amount, boxNumber, order, uid, whole } from "../options.ts";
import { WriteError } from "./dump-file.ts";
import { issue, tryIssue, type Desk, type SaleRequest, type SaleResult } from "./sale.ts";
import { amountText, tableText } from "./words.ts";

const NEEDED = ["box", "household", "amount", "card"];
const COLUMNS = [...NEEDED, "uid", "order"];

interface Row {
  line: number;
  request: SaleRequest;
}

export interface BatchResult {
  /** A table of all rows. */
  text: string;
  failed_count: number;
}

type Fail = (line: number, column: string, message: string) => void;

function readHeader(file: string, cells: string[]): string[] {
  const fail = (column: string, message: string): never => {
    throw new InputError(`${file}: line 1, column ${column}: ${message}`);
  };
  cells.forEach((name, i) => {
    if (!COLUMNS.includes(name)) fail(name || String(i + 1), `known are ${COLUMNS.join(", ")}`);
    if (cells.indexOf(name) < i) fail(name, "is there twice");
  });
  for (const name of NEEDED) if (!cells.includes(name)) fail(name, "is missing");
  return cells;
}

function readRow(folder: string, header: string[], cells: string[], fail: Fail): SaleRequest {
  const cell = (name: string): string => cells[header.indexOf(name)] ?? "";
  const parsed = <T>(name: string, parse: (text: string) => T, none: T): T => {
    try {
      return parse(cell(name));
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      fail(0, name, `"${cell(name)}": ${error.message}`);
      return none;
    }
  };
  if (cells.length > header.length)
    fail(0, String(header.length + 1), "more columns than the header");
  if (cell("card") === "") fail(0, "card", "a dump file is needed");
  const has = (name: string): boolean => cell(name) !== "";
  return {
    box: parsed("box", boxNumber, ""),
    household: parsed("household", whole(1, 39), 0),
    amount: parsed("amount", amount, 0),
    card: resolve(folder, cell("card")),
    uid: has("uid") ? parsed("uid", uid, new Uint8Array(4)) : undefined,
    order: has("order") ? parsed("order", order, "") : undefined,
  };
}

function checkTwice(rows: Row[], fail: Fail): void {
  const keys: [string, (request: SaleRequest) => string | undefined][] = [
    ["household", ({ box, household }) => `${box} ${household}`],
    ["card", ({ card }) => card],
    ["order", (request) => request.order],
  ];
  for (const [column, keyOf] of keys) {
    const lines = new Map<string, number>();
    for (const { line, request } of rows) {
      const key = keyOf(request);
      if (key === undefined) continue;
      const before = lines.get(key);
      if (before !== undefined) fail(line, column, `is in line ${before} already`);
      else lines.set(key, line);
    }
  }
}

/** An error of a sale names an option; in a table that is the column of this name. */
function failSale(line: number, error: unknown, fail: Fail): void {
  if (!(error instanceof InputError)) throw error;
  const match = /^--(\w+): (.*)$/s.exec(error.message);
  const is_column = match !== null && COLUMNS.includes(match[1]);
  fail(line, is_column ? match[1] : "household", match?.[2] ?? error.message);
}

/** The sales of a CSV file; throws one InputError that names every fault by line and column. */
export function readBatch(desk: Desk, file: string): Row[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`CSV: cannot read ${file}: ${(error as Error).message}`);
  }
  const [first, ...lines] = readLines(file, text);
  if (first === undefined) throw new InputError(`${file}: line 1, column 1: no header`);
  const header = readHeader(file, first.cells);
  if (lines.length === 0) throw new InputError(`${file}: line 2, column 1: no sales`);
  const faults: string[] = [];
  const fail: Fail = (line, column, message) =>
    void faults.push(`${file}: line ${line}, column ${column}: ${message}`);
  const rows = lines.map(({ number, cells }) => {
    const failHere: Fail = (_, column, message) => fail(number, column, message);
    return { line: number, request: readRow(dirname(file), header, cells, failHere) };
  });
  if (faults.length === 0) checkTwice(rows, fail);
  for (const { line, request } of faults.length === 0 ? rows : []) {
    try {
      tryIssue(desk, request);
    } catch (error) {
      failSale(line, error, fail);
    }
  }
  if (faults.length > 0) throw new InputError(`nothing was sold\n${faults.join("\n")}`);
  return rows;
}

function resultCells({ line, request }: Row, result: SaleResult | Error): string[] {
  const { box, household, card } = request;
  const row = [String(line), box, String(household), amountText(request.amount)];
  if (result instanceof Error) return [...row, "", `FAILED ${result.message}`];
  const { sale, repeated } = result;
  const words = { no: "sold", pending: "sold (was pending)", order: "sold before: not sold again" };
  return [...row, String(sale.number), `${words[repeated]}, ${card}`];
}

/** Sells every row; a row that fails does not stop the others. */
export function sellBatch(desk: Desk, rows: Row[]): BatchResult {
  const bar = new cliProgress.SingleBar(
    { format: "{bar} {value}/{total}", stream: process.stderr, clearOnComplete: true },
    cliProgress.Presets.shades_classic,
  );
  const is_shown = process.stderr.isTTY === true;
  if (is_shown) bar.start(rows.length, 0);
  let failed_count = 0;
  const cells = rows.map((row) => {
    let result: SaleResult | Error;
    try {
      result = issue(desk, row.request);
    } catch (error) {
      if (!(error instanceof WriteError || error instanceof InputError)) throw error;
      result = error;
      failed_count++;
    }
    if (is_shown) bar.increment();
    return resultCells(row, result);
  });
  if (is_shown) bar.stop();
  const header = ["line", "box", "household", "amount", "number", "result"];
  return { text: tableText(header, cells), failed_count };
}
