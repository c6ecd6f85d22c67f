/** PL011 (data sheet 4.2) with character times, FIFOs and their interrupts. A byte written into a full FIFO,
 *  a read of an empty one, a changed format while it runs or sends end the simulation. An overrun on
 *  receiving is the peer's doing and shows in the registers only. Not modelled: DMA, modem lines, IrDA,
 *  loopback, sending a break. */

import { Alarm } from "./cycle-clock.ts";
import { Block, FUNCTION_UART, type System } from "./block.ts";
import { PIN_COUNT, uartRole } from "./pads.ts";

/** What was wrong with a received character; bits of `error` of receive(). */
export const UART_FRAMING = 1;
export const UART_PARITY = 2;
export const UART_BREAK = 4;
const ERRORS = 7;

const DR = 0x00;
const RSR = 0x04;
const FR = 0x18;
const IBRD = 0x24;
const FBRD = 0x28;
const LCR_H = 0x2c;
const CR = 0x30;
const IFLS = 0x34;
const IMSC = 0x38;
const RIS = 0x3c;
const MIS = 0x40;
const ICR = 0x44;
const DMACR = 0x48;

const FR_BUSY = 1 << 3;
const FR_RXFE = 1 << 4;
const FR_TXFF = 1 << 5;
const FR_RXFF = 1 << 6;
const FR_TXFE = 1 << 7;
const LCR_PEN = 1 << 1;
const LCR_EPS = 1 << 2;
const LCR_STP2 = 1 << 3;
const LCR_FEN = 1 << 4;
const LCR_KNOWN = 0x7e;
const CR_ENABLE = 1 << 0;
const CR_TXE = 1 << 8;
const CR_RXE = 1 << 9;
const INT_RX = 1 << 4;
const INT_TX = 1 << 5;
const INT_TIMEOUT = 1 << 6;
const INT_OVERRUN = 1 << 10;
const INT_ALL = 0x7f0;
const DEPTH = 32;
/** IFLS: an eighth, a quarter, half, three quarters, seven eighths. */
const MARKS = [4, 8, 16, 24, 28];
const TIMEOUT_BITS = 32;

export class Uart extends Block {
  /** Told when the start bit begins. */
  onByte: ((byte: number, start_us: number, end_us: number) => void) | null = null;
  /** The character under way was broken off: the port was reset. */
  onCut: ((time_us: number) => void) | null = null;

  private line_control = 0;
  private control = 0;
  private divisors = { integer: 0, fraction: 0 };
  /** As taken over by the last write of LCR_H. */
  private latched = { integer: 0, fraction: 0 };
  private marks = 0x12;
  private mask = 0;
  private raised = 0;
  private status = 0;
  private overrun = false;
  /** Since when the receiver is on. */
  private listening_ns = 0;
  private sending: number[] = [];
  private received: number[] = [];
  private readonly sent = new Alarm((time_ns) => this.next(time_ns));
  private readonly timeout = new Alarm(() => this.raise(INT_TIMEOUT));
  private arrivals = new Set<Alarm>();

  constructor(
    system: System,
    private readonly port: number,
    private readonly irq: number,
  ) {
    super(system, `UART${port}`);
  }

  reset(): void {
    const { clock } = this.system;
    if (this.sent.armed) this.onCut?.(clock.now_ns / 1000);
    clock.cancel(this.sent);
    clock.cancel(this.timeout);
    this.line_control = 0;
    this.control = 0;
    this.divisors = { integer: 0, fraction: 0 };
    this.latched = { integer: 0, fraction: 0 };
    this.marks = 0x12;
    this.mask = 0;
    this.raised = 0;
    this.status = 0;
    this.overrun = false;
    this.sending = [];
    this.received = [];
    this.update();
  }

  /** Bits of a character, start and stop included. */
  get bits(): number {
    const { line_control } = this;
    const parity = (line_control & LCR_PEN) !== 0 ? 1 : 0;
    return 1 + 5 + ((line_control >> 5) & 3) + parity + this.stop_bits;
  }

  private get stop_bits(): number {
    return (this.line_control & LCR_STP2) !== 0 ? 2 : 1;
  }

