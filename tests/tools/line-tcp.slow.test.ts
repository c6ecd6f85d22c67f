/** The line commands as the office starts them: processes that talk over TCP to a box that another
 *  process simulates in real time. One of them is killed in the middle of a sale. */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const COMMAND = ["--import", "tsx", "tools/meter39.ts"];
const BOX = "2025112101";
const folder = mkdtempSync(join(tmpdir(), "meter39-tcp-"));
const keys = join(folder, "office.keys");
const signed = ["--keys", keys, "--store", join(folder, "store")];
let simulator: ChildProcess;
let port = 0;

interface Run {
  code: number | null;
  out: string;
  err: string;
}

function start(...args: string[]): { child: ChildProcess; done: Promise<Run> } {
  const child = spawn(process.execPath, [...COMMAND, ...args]);
  const run = { out: "", err: "" };
  child.stdout.on("data", (text) => (run.out += text));
  child.stderr.on("data", (text) => (run.err += text));
  const done = new Promise<Run>((tell) => child.on("close", (code) => tell({ ...run, code })));
  return { child, done };
}

function meter39(...args: string[]): Promise<Run> {
  return start(...args, "--line", `tcp:127.0.0.1:${port}`).done;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

before(async () => {
  const server = createServer();
  port = await listening(server);
  server.close();
  await once(server, "close");
  const place = ["--headless", "--realtime", "--line", `tcp:${port}`, "--seconds", "900"];
  const how = ["--no-residents", "--write-keys", keys];
  const { child, done } = start("simulate", ...place, ...how);
  simulator = child;
  const ready = new Promise<void>((tell) => {
    let text = "";
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on("data", (more) => {
        text += more;
        if (text.includes("line ready")) tell();
      });
    }
  });
  const ended = done.then(({ err }) => assert.fail(`the simulator ended: ${err}`));
  ended.catch(() => undefined);
  await Promise.race([ready, ended]);
});

after(() => {
  simulator.kill();
  rmSync(folder, { recursive: true });
});

async function remaining(household: number): Promise<[number, number]> {
  const { code, out, err } = await meter39("read", "--box", BOX, "--json");
  assert.equal(code, 0, err);
  const rows = JSON.parse(out) as { household: number; remaining: number; number: number }[];
  const row = rows.find((each) => each.household === household)!;
  return [row.remaining, row.number];
}

test("scan, read, clock and events over TCP, by both protocols", async () => {
  const scan = await meter39("scan", "--range", `${BOX}..${BOX}`, "--timeout", "1000");
  assert.match(scan.out, /2025112101/, scan.err);
  const modbus = ["--protocol", "modbus", "--addresses", "1..2", "--timeout", "1000"];
  assert.match((await meter39("scan", ...modbus)).out, /2025112101 +1 +39/);
  for (const how of [
    ["--box", BOX],
    ["--protocol", "modbus", "--box", "1"],
  ]) {
    const read = await meter39("read", ...how, "--json");
    assert.equal((JSON.parse(read.out) as unknown[]).length, 39, read.err);
  }
  assert.match((await meter39("clock", "--box", BOX)).out, /2025112101 +20\d\d-/);
  assert.equal((await meter39("events", "--box", BOX)).code, 0);
});

test("killed before the answer came: the same command does not sell twice", async () => {
  // Between office and box: hands on everything until the sale is sent, then no answer.
  let is_deaf = false;
  let sent!: () => void;
  const sale_sent = new Promise<void>((tell) => (sent = tell));
  const between = createServer((office) => {
    const line = connect(port, "127.0.0.1");
    office.on("data", (bytes) => {
      line.write(bytes);
      is_deaf ||= bytes.length > 40; // a signed message is the only long question
      if (is_deaf) sent();
    });
    line.on("data", (bytes) => is_deaf || office.write(bytes));
    office.on("error", () => undefined).on("close", () => line.destroy());
    line.on("error", () => undefined);
  });
  const through = await listening(between);
  const before_sale = await remaining(7);
  const sale = ["recharge", "--box", BOX, "--household", "7", "--amount", "40", ...signed];
  const { child, done } = start(...sale, "--line", `tcp:127.0.0.1:${through}`);
  await sale_sent;
  await new Promise((tell) => setTimeout(tell, 500));
  child.kill("SIGKILL");
  await done;
  between.close();
  const again = await meter39(...sale);
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /40\.00, remaining \d+\.\d\d \(was open\)/);
  const [left, number] = await remaining(7);
  assert.equal(number, before_sale[1] + 1);
  assert.ok(Math.abs(left - before_sale[0] - 40) < 1, `${before_sale[0]} became ${left}`);
});

test("nobody there: exit 1 with the place; a wrong place: exit 2", async () => {
  const closed = createServer();
  const nobody = await listening(closed);
  closed.close();
  await once(closed, "close");
  const run = await start("read", "--box", BOX, "--line", `tcp:127.0.0.1:${nobody}`).done;
  assert.equal(run.code, 1);
  assert.match(run.err, new RegExp(`tcp:127.0.0.1:${nobody}: .*ECONNREFUSED`));
  const serial = await start("read", "--box", BOX, "--line", "serial:/dev/no-such-port").done;
  assert.equal(serial.code, 1);
  assert.match(serial.err, /serial:\/dev\/no-such-port: .*No such file/);
  const wrong = await start("read", "--box", BOX, "--line", "usb:1").done;
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /--line.*serial:.*tcp:HOST:PORT/s);
  const rate = await start("read", "--box", BOX, "--line", "serial:/dev/x,300").done;
  assert.equal(rate.code, 2);
  assert.match(rate.err, /one of 1200, 2400, 4800, 9600, 19200/);
});
