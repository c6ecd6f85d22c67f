/** Power is cut at every byte that a write by password makes the meter write, through a whole box: the
 *  setting, the password, the switch are old or new, never neither, and the same request again gives the
 *  new state. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bcd, dlt, identifier, open } from "./box-kit.ts";
import { UNDER_WAY } from "../meter/cut.ts";
import { addressOf, AUTHORITY, LineBench } from "./traffic.ts";

const HOUSEHOLD = 2;
const ALARM_LEVEL = 40;
const SUPPLY_READ = 13;
const ANSWER_MS = 300;
const WORK_MS = 300;
const OPERATOR = AUTHORITY.subarray(4);
const NEW_PASSWORD = Buffer.from([4, 0x65, 0x43, 0x21]);
const EXPIRY = [0, 0, 0x12, 0x21, 0x11, 0x25];

interface Work {
  request: Buffer;
  /** Control code of the answer when it was done. */
  done: number;
  /** What may be old or new, as text. */
  state: (bench: LineBench) => string;
  /** Leaves the old state behind a refusal of the repeat, which is a right answer, too. */
  refused?: number;
}

const image = LineBench.inService().image();

function control(bench: LineBench, request: Buffer): number | undefined {
  return open(bench.say(request, ANSWER_MS))?.control;
}

function writeAlarm(authority: Uint8Array, value: number): Buffer {
  const data = [identifier("04000F01"), authority, bcd(value, 4)];
  return dlt(addressOf(HOUSEHOLD), 0x14, Buffer.concat(data));
}

/** Old or new after each cut; both occur. Returns the cuts. */
function sweep({ request, done, state, refused }: Work): number {
  const reference = LineBench.started(image);
  const old_state = state(reference);
  assert.equal(control(reference, request), done);
  reference.box.runMs(WORK_MS);
  const new_state = state(reference);
  assert.notEqual(new_state, old_state);
  const seen = new Set<string>();
  for (let cut = 0; ; cut++) {
    const bench = LineBench.started(image);
    bench.box.fram.cutAfter(cut, UNDER_WAY[cut % UNDER_WAY.length]);
    bench.box.line.send(request);
    for (let ms = 0; ms < WORK_MS && bench.box.powered; ms += 10) bench.box.runMs(10);
    const is_over = bench.box.powered;
    bench.restart(); // the same box: relays stay where they are
    const found = state(bench);
    assert.ok(found === old_state || found === new_state, `cut ${cut}: ${found}`);
    seen.add(found);
    const again = control(bench, request);
    assert.ok(again === done || (again === refused && found === new_state), `cut ${cut}: again`);
    bench.box.runMs(WORK_MS);
    assert.equal(state(bench), new_state, `cut ${cut}`);
    assert.deepEqual(bench.restarts, []);
    if (!is_over) continue;
    assert.equal(seen.size, 2, "both outcomes occur");
    return cut;
  }
}

test("a level of alarm", () => {
  const cuts = sweep({
    request: writeAlarm(AUTHORITY, 2_000),
    done: 0x94,
    state: (bench) => String(bench.setting(ALARM_LEVEL, HOUSEHOLD)),
  });
  assert.ok(cuts > 32, `${cuts} bytes`);
});

test("a switch: the relay follows what the memory says", () => {
  const cuts = sweep({
    request: dlt(
      addressOf(HOUSEHOLD),
      0x1c,
      Buffer.concat([AUTHORITY, Buffer.of(0x1a, 0, ...EXPIRY)]),
    ),
    done: 0x9c,
    state: (bench) => {
      const command = bench.ask(SUPPLY_READ, Buffer.from([HOUSEHOLD]))[1];
      return `${command} ${bench.box.relayClosed(HOUSEHOLD)}`;
    },
  });
  assert.ok(cuts > 40, `${cuts} bytes`);
});

test("a password: one of the two opens, and only one", () => {
  const change = [identifier("04000C05"), AUTHORITY.subarray(0, 4), NEW_PASSWORD];
  const cuts = sweep({
    request: dlt(addressOf(0), 0x18, Buffer.concat(change)),
    done: 0x98,
    refused: 0xd8, // the password that it brings is no more
    state: (bench) => {
      const opens = [AUTHORITY, Buffer.concat([NEW_PASSWORD, OPERATOR])].map(
        (authority) => control(bench, writeAlarm(authority, 1_500)) === 0x94,
      );
      assert.notEqual(opens[0], opens[1]);
      return String(opens[1]);
    },
  });
  assert.ok(cuts > 32, `${cuts} bytes`);
});
