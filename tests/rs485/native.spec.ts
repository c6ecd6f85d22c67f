/** Native frames on RS485 through the whole panel core. The suite plays the office and the
 *  meter. */

import { E_METER, E_REQUEST } from "../../src/common/errors";
import * as frame from "../../src/link/frame";
import { bench_tube } from "../bench";
import {
  officeFrame,
  officeSend,
  officeSendFilled,
  officeSendPart,
  payloadSize,
} from "../link/peer";
import { meter, pass, start } from "../panel/meter";

function lamps(): u8 {
  return bench_tube(10);
}

let office_frames: i32 = 0;
let office_kind: i32 = 0;
let office_sequence: i32 = 0;
let office_result: i32 = 0;
let office_size: i32 = 0;

/** Lets time pass; counts what the office hears. */
function listen(ms: i32): void {
  office_frames = 0;
  for (let i = 0; i < ms; i++) {
    pass(1);
    const got = officeFrame();
    if (got == 0) continue;
    office_frames++;
    office_kind = <i32>load<u8>(got + frame.FRAME_KIND);
    office_sequence = <i32>load<u8>(got + frame.FRAME_SEQUENCE);
    office_result = <i32>load<i8>(got + frame.FRAME_PAYLOAD);
    office_size = payloadSize(got);
  }
}

describe("native frames", () => {
  beforeEach(() => {
    start();
    pass(500);
  });

  it("relays a request and replies under the asker's sequence", () => {
    for (let sequence = 250; sequence < 260; sequence++) {
      officeSend(sequence & 0xff, frame.KIND_SETTING_READ, frame.SETTING_READ_REQUEST_SIZE);
      listen(100);
      expect(office_frames).toBe(1);
      expect(office_kind).toBe(frame.KIND_SETTING_READ | frame.REPLY_BIT);
      expect(office_sequence).toBe(sequence & 0xff);
      expect(office_size).toBe(8);
    }
  });

  it("answers a repeat from its store, without asking the meter again", () => {
    officeSend(1, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE);
    listen(200);
    expect(office_frames).toBe(1);
    officeSend(1, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE);
    listen(200);
    expect(office_frames).toBe(1);
    expect(meter.messages).toBe(1);
    officeSend(2, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE);
    listen(200);
    expect(meter.messages).toBe(2);
    listen(2000); // an old reply is not given again
    officeSend(2, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE);
    listen(200);
    expect(meter.messages).toBe(3);
  });

  it("does not relay polls, replies and unknown kinds", () => {
    const kinds: i32[] = [0, frame.KIND_POLL, 19, 0x82, 0x87, 0x88];
    for (let i = 0; i < kinds.length; i++) {
      officeSend(i, kinds[i], 8);
      listen(100);
      expect(office_frames).toBe(0);
    }
  });

  it("refuses what only a card or a password may ask", () => {
    for (let kind = frame.KIND_CARD_KEYS; kind <= frame.KIND_CARD_RECORD; kind++) {
      officeSend(kind, kind, frame.requestSize(kind));
      listen(150);
      expect(office_frames).toBe(1);
      expect(office_kind).toBe(kind | frame.REPLY_BIT);
      expect(office_result).toBe(E_REQUEST);
      expect(office_size).toBe(1);
    }
    officeSend(99, frame.KIND_COMMAND, frame.COMMAND_REQUEST_SIZE);
    listen(150);
    expect(office_frames).toBe(1);
    expect(office_result).toBe(E_REQUEST);
    expect(meter.cards + meter.commands).toBe(0);
  });

  it("relays the reads of records too", () => {
    for (let kind = frame.KIND_SLICE_READ; kind <= frame.KIND_EVENT_FIND; kind++) {
      officeSend(kind, kind, frame.requestSize(kind));
      listen(150);
      expect(office_frames).toBe(1);
      expect(office_kind).toBe(kind | frame.REPLY_BIT);
      expect(office_size).toBe(8);
    }
  });

  it("takes a message from the line for nothing else", () => {
    meter.source = 99;
    officeSendFilled(3, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE, 1);
    listen(200);
    expect(meter.messages).toBe(1);
    expect(meter.source).toBe(frame.SOURCE_LINE);
  });

  it("refuses a wrong size", () => {
    officeSend(9, frame.KIND_MESSAGE, 24);
    listen(100);
    expect(office_frames).toBe(1);
    expect(office_result).toBe(E_REQUEST);
    expect(office_size).toBe(1);
    expect(meter.messages).toBe(0);
  });

  it("says so when the meter is lost, and serves again when it is back", () => {
    meter.answers = false;
    pass(2500);
    officeSend(9, frame.KIND_SETTING_READ, 2);
    listen(100);
    expect(office_frames).toBe(1);
    expect(office_result).toBe(E_METER);
    meter.answers = true;
    pass(100);
    officeSend(10, frame.KIND_SETTING_READ, 2);
    listen(100);
    expect(office_result).toBe(0);
    meter.answers = false;
    officeSend(11, frame.KIND_SETTING_READ, 2);
    listen(2300); // the meter falls silent with the request in hand
    expect(office_frames).toBe(1);
    expect(office_result).toBe(E_METER);
  });

  it("drops a frame with a gap in it and takes the next", () => {
    officeSendPart(1, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE, 20);
    listen(40);
    officeSend(2, frame.KIND_SETTING_READ, 2);
    listen(100);
    expect(office_frames).toBe(1);
    expect(office_sequence).toBe(2);
    expect(meter.messages).toBe(0);
  });

  it("lights the line lamp for 100 ms", () => {
    expect(lamps() & 16).toBe(0);
    officeSendPart(1, frame.KIND_MESSAGE, frame.MESSAGE_REQUEST_SIZE, 1);
    pass(15);
    expect(lamps() & 16).toBe(16);
    pass(80);
    expect(lamps() & 16).toBe(16);
    pass(30);
    expect(lamps() & 16).toBe(0);
  });
});
