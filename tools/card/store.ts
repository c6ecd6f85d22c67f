/** The office's store: numbers, sales, cards and readings, in two LMDB files in one folder. It holds no
 *  keys and no codes: messages are signed anew from what stands here.
 *  - sales.mdb: each change is one transaction, on the disk when it returns.
 *  - desk.mdb: empty; its writer lock is held by one sale from reading the card to having written it,
 *    so sales of several processes follow one another. The system frees it when a process dies. */

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { InputError } from "../simulate/errors.ts";
import type { Kind } from "./content.ts";

const FORMAT = 1;
const OWNER_ONLY = 0o700;

/** What the office knows of a household's purchases. */
export interface Account {
  /** Number last given to a sale, 0 none. */
  last: number;
  /** Highest number known to be accepted by the box. */
  accepted: number;
  /** Its card: serial (0 none) and UID. */
  serial: number;
  uid: string;
}

export interface Sale {
  box: string;
  household: number;
  number: number;
  /** 0.01 */
  amount: number;
  /** As in the message: further, first, replacement. */
  flags: number;
  /** The card it was last written to, or is to be; 0 and "" when it goes by line. */
  serial: number;
  uid: string;
  /** pending: the number is taken, the card perhaps not written, by line perhaps not accepted;
   *  refused: by line; its number is free again. */
  state: "pending" | "written" | "refused";
  time: string;
  /** The office's own reference, which is sold once. */
  order: string | null;
}

export interface CardEntry {
  serial: number;
  kind: Kind;
  box: string;
  household: number;
  uid: string;
  time: string;
}

/** Return data or a check record as read back; see tools/card/read-back.ts. */
export type StoredReading = Record<string, string | number | null>;

type Key = (string | number)[];

// Meta pages of an LMDB file as lmdb 3.5 writes them: MDB_page (24 bytes), then MDB_meta (lmdb.h).
const MAGIC = 0xbeefc0de;
const MAGIC_OFFSET = 24;
const PAGE_SIZE_OFFSET = 48;
const LAST_PAGE_OFFSET = 144;
const TRANSACTION_OFFSET = 152;
const META_SIZE = 160;

/** LMDB maps a file into memory and dies of a damaged or cut one, so these are found before. */
function checkFile(file: string): void {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (bytes.length === 0) return; // to be made
  const page_size = bytes.length < META_SIZE ? 0 : bytes.readUInt32LE(PAGE_SIZE_OFFSET);
  const is_whole = page_size >= META_SIZE && bytes.length >= 2 * page_size;
  const metas = is_whole ? [bytes, bytes.subarray(page_size)] : [];
  const newest = metas
    .filter((meta) => meta.readUInt32LE(MAGIC_OFFSET) === MAGIC)
    .sort((a, b) =>
      Number(b.readBigUInt64LE(TRANSACTION_OFFSET) - a.readBigUInt64LE(TRANSACTION_OFFSET)),
    )[0];
  if (newest === undefined) throw new Error(`${file} is damaged, or no store`);
  const pages = newest.readBigUInt64LE(LAST_PAGE_OFFSET) + 1n;
  if (pages * BigInt(page_size) > bytes.length) throw new Error(`${file} is cut short`);
}

function openFile(folder: string, name: string): RootDatabase<unknown, Key> {
  checkFile(join(folder, name));
  // Without overlapping sync a transaction is flushed before it returns.
  const options = { noSubdir: true, overlappingSync: false, encoding: "json" as const };
  return open<unknown, Key>({ path: join(folder, name), ...options });
}

function householdKey(name: string, box: string, household: number): Key {
  return [name, box, household];
}

export class Store {
  private constructor(
    private readonly sales: RootDatabase<unknown, Key>,
    private readonly desk: RootDatabase<unknown, Key>,
  ) {}

  /** Opens a store or makes it. `fingerprint`: of the key set that it belongs to for ever. */
  static open(folder: string, fingerprint: string): Store {
    let store: Store;
    try {
      if (mkdirSync(folder, { recursive: true, mode: OWNER_ONLY }) !== undefined) {
        process.stderr.write(`meter39: ${folder}: new store\n`); // a wrong --store must be noticed
      }
      store = new Store(openFile(folder, "sales.mdb"), openFile(folder, "desk.mdb"));
    } catch (error) {
      throw new InputError(`--store: cannot open ${folder}: ${(error as Error).message}`);
    }
    const found = store.sales.transactionSync(() => {
      const head = store.get<{ format: number; fingerprint: string }>(["head"]);
      if (head === undefined) store.put(["head"], { format: FORMAT, fingerprint });
      return head ?? { format: FORMAT, fingerprint };
    });
    if (found.format !== FORMAT) {
      throw new InputError(`--store: ${folder} has format ${found.format}, known is ${FORMAT}`);
    }
    if (found.fingerprint !== fingerprint) {
      throw new InputError(`--store: ${folder} belongs to another key set than --keys`);
    }
    return store;
  }

