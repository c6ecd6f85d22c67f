/** The independent accountant. Watches every write to the memory of the meter, decodes it by the SPEC,
 *  and compares with what the office knows:
 *  - an account's accepted units are what the office knows to be accepted, or that and the oldest of
 *    what is on its way or on the card; less what a clear that the office ordered has withdrawn;
 *  - a clear withdraws exactly what remains;
 *  - the remaining written with a credit is accepted less charged at that moment;
 *  - a book's charge grows by the price times the energy that is counted;
 *  - a reading over the line says remaining = accepted - charged, with the office's accepted.
 *  Uses nothing of the firmware. */

import { BooksReader, RECORDS, type ChannelBook } from "./books.ts";
import type { Reading } from "./frames.ts";
import { CHANNEL_COUNT } from "./layout.ts";

/** What the auditor asks of the office's own books. */
export interface OfficeBooks {
  acceptedUnits(household: number): bigint;
  waitingUnits(household: number): bigint[];
  /** Number of the clear that was made last, 0 none. */
  lastClear(): number;
}

/** Kept violations; further ones are only counted. */
const KEPT = 20;
const BLANK: ChannelBook = { forward_j: 0n, reverse_j: 0n, charged_units: 0n };
const ENERGY_HUNDREDTH = 36_000n;
const MONEY_HUNDREDTH = 360_000_000n;

export class Auditor {
  commits_checked = 0;
  readings_checked = 0;
  violation_count = 0;
  readonly violations: string[] = [];

  private readonly last = Array.from({ length: CHANNEL_COUNT }, () => BLANK);
  /** Accepted units of each household as last written, and what clears have withdrawn. */
  private readonly written_units = new Array<bigint>(CHANNEL_COUNT).fill(0n);
  private readonly withdrawn_units = new Array<bigint>(CHANNEL_COUNT).fill(0n);
  private layout: number[] | null = null;
  private price = 1n;
  private hundredth = ENERGY_HUNDREDTH;
  private reverse_counts = true;

  /** `reader`: the memory under audit; books already in it are taken as they are. */
  constructor(
    private readonly reader: BooksReader,
    private readonly office: OfficeBooks,
  ) {
    this.readLayout();
    this.readSettings();
    for (let channel = 1; channel <= CHANNEL_COUNT; channel++) {
      this.last[channel - 1] = reader.book(channel) ?? BLANK;
      this.written_units[channel - 1] = reader.account(channel)?.accepted_units ?? 0n;
    }
  }

  get balanced(): boolean {
    return this.violation_count === 0;
  }

  /** To be called after every write that changed the memory. */
  commit(address: number, time_us: number): void {
    const { BOOK, ACCOUNT, CHANNELS, BOX_SETTINGS } = RECORDS;
    const book_index = Math.floor((address - BOOK.address) / BOOK.stride);
    const account_index = Math.floor((address - ACCOUNT.address) / ACCOUNT.stride);
    if (book_index >= 0 && book_index < BOOK.count) {
      this.checkBook(book_index + 1, time_us);
    } else if (account_index >= 0 && account_index < ACCOUNT.count) {
      this.checkAccount(account_index + 1, time_us);
    } else if (address >= CHANNELS.address && address < CHANNELS.address + CHANNELS.stride) {
      this.readLayout();
    } else if (address >= BOX_SETTINGS.address && address < CHANNELS.address) {
      this.readSettings();
    }
  }

  /** To be called with every reading got over the line. */
  reading(reading: Reading, time_us: number): void {
    this.readings_checked++;
    const { household, accepted_units, charged_units, remaining_units } = reading;
    if (remaining_units !== accepted_units - charged_units) {
      const sum = `accepted ${accepted_units} less charged ${charged_units}`;
      this.violation(time_us, household, `remaining ${remaining_units} read, but ${sum}`);
    }
    this.checkAccepted(household, accepted_units, time_us);
  }

