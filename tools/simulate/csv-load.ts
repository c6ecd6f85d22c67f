/** A load from a CSV file (--load). A header, then one line per interval:
 *  - first column: when the interval begins, called minute (whole minutes), time (HH:MM or HH:MM:SS)
 *    or any name with ISO 8601 dates and times (2026-01-31T23:59, a space will do for the T);
 *  - further columns end in _w (watts) or _kwh (energy of the interval). One such column is spread
 *    evenly over all channels in use; of several, each names its channel before that: ch07_w.
 *  The first line is the start of the run; each line holds until the next one, the last as long as
 *  the one before it; then the file begins anew. Intervals may have any length; when most steps are
 *  as long as the shortest one, the others are gaps. */

import { parse, CsvError } from "csv-parse/sync";
import { readFileSync } from "node:fs";
import { InputError } from "./errors.ts";
import { CHANNEL_COUNT } from "./layout.ts";
import { spreadW, type Load } from "./load.ts";

/** More than any front end of the box takes: 100 A at 250 V. */
const MAXIMUM_W = 25_000;
const JOULES_PER_KWH = 3_600_000;

interface Line {
  number: number; // in the file, from 1
  cells: string[];
}

interface Column {
  name: string;
  is_energy: boolean;
  channel: number; // 0: spread over all
}

/** Errors of one file, each naming its line and column. */
class Place {
  constructor(readonly file: string) {}

  fail(line: number, column: string, message: string): never {
    throw new InputError(`${this.file}: line ${line}, column ${column}: ${message}`);
  }
}

/** The lines of a CSV text that are not empty; throws InputError. */
export function readLines(file: string, text: string): Line[] {
  try {
    const records = parse(text, {
      bom: true,
      info: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ number: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines, column } = error as CsvError & { lines?: number; column?: unknown };
    throw new InputError(`${file}: line ${lines ?? 1}, column ${column ?? 1}: ${error.message}`);
  }
}

function readHeader(place: Place, header: Line): Column[] {
  if (header.cells.length < 2) {
    place.fail(header.number, "1", "a time column and at least one _w or _kwh column are needed");
  }
  const names = header.cells.slice(1);
  const columns = names.map((name, index) => {
    const match = /^(.*?)(\d*)_(w|kwh)$/i.exec(name);
    if (!match) {
      const column = `${index + 2} ("${name}")`;
      place.fail(header.number, column, "the name must end in _w or _kwh, like ch07_w");
    }
    const is_energy = match[3].toLowerCase() === "kwh";
    return { name, is_energy, channel: names.length === 1 ? 0 : Number(match[2] || NaN) };
  });
  if (columns.length === 1) return columns;
  columns.forEach(({ name, channel }, index) => {
    if (!(channel >= 1 && channel <= CHANNEL_COUNT)) {
      const message = `the name must tell a channel 1..${CHANNEL_COUNT}, like ch07_w`;
      place.fail(header.number, name, message);
    }
    if (columns.findIndex((other) => other.channel === channel) < index) {
      place.fail(header.number, name, `channel ${channel} has a column already`);
    }
  });
  return columns;
}

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/;

/** Seconds of a time cell; NaN when it is none. Only differences matter. */
function timeS(text: string, is_minute: boolean): number {
  if (is_minute) return /^\d+$/.test(text) ? Number(text) * 60 : NaN;
  const clock = /^(\d\d?):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock && Number(clock[1]) <= 24) {
    return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0);
  }
  if (!ISO.test(text)) return NaN;
  const has_zone = /(Z|[+-]\d\d:\d\d)$/.test(text);
  return Date.parse(text.replace(" ", "T") + (has_zone ? "" : "Z")) / 1000;
}

