/** Two packages of PyPI as masters: dlt645, a sound judge of reads and of nothing else, because its
 *  writes deviate from the standard; python-dlt645, which can ask for any identifier, but misses answers
 *  with certain bytes in them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { needSocat } from "../../scripts/need.ts";
import * as kit from "../meter/kit.ts";
import * as lived from "./lived.ts";
import { needPythonPackages } from "./need.ts";
import { run, type Pty } from "./pty.ts";

needSocat();

const READER = {
  program: "dlt645-master.py",
  requirements: ["dlt645==3.2.0", "loguru==0.7.3", "pyserial==3.5"],
};
const ANY_READER = {
  program: "python-dlt645-master.py",
  requirements: ["python-dlt645==0.1.4", "pyserial==3.5"],
};
const HOUSEHOLD = 39;
const ADDRESS = `${kit.BOX_NUMBER}${HOUSEHOLD}`;

async function ask(master: typeof READER, pty: Pty, ...requests: string[]): Promise<unknown[]> {
  const { program, requirements } = master;
  const python = needPythonPackages(`venv-${program.replace("-master.py", "")}`, requirements);
  const path = fileURLToPath(new URL(program, import.meta.url));
  const { code, stdout, stderr } = await run(python, [path, pty.path, ...requests]);
  assert.equal(code, 0, stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

test("dlt645 reads the box and its households", async () => {
  const bench = lived.livedBox();
  const books = lived.expected(bench, HOUSEHOLD)!;
  const loaded = lived.expected(bench, lived.LOADED)!;
  const instants_before = lived.instants(bench);
  const frames = await lived.withBox(bench, async (pty) => {
    const box = await ask(
      READER,
      pty,
      ...["address", "02:02010100", "02:02010300", "02:02800002"],
      ...["04:04000101", "04:04000102", "04:04000401", "04:04000204", "03:03110000", "freeze"],
    );
    assert.equal(box[0], `${kit.BOX_NUMBER}00`);
    assert.ok(Math.abs((box[1] as number) - 220) < 1, `${String(box[1])} V`);
    assert.ok(Math.abs((box[2] as number) - 220) < 1, `${String(box[2])} V`);
    assert.ok(Math.abs((box[3] as number) - 50) < 0.1, `${String(box[3])} Hz`);
    assert.equal(box[4], "25112105", "a Friday");
    assert.match(box[5] as string, /^103[0-9]{3}$/);
    assert.equal(box[6], `${kit.BOX_NUMBER}00`);
    assert.equal(box[7], "01");
    assert.notEqual(box[8], null);
    assert.equal(box[9], "", "the freeze is acknowledged");

    const household = await ask(
      READER,
      pty,
      ...[`to:${ADDRESS}`, "00:00000000", "00:00010000", "00:00010100", "00:00020000"],
      ...["04:04000409", "04:04000503", "04:04000401"],
      ...[`to:${kit.BOX_NUMBER}02`, "00:00020000", `to:${kit.BOX_NUMBER}07`, "02:02030000"],
      ...["04:04000A01", `to:${kit.BOX_NUMBER}05`, "00:00010000"],
    );
    assert.equal(household[1], (books.forward + books.reverse) / 100);
    assert.equal(household[2], books.forward / 100);
    assert.equal(household[3], books.forward / 100);
    assert.equal(household[4], books.reverse / 100);
    assert.equal(household[5], "001600");
    assert.equal(household[6], "0100", "energy prepaid, relay closed");
    assert.equal(household[7], ADDRESS);
    assert.equal(household[9], lived.expected(bench, 2)!.reverse / 100);
    assert.ok(Math.abs((household[11] as number) - loaded.power_w / 1000) < 0.002);
    // A refusal and silence look the same to it.
    assert.deepEqual([household[12], household[14]], [null, null]);
  });
  assert.equal(lived.instants(bench), instants_before + 1);
  const errors = frames.filter(({ from, bytes }) => from === "box" && bytes[12] === 0xd1);
  assert.deepEqual(
    errors.map(({ bytes }) => bytes.subarray(12, 15).toString("hex")),
    ["d10135"],
    "no such data",
  );
  const last = frames.slice(-2).map(({ from }) => from);
  assert.deepEqual(last, ["master", "master"], "two tries without an answer");
});

test("python-dlt645 reads what it can of every household", async () => {
  const bench = lived.livedBox();
  const all = lived.expectedAll(bench);
  const wanted: (number | undefined)[] = [];
  const requests = all.flatMap((books, index) => {
    if (books === null || index + 1 === lived.LOADED) return [];
    const address = kit.BOX_NUMBER + String(index + 1).padStart(2, "0");
    wanted.push(books.forward + books.reverse, books.remaining);
    return [`${address}:00000000`, `${address}:00900100`];
  });
  await lived.withBox(bench, async (pty) => {
    const [address, ...values] = await ask(ANY_READER, pty, ...requests);
    assert.equal(address, `${kit.BOX_NUMBER}00`);
    const understood = values.filter((value) => value !== null).length;
    values.forEach((value, index) => {
      if (value !== null) assert.equal(value, wanted[index], requests[index]);
    });
    assert.ok(understood > (requests.length * 3) / 4, `${understood} of ${requests.length}`);
  });
});
