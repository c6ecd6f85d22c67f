/** The shared reader under everything at once, by chance: three boxes, cards with several purchases, a host
 *  that comes, goes, grants and falls into others' frames, spoilt frames, power cuts, cards that are pulled
 *  away. At no time is anything credited that was not bought, or twice; in the end every purchase is
 *  credited once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../boards/virtual/random.ts";
import { setMessage } from "../../tools/card/content.ts";
import { ClassicCard } from "../../boards/virtual/reader.ts";
import * as kit from "./share-fleet.ts";

const SEED = 20251121;
const RUNS = 40;
const SWIPES = 8;
const BOXES = 3;
const HOUSEHOLD = 5;

/** What the office has sold to one household, and the card that it stands on. */
class Account {
  card: ClassicCard;
  sold = 0;
  bought = 0;

  constructor(readonly index: number) {
    this.card = kit.makeCard(index, HOUSEHOLD, {});
  }

  /** Writes the next purchase to the older slot. */
  sell(amount: number): void {
    this.sold++;
    this.bought += amount;
    const dump = this.card.dump();
    const sector = 2 - (this.sold % 2);
    setMessage(dump, sector, kit.purchase(this.index, HOUSEHOLD, this.sold, amount));
    this.card = ClassicCard.fromDump(dump);
  }
}

class Soak {
  readonly line: kit.SharedLine;
  readonly accounts = Array.from({ length: BOXES }, (_, index) => new Account(index));
  private readonly random: Random;

  constructor(readonly seed: number) {
    this.random = new Random(seed);
    this.line = new kit.SharedLine(seed, BOXES);
  }

  private below(limit: number): number {
    return this.random.below(limit);
  }

  private chance(one_in: number): boolean {
    return this.below(one_in) === 0;
  }

  /** Credit never runs ahead of what was sold, and never back. */
  private check(account: Account, before: { accepted: number; number: number }): void {
    const now = this.line.credited(account.index, HOUSEHOLD);
    const what = `seed ${this.seed}, box ${account.index + 1}`;
    assert.ok(now.number === before.number || now.number === account.sold, what);
    const expected = now.number === before.number ? before.accepted : account.bought;
    assert.equal(now.accepted, expected, what);
  }

  private disturb(): void {
    const { line } = this;
    line.host.grants = !this.chance(3);
    line.host.polite_ms = this.chance(3) ? 0 : 550;
    if (this.chance(2)) line.host.come();
    const faults: kit.Fault[] = ["lose", "double", "flip"];
    for (let i = this.below(3); i > 0; i--) {
      const from = `box ${1 + this.below(BOXES)}`;
      line.spoil(from, 1 + this.below(8), faults[this.below(3)]);
    }
    if (this.chance(3)) line.collide(1 + this.below(6), 1 + this.below(40));
    const { fram } = line.fleet.boxes[this.below(BOXES)];
    if (this.chance(4)) fram.cutAfter(this.below(300), "garbage");
  }

  /** One thing that happens while the card is there. */
  private happen(): void {
    const { line } = this;
    switch (this.below(5)) {
      case 0:
        if (line.host.present) line.host.leave();
        else line.host.come();
        return;
      case 1:
        line.fleet.boxes[this.below(BOXES)].resetMcu(this.chance(2) ? "meter" : "panel");
        return;
      case 2:
        line.fleet.boxes[this.below(BOXES)].powerOff();
        return;
      case 3:
        line.replay(this.below(20));
        return;
      default:
    }
  }

  private restore(): void {
    for (const box of this.line.fleet.boxes) {
      if (box.powered) box.fram.cutAfter(null);
      else box.powerOn();
    }
  }

  swipe(): void {
    const { line } = this;
    const account = this.accounts[this.below(BOXES)];
    const before = line.credited(account.index, HOUSEHOLD);
    if (before.number === account.sold) account.sell(100 * (1 + this.below(9)));
    this.disturb();
    line.reader.present(account.card);
    for (let i = this.below(3); i >= 0; i--) {
      line.run(this.below(2_500));
      this.happen();
    }
    line.run(this.below(2_000));
    line.reader.remove();
    this.restore();
    line.run(1_000 + this.below(6_000));
    this.check(account, before);
  }

  /** In peace every card loads what is on it. */
  end(): void {
    const { line } = this;
    line.calm();
    line.run(8_000);
    for (const account of this.accounts) {
      if (account.sold === 0) continue;
      line.swipe(account.card, 10_000, 1_000);
      const what = `seed ${this.seed}, box ${account.index + 1}`;
      const { accepted, number } = line.credited(account.index, HOUSEHOLD);
      assert.deepEqual([accepted, number], [account.bought, account.sold], what);
      const told = kit.returned(account.card, account.index);
      assert.deepEqual([told?.remaining, told?.number], [account.bought, account.sold], what);
    }
  }
}

test(`everything at once, seeds ${SEED} to ${SEED + RUNS - 1}`, () => {
  let credited = 0;
  let granted = 0;
  let collisions = 0;
  for (let run = 0; run < RUNS; run++) {
    const soak = new Soak(SEED + run);
    for (let i = 0; i < SWIPES; i++) soak.swipe();
    soak.end();
    for (const account of soak.accounts) credited += account.sold;
    granted += soak.line.host.granted;
    collisions += soak.line.collisions;
  }
  assert.ok(credited > RUNS * 2, `${credited} purchases`);
  assert.ok(granted > RUNS && collisions > RUNS / 2, `${granted} grants, ${collisions} collisions`);
});
