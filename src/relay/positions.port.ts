/** The RELAYS record: where each relay was last driven, and whose pulse was under way. Written
 *  before a pulse that changes a position and after it, so that a cut in between is noticed and
 *  driven again. */
import { fillBytes } from "../common/bytes";
import { CHANNEL_COUNT, RELAYS_ADDRESS, RELAYS_BODY_SIZE } from "../store/map";
import { RELAYS_CLOSED, RELAYS_MOVING } from "../store/map";
import { recordRead, recordWrite } from "../store/record";

const body: usize = memory.data(16, 8);
if (RELAYS_BODY_SIZE != 16 || RELAYS_CLOSED % 8 != 0) ERROR("body does not fit the record");

let sequence: u32 = 0;

const START_SEQUENCE: u32 = 1; // what the first start writes, before any relay was driven

/** Reads the record. False when there is none, or only the start values: then all positions are
 *  unknown and read as open. */
export function positionsLoad(): bool {
  fillBytes(body, 0, RELAYS_BODY_SIZE);
  sequence = recordRead(RELAYS_ADDRESS, RELAYS_BODY_SIZE, body);
  assert(positionsClosed() >> CHANNEL_COUNT == 0 && positionsMoving() < CHANNEL_COUNT);
  return sequence > START_SEQUENCE;
}

/** Channels last driven closed. */
export function positionsClosed(): u64 {
  return load<u64>(body, RELAYS_CLOSED);
}

/** Index of the channel whose pulse was under way, -1 for none. */
export function positionsMoving(): i32 {
  return <i32>load<u8>(body, RELAYS_MOVING) - 1;
}

/** Writes the record; `moving` is a channel index or -1. */
export function positionsSave(closed: u64, moving: i32): void {
  assert(closed >> CHANNEL_COUNT == 0 && moving >= -1 && moving < CHANNEL_COUNT);
  store<u64>(body, closed, RELAYS_CLOSED);
  store<u8>(body, <u8>(moving + 1), RELAYS_MOVING);
  sequence = recordWrite(RELAYS_ADDRESS, RELAYS_BODY_SIZE, body, sequence);
}
