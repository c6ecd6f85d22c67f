/** The event records of a box, by DL/T 645. Source: src/rs485/SPEC.md, "Events". */

import { digitsOf, fromBcd } from "./bcd.ts";
import type { DltTalker } from "./by-dlt.ts";
import type { Row } from "./read.ts";
import type { BoxPlace } from "./talker.ts";
import { momentText } from "./times.ts";

const COUNT_SIZE = 3;
export const MOST_RECORDS = 10;
const UNUSED = "ffffffff";

type Fields = Record<string, string>;
type Decode = (bytes: Uint8Array) => Fields;

const operator = (bytes: Uint8Array): string => String(parseInt(digitsOf(bytes), 16));

function period(bytes: Uint8Array): Fields {
  return { time: momentText(bytes.subarray(0, 6)), end: momentText(bytes.subarray(6, 12)) };
}

function identifiers(bytes: Uint8Array): string {
  const all = Array.from({ length: bytes.length / 4 }, (_, i) =>
    digitsOf(bytes.subarray(4 * i, 4 * i + 4)),
  );
  return all
    .filter((each) => each !== UNUSED)
    .join(" ")
    .toUpperCase();
}

function programming(bytes: Uint8Array): Fields {
  const [time, who] = [momentText(bytes.subarray(0, 6)), operator(bytes.subarray(6, 10))];
  return { time, end: "", operator: who, detail: identifiers(bytes.subarray(10)) };
}

function clockSet(bytes: Uint8Array): Fields {
  const before = momentText(bytes.subarray(4, 10));
  const detail = before === "" ? "from an unknown time" : `from ${before}`;
  return {
    time: momentText(bytes.subarray(10, 16)),
    end: "",
    operator: operator(bytes.subarray(0, 4)),
    detail,
  };
}

/** Identifier without DI0; `decode` is missing where only the count is kept. */
const KINDS: { name: string; identifier: string; decode?: Decode }[] = [
  { name: "power down", identifier: "031100", decode: period },
  { name: "phase A failure", identifier: "030401", decode: period },
  { name: "phase B failure", identifier: "030402", decode: period },
  { name: "phase C failure", identifier: "030403", decode: period },
  { name: "programming", identifier: "033000", decode: programming },
  { name: "box cleared", identifier: "033001" },
  { name: "demand cleared", identifier: "033002" },
  { name: "events cleared", identifier: "033003", decode: programming },
  { name: "clock set", identifier: "033004", decode: clockSet },
];

/** The latest records of every kind, newest first, and a line with the count of each kind that is not
 *  zero. */
export async function eventRows(talker: DltTalker, box: BoxPlace, most: number): Promise<Row[]> {
  const address = talker.addressOf(box);
  const rows: Row[] = [];
  for (const { name, identifier, decode } of KINDS) {
    const totals = await talker.master.read(address, `${identifier}00`);
    const count = fromBcd(totals.subarray(0, COUNT_SIZE)) ?? 0;
    if (count === 0) continue;
    const missing = totals.length > COUNT_SIZE ? fromBcd(totals.subarray(COUNT_SIZE)) : null;
    const detail = missing === null ? "" : `${missing} min`;
    const head = { box: box.number, event: name };
    rows.push({ ...head, number: `${count} in all`, time: "", end: "", operator: "", detail });
    for (let nth = 1; decode !== undefined && nth <= Math.min(most, count); nth++) {
      const bytes = await talker.tryRead(address, identifier + nth.toString(16).padStart(2, "0"));
      if (bytes !== null) rows.push({ ...head, number: String(nth), ...decode(bytes) });
    }
  }
  return rows;
}
