/** The loads that are counted, and one for comparing engines, all on the memory of a box in service
 *  (39 households with credit). Pulses as the front ends give them: 18 a second is the most. */

import crc16modbus from "crc/calculators/crc16modbus";
import crc32 from "crc/calculators/crc32";
import { makeLoad } from "./load.ts";

const CHANNEL_COUNT = 39;
const SPACING_MS = 1000 / 18;
const WIDTH_MS = 20;
/** By then the relays stand after the start, and its events are written. */
const SETTLED_MS = 15_000;

// LIMITS of src/metering/SPEC.md.
const LIMITS_ADDRESS = 0x800;
const LIMITS_STRIDE = 64;
const SLOT_SIZE = 32;
const SLOT_CRC = 28;
const ALARM_LEVEL = 8; // in the slot, after the sequence number and LAST_NUMBER
const TRIP_LEVEL = 12;

// ACCOUNT of the first household.
const ACCOUNT_ADDRESS = 0x1200;
const ACCOUNT_SLOT_SIZE = 56;
const ACCEPTED = 4; // in the slot
const UNITS_PER_HUNDREDTH = 36_000n;

/** What every household has, 0.01 kWh: all were credited alike and nothing is charged yet. */
function creditOf(fram: Uint8Array): number {
  const bytes = Buffer.from(fram);
  const slots = [ACCOUNT_ADDRESS, ACCOUNT_ADDRESS + ACCOUNT_SLOT_SIZE].sort(
    (a, b) => bytes.readUInt32LE(b) - bytes.readUInt32LE(a),
  );
  return Number(bytes.readBigInt64LE(slots[0]! + ACCEPTED) / UNITS_PER_HUNDREDTH);
}

/** Copy of a memory whose households have these levels, 0.01 kWh. */
function withLevels(fram: Uint8Array, alarm_level: number, trip_level: number): Uint8Array {
  const bytes = Buffer.from(fram);
  for (let index = 0; index < CHANNEL_COUNT; index++) {
    const place = LIMITS_ADDRESS + index * LIMITS_STRIDE;
    for (const slot of [place, place + SLOT_SIZE]) {
      bytes.writeUInt32LE(alarm_level, slot + ALARM_LEVEL);
      bytes.writeUInt32LE(trip_level, slot + TRIP_LEVEL);
      const address = Buffer.alloc(4);
      address.writeUInt32LE(place);
      const covered = Buffer.concat([address, bytes.subarray(slot, slot + SLOT_CRC)]);
      // A slot that was never written stays invalid.
      if (bytes.readUInt32LE(slot) !== 0xffffffff) {
        bytes.writeInt32LE(crc32(covered) | 0, slot + SLOT_CRC);
      }
    }
  }
  return bytes;
}

function pulse(since_ms: number): boolean {
  return since_ms >= 0 && since_ms % SPACING_MS < WIDTH_MS;
}

/** Nothing flows. */
export function quietLoad(fram: Uint8Array): Uint8Array {
  const load = makeLoad(fram, { ticks: SETTLED_MS + 3000, isHigh: () => false });
  return load.bytes(SETTLED_MS);
}

/** 39 x 18 pulses a second, evenly spread. */
export function fullLoad(fram: Uint8Array): Uint8Array {
  const isHigh = (index: number, now_ms: number): boolean =>
    pulse(now_ms - SETTLED_MS - (index * SPACING_MS) / CHANNEL_COUNT);
  return makeLoad(fram, { ticks: SETTLED_MS + 4000, isHigh }).bytes(SETTLED_MS);
}

/** All 39 channels in step, 18 times a second; after one and after two hundredths of a kilowatt hour
 *  all households come to their alarm and their trip level in the same millisecond. */
export function worstLoad(fram: Uint8Array): Uint8Array {
  const credit = creditOf(fram);
  const isHigh = (_index: number, now_ms: number): boolean => pulse(now_ms - SETTLED_MS);
  const levels = withLevels(fram, credit - 1, credit - 2);
  return makeLoad(levels, { ticks: SETTLED_MS + 5000, isHigh }).bytes(SETTLED_MS);
}

// POLL of src/link/SPEC.md.
const FRAME_START = 0xfb;
const KIND_POLL = 1;
const POLL_SIZE = 8;

function pollFrame(sequence: number, displayed: number): Uint8Array {
  const frame = Buffer.alloc(4 + POLL_SIZE + 2);
  frame.set([FRAME_START, POLL_SIZE, sequence, KIND_POLL, displayed]);
  frame.writeUInt16LE(crc16modbus(frame.subarray(1, -2)), frame.length - 2);
  return frame;
}

const LIFE_MS = 940_000; // a refresh round and the end of a quarter of an hour
const POLL_PERIOD_MS = 40;
const BROKEN_MS = 24_000; // the panel falls silent
const MENDED_MS = 29_000;
const PLUGGED_MS = 32_000;
const UNPLUGGED_MS = 36_000;
const SLOW_MS = 60_000; // one pulse in two seconds from here on

/** Sixteen minutes with everything that the twin knows: credit runs out and energy goes on, reverse
 *  pulses, double pulses too close to wait, glitches, panel, plug, a lost phase, refresh, demand. */
export function lifeLoad(fram: Uint8Array): Uint8Array {
  const credit = creditOf(fram);
  const isHigh = (index: number, now_ms: number): boolean => {
    if (now_ms < 2000) return index === 5 && now_ms % 50 < 2; // glitches
    if (now_ms > 50_000 && now_ms < 50_400) return index < 30 && now_ms % 9 < 4;
    const spacing_ms = now_ms < SLOW_MS ? 60 + 7 * index : 2000 + 331 * index;
    return (now_ms + 13 * index) % spacing_ms < WIDTH_MS;
  };
  const link = (now_ms: number): Uint8Array | null => {
    if (now_ms > BROKEN_MS && now_ms < MENDED_MS) return null;
    if (now_ms % 9973 === 0) return Uint8Array.of(FRAME_START, 9, 7); // the rest never comes
    if (now_ms % POLL_PERIOD_MS !== 0) return null;
    return pollFrame((now_ms / POLL_PERIOD_MS) & 0xff, now_ms > PLUGGED_MS - 1000 ? 7 : 0);
  };
  const load = makeLoad(withLevels(fram, credit - 3, credit - 9), {
    ticks: LIFE_MS,
    isHigh,
    isReverse: (index) => index % 7 === 6,
    isShorted: (now_ms) => now_ms > PLUGGED_MS && now_ms < UNPLUGGED_MS,
    isMissing: (phase, now_ms) => phase === 1 && now_ms > 40_000 && now_ms < 44_000,
    link,
  });
  return load.bytes(0);
}
