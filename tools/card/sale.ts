/** Selling on a card: first purchase, further purchases, replacement. A sale takes its number in the
 *  store before the card is written and is pending until it is; selling again writes the pending sale
 *  under its number. The card's two slots carry what the box may not have loaded yet, so a sale that
 *  would push an unloaded one off the card is refused. Why: docs/DESIGN.md, "Cards and the office". */

import { FLAGS_FIRST, FLAGS_FURTHER, FLAGS_REPLACEMENT } from "../office/message.ts";
import { isSigned, MESSAGE_CREDIT, readMessage, signMessage } from "../office/message.ts";
import { InputError } from "../simulate/errors.ts";
import { messageIn, newestReturn, PURCHASE_SECTORS, setMessage } from "./content.ts";
import { equalBytes, hex } from "./dump.ts";
import { writeDump, WriteError } from "./dump-file.ts";
import type { KeySet } from "./key-file.ts";
import { freshImage, openCard, type CardRequest, type OpenCard } from "./open-card.ts";
import type { Account, Sale, Store } from "./store.ts";

export interface Desk {
  keys: KeySet;
  store: Store;
}

export interface SaleRequest extends CardRequest {
  household: number;
  /** 0.01 */
  amount: number;
  /** The number that the box accepted last, as read from it. */
  loaded?: number;
  /** The office's own reference: sold once. */
  order?: string;
}

export interface SaleResult {
  sale: Sale;
  /** Nothing new was sold: the pending sale was written, or the order was sold before. */
  repeated: "no" | "pending" | "order";
}

/** What is decided under the desk's lock before anything changes. */
interface Plan {
  card: OpenCard;
  account: Account;
  sale: Sale;
  /** Everything that the box may not have loaded, the new sale last. */
  unloaded: Sale[];
  repeated: "no" | "pending";
}

/** The account with what card and clerk tell about the last number accepted. */
function learn(desk: Desk, request: SaleRequest, card: OpenCard): Account {
  const { box, household, loaded } = request;
  const account = { ...desk.store.account(box, household) };
  const is_own = card.directory?.kind === "user" && card.directory.household === household;
  const told = is_own
    ? newestReturn(card.dump, card.directory!, card.box_key, card.uid)?.number
    : undefined;
  // The box may have accepted by line what this store did not sell: its number counts.
  account.last = Math.max(account.last, told ?? 0);
  account.accepted = Math.max(account.accepted, told ?? 0);
  if (loaded === undefined) return account;
  if (loaded < account.accepted || loaded > account.last) {
    const range = `${account.accepted}..${account.last}`;
    throw new InputError(`--loaded: ${loaded} is outside ${range}, what can be accepted by now`);
  }
  return { ...account, accepted: loaded };
}

function unloadedSales({ store }: Desk, { box, household }: SaleRequest, account: Account): Sale[] {
  const sales: Sale[] = [];
  for (let number = account.accepted + 1; number <= account.last; number++) {
    const sale = store.sale(box, household, number);
    if (sale !== undefined && sale.state !== "refused") sales.push(sale);
  }
  return sales;
}

function checkOwner(request: SaleRequest, card: OpenCard): void {
  const { directory } = card;
  if (directory === null) return;
  const { household } = request;
  if (directory.kind !== "user") {
    throw new InputError(`--card: ${request.card} is a ${directory.kind} card, no user card`);
  }
  if (directory.household !== household) {
    const text = `is the card of household ${directory.household}, not ${household}`;
    throw new InputError(`--household: ${request.card} ${text}`);
  }
}

/** A further purchase needs the household's own card, a first one a blank and no card before. */
function checkIssue(request: SaleRequest, card: OpenCard, account: Account, first: boolean): void {
  const { household } = request;
  const { directory } = card;
  const own = `household ${household} has card ${account.serial} (UID ${account.uid})`;
  if (directory === null) {
    if (account.serial === 0 || first) return;
    throw new InputError(`--card: a blank card, but ${own}; a new one is made by: card replace`);
  }
  if (directory.serial === account.serial && hex(card.uid) === account.uid) return;
  const known = account.serial === 0 ? `the store knows no card of household ${household}` : own;
  const text = `is card ${directory.serial} (UID ${hex(card.uid)}), but ${known}`;
  throw new InputError(`--card: ${request.card} ${text}; a new one is made by: card replace`);
}

