/** Carries out the steps of a scenario on a simulation (its stage), and judges its expectations: all fields of an
 *  expect must hold at one moment not later than `within` seconds after its time. */

import type { Box } from "../../boards/virtual/box.ts";
import { SWITCH_STEP_MIN } from "../office/message.ts";
import type { BooksReader, BoxEvent } from "./books.ts";
import type { CardOrder, HeldCard } from "./cabinet.ts";
import type { Reading } from "./frames.ts";
import type { Household } from "./layout.ts";
import type { Office } from "./office.ts";
import { EVENTS, resultName, STATES, SWITCHES } from "./office-codes.ts";
import type { Told } from "./presentations.ts";
import type { Sales } from "./sales.ts";
import { NO_CARD, type Step, type StepOf } from "./scenario.ts";

const DEFAULT_WITHIN_S = 2;
const DEFAULT_HOLD_S = 2;
const RETRY_S = 0.2; // between two looks at an expectation that does not hold yet
const PHASES = { A: 0, B: 1, C: 2 } as const;

/** What a script acts on. Channels and households 1..39. */
export interface Stage {
  readonly box: Box;
  readonly office: Office;
  readonly sales: Sales;
  readonly reader: BooksReader;
  readonly layout: Household[];
  /** Seconds since the start of the run. */
  readonly now_s: number;
  /** Units of 1 kWh, or of 1 currency in money mode. */
  readonly units_per_whole: number;
  /** When the run ends. */
  end_s: number;
  say(text: string): void;
  /** The books of a household as the office gets them; null when the box did not answer. */
  read(household: number, done: (reading: Reading | null) => void): void;
  overrideLoad(channel: number, watts: number): void;
  overrideHousehold(household: number, watts: number): void;
  plug(is_in: boolean): void;
  cutPower(for_s: number): void;
  cutOnCoil(count: number, for_s: number): void;
  cutAfterBytes(byte_count: number, for_s: number): void;
}

/** A step that concerns power, office or cards. */
type Deed = Extract<
  Step,
  { action: "power_cut" | "credit" | "swipe" | "setting" | "switch" | "make_card" | "card" }
>;

interface Expectation {
  step: StepOf<"expect">;
  until_s: number;
  next_s: number;
  is_reading: boolean;
}

export class Script {
  /** Expectations that did not hold: line, fields and what was found instead. */
  readonly failures: string[] = [];
  passed = 0;

  private next_index = 0;
  private expectations: Expectation[] = [];
  private plug_waiting: StepOf<"plug"> | null = null;
  private last_result: number | null = null;
  private events_from = 0;

  constructor(
    private readonly stage: Stage,
    private readonly steps: Step[],
  ) {}

  /** Runs what is due at the simulation's present time. */
  due(): void {
    const { now_s } = this.stage;
    while (this.next_index < this.steps.length && this.steps[this.next_index].at_s <= now_s) {
      this.act(this.steps[this.next_index++]);
    }
    if (this.plug_waiting !== null) this.plugWhenShown(this.plug_waiting);
    for (const expectation of this.expectations) {
      if (now_s >= expectation.next_s && !expectation.is_reading) this.look(expectation);
    }
  }

  /** At the end of the run: what has not been found by now, or was never reached, fails. */
  finish(): void {
    for (const { step } of this.expectations) this.fail(step, "the run ended before");
    for (const step of this.steps.slice(this.next_index)) {
      if (step.action === "expect") this.fail(step, "the run ended before");
    }
    this.expectations = [];
  }

