/** Cuts the power after every byte that some work writes, in turn, and starts the box again. */
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
