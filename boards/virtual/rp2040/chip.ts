/** One Raspberry Pi Pico, run instruction by instruction: the core and memories of rp2040js with peripherals
 *  of our own that keep to the data sheet (RP2040 data sheet, build of 2024-02). What firmware must not do,
 *  and what is not modelled, throws a StrictError out of runTo(); afterwards the chip is of no use. Not
 *  modelled: the second core, DMA, PIO, PWM, USB, RTC, misses of the flash cache, wait states. Times are us
 *  since power-up, with fractions. */

import { RP2040 } from "rp2040js";

import { Adc } from "./adc.ts";
import type { Block, System } from "./block.ts";
import { bootVectors, ChipReset, fillNoise, spoilRomRam, VECTORS } from "./boot.ts";
import { Bus } from "./bus.ts";
import { Clocks, ROSC_HZ } from "./clocks.ts";
import { type CoreHost, StrictCore } from "./cpu.ts";
import { Alarm, CycleClock } from "./cycle-clock.ts";
import { I2c } from "./i2c.ts";
import { Pll, Xosc } from "./oscillators.ts";
import { IoBank, type Level, PadBank, type PinListener, Pins } from "./pads.ts";
import { Ppb } from "./ppb.ts";
import { Psm, RESET_BITS, Resets } from "./resets.ts";
import { Sio } from "./sio.ts";
import { Spi } from "./spi.ts";
import { hex, StrictError } from "./strict.ts";
import { Timer, Watchdog } from "./timer.ts";
import { Uart } from "./uart.ts";

export { StrictError } from "./strict.ts";
export { UART_BREAK, UART_FRAMING, UART_PARITY } from "./uart.ts";

export type ResetReason = "watchdog" | "forced" | "run" | "power";

export interface ChipOptions {
  /** In messages. */
  name?: string;
  /** Of what memory holds at power-up. */
  seed?: number;
  /** Told of a HardFault or lockup of the guest; without it they throw. */
  onHardFault?: (text: string) => void;
}

const IRQ_UART0 = 20;
const IRQ_I2C0 = 23;
/** The ROM takes about 6 ms before the second stage runs; the firmware sees none of it. */
const BOOT_NS = 6e6;
/** The ROM does something else when it finds this in SCRATCH4 (data sheet 2.8.1.1). */
const ROM_VECTOR_MAGIC = 0xb007c0d3;

export class Chip implements System {
  readonly faults: string[] = [];
  hard_faults = 0;
  onReset: ((reason: ResetReason, time_us: number) => void) | null = null;

  readonly pins: Pins;
  readonly clock: CycleClock;
  readonly frequencies: Clocks;
  /** Memory from 0x20000000 on. */
  readonly sram: Uint8Array;

  private core: StrictCore;
  private readonly stock = new RP2040();
  private readonly bus: Bus;
  private readonly host: CoreHost;
  private readonly start: { sp: number; pc: number };
  private readonly name: string;
  private readonly uarts: [Uart, Uart];
  private readonly spis: [Spi, Spi];
  private readonly i2cs: [I2c, I2c];
  private readonly converter: Adc;
  private readonly resets: Resets;
  private readonly psm: Psm;
  private readonly watchdog: Watchdog;
  private readonly crystal: Xosc;
  private readonly chip_reset: ChipReset;
  private readonly sio: Sio;
  private readonly booted = new Alarm(() => {
    this.core.waiting = false;
  });
  private held = false;
  private pending_reset: ResetReason | null = null;
  private readonly hooks = new Map<number, (chip: Chip) => void>();

