/** Frames without wires: sealing, the receiver, and the judge of the link. */

import { crc16 } from "../../src/common/crc16";
import * as frame from "../../src/link/frame";
import { LINK_STATE_COUNT, Link, linkMayMove } from "../../src/link/master";
import {
  RECEIVER_SIZE,
  receiverAdd,
  receiverFrame,
  receiverGap,
  receiverInit,
  receiverPending,
  receiverRoom,
  receiverTail,
} from "../../src/link/receiver";

const receiver: usize = memory.data(RECEIVER_SIZE);
const first: usize = memory.data(frame.FRAME_SIZE_MAX);
const second: usize = memory.data(frame.FRAME_SIZE_MAX);
const wire: usize = memory.data(512);

let wire_size: i32 = 0;
let found_first: i32 = 0;
let found_second: i32 = 0;
let found_other: i32 = 0;
let first_size: i32 = 0;
let second_size: i32 = 0;

function same(a: usize, b: usize, size: i32): bool {
  for (let i = 0; i < size; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

function collect(): void {
  for (let frame_at = receiverFrame(receiver); frame_at != 0; frame_at = receiverFrame(receiver)) {
    if (same(frame_at, first, first_size)) found_first++;
    else if (same(frame_at, second, second_size)) found_second++;
    else found_other++;
  }
}

/** Hands the wire to the receiver in pieces of at most `piece` bytes, then silence. */
function receiveWire(piece: i32): void {
  receiverInit(receiver);
  found_first = 0;
  found_second = 0;
  found_other = 0;
  for (let at = 0; at < wire_size;) {
    const tail = receiverTail(receiver);
    const size = min(min(piece, wire_size - at), receiverRoom(receiver));
    for (let i = 0; i < size; i++) store<u8>(tail + i, load<u8>(wire + at + i));
    receiverAdd(receiver, size);
    at += size;
    collect();
  }
  for (let i = 0; i < 600 && receiverPending(receiver); i++) {
    receiverGap(receiver);
    collect();
  }
}

function put(byte: u8): void {
  store<u8>(wire + wire_size, byte);
  wire_size++;
}

function putFrame(from: usize, size: i32): void {
  for (let i = 0; i < size; i++) put(load<u8>(from + i));
}

function prepare(): void {
  for (let i = 0; i < 20; i++) store<u8>(first + frame.FRAME_PAYLOAD + i, <u8>(i * 37));
  // A payload that looks like a frame's start
  store<u8>(first + frame.FRAME_PAYLOAD + 3, frame.FRAME_START);
  store<u8>(first + frame.FRAME_PAYLOAD + 4, 100);
  store<u8>(first + frame.FRAME_PAYLOAD + 9, frame.FRAME_START);
  store<u8>(first + frame.FRAME_PAYLOAD + 10, 2);
  first_size = frame.sealFrame(first, 7, frame.KIND_MESSAGE, 20);
  second_size = frame.sealFrame(second, 8, frame.KIND_BOX_READ, 0);
  wire_size = 0;
}

describe("sealing", () => {
  it("puts start, size, sequence, kind and CRC around the payload", () => {
    prepare();
    expect(first_size).toBe(26);
    expect(load<u8>(first)).toBe(0xfb);
    expect(load<u8>(first + 1)).toBe(20);
    expect(load<u8>(first + 2)).toBe(7);
    expect(load<u8>(first + 3)).toBe(2);
    expect(load<u16>(first + 24)).toBe(<u16>crc16(first + 1, 23));
    expect(second_size).toBe(6);
  });

  it("knows the size of each request", () => {
    const sizes: i32[] = [-1, 8, 25, 2, 21, 4, 1, 0, 5, 28, 12, 1, 1, 1, 8, 2, 4, 24, 16, -1];
    for (let kind = 0; kind < sizes.length; kind++) {
      expect(frame.requestSize(kind)).toBe(sizes[kind]);
    }
    expect(frame.requestSize(0x81)).toBe(-1);
  });
});

describe("the receiver", () => {
  beforeEach(prepare);

  it("finds frames in pieces of any size", () => {
    putFrame(first, first_size);
    putFrame(second, second_size);
    putFrame(first, first_size);
    for (let piece = 1; piece <= wire_size; piece++) {
      receiveWire(piece);
      expect(found_first * 100 + found_second * 10 + found_other).toBe(210);
    }
  });

  it("loses nothing behind a dropped, doubled or corrupted byte", () => {
    for (let fault = 0; fault < 3; fault++) {
      for (let at = 0; at < first_size; at++) {
        wire_size = 0;
        putFrame(first, at);
        if (fault != 0) put(load<u8>(first + at) ^ (fault == 2 ? <u8>0x51 : <u8>0));
        if (fault == 1) put(load<u8>(first + at));
        putFrame(first + at + 1, first_size - at - 1);
        putFrame(second, second_size);
        for (let piece = 1; piece < 64; piece += 31) {
          receiveWire(piece);
          const whole = fault == 1 && (at == 0 || at == first_size - 1); // one byte more outside it
          expect(found_first).toBe(whole ? 1 : 0, `fault ${fault} at ${at}`);
          expect(found_second).toBe(1, `fault ${fault} at ${at}`);
          expect(found_other).toBe(0);
        }
      }
    }
  });

  it("finds no frame with any one bit changed", () => {
    for (let flipped = 0; flipped < first_size * 8; flipped++) {
      wire_size = 0;
      putFrame(first, first_size);
      const at = wire + (flipped >> 3);
      const mask = 1 << (flipped & 7);
      store<u8>(at, load<u8>(at) ^ (<u8>mask));
      receiveWire(256);
      expect(found_first + found_second + found_other).toBe(0, `bit ${flipped}`);
    }
  });

  it("comes through a storm of false starts", () => {
    for (let i = 0; i < 200; i++) put((i & 1) == 0 ? frame.FRAME_START : 10);
    putFrame(first, first_size);
    receiveWire(11);
    expect(found_first).toBe(1);
    expect(found_other).toBe(0);
    expect(receiverPending(receiver)).toBeFalsy();
  });

  it("bounds the work of one call", () => {
    receiverInit(receiver);
    const tail = receiverTail(receiver);
    for (let i = 0; i < 256; i++) store<u8>(tail + i, (i & 1) == 0 ? frame.FRAME_START : 10);
    receiverAdd(receiver, 256);
    expect(receiverRoom(receiver)).toBe(0);
    expect(receiverFrame(receiver)).toBe(0);
    receiverTail(receiver);
    expect(receiverRoom(receiver)).toBe(15); // up to the eighth false start
  });

  it("takes the longest frame and refuses a longer one", () => {
    first_size = frame.sealFrame(first, 1, 0x86, frame.PAYLOAD_SIZE_MAX);
    putFrame(first, first_size);
    receiveWire(256);
    expect(found_first).toBe(1);
    wire_size = 0;
    put(frame.FRAME_START);
    put(129);
    putFrame(second, second_size);
    receiveWire(256);
    expect(found_second).toBe(1);
  });
});

describe("the judge of the link", () => {
  it("allows ask, reply, loss, probe and return", () => {
    let allowed = 0;
    for (let from: i32 = 0; from < LINK_STATE_COUNT; from++) {
      for (let to: i32 = 0; to < LINK_STATE_COUNT; to++) {
        let expected = from == Link.Idle && to == Link.Waiting;
        expected = expected || (from == Link.Waiting && (to == Link.Idle || to == Link.Lost));
        expected = expected || (from == Link.Lost && to == Link.Probing);
        expected = expected || (from == Link.Probing && to == Link.Idle);
        expect(linkMayMove(from, to)).toBe(expected, `${from} to ${to}`);
        if (expected) allowed++;
      }
    }
    expect(allowed).toBe(5);
  });
});
