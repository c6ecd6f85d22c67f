/** What the office asks of boxes and households, whichever protocol carries it. by-dlt.ts and
 *  by-modbus.ts are the two ways. */

import type { Message } from "../office/message.ts";

/** Where a box is found. */
export interface BoxPlace {
  /** Ten digits. */
  number: string;
  /** Modbus address 1..247; 0 unknown. */
  address: number;
}

/** A household as bulk reading tells it. Amounts and energies in 0.01, null when not told. */
export interface Reading {
  household: number;
  remaining: number | null;
  forward: number | null;
  reverse: number | null;
  /** 0.1 W, signed. */
  power: number | null;
  /** Purchase number last accepted. */
  number: number | null;
  /** Status word 3 of src/rs485/SPEC.md. */
  status: number;
}

/** Everything about one household, in the order in which it is shown. */
export type Detail = Record<string, string>;

/** What a box told of a signed message that it took. */
export interface Outcome {
  /** 0.01, signed. */
  remaining: number;
  /** Purchase number last accepted. */
  number: number;
}

export const READER_WAITS_FOR_LINE = 3;
export const READER_STATES = ["none", "waiting for a card", "dealing with a card", "a card waits"];

export interface Talker {
  readonly protocol: "dlt645" | "modbus";
  /** `pause` is called before each question. */
  readonly master: { pause?: () => Promise<void>; readonly retry_count: number };
  /** All households in use. */
  bulk(box: BoxPlace): Promise<Reading[]>;
  /** One household; null when it is not in use. */
  detail(box: BoxPlace, household: number): Promise<Detail | null>;
  /** Purchase number last accepted. */
  lastNumber(box: BoxPlace, household: number): Promise<number>;
  /** Has a signed message taken. Throws RefusedError, or NoAnswerError when it may have been taken. */
  send(box: BoxPlace, message: Message, signed: Uint8Array): Promise<Outcome>;
  /** The box's time; 0 when it is unknown. */
  clock(box: BoxPlace): Promise<number>;
  /** Tells all boxes the time. */
  broadcastClock(time: number): Promise<void>;
  /** Freezes in one box, or in all. */
  freezeNow(box: BoxPlace | null): Promise<void>;
  readerState(box: BoxPlace): Promise<number>;
  /** Leaves the line to the box with the reader for a while. */
  grant(box: BoxPlace, duration_ms: number): Promise<void>;
}

/** What carries signed messages. */
export type Sender = Pick<Talker, "send" | "master">;

const RELAY_OPEN = 1 << 4;
const WANTED_OPEN = 1 << 6;
const LOW = 1 << 7;
const KEPT = 1 << 12;
export const MONEY_MODE = 1 << 9;

const UNUSED = 0xffff;

/** False when no household is in use there. */
export function hasStatus(status: number): boolean {
  return status !== UNUSED;
}

/** Status word 3 in words. */
export function statusFields(status: number): { relay: string; low: string; kept: string } {
  const is_open = (status & RELAY_OPEN) !== 0;
  const is_moving = is_open !== ((status & WANTED_OPEN) !== 0);
  const relay = (is_open ? "open" : "closed") + (is_moving ? ", to change" : "");
  const flag = (mask: number): string => ((status & mask) !== 0 ? "yes" : "");
  return { relay, low: flag(LOW), kept: flag(KEPT) };
}

/** 0.01 as digits; empty when not told. */
export function hundredthsText(value: number | null): string {
  return value === null ? "" : (value / 100).toFixed(2);
}

/** 0.1 as digits; empty when not told. */
export function tenthsText(value: number | null): string {
  return value === null ? "" : (value / 10).toFixed(1);
}
