/** TIMER (data sheet 4.6) and watchdog with the tick generator (4.7). Both count microseconds only while the
 *  tick generator divides clk_ref to exactly 1 MHz: used otherwise, they end the simulation. An alarm goes
 *  off when the lower 32 bits equal it, never before; one set in the past waits 71 minutes, as on silicon. */

import { Alarm } from "./cycle-clock.ts";
import { Block, type System } from "./block.ts";

const TIMEHR = 0x08;
const TIMELR = 0x0c;
const ALARM0 = 0x10;
const ALARM3 = 0x1c;
const ARMED = 0x20;
const TIMERAWH = 0x24;
const TIMERAWL = 0x28;
const DBGPAUSE = 0x2c;
const INTR = 0x34;
const INTE = 0x38;
const INTF = 0x3c;
const INTS = 0x40;
const WRAP_US = 2 ** 32;

export class Timer extends Block {
  private start_ns = 0;
  private latched = 0;
  private targets = [0, 0, 0, 0];
  private raised = 0;
  private enabled = 0;
  private forced = 0;
  private pause = 7;
  private readonly alarms = [0, 1, 2, 3].map((index) => new Alarm(() => this.fire(index)));

  constructor(
    system: System,
    private readonly watchdog: Watchdog,
  ) {
    super(system, "TIMER");
  }

  reset(): void {
    for (const alarm of this.alarms) this.system.clock.cancel(alarm);
    this.start_ns = this.system.clock.now_ns;
    this.targets = [0, 0, 0, 0];
    this.raised = 0;
    this.enabled = 0;
    this.forced = 0;
    this.update();
  }

  private get time_us(): number {
    const from_ns = Math.max(this.start_ns, this.watchdog.tickSince());
    return Math.floor((this.system.clock.now_ns - from_ns) / 1000);
  }

  read(offset: number): number {
    if (offset >= ALARM0 && offset <= ALARM3) return this.targets[(offset - ALARM0) >> 2];
    switch (offset) {
      case TIMEHR:
        return this.latched;
      case TIMELR:
        this.latched = Math.floor(this.time_us / WRAP_US);
        return this.time_us % WRAP_US;
      case TIMERAWH:
        return Math.floor(this.time_us / WRAP_US);
      case TIMERAWL:
        return this.time_us % WRAP_US;
      case ARMED:
        return this.alarms.reduce((bits, alarm, bit) => bits | (alarm.armed ? 1 << bit : 0), 0);
      case DBGPAUSE:
        return this.pause;
      case INTR:
        return this.raised;
      case INTE:
        return this.enabled;
      case INTF:
        return this.forced;
      case INTS:
        return (this.raised & this.enabled) | this.forced;
      default:
        return this.unknown(offset);
    }
  }

  write(offset: number, value: number): void {
    if (offset >= ALARM0 && offset <= ALARM3) return this.arm((offset - ALARM0) >> 2, value);
    if (offset === ARMED) {
      for (let bit = 0; bit < 4; bit++) {
        if ((this.raw & (1 << bit)) !== 0) this.system.clock.cancel(this.alarms[bit]);
      }
    } else if (offset === INTR) this.raised &= ~this.raw;
    else if (offset === INTE) this.enabled = value & 15;
    else if (offset === INTF) this.forced = value & 15;
    else if (offset === DBGPAUSE) this.pause = value & 7;
    else this.unknown(offset, value);
    this.update();
  }

  /** A target equal to the present count has just been missed. */
  private arm(index: number, value: number): void {
    this.targets[index] = value;
    const time_us = this.time_us;
    const wait_us = (value - (time_us % WRAP_US) + WRAP_US) % WRAP_US || WRAP_US;
    const from_ns = Math.max(this.start_ns, this.watchdog.tickSince());
    this.system.clock.set(this.alarms[index], from_ns + (time_us + wait_us) * 1000);
  }

  private fire(index: number): void {
    this.raised |= 1 << index;
    this.update();
  }

  private update(): void {
    const status = (this.raised & this.enabled) | this.forced;
    for (let bit = 0; bit < 4; bit++) this.system.setLine(bit, (status & (1 << bit)) !== 0);
  }
}

