/** Cases for the instruction set check: one instruction each, with registers and flags before it. Drawn from
 *  a seed; addresses stay inside a scratch area of 256 bytes. Also the program that runs them, on the
 *  emulated Pico and on QEMU's microbit alike: it lies in memory at 0x20000000 on both. */

/** Registers r0..r9, flags in bits 31..28. */
export interface IsaCase {
  name: string;
  opcodes: [number, number];
  registers: number[];
  flags: number;
}

export const SCRATCH = 0x20000200;
export const RESULT_WORDS = 24;
const CASE_WORDS = 12;
const NOP = 0xbf00;
/** mov r9, r8: shows whether a branch was taken, leaves the flags. */
const TELLTALE = 0x46c1;
const CORNERS = [
  0, 1, 2, 3, 0x1f, 0x20, 0x21, 0x7f, 0x80, 0xff, 0x100, 0x7ffffffe, 0x7fffffff, 0x80000000,
  0x80000001, 0xfffffffe, 0xffffffff, 0x55555555, 0xaaaaaaaa,
];
const SHIFTS = [
  0, 0, 0, 1, 2, 15, 30, 31, 32, 33, 34, 63, 64, 65, 127, 128, 254, 255, 256, 257, 0x7fffff20,
];

export class Chance {
  constructor(private state: number) {}

  /** 0..limit-1; mulberry32. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)];
  }

  word(): number {
    return this.below(4) === 0 ? this.below(2 ** 32) : this.pick(CORNERS);
  }
}

/** Where carry and overflow turn. */
const EDGES = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];

type Make = (chance: Chance, registers: number[]) => [number, number] | number;

/** Three-bit register fields. */
function low(chance: Chance): number {
  return chance.below(8);
}

/** Two operands, Rm and Rdn; values they are drawn from. */
function data(code: number, from?: readonly number[], to?: readonly number[]): Make {
  return (chance, registers) => {
    const source = low(chance);
    const target = low(chance);
    if (to !== undefined) registers[target] = chance.pick(to);
    if (from !== undefined) registers[source] = chance.pick(from);
    return 0x4000 | (code << 6) | (source << 3) | target;
  };
}

function immediate(base: number, bits: number): Make {
  return (chance) => base | chance.below(1 << bits);
}

/** Load or store with offset: base register into the scratch area, aligned to `size`. */
function access(base: number, size: number): Make {
  return (chance, registers) => {
    const at = low(chance);
    const field = chance.below(16);
    registers[at] = SCRATCH + 64 + size * chance.below(16);
    return base | (field << 6) | (at << 3) | low(chance);
  };
}

/** Load or store with two registers. */
function indexed(base: number, size: number): Make {
  return (chance, registers) => {
    const at = low(chance);
    const by = (at + 1 + chance.below(7)) % 8;
    registers[at] = SCRATCH + 64 + size * chance.below(16);
    registers[by] = (size * (chance.below(16) - 8)) >>> 0;
    return base | (by << 6) | (at << 3) | low(chance);
  };
}

function multiple(base: number, stores: boolean): Make {
  return (chance, registers) => {
    const at = low(chance);
    let list = 1 + chance.below(255);
    const is_first = (list & ((1 << at) - 1)) === 0;
    if (stores && !is_first) list &= ~(1 << at);
    registers[at] = SCRATCH + 64 + 4 * chance.below(8);
    return base | (at << 8) | list;
  };
}

/** ADD, CMP, MOV of all registers but SP, LR and PC as target; r10..r15 are not compared. */
function high(base: number): Make {
  return (chance) => {
    const target = chance.below(10);
    const source = chance.below(10);
    const is_compare = base === 0x4500;
    if (is_compare && target < 8 && source < 8) return base | 0x80 | (source << 3); // r8
    return base | ((target & 8) << 4) | (source << 3) | (target & 7);
  };
}

