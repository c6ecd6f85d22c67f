/** as-pect's configuration under the runner: the project's own (as-pect.config.js), which runs the
 *  suites named on the command line, and in addition their counts are reported. */

import base from "../../as-pect.config.js";

export default { ...base, reporter: "tests/runner/aspect-reporter.js" };
