/** What the suites of writing in DL/T 645 expect of the meter of memory. */

import * as link from "../../src/link/frame";
import { ask, command, hex, meter } from "./dlt-meter";

export const KEYS: string = "02563412" + "01000000"; // password and operator
export const ZERO4: string = "00000000";

/** A COMMAND with the credentials of these tests. */
export function told(action: string, value: string, second: string, identifier: string): void {
  expect(hex(command, 24)).toBe(KEYS + action + "00" + value + second + identifier);
  expect(meter.command_kind).toBe(link.KIND_COMMAND);
}

/** Results of the meter and the error words they become. */
export function expectWords(to: string, control: i32, data: string, word: string): void {
  const results: i32[] = [-24, -25, -26, -18, -9, -27, -3, -8, -15, -16, -20, -23];
  for (let i = 0; i < results.length; i++) {
    meter.result = results[i];
    const error = i < 4 ? "04" : "01";
    expect(ask(to, control, data)).toBe(word + " " + error, results[i].toString());
  }
  meter.result = 1;
  expect(ask(to, control, data).substr(0, 1)).toBe("9", "a repeat is good");
  meter.is_failing = true;
  expect(ask(to, control, data)).toBe(word + " 01", "no meter");
  meter.is_failing = false;
  meter.result = 0;
}

/** None of these reaches the meter. */
export function expectRefused(to: string, control: i32, datas: string[], answer: string): void {
  const count = meter.command_count;
  for (let i = 0; i < datas.length; i++) expect(ask(to, control, datas[i])).toBe(answer, datas[i]);
  expect(meter.command_count).toBe(count);
}
