/** What the boot ROM leaves behind, without the ROM: it loads a second-stage boot with a right CRC, which
 *  enters the vectors behind it (data sheet 2.8.1). Of memory it uses the uppermost 4 KiB. Also the register
 *  that tells why the chip started (2.12.8). */

import crc32mpeg2 from "crc/calculators/crc32mpeg2";

import { Block, type System } from "./block.ts";
import { FLASH_SIZE, FLASH_START } from "./bus.ts";
import { hex, StrictError } from "./strict.ts";

const BOOT2_SIZE = 252;
export const RAM_START = 0x20000000;
export const RAM_SIZE = 264 << 10;
export const VECTORS = FLASH_START + 0x100;
/** Stack and buffers of the ROM. */
const ROM_RAM_SIZE = 4 << 10;

/** Throws unless the ROM would enter the image; returns what the second stage loads. */
export function bootVectors(image: Uint8Array, chip: string): { sp: number; pc: number } {
  const refuse = (text: string): never => {
    throw new StrictError(chip, `image: ${text}`);
  };
  if (image.length < 0x108) refuse("too short for a second-stage boot and vectors");
  if (image.length > FLASH_SIZE) refuse("longer than the flash");
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  const boot2 = image.subarray(0, BOOT2_SIZE);
  if (boot2.every((byte) => byte === 0) || boot2.every((byte) => byte === 0xff)) {
    refuse("no second-stage boot");
  }
  const wanted = view.getUint32(BOOT2_SIZE, true);
  const found = crc32mpeg2(boot2) >>> 0;
  if (found !== wanted) refuse(`CRC of the second-stage boot is ${hex(found)}, not ${hex(wanted)}`);
  const sp = view.getUint32(0x100, true);
  const pc = view.getUint32(0x104, true);
  if ((sp & 3) !== 0 || sp <= RAM_START || sp > RAM_START + RAM_SIZE) refuse(`stack at ${hex(sp)}`);
  const in_image = pc >= VECTORS && pc < FLASH_START + image.length;
  if (!in_image || (pc & 1) === 0) refuse(`reset vector ${hex(pc)}`);
  return { sp, pc: pc & ~1 };
}

/** Memory that was never written holds anything: xorshift32. */
export function fillNoise(ram: Uint8Array, seed: number): void {
  let state = seed | 1;
  for (let index = 0; index < ram.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    ram[index] = state;
  }
}

export function spoilRomRam(ram: Uint8Array, seed: number): void {
  fillNoise(ram.subarray(RAM_SIZE - ROM_RAM_SIZE, RAM_SIZE), seed);
}

const CHIP_RESET = 0x8;
const HAD_POR = 1 << 8;
const HAD_RUN = 1 << 16;

export class ChipReset extends Block {
  private cause = HAD_POR;

  constructor(system: System) {
    super(system, "VREG_AND_CHIP_RESET");
  }

  /** The watchdog leaves it as it is. */
  reset(): void {
    // see set()
  }

  set(kind: "power" | "run"): void {
    this.cause = kind === "power" ? HAD_POR : HAD_RUN;
  }

  read(offset: number): number {
    return offset === CHIP_RESET ? this.cause : this.unknown(offset);
  }

  write(offset: number, value: number): void {
    this.unknown(offset, value);
  }
}
