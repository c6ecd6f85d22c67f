/** The box's card reader: the chip, its field and the cards in it, and all that can go wrong with them.
 *  What is ordered here takes effect at the present time of the panel, or at the given one. */

import type { Random } from "./random.ts";
import type { Card } from "./devices/cards/card.ts";
import { Field, type Disturbance } from "./devices/cards/field.ts";
import { Mfrc522, type ReaderMode } from "./devices/mfrc522.ts";

export { ClassicCard, type ClassicOptions } from "./devices/cards/classic.ts";
export { IsoDepCard, UltralightCard } from "./devices/cards/foreign.ts";
export type { Card } from "./devices/cards/card.ts";
export { DISTURBANCES, type Disturbance } from "./devices/cards/field.ts";
export type { TornBlock, WriteFault } from "./devices/cards/eeprom.ts";
export type { ReaderMode } from "./devices/mfrc522.ts";

export class Reader {
  readonly field: Field;
  readonly chip: Mfrc522;

  /** `nowUs` is the panel's time. */
  constructor(
    private readonly nowUs: () => number,
    random: Random,
    fitted = true,
  ) {
    this.field = new Field(random);
    this.chip = new Mfrc522(this.field, random);
    this.field.onSync = () => this.chip.advance(this.nowUs());
    if (!fitted) this.chip.setMode("absent-ff", 0);
  }

  // Below: what the board does with the chip.

  powerOn(): void {
    this.chip.powerOn(this.nowUs());
  }

  powerOff(): void {
    this.chip.powerOff(this.nowUs());
  }

  setReset(level: number): void {
    this.chip.setReset(level, this.nowUs());
  }

  /** One select over SPI, complete now. */
  transfer(memory: Uint8Array, offset: number, size: number): void {
    this.chip.transfer(memory, offset, size, this.nowUs());
  }

  // Below: what a person or a fault does.

  /** Cards in the field. */
  get cards(): readonly Card[] {
    this.field.sync();
    return this.field.cards;
  }

  /** Frames sent into the field since the box was made. */
  get frames(): number {
    this.field.sync();
    return this.field.frames;
  }

  /** Answers that cards have given. */
  get answers(): number {
    this.field.sync();
    return this.field.answers;
  }

  present(card: Card): void {
    this.field.sync();
    this.field.enter(card, this.nowUs());
    this.chip.fieldChanged();
  }

  /** Takes one card away, or all. */
  remove(card?: Card): void {
    this.field.sync();
    const leaving = card === undefined ? [...this.field.cards] : [card];
    for (const each of leaving) this.field.leave(each, this.nowUs());
    this.chip.fieldChanged();
  }

  /** The same at a later time, us since the box was made. */
  presentAt(card: Card, time_us: number): void {
    this.field.sync();
    this.field.enterAt(card, time_us);
  }

  removeAt(card: Card, time_us: number): void {
    this.field.sync();
    this.field.leaveAt(card, time_us);
  }

  /** All cards leave `delay_us` after (negative: before) the end of the `frames`th frame from now. */
  removeAfterFrames(frames: number, delay_us = 0): void {
    this.field.sync();
    this.field.leaveAfterFrames(frames, delay_us);
  }

  /** The `answers`th answer from now is disturbed. */
  disturb(answers: number, kind: Disturbance): void {
    this.field.sync();
    this.field.disturb(answers, kind);
  }

  /** One answer in `one_in` is disturbed, by chance; 0: none. */
  setNoise(one_in: number): void {
    this.field.sync();
    this.field.noise_one_in = one_in;
  }

  /** Takes back every order that has not been carried out. */
  calm(): void {
    this.field.sync();
    this.field.calm();
    this.chip.brownOutAfter(null);
  }

  /** The chip loses its registers with the `bytes`th byte from now over SPI. */
  brownOutAfter(bytes: number): void {
    this.chip.brownOutAfter(bytes);
  }

  /** Not fitted (00, ff), stuck, or in order. */
  setMode(mode: ReaderMode): void {
    this.field.sync();
    this.chip.setMode(mode, this.nowUs());
  }
}