/** A pending sale is finished before another one begins: `command` finishes it. */
function checkPending(request: SaleRequest, pending: Sale, command: "issue" | "replace"): void {
  const { number, amount, household } = pending;
  const what = `purchase ${number} of household ${household}, ${(amount / 100).toFixed(2)}`;
  const finishing = pending.flags === FLAGS_REPLACEMENT ? "replace" : "issue";
  if (command !== finishing) {
    throw new InputError(`${what}, was taken but not written: finish it by: card ${finishing}`);
  }
  if (pending.amount !== request.amount) {
    throw new InputError(`--amount: ${what}, was taken but not written: sell that amount first`);
  }
  if (request.order !== undefined && pending.order !== request.order) {
    const order = pending.order ?? "none";
    throw new InputError(`--order: ${what} (order ${order}), was taken but not written: finish it`);
  }
}

function checkRoom(request: SaleRequest, unloaded: Sale[]): void {
  if (unloaded.length <= PURCHASE_SECTORS.length) return;
  const numbers = unloaded.slice(0, -1).map(({ number }) => number);
  throw new InputError(
    `--card: household ${request.household} may not have loaded purchases ${numbers.join(" and ")} yet ` +
      "and a card carries two: show the card to the box and bring its dump again, or give " +
      "--loaded N, the purchase number last accepted as read from the box",
  );
}

/** A sale that was sent by line and not answered may be in the box: only the line can finish it. */
function checkLine(sales: Sale[]): void {
  const open = sales.find(({ serial, state }) => serial === 0 && state === "pending");
  if (open === undefined) return;
  const { number, amount, household } = open;
  const what = `purchase ${number} of household ${household}, ${(amount / 100).toFixed(2)}`;
  throw new InputError(
    `${what}, was sent by line and not answered: finish it by: meter39 recharge`,
  );
}

function newSale(request: SaleRequest, account: Account, flags: number): Sale {
  const { box, household, amount, order } = request;
  const time = new Date().toISOString();
  const { serial, uid } = account;
  const number = account.last + 1;
  const state = "pending";
  return { box, household, number, amount, flags, serial, uid, state, time, order: order ?? null };
}

function planIssue(desk: Desk, request: SaleRequest): Plan {
  const card = openCard(desk.keys, request);
  checkOwner(request, card);
  const account = learn(desk, request, card);
  checkOrder(desk, request, account);
  const before = unloadedSales(desk, request, account);
  checkLine(before);
  const pending = before.find(({ state }) => state === "pending");
  if (pending !== undefined) checkPending(request, pending, "issue");
  checkIssue(request, card, account, pending?.flags === FLAGS_FIRST);
  if (pending !== undefined) {
    return { card, account, sale: pending, unloaded: before, repeated: "pending" };
  }
  const flags = card.directory === null ? FLAGS_FIRST : FLAGS_FURTHER;
  const sale = newSale(request, account, flags);
  const unloaded = [...before, sale];
  checkRoom(request, unloaded);
  return { card, account: { ...account, last: sale.number }, sale, unloaded, repeated: "no" };
}

function planReplace(desk: Desk, request: SaleRequest): Plan {
  const card = openCard(desk.keys, request);
  checkOwner(request, card);
  const account = learn(desk, request, card);
  checkOrder(desk, request, account);
  if (account.last === 0) {
    const text = `household ${request.household} never bought anything: use card issue`;
    throw new InputError(`--household: ${text}`);
  }
  const before = unloadedSales(desk, request, account);
  checkLine(before);
  const pending = before.find(({ state, flags }) => {
    return state === "pending" && flags === FLAGS_REPLACEMENT;
  });
  if (pending !== undefined) checkPending(request, pending, "replace");
  const sale = pending ?? newSale(request, account, FLAGS_REPLACEMENT);
  const sales = pending === undefined ? [...before, sale] : before;
  checkRoom(request, sales);
  // All that may be unloaded goes along, as the old card is worth nothing once one of them is loaded.
  const unloaded = sales.map((each) => ({ ...each, flags: FLAGS_REPLACEMENT }));
  const repeated = pending === undefined ? "no" : "pending";
  return { card, account: { ...account, last: sale.number }, sale, unloaded, repeated };
}

function messageOf(card: OpenCard, sale: Sale): Uint8Array {
  const { box: box_number, household: index, number, amount, flags } = sale;
  return signMessage(card.box_key, {
    box_number,
    index,
    kind: MESSAGE_CREDIT,
    number,
    amount,
    flags,
  });
}

