/** Magnetic latching relay with two coils, of the kind used in meters (data sheets of 60 to 100 A types
 *  such as Hongfa HFE10 or Gruner 753 agree on these times). Keeps its position without current. */

import type { Clock, Timed } from "../clock.ts";
import type { Random } from "../random.ts";

/** "Operate time": 15 ms at nominal coil voltage; a shorter pulse does not move the armature. */
export const OPERATE_US = 15_000;
/** "Bounce time" at closing: 3 ms. */
export const BOUNCE_US = 3_000;

export interface RelayWatcher {
  /** The armature moved; the contact's bounce follows. */
  armature(channel_index: number, closed: boolean): void;
  /** The contact opened or closed. */
  contact(channel_index: number, closed: boolean): void;
}

// Kinds of events: the argument is 4 x serial number + kind.
const OPERATE = 0;
const CONTACT_OPEN = 1;
const CONTACT_CLOSED = 2;

export class Relay implements Timed {
  /** Times the armature moved. */
  operations = 0;
  /** A stuck armature ignores its coils. */
  stuck = false;
  private serial = 0;
  private coil_on = false;
  private coil_closes = false;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly channel_index: number,
    public closed: boolean,
    private readonly watcher: RelayWatcher,
  ) {}

  /** One of the coils got or lost its current. */
  coil(closes: boolean, on: boolean, time_us: number): void {
    this.coil_on = on;
    this.coil_closes = closes;
    if (on) this.clock.at(time_us + OPERATE_US, this, ++this.serial * 4 + OPERATE);
  }

  due(argument: number): void {
    const kind = argument % 4;
    if (kind !== OPERATE) {
      this.watcher.contact(this.channel_index, this.closed && kind === CONTACT_CLOSED);
      return;
    }
    if (Math.floor(argument / 4) !== this.serial) return; // of an earlier pulse
    if (this.coil_on && !this.stuck && this.closed !== this.coil_closes) this.move();
  }

  private move(): void {
    const now_us = this.clock.now_us;
    this.closed = this.coil_closes;
    this.operations++;
    this.watcher.armature(this.channel_index, this.closed);
    this.watcher.contact(this.channel_index, this.closed);
    if (!this.closed) return;
    let after_us = 1;
    for (let bounces = 1 + this.random.below(3); bounces > 0; bounces--) {
      after_us += this.random.below(BOUNCE_US / 6);
      this.clock.at(now_us + after_us, this, this.serial * 4 + CONTACT_OPEN);
      after_us += 1 + this.random.below(BOUNCE_US / 6 - 1);
      this.clock.at(now_us + after_us, this, this.serial * 4 + CONTACT_CLOSED);
    }
  }
}
