/** A MIFARE Classic 1K as its 1024 bytes: blocks, block 0, sector trailers. Knows nothing of meters.
 *  Sources: NXP MF1S50 data sheet, memory organisation and access conditions; NXP AN10927 (UIDs). */

export const DUMP_SIZE = 1024;
export const BLOCK_SIZE = 16;
export const SECTOR_COUNT = 16;
export const BLOCKS_PER_SECTOR = 4;
const TRAILER = 3;

const FACTORY_KEY = new Uint8Array(6).fill(0xff);
const FACTORY_ACCESS = Uint8Array.of(0xff, 0x07, 0x80);
/** Data blocks 100, trailer 011: read with A or B, written with B, keys never read. */
const OUR_ACCESS = Uint8Array.of(0x78, 0x77, 0x88);
const USER_BYTE = 0x69; // as delivered; its top bit 0 says: no MIFARE application directory

const SAK_CLASSIC_1K = 0x08;
const SAK_VENDOR_BIT = 0x80; // some makers' chips have it set in block 0
const ATQA_4 = [0x04, 0x00];
const ATQA_7 = [0x44, 0x00];

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

/** Blocks `first` up to `first + count` of a sector, as a view into the dump. */
export function blocks(dump: Uint8Array, sector: number, first: number, count = 1): Uint8Array {
  const start = (sector * BLOCKS_PER_SECTOR + first) * BLOCK_SIZE;
  return dump.subarray(start, start + count * BLOCK_SIZE);
}

function blockCheck(dump: Uint8Array): number {
  return dump[0] ^ dump[1] ^ dump[2] ^ dump[3];
}

function isSak(byte: number): boolean {
  return (byte & ~SAK_VENDOR_BIT) === SAK_CLASSIC_1K;
}

function hasSevenByteUid(dump: Uint8Array): boolean {
  const is_four = blockCheck(dump) === dump[4];
  return !is_four && isSak(dump[7]) && dump[8] === ATQA_7[0] && dump[9] === ATQA_7[1];
}

/** The UID of a dump, 4 or 7 bytes. */
export function uidOf(dump: Uint8Array): Uint8Array {
  return dump.slice(0, hasSevenByteUid(dump) ? 7 : 4);
}

/** What is wrong with block 0; the maker's bytes behind it may be anything. */
export function blockZeroFaults(dump: Uint8Array): string[] {
  if (hasSevenByteUid(dump)) return [];
  const faults: string[] = [];
  if (dump[4] !== blockCheck(dump)) {
    faults.push("block 0: the check byte does not belong to the UID");
  }
  if (!isSak(dump[5])) faults.push("block 0: not the SAK of a MIFARE Classic 1K (08 or 88)");
  if (dump[6] !== ATQA_4[0] || dump[7] !== ATQA_4[1]) {
    faults.push("block 0: not the ATQA of a MIFARE Classic 1K (04 00)");
  }
  return faults;
}

/** A card as delivered. `uid`: 4 or 7 bytes. */
export function makeBlank(uid: Uint8Array): Uint8Array {
  const dump = new Uint8Array(DUMP_SIZE);
  dump.set(uid);
  if (uid.length === 7) dump.set([SAK_CLASSIC_1K, ...ATQA_7], 7);
  else dump.set([blockCheck(dump), SAK_CLASSIC_1K, ...ATQA_4], 4);
  for (let sector = 0; sector < SECTOR_COUNT; sector++) {
    const trailer = blocks(dump, sector, TRAILER);
    trailer.set(FACTORY_KEY);
    trailer.set(FACTORY_ACCESS, 6);
    trailer[9] = USER_BYTE;
    trailer.set(FACTORY_KEY, 10);
  }
  return dump;
}

/** True for a card as delivered: all data zero, factory keys and access bits. */
export function isBlank(dump: Uint8Array): boolean {
  for (let sector = 0; sector < SECTOR_COUNT; sector++) {
    const first = sector === 0 ? 1 : 0;
    if (!isZero(blocks(dump, sector, first, TRAILER - first))) return false;
    const trailer = blocks(dump, sector, TRAILER);
    const has_keys = equalBytes(trailer.subarray(10), FACTORY_KEY);
    // Key A can never be read, so a dump made without knowing it has zeros there.
    const key_a = trailer.subarray(0, 6);
    if (!has_keys || !(equalBytes(key_a, FACTORY_KEY) || isZero(key_a))) return false;
    if (!equalBytes(trailer.subarray(6, 9), FACTORY_ACCESS)) return false;
  }
  return true;
}

/** The keys of a sector, as they stand in its trailer. */
export interface SectorKeys {
  a: Uint8Array;
  b: Uint8Array;
}

/** Writes the trailers of this system's cards. */
export function setTrailers(dump: Uint8Array, keys: SectorKeys[]): void {
  keys.forEach(({ a, b }, sector) => {
    const trailer = blocks(dump, sector, TRAILER);
    trailer.set(a);
    trailer.set(OUR_ACCESS, 6);
    trailer[9] = USER_BYTE;
    trailer.set(b, 10);
  });
}

/** What is wrong with the trailers; `keys` null: keys are not looked at. Names no key. */
export function trailerFaults(dump: Uint8Array, keys: SectorKeys[] | null): string[] {
  const faults: string[] = [];
  for (let sector = 0; sector < SECTOR_COUNT; sector++) {
    const place = `sector ${sector}, trailer`;
    const trailer = blocks(dump, sector, TRAILER);
    if (!equalBytes(trailer.subarray(6, 9), OUR_ACCESS)) {
      faults.push(`${place}: access bytes are ${hex(trailer.subarray(6, 9))}, not 787788`);
    }
    if (trailer[9] !== USER_BYTE) faults.push(`${place}: byte 9 is not 69`);
    if (keys === null) continue;
    const { a, b } = keys[sector];
    if (!equalBytes(trailer.subarray(0, 6), a)) faults.push(`${place}: key A is another one`);
    if (!equalBytes(trailer.subarray(10), b)) faults.push(`${place}: key B is another one`);
  }
  return faults;
}