  private act(step: Step): void {
    const { stage } = this;
    const { box } = stage;
    if (step.action !== "expect" && step.action !== "start") {
      stage.say(`scenario: ${describe(step)}`);
    }
    switch (step.action) {
      case "start":
        this.events_from = stage.reader.eventNext();
        return;
      case "end":
        stage.end_s = stage.now_s;
        return;
      case "load":
        if (step.channel !== undefined) stage.overrideLoad(step.channel, step.watts);
        else stage.overrideHousehold(step.household!, step.watts);
        return;
      case "phase":
        box.setPhase(PHASES[step.phase], step.present);
        return;
      case "plug":
        if (step.household === undefined) stage.plug(step.in);
        else this.plug_waiting = step;
        return;
      case "relay_stuck":
        box.relayStick(step.channel, step.stuck);
        return;
      case "clock":
        box.setClock(step.set === undefined ? null : new Date(`${step.set.replace(" ", "T")}Z`));
        return;
      case "reset":
        box.resetMcu(step.mcu);
        return;
      case "service_switch":
        box.serviceSwitch(step.closed);
        return;
      case "expect":
        this.expect(step);
        return;
      default:
        this.actOnBooks(step);
    }
  }

  private plugWhenShown(step: StepOf<"plug">): void {
    const { upper } = this.stage.box.tubes();
    if (upper !== String(step.household).padStart(4, "0")) return;
    this.plug_waiting = null;
    this.stage.plug(step.in);
  }

  private actOnBooks(step: Deed): void {
    const { stage } = this;
    if (step.action === "make_card") {
      stage.sales.cabinet.make(step.name, orderOf(step));
      return;
    }
    if (step.action === "card") {
      this.card(step);
      return;
    }
    if (step.action === "power_cut") {
      if (step.on_coil !== undefined) stage.cutOnCoil(step.on_coil, step.for);
      else if (step.after_bytes !== undefined) {
        stage.cutAfterBytes(step.after_bytes, step.for);
      } else stage.cutPower(step.for);
      return;
    }
    const done = this.resultTaker(step);
    if (step.action === "credit") {
      const { number, code, box, source, household } = step;
      const options = { number, wrong_code: code === "wrong", wrong_box: box === "wrong" };
      const amount = Math.round(step.amount * 100);
      if (source === "card") stage.sales.sellOnCard(household, amount, options, done);
      else stage.sales.sellByLine(household, amount, options, done);
    } else if (step.action === "swipe") stage.sales.showAgain(step.household, done);
    else if (step.action === "switch") {
      const duration = (step.minutes ?? 0) / SWITCH_STEP_MIN;
      stage.office.switchSupply(step.household, SWITCHES[step.command], duration, done);
    } else stage.office.set(step.name, step.index ?? 0, step.value, done);
  }

  /** Forgets the last result, and takes that of this step. */
  private resultTaker(step: Step): Told {
    this.last_result = null;
    return (result) => {
      this.last_result = result;
      const text = result === null ? "no result" : resultName(result);
      this.stage.say(`scenario: ${describe(step)}: ${text}`);
    };
  }

  private card(step: StepOf<"card">): void {
    const { presentations } = this.stage.sales;
    if (step.file === NO_CARD) {
      presentations.takeAway();
      return;
    }
    const done = this.resultTaker(step);
    const held = this.heldCard(step);
    if (held === undefined) done(null);
    else presentations.show(held, Math.round((step.for ?? DEFAULT_HOLD_S) * 1000), done);
  }

  private heldCard(step: StepOf<"card">): HeldCard | undefined {
    const { cabinet } = this.stage.sales;
    if (step.household !== undefined) return cabinet.household(step.household);
    if (step.made !== undefined) return cabinet.named(step.made);
    return cabinet.file(step.file!, `line ${step.line}, field file`);
  }

  private expect(step: StepOf<"expect">): void {
    const { now_s } = this.stage;
    const until_s = now_s + (step.within ?? DEFAULT_WITHIN_S);
    this.expectations.push({ step, until_s, next_s: now_s, is_reading: false });
  }

  private look(expectation: Expectation): void {
    const { household, state, remaining, power } = expectation.step;
    const needs_reading = [state, remaining, power].some((field) => field !== undefined);
    if (!needs_reading || household === undefined) {
      this.judge(expectation, null);
      return;
    }
    expectation.is_reading = true;
    this.stage.read(household, (reading) => {
      expectation.is_reading = false;
      this.judge(expectation, reading);
    });
  }

