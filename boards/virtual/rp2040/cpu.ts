/** The core of rp2040js with its faults corrected in place: HardFaults, the interrupt controller's pending
 *  bits, WFI and the instructions in ops.ts. Everything else is run by rp2040js itself. Behaviour: ARMv6-M
 *  Architecture Reference Manual; cycles of exceptions: Cortex-M0+ TRM 3.3.1 (no wait states). */

import { RP2040 } from "rp2040js";

import type { Bus } from "./bus.ts";
import { FREQUENT } from "./frequent.ts";
import { correctedOps, type Op } from "./ops.ts";
import { GuestFault, hex } from "./strict.ts";

export type StockCore = RP2040["core"];
type StockCoreClass = new (host: RP2040) => StockCore;

/** The class is not exported by its package; an instance knows it. */
const StockClass = Object.getPrototypeOf(new RP2040().core).constructor as StockCoreClass;

const EXC_HARDFAULT = 3;
const EXC_SVCALL = 11;
const EXC_PENDSV = 14;
const EXC_SYSTICK = 15;
const FIRST_IRQ = 16;
const ENTRY_CYCLES = 15;
const RETURN_CYCLES = 13;
const LOWEST_PRIORITY = 4;

/** What the core needs of the chip. */
export interface CoreHost {
  readonly horizon: { horizon: number };
  readonly bus: Bus;
  /** The instruction at `pc`, which has a hook, is about to run. */
  onHook(pc: number): void;
  onHardFault(text: string): void;
  /** The core stopped until a reset. */
  onLockup(text: string): void;
}

const OPS: readonly (Op | null)[] = correctedOps(FREQUENT);

export class StrictCore extends StockClass {
  /** Address of the instruction under way. */
  instruction_pc = 0;
  /** Set by a hook: the instruction does not run and comes again. */
  stalled = false;
  /** Levels of the 32 interrupt lines. */
  private lines = 0;
  private readonly bus: Bus;

  constructor(
    stock: RP2040,
    private readonly host: CoreHost,
  ) {
    super(stock);
    this.bus = host.bus;
  }

  /** Runs up to the horizon or until the core sleeps. */
  run(): void {
    const { horizon } = this.host;
    while (this.cycles < horizon.horizon && !this.waiting) {
      try {
        while (this.cycles < horizon.horizon && !this.waiting) this.step();
      } catch (error) {
        if (!(error instanceof GuestFault)) throw error;
        this.hardFault(error.message);
      }
    }
  }

  /** One instruction, or the entry into a handler and its first. */
  step(): void {
    this.instruction_pc = this.PC;
    if (this.interruptsUpdated) this.checkForInterrupts();
    const pc = this.PC;
    this.instruction_pc = pc;
    this.execute(this.bus.fetch(pc));
  }

  private execute(opcode: number): void {
    const op = OPS[opcode >>> 6];
    if (op === null) this.executeInstruction();
    else op(this, opcode);
  }

  /** The opcode that stands for a hook, or was written by the guest: then it is undefined. */
  hooked(): void {
    const pc = this.instruction_pc;
    const opcode = this.bus.behindHook(pc);
    if (opcode === null) this.fault("undefined instruction");
    this.host.onHook(pc);
    if (!this.stalled) return this.execute(opcode);
    this.stalled = false;
    this.cycles += 2; // a branch to itself
  }

  /** rp2040js' own reading of the instruction. */
  stock(): void {
    this.executeInstruction();
  }

  fault(text: string): never {
    throw new GuestFault(text);
  }

  /** Second halfword of a 32-bit instruction. */
  second(): number {
    return this.bus.fetch(this.instruction_pc + 2);
  }

  get executionPriority(): number {
    return Math.min(this.exceptionPriority(this.IPSR), this.PM ? 0 : LOWEST_PRIORITY);
  }

  private hardFault(text: string): void {
    const where = `${text}, at ${hex(this.instruction_pc)} LR ${hex(this.LR)}`;
    if (this.exceptionPriority(this.IPSR) < 0) return this.lockup(`${where}, in a fault handler`);
    this.PC = this.instruction_pc;
    this.waiting = false;
    this.host.onHardFault(where);
    try {
      this.exceptionEntry(EXC_HARDFAULT);
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
      this.lockup(`${where}; on entry ${error.message}`);
    }
  }

  /** A fault while a fault is dealt with (B1.5.14): only a reset ends it, so no interrupt wakes the core. */
  private lockup(text: string): void {
    this.IPSR = EXC_HARDFAULT;
    this.waiting = true;
    this.host.onLockup(text);
  }

  /** SVC: HardFault when its handler may not run now (B1.5.6). */
  supervisorCall(): void {
    if (this.svCallPriority >= this.executionPriority)
      this.fault("SVC at a priority it cannot have");
    this.PC += 2;
    this.exceptionEntry(EXC_SVCALL);
  }

  /** WFI goes on when something is pending that would preempt were PRIMASK clear (B1.5.18). */
  waitForInterrupt(): void {
    this.cycles += 2;
    this.waiting = this.candidate(this.exceptionPriority(this.IPSR)) === 0;
  }

