/** Plays the meter on the link for the suites of the whole panel: answers what its fields say, and
 *  keeps in them what the panel told it. */

import { fillBytes, loadLe32, storeLe16, storeLe32 } from "../../src/common/bytes";
import * as frame from "../../src/link/frame";
import { init, tick } from "../../src/panel";
import { ABSENT, BLANK, PANEL, bench_now_ms, bench_open, bench_step } from "../bench";
import { FAULT_NONE, outPayload, peerFrame, peerInit, peerSend } from "../link/peer";

class Meter {
  // What it answers
  answers: bool = true;
  status: u32 = 0;
  held: i32 = 0;
  phases: i32 = 7;
  used: u64 = 0;
  states: StaticArray<i32> = new StaticArray<i32>(40);
  closed: bool = true;
  result: i32 = 0;
  modbus_address: i32 = 1;
  line_protocol: i32 = 0;
  line_rate: i32 = 3;
  line_format: i32 = 1;
  reader_place: i32 = 0;
  message_kind: i32 = frame.SIGNED_KIND_CREDIT;
  message_id: i32 = 0;
  message_amount: u32 = 5000;

  // What the panel told and asked
  polls: i32 = 0;
  box_reads: i32 = 0;
  messages: i32 = 0;
  source: i32 = 0; // of the last one
  cards: i32 = 0; // requests for a card
  commands: i32 = 0;
  action: i32 = 0; // of the last one
  displayed: i32 = 0;
  trusted: bool = false;
  clock_s: u32 = 0;
  from: i32 = 0; // first household asked for in the last POLL
  from_after_message: i32 = 0; // the same in the POLL that followed the last MESSAGE
}

export const meter = new Meter();

const asked_ms: StaticArray<u32> = new StaticArray<u32>(40);

function putSlice(at: usize, household: i32): void {
  store<u8>(at + frame.SLICE_HOUSEHOLD, <u8>household);
  store<u8>(at + frame.SLICE_STATE, <u8>meter.states[household]);
  store<u8>(at + frame.SLICE_FLAGS, meter.closed ? 1 : 0);
  storeLe32(at + frame.SLICE_REMAINING, <u32>household * 10);
  storeLe32(at + frame.SLICE_CONSUMED, <u32>household * 10 + 1000);
}

function answerPoll(request: usize): i32 {
  meter.polls++;
  meter.displayed = <i32>load<u8>(request + frame.POLL_DISPLAYED);
  meter.trusted = load<u8>(request + frame.POLL_FLAGS) === 1;
  meter.clock_s = loadLe32(request + frame.POLL_CLOCK);
  const reply = outPayload();
  storeLe16(reply + frame.REPLY_STATUS, meter.status);
  store<u8>(reply + frame.REPLY_HELD, <u8>meter.held);
  store<u8>(reply + frame.REPLY_PHASES, <u8>meter.phases);
  meter.from = <i32>load<u8>(request + frame.POLL_FROM);
  if (meter.from_after_message === 0) meter.from_after_message = meter.from;
  let count = 0;
  for (let household = meter.from; household < 40; household++) {
    if (count === frame.SLICE_COUNT_MAX || ((meter.used >> (household - 1)) & 1) === 0) continue;
    putSlice(reply + frame.REPLY_SLICES + count * frame.SLICE_SIZE, household);
    asked_ms[household] = bench_now_ms();
    count++;
  }
  store<u8>(reply + frame.REPLY_SLICE_COUNT, <u8>count);
  return frame.REPLY_SLICES + count * frame.SLICE_SIZE;
}

/** Since the panel last heard of a household. */
export function ageMs(household: i32): u32 {
  return bench_now_ms() - asked_ms[household];
}

function answerMessage(): i32 {
  meter.messages++;
  meter.from_after_message = 0;
  const reply = outPayload();
  store<i8>(reply, <i8>meter.result);
  store<u8>(reply + frame.MESSAGE_REPLY_HOUSEHOLD, 2);
  storeLe32(reply + frame.MESSAGE_REPLY_AMOUNT, meter.message_amount);
  storeLe32(reply + frame.MESSAGE_REPLY_REMAINING, 6000);
  storeLe32(reply + frame.MESSAGE_REPLY_NUMBER, 0x00123456);
  store<u8>(reply + frame.MESSAGE_REPLY_KIND, <u8>meter.message_kind);
  store<u8>(reply + frame.MESSAGE_REPLY_ID, <u8>meter.message_id);
  return frame.MESSAGE_REPLY_SIZE;
}

