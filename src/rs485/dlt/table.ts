/** The identifiers that can be read: which, of whom, and what makes their bytes. Source:
 *  src/rs485/SPEC.md, which says what each is. */

import * as link from "../../link/frame";

// What makes the bytes of a row. Below 16: household.ts, below 32: parameter.ts, then event.ts
export const ENERGY: u32 = 0x00; // argument: 0 combined, 1 forward, 2 reverse
export const PERIOD: u32 = 0x01;
export const CREDIT: u32 = 0x02;
export const DEMAND: u32 = 0x03;
export const PURCHASE: u32 = 0x04;
export const SWITCHED: u32 = 0x05; // argument: offset in the SUPPLY_READ reply
export const VOLTAGE: u32 = 0x06;
export const POWER: u32 = 0x07;
export const FREEZE: u32 = 0x08; // argument: ring
export const LOAD: u32 = 0x09; // argument as identifier; made by load.ts
export const PARAMETERS: u32 = 0x10;
export const NUMBER: u32 = 0x10; // argument: value, size << 16
export const FIELD: u32 = 0x11; // argument: offset in the box, its size << 8, size << 16
export const LIMIT: u32 = 0x12; // argument: offset in the slice
export const TEXT: u32 = 0x13; // argument: offset in the texts, length << 8, size << 16
export const CURRENT: u32 = 0x14;
export const ADDRESS: u32 = 0x15;
export const CLOCK: u32 = 0x16; // argument: CLOCK_
export const CONSTANT: u32 = 0x17;
export const COMBINATION: u32 = 0x18;
export const RATE: u32 = 0x19;
export const STATUS: u32 = 0x1a;
export const BULK: u32 = 0x1b; // argument: BULK_
export const READER: u32 = 0x1c;
export const EVENTS: u32 = 0x20;
export const COUNT: u32 = 0x20; // argument: kind of event
export const POWER_DOWN: u32 = 0x21;
export const PHASE_COUNT: u32 = 0x22;
export const PHASE_DOWN: u32 = 0x23;
export const PROGRAMMING: u32 = 0x24; // argument: kind of event, identifiers << 8
export const CLOCK_SET: u32 = 0x25;
const ITEM_MASK: u32 = 0xff;

export const CLOCK_DATE: u32 = 1;
export const CLOCK_TIME: u32 = 2;
export const CLOCK_BOTH: u32 = 3;

// Who has it, and in which mode
const HOUSE: u32 = 0x100;
const BOX: u32 = 0x200;
const BOTH: u32 = HOUSE | BOX;
const ENERGY_MODE: u32 = 0x400;
const MONEY_MODE: u32 = 0x800;
const ANY_MODE: u32 = ENERGY_MODE | MONEY_MODE;
const HOUSE_ANY: u32 = HOUSE | ANY_MODE;
const HOUSE_ENERGY: u32 = HOUSE | ENERGY_MODE;
const HOUSE_MONEY: u32 = HOUSE | MONEY_MODE;
const BOX_ANY: u32 = BOX | ANY_MODE;
const BOTH_ANY: u32 = BOTH | ANY_MODE;

// How many values DI1 (high byte) and DI0 have from the row's own on; BLOCK: FF means all of them
const BLOCK: u32 = 0x80;
const ONE: u32 = 0x0101;
const PRESENT_AND_SETTLED: u32 = 0x858d; // 5 tariffs, now and 12 settlements
const PHASES: u32 = 0x8301;
const TOTAL_AND_PHASES: u32 = 0x8401;
const WORDS: u32 = 0x0187;
const LATEST: u32 = 0x010a; // the last ten
const LATEST_OF_PHASE: u32 = 0x030a;
const PURCHASES: u32 = 0x060a;
const DAYS: u32 = 0x833e;
const INSTANTS: u32 = 0x8303;