  constructor(
    image: Uint8Array,
    private readonly options: ChipOptions = {},
  ) {
    this.name = options.name ?? "chip";
    this.start = bootVectors(image, this.name);
    const { stock } = this;
    stock.flash.set(image);
    this.sram = stock.sram;
    this.bus = new Bus(this, this.sram, stock.flash);
    this.clock = new CycleClock({ cycles: 0 }, ROSC_HZ);
    this.host = this.makeHost();
    this.core = new StrictCore(stock, this.host);
    this.clock.counter = this.core;
    this.pins = new Pins(this);

    this.crystal = new Xosc(this);
    const plls = { sys: this.makePll("PLL_SYS"), usb: this.makePll("PLL_USB") };
    this.frequencies = new Clocks(this, this.crystal, () => plls);
    this.resets = new Resets(this);
    this.psm = new Psm(this);
    this.watchdog = new Watchdog(this);
    this.chip_reset = new ChipReset(this);
    this.sio = new Sio(this, this.pins);
    this.converter = new Adc(this);
    this.uarts = [new Uart(this, 0, IRQ_UART0), new Uart(this, 1, IRQ_UART0 + 1)];
    this.spis = [new Spi(this, 0), new Spi(this, 1)];
    this.i2cs = [new I2c(this, 0, IRQ_I2C0), new I2c(this, 1, IRQ_I2C0 + 1)];
    this.placeAll(plls);
    for (const spi of this.spis) this.pins.guards.push((pin, level) => spi.guard(pin, level));
    this.watchdog.onFire = (forced) => this.askReset(forced ? "forced" : "watchdog");
    this.powerUp("power");
  }

  get now_us(): number {
    return this.clock.now_ns / 1000;
  }

  get sleeping(): boolean {
    return this.held || this.core.waiting;
  }

  /** Time of the earliest event inside; Infinity: none. */
  get next_us(): number {
    return this.clock.next_ns / 1000;
  }

  /** SCRATCH0..7 of the watchdog. */
  get scratch(): Uint32Array {
    return this.watchdog.scratch;
  }

  /** R0..R15; R15 is the address of the next instruction. */
  get registers(): Uint32Array {
    return this.core.registers;
  }

  /** Instructions and waits, in periods of clk_sys since power-up. */
  get cycles(): number {
    return this.core.cycles;
  }

  setInput(pin: number, level: Level): void {
    this.pins.setInput(pin, level);
  }

  setPull(pin: number, level: Level): void {
    this.pins.setPull(pin, level);
  }

  level(pin: number): Level {
    return this.pins.level(pin);
  }

  onPin(pin: number, listener: PinListener): void {
    this.pins.listen(pin, listener);
  }

  uart(port: 0 | 1): Uart {
    return this.uarts[port];
  }

  spi(port: 0 | 1): Spi {
    return this.spis[port];
  }

  i2c(port: 0 | 1): I2c {
    return this.i2cs[port];
  }

  get adc(): Adc["source"] {
    return this.converter.source;
  }

  set adc(source: Adc["source"]) {
    this.converter.source = source;
  }

  /** Calls `hook` before the instruction at `address` (in flash) runs; null takes it away. */
  hook(address: number, hook: ((chip: Chip) => void) | null): void {
    const at = address & ~1;
    if (hook === null) this.hooks.delete(at);
    else this.hooks.set(at, hook);
    this.bus.hook(at, hook !== null);
  }

  /** For a hook: the instruction it stands before does not run and comes again, as in an endless loop. */
  stall(): void {
    this.core.stalled = true;
  }

  /** Stops the processor and the watchdog, or lets them go on; peripherals and the timer do not stop. */
  hold(on: boolean): void {
    if (on === this.held) return;
    this.held = on;
    this.watchdog.hold(on);
  }

  /** Lets time pass; at most the last instruction goes beyond `time_us`. */
  runTo(time_us: number): void {
    const { clock } = this;
    while (this.core.cycles < clock.cycleAt(time_us * 1000)) {
      clock.aim(clock.cycleAt(time_us * 1000));
      if (this.sleeping) this.core.cycles = Math.max(this.core.cycles, clock.horizon);
      else this.core.run();
      if (this.pending_reset === null) clock.fireDue();
      if (this.pending_reset !== null) this.doReset(this.pending_reset);
    }
  }

  reset(kind: "power" | "run"): void {
    this.doReset(kind);
  }

  strict(where: string, text: string): never {
    const message = `${where}: ${text}, at ${hex(this.core.instruction_pc)}, ${this.now_us} us`;
    this.faults.push(message);
    throw new StrictError(this.name, message);
  }

  setLine(irq: number, level: boolean): void {
    this.core.setLine(irq, level);
  }

  private makePll(name: string): Pll {
    return new Pll(this, name, this.crystal, () => this.frequencies.update());
  }

