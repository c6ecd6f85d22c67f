/** Two memories of boxes to which the same happened, byte by byte. Where everything stands is read from the
 *  tables of src/metering/SPEC.md; what may differ stands in PERMITTED, and nothing else may. */

import { tableBelow, tablesOf } from "../project/markdown.js";
import { slotCrc } from "../meter/kit.ts";

interface Permitted {
  /** Record or region and field of the page; for an event's value its kind too. */
  field: string;
  /** By so much at most. */
  by: number;
  why: string;
}

const SECOND = "the second may have begun on one board and not yet on the other";
const CLOCK = "what the panel read may be a second old, and the meter may have counted one on";

export const PERMITTED: Permitted[] = [
  { field: "RUNNING.SEQUENCE", by: 1, why: "written each second" },
  { field: "RUNNING.RUNNING_S", by: 1, why: SECOND },
  { field: "RUNNING.CLOCK", by: 2, why: CLOCK },
  { field: "BOOK.LAST_PULSE_S", by: 1, why: SECOND },
  { field: "SWITCH.OPENED", by: 2, why: CLOCK },
  { field: "SWITCH.CLOSED_AT", by: 2, why: CLOCK },
  { field: "PURCHASES.TIME", by: 2, why: CLOCK },
  { field: "EVENTS.TIME", by: 2, why: CLOCK },
  { field: "EVENTS.RUNNING_S", by: 1, why: SECOND },
  { field: "EVENTS.VALUE of POWER_LOST", by: 1, why: SECOND },
  { field: "EVENTS.VALUE of PHASE_BACK", by: 1, why: SECOND },
  { field: "EVENTS_HEAD.PHASE_MISSING", by: 1, why: SECOND },
  {
    field: "EVENTS.VALUE of PHASE_LOST",
    by: 1320,
    why: "the window of 200 samples began elsewhere",
  },
];

interface Field {
  name: string;
  offset: number;
  size: number;
}

/** A stretch of bytes that ends with a CRC over the address `crc_place` and what comes before. */
interface Block {
  name: string;
  start: number;
  size: number;
  crc_place: number;
  fields: Field[];
}

const CRC_SIZE = 4;
/** Longer fields are lists of numbers of 4 bytes, or hold what is equal anyway. */
const LONGEST_NUMBER = 8;
const LIST_STEP = 4;
const SEQUENCE: Field = { name: "SEQUENCE", offset: 0, size: 4 };
const ENTRIES: Record<string, string> = { EVENTS: "Event entry", PURCHASES: "Purchase entry" };
const tables = tablesOf("src/metering/SPEC.md");
const kinds = new Map(
  tableBelow(tables, "Event entry", "event").rows.map(([name, kind]) => [Number(kind), name]),
);

function fieldsBelow(heading: string, from: number): Field[] {
  const rows = tableBelow(tables, heading, "field").rows.filter(([name]) => name !== "CRC");
  return rows.flatMap(([name, ...numbers]) => {
    const [offset, size] = numbers.map(Number);
    const step = size > LONGEST_NUMBER ? LIST_STEP : size;
    const count = Math.ceil(size / step);
    return Array.from({ length: count }, (_, i) => ({
      name,
      offset: from + offset + i * step,
      size: Math.min(step, size - i * step),
    }));
  });
}

/** Both slots of each record. */
function slots(): Block[] {
  return tableBelow(tables, "Records").rows.flatMap(([name, ...numbers]) => {
    const [address, count, stride, body_size] = numbers.map(Number);
    const fields = [SEQUENCE, ...fieldsBelow(name, SEQUENCE.size)];
    const size = SEQUENCE.size + body_size + CRC_SIZE;
    return Array.from({ length: 2 * count }, (_, i) => {
      const crc_place = address + (i >> 1) * stride;
      return { name, start: crc_place + (i & 1) * size, size, crc_place, fields };
    });
  });
}

/** Each entry of the regions. */
function entries(): Block[] {
  return tableBelow(tables, "Regions without slots").rows.flatMap(([name, ...numbers]) => {
    const [address, count, size] = numbers.map(Number);
    const fields = fieldsBelow(ENTRIES[name] ?? "Freeze block", 0);
    return Array.from({ length: count }, (_, i) => {
      const start = address + i * size;
      return { name, start, size, crc_place: start, fields };
    });
  });
}

const BLOCKS = [...slots(), ...entries()];

function isWhole(memory: Buffer, { start, size, crc_place }: Block): boolean {
  const end = start + size - CRC_SIZE;
  return slotCrc(crc_place, memory.subarray(start, end)) === memory.readUInt32LE(end);
}

function number(memory: Buffer, start: number, size: number): bigint {
  const digits = [...memory.subarray(start, start + size)].reverse();
  return BigInt(`0x${Buffer.from(digits).toString("hex")}`);
}

/** "EVENTS.VALUE of PHASE_LOST" */
function nameOf(memory: Buffer, { name, start, fields }: Block, field: Field): string {
  if (name !== "EVENTS" || field.name !== "VALUE") return `${name}.${field.name}`;
  const kind = memory[start + fields.find((other) => other.name === "KIND")!.offset];
  return `EVENTS.VALUE of ${kinds.get(kind) ?? kind}`;
}

/** How the block differs: at permitted places, whose names go to `used`, and elsewhere. */
function differences(mine: Buffer, theirs: Buffer, block: Block, used: Set<string>): string[] {
  const [a, b] = [mine, theirs].map((memory) =>
    Buffer.from(memory.subarray(block.start, block.start + block.size)),
  );
  if (a.equals(b)) return [];
  const found: string[] = [];
  for (const field of block.fields) {
    const start = block.start + field.offset;
    const [x, y] = [mine, theirs].map((memory) => number(memory, start, field.size));
    if (x === y) continue;
    const name = nameOf(mine, block, field);
    const permitted = PERMITTED.find((other) => other.field === name);
    const by = x > y ? x - y : y - x;
    if (permitted !== undefined && by <= BigInt(permitted.by)) used.add(name);
    else found.push(`${name} at ${start.toString(16)}: ${x}, not ${y}`);
    for (const bytes of [a, b]) bytes.fill(0, field.offset, field.offset + field.size);
  }
  if (isWhole(mine, block) !== isWhole(theirs, block))
    found.push(`${block.name}: only one is whole`);
  for (const bytes of [a, b]) bytes.fill(0, block.size - CRC_SIZE);
  if (!a.equals(b)) found.push(`${block.name} at ${block.start.toString(16)}: outside its fields`);
  return found;
}

/** What may not differ in two memories and does; empty: they tell the same. Names of PERMITTED that were
 *  made use of go to `used`. */
export function memoryDifferences(
  fram: Uint8Array,
  wanted: Uint8Array,
  used = new Set<string>(),
): string[] {
  const [mine, theirs] = [fram, wanted].map((bytes) => Buffer.from(bytes));
  const found = BLOCKS.flatMap((block) => differences(mine, theirs, block, used));
  for (const memory of [mine, theirs]) {
    for (const { start, size } of BLOCKS) memory.fill(0, start, start + size);
  }
  if (!mine.equals(theirs)) found.push("outside of all records and regions");
  return found;
}