// Kinds of event: src/metering/SPEC.md
export const EVENT_POWER_LOST: u32 = 2;
export const EVENT_PHASE_LOST: u32 = 8;
export const EVENT_PHASE_BACK: u32 = 9;
export const EVENT_CLOCK_SET: u32 = 13;
export const EVENT_PROGRAMMED: u32 = 18;
export const EVENT_EVENTS_CLEARED: u32 = 20;
export const EVENT_DEMAND_CLEARED: u32 = 21;
export const EVENT_BOX_CLEARED: u32 = 22;

const LOAD_ALL: u32 = 0x06000000;
const LOAD_CLASS_4: u32 = 0x06040000;

// Values of the bulk identifiers
export const BULK_REMAINING: u32 = 0;
export const BULK_FORWARD: u32 = 1;
export const BULK_STATUS: u32 = 2;
export const BULK_REVERSE: u32 = 3;
export const BULK_POWER: u32 = 4;
export const BULK_NUMBER: u32 = 5;

export const TEXTS: StaticArray<u8> = [
  0x32,
  0x32,
  0x30,
  0x56, // 220V
  0x31,
  0x2e,
  0x30, // 1.0
  0x4d,
  0x33,
  0x39, // M39
  0x44,
  0x4c,
  0x2f,
  0x54,
  0x36,
  0x34,
  0x35,
  0x2d,
  0x32,
  0x30,
  0x30,
  0x37, // DL/T645-2007
  0x6d,
  0x65,
  0x74,
  0x65,
  0x72,
  0x33,
  0x39,
  0x20,
  0x30,
  0x2e,
  0x31,
  0x2e,
  0x30, // meter39 0.1.0
];
const TEXT_VOLTAGE: u32 = 0 | (4 << 8) | (6 << 16);
const TEXT_CLASS: u32 = 4 | (3 << 8) | (4 << 16);
const TEXT_MODEL: u32 = 7 | (3 << 8) | (10 << 16);
const TEXT_PROTOCOL: u32 = 10 | (12 << 8) | (16 << 16);
const TEXT_FIRMWARE: u32 = 22 | (13 << 8) | (32 << 16);

const FREQUENCY: u32 = link.BOX_FREQUENCY | (2 << 8) | (2 << 16);
export const INTERVAL: u32 = link.BOX_LOAD_INTERVAL | (2 << 8) | (2 << 16);
export const SETTLEMENT_DAY: u32 = link.BOX_SETTLEMENT_DAY | (2 << 8) | (2 << 16);
const ONE_BYTE: u32 = 1 << 16;
const THREE_BYTES: u32 = 3 << 16;

