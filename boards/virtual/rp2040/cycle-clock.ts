/** Time of one chip, kept in cycles of clk_sys: the core counts them, this turns them into nanoseconds and
 *  back, whatever clk_sys is just now. Alarms due at the same time go off in the order they were set. */

/** What counts cycles: the core. */
export interface CycleCounter {
  cycles: number;
}

export class Alarm {
  /** ns; meaningful while `armed`. */
  time_ns = 0;
  armed = false;

  /** `callback` is given the time the alarm was set to, ns: the chip's own time may be up to an instruction
   *  later. */
  constructor(readonly callback: (time_ns: number) => void) {}
}

export class CycleClock {
  /** Cycle at which the core has to stop: next alarm or end of the slice. */
  horizon = 0;

  private base_ns = 0;
  private base_cycles = 0;
  private cycle_ns = 1;
  private alarms: Alarm[] = []; // earliest first

  constructor(
    public counter: CycleCounter,
    hz: number,
  ) {
    this.cycle_ns = 1e9 / hz;
  }

  get now_ns(): number {
    return this.base_ns + (this.counter.cycles - this.base_cycles) * this.cycle_ns;
  }

  /** Time of the earliest alarm, Infinity when there is none, ns. */
  get next_ns(): number {
    return this.alarms.length === 0 ? Infinity : this.alarms[0].time_ns;
  }

  /** clk_sys runs at `hz` from now on. */
  setFrequency(hz: number): void {
    this.base_ns = this.now_ns;
    this.base_cycles = this.counter.cycles;
    this.cycle_ns = 1e9 / hz;
    this.horizon = 0; // the loop works it out again
  }

  /** First cycle that is not before `time_ns`. The small amount keeps a sum of thirds of a nanosecond from
   *  costing a cycle. */
  cycleAt(time_ns: number): number {
    return this.base_cycles + Math.ceil((time_ns - this.base_ns) / this.cycle_ns - 1e-6);
  }

  set(alarm: Alarm, time_ns: number): void {
    if (alarm.armed) this.cancel(alarm);
    alarm.time_ns = time_ns;
    alarm.armed = true;
    let index = this.alarms.length;
    while (index > 0 && this.alarms[index - 1].time_ns > time_ns) index--;
    this.alarms.splice(index, 0, alarm);
    if (index === 0) this.horizon = Math.min(this.horizon, this.cycleAt(time_ns));
  }

  cancel(alarm: Alarm): void {
    if (!alarm.armed) return;
    alarm.armed = false;
    this.alarms.splice(this.alarms.indexOf(alarm), 1);
  }

  /** Sets the horizon for a slice that ends at cycle `end`. */
  aim(end: number): void {
    const next_ns = this.next_ns;
    this.horizon = next_ns === Infinity ? end : Math.min(end, this.cycleAt(next_ns));
  }

  /** Lets every alarm go off that is due. */
  fireDue(): void {
    while (this.alarms.length > 0 && this.cycleAt(this.alarms[0].time_ns) <= this.counter.cycles) {
      const alarm = this.alarms.shift()!;
      alarm.armed = false;
      alarm.callback(alarm.time_ns);
    }
  }
}
