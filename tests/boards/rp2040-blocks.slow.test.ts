/** The emulated Pico's pins, UART, SPI, I2C and ADC: what the data sheet allows passes with its times, what
 *  it forbids faults. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { type Chip, UART_PARITY } from "../../boards/virtual/rp2040/chip.ts";
import { Routines } from "./rp2040-bench.ts";

const IDLE = "while (R(0x40034018) & 8) continue;";
const TRANSFER =
  "clocks(); i2c(); R(0x40044010) = 0x0e; R(0x40044010) = 0x500; R(0x40044010) = 0x300;";

const routines = new Routines({
  "pins read back": `clocks(); R(0xd0000014) = 1 << 6; R(0xd0000024) = 1 << 6; pin(6, 5, 0x50);
    out[1] = R(0xd0000004) >> 6 & 1; R(0xd0000018) = 1 << 6; out[2] = R(0xd0000004) >> 6 & 1;
    pin(7, 5, 0x48); out[3] = R(0xd0000004) >> 7 & 1; pin(8, 5, 0x08); out[4] = R(0xd0000004) >> 8 & 1;
    pin(9, 5, 0x40); out[5] = R(0xd0000004) >> 9 & 1; pin(10, 5, 0x44); out[6] = R(0xd0000004) >> 10 & 1;`,
  contention: "clocks(); R(0xd0000024) = 1 << 6; pin(6, 5, 0x50);",
  "pin function": "clocks(); pin(6, 6, 0x50);",
  "uart sends": `clocks(); uart(0x70); R(0x40034000) = 0x55; R(0x40034000) = 0xaa; R(0x40034000) = 7;
    out[1] = R(0x40034018); ${IDLE} out[2] = R(0x40034018);`,
  "uart without FIFO": `clocks(); uart(0x60); for (u i = 0; i < 5; i++) {
      while (R(0x40034018) & 0x20) continue; R(0x40034000) = i; } ${IDLE}`,
  "uart overfull": "clocks(); uart(0x60); for (u i = 0; i < 3; i++) R(0x40034000) = i;",
  "uart FIFO overfull": "clocks(); uart(0x70); for (u i = 0; i < 34; i++) R(0x40034000) = i;",
  "uart without pin": "clocks(); uart(0x70); pin(0, 31, 0x50); R(0x40034000) = 1;",
  "uart off": "clocks(); uart(0x70); R(0x40034030) = 0; R(0x40034000) = 1;",
  "uart changed": "clocks(); uart(0x70); R(0x40034000) = 1; R(0x4003402c) = 0x60;",
  "uart divisor":
    "clocks(); uart(0x70); R(0x40034030) = 0; R(0x40034024) = 9; R(0x40034030) = 0x301;",
  "uart receives": `clocks(); uart(0x70); wait(1200);
    for (u i = 1; !(R(0x40034018) & 0x10); i++) out[i] = R(0x40034000); out[9] = R(0x4003403c);`,
  "uart empty": "clocks(); uart(0x70); out[1] = R(0x40034000);",
  "uart overrun": `clocks(); uart(0x60); wait(1200); out[1] = R(0x4003403c); out[2] = R(0x40034000);
    R(0x40034044) = 0x400; out[3] = R(0x4003403c);`,
  "uart timeout": `clocks(); uart(0x70); R(0x40034038) = 0x40; enable(20); off();
    sleep(); out[1] = R(0x40034040); out[2] = R(0x40034000); out[3] = R(0x40034040);`,
  "uart interrupt": `clocks(); uart(0x70); out[1] = R(0x4003403c); R(0x40034000) = 1;
    out[2] = R(0x4003403c); for (u i = 0; i < 20; i++) R(0x40034000) = i; ${IDLE} out[3] = R(0x4003403c);
    R(0x40034044) = 0x20; out[4] = R(0x4003403c);`,
  "spi exchanges": `clocks(); spi(); R(0xd0000018) = 1 << 5;
    for (u i = 0; i < 4; i++) R(0x4003c008) = 0x10 + i; out[5] = R(0x4003c00c);
    while (R(0x4003c00c) & 0x10) continue; R(0xd0000014) = 1 << 5; out[6] = R(0x4003c00c);
    for (u i = 1; i <= 4; i++) out[i] = R(0x4003c008);`,
  "spi select": `clocks(); spi(); R(0x4003c004) = 0; R(0x4003c000) = 0x3f07; R(0x4003c004) = 2; R(0xd0000018) = 1 << 5; R(0x4003c008) = 1;
    while (!(R(0x4003c00c) & 4)) continue; R(0xd0000014) = 1 << 5;`,
  "spi overfull": "clocks(); spi(); for (u i = 0; i < 12; i++) R(0x4003c008) = i;",
  "spi not read": `clocks(); spi(); for (u i = 0; i < 9; i++) {
      R(0x4003c008) = i; while (R(0x4003c00c) & 0x10) continue; }`,
  "spi too early": "clocks(); spi(); R(0x4003c008) = 1; out[1] = R(0x4003c008);",
  "spi off": "clocks(); spi(); R(0x4003c004) = 0; R(0x4003c008) = 1;",
  "spi mode 3": "clocks(); spi(); R(0x4003c004) = 0; R(0x4003c000) = 0x7c7;",
  "i2c reads": `${TRANSFER} while (!(R(0x40044034) & 0x200)) continue;
    out[1] = R(0x40044010); out[2] = R(0x40044010); out[3] = R(0x40044080); out[4] = R(0x40044070);`,
  "i2c refused": `${TRANSFER} while (!(R(0x40044034) & 0x200)) continue;
    out[1] = R(0x40044034) & 0x40; out[2] = R(0x40044080); out[3] = R(0x40044054); out[4] = R(0x40044080);`,
  "i2c stuck": `${TRANSFER} wait(3000); out[1] = R(0x40044034) & 0x200; out[2] = R(0x40044070) & 0x20;`,
  "i2c too fast": "clocks(); i2c(); R(0x4004406c) = 0; R(0x40044020) = 90; R(0x4004406c) = 1;",
  "i2c changed": "clocks(); i2c(); R(0x40044004) = 0x51;",
  "i2c no pull": "clocks(); i2c(); pin(4, 3, 0x52); R(0x40044010) = 0x200;",
  "adc converts": `clocks(); release(1); pin(26, 31, 0x80); R(0x4004c000) = 1;
    while (!(R(0x4004c000) & 0x100)) continue; u since = time(); R(0x4004c000) = 5;
    while (!(R(0x4004c000) & 0x100)) continue; out[1] = R(0x4004c004); out[2] = time() - since;`,
  "adc early": `clocks(); release(1); pin(26, 31, 0x80); R(0x4004c000) = 1;
    while (!(R(0x4004c000) & 0x100)) continue; R(0x4004c000) = 5; out[1] = R(0x4004c004);`,
  "adc not ready": "clocks(); release(1); pin(26, 31, 0x80); R(0x4004c000) = 5;",
  "adc pulled": `clocks(); release(1); R(0x4004c000) = 1;
    while (!(R(0x4004c000) & 0x100)) continue; R(0x4004c000) = 5;`,
});

test("pins: readback, pulls, input enable, one driver", () => {
  const out = routines.good("pins read back", (chip) => chip.setInput(9, 1));
  assert.deepEqual([...out.slice(1, 7)], [1, 0, 1, 0, 1, 0]);
  routines.bad("contention", /GP6: driven to 0 against 1/, (chip) => chip.setInput(6, 1));
  routines.bad("pin function", /function 6 of GP6 is not modelled/);
});

test("UART: characters take their time and follow without gaps", () => {
  const bytes: [number, number, number][] = [];
  const out = routines.good("uart sends", (chip) => {
    chip.uart(0).onByte = (byte, start_us, end_us) => bytes.push([byte, start_us, end_us]);
  });
  assert.deepEqual(
    bytes.map(([byte]) => byte),
    [0x55, 0xaa, 7],
  );
  for (const [, start_us, end_us] of bytes) {
    assert.ok(Math.abs(end_us - start_us - 1e7 / 115200) < 0.1, `${end_us - start_us} us`);
  }
  assert.ok(Math.abs(bytes[2][1] - bytes[0][1] - (2 * 1e7) / 115200) < 0.2);
  assert.deepEqual([out[1] & 8, out[2]], [8, 0x90]);
  routines.good("uart without FIFO");
});

test("UART: what loses bytes or changes under way is refused", () => {
  routines.bad("uart overfull", /full FIFO/);
  routines.bad("uart FIFO overfull", /full FIFO/);
  routines.bad("uart without pin", /no pin has the transmitter/);
  routines.bad("uart off", /transmitter is off/);
  routines.bad("uart changed", /changed while enabled/);
  routines.bad("uart divisor", /LCR_H was not written after/);
  routines.bad("uart empty", /nothing was received/);
});

/** Gives characters from 7.5 ms on, when the port is open. */
function speak(chip: Chip, ...characters: [number, number?][]): void {
  const port = chip.uart(0);
  chip.runTo(7500);
  characters.forEach(([byte, error], index) => {
    port.receive(byte, 7500 + (index + 1) * 86.8, error);
  });
}

