/** The instructions that compiled code consists of, once more: rp2040js finds an instruction by a row of some
 *  sixty comparisons, and most of these come late. Only speed is won; the instruction set check against QEMU
 *  covers them as it does the others. Source: ARMv6-M Architecture Reference Manual, A6. */

import type { Op, OpCore } from "./ops.ts";

function flags(core: OpCore, result: number): void {
  core.N = result < 0;
  core.Z = result === 0;
}

/** An instruction of one cycle whose result goes to a register and sets N and Z. */
function result(core: OpCore, to: number, value: number): void {
  core.registers[to] = value;
  core.N = value < 0;
  core.Z = value === 0;
  core.registers[15] += 2;
  core.cycles++;
}

function add(core: OpCore, to: number, x: number, y: number): void {
  const sum = x + y;
  const value = sum | 0;
  core.C = sum > 0xffffffff;
  core.V = ((x ^ value) & (y ^ value)) < 0;
  result(core, to, value);
}

function subtractFlags(core: OpCore, x: number, y: number): number {
  const value = (x - y) | 0;
  core.C = x >= y;
  core.V = ((x ^ y) & (x ^ value)) < 0;
  flags(core, value);
  return value;
}

function subtract(core: OpCore, to: number, x: number, y: number): void {
  core.registers[to] = subtractFlags(core, x, y);
  core.registers[15] += 2;
  core.cycles++;
}

function compare(core: OpCore, x: number, y: number): void {
  subtractFlags(core, x, y);
  core.registers[15] += 2;
  core.cycles++;
}

type Address = (core: OpCore, opcode: number) => number;
const offset4: Address = (core, op) => core.registers[(op >> 3) & 7] + ((op >> 4) & 0x7c);
const offset2: Address = (core, op) => core.registers[(op >> 3) & 7] + ((op >> 5) & 0x3e);
const offset1: Address = (core, op) => core.registers[(op >> 3) & 7] + ((op >> 6) & 0x1f);
const indexed: Address = (core, op) =>
  core.registers[(op >> 3) & 7] + core.registers[(op >> 6) & 7];

const ldr: Op = (core, op) => loadWord(core, op & 7, offset4(core, op));
const ldrIndexed: Op = (core, op) => loadWord(core, op & 7, indexed(core, op));
const ldrStack: Op = (core, op) =>
  loadWord(core, (op >> 8) & 7, core.registers[13] + ((op & 0xff) << 2));
const ldrLiteral: Op = (core, op) =>
  loadWord(core, (op >> 8) & 7, ((core.registers[15] + 4) & ~3) + ((op & 0xff) << 2));

function loadWord(core: OpCore, to: number, address: number): void {
  core.registers[to] = core.readUint32(address);
  core.registers[15] += 2;
  core.cycles += 1 + core.cyclesIO(address);
}

function storeWord(core: OpCore, from: number, address: number): void {
  core.writeUint32(address, core.registers[from]);
  core.registers[15] += 2;
  core.cycles += 1 + core.cyclesIO(address, true);
}

const str: Op = (core, op) => storeWord(core, op & 7, offset4(core, op));
const strIndexed: Op = (core, op) => storeWord(core, op & 7, indexed(core, op));
const strStack: Op = (core, op) =>
  storeWord(core, (op >> 8) & 7, core.registers[13] + ((op & 0xff) << 2));

function loadByte(address: Address): Op {
  return (core, op) => {
    const at = address(core, op);
    core.registers[op & 7] = core.readUint8(at);
    core.registers[15] += 2;
    core.cycles += 1 + core.cyclesIO(at);
  };
}

function storeByte(address: Address): Op {
  return (core, op) => {
    const at = address(core, op);
    core.writeUint8(at, core.registers[op & 7]);
    core.registers[15] += 2;
    core.cycles += 1 + core.cyclesIO(at, true);
  };
}

function loadHalf(address: Address): Op {
  return (core, op) => {
    const at = address(core, op);
    core.registers[op & 7] = core.readUint16(at);
    core.registers[15] += 2;
    core.cycles += 1 + core.cyclesIO(at);
  };
}

function storeHalf(address: Address): Op {
  return (core, op) => {
    const at = address(core, op);
    core.writeUint16(at, core.registers[op & 7]);
    core.registers[15] += 2;
    core.cycles += 1 + core.cyclesIO(at, true);
  };
}

const lslsImmediate: Op = (core, op) => {
  const count = (op >> 6) & 31;
  const value = core.registers[(op >> 3) & 7];
  if (count !== 0) core.C = ((value >>> (32 - count)) & 1) !== 0;
  result(core, op & 7, value << count);
};

const lsrsImmediate: Op = (core, op) => {
  const count = (op >> 6) & 31 || 32;
  const value = core.registers[(op >> 3) & 7];
  core.C = ((value >>> (count - 1)) & 1) !== 0;
  result(core, op & 7, count === 32 ? 0 : (value >>> count) | 0);
};

