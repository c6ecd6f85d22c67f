/** Value blocks (MF1S50 data sheet, "8.6.2.2"): v v v v ~v ~v ~v ~v v v v v a ~a a ~a, the value signed
 *  and little endian, the address byte free. */

export interface Value {
  value: number;
  address: number;
}

/** null: the block is not a value block. */
export function parseValue(block: Uint8Array): Value | null {
  for (let i = 0; i < 4; i++) {
    if (block[i] !== block[8 + i] || block[i] !== (~block[4 + i] & 0xff)) return null;
  }
  const address = block[12];
  const inverse = ~address & 0xff;
  if (block[13] !== inverse || block[14] !== address || block[15] !== inverse) return null;
  const value = block[0] | (block[1] << 8) | (block[2] << 16) | (block[3] << 24);
  return { value, address };
}

export function packValue({ value, address }: Value): Uint8Array {
  const block = new Uint8Array(16);
  for (let i = 0; i < 4; i++) {
    const byte = (value >> (8 * i)) & 0xff;
    block[i] = block[8 + i] = byte;
    block[4 + i] = ~byte;
  }
  block[12] = block[14] = address;
  block[13] = block[15] = ~address;
  return block;
}
