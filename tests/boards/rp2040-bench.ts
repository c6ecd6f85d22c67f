/** Routines in C for the emulated Pico: all of a test file in one image, each run on a chip of its own. */

import assert from "node:assert/strict";

import { Chip, type ChipOptions, StrictError } from "../../boards/virtual/rp2040/chip.ts";
import { type Built, compileArm, withBoot2 } from "./rp2040-kit.ts";

const ORIGIN = 0x10000100;
const DONE = 0xd07e;
const WORDS = 64;
const LAST = WORDS - 1;
const FAULTS = WORDS - 2;

/** Start-up, the registers of the data sheet by address, and the ways of bringing blocks up. */
const PRELUDE = `
typedef unsigned u;
#define R(address) (*(volatile u *)(address))
#define SET(address) R((address) + 0x2000)
#define CLEAR(address) R((address) + 0x3000)
/* An address that the compiler must not know to be odd. */
static inline u odd(u address) { __asm volatile("" : "+r"(address)); return address; }
/* 0: which routine; 1..: results */
__attribute__((section(".first"))) volatile u out[${WORDS}];
void *memset(void *to, int value, u size) {
  for (u i = 0; i < size; i++) ((volatile char *)to)[i] = value;
  return to;
}
static void release(u bits) {
  CLEAR(0x4000c000) = bits;
  while ((R(0x4000c008) & bits) != bits) continue;
}
static void xosc(void) {
  R(0x4002400c) = 47;
  R(0x40024000) = 0xfabaa0;
  while (R(0x40024004) >> 31 == 0) continue;
}
static void pll(u base, u feedback, u prim) {
  R(base + 8) = feedback;
  CLEAR(base + 4) = 0x21;
  while (R(base) >> 31 == 0) continue;
  R(base + 0xc) = prim;
  CLEAR(base + 4) = 8;
}
static void reference(void) {
  xosc();
  R(0x40008030) = 2;
  while (R(0x40008038) != 4) continue;
}
static void clocks(void) {
  reference();
  release(1 << 12 | 1 << 13 | 1 << 5 | 1 << 8);
  pll(0x40028000, 125, 6 << 16 | 2 << 12);
  pll(0x4002c000, 100, 5 << 16 | 5 << 12);
  R(0x4000803c) = 1;
  while (R(0x40008044) != 2) continue;
  R(0x40008048) = 0x800;
  R(0x40008060) = 0x800;
  R(0x4005802c) = 0x20c;
  release(1 << 21);
}
static u time(void) { return R(0x40054028); }
static void wait(u us) {
  u since = time();
  while (time() - since < us) continue;
}
static void pin(u gpio, u function, u pad) {
  R(0x4001c004 + 4 * gpio) = pad;
  R(0x40014004 + 8 * gpio) = function;
}
static void uart(u control) { /* 115200 */
  release(1 << 22);
  pin(0, 2, 0x50);
  pin(1, 2, 0x58);
  R(0x40034024) = 67;
  R(0x40034028) = 52;
  R(0x4003402c) = control;
  R(0x40034030) = 0x301;
}
static void spi(void) { /* 7.8125 MHz, select GP5 */
  release(1 << 16);
  pin(2, 1, 0x50);
  pin(3, 1, 0x50);
  pin(4, 1, 0x58);
  R(0xd0000014) = 1 << 5;
  R(0xd0000024) = 1 << 5;
  pin(5, 5, 0x50);
  R(0x4003c010) = 2;
  R(0x4003c000) = 0x707;
  R(0x4003c004) = 2;
}
static void i2c(void) {
  release(1 << 3);
  pin(4, 3, 0x5a);
  pin(5, 3, 0x5a);
  R(0x40044000) = 0x165;
  R(0x4004401c) = 125;
  R(0x40044020) = 187;
  R(0x400440a0) = 11;
  R(0x40044030) = 0;
  R(0x40044004) = 0x68;
  R(0x4004406c) = 1;
}
static void enable(u irq) { R(0xe000e100) = 1u << irq; }
static void off(void) { __asm volatile("cpsid i" ::: "memory"); }
static void on(void) { __asm volatile("cpsie i\\nisb" ::: "memory"); }
static void sleep(void) { __asm volatile("wfi" ::: "memory"); }
extern void (*const ROUTINES[])(void);
static void (*on_interrupt)(void);
static void interrupt(void) { on_interrupt(); }
static void count(void) { out[10]++; }
static void serve_alarm(void) { out[10]++; R(0x40054034) = 1; }
static void hard_fault(void) { out[${FAULTS}]++; for (;;) continue; }
static void reset(void) {
  on_interrupt = count;
  out[10] = 0;
  out[${FAULTS}] = 0;
  ROUTINES[out[0]]();
  out[${LAST}] = ${DONE};
  for (;;) sleep();
}
__attribute__((section(".vectors"), used)) static void (*const VECTORS[48])(void) = {
  (void (*)(void))0x20001000, reset, hard_fault, hard_fault, [4 ... 47] = interrupt };
`;

export class Routines {
  private readonly built: Built;
  private readonly names: string[];

  /** Bodies of functions by name. */
  constructor(bodies: Record<string, string>) {
    this.names = Object.keys(bodies);
    const functions = Object.values(bodies).map(
      (body, i) => `static void f${i}(void) {\n${body}\n}`,
    );
    const table = this.names.map((_, i) => `f${i}`).join(", ");
    const routines = `void (*const ROUTINES[])(void) = { ${table} };`;
    const source = [PRELUDE, ...functions, routines].join("\n");
    this.built = compileArm("c", source, ORIGIN, ["-Wno-unused-function", "-fno-builtin"]);
  }

  image(): Uint8Array {
    return withBoot2(this.built.bytes);
  }

  /** A chip that is about to run the routine. */
  chip(name: string, options: ChipOptions = {}): Chip {
    const chip = new Chip(this.image(), { name, ...options });
    results(chip)[0] = this.names.indexOf(name);
    assert.ok(this.names.includes(name), name);
    return chip;
  }

  /** Runs a routine to its end; returns its results. */
  good(name: string, prepare: (chip: Chip) => void = () => undefined, for_ms = 50): Uint32Array {
    const chip = this.chip(name);
    prepare(chip);
    chip.runTo(for_ms * 1000);
    assert.deepEqual(chip.faults, []);
    assert.equal(results(chip)[LAST], DONE, `${name} ends`);
    return results(chip);
  }

  /** Runs a routine that the emulator must refuse. */
  bad(name: string, message: RegExp, prepare: (chip: Chip) => void = () => undefined): void {
    const chip = this.chip(name);
    prepare(chip);
    const refused = (error: unknown): boolean =>
      error instanceof StrictError && message.test(error.message);
    assert.throws(() => chip.runTo(50_000), refused, `${name}: ${chip.faults.join()}`);
    assert.equal(chip.faults.length, 1);
  }

  /** Runs a routine that must end in the guest's HardFault handler. */
  faults(name: string, message: RegExp): void {
    const texts: string[] = [];
    const chip = this.chip(name, { onHardFault: (text) => texts.push(text) });
    chip.runTo(50_000);
    assert.equal(results(chip)[FAULTS], 1, `${name}: the handler runs`);
    assert.equal(texts.length, 1);
    assert.match(texts[0], message);
  }
}

/** The words out[] of the routines. */
export function results(chip: Chip): Uint32Array {
  return new Uint32Array(chip.sram.buffer, chip.sram.byteOffset, WORDS);
}
