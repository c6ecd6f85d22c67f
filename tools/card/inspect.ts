/** What stands on a card, and everything that is wrong with it. Never throws over the contents of a
 *  dump; names no key and no code. Without a key set keys and codes are not judged. */

import { boxKey, cardKeys } from "../office/keys.ts";
import { FLAGS_REPLACEMENT, isSigned, readMessage, type Message } from "../office/message.ts";
import { MESSAGE_CHECK, MESSAGE_CLEAR, MESSAGE_CREDIT } from "../office/message.ts";
import { MESSAGE_SETTING, MESSAGE_TEST } from "../office/message.ts";
import { SETTINGS } from "../simulate/office-codes.ts";
import * as content from "./content.ts";
import type { Directory, ReturnData } from "./content.ts";
import { blocks, blockZeroFaults, hex, isBlank, isZero, trailerFaults, uidOf } from "./dump.ts";
import type { KeySet } from "./key-file.ts";
import { amountText, resultText, stateText, timeText } from "./words.ts";

const DATA_BLOCKS = 3;
const FLAG_NAMES = ["further purchase", "first purchase", "replacement"];
const MANAGEMENT = { clear: MESSAGE_CLEAR, check: MESSAGE_CHECK, test: MESSAGE_TEST };

export interface Report {
  uid: string;
  /** "blank", "foreign", or a kind of card. */
  kind: string;
  box: string | null;
  household: number | null;
  serial: number | null;
  /** Whether keys and codes were judged. */
  codes_judged: boolean;
  /** Place and what stands there. */
  contents: [string, string][];
  faults: string[];
}

class Inspector {
  readonly contents: [string, string][] = [];
  readonly faults: string[] = [];

  constructor(
    private readonly dump: Uint8Array,
    private readonly directory: Directory,
    private readonly key: Uint8Array | null,
  ) {}

  note(place: string, text: string): void {
    this.contents.push([place, text]);
  }

  /** Judges a message and notes it; `describe` tells what is special about its kind. */
  message(sector: number, name: string, kind: number, describe: (m: Message) => string): void {
    const place = `sector ${sector}, ${name}`;
    const bytes = content.messageIn(this.dump, sector);
    if (!content.isRestZero(this.dump, sector)) {
      this.faults.push(`${place}: bytes behind the message are not zero`);
    }
    if (bytes === null) {
      this.note(name, "empty");
      return;
    }
    if (this.key !== null && !isSigned(this.key, bytes)) {
      this.faults.push(`${place}: the code does not belong to the message`);
      this.note(name, "unbelievable: wrong code");
      return;
    }
    const message = readMessage(bytes);
    if (message === null) {
      this.faults.push(`${place}: the address is not decimal`);
      return;
    }
    if (message.kind !== kind) this.faults.push(`${place}: kind ${message.kind}, not ${kind}`);
    const code = this.key === null ? "code not judged" : "code right";
    this.note(name, `number ${message.number}: ${describe(message)}; ${code}`);
    if (message.box_number !== this.directory.box_number) {
      this.faults.push(`${place}: made for box ${message.box_number}`);
    }
  }

  /** Data blocks that nothing should stand in. */
  empty(sector: number, first: number, count: number): void {
    for (let block = first; block < first + count; block++) {
      if (isZero(blocks(this.dump, sector, block))) continue;
      this.faults.push(`sector ${sector}, block ${block}: should be empty`);
    }
  }

  user(uid: Uint8Array): void {
    content.PURCHASE_SECTORS.forEach((sector, i) => {
      const name = `purchase ${content.SLOT_NAMES[i]}`;
      this.message(sector, name, MESSAGE_CREDIT, (message) => {
        const { household } = this.directory;
        const place = `sector ${sector}, ${name}`;
        if (message.index !== household) {
          this.faults.push(`${place}: made for household ${message.index}`);
        }
        if (message.flags > FLAGS_REPLACEMENT) {
          this.faults.push(`${place}: flags ${message.flags} are unknown`);
        }
        return `${amountText(message.amount)}, ${FLAG_NAMES[message.flags] ?? "unknown"}`;
      });
    });
    content.RETURN_SECTORS.forEach((sector, i) => this.returned(sector, i, uid));
    for (let sector = 5; sector <= content.LAST_LIST_SECTOR; sector++) {
      this.empty(sector, 0, DATA_BLOCKS);
    }
  }

  private returned(sector: number, slot: number, uid: Uint8Array): void {
    const name = `return ${content.SLOT_NAMES[slot]}`;
    const place = `sector ${sector}, ${name}`;
    if (this.key === null) {
      const is_empty = isZero(blocks(this.dump, sector, 0, DATA_BLOCKS));
      this.note(name, is_empty ? "empty" : "there; code not judged");
      return;
    }
    const data = content.returnIn(this.dump, sector, this.key, uid);
    if (data === null) this.note(name, "empty");
    else if (data === false) {
      this.faults.push(`${place}: the code does not belong to the data (torn, or not the box's)`);
      this.note(name, "unbelievable: wrong code");
    } else {
      this.note(name, returnText(data));
      const is_own =
        data.box_number === this.directory.box_number &&
        data.household === this.directory.household;
      if (!is_own) this.faults.push(`${place}: of another household or box`);
    }
  }

