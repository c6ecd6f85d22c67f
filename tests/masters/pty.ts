/** A virtual box on a pty, in real time, for masters that know nothing of us. Everything that passes is
 *  recorded. A pty has no bit timing: what the line says about silences is tested elsewhere. Keeps one
 *  slave descriptor open, so that a master may come and go. */

import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Box } from "../../boards/virtual/box.ts";

const START_LIMIT_MS = 5_000;
const STEP_MS = 1;
/** A computer that was busy for longer is not caught up with. */
const CATCH_UP_MS = 2_000;
/** Longer silences of the box's time separate the frames of one talker. */
const FRAME_GAP_MS = 10;
const ANSWER_GAP_MS = 4;
const MASTER_LIMIT_MS = 30_000;

export interface Recorded {
  from: "master" | "box";
  bytes: Buffer;
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** What a pty needs of a box. */
export type Slave = Pick<Box, "line" | "now_ms" | "runMs">;

/** Runs a program to its end. */
export function run(command: string, args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: MASTER_LIMIT_MS }, (error, stdout, stderr) => {
      const code = error ? error.code : 0;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error ?? new Error(command));
    });
  });
}

export class Pty {
  readonly recorded: Recorded[] = [];
  private last_ms = performance.now();
  private heard_ms = 0;
  private answer: Buffer[] = [];
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly box: Slave,
    private readonly socat: ChildProcessWithoutNullStreams,
    private readonly folder: string,
    /** What a master opens. */
    readonly path: string,
    private readonly kept_open: number,
  ) {
    box.line.receive();
    socat.stdout.on("data", (bytes: Buffer) => this.sent(bytes));
    socat.stdin.on("error", () => undefined); // it ends when this does
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  static async open(box: Slave): Promise<Pty> {
    const folder = mkdtempSync(join(tmpdir(), "meter39-pty-"));
    const path = join(folder, "line");
    const socat = spawn("socat", ["STDIO", `PTY,raw,echo=0,link=${path}`]);
    const started_ms = performance.now();
    while (!existsSync(path)) {
      if (performance.now() - started_ms > START_LIMIT_MS) throw new Error("socat made no pty");
      await sleep(5);
    }
    const kept_open = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
    return new Pty(box, socat, folder, path, kept_open);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    closeSync(this.kept_open);
    const ended = new Promise((resolve) => this.socat.once("close", resolve));
    this.socat.kill();
    await ended;
    rmSync(this.folder, { recursive: true });
  }

  /** Frames recorded since the last call. */
  take(): Recorded[] {
    return this.recorded.splice(0);
  }

  private sent(bytes: Buffer): void {
    this.record("master", bytes);
    this.box.line.send(bytes);
  }

  private step(): void {
    const due_ms = Math.floor(performance.now() - this.last_ms);
    this.last_ms += due_ms;
    for (let ms = 0; ms < Math.min(due_ms, CATCH_UP_MS); ms++) {
      this.box.runMs(1);
      this.handOver(Buffer.from(this.box.line.receive()));
    }
  }

  /** An answer goes to the master in one piece when it is over, as from a USB adapter: a busy computer
   *  would make pauses in it that some masters take for its end. */
  private handOver(bytes: Buffer): void {
    if (bytes.length > 0) {
      this.record("box", bytes);
      this.answer.push(bytes);
    } else if (this.answer.length > 0 && this.box.now_ms - this.heard_ms >= ANSWER_GAP_MS) {
      this.socat.stdin.write(Buffer.concat(this.answer.splice(0)));
    }
  }

  private record(from: Recorded["from"], bytes: Buffer): void {
    const silent_ms = this.box.now_ms - this.heard_ms;
    this.heard_ms = this.box.now_ms;
    const last = this.recorded.at(-1);
    if (last?.from === from && silent_ms < FRAME_GAP_MS) {
      last.bytes = Buffer.concat([last.bytes, bytes]);
    } else {
      this.recorded.push({ from, bytes });
    }
  }
}
