/** What third-party masters need besides Debian packages (scripts/need.ts): Python environments with
 *  packages of PyPI, and a compiled program. Both are made below build/ when they are missing. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { needPackages, programWorks } from "../../scripts/need.ts";

const BUILD = fileURLToPath(new URL("../../build/", import.meta.url));
/** Debian's own: other Pythons on the path do not see Debian's modules. */
export const PYTHON = "/usr/bin/python3";
const HAS_VENV = ["-c", "import ensurepip, venv"];

/** The Python of an environment `name` below build/ that has the `requirements`, name==version each. */
export function needPythonPackages(name: string, requirements: string[]): string {
  const folder = `${BUILD}${name}`;
  const python = `${folder}/bin/python`;
  if (existsSync(python)) return python;
  needPackages(
    "python3-venv",
    () => programWorks(PYTHON, ...HAS_VENV),
    "python3-venv",
    "python3-pip",
  );
  const fresh = `${folder}.${process.pid}`; // nobody finds half an environment
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
  const is_made =
    programWorks(PYTHON, "-m", "venv", fresh) &&
    programWorks(`${fresh}/bin/python`, ...pip, ...requirements);
  if (!is_made) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`${requirements.join(" ")} of PyPI cannot be installed`);
  }
  renameSync(fresh, folder); // a Python finds its packages relative to itself
  return python;
}

/** Compiles `source` (beside this file) with gcc and the given libraries; returns the program. */
export function compile(source: string, ...libraries: string[]): string {
  mkdirSync(BUILD, { recursive: true });
  const program = `${BUILD}${source.replace(/\.c$/, "")}`;
  const path = fileURLToPath(new URL(source, import.meta.url));
  const options = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1"];
  const { status, stderr } = spawnSync(
    "gcc",
    [...options, path, "-o", program, ...libraries.map((name) => `-l${name}`)],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${source} does not compile:\n${stderr}`);
  return program;
}
