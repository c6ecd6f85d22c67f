/** Coil driver: ten 74HC595 in a chain, whose 80 outputs feed the coils of 39 relays through
 *  drivers. Reference: 74HC595 data sheet, function table (OE high: outputs off, the drivers see
 *  low). Output 2 x channel index closes, the next one opens; the byte shifted first ends farthest.
 *  Outputs change only while PIN_COIL_OFF is high. Timing is relays.ts's. */
import { fillBytes } from "../common/bytes";
import { PIN_COIL_OFF, pin_write, spi, SPI_COILS } from "../hal";
import { CHANNEL_COUNT } from "../store/map";

const CHAIN_SIZE: u32 = 10;
if (2 * <u32>CHANNEL_COUNT > 8 * CHAIN_SIZE) ERROR("the chain has too few outputs");

const chain: usize = memory.data(16, 8);

/** Shifts `chain` out. The supply bears one coil: more is a fault of ours, and traps before it
 *  shows. */
function shift(coil_count: i32): void {
  assert(popcnt(load<u64>(chain)) + popcnt(<u64>load<u16>(chain, 8)) == coil_count);
  spi(SPI_COILS, chain, <i32>CHAIN_SIZE);
}

/** Takes all coils off. Also the first thing after a start. */
export function coilsOff(): void {
  pin_write(PIN_COIL_OFF, 1);
  fillBytes(chain, 0, CHAIN_SIZE);
  shift(0);
}

/** Gives current to one coil; all are off before. */
export function coilsDrive(channel_index: i32, closing: bool): void {
  assert(channel_index >= 0 && channel_index < CHANNEL_COUNT);
  const output = <u32>channel_index * 2 + (closing ? 0 : 1);
  fillBytes(chain, 0, CHAIN_SIZE);
  store<u8>(chain + output / 8, <u8>((<u32>1) << (output % 8)));
  pin_write(PIN_COIL_OFF, 1);
  shift(1);
  pin_write(PIN_COIL_OFF, 0);
}
