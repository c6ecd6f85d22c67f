/** A line of text for every HAL call, so that the same core on two engines can be compared:
 *    <time_us> <mcu> <call> <arguments> [<hex sent>] [-> <result> [<hex received>]]
 *  and "<time_us> <mcu> init" or "tick" before the calls of each entry. Time is that of the MCU when
 *  the call returns. Only bytes that matter are written: what went out, what came in. */

import type { Core, HalImports } from "./core.ts";

export type TraceLine = (line: string) => void;

/** Wraps `core` so that each HAL call writes a line; `timeUs` is the MCU's time. */
export function tracedCore(core: Core, name: string, timeUs: () => number, line: TraceLine): Core {
  return {
    start(hal) {
      const say = (text: string): void => line(`${timeUs()} ${name} ${text}`);
      const running = core.start(tracedHal(hal, say));
      return {
        init() {
          say("init");
          running.init();
        },
        tick() {
          say("tick");
          running.tick();
        },
      };
    },
  };
}

/** Writes the lines of one core. */
class Teller {
  /** The core's memory, which may grow. */
  memory: WebAssembly.Memory | Uint8Array = new Uint8Array(0);

  constructor(readonly say: TraceLine) {}

  /** A space and the bytes at `address`, or nothing. */
  hex(address: number, size: number): string {
    if (size <= 0) return "";
    const { memory } = this;
    const bytes = memory instanceof Uint8Array ? memory : new Uint8Array(memory.buffer);
    const start = address >>> 0;
    return " " + Buffer.from(bytes.subarray(start, start + size)).toString("hex");
  }

  /** Makes a call; one that ends the core gets its line here, with "!". */
  call<T>(text: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      this.say(`${text} !`);
      throw error;
    }
  }

  /** A call with a plain result. */
  value(text: string, call: () => number): number {
    const value = this.call(text, call);
    this.say(`${text} -> ${value}`);
    return value;
  }

  /** A call without a result. */
  silent(text: string, call: () => void): void {
    this.call(text, call);
    this.say(text);
  }
}

function tracedHal(hal: HalImports, say: TraceLine): HalImports {
  const tell = new Teller(say);
  return {
    ...tracedBuffers(hal, tell),
    now_ms: () => tell.value("now_ms", () => hal.now_ms() >>> 0),
    now_us: () => tell.value("now_us", () => hal.now_us() >>> 0),
    uart_open: (port, baud, format) =>
      tell.silent(`uart_open ${port} ${baud} ${format}`, () => hal.uart_open(port, baud, format)),
    uart_idle_us: (port) => tell.value(`uart_idle_us ${port}`, () => hal.uart_idle_us(port)),
    pin_read: (pin) => tell.value(`pin_read ${pin}`, () => hal.pin_read(pin)),
    pin_write: (pin, level) =>
      tell.silent(`pin_write ${pin} ${level}`, () => hal.pin_write(pin, level)),
    adc: (channel) => tell.value(`adc ${channel}`, () => hal.adc(channel)),
    watchdog: () => tell.silent("watchdog", () => hal.watchdog()),
    fault: (code, detail) => tell.silent(`fault ${code} ${detail}`, () => hal.fault(code, detail)),
    boot_reason: () => tell.value("boot_reason", () => hal.boot_reason()),
  };
}

type BufferCalls = Pick<HalImports, "attach" | "spi" | "uart_read" | "uart_write" | "i2c">;

function tracedBuffers(hal: HalImports, tell: Teller): BufferCalls {
  return {
    attach(memory) {
      tell.memory = memory;
      hal.attach(memory);
    },
    spi(device, address, size) {
      const text = `spi ${device} ${address >>> 0} ${size}${tell.hex(address, size)}`;
      tell.call(text, () => hal.spi(device, address, size));
      tell.say(`${text} ->${tell.hex(address, size)}`);
    },
    uart_read(port, address, capacity) {
      const text = `uart_read ${port} ${address >>> 0} ${capacity}`;
      const count = tell.call(text, () => hal.uart_read(port, address, capacity));
      tell.say(`${text} -> ${count}${tell.hex(address, count)}`);
      return count;
    },
    uart_write(port, address, size) {
      const text = `uart_write ${port} ${address >>> 0} ${size}${tell.hex(address, size)}`;
      return tell.value(text, () => hal.uart_write(port, address, size));
    },
    i2c(device, address, write_size, read_size) {
      const sent = tell.hex(address, write_size);
      const text = `i2c ${device} ${address >>> 0} ${write_size} ${read_size}${sent}`;
      const code = tell.call(text, () => hal.i2c(device, address, write_size, read_size));
      tell.say(`${text} -> ${code}${code === 0 ? tell.hex(address, read_size) : ""}`);
      return code;
    },
  };
}
