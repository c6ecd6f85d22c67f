/** In whose name something is changed: by a message signed with the key set, or by a password of
 *  DL/T 645. Neither keys nor passwords are ever printed. */

import { readKeyFile } from "../card/key-file.ts";
import type { Desk } from "../card/sale.ts";
import { Store } from "../card/store.ts";
import { boxKey } from "../office/keys.ts";
import { signMessage } from "../office/message.ts";
import { InputError } from "../simulate/errors.ts";
import { operatorBytes, passwordBytes } from "./dlt.ts";
import { LineError, NoAnswerError, RefusedError } from "./errors.ts";
import type { BoxPlace, Sender } from "./talker.ts";

const PASSWORD_VARIABLE = "METER39_PASSWORD";
const NEW_PASSWORD_VARIABLE = "METER39_NEW_PASSWORD";
const RESULT_NUMBER_OLD = 4;
const NUMBER_STEPS = [1, 10, 100, 1000, 10_000];

export interface AuthorityOptions {
  keys?: string;
  store?: string;
  password?: string;
  level: number;
  operator: number;
}

export interface Password {
  level: number;
  digits: string;
  operator: number;
}

/** Six digits; a wrong one is not repeated in the message. */
function checkDigits(where: string, digits: string): string {
  if (!/^\d{6}$/.test(digits)) throw new InputError(`${where}: it must have six digits`);
  return digits;
}

/** Opens key set and store for `work`, and closes the store. */
export async function withSigned<T>(
  { keys, store }: { keys?: string; store?: string },
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  if (keys === undefined) throw new InputError("--keys: the office's key file is needed to sign");
  if (store === undefined) throw new InputError("--store: the office's store is needed to sign");
  const set = readKeyFile(keys);
  const opened = Store.open(store, set.fingerprint);
  try {
    return await work({ keys: set, store: opened });
  } finally {
    await opened.close();
  }
}

/** The password of --password or of the environment; null when a message is to be signed instead. */
export function passwordOf(options: AuthorityOptions): Password | null {
  if (options.keys !== undefined || options.store !== undefined) return null;
  const { level, operator } = options;
  if (options.password !== undefined) {
    return { level, operator, digits: checkDigits("--password", options.password) };
  }
  const digits = process.env[PASSWORD_VARIABLE];
  if (digits === undefined) {
    const text = `--password (or ${PASSWORD_VARIABLE}), or --keys and --store`;
    throw new InputError(`who asks? give ${text}`);
  }
  return { level, operator, digits: checkDigits(PASSWORD_VARIABLE, digits) };
}

/** The password to be set. */
export function newPasswordOf(option: string | undefined): string {
  if (option !== undefined) return checkDigits("--new-password", option);
  const digits = process.env[NEW_PASSWORD_VARIABLE];
  if (digits === undefined) {
    throw new InputError(`--new-password (or ${NEW_PASSWORD_VARIABLE}): six digits are needed`);
  }
  return checkDigits(NEW_PASSWORD_VARIABLE, digits);
}

/** Password and operator as a command begins with them. */
export function credentials({ level, digits, operator }: Password): Uint8Array {
  return Uint8Array.of(...passwordBytes(level, digits), ...operatorBytes(operator));
}

export interface Order {
  kind: number;
  /** Scope of the message's number, as card/manage.ts names it. */
  scope: string;
  index: number;
  value: number;
  flags: number;
}

/** Signs and sends a setting or a switching. The number is taken before; a message that was lost is
 *  sent again identically. A number that the box knows already was used by another store (the factory's,
 *  say): as any higher one will do, ever larger steps find one. */
export async function sendSigned(
  { store, keys }: Desk,
  talker: Sender,
  box: BoxPlace,
  { kind, scope, index, value, flags }: Order,
): Promise<void> {
  const key = boxKey(keys.master_key, box.number);
  for (const step of NUMBER_STEPS) {
    const number = store.takeNumbers(box.number, scope, step) + step - 1;
    const message = { box_number: box.number, index, kind, number, amount: value, flags };
    const { retry_count } = talker.master;
    try {
      await talker.send(box, message, signMessage(key, message));
      return;
    } catch (error) {
      if (error instanceof NoAnswerError) {
        throw new LineError(`${error.message}; it may have been done: give the command again`);
      }
      if (!(error instanceof RefusedError) || error.result !== RESULT_NUMBER_OLD) throw error;
      if (talker.master.retry_count > retry_count) return; // taken, and the answer was lost
      if (step === NUMBER_STEPS.at(-1)) throw error;
    }
  }
}
