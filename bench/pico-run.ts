/** A meter on an emulated Pico at full load: how long its ticks last, and whether it counts each pulse. All
 *  39 front ends give 18 pulses a second, 20 ms high, evenly spread over time; what the meter counted is
 *  read from the books in its memory. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PicoBox } from "../boards/virtual/rp2040/box.js";
import { Chip } from "../boards/virtual/rp2040/chip.js";
import type { PicoChip } from "../boards/virtual/rp2040/pins-chip.js";
import { BooksReader } from "../tools/simulate/books.js";

const FOLDER = fileURLToPath(new URL("../build/pico/", import.meta.url));
export const CHANNEL_COUNT = 39;
const SPACING_MS = 1000 / 18;
const WIDTH_MS = 20;
/** The last pulse is low again, believed, and booked. */
const SETTLE_MS = 300;
const LR = 14;

/** At 1600 imp/kWh. */
const JOULES_PER_PULSE = 2250n;

/** What an image is called in build/pico. */
export function readImage(name: string): Uint8Array {
  return readFileSync(`${FOLDER}${name}.bin`);
}

/** Address of a function of that image. */
function functionAddress(name: string, wanted: string): number {
  const text = execFileSync("arm-none-eabi-nm", [`${FOLDER}${name}.elf`], { encoding: "utf8" });
  const line = text.split("\n").find((line) => line.endsWith(` ${wanted}`));
  if (line === undefined) throw new Error(`${name} has no function ${wanted}`);
  return parseInt(line, 16);
}

/** Pulses booked as forward energy on each channel, with what is held back of a lone one. */
function bookedPulses(fram: Uint8Array): number[] {
  const reader = new BooksReader(fram);
  return Array.from({ length: CHANNEL_COUNT }, (_none, index) => {
    const joules = reader.book(index + 1)?.forward_j ?? 0n;
    return Number(joules / JOULES_PER_PULSE) + (reader.isHeld(index + 1) ? 1 : 0);
  });
}

export function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Of each channel, after settle(); negative: counted but not given. */
export function pulsesLost(pico: LoadedPico): number[] {
  const booked = bookedPulses(pico.box.fram.bytes);
  const given = pico.pulsesGiven();
  return given.map((count, index) => count - (booked[index]! - pico.booked_before[index]!));
}

/** Lengths of the ticks of one stretch of time, us, with the interrupts that fell into them. */
export interface TickLengths {
  count: number;
  mean_us: number;
  longest_us: number;
}

/** Measures every call of engine_tick(). */
class TickWatch {
  private count = 0;
  private sum_us = 0;
  private longest_us = 0;
  private began_us = -1;
  private end_address = 0;
  private number = 0;
  /** By how much a tick is made longer, us, of its number since the start. */
  lengthen: (tick: number) => number = () => 0;

  constructor(private readonly tick_address: number) {}

  watch(chip: Chip): void {
    chip.hook(this.tick_address, () => {
      if (this.began_us < 0) {
        this.began_us = chip.now_us;
        this.number++;
      }
      if (chip.now_us < this.began_us + this.lengthen(this.number)) return chip.stall();
      if (this.end_address !== 0) return;
      this.end_address = chip.registers[LR]!;
      chip.hook(this.end_address, () => this.ended(chip.now_us));
    });
  }

  /** Of the ticks that ended since the last call. */
  take(): TickLengths {
    const { count, sum_us, longest_us } = this;
    this.count = 0;
    this.sum_us = 0;
    this.longest_us = 0;
    return { count, mean_us: sum_us / count, longest_us };
  }

  private ended(now_us: number): void {
    const took_us = now_us - this.began_us;
    this.began_us = -1;
    this.count++;
    this.sum_us += took_us;
    this.longest_us = Math.max(this.longest_us, took_us);
  }
}

/** A box whose meter is an emulated Pico with the image `name` and `memory` in its FRAM; no panel. Its
 *  restarts are errors. */
export class LoadedPico {
  readonly box: PicoBox;
  readonly ticks: TickWatch;
  /** Pulses in the books at the start. */
  readonly booked_before: number[];
  chip!: Chip;
  private given = new Array<number>(CHANNEL_COUNT).fill(0);
  private load_ms = 0;

  constructor(name: string, memory: Uint8Array) {
    const image = readImage(name);
    this.booked_before = bookedPulses(memory);
    this.ticks = new TickWatch(functionAddress(name, "engine_tick"));
    const meter = (): PicoChip => (this.chip = new Chip(image, { name }));
    this.box = new PicoBox({ seed: 1, fram: memory.slice(), meter, panel: null });
    this.box.onChip = () => this.ticks.watch(this.chip);
    this.box.events.on("restart", ({ reason, detail }) => {
      throw new Error(`${name} restarted: reason ${reason}, detail ${detail}`);
    });
    this.box.powerOn();
  }

  /** Nothing flows. */
  idle(ms: number): void {
    this.box.runMs(ms);
  }

  /** All front ends at full speed; the pulses that began are seen to their end. */
  load(ms: number): void {
    for (const end_ms = this.load_ms + ms; this.load_ms < end_ms; this.load_ms++) {
      for (let index = 0; index < CHANNEL_COUNT; index++) this.drive(index, this.load_ms);
      this.box.runMs(1);
    }
  }

  /** After load(): the last pulses end, and are booked. */
  settle(): void {
    for (const end_ms = this.load_ms + SETTLE_MS; this.load_ms < end_ms; this.load_ms++) {
      for (let index = 0; index < CHANNEL_COUNT; index++) this.drive(index, this.load_ms, true);
      this.box.runMs(1);
    }
  }

  /** Pulses given to each channel so far. */
  pulsesGiven(): number[] {
    return [...this.given];
  }

  private drive(index: number, now_ms: number, is_last = false): void {
    const since_ms = now_ms - (index * SPACING_MS) / CHANNEL_COUNT;
    const is_high = since_ms >= 0 && since_ms % SPACING_MS < WIDTH_MS;
    const was_high = ((this.box.inputs.levels[index >> 3]! >> (index & 7)) & 1) !== 0;
    if (is_high === was_high || (is_high && is_last)) return;
    this.box.inputs.setInput(index, is_high ? 1 : 0);
    if (is_high) this.given[index]!++;
  }
}
