/** The part of the "bench" imports that handles cards: tests/bench.ts says what each does. */

import type { Box } from "./box.ts";
import {
  ClassicCard,
  DISTURBANCES,
  IsoDepCard,
  UltralightCard,
  type Card,
  type ClassicOptions,
  type ReaderMode,
  type TornBlock,
} from "./reader.ts";

const DUMP_SIZE = 1024;
const BLOCK_SIZE = 16;

// In the order of the numbers in tests/bench.ts.
const CLASSIC_KINDS: ClassicOptions[] = [
  {},
  { sak: 0x88 },
  { magic: true },
  { block_0_writable: true },
  { uid_size: 7 },
];
const KIND_4K = 5;
const KIND_ULTRALIGHT = 6;
const KIND_ISO_DEP = 7;
const OUTCOMES: TornBlock[] = ["old", "new", "zeros", "ones", "mixture", "weak"];
const MODES: ReaderMode[] = ["ok", "absent-00", "absent-ff", "stuck"];

function chosen<T>(list: readonly T[], index: number, what: string): T {
  const value = list[index];
  if (value === undefined) throw new Error(`${what} ${index}`);
  return value;
}

function makeCard(kind: number, dump: Uint8Array): Card {
  if (kind === KIND_ULTRALIGHT) return new UltralightCard(dump.slice(0, 7));
  if (kind === KIND_ISO_DEP) return new IsoDepCard(dump.slice(0, 4));
  if (kind !== KIND_4K) {
    return ClassicCard.fromDump(dump, chosen(CLASSIC_KINDS, kind, "kind of card"));
  }
  const large = new Uint8Array(4 * DUMP_SIZE);
  for (let at = 0; at < large.length; at += DUMP_SIZE) large.set(dump, at);
  return ClassicCard.fromDump(large);
}

export class CardBench {
  private cards: Card[] = [];

  /** `getBox` is the box that is open, `bytes` a view of the suite's memory. */
  constructor(
    private readonly getBox: () => Box,
    private readonly bytes: (address: number, size: number) => Uint8Array,
  ) {}

  imports() {
    return { ...this.cardImports(), ...this.faultImports() };
  }

  private card(number: number): Card {
    return chosen(this.cards, number - 1, "card");
  }

  private classic(number: number): ClassicCard {
    const card = this.card(number);
    if (!(card instanceof ClassicCard)) throw new Error(`card ${number} has no blocks`);
    return card;
  }

  private cardImports() {
    return {
      bench_card_make: (kind: number, dump: number): number =>
        this.cards.push(makeCard(kind, this.bytes(dump, DUMP_SIZE).slice())),
      bench_card_present: (card: number, delay_us: number): void => {
        const { reader, now_us } = this.getBox();
        if (delay_us === 0) reader.present(this.card(card));
        else reader.presentAt(this.card(card), now_us + delay_us);
      },
      bench_card_remove: (card: number, delay_us: number): void => {
        const { reader, now_us } = this.getBox();
        const leaving = card === 0 ? [...reader.cards] : [this.card(card)];
        for (const each of leaving) {
          if (delay_us === 0) reader.remove(each);
          else reader.removeAt(each, now_us + delay_us);
        }
      },
      bench_card_block: (card: number, block: number, address: number): void => {
        const dump = this.classic(card).dump();
        const start = block * BLOCK_SIZE;
        this.bytes(address, BLOCK_SIZE).set(dump.subarray(start, start + BLOCK_SIZE));
      },
      bench_card_set_block: (card: number, block: number, address: number): void =>
        this.classic(card).setBlock(block, this.bytes(address, BLOCK_SIZE).slice()),
      bench_card_writes: (card: number): number => this.classic(card).writes,
    };
  }

  private faultImports() {
    const reader = () => this.getBox().reader;
    return {
      bench_card_tear: (card: number, after: number, outcome: number, how: number): void =>
        this.classic(card).tear({
          after,
          outcome: chosen(OUTCOMES, outcome, "outcome"),
          acknowledged: how === 0,
          leaves: how === 2,
        }),
      bench_card_leave_after: (frames: number, delay_us: number): void =>
        reader().removeAfterFrames(frames, delay_us),
      bench_card_disturb: (answers: number, kind: number): void =>
        reader().disturb(answers, chosen(DISTURBANCES, kind, "disturbance")),
      bench_card_noise: (one_in: number): void => reader().setNoise(one_in),
      bench_reader_frames: (): number => reader().frames,
      bench_reader_answers: (): number => reader().answers,
      bench_reader_mode: (mode: number): void => reader().setMode(chosen(MODES, mode, "mode")),
      bench_reader_version: (version: number): void => void (reader().chip.version = version),
      bench_reader_brown_out: (bytes: number): void => reader().brownOutAfter(bytes),
      bench_reader_calm: (): void => reader().calm(),
      bench_service_switch: (closed: number): void => this.getBox().serviceSwitch(closed !== 0),
    };
  }
}