const COLUMNS: i32 = 4;
// identifier, values of DI1 and DI0, who and item, argument: a row a line
// prettier-ignore
const ROWS: StaticArray<u32> = [
  0x00000000, PRESENT_AND_SETTLED, HOUSE_ANY | ENERGY, 0,
  0x00010000, PRESENT_AND_SETTLED, HOUSE_ANY | ENERGY, 1,
  0x00020000, PRESENT_AND_SETTLED, HOUSE_ANY | ENERGY, 2,
  0x000b0000, 0x0102, HOUSE_ANY | PERIOD, 0,
  0x00900100, 0x0102, HOUSE_ENERGY | CREDIT, 0,
  0x00900200, 0x0102, HOUSE_MONEY | CREDIT, 0,
  0x01010000, ONE, HOUSE_ANY | DEMAND, 0,
  0x02010100, PHASES, BOTH_ANY | VOLTAGE, 0,
  0x02030000, TOTAL_AND_PHASES, HOUSE_ANY | POWER, 0,
  0x02800002, ONE, BOTH_ANY | FIELD, FREQUENCY,
  0x03040100, 0x0301, BOX_ANY | PHASE_COUNT, 0,
  0x03040101, LATEST_OF_PHASE, BOX_ANY | PHASE_DOWN, 0,
  0x03110000, ONE, BOX_ANY | COUNT, EVENT_POWER_LOST,
  0x03110001, LATEST, BOX_ANY | POWER_DOWN, 0,
  0x03300000, ONE, BOX_ANY | COUNT, EVENT_PROGRAMMED,
  0x03300001, LATEST, BOX_ANY | PROGRAMMING, EVENT_PROGRAMMED | (10 << 8),
  0x03300100, ONE, BOX_ANY | COUNT, EVENT_BOX_CLEARED,
  0x03300200, ONE, BOX_ANY | COUNT, EVENT_DEMAND_CLEARED,
  0x03300300, ONE, BOX_ANY | COUNT, EVENT_EVENTS_CLEARED,
  0x03300301, LATEST, BOX_ANY | PROGRAMMING, EVENT_EVENTS_CLEARED | (1 << 8),
  0x03300400, ONE, BOX_ANY | COUNT, EVENT_CLOCK_SET,
  0x03300401, LATEST, BOX_ANY | CLOCK_SET, 0,
  0x03320101, PURCHASES, HOUSE_ENERGY | PURCHASE, 0,
  0x03330101, PURCHASES, HOUSE_MONEY | PURCHASE, 0,
  0x04000101, ONE, BOTH_ANY | CLOCK, CLOCK_DATE,
  0x04000102, ONE, BOTH_ANY | CLOCK, CLOCK_TIME,
  0x0400010c, ONE, BOTH_ANY | CLOCK, CLOCK_BOTH,
  0x04000103, 0x0102, BOTH_ANY | NUMBER, 15 | ONE_BYTE,
  0x04000204, ONE, BOTH_ANY | NUMBER, 1 | ONE_BYTE,
  0x04000306, 0x0102, BOTH_ANY | NUMBER, 1 | THREE_BYTES,
  0x04000401, 0x0102, BOTH_ANY | ADDRESS, 0,
  0x04000404, ONE, BOTH_ANY | TEXT, TEXT_VOLTAGE,
  0x04000405, ONE, BOTH_ANY | CURRENT, 0,
  0x04000407, ONE, BOTH_ANY | TEXT, TEXT_CLASS,
  0x04000409, ONE, HOUSE_ANY | CONSTANT, 0,
  0x0400040b, ONE, BOTH_ANY | TEXT, TEXT_MODEL,
  0x0400040d, ONE, BOTH_ANY | TEXT, TEXT_PROTOCOL,
  0x0400040e, ONE, HOUSE_ANY | ADDRESS, 0,
  0x04000501, WORDS, BOTH_ANY | STATUS, 0,
  0x04000601, ONE, BOTH_ANY | COMBINATION, 0,
  0x04000703, ONE, BOTH_ANY | RATE, 0,
  0x04000901, ONE, BOTH_ANY | NUMBER, 8 | ONE_BYTE,
  0x04000a05, ONE, BOTH_ANY | FIELD, INTERVAL,
  0x04000b01, ONE, BOTH_ANY | FIELD, SETTLEMENT_DAY,
  0x04000f01, ONE, HOUSE_ENERGY | LIMIT, link.SLICE_ALARM,
  0x04000f02, ONE, HOUSE_ENERGY | LIMIT, link.SLICE_TRIP,
  0x04000f03, ONE, HOUSE_ENERGY | LIMIT, link.SLICE_HOARDING,
  0x04000f04, ONE, HOUSE_ENERGY | LIMIT, link.SLICE_OVERDRAFT,
  0x04001001, ONE, HOUSE_MONEY | LIMIT, link.SLICE_ALARM,
  0x04001002, ONE, HOUSE_MONEY | LIMIT, link.SLICE_TRIP,
  0x04001003, ONE, HOUSE_MONEY | LIMIT, link.SLICE_OVERDRAFT,
  0x04001005, ONE, HOUSE_MONEY | LIMIT, link.SLICE_HOARDING,
  0x04800001, ONE, BOTH_ANY | TEXT, TEXT_FIRMWARE,
  0x04801000, ONE, BOX_ANY | BULK, BULK_REMAINING,
  0x04801100, ONE, BOX_ANY | BULK, BULK_FORWARD,
  0x04801200, ONE, BOX_ANY | BULK, BULK_STATUS,
  0x04801300, ONE, BOX_ANY | BULK, BULK_REVERSE,
  0x04801400, ONE, BOX_ANY | BULK, BULK_POWER,
  0x04801500, ONE, BOX_ANY | BULK, BULK_NUMBER,
  0x04801600, ONE, BOX_ANY | READER, 0,
  0x05010001, INSTANTS, HOUSE_ANY | FREEZE, link.RING_INSTANT,
  0x05060001, DAYS, HOUSE_ANY | FREEZE, link.RING_DAILY,
  LOAD_ALL, 0x0103, HOUSE_ANY | LOAD, 0,
  LOAD_CLASS_4, 0x0103, HOUSE_ANY | LOAD, 0,
  0x1d000101, ONE, HOUSE_ANY | SWITCHED, link.SUPPLY_REPLY_OPENED,
  0x1e000101, ONE, HOUSE_ANY | SWITCHED, link.SUPPLY_REPLY_CLOSED,
];
export const NO_ROW: i32 = -1;

