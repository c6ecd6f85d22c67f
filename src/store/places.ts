/** Where every record stands: in the FRAM (map.ts) and in the image of all records in RAM, as constants, so
 *  that reaching a field is no look-up. What a body means is the domains' business. */
import * as map from "./map";

/** A record in RAM: its sequence (4), padding (4), its body rounded up to 8, so that 64-bit fields are aligned. */
export const RECORD_HEAD: u32 = 8;

const HEADER_ROOM: u32 = RECORD_HEAD + ((map.HEADER_BODY_SIZE + 7) & ~7);
const IDENTITY_ROOM: u32 = RECORD_HEAD + ((map.IDENTITY_BODY_SIZE + 7) & ~7);
const BOX_SETTINGS_ROOM: u32 = RECORD_HEAD + ((map.BOX_SETTINGS_BODY_SIZE + 7) & ~7);
const CHANNELS_ROOM: u32 = RECORD_HEAD + ((map.CHANNELS_BODY_SIZE + 7) & ~7);
const RUNNING_ROOM: u32 = RECORD_HEAD + ((map.RUNNING_BODY_SIZE + 7) & ~7);
const RELAYS_ROOM: u32 = RECORD_HEAD + ((map.RELAYS_BODY_SIZE + 7) & ~7);
const MANAGEMENT_ROOM: u32 = RECORD_HEAD + ((map.MANAGEMENT_BODY_SIZE + 7) & ~7);
const PROTECTION_ROOM: u32 = RECORD_HEAD + ((map.PROTECTION_BODY_SIZE + 7) & ~7);
const EVENTS_HEAD_ROOM: u32 = RECORD_HEAD + ((map.EVENTS_HEAD_BODY_SIZE + 7) & ~7);
const FREEZE_HEADS_ROOM: u32 = RECORD_HEAD + ((map.FREEZE_HEADS_BODY_SIZE + 7) & ~7);
const LIMITS_ROOM: u32 = RECORD_HEAD + ((map.LIMITS_BODY_SIZE + 7) & ~7);
const ACCOUNT_ROOM: u32 = RECORD_HEAD + ((map.ACCOUNT_BODY_SIZE + 7) & ~7);
const BOOK_ROOM: u32 = RECORD_HEAD + ((map.BOOK_BODY_SIZE + 7) & ~7);
const DEMAND_ROOM: u32 = RECORD_HEAD + ((map.DEMAND_BODY_SIZE + 7) & ~7);
const SWITCH_ROOM: u32 = RECORD_HEAD + ((map.SWITCH_BODY_SIZE + 7) & ~7);

const HEADER_FIRST: u32 = 0;
const IDENTITY_FIRST: u32 = HEADER_FIRST + map.HEADER_COUNT * HEADER_ROOM;
const BOX_SETTINGS_FIRST: u32 = IDENTITY_FIRST + map.IDENTITY_COUNT * IDENTITY_ROOM;
const CHANNELS_FIRST: u32 = BOX_SETTINGS_FIRST + map.BOX_SETTINGS_COUNT * BOX_SETTINGS_ROOM;
const RUNNING_FIRST: u32 = CHANNELS_FIRST + map.CHANNELS_COUNT * CHANNELS_ROOM;
const RELAYS_FIRST: u32 = RUNNING_FIRST + map.RUNNING_COUNT * RUNNING_ROOM;
const MANAGEMENT_FIRST: u32 = RELAYS_FIRST + map.RELAYS_COUNT * RELAYS_ROOM;
const PROTECTION_FIRST: u32 = MANAGEMENT_FIRST + map.MANAGEMENT_COUNT * MANAGEMENT_ROOM;
const EVENTS_HEAD_FIRST: u32 = PROTECTION_FIRST + map.PROTECTION_COUNT * PROTECTION_ROOM;
const FREEZE_HEADS_FIRST: u32 = EVENTS_HEAD_FIRST + map.EVENTS_HEAD_COUNT * EVENTS_HEAD_ROOM;
const LIMITS_FIRST: u32 = FREEZE_HEADS_FIRST + map.FREEZE_HEADS_COUNT * FREEZE_HEADS_ROOM;
const ACCOUNT_FIRST: u32 = LIMITS_FIRST + map.LIMITS_COUNT * LIMITS_ROOM;
const BOOK_FIRST: u32 = ACCOUNT_FIRST + map.ACCOUNT_COUNT * ACCOUNT_ROOM;
const DEMAND_FIRST: u32 = BOOK_FIRST + map.BOOK_COUNT * BOOK_ROOM;
const SWITCH_FIRST: u32 = DEMAND_FIRST + map.DEMAND_COUNT * DEMAND_ROOM;
export const IMAGE_SIZE: u32 = SWITCH_FIRST + map.SWITCH_COUNT * SWITCH_ROOM;