test("UART: receiving, errors, overrun and timeout as PL011 has them", () => {
  const heard = routines.good("uart receives", (chip) => speak(chip, [1], [2, UART_PARITY], [3]));
  assert.deepEqual([...heard.slice(1, 4)], [1, 0x202, 3]);
  assert.equal(heard[9] & 0x100, 0x100);
  const lost = routines.good("uart overrun", (chip) => speak(chip, [1], [2]));
  assert.deepEqual([lost[1] & 0x410, lost[2] & 0xff, lost[3] & 0x410], [0x410, 1, 0]);
  const late = routines.good("uart timeout", (chip) => speak(chip, [9]));
  assert.deepEqual([...late.slice(1, 4)], [0x40, 9, 0]);
  const sent = routines.good("uart interrupt");
  assert.deepEqual([...sent.slice(1, 5)], [0, 0, 0x20, 0], "only falling through the mark");
});

test("SPI: bytes take their time under one select", () => {
  const seen: number[][] = [];
  const out = routines.good("spi exchanges", (chip) => {
    chip.spi(0).selects = [5];
    chip.spi(0).onExchange = (mosi, select, time_us) => {
      seen.push([mosi, select, time_us]);
      return mosi + 0x80;
    };
  });
  assert.deepEqual([...out.slice(1, 5)], [0x90, 0x91, 0x92, 0x93]);
  assert.deepEqual([out[5] & 0x10, out[6] & 0x10], [0x10, 0]);
  assert.deepEqual(
    seen.map(([mosi, select]) => [mosi, select]),
    [0x10, 0x11, 0x12, 0x13].map((byte) => [byte, 5]),
  );
  assert.ok(Math.abs(seen[3][2] - seen[0][2] - 3 * 1.024) < 1e-6);
});