function readTimes(place: Place, header: Line, rows: Line[]): number[] {
  const name = header.cells[0];
  const is_minute = /^minutes?$/i.test(name);
  const times_s = rows.map(({ number, cells }) => {
    const time_s = timeS(cells[0], is_minute);
    if (Number.isFinite(time_s)) return time_s;
    const wanted = is_minute ? "a whole number of minutes" : "HH:MM or an ISO date and time";
    return place.fail(number, name, `"${cells[0]}" is not ${wanted}`);
  });
  const steps_s = times_s.slice(1).map((time_s, index) => time_s - times_s[index]);
  steps_s.forEach((step_s, index) => {
    if (!(step_s > 0)) {
      place.fail(rows[index + 1].number, name, "the time does not go on from the line before");
    }
  });
  const shortest_s = Math.min(...steps_s);
  const regular_count = steps_s.filter((step_s) => step_s === shortest_s).length;
  const gap_index = steps_s.findIndex((step_s) => step_s !== shortest_s);
  if (gap_index >= 0 && regular_count * 2 > steps_s.length) {
    const message = `a gap: ${steps_s[gap_index]} s after the line before, not ${shortest_s} s`;
    place.fail(rows[gap_index + 1].number, name, message);
  }
  return times_s;
}

function readWatts(place: Place, column: Column, row: Line, index: number, step_s: number): number {
  const text = row.cells[index] ?? "";
  if (text === "") return place.fail(row.number, column.name, "a gap: no value");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    return place.fail(row.number, column.name, `"${text}" is not a number`);
  }
  const value = Number(text);
  if (value < 0) return place.fail(row.number, column.name, `${text} is negative`);
  return column.is_energy ? (value * JOULES_PER_KWH) / step_s : value;
}

function readRow(
  place: Place,
  columns: Column[],
  row: Line,
  step_s: number,
  used_channels: number[],
): number[] {
  if (row.cells.length > columns.length + 1) {
    place.fail(row.number, String(columns.length + 2), "more columns than the header has");
  }
  const watts = new Array<number>(CHANNEL_COUNT).fill(0);
  columns.forEach((column, index) => {
    const channels = column.channel === 0 ? used_channels : [column.channel];
    const total_w = readWatts(place, column, row, index + 1, step_s);
    if (total_w > MAXIMUM_W * channels.length) {
      place.fail(row.number, column.name, `more than ${MAXIMUM_W} W in a channel`);
    }
    spreadW(total_w, channels.length).forEach((w, i) => (watts[channels[i] - 1] = w));
  });
  return watts;
}

/** Reads the text of a load file; `used_channels` are those of the layout. Throws InputError. */
export function parseLoad(file: string, text: string, used_channels: number[]): Load {
  const place = new Place(file);
  const [header, ...rows] = readLines(file, text);
  if (header === undefined) return place.fail(1, "1", "no header");
  const columns = readHeader(place, header);
  if (rows.length < 2) place.fail(header.number + 1, header.cells[0], "two lines are needed");
  const times_s = readTimes(place, header, rows);
  const last_step_s = times_s[times_s.length - 1] - times_s[times_s.length - 2];
  const ends_s = [...times_s.slice(1), times_s[times_s.length - 1] + last_step_s];
  const from_s = times_s[0];
  const period_s = ends_s[ends_s.length - 1] - from_s;
  const watts = rows.map((row, index) =>
    readRow(place, columns, row, ends_s[index] - times_s[index], used_channels),
  );
  let found = 0;
  return {
    at(now_s) {
      const rounds = Math.floor(now_s / period_s);
      const time_s = now_s - rounds * period_s + from_s;
      if (time_s < times_s[found]) found = 0;
      while (found < rows.length - 1 && time_s >= ends_s[found]) found++;
      return { watts: watts[found], until_s: rounds * period_s + ends_s[found] - from_s };
    },
  };
}

/** The load of a CSV file; throws InputError when it cannot be read or is wrong. */
export function csvLoad(file: string, used_channels: number[]): Load {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`--load: cannot read ${file}: ${(error as Error).message}`);
  }
  return parseLoad(file, text, used_channels);
}
