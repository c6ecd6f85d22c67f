/** One simulated run: the virtual box, its load, the office at the other end of the line, the
 *  residents with their cards, a scenario, and the auditor who watches. Time goes on only in step(), so a run depends
 *  on nothing but its options; the live view decides only how fast steps follow each other. */

import { Box, type BoxOptions } from "../../boards/virtual/box.ts";
import { WriteError } from "../card/dump-file.ts";
import { Auditor } from "./auditor.ts";
import { BooksReader } from "./books.ts";
import { InputError } from "./errors.ts";
import { MemoryReading } from "./memory-reading.ts";
import type { Reading } from "./frames.ts";
import { CHANNEL_COUNT, type Household } from "./layout.ts";
import { spreadW } from "./load.ts";
import { Office } from "./office.ts";
import { resultName, STATES } from "./office-codes.ts";
import { BOX_NUMBER, type RunOptions } from "./run-options.ts";
import { Residents } from "./residents.ts";
import { Sales } from "./sales.ts";
import { Script, type Stage } from "./script.ts";
import { setUp, SET_UP_MS } from "./set-up.ts";

/** Key of the demonstration office; a real one never leaves its safe. */
export const DEMONSTRATION_KEY = Uint8Array.from(
  Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex"),
);

/** The day begins at this time of the box's clock (local standard time). */
const DAY_START_MS = Date.UTC(2026, 0, 1);
const IDLE_MS = 100; // length of a step when nothing is being waited for
const BUSY_MS = 10; // while the office waits for an answer
const EXACT_MS = 1; // while a coil pulse is waited for
/** A card carries two purchases. */
const CARD_ROOM = 2;
const KEPT_LINES = 200;
const ENERGY_HUNDREDTHS_PER_KWH = 100;
const BOOT_POWER = 0;
const BOOT_RESET = 3;
const UNITS_PER_KWH = 3_600_000;
const UNITS_PER_CURRENCY = 36_000_000_000; // a unit is 1 J x 0.0001 currency/kWh

export { BOX_NUMBER, type RunOptions } from "./run-options.ts";

export class Simulation implements Stage {
  readonly box: Box;
  readonly office: Office;
  readonly reader: BooksReader;
  readonly auditor: Auditor;
  readonly sales: Sales;
  readonly script: Script;
  /** The latest reading of each household. */
  readonly readings = new Map<number, Reading>();
  /** What happened, newest last: "HH:MM:SS text". */
  readonly log: string[] = [];
  /** Restarts of an MCU that the run did not ask for. */
  readonly restarts: string[] = [];
  power_cuts = 0;
  plug_in = false;
  read_period_s: number;
  /** Set by a scenario's end, or by the options. */
  end_s: number;

  now_ms = -SET_UP_MS;
  private has_left_line = false;
  private readonly memory_reading: MemoryReading;
  readonly residents: Residents;
  private readonly overridden_w = new Map<number, number>();
  private load_until_s = 0;
  private read_s = 0;
  private coils_to_cut = 0;
  private cut_on_coil_s = 0;
  private cut_for_s = 0;
  private cut_pending = false;
  private power_back_ms = Infinity;

  constructor(readonly options: RunOptions) {
    const { box_number = BOX_NUMBER } = options;
    const box_options: BoxOptions = {
      seed: options.seed,
      constants: new Array<number>(CHANNEL_COUNT).fill(options.constant),
      clock: new Date((options.day_start_ms ?? DAY_START_MS) - SET_UP_MS),
      trace: options.trace,
      name: `box ${box_number}`,
    };
    this.box = new Box(box_options);
    const master_key = options.master_key ?? DEMONSTRATION_KEY;
    this.office = new Office(this.box.line, box_number, master_key);
    this.reader = new BooksReader(this.box.fram.bytes);
    this.memory_reading = new MemoryReading(this.reader);
    this.auditor = new Auditor(this.reader, this.office);
    this.sales = new Sales(this.box, this.reader, this.office, master_key, (household) =>
      this.read(household, (reading) => reading !== null && this.take(reading)),
    );
    this.residents = new Residents(options.seed, {
      buy: (household, amount) => this.buy(household, amount, "buys"),
      swipe: (household) => this.swipe(household),
    });
    this.script = new Script(this, options.steps);
    this.end_s = options.end_s;
    this.read_period_s = options.read_period_s;
    this.watch();
  }

