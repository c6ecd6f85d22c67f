/** A host on RS485 in front of the whole panel: sends bytes, and hears when what came. */

import { storeLe16 } from "../../src/common/bytes";
import { crc16 } from "../../src/common/crc16";
import { bench_line_receive, bench_line_send, bench_now_ms } from "../bench";
import { pass } from "../panel/meter";

const outgoing: usize = memory.data(512);
const heard: usize = memory.data(1024);

let out_size: i32 = 0;

export let heard_size: i32 = 0;
export let first_ms: u32 = 0; // when the first byte was there
export let last_ms: u32 = 0;
export let sent_ms: u32 = 0;

/** Appends bytes to what is sent next. */
export function add(bytes: i32[]): void {
  for (let i = 0; i < bytes.length; i++) store<u8>(outgoing + out_size + i, <u8>bytes[i]);
  out_size += bytes.length;
}

/** Appends a frame of Modbus; its CRC is added. */
export function addModbus(bytes: i32[]): void {
  const start = outgoing + out_size;
  add(bytes);
  storeLe16(start + bytes.length, crc16(start, bytes.length));
  out_size += 2;
}

/** Appends a frame of DL/T 645 with preamble to the box (address low pair first) of the suites. */
export function addDlt(control: i32, data: i32[]): void {
  add([0xfe, 0xfe, 0xfe, 0xfe]);
  const start = out_size;
  add([0x68, 0x00, 0x11, 0x11, 0x11, 0x11, 0x11, 0x68, control, data.length]);
  for (let i = 0; i < data.length; i++) add([(data[i] + 0x33) & 0xff]);
  let sum = 0;
  for (let i = start; i < out_size; i++) sum += <i32>load<u8>(outgoing + i);
  add([sum & 0xff, 0x16]);
}

/** Sends what was added; returns how many characters that was. */
export function send(): i32 {
  bench_line_send(outgoing, out_size);
  sent_ms = bench_now_ms();
  const size = out_size;
  out_size = 0;
  return size;
}

/** Changes byte `at` of what is sent next: lost, doubled or flipped. */
export function spoil(at: i32, fault: i32): void {
  if (fault == 2) {
    store<u8>(outgoing + at, load<u8>(outgoing + at) ^ 0x24);
  } else if (fault == 1) {
    for (let i = out_size; i > at; i--) store<u8>(outgoing + i, load<u8>(outgoing + i - 1));
    out_size++;
  } else {
    for (let i = at; i < out_size - 1; i++) store<u8>(outgoing + i, load<u8>(outgoing + i + 1));
    out_size--;
  }
}

/** Lets `ms` pass; keeps what is heard. */
export function listen(ms: i32): void {
  heard_size = 0;
  for (let i = 0; i < ms; i++) {
    pass(1);
    const count = bench_line_receive(heard + heard_size, 1024 - heard_size);
    if (count <= 0) continue;
    if (heard_size == 0) first_ms = bench_now_ms();
    last_ms = bench_now_ms();
    heard_size += count;
  }
}

/** Byte `index` of what was heard. */
export function heardByte(index: i32): i32 {
  return <i32>load<u8>(heard + index);
}
