/** Frames of chance for the line: noise, right envelopes of DL/T 645, Modbus and native frames around
 *  chance, and good requests with something changed under a right check. Fair: never the right password, no
 *  right code, and no change of the rate, which anybody may order (17h). */

import { Random } from "../../boards/virtual/random.ts";
import * as kit from "../meter/kit.ts";
import { addressOf, AUTHORITY, CREDIT, MODBUS_ADDRESS, modbus } from "./traffic.ts";

const RATE = 0x17;
const FUNCTIONS = [0x03, 0x08, 0x11, 0x11, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16];
const MORE_FUNCTIONS = [RATE, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x91, 0xb1, 0x83];
const CLASSES = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x1d, 0x1e];
const CODES = [3, 4, 6, 0x10, 0x17, 8, 0x2b, 1, 2, 5, 0x0f, 0x11, 0x83];
const BLOCKS = [0, 0x0100, 0x0180, 0x0200, 0x0300, 0x0310, 0x0320, 0x1000, 0x1980, 0xff00];
const OWN = [MODBUS_ADDRESS, MODBUS_ADDRESS];
const LONGEST_NOISE = 60;
const LONGEST_BODY = 50;
/** Of requests to this box one in so many is waited for; the others are hurried past. */
const PATIENCE = 3;
const DLT_ANSWER_MS = 90;
const MODBUS_ANSWER_MS = 14;

export interface ChanceFrame {
  bytes: Buffer;
  /** Silence after it. */
  pause_ms: number;
}

/** A DL/T 645 frame around any address and data. */
function envelope(address: Uint8Array, control: number, data: Uint8Array): Buffer {
  const shifted = data.map((byte) => byte + 0x33);
  const head = Buffer.from([0x68, ...address, 0x68, control, data.length]);
  const body = Buffer.concat([head, shifted]);
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Buffer.concat([body, Buffer.from([sum & 0xff, 0x16])]);
}

export class Chance {
  /** How many of each kind were made. */
  readonly drawn: Record<string, number> = {};
  private readonly random: Random;

  constructor(readonly seed: number) {
    this.random = new Random(seed);
  }

  frame(): ChanceFrame {
    const kinds = ["noise", "dlt", "dlt", "modbus", "modbus", "native", "changed"] as const;
    const kind = this.one([...kinds]);
    this.drawn[kind] = (this.drawn[kind] ?? 0) + 1;
    if (kind === "dlt") return this.dlt();
    if (kind === "modbus") return this.modbus();
    if (kind === "native") return this.native();
    if (kind === "changed") return this.changed();
    const bytes = this.bytes(1 + this.below(LONGEST_NOISE));
    return { bytes, pause_ms: this.below(4) };
  }

  private below(limit: number): number {
    return this.random.below(limit);
  }

  private one<T>(items: T[]): T {
    return items[this.below(items.length)];
  }

  private bytes(size: number): Buffer {
    return Buffer.from(Array.from({ length: size }, () => this.below(256)));
  }

  private waited(answer_ms: number, hurried_ms: number): number {
    return this.below(PATIENCE) === 0 ? answer_ms : hurried_ms;
  }

  /** This box, a household in use or not, wildcards, everybody, a stranger. */
  private address(): Buffer {
    const kind = this.below(8);
    const own = Buffer.from(addressOf(this.below(45)), "hex").reverse();
    if (kind === 0) return this.bytes(6);
    if (kind === 1) return Buffer.alloc(6, 0xaa);
    if (kind === 2) return own.fill(0xaa, 1 + this.below(5));
    if (kind === 3) return Buffer.alloc(6, 0x99);
    if (kind === 4) own[0] = 0;
    return own;
  }

  private dlt(): ChanceFrame {
    const functions = [...FUNCTIONS, ...MORE_FUNCTIONS, this.below(256)];
    const control = this.one(functions);
    const data = this.bytes(this.below(4) === 0 ? 4 : this.below(LONGEST_BODY));
    if (data.length >= 4) this.nameSomething(data);
    if ((control & 0x1f) === RATE && data.length === 1) data[0] |= 0x81; // no rate at all
    const bytes = envelope(this.address(), control, data);
    return { bytes, pause_ms: this.waited(DLT_ANSWER_MS, this.below(6)) };
  }