function answerBox(): i32 {
  meter.box_reads++;
  const reply = outPayload();
  for (let i = 0; i < 5; i++) store<u8>(reply + frame.BOX_NUMBER + i, 0x11);
  storeLe16(reply + frame.BOX_UNIT, 88);
  storeLe16(reply + frame.BOX_VOLTAGES, 2201);
  storeLe16(reply + frame.BOX_VOLTAGES + 2, 2202);
  storeLe16(reply + frame.BOX_VOLTAGES + 4, 2203);
  storeLe16(reply + frame.BOX_FREQUENCY, 4998);
  storeLe32(reply + frame.BOX_RUNNING, 0x00012345);
  storeLe32(reply + frame.BOX_STARTS, 17);
  storeLe32(reply + frame.BOX_EVENT_NEXT, 0x00056789);
  store<u8>(reply + frame.BOX_FORMAT, 3);
  store<u8>(reply + frame.BOX_LINE_PROTOCOL, <u8>meter.line_protocol);
  store<u8>(reply + frame.BOX_LINE_RATE, <u8>meter.line_rate);
  store<u8>(reply + frame.BOX_LINE_FORMAT, <u8>meter.line_format);
  store<u8>(reply + frame.BOX_MODBUS_ADDRESS, <u8>meter.modbus_address);
  store<u8>(reply + frame.BOX_READER_PLACE, <u8>meter.reader_place);
  storeLe16(reply + frame.BOX_LOAD_INTERVAL, 60);
  storeLe16(reply + frame.BOX_SETTLEMENT_DAY, 100);
  storeLe32(reply + frame.BOX_PRICE, 1);
  return frame.BOX_READ_REPLY_SIZE;
}

function playMeter(): void {
  const request = peerFrame();
  if (request === 0 || !meter.answers) return;
  const kind = <i32>load<u8>(request + frame.FRAME_KIND);
  fillBytes(outPayload(), 0, frame.PAYLOAD_SIZE_MAX);
  let size = 8;
  if (kind === frame.KIND_POLL) size = answerPoll(request + frame.FRAME_PAYLOAD);
  if (kind === frame.KIND_MESSAGE) {
    meter.source = <i32>load<u8>(request + frame.FRAME_PAYLOAD);
    size = answerMessage();
  }
  if (kind >= frame.KIND_CARD_KEYS && kind <= frame.KIND_CARD_RECORD) meter.cards++;
  if (kind === frame.KIND_COMMAND) {
    meter.commands++;
    meter.action = <i32>load<u8>(request + frame.FRAME_PAYLOAD + frame.COMMAND_ACTION);
    size = frame.COMMAND_REPLY_SIZE;
  }
  if (kind === frame.KIND_BOX_READ) size = answerBox();
  const sequence = <i32>load<u8>(request + frame.FRAME_SEQUENCE);
  peerSend(sequence, kind | frame.REPLY_BIT, size, FAULT_NONE, 0);
}

/** Lets `ms` milliseconds pass for panel and meter. */
export function pass(ms: i32): void {
  for (let i = 0; i < ms; i++) {
    bench_step();
    tick();
    playMeter();
  }
}

/** A box with three households, 1 to 3, all supplied; time 0. */
export function start(): void {
  bench_open(PANEL, ABSENT, BLANK);
  peerInit();
  meter.answers = true;
  meter.status = frame.STATUS_PROVISIONED;
  meter.held = 0;
  meter.phases = 7;
  meter.used = 7;
  meter.closed = true;
  meter.result = 0;
  meter.modbus_address = 1;
  meter.line_protocol = 0;
  meter.line_rate = 3;
  meter.line_format = 1;
  meter.reader_place = 0;
  meter.message_kind = frame.SIGNED_KIND_CREDIT;
  meter.message_id = 0;
  meter.message_amount = 5000;
  for (let i = 0; i < 40; i++) meter.states[i] = 0;
  meter.polls = 0;
  meter.box_reads = 0;
  meter.messages = 0;
  meter.cards = 0;
  meter.commands = 0;
  meter.action = 0;
  asked_ms.fill(0);
  init();
}
