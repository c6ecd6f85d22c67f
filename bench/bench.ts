/** `npm run bench`: how fast, how large, how much work. Times are measured in one run on one computer,
 *  so the ratios mean more than the absolute figures. Budgets stand beside what has one. */

import { readFileSync } from "node:fs";
import { type Box, type BoxOptions, releaseCore } from "../boards/virtual/box.js";
import { build } from "../scripts/build.js";
import { needCompiler } from "../scripts/need.js";
import { boxInService, memoryInService, runLoad } from "./box.js";
import { cardTimes } from "./cards.js";
import { countingCore, emptyCore } from "./cores.js";
import { engineTimes } from "./engines.js";
import { printFirmware } from "./firmware.js";
import { bulkRead, modbusDelays } from "./line.js";
import { printPico } from "./pico.js";
import { printTable } from "./table.js";

const SPEED_BUDGET = 500; // times real time
const WASM_BUDGET = 48 * 1024; // bytes
const MEMORY_BUDGET = 32 * 1024; // bytes
const FIRST_DIGIT_BUDGET_MS = 300;
const FREE_BUDGET_MS = 500;
const POLLING_BUDGET = 0.03; // share of the panel's ticks
const LINE_BUDGET = 0.9; // share of the line's time
const ANSWER_MIN_MS = 20;
const ANSWER_MAX_MS = 60;
const MODBUS_BUDGET_MS = 5; // after the silence that ends a frame
const BOXES = 256;
const IDLE_MS = 60_000;
const WARM_UP_HOURS = 2;
const NAMES = ["meter", "panel"] as const;

function elapsedMs(work: () => void): number {
  const begin_ns = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin_ns) / 1e6;
}

interface Measured {
  what: string;
  simulated_ms: number;
  elapsed_ms: number;
}

/** Runs the hours of a day given, after a warm-up. */
function measure(what: string, memory: Uint8Array, options: BoxOptions, hours: number): Measured {
  const box = boxInService(memory, options);
  runLoad(box, 0, WARM_UP_HOURS);
  let simulated_ms = 0;
  const elapsed_ms = elapsedMs(() => (simulated_ms = runLoad(box, 0, hours)));
  return { what, simulated_ms, elapsed_ms };
}

function speedRow(measured: Measured, empty: Measured, budget = ""): string[] {
  const { what, simulated_ms, elapsed_ms } = measured;
  const speed = simulated_ms / elapsed_ms;
  const tick_ns = (elapsed_ms / simulated_ms) * 1e6;
  const empty_ns = (empty.elapsed_ms / empty.simulated_ms) * 1e6;
  const ratio = (tick_ns / empty_ns).toFixed(2);
  return [what, `${speed.toFixed(0)} x`, `${tick_ns.toFixed(0)} ns`, `${ratio} x`, budget];
}

function printSpeed(memory: Uint8Array): boolean {
  const empty = measure("cores that do nothing", memory, both(emptyCore()), 12);
  const meter = measure("meter core alone", memory, { panel: emptyCore() }, 12);
  const panel = measure("panel core alone", memory, { meter: emptyCore() }, 12);
  const whole = measure("whole box", memory, {}, 24);
  const is_fast = whole.simulated_ms / whole.elapsed_ms > SPEED_BUDGET;
  printTable("Speed on the real load, 39 households, 10 minutes of each hour", [
    ["", "real time", "per ms", "of empty", "budget"],
    speedRow(whole, empty, `> ${SPEED_BUDGET} x ${is_fast ? "kept" : "MISSED"}`),
    speedRow(meter, empty),
    speedRow(panel, empty),
    speedRow(empty, empty),
  ]);
  return is_fast;
}

function both(core: ReturnType<typeof emptyCore>): BoxOptions {
  return { meter: core, panel: core };
}

function memoryBytes(bytes: Uint8Array): number {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const calls = WebAssembly.Module.imports(module).map(({ name }) => [name, () => 0] as const);
  const { exports } = new WebAssembly.Instance(module, { hal: Object.fromEntries(calls) });
  return (exports["__heap_base"] as WebAssembly.Global).value as number;
}

function printSizes(): boolean {
  let is_small = true;
  const rows = NAMES.map((name) => {
    const bytes = readFileSync(`build/${name}.wasm`);
    const memory = memoryBytes(bytes);
    is_small &&= bytes.length <= WASM_BUDGET && memory <= MEMORY_BUDGET;
    return [name, `${bytes.length}`, `${WASM_BUDGET}`, `${memory}`, `${MEMORY_BUDGET}`];
  });
  printTable("Sizes, bytes", [["", "wasm", "budget", "linear memory", "budget"], ...rows]);
  return is_small;
}

