/** Packed decimal digits as DL/T 645 carries them: low byte first, FF throughout for "no value". */

import { LineError } from "./errors.ts";

const NONE = 0xff;
const SIGN = 0x80; // bit 7 of the highest byte

/** `value` in `size` bytes. */
export function toBcd(value: number, size: number): Uint8Array {
  const digits = String(value).padStart(2 * size, "0");
  if (!/^\d+$/.test(digits) || digits.length > 2 * size) {
    throw new RangeError(`${value} does not fit ${size} bytes`);
  }
  return fromDigits(digits);
}

/** Digits, an even number of them, low pair first. */
export function fromDigits(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, "hex")).reverse();
}

/** The digits of a field, high pair first, whatever they are. */
export function digitsOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString("hex");
}

/** A number; null when the field is all FF; throws a LineError when it is no number. */
export function fromBcd(bytes: Uint8Array): number | null {
  if (bytes.length > 0 && bytes.every((byte) => byte === NONE)) return null;
  const digits = digitsOf(bytes);
  if (!/^\d+$/.test(digits)) throw new LineError(`answer: "${digits}" is not decimal`);
  return Number(digits);
}

/** A signed number, null as above. */
export function fromSignedBcd(bytes: Uint8Array): number | null {
  if (bytes.length > 0 && bytes.every((byte) => byte === NONE)) return null;
  const highest = bytes.length - 1;
  const is_negative = (bytes[highest] & SIGN) !== 0;
  const size = fromBcd(bytes.with(highest, bytes[highest] & ~SIGN));
  return size === null || size === 0 ? size : is_negative ? -size : size;
}
