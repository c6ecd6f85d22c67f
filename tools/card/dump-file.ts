/** Dump files (.mfd): read whole, replaced whole. A write goes to a file beside it, is flushed to the
 *  disk and then renamed, so that a cut leaves the old dump or the new one. */

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../simulate/errors.ts";
import { DUMP_SIZE } from "./dump.ts";

const OWNER_ONLY = 0o600; // a dump holds the keys of its card
const PERMISSIONS = 0o777;

/** The card could not be written; what was sold stays pending. Ends the program with 1. */
export class WriteError extends Error {}

/** The 1024 bytes of a dump file; InputError when it is none. */
export function readDump(file: string, option = "--card"): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new InputError(`${option}: cannot read ${file}: ${(error as Error).message}`);
  }
  if (bytes.length === DUMP_SIZE) return new Uint8Array(bytes);
  const size = `${bytes.length} bytes`;
  throw new InputError(`${option}: ${file} has ${size}; a dump of a 1K card has ${DUMP_SIZE}`);
}

/** Refuses a place where no dump can be written, before anything else is done. */
export function checkPlace(file: string, option = "--card"): void {
  const folder = dirname(existsSync(file) ? realpathSync(file) : file);
  try {
    accessSync(folder, constants.W_OK);
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
  } catch (error) {
    throw new InputError(`${option}: cannot write ${file}: ${(error as Error).message}`);
  }
}

function writeFlushed(file: string, bytes: Uint8Array, mode: number): void {
  const descriptor = openSync(file, "w", mode);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function flushFolder(folder: string): void {
  if (process.platform === "win32") return; // has no way to flush a folder
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Replaces a dump file, or makes it; throws WriteError and leaves the old one when it cannot. */
export function writeDump(file: string, dump: Uint8Array): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const beside = join(dirname(target), `.${basename(target)}.new`);
  try {
    const mode = existsSync(target) ? statSync(target).mode & PERMISSIONS : OWNER_ONLY;
    writeFlushed(beside, dump, mode);
    renameSync(beside, target);
    flushFolder(dirname(target));
  } catch (error) {
    if (existsSync(beside) && statSync(beside).isFile()) rmSync(beside);
    throw new WriteError(`cannot write ${file}: ${(error as Error).message}`);
  }
}
