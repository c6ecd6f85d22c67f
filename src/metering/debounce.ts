/** Debounce of all pulse inputs at once: bit n of every word is channel n + 1. A level is believed
 *  after SAMPLES equal samples in a row, so at one sample a millisecond a spike shorter than 3 ms never
 *  passes and a pulse of 20 ms always does (product sheet: counted exactly once). */

// Vertical counter: bit n of count1:count0 is how many samples in a row differed on channel n + 1.
// It can count three; the fourth (SAMPLES) turns the level.
let level: u64 = 0;
let count0: u64 = 0;
let count1: u64 = 0;

/** Takes `sample` as the settled level: no edge comes from what is high at the start. */
export function debounceInit(sample: u64): void {
  level = sample;
  count0 = 0;
  count1 = 0;
}

/** One sample of all inputs, one millisecond after the one before. Returns the rising edges. */
export function debounce(sample: u64): u64 {
  const differs = sample ^ level;
  const turns = differs & count1 & count0;
  const counting = differs & ~turns;
  count1 = counting & (count1 ^ count0);
  count0 = counting & ~count0;
  level ^= turns;
  return turns & level;
}
