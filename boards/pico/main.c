/* The life of a core on this board: start the chip, open the engine, init(), then tick() each
 * millisecond until it ends. The LED is lit 500 ms in a second while a core runs; after a start that a
 * fault or the watchdog caused it blinks four times as fast, for the life of that core. */

#include "../engine/engine.h"
#include "board.h"
#include "hal.h"
#include "pins.h"

/* HAL.md, watchdog. An interpreter with an empty memory needs a second for init(). */
#define INIT_WINDOW_US 3000000u
#define WINDOW_US 1000000u

#define BLINK_MS 500u
#define BLINK_FAULT_MS 125u

static void end_of_core(fault_cause cause) __attribute__((noreturn));

static void end_of_core(fault_cause cause) {
  record_fault(cause, 0, 0, (uint32_t)(uintptr_t)engine_trap_reason());
}

static void start_blocks(void) {
  spi_start();
  uart_start();
#ifdef ROLE_METER
  adc_start();
#else
  i2c_start();
#endif
  pins_start();
}

static void blink(uint32_t half_ms) {
  static bool is_lit;
  bool shall_be_lit = ticks_ms() / half_ms % 2 == 0;
  if (shall_be_lit == is_lit) return;
  is_lit = shall_be_lit;
  gpio_write(GPIO_LED, is_lit);
  uart_age();
}

int main(void) {
  record_take();
  start_blocks();
  int32_t reason = record_boot_reason() & 0xff;
  bool is_after_fault = reason == HAL_BOOT_FAULT || reason == HAL_BOOT_WATCHDOG;
  uint32_t half_ms = is_after_fault ? BLINK_FAULT_MS : BLINK_MS;

  if (!engine_open()) end_of_core(CAUSE_OPEN);
  ticks_start();
  watchdog_start(INIT_WINDOW_US);
  if (!engine_init()) end_of_core(CAUSE_TRAP);
  watchdog_start(WINDOW_US);
  ticks_skip();
  for (;;) {
    watchdog_serve();
    stack_check();
    ticks_wait();
    blink(half_ms);
    if (!engine_tick()) end_of_core(CAUSE_TRAP);
  }
}
