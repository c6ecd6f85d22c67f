/** MIFARE Classic 1K and 4K (MF1S50 and MF1S70 data sheets): authentication per sector, access
 *  conditions, reading, two-step writing, value blocks with their transfer buffer. After a NAK the
 *  session is over and the card silent. The cipher itself is not computed, see frame.ts. */

import { SectorAccess, type BlockUse, type KeyName } from "./access.ts";
import { Card, isSelect, uidParts } from "./card.ts";
import { BLOCK_SIZE, Eeprom, PROGRAM_US, type WriteFault } from "./eeprom.ts";
import { Session, withCrc, type Answer, type Frame, type Proof } from "./frame.ts";
import { BackDoor } from "./magic.ts";
import { packValue, parseValue, type Value } from "./value.ts";

const AUTHENTICATE_A = 0x60;
const AUTHENTICATE_B = 0x61;
const READ = 0x30;
const WRITE = 0xa0;
const DECREMENT = 0xc0;
const INCREMENT = 0xc1;
const RESTORE = 0xc2;
const TRANSFER = 0xb0;

const NAK_NOT_ALLOWED = 0x4;
const NAK_CORRUPT = 0x5;
/** Time a card thinks before it answers; with its frames READ takes 2.5 ms, authentication 2 ms. */
const READ_US = 500;
const CHALLENGE_US = 250;

const SIZE_1K = 1024;
const SIZE_4K = 4096;
const KEY_SIZE = 6;
const KEY_B = 10;
const USER_BYTE_END = 10;
const ATQA_1K = 0x0004;
const ATQA_4K = 0x0002;
const ATQA_LONG_UID = 0x0040;

export interface ClassicOptions {
  /** Bytes of the UID in block 0; default what block 0 looks like. */
  uid_size?: 4 | 7;
  /** Answer to selection; default 08, or 18 for a 4K. Infineon's chips and some clones say 88. */
  sak?: number;
  /** A copy ("gen2", CUID) whose block 0 is written like any other; default false. */
  block_0_writable?: boolean;
  /** An old card that tells of a wrong key with a NAK, which it should not; default false. */
  leaks_nak?: boolean;
  /** A copy ("gen1a") with a back door, see magic.ts; default false. */
  magic?: boolean;
}

interface Step {
  code: number;
  block: number;
}

export class ClassicCard extends Card {
  readonly type: string;
  private readonly memory: Eeprom;
  private readonly block_0_writable: boolean;
  private challenge: { sector: number; key: KeyName } | null = null;
  private step: Step | null = null;
  private buffer: Value | null = null;

  private readonly leaks_nak: boolean;
  private readonly back_door: BackDoor | null;

  private constructor(bytes: Uint8Array, options: ClassicOptions) {
    const is_1k = bytes.length === SIZE_1K;
    const uid_size = options.uid_size ?? uidSize(bytes);
    const uid = bytes.slice(0, uid_size);
    const parts = uidParts(uid);
    if (uid_size === 4) parts[0][4] = bytes[4]; // block 0 as it is, be it wrong
    const atqa = (is_1k ? ATQA_1K : ATQA_4K) | (uid_size === 7 ? ATQA_LONG_UID : 0);
    super(uid, parts, atqa, options.sak ?? (is_1k ? 0x08 : 0x18));
    this.type = is_1k ? "MIFARE Classic 1K" : "MIFARE Classic 4K";
    this.memory = new Eeprom(bytes);
    this.eeprom = this.memory;
    this.leaks_nak = options.leaks_nak ?? false;
    this.back_door = options.magic ? new BackDoor(this) : null;
    this.block_0_writable = options.block_0_writable ?? false;
  }

  /** A card with these contents: a dump of 1024 (1K) or 4096 (4K) bytes with its keys. */
  static fromDump(dump: Uint8Array, options: ClassicOptions = {}): ClassicCard {
    checkDump(dump);
    return new ClassicCard(Uint8Array.from(dump), options); // a Buffer's slice is no copy
  }

  /** A copy of the whole memory with its keys. */
  dump(): Uint8Array {
    this.surroundings?.sync();
    return this.memory.bytes.slice();
  }

  /** Changes a block as nobody over the air could. */
  setBlock(block: number, bytes: Uint8Array): void {
    this.surroundings?.sync();
    this.memory.bytes.set(bytes.subarray(0, BLOCK_SIZE), block * BLOCK_SIZE);
  }

