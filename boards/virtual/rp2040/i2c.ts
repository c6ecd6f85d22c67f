/** DW_apb_i2c (data sheet 4.3) as a master. Conditions and bytes take their bit times; the devices are called
 *  at the ninth clock. Timing out of the I2C specification, a full or an empty FIFO and settings changed
 *  while enabled end the simulation. Not modelled: slave, 10-bit addresses, DMA, lost arbitration, clock
 *  stretching, a user abort. */

import { Alarm } from "./cycle-clock.ts";
import { Block, FUNCTION_I2C, type System } from "./block.ts";
import { i2cRole, PIN_COUNT } from "./pads.ts";
import { hex } from "./strict.ts";

const CON = 0x00;
const TAR = 0x04;
const DATA_CMD = 0x10;
const SS_HCNT = 0x14;
const SS_LCNT = 0x18;
const FS_HCNT = 0x1c;
const FS_LCNT = 0x20;
const INTR_STAT = 0x2c;
const INTR_MASK = 0x30;
const RAW_INTR_STAT = 0x34;
const RX_TL = 0x38;
const TX_TL = 0x3c;
const CLR_INTR = 0x40;
const CLR_TX_ABRT = 0x54;
const CLR_ACTIVITY = 0x5c;
const CLR_STOP_DET = 0x60;
const CLR_START_DET = 0x64;
const ENABLE = 0x6c;
const STATUS = 0x70;
const TXFLR = 0x74;
const RXFLR = 0x78;
const SDA_HOLD = 0x7c;
const TX_ABRT_SOURCE = 0x80;
const ENABLE_STATUS = 0x9c;
const FS_SPKLEN = 0xa0;

const CMD_READ = 1 << 8;
const CMD_STOP = 1 << 9;
const CMD_RESTART = 1 << 10;
const INT_RX_FULL = 1 << 2;
const INT_TX_EMPTY = 1 << 4;
const INT_TX_ABRT = 1 << 6;
const INT_ACTIVITY = 1 << 8;
const INT_STOP_DET = 1 << 9;
const INT_START_DET = 1 << 10;
const ABRT_ADDRESS = 1 << 0;
const ABRT_DATA = 1 << 3;
/** Master, RESTART_EN, no slave, fast; TX_EMPTY_CTRL may be. */
const CON_NEEDED = 0x65;
const CON_KNOWN = CON_NEEDED | (1 << 8);
const DEPTH = 16;
const BYTE_BITS = 9;
const RETRY_NS = 1000;

/** What goes on on the bus: nobody there, byte under way, waiting for commands, stop under way. */
type Phase = "idle" | "address" | "byte" | "hold" | "stop";

export class I2c extends Block {
  onStart: ((address: number, read: boolean, time_us: number) => boolean) | null = null;
  onWrite: ((byte: number, time_us: number) => boolean) | null = null;
  onRead: ((last: boolean, time_us: number) => number) | null = null;
  onStop: ((time_us: number) => void) | null = null;

  private registers = new Map<number, number>();
  private phase: Phase = "idle";
  private commands: number[] = [];
  private command = 0;
  private received: number[] = [];
  private raised = 0;
  private aborted = 0;
  private readonly step = new Alarm((time_ns) => this.advance(time_ns));

  constructor(
    system: System,
    private readonly port: number,
    private readonly irq: number,
  ) {
    super(system, `I2C${port}`);
    this.clear();
  }

  reset(): void {
    this.system.clock.cancel(this.step);
    this.clear();
    this.update();
  }

  private clear(): void {
    this.registers = new Map([
      [CON, CON_NEEDED],
      [TAR, 0x55],
      [SS_HCNT, 0x28],
      [SS_LCNT, 0x2f],
      [FS_HCNT, 0x06],
      [FS_LCNT, 0x0d],
      [INTR_MASK, 0x8ff],
      [RX_TL, 0],
      [TX_TL, 0],
      [ENABLE, 0],
      [SDA_HOLD, 1],
      [FS_SPKLEN, 7],
    ]);
    this.phase = "idle";
    this.commands = [];
    this.received = [];
    this.raised = 0;
    this.aborted = 0;
  }

  /** SCL as programmed, Hz. High and low times: 4.3.14.2. */
  get hz(): number {
    return 1e9 / (this.high_ns + this.low_ns);
  }

