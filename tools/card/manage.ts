/** Management cards: settings, clear, check, test. Their messages are numbered per kind and scope; a
 *  number that was taken for a card that could not be written is simply not used, as the box asks for
 *  a higher number, not for the next one. */

import {
  MESSAGE_CHECK,
  MESSAGE_CLEAR,
  MESSAGE_SETTING,
  MESSAGE_TEST,
  signMessage,
} from "../office/message.ts";
import { InputError } from "../simulate/errors.ts";
import { SETTINGS } from "../simulate/office-codes.ts";
import { FIRST_LIST_SECTOR, LAST_LIST_SECTOR, PURCHASE_SECTORS, setMessage } from "./content.ts";
import { hex } from "./dump.ts";
import { writeDump } from "./dump-file.ts";
import { freshImage, openCard, type CardRequest, type OpenCard } from "./open-card.ts";
import { isUnread } from "./read-back.ts";
import type { Desk } from "./sale.ts";
import type { CardEntry } from "./store.ts";

const KIND_NUMBERS = { clear: MESSAGE_CLEAR, check: MESSAGE_CHECK, test: MESSAGE_TEST };
const MOST_CHANGES = LAST_LIST_SECTOR - FIRST_LIST_SECTOR + 1;
const CHANNEL_COUNT = 39;

/** One setting to be changed. */
export interface Change {
  name: string;
  /** Household or channel 1..39, 0 the box. */
  index: number;
  value: number;
}

/** "name=value" or, of a household or channel, "name:7=value". */
export function parseChange(text: string): Change {
  const match = /^(\w+)(?::(\d+))?=(\d+(?:,\d+)*)$/.exec(text);
  if (match === null) {
    throw new InputError(`setting "${text}": write NAME=VALUE or NAME:HOUSEHOLD=VALUE`);
  }
  const [, name, index_text, value_text] = match;
  if (!Object.hasOwn(SETTINGS, name)) {
    const names = Object.keys(SETTINGS).join(", ");
    throw new InputError(`setting "${name}": there is none; there are: ${names}`);
  }
  const { scope, lowest, highest } = SETTINGS[name];
  const index = Number(index_text ?? 0);
  if (scope === "box" && index_text !== undefined) {
    throw new InputError(`setting ${name}: belongs to the box: ${name}=VALUE`);
  }
  if (scope !== "box" && (index < 1 || index > CHANNEL_COUNT)) {
    throw new InputError(`setting ${name}: belongs to a ${scope} 1..39: ${name}:7=VALUE`);
  }
  const value = name === "layout" ? layoutValue(value_text) : Number(value_text);
  if (!(value >= lowest && value <= highest)) {
    throw new InputError(`setting ${name}: ${value_text} is outside ${lowest}..${highest}`);
  }
  return { name, index, value };
}

/** "7" or "1,2,3": up to three channels, 8 bits each, first lowest; 0 none. */
function layoutValue(text: string): number {
  const channels = text.split(",").map(Number);
  if (channels.length > 3 || channels.some((channel) => channel > CHANNEL_COUNT)) {
    throw new InputError(`setting layout: "${text}" is not up to three channels 1..39, or 0`);
  }
  return channels.reduce((value, channel, i) => value + channel * 256 ** i, 0);
}

/** A blank, or a management card that is no longer needed. */
function openManagementCard(desk: Desk, request: CardRequest): OpenCard {
  const card = openCard(desk.keys, request);
  const { directory } = card;
  if (directory?.kind === "user") {
    const text = `is the user card ${directory.serial} of household ${directory.household}`;
    throw new InputError(`--card: ${request.card} ${text}; take a blank or a management card`);
  }
  if (directory !== null && isUnread(desk.store, card.dump, directory)) {
    throw new InputError(`--card: ${request.card} bears readings: read them first by: card read`);
  }
  return card;
}

type ManagementKind = "settings" | "clear" | "check" | "test";

interface Content {
  kind: ManagementKind;
  household: number;
  /** Sector and 24 bytes of each message. */
  messages: [number, Uint8Array][];
}

function write(desk: Desk, request: CardRequest, card: OpenCard, content: Content): CardEntry {
  const { store } = desk;
  const { kind, household } = content;
  const serial = card.directory?.serial ?? store.takeSerial();
  const image = freshImage(card, { kind, box_number: request.box, household, serial });
  for (const [sector, message] of content.messages) setMessage(image, sector, message);
  writeDump(request.card, image);
  const time = new Date().toISOString();
  const entry = { serial, kind, box: request.box, household, uid: hex(card.uid), time };
  store.noteCard(entry);
  return entry;
}

/** Makes a card that sets up to 13 settings, in this order. */
export function makeSettingsCard(desk: Desk, request: CardRequest, changes: Change[]): CardEntry {
  if (changes.length > MOST_CHANGES) {
    throw new InputError(`setting: ${changes.length} of them; a card carries ${MOST_CHANGES}`);
  }
  return desk.store.atDesk(() => {
    const card = openManagementCard(desk, request);
    const messages = changes.map(({ name, index, value }, i): [number, Uint8Array] => {
      const { id, scope } = SETTINGS[name];
      const scope_name = scope === "household" ? `${scope} ${index}` : scope;
      const number = desk.store.takeNumbers(request.box, scope_name, 1);
      const kind = MESSAGE_SETTING;
      const message = { index, kind, number, amount: value, flags: id };
      const signed = signMessage(card.box_key, { box_number: request.box, ...message });
      return [FIRST_LIST_SECTOR + i, signed];
    });
    return write(desk, request, card, { kind: "settings", household: 0, messages });
  });
}

/** Makes a clear, check or test card. `household`: of a test, 0 all; `seconds`: of a test. */
export function makeManagementCard(
  desk: Desk,
  request: CardRequest,
  kind: "clear" | "check" | "test",
  household = 0,
  seconds = 0,
): CardEntry {
  return desk.store.atDesk(() => {
    const card = openManagementCard(desk, request);
    const number = desk.store.takeNumbers(request.box, kind, 1);
    const message = { index: household, kind: KIND_NUMBERS[kind], number, amount: seconds };
    const box_number = request.box;
    const signed = signMessage(card.box_key, { box_number, ...message, flags: 0 });
    const messages: [number, Uint8Array][] = [[PURCHASE_SECTORS[0], signed]];
    return write(desk, request, card, { kind, household, messages });
  });
}
