/** Server of Modbus RTU: functions 03, 04, 06, 10, 17, 08 and 2B/0E, exceptions in the standard's order,
 *  broadcasts. Every answer is known at once: what the meter has to do is carried to it afterwards.
 *  Pure. Source: Modbus application protocol v1.1b3, chapter 6; src/rs485/SPEC.md. */

import { copyBytes } from "../../common/bytes";
import { BOX_MODBUS_ADDRESS } from "../../link/frame";
import { snapshotBoxReply, snapshotCurrent } from "../../link/snapshot";
import { ANSWER_SIZE_MAX, SERVE_SILENT, answerBytes } from "../answer";
import { carryInit } from "./carry";
import { writeRegisters } from "./commands";
import {
  COUNT_EXCEPTIONS,
  COUNT_FRAMES,
  COUNT_LOST,
  COUNT_REQUESTS,
  COUNT_SILENT,
  COUNT_WRONG,
  count,
  counterOf,
  countersInit,
} from "./counters";
import { BAD_ADDRESS, BAD_FUNCTION, BAD_VALUE, DONE, REFUSED } from "./exceptions";
import {
  BROADCAST,
  DIAGNOSTICS,
  ENCAPSULATED,
  EXCEPTION_BIT,
  MODBUS_ADDRESS,
  MODBUS_DATA,
  MODBUS_FUNCTION,
  MODBUS_OVERHEAD,
  READ_HOLDING,
  READ_INPUT,
  READ_WRITE,
  WRITE_MULTIPLE,
  WRITE_SINGLE,
  modbusSeal,
} from "./frame";
import { identify } from "./identity";
import { isKept, registerValue, registersExist } from "./registers";

const READ_MAX: i32 = 125;
const WRITE_MAX: i32 = 123;
const WRITE_READ_MAX: i32 = 121;

const DIAGNOSTICS_ECHO: i32 = 0x00;
const DIAGNOSTICS_CLEAR: i32 = 0x0a;
const DIAGNOSTICS_FIRST: i32 = 0x0b;
const DIAGNOSTICS_LAST: i32 = 0x12;
const NO_COUNTER: i32 = -1; // not acknowledged, busy: this box never says so
const DIAGNOSTICS_COUNTERS: StaticArray<i32> = [
  COUNT_FRAMES,
  COUNT_WRONG,
  COUNT_EXCEPTIONS,
  COUNT_REQUESTS,
  COUNT_SILENT,
  NO_COUNTER,
  NO_COUNTER,
  COUNT_LOST,
];

let answer_size: i32 = 0;

/** Nothing asked, nothing counted, nothing carried. */
export function modbusInit(): void {
  answer_size = SERVE_SILENT;
  countersInit();
  carryInit();
}

function loadBe16(p: usize): i32 {
  return ((<i32>load<u8>(p)) << 8) | (<i32>load<u8>(p, 1));
}

function storeBe16(p: usize, value: i32): void {
  store<u8>(p, <u8>(value >> 8));
  store<u8>(p, <u8>value, 1);
}

function mayRead(first: i32, quantity: i32): i32 {
  if (!registersExist(first, quantity)) return BAD_ADDRESS;
  return snapshotCurrent() || isKept(first) ? DONE : REFUSED;
}

/** Puts so many registers behind their size; returns the size of both. */
function putRegisters(first: i32, quantity: i32, answer: usize): i32 {
  store<u8>(answer, <u8>(2 * quantity));
  for (let i = 0; i < quantity; i++) {
    storeBe16(answer + 1 + 2 * i, <i32>registerValue(first + i));
  }
  return 1 + 2 * quantity;
}

function read(data: usize, size: i32, answer: usize): i32 {
  if (size != 4) return -BAD_VALUE;
  const first = loadBe16(data);
  const quantity = loadBe16(data + 2);
  if (quantity < 1 || quantity > READ_MAX) return -BAD_VALUE;
  const refusal = mayRead(first, quantity);
  return refusal != DONE ? -refusal : putRegisters(first, quantity, answer);
}

function writeSingle(data: usize, size: i32, answer: usize, broadcast: bool): i32 {
  if (size != 4) return -BAD_VALUE;
  const refusal = writeRegisters(loadBe16(data), 1, data + 2, broadcast);
  if (refusal != DONE) return -refusal;
  copyBytes(answer, data, 4);
  return 4;
}

function writeMultiple(data: usize, size: i32, answer: usize, broadcast: bool): i32 {
  if (size < 5) return -BAD_VALUE;
  const quantity = loadBe16(data + 2);
  const value_size = <i32>load<u8>(data, 4);
  if (quantity < 1 || quantity > WRITE_MAX) return -BAD_VALUE;
  if (value_size != 2 * quantity || size != 5 + value_size) return -BAD_VALUE;
  const refusal = writeRegisters(loadBe16(data), quantity, data + 5, broadcast);
  if (refusal != DONE) return -refusal;
  copyBytes(answer, data, 4);
  return 4;
}

