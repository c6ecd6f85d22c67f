/** Cards in scenarios: real dump files go in and come back, what the summary counts, what the office
 *  and the auditor make of it. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { recordIn, returnIn, setMessage } from "../../tools/card/content.ts";
import { makeBlank, uidOf } from "../../tools/card/dump.ts";
import { freshImage } from "../../tools/card/open-card.ts";
import { boxKey, cardKeys } from "../../tools/office/keys.ts";
import { signMessage } from "../../tools/office/message.ts";
import { makeRun } from "../../tools/simulate/command.ts";
import { InputError } from "../../tools/simulate/errors.ts";
import { runHeadless } from "../../tools/simulate/headless.ts";
import { BOX_NUMBER, Simulation } from "../../tools/simulate/simulation.ts";
import { summarize, summaryText } from "../../tools/simulate/summary.ts";

const folder = mkdtempSync(join(tmpdir(), "meter39-cards-"));
after(() => rmSync(folder, { recursive: true }));

const MASTER_KEY = Uint8Array.from(Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex"));
const KEY = boxKey(MASTER_KEY, BOX_NUMBER);
const START = "- {at: 00:00:00, action: start, layout: '5:5 7:7', load: none, credit: 0}\n";
const END = "- {at: 00:00:40, action: end}\n";

function play(steps: string): Simulation {
  const scenario = join(folder, "s.yaml");
  writeFileSync(scenario, START + steps + END);
  const simulation = new Simulation(makeRun({ speed: 0, seed: 1, scenario }, false));
  runHeadless(simulation, () => undefined);
  simulation.script.finish();
  return simulation;
}

/** A dump file with a first purchase of household 5; returns its path and what stands in it. */
function cardFile(name: string, amount: number): { path: string; image: Uint8Array } {
  const uid = Uint8Array.of(0x12, 0x34, 0x56, 0x78);
  const opened = {
    ...{ dump: makeBlank(uid), uid, directory: null },
    ...{ box_key: KEY, sector_keys: cardKeys(MASTER_KEY, KEY, uid) },
  };
  const directory = { kind: "user" as const, box_number: BOX_NUMBER, household: 5, serial: 9 };
  const image = freshImage(opened, directory);
  const message = { index: 5, kind: 1, number: 1, amount, flags: 1 };
  setMessage(image, 1, signMessage(KEY, { box_number: BOX_NUMBER, ...message }));
  const path = join(folder, name);
  writeFileSync(path, image);
  return { path, image };
}

test("a card file is read beside the scenario, and written back with its return data", () => {
  const { path, image } = cardFile("five.mfd", 1250);
  const simulation = play(
    "- {at: 00:00:05, action: card, file: five.mfd, for: 1}\n" +
      "- {at: 00:00:15, action: card, file: five.mfd}\n",
  );
  const dump = new Uint8Array(readFileSync(path));
  assert.notDeepEqual(dump, image);
  assert.deepEqual(dump.subarray(0, 3 * 64), image.subarray(0, 3 * 64));
  const slots = [3, 4].map((sector) => returnIn(dump, sector, KEY, uidOf(dump)));
  const newest = slots.flatMap((data) => data || []).sort((a, b) => b.sequence - a.sequence)[0];
  assert.equal(newest.remaining, 1250);
  assert.equal(newest.number, 1);
  assert.equal(newest.result, 1);
  const { cards } = summarize(simulation);
  assert.deepEqual(cards, { presentations: 2, accepted: 1, repeats: 1, refusals: {} });
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("five")),
    ["five.mfd"],
  );
});

test("a purchase on a card file counts as sold, once; the card is then the household's", () => {
  const { path } = cardFile("sold.mfd", 700);
  const simulation = play(
    "- {at: 00:00:05, action: card, file: sold.mfd}\n" +
      "- {at: 00:00:15, action: credit, household: 5, amount: 3, source: card}\n" +
      "- {at: 00:00:25, action: card, file: sold.mfd}\n",
  );
  assert.deepEqual(simulation.auditor.violations, []);
  assert.equal(simulation.office.acceptedUnits(5), 1000n * 36_000n);
  assert.equal(summarize(simulation).cards.accepted, 2);
  const dump = new Uint8Array(readFileSync(path));
  const returned = [3, 4].map((sector) => returnIn(dump, sector, KEY, uidOf(dump)));
  assert.deepEqual(returned.map((data) => data && data.number).sort(), [2, 2]);
});

test("a purchase that no office signed is none, and gets no credit", () => {
  const { path, image } = cardFile("forged.mfd", 700);
  image[64 + 14] ^= 1; // the amount
  writeFileSync(path, image);
  const simulation = play("- {at: 00:00:05, action: card, file: forged.mfd}\n");
  assert.deepEqual(simulation.auditor.violations, []);
  assert.equal(simulation.reader.account(5)?.accepted_units, 0n);
  assert.deepEqual(summarize(simulation).cards.refusals, { 1: 1 });
});

