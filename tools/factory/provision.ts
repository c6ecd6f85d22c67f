/** Makes a blank box a box of a series: number and key, clock, everything of its plan, passwords, then how
 *  the line is spoken; and reads all of it back. Signed messages take their numbers from the office's
 *  store, as `meter39 set` does. What is right already is not written again, so a run that was
 *  interrupted is taken up by running it again; a box that is done, or is another one, is refused. */

import type { Change } from "../card/manage.ts";
import type { Desk } from "../card/sale.ts";
import { DltTalker } from "../line/by-dlt.ts";
import { ModbusTalker } from "../line/by-modbus.ts";
import { setClockSigned } from "../line/clock.ts";
import { DltMaster } from "../line/dlt.ts";
import { LineError, NoAnswerError, RefusedError } from "../line/errors.ts";
import { ModbusMaster } from "../line/modbus.ts";
import type { LinePort } from "../line/port.ts";
import { setSigned } from "../line/set.ts";
import type { BoxPlace, Talker } from "../line/talker.ts";
import { boxTime } from "../line/times.ts";
import { bcd, boxKey } from "../office/keys.ts";
import { KIND_PROVISION } from "../simulate/frames.ts";
import { RESULT_LOCKED, SETTINGS } from "../simulate/office-codes.ts";
import { BLANK_NUMBER, NativeMaster, type BoxFacts } from "./native.ts";
import { isOfTheLine, keyOf, stepsOf, targetsOf, type Values } from "./plan.ts";
import type { ProvisionReport } from "./report.ts";
import type { Series } from "./series.ts";

const MODBUS_ONLY = 2;
const START_RATE = 3; // 9600
const START_FORMAT = 1; // 8E1
const CLOCK_SLACK_S = 3;
const SETTLE_MS = 1500; // the panel takes over line settings within a second

export interface Job {
  number: string;
  series: Series;
  desk: Desk;
  report: ProvisionReport;
  /** Keeps the report after each stage. */
  save(report: ProvisionReport): void;
  now(): Date;
  tell(text: string): void;
  /** Opens the line as the box speaks, as far as this end can; null as the options say. */
  open(speed: Speed | null): Promise<LinePort>;
}

/** Values of the settings line_rate and line_format. */
export interface Speed {
  rate: number;
  format: number;
}

export class Provisioning {
  private native!: NativeMaster;
  private speed: Speed = { rate: 0, format: 0 };
  private readonly place: BoxPlace;

  constructor(
    private readonly job: Job,
    private readonly retries: number,
  ) {
    this.place = { number: job.number, address: 0 };
  }

  async run(): Promise<void> {
    try {
      await this.carryOut();
    } finally {
      await this.close();
    }
  }

  private async close(): Promise<void> {
    const retry_count = this.native?.master.retry_count ?? 0;
    if (retry_count > 0) this.job.tell(`questions asked again: ${retry_count}`);
    await this.native?.port.close();
  }

  private async carryOut(): Promise<void> {
    const facts = await this.identify();
    const targets = targetsOf(this.job.series);
    const steps = stepsOf(targets, await this.read(targets));
    this.job.tell(`box ${this.job.number}: ${steps.length} settings to write`);
    await this.write(steps.filter((step) => !isOfTheLine(step)));
    await this.setPasswords();
    const ahead_s = await this.setClock(facts);
    await this.writeLine(steps.filter(isOfTheLine));
    const settings = await this.verify(targets);
    this.keep({
      ...{ progress: "done", finished: this.job.now().toISOString(), clock_ahead_s: ahead_s },
      ...{ memory_format: facts.format, settings },
    });
  }

  private keep(more: Partial<ProvisionReport>): void {
    Object.assign(this.job.report, more);
    this.job.save(this.job.report);
  }

  /** An interrupted run may have left the box with the line settings of its series. */
  private async reach(): Promise<BoxFacts> {
    this.native = new NativeMaster(await this.job.open(null), this.retries);
    try {
      return await this.native.box();
    } catch (error) {
      if (!(error instanceof NoAnswerError) || this.job.report.resumed === 0) throw error;
      const { settings } = this.job.series;
      const rate = settings.get("line_rate") ?? START_RATE;
      await this.reopen({ rate, format: settings.get("line_format") ?? START_FORMAT });
      return this.native.box();
    }
  }

