/** Tables of a Markdown page, each with the nearest heading above it. */

import { readFileSync } from "node:fs";

export interface Table {
  heading: string;
  columns: string[];
  rows: string[][];
}

function cells(line: string): string[] {
  return line
    .replace(/^\|/, "")
    .replace(/\|\s*$/, "")
    .split("|")
    .map((cell) => cell.trim());
}

/** Every table of `file`, in order. */
export function tablesOf(file: string): Table[] {
  const tables: Table[] = [];
  let heading = "";
  let open: Table | null = null;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const title = /^#+\s+(.*)$/.exec(line);
    if (title) heading = title[1]!.trim();
    if (!line.startsWith("|")) open = null;
    else if (open === null) tables.push((open = { heading, columns: cells(line), rows: [] }));
    else if (!/^\|[\s:|-]+$/.test(line)) open.rows.push(cells(line));
  }
  return tables;
}

/** The one table of `tables` below `heading` whose first column is called `first`. */
export function tableBelow(tables: Table[], heading: string, first?: string): Table {
  const found = tables.filter(
    (table) => table.heading === heading && (first === undefined || table.columns[0] === first),
  );
  if (found.length !== 1) throw new Error(`${found.length} tables below "${heading}"`);
  return found[0]!;
}
