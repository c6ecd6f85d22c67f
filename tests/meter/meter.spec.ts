/** The meter core in a simulated box: how a developer debugs it without host code. The panel is the
 *  release build; provisioning and credit come over the RS485 line as from the office. */
import { copyBytes, fillBytes, storeBe32 } from "../../src/common/bytes";
import { cmac, CMAC_CONTEXT_SIZE, cmacInit } from "../../src/common/cmac";
import * as frame from "../../src/link/frame";
import { init, tick } from "../../src/meter";
import * as bench from "../bench";

const request: usize = memory.data(128, 8);
const reply: usize = memory.data(512, 8);
const key: usize = memory.data(16, 8);
const context: usize = memory.data(256, 8);
if (CMAC_CONTEXT_SIZE > 256) ERROR("context");
let sequence: i32 = 0;

function open(): void {
  bench.bench_open(bench.METER, bench.RELEASE, bench.BLANK);
  init();
  fillBytes(key, 0x39, 16);
  cmacInit(context, key);
}

/** Sends the payload that stands at request + FRAME_PAYLOAD; the reply's payload. */
function ask(kind: i32, size: i32): usize {
  const frame_size = frame.sealFrame(request, ++sequence & 0xff, kind, size);
  bench.bench_line_receive(reply, 512);
  bench.bench_line_send(request, frame_size);
  bench.run(400, tick);
  const received = bench.bench_line_receive(reply, 512);
  expect(received).toBeGreaterThan(frame.FRAME_OVERHEAD);
  expect(<i32>load<u8>(reply + frame.FRAME_KIND)).toBe(kind | frame.REPLY_BIT);
  return reply + frame.FRAME_PAYLOAD;
}

function number(to: usize): void {
  for (let index: usize = 0; index < 5; index++) store<u8>(to + index, <u8>(0x20 + index));
}

function provision(): void {
  const payload = request + frame.FRAME_PAYLOAD;
  number(payload + frame.PROVISION_NUMBER);
  copyBytes(payload + frame.PROVISION_KEY, key, 16);
  expect(load<i8>(ask(frame.KIND_PROVISION, frame.PROVISION_REQUEST_SIZE))).toBe(0);
}

/** Credits a household (1..9) and returns the result. */
function credit(household: i32, purchase: u32, amount: u32): i32 {
  const payload = request + frame.FRAME_PAYLOAD;
  const message = payload + frame.MESSAGE_SIGNED;
  store<u8>(payload + frame.MESSAGE_SOURCE, <u8>frame.SOURCE_LINE);
  number(message);
  store<u8>(message + 5, <u8>household);
  store<u8>(message + frame.SIGNED_KIND, <u8>frame.SIGNED_KIND_CREDIT);
  storeBe32(message + frame.SIGNED_NUMBER, purchase);
  storeBe32(message + frame.SIGNED_AMOUNT, amount);
  store<u8>(message + frame.SIGNED_FLAGS, 0);
  const tag = reply;
  cmac(context, message, 16, tag);
  copyBytes(message + frame.SIGNED_CODE, tag, 8);
  return load<i8>(ask(frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE));
}

/** Forward energy of a household, J (below 2^32). */
function forwardJ(household: i32): u32 {
  store<u8>(request + frame.FRAME_PAYLOAD, <u8>household);
  const payload = ask(frame.KIND_BOOKS_READ, frame.BOOKS_READ_REQUEST_SIZE);
  return load<u32>(payload + frame.BOOKS_REPLY_FORWARD);
}

describe("a meter in its box", () => {
  beforeEach(open);

  test("watts become joules", () => {
    provision();
    expect(credit(1, 1, 10_000)).toBe(0);
    bench.bench_set_load_mw(1, 18_000_000);
    bench.run(60_000, tick);
    bench.bench_set_load_mw(1, 0);
    bench.run(500, tick);
    const fed_j = <u32>bench.bench_energy_fed_j(1);
    const short_j = fed_j - forwardJ(1);
    expect(short_j).toBeLessThan(2250);
    expect(bench.bench_pulses(1)).toBe(forwardJ(1) / 2250);
  });

  test("credit closes the relay, its end opens it, a power cut moves nothing", () => {
    provision();
    bench.run(4_000, tick);
    expect(bench.bench_relay_closed(2)).toBe(false);
    expect(credit(2, 1, 502)).toBe(0);
    expect(bench.bench_relay_closed(2)).toBe(true);
    const operations = bench.bench_relay_operations(2);
    bench.bench_power_off();
    bench.bench_pass(3_000);
    bench.bench_power_on();
    init();
    bench.run(2_000, tick);
    expect(bench.bench_relay_operations(2)).toBe(operations);
    bench.bench_set_load_mw(2, 40_000_000);
    bench.run(10_000, tick);
    expect(bench.bench_relay_closed(2)).toBe(false);
    expect(bench.bench_restarts(bench.METER)).toBe(0);
  });

  test("the tubes come up and go round", () => {
    provision();
    bench.run(3_000, tick);
    let upper_before: u32 = 0;
    let pages = 0;
    for (let step = 0; step < 300; step++) {
      bench.run(100, tick);
      let upper: u32 = 0;
      for (let digit = 0; digit < 4; digit++) upper = (upper << 8) | bench.bench_tube(digit);
      if (upper != upper_before) pages++;
      upper_before = upper;
    }
    expect(pages).toBeGreaterThan(6);
    expect(pages).toBeLessThan(10);
  });

  test("a cut in the middle of a credit leaves it whole or not at all", () => {
    provision();
    expect(credit(3, 1, 1_000)).toBe(0);
    bench.bench_power_cut_after(30, bench.BYTE_GARBAGE);
    const payload = request + frame.FRAME_PAYLOAD;
    const message = payload + frame.MESSAGE_SIGNED;
    storeBe32(message + frame.SIGNED_NUMBER, 2);
    cmac(context, message, 16, reply);
    copyBytes(message + frame.SIGNED_CODE, reply, 8);
    const size = frame.sealFrame(request, ++sequence & 0xff, frame.KIND_MESSAGE, 25);
    bench.bench_line_send(request, size);
    expect(bench.run(2_000, tick)).toBe(false, "power went");
    bench.bench_pass(100);
    bench.bench_power_on();
    init();
    bench.run(500, tick);
    expect(credit(3, 2, 1_000)).toBe(0);
    expect(credit(3, 2, 1_000)).toBe(1);
  });

  test("the watchdog starts a core that stopped ticking", () => {
    bench.run(5_000, tick); // no coil is on any more
    bench.bench_pass(1_500);
    expect(bench.bench_restarts(bench.METER)).toBeGreaterThan(0);
    init();
    bench.run(1_000, tick);
  });
});
