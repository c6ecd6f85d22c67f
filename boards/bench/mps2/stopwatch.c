/* See ../stopwatch.h. Registers: Armv7-M reference manual, B3.3 "The system timer, SysTick". */

#include "../stopwatch.h"

#define SYST_CSR (*(volatile uint32_t *)0xe000e010)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018)

enum {
  CSR_ENABLE = 1,
  CSR_CLOCK_OF_CORE = 4,
  COUNT_MASK = 0xffffff,
  INSTRUCTIONS_PER_COUNT = 40,
  INSTRUCTIONS_PER_TURN = 4, /* of the waiting loop below */
  EMPTY_PIECES = 1000,
};

static uint32_t began;    /* count at which the present piece began */
static int32_t total;     /* instructions of the pieces so far */
static uint32_t pieces;   /* their number */
static int32_t empty_all; /* what EMPTY_PIECES empty ones read together */

/* Waits for the next count; returns how many turns that took, and the count. */
static inline uint32_t wait_for_count(uint32_t *count) {
  uint32_t turns = 0;
  uint32_t first;
  uint32_t now;
  __asm volatile(
      "ldr %[first], [%[timer]]\n"
      "1: ldr %[now], [%[timer]]\n"
      "adds %[turns], %[turns], #1\n"
      "cmp %[now], %[first]\n"
      "beq 1b\n"
      : [first] "=&r"(first), [now] "=&r"(now), [turns] "+&r"(turns)
      : [timer] "r"(&SYST_CVR)
      : "cc", "memory");
  *count = now;
  return turns;
}

void stopwatch_pause(void) {
  uint32_t count;
  uint32_t turns = wait_for_count(&count);
  total += (int32_t)(((began - count) & COUNT_MASK) * INSTRUCTIONS_PER_COUNT);
  total -= (int32_t)(turns * INSTRUCTIONS_PER_TURN);
  pieces++;
}

void stopwatch_go(void) { wait_for_count(&began); }

uint32_t stopwatch_take(void) {
  int64_t empty = (int64_t)empty_all * pieces / EMPTY_PIECES;
  int64_t counted = total - empty;
  total = 0;
  pieces = 0;
  return counted > 0 ? (uint32_t)counted : 0;
}

void stopwatch_init(void) {
  SYST_RVR = COUNT_MASK;
  SYST_CVR = 0;
  SYST_CSR = CSR_ENABLE | CSR_CLOCK_OF_CORE;
  empty_all = 0;
  stopwatch_go(); /* the first count is of SysTick's own start */
  stopwatch_pause();
  stopwatch_take();
  for (uint32_t i = 0; i < EMPTY_PIECES; i++) {
    stopwatch_go();
    stopwatch_pause();
  }
  empty_all = total;
  total = 0;
  pieces = 0;
}
