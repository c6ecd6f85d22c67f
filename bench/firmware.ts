/** What a tick of the meter costs on a Cortex-M4: instructions counted in QEMU, the core as C and under
 *  WAMR against its hand-written twin (boards/bench). The board's own instructions are not counted. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as count from "../boards/bench/count.js";
import { fullLoad, quietLoad, worstLoad } from "../boards/bench/loads.js";
import { needArm, needQemu } from "../scripts/need.js";
import { printTable } from "./table.js";

const FOLDER = fileURLToPath(new URL("../build/counting", import.meta.url));
const C_BUDGET = 1.2; // of the twin, mean at full load
const C_WORST_BUDGET = 1.5;
const WAMR_BUDGET = 20;
// 1 ms at 64 MHz and 1.5 cycles an instruction.
const WAMR_WORST_BUDGET = 64_000 / 1.5;
/** More than the fast interpreter needs of any core that keeps the budget of .wasm. */
const FAST_POOL_SIZE = 256 * 1024;
const OPTIMISE = ["-O3"];

interface Engine {
  name: string;
  quiet: count.Counted;
  full: count.Counted;
  worst: count.Counted;
}

function counts(name: string, parts: count.Parts, loads: Record<string, string>): Engine {
  const program = count.makeProgram(parts, "m4", join(FOLDER, name.replace(" ", "-")), OPTIMISE);
  const run = (load: string): count.Counted => count.runLoad(program, "m4", loads[load]!);
  return { name, quiet: run("quiet"), full: run("full"), worst: run("worst") };
}

/** Puts the loads where QEMU finds them. */
function writeLoads(memory: Uint8Array): Record<string, string> {
  const made = { quiet: quietLoad(memory), full: fullLoad(memory), worst: worstLoad(memory) };
  mkdirSync(FOLDER, { recursive: true });
  return Object.fromEntries(
    Object.entries(made).map(([name, bytes]) => {
      const path = join(FOLDER, `${name}.load`);
      writeFileSync(path, bytes);
      return [name, path];
    }),
  );
}

function allEngines(memory: Uint8Array): Engine[] {
  const loads = writeLoads(memory);
  const wasm = readFileSync("build/meter.wasm");
  const path = (name: string): string => join(FOLDER, name);
  return [
    counts("twin", count.twinParts(), loads),
    counts("C", count.wasm2cParts(wasm, path("core")), loads),
    counts(
      "WAMR fast",
      count.interpretedParts(wasm, path("core-fast"), "m4", "fast", FAST_POOL_SIZE),
      loads,
    ),
  ];
}

function kept(is_kept: boolean, budget: string): string {
  return `${budget} ${is_kept ? "kept" : "MISSED"}`;
}

/** Counts and prints; true when every engine did the same and the budgets are kept. `memory`: of a box
 *  in service, bench/box.ts. */
export function printFirmware(memory: Uint8Array): boolean {
  needArm();
  needQemu();
  const engines = allEngines(memory);
  const [twin, c, fast] = engines as [Engine, Engine, Engine];
  const ratio = (engine: Engine, load: "full" | "worst"): number =>
    load === "full" ? engine.full.mean / twin.full.mean : engine.worst.worst / twin.worst.worst;
  const rows = engines.map((engine) => [
    engine.name,
    engine.quiet.mean.toFixed(0),
    engine.full.mean.toFixed(0),
    `${ratio(engine, "full").toFixed(2)} x`,
    `${engine.worst.worst}`,
    `${ratio(engine, "worst").toFixed(2)} x`,
  ]);
  printTable("Meter core on a Cortex-M4, instructions per tick", [
    ["", "quiet", "39 x 18/s", "of twin", "worst", "of twin"],
    ...rows,
  ]);
  const judged = [
    [ratio(c, "full") <= C_BUDGET, `C, mean <= ${C_BUDGET} x`],
    [ratio(c, "worst") <= C_WORST_BUDGET, `C, worst <= ${C_WORST_BUDGET} x`],
    [ratio(fast, "full") <= WAMR_BUDGET, `WAMR fast, mean <= ${WAMR_BUDGET} x`],
    [
      fast.worst.worst <= WAMR_WORST_BUDGET,
      `WAMR fast, worst <= ${WAMR_WORST_BUDGET.toFixed(0)} (1 ms at 64 MHz)`,
    ],
  ] as const;
  for (const [is_kept, budget] of judged) console.log(`  ${kept(is_kept, budget)}`);
  const is_same = engines.every(({ full, worst }) =>
    [full.fold === twin.full.fold, worst.fold === twin.worst.fold].every(Boolean),
  );
  if (!is_same) console.log("  the engines did not do the same");
  return is_same && judged.every(([is_kept]) => is_kept);
}
