/** The same meter core through two engines, V8 and wasm2c with the host's C compiler, each fed with one
 *  recording of what its board said (boards/engine/recording.ts) and each comparing every byte that it
 *  sends. So the engines do the same work, and only their speed differs. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { Recording, recordedCore } from "../boards/engine/recording.js";
import { compileCore } from "../boards/engine/wasm2c.js";
import { type HalImports, releaseCore, wasmCore } from "../boards/virtual/box.js";
import { boxInService, runLoad } from "./box.js";

const FOLDER = "build/bench";
const FILE = `${FOLDER}/meter.recording`;
const HOUR = 19; // ten minutes of an evening

// Codes and layout of a recording: boards/engine/recording.ts.
const START = 1;
const INIT = 2;
const TICK = 3;
const RETURNED = 4;
const DONE = 0;
const HEAD_SIZE = 1; // code of a call
const WORD_SIZE = 4;

export interface EngineTime {
  engine: string;
  tick_ns: number;
}

/** Plays the board of a recording to a core in V8. */
class Player {
  tick_count = 0;
  private at = 0;
  private memory: Uint8Array = new Uint8Array(0);
  private readonly view: DataView;

  constructor(private readonly bytes: Buffer) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  play(wasm: Uint8Array): void {
    const core = wasmCore(wasm);
    let running = core.start(this.hal());
    while (this.at < this.bytes.length) {
      const entry = this.bytes[this.at++]!;
      if (entry === START) {
        running = core.start(this.hal());
        continue;
      }
      if (entry === TICK) {
        this.tick_count++;
        running.tick();
      } else if (entry === INIT) running.init();
      else throw new Error(`no entry at byte ${this.at}`);
      if (this.bytes[this.at++] !== RETURNED) throw new Error(`more calls at byte ${this.at}`);
    }
  }

  /** Passes a call with `numbers` numbers, the board having carried it out. */
  private pass(numbers: number): void {
    this.at += HEAD_SIZE + numbers * WORD_SIZE;
    if (this.bytes[this.at++] !== DONE) throw new Error(`refused call at byte ${this.at}`);
  }

  private result(): number {
    const value = this.view.getInt32(this.at, true);
    this.at += WORD_SIZE;
    return value;
  }

  private compare(address: number, size: number): void {
    for (let i = 0; i < size; i++) {
      if (this.memory[address + i] !== this.bytes[this.at++]) throw new Error("other bytes sent");
    }
  }

  private receive(address: number, size: number): void {
    for (let i = 0; i < size; i++) this.memory[address + i] = this.bytes[this.at++]!;
  }

  private ask(numbers: number): number {
    this.pass(numbers);
    return this.result();
  }

  private hal(): HalImports {
    return {
      attach: (memory) => {
        this.memory = new Uint8Array(memory.buffer);
      },
      now_ms: () => this.ask(0),
      now_us: () => this.ask(0),
      spi: (_device, address, size) => {
        this.pass(3);
        this.compare(address, size);
        this.receive(address, size);
      },
      uart_open: () => this.pass(3),
      uart_read: (_port, address) => {
        const count = this.ask(3);
        this.receive(address, Math.max(count, 0));
        return count;
      },
      uart_write: (_port, address, size) => {
        this.pass(3);
        this.compare(address, size);
        return this.result();
      },
      uart_idle_us: () => this.ask(1),
      i2c: () => {
        throw new Error("the meter has no I2C");
      },
      pin_read: () => this.ask(1),
      pin_write: () => this.pass(2),
      adc: () => this.ask(1),
      watchdog: () => this.pass(0),
      fault: () => this.pass(2),
      boot_reason: () => this.ask(0),
    };
  }
}

/** Time of `work`, ns. */
function elapsedNs(work: () => void): number {
  const begin_ns = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin_ns);
}

/** Records ten minutes of the meter on the real load and plays them to both engines. */
export function engineTimes(memory: Uint8Array): EngineTime[] {
  mkdirSync(FOLDER, { recursive: true });
  const recording = new Recording(FILE);
  const meter = recordedCore(releaseCore("meter"), recording);
  runLoad(boxInService(memory, { meter }), HOUR, HOUR + 1);
  recording.close();

  const wasm = readFileSync("build/meter.wasm");
  const bytes = readFileSync(FILE);
  new Player(bytes).play(wasm); // warm-up
  const player = new Player(bytes);
  const v8_ns = elapsedNs(() => player.play(wasm));

  const { replay } = compileCore(wasm, FOLDER, ["-O2"]);
  const run = (): void => {
    const { status, stderr } = spawnSync(replay, [FILE], { encoding: "utf8" });
    if (status !== 0) throw new Error(`C differs from V8: ${stderr}`);
  };
  run(); // warm-up: the recording into the page cache
  const c_ns = elapsedNs(run);
  rmSync(FILE);
  return [
    { engine: "V8", tick_ns: v8_ns / player.tick_count },
    { engine: "C (wasm2c, cc -O2), reading its file", tick_ns: c_ns / player.tick_count },
  ];
}
