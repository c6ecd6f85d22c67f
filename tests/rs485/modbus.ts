/** A box known to the panel, and a master of Modbus that speaks to its server without wires. */

import { fillBytes, loadLe16, storeLe16, storeLe32 } from "../../src/common/bytes";
import { crc16 } from "../../src/common/crc16";
import * as link from "../../src/link/frame";
import { questionInit } from "../../src/link/question";
import { snapshotBox, snapshotInit, snapshotPoll } from "../../src/link/snapshot";
import { answerBytes } from "../../src/rs485/answer";
import { READER_BUSY, contextInit, contextReader, contextTime } from "../../src/rs485/context";
import { modbusInit, modbusStart, modbusStep } from "../../src/rs485/modbus/server";
import { modbusSeal } from "../../src/rs485/modbus/frame";

export const ADDRESS: i32 = 17;
export const NOON_S: u32 = 800020800; // 2025-05-08 12:00:00

const payload: usize = memory.data(128);
const request: usize = memory.data(300);

/** Value of 32-bit field `index` of a household. */
export function fieldOf(household: i32, index: i32): u32 {
  return ((<u32>household) << 24) + <u32>index * 0x00010203 + 5;
}

function putSlice(at: usize, household: i32): void {
  store<u8>(at + link.SLICE_HOUSEHOLD, <u8>household);
  store<u8>(at + link.SLICE_STATE, <u8>(household & 3));
  store<u8>(at + link.SLICE_FLAGS, <u8>(household & 0x7f));
  const phase = household % 3;
  store<u8>(at + link.SLICE_PHASES, phase == 0 ? 1 : phase == 1 ? 2 : 4);
  for (let i = 0; i < 12; i++) storeLe32(at + 4 + 4 * i, fieldOf(household, i));
}

/** Tells of households `first` and, when it is not 0, `second`: the first in use from `from` on. */
function tell(from: i32, first: i32, second: i32): void {
  fillBytes(payload, 0, 128);
  storeLe16(payload + link.REPLY_STATUS, link.STATUS_PROVISIONED | link.STATUS_TWO_DECIMALS);
  store<u8>(payload + link.REPLY_PHASES, 5);
  let count = 0;
  putSlice(payload + link.REPLY_SLICES + link.SLICE_SIZE * count++, first);
  if (second > 0) putSlice(payload + link.REPLY_SLICES + link.SLICE_SIZE * count++, second);
  store<u8>(payload + link.REPLY_SLICE_COUNT, <u8>count);
  snapshotPoll(from, payload, link.REPLY_SLICES + link.SLICE_SIZE * count);
}

/** All households but every tenth are in use; the box says what it is and that its address is 17. */
export function know(): void {
  snapshotInit();
  questionInit();
  contextInit(0);
  contextTime(NOON_S);
  contextReader(READER_BUSY);
  let before = 0;
  let from = 1;
  for (let household = 1; household <= 39; household++) {
    if (household % 10 == 0) continue;
    if (before == 0) {
      before = household;
      continue;
    }
    tell(from, before, household);
    before = 0;
    from = household + 1;
  }
  tellBox();
  modbusInit();
}

function tellBox(): void {
  fillBytes(payload, 0, 128);
  for (let i = 1; i < link.BOX_READ_REPLY_SIZE; i++) store<u8>(payload + i, <u8>(0x40 + i));
  for (let i = 0; i < 5; i++) store<u8>(payload + link.BOX_NUMBER + i, <u8>(0x20 + i));
  storeLe16(payload + link.BOX_VOLTAGES, 2297);
  storeLe16(payload + link.BOX_VOLTAGES + 2, 2298);
  storeLe16(payload + link.BOX_VOLTAGES + 4, 2299);
  store<u8>(payload + link.BOX_FLAGS, 1);
  store<u8>(payload + link.BOX_MODBUS_ADDRESS, ADDRESS);
  snapshotBox(payload, link.BOX_READ_REPLY_SIZE);
}

/** Serves the bytes as a frame, its CRC added; returns the size of the answer without CRC, 0 none. */
export function ask(bytes: i32[]): i32 {
  for (let i = 0; i < bytes.length; i++) store<u8>(request + i, <u8>bytes[i]);
  modbusStart(request, modbusSeal(request, bytes.length));
  const size = modbusStep();
  if (size == 0) return 0;
  assert(loadLe16(answerBytes() + size - 2) == crc16(answerBytes(), size - 2));
  return size - 2;
}

/** Byte `index` of the answer. */
export function byteOf(index: i32): i32 {
  return <i32>load<u8>(answerBytes() + index);
}

/** Register `index` of the answer to a read. */
export function registerOf(index: i32): i32 {
  return (byteOf(3 + 2 * index) << 8) | byteOf(4 + 2 * index);
}

/** Reads registers; returns the number of them, or minus the exception. */
export function read(first: i32, quantity: i32): i32 {
  const size = ask([ADDRESS, 3, first >> 8, first & 255, quantity >> 8, quantity & 255]);
  if (size == 3 && byteOf(1) == 0x83) return -byteOf(2);
  assert(byteOf(0) == ADDRESS && byteOf(1) == 3 && byteOf(2) == size - 3);
  return (size - 3) / 2;
}

/** Reads one register. */
export function valueAt(address: i32): i32 {
  const count = read(address, 1);
  return count == 1 ? registerOf(0) : count;
}

/** Reads two registers: 32 bits, high word first. */
export function longAt(address: i32): u32 {
  assert(read(address, 2) == 2);
  return ((<u32>registerOf(0)) << 16) | (<u32>registerOf(1));
}

/** Serves the bytes; returns the exception, 0 none, -1 no answer. */
export function exceptionOf(bytes: i32[]): i32 {
  const size = ask(bytes);
  if (size == 0) return -1;
  return (byteOf(1) & 0x80) != 0 ? byteOf(2) : 0;
}
