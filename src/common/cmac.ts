/** AES-128-CMAC: the code that makes a message believable. Reference: RFC 4493. And the derivation of
 *  keys by it: NXP AN10922. Compare codes with equalBytes. Keys and what they sign are the caller's. */
import { AES_BLOCK_SIZE, AES_CONTEXT_SIZE, aesEncrypt, aesInit } from "./aes";
import { fillBytes } from "./bytes";

/** Room for one key: round keys and both subkeys, so that a one-block message costs one block. */
export const CMAC_CONTEXT_SIZE: u32 = 208;
const K1: u32 = 176;
const K2: u32 = 192;

if (K1 != AES_CONTEXT_SIZE || K2 != K1 + AES_BLOCK_SIZE || CMAC_CONTEXT_SIZE != K2 + AES_BLOCK_SIZE)
  ERROR("subkeys overlap");

/** Stores the double of `block` in GF(2^128) at `to`: RFC 4493, 2.3. */
function doubleBlock(to: usize, block: usize): void {
  const overflow: u32 = load<u8>(block) >> 7;
  for (let i: u32 = 0; i < AES_BLOCK_SIZE; i++) {
    const next: u32 = i + 1 < AES_BLOCK_SIZE ? load<u8>(block + i + 1) : 0;
    store<u8>(to + i, <u8>(((<u32>load<u8>(block + i)) << 1) | (next >> 7)));
  }
  const last = to + AES_BLOCK_SIZE - 1;
  store<u8>(last, load<u8>(last) ^ (<u8>(overflow * 0x87)));
}

/** Prepares `context` (CMAC_CONTEXT_SIZE bytes) for the 16-byte `key`. */
export function cmacInit(context: usize, key: usize): void {
  aesInit(context, key);
  fillBytes(context + K1, 0, AES_BLOCK_SIZE);
  aesEncrypt(context, context + K1);
  doubleBlock(context + K1, context + K1);
  doubleBlock(context + K2, context + K1);
}

function addBytes(to: usize, from: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) store<u8>(to + i, load<u8>(to + i) ^ load<u8>(from + i));
}

/** The one bit of the padding, behind `size` bytes of a block; zeros follow. */
function addPadding(block: usize, size: u32): void {
  store<u8>(block + size, load<u8>(block + size) ^ 0x80);
}

/** Stores the 16-byte code of `size` bytes (0 and more) of `message` at `tag`, which lies
 *  elsewhere. RFC 4493, 2.4. */
export function cmac(context: usize, message: usize, size: u32, tag: usize): void {
  fillBytes(tag, 0, AES_BLOCK_SIZE);
  let left = size;
  for (; left > AES_BLOCK_SIZE; left -= AES_BLOCK_SIZE) {
    addBytes(tag, message + size - left, AES_BLOCK_SIZE);
    aesEncrypt(context, tag);
  }
  addBytes(tag, message + size - left, left);
  if (left == AES_BLOCK_SIZE) {
    addBytes(tag, context + K1, AES_BLOCK_SIZE);
  } else {
    addPadding(tag, left);
    addBytes(tag, context + K2, AES_BLOCK_SIZE);
  }
  aesEncrypt(context, tag);
}

/** Most bytes a key is derived from: AN10922, 2.2. */
export const DERIVATION_SIZE_MAXIMUM: u32 = 2 * AES_BLOCK_SIZE;

/** Stores the 16-byte key derived from `size` bytes (1..32) of `input` at `key`, which lies elsewhere.
 *  The input is padded to two blocks however short it is, which a CMAC alone would not do: AN10922,
 *  2.2.1 and its padding note. */
export function deriveKey(context: usize, input: usize, size: u32, key: usize): void {
  assert(size >= 1 && size <= DERIVATION_SIZE_MAXIMUM);
  const first_size = min(size, AES_BLOCK_SIZE);
  fillBytes(key, 0, AES_BLOCK_SIZE);
  addBytes(key, input, first_size);
  if (size < AES_BLOCK_SIZE) addPadding(key, size);
  aesEncrypt(context, key);
  const second_size = size - first_size;
  addBytes(key, input + first_size, second_size);
  if (size >= AES_BLOCK_SIZE && second_size < AES_BLOCK_SIZE) addPadding(key, second_size);
  const subkey = size == DERIVATION_SIZE_MAXIMUM ? K1 : K2;
  addBytes(key, context + subkey, AES_BLOCK_SIZE);
  aesEncrypt(context, key);
}