  private judge(expectation: Expectation, reading: Reading | null): void {
    const { step, until_s } = expectation;
    const found = this.differences(step, reading);
    const { now_s } = this.stage;
    expectation.next_s = now_s + RETRY_S;
    if (found.length > 0 && now_s < until_s) return;
    this.expectations = this.expectations.filter((other) => other !== expectation);
    if (found.length === 0) this.passed++;
    else this.fail(step, found.join(", "));
  }

  private fail(step: Step, found: string): void {
    const text = `line ${step.line}: ${describe(step)}: ${found}`;
    this.failures.push(text);
    this.stage.say(text);
  }

  /** What is not as expected, in words; empty when all holds. */
  private differences(step: StepOf<"expect">, reading: Reading | null): string[] {
    const { box } = this.stage;
    const found: string[] = [];
    const check = (field: string, wanted: unknown, real: unknown): void => {
      if (wanted !== undefined && wanted !== real) found.push(`${field} is ${String(real)}`);
    };
    const { upper, lower, lamps } = box.tubes();
    check("upper", step.upper?.trim(), upper.trim());
    check("lower", step.lower?.trim(), lower.trim());
    if (step.lit !== undefined) check(step.lit, true, lamps[step.lit]);
    if (step.dark !== undefined) check(step.dark, false, lamps[step.dark]);
    const { last_result } = this;
    check("result", step.result, last_result === null ? "not there" : resultName(last_result));
    if (step.relay !== undefined) check("relay", step.relay, this.relayOf(step.household!));
    if (step.event !== undefined && !this.hasEvent(step)) found.push(`no event ${step.event}`);
    if (step.state !== undefined) {
      check("state", step.state, reading === null ? "not read" : STATES[reading.state]);
    }
    const remaining_units = reading === null ? NaN : Number(reading.remaining_units);
    const remaining = remaining_units / this.stage.units_per_whole;
    if (!isWithin(remaining, step.remaining)) found.push(`remaining is ${remaining}`);
    const power_w = reading?.power_w ?? NaN;
    if (!isWithin(power_w, step.power)) found.push(`power is ${power_w}`);
    return found;
  }

  private relayOf(household: number): string {
    const { box, layout } = this.stage;
    const channels = layout.find(({ number }) => number === household)?.channels ?? [];
    const closed = channels.filter((channel) => box.relayClosed(channel)).length;
    if (closed === 0) return "open";
    return closed === channels.length ? "closed" : `closed on ${closed} channels`;
  }

  private hasEvent(step: StepOf<"expect">): boolean {
    const kind = EVENTS[step.event!];
    const fits = (event: BoxEvent): boolean =>
      event.kind === kind && (step.household === undefined || event.household === step.household);
    return this.stage.reader.events(this.events_from).some(fits);
  }
}

function isWithin(value: number, range: number | [number, number] | undefined): boolean {
  if (range === undefined) return true;
  const [lowest, highest] = typeof range === "number" ? [range, range] : range;
  return value >= lowest && value <= highest;
}

function describe(step: Step): string {
  const fields = Object.entries(step)
    .filter(([name, value]) => !["at_s", "line", "action"].includes(name) && value !== undefined)
    .map(([name, value]) => `${name} ${String(value)}`);
  return [step.action.replace("_", " "), ...fields].join(" ");
}

function orderOf(step: StepOf<"make_card">): CardOrder {
  const { kind, household = 0, amount = 0, seconds = 0, settings = [] } = step;
  if (kind === "settings") return { kind, settings };
  if (kind === "test") return { kind, household, seconds };
  if (kind === "copy") return { kind, household };
  if (kind === "foreign") return { kind, household, amount: Math.round(amount * 100) };
  return { kind };
}
