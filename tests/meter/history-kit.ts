/** What the tests of the meter's past share: freezes, purchases and events as the panel asks for them,
 *  written from src/link/SPEC.md. */
import * as kit from "./kit.ts";

const FREEZE_READ = 14;
const PURCHASE_READ = 15;
const EVENT_FIND = 16;

export const RING = { DAILY: 1, SETTLEMENTS: 2, INSTANTS: 3, LOADS: 4 } as const;
export const EVENT = { state: 3, credit: 4, box_cleared: 22 } as const;

export interface FreezeReply {
  result: number;
  index: number;
  time: number;
  forward: number;
  reverse: number;
  count: number;
}

/** `index` 0: the first of at least `time`. */
export function freeze(
  bench: kit.MeterBench,
  ring: number,
  household: number,
  index: number,
  time = 0,
): FreezeReply {
  const request = Buffer.alloc(8);
  request[0] = ring;
  request[1] = household;
  request.writeUInt16LE(index, 2);
  request.writeUInt32LE(time, 4);
  const reply = bench.ask(FREEZE_READ, request);
  return {
    result: reply.readInt8(0),
    index: reply.readUInt16LE(2),
    time: reply.readUInt32LE(4),
    forward: reply.readUInt32LE(8),
    reverse: reply.readUInt32LE(12),
    count: reply.readUInt16LE(16),
  };
}

export interface PurchaseReply {
  result: number;
  time: number;
  number: number;
  amount: number;
  before: number;
  after: number;
  total: number;
}

export function purchase(bench: kit.MeterBench, household: number, index: number): PurchaseReply {
  const reply = bench.ask(PURCHASE_READ, Buffer.from([household, index]));
  return {
    result: reply.readInt8(0),
    time: reply.readUInt32LE(4),
    number: reply.readUInt32LE(8),
    amount: reply.readUInt32LE(12),
    before: reply.readInt32LE(16),
    after: reply.readInt32LE(20),
    total: reply.readUInt32LE(24),
  };
}

/** The `index`th newest event of a kind and how many there were. */
export function find(
  bench: kit.MeterBench,
  kind: number,
  index: number,
  detail = 255,
): { result: number; count: number; seconds: number; entry: Buffer } {
  const reply = bench.ask(EVENT_FIND, Buffer.from([kind, index, detail, 0]));
  return {
    result: reply.readInt8(0),
    count: reply.readUInt32LE(4),
    seconds: reply.readUInt32LE(8),
    entry: reply.subarray(12, 36),
  };
}
