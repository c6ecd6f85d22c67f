/** Addresses of the chip (data sheet 2.2): flash, RAM and peripherals. What silicon answers with a bus fault
 *  is a HardFault of the guest; a part that the chip has and the emulator has not ends the simulation. */

import type { Block } from "./block.ts";
import { GuestFault, hex } from "./strict.ts";

export const FLASH_START = 0x10000000;
/** The Pico's W25Q16JV. */
export const FLASH_SIZE = 2 << 20;
const RAM_START = 0x20000000;
const RAM_SIZE = 264 << 10;
const ROM_SIZE = 16 << 10;

/** What is fetched where a hook stands: an opcode that is undefined for ever (A5.2.7). */
export const HOOK_OPCODE = 0xdec0;

/** A peripheral on the bus and what it needs to answer. */
export interface Place {
  readonly block: Block;
  /** Null when it answers; else why it does not: in reset, without a clock. */
  readonly silent: () => string | null;
}

export interface BusHost {
  strict(where: string, text: string): never;
}

export class Bus {
  private readonly ram: { u8: Uint8Array; u16: Uint16Array; u32: Uint32Array };
  private readonly flash: { u8: Uint8Array; u16: Uint16Array; u32: Uint32Array };
  /** The flash as it is fetched: with hooks a copy that has them in it. */
  private code: Uint16Array;
  private readonly hooks = new Set<number>();
  private readonly places = new Map<number, Place>();

  constructor(
    private readonly host: BusHost,
    ram: Uint8Array,
    flash: Uint8Array,
  ) {
    this.ram = views(ram.subarray(0, RAM_SIZE));
    this.flash = views(flash.subarray(0, FLASH_SIZE));
    this.code = this.flash.u16;
  }

  /** Sets a hook on the instruction at an address in flash, or takes it away. */
  hook(address: number, on: boolean): void {
    const index = (address - FLASH_START) >>> 1;
    if (!(index < FLASH_SIZE / 2)) throw new RangeError(`hook at ${hex(address)}`);
    if (this.code === this.flash.u16) this.code = this.flash.u16.slice();
    if (on) this.hooks.add(index);
    else this.hooks.delete(index);
    this.code[index] = on ? HOOK_OPCODE : this.flash.u16[index];
  }

  /** The opcode in whose place a hook stands; null: none does. */
  behindHook(address: number): number | null {
    const index = (address - FLASH_START) >>> 1;
    return this.hooks.has(index) ? this.flash.u16[index] : null;
  }

  /** Puts a peripheral at `base`: 16 KiB with the three aliases on APB and AHB-Lite, else 4 KiB. */
  place(base: number, place: Place): void {
    this.places.set(base >>> 12, place);
    if (base >>> 28 > 5) return;
    for (let alias = 1; alias < 4; alias++) this.places.set((base >>> 12) + alias, place);
  }

  fetch(address: number): number {
    const ram = address - RAM_START;
    if (ram >= 0 && ram < RAM_SIZE) return this.ram.u16[ram >>> 1];
    const flash = address - FLASH_START;
    if (flash >= 0 && flash < FLASH_SIZE) return this.code[flash >>> 1];
    throw new GuestFault(`instruction at ${hex(address)}, where there is no code`);
  }

  read32(address: number): number {
    const at = address >>> 0;
    if ((at & 3) !== 0) throw new GuestFault(`unaligned word read at ${hex(at)}`);
    const ram = at - RAM_START;
    if (ram >= 0 && ram < RAM_SIZE) return this.ram.u32[ram >>> 2];
    const flash = at - FLASH_START;
    if (flash >= 0 && flash < FLASH_SIZE) return this.flash.u32[flash >>> 2];
    return this.io(at, "read").block.read(at & (at >>> 28 > 5 ? 0xfff : 0x3fff));
  }

  read16(address: number): number {
    const at = address >>> 0;
    if ((at & 1) !== 0) throw new GuestFault(`unaligned halfword read at ${hex(at)}`);
    const ram = at - RAM_START;
    if (ram >= 0 && ram < RAM_SIZE) return this.ram.u16[ram >>> 1];
    const flash = at - FLASH_START;
    if (flash >= 0 && flash < FLASH_SIZE) return this.flash.u16[flash >>> 1];
    return (this.read32(at & ~3) >>> ((at & 2) * 8)) & 0xffff;
  }

  read8(address: number): number {
    const at = address >>> 0;
    const ram = at - RAM_START;
    if (ram >= 0 && ram < RAM_SIZE) return this.ram.u8[ram];
    const flash = at - FLASH_START;
    if (flash >= 0 && flash < FLASH_SIZE) return this.flash.u8[flash];
    return (this.read32(at & ~3) >>> ((at & 3) * 8)) & 0xff;
  }

  write32(address: number, value: number): void {
    const at = address >>> 0;
    if ((at & 3) !== 0) throw new GuestFault(`unaligned word write at ${hex(at)}`);
    const ram = at - RAM_START;
    if (ram >= 0 && ram < RAM_SIZE) this.ram.u32[ram >>> 2] = value;
    else this.writeIo(at, value);
  }

  write16(address: number, value: number): void {
    const at = address >>> 0;
    if ((at & 1) !== 0) throw new GuestFault(`unaligned halfword write at ${hex(at)}`);
    const ram = at - RAM_START;
    if (ram >= 0 && ram < RAM_SIZE) this.ram.u16[ram >>> 1] = value;
    else this.writeIo(at & ~3, (value & 0xffff) * 0x10001);
  }

  write8(address: number, value: number): void {
    const at = address >>> 0;
    const ram = at - RAM_START;
    if (ram >= 0 && ram < RAM_SIZE) this.ram.u8[ram] = value;
    else this.writeIo(at & ~3, (value & 0xff) * 0x1010101);
  }

  /** Narrow writes reach a peripheral on all lanes of the bus (data sheet 2.1.4). */
  private writeIo(address: number, value: number): void {
    const at = address >>> 0;
    const { block } = this.io(at, "write");
    if (at >>> 28 > 5) block.writeAlias(at & 0xfff, value >>> 0, 0);
    else block.writeAlias(at & 0xfff, value >>> 0, (at >>> 12) & 3);
  }

  private io(at: number, what: "read" | "write"): Place {
    const place = this.places.get(at >>> 12);
    if (place !== undefined) {
      const reason = place.silent();
      if (reason !== null) this.host.strict(place.block.name, `${what} at ${hex(at)} ${reason}`);
      return place;
    }
    if (what === "write" && (at < ROM_SIZE || at >>> 26 === FLASH_START >>> 26)) {
      throw new GuestFault(`write to ${at < ROM_SIZE ? "ROM" : "flash"} at ${hex(at)}`);
    }
    if (at < ROM_SIZE) this.host.strict("ROM", `${what} at ${hex(at)}: the boot ROM is not here`);
    const is_part = at >>> 28 === 4 || at >>> 24 === 0x50 || at >>> 28 === 0xd || at >>> 26 === 4;
    if (is_part) this.host.strict("bus", `${what} at ${hex(at)}: this part is not modelled`);
    throw new GuestFault(`${what} at ${hex(at)}, where there is nothing`);
  }
}

function views(bytes: Uint8Array): { u8: Uint8Array; u16: Uint16Array; u32: Uint32Array } {
  const { buffer, byteOffset, length } = bytes;
  return {
    u8: bytes,
    u16: new Uint16Array(buffer, byteOffset, length / 2),
    u32: new Uint32Array(buffer, byteOffset, length / 4),
  };
}
