/** The box of two chips, with cores in V8 that play the chips at their pins: every HAL call of both, every
 *  byte and every result, and all that is seen of the box is as in the box of two cores. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Box, releaseCore, type Core, type McuName } from "../../boards/virtual/box.ts";
import { PicoBox } from "../../boards/virtual/rp2040/box.ts";
import { DAY, playMorning, type Outcome } from "./scenario-day.ts";
import { FakeChip } from "./scenario-fake.ts";
import { describe, Differs, Twin, watchedCore, type Entry } from "./scenario-trace.ts";

/** Calls with results, by microcontroller. */
class Calls {
  readonly lines = { meter: [] as string[], panel: [] as string[] };

  core(name: McuName): Core {
    return watchedCore(name, releaseCore(name), (entry) => this.note(entry));
  }

  private note({ mcu, kind, calls }: Entry): void {
    for (const call of calls) {
      const bytes = Buffer.from(call.received).toString("hex");
      this.lines[mcu].push(`${describe(call)} -> ${call.result} ${bytes}`);
    }
    this.lines[mcu].push(kind);
  }
}

/** The morning, and a while in which both stand still. */
function play(box: Box): Outcome {
  const seen = playMorning(box);
  box.holdMs(1_900);
  box.runMs(300);
  return seen;
}

/** A box of two chips that are played. */
function playedBox(calls: Calls, step_us?: number): PicoBox {
  const make = (name: McuName): FakeChip => new FakeChip(name, calls.core(name));
  return new PicoBox({ ...DAY, meter: make, panel: make, step_us });
}

const calls = new Calls();
const seen = play(new Box({ ...DAY, meter: calls.core("meter"), panel: calls.core("panel") }));

for (const step_us of [80, 33]) {
  test(`at their pins, in steps of ${step_us} us, the cores do what they do in V8`, () => {
    const played = new Calls();
    const outcome = play(playedBox(played, step_us));
    for (const name of ["meter", "panel"] as const) {
      const [mine, theirs] = [played.lines[name], calls.lines[name]];
      const place = theirs.findIndex((line, i) => line !== mine[i]);
      if (place >= 0 && place < mine.length) assert.equal(mine[place], theirs[place], `${place}`);
      assert.ok(mine.length >= theirs.length - TICK_CALLS, `${name}: ${mine.length} calls`);
      assert.ok(theirs.length > 50_000);
    }
    assert.deepEqual(outcome, seen);
  });
}

/** A tick at the very end of the run is in the box of two cores only. */
const TICK_CALLS = 40;

test("a core that is followed in V8 is found out by one number, one byte, one call", () => {
  const entries: Entry[] = [];
  const core = watchedCore("meter", releaseCore("meter"), (entry) => entries.push(entry));
  const box = new Box({ ...DAY, meter: core, panel: null });
  box.powerOn();
  box.runMs(200);
  const follow = (change: (calls: Entry["calls"]) => void): void => {
    const twin = new Twin(releaseCore("meter"));
    for (const [i, entry] of entries.entries()) {
      const copy = structuredClone(entry);
      if (i === 20) change(copy.calls);
      twin.follow(copy);
    }
  };
  follow(() => undefined);
  const inputs = (calls: Entry["calls"]): Entry["calls"][number] =>
    calls.find(({ name }) => name === "spi")!;
  assert.throws(() => follow((calls) => calls[1].numbers[1]++), Differs);
  assert.throws(() => follow((calls) => (inputs(calls).sent[3] ^= 1)), Differs);
  assert.throws(() => follow((calls) => calls.pop()), Differs);
  assert.throws(() => follow((calls) => calls.push(calls[0])), Differs);
});
