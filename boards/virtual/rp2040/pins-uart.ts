/** The two serial connections of the box at the pins of emulated microcontrollers: the link between them
 *  and the RS485 transceiver with its direction pin. A character is announced with its start bit. Times
 *  are those of the box, us. */

import type { Connector } from "../connector.ts";
import { DeviceError } from "../errors.ts";
import type { McuName } from "../events.ts";
import { FORMAT_8E1, FORMAT_8N1, FORMAT_8N2, LOST } from "../devices/uart.ts";
import { GUARD_CHARACTERS } from "../devices/line-port.ts";

/** UARTDR, "FE": how a character is told that did not arrive whole. */
const FRAMING_ERROR = 1;
/** HAL.md, uart_open: 2 % at either end. */
const TOLERANCE = 0.04;
/** Speeds that a line has (HAL.md, uart_open: 1200..115200). */
const LINE_BAUDS = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];
const FORMATS = new Map([
  ["8N1", FORMAT_8N1],
  ["8E1", FORMAT_8E1],
  ["8N2", FORMAT_8N2],
]);
const CHUNK = 64;

/** One UART of a microcontroller that has power. */
export interface UartEnd {
  /** Time of a character as it is set now; 0: off. */
  readonly character_us: number;
  /** Bits of a character, start and stop included. */
  readonly bits: number;
  /** "8N1", "8E1", "8N2" or another. */
  readonly format: string;
  /** A character ends at `end_us`, or now if that has passed. */
  receive(byte: number, end_us: number, error: number): void;
}

/** The wires of the link. `end` finds a microcontroller's UART; `tap` is that of Box.link. */
export class LinkPins {
  constructor(
    private readonly end: (name: McuName) => UartEnd | null,
    private readonly tap: (from: McuName, bytes: Uint8Array) => Uint8Array,
  ) {}

  /** A microcontroller begins to send a character that will end at `end_us`. */
  character(from: McuName, byte: number, end_us: number): void {
    const sender = this.end(from);
    const receiver = this.end(from === "meter" ? "panel" : "meter");
    if (sender === null || receiver === null || receiver.character_us === 0) return;
    const off = Math.abs(receiver.character_us / sender.character_us - 1);
    const error = off < TOLERANCE && receiver.bits === sender.bits ? 0 : FRAMING_ERROR;
    for (const arriving of this.tap(from, Uint8Array.of(byte))) {
      receiver.receive(arriving, end_us, error);
    }
  }
}

/** The RS485 transceiver of the panel: DE and /RE on one pin. */
export class LinePins {
  /** Longest that the pin stayed high after a last stop bit, us. */
  longest_hold_us = 0;
  private direction = 0;
  private format = "";
  private row_characters = 0;
  private last_end_us = 0;
  private character_us = 0;
  private readonly bytes = new Uint8Array(CHUNK);

  constructor(
    private readonly connector: Connector,
    private readonly end: () => UartEnd | null,
    private readonly onOpen: (baud: number, format: number) => void,
  ) {}

  /** When the next character on the line ends; Infinity: none is on its way. */
  get next_us(): number {
    const { port } = this.connector;
    return port.opened ? port.next_us : Infinity;
  }

  /** Edge of the direction pin: high from the first bit of a row to the end of its last stop bit and at
   *  most a character longer (HAL.md, "UART ports"). Released earlier, the row breaks off. */
  turn(level: number, now_us: number): void {
    if (level === this.direction) return;
    this.direction = level;
    const sent = this.row_characters;
    this.row_characters = 0;
    if (level === 1 || sent === 0) return;
    const { port } = this.connector;
    const hold_us = now_us - this.last_end_us;
    if (hold_us < -1) {
      if (port.opened) port.retune(port.baud, port.format, now_us);
      return;
    }
    if (hold_us > this.character_us) {
      throw new DeviceError("line", `released ${hold_us} us after the last stop bit`);
    }
    this.longest_hold_us = Math.max(this.longest_hold_us, hold_us);
  }

  /** The panel begins to send a character. */
  character(byte: number, start_us: number, end_us: number): void {
    if (this.direction === 0) return; // the driver is off
    this.follow(start_us);
    if (++this.row_characters > GUARD_CHARACTERS) {
      throw new DeviceError("line", `a row of more than ${GUARD_CHARACTERS} characters`);
    }
    this.bytes[0] = byte;
    this.last_end_us = end_us;
    this.connector.port.write(this.bytes, 0, 1, start_us);
  }

  /** Gives the panel what has arrived by `now_us`; while it sends it hears nothing. */
  deliver(now_us: number): void {
    this.follow(now_us);
    const uart = this.end();
    if (uart === null || this.next_us > now_us) return;
    const { port } = this.connector;
    let count = port.read(this.bytes, 0, CHUNK, now_us);
    if (count === LOST) {
      if (this.direction === 0) uart.receive(0, now_us, FRAMING_ERROR);
      count = port.read(this.bytes, 0, CHUNK, now_us);
    }
    if (this.direction === 1) return;
    for (let i = 0; i < count; i++) uart.receive(this.bytes[i], now_us, 0);
  }

  /** The panel stopped: its transceiver is released at once. */
  release(now_us: number): void {
    this.direction = 0;
    this.row_characters = 0;
    this.format = "";
    this.connector.port.close(now_us);
  }

  /** Opens the port as the panel has set its UART. */
  private follow(now_us: number): void {
    const uart = this.end();
    const character_us = uart === null ? 0 : uart.character_us;
    if (uart === null || character_us === 0) return;
    if (character_us === this.character_us && uart.format === this.format) return;
    const exact = (uart.bits * 1e6) / character_us;
    const baud = LINE_BAUDS.find((known) => Math.abs(exact / known - 1) < TOLERANCE / 2);
    const format = FORMATS.get(uart.format);
    if (baud === undefined || format === undefined) return;
    this.format = uart.format;
    this.character_us = character_us;
    this.connector.port.open(baud, format, now_us);
    this.onOpen(baud, format);
  }
}