  /** Data bits, parity and stop bits, as in "8E1". */
  get format(): string {
    const even = (this.line_control & LCR_EPS) !== 0 ? "E" : "O";
    const parity = (this.line_control & LCR_PEN) !== 0 ? even : "N";
    return `${5 + ((this.line_control >> 5) & 3)}${parity}${this.stop_bits}`;
  }

  /** Time of a character as programmed, us; 0: not enabled. */
  get character_us(): number {
    return (this.control & CR_ENABLE) === 0 ? 0 : (this.bits * this.bit_ns) / 1000;
  }

  private get bit_ns(): number {
    const divisor = this.latched.integer * 64 + this.latched.fraction;
    return (divisor * 16 * 1e9) / (64 * this.system.frequencies.peri_hz);
  }

  /** A character whose last stop bit ends at `end_us`. The receiver has it in the middle of the first stop
   *  bit. A port that does not receive, or was switched on within it, does not see it. */
  receive(byte: number, end_us: number, error = 0): void {
    const { clock } = this.system;
    const end_ns = end_us * 1000;
    if (end_ns < clock.now_ns - 1) this.strict("character given after its end");
    const tail_ns = this.character_us === 0 ? 0 : (this.stop_bits - 0.5) * this.bit_ns;
    const alarm = new Alarm(() => {
      this.arrivals.delete(alarm);
      const start_ns = end_ns - this.bits * this.bit_ns;
      if (start_ns >= this.listening_ns) this.take((byte & 0xff) | ((error & ERRORS) << 8));
    });
    this.arrivals.add(alarm);
    clock.set(alarm, Math.max(clock.now_ns, end_ns - tail_ns));
  }

  private take(data: number): void {
    const on = CR_ENABLE | CR_RXE;
    if ((this.control & on) !== on || this.pin("rx") < 0) return;
    if (this.received.length >= this.depth) {
      this.overrun = true;
      return this.raise(INT_OVERRUN);
    }
    this.overrun = false;
    this.received.push(data);
    const errors = ((data >> 8) & ERRORS) << 7;
    const mark = this.depth === 1 ? 1 : MARKS[(this.marks >> 3) & 7];
    this.system.clock.set(this.timeout, this.system.clock.now_ns + TIMEOUT_BITS * this.bit_ns);
    this.raise(errors | (this.received.length === mark ? INT_RX : 0));
  }

  private get depth(): number {
    return (this.line_control & LCR_FEN) !== 0 ? DEPTH : 1;
  }

  private pin(role: "tx" | "rx"): number {
    const { pins } = this.system;
    for (let pin = 0; pin < PIN_COUNT; pin++) {
      const at = uartRole(pin);
      if (at.port !== this.port || at.role !== role) continue;
      if (pins.functionOf(pin) !== FUNCTION_UART) continue;
      if (role === "tx" || pins.inputEnabled(pin)) return pin;
    }
    return -1;
  }

  private get busy(): boolean {
    return this.sent.armed || this.sending.length > 0;
  }

  private flags(): number {
    return (
      (this.busy ? FR_BUSY : 0) |
      (this.received.length === 0 ? FR_RXFE : 0) |
      (this.sending.length >= this.depth ? FR_TXFF : 0) |
      (this.received.length >= this.depth ? FR_RXFF : 0) |
      (this.sending.length === 0 ? FR_TXFE : 0)
    );
  }

  read(offset: number): number {
    switch (offset) {
      case DR:
        return this.readData();
      case RSR:
        return this.status;
      case FR:
        return this.flags();
      case RIS:
        return this.raised;
      case MIS:
        return this.raised & this.mask;
      default:
        return this.peek(offset);
    }
  }

  override peek(offset: number): number {
    if (offset === IBRD) return this.divisors.integer;
    if (offset === FBRD) return this.divisors.fraction;
    if (offset === LCR_H) return this.line_control;
    if (offset === CR) return this.control;
    if (offset === IFLS) return this.marks;
    if (offset === IMSC) return this.mask;
    if (offset === ICR || offset === DMACR) return 0;
    return this.unknown(offset);
  }