const FORMATS: Record<string, Make> = {
  "lsls imm": immediate(0x0000, 11),
  "lsrs imm": immediate(0x0800, 11),
  "asrs imm": immediate(0x1000, 11),
  "adds reg": immediate(0x1800, 9),
  "subs reg": immediate(0x1a00, 9),
  "adds imm3": immediate(0x1c00, 9),
  "subs imm3": immediate(0x1e00, 9),
  "movs imm": immediate(0x2000, 11),
  "cmp imm": immediate(0x2800, 11),
  "adds imm8": immediate(0x3000, 11),
  "subs imm8": immediate(0x3800, 11),
  ands: data(0),
  eors: data(1),
  "lsls reg": data(2, SHIFTS),
  "lsrs reg": data(3, SHIFTS),
  "asrs reg": data(4, SHIFTS),
  adcs: data(5),
  "adcs edge": data(5, EDGES, EDGES),
  sbcs: data(6),
  "sbcs edge": data(6, EDGES, EDGES),
  "rors reg": data(7, SHIFTS),
  tst: data(8),
  rsbs: data(9),
  cmp: data(10),
  cmn: data(11),
  orrs: data(12),
  muls: data(13),
  bics: data(14),
  mvns: data(15),
  "add high": high(0x4400),
  "cmp high": high(0x4500),
  "mov high": high(0x4600),
  "mov pc": (chance) => 0x4678 | low(chance),
  "add sp": (chance) => 0x4468 | low(chance),
  "ldr literal": (chance) => 0x4800 | (low(chance) << 8) | chance.below(8),
  "str reg": indexed(0x5000, 4),
  "strh reg": indexed(0x5200, 2),
  "strb reg": indexed(0x5400, 1),
  "ldrsb reg": indexed(0x5600, 1),
  "ldr reg": indexed(0x5800, 4),
  "ldrh reg": indexed(0x5a00, 2),
  "ldrb reg": indexed(0x5c00, 1),
  "ldrsh reg": indexed(0x5e00, 2),
  "str imm": access(0x6000, 4),
  "ldr imm": access(0x6800, 4),
  "strb imm": access(0x7000, 1),
  "ldrb imm": access(0x7800, 1),
  "strh imm": access(0x8000, 2),
  "ldrh imm": access(0x8800, 2),
  "str sp": (chance) => 0x9000 | (low(chance) << 8) | chance.below(16),
  "ldr sp": (chance) => 0x9800 | (low(chance) << 8) | chance.below(16),
  adr: immediate(0xa000, 11),
  "add rd sp": immediate(0xa800, 11),
  "add sp imm": immediate(0xb000, 4),
  "sub sp imm": immediate(0xb080, 4),
  extend: immediate(0xb200, 8),
  push: (chance) => 0xb400 | (1 + chance.below(511)),
  pop: (chance) => 0xbc00 | (1 + chance.below(255)),
  rev: immediate(0xba00, 6),
  rev16: immediate(0xba40, 6),
  revsh: immediate(0xbac0, 6),
  stmia: multiple(0xc000, true),
  ldmia: multiple(0xc800, false),
  "b cond": (chance) => [0xd000 | (chance.below(14) << 8), TELLTALE],
  b: () => [0xe000, TELLTALE],
  bl: () => [0xf000, 0xf800],
  mrs: (chance) => [0xf3ef, 0x8000 | (low(chance) << 8) | chance.pick([0, 1, 2, 3, 5, 6, 7, 16])],
  "msr apsr": (chance) => [0xf380 | low(chance), 0x8800],
  hints: (chance) => chance.pick([0xbf00, 0xbf10, 0xbf40]),
  barriers: (chance) => [0xf3bf, chance.pick([0x8f4f, 0x8f5f, 0x8f6f])],
};

/** `count` cases of each format. */
export function drawCases(seed: number, count: number): IsaCase[] {
  const chance = new Chance(seed);
  const cases: IsaCase[] = [];
  for (const [name, make] of Object.entries(FORMATS)) {
    for (let index = 0; index < count; index++) {
      const registers = Array.from({ length: 10 }, () => chance.word());
      const made = make(chance, registers);
      const opcodes: [number, number] = typeof made === "number" ? [made, NOP] : made;
      cases.push({ name, opcodes, registers, flags: (chance.below(16) << 28) >>> 0 });
    }
  }
  return cases;
}

