/** The keys of the office: the key of a box from the master key, the sector keys of a card from either.
 *  The only place where tools derive keys. Sources: src/rfid/SPEC.md, "Keys and access"; NXP AN10922;
 *  RFC 4493. */

import { cbc, cmac, ecb } from "@noble/ciphers/aes.js";

const BLOCK_SIZE = 16;
const DIVERSIFIED_SIZE = 2 * BLOCK_SIZE; // AN10922, 2.2: always padded to two blocks
const DIVERSIFICATION_CONSTANT = 0x01; // of AES-128
const PADDING_START = 0x80;
const CMAC_RB = 0x87; // RFC 4493, 2.3
const ROLE_A = 0x0a;
const ROLE_B = 0x0b;
const PURPOSE = new TextEncoder().encode("M1KEY");
const PUBLIC_KEY = Uint8Array.from(Buffer.from("a0a1a2a3a4a5", "hex"));
const OFFICE_SECTORS = 3; // sectors 0..2 are written by the office only

export const SECTOR_KEY_SIZE = 6;

/** Decimal digits, an even number of them, as BCD bytes, high pair first. */
export function bcd(digits: string): Uint8Array {
  if (!/^(\d\d)+$/.test(digits)) throw new RangeError(`"${digits}" is not pairs of digits`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** The key of a box: AES-CMAC of its ten digits (BCD, 5 bytes) under the office's master key. */
export function boxKey(master_key: Uint8Array, box_number: string): Uint8Array {
  return cmac(bcd(box_number), master_key);
}

/** Doubling in GF(2^128), RFC 4493, 2.3. */
function doubled(block: Uint8Array): Uint8Array {
  const shifted = block.map((byte, i) => (byte << 1) | ((block[i + 1] ?? 0) >> 7));
  if (block[0] & 0x80) shifted[BLOCK_SIZE - 1] ^= CMAC_RB;
  return shifted;
}

/** NXP AN10922, AES-128: the 16-byte key that `key` gives to `input` (1..31 bytes). */
export function diversifiedKey(key: Uint8Array, input: Uint8Array): Uint8Array {
  if (input.length < 1 || input.length >= DIVERSIFIED_SIZE) throw new RangeError("1..31 bytes");
  const padded = new Uint8Array(DIVERSIFIED_SIZE);
  padded[0] = DIVERSIFICATION_CONSTANT;
  padded.set(input, 1);
  const is_padded = input.length + 1 < DIVERSIFIED_SIZE;
  if (is_padded) padded[input.length + 1] = PADDING_START;
  const zero = new Uint8Array(BLOCK_SIZE);
  const k1 = doubled(ecb(key, { disablePadding: true }).encrypt(zero));
  const subkey = is_padded ? doubled(k1) : k1;
  for (let i = 0; i < BLOCK_SIZE; i++) padded[BLOCK_SIZE + i] ^= subkey[i];
  return cbc(key, zero, { disablePadding: true }).encrypt(padded).slice(BLOCK_SIZE);
}

/** A sector key under a box key or the master key. `uid`: 4 or 7 bytes, the last four count. */
export function sectorKey(
  key: Uint8Array,
  uid: Uint8Array,
  sector: number,
  role: "A" | "B",
): Uint8Array {
  const role_byte = role === "A" ? ROLE_A : ROLE_B;
  const input = Uint8Array.of(...uid.slice(-4), sector, role_byte, ...PURPOSE);
  return diversifiedKey(key, input).slice(0, SECTOR_KEY_SIZE);
}

/** Both keys of each of the 16 sectors of a card, as they stand in its trailers. */
export function cardKeys(
  master_key: Uint8Array,
  box_key: Uint8Array,
  uid: Uint8Array,
): { a: Uint8Array; b: Uint8Array }[] {
  return Array.from({ length: 16 }, (_, sector) => ({
    a: sector === 0 ? PUBLIC_KEY : sectorKey(box_key, uid, sector, "A"),
    b: sectorKey(sector < OFFICE_SECTORS ? master_key : box_key, uid, sector, "B"),
  }));
}
