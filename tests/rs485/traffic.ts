/** What the robustness tests of the line share: requests of all three protocols, a box on its line that can
 *  be started from a memory, and what no stranger may change in that memory. */

import assert from "node:assert/strict";
import crc16modbus from "crc/calculators/crc16modbus";
import type { BoxOptions } from "../../boards/virtual/box.ts";
import { dlt, hex, identifier, open, type Answer } from "./box-kit.ts";
import * as kit from "../meter/kit.ts";

export const CREDIT = 1;
export const PASSWORD_2 = 214_365;
export const PASSWORD_4 = 123_456;
export const START = new Date(Date.UTC(2025, 10, 21, 10, 5));

/** Not the size of any native payload: a native frame without its start is a right frame of Modbus for
 *  the address that is its size. */
export const MODBUS_ADDRESS = 47;

const SETTING_MODBUS_ADDRESS = 15;
const SETTING_PASSWORD_2 = 20;
const SETTING_PASSWORD_4 = 21;
const READY_MS = 2_500; // the panel knows its box
const FIRST_START_MS = 15_000; // all relays have been driven once
const OPERATOR = Buffer.from([1, 0, 0, 0]);
const MESSAGE_IDENTIFIER = "070102FF";
const MESSAGE_REGISTER = 0x0300;
const RESULT_REGISTER = 0x0310;
const MAILBOX_DONE = 2;
const MAILBOX_TRIES = 50;

/** What the first byte of a refusal says (src/rs485/SPEC.md, "Security, 03h"). */
const ERROR_BITS: Record<number, number> = {
  [-1]: 0x08,
  [-2]: 0x80,
  [-3]: 0x80,
  [-4]: 0x20,
  [-5]: 0x20,
  [-6]: 0x40,
  [-17]: 0x10,
};

/** Password of level 4 and operator as they stand in a write. */
export const AUTHORITY = Buffer.concat([Buffer.from([4, 0x56, 0x34, 0x12]), OPERATOR]);

export function addressOf(household: number): string {
  return kit.BOX_NUMBER + String(household).padStart(2, "0");
}

/** A Modbus frame around a PDU. */
export function modbus(address: number, pdu: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from([address]), pdu]);
  const crc = crc16modbus(body);
  return Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])]);
}

export function readRegisters(first: number, count: number): Buffer {
  return modbus(
    MODBUS_ADDRESS,
    Buffer.from([3, first >> 8, first & 0xff, count >> 8, count & 0xff]),
  );
}

/** Function 10h. */
export function writeRegisters(first: number, bytes: Uint8Array): Buffer {
  const count = bytes.length / 2;
  const head = [0x10, first >> 8, first & 0xff, 0, count, bytes.length];
  return modbus(MODBUS_ADDRESS, Buffer.concat([Buffer.from(head), bytes]));
}

/** A signed message to a household by 03h. */
export function recharge(household: number, message: Uint8Array): Buffer {
  const data = Buffer.concat([identifier(MESSAGE_IDENTIFIER), OPERATOR, message]);
  return dlt(addressOf(household), 0x03, data);
}

export function mailbox(message: Uint8Array): Buffer {
  return writeRegisters(MESSAGE_REGISTER, message);
}

/** Reads an identifier; the address in twelve digits. */
export function read(address: string, name: string): Buffer {
  return dlt(address, 0x11, identifier(name));
}

/** What the line says of a message that was carried to the meter. */
export interface Outcome {
  /** 0 done or the repeat of it (DL/T does not tell them apart), negative refused. */
  result: number;
  remaining: number;
  number: number;
}

export class LineBench extends kit.BoxBench {
  restarts: unknown[] = [];

  constructor(options: BoxOptions = {}) {
    super(options);
    this.box.events.on("restart", (event) => this.restarts.push(event));
  }

  /** A new box in service: number, key, passwords, credit for households 1 to 3. */
  static inService(options: BoxOptions = {}): LineBench {
    const bench = new LineBench({ clock: START, ...options });
    bench.box.runMs(1_000);
    assert.equal(bench.provision(), 0);
    assert.equal(bench.set(SETTING_PASSWORD_2, 0, PASSWORD_2, 1), 0);
    assert.equal(bench.set(SETTING_PASSWORD_4, 0, PASSWORD_4, 2), 0);
    assert.equal(bench.set(SETTING_MODBUS_ADDRESS, 0, MODBUS_ADDRESS, 3), 0);
    for (const household of [1, 2, 3]) {
      assert.equal(bench.credit(household, 1, 3_000 + household).result, 0);
    }
    bench.box.runMs(FIRST_START_MS);
    return bench;
  }

