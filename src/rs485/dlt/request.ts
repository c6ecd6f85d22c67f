/** The request that is being served, without the 33h of the line, and the frames that answer it. */

import { copyBytes, loadLe32 } from "../../common/bytes";
import { E_EXPIRED, E_PASSWORD, E_SERVICE, E_WAIT, REPEAT } from "../../common/errors";
import { OK } from "../../common/errors";
import { answerBytes } from "../answer";
import { isWild, putAddress } from "./address";
import {
  DLT_ADDRESS,
  DLT_ADDRESS_SIZE,
  DLT_ANSWER,
  DLT_CONTROL,
  DLT_DATA,
  DLT_DATA_MAX,
  DLT_ERROR,
  DLT_LENGTH,
  DLT_MORE,
  DLT_WAKE_COUNT,
  dltByte,
  dltSeal,
} from "./frame";

// Error words
export const ERR_OTHER: u32 = 0x01;
export const ERR_NO_DATA: u32 = 0x02;
export const ERR_DENIED: u32 = 0x04;
export const ERR_RATE: u32 = 0x08;

export const IDENTIFIER_SIZE: i32 = 4;

// Rate byte: 1200 baud, and a bit higher for each doubling up to 19200
const LOWEST_RATE: u32 = 0x04;
const HIGHEST_RATE: u32 = 0x40;
const RATE_SHIFT: i32 = 2;

const data: usize = memory.data(200);
const address: usize = memory.data(6);
if (DLT_DATA_MAX != 200 || DLT_ADDRESS_SIZE != 6) ERROR("a request does not fit");

let control: i32 = 0;
let length: i32 = 0;
let household: i32 = 0;
let is_wild: bool = false;

/** Takes a right frame for `to`: household 1..39, the box, or everybody. */
export function requestTake(frame: usize, to: i32): void {
  control = load<u8>(frame + DLT_CONTROL);
  length = load<u8>(frame + DLT_LENGTH);
  household = to;
  is_wild = isWild(frame + DLT_ADDRESS);
  for (let i = 0; i < length; i++) store<u8>(data + i, dltByte(frame, i));
}

/** Control code, 00..1F. */
export function requestControl(): i32 {
  return control;
}

/** DATA, 33h subtracted. */
export function requestData(): usize {
  return data;
}

/** Size of DATA, 0..200 bytes. */
export function requestLength(): i32 {
  return length;
}

/** Household 1..39, THE_BOX or EVERYBODY. */
export function requestHousehold(): i32 {
  return household;
}

/** Whether it came with a shortened address or for anybody. */
export function requestWild(): bool {
  return is_wild;
}

/** The data identifier at the start of DATA. */
export function requestIdentifier(): u32 {
  return loadLe32(data);
}

/** Where the DATA of an answer is put. */
export function answerData(): usize {
  return answerBytes() + DLT_WAKE_COUNT + DLT_DATA;
}

/** Puts the identifier of the request before the answer's other data; returns its size. */
export function answerIdentifier(): i32 {
  copyBytes(answerData(), data, <u32>IDENTIFIER_SIZE);
  return IDENTIFIER_SIZE;
}

function answer(flags: i32, size: i32): i32 {
  putAddress(address, household);
  return dltSeal(answerBytes(), address, control | DLT_ANSWER | flags, answerData(), size);
}

/** Done; answers with `size` bytes at answerData(). Returns the size of the answer. */
export function accept(size: i32): i32 {
  return answer(0, size);
}

/** The same, and more can be read on. */
export function acceptMore(size: i32): i32 {
  return answer(DLT_MORE, size);
}

/** Refused with an error word. Returns the size of the answer. */
export function refuse(word: u32): i32 {
  store<u8>(answerData(), <u8>word);
  return answer(DLT_ERROR, 1);
}

/** Refused with the two bytes of 03h. */
export function refuseSecurity(bits: u32, error: i32): i32 {
  store<u8>(answerData(), <u8>bits);
  store<u8>(answerData() + 1, <u8>error);
  return answer(DLT_ERROR, 2);
}

/** Whether the meter did what it was asked for. */
export function isDone(result: i32): bool {
  return result == OK || result == REPEAT;
}

/** Error word for a refusal of the meter. */
export function wordOf(result: i32): u32 {
  const denied = result == E_PASSWORD || result == E_WAIT;
  return denied || result == E_EXPIRED || result == E_SERVICE ? ERR_DENIED : ERR_OTHER;
}

/** Code 0..4 (1200 x 2^code baud) of a rate byte with one bit, -1 for a rate that is not possible. */
export function rateCode(byte: u32): i32 {
  const is_one = popcnt(byte) == 1;
  return is_one && byte >= LOWEST_RATE && byte <= HIGHEST_RATE ? <i32>ctz(byte) - RATE_SHIFT : -1;
}

/** Rate byte of such a code. */
export function rateByte(code: i32): u32 {
  return LOWEST_RATE << code;
}
