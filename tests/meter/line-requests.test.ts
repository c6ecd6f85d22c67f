/** What the panel asks and commands for the line, of a running meter over its link: slices, supply,
 *  commands by password and by signed message, locks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EVENTS } from "../../tools/simulate/office-codes.ts";
import * as kit from "./kit.ts";
import * as line from "./line-kit.ts";

const SWITCH = 8;
const FREEZE_READ = 14;
const E_CODE = -1;
const E_HOUSEHOLD = -3;
const E_NUMBER_OLD = -4;
const E_RANGE = -9;
const E_REQUEST = -15;
const E_SERVICE = -18;
const E_CLOCK = -22;
const E_PASSWORD = -24;
const E_WAIT = -25;
const E_OVERDRAWN = -27;
const TRIPPED = 2;
const LATER = line.CLOCK + 3_600;

/** Power goes and comes back; the time is unknown again. */
function restart(bench: kit.MeterBench): void {
  bench.box.powerOff();
  bench.box.runMs(500);
  bench.box.powerOn();
  bench.box.runMs(300);
}

function switchSigned(bench: kit.MeterBench, household: number, number: number, order: number) {
  return bench.message(kit.signed(SWITCH, household, number, order), "line");
}

test("a slice says what the books say, read alone or in a poll", () => {
  const bench = line.ready();
  bench.set(40, 2, 1_200, 1);
  bench.set(42, 2, 300, 2);
  bench.box.setLoadW(2, 1_234.5);
  bench.box.setLoadW(3, -500);
  bench.box.runMs(60_000);
  const [first, second] = line.polled(bench, 2);
  assert.deepEqual(first, line.slice(bench, 2));
  assert.deepEqual(second, line.slice(bench, 3));
  const books = bench.books(2);
  const [remaining, consumed, power, number, forward, reverse, amount, maximum, ...limits] =
    first.numbers;
  assert.equal(BigInt(remaining), books.remaining / 36_000n);
  assert.equal(BigInt(forward), books.forward_j / 36_000n);
  assert.equal(consumed, forward);
  assert.equal(reverse, 0);
  assert.ok(Math.abs(power - 12_345) < 60, `${power}`);
  assert.equal(Math.trunc(power / 10), books.power_w);
  assert.deepEqual([number, amount, maximum], [1, 3_000, 0]);
  assert.deepEqual(limits, [1_200, 500, 300, 100_000]);
  assert.equal(first.phases, 1 << 1);
  assert.equal(first.reverse, false);
  assert.equal(second.reverse, true);
  assert.ok(second.numbers[2] < -4_900);
  assert.equal(line.polled(bench, 39).length, 1);
  assert.equal(bench.ask(line.SLICE_READ, Buffer.from([40])).readInt8(0), E_HOUSEHOLD);
  assert.equal(bench.ask(line.SUPPLY_READ, Buffer.from([0])).readInt8(0), E_HOUSEHOLD);
});

test("a three-phase household shows its phases, and its other channels nothing", () => {
  const bench = line.ready();
  bench.set(52, 5, 0, 1);
  bench.set(52, 6, 0, 2);
  assert.equal(bench.set(52, 4, 4 | (5 << 8) | (6 << 16), 3), 0);
  assert.equal(line.slice(bench, 4).phases, 7);
  assert.deepEqual(
    line.polled(bench, 4).map(({ household }) => household),
    [4, 7],
  );
  assert.equal(bench.ask(line.SLICE_READ, Buffer.from([5])).readInt8(0), E_HOUSEHOLD);
});

test("the box tells its settings of the line", () => {
  const bench = line.ready();
  bench.set(15, 0, 200, 3);
  bench.set(18, 0, 2_823, 4);
  const reply = bench.ask(kit.BOX_READ);
  assert.equal(reply.length, 64);
  assert.deepEqual([...reply.subarray(36, 44)], [3, 0, 0, 0, 3, 1, 200, 0]);
  const wide = [44, 46, 48].map((offset) => reply.readUInt16LE(offset));
  assert.deepEqual(wide, [60, 2_823, 0]);
  assert.equal(reply.readUInt32LE(52), 1);
  assert.equal(reply.readUInt32LE(60), 15_000);
  bench.box.serviceSwitch(true);
  assert.equal(bench.ask(kit.BOX_READ)[38], 1);
});

