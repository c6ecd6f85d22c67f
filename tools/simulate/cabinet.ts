/** The cards of a simulated run: one per household, which the office makes with its first purchase and
 *  writes further ones on; management cards, copies and foreign cards that a scenario asks for; dump
 *  files. Contents come from tools/card. Knows nothing of the reader. */

import { ClassicCard } from "../../boards/virtual/reader.ts";
import { messageIn, PURCHASE_SECTORS, setMessage } from "../card/content.ts";
import {
  FIRST_LIST_SECTOR,
  LAST_LIST_SECTOR,
  readDirectory,
  type Directory,
  type Kind,
} from "../card/content.ts";
import { blocks, BLOCKS_PER_SECTOR, equalBytes, makeBlank, SECTOR_COUNT } from "../card/dump.ts";
import { readDump, writeDump } from "../card/dump-file.ts";
import { freshImage } from "../card/open-card.ts";
import { boxKey, cardKeys } from "../office/keys.ts";
import {
  MESSAGE_CHECK,
  MESSAGE_CLEAR,
  MESSAGE_CREDIT,
  MESSAGE_TEST,
  isSigned,
  readMessage,
  signMessage,
} from "../office/message.ts";
import type { Office } from "./office.ts";

const MESSAGE_KINDS = { clear: MESSAGE_CLEAR, check: MESSAGE_CHECK, test: MESSAGE_TEST };
/** UIDs of the cards made here; their last two bytes are the card's serial. */
const UID_START = [0x39, 0xca];
const OTHER_BOX = "2025112102";

/** A card that somebody holds. */
export interface HeldCard {
  /** For the log. */
  readonly name: string;
  card: ClassicCard;
  /** Its dump file, and what stands in there. */
  file?: string;
  saved?: Uint8Array;
}

/** A card that a scenario has made. */
export type CardOrder =
  | { kind: "settings"; settings: { name: string; index?: number; value: number }[] }
  | { kind: "clear" | "check" | "blank" }
  | { kind: "test"; household?: number; seconds: number }
  | { kind: "copy"; household: number }
  | { kind: "foreign"; household: number; amount: number };

/** What is written on a card: sector and message. */
type Messages = [number, Uint8Array][];

export class Cabinet {
  private readonly households = new Map<number, HeldCard>();
  private readonly made = new Map<string, HeldCard>();
  private readonly files = new Map<string, HeldCard>();
  private serial = 0;

  constructor(
    private readonly office: Office,
    private readonly master_key: Uint8Array,
  ) {}

  /** The card of a household; undefined when it never bought anything. */
  household(number: number): HeldCard | undefined {
    return this.households.get(number);
  }

  /** A card that was made under this name. */
  named(name: string): HeldCard | undefined {
    return this.made.get(name);
  }

  /** The card of a dump file; what its office sold on it counts as sold, and a household without a card
   *  has this one. Throws InputError, `option` says where the file was named. */
  file(path: string, option: string): HeldCard {
    let held = this.files.get(path);
    if (held === undefined) {
      const saved = readDump(path, option);
      held = { name: path, card: ClassicCard.fromDump(saved), file: path, saved };
      this.files.set(path, held);
      this.takeOver(held, saved);
    }
    return held;
  }

  /** Writes a dump file back when the box has written the card; throws WriteError. */
  save(held: HeldCard): void {
    if (held.file === undefined || held.saved === undefined) return;
    const dump = held.card.dump();
    if (equalBytes(dump, held.saved)) return;
    writeDump(held.file, dump);
    held.saved = dump;
  }

  /** Writes a purchase on the card of a household, into a slot that holds nothing the box may still
   *  have to load; the slot with the purchase loaded last is kept as long as there is another. */
  write(number: number, message: Uint8Array): HeldCard {
    const held = this.householdCard(number);
    const dump = held.card.dump();
    const is = (other: Uint8Array | null, sector: number): boolean => {
      const there = messageIn(dump, sector);
      return there !== null && other !== null && equalBytes(there, other);
    };
    if (PURCHASE_SECTORS.some((sector) => is(message, sector))) return held;
    const waiting = this.office.waitingMessages(number);
    const last = this.office.lastMessage(number);
    const rank = (sector: number): number => {
      if (waiting.some((other) => is(other, sector))) return Infinity;
      return is(last, sector) ? 1 : 0;
    };
    const numberIn = (sector: number): number => {
      const there = messageIn(dump, sector);
      return there === null ? 0 : (readMessage(there)?.number ?? 0);
    };
    const [first, second] = PURCHASE_SECTORS;
    const by_rank = rank(first) - rank(second);
    const is_first = by_rank < 0 || (!(by_rank > 0) && numberIn(first) <= numberIn(second));
    setMessage(dump, is_first ? first : second, message);
    held.card = ClassicCard.fromDump(dump);
    return held;
  }

