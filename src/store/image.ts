/** All records of the meter in RAM, and their way to and from the FRAM. A domain changes the body of
 *  one record and saves it: that save is the commit. Knows that the header is written last; where a record
 *  stands is in places.ts, what a body means is the domains' business. */
import { fillBytes } from "../common/bytes";
import { E_STORE, OK } from "../common/errors";
import * as map from "./map";
import * as places from "./places";
import { recordRead, recordWrite } from "./record";

function countOf(kind: usize): i32 {
  return load<i32>(kind, places.KIND_COUNT);
}

/** Place of a record's sequence number in RAM; its body follows RECORD_HEAD behind. */
function ramRecord(kind: usize, index: i32): usize {
  assert(<u32>index < <u32>countOf(kind));
  const offset = load<u32>(kind, places.KIND_FIRST) + load<u32>(kind, places.KIND_ROOM) * index;
  return places.image + offset;
}

function address(kind: usize, index: i32): u32 {
  return load<u32>(kind, places.KIND_ADDRESS) + load<u32>(kind, places.KIND_STRIDE) * index;
}

/** Empties the image: every body zero, no record read. */
export function imageInit(): void {
  fillBytes(places.image, 0, places.IMAGE_SIZE);
}

/** Commits the body in RAM: when this returns it is durable. */
export function recordSave(kind: usize, index: i32): void {
  const record = ramRecord(kind, index);
  const body_size = load<u32>(kind, places.KIND_BODY_SIZE);
  const body = record + places.RECORD_HEAD;
  store<u32>(record, recordWrite(address(kind, index), body_size, body, load<u32>(record)));
}

/** Reads one record into RAM; returns its sequence, 0 when no slot is valid. */
function recordFetch(kind: usize, index: i32): u32 {
  const record = ramRecord(kind, index);
  const body_size = load<u32>(kind, places.KIND_BODY_SIZE);
  const sequence = recordRead(address(kind, index), body_size, record + places.RECORD_HEAD);
  store<u32>(record, sequence);
  return sequence;
}

function headerIsOurs(): bool {
  const header = places.HEADER_BODY;
  return (
    load<u32>(header + map.HEADER_MAGIC) == map.MAGIC &&
    <u32>load<u16>(header + map.HEADER_FORMAT) == map.FORMAT_VERSION &&
    <i32>load<u8>(header + map.HEADER_CHANNEL_COUNT) == map.CHANNEL_COUNT
  );
}

/** Reads the header. Returns 1 when the memory is ours, 0 when it may be written for the first time,
 *  E_STORE when it holds another format, or books without a header. */
export function imageProbe(): i32 {
  if (recordFetch(places.HEADER, 0) != 0) return headerIsOurs() ? 1 : E_STORE;
  // The first start writes every record once; a second sequence number means that a box has lived here.
  for (let kind = places.IDENTITY; kind < places.KINDS_END; kind += places.KIND_SIZE) {
    for (let index = 0; index < countOf(kind); index++) {
      if (recordFetch(kind, index) > 1) return E_STORE;
    }
  }
  imageInit();
  return 0;
}

/** Reads every record. Returns OK, or E_STORE when one has no valid slot. */
export function imageLoad(): i32 {
  for (let kind = places.HEADER; kind < places.KINDS_END; kind += places.KIND_SIZE) {
    for (let index = 0; index < countOf(kind); index++) {
      if (recordFetch(kind, index) == 0) return E_STORE;
    }
  }
  return OK;
}

/** First start: writes the bodies now in RAM, the header last and into both slots. */
export function imageFormat(): void {
  for (let kind = places.IDENTITY; kind < places.KINDS_END; kind += places.KIND_SIZE) {
    for (let index = 0; index < countOf(kind); index++) recordSave(kind, index);
  }
  const header = places.HEADER_BODY;
  store<u32>(header + map.HEADER_MAGIC, map.MAGIC);
  store<u16>(header + map.HEADER_FORMAT, <u16>map.FORMAT_VERSION);
  store<u8>(header + map.HEADER_CHANNEL_COUNT, <u8>map.CHANNEL_COUNT);
  recordSave(places.HEADER, 0);
  recordSave(places.HEADER, 0);
}
