/** How long a resident stands at the reader, in simulated time, and what polling costs the panel. */

import { releaseCore, type Core, type HalImports } from "../boards/virtual/box.js";
import { ClassicCard } from "../boards/virtual/reader.js";
import { newestReturn, setDirectory, setMessage } from "../tools/card/content.js";
import { makeBlank, setTrailers } from "../tools/card/dump.js";
import { boxKey, cardKeys } from "../tools/office/keys.js";
import { FLAGS_FIRST, MESSAGE_CREDIT, signMessage } from "../tools/office/message.js";
import { BOX_NUMBER, boxInService, MASTER_KEY } from "./box.js";

const SPI_READER = 4;
const PRESENTATIONS = 39;
const OFFSET_MS = 37; // shifts each presentation against the polling
const QUIET_MS = 12_000; // dialogue over, card forgotten
const LIMIT_MS = 2_000;
const IDLE_MS = 60_000;
const AMOUNT = 1_230; // shown as 12.3

export interface CardTimes {
  /** Longest of all presentations, ms. */
  first_digit_ms: number;
  free_ms: number;
  /** Share of the panel's ticks in which it spoke to the reader, no card being there. */
  polling_share: number;
}

/** `inner` with the ticks counted in which it uses the reader. */
function watched(inner: Core): { core: Core; share: () => number; reset: () => void } {
  let ticks = 0;
  let reader_ticks = 0;
  let is_used = false;
  const core: Core = {
    start(hal: HalImports) {
      const spi: HalImports["spi"] = (device, address, size) => {
        is_used ||= device === SPI_READER;
        hal.spi(device, address, size);
      };
      const running = inner.start({ ...hal, spi });
      const tick = (): void => {
        is_used = false;
        running.tick();
        ticks++;
        if (is_used) reader_ticks++;
      };
      return { init: () => running.init(), tick };
    },
  };
  return { core, share: () => reader_ticks / ticks, reset: () => (ticks = reader_ticks = 0) };
}

/** The card of a household with its second purchase: the first one came by line. */
function cardOf(household: number): ClassicCard {
  const key = boxKey(MASTER_KEY, BOX_NUMBER);
  const uid = Uint8Array.of(0x39, 0x00, 0x00, household);
  const dump = makeBlank(uid);
  setTrailers(dump, cardKeys(MASTER_KEY, key, uid));
  setDirectory(dump, { kind: "user", box_number: BOX_NUMBER, household, serial: household });
  const message = { box_number: BOX_NUMBER, index: household, kind: MESSAGE_CREDIT, number: 2 };
  setMessage(dump, 1, signMessage(key, { ...message, amount: AMOUNT, flags: FLAGS_FIRST }));
  return ClassicCard.fromDump(dump);
}

/** Presents a card to each household in turn. */
export function cardTimes(memory: Uint8Array): CardTimes {
  const { core, share, reset } = watched(releaseCore("panel"));
  const box = boxInService(memory, { panel: core });
  reset();
  box.runMs(IDLE_MS);
  const polling_share = share();
  const key = boxKey(MASTER_KEY, BOX_NUMBER);
  let first_digit_ms = 0;
  let free_ms = 0;
  for (let household = 1; household <= PRESENTATIONS; household++) {
    box.runMs(QUIET_MS + household * OFFSET_MS);
    const card = cardOf(household);
    const directory = { kind: "user", box_number: BOX_NUMBER, household, serial: 0 } as const;
    const isFree = (): boolean => newestReturn(card.dump(), directory, key, card.uid)?.number === 2;
    const until = (isDone: () => boolean): number => {
      while (!isDone() && box.now_ms - begin_ms < LIMIT_MS) box.runMs(1);
      return box.now_ms - begin_ms;
    };
    const begin_ms = box.now_ms;
    box.reader.present(card);
    first_digit_ms = Math.max(
      first_digit_ms,
      until(() => box.tubes().lower.trim() === "12.3"),
    );
    free_ms = Math.max(free_ms, until(isFree));
    box.reader.remove(card);
  }
  return { first_digit_ms, free_ms, polling_share };
}
