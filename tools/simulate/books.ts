/** Reads the memory of the meter as src/metering/SPEC.md describes it, without the firmware's help:
 *  records of two slots, accounts, channel books, layout, settings, events, purchases, freezes. Writes
 *  nothing. */

import crc32 from "crc/calculators/crc32";
import { CHANNEL_COUNT } from "./layout.ts";
import { SETTINGS } from "./office-codes.ts";

interface RecordPlace {
  address: number;
  count: number;
  stride: number;
  body_size: number;
}

interface RegionPlace {
  address: number;
  count: number;
  entry_size: number;
}

export const RECORDS = {
  BOX_SETTINGS: { address: 0x00100, count: 1, stride: 320, body_size: 132 },
  CHANNELS: { address: 0x00280, count: 1, stride: 352, body_size: 160 },
  MANAGEMENT: { address: 0x00480, count: 1, stride: 64, body_size: 24 },
  EVENTS_HEAD: { address: 0x00500, count: 1, stride: 384, body_size: 156 },
  FREEZE_HEADS: { address: 0x00680, count: 1, stride: 128, body_size: 56 },
  ACCOUNT: { address: 0x01200, count: 39, stride: 128, body_size: 48 },
  BOOK: { address: 0x02600, count: 39, stride: 96, body_size: 40 },
} satisfies Record<string, RecordPlace>;

export type RecordName = keyof typeof RECORDS;

/** Rings of entries; of `count` places the one to be written next is not read. */
export const REGIONS = {
  EVENTS: { address: 0x05000, count: 640, entry_size: 24 },
  PURCHASES: { address: 0x08c00, count: 390, entry_size: 32 },
  DAILY: { address: 0x0c000, count: 63, entry_size: 320 },
  SETTLEMENTS: { address: 0x10ec0, count: 13, entry_size: 320 },
  INSTANTS: { address: 0x11f00, count: 4, entry_size: 320 },
  LOADS: { address: 0x12400, count: 577, entry_size: 320 },
} satisfies Record<string, RegionPlace>;

/** The rings of freezes, in the order of FREEZE_HEADS. */
export const FREEZE_RINGS = ["DAILY", "SETTLEMENTS", "INSTANTS", "LOADS"] as const;
export type FreezeRing = (typeof FREEZE_RINGS)[number];

/** Purchases of a household that are kept. */
export const PURCHASE_COUNT = 10;
const SEQUENCE_SIZE = 4;
const CRC_SIZE = 4;

export interface Account {
  accepted_units: bigint;
  number: number;
  /** 0.01 */
  last_amount: number;
  /** 0.01, signed */
  last_remaining: number;
  /** UID of the household's card as eight hexadecimal digits; null when none is bound. */
  card_uid: string | null;
  /** Times energy was seen on an open relay; wraps at 65536. */
  relay_faults: number;
}

/** Numbers of the last accepted management messages, and what was refused. */
export interface Management {
  clear_number: number;
  check_number: number;
  test_number: number;
  clearing: boolean;
  /** Messages refused; wraps at 65536. */
  refusals: number;
}

export interface ChannelBook {
  forward_j: bigint;
  reverse_j: bigint;
  charged_units: bigint;
}

export interface BoxEvent {
  number: number;
  time: number;
  running_s: number;
  kind: number;
  household: number;
  detail: number;
  value: bigint;
}

export interface Purchase {
  time: number;
  number: number;
  /** 0.01; of the four */
  amount: number;
  before: number;
  after: number;
  total: number;
}

export interface Freeze {
  number: number;
  time: number;
  /** Of households 1..39 in order, 0.01 kWh. */
  energies: { forward: number; reverse: number }[];
}

export class BooksReader {
  private readonly view: DataView;
  private readonly scratch = new Uint8Array(4 + 320);
  private readonly scratch_view = new DataView(this.scratch.buffer);

  /** `bytes`: the memory itself; later reads see what it holds then. */
  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Address of the newest valid body of a record (`index` from 0), or -1 when neither slot is. */
  bodyAddress(name: RecordName, index: number): number {
    const { address, stride, body_size } = RECORDS[name];
    const record = address + index * stride;
    const slot_size = SEQUENCE_SIZE + body_size + CRC_SIZE;
    const second = record + slot_size;
    const newer_is_second =
      ((this.view.getUint32(second, true) - this.view.getUint32(record, true)) | 0) > 0;
    const slots = newer_is_second ? [second, record] : [record, second];
    const slot = slots.find((start) => this.slotValid(record, start, body_size));
    return slot === undefined ? -1 : slot + SEQUENCE_SIZE;
  }

  /** The account of household 1..39; null when the record is not there. */
  account(household: number): Account | null {
    const body = this.bodyAddress("ACCOUNT", household - 1);
    if (body < 0) return null;
    return {
      accepted_units: this.view.getBigInt64(body, true),
      number: this.view.getUint32(body + 8, true),
      last_amount: this.view.getUint32(body + 12, true),
      last_remaining: this.view.getInt32(body + 16, true),
      card_uid: this.bytes[body + 36] === 1 ? this.hex(body + 32, 4) : null,
      relay_faults: this.view.getUint16(body + 38, true),
    };
  }

  /** What management cards have done; null when the record is not there. */
  management(): Management | null {
    const body = this.bodyAddress("MANAGEMENT", 0);
    if (body < 0) return null;
    return {
      clear_number: this.view.getUint32(body, true),
      check_number: this.view.getUint32(body + 4, true),
      test_number: this.view.getUint32(body + 8, true),
      clearing: this.bytes[body + 12] === 1,
      refusals: this.view.getUint16(body + 14, true),
    };
  }