  private get high_ns(): number {
    return ((this.get(FS_HCNT) + this.get(FS_SPKLEN) + 7) * 1e9) / this.system.frequencies.sys_hz;
  }

  private get low_ns(): number {
    return ((this.get(FS_LCNT) + 1) * 1e9) / this.system.frequencies.sys_hz;
  }

  private get bit_ns(): number {
    return this.high_ns + this.low_ns;
  }

  private get(offset: number): number {
    return this.registers.get(offset)!;
  }

  private get pending(): number {
    return (
      this.raised |
      (this.received.length > this.get(RX_TL) ? INT_RX_FULL : 0) |
      (this.commands.length <= this.get(TX_TL) && this.get(ENABLE) !== 0 ? INT_TX_EMPTY : 0) |
      (this.aborted !== 0 ? INT_TX_ABRT : 0)
    );
  }

  override peek(offset: number): number {
    return this.registers.get(offset) ?? this.unknown(offset);
  }

  read(offset: number): number {
    switch (offset) {
      case DATA_CMD:
        return this.readData();
      case INTR_STAT:
        return this.pending & this.get(INTR_MASK);
      case RAW_INTR_STAT:
        return this.pending;
      case STATUS:
        return this.status();
      case TXFLR:
        return this.commands.length;
      case RXFLR:
        return this.received.length;
      case TX_ABRT_SOURCE:
        return this.aborted;
      case ENABLE_STATUS:
        return this.get(ENABLE) & 1;
      case CLR_INTR:
      case CLR_TX_ABRT:
      case CLR_ACTIVITY:
      case CLR_STOP_DET:
      case CLR_START_DET:
        return this.acknowledge(offset);
      default:
        return this.peek(offset);
    }
  }

  private readData(): number {
    const data = this.received.shift() ?? this.strict("data read, but nothing was received");
    this.update();
    return data;
  }

  private status(): number {
    const active = this.phase === "idle" ? 0 : 0x21;
    return (
      active |
      (this.commands.length < DEPTH ? 1 << 1 : 0) |
      (this.commands.length === 0 ? 1 << 2 : 0) |
      (this.received.length > 0 ? 1 << 3 : 0) |
      (this.received.length >= DEPTH ? 1 << 4 : 0)
    );
  }

  private acknowledge(offset: number): number {
    const clears: Record<number, number> = {
      [CLR_INTR]: INT_ACTIVITY | INT_STOP_DET | INT_START_DET,
      [CLR_ACTIVITY]: INT_ACTIVITY,
      [CLR_STOP_DET]: INT_STOP_DET,
      [CLR_START_DET]: INT_START_DET,
    };
    if (offset === CLR_INTR || offset === CLR_TX_ABRT) this.aborted = 0;
    this.raised &= ~(clears[offset] ?? 0);
    this.update();
    return 0;
  }

  write(offset: number, value: number): void {
    if (offset === DATA_CMD) return this.queue(value);
    if (!this.registers.has(offset)) return this.unknown(offset, value);
    if (offset === ENABLE) return this.setEnable(value);
    const anytime = offset === INTR_MASK || offset === RX_TL || offset === TX_TL;
    if (!anytime && this.get(ENABLE) !== 0) this.strict("settings changed while enabled");
    this.registers.set(offset, value & 0xffff);
    this.update();
  }

  private setEnable(value: number): void {
    if ((value & ~1) !== 0) this.strict("abort and block of commands are not modelled");
    if (value === 0) {
      if (this.phase !== "idle") this.strict("disabled during a transfer");
      this.commands = [];
      this.received = [];
    } else this.check();
    this.registers.set(ENABLE, value);
    this.update();
  }

  /** Settings at the moment of enabling; limits of the I2C specification, table 10, fast mode. */
  private check(): void {
    const con = this.get(CON);
    if ((con & CON_NEEDED) !== CON_NEEDED || (con & ~CON_KNOWN) !== 0) {
      this.strict(`IC_CON ${hex(con)}: not a master in fast mode`);
    }
    const spike = this.get(FS_SPKLEN);
    if (this.get(FS_HCNT) <= spike + 5 || this.get(FS_LCNT) <= spike + 7) {
      this.strict("SCL counts below the filter's (4.3.14.1)");
    }
    const is_slow = this.high_ns >= 600 && this.low_ns >= 1300 && this.hz <= 400e3 * 1.0001;
    if (!is_slow) this.strict(`SCL high ${this.high_ns} ns, low ${this.low_ns} ns`);
    if (this.get(TAR) > 0x7f) this.strict(`IC_TAR ${hex(this.get(TAR))}`);
  }

