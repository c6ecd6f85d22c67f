/** FRAM driver. Reference: Fujitsu MB85RS2MTA data sheet, "Op-code" and "Command".
 *  Knows nothing of records. One transfer per call; the part has no write delay. */
import { loadLe32 } from "../common/bytes";
import { spi, SPI_FRAM } from "../hal";
import { ENTRY_MAXIMUM, FRAM_SIZE } from "./map";

const OP_WRITE_ENABLE: u8 = 0x06;
const OP_READ: u8 = 0x03;
const OP_WRITE: u8 = 0x02;
const OP_READ_ID: u8 = 0x9f;

const IDENTIFICATION: u32 = 0x03487f04; // 04 7F 48 03: Fujitsu, continuation, 2 Mbit, product

/** Op-code and three address bytes: they stand before framData() and are anybody's until the next call. */
export const COMMAND_SIZE: u32 = 4;
/** Most bytes one call moves. */
export const FRAM_TRANSFER_MAXIMUM: u32 = ENTRY_MAXIMUM;

// The 4-byte command stands right before the data, so that a command and its data are one transfer.
const buffer: usize = memory.data(328, 8);
if (COMMAND_SIZE + FRAM_TRANSFER_MAXIMUM > 328) ERROR("transfer buffer too small");

/** Where the data of the next framWrite is put and that of the last framRead is found; aligned to 4, and
 *  what stands 4 bytes behind to 8. */
export function framData(): usize {
  return buffer + COMMAND_SIZE;
}

/** What the part tells of itself; an empty place gives all bits 0 or 1. */
export function framIdentification(): u32 {
  store<u8>(buffer, OP_READ_ID);
  spi(SPI_FRAM, buffer, 5);
  return loadLe32(buffer + 1);
}

/** True when the part answers with its identification. */
export function framPresent(): bool {
  return framIdentification() == IDENTIFICATION;
}

function command(op: u8, address: u32, size: u32): void {
  assert(size <= FRAM_TRANSFER_MAXIMUM && address < FRAM_SIZE && size <= FRAM_SIZE - address);
  store<u8>(buffer, op);
  store<u8>(buffer, <u8>(address >> 16), 1);
  store<u8>(buffer, <u8>(address >> 8), 2);
  store<u8>(buffer, <u8>address, 3);
}

/** Reads `size` bytes (1..FRAM_TRANSFER_MAXIMUM) at `address` into framData(). */
export function framRead(address: u32, size: u32): void {
  command(OP_READ, address, size);
  spi(SPI_FRAM, buffer, <i32>(COMMAND_SIZE + size));
}

/** Writes `size` bytes (1..FRAM_TRANSFER_MAXIMUM) from framData(), which is lost, to `address`. */
export function framWrite(address: u32, size: u32): void {
  store<u8>(buffer, OP_WRITE_ENABLE);
  spi(SPI_FRAM, buffer, 1);
  command(OP_WRITE, address, size);
  spi(SPI_FRAM, buffer, <i32>(COMMAND_SIZE + size));
}
