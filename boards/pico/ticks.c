/* The core's time and its ticks, from the timer and its alarm 0, on a grid of 1 ms that starts with the
 * core. On the meter each point of the grid has a sample of the inputs and a tick: after a tick that
 * lasted longer those that are due follow at once. On the panel the next tick then begins at the first
 * point of the grid that is still to come. RP2040 data sheet, sect. 4.6. */

#include "board.h"

#define TICK_US 1000u

static uint32_t start_us;
/* The last point of the grid: its time and its number, which is the core's time. The interrupt's. */
static volatile uint32_t tick_us;
static volatile uint32_t tick_ms;
/* Number of the point that the last tick was for. */
static uint32_t begun_ms;

void ticks_start(void) {
  start_us = timer_us();
  tick_us = start_us;
  tick_ms = 0;
  REGISTER(TIMER_ALARM0) = start_us + TICK_US;
  SET_BITS(TIMER_INTE, 1u << 0);
  ticks_resume();
}

#ifdef ROLE_METER
/* After a debugger's stop only as many samples are taken as can wait. */
static void skip_overdue(void) {
  uint32_t overdue = (timer_us() - tick_us) / TICK_US;
  if (overdue <= INPUTS_WAITING) return;
  tick_us += (overdue - INPUTS_WAITING) * TICK_US;
  tick_ms += overdue - INPUTS_WAITING;
}
#endif

/* The alarm is set before the look at the time: one that comes too late would fire after 71 minutes. */
void irq_timer0(void) {
  REGISTER(TIMER_INTR) = 1u << 0;
#ifdef ROLE_METER
  skip_overdue();
#endif
  while (timer_us() - tick_us >= TICK_US) {
    tick_us += TICK_US;
    tick_ms++;
    REGISTER(TIMER_ALARM0) = tick_us + TICK_US;
#ifdef ROLE_METER
    inputs_sample(tick_ms);
#endif
  }
}

void ticks_pause(void) {
  REGISTER(NVIC_ICER) = 1u << IRQ_TIMER0;
  __asm volatile("dsb\n isb" ::: "memory");
}

void ticks_resume(void) { REGISTER(NVIC_ISER) = 1u << IRQ_TIMER0; }

void ticks_skip(void) { begun_ms = tick_ms; }

/* With interrupts off none slips in between the look and the sleep; it still ends the sleep. */
void ticks_wait(void) {
#ifdef ROLE_PANEL
  ticks_skip();
#endif
  interrupts_off();
  while (begun_ms == tick_ms) {
    __asm volatile("wfi");
    interrupts_on();
    __asm volatile("isb");
    interrupts_off();
  }
  begun_ms++;
#ifdef ROLE_METER
  if (tick_ms - begun_ms >= INPUTS_WAITING) begun_ms = tick_ms - INPUTS_WAITING + 1;
  inputs_show(begun_ms);
#endif
  interrupts_on();
}

/* The interrupt may be late, or come in between. */
uint32_t ticks_ms(void) {
  uint32_t now_ms, elapsed_us;
  do {
    now_ms = tick_ms;
    elapsed_us = timer_us() - tick_us;
  } while (now_ms != tick_ms);
  return now_ms + (elapsed_us < TICK_US ? 0 : elapsed_us / TICK_US);
}

uint32_t ticks_us(void) { return timer_us() - start_us; }
