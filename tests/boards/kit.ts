/** What the board's tests share: cores made of a few lines of TypeScript instead of wasm. */

import {
  Box,
  type BoxOptions,
  type Core,
  type HalImports,
  type McuName,
} from "../../boards/virtual/box.ts";

/** A core that can be told from outside what to do in its next ticks. */
export class ScriptedCore implements Core {
  readonly memory = new Uint8Array(1024);
  /** Of the present life. */
  hal!: HalImports;
  starts = 0;
  ticks = 0;
  /** now_ms of each tick, when recording. */
  tick_times_ms: number[] | null = null;
  feeds = true;
  onInit: (hal: HalImports) => void = () => undefined;
  onTick: (hal: HalImports) => void = () => undefined;

  start(hal: HalImports): { init(): void; tick(): void } {
    hal.attach(this.memory);
    this.hal = hal;
    return {
      init: () => {
        this.starts++;
        this.onInit(hal);
      },
      tick: () => {
        this.ticks++;
        this.tick_times_ms?.push(hal.now_ms());
        if (this.feeds) hal.watchdog();
        this.onTick(hal);
      },
    };
  }

  /** Sends `bytes` to an SPI device and returns what came back. */
  spi(device: number, bytes: number[]): number[] {
    this.memory.set(bytes);
    this.hal.spi(device, 0, bytes.length);
    return [...this.memory.subarray(0, bytes.length)];
  }
}

export interface Rig {
  box: Box;
  meter: ScriptedCore;
  panel: ScriptedCore;
  restarts: { mcu: McuName; reason: number; detail: number; time_us: number }[];
}

/** A box with two scripted cores, powered at 0 us. */
export function rig(options: BoxOptions = {}, prepare: (rig: Rig) => void = () => undefined): Rig {
  const meter = new ScriptedCore();
  const panel = new ScriptedCore();
  const box = new Box({ meter, panel, ...options });
  const made: Rig = { box, meter, panel, restarts: [] };
  box.events.on("restart", ({ mcu, reason, detail, time_us }) =>
    made.restarts.push({ mcu, reason, detail, time_us }),
  );
  prepare(made);
  box.powerOn();
  return made;
}
