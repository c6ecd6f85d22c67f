/** A factory for the tests of `meter39 provision` and `meter39 selftest`: one virtual box, alone on its
 *  line, and the commands run in this process in its time. */

import { Command, CommanderError } from "commander";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { Box, type BoxOptions } from "../../boards/virtual/box.ts";
import { makeKeyFile } from "../../tools/card/key-file.ts";
import { addFactoryCommands, type FactoryWorld } from "../../tools/factory/command.ts";
import type { Jig } from "../../tools/factory/jig.ts";
import { NativeMaster } from "../../tools/factory/native.ts";
import { selfTest, type SelfTestOptions } from "../../tools/factory/selftest.ts";
import { Record, type Verdict } from "../../tools/factory/verdict.ts";
import { virtualJig } from "../../tools/factory/virtual.ts";
import { FleetPort, type LinePlace, type LinePort } from "../../tools/line/port.ts";
import { LineError } from "../../tools/line/errors.ts";
import { InputError } from "../../tools/simulate/errors.ts";

export const START_MS = 6000; // all relays are driven, voltages are known
const EPOCH_MS = Date.UTC(2026, 0, 1, 12);

/** Load and times of the tests on virtual boxes. */
export const LOAD_W = 20_000;
export const TESTING: SelfTestOptions = {
  ...{ load_w: LOAD_W, constant: 1600 },
  ...{ reader: true, new_clock: false },
};

/** What the self-test finds in a box, by test. */
export async function tested(box: Box, jig: Jig, options = TESTING): Promise<Map<string, Verdict>> {
  const record = new Record(() => undefined);
  await selfTest(new NativeMaster(new FleetPort(box.line, box)), jig, record, options);
  return new Map(record.verdicts.map((verdict) => [verdict.test, verdict]));
}

/** Names of the tests that failed. */
export function failed(verdicts: Iterable<Verdict>): string[] {
  return [...verdicts].filter(({ result }) => result === "fail").map(({ test }) => test);
}

export type Technician = (question: string) => Promise<boolean>;

const LAMPS = ["phase A", "phase B", "phase C", "alarm", "line", "card"];
const TUBE_COUNT = 10;

/** A technician at a virtual box: does what is asked, and says what is to be seen. */
export function technicianAt(box: Box): Technician {
  const hands = virtualJig(box, LOAD_W);
  return async (question) => {
    if (/load on/.test(question)) return hands.load("forward");
    if (/direction round/.test(question)) return hands.load("reverse");
    if (/load off/.test(question)) return hands.load("none");
    const pin = /socket pin ([17]) give/.exec(question);
    if (pin !== null) return hands.pulsed(Number(pin[1]) as 1 | 7);
    if (/\b(lit|dark)\b/.test(question)) {
      const lamp = LAMPS.findIndex((name) => question.includes(`"${name}"`));
      const segments = new Uint8Array(TUBE_COUNT + 1);
      segments.fill(/wholly lit/.test(question) ? 0xff : 0, 0, TUBE_COUNT);
      segments[TUBE_COUNT] = lamp < 0 ? 0 : 1 << lamp;
      return hands.shows({ segments, question });
    }
    if (/service switch/.test(question)) await hands.serviceSwitch(/^Close/.test(question));
    else await hands.short(/^Short/.test(question));
    return true;
  };
}

export interface Run {
  code: number;
  out: string;
  err: string;
}

/** Silences commander in tests. */
function quiet(command: Command, run: Run): void {
  command.exitOverride();
  command.configureOutput({
    writeErr: (text) => void (run.err += text),
    writeOut: () => undefined,
  });
  for (const child of command.commands) quiet(child, run);
}

export class Factory {
  readonly folder = mkdtempSync(join(tmpdir(), "meter39-factory-"));
  readonly keys = join(this.folder, "office.keys");
  readonly reports = join(this.folder, "reports");
  readonly office = ["--keys", this.keys, "--store", join(this.folder, "store")];
  /** Places that were opened. */
  readonly opened: LinePlace[] = [];
  box!: Box;
  /** The technician; says yes to everything. */
  ask: Technician = () => Promise.resolve(true);
  /** The line breaks when so many more frames have been sent. */
  breaks_after = Infinity;

  /** `make` makes the boxes: in V8, or with emulated chips. */
  constructor(private readonly make = (options: BoxOptions): Box => new Box(options)) {
    after(() => rmSync(this.folder, { recursive: true }));
    makeKeyFile(this.keys);
  }

  /** Puts a box on the bench and switches it on. */
  place(options: BoxOptions = {}, prepare: (box: Box) => void = () => undefined): Box {
    this.box = this.make({ clock: new Date(EPOCH_MS), ...options });
    prepare(this.box);
    this.box.powerOn();
    this.box.runMs(START_MS);
    return this.box;
  }

  /** Switches the box off and on. */
  restart(): void {
    this.box.powerOff();
    this.box.runMs(1000);
    this.box.powerOn();
    this.box.runMs(START_MS);
  }

  native(): NativeMaster {
    return new NativeMaster(new FleetPort(this.box.line, this.box));
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** A report, or null; what it must never hold is looked for. */
  report<T>(name: string, kind: "provision" | "selftest"): T | null {
    const file = join(this.reports, `${name}.${kind}.json`);
    if (!existsSync(file)) return null;
    const text = readFileSync(file, "utf8");
    const master = /master ([0-9a-f]+)/.exec(readFileSync(this.keys, "utf8"))![1]!;
    if (text.toLowerCase().includes(master)) throw new Error("the report holds the master key");
    return JSON.parse(text) as T;
  }

  private port(): LinePort {
    const port = new FleetPort(this.box.line, this.box);
    const write = port.write.bind(port);
    port.write = (bytes) => {
      if (this.breaks_after-- <= 0) throw new LineError("the line was pulled out");
      return write(bytes);
    };
    return port;
  }

  private now(): Date {
    const local = new Date(EPOCH_MS + this.box.now_ms);
    const [y, mo, d] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
    return new Date(y, mo, d, local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds());
  }

  /** Runs `meter39 ARGS` to its end. */
  async run(...args: string[]): Promise<Run> {
    const run: Run = { code: 0, out: "", err: "" };
    const world: FactoryWorld = {
      open: (place) => {
        this.opened.push(place);
        return Promise.resolve(this.port());
      },
      now: () => this.now(),
      print: (text) => void (run.out += `${text}\n`),
      complain: (text) => void (run.err += `${text}\n`),
      ask: (question) => this.ask(question),
    };
    const program = new Command("meter39");
    addFactoryCommands(program, (code) => (run.code = code), world);
    quiet(program, run);
    try {
      await program.parseAsync([...args, "--report", this.reports], { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError) && !(error instanceof InputError)) throw error;
      run.code = 2;
      run.err += `${error.message}\n`;
    }
    return run;
  }
}

/** The simulated line by its option. */
export const ON_LINE = ["--line", "tcp:simulated:1"];

/** Password of level 4 of the series. */
export const PASSWORD = "314159";
/** A series that changes something of every kind. */
export const SERIES = `
series: "2026-A"
layout: "1:1,2,3 4:4,5,6 10:10 11:11"
constant: 1600
constants: { 10: 3200 }
phases: ${"ABC".repeat(13)}
settings:
  sales_unit: 12
  account_mode: 1
  price: 5200
  alarm_level: 300      # below the start value of the trip level
  trip_level: 200
  trip_level:10: 100
  close_spread: 2
  modbus_address: 17
passwords: { level_4: "${PASSWORD}" }
`;