  /** Makes a card and keeps it under a name. */
  make(name: string, order: CardOrder): void {
    const card = ClassicCard.fromDump(this.imageOf(order));
    this.made.set(name, { name: `card ${name}`, card });
  }

  private imageOf(order: CardOrder): Uint8Array {
    switch (order.kind) {
      case "blank":
        return makeBlank(this.nextUid());
      case "copy":
        return this.copyOf(order.household);
      case "foreign":
        return this.foreign(order.household, order.amount);
      case "settings": {
        const messages = order.settings.map(({ name, index, value }, i): [number, Uint8Array] => [
          FIRST_LIST_SECTOR + i,
          this.office.signSetting(name, index ?? 0, value),
        ]);
        return this.image("settings", 0, messages);
      }
      default: {
        const [household, seconds] =
          order.kind === "test" ? [order.household ?? 0, order.seconds] : [0, 0];
        const kind = MESSAGE_KINDS[order.kind];
        const message = this.office.signManagement(kind, household, seconds);
        return this.image(order.kind, household, [[PURCHASE_SECTORS[0], message]]);
      }
    }
  }

  /** Only what has a good code: nobody but the office can have made it. */
  private takeOver(held: HeldCard, dump: Uint8Array): void {
    const directory = readDirectory(dump);
    if (typeof directory === "string") return;
    const { kind, box_number, household } = directory;
    if (box_number !== this.office.box_number) return;
    if (kind === "user" && !this.households.has(household)) this.households.set(household, held);
    const sectors =
      kind === "settings" ? range(FIRST_LIST_SECTOR, LAST_LIST_SECTOR) : PURCHASE_SECTORS;
    sectors
      .map((sector) => messageIn(dump, sector))
      .filter((bytes) => bytes !== null && isSigned(this.office.key, bytes))
      .map((bytes) => ({ bytes: bytes!.slice(), message: readMessage(bytes!)! }))
      .sort((one, other) => one.message.number - other.message.number)
      .forEach(({ bytes, message }) => this.office.takeOver(message, bytes));
  }

  /** All that stands on a household's card, on a card with another UID and the right keys for that. */
  private copyOf(number: number): Uint8Array {
    const dump = this.householdCard(number).card.dump();
    const copy = this.image("user", number, []);
    for (let sector = 1; sector < SECTOR_COUNT; sector++) {
      const data_count = BLOCKS_PER_SECTOR - 1;
      blocks(copy, sector, 0, data_count).set(blocks(dump, sector, 0, data_count));
    }
    return copy;
  }

  /** A good card with a first purchase, of another box of the same office. */
  private foreign(household: number, amount: number): Uint8Array {
    const message = { index: household, kind: MESSAGE_CREDIT, number: 1, amount, flags: 1 };
    const key = boxKey(this.master_key, OTHER_BOX);
    const signed = signMessage(key, { box_number: OTHER_BOX, ...message });
    return this.image("user", household, [[PURCHASE_SECTORS[0], signed]], OTHER_BOX);
  }

  private image(
    kind: Kind,
    household: number,
    messages: Messages,
    box_number = this.office.box_number,
  ): Uint8Array {
    const uid = this.nextUid();
    const box_key = boxKey(this.master_key, box_number);
    const sector_keys = cardKeys(this.master_key, box_key, uid);
    const opened = { dump: makeBlank(uid), uid, directory: null, box_key, sector_keys };
    const directory: Directory = { kind, box_number, household, serial: this.serial };
    const image = freshImage(opened, directory);
    for (const [sector, message] of messages) setMessage(image, sector, message);
    return image;
  }

  private householdCard(number: number): HeldCard {
    let held = this.households.get(number);
    if (held === undefined) {
      const card = ClassicCard.fromDump(this.image("user", number, []));
      held = { name: `household ${number}`, card };
      this.households.set(number, held);
    }
    return held;
  }

  private nextUid(): Uint8Array {
    this.serial++;
    return Uint8Array.of(...UID_START, this.serial >> 8, this.serial & 0xff);
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
