/** DL/T 645-2007: serves one request at a time, in steps, since the meter is asked in between. Who
 *  answers what, and what is refused or silent: src/rs485/SPEC.md. */

import { equalBytes } from "../../common/bytes";
import { BOX_FLAG_SERVICE, BOX_FLAGS } from "../../link/frame";
import { snapshotBoxReply } from "../../link/snapshot";
import { SERVE_PENDING, SERVE_SILENT } from "../answer";
import { wishCorrection, wishRate } from "../context";
import { ANSWER_LATE_MS } from "../transmit";
import { repeatInit } from "../share-repeat";
import { addressee, EVERYBODY, NOBODY, putAddress, THE_BOX } from "./address";
import { askFailed, askFree, askInit } from "./ask";
import { secondsAt } from "./bcd";
import { DLT_ADDRESS, DLT_ADDRESS_SIZE, DLT_CONTROL, DLT_FUNCTION, DLT_OVERHEAD } from "./frame";
import { readInit, readStart, readStep } from "./read";
import * as request from "./request";
import { securityStep } from "./security";
import { writeStart, writeStep } from "./write";

const SECURITY: i32 = 0x03;
const BROADCAST_TIME: i32 = 0x08;
const READ: i32 = 0x11;
const READ_ON: i32 = 0x12;
const READ_ADDRESS: i32 = 0x13;
const WRITE: i32 = 0x14;
const WRITE_ADDRESS: i32 = 0x15;
const FREEZE: i32 = 0x16;
const CHANGE_RATE: i32 = 0x17;
const CHANGE_PASSWORD: i32 = 0x18;
const SWITCH: i32 = 0x1c;
const TERMINAL: i32 = 0x1d; // multi-function terminal: the box has none

const own: usize = memory.data(6);
if (DLT_ADDRESS_SIZE != 6) ERROR("an address does not fit");

let is_served: bool = false;
let started_ms: u32 = 0;

/** Nothing to serve, nothing to read on. */
export function dltInit(): void {
  is_served = false;
  started_ms = 0;
  askInit();
  repeatInit();
  readInit();
  writeStart();
}

/** Takes a right request frame of `size` bytes, from 68h to 16h. */
export function dltStart(frame: usize, size: i32, now_ms: u32): void {
  assert(size >= DLT_OVERHEAD);
  const to = addressee(frame + DLT_ADDRESS);
  const control = <i32>load<u8>(frame + DLT_CONTROL);
  is_served = to != NOBODY && control <= DLT_FUNCTION;
  if (!is_served) return;
  started_ms = now_ms;
  request.requestTake(frame, to);
  askInit();
  readStart();
  writeStart();
}

/** ss mm hh DD MM YY; never answered. */
function broadcastTime(): i32 {
  const data = request.requestData();
  if (request.requestLength() == 6) wishCorrection(secondsAt(data, data + 3));
  return SERVE_SILENT;
}

function readAddress(): i32 {
  if (request.requestLength() != 0) return SERVE_SILENT;
  putAddress(request.answerData(), THE_BOX);
  return request.accept(DLT_ADDRESS_SIZE);
}

/** The number of a box is given once, with its key; writing the one it has only proves that it has it. */
function writeAddress(): i32 {
  putAddress(own, THE_BOX);
  const is_own =
    request.requestLength() == DLT_ADDRESS_SIZE &&
    equalBytes(own, request.requestData(), <u32>DLT_ADDRESS_SIZE);
  const flags = <u32>load<u8>(snapshotBoxReply() + BOX_FLAGS);
  return is_own && (flags & BOX_FLAG_SERVICE) != 0 ? request.accept(0) : SERVE_SILENT;
}

/** Answered at the old rate; the new one comes after the answer. */
function changeRate(is_box: bool): i32 {
  if (!is_box || request.requestLength() != 1) return request.refuse(request.ERR_OTHER);
  const byte = load<u8>(request.requestData());
  const code = request.rateCode(byte);
  if (code < 0) return request.refuse(request.ERR_RATE);
  wishRate(code);
  store<u8>(request.answerData(), byte);
  return request.accept(1);
}

/** What is addressed to everybody: no answer. */
function serveEverybody(): i32 {
  const control = request.requestControl();
  if (control == BROADCAST_TIME) return broadcastTime();
  if (control != FREEZE) return SERVE_SILENT;
  return writeStep() == SERVE_PENDING ? SERVE_PENDING : SERVE_SILENT;
}

/** What may come with wildcards too. */
function serveAny(is_box: bool): i32 {
  switch (request.requestControl()) {
    case READ:
    case READ_ON:
      return readStep();
    case READ_ADDRESS:
      return is_box ? readAddress() : SERVE_SILENT;
    case WRITE_ADDRESS:
      return is_box ? writeAddress() : SERVE_SILENT;
    default:
      return request.requestWild() ? SERVE_SILENT : serveExact(is_box);
  }
}

function serveExact(is_box: bool): i32 {
  const control = request.requestControl();
  switch (control) {
    case SECURITY:
      return securityStep();
    case BROADCAST_TIME:
      return is_box ? broadcastTime() : SERVE_SILENT;
    case CHANGE_RATE:
      return changeRate(is_box);
    case TERMINAL:
      return request.refuse(request.ERR_OTHER);
    default: {
      const is_write = control == WRITE || control == FREEZE;
      const is_command = control >= CHANGE_PASSWORD && control <= SWITCH;
      return is_write || is_command ? writeStep() : SERVE_SILENT;
    }
  }
}

/** One step: SERVE_PENDING, SERVE_SILENT, or the size of the answer at answerBytes(). */
export function dltStep(now_ms: u32): i32 {
  if (!is_served) return SERVE_SILENT;
  if (now_ms - started_ms >= ANSWER_LATE_MS) return SERVE_SILENT;
  if (!askFree()) return SERVE_PENDING;
  const household = request.requestHousehold();
  if (askFailed()) {
    return household == EVERYBODY ? SERVE_SILENT : request.refuse(request.ERR_OTHER);
  }
  return household == EVERYBODY ? serveEverybody() : serveAny(household == THE_BOX);
}
