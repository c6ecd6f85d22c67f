/** The office's questions in DL/T 645. Source: src/rs485/SPEC.md. */

import { MESSAGE_CREDIT, MESSAGE_SETTING, type Message } from "../office/message.ts";
import { fromBcd, fromSignedBcd } from "./bcd.ts";
import * as dlt from "./dlt.ts";
import { LineError, RefusedError } from "./errors.ts";
import { hasStatus, hundredthsText, MONEY_MODE, statusFields, tenthsText } from "./talker.ts";
import type { BoxPlace, Detail, Outcome, Reading, Talker } from "./talker.ts";
import { momentText, readDateTime, timeBytes } from "./times.ts";

const HOUSEHOLD_COUNT = 39;
const ERROR_NO_DATA = 1 << 1;

const BULK_REMAINING = "04801000";
const BULK_FORWARD = "04801100";
const BULK_STATUS = "04801200";
const BULK_REVERSE = "04801300";
const BULK_POWER = "04801400";
const BULK_NUMBERS = "04801500";
const READER_STATE = "04801600";
const SIGNED_MESSAGE = "070102FF";
const GRANT = "07F00100";
const DATE_TIME = "0400010C";
const STATUS_3 = "04000503";
const FREEZE_NOW = Uint8Array.of(0x99, 0x99, 0x99, 0x99);

const STATUS_SIZE = 2;
const OUTCOME_SIZE = 14;

/** Details of a household: name, identifier in energy and in money mode, and how it is shown. */
type Show = (bytes: Uint8Array) => string;

const hundredths: Show = (bytes) => hundredthsText(fromBcd(bytes));
const signedHundredths: Show = (bytes) => hundredthsText(fromSignedBcd(bytes));
const tenthsOfWatt: Show = (bytes) => tenthsText(fromSignedBcd(bytes));
const whole: Show = (bytes) => String(fromBcd(bytes) ?? "");

function voltages(bytes: Uint8Array): string {
  const phases = [0, 2, 4].map((at) => fromBcd(bytes.subarray(at, at + 2)));
  return phases.map((volts) => (volts === null ? "-" : tenthsText(volts))).join(" ");
}

const DETAILS: [name: string, energy: string, money: string, show: Show][] = [
  ["combined_kwh", "00000000", "00000000", signedHundredths],
  ["forward_kwh", "00010000", "00010000", hundredths],
  ["reverse_kwh", "00020000", "00020000", hundredths],
  ["consumed_kwh", "000B0000", "000B0000", hundredths],
  ["power_w", "02030000", "02030000", tenthsOfWatt],
  ["voltage", "0201FF00", "0201FF00", voltages],
  ["maximum_w", "01010000", "01010000", (bytes) => tenthsOfWatt(bytes.subarray(0, 3))],
  ["maximum_at", "01010000", "01010000", (bytes) => momentText(bytes.subarray(3))],
  ["purchase_at", "03320101", "03330101", momentText],
  ["purchase_number", "03320201", "03330201", whole],
  ["purchase_amount", "03320301", "03330301", hundredths],
  ["bought", "03320601", "03330601", hundredths],
  ["alarm_level", "04000F01", "04001001", hundredths],
  ["trip_level", "04000F02", "04001002", hundredths],
  ["overdraft", "04000F04", "04001003", hundredths],
  ["hoarding_limit", "04000F03", "04001005", hundredths],
  ["opened", "1D000101", "1D000101", momentText],
  ["closed", "1E000101", "1E000101", momentText],
];

function pad2(value: number): string {
  return String(value).padStart(2, "0");
}

export class DltTalker implements Talker {
  readonly protocol = "dlt645";

  constructor(
    readonly master: dlt.DltMaster,
    /** Operator code of the office's commands. */
    readonly operator = 1,
  ) {}

  /** Address of a household; 0 the box. */
  addressOf(box: BoxPlace, household = 0): string {
    return box.number + pad2(household);
  }

  async bulk(box: BoxPlace): Promise<Reading[]> {
    const remaining = await this.array(box, BULK_REMAINING, 4, fromSignedBcd);
    const forward = await this.array(box, BULK_FORWARD, 4, fromBcd);
    const status = await this.statusWords(box);
    const reverse = await this.array(box, BULK_REVERSE, 4, fromBcd);
    const power = await this.array(box, BULK_POWER, 3, fromSignedBcd);
    const numbers = await this.array(box, BULK_NUMBERS, 4, fromBcd);
    return status
      .map((word, i) => ({
        household: i + 1,
        remaining: remaining[i],
        forward: forward[i],
        reverse: reverse[i],
        power: power[i],
        number: numbers[i],
        status: word,
      }))
      .filter((reading) => hasStatus(reading.status));
  }

