/** Brings the questions of share.ts to the line. */

import { lineBaud, lineFree, lineIdleMs, lineSend } from "./line.port";
import { shareBusy, shareFrame, shareStep } from "./share";

/** One step of the shared reader; nearly free while no card of another box is there. */
export function shareTick(now_ms: u32): void {
  const free = lineFree();
  if (!shareBusy(now_ms, free)) return;
  const size = shareStep(now_ms, lineIdleMs(now_ms), free, lineBaud());
  if (size > 0) lineSend(shareFrame(), size, now_ms);
}
