/** Modbus RTU as a master speaks it: the package modbus-serial makes the requests and reads the
 *  answers; here it gets a line that finds whole frames by their CRC among whatever else is heard, and
 *  that waits in the line's own time. Source: src/rs485/SPEC.md; Modbus over serial line V1.02. */

import crc16modbus from "crc/calculators/crc16modbus";
import ModbusRTU from "modbus-serial";
import { EventEmitter } from "node:events";
import type { MasterOptions } from "./dlt.ts";
import { LineError, NoAnswerError, RefusedError } from "./errors.ts";
import type { LinePort } from "./port.ts";

const READ = 0x03;
const READ_INPUT = 0x04;
const READ_WRITE = 0x17;
const EXCEPTION = 0x80;
const EXCEPTION_SIZE = 5;
const WRITE_ANSWER_SIZE = 8;
const READ_OVERHEAD = 5;
const QUANTITY_AT = 4;

const DEFAULT_TIMEOUT_MS = 1000;
const GAP_MS = 200; // a pause inside an answer, made by networks and computers
const AFTER_BROADCAST_MS = 200; // serial line V1.02: turnaround 100..200 ms
const LONGEST_ANSWER_MS = 5000;
const BUSY_MS = 100;
const MOST_REGISTERS = 125;

export const EXCEPTION_ADDRESS = 2;
export const EXCEPTION_REFUSED = 4;
export const EXCEPTION_BUSY = 6;

const EXCEPTIONS: Record<number, string> = {
  1: "function not supported",
  2: "no such register",
  3: "value or quantity not possible",
  4: "refused",
  6: "busy",
};

/** Sizes that a right answer to `request` can have. */
function answerSize(request: Uint8Array): number {
  const [, code] = request;
  if (code !== READ && code !== READ_INPUT && code !== READ_WRITE) return WRITE_ANSWER_SIZE;
  return READ_OVERHEAD + 2 * ((request[QUANTITY_AT] << 8) | request[QUANTITY_AT + 1]);
}

function hasRightCrc(frame: Uint8Array): boolean {
  const end = frame.length - 2;
  return crc16modbus(frame.subarray(0, end)) === (frame[end] | (frame[end + 1] << 8));
}

/** The answer to `request` somewhere in `bytes`; undefined when it is not there. */
export function findAnswer(bytes: Uint8Array, request: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at + EXCEPTION_SIZE <= bytes.length; at++) {
    if (bytes[at] !== request[0] || (bytes[at + 1] & ~EXCEPTION) !== request[1]) continue;
    const is_exception = (bytes[at + 1] & EXCEPTION) !== 0;
    const size = is_exception ? EXCEPTION_SIZE : answerSize(request);
    const frame = bytes.subarray(at, at + size);
    if (frame.length === size && hasRightCrc(frame)) return frame;
  }
  return undefined;
}

/** What modbus-serial wants of a port, over a LinePort. */
class Adapter extends EventEmitter {
  readonly isOpen = true;
  /** Rejected when nobody answered. */
  silence: Promise<never> = new Promise(() => undefined);

  constructor(
    private readonly port: LinePort,
    private readonly timeout_ms: number,
  ) {
    super();
  }

  open(done: (error?: Error) => void): void {
    done();
  }

  close(done?: () => void): void {
    done?.();
  }

  /** modbus-serial calls this with each request. */
  write(request: Buffer): void {
    this.silence = this.exchange(Uint8Array.from(request)).then((answer) => {
      if (answer === undefined) throw new NoAnswerError(`address ${request[0]}`, 1);
      this.emit("data", Buffer.from(answer));
      return new Promise<never>(() => undefined);
    });
    this.silence.catch(() => undefined); // whoever asks waits for it, too
  }

  private async exchange(request: Uint8Array): Promise<Uint8Array | undefined> {
    await this.port.read(0); // what came too late
    await this.port.write(request);
    const start_ms = this.port.now_ms;
    let bytes = new Uint8Array();
    let silence_ms = request[0] === 0 ? AFTER_BROADCAST_MS : this.timeout_ms;
    while (this.port.now_ms - start_ms < this.timeout_ms + LONGEST_ANSWER_MS) {
      const received = await this.port.read(silence_ms);
      if (received.length === 0) return undefined;
      silence_ms = GAP_MS;
      bytes = Uint8Array.of(...bytes, ...received);
      const answer = findAnswer(bytes, request);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}

type Work<T> = (client: ModbusRTU) => Promise<T>;

export class ModbusMaster {
  readonly retries: number;
  pause: (() => Promise<void>) | undefined;
  /** Questions asked again since the start. */
  retry_count = 0;
  private readonly adapter: Adapter;
  private readonly client: ModbusRTU;

  constructor(
    private readonly port: LinePort,
    options: MasterOptions = {},
  ) {
    this.retries = options.retries ?? 3;
    this.pause = options.pause;
    this.adapter = new Adapter(port, options.timeout_ms ?? DEFAULT_TIMEOUT_MS);
    this.client = new ModbusRTU(this.adapter);
    this.client.open();
    this.client.setTimeout(0); // the adapter knows when it is silent
  }

  /** Reads 1..125 registers. */
  async read(address: number, first: number, count: number): Promise<number[]> {
    if (count < 1 || count > MOST_REGISTERS) throw new RangeError(`${count} registers`);
    const what = `registers ${first.toString(16).padStart(4, "0")}h`;
    const { data } = await this.exchange(address, what, (client) =>
      client.readHoldingRegisters(first, count),
    );
    return data;
  }

  /** Writes registers with one request (function 10h); address 0 tells everybody. */
  async write(address: number, first: number, values: number[]): Promise<void> {
    const what = `writing ${first.toString(16).padStart(4, "0")}h`;
    await this.exchange(address, what, (client) => client.writeRegisters(first, values));
  }

  private async exchange<T>(address: number, what: string, work: Work<T>): Promise<T> {
    for (let tries = 0; tries <= this.retries; tries++) {
      if (tries > 0) this.retry_count++;
      await this.pause?.();
      try {
        return await this.once(address, work);
      } catch (error) {
        if (error instanceof NoAnswerError) {
          if (address === 0) return undefined as T; // nobody answers a broadcast
          continue;
        }
        const refusal = this.refusal(address, what, error);
        const is_last = tries === this.retries;
        if (refusal.code !== EXCEPTION_BUSY || is_last) throw refusal;
        await this.port.read(BUSY_MS);
      }
    }
    throw new NoAnswerError(`Modbus address ${address}`, this.retries + 1);
  }

  private async once<T>(address: number, work: Work<T>): Promise<T> {
    this.client.setID(address);
    const answer = work(this.client); // has called write of the adapter when it returns
    return Promise.race([answer, this.adapter.silence]);
  }

  private refusal(address: number, what: string, error: unknown): RefusedError {
    if (error instanceof LineError) throw error;
    const code = (error as { modbusCode?: number }).modbusCode;
    if (code === undefined) throw new LineError(`address ${address}: ${(error as Error).message}`);
    const word = EXCEPTIONS[code] ?? "exception";
    return new RefusedError(
      `Modbus address ${address} refused ${what}: ${word} (${code})`,
      0,
      code,
    );
  }
}

/** 32 bits, high word first. */
export function unsigned32(registers: number[], at: number): number {
  return registers[at] * 0x1_0000 + registers[at + 1];
}

export function signed32(registers: number[], at: number): number {
  return unsigned32(registers, at) | 0;
}

/** Bytes as registers, high byte first. */
export function toRegisters(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i));
}