  private readData(): number {
    const data = this.received.shift();
    if (data === undefined) return this.strict("data read, but nothing was received");
    const mark = this.depth === 1 ? 1 : MARKS[(this.marks >> 3) & 7];
    if (this.received.length < mark) this.raised &= ~INT_RX;
    if (this.received.length === 0) {
      this.raised &= ~INT_TIMEOUT;
      this.system.clock.cancel(this.timeout);
    }
    this.update();
    const result = data | (this.overrun ? 1 << 11 : 0);
    this.status = result >> 8;
    return result;
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case DR:
        return this.send(value & 0xff);
      case RSR:
        this.status = 0;
        this.overrun = false;
        return;
      case IBRD:
      case FBRD:
      case LCR_H:
        return this.configure(offset, value);
      case CR:
        return this.setControl(value);
      case IFLS:
        this.marks = value & 0x3f;
        if ((value & 7) > 4 || ((value >> 3) & 7) > 4) this.strict("reserved FIFO level");
        return;
      case IMSC:
        this.mask = value & INT_ALL;
        return this.update();
      case ICR:
        this.raised &= ~this.raw;
        return this.update();
      case DMACR:
        if (value !== 0) this.strict("DMA is not modelled");
        return;
      default:
        this.unknown(offset, value);
    }
  }

  private configure(offset: number, value: number): void {
    if ((this.control & CR_ENABLE) !== 0) this.strict("format or speed changed while enabled");
    if (this.busy) this.strict("format or speed changed while a character goes out");
    if (offset === IBRD) this.divisors.integer = value & 0xffff;
    else if (offset === FBRD) this.divisors.fraction = value & 0x3f;
    else {
      if ((value & ~LCR_KNOWN) !== 0) this.strict("break and stick parity are not modelled");
      this.line_control = value;
      this.latched = { ...this.divisors };
      if ((value & LCR_FEN) === 0) this.received = [];
    }
  }

  private setControl(value: number): void {
    if ((value & ~(CR_ENABLE | CR_TXE | CR_RXE)) !== 0) this.strict("CR: a mode not modelled");
    const enabled = (value & CR_ENABLE) !== 0;
    if (!enabled && this.busy) this.strict("disabled while a character goes out");
    const { divisors, latched } = this;
    const is_taken = divisors.integer === latched.integer && divisors.fraction === latched.fraction;
    if (enabled && !is_taken) this.strict("divisors not taken over: LCR_H was not written after");
    if (enabled && latched.integer === 0) this.strict("enabled without a speed");
    const on = CR_ENABLE | CR_RXE;
    if ((value & on) === on && (this.control & on) !== on) {
      this.listening_ns = this.system.clock.now_ns;
    }
    this.control = value;
  }

  private send(byte: number): void {
    const on = CR_ENABLE | CR_TXE;
    if ((this.control & on) !== on) this.strict("byte written while the transmitter is off");
    if (this.sending.length >= this.depth) this.strict("byte written into a full FIFO: it is lost");
    if (this.pin("tx") < 0) this.strict("byte written, but no pin has the transmitter");
    this.sending.push(byte);
    if (this.depth === 1 || this.sending.length > MARKS[this.marks & 7]) this.raised &= ~INT_TX;
    if (!this.sent.armed) this.next(this.system.clock.now_ns);
    this.update();
  }

  /** The shift register is free at `time_ns`. */
  private next(time_ns: number): void {
    const byte = this.sending.shift();
    if (byte === undefined) return;
    const end_ns = time_ns + this.bits * this.bit_ns;
    this.system.clock.set(this.sent, end_ns);
    const mark = this.depth === 1 ? 0 : MARKS[this.marks & 7];
    if (this.sending.length === mark) this.raise(INT_TX);
    this.onByte?.(byte, time_ns / 1000, end_ns / 1000);
  }

  private raise(bits: number): void {
    this.raised |= bits;
    this.update();
  }

  private update(): void {
    this.system.setLine(this.irq, (this.raised & this.mask) !== 0);
  }
}
