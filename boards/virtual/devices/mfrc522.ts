/** Contactless reader: NXP MFRC522 (data sheet rev. 3.9) at register level, on SPI mode 0. Time is that
 *  of the access: between two accesses nothing is computed, at the next one everything that had come
 *  due happens in its order. Does not model the I2C and UART interfaces, the test pins and the analogue
 *  front end: its registers keep what is written. */

import type { Random } from "../random.ts";
import type { Field } from "./cards/field.ts";
import { CrcUnit } from "./mfrc522/crc-unit.ts";
import * as R from "./mfrc522/registers.ts";
import { ChipState, IDLE } from "./mfrc522/state.ts";
import { ChipTimer } from "./mfrc522/timer.ts";
import { MF_AUTHENT, RECEIVE, TRANSCEIVE, TRANSMIT, Transceiver } from "./mfrc522/transceiver.ts";

const MEM = 0x1;
const GENERATE_RANDOM_ID = 0x2;
const CALC_CRC = 0x3;
const NO_CMD_CHANGE = 0x7;
const SOFT_RESET = 0xf;

/** "8.6": 1024 clocks until the chip is ready, and before them the crystal's own start. */
const READY_US = 1024 / 27.12;
const CRYSTAL_US = 500;
const FLOATING = 0xff;
const ANTENNA = 0x03;
const START_SEND = 0x80;
const FLUSH = 0x80;
const TIMER_STOP = 0x80;
const TIMER_START = 0x40;
const SET = 0x80;
/** At 4 MHz. */
export const READER_BYTE_US = 2;

/** ok; not fitted, the line pulled low or high; or its oscillator never starts: registers answer, but
 *  CommandReg shows PowerDown for ever and nothing is sent. */
export type ReaderMode = "ok" | "absent-00" | "absent-ff" | "stuck";

export class Mfrc522 {
  private mode: ReaderMode = "ok";
  /** Times the chip lost its registers by an ordered brown-out. */
  brown_outs = 0;
  private readonly state: ChipState;
  private readonly timer: ChipTimer;
  private readonly crc: CrcUnit;
  private readonly radio: Transceiver;
  private readonly readers: ReturnType<Mfrc522["makeReaders"]>;
  private readonly writers: ReturnType<Mfrc522["makeWriters"]>;
  private now_us = 0;
  private powered = false;
  private reset_level = 0;
  private power_down = false;
  private ready_us = 0;
  /** Writes are lost until then: the crystal starts. */
  private started_us = 0;
  private selected = false;
  private address: number | null = null;
  private is_write = false;
  private bytes_to_brown_out = -1;

  constructor(
    private readonly field: Field,
    private readonly random: Random,
    version = 0x92,
  ) {
    this.state = new ChipState(version);
    this.timer = new ChipTimer(this.state);
    this.crc = new CrcUnit(this.state);
    this.radio = new Transceiver(this.state, field, this.timer, random);
    this.readers = this.makeReaders();
    this.writers = this.makeWriters();
    this.restart(0, 0);
  }

  /** VersionReg: 91h, 92h, or that of a clone; tells the self test as well. */
  set version(version: number) {
    this.state.version = version;
  }

  setMode(mode: ReaderMode, now_us: number): void {
    this.advance(now_us);
    this.mode = mode;
    this.restart(now_us, CRYSTAL_US);
  }

  /** The chip loses its registers with the `count`th byte from now over SPI; null takes it back. */
  brownOutAfter(count: number | null): void {
    this.bytes_to_brown_out = count ?? -1;
  }

  powerOn(now_us: number): void {
    this.advance(now_us);
    this.powered = true;
    this.restart(now_us, CRYSTAL_US);
  }

  powerOff(now_us: number): void {
    this.advance(now_us);
    this.powered = false;
    this.restart(now_us, CRYSTAL_US);
  }

  /** Level of NRSTPD: low is a hard power-down, its rising edge a reset. */
  setReset(level: number, now_us: number): void {
    this.advance(now_us);
    if (level === this.reset_level) return;
    this.reset_level = level;
    this.restart(now_us, CRYSTAL_US);
  }

  /** NSS falls. */
  select(): void {
    this.selected = true;
    this.address = null;
    this.is_write = false;
  }

  /** NSS rises. */
  deselect(): void {
    this.selected = false;
  }

