/** Reads a scenario: a YAML list of steps, each with a time, one action and its fields. Checks every
 *  field and the order of times; an error names line and field. Does not carry anything out. */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from "yaml";
import { z } from "zod";
import { readDump } from "../card/dump-file.ts";
import { InputError } from "./errors.ts";
import { CHANNEL_COUNT } from "./layout.ts";
import { EVENTS, RESULT_NAMES, SETTINGS, STATES, SWITCHES } from "./office-codes.ts";

const MAXIMUM_W = 25_000; // of one channel
const household = z.int().min(1).max(CHANNEL_COUNT);
const kwh = z.number().min(0.01).max(99_999.99).multipleOf(0.01);
const duration_s = z.number().min(0.1).max(86_400);
const setting_name = z.enum(Object.keys(SETTINGS));
const remaining_kwh = z.number().min(-100_000).max(100_000);
const range = z.union([remaining_kwh, z.tuple([remaining_kwh, remaining_kwh])]);
const lamp = z.enum(["a", "b", "c", "alarm", "line", "card"]);
const SETTINGS_OF_A_CARD = 13;
/** In place of a file: the reader is cleared. */
export const NO_CARD = "none";
const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$/;

const card_setting = z.strictObject({
  name: setting_name,
  index: z.int().min(0).max(CHANNEL_COUNT).optional(),
  value: z.int().min(0).max(0xffff_ffff),
});

function isGiven(field: unknown): boolean {
  return field !== undefined;
}

const NEEDED: Record<string, string[]> = {
  settings: ["settings"],
  test: ["seconds"],
  copy: ["household"],
  foreign: ["household", "amount"],
};
const ALLOWED: Record<string, string[]> = { ...NEEDED, test: ["seconds", "household"] };

/** Each kind of card has its own fields. */
function checkOrder(order: Record<string, unknown>, context: z.RefinementCtx): void {
  const kind = String(order.kind);
  const needed = NEEDED[kind] ?? [];
  const fail = (field: string, message: string): void =>
    context.addIssue({ code: "custom", path: [field], message });
  for (const field of ["household", "amount", "seconds", "settings"]) {
    const is_given = isGiven(order[field]);
    if (needed.includes(field) && !is_given) fail(field, `is needed for a ${kind} card`);
    if (is_given && !(ALLOWED[kind] ?? []).includes(field))
      fail(field, `is not for a ${kind} card`);
  }
}

