/** DL/T 645-2007 as a master speaks it: frames, reading with follow-up frames, commands, broadcasts.
 *  Source: src/rs485/SPEC.md, GB/DL/T 645-2007 chapters 5 to 7. Knows nothing of meters. */

import { digitsOf, fromDigits } from "./bcd.ts";
import { LineError, NoAnswerError, RefusedError } from "./errors.ts";
import type { LinePort } from "./port.ts";

const START = 0x68;
const STOP = 0x16;
const SHIFT = 0x33;
const PREAMBLE = Uint8Array.of(0xfe, 0xfe, 0xfe, 0xfe);
const ADDRESS_SIZE = 6;
const HEADER_SIZE = 10; // 68, address, 68, C, L
const FRAME_OVERHEAD = 12;
const LONGEST_DATA = 200;

const FROM_SLAVE = 0x80;
const FAILED = 0x40;
const MORE = 0x20;
const FUNCTION_MASK = 0x1f;

export const C_SECURITY = 0x03;
export const C_TIME = 0x08;
export const C_READ = 0x11;
export const C_READ_ON = 0x12;
export const C_READ_ADDRESS = 0x13;
export const C_WRITE = 0x14;
export const C_FREEZE = 0x16;
export const C_RATE = 0x17;
export const C_PASSWORD = 0x18;
export const C_CLEAR_DEMAND = 0x19;
export const C_CLEAR_EVENTS = 0x1b;
export const C_SWITCH = 0x1c;

export const ANYBODY = "AAAAAAAAAAAA";
export const EVERYBODY = "999999999999";
const ANY_PAIR = "AA";

const DEFAULT_TIMEOUT_MS = 1000;
const GAP_MS = 500; // the longest pause inside a frame
const LONGEST_ANSWER_MS = 5000;
const AFTER_BROADCAST_MS = 200;
const MOST_FOLLOW_UPS = 99;

export interface Frame {
  /** Twelve digits, high pair first; AA where the pair is a wildcard. */
  address: string;
  control: number;
  /** Without the shift by 33h. */
  data: Uint8Array;
}

/** A frame without the FE in front. */
export function makeFrame({ address, control, data }: Frame): Uint8Array {
  if (!/^[\dA]{12}$/.test(address)) throw new RangeError(`"${address}" is no address`);
  if (data.length > LONGEST_DATA) throw new RangeError(`${data.length} bytes of data`);
  const frame = new Uint8Array(FRAME_OVERHEAD + data.length);
  frame[0] = START;
  frame.set(fromDigits(address), 1);
  frame.set([START, control, data.length], 1 + ADDRESS_SIZE);
  frame.set(
    data.map((byte) => byte + SHIFT),
    HEADER_SIZE,
  );
  const sum = frame.reduce((total, byte) => total + byte, 0);
  frame.set([sum, STOP], HEADER_SIZE + data.length);
  return frame;
}

/** The frame at the beginning of `bytes`: null when it is none, "more" when it is not whole yet. */
function frameAt(bytes: number[]): { frame: Frame; size: number } | "more" | null {
  if (bytes[0] !== START) return null;
  if (bytes.length < HEADER_SIZE) {
    return bytes.length > 1 + ADDRESS_SIZE && bytes[1 + ADDRESS_SIZE] !== START ? null : "more";
  }
  if (bytes[1 + ADDRESS_SIZE] !== START || bytes[9] > LONGEST_DATA) return null;
  const size = FRAME_OVERHEAD + bytes[9];
  if (bytes.length < size) return "more";
  const sum = bytes.slice(0, size - 2).reduce((total, byte) => total + byte, 0);
  if ((sum & 0xff) !== bytes[size - 2] || bytes[size - 1] !== STOP) return null;
  const data = Uint8Array.from(bytes.slice(HEADER_SIZE, size - 2), (byte) => byte - SHIFT);
  const address = digitsOf(Uint8Array.from(bytes.slice(1, 1 + ADDRESS_SIZE))).toUpperCase();
  return { frame: { address, control: bytes[8], data }, size };
}

