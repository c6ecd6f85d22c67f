/** Any card of ISO/IEC 14443-3 type A: states, anticollision, selection, halt. What a selected card
 *  does is its type's business. A card loses all of this with the field, at once; it answers 5 ms
 *  after it came back (clause 5: an unmodulated field of 5 ms). */

import type { Random } from "../../random.ts";
import type { Eeprom } from "./eeprom.ts";
import { ACK, bitsOf, crcFits, withCrc } from "./frame.ts";
import type { Answer, Frame, Proof, Session } from "./frame.ts";

/** "6.2.3": REQA, WUPA, sent with seven bits; SEL of the three cascade levels; HLTA. */
const REQA = 0x26;
const WUPA = 0x52;
const SELECT = [0x93, 0x95, 0x97];
const NVB_ALL = 0x70;
const HLTA = 0x50;
/** "6.4.4": a byte in place of a UID byte says that the UID is longer. */
const CASCADE_TAG = 0x88;
const SAK_INCOMPLETE = 0x04;
const SETTLE_US = 5000;

/** What surrounds a card in a field. */
export interface Surroundings {
  /** Brings field and card to the present time. */
  sync(): void;
  /** The card leaves the field at that time. */
  leaveAt(card: Card, time_us: number): void;
  /** The card leaves the field now. */
  drop(card: Card): void;
}

export type CardState = "idle" | "ready" | "active" | "halt";

/** Four UID bytes and their check byte, as they go over the air. */
export type UidPart = Uint8Array;

export abstract class Card {
  /** Since when the card has had power; Infinity: it has none. */
  powered_us = Infinity;
  /** When it lost power last. */
  lost_us = -Infinity;
  /** Frames the card heard, understood or not. */
  heard = 0;

  protected session: Session | null = null;
  protected random!: Random;
  protected state: CardState = "idle";
  protected starred = false;
  /** Memory that takes time to program. */
  protected eeprom: Eeprom | null = null;
  protected surroundings: Surroundings | null = null;
  private level = 0;

  /** `atqa` as its value: 0x0004 is sent as 04 00. */
  constructor(
    readonly uid: Uint8Array,
    private readonly parts: UidPart[],
    readonly atqa: number,
    readonly sak: number,
  ) {}

  /** What the card is, for messages. */
  abstract readonly type: string;

  /** Idle, ready, active or halt; starred when it was woken from halt. */
  get condition(): string {
    this.surroundings?.sync();
    return this.state + (this.starred ? "*" : "");
  }

  /** Enters a field, out of any other one; `random` is for its torn writes. */
  enter(random: Random, surroundings: Surroundings): void {
    this.surroundings?.drop(this);
    this.random = random;
    this.surroundings = surroundings;
  }

  leave(): void {
    this.surroundings = null;
  }

  /** Lets programming end that has had its time by `now_us`. */
  settle(now_us: number): void {
    if (this.powered_us !== Infinity) this.eeprom?.settle(now_us, this.random);
  }

  powerUp(now_us: number): void {
    if (this.powered_us === Infinity) this.powered_us = now_us;
  }

  powerDown(now_us: number): void {
    if (this.powered_us === Infinity) return;
    this.eeprom?.lose(now_us, this.random);
    this.powered_us = Infinity;
    this.lost_us = now_us;
    this.state = "idle";
    this.starred = false;
    this.session = null;
    this.forget();
  }

  /** A frame that was in the air from `start_us` to `end_us`; null: the card is silent. */
  receive(frame: Frame, start_us: number, end_us: number): Answer | null {
    if (start_us - this.powered_us < SETTLE_US || this.isBusy(end_us)) return null;
    this.heard++;
    if (this.state === "active") return this.whenActive(frame, end_us);
    if (frame.session !== null) return this.state === "ready" ? this.fallBack() : null;
    if (this.state === "ready") return this.whenReady(frame);
    return this.isWakeUp(frame) ? this.wake() : this.whenAsleep(frame, end_us);
  }

  /** What the card remembers of a session is gone. */
  protected abstract forget(): void;

  /** A frame with a right CRC, without it. */
  protected abstract command(body: Uint8Array, now_us: number): Answer | null;

  /** A frame in the right session, with a wrong CRC or a broken byte. */
  protected abstract corrupt(): Answer | null;

  /** The reader's part of an authentication. */
  protected abstract prove(proof: Proof): Answer | null;

