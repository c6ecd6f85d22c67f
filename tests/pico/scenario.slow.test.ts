/** One scenario on three kinds of box: cores in V8, cores as C and under WAMR on two emulated Picos.
 *
 *  What is equal without any exception: each HAL call that a core on a chip makes, with its numbers and
 *  bytes, is the one that the same core makes in V8 when it is given the results that the chip's calls had,
 *  in every entry of every life, those that a power cut or a reset ended included.
 *
 *  What is equal between the boxes, each of which lives by itself: relay moves, restarts, answers on the
 *  line, calibration pulses, tubes, what the cores decided (scenario-decisions.ts), and every byte of the
 *  memory but the times that scenario-memory.ts lists. What may differ is when: by less than LATE. */
import assert from "node:assert/strict";
import { before, test, type TestContext } from "node:test";
import { firmware } from "../../scripts/firmware.ts";
import { BooksReader } from "../../tools/simulate/books.ts";
import { EVENTS } from "../../tools/simulate/office-codes.ts";
import { DAY, playDay, playFirstStart } from "./scenario-day.ts";
import {
  compare,
  runChips,
  runV8,
  type Lateness,
  type Play,
  type Run,
  type Start,
} from "./scenario-run.ts";

const LATE: Record<string, Lateness> = {
  c: { moves_ms: 60, coils_ms: 2 },
  wamr: { moves_ms: 500, coils_ms: 20 },
};

const first_start = runV8(playFirstStart, DAY);
/** A box that was made ready: its relays have been driven once and stand open. */
const READY: Start = { ...DAY, relays_closed: false, fram: first_start.seen.fram };
const day = runV8(playDay, READY);

before(() => firmware());

test("the day has in it what it is for", () => {
  const events = new BooksReader(day.seen.fram).events(0);
  const states = events.filter(({ kind, household }) => kind === EVENTS.state && household === 1);
  const moves = states.map(({ detail, value }) => `${detail} ${value}`);
  assert.deepEqual(moves, ["3 0", "0 1", "1 2", "2 1"], "supplied, alarm, trip, resumed");
  const count = (name: string): number =>
    events.filter(({ kind }) => kind === EVENTS[name as keyof typeof EVENTS]).length;
  const wanted = {
    card_bound: 1,
    resumed: 1,
    phase_lost: 1,
    phase_back: 1,
    power_lost: 2,
    started: 4,
  };
  for (const [name, times] of Object.entries(wanted)) assert.equal(count(name), times, name);
  assert.equal(day.seen.coils_ms.length, 5 + 39, "switching, and the refresh of all");
  assert.ok(day.seen.socket.includes("1 1") && day.seen.socket.includes("7 1"));
});

function play(t: TestContext, engine: string, scene: Play, start: Start, v8: Run): void {
  const say = (text: string): void => t.diagnostic(text);
  compare(runChips(engine, scene, start, say), v8, LATE[engine], say);
}

for (const engine of ["c", "wamr"]) {
  test(`the first start of all, with ${engine}`, (t) => {
    play(t, engine, playFirstStart, DAY, first_start);
  });

  test(`a day from morning to evening, with ${engine}`, (t) => {
    play(t, engine, playDay, READY, day);
  });
}
