/** Records of two slots: a cut at any byte leaves the old or the new one. The layout is that of
 *  src/metering/SPEC.md, "Records". The caller keeps the sequence number. */
import { crc32 } from "../common/crc32";
import { COMMAND_SIZE, framData, framRead, framWrite } from "./fram.port";
import { SLOT_OVERHEAD } from "./map";

const WRITE_TRIES: i32 = 3; // a disturbed transfer is repeated, a dead memory is not waited for

/** CRC-32 over the place's address and the first `size` bytes (a multiple of 4) in framData(): a slot read from
 *  a wrong place does not pass. */
export function placedCrc(address: u32, size: u32): u32 {
  const first = framData() - COMMAND_SIZE;
  store<u32>(first, address);
  return crc32(first, COMMAND_SIZE + size);
}

/** The number that follows `sequence`: never 0, and always the other slot. */
export function sequenceAfter(sequence: u32): u32 {
  return sequence == 0xffffffff ? 2 : sequence + 1;
}

/** Which of two valid slots is the record: the later number, compared modulo 2^32. */
export function isLater(sequence: u32, than: u32): bool {
  return than == 0 || (sequence != 0 && <i32>(sequence - than) > 0);
}

/** Sequence of the slot now in framData(), 0 when it is not valid. */
function slotSequence(address: u32, slot_index: u32, body_size: u32): u32 {
  const slot = framData();
  const sequence = load<u32>(slot);
  if (sequence == 0 || (sequence & 1) != slot_index) return 0;
  const crc = load<u32>(slot + 4 + body_size);
  return crc == placedCrc(address, 4 + body_size) ? sequence : 0;
}

/** Fills `body` (aligned to 8; body_size bytes, a multiple of 4, at most BODY_MAXIMUM) with the record at
 *  `address`. Returns its sequence, or 0 when no slot is valid; then `body` is untouched. */
export function recordRead(address: u32, body_size: u32, body: usize): u32 {
  const slot_size = body_size + SLOT_OVERHEAD;
  let newest: u32 = 0;
  for (let slot_index: u32 = 0; slot_index < 2; slot_index++) {
    framRead(address + slot_index * slot_size, slot_size);
    const sequence = slotSequence(address, slot_index, body_size);
    if (sequence == 0 || !isLater(sequence, newest)) continue;
    newest = sequence;
    memory.copy(body, framData() + 4, body_size);
  }
  return newest;
}

/** True when the slot in framData() holds `body`. By 8 bytes, as both are aligned to 8 (equalWords: to 4): this
 *  is done for each pulse. */
function bodyStands(body: usize, size: u32): bool {
  const slot = framData() + 4;
  const whole = size & ~7;
  let difference: u64 = 0;
  for (let i: u32 = 0; i < whole; i += 8) difference |= load<u64>(slot + i) ^ load<u64>(body + i);
  if (whole != size) difference |= load<u32>(slot + whole) ^ load<u32>(body + whole);
  return difference == 0;
}

/** Writes a slot and reads it back; true when it stands there. */
function writeSlot(place: u32, address: u32, body_size: u32, body: usize, sequence: u32): bool {
  const slot = framData();
  const slot_size = body_size + SLOT_OVERHEAD;
  store<u32>(slot, sequence);
  memory.copy(slot + 4, body, body_size);
  const crc = placedCrc(address, 4 + body_size);
  store<u32>(slot + 4 + body_size, crc);
  framWrite(place, slot_size);
  framRead(place, slot_size);
  const is_there = load<u32>(slot) == sequence && load<u32>(slot + 4 + body_size) == crc;
  return is_there && bodyStands(body, body_size);
}

/** Writes `body` as the successor of `sequence`, over the older slot, and makes sure that it stands
 *  there. Returns the new sequence; traps when the memory takes nothing any more. */
export function recordWrite(address: u32, body_size: u32, body: usize, sequence: u32): u32 {
  const next = sequenceAfter(sequence);
  const place = address + (next & 1) * (body_size + SLOT_OVERHEAD);
  let tries = 0;
  while (!writeSlot(place, address, body_size, body, next)) assert(++tries < WRITE_TRIES);
  return next;
}
