/* The core's time and its ticks, from the timer and its alarm 0. Ticks begin on a grid of 1 ms that
 * starts with the core; after a tick that lasted longer the next one begins at the first point of the
 * grid that is still to come, so that no two begin closer than that. RP2040 data sheet, sect. 4.6. */

#include "board.h"

#define TICK_US 1000u
#define AWAKE_US 2

static uint32_t start_us;
static uint32_t tick_us; /* present point of the grid */
static uint32_t tick_ms;

void ticks_start(void) {
  start_us = timer_us();
  tick_us = start_us;
  tick_ms = 0;
  SET_BITS(TIMER_INTE, 1u << 0);
  REGISTER(NVIC_ISER) = 1u << IRQ_TIMER0;
}

/* The alarm only ends the sleep. */
void irq_timer0(void) { REGISTER(TIMER_INTR) = 1u << 0; }

static int32_t left(void) { return (int32_t)(tick_us - timer_us()); }

void ticks_wait(void) {
  do {
    tick_us += TICK_US;
    tick_ms++;
  } while (left() < 0);
  REGISTER(TIMER_ALARM0) = tick_us;
  /* The time decides, not the interrupt: an alarm set too late fires after 71 minutes, so the last
   * microseconds are waited for awake. With interrupts off none slips in between the look and the
   * sleep; it still ends the sleep. */
  interrupts_off();
  for (int32_t left_us = left(); left_us > 0; left_us = left()) {
    if (left_us > AWAKE_US) __asm volatile("wfi");
    interrupts_on();
    __asm volatile("isb");
    interrupts_off();
  }
  interrupts_on();
}

uint32_t ticks_ms(void) {
  uint32_t elapsed_us = timer_us() - tick_us;
  return tick_ms + (elapsed_us < TICK_US ? 0 : elapsed_us / TICK_US);
}

uint32_t ticks_us(void) { return timer_us() - start_us; }