test("commands by password open and close; relays, flags, times and events tell so", () => {
  const bench = line.ready();
  const from = line.eventNext(bench);
  const { closed } = line.supply(bench, 1);
  assert.ok(closed >= line.CLOCK && closed <= line.CLOCK + 5);
  assert.equal(line.order(bench, 1, line.OPEN, LATER), 0);
  assert.equal(line.slice(bench, 1).wanted_open, true);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(1), false);
  const opened = line.slice(bench, 1);
  assert.deepEqual([opened.closed, opened.commanded, opened.state], [false, true, 0]);
  assert.equal(line.supply(bench, 1).command, 1);
  restart(bench);
  assert.equal(line.order(bench, 1, line.CLOSE, LATER), E_CLOCK);
  line.setClock(bench);
  assert.equal(line.order(bench, 1, line.CLOSE, LATER), 0);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(1), true);
  assert.equal(line.slice(bench, 1).wanted_open, false);
  const kinds = [EVENTS.switched, EVENTS.opened, EVENTS.closed];
  const seen = line.events(bench, from).filter(([kind, at]) => at === 1 && kinds.includes(kind));
  assert.deepEqual(
    seen.map(([kind, , detail]) => [kind, detail]),
    [
      [EVENTS.switched, line.OPEN],
      [EVENTS.opened, 0],
      [EVENTS.switched, line.CLOSE],
      [EVENTS.closed, 0],
    ],
  );
  assert.equal(seen[0][3], BigInt(line.OPERATOR));
});

test("kept power is not opened, by command or by the end of credit", () => {
  const bench = line.ready();
  assert.equal(line.order(bench, 9, line.CLOSE, LATER), E_OVERDRAWN);
  assert.equal(line.order(bench, 9, line.KEEP, LATER), 0);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(9), true);
  assert.equal(line.order(bench, 9, line.OPEN, LATER), 0);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(9), true);
  assert.deepEqual([line.slice(bench, 9).kept, line.supply(bench, 9).kept], [true, 1]);
  assert.equal(line.order(bench, 9, line.KEEP_END, LATER), 0);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(9), false);
});

test("a household allowed to close is closed by its card, and only by that", () => {
  const bench = line.ready();
  assert.equal(line.order(bench, 1, line.OPEN_ALLOWING, LATER, 1), 0);
  bench.box.runMs(300_500);
  line.setClock(bench);
  assert.equal(line.slice(bench, 1).allowed, true);
  assert.equal(bench.credit(1, 1, 3_000, "line").result, 1);
  const foreign = bench.message(kit.signed(1, 1, 1, 3_000, kit.FIRST), "card", kit.cardOf(2));
  assert.equal(foreign.resumed, false);
  assert.equal(bench.box.relayClosed(1), false);
  const shown = bench.credit(1, 1, 3_000, "card");
  assert.deepEqual([shown.result, shown.resumed], [1, true]);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(1), true);
});

test("a new purchase closes an allowed household by card, not by line", () => {
  const bench = line.ready();
  for (const household of [1, 2]) {
    line.order(bench, household, line.OPEN, LATER);
    line.order(bench, household, line.ALLOW, LATER);
  }
  assert.equal(bench.credit(1, 2, 100, "line").result, 0);
  assert.equal(bench.credit(2, 2, 100, "card").result, 0);
  bench.box.runMs(1_000);
  assert.deepEqual([bench.box.relayClosed(1), bench.box.relayClosed(2)], [false, true]);
});

test("the household's own card resumes supply though later purchases came by line", () => {
  const bench = line.ready();
  bench.set(40, 1, 20_000, 1);
  bench.set(41, 1, 10_000, 2);
  assert.equal(bench.credit(1, 2, 100, "line").result, 0);
  bench.box.runMs(500);
  assert.equal(bench.books(1).state, TRIPPED);
  const foreign = bench.message(kit.signed(1, 1, 1, 3_000, kit.FIRST), "card", kit.cardOf(2));
  assert.deepEqual([foreign.result, foreign.resumed], [E_NUMBER_OLD, false]);
  const own = bench.credit(1, 1, 3_000, "card");
  assert.deepEqual([own.result, own.resumed, own.number], [1, true, 2]);
  const again = bench.credit(1, 1, 3_000, "card");
  assert.deepEqual([again.result, again.resumed], [E_NUMBER_OLD, false]);
  assert.equal(bench.books(1).remaining, 3_100n * 36_000n);
});