  settings(): void {
    let ended = false;
    for (let sector = content.FIRST_LIST_SECTOR; sector <= content.LAST_LIST_SECTOR; sector++) {
      ended ||= content.messageIn(this.dump, sector) === null;
      if (ended) this.empty(sector, 0, DATA_BLOCKS);
      else this.message(sector, `setting ${sector - 2}`, MESSAGE_SETTING, settingText);
    }
    for (const sector of content.PURCHASE_SECTORS) this.empty(sector, 0, DATA_BLOCKS);
  }

  management(kind: "clear" | "check" | "test"): void {
    const [first, second] = content.PURCHASE_SECTORS;
    this.message(first, kind, MANAGEMENT[kind], ({ index, amount }) => {
      if (kind !== "test") return "the box";
      return `${index === 0 ? "all households" : `household ${index}`}, ${amount} s`;
    });
    this.empty(second, 0, DATA_BLOCKS);
    if (kind === "check") {
      for (let household = 1; household <= 39; household++) this.record(household);
      return;
    }
    for (let sector = content.FIRST_LIST_SECTOR; sector <= content.LAST_LIST_SECTOR; sector++) {
      this.empty(sector, 0, DATA_BLOCKS);
    }
  }

  private record(household: number): void {
    const record = content.recordIn(this.dump, household);
    if (record === null) return;
    const name = `household ${household}`;
    if (record === false) {
      const { sector, block } = content.recordPlace(household);
      this.faults.push(`sector ${sector}, block ${block}: not a record of household ${household}`);
      return;
    }
    const { state, number, forward, reverse, remaining } = record;
    const energies = `forward ${amountText(forward)}, reverse ${amountText(reverse)} kWh`;
    const text = `${stateText(state)}, purchase ${number}, ${energies}`;
    this.note(name, `${text}, remaining ${amountText(remaining)}`);
  }
}

function returnText(data: ReturnData): string {
  return [
    `sequence ${data.sequence}: ${timeText(data.time) || "time unknown"}`,
    `remaining ${amountText(data.remaining)}`,
    `consumed ${amountText(data.consumed)} kWh`,
    `purchase ${data.number} accepted`,
    stateText(data.state),
    `result ${resultText(data.result)}`,
    `${data.refusals} refusals`,
    `${data.relay_faults} relay faults`,
  ].join(", ");
}

function settingText({ index, amount, flags }: Message): string {
  const name = Object.keys(SETTINGS).find((each) => SETTINGS[each].id === flags);
  const of = index === 0 ? "" : ` of ${SETTINGS[name ?? ""]?.scope ?? ""} ${index}`;
  return `${name ?? `setting ${flags}`}${of} = ${amount}`;
}

/** Judges a dump of 1024 bytes. */
export function inspect(dump: Uint8Array, keys: KeySet | null): Report {
  const uid = uidOf(dump);
  const faults = blockZeroFaults(dump);
  const report: Report = {
    uid: hex(uid),
    kind: isBlank(dump) ? "blank" : "foreign",
    box: null,
    household: null,
    serial: null,
    codes_judged: keys !== null,
    contents: [],
    faults,
  };
  if (report.kind === "blank") return report;
  const directory = content.readDirectory(dump);
  if (typeof directory === "string") {
    report.faults.push(directory, ...trailerFaults(dump, null));
    return report;
  }
  const key = keys === null ? null : boxKey(keys.master_key, directory.box_number);
  const inspector = new Inspector(dump, directory, key);
  inspector.empty(0, 2, 1);
  if (directory.kind === "user") inspector.user(uid);
  else if (directory.kind === "settings") inspector.settings();
  else inspector.management(directory.kind);
  const sector_keys = keys === null ? null : cardKeys(keys.master_key, key!, uid);
  return {
    ...report,
    kind: directory.kind,
    box: directory.box_number,
    household: directory.household,
    serial: directory.serial,
    contents: inspector.contents,
    faults: [...faults, ...trailerFaults(dump, sector_keys), ...inspector.faults],
  };
}

/** The report as lines for people. */
export function reportText(file: string, report: Report): string {
  const { kind, uid, box, household, serial } = report;
  const whose = household === 0 ? "" : `, household ${household}`;
  const what = box === null ? `${kind} card` : `${kind} card ${serial}, box ${box}${whose}`;
  const lines = [`${file}: ${what}, UID ${uid}`];
  if (box !== null && !report.codes_judged) {
    lines.push("  keys and codes are not judged: no --keys given");
  }
  const width = Math.max(0, ...report.contents.map(([place]) => place.length));
  for (const [place, text] of report.contents) lines.push(`  ${place.padEnd(width)}  ${text}`);
  if (report.faults.length === 0) lines.push("  no fault found");
  for (const fault of report.faults) lines.push(`  FAULT ${fault}`);
  return lines.join("\n");
}
