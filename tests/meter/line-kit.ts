/** What the tests of the line's requests share: slices, supply and commands by password, written from
 *  src/link/SPEC.md. The test is the meter's panel. */
import * as kit from "./kit.ts";

export const SLICE_READ = 12;
export const SUPPLY_READ = 13;
export const COMMAND = 17;
const SLICE_SIZE = 52;

export const ACTION = {
  check: 0,
  setting: 1,
  password: 2,
  clear_demand: 3,
  clear_box: 4,
  clear_events: 5,
  switch: 6,
  freeze: 7,
  freeze_at: 8,
} as const;

export const OPEN = 0x1a;
export const ALLOW = 0x1b;
export const CLOSE = 0x1c;
export const OPEN_CLOSING = 0x1d;
export const OPEN_ALLOWING = 0x1e;
export const KEEP = 0x3a;
export const KEEP_END = 0x3b;

const PASSWORD_2 = 20;
const PASSWORD_4 = 21;
export const GOOD = { 2: "123456", 4: "654321" } as const;
export const OPERATOR = 0x01020304;
export const CLOCK = 800_000_000;

export interface Command {
  action: number;
  household?: number;
  id?: number;
  value?: number;
  second?: number;
  identifier?: number;
  level?: number;
  /** Six digits. */
  password?: string;
}

export function commandBytes(command: Command): Buffer {
  const bytes = Buffer.alloc(24);
  const level = command.level ?? 4;
  const digits = command.password ?? (level === 2 ? GOOD[2] : GOOD[4]);
  bytes[0] = level;
  bytes.set(Buffer.from(digits, "hex").reverse(), 1);
  bytes.writeUInt32LE(OPERATOR, 4);
  bytes[8] = command.action;
  bytes[9] = command.household ?? 0;
  bytes[10] = command.id ?? 0;
  bytes.writeUInt32LE(command.value ?? 0, 12);
  bytes.writeUInt32LE(command.second ?? 0, 16);
  bytes.writeUInt32LE(command.identifier ?? 0, 20);
  return bytes;
}

export function command(bench: kit.MeterBench, asked: Command): number {
  return bench.ask(COMMAND, commandBytes(asked)).readInt8(0);
}

/** A switch command by password that expires at `second`. */
export function order(
  bench: kit.MeterBench,
  household: number,
  id: number,
  second: number,
  value = 0,
): number {
  return command(bench, { action: ACTION.switch, household, id, value, second });
}

/** Tells the meter the time, trusted, as the panel does with each poll. */
export function setClock(bench: kit.MeterBench, time = CLOCK): Buffer {
  const request = Buffer.alloc(8);
  request[1] = 1;
  request.writeUInt32LE(time, 2);
  return bench.ask(kit.POLL, request);
}

export interface Slice {
  household: number;
  state: number;
  closed: boolean;
  prompting: boolean;
  commanded: boolean;
  allowed: boolean;
  kept: boolean;
  reverse: boolean;
  wanted_open: boolean;
  phases: number;
  /** The 32-bit fields from offset 4 on. */
  numbers: number[];
}

function sliceOf(bytes: Buffer): Slice {
  const flag = (bit: number): boolean => ((bytes[2] >> bit) & 1) === 1;
  return {
    household: bytes[0],
    state: bytes[1],
    closed: flag(0),
    prompting: flag(1),
    commanded: flag(2),
    allowed: flag(3),
    kept: flag(4),
    reverse: flag(5),
    wanted_open: flag(6),
    phases: bytes[3],
    numbers: Array.from({ length: 12 }, (_, index) => bytes.readInt32LE(4 + 4 * index)),
  };
}

export function slice(bench: kit.MeterBench, household: number): Slice {
  const reply = bench.ask(SLICE_READ, Buffer.from([household]));
  if (reply.length === 1) throw new Error(`slice refused: ${reply.readInt8(0)}`);
  return sliceOf(reply.subarray(4));
}

/** The slices of a poll. */
export function polled(bench: kit.MeterBench, from: number): Slice[] {
  const reply = bench.ask(kit.POLL, Buffer.from([0, 0, 0, 0, 0, 0, from, 0]));
  return Array.from({ length: reply[8] }, (_, index) =>
    sliceOf(reply.subarray(12 + SLICE_SIZE * index)),
  );
}

export interface SupplyReply {
  command: number;
  kept: number;
  opened: number;
  closed: number;
  number: number;
}

export function supply(bench: kit.MeterBench, household: number): SupplyReply {
  const reply = bench.ask(SUPPLY_READ, Buffer.from([household]));
  return {
    command: reply[1],
    kept: reply[2],
    opened: reply.readUInt32LE(4),
    closed: reply.readUInt32LE(8),
    number: reply.readUInt32LE(12),
  };
}

/** Events from number `from` on, as [kind, household, detail, value]. */
export function events(bench: kit.MeterBench, from: number): [number, number, number, bigint][] {
  const found: [number, number, number, bigint][] = [];
  for (let number = from; ; number++) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(number);
    const reply = bench.ask(kit.EVENT_READ, bytes);
    if (reply.readInt8(0) !== 0) return found;
    const entry = reply.subarray(8);
    found.push([entry[8], entry[9], entry.readUInt16LE(10), entry.readBigInt64LE(12)]);
  }
}

export function eventNext(bench: kit.MeterBench): number {
  return bench.ask(kit.BOX_READ).readUInt32LE(32);
}

/** A box with number and key, both passwords, the time, and credit for households 1 to 3, closed. */
export function ready(): kit.MeterBench {
  const bench = new kit.MeterBench();
  bench.provision();
  bench.set(PASSWORD_2, 0, Number(GOOD[2]), 1);
  bench.set(PASSWORD_4, 0, Number(GOOD[4]), 2);
  setClock(bench);
  for (const household of [1, 2, 3]) bench.credit(household, 1, 3_000);
  bench.box.runMs(5_000); // at its very first start the box drives every relay once
  return bench;
}