test("signed commands need their own next number and no clock", () => {
  const bench = line.ready();
  restart(bench);
  const done = switchSigned(bench, 1, 10, line.OPEN);
  assert.deepEqual([done.result, done.household, done.remaining], [0, 1, 3_000]);
  assert.equal(switchSigned(bench, 1, 10, line.OPEN).result, 1);
  assert.equal(switchSigned(bench, 1, 10, line.CLOSE).result, E_NUMBER_OLD);
  assert.equal(switchSigned(bench, 1, 9, line.CLOSE).result, E_NUMBER_OLD);
  assert.equal(switchSigned(bench, 2, 1, line.OPEN).result, 0);
  assert.equal(switchSigned(bench, 9, 1, line.CLOSE).result, E_OVERDRAWN);
  assert.equal(switchSigned(bench, 9, 1, 0x2a).result, E_RANGE);
  assert.equal(switchSigned(bench, 0, 1, line.OPEN).result, E_HOUSEHOLD);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(1), false);
  assert.equal(line.supply(bench, 1).number, 10);
  assert.equal(switchSigned(bench, 1, 11, line.CLOSE).result, 0);
  bench.box.runMs(1_000);
  assert.equal(bench.box.relayClosed(1), true);
  assert.equal(bench.credit(1, 2, 50).result, 0, "purchases count by themselves");
});

test("a command that is malformed or unauthorised changes nothing", () => {
  const bench = line.ready();
  const before = line.supply(bench, 1);
  const { clear_box, clear_events, freeze } = line.ACTION;
  const open = { action: line.ACTION.switch, household: 1, id: line.OPEN, second: LATER };
  assert.equal(line.command(bench, { ...open, password: "654320" }), E_PASSWORD);
  assert.equal(line.command(bench, { ...open, level: 5 }), E_PASSWORD);
  assert.equal(line.command(bench, { action: clear_events, level: 4 }), E_PASSWORD);
  assert.equal(line.command(bench, { action: clear_events, level: 2, id: 32 }), E_RANGE);
  assert.equal(line.command(bench, { action: clear_box, level: 2 }), E_SERVICE);
  assert.equal(line.command(bench, { action: 9 }), E_REQUEST);
  assert.equal(line.command(bench, { action: freeze, id: 1 }), E_RANGE);
  assert.equal(bench.ask(line.COMMAND, line.commandBytes(open).subarray(1)).readInt8(0), E_REQUEST);
  assert.deepEqual(line.supply(bench, 1), before);
  assert.equal(bench.box.relayClosed(1), true);
});

test("five wrong passwords lock writing for an hour, and the box says so", () => {
  const bench = line.ready();
  const check = (password: string): number =>
    line.command(bench, { action: line.ACTION.check, id: 4, password });
  for (let wrong = 0; wrong < 5; wrong++) assert.equal(check("000000"), E_PASSWORD);
  assert.equal(check(line.GOOD[4]), E_WAIT);
  assert.equal(bench.ask(kit.BOX_READ)[38], 2);
  const events = line.events(bench, line.eventNext(bench) - 1);
  assert.deepEqual(events, [[EVENTS.line_locked, 0, 0, 0n]]);
  assert.equal(bench.credit(1, 2, 50, "line").result, 0, "signed messages go on");
  bench.box.runMs(3_600_000);
  assert.equal(check(line.GOOD[4]), 0);
  assert.equal(bench.ask(kit.BOX_READ)[38], 0);
});

