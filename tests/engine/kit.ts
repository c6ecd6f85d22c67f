/** What the engine tests share: where programs and recordings go, and the run of a replay. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const BUILD = fileURLToPath(new URL("../../build", import.meta.url));
export const FOLDER = `${BUILD}/engine`;
mkdirSync(FOLDER, { recursive: true });

export interface Replayed {
  exit_code: number | null;
  said: string;
}

/** Runs a core in C against a recording. */
export function replay(program: string, recording: string): Replayed {
  const { status, stdout, stderr } = spawnSync(program, [recording], { encoding: "utf8" });
  return { exit_code: status, said: stdout + stderr };
}
