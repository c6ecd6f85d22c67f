/** What Modbus counts since the start or since it was told to clear: function 08. Source: Modbus over
 *  serial line v1.02, 6.8; each counter is a register that stops at its highest value. */

export const COUNT_FRAMES: i32 = 0; // right and wrong ones on the line
export const COUNT_WRONG: i32 = 1; // of these with a wrong CRC
export const COUNT_EXCEPTIONS: i32 = 2; // sent
export const COUNT_REQUESTS: i32 = 3; // for this box
export const COUNT_SILENT: i32 = 4; // of these not answered
export const COUNT_LOST: i32 = 5; // bytes lost, as often as the board noticed it
const COUNTER_COUNT: i32 = 6;
const HIGHEST: i32 = 0xffff;

const counters: StaticArray<i32> = [0, 0, 0, 0, 0, 0];

/** All zero. */
export function countersInit(): void {
  for (let i = 0; i < COUNTER_COUNT; i++) counters[i] = 0;
}

/** Counts `times` more of COUNT_ `index`. */
export function count(index: i32, times: i32): void {
  const total = counters[index] + times;
  counters[index] = total < HIGHEST ? total : HIGHEST;
}

/** The counter COUNT_ `index`, 0..65535. */
export function counterOf(index: i32): i32 {
  return counters[index];
}

/** Bytes were lost. */
export function countLost(): void {
  count(COUNT_LOST, 1);
}

/** So many frames had a wrong CRC. */
export function countWrong(times: i32): void {
  if (times == 0) return;
  count(COUNT_FRAMES, times);
  count(COUNT_WRONG, times);
}
