/** PL022 (data sheet 4.4) as a master of 8-bit frames in mode 0. Each frame takes its time; what it received
 *  is there half a bit before it ends. A full or an empty FIFO, a changed select during a frame and data
 *  written while disabled end the simulation. Not modelled: slave, DMA, other frames, interrupts. */

import { Alarm } from "./cycle-clock.ts";
import { Block, FUNCTION_SPI, type System } from "./block.ts";
import { type Level, PIN_COUNT, spiRole } from "./pads.ts";
import { hex } from "./strict.ts";

const CR0 = 0x00;
const CR1 = 0x04;
const DR = 0x08;
const SR = 0x0c;
const CPSR = 0x10;
const IMSC = 0x14;
const DMACR = 0x24;
const SR_TFE = 1 << 0;
const SR_TNF = 1 << 1;
const SR_RNE = 1 << 2;
const SR_RFF = 1 << 3;
const SR_BSY = 1 << 4;
const CR1_ENABLE = 2;
const DEPTH = 8;
const FRAME_BITS = 8;
const UNDRIVEN = 0xff;

export class Spi extends Block {
  /** Pins that select a device when low. */
  selects: number[] = [];
  /** Gets a byte at the end of its frame and the select that is low (-1: none); returns what comes back. */
  onExchange: ((mosi: number, select: number, time_us: number) => number) | null = null;

  private cr0 = 0;
  private prescale = 0;
  private enabled = false;
  private sending: number[] = [];
  private received: number[] = [];
  private shifting = 0;
  private readonly sampled = new Alarm((time_ns) => this.sample(time_ns));
  private readonly ended = new Alarm((time_ns) => this.next(time_ns));

  constructor(
    system: System,
    private readonly port: number,
  ) {
    super(system, `SPI${port}`);
  }

  reset(): void {
    this.system.clock.cancel(this.sampled);
    this.system.clock.cancel(this.ended);
    this.cr0 = 0;
    this.prescale = 0;
    this.enabled = false;
    this.sending = [];
    this.received = [];
  }

  /** SCK as programmed, Hz; 0: none. */
  get hz(): number {
    if (this.prescale === 0) return 0;
    return this.system.frequencies.peri_hz / (this.prescale * (1 + (this.cr0 >> 8)));
  }

  get busy(): boolean {
    return this.ended.armed || this.sending.length > 0;
  }

  /** A pin changes. */
  guard(pin: number, level: Level): void {
    if (this.busy && this.selects.includes(pin)) {
      this.strict(`select GP${pin} goes to ${level} while a frame is under way`);
    }
  }

  read(offset: number): number {
    if (offset === DR) return this.readData();
    if (offset === CR0) return this.cr0;
    if (offset === CR1) return this.enabled ? CR1_ENABLE : 0;
    if (offset === CPSR) return this.prescale;
    if (offset === IMSC || offset === DMACR) return 0;
    if (offset !== SR) return this.unknown(offset);
    return (
      (this.sending.length === 0 ? SR_TFE : 0) |
      (this.sending.length < DEPTH ? SR_TNF : 0) |
      (this.received.length > 0 ? SR_RNE : 0) |
      (this.received.length >= DEPTH ? SR_RFF : 0) |
      (this.busy ? SR_BSY : 0)
    );
  }

  private readData(): number {
    const data = this.received.shift();
    return data ?? this.strict("data read, but nothing was received");
  }

  write(offset: number, value: number): void {
    if (offset === DR) return this.send(value & 0xff);
    if (offset === CR0 || offset === CPSR) this.configure(offset, value);
    else if (offset === CR1) {
      if ((value & ~CR1_ENABLE) !== 0) this.strict(`CR1 ${hex(value)}: a mode not modelled`);
      if (value === 0 && this.busy) this.strict("disabled during a frame");
      this.enabled = value !== 0;
      if (this.enabled && this.hz === 0) this.strict("enabled without a speed");
    } else if (offset === IMSC || offset === DMACR) {
      if (value !== 0) this.strict("interrupts and DMA are not modelled");
    } else this.unknown(offset, value);
  }

  private configure(offset: number, value: number): void {
    if (this.enabled) this.strict("format or speed changed while enabled");
    if (offset === CPSR) {
      if (value < 2 || value > 254 || value % 2 !== 0) this.strict(`prescaler ${value}`);
      this.prescale = value;
      return;
    }
    if ((value & 0xff) !== FRAME_BITS - 1) this.strict(`CR0 ${hex(value)}: not 8 bits in mode 0`);
    this.cr0 = value & 0xffff;
  }

  private hasPin(role: "sck" | "tx" | "rx"): boolean {
    const { pins } = this.system;
    for (let pin = 0; pin < PIN_COUNT; pin++) {
      const at = spiRole(pin);
      if (at.port !== this.port || at.role !== role) continue;
      if (pins.functionOf(pin) !== FUNCTION_SPI) continue;
      if (role !== "rx" || pins.inputEnabled(pin)) return true;
    }
    return false;
  }

  private send(byte: number): void {
    if (!this.enabled) this.strict("byte written while disabled");
    if (this.sending.length >= DEPTH) this.strict("byte written into a full FIFO: it is lost");
    if (!this.hasPin("sck") || !this.hasPin("tx")) this.strict("clock or data has no pin");
    this.sending.push(byte);
    if (!this.ended.armed) this.next(this.system.clock.now_ns);
  }

  private next(time_ns: number): void {
    const byte = this.sending.shift();
    if (byte === undefined) return;
    this.shifting = byte;
    const bit_ns = 1e9 / this.hz;
    this.system.clock.set(this.sampled, time_ns + (FRAME_BITS - 0.5) * bit_ns);
    this.system.clock.set(this.ended, time_ns + FRAME_BITS * bit_ns);
  }

  private sample(time_ns: number): void {
    const low = this.selects.filter((pin) => this.system.pins.level(pin) === 0);
    if (low.length > 1) this.strict(`selected at once: ${low.map((pin) => `GP${pin}`).join(", ")}`);
    const end_us = (time_ns + 0.5e9 / this.hz) / 1000;
    const answer = this.onExchange?.(this.shifting, low[0] ?? -1, end_us) ?? UNDRIVEN;
    if (this.received.length >= DEPTH) this.strict("received byte lost: the FIFO is full");
    this.received.push(this.hasPin("rx") ? answer & 0xff : 0);
  }
}
