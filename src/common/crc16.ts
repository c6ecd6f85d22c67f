/** CRC-16, for lines and links: against accidental change, not against intent; that is cmac.ts. Four bits at a
 *  time: a line is slower, and its table stands in the memory of both cores. */

// Polynomial 0x8005, reflected: Modbus over serial line v1.02, 6.2.2.
// No bounds check: four bits cannot leave it.
// prettier-ignore
const CRC16_NIBBLES: usize = memory.data<u16>([
  0x0000, 0xcc01, 0xd801, 0x1400, 0xf001, 0x3c00, 0x2800, 0xe401, 0xa001, 0x6c00, 0x7800, 0xb401,
  0x5000, 0x9c01, 0x8801, 0x4400,
], 4);

/** CRC-16/MODBUS of `size` bytes; goes over the wire low byte first. */
export function crc16(address: usize, size: u32): u32 {
  let crc: u32 = 0xffff;
  for (let i: u32 = 0; i < size; i++) {
    crc ^= load<u8>(address + i);
    crc = (crc >> 4) ^ load<u16>(CRC16_NIBBLES + ((crc & 15) << 1));
    crc = (crc >> 4) ^ load<u16>(CRC16_NIBBLES + ((crc & 15) << 1));
  }
  return crc;
}
