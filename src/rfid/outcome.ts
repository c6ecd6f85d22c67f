/** How an exchange with the card ended, judged from the chip's registers. Pure. Source: MFRC522 data
 *  sheet, chapter 9 (ComIrqReg, ErrorReg, Status2Reg); the order of judging is NXP's library's. */

export enum Outcome {
  Pending,
  Answer,
  Silence, // clean: nothing was heard
  Garbled, // something was heard, but not a frame
  Collision, // two cards answered differently
  Endless, // the chip did not end the exchange
}

const IRQ_RECEIVED: u32 = 1 << 5;
const IRQ_IDLE: u32 = 1 << 4;
const IRQ_ERROR: u32 = 1 << 1;
const IRQ_TIMER: u32 = 1 << 0;

const ERROR_COLLISION: u32 = 1 << 3;
// Write, overflow, collision, CRC, parity, protocol; a warm chip is no error of the frame
const ERROR_ANY: u32 = 0x9f;

const STATUS2_CRYPTO: u32 = 1 << 3;

const FIFO_SIZE: i32 = 64;

/** Transceive: `irq`, `error` and `level` are ComIrqReg, ErrorReg and FIFOLevelReg. */
export function judgeTransceive(irq: u32, error: u32, level: u32): Outcome {
  if ((irq & IRQ_RECEIVED) != 0) {
    if (level == 0) return Outcome.Silence; // the edge of the field
    if ((error & ERROR_COLLISION) != 0) return Outcome.Collision;
    if ((error & ERROR_ANY) != 0 || level > <u32>FIFO_SIZE) return Outcome.Garbled;
    return Outcome.Answer;
  }
  if ((irq & IRQ_TIMER) != 0) return Outcome.Silence;
  return (irq & IRQ_ERROR) != 0 ? Outcome.Garbled : Outcome.Pending;
}

/** MFAuthent: it ends by itself, also with an error; only MFCrypto1On tells that the card is in. */
export function judgeAuthent(irq: u32, error: u32, status2: u32): Outcome {
  if ((irq & IRQ_IDLE) != 0) {
    const open = (status2 & STATUS2_CRYPTO) != 0 && (error & ERROR_ANY) == 0;
    return open ? Outcome.Answer : Outcome.Garbled;
  }
  if ((irq & IRQ_TIMER) != 0) return Outcome.Silence;
  return (irq & IRQ_ERROR) != 0 ? Outcome.Garbled : Outcome.Pending;
}
