/** Runs a core that lives inside a test suite's own wasm module: the suite calls the core, its HAL
 *  imports come here and are handed to the box that is open at that moment. */

import type { Core, HalImports } from "./core.ts";
import { CoreFault } from "./errors.ts";
import { BOOT_FAULT, type Mcu } from "./mcu.ts";

export class SuiteCore implements Core {
  private hal: HalImports | null = null;
  private mcu: Mcu | null = null;
  private memory: WebAssembly.Memory | null = null;

  /** The suite's memory, known once its module was made. */
  attach(memory: WebAssembly.Memory): void {
    this.memory = memory;
  }

  /** The MCU whose core this is, once its box was made. */
  serve(mcu: Mcu | null): void {
    this.mcu = mcu;
  }

  /** A start of the board: the suite calls init() and tick() of its core itself. */
  start(hal: HalImports): { init(): void; tick(): void } {
    if (!this.memory) throw new Error("the suite has no memory yet");
    hal.attach(this.memory);
    this.hal = hal;
    const nothing = (): void => undefined;
    return { init: nothing, tick: nothing };
  }

  /** The imports of module "hal". */
  imports(): Omit<HalImports, "attach"> {
    const hal = (): HalImports => {
      if (!this.hal) throw new Error("a HAL call before bench_open");
      return this.hal;
    };
    return {
      now_ms: () => hal().now_ms(),
      now_us: () => hal().now_us(),
      spi: (device, address, size) => hal().spi(device, address, size),
      uart_open: (port, baud, format) => hal().uart_open(port, baud, format),
      uart_read: (port, address, capacity) => hal().uart_read(port, address, capacity),
      uart_write: (port, address, size) => hal().uart_write(port, address, size),
      uart_idle_us: (port) => hal().uart_idle_us(port),
      i2c: (device, address, writes, reads) => hal().i2c(device, address, writes, reads),
      pin_read: (pin) => hal().pin_read(pin),
      pin_write: (pin, level) => hal().pin_write(pin, level),
      adc: (channel) => hal().adc(channel),
      watchdog: () => hal().watchdog(),
      fault: (code, detail) => this.fault(code, detail),
      boot_reason: () => hal().boot_reason(),
    };
  }

  /** Restarts the MCU and ends the call of the core; the suite catches it with expect().toThrow(). */
  private fault(code: number, detail: number): void {
    const error = new CoreFault(`fault ${code}, ${detail}`, code, detail);
    this.mcu?.restart(BOOT_FAULT, code, detail, error);
    this.mcu?.restartNow();
    throw error;
  }
}
