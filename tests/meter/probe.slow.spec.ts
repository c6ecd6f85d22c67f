/** The factory's self-test through the whole meter core (src/link/SPEC.md, "PROBE request"). The panel is
 *  the release build; probes come over the line as from the factory. */
import { fillBytes, loadLe16, loadLe64, storeLe16 } from "../../src/common/bytes";
import { E_BUSY, E_RANGE, E_REQUEST, E_SERVICE, E_STORE, OK } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import { init, tick } from "../../src/meter";
import { PROBE_KEPT_MS, PROBE_QUIET_MS } from "../../src/metering/probe";
import { FRAM_SIZE, SPARE_BLOCK_ADDRESS, SPARE_BLOCK_COUNT } from "../../src/store/map";
import * as bench from "../bench";

const START_MS: u32 = 5000; // every relay was driven open
const LOAD_MW: i32 = 20_000_000;

const request: usize = memory.data(140, 8);
const reply: usize = memory.data(512, 8);
let sequence: i32 = 0;

function start(): void {
  bench.bench_open(bench.METER, bench.RELEASE, bench.BLANK);
  init();
  bench.run(START_MS, tick);
}

function restart(): void {
  bench.bench_power_off();
  bench.bench_pass(1000);
  bench.bench_power_on();
  init();
  bench.run(START_MS, tick);
}

/** Asks with the payload at request + FRAME_PAYLOAD; the reply's payload. */
function ask(kind: i32, size: i32): usize {
  const frame_size = frame.sealFrame(request, ++sequence & 0xff, kind, size);
  bench.bench_line_receive(reply, 512);
  bench.bench_line_send(request, frame_size);
  bench.run(250, tick);
  const received = bench.bench_line_receive(reply, 512);
  expect(received).toBeGreaterThan(frame.FRAME_OVERHEAD);
  expect(<i32>load<u8>(reply + frame.FRAME_KIND)).toBe(kind | frame.REPLY_BIT);
  return reply + frame.FRAME_PAYLOAD;
}

/** Probes and returns the result. */
function probe(what: i32, index: i32 = 0, value: u32 = 0): i32 {
  const payload = request + frame.FRAME_PAYLOAD;
  fillBytes(payload, 0, frame.PROBE_REQUEST_SIZE);
  store<u8>(payload + frame.PROBE_WHAT, <u8>what);
  store<u8>(payload + frame.PROBE_INDEX, <u8>index);
  storeLe16(payload + frame.PROBE_VALUE, value);
  return <i32>load<i8>(ask(frame.KIND_PROBE, frame.PROBE_REQUEST_SIZE));
}

function data(): usize {
  return reply + frame.FRAME_PAYLOAD + frame.PROBE_REPLY_DATA;
}

function provision(): void {
  fillBytes(request + frame.FRAME_PAYLOAD, 0x11, frame.PROVISION_REQUEST_SIZE);
  expect(<i32>load<i8>(ask(frame.KIND_PROVISION, frame.PROVISION_REQUEST_SIZE))).toBe(OK);
}

function forwardJ(household: u8): u64 {
  store<u8>(request + frame.FRAME_PAYLOAD, household);
  const books = ask(frame.KIND_BOOKS_READ, frame.BOOKS_READ_REQUEST_SIZE);
  return loadLe64(books + frame.BOOKS_REPLY_FORWARD);
}

function count(channel: i32): u8 {
  expect(probe(frame.WHAT_LOOK)).toBe(OK);
  return load<u8>(data() + frame.LOOK_COUNTS + channel - 1);
}