  /** One byte each way, complete at `now_us`. */
  exchange(mosi: number, now_us: number): number {
    this.advance(now_us);
    if (this.bytes_to_brown_out > 0 && --this.bytes_to_brown_out === 0) this.brownOut(now_us);
    if (this.mode === "absent-00") return 0;
    if (!this.selected || !this.alive || this.mode === "absent-ff") return FLOATING;
    const { address } = this;
    if (this.is_write && address !== null) {
      this.write(address, mosi, now_us);
      return FLOATING;
    }
    const miso = address === null ? FLOATING : this.read(address, now_us);
    this.is_write = address === null && (mosi & 0x80) === 0;
    this.address = this.is_write || (mosi & 0x80) !== 0 ? (mosi >> 1) & 0x3f : 0;
    return miso;
  }

  /** One select: the bytes at `offset` go in and are replaced by what comes out, by `end_us`. */
  transfer(memory: Uint8Array, offset: number, size: number, end_us: number): void {
    this.select();
    for (let i = 0; i < size; i++) {
      const byte_us = end_us - READER_BYTE_US * (size - 1 - i);
      memory[offset + i] = this.exchange(memory[offset + i], byte_us);
    }
    this.deselect();
  }

  /** Brings chip, field and cards to `now_us`. */
  advance(now_us: number): void {
    if (now_us < this.now_us) return;
    const { field, timer, crc, radio } = this;
    for (;;) {
      const next_us = Math.min(field.next_us, timer.next_us, crc.next_us, radio.next_us);
      if (next_us > now_us) break;
      if (field.next_us === next_us) {
        field.step();
        radio.fieldChanged(next_us);
      } else if (radio.next_us === next_us) radio.step();
      else if (crc.next_us === next_us) crc.done();
      else timer.expire(now_us);
    }
    this.now_us = now_us;
    field.settle(now_us);
  }

  /** A card came or went at the present time. */
  fieldChanged(): void {
    this.radio.fieldChanged(this.now_us);
  }

  private get alive(): boolean {
    return this.powered && this.reset_level === 1;
  }

  private get starting(): boolean {
    return this.power_down || this.mode === "stuck" || this.now_us < this.ready_us;
  }

  /** Back to reset values; `start_us` is what the crystal needs. */
  private restart(now_us: number, start_us: number): void {
    this.radio.stop();
    this.state.reset();
    this.timer.reset();
    this.crc.reset();
    this.power_down = false;
    this.started_us = now_us + start_us;
    this.ready_us = this.started_us + READY_US;
    this.drive(now_us);
  }

  private brownOut(now_us: number): void {
    this.brown_outs++;
    this.restart(now_us, CRYSTAL_US);
    this.selected = false; // what is left of this select says nothing to it
  }

  /** The field follows TxControlReg and the chip's power. */
  private drive(now_us: number): void {
    const antenna = (this.state.registers[R.TX_CONTROL] & ANTENNA) !== 0;
    this.field.setOn(antenna && this.alive && !this.power_down && this.mode === "ok", now_us);
    this.radio.fieldChanged(now_us);
  }

  private read(address: number, now_us: number): number {
    const read = this.readers[address];
    return read === undefined ? this.state.registers[address] : read(now_us);
  }

  /** Registers that do not simply read as what was written. */
  private makeReaders(): Record<number, (now_us: number) => number> {
    const { state, timer, radio } = this;
    return {
      [R.COMMAND]: () =>
        (state.receiver_off ? R.RCV_OFF : 0) | (this.starting ? R.POWER_DOWN : 0) | state.command,
      [R.COM_IRQ]: () => state.comIrq,
      [R.DIV_IRQ]: () => state.div_irq,
      [R.ERROR]: () => state.error,
      [R.STATUS_1]: () => this.status1(),
      [R.STATUS_2]: () =>
        state.registers[R.STATUS_2] |
        (state.session === null ? 0 : R.CRYPTO_1_ON) |
        radio.modemState,
      [R.FIFO_DATA]: () => state.fifo.shift() ?? 0,
      [R.FIFO_LEVEL]: () => state.fifo.length,
      [R.CONTROL]: () => R.RESET_VALUES[R.CONTROL] | state.rx_last_bits,
      [R.COLL]: () => (state.registers[R.COLL] & R.VALUES_AFTER_COLL) | state.collision,
      [R.T_COUNTER_H]: (now_us) => timer.counter(now_us) >> 8,
      [R.T_COUNTER_L]: (now_us) => timer.counter(now_us) & 0xff,
      [R.VERSION]: () => state.version,
    };
  }

