/** A card as the office takes it into its hand: the dump of a blank or of one of its own cards, judged
 *  before anything is changed. Every refusal is an InputError. */

import { existsSync } from "node:fs";
import { boxKey, cardKeys } from "../office/keys.ts";
import { InputError } from "../simulate/errors.ts";
import { hasMagic, readDirectory, setDirectory, type Directory } from "./content.ts";
import {
  blockZeroFaults,
  equalBytes,
  hex,
  isBlank,
  makeBlank,
  setTrailers,
  trailerFaults,
  uidOf,
  type SectorKeys,
} from "./dump.ts";
import { checkPlace, readDump } from "./dump-file.ts";
import type { KeySet } from "./key-file.ts";

export interface CardRequest {
  /** Ten digits. */
  box: string;
  /** The dump file. */
  card: string;
  /** Makes a blank with this UID when the file is not there. */
  uid?: Uint8Array;
}

export interface OpenCard {
  dump: Uint8Array;
  uid: Uint8Array;
  /** Null: a blank card. */
  directory: Directory | null;
  box_key: Uint8Array;
  sector_keys: SectorKeys[];
}

function readOrMake({ card, uid }: CardRequest): Uint8Array {
  checkPlace(card);
  if (!existsSync(card)) {
    if (uid !== undefined) return makeBlank(uid);
    throw new InputError(`--card: ${card} is not there; --uid makes a blank card`);
  }
  const dump = readDump(card);
  if (uid !== undefined && !equalBytes(uidOf(dump), uid)) {
    throw new InputError(`--uid: ${card} is there, a card with UID ${hex(uidOf(dump))}`);
  }
  return dump;
}

/** Reads the card of a request. */
export function openCard(keys: KeySet, request: CardRequest): OpenCard {
  const { box, card } = request;
  const dump = readOrMake(request);
  const [fault] = blockZeroFaults(dump);
  if (fault !== undefined) throw new InputError(`--card: ${card}: ${fault}`);
  const uid = uidOf(dump);
  const box_key = boxKey(keys.master_key, box);
  const sector_keys = cardKeys(keys.master_key, box_key, uid);
  const opened = { dump, uid, box_key, sector_keys };
  if (isBlank(dump)) return { ...opened, directory: null };
  if (!hasMagic(dump)) {
    throw new InputError(`--card: ${card} is neither blank nor a card of this system`);
  }
  const directory = readDirectory(dump);
  if (typeof directory === "string") throw new InputError(`--card: ${card}: ${directory}`);
  if (directory.box_number !== box) {
    throw new InputError(`--box: ${card} is a card of box ${directory.box_number}, not ${box}`);
  }
  const [wrong] = trailerFaults(dump, sector_keys);
  if (wrong !== undefined) {
    throw new InputError(`--card: ${card} is damaged or of another key set: ${wrong}`);
  }
  return { ...opened, directory };
}

/** The dump of a new card of this system: UID and maker's bytes kept, keys set, nothing else on it. */
export function freshImage({ dump, uid, sector_keys }: OpenCard, directory: Directory): Uint8Array {
  const image = makeBlank(uid);
  image.set(dump.subarray(0, 16));
  setTrailers(image, sector_keys);
  setDirectory(image, directory);
  return image;
}