describe("a blank box under test", () => {
  beforeEach(() => start());

  it("echoes, every second time inverted", () => {
    expect(probe(frame.WHAT_ECHO)).toBe(OK);
    expect(load<u8>(data())).toBe(0);
    expect(load<u8>(data() + 12)).toBe(0xff);
    expect(load<u8>(data() + 24)).toBe(0);
    expect(load<u8>(reply + frame.FRAME_SIZE)).toBe(<u8>frame.PROBE_REPLY_SIZE_MAX);
  });

  it("drives one coil for one pulse, and refuses another meanwhile", () => {
    const pulses = bench.bench_coil_pulses(5, true);
    expect(probe(frame.WHAT_COIL, 5, 1)).toBe(OK);
    bench.run(200, tick);
    expect(bench.bench_relay_closed(5)).toBe(true);
    expect(bench.bench_coil_pulses(5, true)).toBe(pulses + 1);
    expect(probe(frame.WHAT_COIL, 5, 1)).toBe(OK); // into its position as well
    expect(bench.bench_coil_pulses(5, true)).toBe(pulses + 2);
    expect(bench.bench_coil_pulses(6, true)).toBe(0);
    expect(probe(frame.WHAT_COIL, 0, 1)).toBe(E_RANGE);
    expect(probe(frame.WHAT_COIL, 40, 1)).toBe(E_RANGE);
    expect(probe(frame.WHAT_COIL, 1, 2)).toBe(E_RANGE);
  });

  it("gives the relays back to their accounts when nobody probes any more", () => {
    expect(probe(frame.WHAT_COIL, 5, 1)).toBe(OK);
    bench.run(PROBE_KEPT_MS - 1000, tick);
    expect(bench.bench_relay_closed(5)).toBe(true);
    bench.run(2000, tick);
    expect(bench.bench_relay_closed(5)).toBe(false);
  });

  it("counts pulses and directions, and books none", () => {
    expect(probe(frame.WHAT_COIL, 5, 1)).toBe(OK);
    const before = count(5);
    bench.bench_set_load_mw(5, -LOAD_MW);
    bench.run(2000, tick);
    expect(count(5) - before).toBeGreaterThan(10);
    expect(load<u8>(data() + frame.LOOK_REVERSED)).toBe(1 << 4);
    expect(count(6)).toBe(0);
    expect(forwardJ(5)).toBe(0);
    bench.bench_set_load_mw(5, 0);
    bench.run(PROBE_KEPT_MS + PROBE_QUIET_MS, tick);
    expect(forwardJ(5)).toBe(0);
  });

  it("looks at pins, phases and rest", () => {
    bench.bench_socket_short(true);
    bench.bench_service_switch(true);
    expect(probe(frame.WHAT_LOOK)).toBe(OK);
    const all = frame.LOOK_FLAG_SOCKET | frame.LOOK_FLAG_SERVICE | frame.LOOK_FLAG_RESTING;
    expect(<u32>load<u8>(data() + frame.LOOK_FLAGS)).toBe(all);
    for (let phase = 0; phase < 3; phase++) {
      expect(loadLe16(data() + frame.LOOK_SAMPLES + 2 * phase)).toBeLessThan(4096);
      expect(loadLe16(data() + frame.LOOK_VOLTAGES + 2 * phase)).toBeGreaterThan(2150);
    }
    bench.bench_socket_short(false);
    expect(probe(frame.WHAT_LOOK)).toBe(OK);
    expect(load<u8>(data() + frame.LOOK_FLAGS) & 1).toBe(0);
  });

  it("pulses a socket pin once", () => {
    const forward = bench.bench_socket_pulses(1);
    const reverse = bench.bench_socket_pulses(7);
    expect(probe(frame.WHAT_SOCKET, 1)).toBe(OK);
    expect(bench.bench_socket_pulses(7)).toBe(reverse + 1);
    expect(bench.bench_socket_pulses(1)).toBe(forward);
    expect(bench.bench_socket_level(7)).toBe(0);
    expect(probe(frame.WHAT_SOCKET, 2)).toBe(E_RANGE);
  });

  it("fills and compares the spare part of the memory, and nothing else", () => {
    expect(probe(frame.WHAT_MEMORY)).toBe(OK);
    expect(load<u8>(data())).toBe(0x04);
    expect(load<u8>(data() + 3)).toBe(0x03);
    const last = <i32>SPARE_BLOCK_COUNT;
    const before = bench.bench_fram_read(SPARE_BLOCK_ADDRESS - 1);
    expect(probe(frame.WHAT_MEMORY, 1, 0xaa)).toBe(OK);
    expect(probe(frame.WHAT_MEMORY, last, 0xaa)).toBe(OK);
    expect(bench.bench_fram_read(SPARE_BLOCK_ADDRESS)).toBe(0xaa ^ 0xf6);
    expect(bench.bench_fram_read(FRAM_SIZE - 1)).toBe(0xaa); // FFh xor FFh
    expect(bench.bench_fram_read(SPARE_BLOCK_ADDRESS - 1)).toBe(before);
    expect(probe(frame.WHAT_MEMORY, last, 0xaa | frame.MEMORY_COMPARE)).toBe(OK);
    expect(loadLe16(reply + frame.FRAME_PAYLOAD + frame.PROBE_REPLY_DETAIL)).toBe(0);
    bench.bench_fram_write(FRAM_SIZE - 2, 0);
    expect(probe(frame.WHAT_MEMORY, last, 0xaa | frame.MEMORY_COMPARE)).toBe(OK);
    expect(loadLe16(reply + frame.FRAME_PAYLOAD + frame.PROBE_REPLY_DETAIL)).toBe(1);
    expect(probe(frame.WHAT_MEMORY, last + 1)).toBe(E_RANGE);
  });

  it("knows no other probe", () => {
    expect(probe(frame.WHAT_CLOCK + 1)).toBe(E_REQUEST);
    expect(probe(255)).toBe(E_REQUEST);
  });

  it("refuses a coil while relays move", () => {
    bench.bench_open(bench.METER, bench.RELEASE, bench.BLANK);
    init();
    bench.run(1000, tick); // unknown positions are driven, one after the other
    expect(probe(frame.WHAT_COIL, 5, 1)).toBe(E_BUSY);
  });
});

