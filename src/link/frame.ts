/** Frames between the MCUs: every constant of src/link/SPEC.md, and sealing a frame with its CRC.
 *  Offsets of a payload's fields count from the payload. Knows no port and keeps no state. */

import { storeLe16 } from "../common/bytes";
import { crc16 } from "../common/crc16";

// Frame
export const FRAME_START: u8 = 0xfb;
export const FRAME_SIZE: i32 = 1; // offset of the payload's size
export const FRAME_SEQUENCE: i32 = 2;
export const FRAME_KIND: i32 = 3;
export const FRAME_PAYLOAD: i32 = 4;
export const CRC_SIZE: i32 = 2;
export const FRAME_OVERHEAD: i32 = FRAME_PAYLOAD + CRC_SIZE;
export const PAYLOAD_SIZE_MAX: i32 = 128;
export const FRAME_SIZE_MAX: i32 = PAYLOAD_SIZE_MAX + FRAME_OVERHEAD;
export const REPLY_BIT: i32 = 0x80;
export const GAP_US: i32 = 5000; // longer silence inside a frame drops it
export const REPEAT_MS: u32 = 30; // an asker without a reply sends the identical frame again
export const LINK_BAUD: i32 = 115200;

// Kinds of request
export const KIND_POLL: i32 = 1;
export const KIND_MESSAGE: i32 = 2;
export const KIND_SETTING_READ: i32 = 3;
export const KIND_PROVISION: i32 = 4;
export const KIND_EVENT_READ: i32 = 5;
export const KIND_BOOKS_READ: i32 = 6;
export const KIND_BOX_READ: i32 = 7;
export const KIND_CARD_KEYS: i32 = 8;
export const KIND_CARD_MESSAGE: i32 = 9;
export const KIND_CARD_RETURN: i32 = 10;
export const KIND_CARD_RECORD: i32 = 11;
export const KIND_SLICE_READ: i32 = 12;
export const KIND_SUPPLY_READ: i32 = 13;
export const KIND_FREEZE_READ: i32 = 14;
export const KIND_PURCHASE_READ: i32 = 15;
export const KIND_EVENT_FIND: i32 = 16;
export const KIND_COMMAND: i32 = 17;
export const KIND_PROBE: i32 = 18;

export const POLL_REQUEST_SIZE: i32 = 8;
export const MESSAGE_REQUEST_SIZE: i32 = 25;
export const SETTING_READ_REQUEST_SIZE: i32 = 2;
export const PROVISION_REQUEST_SIZE: i32 = 21;
export const EVENT_READ_REQUEST_SIZE: i32 = 4;
export const BOOKS_READ_REQUEST_SIZE: i32 = 1;
export const BOX_READ_REQUEST_SIZE: i32 = 0;
export const CARD_KEYS_REQUEST_SIZE: i32 = 5;
export const CARD_MESSAGE_REQUEST_SIZE: i32 = 28;
export const CARD_RETURN_REQUEST_SIZE: i32 = 12;
export const CARD_RECORD_REQUEST_SIZE: i32 = 1;
export const SLICE_READ_REQUEST_SIZE: i32 = 1;
export const SUPPLY_READ_REQUEST_SIZE: i32 = 1;
export const FREEZE_READ_REQUEST_SIZE: i32 = 8;
export const PURCHASE_READ_REQUEST_SIZE: i32 = 2;
export const EVENT_FIND_REQUEST_SIZE: i32 = 4;
export const COMMAND_REQUEST_SIZE: i32 = 24;
export const PROBE_REQUEST_SIZE: i32 = 16;

export const POLL_REPLY_SIZE_MIN: i32 = 12;
export const POLL_REPLY_SIZE_MAX: i32 = 116;
export const MESSAGE_REPLY_SIZE: i32 = 20;
export const SETTING_READ_REPLY_SIZE: i32 = 8;
export const PROVISION_REPLY_SIZE: i32 = 1;
export const EVENT_READ_REPLY_SIZE: i32 = 32;
export const BOOKS_READ_REPLY_SIZE: i32 = 76;
export const BOX_READ_REPLY_SIZE: i32 = 64;
export const CARD_KEYS_REPLY_SIZE: i32 = 16;
export const CARD_MESSAGE_REPLY_SIZE: i32 = 20;
export const CARD_RETURN_REPLY_SIZE: i32 = 52;
export const CARD_RECORD_REPLY_SIZE: i32 = 20;
export const SLICE_READ_REPLY_SIZE: i32 = 56;
export const SUPPLY_READ_REPLY_SIZE: i32 = 16;
export const FREEZE_READ_REPLY_SIZE: i32 = 20;
export const PURCHASE_READ_REPLY_SIZE: i32 = 28;
export const EVENT_FIND_REPLY_SIZE: i32 = 36;
export const COMMAND_REPLY_SIZE: i32 = 4;
export const PROBE_REPLY_SIZE_MIN: i32 = 8;
export const PROBE_REPLY_SIZE_MAX: i32 = 72;
export const REFUSED_REPLY_SIZE: i32 = 1; // a result alone