/** All records in RAM. */
export const image: usize = memory.data(8704, 8);
if (IMAGE_SIZE > 8704) ERROR("image too small");

// Bodies of the records that stand alone; RELAYS has its own in relay/positions.port.ts.
export const HEADER_BODY: usize = image + HEADER_FIRST + RECORD_HEAD;
export const IDENTITY_BODY: usize = image + IDENTITY_FIRST + RECORD_HEAD;
export const BOX_SETTINGS_BODY: usize = image + BOX_SETTINGS_FIRST + RECORD_HEAD;
export const CHANNELS_BODY: usize = image + CHANNELS_FIRST + RECORD_HEAD;
export const RUNNING_BODY: usize = image + RUNNING_FIRST + RECORD_HEAD;
export const MANAGEMENT_BODY: usize = image + MANAGEMENT_FIRST + RECORD_HEAD;
export const PROTECTION_BODY: usize = image + PROTECTION_FIRST + RECORD_HEAD;
export const EVENTS_HEAD_BODY: usize = image + EVENTS_HEAD_FIRST + RECORD_HEAD;
export const FREEZE_HEADS_BODY: usize = image + FREEZE_HEADS_FIRST + RECORD_HEAD;

/** Place of household or channel `index` (0..38) among bodies `room` apart. */
function bodyAt(first: u32, room: u32, index: i32): usize {
  assert(<u32>index < <u32>map.CHANNEL_COUNT);
  return image + first + RECORD_HEAD + room * index;
}

/** Body of a household's limits; index 0..38. */
export function limitsBody(index: i32): usize {
  return bodyAt(LIMITS_FIRST, LIMITS_ROOM, index);
}

/** Body of a household's account; index 0..38. */
export function accountBody(index: i32): usize {
  return bodyAt(ACCOUNT_FIRST, ACCOUNT_ROOM, index);
}

/** Body of a channel's book; index 0..38. */
export function bookBody(index: i32): usize {
  return bodyAt(BOOK_FIRST, BOOK_ROOM, index);
}

/** Body of a household's greatest demand; index 0..38. */
export function demandBody(index: i32): usize {
  return bodyAt(DEMAND_FIRST, DEMAND_ROOM, index);
}

/** Body of a household's switching; index 0..38. */
export function switchBody(index: i32): usize {
  return bodyAt(SWITCH_FIRST, SWITCH_ROOM, index);
}