test("SPI: an early select, a lost byte and a wrong mode are refused", () => {
  const select = (chip: Chip): void => {
    chip.spi(0).selects = [5];
  };
  routines.bad("spi select", /select GP5 goes to 1 while a frame is under way/, select);
  routines.bad("spi overfull", /full FIFO/);
  routines.bad("spi not read", /received byte lost/);
  routines.bad("spi too early", /nothing was received/);
  routines.bad("spi off", /while disabled/);
  routines.bad("spi mode 3", /not 8 bits in mode 0/);
});

test("I2C: conditions and bytes in order and time", () => {
  const log: string[] = [];
  const times: number[] = [];
  const out = routines.good("i2c reads", (chip) => {
    const bus = chip.i2c(0);
    bus.onStart = (address, read, time_us) => {
      log.push(`${read ? "read" : "write"} ${address.toString(16)}`);
      times.push(time_us);
      return true;
    };
    bus.onWrite = (byte) => log.push(byte.toString(16)) > 0;
    bus.onRead = (last) => log.push(last ? "last" : "more") + 0x40;
    bus.onStop = () => log.push("stop");
  });
  assert.deepEqual(log, ["write 68", "e", "read 68", "more", "last", "stop"]);
  assert.deepEqual([...out.slice(1, 4)], [0x44, 0x45, 0]);
  const bit_us = 1e6 / 377_644;
  assert.ok(Math.abs(times[1] - times[0] - 19 * bit_us) < 0.1, `${times[1] - times[0]} us`);
});

test("I2C: a refusal shows, a stuck bus waits, settings out of bounds are refused", () => {
  const refused = routines.good("i2c refused");
  assert.deepEqual([...refused.slice(1, 5)], [0x40, 1, 0, 0]);
  const stuck = routines.good("i2c stuck", (chip) => chip.setInput(4, 0));
  assert.deepEqual([...stuck.slice(1, 3)], [0, 0]);
  routines.bad("i2c too fast", /SCL high/);
  routines.bad("i2c changed", /changed while enabled/);
  routines.bad("i2c no pull", /nothing pulls the line up/);
});

test("ADC: a conversion takes 2 us and needs a quiet pad", () => {
  const out = routines.good("adc converts", (chip) => {
    chip.adc = (channel) => 1234 + channel;
  });
  assert.equal(out[1], 1234);
  assert.ok(out[2] >= 2 && out[2] <= 3);
  routines.bad("adc early", /before the conversion ended/);
  routines.bad("adc not ready", /before READY/);
  routines.bad("adc pulled", /GP26 is pulled/);
});