  waitForEvent(): void {
    this.cycles += 2;
    if (this.eventRegistered) this.eventRegistered = false;
    else this.waiting = this.candidate(this.exceptionPriority(this.IPSR)) === 0;
  }

  /** Level of a line. A line that rises becomes pending; one that falls stays so (B3.4.1). */
  setLine(irq: number, level: boolean): void {
    const bit = 1 << irq;
    if (!level) this.lines &= ~bit;
    else if ((this.lines & bit) === 0) {
      this.lines |= bit;
      this.pend(bit);
    }
  }

  pend(bits: number): void {
    this.pendingInterrupts |= bits;
    this.changed();
  }

  /** A line that is still high is pending again at once, unless its handler runs. */
  unpend(bits: number): void {
    const active = this.IPSR >= FIRST_IRQ ? 1 << (this.IPSR - FIRST_IRQ) : 0;
    this.pendingInterrupts &= ~bits;
    this.pendingInterrupts |= this.lines & bits & ~active;
    this.changed();
  }

  /** Pending or enabled bits, priorities changed. */
  changed(): void {
    this.interruptsUpdated = true;
    if (this.waiting && this.candidate(this.exceptionPriority(this.IPSR)) !== 0) {
      this.waiting = false;
    }
  }

  /** Exception that preempts priority `current`, 0: none. */
  private candidate(current: number): number {
    const interrupts = this.pendingInterrupts & this.enabledInterrupts;
    if (interrupts === 0 && !this.pendingPendSV && !this.pendingSystick) return 0;
    for (let priority = 0; priority < Math.min(current, LOWEST_PRIORITY); priority++) {
      if (this.pendingPendSV && priority === this.pendSVPriority) return EXC_PENDSV;
      if (this.pendingSystick && priority === this.systickPriority) return EXC_SYSTICK;
      const level = interrupts & this.interruptPriorities[priority];
      if (level !== 0) return FIRST_IRQ + 31 - Math.clz32(level & -level);
    }
    return 0;
  }

  override checkForInterrupts(): boolean {
    this.interruptsUpdated = false;
    const number = this.candidate(this.executionPriority);
    if (number === 0) return false;
    if (number === EXC_PENDSV) this.pendingPendSV = false;
    else if (number === EXC_SYSTICK) this.pendingSystick = false;
    else this.pendingInterrupts &= ~(1 << (number - FIRST_IRQ));
    this.exceptionEntry(number);
    return true;
  }

  override setInterrupt(irq: number, value: boolean): void {
    this.setLine(irq, value);
  }

  override exceptionEntry(number: number): void {
    super.exceptionEntry(number);
    this.cycles += ENTRY_CYCLES;
    const target = this.PC;
    if ((target & 1) === 0) this.fault(`vector ${number} is ${hex(target)}: Thumb bit clear`);
    this.PC = target & ~1;
    this.interruptsUpdated = true; // one of higher priority may wait
  }

  override exceptionReturn(value: number): void {
    const kind = value & 0xf;
    if (kind !== 0x1 && kind !== 0x9 && kind !== 0xd) this.fault(`EXC_RETURN ${hex(value)}`);
    const ended = this.IPSR;
    super.exceptionReturn(value);
    this.cycles += RETURN_CYCLES;
    if (ended >= FIRST_IRQ) this.pendingInterrupts |= this.lines & (1 << (ended - FIRST_IRQ));
    this.interruptsUpdated = true;
  }

  override BXWritePC(address: number): void {
    const is_return = this.IPSR !== 0 && address >>> 28 === 0xf;
    if (!is_return && (address & 1) === 0) {
      this.instruction_pc = address;
      this.fault("branch to an address with the Thumb bit clear");
    }
    super.BXWritePC(address);
  }

  /** MRS (B5.2.2): the exception number is seen, EPSR reads 0. */
  override readSpecialRegister(sysm: number): number {
    if (sysm < 8) return ((sysm & 4 ? 0 : this.APSR) | (sysm & 1 ? this.IPSR : 0)) >>> 0;
    return super.readSpecialRegister(sysm);
  }

  /** MSR (B5.2.3): only the flags can be written. */
  override writeSpecialRegister(sysm: number, value: number): 0 | undefined {
    if (sysm >= 8) return super.writeSpecialRegister(sysm, value);
    if ((sysm & 4) === 0) this.APSR = value;
    return undefined;
  }

  override readUint32(address: number): number {
    return this.bus.read32(address);
  }
  override readUint16(address: number): number {
    return this.bus.read16(address);
  }
  override readUint8(address: number): number {
    return this.bus.read8(address);
  }
  override writeUint32(address: number, value: number): void {
    this.bus.write32(address, value);
  }
  override writeUint16(address: number, value: number): void {
    this.bus.write16(address, value);
  }
  override writeUint8(address: number, value: number): void {
    this.bus.write8(address, value);
  }
}
