/** The images on emulated Picos: how long a tick of the meter lasts, idle and at full load, whether each
 *  pulse is counted, how fast two chips run, and what the images take of them. */

import { LoadedPico, pulsesLost, readImage, sum } from "./pico-run.js";
import { PicoBox } from "../boards/virtual/rp2040/box.js";
import { Chip } from "../boards/virtual/rp2040/chip.js";
import { ENGINE_NAMES, firmware, imageReport, ROLES } from "../scripts/firmware.js";
import { needArm } from "../scripts/need.js";
import { printTable } from "./table.js";

const TICK_BUDGET_US = 1000;
const SPEED_BUDGET = 5; // times real time
const KIBIBYTE = 1024;
/** Bytes of flash and RAM. */
const SIZE_BUDGETS: Record<string, [flash: number, ram: number]> = {
  c: [96 * KIBIBYTE, 24 * KIBIBYTE],
  wamr: [192 * KIBIBYTE, 128 * KIBIBYTE],
};

const START_MS = 2000;
const IDLE_MS = 3000; // some whole seconds: each has its record
const LOAD_MS = 3000;
const PAIR_MS = 20_000;

function kept(is_kept: boolean, budget: string): string {
  return `${budget} ${is_kept ? "kept" : "MISSED"}`;
}

function us(time_us: number): string {
  return `${time_us.toFixed(0)} us`;
}

interface Row {
  cells: string[];
  is_kept: boolean;
}

function tickRow(engine: string, memory: Uint8Array): Row {
  const name = `meter-${engine}`;
  const pico = new LoadedPico(name, memory);
  pico.idle(START_MS);
  pico.ticks.take();
  pico.idle(IDLE_MS);
  const idle = pico.ticks.take();
  pico.load(LOAD_MS);
  const full = pico.ticks.take();
  pico.settle();
  const given = sum(pico.pulsesGiven());
  const lost = sum(pulsesLost(pico));
  const is_kept = lost === 0;
  const longest = Math.max(idle.longest_us, full.longest_us);
  const times = [idle, full].flatMap(({ mean_us, longest_us }) => [us(mean_us), us(longest_us)]);
  const budget = longest <= TICK_BUDGET_US ? "<= 1 ms" : "no pulse lost";
  return { cells: [name, ...times, `${given}`, `${given - lost}`, kept(is_kept, budget)], is_kept };
}

function printTicks(memory: Uint8Array): boolean {
  const rows = ENGINE_NAMES.map((engine) => tickRow(engine, memory));
  printTable("Ticks of the meter on a Pico, 125 MHz, full load 39 x 18 pulses/s", [
    ["", "idle", "longest", "full load", "longest", "pulses", "counted", "budget"],
    ...rows.map(({ cells }) => cells),
  ]);
  return rows.every(({ is_kept }) => is_kept);
}

/** By the processor's time, which a busy computer does not change as much as the clock's. */
function printSpeed(memory: Uint8Array): boolean {
  const make = (name: string): Chip => new Chip(readImage(`${name}-c`), { name });
  const box = new PicoBox({ seed: 1, fram: memory.slice(), meter: make, panel: make });
  box.powerOn();
  box.runMs(START_MS);
  const before = process.cpuUsage();
  box.runMs(PAIR_MS);
  const { user, system } = process.cpuUsage(before);
  const speed = (PAIR_MS * 1000) / (user + system);
  const is_kept = speed > SPEED_BUDGET;
  printTable("Two emulated Picos with C images, idle", [
    ["", "real time", "budget"],
    ["both", `${speed.toFixed(1)} x`, kept(is_kept, `> ${SPEED_BUDGET} x`)],
  ]);
  return is_kept;
}

async function printSizes(): Promise<boolean> {
  const rows: Row[] = [];
  for (const role of ROLES) {
    for (const engine of ENGINE_NAMES) {
      const { name, flash_size, ram_size } = await imageReport(role, engine);
      const [flash, ram] = SIZE_BUDGETS[engine]!;
      const is_kept = flash_size <= flash && ram_size <= ram;
      const sizes = [flash_size, flash, ram_size, ram].map((size) => (size / KIBIBYTE).toFixed(1));
      rows.push({ cells: [name, ...sizes, is_kept ? "kept" : "MISSED"], is_kept });
    }
  }
  printTable("Images for the Pico, KiB, the stack's room included", [
    ["", "flash", "budget", "RAM", "budget", ""],
    ...rows.map(({ cells }) => cells),
  ]);
  return rows.every(({ is_kept }) => is_kept);
}

/** Makes the images where they are not up to date, runs and prints; true when all budgets are kept.
 *  `memory`: of a box in service, bench/box.ts. */
export async function printPico(memory: Uint8Array): Promise<boolean> {
  needArm();
  await firmware();
  const is_small = await printSizes();
  const is_counting = printTicks(memory);
  const is_fast = printSpeed(memory);
  return is_small && is_counting && is_fast;
}
