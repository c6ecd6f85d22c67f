/** The office's questions in Modbus. Source: src/rs485/SPEC.md. */

import type { Message } from "../office/message.ts";
import { resultText, stateText } from "../card/words.ts";
import { LineError, NoAnswerError, RefusedError } from "./errors.ts";
import { signed32, toRegisters, unsigned32, type ModbusMaster } from "./modbus.ts";
import { hasStatus, hundredthsText, statusFields, tenthsText } from "./talker.ts";
import type { BoxPlace, Detail, Outcome, Reading, Talker } from "./talker.ts";

const HOUSEHOLD_COUNT = 39;
const MAP_VERSION = 1;
const MARK = 0x4d39;
const MAP_REGISTER = 0x0000;
const MAP_SIZE = 6;
const TIME_REGISTER = 0x000c;
const READER_REGISTER = 0x0014;
const REMAINING_REGISTER = 0x0100;
const FORWARD_REGISTER = 0x0180;
const STATUS_REGISTER = 0x0200;
const REVERSE_REGISTER = 0x0240;
const POWER_REGISTER = 0x02a0;
const MAILBOX_REGISTER = 0x0300;
const RESULT_REGISTER = 0x0310;
const RESULT_SIZE = 16;
const SET_TIME_REGISTER = 0x0320;
const FREEZE_REGISTER = 0x0328;
const GRANT_REGISTER = 0x0329;
const HOUSEHOLD_REGISTER = 0x1000;
const HOUSEHOLD_STRIDE = 0x40;
const HOUSEHOLD_SIZE = 0x1e;

const DONE = 2;
const POLL_MS = 50;
const MOST_POLLS = 60;
const EVERYBODY = 0;

function registerOf(household: number): number {
  return HOUSEHOLD_REGISTER + HOUSEHOLD_STRIDE * (household - 1);
}

/** A household's block in words. */
function detailOf(block: number[]): Detail {
  const hundredths = (at: number): string => hundredthsText(unsigned32(block, at));
  return {
    ...statusFields(block[0x1c]),
    state: stateText(block[0x01]),
    remaining: hundredthsText(signed32(block, 0x04)),
    forward_kwh: hundredths(0x0c),
    reverse_kwh: hundredths(0x0e),
    consumed_kwh: hundredths(0x06),
    power_w: tenthsText(signed32(block, 0x08)),
    voltage: tenthsText(block[0x1d]),
    maximum_w: String(unsigned32(block, 0x12)),
    purchase_number: String(unsigned32(block, 0x0a)),
    purchase_amount: hundredths(0x10),
    alarm_level: hundredths(0x14),
    trip_level: hundredths(0x16),
    overdraft: hundredths(0x18),
    hoarding_limit: hundredths(0x1a),
  };
}

export class ModbusTalker implements Talker {
  readonly protocol = "modbus";

  constructor(
    readonly master: ModbusMaster,
    private readonly wait: (ms: number) => Promise<unknown>,
  ) {}

  /** Number of the box and its households in use; null when something else answers. */
  async identify(address: number): Promise<{ number: string; household_count: number } | null> {
    let registers: number[];
    try {
      registers = await this.master.read(address, MAP_REGISTER, MAP_SIZE);
    } catch (error) {
      if (error instanceof RefusedError) return null;
      throw error;
    }
    if (registers[0] !== MARK || registers[1] !== MAP_VERSION) return null;
    const digits = registers.slice(2, 5).map((word) => word.toString(16).padStart(4, "0"));
    const number = digits.join("").slice(0, 10);
    return /^\d{10}$/.test(number) ? { number, household_count: registers[5] } : null;
  }

  async bulk({ address }: BoxPlace): Promise<Reading[]> {
    const long = (first: number): Promise<number[]> =>
      this.master.read(address, first, 2 * HOUSEHOLD_COUNT);
    const remaining = await long(REMAINING_REGISTER);
    const forward = await long(FORWARD_REGISTER);
    const status = await this.master.read(address, STATUS_REGISTER, HOUSEHOLD_COUNT);
    const reverse = await long(REVERSE_REGISTER);
    const power = await long(POWER_REGISTER);
    return status
      .map((word, i) => ({
        household: i + 1,
        remaining: signed32(remaining, 2 * i),
        forward: unsigned32(forward, 2 * i),
        reverse: unsigned32(reverse, 2 * i),
        power: signed32(power, 2 * i),
        number: null,
        status: word,
      }))
      .filter((reading) => hasStatus(reading.status));
  }

  async detail(box: BoxPlace, household: number): Promise<Detail | null> {
    const block = await this.master.read(box.address, registerOf(household), HOUSEHOLD_SIZE);
    return block[0] === household ? detailOf(block) : null;
  }

  async lastNumber(box: BoxPlace, household: number): Promise<number> {
    const block = await this.master.read(box.address, registerOf(household), HOUSEHOLD_SIZE);
    if (block[0] !== household) throw new LineError(`household ${household} is not in use`);
    return unsigned32(block, 0x0a);
  }

  async send(box: BoxPlace, message: Message, signed: Uint8Array): Promise<Outcome> {
    await this.master.write(box.address, MAILBOX_REGISTER, toRegisters(signed));
    for (let poll = 0; poll < MOST_POLLS; poll++) {
      await this.wait(POLL_MS);
      const registers = await this.master.read(box.address, RESULT_REGISTER, RESULT_SIZE);
      const is_own =
        registers[0x0a] === message.kind && unsigned32(registers, 0x0c) === message.number;
      if (registers[0] !== DONE || !is_own) continue;
      const result = (registers[1] << 16) >> 16;
      if (result < 0) {
        const text = `${box.number} refused the message: ${resultText(result)}`;
        throw new RefusedError(text, -result, 0);
      }
      return { remaining: signed32(registers, 6), number: unsigned32(registers, 8) };
    }
    throw new NoAnswerError(`the mailbox of ${box.number}`, MOST_POLLS);
  }

  async clock({ address }: BoxPlace): Promise<number> {
    return unsigned32(await this.master.read(address, TIME_REGISTER, 2), 0);
  }

  /** Sets the clock of one box by the rules of a broadcast: by less than 5 minutes, once a day. */
  setClock({ address }: BoxPlace, time: number): Promise<void> {
    return this.master.write(address, SET_TIME_REGISTER, [time >>> 16, time & 0xffff]);
  }

  broadcastClock(time: number): Promise<void> {
    return this.master.write(EVERYBODY, SET_TIME_REGISTER, [time >>> 16, time & 0xffff]);
  }

  freezeNow(box: BoxPlace | null): Promise<void> {
    return this.master.write(box?.address ?? EVERYBODY, FREEZE_REGISTER, [1]);
  }

  async readerState({ address }: BoxPlace): Promise<number> {
    return (await this.master.read(address, READER_REGISTER, 1))[0];
  }

  grant({ address }: BoxPlace, duration_ms: number): Promise<void> {
    return this.master.write(address, GRANT_REGISTER, [duration_ms]);
  }
}