// What load and save need of each kind, in the order of src/metering/SPEC.md: address, stride, body size, count
// in the FRAM; first record and room in RAM.
export const KIND_ADDRESS: usize = 0;
export const KIND_STRIDE: usize = 4;
export const KIND_BODY_SIZE: usize = 8;
export const KIND_COUNT: usize = 12;
export const KIND_FIRST: usize = 16;
export const KIND_ROOM: usize = 20;
export const KIND_SIZE: usize = 24;
// prettier-ignore
const kinds: usize = memory.data<u32>([
  map.HEADER_ADDRESS, map.HEADER_STRIDE, map.HEADER_BODY_SIZE, map.HEADER_COUNT, HEADER_FIRST, HEADER_ROOM,
  map.IDENTITY_ADDRESS, map.IDENTITY_STRIDE, map.IDENTITY_BODY_SIZE, map.IDENTITY_COUNT, IDENTITY_FIRST, IDENTITY_ROOM,
  map.BOX_SETTINGS_ADDRESS, map.BOX_SETTINGS_STRIDE, map.BOX_SETTINGS_BODY_SIZE, map.BOX_SETTINGS_COUNT, BOX_SETTINGS_FIRST, BOX_SETTINGS_ROOM,
  map.CHANNELS_ADDRESS, map.CHANNELS_STRIDE, map.CHANNELS_BODY_SIZE, map.CHANNELS_COUNT, CHANNELS_FIRST, CHANNELS_ROOM,
  map.RUNNING_ADDRESS, map.RUNNING_STRIDE, map.RUNNING_BODY_SIZE, map.RUNNING_COUNT, RUNNING_FIRST, RUNNING_ROOM,
  map.RELAYS_ADDRESS, map.RELAYS_STRIDE, map.RELAYS_BODY_SIZE, map.RELAYS_COUNT, RELAYS_FIRST, RELAYS_ROOM,
  map.MANAGEMENT_ADDRESS, map.MANAGEMENT_STRIDE, map.MANAGEMENT_BODY_SIZE, map.MANAGEMENT_COUNT, MANAGEMENT_FIRST, MANAGEMENT_ROOM,
  map.PROTECTION_ADDRESS, map.PROTECTION_STRIDE, map.PROTECTION_BODY_SIZE, map.PROTECTION_COUNT, PROTECTION_FIRST, PROTECTION_ROOM,
  map.EVENTS_HEAD_ADDRESS, map.EVENTS_HEAD_STRIDE, map.EVENTS_HEAD_BODY_SIZE, map.EVENTS_HEAD_COUNT, EVENTS_HEAD_FIRST, EVENTS_HEAD_ROOM,
  map.FREEZE_HEADS_ADDRESS, map.FREEZE_HEADS_STRIDE, map.FREEZE_HEADS_BODY_SIZE, map.FREEZE_HEADS_COUNT, FREEZE_HEADS_FIRST, FREEZE_HEADS_ROOM,
  map.LIMITS_ADDRESS, map.LIMITS_STRIDE, map.LIMITS_BODY_SIZE, map.LIMITS_COUNT, LIMITS_FIRST, LIMITS_ROOM,
  map.ACCOUNT_ADDRESS, map.ACCOUNT_STRIDE, map.ACCOUNT_BODY_SIZE, map.ACCOUNT_COUNT, ACCOUNT_FIRST, ACCOUNT_ROOM,
  map.BOOK_ADDRESS, map.BOOK_STRIDE, map.BOOK_BODY_SIZE, map.BOOK_COUNT, BOOK_FIRST, BOOK_ROOM,
  map.DEMAND_ADDRESS, map.DEMAND_STRIDE, map.DEMAND_BODY_SIZE, map.DEMAND_COUNT, DEMAND_FIRST, DEMAND_ROOM,
  map.SWITCH_ADDRESS, map.SWITCH_STRIDE, map.SWITCH_BODY_SIZE, map.SWITCH_COUNT, SWITCH_FIRST, SWITCH_ROOM,
]);

/** The kinds: places in that table. */
export const HEADER: usize = kinds;
export const IDENTITY: usize = HEADER + KIND_SIZE;
export const BOX_SETTINGS: usize = IDENTITY + KIND_SIZE;
export const CHANNELS: usize = BOX_SETTINGS + KIND_SIZE;
export const RUNNING: usize = CHANNELS + KIND_SIZE;
export const RELAYS: usize = RUNNING + KIND_SIZE;
export const MANAGEMENT: usize = RELAYS + KIND_SIZE;
export const PROTECTION: usize = MANAGEMENT + KIND_SIZE;
export const EVENTS_HEAD: usize = PROTECTION + KIND_SIZE;
export const FREEZE_HEADS: usize = EVENTS_HEAD + KIND_SIZE;
export const LIMITS: usize = FREEZE_HEADS + KIND_SIZE;
export const ACCOUNT: usize = LIMITS + KIND_SIZE;
export const BOOK: usize = ACCOUNT + KIND_SIZE;
export const DEMAND: usize = BOOK + KIND_SIZE;
export const SWITCH: usize = DEMAND + KIND_SIZE;
export const KINDS_END: usize = SWITCH + KIND_SIZE;
