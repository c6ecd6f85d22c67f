/** A run without a screen: as fast as possible, progress lines to the error output. */

import type { Simulation } from "./simulation.ts";

const PROGRESS_S = 3600; // simulated time between two progress lines

/** Runs to the end; `progress` gets a line per simulated hour. */
export function runHeadless(simulation: Simulation, progress: (line: string) => void): void {
  simulation.setUp();
  let next_s = PROGRESS_S;
  while (!simulation.done) {
    simulation.step();
    if (simulation.now_s < next_s) continue;
    next_s += PROGRESS_S;
    const percent = Math.floor((simulation.now_s / simulation.end_s) * 100);
    const commits = simulation.auditor.commits_checked;
    progress(`${simulation.clock_text}  ${percent} %  ${commits} writes checked`);
  }
  simulation.finish();
}