  /** Charged units of a household as the memory has them. */
  chargedUnits(household: number): bigint {
    return this.channelsOf(household).reduce(
      (sum, channel) => sum + (this.reader.book(channel) ?? BLANK).charged_units,
      0n,
    );
  }

  private channelsOf(household: number): number[] {
    return (this.layout ?? []).flatMap((owner, i) => (owner === household ? [i + 1] : []));
  }

  private readLayout(): void {
    this.layout = this.reader.layout();
  }

  private readSettings(): void {
    this.price = BigInt(this.reader.boxSetting("price") ?? 1);
    this.reverse_counts = this.reader.boxSetting("reverse_counts") !== 0;
    this.hundredth =
      this.reader.boxSetting("account_mode") === 1 ? MONEY_HUNDREDTH : ENERGY_HUNDREDTH;
  }

  private checkBook(channel: number, time_us: number): void {
    this.commits_checked++;
    const book = this.reader.book(channel);
    const household = this.layout?.[channel - 1] ?? 0;
    if (book === null) {
      // Before the first start is complete there may be nothing yet.
      if (this.last[channel - 1] !== BLANK) {
        this.violation(time_us, household, `book of channel ${channel} is lost`);
      }
      return;
    }
    const before = this.last[channel - 1];
    this.last[channel - 1] = book;
    const reverse_j = this.reverse_counts ? book.reverse_j - before.reverse_j : 0n;
    const counted_j = book.forward_j - before.forward_j + reverse_j;
    const charged_units = book.charged_units - before.charged_units;
    if (charged_units === counted_j * this.price && counted_j >= 0n) return;
    const price = `${counted_j} J at price ${this.price}`;
    this.violation(time_us, household, `channel ${channel} charged ${charged_units} for ${price}`);
  }

  private checkAccount(household: number, time_us: number): void {
    this.commits_checked++;
    const account = this.reader.account(household);
    if (account === null) {
      if (this.office.acceptedUnits(household) > 0n) {
        this.violation(time_us, household, "the account is lost");
      }
      return;
    }
    const before_units = this.written_units[household - 1];
    this.written_units[household - 1] = account.accepted_units;
    if (this.isClear(household, account.accepted_units)) {
      this.withdrawn_units[household - 1] += before_units - account.accepted_units;
    }
    this.checkAccepted(household, account.accepted_units, time_us);
    // Only a credit that is just being accepted: later writes repeat its remaining.
    if (account.accepted_units === before_units) return;
    const remaining_units = account.accepted_units - this.chargedUnits(household);
    const difference_units = remaining_units - BigInt(account.last_remaining) * this.hundredth;
    if (difference_units <= -this.hundredth || difference_units >= this.hundredth) {
      const text = `${account.last_remaining} (0.01) written, ${remaining_units} units remain`;
      this.violation(time_us, household, text);
    }
  }

  /** A clear that the office ordered is under way, and nothing remains. */
  private isClear(household: number, accepted_units: bigint): boolean {
    const management = this.reader.management();
    if (management === null || !management.clearing) return false;
    if (management.clear_number > this.office.lastClear()) return false;
    return accepted_units === this.chargedUnits(household);
  }

  private checkAccepted(household: number, accepted_units: bigint, time_us: number): void {
    const known_units = this.office.acceptedUnits(household);
    const withdrawn_units = this.withdrawn_units[household - 1];
    let may_be_units = known_units - withdrawn_units;
    if (accepted_units === may_be_units) return;
    for (const next_units of this.office.waitingUnits(household)) {
      may_be_units += next_units;
      if (accepted_units === may_be_units) return;
    }
    const less = withdrawn_units === 0n ? "" : `, ${withdrawn_units} were withdrawn`;
    const text = `the box accepted ${accepted_units} units, the office sold ${known_units}${less}`;
    this.violation(time_us, household, text);
  }

  private violation(time_us: number, household: number, text: string): void {
    this.violation_count++;
    if (this.violations.length >= KEPT) return;
    const time_s = (time_us / 1e6).toFixed(3);
    this.violations.push(`${time_s} s, household ${household}: ${text}`);
  }
}
