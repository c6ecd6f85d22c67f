/** The command "reader-model": the models of the card reader and its cards behind standard input and
 *  output, so that a driver written elsewhere can be run against them. One line in, one line out:
 *    select | deselect      NSS falls, rises -> ok
 *    transfer HEX           bytes over SPI at 4 MHz -> the bytes received, HEX
 *    reset 0|1              level of NRSTPD; 1 at the start -> ok
 *    wait MICROSECONDS      lets time pass -> ok
 *    card FILE.mfd          puts the card of this dump in place of the one before -> ok
 *    card none              takes it away -> ok
 *  Time passes only in wait and transfer. What a driver writes on a card goes to its file at once. */

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Random } from "../boards/virtual/random.ts";
import { ClassicCard, Reader } from "../boards/virtual/reader.ts";
import { InputError } from "./simulate/errors.ts";

/** 8 bits at 4 MHz. */
const BYTE_US = 2;
/** The chip has had its power for so long when the first line comes. */
const START_US = 1_000_000;
const WAIT_LIMIT_US = 1e12;

/** A reader on a desk, with a clock that the lines move. */
export class ReaderModel {
  private now_us = 0;
  private readonly reader: Reader;
  private card: { file: string; model: ClassicCard; saved_writes: number } | null = null;

  constructor(seed: number) {
    this.reader = new Reader(() => this.now_us, new Random(seed));
    this.reader.powerOn();
    this.reader.setReset(1);
    this.now_us = START_US;
  }

  /** Carries out one line and returns its answer; throws InputError. */
  answer(line: string): string {
    const answer = this.perform(line);
    this.save();
    return answer;
  }

  /** Takes the card away. */
  removeCard(): void {
    this.reader.remove();
    this.save(); // a write may just have been torn
    this.card = null;
  }

  private perform(line: string): string {
    const [command, ...rest] = line.split(" ");
    const argument = rest.length > 0 ? rest.join(" ") : undefined;
    if (argument === undefined && command === "select") this.reader.chip.select();
    else if (argument === undefined && command === "deselect") this.reader.chip.deselect();
    else if (argument === undefined) throw new InputError(`unknown line "${line}"`);
    else if (command === "transfer") return this.transfer(argument);
    else if (command === "reset") this.reset(argument);
    else if (command === "wait") this.wait(argument);
    else if (command === "card") this.change(argument);
    else throw new InputError(`unknown line "${line}"`);
    return "ok";
  }

  private save(): void {
    const { card } = this;
    if (card === null || card.model.writes === card.saved_writes) return;
    card.saved_writes = card.model.writes;
    writeBack(card.file, card.model.dump());
  }

  private transfer(hex: string): string {
    if (!/^([0-9a-f]{2})+$/i.test(hex)) {
      throw new InputError(`transfer: whole bytes in hexadecimal are needed, not "${hex}"`);
    }
    const bytes = Buffer.from(hex, "hex");
    for (let i = 0; i < bytes.length; i++) {
      this.now_us += BYTE_US;
      bytes[i] = this.reader.chip.exchange(bytes[i], this.now_us);
    }
    return bytes.toString("hex");
  }

  private reset(level: string): void {
    if (level !== "0" && level !== "1") throw new InputError(`reset: 0 or 1, not "${level}"`);
    this.reader.setReset(Number(level));
  }

  private wait(us: string): void {
    if (!/^\d+$/.test(us) || Number(us) > WAIT_LIMIT_US) {
      throw new InputError(`wait: microseconds 0..${WAIT_LIMIT_US}, not "${us}"`);
    }
    this.now_us += Number(us);
    this.reader.field.sync();
  }

  private change(file: string): void {
    const contents = file === "none" ? null : readCard(file);
    this.removeCard();
    if (contents === null) return;
    const model = ClassicCard.fromDump(readCard(file)); // again: it may just have been torn
    this.card = { file, model, saved_writes: 0 };
    this.reader.present(model);
  }
}

function readCard(file: string): Uint8Array {
  let contents: Uint8Array;
  try {
    contents = readFileSync(file);
  } catch (error) {
    throw new InputError(`card: cannot read ${file}: ${(error as Error).message}`);
  }
  if (contents.length !== 1024 && contents.length !== 4096) {
    throw new InputError(`card: ${file} has ${contents.length} bytes, a dump has 1024 or 4096`);
  }
  return contents;
}

/** A half-written dump never replaces a good one. */
function writeBack(file: string, dump: Uint8Array): void {
  const fresh = `${file}.new`;
  try {
    writeFileSync(fresh, dump, { mode: statSync(file).mode });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new InputError(`card: cannot write ${file}: ${(error as Error).message}`);
  }
}

/** Runs the command until its input ends; throws InputError at the first line that is wrong. */
export async function readerModel(seed: number): Promise<void> {
  const model = new ReaderModel(seed);
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  process.stdout.on("error", () => lines.close()); // the driver is gone
  try {
    for await (const line of lines) process.stdout.write(`${model.answer(line)}\n`);
  } finally {
    model.removeCard();
  }
}