test("a file that the box did not write is left alone", () => {
  const path = join(folder, "blank.mfd");
  writeFileSync(path, makeBlank(Uint8Array.of(1, 2, 3, 4)));
  const before = readFileSync(path);
  const simulation = play("- {at: 00:00:05, action: card, file: blank.mfd}\n");
  assert.deepEqual(readFileSync(path), before);
  const summary = summarize(simulation);
  assert.deepEqual(summary.cards.refusals, { 33: 1 });
  assert.match(summaryText(summary), /cards: 1 presented, 0 accepted, .*1 x Err 33 \(foreign\)/);
});

test("a card file that is none: line and field", () => {
  const wrong: [string, RegExp][] = [
    ["none.mfd", /s\.yaml: line 2, field file: cannot read .*none\.mfd/],
    ["short.mfd", /s\.yaml: line 2, field file: .*short\.mfd has 7 bytes/],
  ];
  writeFileSync(join(folder, "short.mfd"), "no dump");
  for (const [name, message] of wrong) {
    assert.throws(
      () => play(`- {at: 00:00:05, action: card, file: ${name}}\n`),
      (error) => error instanceof InputError && message.test(error.message),
    );
  }
});

test("the office learns from the card: two purchases, one of them by line", () => {
  const simulation = play(
    "- {at: 00:00:02, action: credit, household: 5, amount: 10, source: card}\n" +
      "- {at: 00:00:12, action: credit, household: 5, amount: 5}\n" +
      "- {at: 00:00:16, action: swipe, household: 5}\n" +
      "- {at: 00:00:24, action: credit, household: 5, amount: 2.5, source: card}\n",
  );
  const { office, auditor, reader } = simulation;
  assert.equal(office.acceptedUnits(5), 17_500n * 3600n);
  assert.deepEqual(office.waitingUnits(5), []);
  assert.deepEqual(auditor.violations, []);
  assert.equal(reader.account(5)?.number, 3);
  const { cards } = summarize(simulation);
  assert.deepEqual(cards, { presentations: 3, accepted: 2, repeats: 1, refusals: {} });
});

test("a first purchase by line binds the card that carries it", () => {
  const simulation = play(
    "- {at: 00:00:02, action: credit, household: 7, amount: 10}\n" +
      "- {at: 00:00:05, action: swipe, household: 7}\n",
  );
  const { card } = simulation.sales.cabinet.household(7)!;
  const uid = Buffer.from(card.uid).toString("hex");
  assert.equal(simulation.reader.account(7)?.card_uid, uid);
});

test("a check card brings the readings home", () => {
  const simulation = play(
    "- {at: 00:00:02, action: credit, household: 5, amount: 10, source: card}\n" +
      "- {at: 00:00:10, action: make_card, name: readings, kind: check}\n" +
      "- {at: 00:00:10, action: card, made: readings, for: 8}\n",
  );
  const dump = simulation.sales.cabinet.named("readings")!.card.dump();
  const five = recordIn(dump, 5);
  assert.ok(five);
  assert.equal(five.remaining, 1000);
  assert.equal(five.number, 1);
  assert.equal(recordIn(dump, 6), null);
  assert.equal(summarize(simulation).cards.accepted, 2);
});

test("what a clear withdraws is what remained, and the books go on", () => {
  const simulation = play(
    "- {at: 00:00:02, action: credit, household: 5, amount: 10, source: card}\n" +
      "- {at: 00:00:06, action: power_cut, for: 1}\n" +
      "- {at: 00:00:08, action: service_switch, closed: true}\n" +
      "- {at: 00:00:10, action: make_card, name: clear, kind: clear}\n" +
      "- {at: 00:00:10, action: card, made: clear}\n" +
      "- {at: 00:00:20, action: credit, household: 5, amount: 4, source: card}\n",
  );
  assert.deepEqual(simulation.auditor.violations, []);
  assert.equal(simulation.reader.account(5)?.accepted_units, 4000n * 3600n);
  assert.equal(simulation.office.acceptedUnits(5), 14_000n * 3600n);
});

test("two purchases that nobody could load are loaded one after the other", () => {
  const simulation = play(
    "- {at: 00:00:02, action: credit, household: 5, amount: 10, source: card}\n" +
      "- {at: 00:00:08, action: power_cut, for: 10}\n" +
      "- {at: 00:00:09, action: credit, household: 5, amount: 4, source: card}\n" +
      "- {at: 00:00:12, action: credit, household: 5, amount: 3, source: card}\n" +
      "- {at: 00:00:22, action: swipe, household: 5}\n" +
      "- {at: 00:00:30, action: swipe, household: 5}\n",
  );
  assert.deepEqual(simulation.auditor.violations, []);
  assert.equal(simulation.reader.account(5)?.accepted_units, 1700n * 36_000n);
  assert.deepEqual(simulation.office.waitingUnits(5), []);
  const { presentations, refusals } = summarize(simulation).cards;
  assert.equal(presentations, 5);
  assert.deepEqual(refusals, {});
});

test("a card taken away at the end of the run is judged and written back", () => {
  const { path, image } = cardFile("late.mfd", 100);
  const simulation = play("- {at: 00:00:35, action: card, file: late.mfd, for: 600}\n");
  assert.notDeepEqual(new Uint8Array(readFileSync(path)), image);
  assert.equal(summarize(simulation).cards.accepted, 1);
});
