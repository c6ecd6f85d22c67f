/** The office's end of a line: a serial port, a TCP connection that carries the same bytes, or a
 *  simulated line that lives in this process. Knows nothing of protocols. */

import { InvalidArgumentError } from "commander";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { LineError } from "./errors.ts";

export interface LinePort {
  /** Time of the line's world, ms. */
  readonly now_ms: number;
  /** Sends; done when the bytes have left this process. */
  write(bytes: Uint8Array): Promise<void>;
  /** What was received, as soon as there is something; empty after `timeout_ms` of silence. */
  read(timeout_ms: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export type Parity = "none" | "even";

export interface SerialPlace {
  kind: "serial";
  path: string;
  baud: number;
  parity: Parity;
  stop_bits: 1 | 2;
}

export interface TcpPlace {
  kind: "tcp";
  host: string;
  port: number;
}

export type LinePlace = SerialPlace | TcpPlace;

export const RATES = [1200, 2400, 4800, 9600, 19200];
const DEFAULT_RATE = 9600;
/** By the value of the setting line_format. */
export const FORMAT_NAMES = ["8N1", "8E1", "8N2"];
export const FORMATS: Record<string, { parity: Parity; stop_bits: 1 | 2 }> = {
  "8N1": { parity: "none", stop_bits: 1 },
  "8E1": { parity: "even", stop_bits: 1 },
  "8N2": { parity: "none", stop_bits: 2 },
};
const CONNECT_MS = 5000;
const HIGHEST_PORT = 65_535;

function parseSerial(text: string): SerialPlace {
  const [path, rate = String(DEFAULT_RATE), format = "8E1", ...rest] = text.split(",");
  if (path === "" || rest.length > 0) {
    throw new InvalidArgumentError("Write serial:/dev/ttyUSB0 or serial:/dev/ttyUSB0,9600,8E1.");
  }
  if (!RATES.includes(Number(rate))) {
    throw new InvalidArgumentError(`The rate must be one of ${RATES.join(", ")}.`);
  }
  if (!Object.hasOwn(FORMATS, format)) {
    throw new InvalidArgumentError(`The format must be one of ${Object.keys(FORMATS).join(", ")}.`);
  }
  return { kind: "serial", path, baud: Number(rate), ...FORMATS[format] };
}

/** A parser for --line: serial:PATH[,RATE,FORMAT] or tcp:HOST:PORT. */
export function linePlace(text: string): LinePlace {
  if (text.startsWith("serial:")) return parseSerial(text.slice("serial:".length));
  const match = /^tcp:(.+):(\d+)$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError("Write serial:/dev/ttyUSB0[,9600,8E1] or tcp:HOST:PORT.");
  }
  const port = Number(match[2]);
  if (port < 1 || port > HIGHEST_PORT) {
    throw new InvalidArgumentError(`The TCP port must be 1..${HIGHEST_PORT}.`);
  }
  return { kind: "tcp", host: match[1].replace(/^\[(.*)\]$/, "$1"), port };
}

/** A stream of the operating system as a line. */
class StreamPort implements LinePort {
  private inbox: Uint8Array[] = [];
  private wake: (() => void) | null = null;
  private failure: Error | null = null;

  constructor(
    private readonly stream: Duplex,
    private readonly name: string,
    private readonly end: () => Promise<void>,
    private readonly drain: () => Promise<void>,
  ) {
    stream.on("data", (bytes: Uint8Array) => {
      this.inbox.push(Uint8Array.from(bytes));
      this.wake?.();
    });
    stream.on("error", (error: Error) => this.fail(error));
    stream.on("close", () => this.fail(new Error("the line was closed")));
  }

  get now_ms(): number {
    return performance.now();
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.check();
    this.stream.write(Buffer.from(bytes));
    await this.drain();
  }

  async read(timeout_ms: number): Promise<Uint8Array> {
    if (this.inbox.length === 0) {
      this.check();
      await new Promise<void>((done) => {
        const timer = setTimeout(done, timeout_ms);
        this.wake = () => {
          clearTimeout(timer);
          done();
        };
      });
      this.wake = null;
    }
    const received = Buffer.concat(this.inbox);
    this.inbox = [];
    if (received.length === 0) this.check();
    return Uint8Array.from(received);
  }

  close(): Promise<void> {
    return this.failure === null ? this.end() : Promise.resolve();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake?.();
  }

  private check(): void {
    if (this.failure !== null) throw new LineError(`${this.name}: ${this.failure.message}`);
  }
}

async function openTcp({ host, port }: TcpPlace): Promise<LinePort> {
  const name = `tcp:${host}:${port}`;
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((done, fail) => {
    socket.setTimeout(CONNECT_MS, () => fail(new Error("no connection")));
    socket.once("connect", done);
    socket.once("error", fail);
  }).catch((error: Error) => {
    socket.destroy();
    throw new LineError(`${name}: ${error.message}`);
  });
  socket.setTimeout(0);
  socket.removeAllListeners("error");
  const end = async (): Promise<void> => void socket.destroy();
  return new StreamPort(socket, name, end, () => Promise.resolve());
}

async function openSerial({ path, baud, parity, stop_bits }: SerialPlace): Promise<LinePort> {
  const { SerialPort } = await import("serialport"); // a native module: only who has a port loads it
  const options = { path, baudRate: baud, dataBits: 8 as const, parity, stopBits: stop_bits };
  const serial = new SerialPort({ ...options, autoOpen: false });
  const call = (work: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((done, fail) =>
      work((error) => (error ? fail(new LineError(`serial:${path}: ${error.message}`)) : done())),
    );
  await call((done) => serial.open(done));
  return new StreamPort(
    serial,
    `serial:${path}`,
    () => call((done) => serial.close(done)),
    () => call((done) => serial.drain(done)),
  );
}

/** Opens a line; `baud` overrides the rate of a serial one. */
export function openLine(place: LinePlace, baud?: number): Promise<LinePort> {
  if (place.kind === "tcp") return openTcp(place);
  return openSerial({ ...place, baud: baud ?? place.baud });
}

/** One node of a simulated line: what a host of boards/virtual/line.ts, or `line` of a single box, is. */
export interface SimulatedHost {
  send(bytes: Uint8Array): void;
  receive(): Uint8Array;
}

/** What lets time pass on a simulated line: a fleet or a box. */
export interface SimulatedTime {
  readonly now_ms: number;
  runMs(ms: number): void;
}

/** A line whose time passes only while somebody reads. */
export class FleetPort implements LinePort {
  constructor(
    private readonly host: SimulatedHost,
    private readonly time: SimulatedTime,
    /** Time that passes between two looks; many boxes go faster in larger steps. */
    private readonly step_ms = 1,
  ) {}

  get now_ms(): number {
    return this.time.now_ms;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.host.send(bytes);
    return Promise.resolve();
  }

  read(timeout_ms: number): Promise<Uint8Array> {
    let received = this.host.receive();
    for (let ms = 0; ms < timeout_ms && received.length === 0; ms += this.step_ms) {
      this.time.runMs(this.step_ms);
      received = this.host.receive();
    }
    return Promise.resolve(received);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
