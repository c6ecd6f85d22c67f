/* A board for guests that misbehave, on the host: each of the module's deeds is done in a life of its
 * own, first in init(), then in tick(), and one line says how it ended:
 *   DEED init|tick returned|REASON|watchdog intact|touched restarts|REASON
 * The bytes on both sides of the guest's memory are compared: "touched" when one changed. After each
 * deed a fresh core runs init() and tick() without one. The watchdog is a timer of processor time.
 *   hostile-board COUNT      does the deeds 0 .. COUNT - 1 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "engine.h"
#include "hal.h"

enum {
  DEED_IN_INIT = 0, /* pins that tell the guest what to do */
  DEED_IN_TICK = 1,
  NO_DEED = -1,
  AROUND_SIZE = 64,
  WATCHDOG_US = 100000,
  FILL = 0xee,
};

static int32_t deed_of_pin[2];
static uint8_t before[2 * AROUND_SIZE];

static void take_around(uint8_t *copy) {
  memcpy(copy, guest.base - AROUND_SIZE, AROUND_SIZE);
  memcpy(copy + AROUND_SIZE, guest.base + guest.size, AROUND_SIZE);
}

static const char *around(void) {
  uint8_t after[sizeof before];
  take_around(after);
  return memcmp(before, after, sizeof before) == 0 ? "intact" : "touched";
}

static void fill(uint32_t address, int32_t size) {
  memset(guest_span(address, (uint32_t)size), FILL, (uint32_t)size);
}

uint32_t hal_now_ms(void) { return 0; }

uint32_t hal_now_us(void) { return 0; }

void hal_spi(int32_t device, uint32_t address, int32_t size) {
  (void)device;
  fill(address, size);
}

void hal_uart_open(int32_t port, int32_t baud, int32_t format) {
  (void)port;
  (void)baud;
  (void)format;
}

int32_t hal_uart_read(int32_t port, uint32_t address, int32_t capacity) {
  (void)port;
  fill(address, capacity);
  return capacity;
}

int32_t hal_uart_write(int32_t port, uint32_t address, int32_t size) {
  (void)port;
  guest_span(address, (uint32_t)size);
  return size;
}

int32_t hal_uart_idle_us(int32_t port) {
  (void)port;
  return 0;
}

int32_t hal_i2c(int32_t device, uint32_t address, int32_t write_size, int32_t read_size) {
  (void)device;
  guest_span(address, (uint32_t)write_size);
  fill(address, read_size);
  return 0;
}

int32_t hal_pin_read(int32_t pin) { return pin == DEED_IN_INIT ? deed_of_pin[0] : deed_of_pin[1]; }

void hal_pin_write(int32_t pin, int32_t level) {
  (void)pin;
  (void)level;
}

int32_t hal_adc(int32_t channel) {
  (void)channel;
  return 0;
}

void hal_watchdog(void) {}

void hal_fault(int32_t code, int32_t detail) {
  (void)code;
  (void)detail;
  guest_trap("fault");
}

int32_t hal_boot_reason(void) { return 0; }

/* The guest computes, so leaving it by longjmp leaves nothing half done. */
static void bark(int number) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, number);
  sigprocmask(SIG_UNBLOCK, &mask, NULL);
  guest_trap("watchdog");
}

static void set_watchdog(long period_us) {
  struct itimerval timer = {.it_value = {.tv_usec = period_us}};
  setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

/* One life with the deeds in deed_of_pin; how it ended. */
static const char *live(void) {
  if (!engine_open()) return engine_trap_reason();
  take_around(before);
  set_watchdog(WATCHDOG_US);
  bool returned = engine_init() && engine_tick();
  set_watchdog(0);
  return returned ? "returned" : engine_trap_reason();
}

static void try_deed(int32_t deed, int pin) {
  deed_of_pin[DEED_IN_INIT] = pin == DEED_IN_INIT ? deed : NO_DEED;
  deed_of_pin[DEED_IN_TICK] = pin == DEED_IN_TICK ? deed : NO_DEED;
  const char *end = live();
  printf("%d|%s|%s|%s", deed, pin == DEED_IN_INIT ? "init" : "tick", end,
         guest.base == NULL ? "intact" : around());
  fflush(stdout);
  deed_of_pin[DEED_IN_INIT] = NO_DEED;
  deed_of_pin[DEED_IN_TICK] = NO_DEED;
  end = live();
  printf("|%s\n", strcmp(end, "returned") == 0 ? "restarts" : end);
  fflush(stdout);
  engine_close();
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  signal(SIGVTALRM, bark);
  int deed_count = atoi(arguments[1]);
  for (int32_t deed = 0; deed < deed_count; deed++) {
    try_deed(deed, DEED_IN_INIT);
    try_deed(deed, DEED_IN_TICK);
  }
  return 0;
}