  /** Seconds since the day began; negative during the set-up. */
  get now_s(): number {
    return this.now_ms / 1000;
  }

  get layout(): Household[] {
    return this.options.layout;
  }

  /** Units of 1 kWh, or of 1 currency in money mode. */
  get units_per_whole(): number {
    return this.reader.boxSetting("account_mode") === 1 ? UNITS_PER_CURRENCY : UNITS_PER_KWH;
  }

  get done(): boolean {
    return this.now_s >= this.end_s;
  }

  /** "d HH:MM:SS", with the day only when it is not the first. */
  get clock_text(): string {
    const total_s = Math.floor(this.now_s);
    const days = Math.floor(total_s / 86_400);
    const text = new Date((((total_s % 86_400) + 86_400) % 86_400) * 1000).toISOString();
    return `${days > 0 ? `${days}+` : ""}${text.slice(11, 19)}`;
  }

  /** See set-up.ts. */
  setUp(): void {
    setUp(this);
    this.log.length = 0;
    this.sales.presentations.resetCounts();
  }

  /** From now on others have the line: what the office wants to know it takes from the memory. */
  leaveLine(): void {
    this.has_left_line = true;
  }

  /** One step, 1 to 100 ms long. */
  step(): void {
    this.pass(this.begin());
  }

  /** Does what is due; returns how long the next step may be, ms. */
  begin(): number {
    this.applyLoad();
    this.script.due();
    if (this.options.residents) this.residents.due(this.now_s);
    if (this.now_s >= this.read_s && this.office.idle) this.readAll();
    this.endCut();
    return this.stepMs();
  }

  /** The box has run for `ms`: takes what came of it. */
  end(ms: number): void {
    this.now_ms += ms;
    if (this.cut_pending) {
      this.cut_pending = false;
      this.box.powerOff();
    }
    this.office.poll(this.now_ms);
    this.sales.presentations.poll(this.now_ms);
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.endCut();
    this.box.runMs(ms);
    this.end(ms);
  }

  /** Reads all books once more, so that the summary and the last audit are of the end. */
  finish(): void {
    this.power_back_ms = Math.min(this.power_back_ms, this.now_ms);
    this.sales.presentations.finish();
    this.readAll();
    while (!this.office.idle) this.pass(BUSY_MS);
  }

  /** Buys `amount` (0.01 kWh) by card; `how` is for the log. A card that is full is only shown. */
  buy(household: number, amount: number, how: string): void {
    if (this.office.waitingMessages(household).length >= CARD_ROOM) {
      this.swipe(household);
      return;
    }
    const text = `household ${household} ${how} ${(amount / ENERGY_HUNDREDTHS_PER_KWH).toFixed(2)}`;
    this.sales.sellOnCard(household, amount, {}, (result) =>
      this.say(`${text} kWh: ${told(result)}`),
    );
  }

  /** Shows a household's card again. */
  swipe(household: number): void {
    this.sales.showAgain(household, (result) => {
      const is_there = this.sales.cabinet.household(household) !== undefined;
      const text = is_there ? told(result) : "it has none yet";
      this.say(`household ${household} shows its card: ${text}`);
    });
  }

  /** Puts the card of a dump file on the reader, where it stays until it is taken away. */
  showFile(path: string): void {
    this.trying(() => {
      const held = this.sales.cabinet.file(path, "card");
      this.sales.presentations.show(held, Infinity, (result) =>
        this.say(`${path}: ${told(result)}`),
      );
    });
  }

  /** Takes all cards off the reader; dump files are written back. */
  takeCardsAway(): void {
    this.trying(() => this.sales.presentations.takeAway());
  }

  /** Cuts the mains now, for `for_s` seconds. */
  cutPower(for_s: number): void {
    this.cut_for_s = for_s;
    this.box.powerOff();
  }

  /** Cuts the mains while the `count`th coil pulse from now runs. */
  cutOnCoil(count: number, for_s: number): void {
    this.coils_to_cut = count;
    this.cut_on_coil_s = for_s;
  }

  /** Cuts the mains after so many more bytes written into the memory. */
  cutAfterBytes(byte_count: number, for_s: number): void {
    this.cut_for_s = for_s;
    this.box.fram.cutAfter(byte_count);
  }

