/** SPI devices of the box as a bus sees them: bytes one by one between edges of a pin. The models take
 *  whole transfers; here a transfer is collected while the pin is low and handed over at the edge that
 *  makes it count, or, where a chip answers within it, carried out as soon as its command is known.
 *  Partial bytes are not modelled. */

import type { Fram } from "../devices/fram.ts";
import type { InputChain } from "../devices/hc165.ts";
import { OUTPUT_BYTES, type OutputChain } from "../devices/hc595.ts";
import type { TubeChain } from "../devices/max7219.ts";
import type { Mfrc522 } from "../devices/mfrc522.ts";

/** Output high impedance: the pull-up of the bus is read. */
const FLOATING = 0xff;

/** A device behind a pin that is low while the device is meant. */
export interface SpiDevice {
  /** The pin of the device falls (0) or rises (1). */
  edge(level: number): void;
  /** Eight clocks ended at `now_us`, whether the device is meant or not; returns MISO. */
  exchange(mosi: number, now_us: number): number;
}

/** MB85RS2MTA, "Op-code": those that answer, with the bytes before the answer. */
const HEADERS = new Map([
  [0x03, 4], // READ
  [0x0b, 5], // FSTRD
  [0x05, 1], // RDSR
  [0x9f, 1], // RDID
]);
/** The longest transfer of HAL.md, spi. */
const LONGEST = 512;

/** The FRAM: what it answers is read when its command and address are in, what it takes is written with
 *  the rising select. */
export class FramPins implements SpiDevice {
  private selected = false;
  private readonly taken = new Uint8Array(LONGEST);
  private readonly answer = new Uint8Array(LONGEST);
  private count = 0;
  private header = 0;

  constructor(private readonly fram: Fram) {}

  edge(level: number): void {
    if (level === 1 && this.selected && this.count > 0 && !this.answering) {
      this.fram.transfer(this.taken, 0, this.count);
    }
    this.selected = level === 0;
    this.count = 0;
    this.header = 0;
  }

  exchange(mosi: number): number {
    if (!this.selected) return FLOATING;
    if (this.count === LONGEST) throw new RangeError(`fram: more than ${LONGEST} bytes`);
    if (this.count === 0) this.header = HEADERS.get(mosi) ?? 0;
    const place = this.count++;
    this.taken[place] = mosi;
    if (!this.answering) return FLOATING;
    if (this.count === this.header) {
      this.answer.set(this.taken);
      this.fram.transfer(this.answer, 0, LONGEST);
    }
    return place < this.header ? FLOATING : this.answer[place];
  }

  private get answering(): boolean {
    return this.header > 0 && this.count >= this.header;
  }
}

/** The 74HC165 chain behind its clock inhibit; what its output shows meanwhile nobody looks at. */
export class InputPins implements SpiDevice {
  private enabled = false;
  private readonly byte = new Uint8Array(1);

  constructor(private readonly inputs: InputChain) {}

  edge(level: number): void {
    this.enabled = level === 0;
  }

  exchange(): number {
    if (!this.enabled) return FLOATING;
    this.inputs.transfer(this.byte, 0, 1);
    return this.byte[0];
  }
}

/** The 74HC595 chain: every clock of its bus shifts, the rising edge of RCLK latches. */
export class OutputPins implements SpiDevice {
  private readonly shifted = new Uint8Array(OUTPUT_BYTES);
  private count = 0;

  constructor(
    private readonly outputs: OutputChain,
    private readonly isDead: () => boolean,
  ) {}

  edge(level: number): void {
    if (level === 0) return;
    const { count } = this;
    this.count = 0;
    if (!this.isDead()) this.outputs.transfer(this.shifted.slice(OUTPUT_BYTES - count), 0, count);
  }

  exchange(mosi: number): number {
    this.shifted.copyWithin(0, 1);
    this.shifted[OUTPUT_BYTES - 1] = mosi;
    if (this.count < OUTPUT_BYTES) this.count++;
    return FLOATING;
  }
}

/** "Detailed Description": a MAX7219 shifts whatever LOAD is; its rising edge latches 16 bits. */
const TUBE_BYTES = 4;

/** The two MAX7219. */
export class TubePins implements SpiDevice {
  private readonly shifted = new Uint8Array(TUBE_BYTES);

  constructor(private readonly tubes: TubeChain) {}

  edge(level: number): void {
    if (level === 1) this.tubes.transfer(this.shifted.slice(), 0, TUBE_BYTES);
  }

  exchange(mosi: number): number {
    this.shifted.copyWithin(0, 1);
    this.shifted[TUBE_BYTES - 1] = mosi;
    return FLOATING;
  }
}

/** The MFRC522. */
export class ReaderPins implements SpiDevice {
  private selected = false;

  constructor(private readonly chip: Mfrc522) {}

  edge(level: number): void {
    this.selected = level === 0;
    if (this.selected) this.chip.select();
    else this.chip.deselect();
  }

  exchange(mosi: number, now_us: number): number {
    return this.selected ? this.chip.exchange(mosi, now_us) : FLOATING;
  }
}

/** The devices on one SPI of a microcontroller: MISO is the only one that is driven. */
export function exchangeAll(devices: SpiDevice[], mosi: number, now_us: number): number {
  let miso = FLOATING;
  for (const device of devices) miso &= device.exchange(mosi, now_us);
  return miso;
}
