/** Instructions that rp2040js 1.4.1 gets wrong or lets pass, by their upper ten bits: a table says which of
 *  them are run here and which by rp2040js. Source: ARMv6-M Architecture Reference Manual, A5 and A6. What
 *  is UNPREDICTABLE there is a fault here. */

import { HOOK_OPCODE } from "./bus.ts";

/** What an instruction works on: registers and flags of rp2040js, and the ways out. */
export interface OpCore {
  readonly registers: Uint32Array;
  N: boolean;
  Z: boolean;
  C: boolean;
  V: boolean;
  PC: number;
  LR: number;
  cycles: number;
  eventRegistered: boolean;
  /** rp2040js' own reading of the instruction. */
  stock(): void;
  /** HardFault. */
  fault(text: string): never;
  /** A hook stands here. */
  hooked(): void;
  /** Second halfword of a 32-bit instruction. */
  second(): number;
  supervisorCall(): void;
  waitForInterrupt(): void;
  waitForEvent(): void;
  readUint32(address: number): number;
  readUint16(address: number): number;
  readUint8(address: number): number;
  writeUint32(address: number, value: number): void;
  writeUint16(address: number, value: number): void;
  writeUint8(address: number, value: number): void;
  /** Cycles that an access takes beyond the first. */
  cyclesIO(address: number, write?: boolean): number;
  checkCondition(condition: number): boolean;
  /** Branch or return from an exception. */
  BXWritePC(address: number): void;
}

export type Op = (core: OpCore, opcode: number) => void;

function logicFlags(core: OpCore, result: number): void {
  core.N = result >> 31 !== 0;
  core.Z = result === 0;
}

function done(core: OpCore, cycles: number): void {
  core.PC += 2;
  core.cycles += cycles;
}

const undefinedOp: Op = (core) => core.fault("undefined instruction");

/** AddWithCarry of the manual (A2.2.1). */
function addWithCarry(core: OpCore, to: number, x: number, y: number, carry: number): void {
  const sum = (x >>> 0) + (y >>> 0) + carry;
  const result = sum | 0;
  core.registers[to] = result;
  logicFlags(core, result);
  core.C = sum > 0xffffffff;
  core.V = ((x ^ result) & (y ^ result)) < 0;
}

const adcs: Op = (core, opcode) => {
  const to = opcode & 7;
  const { registers } = core;
  addWithCarry(core, to, registers[to], registers[(opcode >> 3) & 7], core.C ? 1 : 0);
  done(core, 1);
};

const sbcs: Op = (core, opcode) => {
  const to = opcode & 7;
  const { registers } = core;
  addWithCarry(core, to, registers[to], ~registers[(opcode >> 3) & 7], core.C ? 1 : 0);
  done(core, 1);
};

/** A shift by register; `shift` gets 1..255 and returns the result after it has set C. */
function shiftOp(shift: (core: OpCore, value: number, count: number) => number): Op {
  return (core, opcode) => {
    const to = opcode & 7;
    const value = core.registers[to] | 0;
    const count = core.registers[(opcode >> 3) & 7] & 0xff;
    const result = count === 0 ? value : shift(core, value, count) | 0;
    core.registers[to] = result;
    logicFlags(core, result);
    done(core, 1);
  };
}

const lsls = shiftOp((core, value, count) => {
  core.C = count <= 32 && ((value >>> (32 - count)) & 1) !== 0;
  return count < 32 ? value << count : 0;
});

const lsrs = shiftOp((core, value, count) => {
  core.C = count <= 32 && ((value >>> (count - 1)) & 1) !== 0;
  return count < 32 ? value >>> count : 0;
});

const asrs = shiftOp((core, value, count) => {
  core.C = ((value >> Math.min(count - 1, 31)) & 1) !== 0;
  return value >> Math.min(count, 31);
});

const rors = shiftOp((core, value, count) => {
  const turn = count & 31;
  const result = turn === 0 ? value : (value >>> turn) | (value << (32 - turn));
  core.C = result < 0;
  return result;
});

const stmia: Op = (core, opcode) => {
  const base = (opcode >> 8) & 7;
  const list = opcode & 0xff;
  if (list === 0) core.fault("STMIA of no register");
  const in_list = (list & (1 << base)) !== 0;
  if (in_list && (list & ((1 << base) - 1)) !== 0) core.fault("STMIA stores its changed base");
  let address = core.registers[base];
  let cycles = 1;
  for (let index = 0; index < 8; index++) {
    if ((list & (1 << index)) === 0) continue;
    core.writeUint32(address, core.registers[index]);
    address += 4;
    cycles++;
  }
  core.registers[base] = address;
  done(core, cycles);
};

const ldmia: Op = (core, opcode) => {
  if ((opcode & 0xff) === 0) core.fault("LDMIA of no register");
  core.stock();
};