function words(test: IsaCase): number[] {
  return [(test.opcodes[0] | (test.opcodes[1] << 16)) >>> 0, test.flags, ...test.registers];
}

/** Each result: r0..r9, SP, LR, flags, checksums of the scratch area; written by emit(). */
export function isaProgram(cases: IsaCase[], emit: string): string {
  const table = cases.map((test) => `.word ${words(test).join(",")}`).join("\n");
  return `        .syntax unified
        .section .vectors, "a"
        .word   0x20001000, reset, stop, stop
        .text
        .thumb
        .thumb_func
reset:  ldr     r0, =load
        ldr     r1, =0x20000000
        ldr     r2, =code_end
copy:   ldr     r3, [r0]
        str     r3, [r1]
        adds    r0, #4
        adds    r1, #4
        cmp     r1, r2
        blo     copy
        bl      begin
        ldr     r4, =cases
again:  ldr     r0, =cases_end
        cmp     r4, r0
        bhs     end
        mov     r0, r4
        ldr     r1, =run
        blx     r1
        bl      emit
        adds    r4, #${CASE_WORDS * 4}
        b       again
end:    bl      finish
        .thumb_func
stop:   b       stop
        .ltorg
${emit}
        .ltorg
        .align 2
cases:
${table}
cases_end:
${MEMORY_PART}`;
}

/** Lies in memory, at the same place on both. `slot` takes the instruction. */
const MEMORY_PART = `
        .section .first, "awx"
        .align 2
        .thumb_func
run:    push    {r4-r7, lr}
        mov     r1, r8
        mov     r2, r9
        push    {r1, r2}
        ldr     r1, =saved
        mov     r2, sp
        str     r2, [r1]
        ldr     r2, =slot
        ldrh    r3, [r0]
        strh    r3, [r2]
        ldrh    r3, [r0, #2]
        strh    r3, [r2, #2]
        ldr     r1, =${SCRATCH}
        movs    r2, #64
        ldr     r3, =0x9e3779b9
        mov     r5, r3
fill:   str     r5, [r1]
        adds    r5, r5, r3
        adds    r1, #4
        subs    r2, #1
        bne     fill
        dsb
        isb
        ldr     r1, =${SCRATCH + 128}
        mov     sp, r1
        movs    r1, #0
        mov     lr, r1
        ldr     r1, [r0, #40]
        mov     r8, r1
        ldr     r1, [r0, #44]
        mov     r9, r1
        ldr     r1, [r0, #4]
        adds    r0, #8
        msr     apsr_nzcvq, r1
        ldm     r0, {r0-r7}
        .align 2
slot:   nop
        nop
        mov     r10, r0
        mov     r11, r1
        mrs     r0, apsr
        ldr     r1, =result
        str     r0, [r1, #48]
        mov     r0, r10
        str     r0, [r1]
        mov     r0, r11
        str     r0, [r1, #4]
        str     r2, [r1, #8]
        str     r3, [r1, #12]
        str     r4, [r1, #16]
        str     r5, [r1, #20]
        str     r6, [r1, #24]
        str     r7, [r1, #28]
        mov     r0, r8
        str     r0, [r1, #32]
        mov     r0, r9
        str     r0, [r1, #36]
        mov     r0, sp
        str     r0, [r1, #40]
        mov     r0, lr
        str     r0, [r1, #44]
        ldr     r0, =saved
        ldr     r0, [r0]
        mov     sp, r0
        movs    r0, #0
        movs    r4, #0
        movs    r2, #64
        ldr     r3, =${SCRATCH}
sum:    ldr     r5, [r3]
        adds    r0, r0, r5
        eors    r4, r5
        adds    r4, r4, r0
        adds    r3, #4
        subs    r2, #1
        bne     sum
        str     r0, [r1, #52]
        str     r4, [r1, #56]
        pop     {r1, r2}
        mov     r8, r1
        mov     r9, r2
        pop     {r4-r7, pc}
        .ltorg
        .align 2
code_end:
        .section .bss
        .align 2
saved:  .space 40
result: .space ${RESULT_WORDS * 4}
`;