/** Fields of each action, besides `at` and `action`. Times are seconds, energies kWh. */
const ACTIONS = {
  /** What the run begins with; only as the first step. */
  start: z.strictObject({
    layout: z.string().optional(),
    constant: z.int().min(1).max(20_000).optional(),
    /** The default load, or no load but that of load steps. */
    load: z.enum(["real", "none"]).optional(),
    /** Bought by each household before the day begins, kWh: the same for all, or 0 for nothing. */
    credit: z.number().min(0).max(99_999.99).multipleOf(0.01).optional(),
    residents: z.boolean().optional(),
  }),
  credit: z.strictObject({
    household,
    amount: kwh,
    number: z.int().min(0).max(0xffff_ffff).optional(),
    code: z.enum(["good", "wrong"]).optional(),
    box: z.enum(["good", "wrong"]).optional(),
    source: z.enum(["card", "line"]).optional(),
  }),
  swipe: z.strictObject({ household }),
  /** Puts a card on the reader: of a household, of a dump file, or made by make_card. */
  card: z
    .strictObject({
      file: z.string().min(1).optional(),
      household: household.optional(),
      made: z.string().optional(),
      for: z.number().min(0.001).max(31_622_400).optional(),
    })
    .refine((step) => [step.file, step.household, step.made].filter(isGiven).length === 1, {
      path: ["file"],
      message: "exactly one of file, household and made is needed",
    })
    .refine((step) => step.file !== NO_CARD || step.for === undefined, {
      path: ["for"],
      message: "not together with file: none",
    }),
  make_card: z
    .strictObject({
      name: z.string().min(1),
      kind: z.enum(["settings", "clear", "check", "test", "copy", "foreign", "blank"]),
      /** Of test (left out: all), copy and foreign. */
      household: household.optional(),
      /** Of foreign. */
      amount: kwh.optional(),
      /** Of test. */
      seconds: z.int().min(0).max(0xffff).optional(),
      settings: z.array(card_setting).min(1).max(SETTINGS_OF_A_CARD).optional(),
    })
    .superRefine(checkOrder),
  service_switch: z.strictObject({ closed: z.boolean() }),
  load: z
    .strictObject({
      channel: household.optional(),
      household: household.optional(),
      watts: z
        .number()
        .min(-3 * MAXIMUM_W)
        .max(3 * MAXIMUM_W),
    })
    .refine((step) => step.channel === undefined || Math.abs(step.watts) <= MAXIMUM_W, {
      path: ["watts"],
      message: `a channel takes at most ${MAXIMUM_W} W`,
    })
    .refine((step) => (step.channel === undefined) !== (step.household === undefined), {
      path: ["channel"],
      message: "either channel or household is needed",
    }),
  /** At once, or while the nth coil pulse from now runs, or after n more bytes into the memory. */
  power_cut: z
    .strictObject({
      for: duration_s,
      on_coil: z.int().min(1).max(10_000).optional(),
      after_bytes: z.int().min(0).max(1_000_000).optional(),
    })
    .refine((step) => step.on_coil === undefined || step.after_bytes === undefined, {
      path: ["on_coil"],
      message: "not together with after_bytes",
    }),
  phase: z.strictObject({ phase: z.enum(["A", "B", "C"]), present: z.boolean() }),
  /** At once, or as soon as the tubes show this household. */
  plug: z.strictObject({ in: z.boolean(), household: household.optional() }),
  relay_stuck: z.strictObject({ channel: household, stuck: z.boolean() }),
  setting: z.strictObject({
    name: setting_name,
    index: z.int().min(0).max(CHANNEL_COUNT).optional(),
    value: z.int().min(0).max(0xffff_ffff),
  }),
  /** By line, signed; `minutes` of open_close and open_allow. */
  switch: z
    .strictObject({
      household,
      command: z.enum(Object.keys(SWITCHES)),
      minutes: z.int().min(5).max(1275).multipleOf(5).optional(),
    })
    .refine((step) => (step.minutes === undefined) !== step.command.startsWith("open_"), {
      path: ["minutes"],
      message: "is needed for open_close and open_allow, and for nothing else",
    }),
  clock: z
    .strictObject({ lost: z.literal(true).optional(), set: z.string().regex(ISO).optional() })
    .refine((step) => (step.lost === undefined) !== (step.set === undefined), {
      path: ["set"],
      message: "either lost: true or set is needed",
    }),
  reset: z.strictObject({ mcu: z.enum(["meter", "panel"]) }),
  /** All of it must hold at one moment not later than `within` seconds (default 2). */
  expect: z
    .strictObject({
      household: household.optional(),
      state: z.enum(STATES).optional(),
      relay: z.enum(["open", "closed"]).optional(),
      remaining: range.optional(),
      power: z.union([z.number(), z.tuple([z.number(), z.number()])]).optional(),
      result: z.enum(RESULT_NAMES).optional(),
      upper: z.string().optional(),
      lower: z.string().optional(),
      lit: lamp.optional(),
      dark: lamp.optional(),
      event: z.enum(Object.keys(EVENTS)).optional(),
      within: z.number().min(0).max(86_400).optional(),
    })
    .refine(
      ({ household: h, state, relay, remaining, power }) =>
        h !== undefined || [state, relay, remaining, power].every((field) => field === undefined),
      { path: ["household"], message: "is needed for state, relay, remaining and power" },
    ),
  /** The run ends here. */
  end: z.strictObject({}),
};

type Actions = { [A in keyof typeof ACTIONS]: z.infer<(typeof ACTIONS)[A]> };
export type StepOf<A extends keyof Actions> = Actions[A] & {
  action: A;
  at_s: number;
  line: number;
};
/** A step: `at_s` seconds after the start of the run, `line` of the file. */
export type Step = { [A in keyof Actions]: StepOf<A> }[keyof Actions];

class Reader {
  constructor(
    readonly file: string,
    readonly lines: LineCounter,
  ) {}

  lineOf(node: Node | null | undefined): number {
    return this.lines.linePos(node?.range?.[0] ?? 0).line;
  }

  fail(line: number, field: string, message: string): never {
    throw new InputError(`${this.file}: line ${line}, field ${field}: ${message}`);
  }

  /** Line of a field of the step, or of the step when it is missing. */
  fieldLine(step: YAMLMap, field: string): number {
    const pair = step.items.find(({ key }) => isScalar(key) && key.value === field);
    return this.lineOf((pair?.key as Node | undefined) ?? step);
  }