const branchExchange: Op = (core, opcode) => {
  const register = (opcode >> 3) & 15;
  if ((opcode & 7) !== 0 || register === 15) undefinedOp(core, opcode);
  const target = core.registers[register];
  core.cycles += 2;
  if ((opcode & 0x80) === 0) return core.BXWritePC(target);
  if ((target & 1) === 0) core.fault("BLX to an address with the Thumb bit clear");
  core.LR = (core.PC + 2) | 1;
  core.PC = target & ~1;
};

const supervisorCall: Op = (core) => {
  core.cycles++;
  core.supervisorCall();
};

const breakpoint: Op = (core) => core.fault("BKPT without a debugger");

/** CPSIE i and CPSID i. */
const changeState: Op = (core, opcode) => {
  if (opcode !== 0xb662 && opcode !== 0xb672) undefinedOp(core, opcode);
  core.stock();
};

/** Hints (A5.2.6): NOP, YIELD, WFE, WFI, SEV; the others do nothing. */
const hint: Op = (core, opcode) => {
  if ((opcode & 0xf) !== 0) undefinedOp(core, opcode);
  core.PC += 2;
  if (opcode === 0xbf30) core.waitForInterrupt();
  else if (opcode === 0xbf20) core.waitForEvent();
  else core.cycles++;
  if (opcode === 0xbf40) core.eventRegistered = true;
};

/** BL (A6.7.13). */
function branchLink(core: OpCore, opcode: number, second: number): void {
  const sign = (opcode >> 10) & 1;
  const bit23 = ~((second >> 13) ^ sign) & 1;
  const bit22 = ~((second >> 11) ^ sign) & 1;
  const high = (-sign << 24) | (bit23 << 23) | (bit22 << 22) | ((opcode & 0x3ff) << 12);
  core.LR = (core.PC + 4) | 1;
  core.PC += 4 + (high | ((second & 0x7ff) << 1));
  core.cycles += 3;
}

/** BL, MSR, MRS and the barriers (A5.3); every other instruction of 32 bits is undefined. */
const wide: Op = (core, opcode) => {
  const second = core.second();
  const is_branch = (second & 0xd000) === 0xd000;
  const is_msr = (opcode & 0xfff0) === 0xf380 && second >> 8 === 0x88;
  const is_mrs = opcode === 0xf3ef && second >> 12 === 0x8;
  const is_barrier = opcode === 0xf3bf && second >= 0x8f40 && second <= 0x8f6f;
  if (is_branch) return branchLink(core, opcode, second);
  if (!is_msr && !is_mrs && !is_barrier) undefinedOp(core, opcode);
  core.stock();
};

function set(table: (Op | null)[], first: number, last: number, op: Op): void {
  for (let opcode = first; opcode <= last; opcode += 64) table[opcode >>> 6] = op;
}

/** By the upper ten bits; null: rp2040js runs it. `more`: first and last opcode of further ones. */
export function correctedOps(more: readonly [number, number, Op][]): (Op | null)[] {
  const table: (Op | null)[] = Array.from({ length: 1024 }, () => null);
  for (const [first, last, op] of more) set(table, first, last, op);
  set(table, 0x4080, 0x40bf, lsls);
  set(table, 0x40c0, 0x40ff, lsrs);
  set(table, 0x4100, 0x413f, asrs);
  set(table, 0x4140, 0x417f, adcs);
  set(table, 0x4180, 0x41bf, sbcs);
  set(table, 0x41c0, 0x41ff, rors);
  set(table, 0x4700, 0x47ff, branchExchange);
  set(table, 0xb100, 0xb1ff, undefinedOp);
  set(table, 0xb300, 0xb3ff, undefinedOp);
  set(table, 0xb600, 0xb63f, undefinedOp);
  set(table, 0xb640, 0xb67f, changeState);
  set(table, 0xb680, 0xb9ff, undefinedOp);
  set(table, 0xba80, 0xbabf, undefinedOp);
  set(table, 0xbb00, 0xbbff, undefinedOp);
  set(table, 0xbe00, 0xbeff, breakpoint);
  set(table, 0xbf00, 0xbfff, hint);
  set(table, 0xc000, 0xc7ff, stmia);
  set(table, 0xc800, 0xcfff, ldmia);
  set(table, 0xde00, 0xdeff, undefinedOp);
  set(table, HOOK_OPCODE, HOOK_OPCODE, (core) => core.hooked());
  set(table, 0xdf00, 0xdfff, supervisorCall);
  set(table, 0xe800, 0xefff, undefinedOp);
  set(table, 0xf000, 0xf7ff, wide);
  set(table, 0xf800, 0xffff, undefinedOp);
  return table;
}
