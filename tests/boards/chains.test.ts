/** Shift registers, coil drivers and relays against their data sheets, and what they throw at. */

import assert from "node:assert/strict";
import test from "node:test";
import { Clock } from "../../boards/virtual/clock.ts";
import { DeviceError } from "../../boards/virtual/errors.ts";
import { Random } from "../../boards/virtual/random.ts";
import { COIL_LIMIT_US, CoilDrivers } from "../../boards/virtual/devices/coils.ts";
import { InputChain } from "../../boards/virtual/devices/hc165.ts";
import { OutputChain } from "../../boards/virtual/devices/hc595.ts";
import { BOUNCE_US, OPERATE_US, Relay } from "../../boards/virtual/devices/relay.ts";

test("165: the rising SH/LD keeps all inputs, the first byte out holds bits 0 to 7", () => {
  const chain = new InputChain();
  chain.setInput(0, 1);
  chain.setInput(38, 1);
  chain.setInput(40, 1);
  chain.setLoad(0);
  chain.setInput(79, 1);
  chain.setLoad(1);
  chain.setInput(0, 0); // too late
  const bytes = new Uint8Array(10);
  chain.transfer(bytes, 0, 10);
  assert.deepEqual([...bytes], [1, 0, 0, 0, 0x40, 1, 0, 0, 0, 0x80]);
});

test("165: shifting on in two transfers, underflow and clocking while loading throw", () => {
  const chain = new InputChain();
  const bytes = new Uint8Array(11);
  assert.throws(() => chain.transfer(bytes, 0, 1), DeviceError);
  chain.setInput(9, 1);
  chain.setLoad(0);
  assert.throws(() => chain.transfer(bytes, 0, 1), /SH\/LD is low/);
  chain.setLoad(1);
  chain.transfer(bytes, 0, 1);
  chain.transfer(bytes, 1, 9);
  assert.equal(bytes[1], 2);
  assert.throws(() => chain.transfer(bytes, 0, 1), /more bits/);
});

/** A 595 chain with drivers whose coil changes are recorded. */
function coilRig() {
  const clock = new Clock();
  const changes: [number, boolean, number][] = [];
  const drivers = new CoilDrivers(
    clock,
    () => clock.now_us,
    (...change) => void changes.push(change),
  );
  const chain = new OutputChain((outputs, enabled) => drivers.drive(outputs, enabled));
  const latch = (bit: number | null): void => {
    const bytes = new Uint8Array(10);
    if (bit !== null) bytes[bit >> 3] = 1 << (bit & 7);
    chain.transfer(bytes, 0, 10);
  };
  return { clock, changes, chain, latch };
}

test("595: byte 0 is bits 0 to 7; coils need OE low and come on with the latch", () => {
  const { clock, changes, chain, latch } = coilRig();
  latch(null);
  latch(3);
  assert.deepEqual(changes, []); // OE is still pulled up
  chain.setOutputOff(0);
  clock.runTo(50_000);
  latch(null);
  latch(77);
  chain.setOutputOff(1);
  assert.deepEqual(changes, [
    [3, true, 0],
    [3, false, 50_000],
    [77, true, 50_000],
    [77, false, 50_000],
  ]);
});

test("595: what is in the chain at power up must be cleared before OE goes low", () => {
  const { chain, latch } = coilRig();
  assert.throws(() => chain.setOutputOff(0), /at once|no coil/);
  chain.powerOn();
  latch(null);
  chain.setOutputOff(0);
});

test("595: a shorter transfer shifts what was there on", () => {
  const { changes, chain, latch } = coilRig();
  latch(8);
  chain.setOutputOff(0);
  chain.transfer(Uint8Array.of(0), 0, 1);
  assert.deepEqual(
    changes.map(([coil, on]) => [coil, on]),
    [
      [8, true],
      [8, false],
      [0, true],
    ],
  );
});

test("two coils at once, outputs without a coil and a coil beyond its limit throw", () => {
  const { clock, chain, latch } = coilRig();
  latch(null);
  chain.setOutputOff(0);
  assert.throws(
    () => chain.transfer(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 10),
    /at once/,
  );
  const second = coilRig();
  second.latch(null);
  second.chain.setOutputOff(0);
  assert.throws(() => second.latch(78), /drives no coil/);
  latch(null);
  latch(2);
  clock.runTo(COIL_LIMIT_US - 1);
  latch(null);
  latch(2);
  clock.runTo(2 * COIL_LIMIT_US - 2); // the first limit is past, the second not reached
  assert.throws(() => clock.runTo(2 * COIL_LIMIT_US), /close coil of channel 2 on for 250 ms/);
});

function relayRig(closed: boolean) {
  const clock = new Clock();
  const armature: [boolean, number][] = [];
  const contact: [boolean, number][] = [];
  const relay = new Relay(clock, new Random(5), 0, closed, {
    armature: (_, now_closed) => void armature.push([now_closed, clock.now_us]),
    contact: (_, now_closed) => void contact.push([now_closed, clock.now_us]),
  });
  const pulse = (closes: boolean, width_us: number): void => {
    relay.coil(closes, true, clock.now_us);
    clock.runTo(clock.now_us + width_us);
    relay.coil(closes, false, clock.now_us);
  };
  return { clock, relay, armature, contact, pulse };
}

test("relay: moves after the operate time, stays without current", () => {
  const { clock, relay, armature, pulse } = relayRig(true);
  pulse(false, 50_000);
  assert.deepEqual(armature, [[false, OPERATE_US]]);
  clock.runTo(10_000_000);
  assert.equal(relay.closed, false);
  pulse(false, 50_000); // a refresh
  assert.equal(relay.operations, 1);
  pulse(true, 50_000);
  assert.equal(relay.closed, true);
  assert.equal(relay.operations, 2);
});

test("relay: a pulse below the operate time does nothing", () => {
  const { clock, relay, pulse } = relayRig(true);
  pulse(false, OPERATE_US - 1);
  pulse(false, OPERATE_US - 1);
  clock.runTo(1_000_000);
  assert.equal(relay.operations, 0);
});

test("relay: contacts bounce at closing for at most the bounce time and end closed", () => {
  const { clock, contact, pulse } = relayRig(false);
  pulse(true, 16_000); // cut off in the middle of the bounce
  clock.runTo(1_000_000);
  assert.ok(contact.length >= 3);
  assert.deepEqual(contact[0], [true, OPERATE_US]);
  const [closed, last_us] = contact[contact.length - 1];
  assert.equal(closed, true);
  assert.ok(last_us <= OPERATE_US + BOUNCE_US);
});

test("relay: a stuck one ignores its coils", () => {
  const { relay, pulse } = relayRig(true);
  relay.stuck = true;
  pulse(false, 50_000);
  assert.equal(relay.closed, true);
  relay.stuck = false;
  pulse(false, 50_000);
  assert.equal(relay.closed, false);
});
