/** Makes sure that the host has what npm does not bring: a C compiler, tools that tests and the simulator
 *  start. Installs Debian packages when allowed to, else names the line to run. */

import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROBE = "#include <stdint.h>\n#include <string.h>\nint main(void) { return 0; }\n";

/** True when one of these C compilers compiles a program that includes libc's headers. */
function compilerWorks(...names: string[]): boolean {
  const options = ["-x", "c", "-fsyntax-only", "-"];
  return names.some((name) => spawnSync(name, options, { input: PROBE }).status === 0);
}

/** Two tests may need packages at the same time, and apt-get does not wait for itself. */
const LOCK = join(tmpdir(), "meter39-apt.lock");

function install(prefix: string[], packages: string[]): boolean {
  const apt = ["flock", LOCK, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  const steps = [
    [...apt, "update", "-qq"],
    [...apt, "install", "-y", "-qq", "--no-install-recommends", ...packages],
  ];
  return steps.every((step) => {
    const [command, ...rest] = [...prefix, ...step] as [string, ...string[]];
    return spawnSync(command, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  });
}

/** True when a program can be started and ends well. */
export function programWorks(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** Returns when `isThere` says so, if need be after installing Debian packages; throws with the line to run
 *  otherwise. `what` begins the message: "a C compiler". */
export function needPackages(what: string, isThere: () => boolean, ...packages: string[]): void {
  if (isThere()) return;
  const is_root = process.getuid?.() === 0;
  if (install(is_root ? [] : ["sudo", "-n"], packages) && isThere()) return;
  throw new Error(`${what} is needed; run: sudo apt-get install -y ${packages.join(" ")}`);
}

/** Returns when a working C compiler is there. */
export function needCompiler(): void {
  needPackages("a C compiler", () => compilerWorks("cc", "gcc"), "gcc", "libc6-dev");
}

/** Returns when socat is there, which makes a pty of a TCP connection. */
export function needSocat(): void {
  needPackages("socat", () => programWorks("socat", "-V"), "socat");
}

/** Returns when the C compiler for ARM and its libc are there. */
export function needArm(): void {
  const packages = ["gcc-arm-none-eabi", "libnewlib-arm-none-eabi"];
  needPackages("a C compiler for ARM", () => compilerWorks("arm-none-eabi-gcc"), ...packages);
}

/** Returns when QEMU for ARM boards is there. */
export function needQemu(): void {
  const isThere = (): boolean => programWorks("qemu-system-arm", "--version");
  needPackages("QEMU for ARM", isThere, "qemu-system-arm");
}
