/** How a suite tells the runner its result: one JSON line appended to the file that METER39_REPORT
 *  names, {"suite", "passed", "failed"}. Without that variable nothing is written, so suites can be
 *  run by hand. */

import { appendFileSync } from "node:fs";

/** @param {string} suite @param {number} passed @param {number} failed */
export function report(suite, passed, failed) {
  const file = process.env.METER39_REPORT;
  if (file) appendFileSync(file, `${JSON.stringify({ suite, passed, failed })}\n`);
}
