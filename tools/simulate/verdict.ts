/** What a presentation of a card came to, seen from outside: by the return data that the box wrote on
 *  the card, by the number on the tubes, by the events and numbers in the memory. Changes nothing. */

import { newestReturn, readDirectory, type Directory, type ReturnData } from "../card/content.ts";
import { equalBytes, uidOf } from "../card/dump.ts";
import type { BooksReader } from "./books.ts";
import {
  EVENTS,
  RESULT_CLOCK,
  RESULT_NUMBER_OLD,
  RESULT_OK,
  RESULT_REPEAT,
} from "./office-codes.ts";

/** What can be looked at. */
export interface Scene {
  reader: BooksReader;
  box_number: string;
  /** Key of the box. */
  key: Uint8Array;
  /** Both rows of the tubes. */
  tubes(): { upper: string; lower: string };
}

/** How things stood when the card was presented. */
export interface Before {
  dump: Uint8Array;
  directory: Directory | null;
  /** The household whose card it says to be; null: another kind of card, or of another box. */
  household: number | null;
  sequence: number;
  events_from: number;
  tubes: string;
  clear_number: number;
}

const DONE_KINDS = ["setting", "credit", "relay_test", "resumed", "card_bound"].map(
  (name) => EVENTS[name],
);

function tubesText(scene: Scene): string {
  const { upper, lower } = scene.tubes();
  return `${upper}|${lower}`;
}

function returnOf(dump: Uint8Array, directory: Directory | null, key: Uint8Array) {
  if (directory?.kind !== "user") return null;
  return newestReturn(dump, directory, key, uidOf(dump));
}

export function lookBefore(scene: Scene, dump: Uint8Array): Before {
  const read = readDirectory(dump);
  const directory = typeof read === "string" ? null : read;
  const is_user = directory?.kind === "user" && directory.box_number === scene.box_number;
  return {
    dump,
    directory,
    household: is_user ? directory.household : null,
    sequence: returnOf(dump, directory, scene.key)?.sequence ?? 0,
    events_from: scene.reader.eventNext(),
    tubes: tubesText(scene),
    clear_number: scene.reader.management()?.clear_number ?? 0,
  };
}

/** The return data that the box wrote since; null when there is none. */
export function returnSince(scene: Scene, before: Before, dump: Uint8Array): ReturnData | null {
  const data = returnOf(dump, before.directory, scene.key);
  return data !== null && data.sequence !== before.sequence ? data : null;
}

/** The error that the tubes show since; null: none. */
export function shownError(scene: Scene, before: Before): number | null {
  const match = /^Err *(\d+)$/.exec(scene.tubes().lower.trim());
  if (match === null || tubesText(scene) === before.tubes) return null;
  const error = -Number(match[1]);
  return error === RESULT_CLOCK ? null : error; // that is a page of the loop
}

/** The result as far as it can be known while the card lies there; null: not yet. The box tells the
 *  owner of a household's card more by its return data. `shown`: the first shownError. */
export function earlyResult(
  scene: Scene,
  before: Before,
  dump: Uint8Array,
  shown: number | null,
): number | null {
  if (before.household === null) return shown;
  return returnSince(scene, before, dump)?.result ?? null;
}

/** The result when the card is gone; null: the box did nothing that can be seen. */
export function lateResult(
  scene: Scene,
  before: Before,
  dump: Uint8Array,
  shown: number | null,
): number | null {
  const early = earlyResult(scene, before, dump, shown);
  if (early !== null) return early;
  const { reader } = scene;
  const { household } = before;
  const events = reader
    .events(before.events_from)
    .filter((event) => household === null || event.household === household);
  if (events.some(({ kind }) => DONE_KINDS.includes(kind))) return RESULT_OK;
  const refused = events.findLast(({ kind }) => kind === EVENTS.refused);
  if (refused !== undefined) return Number(refused.value);
  // Without a refusal in the memory it is the last purchase, loaded already.
  if (shown !== null) return shown === RESULT_NUMBER_OLD ? RESULT_REPEAT : shown;
  const was_cleared = (reader.management()?.clear_number ?? 0) !== before.clear_number;
  const was_written = household === null && !equalBytes(dump, before.dump);
  return was_cleared || was_written ? RESULT_OK : null;
}
