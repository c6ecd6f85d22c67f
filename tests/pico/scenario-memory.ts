/** What a memory says, written from src/metering/SPEC.md: the newest slot of each record, and the events.
 *  Left out is what tells times and not what happened: the record RUNNING, LAST_PULSE_S of a book, the
 *  running times and clock of events, and their values where those are times or voltages. */

import { slotCrc } from "../meter/kit.ts";

interface Table {
  address: number;
  count: number;
  stride: number;
  body_size: number;
  /** Offset of four bytes that are a time. */
  time?: number;
}

/** "Records", without RUNNING, EVENTS_HEAD and FREEZE_HEADS, which count and tell times. */
const RECORDS: Record<string, Table> = {
  HEADER: { address: 0x00000, count: 1, stride: 64, body_size: 24 },
  IDENTITY: { address: 0x00040, count: 1, stride: 128, body_size: 32 },
  BOX_SETTINGS: { address: 0x00100, count: 1, stride: 320, body_size: 132 },
  CHANNELS: { address: 0x00280, count: 1, stride: 352, body_size: 160 },
  RELAYS: { address: 0x00440, count: 1, stride: 64, body_size: 16 },
  MANAGEMENT: { address: 0x00480, count: 1, stride: 64, body_size: 24 },
  PROTECTION: { address: 0x004c0, count: 1, stride: 64, body_size: 24 },
  LIMITS: { address: 0x00800, count: 39, stride: 64, body_size: 24 },
  ACCOUNT: { address: 0x01200, count: 39, stride: 128, body_size: 48 },
  BOOK: { address: 0x02600, count: 39, stride: 96, body_size: 40, time: 24 },
  SWITCH: { address: 0x03d00, count: 39, stride: 80, body_size: 32 },
};
/** "Regions without slots" and "Event entry". */
const EVENTS = { address: 0x05000, count: 640, size: 24 };
/** Kinds whose value is an amount, a state, a number or a result. */
const VALUE_KINDS = [1, 3, 4, 5, 6];

/** Body of the newest slot that is whole; "none" when neither is. */
function newest(memory: Buffer, address: number, { body_size, time }: Table): string {
  let best = 0;
  let body = "none";
  for (const slot of [0, 1]) {
    const start = address + slot * (body_size + 8);
    const bytes = memory.subarray(start, start + 4 + body_size);
    const sequence = bytes.readUInt32LE(0);
    if (slotCrc(address, bytes) !== memory.readUInt32LE(start + 4 + body_size)) continue;
    if (sequence <= best) continue;
    best = sequence;
    const copy = Buffer.from(bytes.subarray(4));
    if (time !== undefined) copy.fill(0, time, time + 4);
    body = copy.toString("hex");
  }
  return body;
}

function eventAt(memory: Buffer, index: number): string | null {
  const start = EVENTS.address + index * EVENTS.size;
  const entry = memory.subarray(start, start + EVENTS.size);
  const kind = entry[8];
  if (kind === 0xff) return null;
  const value = VALUE_KINDS.includes(kind) ? entry.readBigInt64LE(12) : "";
  return `event ${kind} of ${entry[9]}: ${entry.readUInt16LE(10)} ${value}`;
}

/** Lines that two memories must have in common when the same happened to their boxes. */
export function memoryLines(fram: Uint8Array): string[] {
  const memory = Buffer.from(fram.buffer, fram.byteOffset, fram.length);
  const lines: string[] = [];
  for (const [name, table] of Object.entries(RECORDS)) {
    for (let i = 0; i < table.count; i++) {
      const address = table.address + i * table.stride;
      lines.push(`${name} ${i + 1}: ${newest(memory, address, table)}`);
    }
  }
  for (let i = 0; i < EVENTS.count; i++) {
    const event = eventAt(memory, i);
    if (event !== null) lines.push(event);
  }
  return lines;
}
