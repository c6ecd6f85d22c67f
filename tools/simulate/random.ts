/** Seeded random numbers (mulberry32). A stream is made for each purpose, so that adding a choice in
 *  one place changes none elsewhere. Not for keys. */

export interface Stream {
  /** A number from 0 up to, not including, 1. */
  next(): number;
  /** A whole number lowest..highest, both included. */
  between(lowest: number, highest: number): number;
}

function mix(hash: number, value: number): number {
  let h = Math.imul(hash ^ value, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The stream of this seed and purpose; `keys` are whole numbers such as household and day. */
export function makeStream(seed: number, ...keys: number[]): Stream {
  let state = keys.reduce((hash, key) => mix(hash, key + 0x9e3779b9), mix(0x6d2b79f5, seed));
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (lowest, highest) => lowest + Math.floor(next() * (highest - lowest + 1)),
  };
}
