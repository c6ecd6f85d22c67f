/** Pins GP0..29: pads (data sheet 2.19.6.3), their functions (2.19.2) and levels on the wires outside. Two
 *  drivers with different levels end the simulation. Not modelled: interrupts of pins, overrides. */

import {
  Block,
  FUNCTION_I2C,
  FUNCTION_NONE,
  FUNCTION_SIO,
  FUNCTION_SPI,
  FUNCTION_UART,
  type PinAccess,
  type System,
} from "./block.ts";

export const PIN_COUNT = 30;
export type Level = 0 | 1 | null;
export type PinListener = (level: Level, time_us: number) => void;

const PAD_RESET = 0x56;
const PAD_OFF = 1 << 7;
const PAD_INPUT = 1 << 6;
const PAD_UP = 1 << 3;
const PAD_DOWN = 1 << 2;

/** Roles by pin number (data sheet table 2): four in turn for UART and SPI, two for I2C. */
export function uartRole(pin: number): { port: number; role: "tx" | "rx" | "cts" | "rts" } {
  return { port: ((pin + 4) >> 3) & 1, role: (["tx", "rx", "cts", "rts"] as const)[pin & 3] };
}

export function spiRole(pin: number): { port: number; role: "rx" | "cs" | "sck" | "tx" } {
  return { port: (pin >> 3) & 1, role: (["rx", "cs", "sck", "tx"] as const)[pin & 3] };
}

export function i2cRole(pin: number): { port: number; role: "sda" | "scl" } {
  return { port: (pin >> 1) & 1, role: (["sda", "scl"] as const)[pin & 1] };
}

export class Pins implements PinAccess {
  /** Levels of the pads whose input is enabled, bit 0 is GP0. */
  inputs = 0;
  /** SIO's registers. */
  sio_out = 0;
  sio_enable = 0;
  /** Sees every change first; throws when it must not be. */
  readonly guards: ((pin: number, level: Level) => void)[] = [];

  readonly pads = new Uint32Array(PIN_COUNT).fill(PAD_RESET);
  readonly functions = new Uint8Array(PIN_COUNT).fill(FUNCTION_NONE);
  private readonly outside: Level[] = Array.from({ length: PIN_COUNT }, () => null);
  private readonly resistors: Level[] = Array.from({ length: PIN_COUNT }, () => null);
  private readonly levels: Level[] = Array.from({ length: PIN_COUNT }, () => null);
  private readonly listeners: PinListener[][] = Array.from({ length: PIN_COUNT }, () => []);

  constructor(private readonly system: System) {}

  functionOf(pin: number): number {
    return this.functions[pin];
  }

  inputEnabled(pin: number): boolean {
    return (this.pads[pin] & PAD_INPUT) !== 0;
  }

  pulled(pin: number): boolean {
    return (this.pads[pin] & (PAD_UP | PAD_DOWN)) !== 0;
  }

  level(pin: number): Level {
    return this.levels[pin];
  }

  setInput(pin: number, level: Level): void {
    this.outside[pin] = level;
    this.refreshPin(pin);
  }

  setPull(pin: number, level: Level): void {
    this.resistors[pin] = level;
    this.refreshPin(pin);
  }

  listen(pin: number, listener: PinListener): void {
    this.listeners[pin].push(listener);
  }

  refresh(): void {
    for (let pin = 0; pin < PIN_COUNT; pin++) this.refreshPin(pin);
  }

  /** Of SIO: the bits of `mask` changed. */
  refreshMask(mask: number): void {
    for (let left = mask; left !== 0; left &= left - 1)
      this.refreshPin(31 - Math.clz32(left & -left));
  }

  refreshPin(pin: number): void {
    const level = this.resolve(pin);
    const bit = 1 << pin;
    if (level === 1 && this.inputEnabled(pin)) this.inputs |= bit;
    else this.inputs &= ~bit;
    if (level === this.levels[pin]) return;
    for (const guard of this.guards) guard(pin, level);
    this.levels[pin] = level;
    const time_us = this.system.clock.now_ns / 1000;
    for (const listener of this.listeners[pin]) listener(level, time_us);
  }

