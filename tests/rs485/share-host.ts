/** A host on the line of the shared reader. */

import { type Fleet } from "../../boards/virtual/fleet.ts";
import { type LineHost } from "../../boards/virtual/line.ts";
import { C_READ, C_SECURITY, FrameReader, identifierBytes } from "../../tools/line/dlt.ts";
import { makeFrame, type Frame } from "../../tools/line/dlt.ts";

/** A computer that reads the boxes one after the other and, when it knows of the shared reader, looks at
 *  that every 400 ms and grants it time. */
export class Host {
  present = false;
  grants = false;
  /** Silence that it listens for before it comes back, ms. */
  polite_ms = 550;
  /** Right answers to its reads, and how often it granted. */
  answers = 0;
  granted = 0;
  /** Requests without an answer. */
  lost = 0;
  /** State of the reader as it last heard, register 0014h. */
  reader_state = -1;

  private readonly line: LineHost;
  private reader = new FrameReader();
  private free_ms = 0; // when it may speak again
  private heard_ms = 0;
  private asked_ms = -1; // when it asked what is open, -1 nothing is
  private asked: Frame | null = null;
  private looked_ms = -1_000;
  private turn = 0;

  constructor(
    readonly fleet: Fleet,
    /** Of the boxes, the one with the reader first. */
    private readonly numbers: string[],
  ) {
    this.line = fleet.line.host();
  }

  /** Says something at once, whoever is speaking. */
  blurt(bytes: Uint8Array): void {
    this.line.send(bytes);
  }

  /** Asks a box for a value of one byte, in peace; -1: no answer. */
  ask(box_number: string, identifier: string): number {
    this.line.receive();
    const address = `${box_number}00`;
    this.line.send(makeFrame({ address, control: C_READ, data: identifierBytes(identifier) }));
    this.fleet.runMs(300);
    const frames = new FrameReader().take(this.line.receive());
    return frames.length === 1 && frames[0].control === 0x91 ? frames[0].data[4] : -1;
  }

  come(): void {
    this.present = true;
    this.asked_ms = -1;
    this.free_ms = this.fleet.now_ms;
  }

  leave(): void {
    this.present = false;
  }

  /** One ms. */
  step(): void {
    const now_ms = this.fleet.now_ms;
    const bytes = this.line.receive();
    if (bytes.length > 0) this.heard_ms = now_ms;
    for (const frame of this.reader.take(bytes)) this.take(frame, now_ms);
    if (!this.present) return;
    if (this.asked_ms >= 0) {
      if (now_ms - this.asked_ms < 600) return;
      this.asked_ms = -1;
      this.lost++;
      this.reader = new FrameReader();
      this.free_ms = now_ms + 1_000; // it repeats after a second
    }
    if (now_ms < this.free_ms || this.line.pending > 0) return;
    if (this.polite_ms > 0 && this.asked === null && now_ms - this.heard_ms < this.polite_ms)
      return;
    this.askNext(now_ms);
  }

  private askNext(now_ms: number): void {
    if (this.reader_state === 3 && this.grants) {
      const data = Uint8Array.of(...identifierBytes("07F00100"), 0, 0, 0, 0, 0xe8, 0x03);
      this.send({ address: `${this.numbers[0]}00`, control: C_SECURITY, data }, now_ms);
    } else if (now_ms - this.looked_ms >= 400) {
      this.looked_ms = now_ms;
      this.sendRead(`${this.numbers[0]}00`, "04801600", now_ms);
    } else {
      this.turn++;
      const household = 1 + (this.turn % 39);
      const address =
        this.numbers[this.turn % this.numbers.length] + String(household).padStart(2, "0");
      this.sendRead(address, "00900100", now_ms);
    }
  }

  private sendRead(address: string, identifier: string, now_ms: number): void {
    this.send({ address, control: C_READ, data: identifierBytes(identifier) }, now_ms);
  }

  private send(frame: Frame, now_ms: number): void {
    this.asked = frame;
    this.asked_ms = now_ms;
    this.line.send(makeFrame(frame));
  }

  private take(frame: Frame, now_ms: number): void {
    const asked = this.asked;
    if (this.asked_ms < 0 || asked === null || frame.address !== asked.address) return;
    if ((frame.control & 0x9f) !== (asked.control | 0x80)) return;
    this.asked_ms = -1;
    this.free_ms = now_ms + 20;
    if (asked.control === C_SECURITY) {
      this.reader_state = -1;
      if (frame.control !== 0x83) return;
      this.granted++;
      this.free_ms = now_ms + 1_000;
    } else if (frame.control === 0x91) {
      this.answers++;
      if (frame.data[1] === 0x16) this.reader_state = frame.data[4];
    }
  }
}
