/** The command line in real time: the line open over TCP and over a real pty, several masters on it,
 *  sales and switches from outside, the end by Ctrl-C. */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { constants, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { closeSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { needSocat } from "../../scripts/need.ts";
import { readKeyFile } from "../../tools/card/key-file.ts";
import { DltTalker } from "../../tools/line/by-dlt.ts";
import { DltMaster } from "../../tools/line/dlt.ts";
import { openLine } from "../../tools/line/port.ts";
import { boxKey } from "../../tools/office/keys.ts";
import { signMessage } from "../../tools/office/message.ts";

const READY_MS = 120_000;
const PATIENCE_MS = 5000; // for an answer, while other suites use the machine too
const BOX = { number: "2025112101", address: 1 };
const OTHER = { number: "2025112102", address: 2 };

const folder = mkdtempSync(join(tmpdir(), "meter39-line-"));
const pty = join(folder, "line");
const keys = join(folder, "office.keys");

let simulator: ChildProcess;
let said = "";
let complaints = "";
let port = 0;

/** Waits until `isThere`; throws after a while. */
async function until(isThere: () => boolean, what: string, limit_ms = PATIENCE_MS): Promise<void> {
  for (let waited_ms = 0; !isThere(); waited_ms += 10) {
    if (waited_ms > limit_ms) throw new Error(`${what}: ${complaints}`);
    await sleep(10);
  }
}

before(async () => {
  needSocat();
  const options = ["--json", "--realtime", "--boxes", "2", "--layout", "1:1 4:4", "--no-residents"];
  const places = ["--line", "tcp:0", "--line", `pty:${pty}`, "--write-keys", keys];
  const command = ["--import", "tsx", "tools/meter39.ts", "simulate", ...options, ...places];
  simulator = spawn(process.execPath, command);
  simulator.stdout!.on("data", (text: Buffer) => (said += text.toString()));
  simulator.stderr!.on("data", (text: Buffer) => (complaints += text.toString()));
  await until(() => /line ready at pty/.test(complaints), "not ready", READY_MS);
  port = Number(/tcp:127\.0\.0\.1:(\d+)/.exec(complaints)![1]);
});

after(() => {
  simulator.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** A client of the line that keeps what it hears. */
async function client(): Promise<{ socket: Socket; heard(): Buffer }> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((done) => void socket.once("connect", () => done()));
  let bytes = Buffer.alloc(0);
  socket.on("data", (piece: Buffer) => (bytes = Buffer.concat([bytes, piece])));
  await sleep(50);
  return { socket, heard: () => bytes };
}

/** Modbus: read `count` holding registers of device 1, with the checksum worked out by hand below. */
const IDENTITY_REQUEST = Buffer.from("010300000001840a", "hex");
const IDENTITY_ANSWER = /0103024d39[0-9a-f]{4}/;

test("what is ready is told: boxes, addresses, keys, password, places", () => {
  assert.match(complaints, /^box 2025112101, Modbus address 1$/m);
  assert.match(complaints, /^box 2025112102, Modbus address 2$/m);
  assert.match(complaints, /^keys: .*office\.keys; password of levels 2 and 4: 123456$/m);
  assert.equal(statSync(keys).mode & 0o777, 0o600);
});

test("a pty: raw bytes both ways, also after it was closed", async () => {
  for (let round = 0; round < 2; round++) {
    const descriptor = openSync(pty, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    writeSync(descriptor, IDENTITY_REQUEST);
    let heard = "";
    const look = (): boolean => {
      const bytes = Buffer.alloc(64);
      try {
        heard += bytes.subarray(0, readSync(descriptor, bytes)).toString("hex");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      }
      return IDENTITY_ANSWER.test(heard);
    };
    await until(look, "no answer over the pty");
    closeSync(descriptor);
  }
});

test("clients share the bus: each hears the others' questions and all answers, not itself", async () => {
  const [one, other] = [await client(), await client()];
  one.socket.write(IDENTITY_REQUEST);
  await until(() => IDENTITY_ANSWER.test(one.heard().toString("hex")), "no answer");
  await until(() => other.heard().length >= 15, "not heard");
  assert.match(one.heard().toString("hex"), /^0103024d39/);
  assert.match(other.heard().toString("hex"), /^010300000001840a0103024d39/);
  one.socket.destroy();
  other.socket.destroy();
});

test("two that talk at once garble each other, and the next question is answered", async () => {
  const [one, other] = [await client(), await client()];
  one.socket.write(Buffer.concat([IDENTITY_REQUEST, Buffer.alloc(100, 0x55)]));
  other.socket.write(Buffer.alloc(100, 0xaa));
  await sleep(400);
  other.socket.destroy();
  const begun = one.heard().length;
  one.socket.write(IDENTITY_REQUEST);
  const answer = (): string => one.heard().subarray(begun).toString("hex");
  await until(() => IDENTITY_ANSWER.test(answer()), "no answer");
  one.socket.destroy();
});

test("answers come in real time: a DL/T 645 question takes as long as on a line", async () => {
  const line = await openLine({ kind: "tcp", host: "127.0.0.1", port });
  const talker = new DltTalker(new DltMaster(line, { timeout_ms: PATIENCE_MS }));
  const begin_ms = performance.now();
  const readings = await talker.bulk(OTHER);
  const taken_ms = performance.now() - begin_ms;
  assert.deepEqual(
    readings.map(({ household }) => household),
    [1, 4],
  );
  // Six questions of 20 characters, answers of 4 + 12 + 4 + 39 x 2..4, and 20 ms before each.
  const characters = 6 * (20 + 20) + 39 * (4 + 4 + 2 + 4 + 3 + 4);
  assert.ok(taken_ms > characters * 1.1458 + 6 * 20 - 100, `${taken_ms} ms`);
  await line.close();
});

test("a purchase that the office signs with the written keys; the books balance at the end", async () => {
  const { master_key } = readKeyFile(keys);
  const line = await openLine({ kind: "tcp", host: "127.0.0.1", port });
  const talker = new DltTalker(new DltMaster(line, { timeout_ms: PATIENCE_MS }));
  const number = (await talker.lastNumber(BOX, 4)) + 1;
  const message = {
    box_number: BOX.number,
    index: 4,
    kind: 1,
    number,
    amount: 2500,
    flags: 0,
  };
  const signed = signMessage(boxKey(master_key, BOX.number), message);
  const outcome = await talker.send(BOX, message, signed);
  assert.equal(outcome.number, number);
  await line.close();
});

test("Ctrl-C ends it with a summary; the pty is gone", async () => {
  const ended = new Promise<number | null>((done) => void simulator.once("exit", done));
  simulator.kill("SIGINT");
  assert.equal(await ended, 0, complaints);
  const { boxes, line_faults } = JSON.parse(said);
  assert.deepEqual(line_faults, []);
  assert.deepEqual(
    boxes.map(({ box, balanced }: { box: string; balanced: boolean }) => [box, balanced]),
    [
      [BOX.number, true],
      [OTHER.number, true],
    ],
  );
  const [one, four] = boxes[0].households;
  assert.ok(one.accepted_units > 0);
  assert.ok(four.accepted_units >= 2500 * 36_000 + 80 * 36_000);
  assert.equal(existsSync(pty), false);
});
