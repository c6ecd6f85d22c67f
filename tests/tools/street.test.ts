/** Several simulated boxes on one line: numbers, seeds, the office's round, sales from outside. */

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { makeRun, makeRuns } from "../../tools/simulate/command.ts";
import { OfficeRound } from "../../tools/simulate/office-round.ts";
import { Street } from "../../tools/simulate/street.ts";
import {
  streetExitCode,
  streetText,
  summarizeStreet,
} from "../../tools/simulate/street-summary.ts";
import { DltTalker } from "../../tools/line/by-dlt.ts";
import { ModbusTalker } from "../../tools/line/by-modbus.ts";
import { DltMaster } from "../../tools/line/dlt.ts";
import { ModbusMaster } from "../../tools/line/modbus.ts";
import { FleetPort } from "../../tools/line/port.ts";
import { signMessage } from "../../tools/office/message.ts";

const LAYOUT = "1:1 4:4 5:5";

function streetOf(boxes: number, seconds = 60): Street {
  const options = { speed: 0, seed: 7, headless: true, boxes, layout: LAYOUT, seconds };
  const street = new Street(makeRuns(makeRun(options, false), options));
  street.setUp(() => undefined);
  return street;
}

const street = streetOf(3);

test("each box has its number, seed and address; the 248th speaks DL/T 645 only", () => {
  const options = { speed: 0, seed: 0xffff_ffff, headless: true, boxes: 256 };
  const run = { ...makeRun({ ...options, boxes: 1 }, false), seed: 0xffff_ffff };
  const runs = makeRuns(run, { ...options, load: "given" });
  assert.equal(runs.length, 256);
  assert.deepEqual(
    [0, 1, 246, 247, 255].map((i) => [runs[i].box_number, runs[i].seed, runs[i].modbus_address]),
    [
      ["2025112101", 0xffff_ffff, 1],
      ["2025112102", 0, 2],
      ["2025112347", 245, 247],
      ["2025112348", 246, 0],
      ["2025112356", 254, 0],
    ],
  );
});

test("the office's round: every household of every box, equal to its memory", async () => {
  const round = new OfficeRound(street);
  await round.walk();
  assert.deepEqual(round.faults, []);
  assert.equal(round.readings, 9);
  street.step();
  const summary = summarizeStreet(street, round);
  assert.equal(streetExitCode(summary), 0);
  assert.match(streetText(summary), /^2025112103 +9 .* balance$/m);
  const bought = summary.boxes.map(({ households }) => households[0].accepted_units);
  assert.equal(new Set(bought).size, 3); // each by its own seed
});

test("a box that is silent, and one whose memory says something else, are faults of the round", async () => {
  const round = new OfficeRound(street);
  street.simulations[1].cutPower(30);
  const books = street.simulations[2].books.bind(street.simulations[2]);
  street.simulations[2].books = (household) => {
    const found = books(household);
    return found && household === 4 ? { ...found, remaining_units: 1n } : found;
  };
  await round.walk();
  assert.equal(round.faults.length, 2);
  assert.match(round.faults[0], /box 2025112102: .*did not answer/);
  assert.match(round.faults[1], /box 2025112103: household 4 remaining \d+, memory 0/);
  assert.equal(streetExitCode(summarizeStreet(street, round)), 1);
  street.simulations[2].books = books;
  for (let ms = 0; ms < 40_000; ms += 100) street.step(100);
});

test("both protocols through the doors of the line; a sale from outside is in the books", async () => {
  const [simulation] = street.simulations;
  const port = new FleetPort(street.line.host("master"), street);
  const modbus = new ModbusTalker(new ModbusMaster(port), (ms) => port.read(ms));
  const box = { number: "2025112101", address: 1 };
  const before = await modbus.bulk(box);
  assert.deepEqual(
    before.map(({ household }) => household),
    [1, 4, 5],
  );
  street.endTurn();

  const server = street.server();
  await server.open({ kind: "tcp", port: 0 });
  const number = Number(/\d+$/.exec(server.places[0])![0]);
  const socket = connect(number, "127.0.0.1");
  const message = {
    box_number: box.number,
    index: 4,
    kind: 1,
    number: simulation.reader.account(4)!.number + 1,
    amount: 1234,
    flags: 0,
  };
  const signed = signMessage(simulation.office.key, message);
  const inbox: Uint8Array[] = [];
  socket.on("data", (bytes) => void inbox.push(bytes));
  const master = new DltMaster({
    get now_ms() {
      return street.now_ms;
    },
    write: (bytes) => Promise.resolve(void socket.write(bytes)),
    read: async (timeout_ms) => {
      for (let ms = 0; ms < timeout_ms && inbox.length === 0; ms += 5) {
        await sleep(1); // the bytes pass through the system
        street.step(5);
        server.poll();
        await sleep(1);
      }
      return Buffer.concat(inbox.splice(0));
    },
    close: () => Promise.resolve(),
  });
  const outcome = await new DltTalker(master).send(box, message, signed);
  assert.equal(outcome.number, message.number);
  for (let ms = 0; ms < 12_000; ms += 100) street.step(100);
  assert.equal(simulation.office.acceptedUnits(4), simulation.reader.account(4)!.accepted_units);
  assert.deepEqual(simulation.office.waitingUnits(4), []);
  assert.equal(simulation.auditor.balanced, true);
  socket.destroy();
  server.close();
});
