/** Selling one purchase by line: takes the sale from the store, sends it, and records what the box
 *  said. Whatever happens in between, the same command sends the same sale again. */

import type { Desk } from "../card/sale.ts";
import type { Sale } from "../card/store.ts";
import { amountText } from "../card/words.ts";
import { boxKey } from "../office/keys.ts";
import { MESSAGE_CREDIT, signMessage } from "../office/message.ts";
import { LineError, RefusedError } from "./errors.ts";
import { takeSale, type LineSaleRequest } from "./sale.ts";
import type { BoxPlace, Outcome, Talker } from "./talker.ts";

const RESULT_NUMBER_OLD = 4;

export interface Recharged {
  sale: Sale;
  /** What the box told; null when nothing was sent. */
  outcome: Outcome | null;
  repeated: "no" | "open" | "order";
}

function stillOpen({ number, household }: Sale, error: LineError): LineError {
  const text = `purchase ${number} of household ${household} stays open: give the same command again`;
  return new LineError(`${error.message}; ${text}`);
}

/** The number accepted last. One that this store did not sell is asked for twice, as nothing guards it
 *  but a sum. */
async function toldNumber({ store }: Desk, talker: Talker, box: BoxPlace, household: number) {
  const told = await talker.lastNumber(box, household);
  if (told <= store.account(box.number, household).last) return told;
  const again = await talker.lastNumber(box, household);
  if (again !== told) throw new LineError(`household ${household}: purchase number not certain`);
  return told;
}

/** What a refusal means for the sale: true when the box has it already. Throws otherwise. */
async function judgeRefusal(
  { store }: Desk,
  talker: Talker,
  box: BoxPlace,
  { sale, repeated }: { sale: Sale; repeated: string },
  error: RefusedError,
): Promise<boolean> {
  let told: number;
  try {
    told = await talker.lastNumber(box, sale.household);
  } catch (failure) {
    if (!(failure instanceof LineError)) throw failure;
    throw stillOpen(sale, error);
  }
  const is_old = error.result === RESULT_NUMBER_OLD && told >= sale.number;
  if (is_old && repeated === "open") return true;
  if (told >= sale.number && !is_old) throw stillOpen(sale, error);
  store.refuse(sale);
  const text = `nothing was sold to household ${sale.household}; it has accepted purchase ${told} last`;
  throw new LineError(`${error.message}; ${text}`);
}

/** Sells; throws an InputError (nothing was sold) or a LineError, which tells what became of it. */
export async function recharge(
  desk: Desk,
  talker: Talker,
  box: BoxPlace,
  request: Omit<LineSaleRequest, "box">,
): Promise<Recharged> {
  const { store, keys } = desk;
  const told = await toldNumber(desk, talker, box, request.household);
  const taken = takeSale(store, { ...request, box: box.number }, told);
  const { sale, repeated } = taken;
  if (repeated === "order") return { sale, outcome: null, repeated };
  const message = {
    box_number: box.number,
    index: sale.household,
    kind: MESSAGE_CREDIT,
    number: sale.number,
    amount: sale.amount,
    flags: sale.flags,
  };
  const signed = signMessage(boxKey(keys.master_key, box.number), message);
  let outcome: Outcome | null = null;
  try {
    outcome = await talker.send(box, message, signed);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    if (!(error instanceof RefusedError)) throw stillOpen(sale, error);
    await judgeRefusal(desk, talker, box, taken, error);
  }
  store.settle(sale);
  return { sale, outcome, repeated };
}

export function rechargedText({ sale, outcome, repeated }: Recharged): string {
  const { number, household, box, amount, order } = sale;
  const what = `purchase ${number} of household ${household} of box ${box}: ${amountText(amount)}`;
  if (repeated === "order") return `${what}; order ${order} was sold before, nothing sent`;
  const was = repeated === "open" ? " (was open)" : "";
  if (outcome === null) return `${what}, accepted before${was}`;
  return `${what}, remaining ${amountText(outcome.remaining)}${was}`;
}
