/** What the cores decided in a run, by what it went to: the coils, an output pin, a port, the line. Left
 *  out is what goes with time: polls (inputs, empty reads, samples), the panel's questions to the meter and
 *  their answers, and the single digits of the tubes. */

import type { McuName } from "../../boards/virtual/box.ts";
import type { Entry, HalCall } from "./scenario-trace.ts";

const SPI_COILS = 2;
const PIN_INPUT_LOAD = 0; // with each sample of the inputs
const LINE = 1;

/** Where a call's decision goes and what it is; null: it decides nothing. */
function decisionOf(call: HalCall): [where: string, what: string] | null {
  const [first, second] = call.numbers;
  const bytes = Buffer.from(call.sent).toString("hex");
  switch (call.name) {
    case "spi":
      return first === SPI_COILS ? ["coils", bytes] : null;
    case "pin_write":
      return first === PIN_INPUT_LOAD ? null : [`pin ${first}`, String(second)];
    case "uart_open":
      return [`port ${first}`, call.numbers.join(" ")];
    case "uart_write":
      return first === LINE ? ["line", bytes] : null;
    default:
      return null;
  }
}

export class Decisions {
  /** Decisions in their order, by microcontroller and what they go to. */
  readonly lists = new Map<string, string[]>();

  note({ mcu, calls }: Entry): void {
    for (const call of calls) {
      const decision = decisionOf(call);
      if (decision !== null) this.list(mcu, decision[0]).push(decision[1]);
    }
  }

  list(mcu: McuName, where: string): string[] {
    const key = `${mcu} ${where}`;
    const list = this.lists.get(key) ?? [];
    this.lists.set(key, list);
    return list;
  }
}