/** Offset of the result in every reply but POLL's. */
export const RESULT: i32 = 0;

// POLL request
export const POLL_DISPLAYED: i32 = 0;
export const POLL_FLAGS: i32 = 1;
export const POLL_CLOCK: i32 = 2;
export const POLL_FROM: i32 = 6;
export const POLL_FLAG_CLOCK_TRUSTED: u32 = 1 << 0;

// POLL reply
export const REPLY_STATUS: i32 = 0;
export const REPLY_HELD: i32 = 2;
export const REPLY_PHASES: i32 = 3;
export const REPLY_EVENT_NEXT: i32 = 4;
export const REPLY_SLICE_COUNT: i32 = 8;
export const REPLY_SLICES: i32 = 12;
export const SLICE_COUNT_MAX: i32 = 2;
export const STATUS_PROVISIONED: u32 = 1 << 0;
export const STATUS_HELD: u32 = 1 << 1;
export const STATUS_REFRESHING: u32 = 1 << 2;
export const STATUS_MONEY: u32 = 1 << 3;
export const STATUS_TWO_DECIMALS: u32 = 1 << 4;
export const STATUS_STORE_FAULT: u32 = 1 << 5;
export const STATUS_RESTARTED: u32 = 1 << 6;

// Slice of a POLL reply
export const SLICE_SIZE: i32 = 52;
export const SLICE_HOUSEHOLD: i32 = 0;
export const SLICE_STATE: i32 = 1;
export const SLICE_FLAGS: i32 = 2;
export const SLICE_PHASES: i32 = 3;
export const SLICE_REMAINING: i32 = 4;
export const SLICE_CONSUMED: i32 = 8;
export const SLICE_POWER: i32 = 12;
export const SLICE_NUMBER: i32 = 16;
export const SLICE_FORWARD: i32 = 20;
export const SLICE_REVERSE: i32 = 24;
export const SLICE_AMOUNT: i32 = 28;
export const SLICE_MAXIMUM: i32 = 32;
export const SLICE_ALARM: i32 = 36;
export const SLICE_TRIP: i32 = 40;
export const SLICE_OVERDRAFT: i32 = 44;
export const SLICE_HOARDING: i32 = 48;
export const SLICE_FLAG_CLOSED: u32 = 1 << 0;
export const SLICE_FLAG_PROMPT: u32 = 1 << 1;
export const SLICE_FLAG_COMMANDED: u32 = 1 << 2;
export const SLICE_FLAG_ALLOWED: u32 = 1 << 3;
export const SLICE_FLAG_KEEP: u32 = 1 << 4;
export const SLICE_FLAG_REVERSE: u32 = 1 << 5;
export const SLICE_FLAG_WANTED_OPEN: u32 = 1 << 6;

// States of a household, as slices and replies carry them
export const STATE_SUPPLIED: i32 = 0;
export const STATE_LOW: i32 = 1;
export const STATE_TRIPPED: i32 = 2;
export const STATE_EMPTY: i32 = 3;

// MESSAGE
export const MESSAGE_SOURCE: i32 = 0;
export const MESSAGE_SIGNED: i32 = 1;
export const SOURCE_LINE: i32 = 0;
export const MESSAGE_REPLY_HOUSEHOLD: i32 = 1;
export const MESSAGE_REPLY_STATE: i32 = 2;
export const MESSAGE_REPLY_FLAGS: i32 = 3;
export const MESSAGE_REPLY_AMOUNT: i32 = 4;
export const MESSAGE_REPLY_REMAINING: i32 = 8;
export const MESSAGE_REPLY_NUMBER: i32 = 12;
export const MESSAGE_REPLY_KIND: i32 = 16;
export const MESSAGE_REPLY_ID: i32 = 17;
export const MESSAGE_FLAG_RESUMED: u32 = 1 << 0;

