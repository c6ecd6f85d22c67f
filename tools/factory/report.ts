/** The report of a box: one JSON file, written whole or not at all. Holds no keys and no passwords. */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../simulate/errors.ts";

/** begun: number and key may have been sent; named: the box has them; done: all was read back. */
export type Progress = "begun" | "named" | "done";

export interface ProvisionReport {
  box: string;
  progress: Progress;
  series: string;
  /** Tells which key set; is no key. */
  key_set: string;
  begun: string;
  /** Times it had to be taken up again. */
  resumed: number;
  finished?: string;
  memory_format?: number;
  clock_ahead_s?: number;
  /** Passwords that were set; the box never tells them. */
  passwords?: string[];
  /** What was read back. */
  settings?: { [key: string]: number };
}

export function reportFile(folder: string, name: string, kind: "provision" | "selftest"): string {
  return join(folder, `${name}.${kind}.json`);
}

/** Writes `report` beside its place first: a cut leaves the old one or the new one. */
export function writeReport(file: string, folder: string, report: object): void {
  try {
    mkdirSync(folder, { recursive: true });
    const beside = `${file}.new`;
    writeFileSync(beside, `${JSON.stringify(report, null, 2)}\n`);
    renameSync(beside, file);
  } catch (error) {
    throw new InputError(`--report: cannot write ${file}: ${(error as Error).message}`);
  }
}

/** The report of an earlier run; null when there is none. */
export function readProvisionReport(file: string): ProvisionReport | null {
  if (!existsSync(file)) return null;
  try {
    const report = JSON.parse(readFileSync(file, "utf8")) as ProvisionReport;
    if (!["begun", "named", "done"].includes(report.progress)) throw new Error("no such report");
    return report;
  } catch (error) {
    throw new InputError(`--report: cannot read ${file}: ${(error as Error).message}`);
  }
}