  /** Puts the calibration plug in (socket pins 4 and 6 shorted) or takes it out. */
  plug(is_in: boolean): void {
    this.plug_in = is_in;
    this.box.socketShort(is_in);
    this.say(is_in ? "the plug is in" : "the plug is out");
  }

  /** From now on a channel has this load, whatever the run's load says. */
  overrideLoad(channel: number, watts: number): void {
    this.overridden_w.set(channel, watts);
    this.box.setLoadW(channel, watts);
  }

  /** As overrideLoad, spread evenly over a household's channels. */
  overrideHousehold(household: number, watts: number): void {
    const channels = this.layout.find(({ number }) => number === household)?.channels ?? [];
    const parts = spreadW(watts, channels.length);
    channels.forEach((channel, index) => this.overrideLoad(channel, parts[index]));
  }

  say(text: string): void {
    this.log.push(`${this.clock_text} ${text}`);
    if (this.log.length > KEPT_LINES) this.log.shift();
  }

  private watch(): void {
    const { events } = this.box;
    events.on("fram_commit", ({ address, time_us }) => this.auditor.commit(address, time_us));
    events.on("restart", ({ mcu, reason, detail, error }) => {
      const text = `${mcu} restarted: reason ${reason & 0xff}, fault ${reason >>> 8} ${detail}`;
      this.say(text);
      const is_asked = [BOOT_POWER, BOOT_RESET].includes(reason & 0xff);
      const cause = error === undefined ? "" : `: ${error.message}`;
      if (!is_asked) this.restarts.push(`${this.clock_text} ${text}${cause}`);
    });
    events.on("power", ({ on }) => {
      this.say(on ? "power is back" : "power is cut");
      if (on) return;
      this.power_cuts++;
      this.power_back_ms = this.now_ms + Math.round(this.cut_for_s * 1000);
    });
    events.on("coil", ({ on }) => {
      if (on && this.coils_to_cut > 0 && --this.coils_to_cut === 0) {
        this.cut_for_s = this.cut_on_coil_s;
        this.cut_pending = true;
      }
    });
  }

  /** What a visitor's file cannot do is told, and the run goes on. */
  private trying(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof InputError || error instanceof WriteError)) throw error;
      this.say(error.message);
    }
  }

  private endCut(): void {
    if (this.now_ms < this.power_back_ms) return;
    this.power_back_ms = Infinity;
    this.box.powerOn();
  }

  private stepMs(): number {
    if (this.coils_to_cut > 0) return EXACT_MS;
    const wanted_ms = this.office.idle ? IDLE_MS : BUSY_MS;
    const card_ms = this.sales.presentations.nextMs(this.now_ms);
    return Math.min(wanted_ms, IDLE_MS - (this.now_ms % IDLE_MS), card_ms);
  }

  private applyLoad(): void {
    if (this.now_s < this.load_until_s) return;
    const { watts, until_s } = this.options.load.at(this.now_s);
    this.load_until_s = until_s;
    for (let channel = 1; channel <= CHANNEL_COUNT; channel++) {
      if (!this.overridden_w.has(channel)) this.box.setLoadW(channel, watts[channel - 1]);
    }
  }

  /** The books of a household as the office gets them; null when the box did not answer. */
  read(household: number, done: (reading: Reading | null) => void): void {
    if (!this.has_left_line) {
      this.office.read(household, done);
      return;
    }
    const reading = this.books(household);
    if (reading !== null) this.office.learn(household, reading.number);
    done(reading);
  }

  /** The books of a household as the memory has them; null when they are not there. */
  books(household: number): Reading | null {
    return this.memory_reading.of(household, this.layout);
  }

  /** Reads one household after the other; what others ask meanwhile comes in between. */
  private readAll(): void {
    this.read_s = Math.floor(this.now_s / this.read_period_s + 1) * this.read_period_s;
    const numbers = this.layout.map(({ number }) => number);
    const readNext = (): void => {
      const number = numbers.shift();
      if (number === undefined) return;
      this.read(number, (reading) => {
        if (reading !== null) this.take(reading);
        readNext();
      });
    };
    readNext();
  }

  private take(reading: Reading): void {
    const { household, state } = reading;
    this.readings.set(household, reading);
    this.auditor.reading(reading, this.box.now_us);
    this.residents.seen(household, STATES[state], this.now_s);
  }
}

export function told(result: number | null): string {
  return result === null ? "nothing to be seen" : resultName(result);
}
