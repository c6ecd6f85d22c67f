/** The panel's part of the factory's self-test through the whole panel core. The suite plays the factory
 *  and a meter that takes every probe. A probe's request is one byte again and again, so the byte
 *  chooses what is probed and fills all other fields as well. */

import { E_CLOCK, E_NOTHING, OK } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import { bench_i2c_stuck, bench_set_clock, bench_tube } from "../bench";
import { officeFrame, officeSendFilled, officeSend, payloadSize } from "../link/peer";
import { pass, start } from "./meter";

const SHOWN_MS: i32 = 0x0505; // value of a SHOW filled with 5

let sequence: i32 = 0;
let heard: usize = 0;

/** Payload of the reply; 0 none came. */
function listen(): usize {
  for (let ms = 0; ms < 300; ms++) {
    pass(1);
    heard = officeFrame();
    if (heard != 0) return heard + frame.FRAME_PAYLOAD;
  }
  return 0;
}

function probe(what: i32): usize {
  officeSendFilled(++sequence & 0xff, frame.KIND_PROBE, frame.PROBE_REQUEST_SIZE, <u8>what);
  return listen();
}

function tubesAre(byte: u8): bool {
  for (let i = 0; i < 10; i++) if (bench_tube(i) != byte) return false;
  return true;
}

describe("a probe of the panel", () => {
  beforeEach(() => {
    start();
    pass(1500);
  });

  it("shows segments for as long as it was told", () => {
    const reply = probe(frame.WHAT_SHOW);
    expect(<i32>load<i8>(reply)).toBe(OK);
    expect(payloadSize(heard)).toBe(frame.PROBE_REPLY_SIZE_MIN);
    pass(20);
    expect(tubesAre(5)).toBe(true);
    expect(bench_tube(10)).toBe(5);
    pass(SHOWN_MS + 20);
    expect(tubesAre(5)).toBe(false);
  });

  it("tells the registers of the clock chip, or that it does not answer", () => {
    bench_set_clock(0x10000000);
    const reply = probe(frame.WHAT_CLOCK);
    expect(<i32>load<i8>(reply)).toBe(OK);
    expect(payloadSize(heard)).toBe(frame.PROBE_REPLY_SIZE_MAX);
    expect(load<u8>(reply + frame.PROBE_REPLY_DATA + 0x0e)).toBe(0x1c); // control, at power up
    bench_i2c_stuck(true);
    expect(<i32>load<i8>(probe(frame.WHAT_CLOCK))).toBe(E_CLOCK);
    bench_i2c_stuck(false);
  });

  it("tells that the reader was not tested", () => {
    expect(<i32>load<i8>(probe(frame.WHAT_READER))).toBe(E_NOTHING); // index 6: the outcome
  });

  it("passes the meter's own probes on as they are", () => {
    officeSend(++sequence & 0xff, frame.KIND_PROBE, frame.PROBE_REQUEST_SIZE);
    const reply = listen();
    expect(<i32>load<i8>(reply)).toBe(OK);
    expect(payloadSize(heard)).toBe(8); // what the played meter answers
  });
});