// Signed message (big endian)
export const SIGNED_ADDRESS: i32 = 0;
export const SIGNED_KIND: i32 = 6;
export const SIGNED_NUMBER: i32 = 7;
export const SIGNED_AMOUNT: i32 = 11;
export const SIGNED_FLAGS: i32 = 15;
export const SIGNED_CODE: i32 = 16;
export const SIGNED_ADDRESS_SIZE: i32 = 6;
export const SIGNED_CODE_SIZE: i32 = 8;
export const SIGNED_SIZE: i32 = SIGNED_CODE + SIGNED_CODE_SIZE;
export const SIGNED_KIND_CREDIT: i32 = 1;
export const SIGNED_KIND_SETTING: i32 = 4;
export const SIGNED_KIND_CLEAR: i32 = 5;
export const SIGNED_KIND_CHECK: i32 = 6;
export const SIGNED_KIND_TEST: i32 = 7;
export const SIGNED_KIND_SWITCH: i32 = 8;

// SETTING_READ
export const SETTING_ID: i32 = 0;
export const SETTING_INDEX: i32 = 1;
export const SETTING_REPLY_VALUE: i32 = 4;

// PROVISION
export const PROVISION_NUMBER: i32 = 0;
export const PROVISION_KEY: i32 = 5;

// EVENT_READ
export const EVENT_NUMBER: i32 = 0;
export const EVENT_REPLY_NEXT: i32 = 4;
export const EVENT_REPLY_ENTRY: i32 = 8;

// BOOKS_READ
export const BOOKS_HOUSEHOLD: i32 = 0;
export const BOOKS_REPLY_HOUSEHOLD: i32 = 1;
export const BOOKS_REPLY_STATE: i32 = 2;
export const BOOKS_REPLY_FLAGS: i32 = 3;
export const BOOKS_REPLY_FORWARD: i32 = 4;
export const BOOKS_REPLY_REVERSE: i32 = 12;
export const BOOKS_REPLY_ACCEPTED: i32 = 20;
export const BOOKS_REPLY_CHARGED: i32 = 28;
export const BOOKS_REPLY_REMAINING: i32 = 36;
export const BOOKS_REPLY_POWER: i32 = 44;
export const BOOKS_REPLY_MAXIMUM: i32 = 48;
export const BOOKS_REPLY_MAXIMUM_TIME: i32 = 52;
export const BOOKS_REPLY_NUMBER: i32 = 56;
export const BOOKS_REPLY_AMOUNT: i32 = 60;

// BOX_READ
export const BOX_NUMBER: i32 = 1;
export const BOX_UNIT: i32 = 6;
export const BOX_VOLTAGES: i32 = 8;
export const BOX_FREQUENCY: i32 = 14;
export const BOX_RUNNING: i32 = 16;
export const BOX_STARTS: i32 = 20;
export const BOX_CLOSED: i32 = 24;
export const BOX_EVENT_NEXT: i32 = 32;
export const BOX_FORMAT: i32 = 36;
export const BOX_BOOT: i32 = 37;
export const BOX_FLAGS: i32 = 38;
export const BOX_LINE_PROTOCOL: i32 = 39;
export const BOX_LINE_RATE: i32 = 40;
export const BOX_LINE_FORMAT: i32 = 41;
export const BOX_MODBUS_ADDRESS: i32 = 42;
export const BOX_READER_PLACE: i32 = 43;
export const PLACE_SHARED: i32 = 1; // own reader, that serves the whole line
export const PLACE_ELSEWHERE: i32 = 2; // none: the reader is another box's
export const BOX_LOAD_INTERVAL: i32 = 44;
export const BOX_SETTLEMENT_DAY: i32 = 46;
export const BOX_DAILY_FREEZE: i32 = 48;
export const BOX_PRICE: i32 = 52;
export const BOX_REFUSALS: i32 = 56;
export const BOX_BASIC_CURRENT: i32 = 60;
export const BOX_FLAG_SERVICE: u32 = 1 << 0;
export const BOX_FLAG_LOCKED: u32 = 1 << 1;
export const BOX_NUMBER_SIZE: i32 = 5;

// CARD_KEYS
export const CARD_KEYS_UID: i32 = 0;
export const CARD_KEYS_SECTOR: i32 = 4;
export const CARD_KEYS_REPLY_SECTOR: i32 = 1;
export const CARD_KEYS_REPLY_KEY_A: i32 = 2;
export const CARD_KEYS_REPLY_KEY_B: i32 = 8;
export const CARD_UID_SIZE: i32 = 4;
export const CARD_KEY_SIZE: i32 = 6;
export const CARD_BLOCK_SIZE: i32 = 16;

