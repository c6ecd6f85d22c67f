/** A wire in front of the receiver of RS485: characters and pauses with their times, handed over in
 *  ticks of a millisecond as line.port.ts does, and what the receiver found. */

import { crc16 } from "../../src/common/crc16";
import { sealFrame } from "../../src/link/frame";
import { DLT_WAKE_COUNT, dltSeal } from "../../src/rs485/dlt/frame";
import { modbusSeal } from "../../src/rs485/modbus/frame";
import {
  Found,
  receiverAdd,
  receiverConfigure,
  receiverEndUs,
  receiverFrame,
  receiverFrameSize,
  receiverInit,
  receiverNext,
  receiverPending,
  receiverRoom,
  receiverTail,
} from "../../src/rs485/receiver";

const CAPACITY: i32 = 4096;
const wire: usize = memory.data(4096);
const times_us: StaticArray<i32> = new StaticArray<i32>(CAPACITY);
const scratch: usize = memory.data(300);
const address: usize = memory.data(6);

let character_us: i32 = 1146;
let size: i32 = 0;
let end_us: i32 = 0;

/** What was found: kinds and CRCs of the frames, and when. */
export const found_kinds: StaticArray<i32> = new StaticArray<i32>(64);
export const found_checks: StaticArray<u32> = new StaticArray<u32>(64);
export const found_us: StaticArray<i32> = new StaticArray<i32>(64);
export let found_count: i32 = 0;

/** An empty wire after a long silence. */
export function wireInit(protocol: i32, of_character_us: i32): void {
  character_us = of_character_us;
  receiverInit();
  receiverConfigure(protocol, of_character_us);
  wireClear();
}

/** The same, but the receiver keeps what it has. */
export function wireClear(): void {
  size = 0;
  end_us = 0;
  found_count = 0;
}

export function put(byte: i32): void {
  end_us += character_us;
  store<u8>(wire + size, <u8>byte);
  times_us[size] = end_us;
  size++;
}

export function pause(duration_us: i32): void {
  end_us += duration_us;
}

export function putBytes(from: usize, count: i32): void {
  for (let i = 0; i < count; i++) put(load<u8>(from + i));
}

/** End of the last character, us. */
export function endUs(): i32 {
  return times_us[size - 1];
}

/** A request of DL/T 645 with `data_size` bytes of data that count up from `value`; returns its
 *  address, without preamble. */
export function dlt(value: i32, control: i32, data_size: i32): usize {
  for (let i = 0; i < 6; i++) store<u8>(address + i, <u8>(value + i));
  for (let i = 0; i < data_size; i++) store<u8>(scratch + 14 + i, <u8>(value + i));
  dltSeal(scratch, address, control, scratch + 14, data_size);
  return scratch + DLT_WAKE_COUNT;
}

export function dltSize(data_size: i32): i32 {
  return data_size + 12;
}

/** A Modbus frame of six bytes before its CRC: the usual request. */
export function modbus(slave: i32, called: i32, first: i32, quantity: i32): usize {
  store<u8>(scratch, <u8>slave);
  store<u8>(scratch + 1, <u8>called);
  store<u8>(scratch + 2, <u8>(first >> 8));
  store<u8>(scratch + 3, <u8>first);
  store<u8>(scratch + 4, <u8>(quantity >> 8));
  store<u8>(scratch + 5, <u8>quantity);
  modbusSeal(scratch, 6);
  return scratch;
}

/** A Modbus frame with `count` bytes after the function, the first of them `lead`. */
export function modbusLong(slave: i32, called: i32, lead: i32, count: i32): usize {
  store<u8>(scratch, <u8>slave);
  store<u8>(scratch + 1, <u8>called);
  for (let i = 0; i < count; i++) store<u8>(scratch + 2 + i, <u8>(i == 0 ? lead : i * 3));
  modbusSeal(scratch, count + 2);
  return scratch;
}

export function native(payload_size: i32): usize {
  for (let i = 0; i < payload_size; i++) store<u8>(scratch + 4 + i, <u8>(i * 5));
  sealFrame(scratch, 7, 2, payload_size);
  return scratch;
}

export function check(frame: usize, count: i32): u32 {
  return crc16(frame, <u32>count);
}

function note(kind: Found, at_us: i32): void {
  if (found_count == found_kinds.length) return;
  found_kinds[found_count] = kind;
  found_checks[found_count] = check(receiverFrame(), receiverFrameSize());
  found_us[found_count] = at_us;
  found_count++;
}

/** Lets everything arrive, then silence until nothing is pending, at most `silence_ms`. */
export function play(silence_ms: i32): void {
  let read = 0;
  let heard_us = -1000000;
  const last_us = (size > 0 ? times_us[size - 1] : 0) + silence_ms * 1000;
  for (let now_us = 0; now_us <= last_us; now_us += 1000) {
    const tail = receiverTail();
    let count = 0;
    while (read < size && times_us[read] <= now_us && count < receiverRoom()) {
      store<u8>(tail + count, load<u8>(wire + read));
      count++;
      read++;
    }
    if (count > 0) {
      const end_of_last_us = times_us[read - 1];
      const silent_us = end_of_last_us - heard_us - count * character_us;
      receiverAdd(count, silent_us >= receiverEndUs());
      heard_us = end_of_last_us;
    }
    const kind = receiverNext(now_us - heard_us);
    if (kind != Found.Nothing) note(kind, now_us);
    if (read == size && !receiverPending()) return;
  }
}
