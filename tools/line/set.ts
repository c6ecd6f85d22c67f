/** Settings over the line: all of them signed; those that touch no money also by password, as DL/T 645
 *  writes them. */

import { parseChange, type Change } from "../card/manage.ts";
import type { Desk } from "../card/sale.ts";
import { MESSAGE_SETTING } from "../office/message.ts";
import { InputError } from "../simulate/errors.ts";
import { SETTINGS } from "../simulate/office-codes.ts";
import { credentials, sendSigned, type Password } from "./authority.ts";
import { toBcd } from "./bcd.ts";
import type { DltTalker } from "./by-dlt.ts";
import { C_FREEZE, C_PASSWORD, C_WRITE, identifierBytes, passwordBytes } from "./dlt.ts";
import { MONEY_MODE, type BoxPlace, type Sender } from "./talker.ts";

const PASSWORD_IDENTIFIERS: Record<string, { identifier: string; level: number }> = {
  password_2: { identifier: "04000C03", level: 2 },
  password_4: { identifier: "04000C05", level: 4 },
};
const RATE_1200 = 0x04; // rate word of DL/T 645: the next bit for twice the rate
const ANY = 0x99;

/** Settings that may be written by password: identifier in energy and in money mode, size, value. */
interface Written {
  energy: string;
  money: string;
  bytes: (value: number) => Uint8Array;
}

const WRITTEN: Record<string, Written> = {
  line_rate: both("04000703", (value) => Uint8Array.of(RATE_1200 << value)),
  load_interval: both("04000A05", (value) => toBcd(value, 2)),
  settlement_day: both("04000B01", (value) => toBcd(value, 2)),
  alarm_level: { energy: "04000F01", money: "04001001", bytes: (value) => toBcd(value, 4) },
  trip_level: { energy: "04000F02", money: "04001002", bytes: (value) => toBcd(value, 4) },
};

function both(identifier: string, bytes: (value: number) => Uint8Array): Written {
  return { energy: identifier, money: identifier, bytes };
}

/** "name=value", "name:7=value"; a password by its name alone, its digits come from elsewhere. */
export function parseSetting(text: string, newPassword: () => string): Change {
  const [name] = text.split(/[:=]/);
  if (Object.hasOwn(PASSWORD_IDENTIFIERS, name)) {
    if (text !== name) {
      const where = "--new-password or METER39_NEW_PASSWORD";
      throw new InputError(`setting ${name}: give its name alone, the digits by ${where}`);
    }
    return { name, index: 0, value: Number(newPassword()) };
  }
  if (name === "clock") throw new InputError("setting clock: it is set by: meter39 clock set");
  return parseChange(text);
}

/** What is said of a setting that was set; a password is not shown. */
export function settingText({ name, index, value }: Change): string {
  const where = index === 0 ? name : `${name}:${index}`;
  return Object.hasOwn(PASSWORD_IDENTIFIERS, name) ? `${where} set` : `${where}=${value}`;
}

export async function setSigned(
  desk: Desk,
  talker: Sender,
  box: BoxPlace,
  { name, index, value }: Change,
): Promise<void> {
  const { id, scope } = SETTINGS[name];
  await sendSigned(desk, talker, box, {
    kind: MESSAGE_SETTING,
    scope: scope === "household" ? `${scope} ${index}` : scope,
    index,
    value,
    flags: id,
  });
}

/** Throws an InputError for what a password cannot change. */
export function checkByPassword({ name }: Change): void {
  const ways = [WRITTEN, PASSWORD_IDENTIFIERS, { daily_freeze: null }];
  if (ways.some((way) => Object.hasOwn(way, name))) return;
  throw new InputError(`setting ${name}: only by a signed message: give --keys and --store`);
}

export async function setByPassword(
  talker: DltTalker,
  box: BoxPlace,
  { name, index, value }: Change,
  password: Password,
): Promise<void> {
  const { master } = talker;
  const address = talker.addressOf(box, index);
  if (name === "daily_freeze") {
    const body = Uint8Array.of(...toBcd(value, 2), ANY, ANY);
    await master.command(address, C_FREEZE, body);
    return;
  }
  if (Object.hasOwn(PASSWORD_IDENTIFIERS, name)) {
    const { identifier, level } = PASSWORD_IDENTIFIERS[name];
    const now = passwordBytes(password.level, password.digits);
    const next = passwordBytes(level, String(value).padStart(6, "0"));
    const body = Uint8Array.of(...identifierBytes(identifier), ...now, ...next);
    await master.command(address, C_PASSWORD, body);
    return;
  }
  const { energy, money, bytes } = WRITTEN[name];
  const has_money = energy !== money && ((await talker.status(address)) & MONEY_MODE) !== 0;
  const identifier = identifierBytes(has_money ? money : energy);
  const body = Uint8Array.of(...identifier, ...credentials(password), ...bytes(value));
  await master.command(address, C_WRITE, body);
}
