/** FRAM driver, two-slot records, and the image of all records. */
import { fillBytes } from "../../src/common/bytes";
import { E_STORE, OK } from "../../src/common/errors";
import { entryPut, entryRead, entryStands, entryWrite } from "../../src/store/entry";
import { framData, framPresent, framRead, framWrite } from "../../src/store/fram.port";
import * as image from "../../src/store/image";
import * as places from "../../src/store/places";
import { ENTRY_MAXIMUM, FRAM_SIZE } from "../../src/store/map";
import { isLater, recordRead, recordWrite, sequenceAfter } from "../../src/store/record";
import * as bench from "../bench";

const PLACE: u32 = 0x3f000;
const SIZE: u32 = 40;
const SLOT_SIZE: u32 = 48;
const body: usize = memory.data(160, 8);
const entry: usize = memory.data(320, 8);

function write(value: u8, sequence: u32): u32 {
  fillBytes(body, value, SIZE);
  return recordWrite(PLACE, SIZE, body, sequence);
}

/** The record's value, or -1 when there is none or its bytes differ. */
function read(): i32 {
  fillBytes(body, 0, SIZE);
  if (recordRead(PLACE, SIZE, body) == 0) return -1;
  for (let index: u32 = 1; index < SIZE; index++) {
    if (load<u8>(body + index) != load<u8>(body)) return -1;
  }
  return load<u8>(body);
}

describe("fram driver", () => {
  beforeEach(() => bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK));

  test("the part answers with its identification", () => {
    expect(framPresent()).toBe(true);
  });

  test("the first and the last byte are reachable", () => {
    for (let turn = 0; turn < 2; turn++) {
      const address = turn == 0 ? 0 : FRAM_SIZE - 1;
      store<u8>(framData(), <u8>(0x39 + turn));
      framWrite(address, 1);
      store<u8>(framData(), 0);
      framRead(address, 1);
      expect(load<u8>(framData())).toBe(<u8>(0x39 + turn));
      expect(bench.bench_fram_read(address)).toBe(<u8>(0x39 + turn));
    }
  });

  throws("reading past the end", () => {
    framRead(FRAM_SIZE - 1, 2);
  });

  throws("more than one transfer holds", () => {
    framWrite(0, ENTRY_MAXIMUM + 1);
  });
});

describe("records", () => {
  beforeEach(() => bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK));

  test("sequence numbers alternate between the slots for ever and never are 0", () => {
    expect(sequenceAfter(0)).toBe(1);
    expect(sequenceAfter(1)).toBe(2);
    expect(sequenceAfter(0xffffffff)).toBe(2);
    expect(isLater(2, 1)).toBe(true);
    expect(isLater(1, 2)).toBe(false);
    expect(isLater(2, 0xffffffff)).toBe(true);
    expect(isLater(0xffffffff, 2)).toBe(false);
    expect(isLater(7, 0)).toBe(true);
    expect(isLater(0, 7)).toBe(false);
  });

  test("nothing is read where nothing was written, and the body stays", () => {
    store<u8>(body, 77);
    expect(recordRead(PLACE, SIZE, body)).toBe(0);
    expect(load<u8>(body)).toBe(77);
  });

  test("the last write is read, over the wrap of the sequence as well", () => {
    let sequence: u32 = 0xfffffffd;
    for (let value: u8 = 1; value < 10; value++) {
      sequence = write(value, sequence);
      expect(read()).toBe(value);
    }
    expect(sequence).toBe(8);
  });

  test("a cut after any byte leaves the old or the new record", () => {
    for (let cut = 0; cut <= <i32>SLOT_SIZE; cut++) {
      for (let under_way = 0; under_way < 3; under_way++) {
        bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
        const sequence = write(20, write(10, 0));
        bench.bench_power_cut_after(cut, under_way);
        write(30, sequence);
        bench.bench_power_off();
        bench.bench_power_on();
        const value = read();
        if (cut < <i32>SLOT_SIZE - 1) expect(value).toBe(20, `cut ${cut}`);
        else expect(value == 20 || value == 30).toBe(true, `cut ${cut}`);
      }
    }
  });

  test("a damaged bit anywhere in the newer slot brings back the older", () => {
    for (let index: u32 = 0; index < SLOT_SIZE; index++) {
      const sequence = write(50, write(40, 0));
      const address = PLACE + (sequence & 1) * SLOT_SIZE + index;
      bench.bench_fram_write(address, bench.bench_fram_read(address) ^ 4);
      expect(read()).toBe(40);
    }
  });

  test("a slot that stands in the wrong place is no record", () => {
    write(60, 0);
    for (let index: u32 = 0; index < 2 * SLOT_SIZE; index++) {
      bench.bench_fram_write(PLACE + 256 + index, bench.bench_fram_read(PLACE + index));
    }
    expect(recordRead(PLACE + 256, SIZE, body)).toBe(0);
    expect(read()).toBe(60);
  });
});

