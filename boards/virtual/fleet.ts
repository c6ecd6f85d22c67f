/** Boxes on one line, stepped together in small slices, in their order. A box that is stepped later in a
 *  slice may begin to talk before the end of the slice of an earlier one, which then hears its first bytes
 *  up to a slice late. Every byte keeps its time, and what was written in one piece is on the line in one
 *  piece, so a slice shorter than a frame delays no answer; only two boxes that begin to talk within
 *  a slice cannot hear each other. Many boxes go twice as fast in slices of 8 ms: less memory is walked. */

import { Box, type BoxOptions } from "./box.ts";
import { DeviceError } from "./errors.ts";
import { Line } from "./line.ts";

export interface FleetOptions {
  /** Options of each box; or `count` boxes with default options. */
  boxes?: BoxOptions[];
  count?: number;
  /** The line that all are on; default a new one. */
  line?: Line;
  /** Of the line and of the boxes that have none of their own: box i (from 0) gets seed + i. */
  seed?: number;
  /** Slice, ms; default 1. */
  slice_ms?: number;
}

export class Fleet {
  readonly line: Line;
  readonly boxes: Box[];
  private readonly slice_ms: number;

  constructor({ boxes, count, line, seed = 1, slice_ms = 1 }: FleetOptions) {
    this.slice_ms = slice_ms;
    const options = boxes ?? new Array<BoxOptions>(count ?? 1).fill({});
    this.line = line ?? new Line(seed);
    this.boxes = options.map(
      (each, i) => new Box({ seed: seed + i, name: `box ${i + 1}`, ...each, line: this.line }),
    );
  }

  /** Time of all boxes, ms. */
  get now_ms(): number {
    return this.line.now_us / 1000;
  }

  powerOn(): void {
    for (const box of this.boxes) box.powerOn();
  }

  powerOff(): void {
    for (const box of this.boxes) box.powerOff();
  }

  /** Lets `ms` milliseconds pass for every box. */
  runMs(ms: number): void {
    if (!Number.isInteger(ms) || ms < 0) throw new DeviceError("fleet", `run for ${ms} ms`);
    for (let left_ms = ms; left_ms > 0; left_ms -= this.slice_ms) {
      const slice_ms = Math.min(this.slice_ms, left_ms);
      for (const box of this.boxes) box.runMs(slice_ms);
    }
  }
}
