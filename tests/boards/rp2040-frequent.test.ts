/** The instructions that are run here for speed only, against rp2040js' own: registers, flags, cycles, and
 *  branches of every length, which the comparison with QEMU leaves out. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { RP2040 } from "rp2040js";

import { FREQUENT } from "../../boards/virtual/rp2040/frequent.ts";
import { correctedOps, type OpCore } from "../../boards/virtual/rp2040/ops.ts";
import { Chance } from "./rp2040-isa.ts";

const OPS = correctedOps(FREQUENT);
const AT = 0x20020000;
const SAMPLES = 150;
const BRANCH_LINK: readonly [number, number] = [0xf000, 0xf7ff];
/** Loads and stores: QEMU judges them. */
const MEMORY: readonly [number, number] = [0x4800, 0x9fff];

type Core = RP2040["core"];

function prepare(core: Core, registers: number[], flags: number): void {
  core.registers.set(registers);
  core.PC = AT;
  core.LR = 0;
  core.APSR = flags;
  core.cycles = 0;
}

function state(core: Core): unknown[] {
  return [...core.registers, core.APSR >>> 0, core.cycles];
}

test("what runs for speed does as rp2040js does", () => {
  const chance = new Chance(7);
  const chip = new RP2040();
  const stock = chip.core;
  const own = new RP2040().core;
  let second = 0;
  const ours = Object.assign(own, { second: () => second }) as unknown as OpCore;
  const ranges = [...FREQUENT.map(([first, last]) => [first, last] as const), BRANCH_LINK];
  for (const [first, last] of ranges) {
    if (first >= MEMORY[0] && last <= MEMORY[1]) continue;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const opcode = first + chance.below(last - first + 1);
      second = 0xd000 | chance.below(0x1000) | (chance.below(2) << 13);
      const to_pc = first === 0x4600 && (opcode & 0x87) > 0x84; // MOV to SP or PC is not run here
      if (to_pc || (opcode & 0xff78) === 0x4678) continue;
      const registers = Array.from({ length: 13 }, () => chance.word());
      const flags = (chance.below(16) << 28) >>> 0;
      prepare(stock, registers, flags);
      prepare(own, registers, flags);
      chip.writeUint16(AT, opcode);
      chip.writeUint16(AT + 2, second);
      stock.executeInstruction();
      OPS[opcode >>> 6]?.(ours, opcode);
      assert.deepEqual(state(own), state(stock), `${opcode.toString(16)} ${second.toString(16)}`);
    }
  }
});