  async close(): Promise<void> {
    await this.sales.close();
    await this.desk.close();
  }

  /** Runs `work` while no other process does the same with this store. */
  atDesk<T>(work: () => T): T {
    return this.desk.transactionSync(work);
  }

  account(box: string, household: number): Account {
    const none: Account = { last: 0, accepted: 0, serial: 0, uid: "" };
    return this.get<Account>(householdKey("account", box, household)) ?? none;
  }

  sale(box: string, household: number, number: number): Sale | undefined {
    return this.get<Sale>([...householdKey("sale", box, household), number]);
  }

  /** The sale of an order, when there was one. */
  saleOfOrder(order: string): Sale | undefined {
    const key = this.get<Key>(["order", order]);
    return key === undefined ? undefined : this.get<Sale>(key);
  }

  card(serial: number): CardEntry | undefined {
    return this.get<CardEntry>(["card", serial]);
  }

  /** The serial that the next new card gets. */
  nextSerial(): number {
    return (this.get<number>(["last serial"]) ?? 0) + 1;
  }

  /** Records an account with sales, numbers taken: what the card is to be written with. A number that
   *  was taken keeps its amount. */
  begin(account: Account, sales: Sale[]): void {
    this.sales.transactionSync(() => {
      for (const sale of sales) {
        const { box, household, number } = sale;
        const before = this.sale(box, household, number);
        const is_taken = before !== undefined && before.state !== "refused";
        if (is_taken && before.amount !== sale.amount) {
          throw new Error(`purchase ${number} of household ${household} is taken`);
        }
        this.putSale(sale);
        this.put(householdKey("account", box, household), account);
      }
    });
  }

  /** Records that these sales stand on the card. */
  finish(sales: Sale[], card: CardEntry): void {
    this.sales.transactionSync(() => {
      for (const sale of sales) this.putSale({ ...sale, state: "written" });
      this.put(["card", card.serial], card);
    });
  }

  /** Records that the box took this sale by line. */
  settle(sale: Sale): void {
    const { box, household, number } = sale;
    this.sales.transactionSync(() => {
      const account = this.account(box, household);
      const accepted = Math.max(account.accepted, number);
      this.putSale({ ...sale, state: "written" });
      const last = Math.max(account.last, number);
      this.put(householdKey("account", box, household), { ...account, last, accepted });
    });
  }

  /** Records that the box refused this sale by line: number and order are free again. */
  refuse(sale: Sale): void {
    const { box, household, number, order } = sale;
    this.sales.transactionSync(() => {
      const account = this.account(box, household);
      let last = number - 1;
      const isTaken = (n: number): boolean =>
        (this.sale(box, household, n)?.state ?? "refused") !== "refused";
      while (last > account.accepted && !isTaken(last)) last--;
      this.putSale({ ...sale, state: "refused", order: null });
      if (order !== null) this.sales.removeSync(["order", order]);
      if (account.last === number) {
        this.put(householdKey("account", box, household), { ...account, last });
      }
    });
  }

  /** Takes a serial for a new card; serials of cards that failed are not given again. */
  takeSerial(): number {
    return this.sales.transactionSync(() => {
      const serial = this.nextSerial();
      this.put(["last serial"], serial);
      return serial;
    });
  }

  /** Takes `count` numbers of a scope of management messages; returns the first. */
  takeNumbers(box: string, scope: string, count: number): number {
    return this.sales.transactionSync(() => {
      const key: Key = ["number", box, scope];
      const first = (this.get<number>(key) ?? 0) + 1;
      this.put(key, first + count - 1);
      return first;
    });
  }

  noteCard(card: CardEntry): void {
    this.sales.transactionSync(() => this.put(["card", card.serial], card));
  }

  /** Records what was read from a card of `box`, and the numbers that it accepted by household. */
  noteReadings(box: string, readings: StoredReading[], accepted: Map<number, number>): void {
    this.sales.transactionSync(() => {
      for (const [household, number] of accepted) {
        const account = this.account(box, household);
        const last = Math.max(account.last, number);
        const known = { ...account, last, accepted: Math.max(account.accepted, number) };
        this.put(householdKey("account", box, household), known);
      }
      for (const reading of readings) {
        const source = `${reading.source} ${reading.card}`;
        this.put(["reading", box, Number(reading.household), source], reading);
      }
    });
  }

  /** The reading of a household that a card brought last. */
  reading(box: string, household: number, source: string): StoredReading | undefined {
    return this.get<StoredReading>(["reading", box, household, source]);
  }

  private putSale(sale: Sale): void {
    const key: Key = [...householdKey("sale", sale.box, sale.household), sale.number];
    this.put(key, sale);
    if (sale.order !== null) this.put(["order", sale.order], key);
  }

  private get<T>(key: Key): T | undefined {
    return this.sales.get(key) as T | undefined;
  }

  private put(key: Key, value: unknown): void {
    this.sales.putSync(key, value);
  }
}
