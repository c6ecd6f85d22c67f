/** The property office at the other end of the line: provisions the box, sets settings, sells credit by
 *  line or as a message for a card, reads the books. One request at a time; what gets no answer is
 *  sent again, unchanged. Keeps its own books: what it knows to be accepted, and what may be accepted
 *  because the answer is missing or the card was not shown yet. */

import { bcd, boxKey } from "../office/keys.ts";
import {
  FLAGS_FIRST,
  FLAGS_FURTHER,
  FLAGS_REPLACEMENT,
  MESSAGE_CLEAR,
  MESSAGE_CREDIT,
  MESSAGE_SETTING,
  MESSAGE_SWITCH,
  readMessage,
  signMessage,
  type Message,
} from "../office/message.ts";
import { RESULT_LOCKED, RESULT_NUMBER_OLD, RESULT_OK, RESULT_REPEAT } from "./office-codes.ts";
import { SETTINGS } from "./office-codes.ts";
import * as frames from "./frames.ts";
import type { Reading } from "./frames.ts";

const ANSWER_MS = 500; // 35 + 82 bytes at 9600 8E1 are 134 ms; twice the meter's 30 ms, and reserve
const TRIES = 5;
const LATER_MS = 5000; // what must be answered is tried again after that
const TURN_MS = 10; // silence between an answer and the next request

const ENERGY_UNITS_PER_HUNDREDTH = 36_000n; // 0.01 kWh in J
const MONEY_UNITS_PER_HUNDREDTH = 360_000_000n; // 0.01 currency in J x 0.0001 currency/kWh

/** The RS485 line: send queues bytes, receive takes what has arrived. */
export interface Line {
  send(bytes: Uint8Array): void;
  receive(): Uint8Array;
}

type Done = (reply: Uint8Array | null) => void;

interface Request {
  kind: number;
  payload: Uint8Array;
  /** Is tried until it is answered, as something may have changed in the box. */
  insists: boolean;
  done: Done;
}

interface Pending extends Request {
  frame: Uint8Array;
  sequence: number;
  tries: number;
  due_ms: number;
  repeated: boolean;
}

export interface CreditOptions {
  /** Purchase number; default the next of this household. */
  number?: number;
  /** Signed under another key. */
  wrong_code?: boolean;
  /** Made out to another box. */
  wrong_box?: boolean;
}

/** A purchase as it was sold. */
export interface Sale {
  number: number;
  amount: number; // 0.01
  message: Uint8Array;
  /** The box should accept it; a forged one or one out of turn is not in the books. */
  is_due: boolean;
}

interface HouseholdBooks {
  accepted: number; // 0.01
  number: number;
  waiting: Sale[]; // on the way, or on the card
  last_message: Uint8Array | null;
  /** What the next purchase does to the household's card. */
  flags: number;
}

export class Office {
  readonly key: Uint8Array;
  private readonly reader = new frames.ReplyReader();
  private readonly queue: Request[] = [];
  private readonly books = new Map<number, HouseholdBooks>();
  /** Last number of each scope of settings and kind of management message. */
  private readonly numbers = new Map<string, number>();
  private pending: Pending | null = null;
  private sequence = 0;
  private free_ms = -Infinity;
  private units_per_hundredth = ENERGY_UNITS_PER_HUNDREDTH;

  constructor(
    private readonly line: Line,
    readonly box_number: string,
    master_key: Uint8Array,
  ) {
    this.key = boxKey(master_key, box_number);
  }

  /** Nothing is being asked. */
  get idle(): boolean {
    return this.pending === null && this.queue.length === 0;
  }

  /** Units of a household known to be accepted. */
  acceptedUnits(household: number): bigint {
    return BigInt(this.booksOf(household).accepted) * this.units_per_hundredth;
  }

  /** Units of credits that are on their way or on the card, oldest first. */
  waitingUnits(household: number): bigint[] {
    const { waiting } = this.booksOf(household);
    return waiting.map(({ amount }) => BigInt(amount) * this.units_per_hundredth);
  }

  /** Messages that the box may not have accepted yet, oldest first. */
  waitingMessages(household: number): Uint8Array[] {
    return this.booksOf(household).waiting.map(({ message }) => message);
  }

  /** The message that is known to be accepted last; null when there is none. */
  lastMessage(household: number): Uint8Array | null {
    return this.booksOf(household).last_message;
  }

  /** The household's card was taken by the box: further purchases need no binding. */
  bound(household: number): void {
    this.booksOf(household).flags = FLAGS_FURTHER;
  }

  /** A clear was carried out: no household has a card any more. */
  cleared(): void {
    for (const books of this.books.values()) books.flags = FLAGS_REPLACEMENT;
  }

  /** Number of the clear that was made last, 0 none. */
  lastClear(): number {
    return this.numbers.get(String(MESSAGE_CLEAR)) ?? 0;
  }