  private makeHost(): CoreHost {
    const { bus } = this;
    return {
      horizon: this.clock,
      bus,
      onHook: (pc) => this.hooks.get(pc)?.(this),
      onHardFault: (text) => this.guestFault(text),
      onLockup: (text) => this.guestFault(`lockup: ${text}`),
    };
  }

  private guestFault(text: string): void {
    const message = `HardFault: ${text}, ${this.now_us} us`;
    this.hard_faults++;
    this.faults.push(message);
    if (this.options.onHardFault === undefined) throw new StrictError(this.name, message);
    this.options.onHardFault(message);
  }

  /** Base addresses: data sheet 2.2. */
  private placeAll(plls: { sys: Pll; usb: Pll }): void {
    const { bus, resets } = this;
    const always = (base: number, block: Block): void =>
      bus.place(base, { block, silent: () => null });
    const held = (
      base: number,
      bit: number,
      block: Block,
      clockRuns = (): boolean => true,
    ): void => {
      resets.watch(bit, { block, clockRuns });
      bus.place(base, { block, silent: () => resets.silent(bit) });
    };
    const periRuns = (): boolean => this.frequencies.peri_hz > 0;
    const timer = new Timer(this, this.watchdog);
    held(0x40034000, RESET_BITS.UART0, this.uarts[0], periRuns);
    held(0x40038000, RESET_BITS.UART1, this.uarts[1], periRuns);
    held(0x4003c000, RESET_BITS.SPI0, this.spis[0], periRuns);
    held(0x40040000, RESET_BITS.SPI1, this.spis[1], periRuns);
    held(0x40044000, RESET_BITS.I2C0, this.i2cs[0]);
    held(0x40048000, RESET_BITS.I2C1, this.i2cs[1]);
    held(0x4004c000, RESET_BITS.ADC, this.converter, () => this.frequencies.adc_hz > 0);
    held(0x40054000, RESET_BITS.TIMER, timer);
    held(0x40028000, RESET_BITS.PLL_SYS, plls.sys);
    held(0x4002c000, RESET_BITS.PLL_USB, plls.usb);
    held(0x40014000, RESET_BITS.IO_BANK0, new IoBank(this, this.pins));
    held(0x4001c000, RESET_BITS.PADS_BANK0, new PadBank(this, this.pins));
    always(0x40008000, this.frequencies);
    always(0x4000c000, resets);
    always(0x40010000, this.psm);
    always(0x40024000, this.crystal);
    always(0x40058000, this.watchdog);
    always(0x40064000, this.chip_reset);
    always(0xd0000000, this.sio);
    always(0xe000e000, new Ppb(this, () => this.core));
  }

  /** From within an instruction or an alarm: done when that has ended. */
  private askReset(reason: ResetReason): void {
    this.pending_reset = reason;
    this.clock.horizon = 0;
  }

  private doReset(reason: ResetReason): void {
    this.pending_reset = null;
    const by_watchdog = reason === "watchdog" || reason === "forced";
    if (by_watchdog && this.watchdog.scratch[4] === ROM_VECTOR_MAGIC) {
      this.strict("boot ROM", "SCRATCH4 would make it leave the normal way");
    }
    if (!by_watchdog || this.psm.fired()) this.crystal.reset();
    this.onReset?.(reason, this.now_us);
    this.powerUp(by_watchdog ? "watchdog" : reason);
  }

  private powerUp(kind: "power" | "run" | "watchdog"): void {
    const seed = this.options.seed ?? 1;
    const old = this.core;
    this.core = new StrictCore(this.stock, this.host);
    this.core.cycles = old.cycles;
    this.clock.counter = this.core;
    this.psm.reset();
    this.watchdog.reset();
    if (kind !== "watchdog") {
      this.watchdog.scratch.fill(0);
      this.watchdog.reason = 0;
      this.chip_reset.set(kind);
    }
    if (kind === "power") fillNoise(this.sram, seed);
    this.frequencies.reset();
    this.clock.setFrequency(ROSC_HZ);
    this.resets.reset();
    this.sio.reset();
    spoilRomRam(this.sram, seed + 1);
    this.core.waiting = true; // as if asleep, while the ROM loads
    this.clock.set(this.booted, this.clock.now_ns + BOOT_NS);
    this.core.VTOR = VECTORS;
    this.core.SP = this.start.sp;
    this.core.PC = this.start.pc;
  }
}
