/** The reader's field and the cards in it: power, arrivals and departures at any microsecond, answers
 *  of several cards at once, disturbed answers. It lives only as far as the reader's last access, so
 *  that a card which nobody asks costs nothing. */

import type { Random } from "../../random.ts";
import type { Card, Surroundings } from "./card.ts";
import { answerDelayUs, bitsSent, ETU_US, frameUs } from "./frame.ts";
import type { Answer, Frame, Session } from "./frame.ts";

/** What can happen to one answer on its way to the reader: it is not heard; a parity bit, a data bit or
 *  the start of the frame is wrong; another transmitter collides with it; 3 bits are heard, or none. */
export const DISTURBANCES = [
  "lost",
  "parity",
  "crc",
  "protocol",
  "collision",
  "stray",
  "empty",
] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/** An answer in the air. */
export interface Part {
  card: Card;
  answer: Answer;
  start_us: number;
  end_us: number;
}

/** What the reader's antenna receives. */
export interface Reception {
  bits: Uint8Array;
  align: number;
  /** Index of the first bit in which answers differ; -1: none. */
  collision: number;
  intact: boolean;
  protocol: boolean;
  session: Session | null;
}

interface Move {
  time_us: number;
  card: Card;
  arrives: boolean;
}

const STRAY_BITS = 3;

export class Field implements Surroundings {
  readonly cards: Card[] = [];
  /** Frames that the reader has sent into the field. */
  frames = 0;
  /** Answers that cards have given. */
  answers = 0;
  /** Time of the next ordered arrival or departure. */
  next_us = Infinity;
  /** Set by the reader: brings it and the field to the present time. */
  onSync: () => void = () => undefined;

  /** One answer in so many is disturbed, by chance; 0: none. */
  noise_one_in = 0;
  private is_on = false;
  private settled_us = 0;
  private moves: Move[] = [];
  private departure: { frames: number; delay_us: number } | null = null;
  private disturbance: { answers: number; kind: Disturbance } | null = null;

  constructor(private readonly random: Random) {}

  get on(): boolean {
    return this.is_on;
  }

  sync(): void {
    this.onSync();
  }

  setOn(on: boolean, now_us: number): void {
    if (on === this.is_on) return;
    this.is_on = on;
    for (const card of this.cards) {
      if (on) card.powerUp(now_us);
      else card.powerDown(now_us);
    }
  }

  enter(card: Card, now_us: number): void {
    if (this.cards.includes(card)) return;
    card.enter(this.random, this);
    this.cards.push(card);
    if (this.is_on) card.powerUp(now_us);
  }

  leave(card: Card, now_us: number): void {
    const index = this.cards.indexOf(card);
    if (index < 0) return;
    card.powerDown(now_us);
    this.cards.splice(index, 1);
    card.leave();
  }

  drop(card: Card): void {
    this.sync();
    this.leave(card, this.settled_us);
  }

  leaveAt(card: Card, time_us: number): void {
    this.order({ time_us, card, arrives: false });
  }

  enterAt(card: Card, time_us: number): void {
    this.order({ time_us, card, arrives: true });
  }

  /** All cards leave `delay_us` after the end (before: negative) of the `frames`th frame from now. */
  leaveAfterFrames(frames: number, delay_us: number): void {
    this.departure = { frames, delay_us };
  }

  /** The `answers`th answer from now is disturbed. */
  disturb(answers: number, kind: Disturbance): void {
    this.disturbance = { answers, kind };
  }

  /** Takes back every order. */
  calm(): void {
    this.moves = [];
    this.next_us = Infinity;
    this.departure = null;
    this.disturbance = null;
    this.noise_one_in = 0;
  }

  /** Carries out the next ordered move. */
  step(): void {
    const move = this.moves.shift();
    this.next_us = this.moves[0]?.time_us ?? Infinity;
    if (move?.arrives) this.enter(move.card, move.time_us);
    else if (move) this.leave(move.card, move.time_us);
  }

