/** A whole box at its line, for the tests of what it says there: brought into service with any number, its
 *  books written straight into the memory, asked with frames that are written out by hand. */

import assert from "node:assert/strict";
import { rewritten } from "../../bench/line.ts";
import { Box, type BoxOptions } from "../../boards/virtual/box.ts";
import { signMessage } from "../../tools/office/message.ts";
import { BoxBench, KEY } from "../meter/kit.ts";

export const PASSWORD = 123_456;
const SETTING_PASSWORD_2 = 20;
const SETTING_PASSWORD_4 = 21;
const SETTLE_MS = 2500; // the panel has heard of box and households
const ANSWER_MS = 700; // the longest answer at 9600 baud takes 250 ms
const FE = 0xfe;
const BOOK = { address: 0x2600, stride: 96, size: 40 };

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

export function spaced(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase().replace(/..\B/g, "$& ");
}

/** Six address bytes, lowest pair first. */
export function addressOf(digits: string): Buffer {
  return hex(digits).reverse();
}

/** A DL/T 645 frame without FE; `data` as it is before 33h is added. */
export function dlt(digits: string, control: number, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const shifted = Buffer.from(data.map((byte) => (byte + 0x33) & 0xff));
  const head = Buffer.concat([
    Buffer.from([0x68]),
    addressOf(digits),
    Buffer.from([0x68, control, data.length]),
  ]);
  const body = Buffer.concat([head, shifted]);
  const sum = body.reduce((total, byte) => (total + byte) & 0xff, 0);
  return Buffer.concat([body, Buffer.from([sum, 0x16])]);
}

/** An identifier of eight digits as it goes over the line. */
export function identifier(text: string): Buffer {
  return hex(text).reverse();
}

/** BCD, lowest pair first. */
export function bcd(value: number | string, bytes: number): Buffer {
  return hex(String(value).padStart(2 * bytes, "0")).reverse();
}

export interface Answer {
  control: number;
  /** 33h taken off. */
  data: Buffer;
}

/** Takes an answer apart; undefined for silence. Frame, sum and exactly four FE are asserted. */
export function open(answer: Buffer): Answer | undefined {
  if (answer.length === 0) return undefined;
  assert.deepEqual(answer.subarray(0, 4), Buffer.alloc(4, FE), "four FE");
  const frame = answer.subarray(4);
  const size = frame[9]!;
  assert.equal(frame.length, size + 12);
  assert.equal(frame[0], 0x68);
  assert.equal(frame[7], 0x68);
  assert.equal(frame.at(-1), 0x16);
  const sum = frame.subarray(0, -2).reduce((total, byte) => (total + byte) & 0xff, 0);
  assert.equal(frame.at(-2), sum);
  const data = Buffer.from(frame.subarray(10, -2).map((byte) => (byte - 0x33) & 0xff));
  return { control: frame[8]!, data };
}

/** Sets the forward energy of a channel in a memory at rest. */
export function writeForward(fram: Uint8Array, channel: number, joules: bigint): void {
  const place = { address: BOOK.address + (channel - 1) * BOOK.stride, size: BOOK.size };
  fram.set(rewritten(fram, place, (body) => body.writeBigUInt64LE(joules)));
}

/** A box in service at its line. */
export class LineBox extends BoxBench {
  private readonly settings = { box: 0, household: 0, channel: 0 };

  constructor(
    readonly number: string,
    made: BoxOptions | Box = {},
    now = new Date(Date.UTC(2025, 10, 21, 2, 30, 0)),
  ) {
    super(made);
    this.box.setClock(now);
    this.box.runMs(1000);
    const reply = this.ask(4, Buffer.concat([hex(number), KEY]));
    assert.equal(reply.readInt8(0), 0);
    this.setBox(SETTING_PASSWORD_2, PASSWORD);
    this.setBox(SETTING_PASSWORD_4, PASSWORD);
    this.settle();
  }

  /** Lets the panel hear everything anew. */
  settle(): void {
    this.box.runMs(SETTLE_MS);
  }

  /** The 24 bytes of a message. */
  sign(kind: number, index: number, number: number, amount: number, flags = 0): Buffer {
    const { number: box_number } = this;
    return Buffer.from(signMessage(KEY, { box_number, index, kind, number, amount, flags }));
  }

  setBox(id: number, value: number): void {
    const message = this.sign(4, 0, ++this.settings.box, value, id);
    assert.equal(this.message(message, "line").result, 0, `setting ${id}`);
  }

  setChannel(id: number, channel: number, value: number): void {
    const message = this.sign(4, channel, ++this.settings.channel, value, id);
    assert.equal(this.message(message, "line").result, 0, `setting ${id}`);
  }

  buy(household: number, number: number, amount: number): void {
    const message = this.sign(1, household, number, amount, number === 1 ? 1 : 0);
    assert.equal(this.message(message, "line").result, 0, `purchase ${number}`);
  }

  /** Household address of this box, or the box's with 0. */
  address(household: number): string {
    return this.number + String(household).padStart(2, "0");
  }

  /** Sends bytes as they are; what came back within the time of the longest answer. */
  say(bytes: Uint8Array, wait_ms = ANSWER_MS): Buffer {
    this.box.line.receive();
    this.box.line.send(bytes);
    this.box.runMs(wait_ms);
    return Buffer.from(this.box.line.receive());
  }

  /** A frame of hexadecimal digits; the answer without its four FE, in the same writing. */
  exchange(text: string): string {
    const answer = this.say(hex(text));
    if (answer.length === 0) return "";
    assert.deepEqual(answer.subarray(0, 4), Buffer.alloc(4, FE));
    return spaced(answer.subarray(4));
  }

  /** One request of DL/T 645 to a household, 0 the box. */
  request(household: number, control: number, data?: Uint8Array): Answer | undefined {
    return open(this.say(dlt(this.address(household), control, data)));
  }

  /** Reads an identifier; its value without the identifier, over all follow-up frames; the error word
   *  as a number when it is refused. */
  read(household: number, text: string, body: Uint8Array = Buffer.alloc(0)): Buffer | number {
    const id = identifier(text);
    let answer = this.request(household, 0x11, Buffer.concat([id, body]));
    assert.ok(answer, `no answer for ${text}`);
    if (answer.control === 0xd1) return answer.data[0]!;
    const pieces = [answer.data.subarray(4)];
    for (let sequence = 1; (answer.control & 0x20) !== 0; sequence++) {
      answer = this.request(household, 0x12, Buffer.concat([id, Buffer.from([sequence])]));
      assert.ok(answer, `no answer for ${text}, piece ${sequence}`);
      assert.equal(answer.data.at(-1), sequence);
      pieces.push(answer.data.subarray(4, -1));
    }
    assert.deepEqual(answer.data.subarray(0, 4), id);
    return Buffer.concat(pieces);
  }

  /** Switches off, lets the memory be changed, switches on. */
  reopen(change: (fram: Uint8Array) => void): void {
    this.box.powerOff();
    change(this.box.fram.bytes);
    this.box.powerOn();
    this.settle();
  }
}

export { Box };
