/** The receiver of RS485: three protocols in one stream, each frame once, whatever is around it. */

import {
  Found,
  PROTOCOL_ANY,
  PROTOCOL_DLT,
  PROTOCOL_MODBUS,
  receiverPending,
} from "../../src/rs485/receiver";
import {
  check,
  dlt,
  dltSize,
  endUs,
  found_checks,
  found_count,
  found_kinds,
  found_us,
  modbus,
  modbusLong,
  native,
  pause,
  play,
  put,
  putBytes,
  wireClear,
  wireInit,
} from "./wire";

const CHARACTER_US: i32 = 1146; // 9600 baud, 11 bits
const SILENCE_MS: i32 = 600;

function preamble(): void {
  for (let i = 0; i < 4; i++) put(0xfe);
}

function expectFound(index: i32, kind: Found, checksum: u32): void {
  expect(found_count).toBeGreaterThan(index);
  expect(found_kinds[index]).toBe(kind, `frame ${index}`);
  expect(found_checks[index]).toBe(checksum, `frame ${index}`);
}

describe("recognition", () => {
  beforeEach(() => {
    wireInit(PROTOCOL_ANY, CHARACTER_US);
  });

  it("finds each protocol by itself, as soon as its last byte is there", () => {
    preamble();
    putBytes(dlt(1, 0x11, 4), dltSize(4));
    const dlt_end_us = endUs();
    pause(25000);
    putBytes(native(8), 14);
    const native_end_us = endUs();
    pause(25000);
    putBytes(modbus(1, 6, 0x100, 2), 8);
    const modbus_end_us = endUs();
    play(SILENCE_MS);
    expect(found_count).toBe(3);
    expectFound(0, Found.Dlt, check(dlt(1, 0x11, 4), dltSize(4)));
    expectFound(1, Found.Native, check(native(8), 14));
    expectFound(2, Found.Modbus, check(modbus(1, 6, 0x100, 2), 8));
    expect(found_us[0] - dlt_end_us).toBeLessThan(1000);
    expect(found_us[1] - native_end_us).toBeLessThan(1000);
    expect(found_us[2] - modbus_end_us).toBeLessThan(1000);
  });

  it("finds frames back to back in one burst", () => {
    for (let i = 0; i < 3; i++) {
      putBytes(dlt(i, 0x08, 6), dltSize(6));
      putBytes(modbus(0, 6, 0x328, 1), 8);
      putBytes(modbus(0, 6, 0x329, 100), 8);
      preamble();
      putBytes(dlt(i, 0x11, 4), dltSize(4));
      putBytes(native(2), 8);
    }
    play(SILENCE_MS);
    expect(found_count).toBe(15);
    for (let i = 0; i < 15; i += 5) {
      expect(found_kinds[i]).toBe(Found.Dlt);
      expect(found_kinds[i + 1]).toBe(Found.Modbus);
      expect(found_kinds[i + 2]).toBe(Found.Modbus);
      expect(found_kinds[i + 3]).toBe(Found.Dlt);
      expect(found_kinds[i + 4]).toBe(Found.Native);
    }
  });

  it("finds requests whose length is told by another byte, also without a silence between", () => {
    // 0x1000: an answer that begins so would have 21 bytes
    for (let i = 0; i < 4; i++) putBytes(modbus(1, 3, 0x1000, 1 + i), 8);
    play(SILENCE_MS);
    expect(found_count).toBe(4);
    for (let i = 0; i < 4; i++) expectFound(i, Found.Modbus, check(modbus(1, 3, 0x1000, 1 + i), 8));
  });

  it("passes over other slaves' answers and exceptions, and takes them for nothing else", () => {
    putBytes(modbusLong(5, 3, 60, 61), 65);
    pause(6000);
    putBytes(modbusLong(5, 0x83, 2, 1), 5);
    pause(6000);
    putBytes(modbusLong(5, 0x2b, 0x0e, 40), 44);
    pause(6000);
    putBytes(dlt(3, 0x91, 8), dltSize(8));
    pause(6000);
    putBytes(modbus(1, 3, 0, 1), 8);
    play(SILENCE_MS);
    expect(found_count).toBe(5);
    expectFound(2, Found.Modbus, check(modbusLong(5, 0x2b, 0x0e, 40), 44));
    expectFound(3, Found.Dlt, check(dlt(3, 0x91, 8), dltSize(8)));
    expectFound(4, Found.Modbus, check(modbus(1, 3, 0, 1), 8));
  });

  it("takes an unknown function after 3.5 characters of silence", () => {
    putBytes(modbusLong(1, 0x41, 9, 7), 11);
    const ended_us = endUs();
    play(SILENCE_MS);
    expectFound(0, Found.Modbus, check(modbusLong(1, 0x41, 9, 7), 11));
    expect(found_us[0] - ended_us).toBeGreaterThan(4010);
    expect(found_us[0] - ended_us).toBeLessThan(5012);
  });

  it("bears a host's pauses inside a frame", () => {
    const frame = modbus(1, 3, 0x1000, 2);
    for (let i = 0; i < 8; i++) {
      put(load<u8>(frame + i));
      pause(3900); // 3.4 characters
    }
    pause(2000);
    const request = dlt(9, 0x14, 20);
    for (let i = 0; i < dltSize(20); i++) {
      put(load<u8>(request + i));
      pause(i == 9 ? 490000 : 15000);
    }
    play(SILENCE_MS);
    expect(found_count).toBe(2);
    expect(found_kinds[0]).toBe(Found.Modbus);
    expect(found_kinds[1]).toBe(Found.Dlt);
  });

  it("gives a frame of DL/T 645 up after a gap of more than 500 ms", () => {
    const request = dlt(9, 0x14, 20);
    for (let i = 0; i < dltSize(20); i++) {
      put(load<u8>(request + i));
      if (i == 15) pause(503000);
    }
    play(SILENCE_MS);
    expect(found_count).toBe(0);
  });

  it("does not let an unfinished frame hide the one behind it for longer than an answer waits", () => {
    for (let cut = 1; cut < 15; cut++) {
      wireInit(PROTOCOL_ANY, CHARACTER_US);
      putBytes(dlt(0x68, 0x11, 190), cut); // promises 202 bytes
      pause(100000);
      preamble();
      putBytes(dlt(1, 0x11, 4), dltSize(4));
      const ended_us = endUs();
      play(SILENCE_MS);
      expectFound(0, Found.Dlt, check(dlt(1, 0x11, 4), dltSize(4)));
      expect(found_us[0] - ended_us).toBeLessThan(22000, `cut ${cut}`);
      wireInit(PROTOCOL_ANY, CHARACTER_US);
      putBytes(dlt(0x68, 0x11, 190), cut);
      pause(100000);
      putBytes(modbus(1, 3, 0, 2), 8);
      play(SILENCE_MS);
      expectFound(0, Found.Modbus, check(modbus(1, 3, 0, 2), 8));
    }
  });

  it("keeps to one protocol when the setting says so, native frames excepted", () => {
    for (let protocol = PROTOCOL_DLT; protocol <= PROTOCOL_MODBUS; protocol++) {
      wireInit(protocol, CHARACTER_US);
      putBytes(modbus(1, 3, 0, 2), 8);
      pause(30000);
      preamble();
      putBytes(dlt(1, 0x11, 4), dltSize(4));
      pause(30000);
      putBytes(native(8), 14);
      play(SILENCE_MS);
      expect(found_count).toBe(2);
      expect(found_kinds[0]).toBe(protocol == PROTOCOL_DLT ? Found.Dlt : Found.Modbus);
      expect(found_kinds[1]).toBe(Found.Native);
    }
  });

  it("takes a slave whose address is the other protocol's start", () => {
    putBytes(modbus(0x68, 3, 0x1000, 2), 8);
    pause(30000);
    putBytes(modbusLong(0x68, 3, 40, 41), 45);
    pause(30000);
    putBytes(modbus(1, 3, 0, 2), 8);
    play(SILENCE_MS);
    expect(found_count).toBe(3);
    expectFound(2, Found.Modbus, check(modbus(1, 3, 0, 2), 8));
  });

  it("finds every frame at every rate", () => {
    for (let character_us = 573; character_us < 9200; character_us *= 2) {
      wireInit(PROTOCOL_ANY, character_us);
      for (let i = 0; i < 5; i++) {
        putBytes(modbus(1, 3, i, 2), 8);
        pause(4 * character_us);
        putBytes(modbusLong(9, 0x41, i, 8), 12);
        pause(5 * character_us);
        preamble();
        putBytes(dlt(i, 0x11, 4), dltSize(4));
        pause(4 * character_us);
        putBytes(native(4), 10);
        pause(4 * character_us);
      }
      play(SILENCE_MS);
      expect(found_count).toBe(20, `${character_us} us`);
    }
  });
});

