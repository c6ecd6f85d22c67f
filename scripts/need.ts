/** Makes sure that the host has a C compiler with headers: the tests compile both cores through C.
 *  Installs Debian's gcc and libc6-dev when allowed to, else names the line to run. */

import { spawnSync } from "node:child_process";

const PACKAGES = ["gcc", "libc6-dev"];
const PROBE = "#include <stdint.h>\n#include <string.h>\nint main(void) { return 0; }\n";

/** True when the C compiler `cc` or `gcc` compiles a program that includes libc's headers. */
function compilerWorks(): boolean {
  const options = ["-x", "c", "-fsyntax-only", "-"];
  return ["cc", "gcc"].some((name) => spawnSync(name, options, { input: PROBE }).status === 0);
}

function install(prefix: string[]): boolean {
  const steps = [
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...PACKAGES],
  ];
  return steps.every((step) => {
    const [command, ...rest] = [...prefix, ...step] as [string, ...string[]];
    return spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  });
}

/** Returns when a working C compiler is there; throws with the line to run otherwise. */
export function needCompiler(): void {
  if (compilerWorks()) return;
  const is_root = process.getuid?.() === 0;
  if (install(is_root ? [] : ["sudo", "-n"]) && compilerWorks()) return;
  throw new Error(`a C compiler is needed; run: sudo apt-get install -y ${PACKAGES.join(" ")}`);
}