// CARD_MESSAGE; replied as MESSAGE
export const CARD_MESSAGE_UID: i32 = 0;
export const CARD_MESSAGE_SIGNED: i32 = 4;

// CARD_RETURN
export const CARD_RETURN_UID: i32 = 0;
export const CARD_RETURN_HOUSEHOLD: i32 = 4;
export const CARD_RETURN_RESULT: i32 = 5;
export const CARD_RETURN_SEQUENCE: i32 = 8;
export const CARD_RETURN_REPLY_BLOCKS: i32 = 4;

// CARD_RECORD
export const CARD_RECORD_HOUSEHOLD: i32 = 0;
export const CARD_RECORD_REPLY_BLOCK: i32 = 4;

// SLICE_READ
export const SLICE_READ_HOUSEHOLD: i32 = 0;
export const SLICE_READ_REPLY_SLICE: i32 = 4;

// SUPPLY_READ
export const SUPPLY_HOUSEHOLD: i32 = 0;
export const SUPPLY_REPLY_COMMAND: i32 = 1;
export const SUPPLY_REPLY_KEEP: i32 = 2;
export const SUPPLY_REPLY_OPENED: i32 = 4;
export const SUPPLY_REPLY_CLOSED: i32 = 8;
export const SUPPLY_REPLY_NUMBER: i32 = 12;

// FREEZE_READ
export const FREEZE_RING: i32 = 0;
export const FREEZE_HOUSEHOLD: i32 = 1;
export const FREEZE_INDEX: i32 = 2;
export const FREEZE_TIME: i32 = 4;
export const FREEZE_REPLY_INDEX: i32 = 2;
export const FREEZE_REPLY_TIME: i32 = 4;
export const FREEZE_REPLY_FORWARD: i32 = 8;
export const FREEZE_REPLY_REVERSE: i32 = 12;
export const FREEZE_REPLY_COUNT: i32 = 16;
export const RING_DAILY: i32 = 1;
export const RING_SETTLEMENT: i32 = 2;
export const RING_INSTANT: i32 = 3;
export const RING_LOAD: i32 = 4;

// PURCHASE_READ
export const PURCHASE_HOUSEHOLD: i32 = 0;
export const PURCHASE_INDEX: i32 = 1;
export const PURCHASE_REPLY_TIME: i32 = 4;
export const PURCHASE_REPLY_NUMBER: i32 = 8;
export const PURCHASE_REPLY_AMOUNT: i32 = 12;
export const PURCHASE_REPLY_BEFORE: i32 = 16;
export const PURCHASE_REPLY_AFTER: i32 = 20;
export const PURCHASE_REPLY_TOTAL: i32 = 24;

// EVENT_FIND
export const FIND_KIND: i32 = 0;
export const FIND_INDEX: i32 = 1;
export const FIND_DETAIL: i32 = 2;
export const FIND_REPLY_COUNT: i32 = 4;
export const FIND_REPLY_SECONDS: i32 = 8;
export const FIND_REPLY_ENTRY: i32 = 12;
export const FIND_ANY_DETAIL: i32 = 255;

// COMMAND
export const COMMAND_PASSWORD: i32 = 0;
export const COMMAND_OPERATOR: i32 = 4;
export const COMMAND_ACTION: i32 = 8;
export const COMMAND_HOUSEHOLD: i32 = 9;
export const COMMAND_ID: i32 = 10;
export const COMMAND_VALUE: i32 = 12;
export const COMMAND_SECOND: i32 = 16;
export const COMMAND_IDENTIFIER: i32 = 20;
export const ACTION_CHECK: i32 = 0;
export const ACTION_SETTING: i32 = 1;
export const ACTION_PASSWORD: i32 = 2;
export const ACTION_CLEAR_DEMAND: i32 = 3;
export const ACTION_CLEAR_BOX: i32 = 4;
export const ACTION_CLEAR_EVENTS: i32 = 5;
export const ACTION_SWITCH: i32 = 6;
export const ACTION_FREEZE: i32 = 7;
export const ACTION_FREEZE_AT: i32 = 8;

