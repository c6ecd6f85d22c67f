/** All records of the meter in RAM, and their way to and from the FRAM. A domain changes the body of
 *  one record and saves it: that save is the commit. Knows where records stand and that the header is
 *  written last; what a body means is the domains' business. */
import { fillBytes } from "../common/bytes";
import { E_STORE, OK } from "../common/errors";
import * as map from "./map";
import { recordRead, recordWrite } from "./record";

// Kinds of records, in the order of src/metering/SPEC.md.
export const HEADER: i32 = 0;
export const IDENTITY: i32 = 1;
export const BOX_SETTINGS: i32 = 2;
export const CHANNELS: i32 = 3;
export const RUNNING: i32 = 4;
export const RELAYS: i32 = 5;
export const MANAGEMENT: i32 = 6;
export const PROTECTION: i32 = 7;
export const EVENTS_HEAD: i32 = 8;
export const FREEZE_HEADS: i32 = 9;
export const LIMITS: i32 = 10;
export const ACCOUNT: i32 = 11;
export const BOOK: i32 = 12;
export const DEMAND: i32 = 13;
export const SWITCH: i32 = 14;
const KIND_COUNT: i32 = 15;

// prettier-ignore
const address: StaticArray<u32> = [
  map.HEADER_ADDRESS, map.IDENTITY_ADDRESS, map.BOX_SETTINGS_ADDRESS, map.CHANNELS_ADDRESS,
  map.RUNNING_ADDRESS, map.RELAYS_ADDRESS, map.MANAGEMENT_ADDRESS, map.PROTECTION_ADDRESS,
  map.EVENTS_HEAD_ADDRESS, map.FREEZE_HEADS_ADDRESS, map.LIMITS_ADDRESS, map.ACCOUNT_ADDRESS,
  map.BOOK_ADDRESS, map.DEMAND_ADDRESS, map.SWITCH_ADDRESS,
];
// prettier-ignore
const stride: StaticArray<u32> = [
  map.HEADER_STRIDE, map.IDENTITY_STRIDE, map.BOX_SETTINGS_STRIDE, map.CHANNELS_STRIDE,
  map.RUNNING_STRIDE, map.RELAYS_STRIDE, map.MANAGEMENT_STRIDE, map.PROTECTION_STRIDE,
  map.EVENTS_HEAD_STRIDE, map.FREEZE_HEADS_STRIDE, map.LIMITS_STRIDE, map.ACCOUNT_STRIDE,
  map.BOOK_STRIDE, map.DEMAND_STRIDE, map.SWITCH_STRIDE,
];
// prettier-ignore
const body_size: StaticArray<u32> = [
  map.HEADER_BODY_SIZE, map.IDENTITY_BODY_SIZE, map.BOX_SETTINGS_BODY_SIZE, map.CHANNELS_BODY_SIZE,
  map.RUNNING_BODY_SIZE, map.RELAYS_BODY_SIZE, map.MANAGEMENT_BODY_SIZE, map.PROTECTION_BODY_SIZE,
  map.EVENTS_HEAD_BODY_SIZE, map.FREEZE_HEADS_BODY_SIZE, map.LIMITS_BODY_SIZE,
  map.ACCOUNT_BODY_SIZE, map.BOOK_BODY_SIZE, map.DEMAND_BODY_SIZE, map.SWITCH_BODY_SIZE,
];
// prettier-ignore
const count: StaticArray<u32> = [
  map.HEADER_COUNT, map.IDENTITY_COUNT, map.BOX_SETTINGS_COUNT, map.CHANNELS_COUNT,
  map.RUNNING_COUNT, map.RELAYS_COUNT, map.MANAGEMENT_COUNT, map.PROTECTION_COUNT,
  map.EVENTS_HEAD_COUNT, map.FREEZE_HEADS_COUNT, map.LIMITS_COUNT, map.ACCOUNT_COUNT,
  map.BOOK_COUNT, map.DEMAND_COUNT, map.SWITCH_COUNT,
];

