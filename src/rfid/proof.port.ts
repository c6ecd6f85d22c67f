/** Self-test of the reader chip, for the factory: the chip fills its FIFO with 64 bytes that tell its kind
 *  and soundness. It is of no use afterwards until it is started anew. Knows no card and judges nothing.
 *  Source: MFRC522 data sheet, 16.1.1; the hard reset stands for the soft one. */

import { copyBytes, fillBytes } from "../common/bytes";
import { E_BUSY, E_NOTHING, E_READER, OK } from "../common/errors";
import { PROOF_SIZE, chipClearBuffer, chipProof, chipProve, chipReset } from "./mfrc522.port";
import { chipStarted, chipVersion, proofLevel } from "./mfrc522.port";

const HELD_MS: u32 = 2; // the data sheet asks for 100 ns
const START_MS: u32 = 150; // what the slowest boards take
const TEST_MS: u32 = 50; // it takes less than 1 ms
const PIECE_SIZE: i32 = 16; // bytes a tick

export enum Proof {
  None,
  Held,
  Starting,
  Clearing,
  Testing,
  Reading,
  Done,
  Failed,
}

const outcome: usize = memory.data(64);
if (PROOF_SIZE != 64) ERROR("the outcome does not fit");

let state: Proof = 0; // Proof.None
let since_ms: u32 = 0;
let version: u32 = 0;
let have: i32 = 0; // bytes of the outcome

export function proofInit(): void {
  state = Proof.None;
  since_ms = 0;
  version = 0;
  have = 0;
}

function move(to: Proof, now_ms: u32): void {
  state = to;
  since_ms = now_ms;
}

/** Begins; the reader serves no card meanwhile. */
export function proofStart(now_ms: u32): void {
  version = 0;
  have = 0;
  fillBytes(outcome, 0, PROOF_SIZE);
  chipReset(true);
  move(Proof.Held, now_ms);
}

/** True while a test runs and the chip is its own. */
export function proofRunning(): bool {
  return state > Proof.None && state < Proof.Done;
}

function take(now_ms: u32): void {
  chipProof(outcome + have, PIECE_SIZE);
  have += PIECE_SIZE;
  if (have == PROOF_SIZE) move(Proof.Done, now_ms);
}

/** One step; true when the test is over and the chip has to be started anew. */
export function proofTick(now_ms: u32): bool {
  const elapsed_ms = now_ms - since_ms;
  switch (state) {
    case Proof.Held:
      if (elapsed_ms < HELD_MS) return false;
      chipReset(false);
      move(Proof.Starting, now_ms);
      break;
    case Proof.Starting:
      if (chipStarted()) {
        version = chipVersion();
        chipClearBuffer();
        move(Proof.Clearing, now_ms);
      } else if (elapsed_ms >= START_MS) {
        move(Proof.Failed, now_ms);
      }
      break;
    case Proof.Clearing:
      chipProve();
      move(Proof.Testing, now_ms);
      break;
    case Proof.Testing:
      if (proofLevel() == PROOF_SIZE) move(Proof.Reading, now_ms);
      else if (elapsed_ms >= TEST_MS) move(Proof.Failed, now_ms);
      break;
    case Proof.Reading:
      take(now_ms);
      break;
    default:
  }
  return !proofRunning();
}

/** OK with the 64 bytes at `to`; E_BUSY, E_NOTHING when none was begun, E_READER when no chip answered or
 *  it did not end. */
export function proofOutcome(to: usize): i32 {
  if (proofRunning()) return E_BUSY;
  if (state == Proof.None) return E_NOTHING;
  if (state == Proof.Failed) return E_READER;
  copyBytes(to, outcome, PROOF_SIZE);
  return OK;
}

/** VersionReg as found by the last test. */
export function proofVersion(): u32 {
  return version;
}
