/** An emulated chip played by a core in V8, at the level of pins, bytes and characters: with it the box of
 *  two chips can be compared with the box of two cores to the microsecond. Time is that of the V8 box:
 *  it stands still but for transfers. Resets are not played. */

import type { Core, HalImports, McuName } from "../../boards/virtual/box.ts";
import type { Level, PicoChip, PicoI2c } from "../../boards/virtual/rp2040/pins-chip.ts";
import { CHARACTER_BITS } from "../../boards/virtual/devices/uart.ts";

const TICK_US = 1000;
/** SPI devices of HAL.md: port, select, us a byte. */
const SPI = [
  { port: 0, select: 5, byte_us: 1 },
  { port: 1, select: 14, byte_us: 1 },
  { port: 1, select: 13, byte_us: 1 },
  { port: 0, select: 17, byte_us: 1 },
  { port: 1, select: 13, byte_us: 2 },
] as const;
/** GPIO of the pins of HAL.md. */
const PINS = [6, 7, 8, 9, 15, 16, 14];
const DIRECTION = 7;
const FORMATS = ["8N1", "8E1", "8N2"];

class FakeSpi {
  selects: number[] = [];
  onExchange: ((mosi: number, select: number, time_us: number) => number) | null = null;
}

class FakeUart {
  onByte: ((byte: number, start_us: number, end_us: number) => void) | null = null;
  character_us = 0;
  bits = 10;
  format = "8N1";
  baud = 0;
  last_us = 0;
  row_us = 0;
  row = 0;
  waiting: { byte: number; start_us: number; end_us: number }[] = [];
  received: { byte: number; end_us: number }[] = [];

  receive(byte: number, end_us: number): void {
    if (this.character_us > 0) this.received.push({ byte, end_us });
  }

  open(baud: number, format: number, now_us: number): void {
    Object.assign(this, { baud, format: FORMATS[format], bits: CHARACTER_BITS[format] });
    this.character_us = (this.bits * 1e6) / baud;
    this.last_us = now_us;
    this.waiting = [];
    this.received = [];
    this.row = 0;
  }

  /** End of the row, us; it is over when that has passed. */
  get end_us(): number {
    return this.row_us + Math.ceil((this.row * this.bits * 1e6) / this.baud);
  }

  write(byte: number, now_us: number): void {
    if (this.row === 0 || now_us >= this.end_us) {
      this.row_us = now_us;
      this.row = 0;
    }
    const start_us = this.end_us;
    this.row++;
    this.waiting.push({ byte, start_us, end_us: this.end_us });
  }

  read(capacity: number, now_us: number): number[] {
    const taken: number[] = [];
    while (taken.length < capacity && (this.received[0]?.end_us ?? Infinity) <= now_us) {
      const { byte, end_us } = this.received.shift()!;
      this.last_us = end_us;
      taken.push(byte);
    }
    return taken;
  }

  idleUs(now_us: number): number {
    for (const { end_us } of this.received) if (end_us <= now_us) this.last_us = end_us;
    return Math.min(0x7fffffff, now_us - this.last_us);
  }
}

export class FakeChip implements PicoChip {
  readonly sleeping = false;
  readonly next_us = 0;
  onReset: PicoChip["onReset"] = null;
  adc: PicoChip["adc"] = null;
  readonly scratch = new Uint32Array(8);
  private readonly listeners: [number, (level: Level, time_us: number) => void][] = [];
  private readonly inputs = new Map<number, Level>();
  private readonly spis = [new FakeSpi(), new FakeSpi()];
  private readonly uarts = [new FakeUart(), new FakeUart()];
  private readonly bus: PicoI2c = { onStart: null, onWrite: null, onRead: null, onStop: null };
  private memory = (): Uint8Array => new Uint8Array(0);
  private running: { init(): void; tick(): void } | null = null;
  private tick_us = 0;
  /** Time of the tick's transfers. */
  private spent_us = 0;
  private at_us = 0;
  /** The core runs: its time is ahead by its transfers. */
  private entered = false;
  private release_us = Infinity;
  private held_at_us = Infinity;

  constructor(
    readonly name: McuName,
    private readonly core: Core,
  ) {}

  /** Runs everything before `time_us`. */
  runTo(time_us: number): void {
    if (this.running === null) {
      this.running = this.core.start(this.hal());
      this.enter(() => this.running?.init());
    }
    while (this.held_at_us === Infinity) {
      const character = this.firstCharacter();
      const next_us = Math.min(this.release_us, this.tick_us + TICK_US);
      const at_us = Math.min(character?.start_us ?? Infinity, next_us);
      if (at_us >= time_us) break;
      this.at_us = at_us;
      if (this.release_us === at_us) this.release();
      else if (character && character.start_us === at_us) this.send();
      else this.tick();
    }
    this.at_us = time_us;
  }

  /** Only at a ms of the box, where its ticks are: the one that is due comes before. */
  hold(on: boolean): void {
    if (on && this.tick_us + TICK_US === this.at_us) this.tick();
    if (!on) this.tick_us = this.at_us - (this.held_at_us - this.tick_us);
    this.held_at_us = on ? this.at_us : Infinity;
  }

