/** A street for the tests of `meter39`'s line commands: virtual boxes on one simulated line, and the
 *  commands of the office run in this process on that line, in its time. */

import { Command, CommanderError } from "commander";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { Fleet } from "../../boards/virtual/fleet.ts";
import type { LineHost } from "../../boards/virtual/line.ts";
import { makeKeyFile, readKeyFile } from "../../tools/card/key-file.ts";
import { saveBoxes } from "../../tools/line/boxes.ts";
import { addLineCommands } from "../../tools/line/command.ts";
import { FleetPort } from "../../tools/line/port.ts";
import type { World } from "../../tools/line/session.ts";
import { bcd, boxKey, KIND_PROVISION, makeFrame } from "../../tools/simulate/frames.ts";
import { InputError } from "../../tools/simulate/errors.ts";

const START_MS = 3000; // a box answers on the line by then
const EPOCH_MS = Date.UTC(2026, 0, 1, 12);

export interface Run {
  code: number;
  out: string;
  err: string;
}

export class Street {
  readonly folder = mkdtempSync(join(tmpdir(), "meter39-line-"));
  readonly keys = join(this.folder, "office.keys");
  readonly store = join(this.folder, "store");
  readonly signed = ["--keys", this.keys, "--store", this.store];
  readonly fleet: Fleet;
  readonly host: LineHost;
  readonly master_key: Uint8Array;

  /** Boxes with these numbers, provisioned under the office's keys, their clocks at noon. */
  constructor(readonly numbers: string[]) {
    after(() => rmSync(this.folder, { recursive: true }));
    makeKeyFile(this.keys);
    this.master_key = readKeyFile(this.keys).master_key;
    this.fleet = new Fleet({ count: numbers.length, seed: 7 });
    for (const box of this.fleet.boxes) box.setClock(new Date(EPOCH_MS));
    this.fleet.powerOn();
    this.host = this.fleet.line.host("office");
    this.fleet.runMs(START_MS);
    numbers.forEach((number, i) => this.provision(number, i));
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Writes the boxes of this street as scan does; all have Modbus address 1. */
  save(name: string): void {
    saveBoxes(
      this.file(name),
      this.numbers.map((number) => ({ number, address: 1 })),
    );
  }

  /** Local time of this street, as if it were UTC. */
  nowMs(): number {
    return EPOCH_MS + this.fleet.now_ms;
  }

  /** The same on the office's computer. */
  now(): Date {
    const local = new Date(this.nowMs());
    const [y, mo, d] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
    return new Date(y, mo, d, local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds());
  }

  /** Runs `meter39 ARGS --line ...` to its end. */
  async run(...args: string[]): Promise<Run> {
    const run: Run = { code: 0, out: "", err: "" };
    const world: World = {
      open: () => Promise.resolve(new FleetPort(this.host, this.fleet)),
      now: () => this.now(),
      print: (text) => void (run.out += `${text}\n`),
      complain: (text) => void (run.err += `${text}\n`),
    };
    const program = new Command("meter39").exitOverride();
    program.configureOutput({
      writeErr: (text) => void (run.err += text),
      writeOut: () => undefined,
    });
    addLineCommands(program, (code) => (run.code = code), world);
    for (const command of program.commands) this.quiet(command, run);
    try {
      await program.parseAsync([...args, "--line", "tcp:simulated:1"], { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError) && !(error instanceof InputError)) throw error;
      run.code = 2;
      run.err += `${error.message}\n`;
    }
    return run;
  }

  private quiet(command: Command, run: Run): void {
    command.exitOverride();
    command.configureOutput({
      writeErr: (text) => void (run.err += text),
      writeOut: () => undefined,
    });
    for (const child of command.commands) this.quiet(child, run);
  }

  /** With a host of its own on a line where only this box is powered. */
  private provision(number: string, index: number): void {
    const others = this.fleet.boxes.filter((_, i) => i !== index);
    for (const box of others) box.powerOff();
    this.fleet.boxes[index]!.powerOn();
    this.fleet.runMs(START_MS);
    const payload = Uint8Array.of(...bcd(number), ...boxKey(this.master_key, number));
    this.host.send(makeFrame(1, KIND_PROVISION, payload));
    this.fleet.runMs(200);
    this.host.receive();
    for (const box of others) box.powerOn();
    this.fleet.runMs(START_MS);
  }
}