/** Finds frames in a stream of bytes; what is none is passed over, byte by byte. */
export class FrameReader {
  private bytes: number[] = [];
  /** Bytes that belonged to no frame and are not FE. */
  strays = 0;

  /** Takes what was received; returns the frames completed by it. */
  take(received: Uint8Array): Frame[] {
    for (const byte of received) this.bytes.push(byte);
    const frames: Frame[] = [];
    while (this.bytes.length > 0) {
      const found = frameAt(this.bytes);
      if (found === "more") break;
      if (found === null) {
        if (this.bytes.shift() !== PREAMBLE[0]) this.strays++;
      } else {
        frames.push(found.frame);
        this.bytes.splice(0, found.size);
      }
    }
    return frames;
  }

  /** No more bytes will come: what was begun is none; frames may stand behind its start. */
  end(): Frame[] {
    const frames: Frame[] = [];
    while (this.bytes.length > 0) {
      this.bytes.shift();
      this.strays++;
      frames.push(...this.take(new Uint8Array()));
    }
    return frames;
  }

  get begun(): boolean {
    return this.bytes.length > 0;
  }
}

/** An identifier like "04000501" as the four bytes on the line. */
export function identifierBytes(identifier: string): Uint8Array {
  if (!/^[\da-f]{8}$/i.test(identifier)) throw new RangeError(`"${identifier}"`);
  return fromDigits(identifier);
}

const ERROR_WORDS = [
  "other error",
  "no such data",
  "not authorised: password, level, lock or expiry",
  "this rate is not possible",
  "too many year zones",
  "too many day slots",
  "too many tariffs",
  "reserved error",
];

export function errorWord(code: number): string {
  const words = ERROR_WORDS.filter((_, bit) => (code & (1 << bit)) !== 0);
  return words.length > 0 ? words.join(", ") : `error ${code}`;
}

export interface MasterOptions {
  /** Silence after which nobody will answer any more, ms. */
  timeout_ms?: number;
  /** How often a question is asked again. */
  retries?: number;
  /** Called before each exchange: somebody else may be given the line meanwhile. */
  pause?: () => Promise<void>;
}

/** What was heard after a question: the answers in order, and whether there was anything else. */
export interface Heard {
  frames: Frame[];
  noise: boolean;
}

/** True when `address` is `wanted`, where AA in `wanted` stands for any pair. */
function fits(address: string, wanted: string): boolean {
  return [0, 2, 4, 6, 8, 10].every((at) => {
    const pair = wanted.slice(at, at + 2);
    return pair === ANY_PAIR || pair === address.slice(at, at + 2);
  });
}

export class DltMaster {
  readonly retries: number;
  readonly timeout_ms: number;
  pause: (() => Promise<void>) | undefined;
  /** Questions asked again since the start. */
  retry_count = 0;

  constructor(
    readonly port: LinePort,
    options: MasterOptions = {},
  ) {
    this.retries = options.retries ?? 3;
    this.timeout_ms = options.timeout_ms ?? DEFAULT_TIMEOUT_MS;
    this.pause = options.pause;
  }

  /** Asks once and listens until an answer that `isWanted` takes, or until it is silent. */
  async listen(question: Frame, isWanted: (frame: Frame) => boolean): Promise<Heard> {
    await this.port.read(0); // what came too late
    await this.send(question);
    const reader = new FrameReader();
    const start_ms = this.port.now_ms;
    const frames: Frame[] = [];
    for (let silence_ms = this.timeout_ms; ; silence_ms = Math.min(GAP_MS, this.timeout_ms)) {
      const received = await this.port.read(silence_ms);
      const is_over =
        received.length === 0 || this.port.now_ms - start_ms > LONGEST_ANSWER_MS + this.timeout_ms;
      for (const frame of [...reader.take(received), ...(is_over ? reader.end() : [])]) {
        if ((frame.control & FROM_SLAVE) === 0) continue; // the question's own echo
        frames.push(frame);
        if (isWanted(frame)) return { frames, noise: reader.strays > 0 };
      }
      if (is_over) return { frames, noise: reader.strays > 0 };
    }
  }

