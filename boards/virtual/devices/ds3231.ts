/** Clock chip: Maxim DS3231 (data sheet 19-5170) at I2C address 68h. Time runs on from its own cell
 *  while mains are off. Alarms, square wave, aging and temperature are registers without effect;
 *  twelve-hour mode and the century bit are not modelled (throw), nor is a time that does not exist,
 *  whose "operation is undefined". */

import { DeviceError } from "../errors.ts";

/** "I2C Serial Data Bus": slave address 1101000. */
export const DS3231_ADDRESS = 0x68;

// "Figure 1. Timekeeping Registers".
const REGISTER_COUNT = 0x13;
const TIME_REGISTERS = 7;
const SECONDS = 0;
const CONTROL = 0x0e;
const STATUS = 0x0f;
/** "Control Register": at power up 1Ch. */
const CONTROL_START = 0x1c;
/** "Status Register": OSF, bit 7; EN32kHz, bit 3, set at power up. */
const OSF = 0x80;
const EN32KHZ = 0x08;
/** Bits of the status that can only be cleared: OSF, A2F, A1F; BSY (bit 2) is read only. */
const STATUS_CLEAR_ONLY = 0x83;
const MILLENNIUM_S = Date.UTC(2000, 0, 1) / 1000;
const US_PER_S = 1_000_000;
const DAYS = 7;

export class Ds3231 {
  private readonly registers = new Uint8Array(REGISTER_COUNT);
  private pointer = 0;
  /** Time shown at `set_us`: seconds since 2000-01-01 00:00:00. */
  private set_s = 0;
  private set_us = 0;
  /** "Clock and Calendar": the day of the week is the user's, it only counts; days ahead of Monday = 1. */
  private days_ahead = 0;

  constructor(private readonly nowUs: () => number) {
    this.registers[CONTROL] = CONTROL_START;
    this.registers[STATUS] = OSF | EN32KHZ;
  }

  /** Sets the time (the UTC fields of `date` are the local standard time), or null: the oscillator
   *  had stopped, the time is the start value and OSF is set. */
  set(date: Date | null): void {
    this.set_us = this.nowUs();
    this.set_s = date ? Math.floor(date.getTime() / 1000) - MILLENNIUM_S : 0;
    if (this.set_s < 0 || this.set_s >= 100 * 365.25 * 86_400) {
      throw new DeviceError("ds3231", "date outside 2000..2099");
    }
    this.days_ahead = 0;
    if (date) this.registers[STATUS] &= ~OSF;
    else this.registers[STATUS] |= OSF;
  }

  /** Seconds since 2000-01-01 00:00:00. */
  get time_s(): number {
    return this.set_s + Math.floor((this.nowUs() - this.set_us) / US_PER_S);
  }

  /** True while the oscillator stop flag is set. */
  get lost(): boolean {
    return (this.registers[STATUS] & OSF) !== 0;
  }

  /** One I2C exchange: the first byte written is the register pointer; then come `read_size` bytes
   *  into the same buffer. */
  exchange(memory: Uint8Array, offset: number, write_size: number, read_size: number): void {
    this.loadTime(); // "Clock and Calendar": a START copies the time, so that a burst is consistent
    if (write_size > 0) {
      this.pointer = memory[offset];
      if (this.pointer >= REGISTER_COUNT) {
        throw new DeviceError("ds3231", `unknown register ${this.pointer.toString(16)}h`);
      }
    }
    let time_written = false;
    let seconds_written = false;
    for (let i = 1; i < write_size; i++) {
      if (this.pointer < TIME_REGISTERS) time_written = true;
      if (this.pointer === SECONDS) seconds_written = true;
      this.writeRegister(this.pointer, memory[offset + i]);
      this.pointer = (this.pointer + 1) % REGISTER_COUNT; // "wraps around to 00h"
    }
    if (time_written) this.storeTime(seconds_written);
    for (let i = 0; i < read_size; i++) {
      memory[offset + i] = this.registers[this.pointer];
      this.pointer = (this.pointer + 1) % REGISTER_COUNT;
    }
  }

  private writeRegister(register: number, value: number): void {
    if (register === STATUS) {
      const old = this.registers[STATUS];
      const cleared = old & value & STATUS_CLEAR_ONLY;
      this.registers[STATUS] = cleared | (value & EN32KHZ);
    } else if (register < 0x11) {
      this.registers[register] = value;
    } else {
      throw new DeviceError("ds3231", "the temperature registers are read only");
    }
  }

  private loadTime(): void {
    const date = new Date((this.time_s + MILLENNIUM_S) * 1000);
    const fields = [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      ((weekday(date) - 1 + this.days_ahead) % DAYS) + 1,
      date.getUTCDate(),
      date.getUTCMonth() + 1,
      date.getUTCFullYear() % 100,
    ];
    for (let i = 0; i < TIME_REGISTERS; i++) this.registers[i] = toBcd(fields[i]);
  }

  /** "Writing the seconds register resets the countdown chain"; writing others leaves the second running. */
  private storeTime(resets_second: boolean): void {
    const r = this.registers;
    if (r[2] & 0x40) throw new DeviceError("ds3231", "twelve-hour mode");
    if (r[5] & 0x80) throw new DeviceError("ds3231", "century");
    const year = 2000 + fromBcd("year", r[6], 0, 99);
    const month = fromBcd("month", r[5], 1, 12);
    const day = fromBcd("date", r[4], 1, new Date(Date.UTC(year, month, 0)).getUTCDate());
    const hour = fromBcd("hours", r[2], 0, 23);
    const minute = fromBcd("minutes", r[1], 0, 59);
    const second = fromBcd("seconds", r[0], 0, 59);
    const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
    this.days_ahead = (fromBcd("day", r[3], 1, DAYS) - weekday(date) + DAYS) % DAYS;
    this.set_s = date.getTime() / 1000 - MILLENNIUM_S;
    const now_us = this.nowUs();
    this.set_us = resets_second ? now_us : now_us - ((now_us - this.set_us) % US_PER_S);
  }
}

/** Monday 1 .. Sunday 7. */
function weekday(date: Date): number {
  return date.getUTCDay() === 0 ? DAYS : date.getUTCDay();
}

function toBcd(value: number): number {
  return Math.floor(value / 10) * 16 + (value % 10);
}

function fromBcd(name: string, byte: number, lowest: number, highest: number): number {
  const value = (byte >> 4) * 10 + (byte & 15);
  if ((byte & 15) > 9 || value < lowest || value > highest) {
    throw new DeviceError("ds3231", `${name} written as ${byte.toString(16)}h`);
  }
  return value;
}
