/** The clock chip as an I2C bus sees it: conditions and bytes one by one. The model takes whole
 *  exchanges: one is made when the master turns to read, or with the stop. */

import { DS3231_ADDRESS, type Ds3231 } from "../devices/ds3231.ts";

/** DS3231, "Figure 1": behind the last register comes the first. */
const REGISTER_COUNT = 0x13;
const LONGEST = 64;

export class ClockPins {
  private readonly bytes = new Uint8Array(LONGEST);
  private written = 0;
  private read_count = 0;
  private reading = false;
  private pointer = 0;

  constructor(
    private readonly rtc: Ds3231,
    private readonly isDead: () => boolean = () => false,
  ) {}

  /** (Repeated) start with a 7-bit address; true: acknowledged. */
  start(address: number, is_read: boolean): boolean {
    if (address !== DS3231_ADDRESS || this.isDead()) return false;
    if (!is_read) {
      this.stop();
      return true;
    }
    if (this.written > 0) this.pointer = (this.bytes[0] + this.written - 1) % REGISTER_COUNT;
    // All registers at once: "a START copies the time", so that the burst is of one moment
    this.rtc.exchange(this.bytes, 0, this.written, REGISTER_COUNT);
    this.written = 0;
    this.read_count = 0;
    this.reading = true;
    return true;
  }

  /** A byte from the master; true: acknowledged. */
  write(byte: number): boolean {
    if (this.written === LONGEST) throw new RangeError(`ds3231: more than ${LONGEST} bytes`);
    this.bytes[this.written++] = byte;
    return true;
  }

  /** A byte to the master. */
  read(): number {
    return this.bytes[this.read_count++ % REGISTER_COUNT];
  }

  stop(): void {
    if (this.reading) {
      this.bytes[0] = (this.pointer + this.read_count) % REGISTER_COUNT;
      this.rtc.exchange(this.bytes, 0, 1, 0); // the model's pointer stands where the chip's does
    } else if (this.written > 0) {
      this.rtc.exchange(this.bytes, 0, this.written, 0);
    }
    this.written = 0;
    this.reading = false;
  }
}
