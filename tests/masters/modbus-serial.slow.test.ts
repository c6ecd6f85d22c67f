/** The npm package modbus-serial as a master: reads and writes, device identification, exceptions, and
 *  the 126 registers that it lets through unchecked. */

import assert from "node:assert/strict";
import { test } from "node:test";
import ModbusRTU from "modbus-serial";
import { needSocat } from "../../scripts/need.ts";
import * as kit from "../meter/kit.ts";
import * as lived from "./lived.ts";
import type { Pty } from "./pty.ts";

needSocat();

const REMAINING = 0x0100;
const FORWARD = 0x0180;
const MAILBOX = 0x0300;
const RESULT = 0x0310;
const FREEZE = 0x0328;
const HOUSEHOLD = 20;
const AMOUNT = 555;
const CREDIT = 1;
const DONE = 2;
const TIMEOUT_MS = 2_000;

async function withMaster(pty: Pty, work: (master: ModbusRTU) => Promise<void>): Promise<void> {
  const master = new ModbusRTU();
  await master.connectRTUBuffered(pty.path, { baudRate: 9600, parity: "even" });
  master.setID(1);
  master.setTimeout(TIMEOUT_MS);
  try {
    await work(master);
  } finally {
    await new Promise((resolve) => master.close(resolve));
  }
}

test("modbus-serial reads, identifies, recharges and is refused", async () => {
  const bench = lived.livedBox();
  const all = lived.expectedAll(bench);
  const instants_before = lived.instants(bench);
  const frames = await lived.withBox(bench, (pty) =>
    withMaster(pty, async (master) => {
      const remaining = await master.readHoldingRegisters(REMAINING, 2 * lived.HOUSEHOLDS);
      const forward = await master.readInputRegisters(FORWARD, 2 * lived.HOUSEHOLDS);
      const skip = 2 * (lived.LOADED - 1);
      const others = (values: number[]): number[] => values.filter((_, i) => (i & ~1) !== skip);
      const wanted = lived.asRegisters(all.map((books) => books?.remaining));
      assert.deepEqual(others(remaining.data), others(wanted));
      const energies = lived.asRegisters(all.map((books) => books?.forward));
      assert.deepEqual(others(forward.data), others(energies));

      const basic = await master.readDeviceIdentification(1, 0);
      assert.deepEqual(Object.values(basic.data).slice(0, 2), ["meter39", "M39"]);
      assert.equal(Object.values(basic.data).length, 3);
      const one = await master.readDeviceIdentification(4, 5);
      assert.deepEqual(Object.values(one.data), ["prepaid meter, 39 households"]);

      await assert.rejects(master.readHoldingRegisters(0, 126), { modbusCode: 3 });
      await assert.rejects(master.readHoldingRegisters(0x9000, 1), { modbusCode: 2 });
      await assert.rejects(master.readCoils(0, 1), { modbusCode: 1 });
      await assert.rejects(master.writeRegister(FREEZE, 7), { modbusCode: 3 });

      const message = kit.signed(CREDIT, HOUSEHOLD, 2, AMOUNT);
      const written = await master.writeRegisters(MAILBOX, message);
      assert.equal(written.length, 12);
      let result: number[];
      do result = (await master.readHoldingRegisters(RESULT, 10)).data;
      while (result[0] !== DONE);
      assert.deepEqual(result.slice(1, 3), [0, HOUSEHOLD]);

      master.setID(lived.BROADCAST);
      // It waits for an answer to a broadcast, which nobody gives.
      await assert.rejects(master.writeRegister(FREEZE, 1), { errno: "ETIMEDOUT" });
    }),
  );
  const verdicts = lived.judged(frames);
  const codes = verdicts.filter(({ from }) => from === "box").map((verdict) => verdict.exception);
  assert.deepEqual(codes.filter(Boolean), ["3", "2", "1", "3"]);
  const last = frames.at(-1)!;
  assert.deepEqual([last.from, last.bytes[0]], ["master", lived.BROADCAST], "not answered");
  assert.equal(lived.instants(bench), instants_before + 1, "but done");
  const after = lived.expected(bench, HOUSEHOLD)!;
  assert.equal(after.remaining, all[HOUSEHOLD - 1]!.remaining + AMOUNT);
  assert.equal(after.number, 2);
});