let seed: u32 = 1;

function random(below: i32): i32 {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return <i32>(seed % <u32>below);
}

const LIKELY: i32[] = [
  0x68, 0x68, 0x68, 0xfb, 0x16, 0xfe, 0x01, 0x03, 0x00, 0x11, 0x04, 0x33, 0xff,
];

function putGarbage(count: i32): void {
  for (let i = 0; i < count; i++) {
    put(random(3) == 0 ? random(256) : LIKELY[random(LIKELY.length)]);
    if (random(40) == 0) pause(random(8000));
  }
}

function sizeOf(protocol: Found): i32 {
  if (protocol == Found.Native) return 26;
  return protocol == Found.Dlt ? dltSize(20) : 8;
}

/** A frame of the protocol; those of two turns differ. */
function frameOf(protocol: Found, turn: i32): usize {
  if (protocol == Found.Native) return native(20);
  return protocol == Found.Dlt ? dlt(turn, 0x14, 20) : modbus(1, 3, turn, 1);
}

/** Puts a frame of which byte `at` is lost (0), doubled (1) or flipped (2). */
function putSpoilt(protocol: Found, at: i32, fault: i32): void {
  const frame = frameOf(protocol, 0);
  for (let i = 0; i < sizeOf(protocol); i++) {
    const byte = <i32>load<u8>(frame + i);
    if (i != at) {
      put(byte);
      continue;
    }
    if (fault == 1) put(byte);
    if (fault != 0) put(fault == 2 ? byte ^ (1 << random(8)) : byte);
  }
}

