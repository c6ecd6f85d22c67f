/** What the box asks of an emulated microcontroller (chip.ts has it; a test may play one), and one such
 *  microcontroller at the time of the box. */

import type { McuName } from "../events.ts";
import type { UartEnd } from "./pins-uart.ts";

export interface PicoUart {
  onByte: ((byte: number, start_us: number, end_us: number) => void) | null;
  receive(byte: number, end_us: number, error?: number): void;
  readonly character_us: number;
  readonly bits: number;
  readonly format: string;
}

export interface PicoSpi {
  selects: number[];
  onExchange: ((mosi: number, select: number, time_us: number) => number) | null;
}

export interface PicoI2c {
  onStart: ((address: number, read: boolean, time_us: number) => boolean) | null;
  onWrite: ((byte: number, time_us: number) => boolean) | null;
  onRead: ((last: boolean, time_us: number) => number) | null;
  onStop: ((time_us: number) => void) | null;
}

export type Level = 0 | 1 | null;
export type ResetReason = "watchdog" | "forced" | "run" | "power";

/** Times are us since the chip was made, with fractions. */
export interface PicoChip {
  runTo(time_us: number): void;
  /** Processor and watchdog stand still, or go on. */
  hold(on: boolean): void;
  readonly now_us: number;
  readonly sleeping: boolean;
  readonly next_us: number;
  reset(kind: "power" | "run"): void;
  onReset: ((reason: ResetReason, time_us: number) => void) | null;
  setInput(pin: number, level: Level): void;
  setPull(pin: number, level: Level): void;
  level(pin: number): Level;
  onPin(pin: number, listener: (level: Level, time_us: number) => void): void;
  uart(port: 0 | 1): PicoUart;
  spi(port: 0 | 1): PicoSpi;
  i2c(port: 0 | 1): PicoI2c;
  adc: ((channel: number, time_us: number) => number) | null;
  /** SCRATCH0..7 of the watchdog. */
  readonly scratch: Uint32Array;
}

/** A UART as the wires of the box see it. */
class BoxUart implements UartEnd {
  constructor(
    private readonly chip: PicoChip,
    private readonly uart: PicoUart,
    private readonly started_us: number,
  ) {}

  get character_us(): number {
    return this.uart.character_us;
  }

  get bits(): number {
    return this.uart.bits;
  }

  get format(): string {
    return this.uart.format;
  }

  receive(byte: number, end_us: number, error: number): void {
    this.uart.receive(byte, Math.max(end_us - this.started_us, this.chip.now_us), error);
  }
}

/** A chip that has had power since `started_us`. */
export class PicoMcu {
  /** Its UARTs 0 and 1. */
  readonly uarts: UartEnd[];

  constructor(
    readonly name: McuName,
    readonly chip: PicoChip,
    readonly started_us: number,
  ) {
    this.uarts = ([0, 1] as const).map((port) => new BoxUart(chip, chip.uart(port), started_us));
  }

  /** Present time, whole us of the box. */
  get now_us(): number {
    return this.timeOf(this.chip.now_us);
  }

  /** When it will do something by itself; now while it is awake. */
  get next_us(): number {
    return this.chip.sleeping ? this.started_us + this.chip.next_us : this.now_us;
  }

  /** Box time, whole us, of a time of the chip. */
  timeOf(chip_us: number): number {
    return this.started_us + Math.floor(chip_us);
  }

  runTo(time_us: number): void {
    this.chip.runTo(time_us - this.started_us);
  }
}
