/** 256 boxes with 39 households each on one line at 9600 baud, read completely by their bulk identifiers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryInService } from "../../bench/box.ts";
import { boxNumber, street } from "../../bench/line.ts";
import { DltMaster } from "../../tools/line/dlt.ts";
import { FleetPort } from "../../tools/line/port.ts";
import { BooksReader } from "../../tools/simulate/books.ts";

const BOXES = 256;
const STEP_MS = 8;
const LOADED = 17; // households of a box that draw power for a while, another set in each box
const LOAD_W = 4000;
const LOAD_MS = 60_000;
const QUIET_MS = 30_000;
const HUNDREDTH_J = 36_000n;
const HUNDREDTH_UNITS = 36_000n; // energy mode

function signedBcd(bytes: Uint8Array): number {
  const digits = Buffer.from(bytes).reverse();
  const is_negative = (digits[0]! & 0x80) !== 0;
  digits[0]! &= 0x7f;
  const value = Number(digits.toString("hex"));
  return is_negative ? -value : value;
}

function values(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

test("every household of 256 boxes: remaining, energy both ways, number, status, power", async () => {
  const fleet = street(memoryInService(), BOXES);
  fleet.boxes.forEach((box, index) => {
    for (let draw = 0; draw < LOADED; draw++) box.setLoadW(((index + draw * 5) % 39) + 1, LOAD_W);
  });
  fleet.runMs(LOAD_MS);
  for (const box of fleet.boxes)
    for (let channel = 1; channel <= 39; channel++) box.setLoadW(channel, 0);
  fleet.runMs(QUIET_MS);
  const master = new DltMaster(new FleetPort(fleet.line.host("host"), fleet, STEP_MS));
  for (let index = 0; index < BOXES; index++) {
    const address = `${boxNumber(index)}00`;
    const books = new BooksReader(fleet.boxes[index]!.fram.bytes);
    const remaining = values(await master.read(address, "04801000"), 4).map(signedBcd);
    const forward = values(await master.read(address, "04801100"), 4).map(signedBcd);
    const status = await master.read(address, "04801200");
    const reverse = values(await master.read(address, "04801300"), 4).map(signedBcd);
    const power = values(await master.read(address, "04801400"), 3);
    const numbers = values(await master.read(address, "04801500"), 4).map(signedBcd);
    assert.equal(status.length, 78);
    assert.equal(power.length, 39);
    for (let household = 1; household <= 39; household++) {
      const name = `box ${index + 1}, household ${household}`;
      const account = books.account(household);
      const book = books.book(household);
      assert.ok(account && book, name);
      const left = (account.accepted_units - book.charged_units) / HUNDREDTH_UNITS;
      assert.equal(remaining[household - 1], Number(left), name);
      assert.equal(forward[household - 1], Number(book.forward_j / HUNDREDTH_J), name);
      assert.equal(reverse[household - 1], Number(book.reverse_j / HUNDREDTH_J), name);
      assert.equal(numbers[household - 1], account.number, name);
    }
    const drawn = forward.filter((hundredths) => hundredths > 0).length;
    assert.equal(drawn, LOADED, `box ${index + 1}`);
  }
  assert.equal(master.retry_count, 0);
});