const asrsImmediate: Op = (core, op) => {
  const count = (op >> 6) & 31 || 32;
  const value = core.registers[(op >> 3) & 7];
  core.C = ((value >> (count - 1)) & 1) !== 0;
  result(core, op & 7, value >> Math.min(count, 31));
};

/** MOV of all registers; to SP or PC by rp2040js. */
const movHigh: Op = (core, op) => {
  const to = ((op >> 4) & 8) | (op & 7);
  const from = (op >> 3) & 15;
  if (to === 13 || to === 15 || from === 15) return core.stock();
  core.registers[to] = core.registers[from];
  core.registers[15] += 2;
  core.cycles++;
};

const branchIf: Op = (core, op) => {
  const taken = core.checkCondition((op >> 8) & 15);
  core.registers[15] += taken ? 4 + ((op << 24) >> 23) : 2;
  core.cycles += taken ? 2 : 1;
};

const branch: Op = (core, op) => {
  core.registers[15] += 4 + ((op << 21) >> 20);
  core.cycles += 2;
};

const extend: Op = (core, op) => {
  const value = core.registers[(op >> 3) & 7];
  const kind = (op >> 6) & 3; // SXTH, SXTB, UXTH, UXTB
  if (kind === 0) core.registers[op & 7] = (value << 16) >> 16;
  else if (kind === 1) core.registers[op & 7] = (value << 24) >> 24;
  else core.registers[op & 7] = value & (kind === 2 ? 0xffff : 0xff);
  core.registers[15] += 2;
  core.cycles++;
};

/** Two registers to one; the flags C and V stay. */
function logic(of: (to: number, from: number) => number): Op {
  return (core, op) => {
    const to = op & 7;
    result(core, to, of(core.registers[to], core.registers[(op >> 3) & 7]) | 0);
  };
}

/** First and last opcode, and who runs it. */
export const FREQUENT: readonly [number, number, Op][] = [
  [0x0000, 0x07ff, lslsImmediate],
  [0x0800, 0x0fff, lsrsImmediate],
  [0x1000, 0x17ff, asrsImmediate],
  [
    0x1800,
    0x19ff,
    (c, op) => add(c, op & 7, c.registers[(op >> 3) & 7], c.registers[(op >> 6) & 7]),
  ],
  [
    0x1a00,
    0x1bff,
    (c, op) => subtract(c, op & 7, c.registers[(op >> 3) & 7], c.registers[(op >> 6) & 7]),
  ],
  [0x1c00, 0x1dff, (c, op) => add(c, op & 7, c.registers[(op >> 3) & 7], (op >> 6) & 7)],
  [0x1e00, 0x1fff, (c, op) => subtract(c, op & 7, c.registers[(op >> 3) & 7], (op >> 6) & 7)],
  [0x2000, 0x27ff, (c, op) => result(c, (op >> 8) & 7, op & 0xff)],
  [0x2800, 0x2fff, (c, op) => compare(c, c.registers[(op >> 8) & 7], op & 0xff)],
  [0x3000, 0x37ff, (c, op) => add(c, (op >> 8) & 7, c.registers[(op >> 8) & 7], op & 0xff)],
  [0x3800, 0x3fff, (c, op) => subtract(c, (op >> 8) & 7, c.registers[(op >> 8) & 7], op & 0xff)],
  [0x4000, 0x403f, logic((to, from) => to & from)],
  [0x4040, 0x407f, logic((to, from) => to ^ from)],
  [0x4280, 0x42bf, (c, op) => compare(c, c.registers[op & 7], c.registers[(op >> 3) & 7])],
  [0x4300, 0x433f, logic((to, from) => to | from)],
  [0x4340, 0x437f, logic((to, from) => Math.imul(to, from))],
  [0x4380, 0x43bf, logic((to, from) => to & ~from)],
  [0x43c0, 0x43ff, logic((_to, from) => ~from)],
  [0x4600, 0x46ff, movHigh],
  [0x4800, 0x4fff, ldrLiteral],
  [0x5000, 0x51ff, strIndexed],
  [0x5200, 0x53ff, storeHalf(indexed)],
  [0x5400, 0x55ff, storeByte(indexed)],
  [0x5800, 0x59ff, ldrIndexed],
  [0x5a00, 0x5bff, loadHalf(indexed)],
  [0x5c00, 0x5dff, loadByte(indexed)],
  [0x6000, 0x67ff, str],
  [0x6800, 0x6fff, ldr],
  [0x7000, 0x77ff, storeByte(offset1)],
  [0x7800, 0x7fff, loadByte(offset1)],
  [0x8000, 0x87ff, storeHalf(offset2)],
  [0x8800, 0x8fff, loadHalf(offset2)],
  [0x9000, 0x97ff, strStack],
  [0x9800, 0x9fff, ldrStack],
  [0xb200, 0xb2ff, extend],
  [0xd000, 0xddff, branchIf],
  [0xe000, 0xe7ff, branch],
];
