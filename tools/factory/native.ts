/** Native frames over a line on which one box is alone: the only language that a blank box speaks, as it
 *  has no number yet. Source: src/link/SPEC.md. Repeats an unanswered frame identically, so that nothing
 *  is done twice. */

import { LineError, NoAnswerError, RefusedError } from "../line/errors.ts";
import type { LinePort } from "../line/port.ts";
import type { BoxPlace, Outcome, Sender } from "../line/talker.ts";
import type { Message } from "../office/message.ts";
import * as frames from "../simulate/frames.ts";
import { resultName } from "../simulate/office-codes.ts";

const ANSWER_MS = 600; // 134 + 134 bytes at 9600 8E1 are 310 ms
const TURN_MS = 5; // silence between an answer and the next request
const REFUSED_SIZE = 1;
const MESSAGE_REPLY_SIZE = 20;
const BOX_REPLY_SIZE = 64;
export const BLANK_NUMBER = "0000000000";

/** What BOX_READ tells. */
export interface BoxFacts {
  /** Ten digits; BLANK_NUMBER when the box has none yet. */
  number: string;
  /** 0.1 V */
  voltages: number[];
  /** 0.01 Hz */
  frequency: number;
  format: number;
  starts: number;
  service_closed: boolean;
  line_protocol: number;
  line_rate: number;
  line_format: number;
  modbus_address: number;
}

/** Err nn as the tubes show it, and its name. */
export function refusal(result: number): string {
  return `Err ${String(-result).padStart(2, "0")} (${resultName(result)})`;
}

export class NativeMaster implements Sender {
  /** As sendSigned wants it. */
  readonly master: { retry_count: number } = { retry_count: 0 };
  private sequence = 0;

  constructor(
    readonly port: LinePort,
    readonly retries = 3,
  ) {}

  /** The reply's payload, whatever its result. Throws NoAnswerError. */
  async ask(kind: number, payload: Uint8Array): Promise<Uint8Array> {
    this.sequence = (this.sequence + 1) & 0xff;
    const frame = frames.makeFrame(this.sequence, kind, payload);
    for (let tries = 0; tries <= this.retries; tries++) {
      if (tries > 0) this.master.retry_count++;
      await this.port.read(TURN_MS); // what came too late
      await this.port.write(frame);
      const reply = await this.listen(kind);
      if (reply !== null) return reply;
    }
    throw new NoAnswerError("the box", this.retries + 1);
  }

  /** The reply's payload. Throws RefusedError when the box will not, unless it says `but`. */
  async demand(kind: number, payload: Uint8Array, what: string, but = 0): Promise<Uint8Array> {
    const reply = await this.ask(kind, payload);
    const result = new DataView(reply.buffer, reply.byteOffset).getInt8(0);
    if (result >= 0 || result === -but) return reply;
    throw new RefusedError(`${what}: ${refusal(result)}`, -result, 0);
  }

  async box(): Promise<BoxFacts> {
    const reply = await this.demand(frames.KIND_BOX_READ, new Uint8Array(), "box");
    if (reply.length !== BOX_REPLY_SIZE) throw new LineError("a strange answer: other firmware?");
    const view = new DataView(reply.buffer, reply.byteOffset, reply.length);
    return {
      number: Buffer.from(reply.subarray(1, 6)).toString("hex"),
      voltages: [8, 10, 12].map((at) => view.getUint16(at, true)),
      frequency: view.getUint16(14, true),
      starts: view.getUint32(20, true),
      format: reply[36],
      service_closed: (reply[38] & 1) !== 0,
      line_protocol: reply[39],
      line_rate: reply[40],
      line_format: reply[41],
      modbus_address: reply[42],
    };
  }

  /** Value of a setting. `index`: household or channel, 0 the box. */
  async setting(id: number, index: number, name: string): Promise<number> {
    const what = index === 0 ? name : `${name}:${index}`;
    const reply = await this.demand(frames.KIND_SETTING_READ, Uint8Array.of(id, index), what);
    return new DataView(reply.buffer, reply.byteOffset, reply.length).getUint32(4, true);
  }

  /** Has a signed message taken. */
  async send(_box: BoxPlace, message: Message, signed: Uint8Array): Promise<Outcome> {
    const what = `message of kind ${message.kind}`;
    const reply = await this.demand(frames.KIND_MESSAGE, Uint8Array.of(0, ...signed), what);
    if (reply.length !== MESSAGE_REPLY_SIZE) throw new LineError(`${what}: a strange answer`);
    const view = new DataView(reply.buffer, reply.byteOffset, reply.length);
    return { remaining: view.getInt32(8, true), number: view.getUint32(12, true) };
  }

  /** Lets time pass. */
  async wait(ms: number): Promise<void> {
    const start_ms = this.port.now_ms;
    for (let left_ms = ms; left_ms > 0; left_ms = ms - (this.port.now_ms - start_ms)) {
      await this.port.read(left_ms);
    }
  }

  private async listen(kind: number): Promise<Uint8Array | null> {
    const reader = new frames.ReplyReader();
    const start_ms = this.port.now_ms;
    for (let left_ms = ANSWER_MS; left_ms > 0; left_ms = ANSWER_MS - this.elapsed(start_ms)) {
      const replies = reader.take(await this.port.read(left_ms));
      const mine = replies.find((r) => r.kind === kind && r.sequence === this.sequence);
      if (mine !== undefined && mine.payload.length >= REFUSED_SIZE) return mine.payload;
    }
    return null;
  }

  private elapsed(start_ms: number): number {
    return this.port.now_ms - start_ms;
  }
}
