/** Signed messages, made and read by the office. The only place where tools sign. Source:
 *  src/link/SPEC.md, "Signed message"; numbers are big endian. */

import { cmac } from "@noble/ciphers/aes.js";
import { bcd } from "./keys.ts";

export const MESSAGE_CREDIT = 1;
export const MESSAGE_SETTING = 4;
export const MESSAGE_CLEAR = 5;
export const MESSAGE_CHECK = 6;
export const MESSAGE_TEST = 7;
export const MESSAGE_SWITCH = 8;

/** Commands of a switch message: its amount, as in function 1Ch (src/rs485/SPEC.md, "Switching"). */
export const SWITCH_OPEN = 0x1a;
export const SWITCH_ALLOW = 0x1b;
export const SWITCH_CLOSE = 0x1c;
export const SWITCH_OPEN_CLOSE = 0x1d;
export const SWITCH_OPEN_ALLOW = 0x1e;
export const SWITCH_KEEP = 0x3a;
export const SWITCH_KEEP_END = 0x3b;
/** What flags of a switch message, N2, count, min. */
export const SWITCH_STEP_MIN = 5;

/** flags of a credit message. */
export const FLAGS_FURTHER = 0;
export const FLAGS_FIRST = 1;
export const FLAGS_REPLACEMENT = 2;

const BODY_SIZE = 16;
export const CODE_SIZE = 8;
export const MESSAGE_SIZE = BODY_SIZE + CODE_SIZE;

export interface Message {
  /** Ten digits. */
  box_number: string;
  /** Household or channel 1..39, 0 the box. */
  index: number;
  kind: number;
  number: number;
  /** 0.01 kWh or 0.01 currency; of a setting its value; of a test seconds; of a switch its command. */
  amount: number;
  /** Of a credit FLAGS_; of a setting its id; of a switch N2. */
  flags: number;
}

/** The code of `bytes`: first 8 bytes of their AES-128-CMAC under `key`. */
export function codeOf(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return cmac(bytes, key).slice(0, CODE_SIZE);
}

/** The 24 bytes of a signed message under `key`. */
export function signMessage(key: Uint8Array, message: Message): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_SIZE);
  bytes.set(bcd(message.box_number + String(message.index).padStart(2, "0")));
  const view = new DataView(bytes.buffer);
  view.setUint8(6, message.kind);
  view.setUint32(7, message.number);
  view.setUint32(11, message.amount);
  view.setUint8(15, message.flags);
  bytes.set(codeOf(key, bytes.subarray(0, BODY_SIZE)), BODY_SIZE);
  return bytes;
}

/** What a signed message says, believed or not; null when its address is not decimal. */
export function readMessage(bytes: Uint8Array): Message | null {
  const address = Buffer.from(bytes.subarray(0, 6)).toString("hex");
  if (!/^\d{12}$/.test(address)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, MESSAGE_SIZE);
  return {
    box_number: address.slice(0, 10),
    index: Number(address.slice(10)),
    kind: view.getUint8(6),
    number: view.getUint32(7),
    amount: view.getUint32(11),
    flags: view.getUint8(15),
  };
}

/** True when the code of the 24 bytes belongs to them under `key`. */
export function isSigned(key: Uint8Array, bytes: Uint8Array): boolean {
  const code = codeOf(key, bytes.subarray(0, BODY_SIZE));
  return code.every((byte, i) => byte === bytes[BODY_SIZE + i]);
}