  private status1(): number {
    const { state } = this;
    const wanted = state.comIrq & state.registers[R.COM_I_EN] & 0x7f;
    const wanted_too = state.div_irq & state.registers[R.DIV_I_EN] & 0x14;
    return (
      (state.crc_ok ? 0x40 : 0) |
      (this.crc.ready ? 0x20 : 0) |
      (wanted || wanted_too ? 0x10 : 0) |
      (this.timer.running ? 0x08 : 0) |
      (state.hiAlert ? 0x02 : 0) |
      (state.loAlert ? 0x01 : 0)
    );
  }

  private write(address: number, value: number, now_us: number): void {
    if (now_us < this.started_us) return; // no clock yet
    const { state } = this;
    const kept = R.WRITABLE[address];
    if (kept !== undefined) {
      state.registers[address] = (state.registers[address] & ~kept) | (value & kept);
    }
    this.writers[address]?.(value, now_us);
  }

  /** Registers whose writing does something. */
  private makeWriters(): Record<number, (value: number, now_us: number) => void> {
    const { state, timer, radio } = this;
    return {
      [R.COMMAND]: (value, now_us) => this.writeCommand(value, now_us),
      [R.COM_IRQ]: (value) => (state.com_irq = marked(state.com_irq, value, 0x7f)),
      [R.DIV_IRQ]: (value) => (state.div_irq = marked(state.div_irq, value, 0x14)),
      [R.STATUS_2]: (value) => {
        if ((value & R.CRYPTO_1_ON) === 0) state.session = null;
      },
      [R.FIFO_DATA]: (value, now_us) => this.writeFifo(value, now_us),
      [R.FIFO_LEVEL]: (value) => {
        if (value & FLUSH) this.flush();
      },
      [R.CONTROL]: (value, now_us) => {
        if (value & TIMER_STOP) timer.stop(now_us);
        if (value & TIMER_START) timer.start(now_us);
      },
      [R.BIT_FRAMING]: (value, now_us) => {
        if (value & START_SEND && !this.starting) radio.send(now_us);
      },
      [R.COLL]: (value) => (state.registers[R.COLL] = value & R.VALUES_AFTER_COLL),
      [R.TX_CONTROL]: (...[, now_us]) => this.drive(now_us),
    };
  }

  private flush(): void {
    this.state.fifo.length = 0;
    this.state.error &= ~R.BUFFER_OVFL;
  }

  private writeFifo(value: number, now_us: number): void {
    if (this.radio.ownsFifo) {
      this.state.fail(R.WR_ERR);
      return;
    }
    this.state.push(value);
    if (this.state.command === CALC_CRC) this.crc.more(now_us);
  }

  private writeCommand(value: number, now_us: number): void {
    const { state } = this;
    const command = value & 0x0f;
    if (command === SOFT_RESET) {
      this.restart(now_us, 0);
      return;
    }
    state.receiver_off = (value & R.RCV_OFF) !== 0;
    this.powerDown((value & R.POWER_DOWN) !== 0, now_us);
    if (command === NO_CMD_CHANGE) return;
    this.radio.stop();
    this.crc.stop();
    state.command = command;
    if (command === IDLE || this.starting) return;
    state.error = 0;
    this.execute(command, now_us);
  }

  /** "8.6.2 Soft power-down": registers and FIFO stay, the oscillator stops. */
  private powerDown(down: boolean, now_us: number): void {
    if (down === this.power_down) return;
    this.power_down = down;
    if (!down) this.ready_us = now_us + READY_US;
    this.drive(now_us);
  }

  private execute(command: number, now_us: number): void {
    switch (command) {
      case MEM:
        return this.crc.exchangeMemory();
      case GENERATE_RANDOM_ID:
        return this.crc.randomize(() => this.random.below(256));
      case CALC_CRC:
        return this.crc.start(now_us);
      case TRANSMIT:
      case RECEIVE:
      case TRANSCEIVE:
      case MF_AUTHENT:
        return this.radio.begin(command, now_us);
      default:
        this.state.finish();
    }
  }
}

/** IRQ registers: bit 7 tells whether the marked bits are set or cleared. */
function marked(irq: number, value: number, bits: number): number {
  return value & SET ? irq | (value & bits) : irq & ~value;
}