  /** Takes answers, repeats, sends the next request; to be called every few ms while not idle. */
  poll(now_ms: number): void {
    for (const reply of this.reader.take(this.line.receive())) this.answered(reply, now_ms);
    if (this.pending !== null && now_ms >= this.pending.due_ms) this.again(this.pending, now_ms);
    if (this.pending === null && this.queue.length > 0 && now_ms >= this.free_ms) {
      this.begin(this.queue.shift()!, now_ms);
    }
  }

  /** Queues a request; `done` gets the payload of the reply, or null when nobody answered. */
  ask(kind: number, payload: Uint8Array, done: Done, insists = false): void {
    this.queue.push({ kind, payload, done, insists });
  }

  /** Gives the box its number and key; `done` gets the result. */
  provision(done: (result: number) => void): void {
    const payload = new Uint8Array(21);
    payload.set(bcd(this.box_number));
    payload.set(this.key, 5);
    this.ask(frames.KIND_PROVISION, payload, (reply) => done(resultOf(reply)), true);
  }

  /** A signed setting; `index`: household or channel 1..39, 0 the box. */
  signSetting(name: string, index: number, value: number): Uint8Array {
    const { id, scope } = SETTINGS[name];
    const number = this.nextNumber(scopeName(scope, index));
    const message = { index, number, amount: value, kind: MESSAGE_SETTING, flags: id };
    return signMessage(this.key, { box_number: this.box_number, ...message });
  }

  /** A signed message of a management card. `kind`: MESSAGE_CLEAR, MESSAGE_CHECK, or MESSAGE_TEST of
   *  household `index` (0 all) for `seconds`. */
  signManagement(kind: number, index = 0, seconds = 0): Uint8Array {
    const message = {
      index,
      kind,
      number: this.nextNumber(String(kind)),
      amount: seconds,
      flags: 0,
    };
    return signMessage(this.key, { box_number: this.box_number, ...message });
  }

  /** Sends a signed setting; `index`: household or channel 1..39, 0 the box. */
  set(name: string, index: number, value: number, done: (result: number) => void): void {
    this.present(this.signSetting(name, index, value), (reply) => {
      const result = resultOf(reply);
      if (name === "account_mode" && result === RESULT_OK) this.setMode(value === 1);
      done(result);
    });
  }

  /** Sends a signed switch message: `command` is a SWITCH_, `duration` N2; `done` gets the result. */
  switchSupply(
    household: number,
    command: number,
    duration: number,
    done: (result: number) => void,
  ): void {
    const number = this.nextNumber(`switch ${household}`);
    const body = { index: household, kind: MESSAGE_SWITCH, number, amount: command };
    const message = { box_number: this.box_number, ...body, flags: duration };
    this.present(signMessage(this.key, message), (reply) => done(resultOf(reply)));
  }

  /** Sells `amount` (0.01) to a household: the signed purchase, which waits in the books until it is
   *  known to be accepted. */
  sell(household: number, amount: number, options: CreditOptions): Sale {
    const books = this.booksOf(household);
    const next = books.number + books.waiting.length + 1;
    const number = options.number ?? next;
    const key = options.wrong_code ? this.key.map((byte) => byte ^ 0xff) : this.key;
    const box_number = options.wrong_box ? this.box_number.replace(/\d$/, "0") : this.box_number;
    // The last purchase once more is the same message, to the last bit.
    const is_again = books.last_message !== null && number === books.number;
    const flags = is_again ? readMessage(books.last_message!)!.flags : books.flags;
    const body = { box_number, index: household, kind: MESSAGE_CREDIT, number, amount, flags };
    // Only what the box should accept is counted: if it accepts another one, the auditor finds out.
    const is_forged = options.wrong_code === true || options.wrong_box === true;
    const is_due = !is_forged && number === next;
    const sale = { number, amount, message: signMessage(key, body), is_due };
    if (is_due) books.waiting.push(sale);
    return sale;
  }

  /** A message for this box that was signed elsewhere with the same keys: a purchase counts as sold when
   *  it is the next of its household, another one takes its number. */
  takeOver(message: Message, bytes: Uint8Array): void {
    const { kind, index, number, amount, flags } = message;
    if (kind === MESSAGE_CREDIT) {
      const { number: accepted, waiting } = this.booksOf(index);
      const is_due = number === accepted + waiting.length + 1;
      if (is_due) waiting.push({ number, amount, message: bytes, is_due });
      return;
    }
    const scope = Object.values(SETTINGS).find(({ id }) => id === flags)?.scope ?? "";
    const name = kind === MESSAGE_SETTING ? scopeName(scope, index) : String(kind);
    this.numbers.set(name, Math.max(number, this.numbers.get(name) ?? 0));
  }

  /** The box has refused a purchase that is still on its way in the books. */
  withdraw(household: number, number: number): void {
    const books = this.booksOf(household);
    books.waiting = books.waiting.filter((sale) => sale.number !== number);
  }

