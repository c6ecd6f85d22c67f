/** The one queue of events of a virtual box, in whole microseconds. Events of the same microsecond
 *  happen in the order in which they were entered. An event is an object and a number, so that
 *  nothing is allocated per event; it cannot be taken back: an event that no longer holds is
 *  recognised by its target. */

import { DeviceError } from "./errors.ts";

/** Something that events can be entered for. */
export interface Timed {
  /** Called when the event's time has come; the clock shows that time. */
  due(argument: number): void;
}

export class Clock {
  /** Present time, us since the box was made. */
  now_us = 0;
  /** Time of the earliest event, Infinity when there is none. */
  next_us = Infinity;

  private size = 0;
  private order = 0;
  private times = new Float64Array(1024);
  private orders = new Float64Array(1024);
  private numbers = new Float64Array(1024);
  private targets: Timed[] = [];

  /** Events waiting. */
  get waiting(): number {
    return this.size;
  }

  /** Enters an event. `time_us` is a whole number and not in the past. */
  at(time_us: number, target: Timed, argument = 0): void {
    if (!(time_us >= this.now_us) || !Number.isInteger(time_us)) {
      throw new DeviceError("clock", `event at ${time_us} us, now ${this.now_us} us`);
    }
    if (this.size === this.times.length) this.grow();
    let child = this.size++;
    const order = this.order++;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (this.times[parent] <= time_us) break; // an equal one is older, so it stays above
      this.move(parent, child);
      child = parent;
    }
    this.put(child, time_us, order, argument, target);
    this.next_us = this.times[0];
  }

  /** Lets time pass to `time_us`, with every event up to and including it. */
  runTo(time_us: number): void {
    while (this.next_us <= time_us) {
      this.now_us = this.next_us;
      const target = this.targets[0];
      const argument = this.numbers[0];
      this.removeFirst();
      target.due(argument);
    }
    this.now_us = time_us;
  }

  private removeFirst(): void {
    const last = --this.size;
    if (last > 0) this.sink(last);
    this.targets.length = last;
    this.next_us = last > 0 ? this.times[0] : Infinity;
  }

  /** Puts the entry at `last` into the gap at the root and lets it sink to its place. */
  private sink(last: number): void {
    const time_us = this.times[last];
    const order = this.orders[last];
    let gap = 0;
    for (let child = 1; child < last; child = 2 * gap + 1) {
      if (child + 1 < last && this.earlier(child + 1, this.times[child], this.orders[child])) {
        child++;
      }
      if (!this.earlier(child, time_us, order)) break;
      this.move(child, gap);
      gap = child;
    }
    this.put(gap, time_us, order, this.numbers[last], this.targets[last]);
  }

  private earlier(index: number, time_us: number, order: number): boolean {
    const due_us = this.times[index];
    return due_us < time_us || (due_us === time_us && this.orders[index] < order);
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from], this.orders[from], this.numbers[from], this.targets[from]);
  }

  private put(index: number, time_us: number, order: number, number: number, target: Timed): void {
    this.times[index] = time_us;
    this.orders[index] = order;
    this.numbers[index] = number;
    this.targets[index] = target;
  }

  private grow(): void {
    const larger = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const array = new Float64Array(old.length * 2);
      array.set(old);
      return array;
    };
    this.times = larger(this.times);
    this.orders = larger(this.orders);
    this.numbers = larger(this.numbers);
  }
}
