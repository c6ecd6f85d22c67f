/** Parsers for options and for cells of tables. commander puts the option's name before the message;
 *  a table puts line and column there. */

import { InvalidArgumentError } from "commander";

const AMOUNT_MAXIMUM = 9_999_990; // 99999.90, what the tubes can show

/** A parser for whole numbers in a range. */
export function whole(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < lowest || value > highest) {
      throw new InvalidArgumentError(`It must be a whole number ${lowest}..${highest}.`);
    }
    return value;
  };
}

/** kWh or currency with up to two decimals; the result is in 0.01. */
export function amount(text: string): number {
  const value = Math.round(Number(text) * 100);
  if (!/^\d+(\.\d{1,2})?$/.test(text) || value < 1 || value > AMOUNT_MAXIMUM) {
    throw new InvalidArgumentError("It must be 0.01..99999.90, with at most two decimals.");
  }
  return value;
}

/** The number of a box. */
export function boxNumber(text: string): string {
  if (!/^\d{10}$/.test(text)) throw new InvalidArgumentError("It must have ten digits.");
  return text;
}

/** The UID of a card: 4 or 7 bytes. */
export function uid(text: string): Uint8Array {
  // 88 as first of four bytes is the cascade tag, never a UID (ISO/IEC 14443-3, 6.5.4).
  if (!/^([0-9a-f]{8}|[0-9a-f]{14})$/i.test(text) || /^88.{6}$/.test(text)) {
    throw new InvalidArgumentError(
      "It must be 8 or 14 hexadecimal digits, 8 not beginning with 88.",
    );
  }
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** A reference of the office's own. */
export function order(text: string): string {
  if (!/^[\x21-\x7e]{1,40}$/.test(text)) {
    throw new InvalidArgumentError("It must be 1..40 letters, digits or signs, without spaces.");
  }
  return text;
}
