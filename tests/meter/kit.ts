/** What the host tests of the cores share: a meter alone, whose panel is the test, or a whole box asked
 *  over its line; frames, signed messages and replies, written from src/link/SPEC.md. */
import { crc32 } from "crc";
import { Box, type BoxOptions, type Core, type HalImports } from "../../boards/virtual/box.ts";
import { signMessage } from "../../tools/office/message.ts";
import { makeFrame } from "../../tools/simulate/frames.ts";

export const POLL = 1;
export const MESSAGE = 2;
export const SETTING_READ = 3;
export const PROVISION = 4;
export const EVENT_READ = 5;
export const BOOKS_READ = 6;
export const BOX_READ = 7;
export const CARD_KEYS = 8;
export const CARD_MESSAGE = 9;
export const CARD_RETURN = 10;
export const CARD_RECORD = 11;

export const BOX_NUMBER = "2025112101";
export const KEY = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");

const LINK_REPEAT_MS = 30;
const LINE_REPEAT_MS = 400; // the longest request and reply at 9600 baud take 180 ms
const TRIES = 20;

export function frame(sequence: number, kind: number, payload: Uint8Array): Buffer {
  return Buffer.from(makeFrame(sequence, kind, payload));
}

/** CRC of a record's slot at `address`: over the address, the sequence number and the body. */
export function slotCrc(address: number, sequence_and_body: Uint8Array): number {
  const place = Buffer.alloc(4);
  place.writeUInt32LE(address);
  return crc32(Buffer.concat([place, sequence_and_body]));
}

/** A panel that only forwards: bytes out at the next tick, bytes in collected. */
class PanelStub implements Core {
  outgoing: Buffer[] = [];
  incoming: Buffer[] = [];

  start(hal: HalImports): { init(): void; tick(): void } {
    const memory = new Uint8Array(1024);
    hal.attach(memory);
    return {
      init: () => hal.uart_open(0, 115200, 0),
      tick: () => {
        hal.watchdog();
        const bytes = this.outgoing.shift();
        if (bytes) {
          memory.set(bytes);
          hal.uart_write(0, 0, bytes.length);
        }
        const count = hal.uart_read(0, 512, 512);
        if (count > 0) this.incoming.push(Buffer.from(memory.subarray(512, 512 + count)));
      },
    };
  }
}

export interface Books {
  result: number;
  state: number;
  closed: boolean;
  forward_j: bigint;
  reverse_j: bigint;
  accepted: bigint;
  charged: bigint;
  remaining: bigint;
  power_w: number;
  maximum_w: number;
  number: number;
}

export interface Answer {
  result: number;
  household: number;
  state: number;
  resumed: boolean;
  amount: number;
  remaining: number;
  number: number;
}

export function signed(
  kind: number,
  index: number,
  number: number,
  amount: number,
  flags = 0,
  box_number = BOX_NUMBER,
): Buffer {
  return Buffer.from(signMessage(KEY, { box_number, index, kind, number, amount, flags }));
}

/** How a message reaches the box. */
export type Source = "card" | "line";

export const FURTHER = 0;
export const FIRST = 1;
export const REPLACEMENT = 2;

/** UID of the card that a household of these tests has. */
export function cardOf(household: number): Buffer {
  return Buffer.from([0x39, 0xc0, 0xde, household]);
}

/** Requests and their replies, whoever carries the bytes. */
abstract class Bench {
  protected sequence = 0;
  /** How messages go unless a test says otherwise. */
  protected abstract readonly source: Source;

  protected constructor(
    readonly box: Box,
    private readonly repeat_ms: number,
  ) {}

  protected abstract send(bytes: Buffer): void;
  /** What has come back since the last call. */
  protected abstract collect(): Buffer;