  private resolve(pin: number): Level {
    const inside = this.driven(pin);
    const outside = this.outside[pin];
    if (inside !== null && outside !== null && inside !== outside) {
      this.system.strict(`GP${pin}`, `driven to ${inside} against ${outside} from outside`);
    }
    const driven = inside ?? outside ?? this.resistors[pin];
    if (driven !== null) return driven;
    const pulls = this.pads[pin] & (PAD_UP | PAD_DOWN);
    if (pulls === PAD_UP) return 1;
    if (pulls === PAD_DOWN) return 0;
    return pulls === 0 ? null : this.levels[pin]; // both: the pad keeps what there is (2.19.4.1)
  }

  /** What the chip drives. SPI and UART outputs show their level at rest: what happens within a byte is not
   *  drawn. */
  private driven(pin: number): Level {
    if ((this.pads[pin] & PAD_OFF) !== 0) return null;
    const bit = 1 << pin;
    switch (this.functions[pin]) {
      case FUNCTION_SIO:
        return (this.sio_enable & bit) === 0 ? null : (this.sio_out & bit) !== 0 ? 1 : 0;
      case FUNCTION_UART: {
        const { role } = uartRole(pin);
        return role === "tx" || role === "rts" ? 1 : null;
      }
      case FUNCTION_SPI: {
        const { role } = spiRole(pin);
        if (role === "rx") return null;
        return role === "cs" ? 1 : 0;
      }
      default:
        return null; // I2C only pulls low, within a byte
    }
  }
}

const CTRL_UNUSED = 0x3333_0300 >>> 0;

/** IO_BANK0: STATUS and CTRL of each pin. */
export class IoBank extends Block {
  constructor(
    system: System,
    private readonly wires: Pins,
  ) {
    super(system, "IO_BANK0");
  }

  reset(): void {
    this.wires.functions.fill(FUNCTION_NONE);
    this.wires.refresh();
  }

  read(offset: number): number {
    const pin = offset >> 3;
    if (pin >= PIN_COUNT) return this.unknown(offset);
    if ((offset & 4) !== 0) return this.wires.functions[pin];
    const seen = this.wires.level(pin) === 1;
    return (seen ? 1 << 17 : 0) | (seen && this.wires.inputEnabled(pin) ? 1 << 19 : 0);
  }

  write(offset: number, value: number): void {
    const pin = offset >> 3;
    if (pin >= PIN_COUNT || (offset & 4) === 0) return this.unknown(offset, value);
    if ((value & CTRL_UNUSED) !== 0) this.strict(`overrides of GP${pin} are not modelled`);
    const chosen = value & 31;
    const known = [FUNCTION_SPI, FUNCTION_UART, FUNCTION_I2C, FUNCTION_SIO, FUNCTION_NONE];
    if (!known.includes(chosen)) this.strict(`function ${chosen} of GP${pin} is not modelled`);
    this.wires.functions[pin] = chosen;
    this.wires.refreshPin(pin);
  }
}

/** PADS_BANK0. */
export class PadBank extends Block {
  private voltage = 0;

  constructor(
    system: System,
    private readonly wires: Pins,
  ) {
    super(system, "PADS_BANK0");
  }

  reset(): void {
    this.voltage = 0;
    this.wires.pads.fill(PAD_RESET);
    this.wires.refresh();
  }

  read(offset: number): number {
    if (offset === 0) return this.voltage;
    const pin = (offset >> 2) - 1;
    return pin < PIN_COUNT ? this.wires.pads[pin] : this.unknown(offset);
  }

  write(offset: number, value: number): void {
    const pin = (offset >> 2) - 1;
    if (offset === 0 && value !== 0) this.strict("pads for 1.8 V on a board of 3.3 V");
    if (offset === 0) return;
    if (pin >= PIN_COUNT) return this.unknown(offset, value);
    this.wires.pads[pin] = value & 0xff;
    this.wires.refreshPin(pin);
  }
}
