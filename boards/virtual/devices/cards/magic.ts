/** The back door of a copied card ("magic", gen1a): 40 with seven bits to a halted or idle card, then
 *  43, open every block without a key, block 0 included. */

import { crcFits, type Answer, type Frame } from "./frame.ts";

const OPEN_1 = 0x40;
const OPEN_2 = 0x43;
const READ = 0x30;
const WRITE = 0xa0;
const BLOCK_SIZE = 16;

/** What lies behind the door. */
export interface OpenMemory {
  readonly blockCount: number;
  acknowledge(): Answer;
  readRaw(block: number): Answer;
  program(block: number, bytes: Uint8Array, now_us: number): Answer | null;
}

export class BackDoor {
  private half_open = false;
  private open = false;
  private writing = -1;

  constructor(private readonly memory: OpenMemory) {}

  shut(): void {
    this.half_open = false;
    this.open = false;
    this.writing = -1;
  }

  /** A frame to the card while it sleeps. */
  receive(frame: Frame, now_us: number): Answer | null {
    const { bytes, bits } = frame;
    if (bits === 7 && bytes[0] === OPEN_1) {
      this.half_open = true;
      return this.memory.acknowledge();
    }
    if (this.half_open && bits === 8 && bytes[0] === OPEN_2) {
      this.half_open = false;
      this.open = true;
      return this.memory.acknowledge();
    }
    if (!this.open || (bits & 7) !== 0 || !crcFits(bytes)) return null;
    return this.command(bytes.subarray(0, bytes.length - 2), now_us);
  }

  private command(body: Uint8Array, now_us: number): Answer | null {
    const target = this.writing;
    this.writing = -1;
    if (target >= 0 && body.length === BLOCK_SIZE) {
      return this.memory.program(target, body, now_us);
    }
    const [code, block] = body;
    if (body.length !== 2 || block >= this.memory.blockCount) return null;
    if (code === READ) return this.memory.readRaw(block);
    if (code !== WRITE) return null;
    this.writing = block;
    return this.memory.acknowledge();
  }
}