  /** The answer to a question, an error or not; throws NoAnswerError. */
  async ask(question: Frame, isAnswer: (data: Uint8Array) => boolean = () => true): Promise<Frame> {
    const { address, control } = question;
    const isWanted = (frame: Frame): boolean =>
      fits(frame.address, address) &&
      (frame.control & FUNCTION_MASK) === control &&
      ((frame.control & FAILED) !== 0 ? frame.data.length > 0 : isAnswer(frame.data));
    for (let tries = 0; tries <= this.retries; tries++) {
      if (tries > 0) this.retry_count++;
      await this.pause?.();
      const { frames } = await this.listen(question, isWanted);
      const answer = frames.at(-1);
      if (answer !== undefined && isWanted(answer)) return answer;
    }
    throw new NoAnswerError(address, this.retries + 1);
  }

  /** Reads an identifier; `more` stands behind it in the question (load records). */
  async read(address: string, identifier: string, more = new Uint8Array()): Promise<Uint8Array> {
    const name = identifierBytes(identifier);
    const isNamed = (data: Uint8Array): boolean => name.every((byte, i) => data[i] === byte);
    const question = { address, control: C_READ, data: Uint8Array.of(...name, ...more) };
    let answer = this.judge(await this.ask(question, isNamed), identifier);
    const pieces = [answer.data.subarray(name.length)];
    for (let sequence = 1; (answer.control & MORE) !== 0; sequence++) {
      if (sequence > MOST_FOLLOW_UPS) throw new LineError(`${address}: ${identifier} has no end`);
      const data = Uint8Array.of(...name, sequence);
      const isNext = (next: Uint8Array): boolean => isNamed(next) && next.at(-1) === sequence;
      answer = this.judge(
        await this.ask({ address, control: C_READ_ON, data }, isNext),
        identifier,
      );
      pieces.push(answer.data.subarray(name.length, -1));
    }
    return Uint8Array.from(Buffer.concat(pieces));
  }

  /** Has something done; returns the data of the answer. */
  async command(address: string, control: number, data: Uint8Array): Promise<Uint8Array> {
    return this.judge(await this.ask({ address, control, data })).data;
  }

  /** 03h: identifier, operator, body; returns what stands behind the identifier. */
  async security(
    address: string,
    identifier: string,
    operator: number,
    body: Uint8Array,
  ): Promise<Uint8Array> {
    const name = identifierBytes(identifier);
    const isNamed = (data: Uint8Array): boolean => name.every((byte, i) => data[i] === byte);
    const data = Uint8Array.of(...name, ...operatorBytes(operator), ...body);
    const answer = await this.ask({ address, control: C_SECURITY, data }, isNamed);
    return this.judge(answer, identifier).data.subarray(name.length);
  }

  /** Tells everybody; nobody answers. */
  async broadcast(control: number, data: Uint8Array): Promise<void> {
    await this.pause?.();
    await this.send({ address: EVERYBODY, control, data });
    while ((await this.port.read(AFTER_BROADCAST_MS)).length > 0);
  }

  private send(question: Frame): Promise<void> {
    return this.port.write(Uint8Array.of(...PREAMBLE, ...makeFrame(question)));
  }

  private judge(answer: Frame, what = ""): Frame {
    if ((answer.control & FAILED) === 0) return answer;
    const [code, result = 0] = answer.data;
    const number = result > 127 ? 256 - result : result;
    const said = number === 0 ? errorWord(code) : `Err ${String(number).padStart(2, "0")}`;
    const name = what === "" ? "" : ` ${what}`;
    throw new RefusedError(`${answer.address} refused${name}: ${said}`, number, code);
  }
}

/** The operator code in front of a body, low byte first. */
export function operatorBytes(operator: number): Uint8Array {
  return fromDigits(operator.toString(16).padStart(8, "0"));
}

/** Level and six digits, lowest pair first. */
export function passwordBytes(level: number, digits: string): Uint8Array {
  return Uint8Array.of(level, ...fromDigits(digits));
}
