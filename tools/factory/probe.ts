/** What the self-test asks a box: each probe of src/link/SPEC.md, "What is probed", and its answer. */

import { RefusedError } from "../line/errors.ts";
import { KIND_PROBE } from "../simulate/frames.ts";
import type { NativeMaster } from "./native.ts";

const REQUEST_SIZE = 16;
const DATA = 4;
const DATA_SIZE = REQUEST_SIZE - DATA;
const ECHO_SIZE = 68;
const COMPARE = 0x100;
const E_STORE = 20;
const E_BUSY = 23;

const ECHO = 0;
const LOOK = 1;
const COIL = 2;
const MEMORY = 3;
const SOCKET = 4;
const SHOW = 5;
const READER = 6;
const CLOCK = 7;

export const CHANNEL_COUNT = 39;
export const MEMORY_BLOCKS = 10;
export const SHOWN_SIZE = 11;
export const PROOF_SIZE = 64;

export interface Look {
  /** Channels (1..39) whose pulse and direction inputs are high. */
  pulse_high: Set<number>;
  /** Channels whose last pulse was a reverse one. */
  reversed: Set<number>;
  socket_shorted: boolean;
  service_closed: boolean;
  relays_rest: boolean;
  /** Pulses of each channel since the start, modulo 256; index 0 is channel 1. */
  counts: Uint8Array;
  /** Samples of the three phases, 0..4095. */
  samples: number[];
}

function bits(bytes: Uint8Array): Set<number> {
  const channels = Array.from({ length: CHANNEL_COUNT }, (_, i) => i + 1);
  return new Set(channels.filter((c) => ((bytes[(c - 1) >> 3] >> ((c - 1) & 7)) & 1) === 1));
}

export class Prober {
  constructor(readonly native: NativeMaster) {}

  private async probe(
    what: number,
    index = 0,
    value = 0,
    data: Uint8Array = new Uint8Array(),
    but = 0,
  ): Promise<Uint8Array> {
    const request = new Uint8Array(REQUEST_SIZE);
    request.set([what, index, value & 0xff, value >> 8]);
    request.set(data, DATA);
    return this.native.demand(KIND_PROBE, request, "probe", but);
  }

  /** True when the box sent `data` (up to 12 bytes, the rest zeros) back as it should. */
  async echo(data: Uint8Array): Promise<boolean> {
    const reply = await this.probe(ECHO, 0, 0, data);
    return (
      reply.length === DATA + ECHO_SIZE &&
      reply.subarray(DATA).every((byte, i) => {
        const inverted = Math.floor(i / DATA_SIZE) % 2 === 1 ? 0xff : 0;
        return byte === ((data[i % DATA_SIZE] ?? 0) ^ inverted);
      })
    );
  }

  async look(): Promise<Look> {
    const reply = (await this.probe(LOOK)).subarray(DATA);
    const view = new DataView(reply.buffer, reply.byteOffset, reply.length);
    return {
      pulse_high: bits(reply.subarray(0, 5)),
      reversed: bits(reply.subarray(10, 15)),
      socket_shorted: (reply[15] & 1) !== 0,
      service_closed: (reply[15] & 2) !== 0,
      relays_rest: (reply[15] & 4) !== 0,
      counts: reply.slice(16, 16 + CHANNEL_COUNT),
      samples: [56, 58, 60].map((at) => view.getUint16(at, true)),
    };
  }

  /** One pulse of one coil; false while relays move: ask again. */
  async coil(channel: number, closes: boolean): Promise<boolean> {
    try {
      await this.probe(COIL, channel, closes ? 1 : 0);
      return true;
    } catch (error) {
      if (error instanceof RefusedError && error.result === E_BUSY) return false;
      throw error;
    }
  }

  /** The memory's identification, 4 bytes in the order of the wire; told also when the memory is out of
   *  order. */
  async identification(): Promise<Uint8Array> {
    const reply = await this.probe(MEMORY, 0, 0, new Uint8Array(), E_STORE);
    return reply.slice(DATA, DATA + 4);
  }

  async fill(block: number, pattern: number): Promise<void> {
    await this.probe(MEMORY, block, pattern);
  }

  /** Bytes of a block that are wrong. */
  async wrong(block: number, pattern: number): Promise<number> {
    const reply = await this.probe(MEMORY, block, pattern | COMPARE);
    return reply[2] | (reply[3] << 8);
  }

  /** One pulse on socket pin 1 or 7. */
  async socket(pin: 1 | 7): Promise<void> {
    await this.probe(SOCKET, pin === 1 ? 0 : 1);
  }

  async show(segments: Uint8Array, duration_ms: number): Promise<void> {
    await this.probe(SHOW, 0, duration_ms, segments);
  }

  async startReader(): Promise<void> {
    await this.probe(READER);
  }

  /** Version and the 64 bytes of the reader's own test; null while it runs. */
  async reader(): Promise<{ version: number; outcome: Uint8Array } | null> {
    try {
      const reply = await this.probe(READER, 1);
      return { version: reply[2], outcome: reply.slice(DATA, DATA + PROOF_SIZE) };
    } catch (error) {
      if (error instanceof RefusedError && error.result === E_BUSY) return null;
      throw error;
    }
  }

  /** Registers 00h..12h of the clock chip. */
  async clock(): Promise<Uint8Array> {
    return (await this.probe(CLOCK)).slice(DATA, DATA + 0x13);
  }
}
