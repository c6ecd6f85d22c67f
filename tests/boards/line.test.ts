/** The RS485 line of many: times, silence, collisions, speeds, power, the guard of the transmitter. */

import assert from "node:assert/strict";
import test from "node:test";
import { FORMAT_8E1, FORMAT_8N1, IDLE_LIMIT_US, LOST } from "../../boards/virtual/devices/uart.ts";
import type { LinePort } from "../../boards/virtual/devices/line-port.ts";
import { Line } from "../../boards/virtual/line.ts";

const BAUD = 9600;
/** 11 bits at 9600 baud. */
const CHARACTER_US = 1145.8334;

interface Node {
  port: LinePort;
  send(bytes: number[]): number;
  receive(capacity?: number): number[] | "lost";
}

/** A line with ports that share one time, open at 9600 8E1. */
function bus(count: number, seed = 1) {
  const time = { now_us: 0 };
  const line = new Line(seed);
  const nodes = Array.from({ length: count }, (_, i): Node => {
    const port = line.attach(`node ${i}`, () => time.now_us);
    port.open(BAUD, FORMAT_8E1, 0);
    return {
      port,
      send: (bytes) => port.write(Uint8Array.from(bytes), 0, bytes.length, time.now_us),
      receive: (capacity = 512) => {
        const memory = new Uint8Array(512);
        const taken = port.read(memory, 0, capacity, time.now_us);
        return taken === LOST ? "lost" : [...memory.subarray(0, taken)];
      },
    };
  });
  return { line, time, nodes };
}

const row = (size: number): number[] => Array.from({ length: size }, (_, i) => i & 255);

/** All that a node has received, without the reports of losses, and how many of those there were. */
function drain(node: Node): { bytes: number[]; losses: number } {
  const bytes: number[] = [];
  for (let losses = 0; ;) {
    const part = node.receive();
    if (part === "lost") losses++;
    else if (part.length === 0) return { bytes, losses };
    else bytes.push(...part);
  }
}

test("what one sends reaches all the others a character time later, and not itself", () => {
  const { time, nodes } = bus(5);
  time.now_us = 1000;
  nodes[2].send([7, 8]);
  time.now_us = 1000 + 1145;
  for (const node of nodes) assert.deepEqual(node.receive(), []);
  time.now_us = 1000 + 1146;
  for (const [i, node] of nodes.entries()) assert.deepEqual(node.receive(), i === 2 ? [] : [7]);
  time.now_us = 1000 + 2292;
  for (const [i, node] of nodes.entries()) assert.deepEqual(node.receive(), i === 2 ? [] : [8]);
});

test("idle time counts from the last byte of somebody else", () => {
  const { time, nodes } = bus(2);
  nodes[0].send([1, 2]);
  time.now_us = 5000;
  assert.equal(nodes[0].port.idleUs(5000), 5000);
  assert.equal(nodes[1].port.idleUs(5000), 5000 - 2292);
  assert.equal(nodes[1].port.idleUs(1e10), IDLE_LIMIT_US);
});

test("two that talk at once garble each other where they overlap, and hear nothing of it", () => {
  const { time, nodes } = bus(3);
  const [one, other, third] = nodes;
  one.send(row(20));
  time.now_us = Math.floor(10.5 * CHARACTER_US); // in the middle of one's eleventh character
  other.send([200, 201]);
  time.now_us = 100_000;
  const heard = drain(third);
  assert.deepEqual(heard.bytes.slice(0, 10), row(10));
  assert.deepEqual(heard.bytes.slice(-7), row(20).slice(13));
  assert.ok(heard.losses === 1 || heard.bytes.length === 22);
  const spoilt = heard.bytes.slice(10, -7);
  for (const value of [10, 11, 12, 200, 201]) assert.ok(!spoilt.includes(value), `${value}`);
  assert.deepEqual(drain(one), { bytes: [], losses: 0 }); // its receiver was off
  const { bytes, losses } = drain(other);
  assert.deepEqual(bytes, [...row(10), ...row(20).slice(13)]);
  assert.equal(losses, 1); // its receiver came on in the middle of a character
});

test("what a collision does depends on the seed alone", () => {
  const heard = (seed: number) => {
    const { time, nodes } = bus(3, seed);
    nodes[0].send(row(100));
    nodes[1].send(row(100));
    time.now_us = 1e6;
    return drain(nodes[2]);
  };
  assert.deepEqual(heard(1), heard(1));
  assert.notDeepEqual(heard(1), heard(2));
  const { bytes, losses } = heard(1);
  assert.equal(losses, 1);
  assert.ok(bytes.length > 60 && bytes.length < 140, `${bytes.length}`);
});

test("three at once, and a host among them", () => {
  const { line, time, nodes } = bus(3);
  const host = line.host();
  nodes[0].send(row(5));
  nodes[1].send(row(5));
  host.send(Uint8Array.from(row(5)));
  time.now_us = 5 * 1146;
  assert.deepEqual(host.receive(), new Uint8Array(0));
  const { bytes } = drain(nodes[2]);
  for (const [i, value] of row(5).entries()) assert.notEqual(bytes[i], value);
});

test("another speed or format loses the bytes and still ends the silence", () => {
  const { time, nodes } = bus(3);
  nodes[1].port.open(BAUD, FORMAT_8N1, 0);
  nodes[2].port.open(19_200, FORMAT_8E1, 0);
  nodes[0].send([1, 2]);
  time.now_us = 1000;
  assert.deepEqual(nodes[1].receive(), []);
  time.now_us = 3000;
  for (const node of [nodes[1], nodes[2]]) {
    assert.equal(node.receive(), "lost");
    assert.deepEqual(node.receive(), []);
    assert.equal(node.port.idleUs(3000), 3000 - 2292);
  }
});

