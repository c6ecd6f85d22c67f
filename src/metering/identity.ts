/** The box's number and key, and the keys of cards derived from it. Set once; without them every
 *  message is refused. */
import { bcdPair, copyBytes, equalBytes } from "../common/bytes";
import { cmac, CMAC_CONTEXT_SIZE, cmacInit, deriveKey } from "../common/cmac";
import { E_LOCKED, E_RANGE, OK } from "../common/errors";
import { recordSave } from "../store/image";
import { IDENTITY, IDENTITY_BODY } from "../store/places";
import { IDENTITY_KEY, IDENTITY_NUMBER, IDENTITY_PROVISIONED } from "../store/map";

export const NUMBER_SIZE: u32 = 5;
export const KEY_SIZE: u32 = 16;
export const CODE_SIZE: u32 = 8; // of the 16 bytes of the CMAC (product sheet of the message)

// What the key of a card's sector is derived from: 01 | UID | sector | which key | "M1KEY".
export const KEY_A: u8 = 0x0a;
export const KEY_B: u8 = 0x0b;
const DERIVATION_UID: usize = 1;
const DERIVATION_SECTOR: usize = 5;
const DERIVATION_KEY: usize = 6;
const DERIVATION_SIZE: u32 = 12;
const UID_SIZE: u32 = 4;
const CARD_KEY_SIZE: u32 = 6;

const context: usize = memory.data(256, 8);
const tag: usize = memory.data(16, 4);
const derivation: usize = memory.data<u8>([1, 0, 0, 0, 0, 0, 0, 0x4d, 0x31, 0x4b, 0x45, 0x59]);
if (CMAC_CONTEXT_SIZE > 256) ERROR("CMAC context outgrew its place");

/** Takes the key from the record. */
export function identityInit(): void {
  cmacInit(context, IDENTITY_BODY + IDENTITY_KEY);
}

export function isProvisioned(): bool {
  return load<u8>(IDENTITY_BODY, IDENTITY_PROVISIONED) == 1;
}

/** The box number: 5 bytes BCD, high pair first. */
export function boxNumber(): usize {
  return IDENTITY_BODY + IDENTITY_NUMBER;
}

/** Sets number (5 bytes BCD) and key (16 bytes), once. E_LOCKED when they are set, E_RANGE when the
 *  number is not BCD. */
export function provision(number: usize, key: usize): i32 {
  if (isProvisioned()) return E_LOCKED;
  for (let index: u32 = 0; index < NUMBER_SIZE; index++) {
    if (bcdPair(load<u8>(number + index)) < 0) return E_RANGE;
  }
  const body = IDENTITY_BODY;
  copyBytes(body + IDENTITY_NUMBER, number, NUMBER_SIZE);
  copyBytes(body + IDENTITY_KEY, key, KEY_SIZE);
  store<u8>(body, 1, IDENTITY_PROVISIONED);
  recordSave(IDENTITY, 0);
  identityInit();
  return OK;
}

/** True when `code` (8 bytes) is the code of `size` bytes at `message` under the box's key. */
export function isGenuine(message: usize, size: u32, code: usize): bool {
  cmac(context, message, size, tag);
  return equalBytes(tag, code, CODE_SIZE);
}

/** Stores the code (8 bytes) of `size` bytes at `message` under the box's key at `code`. */
export function sign(message: usize, size: u32, code: usize): void {
  cmac(context, message, size, tag);
  copyBytes(code, tag, CODE_SIZE);
}

/** Stores the key (6 bytes) of a card's sector at `key`. `uid`: 4 bytes; `which`: KEY_A or KEY_B.
 *  src/rfid/SPEC.md, "Keys and access". */
export function cardKey(uid: usize, sector: i32, which: u8, key: usize): void {
  copyBytes(derivation + DERIVATION_UID, uid, UID_SIZE);
  store<u8>(derivation, <u8>sector, DERIVATION_SECTOR);
  store<u8>(derivation, which, DERIVATION_KEY);
  deriveKey(context, derivation, DERIVATION_SIZE, tag);
  copyBytes(key, tag, CARD_KEY_SIZE);
}
