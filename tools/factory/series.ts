/** Reads what all boxes of a series have in common: a YAML file of constants, phases, layout, settings
 *  and passwords, or options in its place. An error names line and field. */

import { readFileSync } from "node:fs";
import { isMap, isScalar, LineCounter, parseDocument, type Node, type YAMLMap } from "yaml";
import { z } from "zod";
import { InputError } from "../simulate/errors.ts";
import { CHANNEL_COUNT, parseLayout } from "../simulate/layout.ts";
import { SETTINGS } from "../simulate/office-codes.ts";

const START_CONSTANT = 1600;
const CONSTANT_SETTING = SETTINGS.constant;
const PHASES_FORM = /^[ABC]{39}$/;
const IN_TURN = "ABC".repeat(CHANNEL_COUNT / 3);
/** Set in other ways than by name. */
const NOT_BY_NAME = ["clock", "password_2", "password_4", "layout", "constant", "phase"];

const constant = z.int().min(CONSTANT_SETTING.lowest).max(CONSTANT_SETTING.highest);
const password = z.string().regex(/^\d{6}$/, "must be six digits in quotation marks");

const FIELDS = z.strictObject({
  series: z.string().min(1).max(40).optional(),
  /** single, three, mixed, or like "1:1,2,3 4:4". */
  layout: z.string().optional(),
  /** imp/kWh of all channels. */
  constant: constant.optional(),
  /** By channel where it is another one. */
  constants: z.record(z.string(), constant).optional(),
  /** 39 letters, spaces do not count. */
  phases: z.string().optional(),
  /** As for: meter39 set; of households without a number: for all of them. */
  settings: z.record(z.string(), z.int().min(0).max(0xffff_ffff)).optional(),
  passwords: z
    .strictObject({ level_2: password.optional(), level_4: password.optional() })
    .optional(),
});

export interface Series {
  series: string;
  layout: string;
  constant: number;
  /** By channel. */
  constants: Map<number, number>;
  /** 39 letters A, B, C. */
  phases: string;
  /** By "name" or "name:7". */
  settings: Map<string, number>;
  password_2?: string;
  password_4?: string;
}

export function standardSeries(): Series {
  return {
    ...{ series: "", layout: "single", constant: START_CONSTANT, phases: IN_TURN },
    ...{ constants: new Map(), settings: new Map() },
  };
}

/** Phase 0..2 of channel 1..39. */
export function phaseOf(series: Series, channel: number): number {
  return series.phases.charCodeAt(channel - 1) - "A".charCodeAt(0);
}

type Fail = (message: string) => never;

function checkChannel(text: string, fail: Fail): number {
  const channel = Number(text);
  if (/^\d{1,2}$/.test(text) && channel >= 1 && channel <= CHANNEL_COUNT) return channel;
  return fail(`"${text}" is no channel 1..${CHANNEL_COUNT}`);
}

/** Checks a setting of a series; `key` is its name, of one household with ":7" behind it. */
export function checkSetting(key: string, value: number, fail: Fail): void {
  const [name, index, ...rest] = key.split(":");
  if (!Object.hasOwn(SETTINGS, name) || rest.length > 0) return fail("there is no such setting");
  if (NOT_BY_NAME.includes(name)) return fail("is set in another way");
  const { scope, lowest, highest } = SETTINGS[name];
  if (index !== undefined && scope === "box")
    return fail("belongs to the box: no number behind it");
  if (index !== undefined) checkChannel(index, fail);
  if (value < lowest || value > highest) return fail(`must be ${lowest}..${highest}`);
}

/** Checks what belongs together. */
export function checkSeries(series: Series, fail: (field: string, message: string) => never): void {
  if (!PHASES_FORM.test(series.phases)) fail("phases", "must be 39 letters A, B, C");
  try {
    parseLayout(series.layout, (channel) => phaseOf(series, channel));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    fail("layout", error.message.replace(/^layout: /, ""));
  }
}

class Reader {
  private readonly lines = new LineCounter();
  private readonly map: YAMLMap;

  constructor(
    private readonly file: string,
    text: string,
  ) {
    const document = parseDocument(text, { lineCounter: this.lines });
    if (document.errors.length > 0) {
      const { pos, message } = document.errors[0];
      this.stop(this.lines.linePos(pos[0]).line, "-", message);
    }
    if (!isMap(document.contents)) this.stop(1, "-", "fields and values are needed");
    this.map = document.contents as YAMLMap;
  }

  private stop(line: number, field: string, message: string): never {
    throw new InputError(`${this.file}: line ${line}, field ${field}: ${message}`);
  }

  /** Fails at the line of a field, named by its path. */
  fail(path: (string | number)[], message: string): never {
    let map: unknown = this.map;
    let node: Node | null = this.map;
    for (const name of path) {
      if (!isMap(map)) break;
      const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
      node = (pair?.key as Node | undefined) ?? node;
      map = pair?.value;
    }
    const { line } = this.lines.linePos(node?.range?.[0] ?? 0);
    return this.stop(line, path.join(".") || "-", message);
  }

  read(): Series {
    const checked = FIELDS.safeParse(this.map.toJSON());
    if (!checked.success) {
      const [issue] = checked.error.issues;
      const path = issue.path.map(String);
      if (issue.code !== "unrecognized_keys") return this.fail(path, issue.message);
      return this.fail([...path, issue.keys[0]], "is unknown");
    }
    const { constants = {}, settings = {}, passwords = {}, ...fields } = checked.data;
    const series: Series = { ...standardSeries(), ...fields };
    series.phases = series.phases.replace(/\s/g, "");
    if (passwords.level_2 !== undefined) series.password_2 = passwords.level_2;
    if (passwords.level_4 !== undefined) series.password_4 = passwords.level_4;
    for (const [channel, value] of Object.entries(constants)) {
      const fail = (message: string): never => this.fail(["constants", channel], message);
      series.constants.set(checkChannel(channel, fail), value);
    }
    for (const [key, value] of Object.entries(settings)) {
      checkSetting(key, value, (message) => this.fail(["settings", key], message));
      series.settings.set(key, value);
    }
    checkSeries(series, (field, message) => this.fail([field], message));
    return series;
  }
}

/** Reads the text of a series; `file` is for messages. Throws InputError with line and field. */
export function parseSeries(file: string, text: string): Series {
  return new Reader(file, text).read();
}

/** Reads a series file. Throws InputError. */
export function readSeries(file: string): Series {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`--series: cannot read ${file}: ${(error as Error).message}`);
  }
  return parseSeries(file, text);
}
