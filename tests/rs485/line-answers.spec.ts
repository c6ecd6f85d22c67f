/** The line in the whole panel: when it answers, in which order, through which disturbances. The suite
 *  plays the host and the meter. */

import { I2C_CLOCK, UART_LINE, i2c, uart_write } from "../../src/hal";
import * as frame from "../../src/link/frame";
import {
  PANEL,
  bench_clock,
  bench_now_ms,
  bench_restarts,
  bench_set_clock,
  bench_tube,
} from "../bench";
import { meter, pass, start } from "../panel/meter";
import {
  addDlt,
  addModbus,
  first_ms,
  heardByte,
  heard_size,
  last_ms,
  listen,
  send,
  sent_ms,
  spoil,
} from "./office";

const WRITE_MAILBOX: i32[] = [1, 0x10, 3, 0, 0, 12, 24];
const READ_RESULT: i32[] = [1, 3, 3, 0x10, 0, 2];
const junk: usize = memory.data(256);

/** Duration of a character in the settings of the played meter, us. */
function characterUs(): i32 {
  const bits = meter.line_format == 0 ? 10 : 11;
  return (bits * 1000000) / (1200 << meter.line_rate);
}

/** From the last character of the request to the first of the answer, us; a ms too little at most. */
function delayUs(size: i32): i32 {
  return <i32>(first_ms - sent_ms) * 1000 - (size + 1) * characterUs();
}

function addMailbox(): void {
  const bytes = WRITE_MAILBOX.slice(0);
  for (let i = 0; i < 24; i++) bytes.push(i + 1);
  addModbus(bytes);
}

describe("the answer", () => {
  it("of DL/T 645 begins 20 to 60 ms after the request, at every rate", () => {
    for (let rate = 0; rate < 5; rate++) {
      start();
      meter.line_rate = rate;
      pass(1200);
      addDlt(0x13, []);
      const size = send();
      listen(1000);
      expect(heard_size).toBe(22, `rate ${rate}`);
      expect(delayUs(size)).toBeGreaterThan(19000, `rate ${rate}`);
      expect(delayUs(size)).toBeLessThan(60000, `rate ${rate}`);
      expect(heardByte(0)).toBe(0xfe);
      expect(heardByte(4)).toBe(0x68);
    }
  });

  it("of Modbus begins after 3.5 characters and within 5 ms more, at every rate and format", () => {
    for (let format = 0; format < 3; format++) {
      for (let rate = 0; rate < 5; rate++) {
        start();
        meter.line_rate = rate;
        meter.line_format = format;
        pass(1200);
        addModbus([1, 3, 0x10, 0, 0, 60]);
        const size = send();
        listen(2500);
        expect(heard_size).toBe(125, `rate ${rate}`);
        expect(delayUs(size)).toBeGreaterThan((characterUs() * 7) / 2 - 1000, `rate ${rate}`);
        expect(delayUs(size)).toBeLessThan((characterUs() * 7) / 2 + 5000, `rate ${rate}`);
      }
    }
  });

  it("comes to each of two requests in one burst", () => {
    start();
    pass(1200);
    addModbus([0, 6, 3, 0x28, 0, 1]); // freeze, to everybody
    addModbus([1, 3, 0, 0, 0, 2]);
    send();
    listen(200);
    expect(meter.commands).toBe(1);
    expect(meter.action).toBe(frame.ACTION_FREEZE);
    expect(heard_size).toBe(9);
    expect(heardByte(3) * 256 + heardByte(4)).toBe(0x4d39);
    addModbus([0, 6, 3, 0x28, 0, 1]);
    addDlt(0x13, []); // waits until the meter has frozen
    send();
    listen(200);
    expect(meter.commands).toBe(2);
    expect(heard_size).toBe(22);
  });

  it("does not come to what is for another box", () => {
    start();
    pass(1200);
    addModbus([2, 3, 0, 0, 0, 2]);
    send();
    listen(200);
    expect(heard_size).toBe(0);
  });

  it("does not come when the meter falls silent, and the next is not disturbed by it", () => {
    start();
    pass(1200);
    meter.answers = false;
    addDlt(0x11, [0, 1, 0x90, 0]);
    send();
    listen(3000);
    meter.answers = true;
    pass(300);
    addDlt(0x13, []);
    send();
    listen(200);
    expect(heard_size).toBe(22);
  });

  it("comes again after the transmitter was stuck", () => {
    start();
    pass(1200);
    addModbus([1, 3, 0, 0, 0, 2]);
    const size = send();
    pass((size * 1146) / 1000 + 2);
    uart_write(UART_LINE, junk, 256);
    listen(400);
    addModbus([1, 3, 0, 0, 0, 2]);
    send();
    listen(100);
    expect(heard_size).toBe(9);
    expect(bench_restarts(PANEL)).toBe(0);
  });
});

