/** Access conditions of MIFARE Classic (MF1S50 data sheet, "8.7 Memory access"), as tables. */

export type KeyName = "A" | "B";
export type BlockUse = "read" | "write" | "increment" | "decrement";
/** What a trailer's condition lets a key do. */
export interface TrailerRights {
  write_a: boolean;
  write_access: boolean;
  write_b: boolean;
}

/** By C1 C2 C3: the keys that may read, write, increment, and decrement, transfer or restore. */
const DATA: Record<BlockUse, string>[] = [
  { read: "AB", write: "AB", increment: "AB", decrement: "AB" }, // 000, delivery
  { read: "AB", write: "", increment: "", decrement: "AB" }, // 001
  { read: "AB", write: "", increment: "", decrement: "" }, // 010
  { read: "B", write: "B", increment: "", decrement: "" }, // 011
  { read: "AB", write: "B", increment: "", decrement: "" }, // 100
  { read: "B", write: "", increment: "", decrement: "" }, // 101
  { read: "AB", write: "B", increment: "B", decrement: "AB" }, // 110
  { read: "", write: "", increment: "", decrement: "" }, // 111
];

/** By C1 C2 C3: who writes key A, the access bits and key B; whether key B can be read. */
const TRAILER: { a: string; access: string; b: string; b_readable: boolean }[] = [
  { a: "A", access: "", b: "A", b_readable: true }, // 000
  { a: "A", access: "A", b: "A", b_readable: true }, // 001, delivery
  { a: "", access: "", b: "", b_readable: true }, // 010
  { a: "B", access: "B", b: "B", b_readable: false }, // 011
  { a: "B", access: "", b: "B", b_readable: false }, // 100
  { a: "", access: "B", b: "", b_readable: false }, // 101
  { a: "", access: "", b: "", b_readable: false }, // 110
  { a: "", access: "", b: "", b_readable: false }, // 111
];

const TRAILER_AREA = 3;

/** The conditions of one sector, from bytes 6..8 of its trailer. */
export class SectorAccess {
  /** The inverted bits fit; if not, nothing in the sector is accessible any more. */
  readonly valid: boolean;
  private readonly conditions: number[];

  constructor(trailer: Uint8Array) {
    const [low, middle, high] = trailer.subarray(6, 9);
    const c1 = middle >> 4;
    const c2 = high & 0x0f;
    const c3 = high >> 4;
    this.valid = (~low & 0x0f) === c1 && (~low & 0xf0) >> 4 === c2 && (~middle & 0x0f) === c3;
    this.conditions = [0, 1, 2, 3].map(
      (area) => (((c1 >> area) & 1) << 2) | (((c2 >> area) & 1) << 1) | ((c3 >> area) & 1),
    );
  }

  /** A key B that can be read is data: it opens the session and then nothing. */
  get keyBReadable(): boolean {
    return this.valid && TRAILER[this.conditions[TRAILER_AREA]].b_readable;
  }

  /** May `key` use data area 0..2 so? */
  allows(key: KeyName, area: number, use: BlockUse): boolean {
    return this.opens(key) && DATA[this.conditions[area]][use].includes(key);
  }

  /** Anything at all, the reading of the trailer included. */
  opens(key: KeyName): boolean {
    return this.valid && !(key === "B" && this.keyBReadable);
  }

  trailer(key: KeyName): TrailerRights {
    const { a, access, b } = TRAILER[this.conditions[TRAILER_AREA]];
    const open = this.opens(key);
    return {
      write_a: open && a.includes(key),
      write_access: open && access.includes(key),
      write_b: open && b.includes(key),
    };
  }
}