test("a port that opens in the middle of a row hears what begins after that", () => {
  const { time, nodes } = bus(2);
  nodes[0].send([1, 2, 3, 4]);
  time.now_us = 1500; // in the second character
  nodes[1].port.open(BAUD, FORMAT_8E1, 1500);
  time.now_us = 10_000;
  assert.deepEqual(nodes[1].receive(), [3, 4]);
});

test("a node without power is silent and deaf; what it was sending breaks off", () => {
  const { time, nodes } = bus(3);
  nodes[0].send([1, 2, 3, 4]);
  nodes[2].port.close(0);
  time.now_us = 2500; // in the third character
  nodes[0].port.close(2500);
  time.now_us = 10_000;
  assert.equal(nodes[1].receive(), "lost");
  assert.deepEqual(nodes[1].receive(), [1, 2]);
  nodes[2].port.open(BAUD, FORMAT_8E1, 10_000);
  assert.deepEqual(nodes[2].receive(), []);
  nodes[1].send([9]);
  time.now_us = 20_000;
  assert.deepEqual(nodes[2].receive(), [9]);
});

test("256 received bytes are kept, then the newest is lost and told once", () => {
  const { time, nodes } = bus(2);
  nodes[0].send(row(256));
  time.now_us = 300_000;
  nodes[0].send([99]);
  time.now_us = 400_000;
  assert.equal(nodes[1].receive(), "lost");
  assert.deepEqual(nodes[1].receive(), row(256));
  nodes[0].send([98]);
  time.now_us = 500_000;
  assert.deepEqual(nodes[1].receive(), [98]);
});

test("the queue takes 256 bytes, more as they leave", () => {
  const { time, nodes } = bus(2);
  assert.equal(nodes[0].send(row(300)), 256);
  assert.equal(nodes[0].send(row(10)), 0);
  time.now_us = 11_459; // ten characters are out
  assert.equal(nodes[0].port.pending(time.now_us), 246);
  assert.equal(nodes[0].send(row(20)), 10);
});

test("a row of more than 280 characters is cut, and nothing is sent until the port is opened", () => {
  const { line, time, nodes } = bus(2);
  const host = line.host();
  for (let sent_ms = 0; sent_ms < 600; sent_ms++) {
    time.now_us = sent_ms * 1000;
    nodes[0].send([sent_ms & 255]);
  }
  assert.equal(nodes[0].send([1]), 0);
  time.now_us = 1e6;
  assert.equal(nodes[0].send([1]), 0);
  assert.equal(host.receive().length, 280);
  nodes[0].port.open(BAUD, FORMAT_8E1, time.now_us);
  assert.equal(nodes[0].send([5, 6]), 2);
  time.now_us += 10_000;
  assert.deepEqual(host.receive(), Uint8Array.of(5, 6));
});

test("rows with a pause between them are not one row", () => {
  const { line, time, nodes } = bus(1);
  const host = line.host();
  for (let i = 0; i < 5; i++) {
    time.now_us = i * 240_000; // 200 characters are 229 ms
    assert.equal(nodes[0].send(row(200)), 200);
  }
  time.now_us = 2e6;
  assert.equal(host.receive().length, 1000);
});

test("hosts send and keep as much as they like, change speed, leave", () => {
  const { line, time, nodes } = bus(1);
  const host = line.host("desk", 19_200, FORMAT_8N1);
  const listener = line.host("listener", 19_200, FORMAT_8N1);
  host.send(Uint8Array.from(row(3000)));
  assert.equal(host.pending, 3000);
  time.now_us = 3_000_000;
  assert.equal(host.pending, 0);
  assert.equal(listener.receive().length, 3000);
  nodes[0].send([1]);
  time.now_us = 3_010_000;
  host.open(BAUD, FORMAT_8E1);
  nodes[0].send([2]);
  time.now_us = 3_020_000;
  assert.deepEqual(host.receive(), Uint8Array.of(2));
  host.send(Uint8Array.of(1, 2, 3));
  time.now_us = 3_021_500;
  host.detach();
  time.now_us = 3_030_000;
  drain(nodes[0]);
  listener.open(BAUD, FORMAT_8E1);
  listener.send(Uint8Array.of(8));
  time.now_us = 3_040_000;
  assert.deepEqual(nodes[0].receive(), [8]);
});

test("what arrived before a host changed its speed is still there", () => {
  const { line, time, nodes } = bus(1);
  const host = line.host();
  nodes[0].send([1, 2]);
  time.now_us = 10_000;
  host.open(2400, FORMAT_8E1);
  assert.deepEqual(host.receive(), Uint8Array.of(1, 2));
});

test("a tap changes what goes out, and each character is told", () => {
  const { line, time, nodes } = bus(2);
  const told: [string, number, number, number][] = [];
  line.onCharacter = (from, { value, start_us, end_us }) =>
    void told.push([from, value, start_us, end_us]);
  line.tap = (from, bytes) => (from === "node 0" ? bytes.subarray(1) : bytes);
  nodes[0].send([1, 2, 3]);
  time.now_us = 10_000;
  assert.deepEqual(nodes[1].receive(), [2, 3]);
  assert.deepEqual(told, [
    ["node 0", 2, 0, 1146],
    ["node 0", 3, 1146, 2292],
  ]);
});

test("a long life: the log of the line does not grow while somebody never reads", () => {
  const { line, time, nodes } = bus(3);
  for (let i = 0; i < 200; i++) {
    nodes[0].send(row(100));
    time.now_us += 150_000;
    assert.equal(drain(nodes[1]).bytes.length, 100);
  }
  assert.ok(line.wire.mask < 4096);
  assert.equal(nodes[2].receive(), "lost");
  assert.deepEqual(nodes[2].receive(), [...row(100), ...row(100), ...row(56)]);
});
