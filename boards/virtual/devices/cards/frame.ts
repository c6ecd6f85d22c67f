/** Frames of ISO/IEC 14443-3 type A at 106 kbit/s: bits, parity, CRC_A and how long they take. The
 *  Crypto1 cipher is not computed: a session stands for its key stream, and a frame names the session
 *  it is encrypted in. Who is not in that session receives garbage. */

/** Carrier periods in a microsecond: 13.56 MHz. */
export const CARRIER_PER_US = 13.56;
/** Elementary time unit, "6.2.3": 128 carrier periods. */
export const ETU_US = 128 / CARRIER_PER_US;
/** The 4-bit answer to accepted commands; everything else of 4 bits is a NAK. */
export const ACK = 0xa;

/** "6.1.2 Frame delay time": 128 n + 84 periods after a 1, 128 n + 20 after a 0, n 9 or more. */
const FDT_UNIT = 128;
const FDT_LEAST = 9;
const FDT_AFTER_1 = 84;
const FDT_AFTER_0 = 20;

/** One authenticated conversation of a reader and a card. */
export class Session {
  constructor(
    readonly sector: number,
    readonly key: "A" | "B",
  ) {}
}

/** What stands for the reader's part of an authentication: what it took into the cipher. */
export interface Proof {
  key: Uint8Array;
  uid: Uint8Array;
}

/** From reader to card. */
export interface Frame {
  bytes: Uint8Array;
  /** Bits sent; the last byte may be incomplete. */
  bits: number;
  session: Session | null;
  /** Parity bits are there and right. */
  intact: boolean;
  proof?: Proof;
}

/** From card to reader. */
export interface Answer {
  /** One bit an element, least significant bit of the first byte first. */
  bits: Uint8Array;
  /** Position of the first bit in its byte: not 0 where it goes on in a byte the reader began. */
  align: number;
  /** Least time from the end of the frame to the answer. */
  delay_us: number;
  session: Session | null;
}

/** Bits `from` (first) to `to` (not included) of `bytes`, least significant first. */
export function bitsOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const bits = new Uint8Array(to - from);
  for (let i = from; i < to; i++) bits[i - from] = (bytes[i >> 3] >> (i & 7)) & 1;
  return bits;
}

/** CRC_A of "Annex B" over the first `size` bytes; the low byte is sent first. */
export function crcA(bytes: Uint8Array, size: number, preset = 0x6363): number {
  let crc = preset;
  for (let i = 0; i < size; i++) {
    crc ^= bytes[i];
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  }
  return crc;
}

export function withCrc(bytes: ArrayLike<number>): Uint8Array {
  const framed = new Uint8Array(bytes.length + 2);
  framed.set(bytes);
  const crc = crcA(framed, bytes.length);
  framed[bytes.length] = crc & 0xff;
  framed[bytes.length + 1] = crc >> 8;
  return framed;
}

/** The last two bytes are the CRC_A of those before. */
export function crcFits(bytes: Uint8Array): boolean {
  return bytes.length > 2 && crcA(bytes, bytes.length) === 0;
}

/** Air time of a frame: start bit, data, a parity bit behind each whole byte. */
export function frameUs(bits: number, align = 0): number {
  return (1 + bits + Math.floor((align + bits) / 8)) * ETU_US;
}

/** Data bits that were sent whole after `us` of an answer that began at `align`. */
export function bitsSent(us: number, align: number): number {
  const raw = Math.max(0, Math.floor(us / ETU_US + 1e-9) - 1);
  const first = 8 - align;
  if (raw <= first) return raw;
  const behind = raw - first - 1;
  return first + Math.floor(behind / 9) * 8 + Math.min(8, behind % 9);
}

/** Time from the end of `frame` to an answer that needs at least `least_us`. */
export function answerDelayUs(frame: Frame, least_us: number): number {
  const rest = lastBit(frame) ? FDT_AFTER_1 : FDT_AFTER_0;
  const units = Math.ceil((least_us * CARRIER_PER_US - rest) / FDT_UNIT);
  return (FDT_UNIT * Math.max(FDT_LEAST, units) + rest) / CARRIER_PER_US;
}

/** The bit sent last: of an incomplete byte its last data bit, else the odd parity. */
function lastBit(frame: Frame): number {
  const last = frame.bytes[(frame.bits - 1) >> 3];
  if (frame.bits & 7) return (last >> ((frame.bits - 1) & 7)) & 1;
  let parity = 1;
  for (let bit = 0; bit < 8; bit++) parity ^= (last >> bit) & 1;
  return parity;
}
