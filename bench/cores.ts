/** Cores for measuring: one that does nothing but live, and one that counts the HAL calls of another. */

import type { Core, HalImports } from "../boards/virtual/box.js";

/** A core whose tick only feeds the watchdog: what is left is the cost of the board. */
export function emptyCore(): Core {
  return {
    start: (hal: HalImports) => ({ init: () => hal.watchdog(), tick: () => hal.watchdog() }),
  };
}

export interface CountedCore {
  core: Core;
  /** Calls by name since the last reset. */
  calls: Map<string, number>;
  ticks: () => number;
  reset: () => void;
}

/** `inner` with its HAL calls counted. */
export function countingCore(inner: Core): CountedCore {
  const calls = new Map<string, number>();
  let tick_count = 0;
  const counting = (hal: HalImports): HalImports => {
    const wrapped = Object.entries(hal).map(([name, call]: [string, unknown]) => {
      const counted = (...args: unknown[]): unknown => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return (call as (...args: unknown[]) => unknown)(...args);
      };
      return [name, name === "attach" ? call : counted];
    });
    return Object.fromEntries(wrapped) as HalImports;
  };
  const core: Core = {
    start(hal) {
      const running = inner.start(counting(hal));
      const tick = (): void => {
        tick_count++;
        running.tick();
      };
      return { init: () => running.init(), tick };
    },
  };
  const reset = (): void => {
    calls.clear();
    tick_count = 0;
  };
  return { core, calls, ticks: () => tick_count, reset };
}
