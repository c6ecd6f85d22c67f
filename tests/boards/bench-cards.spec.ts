/** Proves that a suite can hold cards to the reader: with register accesses of its own, no driver. */

import {
  ABSENT,
  ACK_LOST,
  ANSWER_PARITY,
  BLANK,
  CARD_CLASSIC,
  CARD_CLONE,
  CARD_ISO_DEP,
  METER,
  PANEL,
  READER_ABSENT_00,
  READER_OK,
  TORN_ZEROS,
  bench_card_block,
  bench_card_disturb,
  bench_card_leave_after,
  bench_card_make,
  bench_card_present,
  bench_card_remove,
  bench_card_set_block,
  bench_card_tear,
  bench_card_writes,
  bench_open,
  bench_reader_answers,
  bench_reader_brown_out,
  bench_reader_calm,
  bench_reader_frames,
  bench_reader_mode,
  bench_reader_version,
  bench_service_switch,
  bench_step,
} from "../bench";
import { PIN_READER_RESET, PIN_SERVICE, SPI_READER, pin_read, pin_write, spi } from "../../src/hal";

const dump: usize = memory.data(1024);
const buffer: usize = memory.data(32);
const block: usize = memory.data(16);

function pass(ms: i32): void {
  for (let i = 0; i < ms; i++) bench_step();
}

function write(register: u8, value: u8): void {
  store<u8>(buffer, register << 1);
  store<u8>(buffer + 1, value);
  spi(SPI_READER, buffer, 2);
}

function read(register: u8): u8 {
  store<u8>(buffer, 0x80 | (register << 1));
  store<u8>(buffer + 1, 0);
  spi(SPI_READER, buffer, 2);
  return load<u8>(buffer + 1);
}

/** REQA (26) or WUPA (52); the number of bytes that came back. */
function request(code: u8): u8 {
  write(0x01, 0);
  write(0x04, 0x7f);
  write(0x0a, 0x80);
  write(0x09, code);
  write(0x01, 0x0c);
  write(0x0d, 0x87);
  pass(4);
  return read(0x0a);
}

function start(): void {
  bench_open(PANEL, ABSENT, BLANK);
  pin_write(PIN_READER_RESET, 1);
  pass(2);
  init();
}

function init(): void {
  write(0x15, 0x40);
  write(0x11, 0x3d);
  write(0x14, 0x83);
  pass(6);
}

function makeDump(): void {
  memory.fill(dump, 0, 1024);
  store<u32>(dump, 0x0403_0201);
  store<u8>(dump + 4, 0x04);
  store<u8>(dump + 64, 0xab);
}

describe("cards on the bench", () => {
  it("come and go, now or later", () => {
    makeDump();
    start();
    const card = bench_card_make(CARD_CLASSIC, dump);
    expect(request(0x52)).toBe(0);
    bench_card_present(card, 0);
    pass(6);
    expect(request(0x52)).toBe(2);
    expect(bench_reader_frames()).toBe(2);
    expect(bench_reader_answers()).toBe(1);
    bench_card_remove(0, 3_000);
    pass(4);
    expect(request(0x52)).toBe(0);
    bench_card_present(card, 1_500);
    pass(8);
    expect(request(0x52)).toBe(2);
    bench_card_remove(card, 0);
    expect(request(0x52)).toBe(0);
  });

  it("show their blocks and take new ones", () => {
    makeDump();
    start();
    const card = bench_card_make(CARD_CLONE, dump);
    bench_card_block(card, 4, block);
    expect(load<u8>(block)).toBe(0xab);
    store<u8>(block, 0xcd);
    bench_card_set_block(card, 4, block);
    store<u8>(block, 0);
    bench_card_block(card, 4, block);
    expect(load<u8>(block)).toBe(0xcd);
    expect(bench_card_writes(card)).toBe(0);
  });

  it("survive a new box", () => {
    makeDump();
    start();
    const card = bench_card_make(CARD_CLASSIC, dump);
    bench_card_present(card, 0);
    start();
    expect(request(0x52)).toBe(0);
    bench_card_present(card, 0);
    pass(6);
    expect(request(0x52)).toBe(2);
  });

  it("suffer faults, and so does the reader", () => {
    makeDump();
    start();
    bench_card_present(bench_card_make(CARD_ISO_DEP, dump), 0);
    pass(6);
    bench_card_disturb(1, ANSWER_PARITY);
    request(0x52);
    expect(read(0x06)).toBe(0x02);
    bench_card_leave_after(2, -10);
    expect(request(0x52)).toBe(0); // it was ready: silent
    expect(request(0x52)).toBe(0); // it left within this frame
    const other = bench_card_make(CARD_CLASSIC, dump);
    bench_card_tear(other, 0, TORN_ZEROS, ACK_LOST);
    bench_reader_version(0x91);
    expect(read(0x37)).toBe(0x91);
    bench_reader_brown_out(1);
    bench_reader_calm();
    expect(read(0x14)).toBe(0x83);
    bench_reader_brown_out(2);
    read(0x37);
    expect(read(0x14)).toBe(0x80);
    bench_reader_mode(READER_ABSENT_00);
    expect(read(0x37)).toBe(0);
    bench_reader_mode(READER_OK);
    expect(read(0x37)).toBe(0x91);
  });

  it("have a service switch beside them", () => {
    bench_open(METER, ABSENT, BLANK);
    expect(pin_read(PIN_SERVICE)).toBe(1);
    bench_service_switch(true);
    expect(pin_read(PIN_SERVICE)).toBe(0);
  });
});
