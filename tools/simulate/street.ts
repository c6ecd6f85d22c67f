/** One or more simulated boxes on one line. Each is set up alone, on a line of its own; then all
 *  are plugged into the common one, where native frames, which carry no address, are out of place. There
 *  the office reads by bulk identifiers of DL/T 645 (office-round.ts), or leaves the line to others. */

import { Line } from "../../boards/virtual/line.ts";
import { ForeignSales } from "./foreign-sales.ts";
import { LineServer } from "./line-server.ts";
import type { RunOptions } from "./run-options.ts";
import { Simulation } from "./simulation.ts";

/** Steps of a line that is being read from outside. */
const TURN_MS = 10;
/** Many boxes are stepped in longer slices, see fleet.ts. */
const FEW_BOXES = 8;
const SLICE_MS = 8;

export class Street {
  readonly line: Line;
  readonly simulations: Simulation[];
  private readonly foreign: ForeignSales;
  private turned_ms = 0;

  /** The runs must have the same length. */
  constructor(runs: RunOptions[]) {
    this.line = new Line(runs[0].seed);
    this.simulations = runs.map((run) => new Simulation(run));
    this.foreign = new ForeignSales(this.simulations);
  }

  get first(): Simulation {
    return this.simulations[0];
  }

  /** Time since the day began, ms. */
  get now_ms(): number {
    return this.first.now_ms;
  }

  get done(): boolean {
    return this.first.done;
  }

  /** Sets all boxes up and plugs them together; `progress` is told after each. */
  setUp(progress: (count: number) => void): void {
    this.simulations.forEach((simulation, index) => {
      simulation.setUp();
      simulation.box.plugInto(this.line);
      simulation.leaveLine();
      progress(index + 1);
    });
  }

  /** The doors of the line for others. */
  server(): LineServer {
    const { box } = this.first;
    const { baud, format } = box.connector.port;
    const server = new LineServer(this.line, { baud, format }, () => this.foreign.ear());
    box.events.on("line_opened", (speed) => server.follow(speed));
    return server;
  }

  /** One step, at most `limit_ms` long; returns its length, ms. */
  step(limit_ms = Infinity): number {
    let ms = limit_ms;
    for (const simulation of this.simulations) ms = Math.min(ms, simulation.begin());
    this.pass(ms);
    for (const simulation of this.simulations) simulation.end(ms);
    this.foreign.due();
    return ms;
  }

  /** Lets exactly `ms` pass for somebody who looks at the line; what else happens is seen to every 10 ms. */
  runMs(ms: number): void {
    for (let left_ms = ms; left_ms > 0;) {
      if (this.turned_ms === 0) for (const simulation of this.simulations) simulation.begin();
      const part_ms = Math.min(left_ms, TURN_MS - this.turned_ms);
      this.pass(part_ms);
      left_ms -= part_ms;
      this.turned_ms += part_ms;
      if (this.turned_ms === TURN_MS) this.endTurn();
    }
  }

  /** Ends what runMs has begun. */
  endTurn(): void {
    for (const simulation of this.simulations) simulation.end(this.turned_ms);
    this.turned_ms = 0;
  }

  finish(): void {
    for (const simulation of this.simulations) simulation.finish();
  }

  private pass(ms: number): void {
    const longest_ms = this.simulations.length > FEW_BOXES ? SLICE_MS : 1;
    for (let left_ms = ms; left_ms > 0; left_ms -= longest_ms) {
      const slice_ms = Math.min(longest_ms, left_ms);
      for (const { box } of this.simulations) box.runMs(slice_ms);
    }
  }
}