  /** An identifier that is likely to exist, in most cases. */
  private nameSomething(data: Buffer): void {
    if (this.below(8) === 0) return;
    data[3] = this.one(CLASSES);
    data[2] = this.one([0, 0, 1, 2, 3, 6, 0x11, 0x30, 0x33, 0x80, 0x90, 0xff, data[2]]);
    data[1] = this.one([0, 1, 2, 3, 4, 5, 0x0b, 0x0f, 0x10, 0xff, data[1]]);
    data[0] = this.one([0, 1, 2, 3, 4, 0x0a, 0x0c, 0xff, data[0]]);
  }

  private modbus(): ChanceFrame {
    const address = this.one([...OWN, ...OWN, 0, 1, this.below(256)]);
    const pdu = this.bytes(1 + this.below(this.below(3) === 0 ? LONGEST_BODY : 8));
    pdu[0] = this.below(10) === 0 ? pdu[0] : this.one(CODES);
    if (pdu.length >= 5 && this.below(6) > 0) {
      pdu.writeUInt16BE(this.one(BLOCKS) + this.below(0x30), 1);
      pdu.writeUInt16BE(this.below(130), 3);
    }
    if (pdu.length >= 8 && pdu[0] === 0x10 && this.below(3) > 0) {
      pdu.writeUInt16BE((pdu.length - 6) >> 1, 3);
      pdu[5] = pdu.length - 6;
    }
    const bytes = modbus(address, pdu);
    return { bytes, pause_ms: this.waited(MODBUS_ANSWER_MS, this.below(5)) };
  }

  private native(): ChanceFrame {
    const kind = this.one([...Array.from({ length: 20 }, (_, index) => index), this.below(256)]);
    const size = this.one([0, 1, 2, 4, 5, 8, 12, 21, 24, 25, 28, this.below(101)]);
    const bytes = kit.frame(this.below(256), kind, this.bytes(size));
    return { bytes, pause_ms: this.waited(30, this.below(6)) };
  }

  /** A good write, recharge or switch with one byte changed, under a right check. */
  private changed(): ChanceFrame {
    const message = kit.signed(CREDIT, 2, 2, 500);
    const switching = [0x1a, 0, 0, 0, 0x23, 0x21, 0x11, 0x25];
    const bodies: [number, number[]][] = [
      [0x03, [0xff, 0x02, 0x01, 0x07, 1, 0, 0, 0, ...message]],
      [0x14, [0x01, 0x0f, 0x00, 0x04, ...AUTHORITY, 0, 0x20, 0, 0]],
      [0x1c, [...AUTHORITY, ...switching]],
      [0x1a, [...AUTHORITY]],
      [0x1b, [...AUTHORITY, 0xff, 0xff, 0xff, 0xff]],
    ];
    const choice = this.below(bodies.length + 1);
    if (choice === bodies.length) {
      message[this.below(message.length)] ^= 1 + this.below(255);
      const head = Buffer.from([0x10, 0x03, 0x00, 0, 12, 24]);
      return {
        bytes: modbus(MODBUS_ADDRESS, Buffer.concat([head, message])),
        pause_ms: this.waited(60, 5),
      };
    }
    const [control, body] = bodies[choice];
    const data = Buffer.from(body);
    const password_at = control === 0x14 ? 4 : 0;
    const changed_at =
      control === 0x03 ? 8 + this.below(message.length) : password_at + this.below(4);
    data[changed_at] ^= 1 + this.below(255);
    const address = Buffer.from(addressOf(control === 0x03 ? 2 : 1), "hex").reverse();
    const bytes = envelope(address, control, data);
    return { bytes, pause_ms: this.waited(DLT_ANSWER_MS, this.below(6)) };
  }
}