describe("entries", () => {
  beforeEach(() => bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK));

  test("the largest entry is read back; a changed byte anywhere is noticed", () => {
    for (let index: u32 = 0; index < ENTRY_MAXIMUM; index++) store<u8>(entry + index, <u8>index);
    expect(entryRead(PLACE, ENTRY_MAXIMUM)).toBe(false, "blank");
    entryWrite(PLACE, ENTRY_MAXIMUM, entry);
    expect(entryRead(PLACE, ENTRY_MAXIMUM)).toBe(true);
    for (let index: u32 = 0; index < ENTRY_MAXIMUM; index++) {
      expect(load<u8>(framData() + index)).toBe(load<u8>(entry + index));
    }
    for (let index: u32 = 0; index < ENTRY_MAXIMUM; index++) {
      const byte = bench.bench_fram_read(PLACE + index);
      bench.bench_fram_write(PLACE + index, byte ^ 0x10);
      expect(entryRead(PLACE, ENTRY_MAXIMUM)).toBe(false);
      expect(entryStands(PLACE, ENTRY_MAXIMUM, entry)).toBe(false);
      bench.bench_fram_write(PLACE + index, byte);
    }
    expect(entryStands(PLACE, ENTRY_MAXIMUM, entry)).toBe(true);
  });

  test("an entry moved to another place is none", () => {
    fillBytes(entry, 7, 32);
    entryPut(PLACE, 32, entry);
    for (let index: u32 = 0; index < 32; index++) {
      bench.bench_fram_write(PLACE + 32 + index, bench.bench_fram_read(PLACE + index));
    }
    expect(entryRead(PLACE, 32)).toBe(true);
    expect(entryRead(PLACE + 32, 32)).toBe(false);
  });
});

describe("image", () => {
  beforeEach(() => {
    bench.bench_open(bench.METER, bench.ABSENT, bench.BLANK);
    image.imageInit();
  });

  test("a blank memory may be written; then it is ours and loads what was saved", () => {
    expect(image.imageProbe()).toBe(0);
    store<u32>(places.accountBody(38), 4711);
    image.imageFormat();
    image.imageInit();
    expect(image.imageProbe()).toBe(1);
    expect(image.imageLoad()).toBe(OK);
    expect(load<u32>(places.accountBody(38))).toBe(4711);
    store<u32>(places.accountBody(38), 4712);
    image.recordSave(places.ACCOUNT, 38);
    image.imageInit();
    image.imageProbe();
    image.imageLoad();
    expect(load<u32>(places.accountBody(38))).toBe(4712);
    expect(load<u32>(places.accountBody(37))).toBe(0);
  });

  test("records of a life without a header are refused", () => {
    image.imageProbe();
    image.imageFormat();
    image.recordSave(places.BOOK, 20);
    for (let address: u32 = 0; address < 64; address++) bench.bench_fram_write(address, 0xff);
    image.imageInit();
    expect(image.imageProbe()).toBe(E_STORE);
  });

  test("a record without a valid slot is reported", () => {
    image.imageProbe();
    image.imageFormat();
    for (let index: u32 = 0; index < 64; index++) bench.bench_fram_write(0x800 + index, 0);
    image.imageInit();
    expect(image.imageProbe()).toBe(1);
    expect(image.imageLoad()).toBe(E_STORE);
  });

  throws("an index beyond the last record", () => {
    places.bookBody(39);
  });
});