  /** A frame to a card that is idle or halted, and that does not wake it. */
  protected abstract whenAsleep(frame: Frame, now_us: number): Answer | null;

  private isBusy(now_us: number): boolean {
    this.settle(now_us);
    return this.eeprom?.isBusy(now_us) ?? false;
  }

  /** Back to idle, or to halt when it was woken from there, silently. */
  protected fallBack(): null {
    this.state = this.starred ? "halt" : "idle";
    this.starred = false;
    this.session = null;
    this.forget();
    return null;
  }

  protected halt(): null {
    this.fallBack();
    this.state = "halt";
    return null;
  }

  /** "6.3": HLTA is 50 00. */
  protected isHalt(body: Uint8Array): boolean {
    return body.length === 2 && body[0] === HLTA && body[1] === 0;
  }

  protected answer(bytes: ArrayLike<number>, delay_us = 0): Answer {
    const bits = bitsOf(Uint8Array.from(bytes), 0, bytes.length * 8);
    return { bits, align: 0, delay_us, session: this.session };
  }

  protected nibble(value: number, delay_us = 0, session = this.session): Answer {
    return { bits: bitsOf(Uint8Array.of(value), 0, 4), align: 0, delay_us, session };
  }

  /** The 4-bit answer to what was accepted. */
  acknowledge(delay_us = 0): Answer {
    return this.nibble(ACK, delay_us);
  }

  /** REQA wakes an idle card, WUPA a halted one as well. */
  private isWakeUp({ bytes, bits }: Frame): boolean {
    const code = bytes[0] & 0x7f;
    return bits === 7 && (code === WUPA || (code === REQA && this.state === "idle"));
  }

  private wake(): Answer {
    this.starred = this.state === "halt";
    this.state = "ready";
    this.level = 0;
    return this.answer([this.atqa & 0xff, this.atqa >> 8]);
  }

  private whenReady(frame: Frame): Answer | null {
    const { bytes, bits } = frame;
    if (bits < 16 || bytes[0] !== SELECT[this.level] || !frame.intact) return this.fallBack();
    if (bytes[1] === NVB_ALL) return this.select(frame);
    const known = bits - 16;
    if (bits !== (bytes[1] >> 4) * 8 + (bytes[1] & 0x0f) || known >= 40) return this.fallBack();
    const part = this.parts[this.level];
    const own = bitsOf(part, 0, known);
    if (!bitsOf(bytes, 16, bits).every((bit, i) => bit === own[i])) return this.fallBack();
    return { bits: bitsOf(part, known, 40), align: known & 7, delay_us: 0, session: null };
  }

  private select({ bytes, bits }: Frame): Answer | null {
    const part = this.parts[this.level];
    const fits = bits === 72 && crcFits(bytes) && part.every((byte, i) => byte === bytes[2 + i]);
    if (!fits) return this.fallBack();
    this.level++;
    if (this.level < this.parts.length) return this.answer(withCrc([SAK_INCOMPLETE]));
    this.state = "active";
    return this.answer(withCrc([this.sak]));
  }

  private whenActive(frame: Frame, now_us: number): Answer | null {
    if (frame.session !== this.session || !frame.intact) return this.fallBack();
    if (frame.proof !== undefined) return this.prove(frame.proof);
    if (frame.bits === 7) return this.fallBack();
    if ((frame.bits & 7) !== 0 || !crcFits(frame.bytes)) return this.corrupt();
    return this.command(frame.bytes.subarray(0, frame.bytes.length - 2), now_us);
  }
}

/** SELECT of any cascade level. */
export function isSelect(body: Uint8Array): boolean {
  return SELECT.includes(body[0]) && body[1] === NVB_ALL && body.length === 7;
}

/** The parts that a UID of 4, 7 or 10 bytes is sent in. */
export function uidParts(uid: Uint8Array): UidPart[] {
  const parts: UidPart[] = [];
  for (let at = 0; at < uid.length;) {
    const is_last = uid.length - at <= 4;
    const four = is_last ? uid.subarray(at, at + 4) : [CASCADE_TAG, ...uid.subarray(at, at + 3)];
    at += is_last ? 4 : 3;
    parts.push(Uint8Array.of(...four, four[0] ^ four[1] ^ four[2] ^ four[3]));
  }
  return parts;
}
