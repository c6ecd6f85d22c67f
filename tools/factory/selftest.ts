/** The self-test of a box: all tests in their order. A test whose chip refuses fails and the others go
 *  on; without an answer of the box nothing can. */

import { LineError, NoAnswerError, RefusedError } from "../line/errors.ts";
import * as chips from "./chip-tests.ts";
import type { Jig } from "./jig.ts";
import { BLANK_NUMBER, type NativeMaster } from "./native.ts";
import { Prober } from "./probe.ts";
import { RelayTests, type LoadOptions } from "./relay-tests.ts";
import type { Record } from "./verdict.ts";

const E_SERVICE = 18;

export interface SelfTestOptions extends LoadOptions {
  /** The box has a reader of its own. */
  reader: boolean;
  /** The clock chip was never set. */
  new_clock: boolean;
}

/** Tests a box; returns its number, null when it has none. Throws LineError
 *  when it does not answer or may not be tested. */
export async function selfTest(
  native: NativeMaster,
  jig: Jig,
  record: Record,
  options: SelfTestOptions,
): Promise<string | null> {
  const prober = new Prober(native);
  const number = await boxNumber(native, record);
  await knock(prober);
  const tests: [string, () => Promise<void>][] = [
    ["line echo", () => chips.testLine(prober, record)],
    ["tubes and lamps", () => chips.testTubes(prober, jig, record)],
    ["reader", () => chips.testReader(prober, record, options.reader)],
    ["clock", () => chips.testClock(prober, record, options.new_clock)],
    ["memory", () => chips.testMemory(prober, record)],
    ["phases", () => chips.testPhases(prober, record)],
    ["socket", () => chips.testSocket(prober, jig, record)],
    ["service switch", () => chips.testService(prober, jig, record)],
    ["relays and inputs", () => new RelayTests(prober, jig, record, options).run()],
  ];
  for (const [name, test] of tests) {
    try {
      await test();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      record.judge(name, false, error.message, "the box takes it");
    }
  }
  return number;
}

/** Whether the box lets itself be tested. */
async function knock(prober: Prober): Promise<void> {
  try {
    await prober.echo(new Uint8Array());
  } catch (error) {
    if (!(error instanceof RefusedError) || error.result !== E_SERVICE) throw error;
    const how = "close the service switch, switch it on, and begin within two minutes";
    throw new LineError(`the box has its number already: ${how}`);
  }
}

async function boxNumber(native: NativeMaster, record: Record): Promise<string | null> {
  try {
    const { number, format, starts } = await native.box();
    record.judge("meter", true, `memory format ${format}, ${starts} starts`, "it answers");
    return number === BLANK_NUMBER ? null : number;
  } catch (error) {
    if (error instanceof NoAnswerError || !(error instanceof RefusedError)) throw error;
    record.judge("meter", false, error.message, "it answers");
    return null;
  }
}
