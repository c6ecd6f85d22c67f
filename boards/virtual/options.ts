/** What a virtual box can be made with. */

import type { Core } from "./core.ts";
import { DeviceError } from "./errors.ts";
import type { Line } from "./line.ts";
import type { TraceLine } from "./trace.ts";

export const CHANNEL_COUNT = 39;

export interface BoxOptions {
  /** Of every random choice; default 1. */
  seed?: number;
  /** imp/kWh of the 39 front ends; default 1600. */
  constants?: number[];
  /** Phase 0..2 of each channel; default in turn. */
  phases?: number[];
  /** Contents of the memory; default blank (FFh). */
  fram?: Uint8Array;
  /** null: not fitted; default: the release build. */
  meter?: Core | null;
  panel?: Core | null;
  /** A line per HAL call, see trace.ts. */
  trace?: TraceLine;
  /** Position of all relays; default closed. */
  relays_closed?: boolean;
  /** A card reader is fitted; default true. */
  reader?: boolean;
  /** RS485 line that the box is on; default one of its own. */
  line?: Line;
  /** Name of the box on the line; default "box". */
  name?: string;
  /** Time of the clock chip (UTC fields); null: it has lost the time. Default 2026-01-01 00:00. */
  clock?: Date | null;
}

/** Zero-based index of channel 1..39; throws outside of that. */
export function channelIndex(channel: number): number {
  if (!Number.isInteger(channel) || channel < 1 || channel > CHANNEL_COUNT) {
    throw new DeviceError("box", `channel ${channel}`);
  }
  return channel - 1;
}

/** The 39 given values, each a whole number in its range, or the default ones. */
export function perChannel(
  name: string,
  given: number[] | undefined,
  standard: (index: number) => number,
  lowest: number,
  highest: number,
): number[] {
  const values = given ?? Array.from({ length: CHANNEL_COUNT }, (_, i) => standard(i));
  const fits = (v: number): boolean => Number.isInteger(v) && v >= lowest && v <= highest;
  if (values.length !== CHANNEL_COUNT || !values.every(fits)) {
    throw new DeviceError("box", `${name}: 39 whole numbers ${lowest}..${highest} are needed`);
  }
  return values;
}