  reset(): void {
    throw new Error("a fake chip has no reset");
  }

  setInput(pin: number, level: Level): void {
    this.inputs.set(pin, level);
  }

  setPull(): void {
    // the fake drives all its outputs
  }

  level(pin: number): Level {
    return this.inputs.get(pin) ?? 1;
  }

  onPin(pin: number, listener: (level: Level, time_us: number) => void): void {
    this.listeners.push([pin, listener]);
  }

  uart(port: 0 | 1): FakeUart {
    return this.uarts[port];
  }

  spi(port: 0 | 1): FakeSpi {
    return this.spis[port];
  }

  i2c(): PicoI2c {
    return this.bus;
  }

  private enter(run: () => void): void {
    this.entered = true;
    run();
    this.entered = false;
  }

  private tick(): void {
    this.tick_us += TICK_US;
    if (this.spent_us > TICK_US) {
      this.spent_us -= TICK_US;
      return;
    }
    this.spent_us = 0;
    this.enter(() => this.running?.tick());
  }

  private firstCharacter(): FakeUart["waiting"][number] | undefined {
    const [link, line] = this.uarts.map((uart) => uart.waiting[0]);
    return line === undefined || (link && link.start_us <= line.start_us) ? link : line;
  }

  /** The character whose start bit begins now, and the direction pin around a row. */
  private send(): void {
    const port = this.uarts.findIndex((uart) => uart.waiting[0]?.start_us === this.at_us);
    const uart = this.uarts[port];
    const { byte, start_us, end_us } = uart.waiting.shift()!;
    if (port === 1) {
      this.drive(DIRECTION, 1);
      this.release_us = end_us;
    }
    uart.onByte?.(byte, start_us, end_us);
  }

  /** The last stop bit has gone. */
  private release(): void {
    const is_over = this.uarts[1].waiting[0]?.start_us !== this.release_us;
    this.release_us = Infinity;
    if (is_over) this.drive(DIRECTION, 0);
  }

  private drive(pin: number, level: 0 | 1): void {
    for (const [of, listener] of this.listeners) {
      if (of === pin) listener(level, this.now_us);
    }
  }

  get now_us(): number {
    return this.entered ? this.tick_us + this.spent_us : this.at_us;
  }

  private hal(): HalImports {
    return {
      attach: (given) => {
        this.memory = () => (given instanceof Uint8Array ? given : new Uint8Array(given.buffer));
      },
      now_ms: () => Math.floor((this.tick_us + this.spent_us) / 1000),
      now_us: () => (this.tick_us + this.spent_us) | 0,
      spi: (device, address, size) => this.transfer(device, address, size),
      ...this.uartCalls(),
      i2c: (device, address, writes, reads) => this.exchange(device, address, writes, reads),
      pin_read: (pin) => this.level(PINS[pin]) ?? 1,
      pin_write: (pin, level) => this.drive(PINS[pin], level === 0 ? 0 : 1),
      adc: (channel) => this.adc!(channel, this.tick_us + this.spent_us),
      watchdog: () => undefined,
      fault: (code, detail) => {
        throw new Error(`fault ${code}, ${detail}`);
      },
      boot_reason: () => 0,
    };
  }

  private transfer(device: number, address: number, size: number): void {
    const { port, select, byte_us } = SPI[device];
    const memory = this.memory();
    this.drive(select, 0);
    for (let i = address >>> 0; i < (address >>> 0) + size; i++) {
      this.spent_us += byte_us;
      memory[i] = this.spis[port].onExchange!(memory[i], select, this.now_us);
    }
    this.drive(select, 1);
  }

  private exchange(device: number, address: number, writes: number, reads: number): number {
    const { bus } = this;
    const memory = this.memory();
    if (writes > 0 || reads === 0) bus.onStart!(device, false, this.now_us);
    for (let i = 0; i < writes; i++) bus.onWrite!(memory[address + i], this.now_us);
    if (reads > 0) bus.onStart!(device, true, this.now_us);
    for (let i = 0; i < reads; i++) {
      memory[address + i] = bus.onRead!(i === reads - 1, this.now_us);
    }
    bus.onStop!(this.now_us);
    const bytes = 1 + writes + (reads > 0 ? 1 + reads : 0);
    this.spent_us += Math.ceil(bytes * 22.5);
    return 0;
  }

  private uartCalls(): Pick<HalImports, "uart_open" | "uart_read" | "uart_write" | "uart_idle_us"> {
    const now = (): number => this.tick_us + this.spent_us;
    return {
      uart_open: (port, baud, format) => this.uarts[port].open(baud, format, now()),
      uart_read: (port, address, capacity) => {
        const taken = this.uarts[port].read(capacity, now());
        this.memory().set(taken, address >>> 0);
        return taken.length;
      },
      uart_write: (port, address, size) => {
        const bytes = this.memory().slice(address >>> 0, (address >>> 0) + size);
        for (const byte of bytes) this.uarts[port].write(byte, now());
        return size;
      },
      uart_idle_us: (port) => this.uarts[port].idleUs(now()),
    };
  }
}
