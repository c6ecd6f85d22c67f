/** The property office at the other end of the line: provisions the box, sets settings, sells credit,
 *  reads the books. One request at a time; what gets no answer is sent again, unchanged. Keeps its own
 *  books: what it knows to be accepted, and what may be accepted because the answer is missing. */

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
  /** Presented as a card at the box instead of over the line. */
  card?: boolean;
}

interface HouseholdBooks {
  accepted: number; // 0.01
  number: number;
  waiting: number[]; // amounts on the way, 0.01
  last_message: Uint8Array | null;
}

export class Office {
  readonly key: Uint8Array;
  private readonly reader = new frames.ReplyReader();
  private readonly queue: Request[] = [];
  private readonly books = new Map<number, HouseholdBooks>();
  private readonly setting_numbers = new Map<string, number>();
  private pending: Pending | null = null;
  private sequence = 0;
  private free_ms = -Infinity;
  private units_per_hundredth = ENERGY_UNITS_PER_HUNDREDTH;

  constructor(
    private readonly line: Line,
    readonly box_number: string,
    master_key: Uint8Array,
  ) {
    this.key = frames.boxKey(master_key, box_number);
  }

  /** Nothing is being asked. */
  get idle(): boolean {
    return this.pending === null && this.queue.length === 0;
  }

  /** Units of a household known to be accepted. */
  acceptedUnits(household: number): bigint {
    return BigInt(this.booksOf(household).accepted) * this.units_per_hundredth;
  }

  /** Units of credits that are on their way, oldest first. */
  waitingUnits(household: number): bigint[] {
    return this.booksOf(household).waiting.map((a) => BigInt(a) * this.units_per_hundredth);
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
    payload.set(frames.bcd(this.box_number));
    payload.set(this.key, 5);
    this.ask(frames.KIND_PROVISION, payload, (reply) => done(resultOf(reply)), true);
  }

  /** Sends a signed setting; `index`: household or channel 1..39, 0 the box. */
  set(name: string, index: number, value: number, done: (result: number) => void): void {
    const { id, scope } = SETTINGS[name];
    const scope_key = scope === "household" ? `${scope} ${index}` : scope;
    const number = (this.setting_numbers.get(scope_key) ?? 0) + 1;
    this.setting_numbers.set(scope_key, number);
    const message = { index, number, amount: value, kind: frames.MESSAGE_SETTING, flags: id };
    const signed = frames.signMessage(this.key, { box_number: this.box_number, ...message });
    this.present(signed, false, (reply) => {
      const result = resultOf(reply);
      if (name === "account_mode" && result === RESULT_OK) {
        this.units_per_hundredth =
          value === 1 ? MONEY_UNITS_PER_HUNDREDTH : ENERGY_UNITS_PER_HUNDREDTH;
      }
      done(result);
    });
  }

  /** Sells `amount` (0.01) to a household; `done` gets the result. */
  credit(
    household: number,
    amount: number,
    options: CreditOptions,
    done: (result: number) => void,
  ): void {
    const books = this.booksOf(household);
    const number = options.number ?? books.number + books.waiting.length + 1;
    const key = options.wrong_code ? this.key.map((byte) => byte ^ 0xff) : this.key;
    const box_number = options.wrong_box ? this.box_number.replace(/\d$/, "0") : this.box_number;
    const message = { index: household, number, amount, kind: frames.MESSAGE_CREDIT, flags: 0 };
    const signed = frames.signMessage(key, { box_number, ...message });
    // Only what the box should accept is counted: if it accepts another one, the auditor finds out.
    const is_forged = options.wrong_code === true || options.wrong_box === true;
    const is_due = !is_forged && number === books.number + books.waiting.length + 1;
    if (is_due) books.waiting.push(amount);
    this.present(signed, options.card ?? false, (reply) => {
      const result = resultOf(reply);
      if (is_due) books.waiting.shift();
      const is_good = result === RESULT_OK || result === RESULT_REPEAT;
      if (is_due && is_good) {
        books.accepted += amount;
        books.number = number;
        books.last_message = signed;
      }
      done(result);
    });
  }

  /** Shows the household's card once more: its last accepted message, as a card newly presented.
   *  `done` gets the result, or null when it never bought anything. */
  swipe(household: number, done: (result: number | null) => void): void {
    const { last_message } = this.booksOf(household);
    if (last_message === null) done(null);
    else this.present(last_message, true, (reply) => done(resultOf(reply)));
  }

  /** Reads the books of a household; null when the box did not answer or refused. */
  read(household: number, done: (reading: Reading | null) => void): void {
    this.ask(frames.KIND_BOOKS_READ, Uint8Array.of(household), (reply) =>
      done(reply === null ? null : frames.decodeReading(reply)),
    );
  }

  private present(signed: Uint8Array, is_card: boolean, done: Done): void {
    const payload = new Uint8Array(1 + signed.length);
    payload[0] = is_card ? 1 : 0;
    payload.set(signed, 1);
    this.ask(frames.KIND_MESSAGE, payload, done, true);
  }

  private booksOf(household: number): HouseholdBooks {
    let books = this.books.get(household);
    if (books === undefined) {
      books = { accepted: 0, number: 0, waiting: [], last_message: null };
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

function resultOf(reply: Uint8Array | null): number {
  return reply === null || reply.length === 0 ? NaN : (reply[0] << 24) >> 24;
}

/** When a first try was carried out and only its answer lost, the repeat of a setting or of PROVISION
 *  is refused as an old one: that is the answer looked for. A credit answers for itself. */
function afterRepeat(kind: number, payload: Uint8Array): Uint8Array {
  const is_setting = kind === frames.KIND_MESSAGE && payload[16] === frames.MESSAGE_SETTING;
  const result = resultOf(payload);
  const was_done =
    (is_setting && result === RESULT_NUMBER_OLD) ||
    (kind === frames.KIND_PROVISION && result === RESULT_LOCKED);
  if (!was_done) return payload;
  const answer = payload.slice();
  answer[0] = RESULT_OK;
  return answer;
}
