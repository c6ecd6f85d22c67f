/** What the residents of a simulated day do by themselves, judged by what the office reads of their
 *  household; every choice is drawn from the seed:
 *  - before the day each buys 8..40 kWh, two in five buy 60..120 kWh instead;
 *  - low: one in three buys 15..50 kWh after 30..120 minutes, the others wait;
 *  - tripped: shows the card again after 3..15 minutes;
 *  - empty: buys 15..50 kWh by card after 10..60 minutes. */

import { makeStream, type Stream } from "./random.ts";
import type { State } from "./office-codes.ts";

const PURPOSE = 3;
const MINUTE_S = 60;

/** What a resident can do. Amounts in 0.01 kWh. */
export interface Acts {
  buy(household: number, amount: number): void;
  swipe(household: number): void;
}

interface Resident {
  stream: Stream;
  state: State;
  act_s: number; // when the plan is carried out; Infinity: no plan
}

function amountOf(stream: Stream): number {
  return stream.between(150, 500) * 10;
}

export class Residents {
  private readonly residents = new Map<number, Resident>();

  constructor(
    private readonly seed: number,
    private readonly acts: Acts,
  ) {}

  /** The purchase before the day begins, 0.01 kWh. */
  firstPurchase(household: number): number {
    const stream = this.resident(household).stream;
    return (stream.next() < 0.4 ? stream.between(600, 1200) : stream.between(80, 400)) * 10;
  }

  /** To be told every reading of a household's state. */
  seen(household: number, state: State, now_s: number): void {
    const resident = this.resident(household);
    if (resident.state === state) return;
    resident.state = state;
    const { stream } = resident;
    resident.act_s = Infinity;
    if (state === "tripped") resident.act_s = now_s + stream.between(3, 15) * MINUTE_S;
    if (state === "empty") resident.act_s = now_s + stream.between(10, 60) * MINUTE_S;
    if (state === "low" && stream.next() < 1 / 3) {
      resident.act_s = now_s + stream.between(30, 120) * MINUTE_S;
    }
  }

  /** Carries out the plans that are due. */
  due(now_s: number): void {
    for (const [household, resident] of this.residents) {
      if (now_s < resident.act_s) continue;
      resident.act_s = Infinity;
      if (resident.state === "tripped") this.acts.swipe(household);
      else this.acts.buy(household, amountOf(resident.stream));
      resident.state = "supplied"; // so that the next reading counts, even of the same state
    }
  }

  private resident(household: number): Resident {
    let resident = this.residents.get(household);
    if (resident === undefined) {
      const stream = makeStream(this.seed, PURPOSE, household);
      resident = { stream, state: "supplied", act_s: Infinity };
      this.residents.set(household, resident);
    }
    return resident;
  }
}