  /** Block writes carried out since the card was made, torn ones included. */
  get writes(): number {
    this.surroundings?.sync();
    return this.memory.writes;
  }

  /** Orders that a later write goes wrong; null takes it back. */
  tear(fault: WriteFault | null): void {
    this.memory.tear(fault);
  }

  protected override forget(): void {
    this.challenge = null;
    this.step = null;
    this.buffer = null;
    this.back_door?.shut();
  }

  protected override whenAsleep(frame: Frame, now_us: number): Answer | null {
    return this.back_door?.receive(frame, now_us) ?? null;
  }

  protected override corrupt(): Answer | null {
    return this.session === null ? this.fallBack() : this.refuse(NAK_CORRUPT);
  }

  protected override prove(proof: Proof): Answer | null {
    const { challenge } = this;
    if (challenge === null) return this.fallBack();
    const trailer = this.trailerBytes(challenge.sector);
    const start = challenge.key === "A" ? 0 : KEY_B;
    const key = trailer.subarray(start, start + KEY_SIZE);
    const uid = this.uid.subarray(this.uid.length - 4);
    if (!same(key, proof.key) || !same(uid, proof.uid)) {
      return this.leaks_nak ? this.refuse(NAK_CORRUPT) : this.fallBack();
    }
    this.challenge = null;
    this.session = new Session(challenge.sector, challenge.key);
    return this.answer([0, 0, 0, 0], CHALLENGE_US);
  }

  protected override command(body: Uint8Array, now_us: number): Answer | null {
    if (this.challenge !== null) return this.fallBack();
    if (this.step !== null) return this.secondStep(this.step, body, now_us);
    if (this.isHalt(body)) return this.halt();
    if (isSelect(body)) return this.fallBack();
    const [code, block] = body;
    if (body.length !== 2 || block >= this.blockCount) return this.refuse(NAK_NOT_ALLOWED);
    if (code === AUTHENTICATE_A || code === AUTHENTICATE_B) return this.authenticate(code, block);
    if (this.session === null || sectorOf(block) !== this.session.sector) {
      return this.refuse(NAK_NOT_ALLOWED);
    }
    return this.perform(code, block, now_us);
  }

  get blockCount(): number {
    return this.memory.bytes.length / BLOCK_SIZE;
  }

  /** A block without regard to keys, as a back door reads it. */
  readRaw(block: number): Answer {
    return this.answer(withCrc(this.memory.read(block, this.random)), READ_US);
  }

  /** Programs a block; the ACK comes when that is done. */
  program(block: number, bytes: Uint8Array, now_us: number): Answer | null {
    const fault = this.memory.write(block, bytes, now_us);
    if (fault?.leaves) this.surroundings?.leaveAt(this, now_us + PROGRAM_US / 2);
    return fault && !fault.acknowledged ? null : this.acknowledge(PROGRAM_US);
  }

  /** A NAK, in the session that it ends. */
  private refuse(code: number): Answer {
    const { session } = this;
    this.fallBack();
    return this.nibble(code, 0, session);
  }

  private authenticate(code: number, block: number): Answer {
    this.forget();
    this.session = null;
    this.challenge = { sector: sectorOf(block), key: code === AUTHENTICATE_A ? "A" : "B" };
    return this.answer(
      [0, 0, 0, 0].map(() => this.random.below(256)),
      CHALLENGE_US,
    );
  }

  private perform(code: number, block: number, now_us: number): Answer | null {
    switch (code) {
      case READ:
        return this.read(block);
      case WRITE:
        if (!this.mayWrite(block)) return this.refuse(NAK_NOT_ALLOWED);
        break;
      case INCREMENT:
        if (!this.mayCount(block, "increment")) return this.refuse(NAK_NOT_ALLOWED);
        break;
      case DECREMENT:
      case RESTORE:
        if (!this.mayCount(block, "decrement")) return this.refuse(NAK_NOT_ALLOWED);
        break;
      case TRANSFER:
        return this.transfer(block, now_us);
      default:
        return this.refuse(NAK_NOT_ALLOWED);
    }
    this.step = { code, block };
    return this.acknowledge();
  }