  /** Sends a request, again and again, until its reply is there; lets time pass meanwhile. */
  ask(kind: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
    this.sequence = (this.sequence + 1) & 0xff;
    const request = frame(this.sequence, kind, payload);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const reply = this.raw(request);
      if (reply.length >= 6 && reply[2] === this.sequence && reply[3] === (kind | 0x80)) {
        const expected = frame(reply[2], reply[3], reply.subarray(4, 4 + reply[1]));
        if (reply.equals(expected)) return reply.subarray(4, 4 + reply[1]);
      }
    }
    throw new Error(`no reply to request ${kind}`);
  }

  /** Sends bytes as they are and returns whatever came back in the time of one attempt. */
  raw(bytes: Buffer): Buffer {
    this.collect();
    this.send(bytes);
    this.box.runMs(this.repeat_ms);
    return this.collect();
  }

  provision(): number {
    return this.ask(PROVISION, Buffer.concat([Buffer.from(BOX_NUMBER, "hex"), KEY])).readInt8(0);
  }

  /** `uid`: the card that brings it, unless it comes by line. */
  message(bytes: Buffer, source: Source = this.source, uid = cardOf(bytes[5])): Answer {
    const reply =
      source === "card"
        ? this.ask(CARD_MESSAGE, Buffer.concat([uid, bytes]))
        : this.ask(MESSAGE, Buffer.concat([Buffer.from([0]), bytes]));
    const is_refusal = reply.length === 1; // a result alone
    const whole = is_refusal ? Buffer.concat([reply, Buffer.alloc(19)]) : reply;
    return this.answer(whole);
  }

  private answer(reply: Buffer): Answer {
    return {
      result: reply.readInt8(0),
      household: reply[1],
      state: reply[2],
      resumed: (reply[3] & 1) === 1,
      amount: reply.readUInt32LE(4),
      remaining: reply.readInt32LE(8),
      number: reply.readUInt32LE(12),
    };
  }

  /** A household's first purchase is the one with number 1. */
  credit(household: number, number: number, amount: number, source = this.source): Answer {
    const flags = number === 1 ? FIRST : FURTHER;
    return this.message(signed(1, household, number, amount, flags), source);
  }

  set(id: number, index: number, value: number, number: number): number {
    return this.message(signed(4, index, number, value, id), "line").result;
  }

  setting(id: number, index = 0): number {
    return this.ask(SETTING_READ, Buffer.from([id, index])).readUInt32LE(4);
  }

  books(household: number): Books {
    const reply = this.ask(BOOKS_READ, Buffer.from([household]));
    if (reply.length === 1) throw new Error(`books refused: ${reply.readInt8(0)}`);
    return {
      result: reply.readInt8(0),
      state: reply[2],
      closed: (reply[3] & 1) === 1,
      forward_j: reply.readBigUInt64LE(4),
      reverse_j: reply.readBigUInt64LE(12),
      accepted: reply.readBigInt64LE(20),
      charged: reply.readBigInt64LE(28),
      remaining: reply.readBigInt64LE(36),
      power_w: reply.readInt32LE(44),
      maximum_w: reply.readUInt32LE(48),
      number: reply.readUInt32LE(56),
    };
  }

  poll(displayed = 0): Buffer {
    return this.ask(POLL, Buffer.from([displayed, 0, 0, 0, 0, 0, 0, 0]));
  }
}

/** A meter alone; the test is its panel. */
export class MeterBench extends Bench {
  protected readonly source = "card";
  private readonly panel: PanelStub;

  constructor(options: BoxOptions = {}, on = true) {
    const panel = new PanelStub();
    super(new Box({ ...options, panel }), LINK_REPEAT_MS);
    this.panel = panel;
    if (on) this.box.powerOn();
  }

  protected send(bytes: Buffer): void {
    this.panel.outgoing.push(bytes);
  }

  protected collect(): Buffer {
    return Buffer.concat(this.panel.incoming.splice(0));
  }
}

/** A whole box with both cores, asked over its RS485 line. */
export class BoxBench extends Bench {
  protected readonly source = "line";

  constructor(made: BoxOptions | Box = {}) {
    super(made instanceof Box ? made : new Box(made), LINE_REPEAT_MS);
    this.box.powerOn();
  }

  protected send(bytes: Buffer): void {
    this.box.line.send(bytes);
  }

  protected collect(): Buffer {
    return Buffer.from(this.box.line.receive());
  }
}