  time(step: YAMLMap): number {
    const text: unknown = step.get("at");
    const line = this.fieldLine(step, "at");
    if (text === undefined) return this.fail(line, "at", "is missing");
    const match = /^(?:(\d+)\+)?(\d\d):(\d\d):(\d\d)$/.exec(String(text));
    if (!match || Number(match[2]) > 24 || Number(match[3]) > 59 || Number(match[4]) > 59) {
      return this.fail(line, "at", `"${String(text)}" is not HH:MM:SS or DAYS+HH:MM:SS`);
    }
    const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds;
  }

  step(node: unknown): Step {
    if (!isMap(node))
      return this.fail(this.lineOf(node as Node), "at", "a step is fields and values");
    const at_s = this.time(node);
    const { action, ...fields } = node.toJSON() as Record<string, unknown>;
    delete fields.at;
    const line = this.fieldLine(node, "action");
    if (action === undefined) return this.fail(line, "action", "is missing");
    if (typeof action !== "string" || !Object.hasOwn(ACTIONS, action)) {
      const known = Object.keys(ACTIONS).join(", ");
      return this.fail(line, "action", `unknown action "${String(action)}"; there are ${known}`);
    }
    const checked = ACTIONS[action as keyof Actions].safeParse(fields);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      const unknown = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
      const field = unknown ?? String(issue.path[0] ?? "action");
      const message = unknown ? `is unknown to ${action}` : describe(issue, field in fields);
      return this.fail(this.fieldLine(node, field), field, message);
    }
    return { ...checked.data, action, at_s, line: this.lineOf(node) } as Step;
  }
}

function describe(issue: { message: string }, is_given: boolean): string {
  if (!is_given && issue.message.startsWith("Invalid input")) return "is missing";
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

/** What a setting demands of index and value depends on its name. */
function checkSetting(reader: Reader, node: YAMLMap, step: StepOf<"setting">): void {
  const { scope, lowest, highest } = SETTINGS[step.name];
  if (step.value < lowest || step.value > highest) {
    const message = `${step.name} must be ${lowest}..${highest}`;
    reader.fail(reader.fieldLine(node, "value"), "value", message);
  }
  const is_box = scope === "box";
  if (is_box !== ((step.index ?? 0) === 0)) {
    const wanted = is_box ? "must be 0 or left out" : `must be a ${scope} 1..${CHANNEL_COUNT}`;
    reader.fail(reader.fieldLine(node, "index"), "index", `${wanted} for ${step.name}`);
  }
}

/** Reads the text of a scenario; `file` is for messages. Throws InputError with line and field. */
export function parseScenario(file: string, text: string): Step[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const reader = new Reader(file, lines);
  if (document.errors.length > 0) {
    const { pos, message } = document.errors[0];
    throw new InputError(`${file}: line ${lines.linePos(pos[0]).line}, field -: ${message}`);
  }
  const list = document.contents;
  if (!isSeq(list)) return reader.fail(1, "-", "a list of steps is needed");
  let last_s = 0;
  const made = new Set<string>();
  return list.items.map((node, index) => {
    const step = reader.step(node);
    if (step.at_s < last_s) {
      const line = reader.fieldLine(node as YAMLMap, "at");
      reader.fail(line, "at", "is earlier than the step before");
    }
    last_s = step.at_s;
    if (step.action === "start" && (index > 0 || step.at_s > 0)) {
      reader.fail(step.line, "action", "start must be the first step, at 00:00:00");
    }
    if (step.action === "setting") checkSetting(reader, node as YAMLMap, step);
    if (step.action === "make_card") made.add(step.name);
    if (step.action === "card" && step.made !== undefined && !made.has(step.made)) {
      const line = reader.fieldLine(node as YAMLMap, "made");
      reader.fail(line, "made", `no step before makes a card "${step.made}"`);
    }
    return step;
  });
}

/** Reads a scenario file; its card files are beside it. Throws InputError. */
export function readScenario(file: string): Step[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`--scenario: cannot read ${file}: ${(error as Error).message}`);
  }
  return parseScenario(file, text).map((step) => {
    if (step.action !== "card" || step.file === undefined || step.file === NO_CARD) return step;
    const card_file = resolve(dirname(file), step.file);
    readDump(card_file, `${file}: line ${step.line}, field file`);
    return { ...step, file: card_file };
  });
}
