/** HAL calls of a core as objects: seen at a core in V8, or at an emulated chip, where the functions of
 *  hal.h are watched by their addresses in the image. Each entry of a core (init, tick) comes with all its
 *  calls. Needs arm-none-eabi-nm. */

import { execFileSync } from "node:child_process";
import { CoreFault, type Core, type HalImports, type McuName } from "../../boards/virtual/box.ts";

export interface HalCall {
  name: string;
  /** As the core gave them, 32 bits, signed. */
  numbers: number[];
  /** Bytes that went out. */
  sent: Uint8Array;
  result: number;
  /** Bytes that came in. */
  received: Uint8Array;
  /** False: the call did not return, as the core was stopped. */
  returned: boolean;
}

export interface Entry {
  mcu: McuName;
  kind: "init" | "tick";
  calls: HalCall[];
  /** False: the core was stopped in it. */
  whole: boolean;
}

export type EntrySink = (entry: Entry) => void;

/** Where the numbers of a call say that bytes go out and come in. */
interface Shape {
  count: number;
  address?: number;
  sent?: (numbers: number[]) => number;
  received?: (numbers: number[], result: number) => number;
}

const SHAPES: Record<string, Shape> = {
  now_ms: { count: 0 },
  now_us: { count: 0 },
  spi: { count: 3, address: 1, sent: (n) => n[2], received: (n) => n[2] },
  uart_open: { count: 3 },
  uart_read: { count: 3, address: 1, received: (_n, result) => result },
  uart_write: { count: 3, address: 1, sent: (n) => n[2] },
  uart_idle_us: { count: 1 },
  i2c: { count: 4, address: 1, sent: (n) => n[2], received: (n, r) => (r === 0 ? n[3] : 0) },
  pin_read: { count: 1 },
  pin_write: { count: 2 },
  adc: { count: 1 },
  watchdog: { count: 0 },
  fault: { count: 2 },
  boot_reason: { count: 0 },
};

const NOTHING = new Uint8Array(0);

function span(memory: Uint8Array, base: number, size: number): Uint8Array {
  return size > 0 ? memory.slice(base, base + size) : NOTHING;
}

function begin(name: string, numbers: number[], memory: Uint8Array, base: number): HalCall {
  const { address, sent } = SHAPES[name];
  const from = address === undefined ? 0 : base + (numbers[address] >>> 0);
  return {
    name,
    numbers,
    sent: sent ? span(memory, from, sent(numbers)) : NOTHING,
    result: 0,
    received: NOTHING,
    returned: false,
  };
}

function end(call: HalCall, result: number, memory: Uint8Array, base: number): void {
  const { address, received } = SHAPES[call.name];
  call.returned = true;
  call.result = result;
  if (address === undefined || !received) return;
  const from = base + (call.numbers[address] >>> 0);
  call.received = span(memory, from, received(call.numbers, result));
}

/** A core in V8 whose entries are told. */
export function watchedCore(mcu: McuName, core: Core, sink: EntrySink): Core {
  return {
    start(hal) {
      let calls: HalCall[] = [];
      const running = core.start(watchedHal(hal, (call) => calls.push(call)));
      const enter = (kind: "init" | "tick", run: () => void): void => {
        calls = [];
        const entry: Entry = { mcu, kind, calls, whole: false };
        try {
          run();
          entry.whole = true;
        } finally {
          sink(entry);
        }
      };
      return {
        init: () => enter("init", () => running.init()),
        tick: () => enter("tick", () => running.tick()),
      };
    },
  };
}

function watchedHal(hal: HalImports, note: (call: HalCall) => void): HalImports {
  let memory = (): Uint8Array => NOTHING;
  const wrapped: Record<string, unknown> = {
    attach(given: WebAssembly.Memory | Uint8Array) {
      memory = () => (given instanceof Uint8Array ? given : new Uint8Array(given.buffer));
      hal.attach(given);
    },
  };
  for (const name of Object.keys(SHAPES)) {
    const inner = hal[name as "adc"] as (...numbers: number[]) => number;
    wrapped[name] = (...numbers: number[]): number => {
      const call = begin(name, numbers, memory(), 0);
      note(call);
      const result = inner(...numbers) as number | undefined;
      end(call, (result ?? 0) | 0, memory(), 0);
      return call.result;
    };
  }
  return wrapped as unknown as HalImports;
}

/** What the watcher of a chip needs of it. */
export interface Hookable {
  hook(address: number, told: (() => void) | null): void;
  readonly registers: Uint32Array;
  readonly sram: Uint8Array;
}

const SRAM = 0x20000000;
const LR = 14;

export type Symbols = Map<string, number>;

/** Addresses by name. */
export function symbolsOf(elf: string): Symbols {
  const text = execFileSync("arm-none-eabi-nm", [elf], { encoding: "utf8" });
  const rows = text.split("\n").map((line) => line.split(" "));
  return new Map(
    rows.filter((row) => row.length === 3).map((row) => [row[2], parseInt(row[0], 16)]),
  );
}

