/** Where a simulated line is open to masters of the same machine: tcp:PORT or pty:PATH. */

import { InvalidArgumentError } from "commander";

const HIGHEST_PORT = 65_535;

export type LinePlace = { kind: "tcp"; port: number } | { kind: "pty"; path: string };

/** A parser for one --line; port 0 takes any free one. */
export function linePlace(text: string): LinePlace {
  const [, kind, value] = /^(tcp|pty):(.+)$/.exec(text) ?? [];
  if (kind === "pty") return { kind, path: value };
  const port = Number(value);
  if (kind !== "tcp" || !/^\d+$/.test(value) || port > HIGHEST_PORT) {
    throw new InvalidArgumentError(`It must be tcp:PORT (0..${HIGHEST_PORT}) or pty:PATH.`);
  }
  return { kind, port };
}

/** The same for an option that may be given several times. */
export function linePlaces(text: string, before: LinePlace[] = []): LinePlace[] {
  return [...before, linePlace(text)];
}