function spoilEach(protocol: Found, fault: i32): void {
  const size = sizeOf(protocol);
  for (let at = 0; at < size; at++) {
    wireInit(PROTOCOL_ANY, CHARACTER_US);
    putSpoilt(protocol, at, fault);
    pause(600000);
    putBytes(frameOf(protocol, 1), size);
    play(SILENCE_MS);
    // Doubled outside the frame; and a native frame without its start is one of Modbus, for a slave of
    // the number that was its size.
    const before = at == 0 && protocol != Found.Modbus; // which has no start mark
    const outside = fault == 1 && (before || at == size - 1);
    const other = fault == 0 && at == 0 && found_kinds[0] == Found.Modbus;
    const expected = outside || (protocol == Found.Native && other) ? 2 : 1;
    expect(found_count).toBe(expected, `${protocol}: fault ${fault} at ${at}`);
    expectFound(found_count - 1, protocol, check(frameOf(protocol, 1), size));
  }
}

describe("disturbance", () => {
  it("of any one byte costs one frame, not the next", () => {
    for (let fault = 0; fault < 3; fault++) {
      spoilEach(Found.Native, fault);
      spoilEach(Found.Dlt, fault);
      spoilEach(Found.Modbus, fault);
    }
  });

  it("by 100000 streams of garbage finds nothing twice and hides nothing behind it", () => {
    wireInit(PROTOCOL_ANY, CHARACTER_US);
    let missed = 0;
    let stuck = 0;
    for (let turn = 0; turn < 100000; turn++) {
      wireClear();
      putGarbage(1 + random(12));
      play(501);
      if (receiverPending()) stuck++;
      if (turn % 10 != 0) continue;
      wireClear();
      const kind = turn % 3;
      if (kind == 0) putBytes(dlt(turn, 0x11, 4), dltSize(4));
      else if (kind == 1) putBytes(modbus(1, 3, turn & 0xff, 1), 8);
      else putBytes(native(3), 9);
      play(501);
      const expected = kind == 0 ? Found.Dlt : kind == 1 ? Found.Modbus : Found.Native;
      if (found_count != 1 || found_kinds[0] != expected) missed++;
    }
    expect(stuck).toBe(0);
    expect(missed).toBe(0);
  });

  it("by long garbage never fills the buffer for good", () => {
    wireInit(PROTOCOL_ANY, CHARACTER_US);
    for (let turn = 0; turn < 200; turn++) {
      wireClear();
      putGarbage(1500);
      pause(30000);
      putBytes(dlt(turn, 0x11, 4), dltSize(4));
      play(SILENCE_MS);
      expect(found_count).toBeGreaterThan(0);
      expectFound(found_count - 1, Found.Dlt, check(dlt(turn, 0x11, 4), dltSize(4)));
    }
  });
});