  private queue(value: number): void {
    if (this.get(ENABLE) === 0) this.strict("command written while disabled");
    if (this.aborted !== 0) return; // the FIFO is held empty until the abort is acknowledged
    if (this.commands.length >= DEPTH) this.strict("command written into a full FIFO");
    this.commands.push(value & 0x7ff);
    if (this.phase === "idle" && !this.step.armed) this.advance(this.system.clock.now_ns);
    else if (this.phase === "hold") this.advance(this.system.clock.now_ns);
    this.update();
  }

  private after(time_ns: number, bits: number): void {
    this.system.clock.set(this.step, time_ns + bits * this.bit_ns);
  }

  /** What was under way has ended. */
  private advance(time_ns: number): void {
    const time_us = time_ns / 1000;
    if (this.phase === "address") this.addressed(time_ns, time_us);
    else if (this.phase === "byte") this.exchanged(time_ns, time_us);
    else if (this.phase === "stop") this.stopped(time_ns, time_us);
    else if (this.commands.length > 0) this.start(time_ns);
    this.update();
  }

  /** Start or repeated start for the command in front; a bus that is not free is waited for. */
  private start(time_ns: number): void {
    const is_new = this.phase === "idle";
    if (is_new && !this.busFree()) {
      this.system.clock.set(this.step, time_ns + RETRY_NS);
      return;
    }
    const needs_address =
      is_new ||
      (this.commands[0] & CMD_RESTART) !== 0 ||
      ((this.commands[0] ^ this.command) & CMD_READ) !== 0;
    this.command = this.commands.shift()!;
    this.phase = needs_address ? "address" : "byte";
    if (needs_address) this.raised |= INT_START_DET | INT_ACTIVITY;
    this.after(time_ns, needs_address ? BYTE_BITS + 1 : BYTE_BITS);
  }

  private busFree(): boolean {
    const { pins } = this.system;
    let found = 0;
    for (let pin = 0; pin < PIN_COUNT; pin++) {
      if (i2cRole(pin).port !== this.port || pins.functionOf(pin) !== FUNCTION_I2C) continue;
      if (!pins.inputEnabled(pin)) this.strict(`GP${pin}: its input is not enabled`);
      if (pins.level(pin) === null) this.strict(`GP${pin}: nothing pulls the line up`);
      if (pins.level(pin) === 0) return false;
      found++;
    }
    return found === 2 || this.strict("SDA or SCL has no pin");
  }

  private addressed(time_ns: number, time_us: number): void {
    const reads = (this.command & CMD_READ) !== 0;
    if (this.onStart?.(this.get(TAR), reads, time_us) === true) {
      this.phase = "byte";
      this.after(time_ns, BYTE_BITS);
    } else this.abort(time_ns, ABRT_ADDRESS);
  }

  private exchanged(time_ns: number, time_us: number): void {
    const stops = (this.command & CMD_STOP) !== 0;
    if ((this.command & CMD_READ) !== 0) {
      const next = this.commands[0] ?? CMD_READ;
      const last = stops || (next & CMD_RESTART) !== 0 || (next & CMD_READ) === 0;
      if (this.received.length >= DEPTH) this.strict("received byte lost: the FIFO is full");
      this.received.push((this.onRead?.(last, time_us) ?? 0xff) & 0xff);
    } else if (this.onWrite?.(this.command & 0xff, time_us) !== true) {
      return this.abort(time_ns, ABRT_DATA);
    }
    if (stops) {
      this.phase = "stop";
      this.after(time_ns, 1);
    } else {
      this.phase = "hold"; // SCL stays low until there is a command
      if (this.commands.length > 0) this.start(time_ns);
    }
  }

  private abort(time_ns: number, source: number): void {
    this.aborted |= source;
    this.commands = [];
    this.phase = "stop";
    this.after(time_ns, 1);
  }

  private stopped(time_ns: number, time_us: number): void {
    this.phase = "idle";
    this.raised |= INT_STOP_DET;
    this.onStop?.(time_us);
    if (this.commands.length > 0) this.start(time_ns + this.bit_ns / 2); // bus free time
  }

  private update(): void {
    this.system.setLine(this.irq, (this.pending & this.get(INTR_MASK)) !== 0);
  }
}