  /** Number and key, unless an earlier run gave them. */
  private async identify(): Promise<BoxFacts> {
    const { job } = this;
    const facts = await this.reach();
    this.speed = { rate: facts.line_rate, format: facts.line_format };
    this.check(facts.number);
    if (facts.number === BLANK_NUMBER) {
      this.keep({});
      await this.give();
      const { number } = await this.native.box();
      if (number !== job.number) throw new LineError(`the box now says it is ${number}`);
    }
    this.keep({ progress: "named" });
    return facts;
  }

  private check(number: string): void {
    const { job } = this;
    if (number === BLANK_NUMBER) {
      if (job.report.progress === "begun") return;
      throw new LineError(`this box is blank, but number ${job.number} was given to another one`);
    }
    if (number !== job.number) throw new LineError(`this box has its number already: ${number}`);
    if (job.report.resumed === 0) throw new LineError(`this box has its number already: ${number}`);
  }

  private async give(): Promise<void> {
    const { number, desk } = this.job;
    const payload = Uint8Array.of(...bcd(number), ...boxKey(desk.keys.master_key, number));
    try {
      await this.native.demand(KIND_PROVISION, payload, "number and key");
    } catch (error) {
      // The answer to an earlier try was lost: the number tells.
      if (!(error instanceof RefusedError) || error.result !== -RESULT_LOCKED) throw error;
    }
  }

  private async read(targets: Change[]): Promise<Values> {
    const values: Values = new Map();
    for (const target of targets) {
      const { name, index } = target;
      values.set(keyOf(target), await this.native.setting(SETTINGS[name].id, index, name));
    }
    return values;
  }

  private async write(steps: Change[]): Promise<void> {
    for (const step of steps) await setSigned(this.job.desk, this.native, this.place, step);
  }

  private async setPasswords(): Promise<void> {
    const { series } = this.job;
    const passwords: string[] = [];
    for (const name of ["password_2", "password_4"] as const) {
      const digits = series[name];
      if (digits === undefined) continue;
      await this.write([{ name, index: 0, value: Number(digits) }]);
      passwords.push(name);
    }
    this.keep({ passwords });
  }

  /** Native frames do not tell the time, so it is read as an office reads it. */
  private talker({ line_protocol, modbus_address }: BoxFacts): [Talker, BoxPlace] {
    const { port } = this.native;
    if (line_protocol !== MODBUS_ONLY) return [new DltTalker(new DltMaster(port)), this.place];
    const talker = new ModbusTalker(new ModbusMaster(port), (ms) => this.native.wait(ms));
    return [talker, { ...this.place, address: modbus_address }];
  }

  /** Returns by how many seconds the box is ahead. */
  private async setClock(facts: BoxFacts): Promise<number> {
    const { desk, now } = this.job;
    await setClockSigned(desk, this.native, this.place, boxTime(now()));
    await this.native.wait(SETTLE_MS);
    const [talker, place] = this.talker(facts);
    const time = await talker.clock(place);
    const ahead_s = time - boxTime(now());
    if (time === 0) throw new LineError("the clock does not keep the time: self-test the box");
    if (Math.abs(ahead_s) > CLOCK_SLACK_S) {
      throw new LineError(`the clock was set and is ${ahead_s} s ahead`);
    }
    return ahead_s;
  }

  /** Each of these may change how the box is spoken to. */
  private async writeLine(steps: Change[]): Promise<void> {
    for (const step of steps) {
      await this.write([step]);
      if (step.name !== "line_rate" && step.name !== "line_format") continue;
      await this.native.wait(SETTLE_MS);
      const changed = step.name === "line_rate" ? { rate: step.value } : { format: step.value };
      await this.reopen({ ...this.speed, ...changed });
    }
  }

  private async reopen(speed: Speed): Promise<void> {
    this.speed = speed;
    const { port, master } = this.native;
    await port.close();
    this.native = new NativeMaster(await this.job.open(speed), this.retries);
    this.native.master.retry_count = master.retry_count;
  }

  private async verify(targets: Change[]): Promise<{ [key: string]: number }> {
    const values = await this.read(targets);
    const wrong = targets.filter((target) => values.get(keyOf(target)) !== target.value);
    if (wrong.length > 0) {
      throw new LineError(`read back otherwise than written: ${wrong.map(keyOf).join(", ")}`);
    }
    return Object.fromEntries(values);
  }
}
