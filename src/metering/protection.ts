/** What guards the line: the passwords of DL/T 645 levels 2 and 4, and the locks after wrong passwords
 *  and wrong codes. One record, PROTECTION. A password is never told. Source: src/rs485/SPEC.md. */
import { bcdPair } from "../common/bytes";
import { E_PASSWORD, E_WAIT, OK } from "../common/errors";
import { recordSave } from "../store/image";
import { PROTECTION, PROTECTION_BODY } from "../store/places";
import {
  PROTECTION_CODES_UNTIL,
  PROTECTION_PASSWORD_2,
  PROTECTION_PASSWORD_4,
  PROTECTION_PASSWORDS_UNTIL,
  PROTECTION_WRONG_CODES,
  PROTECTION_WRONG_PASSWORDS,
  PROTECTION_WRONG_SINCE,
} from "../store/map";
import { EVENT_LINE_LOCKED, noteEvent } from "./events";
import { runningS } from "./uptime";

/** Levels that have a password; the lower opens what the higher opens. */
export const LEVEL_2: i32 = 2;
export const LEVEL_4: i32 = 4;
export const PASSWORD_MAXIMUM: u32 = 999_999;
/** A level without a password: above what six digits can say, so that none is right. */
export const PASSWORD_NONE: u32 = 1_000_000;
export const WRONG_PASSWORDS_MAXIMUM: u32 = 5; // in a row
export const WRONG_CODES_MAXIMUM: u32 = 15; // within LOCK_S
export const LOCK_S: u32 = 3600;
const LOCKED_PASSWORDS: u32 = 0; // detail of the event
const LOCKED_CODES: u32 = 1;

function body(): usize {
  return PROTECTION_BODY;
}

/** Start values, for the first start. */
export function protectionStart(): void {
  store<u32>(body(), PASSWORD_NONE, PROTECTION_PASSWORD_2);
  store<u32>(body(), PASSWORD_NONE, PROTECTION_PASSWORD_4);
}

function place(level: i32): usize {
  assert(level == LEVEL_2 || level == LEVEL_4);
  return body() + (level == LEVEL_2 ? PROTECTION_PASSWORD_2 : PROTECTION_PASSWORD_4);
}

/** True when `password` (0..1000000) is that of `level`. */
export function isPassword(level: i32, password: u32): bool {
  return load<u32>(place(level)) == password;
}

/** Sets the password of `level`, durably: one record. */
export function setPassword(level: i32, password: u32): void {
  assert(password <= PASSWORD_NONE);
  store<u32>(place(level), password);
  recordSave(PROTECTION, 0);
}

/** True while every password is refused. */
export function passwordsLocked(): bool {
  return runningS() < load<u32>(body(), PROTECTION_PASSWORDS_UNTIL);
}

/** True while every message by line is refused. */
export function codesLocked(): bool {
  return runningS() < load<u32>(body(), PROTECTION_CODES_UNTIL);
}

/** Six digits as on the line, lowest pair first; above PASSWORD_NONE when they are not digits. */
function digits(pairs: usize): u32 {
  let value: i32 = 0;
  for (let index: usize = 3; index > 0; index--) {
    const pair = bcdPair(load<u8>(pairs + index - 1));
    if (pair < 0) return PASSWORD_NONE + 1;
    value = 100 * value + pair;
  }
  return <u32>value;
}

function countWrongPassword(): void {
  const wrong = <u32>load<u8>(body(), PROTECTION_WRONG_PASSWORDS) + 1;
  const locks = wrong >= WRONG_PASSWORDS_MAXIMUM;
  store<u8>(body(), <u8>(locks ? 0 : wrong), PROTECTION_WRONG_PASSWORDS);
  if (locks) store<u32>(body(), runningS() + LOCK_S, PROTECTION_PASSWORDS_UNTIL);
  recordSave(PROTECTION, 0);
  if (locks) noteEvent(EVENT_LINE_LOCKED, 0, LOCKED_PASSWORDS, 0);
}

/** Judges PA P0 P1 P2 at `password` for what needs `level`: OK, E_WAIT, or E_PASSWORD. Too low a level
 *  is no guess and is not counted. */
export function judgePassword(password: usize, level: i32): i32 {
  const given = <i32>load<u8>(password);
  if (passwordsLocked()) return E_WAIT;
  if (given > level || (given != LEVEL_2 && given != LEVEL_4)) return E_PASSWORD;
  if (!isPassword(given, digits(password + 1))) {
    countWrongPassword();
    return E_PASSWORD;
  }
  if (load<u8>(body(), PROTECTION_WRONG_PASSWORDS) != 0) {
    store<u8>(body(), 0, PROTECTION_WRONG_PASSWORDS);
    recordSave(PROTECTION, 0);
  }
  return OK;
}

/** A message by line had a wrong code. */
export function countWrongCode(): void {
  const since_s = load<u32>(body(), PROTECTION_WRONG_SINCE);
  let wrong = <u32>load<u8>(body(), PROTECTION_WRONG_CODES);
  if (wrong == 0 || runningS() - since_s >= LOCK_S) {
    wrong = 0;
    store<u32>(body(), runningS(), PROTECTION_WRONG_SINCE);
  }
  wrong++;
  const locks = wrong >= WRONG_CODES_MAXIMUM;
  store<u8>(body(), <u8>(locks ? 0 : wrong), PROTECTION_WRONG_CODES);
  if (locks) store<u32>(body(), runningS() + LOCK_S, PROTECTION_CODES_UNTIL);
  recordSave(PROTECTION, 0);
  if (locks) noteEvent(EVENT_LINE_LOCKED, 0, LOCKED_CODES, 0);
}
