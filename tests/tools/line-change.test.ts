/** meter39 switch, set and clock against a virtual box, signed and by password. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { switchingOf } from "../../tools/line/switch.ts";
import { Street, type Run } from "./line-street.ts";

const BOX = "2025112101";
const street = new Street([BOX]);
const MODBUS = ["--protocol", "modbus", "--box", `${BOX}@1`];
const DLT = ["--box", BOX];
const PASSWORD = "314159";

async function relay(household: number): Promise<string> {
  const { out } = await street.run("read", ...DLT, "--json", "--household", String(household));
  return (JSON.parse(out) as { relay: string }[])[0]!.relay;
}

function change(name: string, household: number, ...args: string[]): Promise<Run> {
  return street.run(name, ...args, "--household", String(household));
}

async function done(run: Promise<Run>): Promise<string> {
  const { code, out, err } = await run;
  assert.equal(code, 0, err);
  street.fleet.runMs(1000);
  return out;
}

test("a password is refused before one is set, and set by a signed message", async () => {
  await done(change("recharge", 7, ...DLT, ...street.signed, "--amount", "50"));
  street.fleet.runMs(12_000); // closings are spread after a start
  assert.equal(await relay(7), "closed");
  const early = await change("switch", 7, "open", ...DLT, "--password", PASSWORD);
  assert.equal(early.code, 1);
  assert.match(early.err, /202511210107 refused: .*(Err 24|not authorised)/);
  assert.equal(await relay(7), "closed");
  const set = street.run("set", "password_4", "--new-password", PASSWORD, ...DLT, ...street.signed);
  const out = await done(set);
  assert.match(out, /password_4 set/);
  assert.ok(!out.includes(PASSWORD));
});

for (const [name, where, who] of [
  ["by password", DLT, ["--password", PASSWORD]],
  ["signed by dlt645", DLT, street.signed],
  ["signed by modbus", MODBUS, street.signed],
] as const) {
  test(`open, allow, close, keep, unkeep ${name}`, async () => {
    const order = (...args: string[]): Promise<string> =>
      done(change("switch", 7, ...args, ...where, ...who));
    assert.match(await order("open"), /household 7 of box 2025112101: open done/);
    assert.equal(await relay(7), "open");
    await order("close");
    assert.equal(await relay(7), "closed");
    await order("open-for", "5");
    assert.equal(await relay(7), "open");
    street.fleet.runMs(302_000);
    assert.equal(await relay(7), "closed");
    await order("open");
    await order("allow");
    assert.equal(await relay(7), "open"); // the card closes
    await order("close");
    await order("keep");
    await order("unkeep");
    assert.equal(await relay(7), "closed");
  });
}

test("an answer that is lost does not make a second command", async () => {
  let count = 0;
  street.fleet.line.tap = (from, bytes) =>
    from === "office" || ++count > 2 ? bytes : bytes.subarray(0, 0);
  await done(change("switch", 7, "open", ...DLT, "--password", PASSWORD));
  count = 0;
  await done(change("switch", 7, "close", ...DLT, ...street.signed));
  delete street.fleet.line.tap;
  assert.equal(await relay(7), "closed");
});

test("a household without credit is not closed; the refusal is told", async () => {
  const { code, err } = await change("switch", 8, "close", ...DLT, ...street.signed);
  assert.equal(code, 1);
  assert.match(err, /Err 27/);
});

test("switch: what it needs is told", async () => {
  const cases: [string[], RegExp][] = [
    [["open", "5"], /MINUTES: open takes none/],
    [["open-for"], /MINUTES: none: it must be 5\.\.1275 in steps of 5/],
    [["open-for", "7"], /MINUTES: 7: it must be 5\.\.1275/],
    [["open-for", "1280"], /1\.\.1275/],
    [["shut"], /open, allow, close, keep, unkeep, open-for/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await change("switch", 7, ...args, ...DLT, "--password", PASSWORD);
    assert.equal(code, 2, err);
    assert.match(err, message);
  }
  const bad = await change("switch", 7, "open", ...DLT, "--password", "12a456");
  assert.deepEqual([bad.code, bad.err], [2, "--password: it must have six digits\n"]);
  const modbus = await change("switch", 7, "open", ...MODBUS, "--password", PASSWORD);
  assert.equal(modbus.code, 2);
  assert.match(modbus.err, /switching by password only by dlt645, not by modbus/);
  const nobody = await change("switch", 7, "open", ...DLT);
  assert.equal(nobody.code, 2);
  assert.match(nobody.err, /--password \(or METER39_PASSWORD\), or --keys and --store/);
  assert.deepEqual(switchingOf("open-for", 60, "allow"), { command: 0x1e, step_count: 12 });
});

async function levels(household: number): Promise<[number, number]> {
  const { out } = await street.run("read", ...DLT, "--json", "--household", String(household));
  const [row] = JSON.parse(out) as { alarm_level: number; trip_level: number }[];
  return [row!.alarm_level, row!.trip_level];
}

test("settings by password and signed, by both protocols", async () => {
  const password = ["--password", PASSWORD];
  await done(street.run("set", "alarm_level:9=3000", "trip_level:9=700", ...DLT, ...password));
  assert.deepEqual(await levels(9), [30, 7]);
  await done(street.run("set", "alarm_level:9=2500", ...MODBUS, ...street.signed));
  assert.deepEqual(await levels(9), [25, 7]);
  const names = ["load_interval=15", "settlement_day=512", "daily_freeze=1230", "line_rate=3"];
  assert.equal(
    (await done(street.run("set", ...names, ...DLT, ...password))).split("\n").length,
    5,
  );
});

test("numbers that another store has used are passed over", async () => {
  const other = ["--keys", street.keys, "--store", street.file("other")];
  for (const level of [1100, 1200, 1300]) {
    await done(street.run("set", `alarm_level:10=${level}`, ...DLT, ...street.signed));
  }
  await done(street.run("set", "alarm_level:10=1400", ...DLT, ...other));
  assert.deepEqual(await levels(10), [14, 5]);
});

test("settings: the box's refusal, and what is outside a range", async () => {
  const relation = await street.run("set", "trip_level:9=9000", ...DLT, "--password", PASSWORD);
  assert.equal(relation.code, 1);
  assert.deepEqual(await levels(9), [25, 7]);
  const cases: [string, RegExp][] = [
    ["line_rate=5", /setting line_rate: 5 is outside 0\.\.4/],
    ["alarm_level=5", /setting alarm_level: belongs to a household 1\.\.39/],
    ["price=5", /setting price: only by a signed message: give --keys and --store/],
    ["nonsense=1", /setting "nonsense": there is none/],
    ["password_4=123456", /setting password_4: give its name alone/],
    ["clock=5", /it is set by: meter39 clock set/],
  ];
  for (const [text, message] of cases) {
    const { code, err } = await street.run("set", text, ...DLT, "--password", PASSWORD);
    assert.equal(code, 2, err);
    assert.match(err, message);
    assert.ok(!err.includes("123456"));
  }
});

test("a password is changed by the old one; five wrong ones lock", async () => {
  const next = "271828";
  const set = ["set", "password_4", "--new-password", next, ...DLT, "--password", PASSWORD];
  await done(street.run(...set));
  await done(street.run("set", "load_interval=30", ...DLT, "--password", next));
  for (let tries = 0; tries < 5; tries++) {
    const { code, err } = await street.run(
      "set",
      "load_interval=60",
      ...DLT,
      "--password",
      PASSWORD,
    );
    assert.equal(code, 1);
    assert.ok(!err.includes(PASSWORD));
  }
  assert.equal((await street.run("set", "load_interval=60", ...DLT, "--password", next)).code, 1);
  street.fleet.runMs(3_601_000);
  await done(street.run("set", "load_interval=60", ...DLT, "--password", next));
  process.env.METER39_PASSWORD = next;
  await done(street.run("set", "load_interval=30", ...DLT));
  delete process.env.METER39_PASSWORD;
});

async function ahead(): Promise<number | null> {
  const { out, err } = await street.run("clock", ...DLT, "--json");
  assert.equal(err, "");
  return (JSON.parse(out) as { ahead_s: number | null }[])[0]!.ahead_s;
}

test("clock: shown, set signed and by password, told to all", async () => {
  const [box] = street.fleet.boxes;
  const off = (seconds: number): void => {
    box!.setClock(new Date(street.nowMs() + seconds * 1000));
    street.fleet.runMs(2000);
  };
  off(100);
  assert.ok(Math.abs((await ahead())! - 100) <= 1);
  await done(street.run("clock", "set", ...DLT, ...street.signed));
  assert.ok(Math.abs((await ahead())!) <= 1);
  off(-86_400);
  await done(street.run("clock", "set", ...DLT, "--password", "271828"));
  assert.ok(Math.abs((await ahead())!) <= 1);
  off(200);
  await done(street.run("clock", "broadcast"));
  assert.ok(Math.abs((await ahead())!) <= 1);
  off(-400); // too much for a broadcast
  await done(street.run("clock", "broadcast", "--protocol", "modbus"));
  assert.ok(Math.abs((await ahead())! + 400) <= 1);
  await done(street.run("clock", "set", ...MODBUS, ...street.signed));
  assert.ok(Math.abs((await ahead())!) <= 1);
  box!.setClock(null);
  street.fleet.runMs(2000);
  assert.equal(await ahead(), null);
});
