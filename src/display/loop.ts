/** The loop of pages: box number, unit number, every household in use, then missing phases, lost
 *  clock, missing reader and memory fault when there are any; 4 s each. The socket holds it at a household; lifting
 *  the short moves on at once, so that shorting again holds the next one. Pure: decides which
 *  page, shows nothing. Source: the product sheet. */

export enum Page {
  Box,
  Unit,
  Household,
  Phases,
  Clock,
  Reader,
  Memory,
}

export const PAGE_COUNT: i32 = 7;
export const PAGE_MS: u32 = 4000;

let page: Page = 0; // Page.Box
let household: i32 = 0; // 1..39 on Page.Household, else 0
let since_ms: u32 = 0;
let was_held: bool = false;
let present: u32 = 0; // bit per page beyond the households that has something to say

/** Whether the loop may go from one page to the other: onwards, past pages that have nothing to
 *  say, to the box number at the end, and to a household from anywhere (the socket). */
export function loopMayMove(from: Page, to: Page): bool {
  if (to == Page.Household) return true;
  if (to == Page.Box) return from != Page.Box;
  if (to == Page.Unit) return from == Page.Box;
  return from >= Page.Unit && from < to;
}

/** Starts at the box number. */
export function loopInit(now_ms: u32): void {
  page = Page.Box;
  household = 0;
  since_ms = now_ms;
  was_held = false;
  present = 0;
}

/** Which of the last pages have something to say, from now on. */
export function loopSet(
  phases_missing: bool,
  clock_lost: bool,
  reader_missing: bool,
  memory_fault: bool,
): void {
  present =
    ((phases_missing ? 1 : 0) << Page.Phases) |
    ((clock_lost ? 1 : 0) << Page.Clock) |
    ((reader_missing ? 1 : 0) << Page.Reader) |
    ((memory_fault ? 1 : 0) << Page.Memory);
}

function move(to: Page, to_household: i32): void {
  assert(loopMayMove(page, to));
  page = to;
  household = to_household;
}

/** Lowest household in `used` above `after`, 0 none. */
function nextHousehold(used: u64, after: i32): i32 {
  const rest = (used >> after) << after; // bits 0..after - 1 are the households up to `after`
  return rest == 0 ? 0 : <i32>ctz<u64>(rest) + 1;
}

function moveOn(used: u64): void {
  if (page == Page.Box) {
    move(Page.Unit, 0);
    return;
  }
  if (page <= Page.Household) {
    const next = nextHousehold(used, household);
    if (next > 0) {
      move(Page.Household, next);
      return;
    }
  }
  const first: i32 = page < Page.Phases ? Page.Phases : page + 1;
  for (let next = first; next < PAGE_COUNT; next++) {
    if (((present >> next) & 1) != 0) {
      move(next, 0);
      return;
    }
  }
  move(Page.Box, 0);
}

function isUsed(used: u64, of_household: i32): bool {
  return of_household > 0 && ((used >> (of_household - 1)) & 1) != 0;
}

/** One step. `used`: households in use, bit 0 = household 1; `held`: household that the socket
 *  holds, 0 none. */
export function loopTick(now_ms: u32, used: u64, held: i32): void {
  const is_held = isUsed(used, held);
  if (is_held) {
    if (household != held) move(Page.Household, held);
    since_ms = now_ms;
  } else if (was_held) {
    moveOn(used);
    since_ms = now_ms;
  } else if (now_ms - since_ms >= PAGE_MS) {
    moveOn(used);
    since_ms += PAGE_MS;
  } else if (page == Page.Household && !isUsed(used, household)) {
    moveOn(used); // it went out of use while on display
    since_ms = now_ms;
  }
  was_held = is_held;
}

/** Something else was shown: the page begins its 4 s anew. */
export function loopRestartPage(now_ms: u32): void {
  since_ms = now_ms;
}

export function loopPage(): Page {
  return page;
}

/** Household on Page.Household, else 0. */
export function loopHousehold(): i32 {
  return household;
}

/** How long the page has been on display, ms. */
export function loopShownMs(now_ms: u32): u32 {
  return now_ms - since_ms;
}