  async detail(box: BoxPlace, household: number): Promise<Detail | null> {
    const address = this.addressOf(box, household);
    // A household that is not in use is silent: the box's word saves waiting for it.
    const words = await this.statusWords(box);
    if (!hasStatus(words[household - 1])) return null;
    const status = await this.status(address);
    const has_money = (status & MONEY_MODE) !== 0;
    const detail: Detail = { ...statusFields(status) };
    detail.remaining = await this.remaining(address, has_money);
    const read = new Map<string, Uint8Array | null>();
    for (const [name, energy, money, show] of DETAILS) {
      const identifier = has_money ? money : energy;
      if (!read.has(identifier)) read.set(identifier, await this.tryRead(address, identifier));
      const bytes = read.get(identifier);
      detail[name] = bytes ? show(bytes) : "";
    }
    return detail;
  }

  async lastNumber(box: BoxPlace, household: number): Promise<number> {
    const numbers = await this.array(box, BULK_NUMBERS, 4, fromBcd);
    const number = numbers[household - 1];
    if (number === null) throw new LineError(`household ${household} is not in use`);
    return number;
  }

  async send(box: BoxPlace, message: Message, signed: Uint8Array): Promise<Outcome> {
    // A setting may name a channel, which has no address of its own.
    const household = message.kind === MESSAGE_SETTING ? 0 : message.index;
    const address = this.addressOf(box, household);
    const answer = await this.master.security(address, SIGNED_MESSAGE, this.operator, signed);
    const view = new DataView(answer.buffer, answer.byteOffset, answer.length);
    if (answer.length !== OUTCOME_SIZE) throw new LineError(`${address}: a strange answer`);
    const outcome = { remaining: view.getInt32(0, true), number: view.getUint32(4, true) };
    if (message.kind === MESSAGE_CREDIT && outcome.number !== message.number) {
      throw new LineError(`${address}: answered for purchase ${outcome.number}`);
    }
    return outcome;
  }

  async clock(box: BoxPlace): Promise<number> {
    const bytes = await this.tryRead(this.addressOf(box), DATE_TIME);
    return bytes === null ? 0 : readDateTime(bytes);
  }

  broadcastClock(time: number): Promise<void> {
    return this.master.broadcast(dlt.C_TIME, timeBytes(time));
  }

  async freezeNow(box: BoxPlace | null): Promise<void> {
    if (box === null) return this.master.broadcast(dlt.C_FREEZE, FREEZE_NOW);
    await this.master.command(this.addressOf(box), dlt.C_FREEZE, FREEZE_NOW);
  }

  async readerState(box: BoxPlace): Promise<number> {
    return (await this.master.read(this.addressOf(box), READER_STATE))[0];
  }

  async grant(box: BoxPlace, duration_ms: number): Promise<void> {
    const body = Uint8Array.of(duration_ms & 0xff, duration_ms >> 8);
    await this.master.security(this.addressOf(box), GRANT, this.operator, body);
  }

  /** An identifier; null when the household has no such data. */
  async tryRead(address: string, identifier: string): Promise<Uint8Array | null> {
    try {
      return await this.master.read(address, identifier);
    } catch (error) {
      if (error instanceof RefusedError && (error.code & ERROR_NO_DATA) !== 0) return null;
      throw error;
    }
  }

  /** Status words 3 of households 1..39. */
  statusWords(box: BoxPlace): Promise<number[]> {
    return this.array(box, BULK_STATUS, STATUS_SIZE, (bytes) => bytes[0] | (bytes[1] << 8));
  }

  /** Status word 3. */
  async status(address: string): Promise<number> {
    const word = await this.master.read(address, STATUS_3);
    return word[0] | (word[1] << 8);
  }

  private async remaining(address: string, has_money: boolean): Promise<string> {
    const item = has_money ? "009002" : "009001";
    const left = fromBcd(await this.master.read(address, `${item}00`)) ?? 0;
    const overdrawn = fromBcd(await this.master.read(address, `${item}01`)) ?? 0;
    return hundredthsText(left - overdrawn);
  }

  private async array<T>(
    box: BoxPlace,
    identifier: string,
    size: number,
    decode: (bytes: Uint8Array) => T,
  ): Promise<T[]> {
    const bytes = await this.master.read(this.addressOf(box), identifier);
    if (bytes.length !== size * HOUSEHOLD_COUNT) {
      throw new LineError(`${box.number}: ${identifier} has ${bytes.length} bytes`);
    }
    return Array.from({ length: HOUSEHOLD_COUNT }, (_, i) =>
      decode(bytes.subarray(i * size, (i + 1) * size)),
    );
  }
}