test("fifteen wrong codes by line lock messages by line for an hour; cards go on", () => {
  const bench = line.ready();
  const wrong = kit.signed(1, 1, 2, 100);
  wrong[20] ^= 1;
  for (let index = 0; index < 14; index++) bench.message(wrong, "line");
  for (let index = 0; index < 3; index++) {
    assert.equal(bench.message(wrong, "card").result, E_CODE, "a card's wrong codes do not count");
  }
  assert.equal(bench.credit(1, 2, 100, "line").result, 0);
  assert.equal(bench.message(wrong, "line").result, E_CODE);
  const refused = bench.ask(kit.BOX_READ).readUInt32LE(56);
  bench.box.runMs(100);
  const next = line.eventNext(bench);
  assert.equal(bench.credit(1, 3, 100, "line").result, E_WAIT);
  assert.equal(bench.ask(kit.BOX_READ).readUInt32LE(56), refused + 1);
  assert.equal(line.eventNext(bench), next, "what comes while it is locked does not fill the log");
  restart(bench);
  assert.equal(bench.credit(1, 3, 100, "line").result, E_WAIT);
  assert.equal(bench.credit(1, 3, 100, "card").result, 0);
  bench.box.runMs(3_600_000);
  assert.equal(bench.credit(1, 4, 100, "line").result, 0);
});

test("what is written by password is logged with operator and identifier, passwords are not", () => {
  const bench = line.ready();
  bench.poll(); // the time is told anew only now, in five seconds
  bench.box.runMs(100);
  const from = line.eventNext(bench);
  const { setting, password, check } = line.ACTION;
  const identifier = 0x04000f01;
  const programmed = BigInt(line.OPERATOR) | (BigInt(identifier) << 32n);
  line.command(bench, { action: setting, household: 2, id: 40, value: 900, identifier });
  line.command(bench, { action: check, id: 4, identifier });
  line.command(bench, { action: check, id: 4 });
  line.command(bench, { action: password, id: 4, value: 111_111 });
  bench.set(21, 0, 222_222, 3);
  bench.box.runMs(100);
  assert.deepEqual(line.events(bench, from), [
    [EVENTS.setting, 2, 40, 900n],
    [EVENTS.programmed, 2, 40, programmed],
    [EVENTS.programmed, 0, 0, programmed],
    [EVENTS.password_changed, 0, 4, BigInt(line.OPERATOR)],
    [EVENTS.setting, 0, 21, 0n],
  ]);
});

test("one purchase by card and by line at once is booked once, whoever comes first", () => {
  const bench = line.ready();
  for (const [household, first, second] of [
    [1, "card", "line"],
    [2, "line", "card"],
  ] as const) {
    assert.equal(bench.credit(household, 2, 500, first).result, 0);
    assert.equal(bench.credit(household, 2, 500, second).result, 1);
    assert.equal(bench.books(household).accepted, 3_500n * 36_000n);
    const other = bench.credit(household, 2, 600, second);
    assert.equal(other.result, E_NUMBER_OLD, "another purchase of the same number");
  }
});

test("clears and freezes by password: done, logged, and never of energy or credit", () => {
  const bench = line.ready();
  bench.box.setLoadW(1, 20_000);
  bench.box.runMs(1_900_000);
  bench.box.setLoadW(1, 0);
  bench.box.runMs(1_000);
  const before = bench.books(1);
  assert.ok(before.maximum_w > 15_000);
  const { clear_demand, clear_box, clear_events, freeze } = line.ACTION;
  const frozen = (): number =>
    bench.ask(FREEZE_READ, Buffer.from([3, 1, 1, 0, 0, 0, 0, 0])).readUInt16LE(16);
  assert.equal(line.command(bench, { action: freeze, id: 3, level: 9 }), 0);
  bench.box.runMs(1_000);
  assert.equal(frozen(), 1);
  assert.equal(line.command(bench, { action: clear_demand, household: 1 }), 0);
  assert.equal(bench.books(1).maximum_w, 0);
  assert.equal(line.command(bench, { action: clear_events, level: 2, id: EVENTS.credit }), 0);
  bench.box.serviceSwitch(true);
  assert.equal(line.command(bench, { action: clear_box, level: 2 }), 0);
  bench.box.runMs(1_000);
  assert.equal(frozen(), 0);
  const { maximum_w, power_w } = before;
  assert.deepEqual({ ...bench.books(1), maximum_w, power_w }, before);
  const [last] = line.events(bench, line.eventNext(bench) - 1);
  assert.deepEqual(last, [EVENTS.box_cleared, 0, 0, BigInt(line.OPERATOR)]);
});
