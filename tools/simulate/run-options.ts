/** What a simulated run is made of. */

import type { Household } from "./layout.ts";
import type { Load } from "./load.ts";
import type { Step } from "./scenario.ts";

export const BOX_NUMBER = "2025112101";

export interface RunOptions {
  seed: number;
  /** Ten digits; default BOX_NUMBER. */
  box_number?: string;
  /** Modbus address 1..247, default 1; 0: the box gets none and speaks DL/T 645 only. */
  modbus_address?: number;
  /** The box gets the line passwords of set-up.ts. */
  line_passwords?: boolean;
  /** Time of the box's clock when the day begins, ms of the UTC fields; default 2026-01-01 00:00. */
  day_start_ms?: number;
  /** Length of the run, s. */
  end_s: number;
  layout: Household[];
  constant: number;
  load: Load;
  /** Bought before the day: 0.01 kWh, or by the residents' rule. */
  first_credit: number | "seeded";
  residents: boolean;
  steps: Step[];
  /** How often the office reads all books, s. */
  read_period_s: number;
  /** Of the office, 16 bytes; default the demonstration's. */
  master_key?: Uint8Array;
  trace?: (line: string) => void;
}
