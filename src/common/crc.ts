/** Checks against accidental change, four bits at a time: 96 bytes of tables instead of 1536.
 *  No protection against intent; that is cmac.ts. */

// Polynomial 0x8005, reflected: Modbus over serial line v1.02, 6.2.2.
const CRC16_NIBBLES: StaticArray<u16> = [
  0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401, 0xa001, 0x6c00, 0x7800, 0xb401,
  0x5000, 0x9c01, 0x8801, 0x4400,
];

// Polynomial 0x04C11DB7, reflected: IEEE 802.3, 3.2.9.
const CRC32_NIBBLES: StaticArray<u32> = [
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];

/** CRC-16/MODBUS of `size` bytes; goes over the wire low byte first. */
export function crc16(address: usize, size: u32): u32 {
  let crc: u32 = 0xffff;
  for (let i: u32 = 0; i < size; i++) {
    crc ^= load<u8>(address + i);
    crc = (crc >> 4) ^ CRC16_NIBBLES[crc & 15];
    crc = (crc >> 4) ^ CRC16_NIBBLES[crc & 15];
  }
  return crc;
}

/** CRC-32 of `size` bytes that follow those whose CRC-32 is `start`; a first part starts from 0:
 *  crc32(crc32(0, a), b) is that of a and b together. */
export function crc32(start: u32, address: usize, size: u32): u32 {
  let crc = ~start;
  for (let i: u32 = 0; i < size; i++) {
    crc ^= load<u8>(address + i);
    crc = (crc >> 4) ^ CRC32_NIBBLES[crc & 15];
    crc = (crc >> 4) ^ CRC32_NIBBLES[crc & 15];
  }
  return ~crc;
}