  /** A box that starts with this memory. */
  static started(fram: Uint8Array): LineBench {
    const bench = new LineBench({ clock: START, fram });
    bench.box.runMs(READY_MS);
    return bench;
  }

  /** The memory as it is when power goes now. */
  image(): Uint8Array {
    this.box.powerOff();
    return this.box.fram.bytes.slice();
  }

  /** Power goes, if it is not gone, and comes back. */
  restart(): void {
    this.box.fram.cutAfter(null);
    this.box.powerOff();
    this.box.powerOn();
    this.box.runMs(READY_MS);
  }

  /** Sends bytes as they are; what was heard until `ms` later. */
  say(bytes: Uint8Array, ms: number): Buffer {
    this.box.line.receive();
    this.box.line.send(bytes);
    this.box.runMs(ms);
    return Buffer.from(this.box.line.receive());
  }

  /** A message by 03h; undefined when nobody answers. */
  byDlt(household: number, message: Uint8Array): Outcome | undefined {
    const answer = open(this.say(recharge(household, message), 400));
    return answer && this.dltOutcome(household, answer);
  }

  private dltOutcome(household: number, { control, data }: Answer): Outcome {
    if (control === 0xc3) {
      const [bits, error] = data;
      assert.equal(bits, ERROR_BITS[-error] ?? 0x01, `error ${error}`);
      return { result: -error, remaining: 0, number: 0 };
    }
    assert.equal(control, 0x83);
    assert.deepEqual(data.subarray(0, 4), identifier(MESSAGE_IDENTIFIER));
    assert.deepEqual(data.subarray(12), hex(addressOf(household)).reverse());
    return { result: 0, remaining: data.readInt32LE(4), number: data.readUInt32LE(8) };
  }

  /** Registers, or undefined when nobody answers. */
  registers(first: number, count: number): Buffer | undefined {
    const answer = this.say(readRegisters(first, count), 60 + 3 * count);
    if (answer.length === 0) return undefined;
    assert.deepEqual(answer, modbus(MODBUS_ADDRESS, answer.subarray(1, -2)));
    assert.deepEqual([answer[1], answer[2]], [3, 2 * count]);
    return answer.subarray(3, -2);
  }

  /** A message through the mailbox. */
  byModbus(message: Uint8Array): Outcome | undefined {
    const answer = this.say(mailbox(message), 120);
    if (answer.length === 0) return undefined;
    assert.equal(answer[1], 0x10, answer.toString("hex"));
    return this.mailboxOutcome();
  }

  /** What stands in the mailbox when it is done. */
  mailboxOutcome(): Outcome | undefined {
    for (let tries = 0; tries < MAILBOX_TRIES; tries++) {
      const said = this.registers(RESULT_REGISTER, 16);
      if (said === undefined) return undefined;
      if (said.readUInt16BE(0) !== MAILBOX_DONE) continue;
      return {
        result: said.readInt16BE(2),
        remaining: said.readInt32BE(12),
        number: said.readUInt32BE(16),
      };
    }
    return undefined;
  }
}

/** Ranges of the memory (src/metering/SPEC.md) that only a right code, a password or a pulse changes:
 *  identity, channels, limits, accounts, books, demands, switches, purchases. */
const GUARDED: [number, number][] = [
  [0x00000, 0x000c0],
  [0x00280, 0x003e0],
  [0x00800, 0x011c0],
  [0x01200, 0x02580],
  [0x02600, 0x034a0],
  [0x03500, 0x03c50],
  [0x03d00, 0x04930],
  [0x08c00, 0x0bcc0],
];

export function guarded(memory: Uint8Array): Buffer {
  return Buffer.concat(GUARDED.map(([from, to]) => memory.subarray(from, to)));
}

/** Ranges that change by themselves while time passes: running time, freezes and their heads. */
const VOLATILE: [number, number][] = [
  [0x00400, 0x00440],
  [0x00680, 0x006c0],
  [0x0c000, 0x3f100],
];

/** All of the memory but those. */
export function settled(memory: Uint8Array): Buffer {
  const copy = Buffer.from(memory);
  for (const [from, to] of VOLATILE) copy.fill(0, from, to);
  return copy;
}
