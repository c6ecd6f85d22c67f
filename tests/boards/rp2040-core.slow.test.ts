/** The emulated Pico's core, memory, start, resets, clocks and timers: what silicon allows passes, what it
 *  forbids faults. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Chip, StrictError } from "../../boards/virtual/rp2040/chip.ts";
import { results, Routines } from "./rp2040-bench.ts";

const routines = new Routines({
  aligned: "R(0x20000100) = 0x12345678; out[1] = *(volatile unsigned short *)0x20000102;",
  "word read": "out[1] = R(odd(0x20000101));",
  "word write": "R(odd(0x20000102)) = 1;",
  "halfword read": "out[1] = *(volatile unsigned short *)odd(0x20000101);",
  "read of nothing": "out[1] = R(0x30000000);",
  "write beyond memory": "R(0x20042000) = 1;",
  "write to flash": "R(0x10000200) = 1;",
  "byte to flash": "*(volatile char *)0x10000200 = 1;",
  "write to ROM": "R(0x00000100) = 1;",
  "undefined instruction": '__asm volatile(".hword 0xde00");',
  "unknown wide instruction": '__asm volatile(".hword 0xf000, 0x8000");',
  breakpoint: '__asm volatile("bkpt 1");',
  "even branch": 'u to = 0x10000100; __asm volatile("bx %0" ::"r"(to));',
  "code nowhere": "((void (*)(void))0x30000001)();",
  "supervisor call": 'off(); __asm volatile("svc 0");',
  "stack beyond memory": '__asm volatile("mov sp, %0\\n push {r0-r7}" ::"r"(0x20000010));',
  "read of ROM": "out[1] = R(0x00000010);",
  "part not modelled": "out[1] = R(0x50000000);",
  "register not modelled": "out[1] = R(0x40008098);",
  "peripheral in reset": "out[1] = R(0x40034018);",
  "peripheral without clock": "CLEAR(0x4000c000) = 1 << 22; out[1] = R(0x40034018);",
  "peripheral too early": "clocks(); CLEAR(0x4000c000) = 1 << 22; out[1] = R(0x40034018);",
  "reset done": `CLEAR(0x4000c000) = 1 << 22 | 1 << 5;
    for (u i = 0; i < 100; i++) out[1] = R(0x4000c008) >> 22 & 1;
    out[2] = R(0x4000c008) >> 5 & 1;
    clocks(); release(1 << 22); out[3] = R(0x40034018);`,
  "clock from nothing": "R(0x40008030) = 2;",
  "PLL not locked": `reference(); release(1 << 12); R(0x40028008) = 125; CLEAR(0x40028004) = 0x21;
    R(0x4000803c) = 1;`,
  "VCO too slow": "reference(); release(1 << 12); R(0x40028008) = 20; CLEAR(0x40028004) = 0x21;",
  "source under a running clock": "clocks(); R(0x4000803c) = 0x61;",
  "PLL reset under a running clock": "clocks(); SET(0x4000c000) = 1 << 12;",
  "time without tick": "reference(); release(1 << 21); out[1] = time();",
  "wrong tick": "clocks(); R(0x4005802c) = 0x20d; out[1] = time();",
  "system reset": "R(0xe000ed0c) = 0x05fa0004;",
  "alarm on time": `clocks(); enable(0); R(0x40054038) = 1;
    for (u i = 0; i < 20; i++) {
      u target = time() + 37 + i; off(); R(0x40054010) = target;
      while (R(0x40054020) & 1) sleep();
      out[2 + i] = time() - target; R(0x40054034) = 1; R(0xe000e280) = 1; on();
    }`,
  "alarm in the past": `clocks(); u now = time(); R(0x40054010) = now - 1; wait(2000);
    out[1] = R(0x40054020); out[2] = R(0x40054034);`,
  "pending by software": `enable(5); R(0xe000e200) = 1 << 5; on(); out[1] = out[10];
    R(0xe000e200) = 1 << 6; out[2] = R(0xe000e200) >> 6 & 1;
    R(0xe000e280) = 1 << 6; out[3] = R(0xe000e200) >> 6 & 1; enable(6); on(); out[4] = out[10];`,
  "sleep with interrupts off": `on_interrupt = serve_alarm;
    clocks(); enable(0); R(0x40054038) = 1; off(); R(0x40054010) = time() + 100; sleep();
    out[1] = out[10]; on(); out[2] = out[10];
    off(); R(0xe000e200) = 1; sleep(); out[3] = out[10]; on(); out[4] = out[10];`,
  "watchdog without choice": "clocks(); R(0x40058004) = 2000; SET(0x40058000) = 1u << 30;",
  watchdog: `if (R(0x40058008) == 0) {
      clocks(); R(0x40010008) = 0x1fffc; R(0x4005800c) = 0xcafe; out[5] = 0x5eed;
      R(0x40058004) = 20000; R(0x40058000) = 1u << 30;
      for (u i = 0; i < 3; i++) { wait(9000); R(0x40058004) = 20000; }
      out[6] = time();
      for (;;) out[7] = time();
    }
    out[1] = R(0x40058008); out[2] = R(0x4005800c); out[3] = R(0x40034018 - 0x34018 + 0x0c000);`,
  "forced reset": `if (R(0x40058008) == 0) {
      reference(); R(0x40010008) = 0x1fffc; SET(0x40058000) = 1u << 31;
    }
    out[1] = R(0x40058008);`,
});

test("memory is used aligned and where it is", () => {
  assert.equal(routines.good("aligned")[1], 0x1234);
  routines.faults("word read", /unaligned word read at 0x20000101/);
  routines.faults("word write", /unaligned word write/);
  routines.faults("halfword read", /unaligned halfword read/);
  routines.faults("read of nothing", /read at 0x30000000, where there is nothing/);
  routines.faults("write beyond memory", /write at 0x20042000/);
  routines.faults("write to flash", /write to flash at 0x10000200/);
  routines.faults("byte to flash", /write to flash/);
  routines.faults("write to ROM", /write to ROM at 0x00000100/);
});

test("what the core does not know is a HardFault", () => {
  routines.faults("undefined instruction", /undefined instruction/);
  routines.faults("unknown wide instruction", /undefined instruction/);
  routines.faults("breakpoint", /BKPT/);
  routines.faults("even branch", /Thumb bit clear/);
  routines.faults("code nowhere", /instruction at 0x30000000/);
  routines.faults("supervisor call", /SVC/);
  routines.bad("word read", /HardFault: unaligned/); // nobody listens: the test fails
});

test("a fault that cannot be stacked locks the core up", () => {
  const texts: string[] = [];
  const options = { onHardFault: (text: string): number => texts.push(text) };
  const chip = routines.chip("stack beyond memory", options);
  chip.runTo(50_000);
  assert.equal(texts.length, 2);
  assert.match(texts[1], /lockup: write at 0x1ffffff/);
  assert.ok(chip.sleeping);
  routines.bad("stack beyond memory", /HardFault: write at 0x1ffffff/);
});

test("what is not modelled is refused", () => {
  routines.bad("read of ROM", /boot ROM is not here/);
  routines.bad("part not modelled", /not modelled/);
  routines.bad("register not modelled", /CLOCKS: read of register 0x00000098/);
  routines.bad("system reset", /0x00000d0c/);
});

test("a peripheral answers once it is out of reset and has its clock", () => {
  routines.bad("peripheral in reset", /UART0: read at 0x40034018 while it is in reset/);
  routines.bad("peripheral without clock", /without its clock/);
  routines.bad("peripheral too early", /before RESET_DONE/);
  const out = routines.good("reset done");
  assert.deepEqual([...out.slice(1, 4)], [0, 1, 0x90]);
});

test("clocks come from what runs", () => {
  routines.bad("clock from nothing", /clk_ref from the crystal before it is stable/);
  routines.bad("PLL not locked", /clk_sys from a source that does not run/);
  routines.bad("VCO too slow", /VCO at 240000000 Hz/);
  routines.bad("PLL reset under a running clock", /clk_sys from a source that does not run/);
  routines.bad("source under a running clock", /auxiliary source of clk_sys/);
});

test("time needs the tick, alarms are never early, one in the past is missed", () => {
  routines.bad("time without tick", /tick does not run/);
  routines.bad("wrong tick", /not 1 MHz/);
  const late = routines.good("alarm on time").slice(2, 22);
  assert.ok(
    late.every((us) => us <= 1),
    [...late].join(),
  );
  assert.deepEqual([...routines.good("alarm in the past").slice(1, 3)], [1, 0]);
});

test("interrupts pend, clear and wake as on silicon", () => {
  assert.deepEqual([...routines.good("pending by software").slice(1, 5)], [1, 1, 0, 1]);
  assert.deepEqual([...routines.good("sleep with interrupts off").slice(1, 5)], [0, 1, 1, 2]);
});

test("the watchdog resets what PSM selects and keeps memory and scratch", () => {
  routines.bad("watchdog without choice", /WDSEL does not select/);
  const chip = routines.chip("watchdog");
  const resets: [string, number][] = [];
  chip.onReset = (reason, time_us) => resets.push([reason, time_us]);
  chip.runTo(100_000);
  assert.equal(resets.length, 1);
  assert.equal(resets[0][0], "watchdog");
  const out = results(chip);
  assert.deepEqual([out[1], out[2], out[5]], [1, 0xcafe, 0x5eed]);
  assert.ok(out[7] - out[6] >= 9_990 && out[7] - out[6] <= 10_001, `${out[7] - out[6]} us`);
  assert.equal(routines.good("forced reset")[1], 2);
});

test("an image must have a second-stage boot that the ROM takes, and vectors", () => {
  const changed = (at: number, value: number): Uint8Array => {
    const image = routines.image();
    image[at] = value;
    return image;
  };
  const refused = (image: Uint8Array, why: RegExp): void =>
    assert.throws(
      () => new Chip(image),
      (error) => error instanceof StrictError && why.test(error.message),
    );
  refused(changed(10, 1), /CRC of the second-stage boot/);
  refused(changed(253, 1), /CRC/);
  refused(changed(0x104, 0), /reset vector/);
  refused(changed(0x103, 0x30), /stack at/);
  refused(new Uint8Array(1024).fill(0xff), /no second-stage boot/);
  refused(new Uint8Array(16), /too short/);
});