  /** The book of channel 1..39; null when the record is not there. */
  book(channel: number): ChannelBook | null {
    const body = this.bodyAddress("BOOK", channel - 1);
    if (body < 0) return null;
    return {
      forward_j: this.view.getBigUint64(body, true),
      reverse_j: this.view.getBigUint64(body + 8, true),
      charged_units: this.view.getBigInt64(body + 16, true),
    };
  }

  /** True when a lone pulse of channel 1..39 is held back. */
  isHeld(channel: number): boolean {
    const body = this.bodyAddress("BOOK", channel - 1);
    return body >= 0 && this.bytes[body + 32] !== 0;
  }

  /** Household 1..39 that each channel serves, 0 none; null when the record is not there. */
  layout(): number[] | null {
    const body = this.bodyAddress("CHANNELS", 0);
    if (body < 0) return null;
    return Array.from({ length: CHANNEL_COUNT }, (_, i) => this.bytes[body + 4 + 4 * i + 3]);
  }

  /** Value of a setting of the box; null when the record is not there. */
  boxSetting(name: string): number | null {
    const body = this.bodyAddress("BOX_SETTINGS", 0);
    if (body < 0) return null;
    return this.view.getUint32(body + 4 + 4 * (SETTINGS[name].id - 1), true);
  }

  /** Number of the next event to be written. */
  eventNext(): number {
    const body = this.bodyAddress("EVENTS_HEAD", 0);
    return body < 0 ? 0 : this.view.getUint32(body, true);
  }

  /** The stored events from number `from` on, oldest first; damaged entries are left out. */
  events(from: number): BoxEvent[] {
    const next = this.eventNext();
    const found: BoxEvent[] = [];
    const oldest = Math.max(from, next - REGIONS.EVENTS.count + 1, 0);
    for (let number = oldest; number < next; number++) {
      const event = this.event(number);
      if (event !== null) found.push(event);
    }
    return found;
  }

  private event(number: number): BoxEvent | null {
    const at = this.entry("EVENTS", number % REGIONS.EVENTS.count);
    if (at < 0) return null;
    return {
      number,
      time: this.view.getUint32(at, true),
      running_s: this.view.getUint32(at + 4, true),
      kind: this.bytes[at + 8],
      household: this.bytes[at + 9],
      detail: this.view.getUint16(at + 10, true),
      value: this.view.getBigInt64(at + 12, true),
    };
  }

  /** The last purchases of household 1..39 that are stored, newest first. */
  purchases(household: number): Purchase[] {
    const found: Purchase[] = [];
    const last = this.account(household)?.number ?? 0;
    for (let number = last; number > 0 && number > last - PURCHASE_COUNT; number--) {
      const at = this.entry(
        "PURCHASES",
        (household - 1) * PURCHASE_COUNT + (number % PURCHASE_COUNT),
      );
      if (at < 0 || this.view.getUint32(at + 4, true) !== number) continue;
      found.push({
        time: this.view.getUint32(at, true),
        number,
        amount: this.view.getUint32(at + 8, true),
        before: this.view.getInt32(at + 12, true),
        after: this.view.getInt32(at + 16, true),
        total: this.view.getUint32(at + 20, true),
      });
    }
    return found;
  }

  /** The stored freezes of a ring, newest first; damaged ones are left out. */
  freezes(ring: FreezeRing): Freeze[] {
    const body = this.bodyAddress("FREEZE_HEADS", 0);
    if (body < 0) return [];
    const next = this.view.getUint32(body + 4 * FREEZE_RINGS.indexOf(ring), true);
    const found: Freeze[] = [];
    const oldest = Math.max(0, next - REGIONS[ring].count + 1);
    for (let number = next - 1; number >= oldest; number--) {
      const at = this.entry(ring, number % REGIONS[ring].count);
      if (at < 0) continue;
      const energies = Array.from({ length: CHANNEL_COUNT }, (_, i) => ({
        forward: this.view.getUint32(at + 4 + 8 * i, true),
        reverse: this.view.getUint32(at + 8 + 8 * i, true),
      }));
      found.push({ number, time: this.view.getUint32(at, true), energies });
    }
    return found;
  }

  /** Address of a valid entry, -1 when it is damaged or was never written. */
  private entry(region: keyof typeof REGIONS, place: number): number {
    const { address, entry_size } = REGIONS[region];
    const at = address + place * entry_size;
    const data_size = entry_size - CRC_SIZE;
    const is_valid = this.crc(at, at, data_size) === this.view.getUint32(at + data_size, true);
    return is_valid ? at : -1;
  }

  private hex(start: number, size: number): string {
    return Buffer.from(this.bytes.subarray(start, start + size)).toString("hex");
  }

  private slotValid(record: number, slot: number, body_size: number): boolean {
    if (this.view.getUint32(slot, true) === 0) return false;
    const size = SEQUENCE_SIZE + body_size;
    return this.crc(record, slot, size) === this.view.getUint32(slot + size, true);
  }

  /** CRC-32 over `address` (4 bytes) and `size` bytes from `start`. */
  private crc(address: number, start: number, size: number): number {
    this.scratch_view.setUint32(0, address, true);
    this.scratch.set(this.bytes.subarray(start, start + size), 4);
    return crc32(this.scratch.subarray(0, 4 + size)) >>> 0;
  }
}
