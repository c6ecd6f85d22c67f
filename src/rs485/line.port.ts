/** The RS485 port: brings what is received to the receiver, each frame to the handler of its protocol,
 *  and the answer to the line when its time has come. One request is served at a time; what comes
 *  meanwhile waits. Also opens the port as the settings say, or for a while as a host wished.
 *  Does not know what any frame says. Source: src/rs485/SPEC.md. */

import {
  UART_LINE,
  UART_LOST,
  now_us,
  uart_idle_us,
  uart_open,
  uart_read,
  uart_write,
} from "../hal";
import {
  BOX_LINE_FORMAT,
  BOX_LINE_PROTOCOL,
  BOX_LINE_RATE,
  FRAME_KIND,
  REPLY_BIT,
} from "../link/frame";
import { ASKER_LINE, questionFree } from "../link/question";
import { snapshotBoxReply } from "../link/snapshot";
import { SERVE_PENDING, answerBytes } from "./answer";
import { NO_RATE, RATE_COUNT, hostHeard, takeRateWish } from "./context";
import { dltInit, dltStart, dltStep } from "./dlt/dlt";
import { DLT_ANSWER, DLT_CONTROL } from "./dlt/frame";
import { Line, lineMayMove } from "./line";
import { carryStep } from "./modbus/carry";
import { countLost, countWrong } from "./modbus/counters";
import { modbusInit, modbusStart, modbusStep } from "./modbus/server";
import { nativeInit, nativeStart, nativeStep } from "./native";
import {
  Found,
  PROTOCOL_MODBUS,
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
  receiverTakeWrong,
} from "./receiver";
import { shareTake } from "./share";
import {
  ANSWER_LATE_MS,
  answerAfterUs,
  baudOf,
  characterUs,
  transmitBegin,
  transmitInit,
  transmitOver,
} from "./transmit";

const RATE_START: i32 = 3; // 9600 8E1 until the settings are known
const FORMAT_START: i32 = 1;
const FORMAT_COUNT: i32 = 3;
const RATE_KEPT_MS: u32 = 60000;
const LAMP_MS: u32 = 100;
const LONG_MS: u32 = 1000; // a silence longer than any that has to be measured
const IDLE_MAX_MS: u32 = 1 << 30; // differences of times stay below the wrap of now_ms

let state: Line = 0; // Line.Listening
let found: Found = 0; // what is being served
let found_ms: u32 = 0;
let answer_size: i32 = 0;
let protocol: i32 = 0; // settings
let rate: i32 = 0;
let format: i32 = 0;
let wished_rate: i32 = 0; // rate by 17h, NO_RATE none
let kept_ms: u32 = 0; // last right frame at that rate
let character_us: i32 = 0;
let heard_us: u32 = 0; // end of the last received byte
let heard_ms: u32 = 0; // when it was read
let traffic_ms: u32 = 0; // when something was heard, or the end of what was sent
let busy: bool = false; // traffic within LAMP_MS

/** Opens the line at the start of the panel. */
export function lineInit(now_ms: u32): void {
  state = Line.Listening;
  found = Found.Nothing;
  found_ms = now_ms;
  answer_size = 0;
  protocol = 0;
  rate = RATE_START;
  format = FORMAT_START;
  wished_rate = NO_RATE;
  kept_ms = now_ms;
  heard_us = 0;
  heard_ms = now_ms - LONG_MS;
  traffic_ms = now_ms;
  busy = false;
  transmitInit(now_ms);
  nativeInit(now_ms);
  dltInit();
  modbusInit();
  open();
}

function move(to: Line): void {
  assert(lineMayMove(state, to));
  state = to;
}

/** Drops what was received or waits to go out. */
function open(): void {
  const present = wished_rate == NO_RATE ? rate : wished_rate;
  uart_open(UART_LINE, baudOf(present), format);
  character_us = characterUs(present, format);
  receiverInit();
  receiverConfigure(protocol, character_us);
}

/** Opens the port anew when the settings have changed, or a wished rate was not used; not while a
 *  request is served or answered. */
export function lineSettings(now_ms: u32): void {
  if (state != Line.Listening) return;
  const box = snapshotBoxReply();
  if (box != 0) {
    const to_protocol = <i32>load<u8>(box + BOX_LINE_PROTOCOL);
    const to_rate = <i32>load<u8>(box + BOX_LINE_RATE);
    const to_format = <i32>load<u8>(box + BOX_LINE_FORMAT);
    const same = to_protocol == protocol && to_rate == rate && to_format == format;
    const known =
      to_protocol <= PROTOCOL_MODBUS && to_rate < RATE_COUNT && to_format < FORMAT_COUNT;
    if (!same && known) {
      protocol = to_protocol;
      rate = to_rate;
      format = to_format;
      wished_rate = NO_RATE;
      open();
      return;
    }
  }
  if (wished_rate == NO_RATE || now_ms - kept_ms < RATE_KEPT_MS) return;
  wished_rate = NO_RATE;
  open();
}

function noteTraffic(now_ms: u32): void {
  traffic_ms = now_ms;
  busy = true;
}

/** Takes received bytes; tells from the time they took whether a silence came before them. */
function read(now_ms: u32): void {
  const tail = receiverTail();
  const room = receiverRoom();
  const size = room > 0 ? uart_read(UART_LINE, tail, room) : 0;
  if (size == 0) return;
  if (size == UART_LOST) {
    countLost();
    receiverInit();
    noteTraffic(now_ms);
    return;
  }
  const end_us = now_us() - <u32>uart_idle_us(UART_LINE);
  const silent_us = <i32>(end_us - heard_us) - size * character_us;
  receiverAdd(size, now_ms - heard_ms >= LONG_MS || silent_us >= receiverEndUs());
  heard_us = end_us;
  heard_ms = now_ms;
  noteTraffic(now_ms);
}