  private secondStep({ code, block }: Step, body: Uint8Array, now_us: number): Answer | null {
    this.step = null;
    if (body.length !== (code === WRITE ? BLOCK_SIZE : 4)) return this.refuse(NAK_CORRUPT);
    if (code === WRITE) {
      return this.program(block, isTrailer(block) ? this.mergedTrailer(block, body) : body, now_us);
    }
    const stored = parseValue(this.memory.read(block, this.random));
    if (stored === null) return this.refuse(NAK_NOT_ALLOWED);
    const operand = body[0] | (body[1] << 8) | (body[2] << 16) | (body[3] << 24);
    const sign = code === INCREMENT ? 1 : code === DECREMENT ? -1 : 0;
    this.buffer = { value: (stored.value + sign * operand) | 0, address: stored.address };
    return null; // silence is success
  }

  private read(block: number): Answer {
    const { key } = this.session as Session;
    const access = this.access(block);
    const may_read = isTrailer(block) ? access.opens(key) : access.allows(key, area(block), "read");
    if (!may_read) return this.refuse(NAK_NOT_ALLOWED);
    const bytes = this.memory.read(block, this.random);
    if (isTrailer(block)) {
      bytes.fill(0, 0, KEY_SIZE);
      if (!access.keyBReadable) bytes.fill(0, KEY_B);
    }
    return this.answer(withCrc(bytes), READ_US);
  }

  private mayWrite(block: number): boolean {
    const { key } = this.session as Session;
    if (block === 0 && !this.block_0_writable) return false;
    if (!isTrailer(block)) return this.access(block).allows(key, area(block), "write");
    const rights = this.access(block).trailer(key);
    return rights.write_a || rights.write_access || rights.write_b;
  }

  /** A value command: the right, and a well-formed value block. */
  private mayCount(block: number, use: BlockUse): boolean {
    if (isTrailer(block) || block === 0) return false;
    const { key } = this.session as Session;
    const has_value = parseValue(this.memory.read(block, this.random)) !== null;
    return has_value && this.access(block).allows(key, area(block), use);
  }

  private transfer(block: number, now_us: number): Answer | null {
    const { key } = this.session as Session;
    const is_data = !isTrailer(block) && block !== 0;
    if (this.buffer === null || !is_data) return this.refuse(NAK_NOT_ALLOWED);
    if (!this.access(block).allows(key, area(block), "decrement")) {
      return this.refuse(NAK_NOT_ALLOWED);
    }
    return this.program(block, packValue(this.buffer), now_us);
  }

  /** Only the parts that the conditions allow are new. */
  private mergedTrailer(block: number, body: Uint8Array): Uint8Array {
    const rights = this.access(block).trailer((this.session as Session).key);
    const merged = this.memory.bytes.slice(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE);
    if (rights.write_a) merged.set(body.subarray(0, KEY_SIZE), 0);
    if (rights.write_access) merged.set(body.subarray(KEY_SIZE, USER_BYTE_END), KEY_SIZE);
    if (rights.write_b) merged.set(body.subarray(KEY_B), KEY_B);
    return merged;
  }

  private access(block: number): SectorAccess {
    return new SectorAccess(this.trailerBytes(sectorOf(block)));
  }

  private trailerBytes(sector: number): Uint8Array {
    const block = sector < 32 ? sector * 4 + 3 : 128 + (sector - 32) * 16 + 15;
    return this.memory.bytes.subarray(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE);
  }
}

function checkDump(dump: Uint8Array): void {
  if (dump.length !== SIZE_1K && dump.length !== SIZE_4K) {
    throw new RangeError(`a dump of ${dump.length} bytes; it must have 1024 or 4096`);
  }
}

/** Block 0 holds UID, check byte, SAK, ATQA (04 00, or 02 00); with 7 bytes UID, SAK, ATQA (44 00). */
function uidSize(bytes: Uint8Array): 4 | 7 {
  const fits = (bytes[0] ^ bytes[1] ^ bytes[2] ^ bytes[3]) === bytes[4];
  const is_short = fits && (bytes[6] === ATQA_1K || bytes[6] === ATQA_4K) && bytes[7] === 0;
  return !is_short && bytes[8] === (ATQA_1K | ATQA_LONG_UID) && bytes[9] === 0 ? 7 : 4;
}

/** Sectors have 4 blocks, from 32 on (4K) 16. */
function sectorOf(block: number): number {
  return block < 128 ? block >> 2 : 32 + ((block - 128) >> 4);
}

function isTrailer(block: number): boolean {
  return block < 128 ? (block & 3) === 3 : (block & 15) === 15;
}

/** Which of a sector's three data areas; the large ones have five blocks each. */
function area(block: number): number {
  return block < 128 ? block & 3 : Math.floor((block & 15) / 5);
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