  settle(now_us: number): void {
    this.settled_us = now_us;
    for (const card of this.cards) card.settle(now_us);
  }

  /** A frame begins that will end at `end_us`. */
  announce(start_us: number, end_us: number): void {
    this.frames++;
    const { departure } = this;
    if (departure === null || --departure.frames > 0) return;
    this.departure = null;
    const time_us = Math.max(start_us, end_us + departure.delay_us);
    for (const card of this.cards) this.leaveAt(card, time_us);
  }

  /** A frame has ended; returns what the cards are going to answer. */
  deliver(frame: Frame, start_us: number, end_us: number): Part[] {
    const parts: Part[] = [];
    for (const card of this.cards) {
      const answer = card.receive(frame, start_us, end_us);
      if (answer === null) continue;
      const answer_us = end_us + answerDelayUs(frame, answer.delay_us);
      const air_us = frameUs(answer.bits.length, answer.align);
      parts.push({ card, answer, start_us: answer_us, end_us: answer_us + air_us });
    }
    if (parts.length > 0) this.answers++;
    return parts;
  }

  /** What is heard of these answers by their end; null: nothing. */
  receive(parts: Part[]): Reception | null {
    const heard = parts.map((part) => cutShort(part)).filter(({ bits }) => bits.length > 0);
    const kind = this.takeDisturbance();
    if (heard.length === 0 || kind === "lost") return null;
    const [first] = heard;
    const length = Math.max(...heard.map(({ bits }) => bits.length));
    const { align, session } = first.answer;
    const bits = new Uint8Array(length);
    let collision = heard.some((one) => Math.abs(one.start_us - first.start_us) > ETU_US) ? 0 : -1;
    for (let i = 0; i < length; i++) {
      const values = heard.filter((one) => i < one.bits.length).map((one) => one.bits[i]);
      bits[i] = Math.max(...values);
      if (collision < 0 && bits[i] !== Math.min(...values)) collision = i;
    }
    const reception = { bits, align, collision, intact: true, protocol: true, session };
    return kind === null ? reception : disturbed(reception, kind);
  }

  private takeDisturbance(): Disturbance | null {
    if (this.noise_one_in > 0 && this.random.below(this.noise_one_in) === 0) {
      return DISTURBANCES[this.random.below(DISTURBANCES.length)];
    }
    if (this.disturbance === null || --this.disturbance.answers > 0) return null;
    const { kind } = this.disturbance;
    this.disturbance = null;
    return kind;
  }

  private order(move: Move): void {
    this.moves.push(move);
    this.moves.sort((a, b) => a.time_us - b.time_us); // stable: ties in order of entry
    this.next_us = this.moves[0].time_us;
  }
}

/** When the answer of a part ends, or ended because its card lost power. */
export function partEndUs({ card, start_us, end_us }: Part): number {
  return card.powered_us > start_us ? Math.max(start_us, Math.min(end_us, card.lost_us)) : end_us;
}

function cutShort(part: Part): Part & { bits: Uint8Array } {
  const { answer, start_us, end_us } = part;
  const until_us = partEndUs(part);
  const sent = bitsSent(until_us - start_us, answer.align);
  return { ...part, bits: until_us >= end_us ? answer.bits : answer.bits.subarray(0, sent) };
}

function disturbed(heard: Reception, kind: Disturbance): Reception {
  const middle = heard.bits.length >> 1;
  if (kind === "parity") return { ...heard, intact: false };
  if (kind === "protocol") return { ...heard, protocol: false };
  if (kind === "collision") return { ...heard, collision: middle };
  if (kind === "stray") return { ...heard, bits: heard.bits.slice(0, STRAY_BITS) };
  if (kind === "empty") return { ...heard, bits: new Uint8Array(0) };
  const bits = heard.bits.slice();
  bits[middle] ^= 1;
  return { ...heard, bits };
}