describe("a box with a number", () => {
  beforeEach(() => {
    start();
    provision();
  });

  it("is tested only in the service window, and as long as its switch is closed", () => {
    expect(probe(frame.WHAT_LOOK)).toBe(E_SERVICE);
    bench.bench_service_switch(true);
    restart();
    expect(probe(frame.WHAT_LOOK)).toBe(OK);
    for (let i = 0; i < 6; i++) {
      bench.run(20000, tick); // beyond the window, but begun in it
      expect(probe(frame.WHAT_LOOK)).toBe(OK);
    }
    bench.bench_service_switch(false);
    expect(probe(frame.WHAT_LOOK)).toBe(E_SERVICE);
    bench.bench_service_switch(true);
    bench.run(PROBE_KEPT_MS + 1000, tick);
    expect(probe(frame.WHAT_LOOK)).toBe(E_SERVICE);
    bench.bench_service_switch(false);
  });

  it("books what flows while it is tested, as ever", () => {
    bench.bench_service_switch(true);
    restart();
    expect(probe(frame.WHAT_COIL, 5, 1)).toBe(OK);
    bench.bench_set_load_mw(5, LOAD_MW);
    bench.run(3000, tick);
    expect(forwardJ(5)).toBeGreaterThan(0);
    bench.bench_set_load_mw(5, 0);
    bench.bench_service_switch(false);
  });
});

describe("a box whose memory is out of order", () => {
  it("tells the chip's identification with the refusal", () => {
    start();
    for (let address: u32 = 0; address < 64; address++) bench.bench_fram_write(address, 0);
    restart();
    expect(probe(frame.WHAT_MEMORY)).toBe(E_STORE);
    expect(load<u8>(data() + 1)).toBe(0x7f);
    expect(probe(frame.WHAT_COIL, 5, 1)).toBe(E_STORE);
    expect(probe(frame.WHAT_ECHO)).toBe(OK);
    expect(probe(frame.WHAT_SHOW, 0, 0)).toBe(OK);
  });
});
