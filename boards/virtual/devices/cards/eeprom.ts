/** Memory of a card: blocks of 16 bytes that take milliseconds to program, and what is left of a block
 *  when power goes meanwhile. A torn block holds the old or new bytes, erased ones, a mixture, or bits
 *  so weak that they read differently each time; other blocks are not touched (measurements published
 *  by Quarkslab, 2021; MIFARE Classic promises nothing). */

import type { Random } from "../../random.ts";

export const BLOCK_SIZE = 16;
/** Erase and program: with its frames a write then takes 5.8 ms ("write: 6 ms"). */
export const PROGRAM_US = 3800;

export type TornBlock = "old" | "new" | "zeros" | "ones" | "mixture" | "weak";

/** What happens to a write that is to go wrong. */
export interface WriteFault {
  /** Writes before it that go well; 0: the next one goes wrong. */
  after?: number;
  outcome: TornBlock;
  /** The ACK is sent nevertheless; default false. */
  acknowledged?: boolean;
  /** The card leaves the field in the middle of the write; default false. */
  leaves?: boolean;
}

interface Pending {
  block: number;
  bytes: Uint8Array;
  start_us: number;
  end_us: number;
  fault: WriteFault | null;
}

export class Eeprom {
  /** Writes carried out, torn ones included. */
  writes = 0;
  private pending: Pending | null = null;
  private fault: WriteFault | null = null;
  private good_writes = 0;
  /** Bits of a block that are weak. */
  private readonly weak = new Map<number, Uint8Array>();

  constructor(readonly bytes: Uint8Array) {}

  /** Orders a fault; null takes it back. */
  tear(fault: WriteFault | null): void {
    this.fault = fault;
    this.good_writes = fault?.after ?? 0;
  }

  /** Starts programming; returns the fault that this write will suffer. */
  write(block: number, bytes: Uint8Array, now_us: number): WriteFault | null {
    let fault: WriteFault | null = null;
    if (this.fault !== null && this.good_writes-- === 0) {
      fault = this.fault;
      this.fault = null;
    }
    const end_us = now_us + PROGRAM_US;
    this.pending = { block, bytes: bytes.slice(), start_us: now_us, end_us, fault };
    return fault;
  }

  isBusy(now_us: number): boolean {
    return this.pending !== null && now_us < this.pending.end_us;
  }

  /** Time has come to `now_us` with power. */
  settle(now_us: number, random: Random): void {
    const { pending } = this;
    if (pending === null || now_us < pending.end_us) return;
    this.finish(pending, pending.fault?.outcome ?? "new", random);
  }

  /** Power is gone at `now_us`. */
  lose(now_us: number, random: Random): void {
    this.settle(now_us, random);
    const { pending } = this;
    if (pending === null) return;
    const share = (now_us - pending.start_us) / (pending.end_us - pending.start_us);
    this.finish(pending, pending.fault?.outcome ?? tornAt(share, random), random);
  }

  /** A copy of a block as it reads this time. */
  read(block: number, random: Random): Uint8Array {
    const bytes = this.bytes.slice(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE);
    const weak = this.weak.get(block);
    if (weak) for (let i = 0; i < BLOCK_SIZE; i++) bytes[i] ^= weak[i] & random.below(256);
    return bytes;
  }

  private finish({ block, bytes }: Pending, outcome: TornBlock, random: Random): void {
    this.pending = null;
    this.writes++;
    const start = block * BLOCK_SIZE;
    this.weak.delete(block);
    if (outcome === "weak") {
      const mask = Uint8Array.from(bytes, () => random.below(256) & random.below(256));
      mask[0] |= 1; // never none at all
      this.weak.set(block, mask);
    }
    for (let i = 0; i < BLOCK_SIZE; i++) {
      const old = this.bytes[start + i];
      this.bytes[start + i] = left(outcome, old, bytes[i], random);
    }
  }
}

function left(outcome: TornBlock, old: number, fresh: number, random: Random): number {
  if (outcome === "old") return old;
  if (outcome === "zeros") return 0;
  if (outcome === "ones") return 0xff;
  return outcome === "mixture" ? [old, fresh, 0, random.below(256)][random.below(4)] : fresh;
}

/** The outcome of a write that got only this share of its time: erased first, programmed then. */
function tornAt(share: number, random: Random): TornBlock {
  if (share < 0.05) return "old";
  if (share > 0.9) return "weak";
  if (share > 0.4 && share < 0.6) return random.below(2) === 0 ? "zeros" : "ones";
  return "mixture";
}
