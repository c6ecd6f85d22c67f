/** What boxes wrote on cards, read back: return data of user cards, records of check cards. Return data
 *  carry a code and are believed; records carry none and are only shown and kept. */

import { boxKey, cardKeys } from "../office/keys.ts";
import { InputError } from "../simulate/errors.ts";
import { newestReturn, readDirectory, recordIn } from "./content.ts";
import type { CheckRecord, Directory, ReturnData } from "./content.ts";
import { blockZeroFaults, trailerFaults, uidOf } from "./dump.ts";
import { readDump } from "./dump-file.ts";
import type { KeySet } from "./key-file.ts";
import type { Store, StoredReading } from "./store.ts";
import { amountText, resultText, stateText, tableText, timeText } from "./words.ts";

const HOUSEHOLDS = Array.from({ length: 39 }, (_, i) => i + 1);

const COLUMNS = [
  "box",
  "household",
  "source",
  "card",
  "time",
  "state",
  "number",
  "remaining",
  "consumed_kwh",
  "reverse_kwh",
  "result",
  "refusals",
  "relay_faults",
] as const;

export interface CardReading {
  directory: Directory;
  readings: StoredReading[];
  /** Last purchase number accepted, of the households whose return data are believed. */
  accepted: Map<number, number>;
}

function fromReturn(directory: Directory, data: ReturnData): StoredReading {
  return {
    box: directory.box_number,
    household: directory.household,
    source: "user",
    card: directory.serial,
    time: timeText(data.time),
    state: stateText(data.state),
    number: data.number,
    remaining: amountText(data.remaining),
    consumed_kwh: amountText(data.consumed),
    reverse_kwh: null,
    result: resultText(data.result),
    refusals: data.refusals,
    relay_faults: data.relay_faults,
  };
}

/** Of the purchase number only the low 16 bits stand in a record. */
function fromRecord(directory: Directory, record: CheckRecord): StoredReading {
  return {
    box: directory.box_number,
    household: record.household,
    source: "check",
    card: directory.serial,
    time: null,
    state: stateText(record.state),
    number: record.number,
    remaining: amountText(record.remaining),
    consumed_kwh: amountText(record.forward),
    reverse_kwh: amountText(record.reverse),
    result: null,
    refusals: null,
    relay_faults: null,
  };
}

function recordsOf(dump: Uint8Array, directory: Directory): StoredReading[] {
  return HOUSEHOLDS.flatMap((household) => {
    const record = recordIn(dump, household);
    return record === null || record === false ? [] : [fromRecord(directory, record)];
  });
}

/** True when a check card bears records that the store has not. */
export function isUnread(store: Store, dump: Uint8Array, directory: Directory): boolean {
  if (directory.kind !== "check") return false;
  return recordsOf(dump, directory).some((reading) => {
    const { box, household, card } = reading;
    const stored = store.reading(String(box), Number(household), `check ${card}`);
    return JSON.stringify(stored) !== JSON.stringify(reading);
  });
}

/** Reads a card of any box of this office. */
export function readCard(keys: KeySet, file: string): CardReading {
  const dump = readDump(file, "FILE");
  const [fault] = blockZeroFaults(dump);
  if (fault !== undefined) throw new InputError(`FILE: ${file}: ${fault}`);
  const directory = readDirectory(dump);
  if (typeof directory === "string") throw new InputError(`FILE: ${file}: ${directory}`);
  const uid = uidOf(dump);
  const box_key = boxKey(keys.master_key, directory.box_number);
  const [wrong] = trailerFaults(dump, cardKeys(keys.master_key, box_key, uid));
  if (wrong !== undefined) {
    throw new InputError(`FILE: ${file} is damaged or of another key set: ${wrong}`);
  }
  if (directory.kind === "check") {
    return { directory, readings: recordsOf(dump, directory), accepted: new Map() };
  }
  if (directory.kind !== "user") {
    const text = `is a ${directory.kind} card; boxes write on user and check cards only`;
    throw new InputError(`FILE: ${file} ${text}`);
  }
  const data = newestReturn(dump, directory, box_key, uid);
  const accepted = new Map(data === null ? [] : [[directory.household, data.number]]);
  const readings = data === null ? [] : [fromReturn(directory, data)];
  return { directory, readings, accepted };
}

function cellsOf(reading: StoredReading): string[] {
  return COLUMNS.map((name) => String(reading[name] ?? ""));
}

/** Readings as a table, as CSV with a header, or as JSON. */
export function readingsText(readings: StoredReading[], format: "table" | "csv" | "json"): string {
  if (format === "json") return JSON.stringify(readings, null, 2);
  const rows = readings.map(cellsOf);
  if (format === "table") return tableText([...COLUMNS], rows);
  return [COLUMNS as readonly string[], ...rows].map((cells) => cells.join(",")).join("\n");
}