function column(row: i32, index: i32): u32 {
  return ROWS[row * COLUMNS + index];
}

/** Whether `value` is one of those that `part` counts from `lowest` on, or FF for all of them. */
function isWithin(value: u32, lowest: u32, part: u32): bool {
  return value == 0xff ? (part & BLOCK) != 0 : value - lowest < (part & ~BLOCK);
}

function fits(row: i32, identifier: u32): bool {
  const own = column(row, 0);
  const shape = column(row, 1);
  return (
    own >> 16 == identifier >> 16 &&
    isWithin((identifier >> 8) & 0xff, (own >> 8) & 0xff, shape >> 8) &&
    isWithin(identifier & 0xff, own & 0xff, shape & 0xff)
  );
}

/** The row of `identifier` for a household or the box in energy or money mode, or NO_ROW. */
export function rowOf(identifier: u32, is_box: bool, is_money: bool): i32 {
  const wanted = (is_box ? BOX : HOUSE) | (is_money ? MONEY_MODE : ENERGY_MODE);
  for (let row = 0; row < ROWS.length / COLUMNS; row++) {
    if (fits(row, identifier) && (column(row, 2) & wanted) == wanted) return row;
  }
  return NO_ROW;
}

/** What makes its bytes. */
export function itemOf(row: i32): u32 {
  return column(row, 2) & ITEM_MASK;
}

/** What that needs to know. */
export function argumentOf(row: i32): u32 {
  return column(row, 3);
}

function countOf(value: u32, part: u32): i32 {
  return value == 0xff ? <i32>(part & ~BLOCK) : 1;
}

/** Number of single values that `identifier`, which has this row, stands for. */
export function valueCount(row: i32, identifier: u32): i32 {
  const shape = column(row, 1);
  const outer = countOf(identifier & 0xff, shape & 0xff);
  return outer * countOf((identifier >> 8) & 0xff, shape >> 8);
}

/** Identifier of single value `index` of them: DI0 outside, DI1 inside. */
export function valueIdentifier(row: i32, identifier: u32, index: i32): u32 {
  const inner = countOf((identifier >> 8) & 0xff, column(row, 1) >> 8);
  const own = column(row, 0);
  let single = identifier;
  if ((identifier & 0xff) == 0xff) {
    single = (single & ~(<u32>0xff)) | ((own & 0xff) + <u32>(index / inner));
  }
  if (((identifier >> 8) & 0xff) == 0xff) {
    single = (single & ~(<u32>0xff00)) | ((((own >> 8) & 0xff) + <u32>(index % inner)) << 8);
  }
  return single;
}