/** Number of the purchase in a slot; 0 when the box would not believe it. */
function slotNumber(card: OpenCard, dump: Uint8Array, sector: number): number {
  const message = messageIn(dump, sector);
  if (message === null || !isSigned(card.box_key, message)) return 0;
  return readMessage(message)?.number ?? 0;
}

/** Puts the sales that are not on the card yet into the slots that none of them needs, the older slot
 *  first; touches no other block. */
function place(card: OpenCard, image: Uint8Array, sales: Sale[]): void {
  const messages = sales.map((sale) => messageOf(card, sale));
  const holds = (sector: number, message: Uint8Array): boolean => {
    const there = messageIn(image, sector);
    return there !== null && equalBytes(there, message);
  };
  const free = PURCHASE_SECTORS.filter((sector) => !messages.some((m) => holds(sector, m)));
  free.sort((a, b) => slotNumber(card, image, a) - slotNumber(card, image, b));
  for (const message of messages) {
    if (PURCHASE_SECTORS.some((sector) => holds(sector, message))) continue;
    setMessage(image, free.shift()!, message);
  }
}

function carryOut({ store }: Desk, request: SaleRequest, plan: Plan): SaleResult {
  const { card } = plan;
  const { box, household } = request;
  const uid = hex(card.uid);
  const is_new = card.directory === null;
  // A pending sale keeps the serial of the card that it was meant for.
  const keeps = plan.repeated === "pending" && is_new;
  const serial = keeps ? plan.sale.serial : (card.directory?.serial ?? store.takeSerial());
  const sales = plan.unloaded.map((sale) => ({ ...sale, serial, uid }));
  store.begin({ ...plan.account, serial, uid }, sales);
  const directory = { kind: "user" as const, box_number: box, household, serial };
  const image = is_new ? freshImage(card, directory) : card.dump.slice();
  place(card, image, sales);
  const sale = sales.find(({ number }) => number === plan.sale.number)!;
  try {
    writeDump(request.card, image);
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    const text = `purchase ${sale.number} of household ${household} stays pending; give the command again`;
    throw new WriteError(`${error.message}; ${text}`);
  }
  store.finish(sales, {
    serial,
    kind: "user",
    box,
    household,
    uid,
    time: new Date().toISOString(),
  });
  return { sale: { ...sale, state: "written" }, repeated: plan.repeated };
}

/** An order whose sale the box has accepted is sold, even if this tool was cut off before it knew. */
function checkOrder({ store }: Desk, { order }: SaleRequest, account: Account): void {
  const sale = order === undefined ? undefined : store.saleOfOrder(order);
  if (sale === undefined || sale.number > account.accepted) return;
  throw new InputError(`--order: ${order} was sold already: purchase ${sale.number}, loaded since`);
}

/** An order that was sold stays sold; one that is pending is written. */
function soldOrder({ store }: Desk, { order, box, household, amount }: SaleRequest): Sale | null {
  const sale = order === undefined ? undefined : store.saleOfOrder(order);
  if (sale === undefined) return null;
  if (sale.box !== box || sale.household !== household || sale.amount !== amount) {
    const sold = `${(sale.amount / 100).toFixed(2)} to household ${sale.household} of box ${sale.box}`;
    throw new InputError(`--order: ${order} was sold already: ${sold}`);
  }
  return sale.state === "written" ? sale : null;
}

function sell(desk: Desk, request: SaleRequest, plan: typeof planIssue): SaleResult {
  return desk.store.atDesk(() => {
    const sold = soldOrder(desk, request);
    if (sold !== null) return { sale: sold, repeated: "order" };
    return carryOut(desk, request, plan(desk, request));
  });
}

/** Sells a first or a further purchase; throws InputError (nothing changed) or WriteError (pending). */
export function issue(desk: Desk, request: SaleRequest): SaleResult {
  return sell(desk, request, planIssue);
}

/** Sells on a new card in place of a lost one, or binds a household's card anew after a clear. */
export function replace(desk: Desk, request: SaleRequest): SaleResult {
  return sell(desk, request, planReplace);
}

/** Throws the InputError that `issue` would throw now; changes nothing. */
export function tryIssue(desk: Desk, request: SaleRequest): void {
  if (soldOrder(desk, request) === null) planIssue(desk, request);
}