// PROBE, and what is probed
export const PROBE_WHAT: i32 = 0;
export const PROBE_INDEX: i32 = 1;
export const PROBE_VALUE: i32 = 2;
export const PROBE_DATA: i32 = 4;
export const PROBE_REPLY_WHAT: i32 = 1;
export const PROBE_REPLY_DETAIL: i32 = 2;
export const PROBE_REPLY_DATA: i32 = 4;
export const WHAT_ECHO: i32 = 0;
export const WHAT_LOOK: i32 = 1;
export const WHAT_COIL: i32 = 2;
export const WHAT_MEMORY: i32 = 3;
export const WHAT_SOCKET: i32 = 4;
export const WHAT_SHOW: i32 = 5; // from here on the panel's
export const WHAT_READER: i32 = 6;
export const WHAT_CLOCK: i32 = 7;
export const MEMORY_COMPARE: u32 = 1 << 8;
export const LOOK_INPUTS: i32 = 0;
export const LOOK_REVERSED: i32 = 10;
export const LOOK_FLAGS: i32 = 15;
export const LOOK_COUNTS: i32 = 16;
export const LOOK_SAMPLES: i32 = 56;
export const LOOK_VOLTAGES: i32 = 62;
export const LOOK_FLAG_SOCKET: u32 = 1 << 0;
export const LOOK_FLAG_SERVICE: u32 = 1 << 1;
export const LOOK_FLAG_RESTING: u32 = 1 << 2;

if (MESSAGE_SIGNED + SIGNED_SIZE != MESSAGE_REQUEST_SIZE) ERROR("signed message does not fit");
if (REPLY_SLICES + SLICE_COUNT_MAX * SLICE_SIZE != POLL_REPLY_SIZE_MAX) ERROR("slices do not fit");
if (BOOKS_READ_REPLY_SIZE > PAYLOAD_SIZE_MAX) ERROR("a reply is larger than a frame");
if (CARD_MESSAGE_SIGNED + SIGNED_SIZE != CARD_MESSAGE_REQUEST_SIZE) ERROR("message does not fit");
if (CARD_MESSAGE_REPLY_SIZE != MESSAGE_REPLY_SIZE) ERROR("a card is not replied as a message");
if (CARD_RETURN_REPLY_BLOCKS + 3 * CARD_BLOCK_SIZE != CARD_RETURN_REPLY_SIZE) ERROR("no blocks");
if (CARD_RECORD_REPLY_BLOCK + CARD_BLOCK_SIZE != CARD_RECORD_REPLY_SIZE) ERROR("no block");

// By kind; there is no kind 0.
// prettier-ignore
const request_sizes: StaticArray<u8> = [
  0, <u8>POLL_REQUEST_SIZE, <u8>MESSAGE_REQUEST_SIZE, <u8>SETTING_READ_REQUEST_SIZE,
  <u8>PROVISION_REQUEST_SIZE, <u8>EVENT_READ_REQUEST_SIZE, <u8>BOOKS_READ_REQUEST_SIZE,
  <u8>BOX_READ_REQUEST_SIZE, <u8>CARD_KEYS_REQUEST_SIZE, <u8>CARD_MESSAGE_REQUEST_SIZE,
  <u8>CARD_RETURN_REQUEST_SIZE, <u8>CARD_RECORD_REQUEST_SIZE, <u8>SLICE_READ_REQUEST_SIZE,
  <u8>SUPPLY_READ_REQUEST_SIZE, <u8>FREEZE_READ_REQUEST_SIZE, <u8>PURCHASE_READ_REQUEST_SIZE,
  <u8>EVENT_FIND_REQUEST_SIZE, <u8>COMMAND_REQUEST_SIZE, <u8>PROBE_REQUEST_SIZE,
];

/** Size a request of `kind` must have, bytes; -1 for an unknown kind. */
export function requestSize(kind: i32): i32 {
  return kind < KIND_POLL || kind > KIND_PROBE ? -1 : <i32>request_sizes[kind];
}

/** Puts start, size, sequence, kind and CRC around the payload of `payload_size` (0..128) bytes that stands
 *  at `frame` + FRAME_PAYLOAD; returns the size of the whole frame, bytes. */
export function sealFrame(frame: usize, sequence: i32, kind: i32, payload_size: i32): i32 {
  assert(payload_size >= 0 && payload_size <= PAYLOAD_SIZE_MAX);
  store<u8>(frame, FRAME_START);
  store<u8>(frame + FRAME_SIZE, payload_size);
  store<u8>(frame + FRAME_SEQUENCE, sequence);
  store<u8>(frame + FRAME_KIND, kind);
  const covered = <u32>(FRAME_PAYLOAD - FRAME_SIZE + payload_size);
  storeLe16(frame + FRAME_PAYLOAD + payload_size, crc16(frame + FRAME_SIZE, covered));
  return payload_size + FRAME_OVERHEAD;
}
