/** Files that the boot ROM of the RP2040 takes: the checksum of the second-stage boot, and UF2 for its
 *  drive. RP2040 data sheet, sect. 2.8.1.3.1; the UF2 file format as Microsoft describes it. */

/** Where the flash begins. */
export const FLASH_ADDRESS = 0x10000000;
const BOOT2_SIZE = 252;

const POLYNOMIAL = 0x04c11db7;

/** CRC-32/MPEG-2: most significant bit first, starts with all ones, nothing inverted at the end. */
export function crc32Mpeg2(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? POLYNOMIAL : 0);
  }
  return crc >>> 0;
}

/** `code` padded with zeros, its checksum behind it: 256 bytes. Throws when it is too long. */
export function sealBoot2(code: Uint8Array): Uint8Array {
  if (code.length > BOOT2_SIZE) throw new Error(`second-stage boot has ${code.length} bytes`);
  const sealed = new Uint8Array(BOOT2_SIZE + 4);
  sealed.set(code);
  const crc = crc32Mpeg2(sealed.subarray(0, BOOT2_SIZE));
  new DataView(sealed.buffer).setUint32(BOOT2_SIZE, crc, true);
  return sealed;
}

const BLOCK_SIZE = 512;
const PAYLOAD_SIZE = 256;
const PAYLOAD_OFFSET = 32;
const MAGIC = [0x0a324655, 0x9e5d5157];
const MAGIC_END = 0x0ab16f30;
const HAS_FAMILY = 0x2000;
const FAMILY_RP2040 = 0xe48bff56;

/** `image`, to stand at FLASH_ADDRESS, as UF2; the last block is filled up with zeros. */
export function toUf2(image: Uint8Array): Uint8Array {
  const block_count = Math.ceil(image.length / PAYLOAD_SIZE);
  const uf2 = new Uint8Array(block_count * BLOCK_SIZE);
  const view = new DataView(uf2.buffer);
  for (let block = 0; block < block_count; block++) {
    const offset = block * PAYLOAD_SIZE;
    const address = FLASH_ADDRESS + offset;
    const header = [...MAGIC, HAS_FAMILY, address, PAYLOAD_SIZE, block, block_count, FAMILY_RP2040];
    const at = block * BLOCK_SIZE;
    header.forEach((word, index) => view.setUint32(at + 4 * index, word, true));
    uf2.set(image.subarray(offset, offset + PAYLOAD_SIZE), at + PAYLOAD_OFFSET);
    view.setUint32(at + BLOCK_SIZE - 4, MAGIC_END, true);
  }
  return uf2;
}
