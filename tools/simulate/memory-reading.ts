/** What the office would read of a household, taken from the memory of the box: for runs in which the line
 *  belongs to others. The state, which is not in the memory, is that of the last STATE event. */

import type { BooksReader } from "./books.ts";
import type { Reading } from "./frames.ts";
import type { Household } from "./layout.ts";
import { EVENTS, STATES } from "./office-codes.ts";

const SUPPLIED = STATES.indexOf("supplied");
const EMPTY = STATES.indexOf("empty");

export class MemoryReading {
  private readonly states = new Map<number, number>();
  private event_next = 0;

  constructor(private readonly reader: BooksReader) {}

  /** Null when the household's books are not there. Power is not in the memory: 0. */
  of(household: number, layout: Household[]): Reading | null {
    this.follow();
    const { reader } = this;
    const account = reader.account(household);
    const channels = layout.find(({ number }) => number === household)?.channels ?? [];
    const books = channels.map((channel) => reader.book(channel));
    if (account === null || books.length === 0) return null;
    const sum = (of: (book: NonNullable<(typeof books)[number]>) => bigint): bigint =>
      books.reduce((total, book) => total + (book === null ? 0n : of(book)), 0n);
    const charged_units = sum((book) => book.charged_units);
    const remaining_units = account.accepted_units - charged_units;
    const unknown = remaining_units > 0n ? SUPPLIED : EMPTY;
    const state = this.states.get(household) ?? unknown;
    return {
      household,
      state,
      relays_closed: state <= STATES.indexOf("low"),
      forward_j: sum((book) => book.forward_j),
      reverse_j: sum((book) => book.reverse_j),
      accepted_units: account.accepted_units,
      charged_units,
      remaining_units,
      power_w: 0,
      number: account.number,
    };
  }

  private follow(): void {
    for (const { kind, household, value } of this.reader.events(this.event_next)) {
      if (kind === EVENTS.state) this.states.set(household, Number(value));
    }
    this.event_next = this.reader.eventNext();
  }
}
