/** The office's round along a line of several boxes: reads all households of each by bulk identifiers of
 *  DL/T 645 and compares them with the box's memory. Values on the line are up to some seconds old. */

import { DltTalker } from "../line/by-dlt.ts";
import { DltMaster } from "../line/dlt.ts";
import { LineError } from "../line/errors.ts";
import type { LinePort } from "../line/port.ts";
import type { Reading } from "../line/talker.ts";
import { BOX_NUMBER } from "./run-options.ts";
import type { Simulation } from "./simulation.ts";
import type { Street } from "./street.ts";

const ENERGY_HUNDREDTH_J = 36_000n;
/** Energy of a household in the seconds between its first and its last identifier, at most, 0.01 kWh. */
const AGE_HUNDREDTHS = 30;
const LOOK_MS = 10;

export class OfficeRound {
  /** Households read so far. */
  readings = 0;
  /** Boxes that did not answer, or whose answers are not what their memory says. */
  readonly faults: string[] = [];
  private readonly talker: DltTalker;

  constructor(private readonly street: Street) {
    this.talker = new DltTalker(new DltMaster(portOf(street)));
  }

  /** Reads every box once. */
  async walk(): Promise<void> {
    for (const simulation of this.street.simulations) {
      const { box_number = BOX_NUMBER } = simulation.options;
      try {
        const readings = await this.talker.bulk({ number: box_number, address: 0 });
        this.check(simulation, box_number, readings);
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        this.faults.push(`box ${box_number}: ${error.message}`);
      }
    }
    this.street.endTurn();
  }

  private check(simulation: Simulation, box_number: string, readings: Reading[]): void {
    this.readings += readings.length;
    const wrong = (text: string): void =>
      void this.faults.push(`${simulation.clock_text} box ${box_number}: ${text}`);
    if (readings.length !== simulation.layout.length) {
      wrong(`${readings.length} households answered, it has ${simulation.layout.length}`);
    }
    for (const { household, remaining, forward, number } of readings) {
      const books = simulation.books(household);
      if (books === null) {
        wrong(`household ${household} is not in its memory`);
        continue;
      }
      const forward_now = Number(books.forward_j / ENERGY_HUNDREDTH_J);
      if (!isRecent(forward, forward_now - AGE_HUNDREDTHS, forward_now)) {
        wrong(`household ${household} forward ${forward}, memory ${forward_now} (0.01 kWh)`);
      }
      if (number !== books.number) continue; // it has bought meanwhile
      const remaining_now = Number(books.remaining_units / ENERGY_HUNDREDTH_J);
      if (!isRecent(remaining, remaining_now - 1, remaining_now + AGE_HUNDREDTHS)) {
        wrong(`household ${household} remaining ${remaining}, memory ${remaining_now} (0.01 kWh)`);
      }
    }
  }
}

/** The office looks at the line every LOOK_MS, so that many boxes can be stepped in long slices. */
function portOf(street: Street): LinePort {
  const host = street.line.host("office");
  return {
    get now_ms() {
      return street.line.now_us / 1000;
    },
    write: (bytes) => Promise.resolve(host.send(bytes)),
    read(timeout_ms) {
      let received = host.receive();
      for (let ms = 0; ms < timeout_ms && received.length === 0; ms += LOOK_MS) {
        street.runMs(LOOK_MS);
        received = host.receive();
      }
      return Promise.resolve(received);
    },
    close: () => Promise.resolve(host.detach()),
  };
}

function isRecent(value: number | null, lowest: number, highest: number): boolean {
  return value !== null && value >= lowest && value <= highest;
}