/** Watches a chip: each entry of its core goes to `sink`, a stopped one when `stop` of the result is
 *  called. */
export function watchChip(
  mcu: McuName,
  chip: Hookable,
  symbols: Symbols,
  sink: EntrySink,
): { stop: () => void } {
  const address = (name: string): number => {
    const found = symbols.get(name);
    if (found === undefined) throw new Error(`the image has no ${name}`);
    return found & ~1;
  };
  const guest = address("guest") - SRAM;
  const view = new DataView(chip.sram.buffer, chip.sram.byteOffset, chip.sram.byteLength);
  const base = (): number => view.getUint32(guest, true) - SRAM;
  let entry: Entry | null = null;
  const finish = (whole: boolean): void => {
    if (entry === null) return;
    entry.whole = whole;
    const done = entry;
    entry = null;
    sink(done);
  };
  /** Calls `told` when the function that has just been entered returns. */
  const atReturn = (told: () => void): void => {
    const back = chip.registers[LR] & ~1;
    chip.hook(back, () => {
      chip.hook(back, null);
      told();
    });
  };
  for (const kind of ["init", "tick"] as const) {
    chip.hook(address(`engine_${kind}`), () => {
      finish(false);
      entry = { mcu, kind, calls: [], whole: false };
      atReturn(() => finish(true));
    });
  }
  for (const [name, { count }] of Object.entries(SHAPES)) {
    if (!symbols.has(`hal_${name}`)) continue; // the linker left it out: nobody calls it
    chip.hook(address(`hal_${name}`), () => {
      if (entry === null) return;
      const numbers = Array.from(chip.registers.subarray(0, count), (number) => number | 0);
      const call = begin(name, numbers, chip.sram, base());
      entry.calls.push(call);
      atReturn(() => end(call, chip.registers[0] | 0, chip.sram, base()));
    });
  }
  return { stop: () => finish(false) };
}

/** A difference between what a chip did and what the same core does in V8 with the same results. */
export class Differs extends Error {}

/** The end of what is known of an entry that was stopped. */
const STOPPED = new CoreFault("stopped");

/** The core in V8, given the results that a chip's calls had: every call, every number and every byte
 *  must be the same. A new life begins with an init. */
export class Twin {
  entries = 0;
  calls = 0;
  private running: { init(): void; tick(): void } | null = null;
  private known: HalCall[] = [];
  private whole = false;
  private place = 0;
  private memory = (): Uint8Array => NOTHING;

  constructor(private readonly core: Core) {}

  follow(entry: Entry): void {
    this.entries++;
    this.known = entry.calls;
    this.whole = entry.whole;
    this.place = 0;
    if (entry.kind === "init") this.running = this.core.start(this.hal());
    if (this.running === null) throw new Differs(`${entry.mcu}: tick before init`);
    try {
      this.running[entry.kind]();
    } catch (error) {
      if (error instanceof Differs || entry.whole) throw error;
      this.running = null;
      return;
    }
    if (!entry.whole) this.running = null; // stopped behind its last call
    if (this.place !== this.known.length) {
      throw new Differs(`${entry.mcu}: V8 does not call ${describe(this.known[this.place])}`);
    }
  }

  private hal(): HalImports {
    const hal: Record<string, unknown> = {
      attach: (given: WebAssembly.Memory | Uint8Array) => {
        this.memory = () => (given instanceof Uint8Array ? given : new Uint8Array(given.buffer));
      },
    };
    for (const name of Object.keys(SHAPES)) {
      hal[name] = (...numbers: number[]) => this.call(name, numbers);
    }
    return hal as unknown as HalImports;
  }

  private call(name: string, numbers: number[]): number {
    const memory = this.memory();
    const mine = begin(name, numbers, memory, 0);
    if (this.place === this.known.length) {
      if (this.whole) throw new Differs(`entry ${this.entries}: V8 calls ${describe(mine)}`);
      throw STOPPED;
    }
    const known = this.known[this.place++];
    this.calls++;
    if (!isSame(known, mine)) {
      const where = `entry ${this.entries}, call ${this.place}`;
      throw new Differs(`${where}: ${describe(known)}, V8: ${describe(mine)}`);
    }
    if (!known.returned) throw STOPPED;
    const { address } = SHAPES[name];
    if (address !== undefined) memory.set(known.received, numbers[address] >>> 0);
    return known.result;
  }
}

function isSame(known: HalCall, mine: HalCall): boolean {
  return (
    known.name === mine.name &&
    known.numbers.length === mine.numbers.length &&
    known.numbers.every((number, i) => number === (mine.numbers[i] | 0)) &&
    Buffer.compare(known.sent, mine.sent) === 0
  );
}

/** What the core decided: name, numbers, bytes. */
export function describe(call: HalCall): string {
  const bytes = call.sent.length > 0 ? ` ${Buffer.from(call.sent).toString("hex")}` : "";
  return `${call.name} ${call.numbers.join(" ")}${bytes}`;
}