/** Returns whether there is something to serve. */
function startDlt(frame: usize, size: i32, now_ms: u32): bool {
  if (((<i32>load<u8>(frame + DLT_CONTROL)) & DLT_ANSWER) != 0) {
    shareTake(frame, size, now_ms);
    return false;
  }
  hostHeard(now_ms);
  dltStart(frame, size, now_ms);
  return true;
}

function startNative(frame: usize, size: i32, now_ms: u32): bool {
  if (((<i32>load<u8>(frame + FRAME_KIND)) & REPLY_BIT) != 0) return false; // of another box
  hostHeard(now_ms);
  nativeStart(frame, size, now_ms);
  return true;
}

function startModbus(frame: usize, size: i32, now_ms: u32): bool {
  hostHeard(now_ms);
  modbusStart(frame, size);
  return true;
}

function start(now_ms: u32): void {
  const frame = receiverFrame();
  const size = receiverFrameSize();
  let serves = false;
  if (found == Found.Dlt) serves = startDlt(frame, size, now_ms);
  else if (found == Found.Native) serves = startNative(frame, size, now_ms);
  else serves = startModbus(frame, size, now_ms);
  if (serves) move(Line.Serving);
  else if (state == Line.Held) move(Line.Listening);
}

function listen(now_ms: u32): void {
  found = receiverNext(uart_idle_us(UART_LINE));
  countWrong(receiverTakeWrong());
  if (found == Found.Nothing) return;
  found_ms = now_ms;
  kept_ms = now_ms;
  // Modbus is served from what is known; the others need the question for themselves.
  if (found == Found.Modbus || questionFree(ASKER_LINE)) start(now_ms);
  else move(Line.Held);
}

/** What had to wait too long is not begun: its host asks again. */
function hold(now_ms: u32): void {
  if (isLate(now_ms)) giveUp();
  else if (questionFree(ASKER_LINE)) start(now_ms);
}

function step(now_ms: u32): i32 {
  if (found == Found.Dlt) return dltStep(now_ms);
  return found == Found.Native ? nativeStep(now_ms) : modbusStep();
}

function serve(now_ms: u32): void {
  answer_size = step(now_ms);
  if (answer_size == SERVE_PENDING) return;
  // What came while the meter was silent is as old as this.
  if (isLate(now_ms)) giveUp();
  else if (answer_size > 0) move(Line.Answering);
  else finish();
}

/** Whether the host no longer waits. Factory and service do, for the meter's silence too. */
function isLate(now_ms: u32): bool {
  return found != Found.Native && now_ms - found_ms >= ANSWER_LATE_MS;
}

/** Nothing more to send; a wished rate belongs to an answer that has gone out. */
function finish(): void {
  const code = takeRateWish();
  if (code != NO_RATE && answer_size > 0) {
    wished_rate = code;
    open();
  }
  move(Line.Listening);
}

/** Drops the answer; what came in the meantime is as old. */
function giveUp(): void {
  answer_size = 0;
  receiverInit();
  finish();
}

function send(bytes: usize, size: i32, now_ms: u32): void {
  move(Line.Sending);
  if (uart_write(UART_LINE, bytes, size) < size) {
    open(); // the transmitter is stuck: free the line
    giveUp();
    return;
  }
  transmitBegin(size, character_us, now_ms);
  noteTraffic(now_ms);
}

function answer(now_ms: u32): void {
  if (isLate(now_ms)) giveUp();
  else if (uart_idle_us(UART_LINE) >= answerAfterUs(found))
    send(answerBytes(), answer_size, now_ms);
}

function sending(now_ms: u32): void {
  if (!transmitOver(now_ms)) return;
  noteTraffic(now_ms);
  kept_ms = now_ms;
  finish();
}

/** One step. */
export function lineTick(now_ms: u32): void {
  if (state != Line.Held) read(now_ms);
  carryStep();
  if (state == Line.Listening) {
    if (!receiverPending()) return; // nearly always
    listen(now_ms);
  }
  if (state == Line.Held) hold(now_ms);
  if (state == Line.Serving) serve(now_ms);
  if (state == Line.Answering) answer(now_ms);
  if (state == Line.Sending) sending(now_ms);
}

/** Whether bytes went over the line within the last 100 ms, or go now; asked often. */
export function lineBusy(now_ms: u32): bool {
  if (busy && now_ms - traffic_ms >= LAMP_MS) busy = false;
  return busy || state == Line.Sending;
}

/** Whether nothing of this box is going out or about to, and nothing waits that was received. */
export function lineFree(): bool {
  return state == Line.Listening && !receiverPending();
}

/** How long the line has been silent, ms. */
export function lineIdleMs(now_ms: u32): u32 {
  if (state == Line.Sending) return 0;
  if (now_ms - traffic_ms > IDLE_MAX_MS) traffic_ms = now_ms - IDLE_MAX_MS;
  return now_ms - traffic_ms;
}

/** Present rate, baud. */
export function lineBaud(): i32 {
  return baudOf(wished_rate == NO_RATE ? rate : wished_rate);
}

/** Sends `size` (1..256) bytes at once; only while lineFree(). */
export function lineSend(bytes: usize, size: i32, now_ms: u32): void {
  assert(lineFree());
  found = Found.Nothing;
  answer_size = size;
  send(bytes, size, now_ms);
}
