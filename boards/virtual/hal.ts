/** The HAL calls of boards/HAL.md for one core: checks every range, spends the time of transfers and
 *  hands whole buffers to the devices. */

import type { HalImports } from "./core.ts";
import { CoreFault } from "./errors.ts";
import type { Mcu } from "./mcu.ts";
import type { Wiring } from "./wiring.ts";
import { FORMAT_8N1, FORMAT_8N2, type SerialPort } from "./devices/uart.ts";

const SPI_SIZE_LIMIT = 512;
const UART_SIZE_LIMIT = 512;
const I2C_SIZE_LIMIT = 32;
const BAUD_LOWEST = 1200;
const BAUD_HIGHEST = 115_200;
/** 400 kHz, nine bits a byte: 22.5 us; counted in half microseconds. */
const I2C_BYTE_HALF_US = 45;

/** Changes what arrives of the bytes of one uart_write; absent: nothing is changed. */
export type WireTap = (port: number) => ((bytes: Uint8Array) => Uint8Array) | undefined;

/** `isDead` tells that power went in this tick: what is sent then does not leave the chip.
 *  `onOpen` is told the format of a port that was opened. */
export interface HalOptions {
  isDead: () => boolean;
  tap: WireTap;
  onOpen: (port: number, baud: number, format: number) => void;
}

/** The core's linear memory behind one gate. */
class Guest {
  bytes: Uint8Array = new Uint8Array(0);
  private owner: WebAssembly.Memory | null = null;

  attach(given: WebAssembly.Memory | Uint8Array): void {
    this.owner = given instanceof WebAssembly.Memory ? given : null;
    this.bytes = given instanceof WebAssembly.Memory ? new Uint8Array(given.buffer) : given;
  }

  /** Returns the offset of a buffer that lies wholly in memory. */
  span(address: number, size: number): number {
    const offset = address >>> 0;
    if (this.owner !== null && this.bytes.byteLength === 0) this.attach(this.owner); // it grew
    if (offset + size > this.bytes.length) {
      throw new CoreFault(`buffer ${offset} + ${size} is outside of memory`);
    }
    return offset;
  }

  /** The same for a size that must be 1..`limit`. */
  sized(address: number, size: number, limit: number): number {
    if (size < 1 || size > limit) throw new CoreFault(`size ${size}`);
    return this.span(address, size);
  }
}

export function makeHal(mcu: Mcu, wiring: Wiring, options: HalOptions): HalImports {
  const guest = new Guest();
  return {
    attach: (memory) => guest.attach(memory),
    ...busCalls(mcu, wiring, guest),
    ...uartCalls(mcu, wiring, guest, options),
    now_ms: () => mcu.tick_ms + Math.floor(mcu.offset_us / 1000),
    now_us: () => (Math.imul(mcu.tick_ms, 1000) + mcu.offset_us) | 0,
    pin_read: (pin) => wiring.pinRead(pin),
    pin_write: (pin, level) => {
      if (level !== 0 && level !== 1) throw new CoreFault(`pin level ${level}`);
      wiring.pinWrite(pin, level);
    },
    adc: (channel) => wiring.adc(channel, mcu.tick_us + mcu.offset_us),
    watchdog: () => {
      mcu.fed_ms = (mcu.tick_ms + Math.floor(mcu.offset_us / 1000)) | 0;
    },
    fault: (code, detail) => {
      throw new CoreFault(`fault ${code}, ${detail}`, code, detail);
    },
    boot_reason: () => mcu.boot_reason,
  };
}

function busCalls(mcu: Mcu, wiring: Wiring, guest: Guest): Pick<HalImports, "spi" | "i2c"> {
  return {
    spi: (device, address, size) => {
      const offset = guest.sized(address, size, SPI_SIZE_LIMIT);
      mcu.offset_us += size * wiring.spiByteUs(device);
      wiring.spi(device, guest.bytes, offset, size);
    },
    i2c: (device, address, write_size, read_size) => {
      if (device < 0 || device > 0x7f) throw new CoreFault(`I2C device ${device}`);
      if (write_size < 0 || write_size > I2C_SIZE_LIMIT) throw new CoreFault(`size ${write_size}`);
      if (read_size < 0 || read_size > I2C_SIZE_LIMIT) throw new CoreFault(`size ${read_size}`);
      const offset = guest.span(address, Math.max(write_size, read_size));
      const result = wiring.i2c(device, guest.bytes, offset, write_size, read_size);
      const read_bytes = read_size > 0 ? 1 + read_size : 0;
      const bytes = result === 0 ? 1 + write_size + read_bytes : 1;
      mcu.offset_us += (bytes * I2C_BYTE_HALF_US + 1) >> 1;
      return result;
    },
  };
}

type UartCalls = Pick<HalImports, "uart_open" | "uart_read" | "uart_write" | "uart_idle_us">;

function uartCalls(mcu: Mcu, wiring: Wiring, guest: Guest, options: HalOptions): UartCalls {
  const { uarts } = wiring;
  const uart = (port: number): SerialPort => {
    if (port < 0 || port >= uarts.length) throw new CoreFault(`no UART ${port}`);
    return uarts[port];
  };
  const open = (port: number): SerialPort => {
    const opened = uart(port);
    if (!opened.opened) throw new CoreFault(`UART ${port} is not open`);
    return opened;
  };
  return {
    uart_open: (port, baud, format) => {
      if (baud < BAUD_LOWEST || baud > BAUD_HIGHEST) throw new CoreFault(`${baud} baud`);
      if (format < FORMAT_8N1 || format > FORMAT_8N2) throw new CoreFault(`format ${format}`);
      uart(port).open(baud, format, mcu.time_us);
      options.onOpen(port, baud, format);
    },
    uart_read: (port, address, capacity) => {
      const offset = guest.sized(address, capacity, UART_SIZE_LIMIT);
      const opened = open(port);
      if (opened.quiet) return 0; // nearly always: the time is not worth making a number of
      return opened.read(guest.bytes, offset, capacity, mcu.tick_us + mcu.offset_us);
    },
    uart_write: (port, address, size) => {
      const offset = guest.sized(address, size, UART_SIZE_LIMIT);
      const sender = open(port);
      if (options.isDead()) return size;
      return sender.write(guest.bytes, offset, size, mcu.time_us, options.tap(port));
    },
    uart_idle_us: (port) => open(port).idleUs(mcu.tick_us + mcu.offset_us),
  };
}
