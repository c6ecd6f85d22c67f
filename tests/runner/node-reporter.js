/** Reporter of node:test for the runner: prints failures, and counts by file every test that is not a
 *  mere group. A skipped or postponed test counts as failed: the project has none. */

import { relative } from "node:path";
import { report } from "./report.js";

function reason(error) {
  const cause = error?.cause ?? error;
  return cause?.stack ?? cause?.message ?? String(cause);
}

/** What one event says about one test: null when it says nothing, else whether it passed. */
function verdict({ type, data }) {
  if (type !== "test:pass" && type !== "test:fail") return null;
  const is_group = data.details?.type === "suite";
  const left_out = data.skip !== undefined || data.todo !== undefined;
  if (left_out) return { passed: false, why: "left out" };
  if (type === "test:pass") return is_group ? null : { passed: true };
  // A group that failed only because of its tests is not counted a second time.
  if (is_group && data.details.error?.failureType === "subtestsFailed") return null;
  return { passed: false, why: reason(data.details?.error) };
}

export default async function* countTests(source) {
  const counts = new Map();
  const countOf = ({ file }) => {
    const suite = relative(process.cwd(), file);
    if (!counts.has(suite)) counts.set(suite, { passed: 0, failed: 0 });
    return counts.get(suite);
  };
  for await (const event of source) {
    const { type, data } = event;
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    const found = verdict(event);
    if (found === null) continue;
    const count = countOf(data);
    if (found.passed) {
      count.passed++;
      continue;
    }
    count.failed++;
    yield `FAILED ${data.name}\n${found.why}\n`;
  }
  for (const [suite, { passed, failed }] of counts) report(suite, passed, failed);
}
