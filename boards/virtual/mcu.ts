/** One microcontroller: its time, watchdog, stops and restarts. What its pins are wired to is in
 *  wiring.ts. Within a tick its time stands still except for transfers. */

import type { Core, HalImports, RunningCore } from "./core.ts";
import { CoreFault } from "./errors.ts";
import type { McuName } from "./events.ts";

export const BOOT_POWER = 0;
export const BOOT_WATCHDOG = 1;
export const BOOT_FAULT = 2;
export const BOOT_RESET = 3;

const TICK_US = 1000;
/** HAL.md, watchdog. */
export const WATCHDOG_MS = 1000;

export interface McuWatcher {
  /** The core stopped: outputs go to rest, ports close. */
  stopped(mcu: Mcu): void;
  /** The core is about to be started anew. */
  restarting(mcu: Mcu, reason: number, detail: number, error?: Error): void;
  /** HAL calls for a core that starts now. */
  hal(mcu: Mcu): HalImports;
}

export class Mcu {
  /** Start of the present tick, us since the box was made. */
  tick_us = 0;
  /** Time the present tick has spent in transfers. */
  offset_us = 0;
  /** Milliseconds since this MCU started, 32 bits. */
  tick_ms = 0;
  /** Of tick_ms, when the watchdog was fed last. */
  fed_ms = 0;
  boot_reason = BOOT_POWER;
  /** The present tick is the core's to run: the last one is over. */
  due = false;

  private running: RunningCore | null = null;
  private restart_wanted = false;
  private restart_reason = BOOT_POWER;
  private restart_detail = 0;
  private restart_error: Error | undefined;

  constructor(
    readonly name: McuName,
    private readonly core: Core,
    private readonly watcher: McuWatcher,
  ) {}

  /** Present time as this MCU's devices see it. */
  get time_us(): number {
    return this.tick_us + this.offset_us;
  }

  /** Power came up at `now_us`. */
  powerOn(now_us: number): void {
    this.boot(now_us, BOOT_POWER);
  }

  /** Power is gone: nothing runs any more. */
  powerOff(): void {
    this.running = null;
    this.restart_wanted = false;
  }

  /** Stops the core; it starts again at the next millisecond. */
  restart(reason: number, code = 0, detail = 0, error?: Error): void {
    this.running = null;
    this.restart_wanted = true;
    this.restart_reason = reason | (code << 8) | 0;
    this.restart_detail = detail;
    this.restart_error = error;
    this.watcher.stopped(this);
  }

  /** The millisecond at `now_us` begins. */
  begin(now_us: number): void {
    this.tick_us = now_us;
    this.tick_ms = (this.tick_ms + 1) | 0;
    if (this.offset_us > TICK_US) {
      this.offset_us -= TICK_US; // still in the transfers of an earlier tick
      this.due = false;
      return;
    }
    this.offset_us = 0;
    this.due = true;
    if (((this.tick_ms - this.fed_ms) | 0) >= WATCHDOG_MS && this.running) {
      this.restart(BOOT_WATCHDOG);
    }
  }

  /** Stood still for `ms`, the watchdog too. */
  hold(ms: number): void {
    this.tick_us += ms * TICK_US;
    this.tick_ms = (this.tick_ms + ms) | 0;
    this.fed_ms = (this.fed_ms + ms) | 0;
  }

  /** Runs the core for the millisecond that began. */
  run(): void {
    if (!this.due) return;
    if (this.restart_wanted) {
      this.restartNow();
      return;
    }
    const running = this.running;
    if (running === null) return;
    try {
      running.tick();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Carries out a wanted restart. */
  restartNow(): void {
    this.restart_wanted = false;
    const { restart_reason, restart_detail, restart_error } = this;
    this.watcher.restarting(this, restart_reason, restart_detail, restart_error);
    this.boot(this.tick_us, restart_reason);
  }

  private boot(now_us: number, reason: number): void {
    this.tick_us = now_us;
    this.offset_us = 0;
    this.tick_ms = 0;
    this.fed_ms = 0;
    this.boot_reason = reason;
    this.restart_wanted = false;
    this.due = true;
    try {
      this.running = this.core.start(this.watcher.hal(this));
      this.running.init();
    } catch (error) {
      this.failed(error);
    }
  }

  /** A trap or a fault restarts the core; anything else is an error of the simulation. */
  private failed(error: unknown): void {
    if (error instanceof CoreFault) {
      this.restart(BOOT_FAULT, error.code, error.detail, error);
    } else if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
      this.restart(BOOT_FAULT, 0, 0, error); // RangeError: V8's report of a stack overflow
    } else {
      throw error;
    }
  }
}
