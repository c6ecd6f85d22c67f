/** Reporter of as-pect for the runner: hands on the counts of one suite. What a developer reads is
 *  printed by as-pect's own summary reporter beside it. */

import { report } from "./report.js";

export default {
  stdout: null,
  stderr: null,
  onEnter() {},
  onExit() {},
  onFinish(context) {
    const failed = context.testCount - context.testPassCount + context.todoCount;
    // A suite can fail outside its tests, for example in beforeEach or by a changed snapshot.
    const failed_outside = !context.pass && failed === 0 ? 1 : 0;
    report(context.fileName, context.testPassCount, failed + failed_outside);
  },
};
