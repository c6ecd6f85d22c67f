/** A meter in a page, to prove the bench: counts rising edges of channel 1 into the memory, opens its
 *  relay at five pulses. Built like a core, but it is not one. */

import {
  PIN_COIL_OFF,
  PIN_INPUT_LOAD,
  SPI_COILS,
  SPI_FRAM,
  SPI_INPUTS,
  fault,
  now_ms,
  pin_write,
  spi,
  watchdog,
} from "../../src/hal";

const COIL_MS: u32 = 50;
const OPEN_AFTER: u32 = 5;
const buffer: usize = memory.data(16);
let level: u32 = 0;
let pulses: u32 = 0;
let coil_since_ms: u32 = 0;
let coil_on: bool = false;

export function pulseCount(): u32 {
  return pulses;
}

export function init(): void {
  level = 0;
  coil_since_ms = 0;
  coil_on = false;
  coils(0);
  pin_write(PIN_COIL_OFF, 0);
  store<u32>(buffer, 0x03); // READ from address 0
  spi(SPI_FRAM, buffer, 5);
  const stored = load<u8>(buffer, 4);
  pulses = stored === 0xff ? 0 : stored;
}

export function tick(): void {
  watchdog();
  pin_write(PIN_INPUT_LOAD, 0);
  pin_write(PIN_INPUT_LOAD, 1);
  spi(SPI_INPUTS, buffer, 10);
  const now = load<u8>(buffer) & 1;
  if (now > level) count();
  level = now;
  if (coil_on && now_ms() - coil_since_ms >= COIL_MS) coils(0);
}

/** Calls fault(). */
export function breakDown(): void {
  fault(7, 42);
}

function count(): void {
  pulses++;
  store<u8>(buffer, 0x06);
  spi(SPI_FRAM, buffer, 1);
  store<u32>(buffer, 0x02);
  store<u8>(buffer + 4, <u8>pulses);
  spi(SPI_FRAM, buffer, 5);
  if (pulses === OPEN_AFTER) coils(2);
}

function coils(bits: u8): void {
  memory.fill(buffer, 0, 10);
  store<u8>(buffer, bits);
  spi(SPI_COILS, buffer, 10);
  coil_on = bits !== 0;
  coil_since_ms = now_ms();
}
