/** What the suites of the shared reader have in common: one question to box 2025112102, a line that is
 *  told when it was last heard, and answers. */

import * as link from "../../src/link/frame";
import {
  ASKER_CARD,
  questionAsk,
  questionAway,
  questionInit,
  questionPayload,
} from "../../src/link/question";
import { snapshotInit } from "../../src/link/snapshot";
import { contextInit, hostHeard } from "../../src/rs485/context";
import { dltFrameAt, dltSeal } from "../../src/rs485/dlt/frame";
import { HOST_OWNS_MS, shareBusy, shareInit, shareStep, shareTake } from "../../src/rs485/share";

export const number: usize = memory.data(5);
export const address: usize = memory.data(6);
export const data: usize = memory.data(200);
const frame: usize = memory.data(216);

let now: u32 = 0;
let silent_since: u32 = 0; // the line
let baud: i32 = 9600;
let free: bool = true;

export function setBytes(at: usize, bytes: u8[]): void {
  for (let i = 0; i < bytes.length; i++) store<u8>(at + i, bytes[i]);
}

/** One ms; size of what is sent, which then takes the line for its time. */
export function step(): i32 {
  now++;
  if (!shareBusy(now, free)) return 0;
  const size = shareStep(now, now - silent_since, free, baud);
  if (size > 0) silent_since = now + <u32>((size * 11000) / baud) + 1;
  return size;
}

/** Lets `ms` pass; how many frames went out. */
export function run(ms: u32): i32 {
  let sent = 0;
  for (let i: u32 = 0; i < ms; i++) if (step() > 0) sent++;
  return sent;
}

/** ms until a frame goes out, at most `ms`; -1 none did. */
export function untilSent(ms: u32): i32 {
  for (let i: u32 = 1; i <= ms; i++) if (step() > 0) return <i32>i;
  return -1;
}

/** A right request of a host is heard. */
export function host(): void {
  hostHeard(now);
  silent_since = now;
}

export function ask(kind: i32): void {
  const size = link.requestSize(kind);
  for (let i = 0; i < size; i++) store<u8>(questionPayload(ASKER_CARD) + i, <u8>(i + 1));
  questionAsk(ASKER_CARD, kind);
}

/** The box at `address` answers `size` bytes at `data`. */
export function reply(control: i32, size: i32): void {
  silent_since = now;
  const whole = dltSeal(frame, address, control, data, size);
  expect(dltFrameAt(frame + 4, whole - 4)).toBe(whole - 4);
  shareTake(frame + 4, whole - 4, now);
}

/** The same with the identifier of `kind` and a payload of `size` bytes that begins with `result`. */
export function answer(control: i32, kind: i32, size: i32, result: i8): void {
  setBytes(data, [<u8>kind, 0x00, 0xf0, 0x07]);
  for (let i = 0; i < size; i++) store<u8>(data + 4 + i, <u8>(0xc0 + i));
  store<i8>(data + 4, result);
  reply(control, 4 + size);
}

export function answerKeys(): void {
  answer(0x83, 8, link.CARD_KEYS_REPLY_SIZE, 0);
}

/** A question may be asked of another box, and nobody else talks. */
export function start(): void {
  now = 100000;
  silent_since = now;
  baud = 9600;
  free = true;
  setBytes(number, [0x20, 0x25, 0x11, 0x21, 0x02]);
  setBytes(address, [0x00, 0x02, 0x21, 0x11, 0x25, 0x20]);
  snapshotInit();
  questionInit();
  contextInit(now);
  shareInit(now);
  questionAway(ASKER_CARD, number);
  now += HOST_OWNS_MS; // nobody else talks
}

/** The present moment, ms. */
export function time(): u32 {
  return now;
}

/** Something was heard on the line just now. */
export function noise(): void {
  silent_since = now;
}

/** Whether this box is silent itself. */
export function setFree(is_free: bool): void {
  free = is_free;
}

export function setBaud(of_line: i32): void {
  baud = of_line;
}
