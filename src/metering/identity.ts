/** The box's number and key. Set once; without them every message is refused. */
import { copyBytes, equalBytes } from "../common/bytes";
import { cmac, CMAC_CONTEXT_SIZE, cmacInit } from "../common/cmac";
import { bcdPair } from "../common/bytes";
import { E_LOCKED, E_RANGE, OK } from "../common/errors";
import { IDENTITY, recordBody, recordSave } from "../store/image";
import { IDENTITY_KEY, IDENTITY_NUMBER, IDENTITY_PROVISIONED } from "../store/map";

export const NUMBER_SIZE: u32 = 5;
export const KEY_SIZE: u32 = 16;
export const CODE_SIZE: u32 = 8; // of the 16 bytes of the CMAC (product sheet of the message)

const context: usize = memory.data(256, 8);
const tag: usize = memory.data(16, 4);
if (CMAC_CONTEXT_SIZE > 256) ERROR("CMAC context outgrew its place");

/** Takes the key from the record. */
export function identityInit(): void {
  cmacInit(context, recordBody(IDENTITY, 0) + IDENTITY_KEY);
}

export function isProvisioned(): bool {
  return load<u8>(recordBody(IDENTITY, 0), IDENTITY_PROVISIONED) == 1;
}

/** The box number: 5 bytes BCD, high pair first. */
export function boxNumber(): usize {
  return recordBody(IDENTITY, 0) + IDENTITY_NUMBER;
}

/** Sets number (5 bytes BCD) and key (16 bytes), once. E_LOCKED when they are set, E_RANGE when the
 *  number is not BCD. */
export function provision(number: usize, key: usize): i32 {
  if (isProvisioned()) return E_LOCKED;
  for (let index: u32 = 0; index < NUMBER_SIZE; index++) {
    if (bcdPair(load<u8>(number + index)) < 0) return E_RANGE;
  }
  const body = recordBody(IDENTITY, 0);
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