describe("the mailbox", () => {
  beforeEach(() => {
    start();
    pass(1200);
  });

  it("is echoed at once and carried to the meter; the tubes show it", () => {
    addMailbox();
    send();
    listen(80);
    expect(heard_size).toBe(8);
    expect(meter.messages).toBe(1);
    expect(meter.source).toBe(frame.SOURCE_LINE);
    addModbus(READ_RESULT);
    send();
    listen(80);
    expect(heard_size).toBe(9);
    expect(heardByte(4)).toBe(2);
    expect(heardByte(6)).toBe(0);
    expect(bench_tube(3)).toBe(0x6d); // household 2
  });

  it("tells that the meter did not answer; what waited meanwhile is dropped", () => {
    meter.answers = false;
    addMailbox();
    send();
    listen(80);
    expect(heard_size).toBe(8); // it is not yet known
    addDlt(0x13, []);
    send();
    listen(2200);
    expect(heard_size).toBe(0);
    addModbus(READ_RESULT);
    send();
    listen(80);
    expect(heardByte(4)).toBe(2);
    expect(heardByte(6)).toBe(0xeb); // E_METER
    addModbus([1, 3, 0, 0, 0, 1]);
    send();
    listen(80);
    expect(heard_size).toBe(5);
    expect(heardByte(2)).toBe(4);
    meter.answers = true;
    pass(100);
    addDlt(0x13, []);
    send();
    listen(200);
    expect(heard_size).toBe(22);
  });

  it("takes no message of which any byte was lost, doubled or flipped", () => {
    for (let fault = 0; fault < 3; fault++) {
      for (let at = 0; at < 33; at++) {
        const before = meter.messages;
        addMailbox();
        spoil(at, fault);
        send();
        listen(80);
        const whole = fault == 1 && at == 32; // a byte behind it
        expect(meter.messages - before).toBe(whole ? 1 : 0, `fault ${fault} at ${at}`);
        addModbus([1, 3, 0, 0, 0, 2]);
        send();
        listen(60);
        expect(heard_size).toBe(9, `fault ${fault} at ${at}`);
      }
    }
  });
});

describe("settings", () => {
  it("change the port when the meter tells of them, after the answer under way", () => {
    start();
    pass(1200);
    for (let rate = 4; rate >= 0; rate--) {
      meter.line_rate = rate;
      pass(1200);
      addModbus([1, 3, 0x10, 0, 0, 30]);
      send();
      listen(2000);
      expect(heard_size).toBe(65);
      const duration_us = <i32>(last_ms - first_ms) * 1000;
      expect(abs(duration_us - 64 * characterUs())).toBeLessThan(2000, `rate ${rate}`);
    }
  });

  it("fix a protocol", () => {
    for (let protocol = 0; protocol < 3; protocol++) {
      start();
      meter.line_protocol = protocol;
      pass(1200);
      addModbus([1, 3, 0, 0, 0, 1]);
      send();
      listen(100);
      expect(heard_size > 0).toBe(protocol != 1);
      addDlt(0x13, []);
      send();
      listen(200);
      expect(heard_size > 0).toBe(protocol != 2);
    }
  });

  it("give the address", () => {
    start();
    meter.modbus_address = 247;
    pass(1200);
    addModbus([1, 3, 0, 0, 0, 1]);
    send();
    listen(100);
    expect(heard_size).toBe(0);
    addModbus([247, 3, 0, 0, 0, 1]);
    send();
    listen(100);
    expect(heard_size).toBe(7);
  });
});

describe("a rate by 17h", () => {
  it("is answered at the old one, then holds while right frames come, and falls back", () => {
    start();
    pass(1200);
    addDlt(0x17, [0x40]); // 19200
    send();
    listen(300);
    expect(heard_size).toBe(17);
    expect(<i32>(last_ms - first_ms)).toBeGreaterThan(16);
    for (let i = 0; i < 3; i++) {
      pass(40000);
      addDlt(0x13, []);
      send();
      listen(300);
      expect(heard_size).toBe(22);
      expect(<i32>(last_ms - first_ms)).toBeLessThan(14); // 21 characters of 573 us
    }
    pass(61000);
    addDlt(0x13, []);
    send();
    listen(300);
    expect(heard_size).toBe(22);
    expect(<i32>(last_ms - first_ms)).toBeGreaterThan(20);
  });
});

describe("the clock", () => {
  it("is set by an accepted signed setting, also when it had lost the time", () => {
    start();
    bench_set_clock(0);
    meter.message_kind = frame.SIGNED_KIND_SETTING;
    meter.message_id = 22;
    meter.message_amount = 812345678;
    pass(1200);
    expect(meter.trusted).toBeFalsy();
    addMailbox();
    send();
    listen(300);
    expect(bench_clock()).toBe(812345678);
    store<u8>(junk, 3); // day of the week: 2025-09-28 was a Sunday
    expect(i2c(I2C_CLOCK, junk, 1, 1)).toBe(0);
    expect(load<u8>(junk)).toBe(1);
    pass(1500);
    expect(meter.trusted).toBeTruthy();
    expect(meter.clock_s - 812345678).toBeLessThan(3);
    meter.result = 1; // a repeat sets nothing
    meter.message_amount = 900000000;
    addMailbox();
    send();
    listen(300);
    expect(bench_clock()).toBeLessThan(812345690);
  });

  it("is corrected by everybody's time, within the rules", () => {
    start();
    bench_set_clock(800020800);
    pass(2000);
    const wanted = 800020800 + 100;
    addModbus([
      0,
      0x10,
      3,
      0x20,
      0,
      2,
      4,
      wanted >> 24,
      (wanted >> 16) & 255,
      (wanted >> 8) & 255,
      wanted & 255,
    ]);
    send();
    listen(100);
    expect(heard_size).toBe(0);
    expect(bench_clock() - wanted).toBeLessThan(2);
  });
});

describe("an idle line", () => {
  it("stays silent", () => {
    start();
    listen(20000);
    expect(heard_size).toBe(0);
    expect(bench_now_ms()).toBe(20000);
  });
});
