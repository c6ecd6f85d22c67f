/** Cuts the power after every byte that some work writes, in turn, and starts the box again. */
import assert from "node:assert/strict";
import * as kit from "./kit.ts";

export type UnderWay = "old" | "new" | "garbage";
/** What the byte may hold that was being written. */
export const UNDER_WAY: UnderWay[] = ["old", "new", "garbage"];

export interface Work {
  image: Uint8Array;
  /** Before the power can go. */
  prepare?: (bench: kit.MeterBench) => void;
  act: (bench: kit.MeterBench) => void;
  /** Judges the box after a cut and a restart. */
  check: (bench: kit.MeterBench, cut: number) => void;
}

/** Runs `act` once for every byte it writes, with the power cut after that byte; without `under_way`
 *  what that byte may hold changes from cut to cut. Returns the cuts. */
export function sweep(work: Work, under_way?: UnderWay): number {
  for (let cut = 0; ; cut++) {
    const bench = new kit.MeterBench({ fram: work.image });
    bench.box.runMs(100);
    work.prepare?.(bench);
    bench.box.fram.cutAfter(cut, under_way ?? UNDER_WAY[cut % UNDER_WAY.length]);
    try {
      work.act(bench);
    } catch (error) {
      if (bench.box.powered) throw error;
    }
    if (bench.box.powered) {
      bench.box.fram.cutAfter(null);
      work.check(bench, cut);
      return cut;
    }
    work.check(new kit.MeterBench({ fram: bench.box.fram.bytes }), cut);
  }
}

export interface Turn extends Omit<Work, "check"> {
  /** Everything that must be old or new, as text. */
  snapshot: (bench: kit.MeterBench) => string;
  /** Does the work after a cut, or once more; it must end new. */
  finish?: (bench: kit.MeterBench) => void;
}

/** The sweep for work that turns one snapshot into another: after each cut it is one of the two. */
export function sweepOldOrNew(turn: Turn): { old: string; new: string; cuts: number } {
  const { image, act, prepare, snapshot, finish } = turn;
  const reference = new kit.MeterBench({ fram: image });
  reference.box.runMs(100);
  prepare?.(reference);
  const old_books = snapshot(reference);
  act(reference);
  const new_books = snapshot(reference);
  assert.notEqual(old_books, new_books);
  const seen = new Set<string>();
  let cuts = 0;
  for (const under_way of UNDER_WAY) {
    const check = (bench: kit.MeterBench, cut: number): void => {
      const books = snapshot(bench);
      assert.ok(books === old_books || books === new_books, `cut ${cut} (${under_way}): ${books}`);
      seen.add(books);
      finish?.(bench);
      if (finish) assert.equal(snapshot(bench), new_books, `after cut ${cut}`);
    };
    cuts += sweep({ image, prepare, act, check }, under_way);
  }
  assert.equal(seen.size, 2, "both outcomes occur");
  return { old: old_books, new: new_books, cuts };
}