const WD_CTRL = 0x00;
const WD_LOAD = 0x04;
const WD_REASON = 0x08;
const WD_SCRATCH0 = 0x0c;
const WD_SCRATCH7 = 0x28;
const WD_TICK = 0x2c;
const CTRL_TRIGGER = 1 << 31;
const CTRL_ENABLE = 1 << 30;
const CTRL_PAUSES = 7 << 24;
const TICK_ENABLE = 1 << 9;
const TICK_RUNNING = 1 << 10;
const REASON_TIMER = 1;
const REASON_FORCE = 2;
/** Erratum RP2040-E1: the counter goes down twice a tick. */
const COUNTS_PER_US = 2;

export class Watchdog extends Block {
  readonly scratch = new Uint32Array(8);
  reason = 0;
  /** Called when it fires. */
  onFire: (forced: boolean, time_ns: number) => void = () => undefined;

  private control = CTRL_PAUSES;
  private left = 0; // counts, while it stands still
  private tick = 0;
  private tick_since_ns = 0;
  private readonly alarm = new Alarm((time_ns) => this.fire(REASON_TIMER, time_ns));

  constructor(system: System) {
    super(system, "WATCHDOG");
  }

  /** Its own registers but reason and scratch live through a reset by the watchdog. */
  reset(): void {
    this.system.clock.cancel(this.alarm);
    this.control = CTRL_PAUSES;
    this.left = 0;
    this.tick = 0;
  }

  /** Since when the tick runs at 1 MHz, ns; anything else ends the simulation. */
  tickSince(): number {
    if ((this.tick & TICK_ENABLE) === 0) this.strict("time is used, but the tick does not run");
    const tick_hz = this.system.frequencies.ref_hz / (this.tick & 0x1ff);
    if (tick_hz !== 1e6) this.strict(`the tick is at ${tick_hz} Hz, not 1 MHz`);
    return this.tick_since_ns;
  }

  read(offset: number): number {
    if (offset === WD_CTRL) return (this.control | this.count()) >>> 0;
    if (offset === WD_REASON) return this.reason;
    if (offset >= WD_SCRATCH0 && offset <= WD_SCRATCH7) {
      return this.scratch[(offset - WD_SCRATCH0) >> 2];
    }
    if (offset !== WD_TICK) return this.unknown(offset);
    return this.tick | ((this.tick & TICK_ENABLE) !== 0 ? TICK_RUNNING : 0);
  }

  write(offset: number, value: number): void {
    if (offset >= WD_SCRATCH0 && offset <= WD_SCRATCH7) {
      this.scratch[(offset - WD_SCRATCH0) >> 2] = value;
    } else if (offset === WD_CTRL) this.setControl(value);
    else if (offset === WD_LOAD) this.load(value & 0xffffff);
    else if (offset === WD_TICK) this.setTick(value & 0x3ff);
    else this.unknown(offset, value);
  }

  /** Stands still, or goes on where it stood. */
  hold(on: boolean): void {
    if ((this.control & CTRL_ENABLE) === 0) return;
    if (!on) return this.start();
    this.left = this.count();
    this.system.clock.cancel(this.alarm);
  }

  private setTick(value: number): void {
    if ((this.control & CTRL_ENABLE) !== 0 && value !== this.tick) {
      this.strict("tick changed while the watchdog runs");
    }
    if ((value & TICK_ENABLE) !== 0 && value !== this.tick) {
      this.tick_since_ns = this.system.clock.now_ns;
    }
    this.tick = value;
  }

  private count(): number {
    if (!this.alarm.armed) return this.left;
    const left_us = (this.alarm.time_ns - this.system.clock.now_ns) / 1000;
    return Math.max(0, Math.floor(left_us * COUNTS_PER_US));
  }

  private load(value: number): void {
    this.left = value;
    if ((this.control & CTRL_ENABLE) !== 0) this.start();
  }

  private setControl(value: number): void {
    if ((value & CTRL_TRIGGER) !== 0) return this.fire(REASON_FORCE, this.system.clock.now_ns);
    const runs = (this.control & CTRL_ENABLE) !== 0;
    this.left = this.count();
    this.control = (value & (CTRL_ENABLE | CTRL_PAUSES)) >>> 0;
    if ((value & CTRL_ENABLE) === 0) this.system.clock.cancel(this.alarm);
    else if (!runs) this.start();
  }

  private start(): void {
    this.tickSince();
    const due_ns = this.system.clock.now_ns + (this.left / COUNTS_PER_US) * 1000;
    this.system.clock.set(this.alarm, due_ns);
  }

  private fire(reason: number, time_ns: number): void {
    this.reason = reason;
    this.onFire(reason === REASON_FORCE, time_ns);
  }
}
