/** Power is cut after every byte that the meter writes for a request of the line: a switch command, a
 *  password, a credit. After each cut the box has the old or the new, and the same request again ends
 *  with the new one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sweep, sweepOldOrNew, UNDER_WAY } from "./cut.ts";
import * as kit from "./kit.ts";
import * as line from "./line-kit.ts";

const SWITCH = 8;
const PASSWORD_4 = 21;
const E_PASSWORD = -24;
const LATER = line.CLOCK + 7_200;
const HOUSEHOLD = 2;
const NEW_PASSWORD = 111_111;

function imageOf(live: (bench: kit.MeterBench) => void): Uint8Array {
  const bench = line.ready();
  live(bench);
  bench.box.runMs(1_000);
  bench.box.powerOff();
  return bench.box.fram.bytes.slice();
}

const prepare = (bench: kit.MeterBench): void => void line.setClock(bench);

/** What a command changes; when relays moved depends on the cut. */
function supply(bench: kit.MeterBench): string {
  const { command, kept, number } = line.supply(bench, HOUSEHOLD);
  return [command, kept, number, bench.books(HOUSEHOLD).state].join(" ");
}

test("a command by password: taken or not, and the same body again ends with it taken", () => {
  const image = imageOf(() => undefined);
  for (const [command, steps] of [
    [line.OPEN, 0],
    [line.OPEN_ALLOWING, 3],
    [line.KEEP, 0],
  ]) {
    const act = (bench: kit.MeterBench): void => {
      assert.equal(line.order(bench, HOUSEHOLD, command, LATER, steps), 0);
    };
    const finish = (bench: kit.MeterBench): void => {
      prepare(bench);
      act(bench);
    };
    const result = sweepOldOrNew({ image, prepare, act, finish, snapshot: supply });
    assert.ok(result.cuts > 3 * 40);
  }
});

test("closing a tripped household: at most the trip ends first, and repeating it closes", () => {
  const image = imageOf((bench) => {
    line.order(bench, HOUSEHOLD, line.OPEN, LATER - 1);
    bench.set(40, HOUSEHOLD, 20_000, 1);
    bench.set(41, HOUSEHOLD, 10_000, 2);
  });
  const opened_tripped = "1 0 0 2";
  const opened_low = "1 0 0 1";
  const closed_low = "0 0 0 1";
  const act = (bench: kit.MeterBench): void => {
    assert.equal(line.order(bench, HOUSEHOLD, line.CLOSE, LATER), 0);
  };
  const seen = new Set<string>();
  const check = (bench: kit.MeterBench): void => {
    seen.add(supply(bench));
    prepare(bench);
    act(bench);
    assert.equal(supply(bench), closed_low);
    bench.box.runMs(3_000);
    assert.equal(bench.box.relayClosed(HOUSEHOLD), true);
  };
  for (const under_way of UNDER_WAY) sweep({ image, prepare, act, check }, under_way);
  assert.deepEqual([...seen].sort(), [closed_low, opened_low, opened_tripped]);
});

test("a signed command: taken or not, and taken once", () => {
  const image = imageOf(() => undefined);
  const message = kit.signed(SWITCH, HOUSEHOLD, 1, line.OPEN);
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.message(message, "line").result, 0);
  };
  const finish = (bench: kit.MeterBench): void => {
    assert.ok([0, 1].includes(bench.message(message, "line").result));
    assert.equal(bench.message(message, "line").result, 1);
  };
  sweepOldOrNew({ image, act, finish, snapshot: supply });
});

test("the end of a timed command: there or still to come", () => {
  const image = imageOf((bench) => {
    line.order(bench, HOUSEHOLD, line.OPEN_ALLOWING, LATER, 1);
    bench.box.runMs(297_000);
  });
  const finish = (bench: kit.MeterBench): void => bench.box.runMs(4_000);
  sweepOldOrNew({ image, act: finish, finish, snapshot: supply });
});

/** Which of the two passwords of level 4 is good. */
function password(bench: kit.MeterBench): string {
  const results = [line.GOOD[4], String(NEW_PASSWORD)].map((digits) =>
    line.command(bench, { action: line.ACTION.check, id: 4, password: digits }),
  );
  const good = results.indexOf(0);
  assert.deepEqual(
    results,
    [0, 1].map((index) => (index === good ? 0 : E_PASSWORD)),
  );
  return String(good);
}

test("a password changed by itself: the old or the new one is good", () => {
  const image = imageOf(() => undefined);
  const action = line.ACTION.password;
  const change = { action, id: 4, value: NEW_PASSWORD };
  const act = (bench: kit.MeterBench): void => assert.equal(line.command(bench, change), 0);
  const finish = (bench: kit.MeterBench): void => {
    const again = { ...change, password: line.GOOD[2], level: 2 };
    assert.equal(line.command(bench, again), 0);
  };
  sweepOldOrNew({ image, act, finish, snapshot: password });
});

test("a password set by a signed setting: old or new, and its message can be repeated", () => {
  const image = imageOf(() => undefined);
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.set(PASSWORD_4, 0, NEW_PASSWORD, 9), 0);
  };
  const finish = (bench: kit.MeterBench): void => {
    assert.ok([0, 1].includes(bench.set(PASSWORD_4, 0, NEW_PASSWORD, 9)));
    assert.equal(bench.set(PASSWORD_4, 0, NEW_PASSWORD, 9), 1);
  };
  sweepOldOrNew({ image, act, finish, snapshot: password });
});

/** Accepted units and purchase number. */
function account(bench: kit.MeterBench): string {
  const { accepted, charged, remaining, number } = bench.books(HOUSEHOLD);
  assert.equal(accepted, charged + remaining);
  return `${accepted} ${number}`;
}

test("a credit by line: booked or not, and exactly once when it comes again", () => {
  const image = imageOf(() => undefined);
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.credit(HOUSEHOLD, 2, 777, "line").result, 0);
  };
  const finish = (bench: kit.MeterBench): void => {
    assert.ok([0, 1].includes(bench.credit(HOUSEHOLD, 2, 777, "line").result));
    assert.equal(bench.credit(HOUSEHOLD, 2, 777, "line").result, 1);
    assert.equal(bench.credit(HOUSEHOLD, 2, 777, "card").result, 1, "the card's copy is no other");
  };
  sweepOldOrNew({ image, act, finish, snapshot: account });
});

test("a credit by card that closes an allowed household: showing the card again closes it", () => {
  const image = imageOf((bench) => {
    line.order(bench, HOUSEHOLD, line.OPEN, LATER - 1);
    line.order(bench, HOUSEHOLD, line.ALLOW, LATER - 1);
  });
  const act = (bench: kit.MeterBench): void => {
    assert.equal(bench.credit(HOUSEHOLD, 2, 777, "card").result, 0);
  };
  const check = (bench: kit.MeterBench): void => {
    assert.ok([0, 1].includes(bench.credit(HOUSEHOLD, 2, 777, "card").result));
    assert.equal(account(bench), `${3_777 * 36_000} 2`);
    assert.equal(line.supply(bench, HOUSEHOLD).command, 0);
  };
  for (const under_way of UNDER_WAY) sweep({ image, act, check }, under_way);
});