/** The write is done first. */
function readWrite(data: usize, size: i32, answer: usize): i32 {
  if (size < 9) return -BAD_VALUE;
  const read_first = loadBe16(data);
  const read_quantity = loadBe16(data + 2);
  const quantity = loadBe16(data + 6);
  const value_size = <i32>load<u8>(data, 8);
  if (read_quantity < 1 || read_quantity > READ_MAX) return -BAD_VALUE;
  if (quantity < 1 || quantity > WRITE_READ_MAX) return -BAD_VALUE;
  if (value_size != 2 * quantity || size != 9 + value_size) return -BAD_VALUE;
  let refusal = mayRead(read_first, read_quantity);
  if (refusal == DONE) refusal = writeRegisters(loadBe16(data + 4), quantity, data + 9, false);
  return refusal != DONE ? -refusal : putRegisters(read_first, read_quantity, answer);
}

function diagnose(data: usize, size: i32, answer: usize): i32 {
  if (size < 4 || (size & 1) != 0) return -BAD_VALUE;
  const subfunction = loadBe16(data);
  copyBytes(answer, data, <u32>size);
  if (subfunction == DIAGNOSTICS_ECHO) return size;
  const counts = subfunction >= DIAGNOSTICS_FIRST && subfunction <= DIAGNOSTICS_LAST;
  if (!counts && subfunction != DIAGNOSTICS_CLEAR) return -BAD_FUNCTION;
  if (size != 4 || loadBe16(data + 2) != 0) return -BAD_VALUE;
  if (counts) {
    const counter = DIAGNOSTICS_COUNTERS[subfunction - DIAGNOSTICS_FIRST];
    storeBe16(answer + 2, counter == NO_COUNTER ? 0 : counterOf(counter));
  } else {
    countersInit();
  }
  return 4;
}

/** Does what is asked; returns the size of what follows the function code, or minus an exception. */
function execute(called: i32, data: usize, size: i32, broadcast: bool): i32 {
  const answer = answerBytes() + MODBUS_DATA;
  if (called == WRITE_SINGLE) return writeSingle(data, size, answer, broadcast);
  if (called == WRITE_MULTIPLE) return writeMultiple(data, size, answer, broadcast);
  if (broadcast) return -BAD_FUNCTION;
  switch (called) {
    case READ_HOLDING:
    case READ_INPUT:
      return read(data, size, answer);
    case READ_WRITE:
      return readWrite(data, size, answer);
    case DIAGNOSTICS:
      return diagnose(data, size, answer);
    case ENCAPSULATED:
      return identify(data, size, answer);
    default:
      return -BAD_FUNCTION;
  }
}

/** Own address, 0 while it is not known. */
function ownAddress(): i32 {
  const box = snapshotBoxReply();
  return box != 0 ? <i32>load<u8>(box + BOX_MODBUS_ADDRESS) : 0;
}

/** Serves a right frame of `size` bytes. */
export function modbusStart(frame: usize, size: i32): void {
  answer_size = SERVE_SILENT;
  count(COUNT_FRAMES, 1);
  const address = <i32>load<u8>(frame + MODBUS_ADDRESS);
  const own_address = ownAddress();
  const broadcast = address == BROADCAST;
  if (own_address == 0 || (address != own_address && !broadcast)) return;
  const called = <i32>load<u8>(frame + MODBUS_FUNCTION);
  if ((called & EXCEPTION_BIT) != 0) return; // nobody asks with an exception
  count(COUNT_REQUESTS, 1);
  const data_size = execute(called, frame + MODBUS_DATA, size - MODBUS_OVERHEAD, broadcast);
  if (broadcast) {
    count(COUNT_SILENT, 1);
    return;
  }
  const answer = answerBytes();
  store<u8>(answer + MODBUS_ADDRESS, <u8>address);
  if (data_size < 0) {
    count(COUNT_EXCEPTIONS, 1);
    store<u8>(answer + MODBUS_FUNCTION, <u8>(called | EXCEPTION_BIT));
    store<u8>(answer + MODBUS_DATA, <u8>-data_size);
  } else {
    store<u8>(answer + MODBUS_FUNCTION, <u8>called);
  }
  answer_size = modbusSeal(answer, MODBUS_DATA + (data_size < 0 ? 1 : data_size));
  assert(answer_size <= ANSWER_SIZE_MAX);
}

/** The size of the answer at answerBytes(), or SERVE_SILENT. */
export function modbusStep(): i32 {
  return answer_size;
}
