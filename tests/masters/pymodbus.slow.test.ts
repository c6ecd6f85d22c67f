/** Debian's pymodbus as a master: input registers, diagnostics (08), device identification (2B/0E). */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { needPackages, needSocat, programWorks } from "../../scripts/need.ts";
import * as lived from "./lived.ts";
import { PYTHON } from "./need.ts";
import { run, type Pty } from "./pty.ts";

const PROGRAM = fileURLToPath(new URL("pymodbus-master.py", import.meta.url));
const HAS_PYMODBUS = ["-c", "import pymodbus.client, serial_asyncio"];
needSocat();
needPackages(
  "pymodbus",
  () => programWorks(PYTHON, ...HAS_PYMODBUS),
  ...["python3-pymodbus", "python3-serial-asyncio"],
);

interface Line {
  registers?: number[];
  data?: number;
  texts?: Record<string, string>;
  conformity?: number;
  exception?: number | string;
}

async function ask(pty: Pty, ...requests: string[]): Promise<Line[]> {
  const { code, stdout, stderr } = await run(PYTHON, [PROGRAM, pty.path, "1", ...requests]);
  assert.equal(code, 0, stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

test("pymodbus reads, asks for diagnostics and for the identification", async () => {
  const bench = lived.livedBox();
  const books = lived.expected(bench, 39)!;
  const frames = await lived.withBox(bench, async (pty) => {
    const [block, outside] = await ask(pty, "4:1980:20", "4:9000:1");
    assert.deepEqual(block.registers?.slice(0, 2), [39, books.state]);
    assert.deepEqual(block.registers?.slice(4, 6), lived.asRegisters([books.remaining]));
    assert.equal(outside.exception, 2);

    const [echo, clear, frames_seen, wrong, refused, own, silent, nak, busy, lost] = await ask(
      pty,
      ...["8:0:a55a", "8:a:0", "8:b:0", "8:c:0", "8:d:0"],
      ...["8:e:0", "8:f:0", "8:10:0", "8:11:0", "8:12:0"],
    );
    assert.equal(echo.data, 0xa55a);
    assert.equal(clear.data, 0);
    assert.ok([0, 1].includes(frames_seen.data!), `${frames_seen.data} frames since the clear`);
    assert.deepEqual([wrong.data, refused.data], [0, 0]);
    assert.ok([3, 4].includes(own.data!), `${own.data} requests since the clear`);
    assert.deepEqual([silent.data, nak.data, busy.data, lost.data], [0, 0, 0, 0]);
    const [, counted] = await ask(pty, "4:9000:1", "8:d:0");
    assert.equal(counted.data, 1, "one exception since the clear");

    const texts = await ask(pty, "2b:1:0", "2b:2:0", "2b:3:0", "2b:4:1");
    assert.equal(texts[0].texts?.["0"], "meter39");
    assert.equal(texts[0].texts?.["1"], "M39");
    assert.deepEqual(Object.keys(texts[0].texts!), ["0", "1", "2"]);
    assert.equal(texts[1].texts?.["5"], "prepaid meter, 39 households");
    assert.deepEqual(texts[2].texts, texts[1].texts);
    assert.deepEqual(texts[3].texts, { "1": "M39" });
  });
  const verdicts = lived.judged(frames);
  assert.ok(verdicts.some(({ from, function_code }) => from === "box" && function_code === "43"));
});
