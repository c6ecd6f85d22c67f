/** The chips of a box one after the other: memory, line, clock, reader, phases, tubes, socket and
 *  service switch. */

import type { Jig, Pattern } from "./jig.ts";
import { MEMORY_BLOCKS, SHOWN_SIZE, type Prober } from "./probe.ts";
import { expectedProof } from "./reader-proof.ts";
import type { Record } from "./verdict.ts";

const IDENTIFICATION = "047f4803"; // MB85RS2MTA: Fujitsu, continuation, 2 Mbit, product
const MEMORY_PATTERNS = [0x00, 0xff, 0xaa];
const ECHO_ROUNDS = 16;
const CLOCK_WAIT_MS = 1300;
const STATUS_REGISTER = 0x0f;
const OSCILLATOR_STOPPED = 0x80;
const READER_LOOKS = 20;
const READER_LOOK_MS = 50;
const PHASE_LOOKS = 24;
const LOWEST_DV = 1980; // 220 V - 10 %
const HIGHEST_DV = 2420;
const LOWEST_CHZ = 4950;
const HIGHEST_CHZ = 5050;
const LEAST_SPAN = 1000; // counts between the extremes of a sine of 220 V, ten times seen
const FULL_SCALE = 4095;
const SHOWN_MS = 30_000; // a person needs time to look
const TUBE_COUNT = 10;
const SEGMENT_COUNT = 8;
const ALL_LIT = 0xff;
const LAMP_NAMES = ["phase A", "phase B", "phase C", "alarm", "line", "card"];
const LAMPS = SHOWN_SIZE - 1;
const PULSE_MS = 200;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

export async function testMemory(prober: Prober, record: Record): Promise<void> {
  const found = hex(await prober.identification()).toLowerCase();
  record.judge("memory chip", found === IDENTIFICATION, found, IDENTIFICATION);
  let wrong = 0;
  for (const pattern of MEMORY_PATTERNS) {
    for (let block = 1; block <= MEMORY_BLOCKS; block++) await prober.fill(block, pattern);
    for (let block = 1; block <= MEMORY_BLOCKS; block++)
      wrong += await prober.wrong(block, pattern);
  }
  record.judge("memory cells", wrong === 0, `${wrong} wrong bytes`, "0");
}

/** Bytes with every bit pattern that line and framing might spoil. */
function echoData(round: number): Uint8Array {
  return Uint8Array.from({ length: 12 }, (_, i) => (round * 0x11 + i * 0x55) & 0xff);
}

export async function testLine(prober: Prober, record: Record): Promise<void> {
  const { master } = prober.native;
  const before = master.retry_count;
  let wrong = 0;
  for (let round = 0; round < ECHO_ROUNDS; round++) {
    if (!(await prober.echo(echoData(round)))) wrong++;
  }
  const again = master.retry_count - before;
  const found = `${ECHO_ROUNDS} rounds, ${wrong} wrong, ${again} asked again`;
  record.judge("line echo", wrong === 0 && again === 0, found, "none wrong, none asked again");
}

export async function testClock(prober: Prober, record: Record, new_clock: boolean): Promise<void> {
  const first = await prober.clock();
  await prober.native.wait(CLOCK_WAIT_MS);
  const second = await prober.clock();
  const runs = first[0] !== second[0];
  record.judge(
    "clock runs",
    runs,
    `seconds ${hex(first.subarray(0, 1))}h, then ${hex(second.subarray(0, 1))}h`,
    "another second after 1.3 s",
  );
  const lost = (second[STATUS_REGISTER] & OSCILLATOR_STOPPED) !== 0;
  if (lost && new_clock) record.skip("clock kept", "a new clock that was never set");
  else
    record.judge(
      "clock kept",
      !lost,
      lost ? "it had stopped: never set, or no cell" : "kept",
      "kept",
    );
}

export async function testReader(prober: Prober, record: Record, fitted: boolean): Promise<void> {
  if (!fitted) return record.skip("reader", "the box has none");
  await prober.startReader();
  let told = await prober.reader();
  for (let look = 0; told === null && look < READER_LOOKS; look++) {
    await prober.native.wait(READER_LOOK_MS);
    told = await prober.reader();
  }
  if (told === null) return void record.judge("reader", false, "its test does not end", "it ends");
  const { version, outcome } = told;
  const expected = expectedProof(version);
  const name = `version ${version.toString(16).toUpperCase()}h`;
  if (expected === null) {
    return record.skip("reader", `${name}: it answers; its self-test is known to nobody`);
  }
  const good = hex(outcome) === expected;
  record.judge("reader", good, `${name}, self-test ${good ? "right" : hex(outcome)}`, expected);
}