  /** Amounts are currency from now on, or energy. */
  setMode(is_money: boolean): void {
    this.units_per_hundredth = is_money ? MONEY_UNITS_PER_HUNDREDTH : ENERGY_UNITS_PER_HUNDREDTH;
  }

  /** Sells `amount` (0.01) to a household over the line; `done` gets the result. */
  credit(
    household: number,
    amount: number,
    options: CreditOptions,
    done: (result: number, sale: Sale) => void,
  ): void {
    const books = this.booksOf(household);
    const sale = this.sell(household, amount, options);
    this.present(sale.message, (reply) => {
      const result = resultOf(reply);
      const is_good = result === RESULT_OK || result === RESULT_REPEAT;
      if (is_good && sale.is_due) this.learn(household, sale.number);
      else books.waiting = books.waiting.filter((other) => other !== sale);
      done(result, sale);
    });
  }

  /** The box of a household has accepted all purchases up to `number`. */
  learn(household: number, number: number): void {
    const books = this.booksOf(household);
    while (books.waiting.length > 0 && books.waiting[0].number <= number) {
      const sale = books.waiting.shift()!;
      books.accepted += sale.amount;
      books.number = sale.number;
      books.last_message = sale.message;
    }
  }

  /** Reads the books of a household; null when the box did not answer or refused. */
  read(household: number, done: (reading: Reading | null) => void): void {
    this.ask(frames.KIND_BOOKS_READ, Uint8Array.of(household), (reply) => {
      const reading = reply === null ? null : frames.decodeReading(reply);
      if (reading !== null) this.learn(household, reading.number);
      done(reading);
    });
  }

  private present(signed: Uint8Array, done: Done): void {
    const payload = new Uint8Array(1 + signed.length);
    payload.set(signed, 1);
    this.ask(frames.KIND_MESSAGE, payload, done, true);
  }

  private nextNumber(scope: string): number {
    const number = (this.numbers.get(scope) ?? 0) + 1;
    this.numbers.set(scope, number);
    return number;
  }

  private booksOf(household: number): HouseholdBooks {
    let books = this.books.get(household);
    if (books === undefined) {
      const nothing = { waiting: [], last_message: null };
      books = { accepted: 0, number: 0, flags: FLAGS_FIRST, ...nothing };
      this.books.set(household, books);
    }
    return books;
  }

  private begin(request: Request, now_ms: number): void {
    this.sequence = (this.sequence + 1) & 0xff;
    const frame = frames.makeFrame(this.sequence, request.kind, request.payload);
    this.pending = {
      ...request,
      frame,
      sequence: this.sequence,
      tries: 0,
      due_ms: now_ms,
      repeated: false,
    };
    this.again(this.pending, now_ms);
  }

  private again(pending: Pending, now_ms: number): void {
    if (pending.tries === TRIES) {
      if (!pending.insists) {
        this.finish(null, now_ms);
        return;
      }
      pending.tries = 0;
      pending.repeated = true;
      pending.due_ms = now_ms + LATER_MS;
      return;
    }
    pending.repeated ||= pending.tries > 0;
    pending.tries++;
    pending.due_ms = now_ms + ANSWER_MS;
    this.reader.clear();
    this.line.send(pending.frame);
  }

  private answered(reply: frames.Reply, now_ms: number): void {
    const { pending } = this;
    if (pending === null) return;
    if (reply.sequence !== pending.sequence || reply.kind !== pending.kind) return;
    this.finish(reply.payload, now_ms);
  }

  private finish(payload: Uint8Array | null, now_ms: number): void {
    const { done, repeated, kind } = this.pending!;
    this.pending = null;
    this.free_ms = now_ms + TURN_MS;
    done(repeated && payload !== null ? afterRepeat(kind, payload) : payload);
  }
}

/** Settings of each household have their own numbers. */
function scopeName(scope: string, index: number): string {
  return scope === "household" ? `${scope} ${index}` : scope;
}

function resultOf(reply: Uint8Array | null): number {
  return reply === null || reply.length === 0 ? NaN : (reply[0] << 24) >> 24;
}

/** When a first try was carried out and only its answer lost, the repeat of a setting or of PROVISION
 *  is refused as an old one: that is the answer looked for. A credit answers for itself. */
function afterRepeat(kind: number, payload: Uint8Array): Uint8Array {
  const is_setting = kind === frames.KIND_MESSAGE && payload[16] === MESSAGE_SETTING;
  const result = resultOf(payload);
  const was_done =
    (is_setting && result === RESULT_NUMBER_OLD) ||
    (kind === frames.KIND_PROVISION && result === RESULT_LOCKED);
  if (!was_done) return payload;
  const answer = payload.slice();
  answer[0] = RESULT_OK;
  return answer;
}
