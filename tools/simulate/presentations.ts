/** Who holds which card to the reader, and for how long. Residents wait until the reader is free; a
 *  card shown on purpose is put there at once, whatever lies there already. Counts presentations and
 *  what they came to, and writes dump files back once their cards are taken away. */

import type { Box } from "../../boards/virtual/box.ts";
import type { ReturnData } from "../card/content.ts";
import type { Cabinet, HeldCard } from "./cabinet.ts";
import { RESULT_OK, RESULT_REPEAT } from "./office-codes.ts";
import {
  earlyResult,
  lateResult,
  lookBefore,
  returnSince,
  shownError,
  type Before,
  type Scene,
} from "./verdict.ts";

/** Between two cards, so that the box sees the first one go; also what is waited for a late result. */
const GAP_MS = 1000;

export interface CardCounts {
  presentations: number;
  accepted: number;
  repeats: number;
  /** By the number that the tubes show. */
  refusals: Record<string, number>;
}

/** Gets the result, or null when nothing could be seen of one; at most once. */
export type Told = (result: number | null) => void;

interface Waiting {
  held: HeldCard;
  for_ms: number;
  told: Told;
}

interface Lying extends Waiting {
  before: Before;
  until_ms: number;
  gone_ms: number;
  /** First error on the tubes. */
  shown: number | null;
  is_judged: boolean;
}

/** What the presentations are part of. */
export interface Hall extends Scene {
  box: Box;
  cabinet: Cabinet;
  /** A presentation has come to something; `data` is what the box wrote on the card, null nothing. */
  judged(held: HeldCard, before: Before, result: number | null, data: ReturnData | null): void;
}

function noCounts(): CardCounts {
  return { presentations: 0, accepted: 0, repeats: 0, refusals: {} };
}

export class Presentations {
  counts: CardCounts = noCounts();
  private readonly queue: Waiting[] = [];
  private lying: Lying[] = [];
  private now_ms = -Infinity;

  constructor(private readonly hall: Hall) {}

  /** Nobody is at the reader, nobody waits. */
  get idle(): boolean {
    return this.lying.length === 0 && this.queue.length === 0;
  }

  /** A card lies on the reader. */
  get occupied(): boolean {
    return this.lying.some(({ gone_ms }) => gone_ms === Infinity);
  }

  resetCounts(): void {
    this.counts = noCounts();
  }

  /** Presents a card when its turn comes. */
  wait(held: HeldCard, for_ms: number, told: Told): void {
    this.queue.push({ held, for_ms, told });
  }

  /** Presents a card now; Infinity: until it is taken away. */
  show(held: HeldCard, for_ms: number, told: Told): void {
    if (this.lying.some((lying) => lying.held === held)) this.wait(held, for_ms, told);
    else this.begin({ held, for_ms, told });
  }

  /** Takes a card away, or all. */
  takeAway(held?: HeldCard): void {
    for (const lying of this.lying) {
      if (lying.gone_ms === Infinity && (held === undefined || lying.held === held)) {
        this.remove(lying);
      }
    }
  }

  /** To be called in every step. */
  poll(now_ms: number): void {
    this.now_ms = now_ms;
    for (const lying of this.lying) this.follow(lying);
    if (this.lying.length > 0) {
      this.lying = this.lying.filter(({ gone_ms }) => now_ms - gone_ms < GAP_MS);
    }
    if (this.lying.length === 0 && this.queue.length > 0) this.begin(this.queue.shift()!);
  }

  /** Time until a card is to be taken away, ms; Infinity: none. */
  nextMs(now_ms: number): number {
    const next_ms = this.lying
      .filter(({ gone_ms }) => gone_ms === Infinity)
      .map(({ until_ms }) => until_ms - now_ms);
    return Math.max(1, Math.min(Infinity, ...next_ms));
  }

  /** The run ends: every card goes home. */
  finish(): void {
    this.takeAway();
    for (const lying of this.lying) this.judgeLate(lying);
    this.lying = [];
    this.queue.length = 0;
  }

  private begin({ held, for_ms, told }: Waiting): void {
    const before = lookBefore(this.hall, held.card.dump());
    const until_ms = this.now_ms + for_ms;
    const fresh = { gone_ms: Infinity, shown: null, is_judged: false };
    this.lying.push({ held, for_ms, told, before, until_ms, ...fresh });
    this.counts.presentations++;
    this.hall.box.reader.present(held.card);
  }

  private follow(lying: Lying): void {
    const { before, held, until_ms } = lying;
    if (!lying.is_judged) {
      lying.shown ??= shownError(this.hall, before);
      const result = earlyResult(this.hall, before, held.card.dump(), lying.shown);
      if (result !== null) this.judge(lying, result);
    }
    if (lying.gone_ms !== Infinity) {
      if (this.now_ms - lying.gone_ms >= GAP_MS) this.judgeLate(lying);
    } else if (this.now_ms >= until_ms) this.remove(lying);
  }

  private remove(lying: Lying): void {
    lying.gone_ms = this.now_ms;
    this.hall.box.reader.remove(lying.held.card);
    this.hall.cabinet.save(lying.held);
  }

  private judgeLate(lying: Lying): void {
    if (lying.is_judged) return;
    const { before, held, shown } = lying;
    this.judge(lying, lateResult(this.hall, before, held.card.dump(), shown));
  }

  private judge(lying: Lying, result: number | null): void {
    lying.is_judged = true;
    const { counts, hall } = this;
    if (result === RESULT_OK) counts.accepted++;
    else if (result === RESULT_REPEAT) counts.repeats++;
    else if (result !== null) {
      const number = String(-result);
      counts.refusals[number] = (counts.refusals[number] ?? 0) + 1;
    }
    const { held, before } = lying;
    hall.judged(held, before, result, returnSince(hall, before, held.card.dump()));
    lying.told(result);
  }
}