function printCalls(memory: Uint8Array): void {
  const counted = NAMES.map((name) => countingCore(releaseCore(name)));
  const [meter, panel] = counted;
  const box: Box = boxInService(memory, { meter: meter!.core, panel: panel!.core });
  for (const { reset } of counted) reset();
  box.runMs(IDLE_MS);
  const names = [...new Set(counted.flatMap(({ calls }) => [...calls.keys()]))].sort();
  const perTick = (count: number, ticks: number): string => (count / ticks).toFixed(3);
  const rows = names.map((name) => [
    name,
    ...counted.map(({ calls, ticks }) => perTick(calls.get(name) ?? 0, ticks())),
  ]);
  const sums = counted.map(({ calls, ticks }) =>
    perTick(
      [...calls.values()].reduce((sum, count) => sum + count, 0),
      ticks(),
    ),
  );
  printTable("HAL calls per idle tick", [["", ...NAMES], ...rows, ["all", ...sums]]);
}

function printCards(memory: Uint8Array): boolean {
  const { first_digit_ms, free_ms, polling_share } = cardTimes(memory);
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  printTable("Cards, simulated time, longest of 39 presentations", [
    ["", "measured", "budget"],
    ["first digit on the tubes", `${first_digit_ms} ms`, `${FIRST_DIGIT_BUDGET_MS} ms`],
    ["card may go", `${free_ms} ms`, `${FREE_BUDGET_MS} ms`],
    ["ticks spent on polling", percent(polling_share), percent(POLLING_BUDGET)],
  ]);
  const is_quick = first_digit_ms <= FIRST_DIGIT_BUDGET_MS && free_ms <= FREE_BUDGET_MS;
  return is_quick && polling_share <= POLLING_BUDGET;
}

async function printLine(memory: Uint8Array): Promise<boolean> {
  const read = await bulkRead(memory, BOXES);
  const { shortest_delay_ms, longest_delay_ms } = read;
  const delays = `${shortest_delay_ms.toFixed(1)}..${longest_delay_ms.toFixed(1)} ms`;
  printTable(`Line at 9600 baud, ${read.boxes} boxes, remaining and energy of all households`, [
    ["", "measured", "budget"],
    ["households read", `${read.households}`, `${BOXES * 39}`],
    ["time", `${read.line_s.toFixed(1)} s`],
    ["line used", `${(read.used * 100).toFixed(1)} %`, `> ${LINE_BUDGET * 100} %`],
    ["answer delay, DL/T 645", delays, `${ANSWER_MIN_MS}..${ANSWER_MAX_MS} ms`],
  ]);
  const modbus = modbusDelays(memory);
  const rows = modbus.map(({ baud, silence_ms, shortest_ms, longest_ms }) => [
    `${baud}`,
    `${silence_ms.toFixed(1)} ms`,
    `${shortest_ms.toFixed(1)}..${longest_ms.toFixed(1)} ms`,
    `${(silence_ms + MODBUS_BUDGET_MS).toFixed(1)} ms`,
  ]);
  printTable("Modbus answers, 1 to 125 registers", [
    ["baud", "3.5 characters", "answer delay", "budget"],
    ...rows,
  ]);
  const is_prompt = modbus.every(
    ({ silence_ms, shortest_ms, longest_ms }) =>
      shortest_ms >= silence_ms && longest_ms <= silence_ms + MODBUS_BUDGET_MS,
  );
  const is_timely = shortest_delay_ms >= ANSWER_MIN_MS && longest_delay_ms <= ANSWER_MAX_MS;
  return is_prompt && is_timely && read.used > LINE_BUDGET && read.households === BOXES * 39;
}

function printEngines(memory: Uint8Array): void {
  const times = engineTimes(memory);
  const rows = times.map(({ engine, tick_ns }) => [
    engine,
    `${tick_ns.toFixed(0)} ns`,
    `${(tick_ns / times[0]!.tick_ns).toFixed(2)} x`,
  ]);
  printTable("Meter core replaying ten minutes of an evening, per tick", [
    ["", "tick", "of V8"],
    ...rows,
  ]);
}

needCompiler();
await build();
const memory = memoryInService();
const is_small = printSizes();
printCalls(memory);
const is_quick = printCards(memory);
const is_used = await printLine(memory);
const is_fast = printSpeed(memory);
printEngines(memory);
const is_lean = printFirmware(memory);
const fits_pico = await printPico(memory);
if (!is_small || !is_quick || !is_used || !is_fast || !is_lean || !fits_pico) process.exitCode = 1;
