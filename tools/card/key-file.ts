/** The office's key set: one random master key in a file that only its owner may read. The key is
 *  never printed. A check value finds a damaged file, and a store that belongs to another key set. */

import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { InputError } from "../simulate/errors.ts";
import { codeOf } from "../office/message.ts";

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
const KEY_SIZE = 16;
const TITLE = "meter39 office keys 1";
const CHECK_INPUT = new TextEncoder().encode(TITLE);
const FORM = new RegExp(`^${TITLE}\\nmaster ([0-9a-f]{32})\\ncheck ([0-9a-f]{16})\\n$`);

export interface KeySet {
  master_key: Uint8Array;
  /** Tells key sets apart; is no key and gives none away. */
  fingerprint: string;
}

function fingerprintOf(master_key: Uint8Array): string {
  return Buffer.from(codeOf(master_key, CHECK_INPUT)).toString("hex");
}

function cannot(verb: string, file: string, error: unknown): InputError {
  return new InputError(`cannot ${verb} key file ${file}: ${(error as Error).message}`);
}

/** Makes a key set, with a random master key unless one is given; never overwrites a file. */
export function makeKeyFile(file: string, given?: Uint8Array): void {
  const master_key = given ?? new Uint8Array(randomBytes(KEY_SIZE));
  const hex = Buffer.from(master_key).toString("hex");
  let descriptor: number;
  try {
    descriptor = openSync(file, "wx", OWNER_ONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw cannot("make", file, error);
    throw new InputError(`FILE: ${file} exists; a key set is never overwritten`);
  }
  try {
    writeSync(descriptor, `${TITLE}\nmaster ${hex}\ncheck ${fingerprintOf(master_key)}\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch (error) {
    rmSync(file);
    throw cannot("write", file, error);
  }
}

/** Reads a key set; refuses a file that others may read or that is damaged. */
export function readKeyFile(file: string): KeySet {
  let text: string;
  let mode: number;
  try {
    const descriptor = openSync(file, "r");
    try {
      mode = fstatSync(descriptor).mode;
      text = readFileSync(descriptor, "utf8");
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new InputError(`--keys: ${cannot("read", file, error).message}`);
  }
  if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
    throw new InputError(`--keys: others may read or change ${file}: chmod 600 ${file}`);
  }
  const match = FORM.exec(text);
  if (match === null) throw new InputError(`--keys: ${file} is not a key file, or is damaged`);
  const master_key = Uint8Array.from(Buffer.from(match[1], "hex"));
  const fingerprint = fingerprintOf(master_key);
  if (fingerprint !== match[2]) {
    throw new InputError(`--keys: ${file} is damaged: key and check value do not agree`);
  }
  return { master_key, fingerprint };
}
