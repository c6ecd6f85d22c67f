/** A recording of everything that passes between a core and its board: entries, HAL calls, their
 *  buffers and results. boards/engine/host/replay.c runs the same core in C against it.
 *
 *  Why record and replay instead of a live connection: every HAL call of the virtual box
 *  would be a round trip between two processes. The recording needs none and proves the same: equal
 *  calls to equal results, to the byte, restarts and traps included.
 *
 *  Bytes, numbers 32 bits little endian:
 *    START | INIT | TICK                       a fresh core; an entry begins
 *    RETURNED | TRAPPED                        the entry is over
 *    call, its numbers, DONE, [bytes sent], [result], [bytes received]
 *    call, its numbers, REFUSED                the board stopped the core (HAL.md, "Trap") */

import { closeSync, openSync, writeSync } from "node:fs";
import type { Core, HalImports } from "../virtual/core.ts";

const START = 1;
const INIT = 2;
const TICK = 3;
const RETURNED = 4;
const TRAPPED = 5;
const DONE = 0;
const REFUSED = 1;

/** Codes of the calls, in the order of boards/hal.h. */
const CALL = {
  now_ms: 16,
  now_us: 17,
  spi: 18,
  uart_open: 19,
  uart_read: 20,
  uart_write: 21,
  uart_idle_us: 22,
  i2c: 23,
  pin_read: 24,
  pin_write: 25,
  adc: 26,
  watchdog: 27,
  fault: 28,
  boot_reason: 29,
};

const CHUNK_SIZE = 1 << 16;
/** Room kept for one call: 5 numbers, status, and two buffers of 512 bytes. */
const CALL_SIZE = 2048;

/** A file that grows by chunks. */
export class Recording {
  private readonly file: number;
  private readonly chunk = new Uint8Array(CHUNK_SIZE + CALL_SIZE);
  private readonly view = new DataView(this.chunk.buffer);
  private used = 0;

  constructor(path: string) {
    this.file = openSync(path, "w");
  }

  byte(value: number): void {
    this.chunk[this.used++] = value;
  }

  word(value: number): void {
    this.view.setInt32(this.used, value | 0, true);
    this.used += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.chunk.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** Notes the call and makes it; its status is known when it returns. */
  make(code: number, numbers: number[], call: () => number): number {
    this.makeRoom();
    this.byte(code);
    for (const number of numbers) this.word(number);
    try {
      const result = call();
      this.byte(DONE);
      return result;
    } catch (error) {
      this.byte(REFUSED);
      throw error;
    }
  }

  /** A call whose result follows at once. */
  ask(code: number, numbers: number[], call: () => number): number {
    const result = this.make(code, numbers, call);
    this.word(result);
    return result;
  }

  /** A call without result. */
  order(code: number, numbers: number[], call: () => void): void {
    this.make(code, numbers, () => {
      call();
      return 0;
    });
  }

  /** An entry of the core, with all that happens in it. */
  entry(code: number, run: () => void): void {
    this.byte(code);
    try {
      run();
    } catch (error) {
      this.byte(TRAPPED);
      throw error;
    }
    this.byte(RETURNED);
    this.makeRoom();
  }

  close(): void {
    this.write();
    closeSync(this.file);
  }

  private makeRoom(): void {
    if (this.used >= CHUNK_SIZE) this.write();
  }

  private write(): void {
    writeSync(this.file, this.chunk, 0, this.used);
    this.used = 0;
  }
}

/** Wraps `core` so that all its lives are recorded. */
export function recordedCore(core: Core, recording: Recording): Core {
  return {
    start(hal) {
      recording.byte(START);
      const running = core.start(recordedHal(hal, recording));
      return {
        init: () => recording.entry(INIT, () => running.init()),
        tick: () => recording.entry(TICK, () => running.tick()),
      };
    },
  };
}

/** Guest addresses as seen by the core: unsigned. */
class Guest {
  private bytes = (): Uint8Array => new Uint8Array(0);

  attach(memory: WebAssembly.Memory | Uint8Array): void {
    this.bytes = () => (memory instanceof Uint8Array ? memory : new Uint8Array(memory.buffer));
  }

  copy(address: number, size: number): Uint8Array {
    return this.bytes().slice(address >>> 0, (address >>> 0) + Math.max(size, 0));
  }
}

function recordedHal(hal: HalImports, recording: Recording): HalImports {
  const guest = new Guest();
  return {
    attach(memory) {
      guest.attach(memory);
      hal.attach(memory);
    },
    now_ms: () => recording.ask(CALL.now_ms, [], () => hal.now_ms()),
    now_us: () => recording.ask(CALL.now_us, [], () => hal.now_us()),
    spi(device, address, size) {
      const sent = guest.copy(address, size);
      recording.order(CALL.spi, [device, address, size], () => hal.spi(device, address, size));
      recording.bytes(sent);
      recording.bytes(guest.copy(address, size));
    },
    uart_open: (port, baud, format) =>
      recording.order(CALL.uart_open, [port, baud, format], () =>
        hal.uart_open(port, baud, format),
      ),
    uart_read(port, address, capacity) {
      const call = (): number => hal.uart_read(port, address, capacity);
      const count = recording.ask(CALL.uart_read, [port, address, capacity], call);
      recording.bytes(guest.copy(address, count));
      return count;
    },
    uart_write(port, address, size) {
      const call = (): number => hal.uart_write(port, address, size);
      const taken = recording.make(CALL.uart_write, [port, address, size], call);
      recording.bytes(guest.copy(address, size));
      recording.word(taken);
      return taken;
    },
    uart_idle_us: (port) => recording.ask(CALL.uart_idle_us, [port], () => hal.uart_idle_us(port)),
    i2c(device, address, writes, reads) {
      const sent = guest.copy(address, writes);
      const call = (): number => hal.i2c(device, address, writes, reads);
      const result = recording.make(CALL.i2c, [device, address, writes, reads], call);
      recording.bytes(sent);
      recording.word(result);
      if (result === 0) recording.bytes(guest.copy(address, reads));
      return result;
    },
    pin_read: (pin) => recording.ask(CALL.pin_read, [pin], () => hal.pin_read(pin)),
    pin_write: (pin, level) =>
      recording.order(CALL.pin_write, [pin, level], () => hal.pin_write(pin, level)),
    adc: (channel) => recording.ask(CALL.adc, [channel], () => hal.adc(channel)),
    watchdog: () => recording.order(CALL.watchdog, [], () => hal.watchdog()),
    fault: (code, detail) =>
      recording.order(CALL.fault, [code, detail], () => hal.fault(code, detail)),
    boot_reason: () => recording.ask(CALL.boot_reason, [], () => hal.boot_reason()),
  };
}
