/** The line in simulated time: how much of it a bulk read of many boxes uses, and how long the answers of
 *  both protocols wait. What counts as used: characters on the wires, and the silence that the standard
 *  demands in front of an answer (DL/T 645-2007: 20 ms). */

import crc16modbus from "crc/calculators/crc16modbus";
import { crc32 } from "crc";
import { Fleet } from "../boards/virtual/fleet.js";
import type { Character, Line } from "../boards/virtual/line.js";
import { DltMaster } from "../tools/line/dlt.js";
import { FleetPort } from "../tools/line/port.js";

const FIRST_NUMBER = 2_025_112_101;
// src/metering/SPEC.md
const IDENTITY = { address: 0x40, size: 32 };
const BOX_SETTINGS = { address: 0x100, size: 132 };
const LINE_RATE = 4 + 4 * (13 - 1); // setting 13 in the body
const BULK = ["04801000", "04801100"];
const HOST = "host";
const MANDATORY_US = 20_000;
const SETTLE_MS = 2500;
const STEP_MS = 8; // in which many boxes go fastest; the host then asks up to so much later
const QUESTION_MS = 700;
const RATES = [1200, 2400, 4800, 9600, 19_200];
const CHARACTER_BITS = 11;
const MODBUS_CHARACTERS = 3.5;
const FORMAT_8E1 = 1;

/** A memory with a record changed, in both of its slots; `size` of its body, bytes. */
export function rewritten(
  memory: Uint8Array,
  { address, size }: { address: number; size: number },
  change: (body: Buffer) => void,
): Uint8Array {
  const copy = Buffer.from(memory);
  const place = Buffer.alloc(4);
  place.writeUInt32LE(address);
  for (const slot of [0, 1]) {
    const begin = address + slot * (size + 8);
    const sealed = copy.subarray(begin, begin + 4 + size); // sequence number and body
    change(sealed.subarray(4));
    copy.writeUInt32LE(crc32(Buffer.concat([place, sealed])), begin + 4 + size);
  }
  return copy;
}

/** The memory of a box as that of box `index`, which then has another number. */
export function numbered(memory: Uint8Array, index: number): Uint8Array {
  return rewritten(memory, IDENTITY, (body) => body.write(boxNumber(index), "hex"));
}

export function boxNumber(index: number): string {
  return String(FIRST_NUMBER + index);
}

/** `count` boxes on one line, each with that memory and a number of its own. */
export function street(memory: Uint8Array, count: number, slice_ms = STEP_MS): Fleet {
  const boxes = Array.from({ length: count }, (_, index) => ({ fram: numbered(memory, index) }));
  const fleet = new Fleet({ boxes, slice_ms });
  fleet.powerOn();
  fleet.runMs(SETTLE_MS);
  return fleet;
}

/** Exchanges of question and answer as the wires saw them. */
class Exchanges {
  readonly delays_us: number[] = [];
  used_us = 0;
  private asked_us = 0;

  constructor(line: Line) {
    line.onCharacter = (from, character) => this.take(from === HOST, character);
  }

  private take(is_host: boolean, { start_us, end_us }: Character): void {
    this.used_us += end_us - start_us;
    if (is_host) {
      this.asked_us = end_us;
    } else if (this.asked_us > 0) {
      const delay_us = start_us - this.asked_us;
      this.delays_us.push(delay_us);
      this.used_us += Math.min(delay_us, MANDATORY_US);
      this.asked_us = 0;
    }
  }
}

export interface BulkRead {
  boxes: number;
  households: number;
  line_s: number;
  /** Share of the time that carried characters or a silence that the standard demands. */
  used: number;
  longest_delay_ms: number;
  shortest_delay_ms: number;
}

/** Reads remaining and forward energy of all households of `count` boxes, one after the other. */
export async function bulkRead(memory: Uint8Array, count: number): Promise<BulkRead> {
  const fleet = street(memory, count);
  const master = new DltMaster(new FleetPort(fleet.line.host(HOST), fleet, STEP_MS));
  const begin_ms = fleet.now_ms;
  const exchanges = new Exchanges(fleet.line);
  let households = 0;
  for (let index = 0; index < count; index++) {
    for (const identifier of BULK) {
      const values = await master.read(`${boxNumber(index)}00`, identifier);
      households += values.length / 4 / BULK.length;
    }
  }
  const line_us = (fleet.now_ms - begin_ms) * 1000;
  if (master.retry_count > 0) throw new Error(`${master.retry_count} questions asked again`);
  return {
    boxes: count,
    households,
    line_s: line_us / 1e6,
    used: exchanges.used_us / line_us,
    longest_delay_ms: Math.max(...exchanges.delays_us) / 1000,
    shortest_delay_ms: Math.min(...exchanges.delays_us) / 1000,
  };
}

export interface Delay {
  baud: number;
  /** Silence that ends a Modbus frame, ms. */
  silence_ms: number;
  /** Shortest and longest time from the last character of the request to the first of the answer, ms. */
  shortest_ms: number;
  longest_ms: number;
}

/** Modbus reads of 1 and of 125 registers at every rate, shifted against the box's milliseconds. */
export function modbusDelays(memory: Uint8Array): Delay[] {
  return RATES.map((baud, code) => {
    const at_rate = rewritten(memory, BOX_SETTINGS, (body) => body.writeUInt32LE(code, LINE_RATE));
    const fleet = street(at_rate, 1, 1);
    const host = fleet.line.host(HOST, baud, FORMAT_8E1);
    const exchanges = new Exchanges(fleet.line);
    for (let count = 1; count <= 125; count += 4) {
      const request = Buffer.from([1, 3, 0x10, 0, 0, count]);
      const crc = crc16modbus(new Uint8Array(request));
      host.send(Buffer.concat([request, Buffer.from([crc & 0xff, crc >> 8])]));
      fleet.runMs(
        QUESTION_MS + Math.ceil((count * 2 * CHARACTER_BITS * 1000) / baud) + (count % 7),
      );
      host.receive();
    }
    const delays_ms = exchanges.delays_us.map((delay_us) => delay_us / 1000);
    return {
      baud,
      silence_ms: (MODBUS_CHARACTERS * CHARACTER_BITS * 1000) / baud,
      shortest_ms: Math.min(...delays_ms),
      longest_ms: Math.max(...delays_ms),
    };
  });
}
