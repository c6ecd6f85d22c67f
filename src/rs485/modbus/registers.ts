/** The register map as it is read: src/rs485/SPEC.md, "Modbus RTU". Every value comes from what the
 *  panel knows of the meter, so a whole request sees one instant. Writing is commands.ts. */

import { loadLe16, loadLe32 } from "../../common/bytes";
import {
  BOX_BOOT,
  BOX_DAILY_FREEZE,
  BOX_EVENT_NEXT,
  BOX_FLAGS,
  BOX_FORMAT,
  BOX_FREQUENCY,
  BOX_LINE_FORMAT,
  BOX_LINE_PROTOCOL,
  BOX_LINE_RATE,
  BOX_LOAD_INTERVAL,
  BOX_MODBUS_ADDRESS,
  BOX_NUMBER,
  BOX_PRICE,
  BOX_READER_PLACE,
  BOX_REFUSALS,
  BOX_RUNNING,
  BOX_SETTLEMENT_DAY,
  BOX_STARTS,
  BOX_VOLTAGES,
  SLICE_ALARM,
  SLICE_AMOUNT,
  SLICE_CONSUMED,
  SLICE_FLAGS,
  SLICE_FORWARD,
  SLICE_HOARDING,
  SLICE_HOUSEHOLD,
  SLICE_MAXIMUM,
  SLICE_NUMBER,
  SLICE_OVERDRAFT,
  SLICE_PHASES,
  SLICE_POWER,
  SLICE_REMAINING,
  SLICE_REVERSE,
  SLICE_STATE,
  SLICE_TRIP,
  STATUS_MONEY,
} from "../../link/frame";
import {
  PHASES_ALL,
  snapshotBoxReply,
  snapshotMissing,
  snapshotSlice,
  snapshotStatus,
  snapshotStatusFlags,
  snapshotUsed,
} from "../../link/snapshot";
import { presentTime, readerState } from "../context";
import { statusWord3 } from "../dlt/status";
import { carryRegister } from "./carry";

export const MAILBOX: i32 = 0x0300;
export const MAILBOX_COUNT: i32 = 12;
export const RESULT_FIRST: i32 = 0x0310;
export const TIME: i32 = 0x0320;
export const FREEZE: i32 = 0x0328;
export const GRANT: i32 = 0x0329;
const BOX_LAST: i32 = 0x3f;
const HOUSEHOLDS: i32 = 0x1000;
const HOUSEHOLD_SHIFT: i32 = 6;
const MARKER: u32 = 0x4d39;
const MAP_VERSION: u32 = 1;
const UNUSED: u32 = 0xffff;

// First and last register of each region without a gap
const REGIONS: StaticArray<i32> = [
  0x0000, 0x003f, 0x0100, 0x014d, 0x0180, 0x01cd, 0x0200, 0x0226, 0x0240, 0x028d, 0x02a0, 0x02ed,
  0x0300, 0x030b, 0x0310, 0x0321, 0x0328, 0x0329, 0x1000, 0x19bf,
];

// How a register is made of a field of a reply: 0 not at all
const BYTE: i32 = 0x100;
const WORD: i32 = 0x200; // 16 bits
const HIGH: i32 = 0x300; // high word of 32 bits
const LOW: i32 = 0x400;
const PAIR: i32 = 0x500; // two bytes of BCD
const LAST: i32 = 0x600; // the last byte of BCD, and household 00

// Registers 0000h..0024h of the box
const BOX_FIELDS: StaticArray<i32> = [
  0,
  0,
  PAIR | BOX_NUMBER,
  PAIR | (BOX_NUMBER + 2),
  LAST | (BOX_NUMBER + 4),
  0,
  0,
  0,
  WORD | BOX_VOLTAGES,
  WORD | (BOX_VOLTAGES + 2),
  WORD | (BOX_VOLTAGES + 4),
  WORD | BOX_FREQUENCY,
  0,
  0,
  HIGH | BOX_RUNNING,
  LOW | BOX_RUNNING,
  HIGH | BOX_STARTS,
  LOW | BOX_STARTS,
  HIGH | BOX_EVENT_NEXT,
  LOW | BOX_EVENT_NEXT,
  0,
  0,
  HIGH | BOX_PRICE,
  LOW | BOX_PRICE,
  BYTE | BOX_LINE_PROTOCOL,
  BYTE | BOX_LINE_RATE,
  BYTE | BOX_LINE_FORMAT,
  BYTE | BOX_MODBUS_ADDRESS,
  BYTE | BOX_READER_PLACE,
  WORD | BOX_LOAD_INTERVAL,
  WORD | BOX_SETTLEMENT_DAY,
  WORD | BOX_DAILY_FREEZE,
  BYTE | BOX_FLAGS,
  BYTE | BOX_FORMAT,
  BYTE | BOX_BOOT,
  HIGH | BOX_REFUSALS,
  LOW | BOX_REFUSALS,
];
const BOX_FIELD_COUNT: i32 = 0x25;

