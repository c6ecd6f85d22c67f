/** Credit on its way from the office to the box: by line, or by the household's card, which the office
 *  writes and the resident shows. What came of it the office learns from the return data on the card
 *  and from the books. */

import type { Box } from "../../boards/virtual/box.ts";
import type { ReturnData } from "../card/content.ts";
import type { BooksReader } from "./books.ts";
import { Cabinet, type HeldCard } from "./cabinet.ts";
import type { CreditOptions, Office } from "./office.ts";
import { RESULT_OK, RESULT_REPEAT } from "./office-codes.ts";
import { Presentations, type Hall, type Told } from "./presentations.ts";
import type { Before } from "./verdict.ts";

/** How long a resident holds a card to the reader. */
const HOLD_MS = 2000;

export class Sales implements Hall {
  readonly cabinet: Cabinet;
  readonly presentations: Presentations;

  constructor(
    readonly box: Box,
    readonly reader: BooksReader,
    private readonly office: Office,
    master_key: Uint8Array,
    /** Has the books of a household read. */
    private readonly onChange: (household: number) => void,
  ) {
    this.cabinet = new Cabinet(office, master_key);
    this.presentations = new Presentations(this);
  }

  get box_number(): string {
    return this.office.box_number;
  }

  /** Key of the box. */
  get key(): Uint8Array {
    return this.office.key;
  }

  tubes(): { upper: string; lower: string } {
    return this.box.tubes();
  }

  /** The office writes a purchase (0.01) on the household's card, the resident shows it. */
  sellOnCard(
    household: number,
    amount: number,
    options: CreditOptions,
    then: Told,
    hold_ms = HOLD_MS,
  ): void {
    const sale = this.office.sell(household, amount, options);
    this.presentations.wait(this.writeCard(household, sale.message), hold_ms, then);
  }

  /** Sells credit (0.01) over the line. What was accepted the office also writes on the card, as only
   *  the card with the last purchase ends a trip. */
  sellByLine(household: number, amount: number, options: CreditOptions, then: Told): void {
    this.office.credit(household, amount, options, (result, sale) => {
      const is_loaded = result === RESULT_OK || result === RESULT_REPEAT;
      if (sale.is_due && is_loaded) this.writeCard(household, sale.message);
      then(result);
    });
  }

  /** The resident shows the card again; `then` gets null at once when there is none. */
  showAgain(household: number, then: Told): void {
    const held = this.cabinet.household(household);
    if (held === undefined) then(null);
    else this.presentations.wait(held, HOLD_MS, then);
  }

  /** A presentation has come to something: the office reads the card, and the books of its household. */
  judged(held: HeldCard, before: Before, result: number | null, data: ReturnData | null): void {
    const { directory, household } = before;
    if (directory?.kind === "clear" && result === RESULT_OK) this.office.cleared();
    if (directory?.kind === "settings") {
      this.office.setMode(this.reader.boxSetting("account_mode") === 1);
    }
    if (household === null) return;
    if (data !== null) this.office.learn(household, data.number);
    const is_own = this.cabinet.household(household) === held;
    if (is_own && data !== null && data.result >= RESULT_OK) this.office.bound(household);
    this.onChange(household);
  }

  private writeCard(household: number, message: Uint8Array): HeldCard {
    const held = this.cabinet.household(household);
    if (held !== undefined) this.presentations.takeAway(held);
    return this.cabinet.write(household, message);
  }
}