// Each record in RAM: sequence (4), padding (4), body rounded up to 8, so that 64-bit fields are aligned.
const RAM_HEAD: u32 = 8;
const IMAGE_SIZE: u32 = 8704;
const image: usize = memory.data(8704, 8);
// Offset of each kind in the image.
const first: StaticArray<u32> = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function ramSize(kind: i32): u32 {
  return RAM_HEAD + ((body_size[kind] + 7) & ~7);
}

function ramRecord(kind: i32, index: i32): usize {
  assert(<u32>index < count[kind]);
  return image + first[kind] + <u32>index * ramSize(kind);
}

/** Empties the image: every body zero, no record read. */
export function imageInit(): void {
  let offset: u32 = 0;
  for (let kind = 0; kind < KIND_COUNT; kind++) {
    first[kind] = offset;
    offset += count[kind] * ramSize(kind);
  }
  assert(offset <= IMAGE_SIZE);
  fillBytes(image, 0, IMAGE_SIZE);
}

/** The body of a record in RAM. `index`: 0 .. count - 1. */
export function recordBody(kind: i32, index: i32): usize {
  return ramRecord(kind, index) + RAM_HEAD;
}

/** Commits the body in RAM: when this returns it is durable. */
export function recordSave(kind: i32, index: i32): void {
  const record = ramRecord(kind, index);
  const place = address[kind] + <u32>index * stride[kind];
  store<u32>(record, recordWrite(place, body_size[kind], record + RAM_HEAD, load<u32>(record)));
}

/** Reads one record into RAM; returns its sequence, 0 when no slot is valid. */
function recordFetch(kind: i32, index: i32): u32 {
  const record = ramRecord(kind, index);
  const place = address[kind] + <u32>index * stride[kind];
  const sequence = recordRead(place, body_size[kind], record + RAM_HEAD);
  store<u32>(record, sequence);
  return sequence;
}

function headerIsOurs(): bool {
  const header = recordBody(HEADER, 0);
  return (
    load<u32>(header + map.HEADER_MAGIC) == map.MAGIC &&
    <u32>load<u16>(header + map.HEADER_FORMAT) == map.FORMAT_VERSION &&
    <i32>load<u8>(header + map.HEADER_CHANNEL_COUNT) == map.CHANNEL_COUNT
  );
}

/** Reads the header. Returns 1 when the memory is ours, 0 when it may be written for the first time,
 *  E_STORE when it holds another format, or books without a header. */
export function imageProbe(): i32 {
  if (recordFetch(HEADER, 0) != 0) return headerIsOurs() ? 1 : E_STORE;
  // The first start writes every record once; a second sequence number means that a box has lived here.
  for (let kind = 1; kind < KIND_COUNT; kind++) {
    for (let index = 0; index < <i32>count[kind]; index++) {
      if (recordFetch(kind, index) > 1) return E_STORE;
    }
  }
  imageInit();
  return 0;
}

/** Reads every record. Returns OK, or E_STORE when one has no valid slot. */
export function imageLoad(): i32 {
  for (let kind = 0; kind < KIND_COUNT; kind++) {
    for (let index = 0; index < <i32>count[kind]; index++) {
      if (recordFetch(kind, index) == 0) return E_STORE;
    }
  }
  return OK;
}

/** First start: writes the bodies now in RAM, the header last and into both slots. */
export function imageFormat(): void {
  for (let kind = 1; kind < KIND_COUNT; kind++) {
    for (let index = 0; index < <i32>count[kind]; index++) recordSave(kind, index);
  }
  const header = recordBody(HEADER, 0);
  store<u32>(header + map.HEADER_MAGIC, map.MAGIC);
  store<u16>(header + map.HEADER_FORMAT, <u16>map.FORMAT_VERSION);
  store<u8>(header + map.HEADER_CHANNEL_COUNT, <u8>map.CHANNEL_COUNT);
  recordSave(HEADER, 0);
  recordSave(HEADER, 0);
}
