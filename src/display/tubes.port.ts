/** Driver of the tubes: two MAX7219 in a chain, one transfer of four bytes for both: register and
 *  data of the second chip (lower row), then of the first (upper row and, as its fifth digit, the
 *  lamps). Writes what changed, and every 50 ms one register more, so that a chip that lost its
 *  registers (a disturbance, a late supply) shows the right thing again within a second. Source:
 *  MAX7219/MAX7221 data sheet, tables 2 to 10. */

import { SPI_TUBES, spi } from "../hal";
import { LAMPS, TUBES_SIZE, UPPER_COUNT } from "./pages";

const REGISTER_NONE: u32 = 0x00; // no-op
const REGISTER_DIGIT_0: u32 = 0x01;
const REGISTER_DECODE: u32 = 0x09;
const REGISTER_INTENSITY: u32 = 0x0a;
const REGISTER_SCAN_LIMIT: u32 = 0x0b;
const REGISTER_SHUTDOWN: u32 = 0x0c;
const REGISTER_TEST: u32 = 0x0f;

const DECODE_NONE: u32 = 0x00;
const INTENSITY: u32 = 0x08; // 17/32
const SCAN_UPPER: u32 = 4; // digits 0..4
const SCAN_LOWER: u32 = 5; // digits 0..5
const SHUTDOWN_OFF: u32 = 1; // normal operation
const TEST_OFF: u32 = 0;

const COLUMN_COUNT: i32 = 6; // digit n of both chips is one column
const CONTROL_COUNT: i32 = 5;
const REWRITE_COUNT: i32 = COLUMN_COUNT + CONTROL_COUNT;
const REWRITE_PERIOD_MS: u32 = 50;

if (REWRITE_COUNT * <i32>REWRITE_PERIOD_MS > 1000) ERROR("a disturbed chip stays wrong too long");

const transfer: usize = memory.data(4);
const shown: usize = memory.data(11);
if (TUBES_SIZE != 11) ERROR("tubes do not fit");

let rewrite_index: i32 = 0;
let rewritten_ms: u32 = 0;
let moved: bool = false;

function write(lower_register: u32, lower: u32, upper_register: u32, upper: u32): void {
  store<u8>(transfer, lower_register);
  store<u8>(transfer + 1, lower);
  store<u8>(transfer + 2, upper_register);
  store<u8>(transfer + 3, upper);
  spi(SPI_TUBES, transfer, 4);
}

function writeBoth(register: u32, value: u32): void {
  write(register, value, register, value);
}

/** Digit `column` of both chips; the upper chip has no sixth one. */
function writeColumn(column: i32): void {
  const register = REGISTER_DIGIT_0 + <u32>column;
  const lower = <u32>load<u8>(shown + UPPER_COUNT + column);
  if (column < UPPER_COUNT) write(register, lower, register, load<u8>(shown + column));
  else if (column == UPPER_COUNT) write(register, lower, register, load<u8>(shown + LAMPS));
  else write(register, lower, REGISTER_NONE, 0);
}

/** Control registers, the supply of the digits last: the tubes light up with the right contents. */
function writeControl(index: i32): void {
  if (index == 0) writeBoth(REGISTER_TEST, TEST_OFF);
  else if (index == 1) writeBoth(REGISTER_DECODE, DECODE_NONE);
  else if (index == 2) writeBoth(REGISTER_INTENSITY, INTENSITY);
  else if (index == 3) write(REGISTER_SCAN_LIMIT, SCAN_LOWER, REGISTER_SCAN_LIMIT, SCAN_UPPER);
  else writeBoth(REGISTER_SHUTDOWN, SHUTDOWN_OFF);
}

function rewrite(index: i32): void {
  if (index < COLUMN_COUNT) writeColumn(index);
  else writeControl(index - COLUMN_COUNT);
}

/** Sets both chips up, dark. */
export function tubesInit(now_ms: u32): void {
  for (let i = 0; i < TUBES_SIZE; i++) store<u8>(shown + i, 0);
  for (let i = 0; i < REWRITE_COUNT; i++) rewrite(i);
  rewrite_index = 0;
  rewritten_ms = now_ms;
  moved = false;
}

function differs(tubes: usize, offset: i32): bool {
  return load<u8>(tubes + offset) != load<u8>(shown + offset);
}

/** Shows the eleven bytes at `tubes` (pages.ts); writes only what changed, at most 6 transfers. */
export function tubesShow(tubes: usize): void {
  for (let column = 0; column < COLUMN_COUNT; column++) {
    const lower = UPPER_COUNT + column;
    const upper = column == UPPER_COUNT ? LAMPS : column;
    const changed = differs(tubes, lower) || (column <= UPPER_COUNT && differs(tubes, upper));
    if (!changed) continue;
    store<u8>(shown + lower, load<u8>(tubes + lower));
    if (column <= UPPER_COUNT) store<u8>(shown + upper, load<u8>(tubes + upper));
    writeColumn(column);
  }
}

/** One step of the slow rewrite. */
export function tubesTick(now_ms: u32): void {
  if (now_ms - rewritten_ms < REWRITE_PERIOD_MS) return;
  rewritten_ms = now_ms;
  rewrite(rewrite_index);
  rewrite_index = rewrite_index + 1 < REWRITE_COUNT ? rewrite_index + 1 : 0;
  moved = true;
}

/** Whether a register was rewritten since the last call: the display's proof of progress. */
export function tubesProgress(): bool {
  const result = moved;
  moved = false;
  return result;
}
