/** Driver of the reader chip MFRC522: registers over SPI, antenna, and one exchange with a card at a
 *  time. Each exchange ends by the chip's timer, and by a deadline of its own when the chip does not
 *  say so. Knows no card. Source: MFRC522 data sheet, chapters 8.1.2 (SPI) and 9 (registers); the
 *  order of an exchange is that of NXP's and the common open drivers. */

import { PIN_READER_RESET, SPI_READER, pin_write, spi } from "../hal";
import { Outcome, judgeAuthent, judgeTransceive } from "./outcome";

const COMMAND: u32 = 0x01;
const COM_IRQ: u32 = 0x04;
const ERROR: u32 = 0x06;
const STATUS2: u32 = 0x08;
const FIFO_DATA: u32 = 0x09;
const FIFO_LEVEL: u32 = 0x0a;
const CONTROL: u32 = 0x0c;
const BIT_FRAMING: u32 = 0x0d;
const MODE: u32 = 0x11;
const TX_MODE: u32 = 0x12;
const RX_MODE: u32 = 0x13;
const TX_CONTROL: u32 = 0x14;
const TX_ASK: u32 = 0x15;
const MOD_WIDTH: u32 = 0x24;
const RF_CFG: u32 = 0x26;
const T_MODE: u32 = 0x2a;
const T_PRESCALER: u32 = 0x2b;
const T_RELOAD_HIGH: u32 = 0x2c;
const T_RELOAD_LOW: u32 = 0x2d;
const AUTO_TEST: u32 = 0x36;
const VERSION: u32 = 0x37;

const COMMAND_IDLE: u32 = 0x00;
const COMMAND_MEM: u32 = 0x01;
const COMMAND_CALC_CRC: u32 = 0x03;
const COMMAND_TRANSCEIVE: u32 = 0x0c;
const COMMAND_AUTHENT: u32 = 0x0e;
const COMMAND_POWER_DOWN: u32 = 1 << 4; // reads 1 until the oscillator runs
const COM_IRQ_CLEAR_ALL: u32 = 0x7f;
const FIFO_LEVEL_FLUSH: u32 = 1 << 7;
const BIT_FRAMING_START: u32 = 1 << 7;
const CONTROL_LAST_BITS: u32 = 7;
const ANTENNA_OFF: u32 = 0x80;
const ANTENNA_ON: u32 = 0x83;
const ANTENNA_BITS: u32 = 3;
const T_MODE_AUTO: u32 = 0x80; // the timer starts at the end of a transmission
const READ: u32 = 0x80;
const AUTO_TEST_SELF: u32 = 0x09;
const INTERNAL_SIZE: i32 = 25; // bytes of the buffer that Mem fills
/** Bytes that the chip's self-test leaves. */
export const PROOF_SIZE: i32 = 64;

// Register and value of each step of setting up. Timer tick (2 x 169 + 1) / 13.56 MHz = 25 us;
// 100 % ASK; receiver gain 38 dB.
const SETUP: StaticArray<u32> = [
  TX_MODE,
  0x00,
  RX_MODE,
  0x00,
  MOD_WIDTH,
  0x26,
  T_MODE,
  T_MODE_AUTO,
  T_PRESCALER,
  0xa9,
  TX_ASK,
  0x40,
  MODE,
  0x3d,
  RF_CFG,
  0x58,
];
export const SETUP_COUNT: i32 = 8;
const TIMER_TICK_US: u32 = 25;
const DEADLINE_SLACK_MS: u32 = 5; // what the chip's own timer may be late

const FRAME_SIZE_MAX: i32 = 18;
const buffer: usize = memory.data(24); // address byte, then a frame, or what comes back
const short: usize = memory.data(4); // address and value of one register
if (FRAME_SIZE_MAX + 2 > 24) ERROR("a frame does not fit");

let reload: u32 = 0; // what the timer is set to; 0: not known
let authent: bool = false; // the command of the exchange under way
let started_ms: u32 = 0;
let deadline_ms: u32 = 0; // after the start
let answer_size: i32 = 0;
let answer_last_bits: u32 = 0;

/** Forgets what the chip was set to. */
export function chipInit(now_ms: u32): void {
  reload = 0;
  authent = false;
  started_ms = now_ms;
  deadline_ms = 0;
  answer_size = 0;
  answer_last_bits = 0;
}

function write(register: u32, value: u32): void {
  store<u8>(short, register << 1);
  store<u8>(short, value, 1);
  spi(SPI_READER, short, 2);
}

/** Byte that asks for a register: its value comes with the byte after. */
function ask(index: i32, register: u32): void {
  store<u8>(buffer + index, READ | (register << 1));
}

function answered(index: i32): u32 {
  return <u32>load<u8>(buffer + index + 1);
}

/** Reads the registers asked for at 0 .. `count` - 1 in one transfer. */
function read(count: i32): void {
  store<u8>(buffer + count, 0);
  spi(SPI_READER, buffer, count + 1);
}

/** Holds the chip in reset, or lets it start. */
export function chipReset(held: bool): void {
  pin_write(PIN_READER_RESET, held ? 0 : 1);
}

/** Whether a chip answers and its oscillator runs. Any version but 00 and FF, which an empty socket
 *  answers, is taken: clones read cards as well. */
export function chipStarted(): bool {
  ask(0, VERSION);
  ask(1, COMMAND);
  read(2);
  const version = answered(0);
  return version != 0x00 && version != 0xff && (answered(1) & COMMAND_POWER_DOWN) == 0;
}

/** Step `index` (0 .. SETUP_COUNT - 1) of setting the chip up after its start. */
export function chipSetup(index: i32): void {
  assert(index < SETUP_COUNT);
  write(SETUP[2 * index], SETUP[2 * index + 1]);
  reload = 0;
}