export async function testPhases(prober: Prober, record: Record): Promise<void> {
  const { voltages, frequency } = await prober.native.box();
  const seen: number[][] = [[], [], []];
  for (let look = 0; look < PHASE_LOOKS; look++) {
    (await prober.look()).samples.forEach((sample, phase) => seen[phase].push(sample));
  }
  voltages.forEach((dv, phase) => {
    const low = Math.min(...seen[phase]);
    const high = Math.max(...seen[phase]);
    const is_right = dv >= LOWEST_DV && dv <= HIGHEST_DV;
    const is_whole = low > 0 && high < FULL_SCALE && high - low >= LEAST_SPAN;
    const found = `${dv / 10} V, samples ${low}..${high}`;
    const limits = `${LOWEST_DV / 10}..${HIGHEST_DV / 10} V, samples inside 1..${FULL_SCALE - 1}`;
    record.judge(`phase ${"ABC"[phase]}`, is_right && is_whole, found, limits);
  });
  const is_right = frequency >= LOWEST_CHZ && frequency <= HIGHEST_CHZ;
  const limits = `${LOWEST_CHZ / 100}..${HIGHEST_CHZ / 100} Hz`;
  record.judge("frequency", is_right, `${frequency / 100} Hz`, limits);
}

function pattern(question: string, fill: (at: number) => number): Pattern & { name: string } {
  const segments = Uint8Array.from({ length: SHOWN_SIZE }, (_, at) => fill(at));
  return { segments, question, name: question };
}

/** What a machine compares; a person is shown less. */
function patterns(kind: Jig["kind"]): Pattern[] {
  const all = pattern("Are all ten tubes wholly lit, and no lamp?", (at) =>
    at < LAMPS ? ALL_LIT : 0,
  );
  const dark = pattern("Are all tubes and lamps dark?", () => 0);
  const lamps = LAMP_NAMES.map((name, bit) =>
    pattern(`Is the lamp "${name}" lit, and nothing else?`, (at) => (at === LAMPS ? 1 << bit : 0)),
  );
  if (kind === "ask") return [all, dark, ...lamps];
  const segments = Array.from({ length: SEGMENT_COUNT }, (_, bit) =>
    pattern(`segment ${bit} of all tubes`, (at) => (at < LAMPS ? 1 << bit : 0)),
  );
  const tubes = Array.from({ length: TUBE_COUNT }, (_, tube) =>
    pattern(`tube ${tube + 1}`, (at) => (at === tube ? ALL_LIT : 0)),
  );
  return [all, dark, ...lamps, ...segments, ...tubes];
}

export async function testTubes(prober: Prober, jig: Jig, record: Record): Promise<void> {
  if (jig.kind === "none") return record.skip("tubes and lamps", "no jig");
  const wrong: string[] = [];
  const shown = patterns(jig.kind);
  for (const each of shown) {
    await prober.show(each.segments, SHOWN_MS);
    if (!(await jig.shows(each))) wrong.push(each.question);
  }
  await prober.show(new Uint8Array(), 0);
  const found = wrong.length > 0 ? `wrong: ${wrong.join("; ")}` : `${shown.length} patterns right`;
  record.judge("tubes and lamps", wrong.length === 0, found, "all patterns right");
}

export async function testSocket(prober: Prober, jig: Jig, record: Record): Promise<void> {
  if (jig.kind === "none") return record.skip("socket", "no jig");
  const open = await prober.look();
  await jig.short(true);
  const shorted = await prober.look();
  await jig.short(false);
  const pins: string[] = [];
  for (const pin of [1, 7] as const) {
    await prober.socket(pin);
    await prober.native.wait(PULSE_MS);
    if (!(await jig.pulsed(pin))) pins.push(`pin ${pin} gives no pulse`);
  }
  if (open.socket_shorted) pins.push("pin 4 is always low");
  if (!shorted.socket_shorted) pins.push("pin 4 does not see the short");
  record.judge(
    "socket",
    pins.length === 0,
    pins.join("; ") || "pins 1, 4, 7 right",
    "pins 1, 4, 7",
  );
}

export async function testService(prober: Prober, jig: Jig, record: Record): Promise<void> {
  if (jig.kind === "none") return record.skip("service switch", "no jig");
  const is_right: boolean[] = [];
  const { service_closed } = await prober.look();
  // In a box with a number the test goes on only while the switch is closed.
  for (const closed of service_closed ? [true] : [false, true, false]) {
    await jig.serviceSwitch(closed);
    is_right.push((await prober.look()).service_closed === closed);
  }
  const good = is_right.every(Boolean);
  record.judge("service switch", good, good ? "seen" : "not seen", "open and closed are seen");
}