// Registers 04h..1Bh of a household: 32 bits each
const SLICE_FIELDS: StaticArray<i32> = [
  SLICE_REMAINING,
  SLICE_CONSUMED,
  SLICE_POWER,
  SLICE_NUMBER,
  SLICE_FORWARD,
  SLICE_REVERSE,
  SLICE_AMOUNT,
  SLICE_MAXIMUM,
  SLICE_ALARM,
  SLICE_TRIP,
  SLICE_OVERDRAFT,
  SLICE_HOARDING,
];
const SLICE_FIELDS_FIRST: i32 = 0x04;
const HOUSEHOLD_STATUS: i32 = 0x1c;
const HOUSEHOLD_VOLTAGE: i32 = 0x1d;

/** Whether all registers from `first` on exist; `quantity` 1 or more. */
export function registersExist(first: i32, quantity: i32): bool {
  for (let i = 0; i < REGIONS.length; i += 2) {
    if (first >= REGIONS[i] && first + quantity - 1 <= REGIONS[i + 1]) return true;
  }
  return false;
}

/** Whether the registers around `first` are the panel's own, known without the meter. */
export function isKept(first: i32): bool {
  return first >= MAILBOX && first < HOUSEHOLDS;
}

function half(value: u32, index: i32): u32 {
  return (index & 1) == 0 ? value >> 16 : value & 0xffff;
}

function fieldOf(bytes: usize, field: i32): u32 {
  const at = bytes + (field & 0xff);
  switch (field & 0xf00) {
    case BYTE:
      return <u32>load<u8>(at);
    case WORD:
      return loadLe16(at);
    case HIGH:
      return loadLe32(at) >> 16;
    case LOW:
      return loadLe32(at) & 0xffff;
    case PAIR:
      return ((<u32>load<u8>(at)) << 8) | (<u32>load<u8>(at, 1));
    case LAST:
      return (<u32>load<u8>(at)) << 8;
    default:
      return 0;
  }
}

function boxRegister(address: i32): u32 {
  switch (address) {
    case 0x00:
      return MARKER;
    case 0x01:
      return MAP_VERSION;
    case 0x05:
      return <u32>popcnt<u64>(snapshotUsed());
    case 0x06:
      return snapshotStatusFlags();
    case 0x07:
      return ~snapshotMissing() & PHASES_ALL;
    case 0x0c:
    case 0x0d:
      return half(presentTime(), address);
    case 0x14:
      return <u32>readerState();
    case 0x15:
      return snapshotStatus(STATUS_MONEY) ? 1 : 0;
    default:
  }
  const box = snapshotBoxReply();
  return box != 0 && address < BOX_FIELD_COUNT ? fieldOf(box, BOX_FIELDS[address]) : 0;
}

/** Register `index` of an array of 32-bit fields of the slices. */
function arrayRegister(index: i32, field: i32): u32 {
  const slice = snapshotSlice((index >> 1) + 1);
  return slice != 0 ? half(loadLe32(slice + field), index) : UNUSED;
}

function voltageOf(slice: usize): u32 {
  const box = snapshotBoxReply();
  const phases = (<u32>load<u8>(slice + SLICE_PHASES)) & PHASES_ALL;
  return box != 0 && phases != 0 ? loadLe16(box + BOX_VOLTAGES + 2 * ctz<u32>(phases)) : 0;
}

function householdRegister(household: i32, index: i32): u32 {
  const slice = snapshotSlice(household);
  if (slice == 0) return 0;
  switch (index) {
    case 0x00:
      return <u32>load<u8>(slice + SLICE_HOUSEHOLD);
    case 0x01:
      return <u32>load<u8>(slice + SLICE_STATE);
    case 0x02:
      return <u32>load<u8>(slice + SLICE_FLAGS);
    case 0x03:
      return <u32>load<u8>(slice + SLICE_PHASES);
    case HOUSEHOLD_STATUS:
      return statusWord3(slice);
    case HOUSEHOLD_VOLTAGE:
      return voltageOf(slice);
    default:
      if (index > HOUSEHOLD_VOLTAGE) return 0;
      return half(loadLe32(slice + SLICE_FIELDS[(index - SLICE_FIELDS_FIRST) >> 1]), index);
  }
}

/** Value of a register that exists. */
export function registerValue(address: i32): u32 {
  if (address <= BOX_LAST) return boxRegister(address);
  if (address >= HOUSEHOLDS) {
    const index = address - HOUSEHOLDS;
    return householdRegister((index >> HOUSEHOLD_SHIFT) + 1, index & ((1 << HOUSEHOLD_SHIFT) - 1));
  }
  if (address < 0x0180) return arrayRegister(address - 0x0100, SLICE_REMAINING);
  if (address < 0x0200) return arrayRegister(address - 0x0180, SLICE_FORWARD);
  if (address < 0x0240) {
    const slice = snapshotSlice(address - 0x0200 + 1);
    return slice != 0 ? statusWord3(slice) : UNUSED;
  }
  if (address < 0x02a0) return arrayRegister(address - 0x0240, SLICE_REVERSE);
  if (address < MAILBOX) return arrayRegister(address - 0x02a0, SLICE_POWER);
  return address >= RESULT_FIRST && address < TIME ? carryRegister(address - RESULT_FIRST) : 0;
}
