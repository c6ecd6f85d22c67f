/** Lets a street live by the wall clock, for masters of the same machine. */

import { setTimeout as sleep } from "node:timers/promises";
import type { LineServer } from "./line-server.ts";
import type { Street } from "./street.ts";

/** Between two looks at the wall clock and at the clients. */
const SLICE_MS = 5;
const NAP_MS = 2;
/** So long the simulation may keep clients waiting. */
const WORK_MS = 20;
/** A simulation so far behind the wall clock does not catch up. */
const LAG_MS = 500;

/** Runs until the end of the street, until `stop` is aborted, or until a helper of the server fails. */
export async function runRealtime(
  street: Street,
  server: LineServer,
  stop: AbortSignal,
  progress: (line: string) => void,
): Promise<void> {
  let begin_ms = performance.now() - street.now_ms;
  let is_told = false;
  while (!street.done && !stop.aborted && server.failure === null) {
    const due_ms = performance.now() - begin_ms;
    const work_until_ms = performance.now() + WORK_MS;
    while (due_ms - street.now_ms >= 1 && performance.now() < work_until_ms) {
      street.step(Math.min(SLICE_MS, Math.floor(due_ms - street.now_ms)));
      server.poll();
    }
    const lag_ms = performance.now() - begin_ms - street.now_ms;
    if (lag_ms > LAG_MS) {
      begin_ms += lag_ms;
      if (!is_told) progress("this machine is too slow: simulated time goes slower than real time");
      is_told = true;
    }
    await sleep(NAP_MS);
  }
  if (server.failure !== null) progress(server.failure);
}
