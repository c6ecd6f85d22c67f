/** Selling by line, from the store that cards are sold from: one sequence of numbers per household,
 *  whichever way a purchase takes. A sale takes its number before it is sent and is open (pending in
 *  the store, of card 0) until the box has answered; selling again sends the open sale, byte by byte
 *  the same, which a box that has it already answers without crediting again. */

import { FLAGS_FURTHER } from "../office/message.ts";
import { InputError } from "../simulate/errors.ts";
import type { Account, Sale, Store } from "../card/store.ts";
import { amountText } from "../card/words.ts";

export interface LineSaleRequest {
  box: string;
  household: number;
  /** 0.01 */
  amount: number;
  /** The office's own reference: sold once. */
  order?: string;
}

export interface TakenSale {
  sale: Sale;
  /** Nothing new was sold: the open sale is sent again, or the order was sold before. */
  repeated: "no" | "open" | "order";
}

function nameOf({ number, household, amount }: Sale): string {
  return `purchase ${number} of household ${household}, ${amountText(amount)}`;
}

/** Sales that the box may not have, oldest first. */
function unloaded(store: Store, { box, household }: LineSaleRequest, from: Account): Sale[] {
  const sales: Sale[] = [];
  for (let number = from.accepted + 1; number <= from.last; number++) {
    const sale = store.sale(box, household, number);
    if (sale !== undefined && sale.state !== "refused") sales.push(sale);
  }
  return sales;
}

function checkOpen(request: LineSaleRequest, open: Sale): void {
  const what = `${nameOf(open)}, was sent and not answered`;
  if (open.amount !== request.amount) {
    throw new InputError(`--amount: ${what}: give that amount first`);
  }
  if (request.order !== undefined && open.order !== request.order) {
    throw new InputError(`--order: ${what} (order ${open.order ?? "none"}): finish it first`);
  }
}

/** What stands on cards has to be loaded first: the box takes no number before the one before it. */
function checkCards(sales: Sale[]): void {
  const [sale] = sales;
  if (sale === undefined) return;
  if (sale.state === "pending") {
    throw new InputError(`${nameOf(sale)}, was taken for a card: finish it by: card issue`);
  }
  const text = `${nameOf(sale)}, stands on card ${sale.serial} and is not loaded`;
  throw new InputError(`--household: ${text}: have the card shown to the box first`);
}

/** An order is sold once. */
function soldOrder(store: Store, { order, box, household, amount }: LineSaleRequest): Sale | null {
  const sale = order === undefined ? undefined : store.saleOfOrder(order);
  if (sale === undefined) return null;
  if (sale.box !== box || sale.household !== household || sale.amount !== amount) {
    throw new InputError(`--order: ${order} was sold already: ${nameOf(sale)}, box ${sale.box}`);
  }
  // One that the box has by now is sold, even if this tool was cut off before it knew.
  const is_sold = sale.state === "written" || sale.number <= store.account(box, household).accepted;
  return is_sold ? sale : null;
}

/** Takes the sale that is to be sent. `told`: the number that the box says it accepted last. */
export function takeSale(store: Store, request: LineSaleRequest, told: number): TakenSale {
  return store.atDesk(() => {
    const sold = soldOrder(store, request);
    if (sold !== null) return { sale: sold, repeated: "order" };
    const account = store.account(request.box, request.household);
    const open = unloaded(store, request, account).find(
      ({ serial, state }) => serial === 0 && state === "pending",
    );
    if (open !== undefined) {
      checkOpen(request, open);
      return { sale: open, repeated: "open" };
    }
    const accepted = Math.max(account.accepted, told);
    const last = Math.max(account.last, told);
    checkCards(unloaded(store, request, { ...account, accepted, last }));
    const sale: Sale = {
      ...{ box: request.box, household: request.household, amount: request.amount },
      ...{ number: last + 1, flags: FLAGS_FURTHER, serial: 0, uid: "", state: "pending" },
      ...{ time: new Date().toISOString(), order: request.order ?? null },
    };
    // What the line told carries no code: it is not kept before the box takes the number after it.
    store.begin({ ...account, last: sale.number }, [sale]);
    return { sale, repeated: "no" };
  });
}