/** Switches the field. */
export function chipField(on: bool): void {
  write(TX_CONTROL, on ? ANTENNA_ON : ANTENNA_OFF);
}

/** Whether the chip still has its settings and its field on: after a dip of its supply it has
 *  start values and hears no card, and nothing else tells. */
export function chipSound(): bool {
  ask(0, TX_CONTROL);
  ask(1, T_MODE);
  read(2);
  return (answered(0) & ANTENNA_BITS) == ANTENNA_BITS && answered(1) == T_MODE_AUTO;
}

/** Ends the encrypted session on the chip's side; the card is not told. */
export function chipClearCrypto(): void {
  write(STATUS2, 0);
}

/** Where the next frame to be sent is put (at most 18 bytes), and where an answer stands. */
export function airFrame(): usize {
  return buffer + 1;
}

function setTimeout(timeout_us: u32): void {
  const wanted = timeout_us / TIMER_TICK_US - 1;
  if (wanted == reload) return;
  reload = wanted;
  write(T_RELOAD_HIGH, wanted >> 8);
  write(T_RELOAD_LOW, wanted & 0xff);
}

/** Stops what runs, clears the flags and puts the `size` bytes at airFrame() into the FIFO. */
function prepare(size: i32, timeout_us: u32, now_ms: u32): void {
  assert(size > 0 && size <= FRAME_SIZE_MAX);
  started_ms = now_ms;
  deadline_ms = timeout_us / 1000 + 1 + DEADLINE_SLACK_MS;
  answer_size = 0;
  write(COMMAND, COMMAND_IDLE);
  write(COM_IRQ, COM_IRQ_CLEAR_ALL);
  write(FIFO_LEVEL, FIFO_LEVEL_FLUSH);
  setTimeout(timeout_us);
  store<u8>(buffer, FIFO_DATA << 1);
  spi(SPI_READER, buffer, size + 1);
}

/** Sends `size` bytes of airFrame(), of the last one only `last_bits` bits (0: all eight); an answer
 *  has to begin within `timeout_us`. */
export function airSend(size: i32, last_bits: u32, timeout_us: u32, now_ms: u32): void {
  authent = false;
  prepare(size, timeout_us, now_ms);
  write(BIT_FRAMING, last_bits);
  write(COMMAND, COMMAND_TRANSCEIVE);
  write(BIT_FRAMING, BIT_FRAMING_START | last_bits);
}

/** Has the chip authenticate with the 12 bytes at airFrame(): command, block, key, UID. */
export function airAuthenticate(timeout_us: u32, now_ms: u32): void {
  authent = true;
  prepare(12, timeout_us, now_ms);
  write(BIT_FRAMING, 0);
  write(COMMAND, COMMAND_AUTHENT);
}

function takeAnswer(size: i32): void {
  for (let i = 0; i < size; i++) ask(i, FIFO_DATA);
  read(size);
  answer_size = size;
}

/** How the exchange under way stands. After Outcome.Answer the bytes stand at airFrame(); an answer
 *  longer than a frame is Garbled. */
export function airLook(now_ms: u32): Outcome {
  ask(0, COM_IRQ);
  ask(1, ERROR);
  ask(2, FIFO_LEVEL);
  ask(3, CONTROL);
  ask(4, STATUS2);
  read(5);
  const level = answered(2);
  answer_last_bits = answered(3) & CONTROL_LAST_BITS;
  const outcome = authent
    ? judgeAuthent(answered(0), answered(1), answered(4))
    : judgeTransceive(answered(0), answered(1), level);
  if (outcome == Outcome.Pending && now_ms - started_ms >= deadline_ms) return Outcome.Endless;
  if (outcome != Outcome.Answer || authent) return outcome;
  if (<i32>level > FRAME_SIZE_MAX) return Outcome.Garbled;
  takeAnswer(<i32>level);
  return Outcome.Answer;
}

/** Bytes of the last answer, the last one perhaps not whole. */
export function airSize(): i32 {
  return answer_size;
}

/** Valid bits of its last byte, 0: all eight. */
export function airLastBits(): u32 {
  return answer_last_bits;
}

/** The chip's version, as it says. */
export function chipVersion(): u32 {
  ask(0, VERSION);
  read(1);
  return answered(0);
}

/** Self-test, step 2 (data sheet, 16.1.1): zeros in the internal buffer. */
export function chipClearBuffer(): void {
  write(COMMAND, COMMAND_IDLE);
  write(FIFO_LEVEL, FIFO_LEVEL_FLUSH);
  for (let i = 0; i < INTERNAL_SIZE; i++) write(FIFO_DATA, 0);
  write(COMMAND, COMMAND_MEM);
}

/** Steps 3 to 5: the self-test begins, and ends within a millisecond. */
export function chipProve(): void {
  write(COMMAND, COMMAND_IDLE);
  write(AUTO_TEST, AUTO_TEST_SELF);
  write(FIFO_DATA, 0);
  write(COMMAND, COMMAND_CALC_CRC);
}

/** Bytes of its outcome that wait in the FIFO. */
export function proofLevel(): i32 {
  ask(0, FIFO_LEVEL);
  read(1);
  return <i32>answered(0);
}

/** Takes `size` (1..18) of them to `to`. */
export function chipProof(to: usize, size: i32): void {
  assert(size > 0 && size <= FRAME_SIZE_MAX);
  for (let i = 0; i < size; i++) ask(i, FIFO_DATA);
  read(size);
  for (let i = 0; i < size; i++) store<u8>(to + i, <u8>answered(i));
}
