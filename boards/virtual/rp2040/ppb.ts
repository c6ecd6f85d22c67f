/** Private peripheral bus of the core (data sheet 2.4.8): NVIC and the system control block. SysTick and MPU
 *  are not modelled, nor a reset by AIRCR: on this chip it leaves the peripherals as they are. */

import { Block, type System } from "./block.ts";
import type { StrictCore } from "./cpu.ts";
import { hex } from "./strict.ts";

const NVIC_ISER = 0x100;
const NVIC_ICER = 0x180;
const NVIC_ISPR = 0x200;
const NVIC_ICPR = 0x280;
const NVIC_IPR0 = 0x400;
const NVIC_IPR7 = 0x41c;
const CPUID = 0xd00;
const ICSR = 0xd04;
const VTOR = 0xd08;
const AIRCR = 0xd0c;
const SCR = 0xd10;
const CCR = 0xd14;
const SHPR2 = 0xd1c;
const SHPR3 = 0xd20;

const ICSR_PENDSVSET = 1 << 28;
const ICSR_PENDSVCLR = 1 << 27;
/** Lines 0..25 exist (2.3.2), the others can be made pending by software. */
const VTOR_ALIGNMENT = 0xff;

export class Ppb extends Block {
  constructor(
    system: System,
    private readonly core: () => StrictCore,
  ) {
    super(system, "PPB");
  }

  reset(): void {
    // the core is a new one
  }

  read(offset: number): number {
    const core = this.core();
    switch (offset) {
      case NVIC_ISER:
      case NVIC_ICER:
        return core.enabledInterrupts >>> 0;
      case NVIC_ISPR:
      case NVIC_ICPR:
        return core.pendingInterrupts >>> 0;
      case CPUID:
        return 0x410cc601;
      case ICSR:
        return (core.IPSR | (core.pendingPendSV ? ICSR_PENDSVSET : 0)) >>> 0;
      case VTOR:
        return core.VTOR;
      case AIRCR:
        return 0xfa050000;
      case SCR:
        return 0;
      case CCR:
        return 0x208;
      case SHPR2:
        return core.SHPR2 >>> 0;
      case SHPR3:
        return core.SHPR3 >>> 0;
    }
    if (offset >= NVIC_IPR0 && offset <= NVIC_IPR7) return this.readPriorities(offset - NVIC_IPR0);
    return this.unknown(offset);
  }

  write(offset: number, value: number): void {
    const core = this.core();
    if (offset >= NVIC_IPR0 && offset <= NVIC_IPR7) {
      this.writePriorities(offset - NVIC_IPR0, value);
    } else this.writeRegister(core, offset, value);
    core.changed();
  }

  private writeRegister(core: StrictCore, offset: number, value: number): void {
    switch (offset) {
      case NVIC_ISER:
        core.enabledInterrupts |= value;
        break;
      case NVIC_ICER:
        core.enabledInterrupts &= ~value;
        break;
      case NVIC_ISPR:
        core.pend(value);
        break;
      case NVIC_ICPR:
        core.unpend(value);
        break;
      case ICSR:
        if ((value & ~(ICSR_PENDSVSET | ICSR_PENDSVCLR)) !== 0) this.unknown(offset, value);
        core.pendingPendSV = (value & ICSR_PENDSVSET) !== 0;
        break;
      case VTOR:
        if ((value & VTOR_ALIGNMENT) !== 0) this.strict(`VTOR ${hex(value)} is not aligned`);
        core.VTOR = value;
        break;
      case SHPR2:
        core.SHPR2 = value & 0xc0000000;
        break;
      case SHPR3:
        core.SHPR3 = value & 0xc0c00000;
        break;
      default:
        this.unknown(offset, value);
    }
  }

  private readPriorities(first: number): number {
    const { interruptPriorities } = this.core();
    let result = 0;
    for (let index = 0; index < 4; index++) {
      const bit = 1 << (first + index);
      const priority = interruptPriorities.findIndex((mask) => (mask & bit) !== 0);
      result |= priority << (8 * index + 6);
    }
    return result >>> 0;
  }

  private writePriorities(first: number, value: number): void {
    const { interruptPriorities } = this.core();
    for (let index = 0; index < 4; index++) {
      const bit = 1 << (first + index);
      const chosen = (value >>> (8 * index + 6)) & 3;
      for (let priority = 0; priority < 4; priority++) {
        if (priority === chosen) interruptPriorities[priority] |= bit;
        else interruptPriorities[priority] &= ~bit;
      }
    }
  }
}
