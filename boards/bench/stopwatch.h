/* Counts the instructions of a core without those of the board that it calls. On QEMU's mps2-an386
 * with -icount shift=0 an instruction takes 1 ns and SysTick runs at 25 MHz, so one count is 40
 * instructions; to be exact to a few, each piece begins and ends by waiting for the next count, and
 * the wait, whose length is known, is taken off again. On the host it counts nothing. */

#ifndef METER39_BENCH_STOPWATCH_H
#define METER39_BENCH_STOPWATCH_H

#include <stdint.h>

#ifdef __arm__

/* Starts SysTick and measures what an empty piece reads. */
void stopwatch_init(void);

/* The core's instructions from here on are not counted, or are counted again. */
void stopwatch_pause(void);
void stopwatch_go(void);

/* Instructions counted since the last call; while paused. */
uint32_t stopwatch_take(void);

#else

static inline void stopwatch_init(void) {}
static inline void stopwatch_pause(void) {}
static inline void stopwatch_go(void) {}
static inline uint32_t stopwatch_take(void) { return 0; }

#endif

#endif
