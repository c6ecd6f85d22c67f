/** An office for the tests of `meter39 card`: a folder with key set and store, and the command line in
 *  a process of its own. Codes and layouts are made here a second time, from the SPECs. */

import { cmac } from "@noble/ciphers/aes.js";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

export const BOX = "2025112101";
const COMMAND = ["--import", "tsx", "tools/meter39.ts"];

export interface Run {
  code: number | null;
  out: string;
  err: string;
}

/** Little-endian fields of return data and records. */
export interface Fields {
  sequence?: number;
  remaining?: number;
  consumed?: number;
  number: number;
  state?: number;
  result?: number;
}

export class Office {
  readonly folder = mkdtempSync(join(tmpdir(), "meter39-card-"));
  readonly keys = join(this.folder, "office.keys");
  readonly store = join(this.folder, "store");
  readonly desk = ["--keys", this.keys, "--store", this.store];

  constructor() {
    after(() => rmSync(this.folder, { recursive: true }));
    assert.equal(this.run("card", "keys", "new", this.keys).code, 0);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  run(...args: string[]): Run {
    return this.runWith({}, ...args);
  }

  /** Runs the command with other environment variables. */
  runWith(env: Record<string, string>, ...args: string[]): Run {
    const options = { encoding: "utf8" as const, env: { ...process.env, ...env } };
    const { status, stdout, stderr } = spawnSync(process.execPath, [...COMMAND, ...args], options);
    this.checkSecrets(stdout + stderr);
    return { code: status, out: stdout, err: stderr };
  }

  /** Starts the command without waiting for it. */
  start(...args: string[]): Promise<Run> {
    const child = spawn(process.execPath, [...COMMAND, ...args]);
    const run = { code: null as number | null, out: "", err: "" };
    child.stdout.on("data", (text) => (run.out += text));
    child.stderr.on("data", (text) => (run.err += text));
    return new Promise((done) => child.on("close", (code) => done({ ...run, code })));
  }

  saleArgs(command: string, household: number, amount: string, card: string): string[] {
    const what = ["--household", String(household), "--amount", amount, "--card", this.file(card)];
    return ["card", command, ...this.desk, "--box", BOX, ...what];
  }

  /** Sells; fails the test unless it goes well. Returns what was printed. */
  sell(household: number, amount: string, card: string, ...more: string[]): string {
    const { code, out, err } = this.run(
      ...this.saleArgs("issue", household, amount, card),
      ...more,
    );
    assert.equal(code, 0, err);
    return out;
  }

  /** Expects exit 2, this message, and that no file of the office has changed. */
  refused(message: RegExp, ...args: string[]): void {
    const { code, err } = this.run(...args);
    assert.equal(code, 2, err);
    assert.match(err, message);
  }

  dump(card: string): Uint8Array {
    return new Uint8Array(readFileSync(this.file(card)));
  }

  write(card: string, dump: Uint8Array): void {
    writeFileSync(this.file(card), dump);
  }

  get master(): Uint8Array {
    const [, hex] = /^master ([0-9a-f]{32})$/m.exec(readFileSync(this.keys, "utf8"))!;
    return Uint8Array.from(Buffer.from(hex!, "hex"));
  }

  get boxKey(): Uint8Array {
    return cmac(Uint8Array.from(Buffer.from(BOX, "hex")), this.master);
  }

  /** Writes a return slot (0, 1) as a box does after a presentation. */
  putReturn(card: string, slot: number, household: number, fields: Fields): void {
    const dump = this.dump(card);
    const bytes = new Uint8Array(48);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, fields.sequence ?? 1, true);
    view.setInt32(4, fields.remaining ?? 0, true);
    view.setUint32(8, fields.consumed ?? 0, true);
    view.setUint32(12, fields.number, true);
    bytes[16] = fields.state ?? 0;
    view.setInt8(17, fields.result ?? 0);
    view.setUint16(18, 3, true);
    view.setUint32(20, 86_400, true);
    view.setUint16(24, 2, true);
    bytes.set(Buffer.from(BOX, "hex"), 32);
    bytes[37] = household;
    const coded = Uint8Array.of(...bytes.subarray(0, 40), ...dump.subarray(0, 4));
    bytes.set(cmac(coded, this.boxKey).subarray(0, 8), 40);
    dump.set(bytes, (3 + slot) * 64);
    this.write(card, dump);
  }

  private checkSecrets(text: string): void {
    let secret: string;
    try {
      secret = Buffer.from(this.master).toString("hex");
    } catch {
      return; // no key set yet
    }
    const box_secret = Buffer.from(this.boxKey).toString("hex");
    assert.ok(!text.toLowerCase().includes(secret), "the master key was printed");
    assert.ok(!text.toLowerCase().includes(box_secret), "a box key was printed");
  }
}

/** Block `block` of sector `sector` of a dump. */
export function blockOf(dump: Uint8Array, sector: number, block: number): Uint8Array {
  return dump.slice(sector * 64 + block * 16, sector * 64 + block * 16 + 16);
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Number and flags of the message in a purchase slot: "3 0". */
export function slotOf(dump: Uint8Array, sector: number): string {
  const bytes = Buffer.from(blockOf(dump, sector, 0));
  return `${bytes.readUInt32BE(7)} ${bytes[15]}`;
}
